//! `[http]`: the HTTP front door.

use std::net::SocketAddr;
use std::path::PathBuf;

use ami::server::Tls;
use anyhow::bail;
use serde::Deserialize;

use super::front::read_tls;
use super::secret::SecretText;

/// `[http]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Where HTTP clients come in: by TLS where there is a certificate.
    pub listen: SocketAddr,
    /// PEM file: the certificate and its chain.
    pub tls_certificate: Option<PathBuf>,
    /// PEM file: the certificate's private key.
    pub tls_key: Option<PathBuf>,
    /// Passwords and tokens may cross a network in the clear.
    pub insecure: bool,
    /// The first user's password, for the demo; a one-time password is made up where it is not set.
    #[serde(skip)]
    pub first_password: Option<SecretText>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls_certificate: None,
            tls_key: None,
            insecure: false,
            first_password: None,
        }
    }
}

impl HttpConfig {
    /// What to show to clients that come by TLS; `None` where they come without.
    ///
    /// # Errors
    /// A file that cannot be read or used: the error names it and its key.
    pub fn tls(&self) -> anyhow::Result<Option<Tls>> {
        match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => read_tls("http", certificate, key).map(Some),
            (None, None) => Ok(None),
            (Some(_), None) | (None, Some(_)) => {
                bail!("http.tls_certificate and http.tls_key: both or none expected")
            }
        }
    }

    /// Whether what is said here stays on this machine, is encrypted, or is known not to be.
    ///
    /// # Errors
    /// It is not: the error says both ways out.
    pub fn check_exposure(&self) -> anyhow::Result<()> {
        if self.is_exposed() && !self.insecure {
            bail!(
                "http.listen: {} can be reached from other machines, and passwords and tokens would cross the network in the clear: set \
                 http.tls_certificate and http.tls_key, or, where a proxy in front speaks TLS or the network is your own, \
                 http.insecure = true",
                self.listen
            );
        }
        Ok(())
    }

    /// Whether others can listen in.
    pub fn is_exposed(&self) -> bool {
        !self.listen.ip().to_canonical().is_loopback() && self.tls_certificate.is_none()
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            bail!("http.tls_certificate and http.tls_key: both or none expected");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::parse;

    #[test]
    fn an_address_that_others_reach_needs_tls_or_a_word() {
        let exposure = |keys: &str| parse(&format!("[http]\n{keys}")).unwrap().http.check_exposure();
        for listen in ["127.0.0.1:8080", "127.8.9.1:80", "[::1]:8080", "[::ffff:127.0.0.1]:8080"] {
            assert!(exposure(&format!("listen = {listen:?}")).is_ok(), "{listen}");
        }
        for listen in ["0.0.0.0:8080", "[::]:8080", "192.168.1.5:8080", "[2001:db8::1]:8080"] {
            let error = exposure(&format!("listen = {listen:?}")).unwrap_err().to_string();
            assert!(
                error.contains("http.tls_certificate") && error.contains("http.insecure = true"),
                "{error}"
            );
            assert!(exposure(&format!("listen = {listen:?}\ninsecure = true")).is_ok());
            let tls = format!("listen = {listen:?}\ntls_certificate = \"c\"\ntls_key = \"k\"");
            assert!(exposure(&tls).is_ok());
        }
    }

    #[test]
    fn tls_needs_both_files() {
        for key in ["tls_certificate", "tls_key"] {
            let error = format!("{:#}", parse(&format!("[http]\n{key} = \"x\"")).unwrap_err());
            assert!(error.contains("both or none expected"), "{error}");
        }
        let both =
            parse("[http]\ntls_certificate = \"/nowhere/c.pem\"\ntls_key = \"/nowhere/k.pem\"").unwrap();
        let error = format!("{:#}", both.http.tls().unwrap_err());
        assert!(error.contains("http.tls_certificate: cannot read /nowhere/c.pem"), "{error}");
    }
}
