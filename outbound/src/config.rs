//! What the user may set: a TOML file, each key of which an environment variable `OUTBOUND__SECTION__KEY` overrides.

mod front;
mod http;
mod secret;
mod trunk;
mod unknown;

use std::path::{Path, PathBuf};

use ami::Secret;
use anyhow::{Context, bail};
use engine::limits::Limits;
use figment::Figment;
use figment::providers::{Env, Format, Toml};
use secret::SecretKeys;
use serde::Deserialize;

use crate::store::{self, CACHE_MIB, StoreOptions};
pub use front::{AmiConfig, AmiUser};
pub use http::HttpConfig;
pub use secret::SecretText;
pub use trunk::TrunkConfig;
pub(crate) use unknown::with_nearest;

/// Where the config is looked for without `--config`.
const PLACES: [&str; 2] = ["outbound.toml", "/etc/outbound/outbound.toml"];
/// The prefix of environment variables.
const PREFIX: &str = "OUTBOUND__";

/// Everything.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where rows are kept.
    pub store: StoreConfig,
    /// The Asterisk servers.
    pub asterisk: Vec<AsteriskConfig>,
    /// The AMI front door.
    pub ami: AmiConfig,
    /// The HTTP front door.
    pub http: HttpConfig,
    /// Ended dialings as JSON lines.
    pub results: ResultsConfig,
    /// The log.
    pub log: LogConfig,
}

/// `[store]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `sqlite:PATH`.
    pub url: String,
    /// `full`: a commit is on the disk; `normal`: a power failure may take the last moments.
    pub synchronous: Synchronous,
    /// MiB of memory for pages of the database.
    pub cache_mib: u16,
}

impl StoreConfig {
    /// The same, as the store takes it.
    pub fn options(&self) -> StoreOptions {
        let synchronous = match self.synchronous {
            Synchronous::Full => store::Synchronous::Full,
            Synchronous::Normal => store::Synchronous::Normal,
        };
        StoreOptions { url: self.url.clone(), synchronous, cache_mib: self.cache_mib }
    }
}

/// When a commit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// When it is on the disk.
    #[default]
    Full,
    /// When the operating system has it.
    Normal,
}

/// `[[asterisk]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsteriskConfig {
    /// Our name for it, in logs, rows and reports.
    pub name: String,
    /// Host and port of its AMI.
    pub address: String,
    /// User of its manager.conf.
    pub username: String,
    /// That user's secret; or
    pub secret: Option<SecretText>,
    /// a file whose first line it is; or
    pub secret_file: Option<PathBuf>,
    /// the environment variable that holds it.
    pub secret_env: Option<String>,
    /// Calls at once.
    #[serde(default = "default_max_channels")]
    pub max_channels: u32,
    /// Calls each second.
    #[serde(default = "default_max_cps")]
    pub max_cps: f64,
    /// Its trunks that have limits of their own.
    #[serde(default)]
    pub trunk: Vec<TrunkConfig>,
}

/// `[results]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResultsConfig {
    /// The file; none where it is not set.
    pub file: Option<PathBuf>,
    /// Each line also holds campaign, plan, list, destination and lead as they were when the call was made.
    pub snapshots: bool,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `text` or `json`.
    pub format: LogFormat,
    /// What is logged, as in `RUST_LOG`: `info`, `outbound=debug,info`.
    pub level: String,
    /// How often the line `health` is written at level debug, in seconds.
    pub health_seconds: f64,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl AsteriskConfig {
    /// The secret to log in with.
    ///
    /// # Errors
    /// A file or environment variable that is not there or is empty: the error names it and the Asterisk.
    pub fn secret(&self) -> anyhow::Result<Secret> {
        self.secret_keys().secret()
    }

    fn secret_keys(&self) -> SecretKeys<'_> {
        SecretKeys {
            owner: format!("asterisk {:?}", self.name),
            secret: self.secret.as_ref(),
            file: self.secret_file.as_ref(),
            env: self.secret_env.as_ref(),
            md5: None,
        }
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { url: "sqlite:outbound.db".to_owned(), synchronous: Synchronous::Full, cache_mib: CACHE_MIB }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned(), health_seconds: 10.0 }
    }
}

fn default_max_channels() -> u32 {
    Limits::default().max_channels
}

fn default_max_cps() -> f64 {
    Limits::default().max_cps
}

/// Reads the config: `path`, else `./outbound.toml`, else `/etc/outbound/outbound.toml`.
///
/// # Errors
/// No file, a file that is no TOML, a key or a value that is not known or not usable: the error names it.
pub fn load(path: Option<&Path>) -> anyhow::Result<Config> {
    let path = match path {
        Some(path) => path.to_owned(),
        None => PLACES.iter().map(PathBuf::from).find(|place| place.exists()).with_context(|| {
            format!(
                "no config: looked for {}; give one with --config, or try `outbound demo`",
                PLACES.join(" and ")
            )
        })?,
    };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read the config {}", path.display()))?;
    parse(&text).with_context(|| format!("in the config {}", path.display()))
}

