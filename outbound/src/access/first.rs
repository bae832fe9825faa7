//! The start: who is known; an admin where nobody is; the command line's token, in a file that only the daemon's user can read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::book::Book;
use super::{Access, AccessError, Credentials, Kind, NewToken, NewUser, Role, secret};
use crate::store::{Store, StoreError};

/// The first user.
const FIRST_USER: &str = "admin";
/// The name of the command line's token.
const TOKEN_NAME: &str = "command-line";
/// Behind the database's name: the file of the token.
const TOKEN_ENDING: &str = ".token";
/// Of the file: read and written by its owner.
const OWNERS: u32 = 0o600;
/// The bits of a mode that concern others.
const OTHERS: u32 = 0o077;
/// Octets of the file that are looked at.
const FILE_MAX: u64 = 1_024;

/// What a start is given.
#[derive(Debug, Clone, Default)]
pub struct FirstStart {
    /// The database's file; without one there is no token file.
    pub database: Option<PathBuf>,
    /// The first user's password; a random one that is good for one sign-in where it is not given.
    pub password: Option<String>,
}

impl Access {
    /// Reads who is known. Where nobody is, a first admin is made, whose one-time password is logged this once. The command line's token is
    /// made where its file is missing, is no good or can be read by others.
    ///
    /// # Errors
    /// The store cannot be read. Where it cannot be written, the daemon dials all the same: then the log says what is missing.
    pub async fn open(store: Store, first: FirstStart) -> Result<Self, StoreError> {
        let rows = store.access().await?;
        let nobody = rows.users.is_empty();
        let access = Self::new(store, Book::new(rows));
        if nobody && let Err(error) = access.make_first_user(first.password).await {
            tracing::error!(%error, "no first user could be made: nobody can sign in; it is tried again at the next start");
        }
        if let Some(database) = first.database {
            let path = token_file(&database);
            if let Err(error) = access.provide_token(&path).await {
                tracing::error!(file = %path.display(), error = format!("{error:#}"), "no token for the command line could be written");
            }
        }
        Ok(access)
    }

    async fn make_first_user(&self, given: Option<String>) -> Result<(), AccessError> {
        let must_change = given.is_none();
        let password = match given {
            Some(password) => password,
            None => secret::one_time_password()?,
        };
        let new = NewUser { name: FIRST_USER.to_owned(), role: Role::Admin, password, must_change };
        let password = new.password.clone();
        self.create_user(new).await?;
        if must_change {
            tracing::warn!(
                user = FIRST_USER,
                password,
                "first start: sign in over HTTP with this one-time password, and set one of your own; it is not shown again"
            );
        }
        Ok(())
    }

    /// Leaves a file alone that is in order.
    async fn provide_token(&self, path: &Path) -> anyhow::Result<()> {
        let file = path.to_owned();
        let found = tokio::task::spawn_blocking(move || read(&file)).await?;
        if let Some(text) = found
            && let Some(known) = self.identify(&Credentials::Token(text))
            && (known.kind, known.name.as_str(), known.role) == (Kind::Token, TOKEN_NAME, Role::Admin)
        {
            return Ok(());
        }
        let older = self.tokens().into_iter().find(|token| token.name == TOKEN_NAME);
        if let Some(older) = older {
            self.delete_token(older.id).await?;
        }
        let new = NewToken { name: TOKEN_NAME.to_owned(), role: Role::Admin, lives: None };
        let (_, text) = self.create_token(new).await?;
        let file = path.to_owned();
        tokio::task::spawn_blocking(move || write(&file, &text)).await??;
        tracing::info!(file = %path.display(), "a token for the command line was written");
        Ok(())
    }
}

/// Where the command line finds its token.
pub(crate) fn token_file(database: &Path) -> PathBuf {
    let mut path = database.to_owned().into_os_string();
    path.push(TOKEN_ENDING);
    path.into()
}

/// The token of a file; `None` where there is none, or others may have read it.
fn read(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    if file.metadata().ok()?.permissions().mode() & OTHERS != 0 {
        return None;
    }
    let mut text = String::new();
    file.take(FILE_MAX).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned())
}

/// Writes a file that nobody else could ever read, and puts it in the place of the one that is there.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let new = token_file(path);
    let removed = std::fs::remove_file(&new);
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNERS).open(&new)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{StoreOptions, Synchronous};

    impl Access {
        /// Of a database in memory, where nobody is known but the first user.
        pub(crate) async fn in_memory() -> Self {
            let url = "sqlite::memory:".to_owned();
            let options = StoreOptions { url, synchronous: Synchronous::Normal, cache_mib: 1 };
            let (store, _) = Store::open(&options).unwrap();
            let first = FirstStart { database: None, password: Some("the first password".to_owned()) };
            Self::open(store, first).await.unwrap()
        }
    }

    #[test]
    fn a_token_file_is_read_by_its_owner_only_else_it_is_no_good() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = token_file(&dir.path().join("outbound.db"));
        assert!(path.ends_with("outbound.db.token"));
        assert_eq!(read(&path), None);
        write(&path, "obt_1").unwrap();
        write(&path, "obt_2").unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, OWNERS);
        assert_eq!(read(&path).as_deref(), Some("obt_2"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(read(&path), None);
    }
}
