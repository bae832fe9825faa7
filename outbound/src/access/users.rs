//! Changes of users and tokens.

use std::net::IpAddr;
use std::time::Duration;

use uuid::Uuid;

use super::{Access, AccessError, Role, SignedIn, name, secret};
use crate::driver::wall;
use crate::store::access::{AccessChange, TokenRow, UserRow};

/// Users at most.
const USERS_MAX: usize = 1_000;
/// Tokens at most.
const TOKENS_MAX: usize = 1_000;

/// A user to be made.
#[derive(Debug)]
pub struct NewUser {
    /// A name that nobody has.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The first password.
    pub password: String,
    /// It is good for one sign-in only.
    pub must_change: bool,
}

/// A token to be made.
#[derive(Debug)]
pub struct NewToken {
    /// A name that no other token has.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// How long it is good for; `None`: for ever.
    pub lives: Option<Duration>,
}

impl Access {
    /// All users, by name.
    pub fn users(&self) -> Vec<UserRow> {
        self.book().users.values().cloned().collect()
    }

    /// A user.
    pub fn user(&self, name: &str) -> Option<UserRow> {
        self.book().users.get(name).cloned()
    }

    /// Makes a user.
    ///
    /// # Errors
    /// A name or password that is none, a name that is taken; or what the store says.
    pub async fn create_user(&self, new: NewUser) -> Result<UserRow, AccessError> {
        let name = name::name(&new.name)?;
        name::check_password(&name, &new.password)?;
        // Looked at before the work, and again when it is done.
        if self.book().users.contains_key(&name) {
            return Err(AccessError::Taken);
        }
        let password = self.passwords().hash(new.password).await?;
        let (role, must_change) = (new.role, new.must_change);
        let row = UserRow { name, role, password, must_change, created: wall(), updated: None };
        self.put_new(row).await
    }

    pub(super) async fn put_new(&self, row: UserRow) -> Result<UserRow, AccessError> {
        self.change(|book| {
            if book.users.contains_key(&row.name) {
                return Err(AccessError::Taken);
            }
            if book.users.len() >= USERS_MAX {
                return Err(AccessError::Full(USERS_MAX));
            }
            Ok(vec![AccessChange::PutUser(row.clone())])
        })
        .await?;
        Ok(row)
    }

    /// Gives a user another role.
    ///
    /// # Errors
    /// No such user, the last admin; or what the store says.
    pub async fn set_role(&self, name: &str, role: Role) -> Result<UserRow, AccessError> {
        self.change(|book| {
            let user = book.users.get(name).ok_or(AccessError::NotFound)?;
            if role != Role::Admin {
                book.check_not_last_admin(name)?;
            }
            Ok(vec![AccessChange::PutUser(UserRow { role, updated: Some(wall()), ..user.clone() })])
        })
        .await?;
        self.user(name).ok_or(AccessError::NotFound)
    }

    /// Deletes a user, who is out at once.
    ///
    /// # Errors
    /// No such user, the last admin; or what the store says.
    pub async fn delete_user(&self, name: &str) -> Result<(), AccessError> {
        self.change(|book| {
            book.users.get(name).ok_or(AccessError::NotFound)?;
            book.check_not_last_admin(name)?;
            Ok(vec![AccessChange::DeleteUser(name.to_owned())])
        })
        .await
    }

    /// Sets the password of somebody else, whose sessions end.
    ///
    /// # Errors
    /// No such user, a password that is none; or what the store says.
    pub async fn set_password(
        &self,
        name: &str,
        password: String,
        must_change: bool,
    ) -> Result<(), AccessError> {
        name::check_password(name, &password)?;
        self.user(name).ok_or(AccessError::NotFound)?;
        let hash = self.passwords().hash(password).await?;
        self.put_password(name, hash, must_change, None).await
    }

    /// Sets the own password. All sessions end, and one begins.
    ///
    /// # Errors
    /// The current password is wrong, or was tried too often; the new one is none, or the current one.
    pub async fn change_password(
        &self,
        name: &str,
        current: String,
        password: String,
        address: IpAddr,
    ) -> Result<SignedIn, AccessError> {
        name::check_password(name, &password)?;
        if current == password {
            let expected = "another password than the current one";
            return Err(AccessError::Invalid { field: "password", expected });
        }
        let checked = self.check_password(name, current, address).await?;
        let hash = self.passwords().hash(password).await?;
        self.put_password(name, hash.clone(), false, Some(checked)).await?;
        self.begin_session(name, &hash).await
    }

    async fn put_password(
        &self,
        name: &str,
        hash: String,
        must_change: bool,
        expected: Option<String>,
    ) -> Result<(), AccessError> {
        self.change(|book| {
            let user = book.users.get(name).ok_or(AccessError::NotFound)?;
            if expected.is_some_and(|expected| expected != user.password) {
                return Err(AccessError::WrongPassword);
            }
            let user = UserRow { password: hash, must_change, updated: Some(wall()), ..user.clone() };
            Ok(vec![AccessChange::PutUser(user), AccessChange::DeleteSessionsOf(name.to_owned())])
        })
        .await
    }

    /// All tokens, by name.
    pub fn tokens(&self) -> Vec<TokenRow> {
        let mut tokens: Vec<_> = self.book().tokens.values().cloned().collect();
        tokens.sort_by(|a, b| a.name.cmp(&b.name));
        tokens
    }

    /// Makes a token; gives its text, which nobody sees again.
    ///
    /// # Errors
    /// A name that is none or taken; or what the store says.
    pub async fn create_token(&self, new: NewToken) -> Result<(TokenRow, String), AccessError> {
        let name = name::name(&new.name)?;
        let text = secret::token()?;
        let now = wall();
        let expires =
            new.lives.map(|lives| now.after_ms(u64::try_from(lives.as_millis()).unwrap_or(u64::MAX)));
        let row = TokenRow {
            id: Uuid::new_v4(),
            name,
            role: new.role,
            hash: secret::hash(&text),
            created: now,
            expires,
            used: None,
        };
        self.change(|book| {
            if book.tokens.values().any(|token| token.name == row.name) {
                return Err(AccessError::Taken);
            }
            if book.tokens.len() >= TOKENS_MAX {
                return Err(AccessError::Full(TOKENS_MAX));
            }
            Ok(vec![AccessChange::PutToken(row.clone())])
        })
        .await?;
        Ok((row, text))
    }

    /// Deletes a token, which is refused at once.
    ///
    /// # Errors
    /// No such token; or what the store says.
    pub async fn delete_token(&self, id: Uuid) -> Result<(), AccessError> {
        self.change(|book| {
            book.tokens.get(&id).ok_or(AccessError::NotFound)?;
            Ok(vec![AccessChange::DeleteToken(id)])
        })
        .await
    }
}
