//! `[[asterisk.trunk]]`: limits of one trunk of an Asterisk.

use anyhow::bail;
use engine::limits::TrunkLimits;
use engine::value::Name;
use serde::{Deserialize, Deserializer};

/// `[[asterisk.trunk]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrunkConfig {
    /// Its name, as plans have it in TrunkName.
    #[serde(deserialize_with = "name")]
    pub name: Name,
    /// Calls at once; without it, as many as the Asterisk may have.
    pub max_channels: Option<u32>,
    /// Calls each second; without it, as many as the Asterisk may be given.
    pub max_cps: Option<f64>,
}

impl TrunkConfig {
    /// The limits, for the engine.
    pub fn limits(&self) -> TrunkLimits {
        TrunkLimits { name: self.name.clone(), max_channels: self.max_channels, max_cps: self.max_cps }
    }
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    let text = String::deserialize(deserializer)?;
    Name::parse(&text).map_err(|error| serde::de::Error::custom(format!("asterisk.trunk.name: {error}")))
}

/// Checks the trunks of one Asterisk.
pub(super) fn check(asterisk: &str, trunks: &[TrunkConfig]) -> anyhow::Result<()> {
    for (at, trunk) in trunks.iter().enumerate() {
        let place = format!("asterisk {asterisk:?}, trunk {:?}", trunk.name.as_str());
        if trunks[..at].iter().any(|other| other.name == trunk.name) {
            bail!("{place}: is there twice");
        }
        if trunk.max_channels == Some(0) {
            bail!("{place}: max_channels: a number of calls from 1 expected");
        }
        if trunk.max_cps.is_some_and(|cps| !(cps > 0.0 && cps <= 100_000.0)) {
            bail!("{place}: max_cps: calls each second, over 0 and up to 100000, expected");
        }
    }
    Ok(())
}
