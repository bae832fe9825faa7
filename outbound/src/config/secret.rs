//! Where a secret comes from: the config itself, a file, an environment variable; or only its digest is known.

use std::path::{Path, PathBuf};

use ami::{Credential, Secret, SecretDigest};
use anyhow::{Context, bail};
use serde::Deserialize;

/// The middle part of `secret_md5`: the MD5 of `user:outbound:secret`.
const REALM: &str = "outbound";

/// A secret that no log shows.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

/// The keys of which exactly one is given.
pub(super) struct SecretKeys<'a> {
    /// Whose secret it is, for errors.
    pub(super) owner: String,
    pub(super) secret: Option<&'a SecretText>,
    pub(super) file: Option<&'a PathBuf>,
    pub(super) env: Option<&'a String>,
    /// `None` where a digest is of no use, because the secret itself has to be shown.
    pub(super) md5: Option<Option<&'a SecretText>>,
}

impl SecretText {
    /// A secret.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text itself, for those who keep its hash.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The secret, for those who prove it.
    pub fn expose(&self) -> Secret {
        self.0.clone().into()
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

impl SecretKeys<'_> {
    /// Whether exactly one of them is given, without reading it.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let known: &[(&str, bool)] = &[
            ("secret", self.secret.is_some()),
            ("secret_file", self.file.is_some()),
            ("secret_env", self.env.is_some()),
            ("secret_md5", self.md5.flatten().is_some()),
        ];
        let known = &known[..if self.md5.is_some() { 4 } else { 3 }];
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let given: Vec<_> = known.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        match given.as_slice() {
            [_] => {}
            [] => bail!("{}: no secret: one of {} expected", self.owner, names.join(", ")),
            more => bail!("{}: {} are given: only one of them expected", self.owner, more.join(" and ")),
        }
        if self.secret.is_some_and(|secret| secret.0.is_empty()) {
            bail!("{}: secret: it is empty", self.owner);
        }
        self.digest().map(drop)
    }

    /// The secret itself.
    pub(super) fn secret(&self) -> anyhow::Result<Secret> {
        self.check()?;
        if let Some(secret) = self.secret {
            return Ok(secret.expose());
        }
        if let Some(path) = self.file {
            return from_file(path).with_context(|| format!("{}: secret_file", self.owner));
        }
        let Some(name) = self.env else { bail!("{}: no secret that can be shown", self.owner) };
        match std::env::var(name) {
            Ok(secret) if !secret.is_empty() => Ok(secret.into()),
            Ok(_) => bail!("{}: secret_env: the environment variable {name} is empty", self.owner),
            Err(error) => bail!("{}: secret_env: {name}: {error}", self.owner),
        }
    }

    /// The secret, or its digest.
    pub(super) fn credential(&self) -> anyhow::Result<Credential> {
        match self.digest()? {
            Some(digest) => self.check().map(|()| digest.into()),
            None => Ok(self.secret()?.into()),
        }
    }

    fn digest(&self) -> anyhow::Result<Option<SecretDigest>> {
        let Some(text) = self.md5.flatten() else { return Ok(None) };
        let digest = SecretDigest::new(REALM, &text.0);
        let digest =
            digest.with_context(|| format!("{}: secret_md5: the MD5 of user:{REALM}:secret", self.owner))?;
        Ok(Some(digest))
    }
}

/// The first line of a file.
fn from_file(path: &Path) -> anyhow::Result<Secret> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!("the first line of {} is empty", path.display());
    }
    if world_readable(path) {
        tracing::warn!(path = %path.display(), "everybody on this machine can read a file with a secret: chmod o= it");
    }
    Ok(line.into())
}

#[cfg(unix)]
fn world_readable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    const READABLE_BY_OTHERS: u32 = 0o004;
    path.metadata().is_ok_and(|file| file.permissions().mode() & READABLE_BY_OTHERS != 0)
}

#[cfg(not(unix))]
fn world_readable(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    fn user(keys: &str) -> anyhow::Result<Credential> {
        parse(&format!("[[ami.user]]\nname = \"admin\"\n{keys}"))?.ami.user[0].credential()
    }

    fn is(credential: &anyhow::Result<Credential>, given: &str) -> bool {
        match credential.as_ref().unwrap() {
            Credential::Secret(secret) => secret.matches(given),
            Credential::Digest(digest) => digest.matches("admin", given),
        }
    }

    #[test]
    fn a_secret_comes_from_wherever_it_is_said_to_be() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        for text in ["hush", "hush\n", "hush\r\n", "hush\nmore\n"] {
            std::fs::write(&file, text).unwrap();
            assert!(is(&user(&format!("secret_file = {file:?}")), "hush"), "{text:?}");
        }
        assert!(is(&user("secret = \"hush\""), "hush"));
        // A variable that every test run has.
        assert!(is(&user("secret_env = \"CARGO_PKG_NAME\""), "asterisk-outbound"));
        assert!(is(&user("secret_md5 = \"25191b335f5b1e68014a2131fd0eac0a\""), "hush"));
        assert!(!is(&user("secret_md5 = \"25191b335f5b1e68014a2131fd0eac0a\""), "husk"));
    }

    #[test]
    fn exactly_one_is_given_and_it_is_usable() {
        let table = [
            (
                "",
                "ami.user \"admin\": no secret: one of secret, secret_file, secret_env, secret_md5 expected",
            ),
            (
                "secret = \"a\"\nsecret_env = \"B\"",
                "secret and secret_env are given: only one of them expected",
            ),
            ("secret = \"\"", "secret: it is empty"),
            ("secret_file = \"/nowhere/at-all\"", "secret_file: cannot read /nowhere/at-all"),
            ("secret_file = \"/dev/null\"", "secret_file: the first line of /dev/null is empty"),
            (
                "secret_env = \"OUTBOUND_NO_SUCH\"",
                "secret_env: OUTBOUND_NO_SUCH: environment variable not found",
            ),
            (
                "secret_md5 = \"123\"",
                "secret_md5: the MD5 of user:outbound:secret: 32 hexadecimal digits expected",
            ),
        ];
        for (keys, expected) in table {
            let error = format!("{:#}", user(keys).unwrap_err());
            assert!(error.contains(expected), "{keys}: {error}");
        }
        let asterisk = "[[asterisk]]\nname = \"a\"\naddress = \"h:1\"\nusername = \"u\"\n";
        let error = format!("{:#}", parse(asterisk).unwrap_err());
        assert!(error.contains("one of secret, secret_file, secret_env expected"), "{error}");
        let config = parse(&format!("{asterisk}secret_env = \"CARGO_PKG_NAME\"")).unwrap();
        assert_eq!(config.asterisk[0].secret().unwrap().expose(), "asterisk-outbound");
        let error = format!("{:#}", parse(&format!("{asterisk}secret_md5 = \"x\"")).unwrap_err());
        assert!(error.contains("secret_md5"), "{error}");
    }

    #[test]
    fn a_file_that_everybody_may_read_is_noticed() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, noticed) in [(0o600, false), (0o640, false), (0o644, true)] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(world_readable(file.path()), noticed, "{mode:o}");
        }
    }
}
