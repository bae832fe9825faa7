//! `[ami]`: the AMI front door.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ami::server::{ClassSet, Tls};
use ami::{Credential, Network};
use anyhow::{Context, bail};
use serde::Deserialize;

use super::secret::{SecretKeys, SecretText};

/// `[ami]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AmiConfig {
    /// Where clients come in.
    pub listen: SocketAddr,
    /// Where they come in by TLS; nowhere where it is not set.
    pub tls_listen: Option<SocketAddr>,
    /// PEM file: the certificate and its chain.
    pub tls_certificate: Option<PathBuf>,
    /// PEM file: the certificate's private key.
    pub tls_key: Option<PathBuf>,
    /// Who may come in.
    pub user: Vec<AmiUser>,
    /// Octets that a client may lag behind before it is cut.
    pub send_buffer: usize,
    /// Clients at once.
    pub max_sessions: usize,
    /// Clients among them that have not logged in.
    pub max_unauthenticated: usize,
}

/// `[[ami.user]]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmiUser {
    /// Its name.
    pub name: String,
    /// Its secret; or
    pub secret: Option<SecretText>,
    /// a file whose first line it is; or
    pub secret_file: Option<PathBuf>,
    /// the environment variable that holds it; or
    pub secret_env: Option<String>,
    /// the hexadecimal MD5 of `user:outbound:secret`, with which plain logins can be checked.
    pub secret_md5: Option<SecretText>,
    /// Event classes that it sees, as in Asterisk's manager.conf.
    #[serde(default = "all")]
    pub read: Vec<String>,
    /// Action classes that it may send.
    #[serde(default = "all")]
    pub write: Vec<String>,
    /// Networks that it may come from; empty: from anywhere that reaches `listen`.
    #[serde(default)]
    pub permit: Vec<String>,
}

impl Default for AmiConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 5039)),
            tls_listen: None,
            tls_certificate: None,
            tls_key: None,
            user: Vec::new(),
            send_buffer: 16 << 20,
            max_sessions: 1000,
            max_unauthenticated: 50,
        }
    }
}

fn all() -> Vec<String> {
    vec!["all".to_owned()]
}

impl AmiConfig {
    /// Where to listen for TLS, and what to show there.
    ///
    /// # Errors
    /// A file that cannot be read or used: the error names it and its key.
    pub fn tls(&self) -> anyhow::Result<Option<(SocketAddr, Tls)>> {
        let Some((listen, certificate, key)) = self.tls_keys()? else { return Ok(None) };
        Ok(Some((listen, read_tls("ami", certificate, key)?)))
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.tls_keys()?;
        if self.max_sessions == 0 || self.max_unauthenticated == 0 {
            bail!("ami.max_sessions, ami.max_unauthenticated: a number of clients from 1 expected");
        }
        self.user.iter().try_for_each(AmiUser::check)
    }

    fn tls_keys(&self) -> anyhow::Result<Option<(SocketAddr, &Path, &Path)>> {
        match (self.tls_listen, &self.tls_certificate, &self.tls_key) {
            (Some(listen), Some(certificate), Some(key)) => Ok(Some((listen, certificate, key))),
            (None, None, None) => Ok(None),
            _ => bail!("ami.tls_listen, ami.tls_certificate and ami.tls_key: all three or none expected"),
        }
    }
}

/// Certificate and key of a front door, from their files.
pub(super) fn read_tls(section: &str, certificate: &Path, key: &Path) -> anyhow::Result<Tls> {
    let read = |name, path: &Path| {
        std::fs::read(path).with_context(|| format!("{section}.{name}: cannot read {}", path.display()))
    };
    let tls = Tls::from_pem(&read("tls_certificate", certificate)?, &read("tls_key", key)?);
    tls.with_context(|| {
        format!("{section}.tls_certificate {}, {section}.tls_key {}", certificate.display(), key.display())
    })
}

impl AmiUser {
    /// The networks of `permit`.
    ///
    /// # Errors
    /// One of them is none.
    pub fn networks(&self) -> anyhow::Result<Vec<Network>> {
        let networks = self.permit.iter().map(|text| text.parse::<Network>());
        networks.collect::<Result<_, _>>().with_context(|| format!("ami.user {:?}: permit", self.name))
    }

    /// What its logins are checked with.
    ///
    /// # Errors
    /// A file or environment variable that is not there or is empty: the error names it and the user.
    pub fn credential(&self) -> anyhow::Result<Credential> {
        self.secret_keys().credential()
    }

    fn check(&self) -> anyhow::Result<()> {
        for (key, classes) in [("read", &self.read), ("write", &self.write)] {
            ClassSet::parse(classes).with_context(|| {
                format!("ami.user {:?}: {key}: event classes of Asterisk expected", self.name)
            })?;
        }
        self.networks()?;
        self.secret_keys().check()
    }

    fn secret_keys(&self) -> SecretKeys<'_> {
        SecretKeys {
            owner: format!("ami.user {:?}", self.name),
            secret: self.secret.as_ref(),
            file: self.secret_file.as_ref(),
            env: self.secret_env.as_ref(),
            md5: Some(self.secret_md5.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::parse;

    #[test]
    fn tls_needs_its_three_keys_and_files_that_can_be_used() {
        let ami = |keys: &str| parse(&format!("[ami]\n{keys}"));
        for keys in ["tls_listen = \"127.0.0.1:0\"", "tls_key = \"k\"\ntls_certificate = \"c\""] {
            let error = format!("{:#}", ami(keys).unwrap_err());
            assert!(error.contains("all three or none expected"), "{error}");
        }
        let all = |certificate: &str| {
            let keys = format!("tls_certificate = {certificate:?}\ntls_key = \"/dev/null\"");
            let config = ami(&format!("tls_listen = \"127.0.0.1:0\"\n{keys}")).unwrap();
            format!("{:#}", config.ami.tls().unwrap_err())
        };
        assert!(all("/nowhere/c.pem").contains("ami.tls_certificate: cannot read /nowhere/c.pem"));
        assert!(all("/dev/null").contains("no certificate: PEM"));
        assert!(ami("").unwrap().ami.tls().unwrap().is_none());
    }

    #[test]
    fn limits_of_nobody_are_refused() {
        for key in ["max_sessions", "max_unauthenticated"] {
            let error = parse(&format!("[ami]\n{key} = 0")).unwrap_err();
            assert!(format!("{error:#}").contains(key));
        }
    }
}