/// Reads a config from its text and the environment, and checks it.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str) -> anyhow::Result<Config> {
    let figment = Figment::from(Toml::string(text)).merge(Env::prefixed(PREFIX).split("__"));
    let config: Config = figment.extract().map_err(unknown::with_nearest)?;
    config.check()?;
    Ok(config)
}

impl Config {
    fn check(&self) -> anyhow::Result<()> {
        for (at, asterisk) in self.asterisk.iter().enumerate() {
            if asterisk.name.is_empty() || asterisk.name.len() > 64 {
                bail!("asterisk.name: a name of 1 to 64 characters expected");
            }
            if self.asterisk[..at].iter().any(|other| other.name == asterisk.name) {
                bail!(
                    "asterisk.name: {:?} is there twice; each Asterisk needs a name of its own",
                    asterisk.name
                );
            }
            if !(asterisk.max_cps > 0.0 && asterisk.max_cps <= 100_000.0) {
                bail!(
                    "asterisk {:?}: max_cps: calls each second, over 0 and up to 100000, expected",
                    asterisk.name
                );
            }
            if asterisk.max_channels == 0 {
                bail!("asterisk {:?}: max_channels: a number of calls from 1 expected", asterisk.name);
            }
            trunk::check(&asterisk.name, &asterisk.trunk)?;
            asterisk.secret_keys().check()?;
        }
        self.http.check()?;
        self.ami.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_config_is_read() {
        let config = parse(include_str!("../../docs/outbound.toml")).unwrap();
        assert_eq!(config.asterisk[0].name, "pbx1");
        assert_eq!(config.asterisk[0].trunk[0].limits().max_channels, Some(30));
        assert_eq!(config.ami.listen.port(), 5039);
        assert_eq!(config.ami.user[0].name, "admin");
        assert_eq!(config.results.file.as_deref(), Some(Path::new("results.jsonl")));
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_the_nearest_one() {
        let error = format!("{:#}", parse("[store]\nurll = \"sqlite:x\"").unwrap_err());
        assert!(error.contains("`store.urll`") && error.contains("`url`"), "{error}");
        let error = format!("{:#}", parse("[stor]").unwrap_err());
        assert!(error.contains("key `stor`") && error.contains("`store`"), "{error}");
        let trunk = "[[asterisk]]\nname = \"a\"\naddress = \"h:1\"\nusername = \"u\"\nsecret = \"s\"\n\
                     [[asterisk.trunk]]\nname = \"t\"\nmax_chanels = 3";
        let error = format!("{:#}", parse(trunk).unwrap_err());
        assert!(error.contains("max_chanels") && error.contains("did you mean `max_channels`"), "{error}");
        let error =
            format!("{:#}", parse("[[ami.user]]\nname = \"a\"\nsecret = \"b\"\nraed = []").unwrap_err());
        assert!(error.contains("raed") && error.contains("`read`"), "{error}");
    }

    #[test]
    fn values_that_cannot_be_used_are_named() {
        let asterisk = |more: &str| {
            let text = format!(
                "[[asterisk]]\nname = \"a\"\naddress = \"h:1\"\nusername = \"u\"\nsecret = \"s\"\n{more}"
            );
            format!("{:#}", parse(&text).unwrap_err())
        };
        assert!(asterisk("max_cps = 0").contains("max_cps"));
        assert!(asterisk("max_channels = 0").contains("max_channels"));
        let trunk = |more: &str| asterisk(&format!("[[asterisk.trunk]]\n{more}"));
        assert!(trunk("name = \"t\"\nmax_cps = 0").contains("trunk \"t\": max_cps"));
        assert!(trunk("name = \"t\"\nmax_channels = 0").contains("trunk \"t\": max_channels"));
        assert!(trunk("name = \"a b\"").contains("asterisk.trunk.name"));
        assert!(trunk("name = \"t\"\n[[asterisk.trunk]]\nname = \"t\"").contains("twice"));
        let user = parse("[[ami.user]]\nname = \"a\"\nsecret = \"b\"\nread = [\"everything\"]").unwrap_err();
        assert!(format!("{user:#}").contains("read"));
    }

    #[test]
    fn no_secret_is_shown() {
        let config = parse("[[ami.user]]\nname = \"a\"\nsecret = \"hush\"").unwrap();
        assert!(!format!("{config:?}").contains("hush"));
    }
}
