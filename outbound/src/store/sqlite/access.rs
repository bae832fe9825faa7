//! Users, tokens, sessions and the audit log in SQL.

use engine::time::Wall;
use rusqlite::{Connection, Result, Row, params};
use uuid::Uuid;

use crate::access::{Kind, Role};
use crate::store::access::{
    AUDIT_DAYS, AUDIT_MAX, AccessChange, AccessRows, AuditRow, SessionRow, TokenRow, UserRow,
};

const DAY_NS: i64 = 86_400 * 1_000_000_000;
/// Entries that go, at most, when one comes because they are too old.
const AGED_AT_ONCE: i64 = 10;

/// Does the changes, in the transaction that is open.
pub(super) fn write(connection: &Connection, changes: &[AccessChange]) -> Result<()> {
    changes.iter().try_for_each(|change| write_one(connection, change))
}

fn write_one(connection: &Connection, change: &AccessChange) -> Result<()> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<()> {
        connection.prepare_cached(sql)?.execute(values).map(drop)
    };
    match change {
        AccessChange::PutUser(user) => run(
            "INSERT OR REPLACE INTO user (name, role, password, must_change, tm_create, tm_update) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                user.name,
                user.role.code(),
                user.password,
                user.must_change,
                user.created.0,
                user.updated.map(|at| at.0)
            ],
        ),
        AccessChange::DeleteUser(name) => {
            run("DELETE FROM session WHERE user = ?1", params![name])?;
            run("DELETE FROM user WHERE name = ?1", params![name])
        }
        AccessChange::PutToken(token) => run(
            "INSERT OR REPLACE INTO token (id, name, role, hash, tm_create, tm_expire, tm_used) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                token.id.as_bytes(),
                token.name,
                token.role.code(),
                token.hash,
                token.created.0,
                token.expires.map(|at| at.0),
                token.used.map(|at| at.0)
            ],
        ),
        AccessChange::DeleteToken(id) => run("DELETE FROM token WHERE id = ?1", params![id.as_bytes()]),
        AccessChange::TokenUsed(id, at) => {
            run("UPDATE token SET tm_used = ?2 WHERE id = ?1", params![id.as_bytes(), at.0])
        }
        AccessChange::PutSession(session) => run(
            "INSERT OR REPLACE INTO session (hash, user, tm_create, tm_used) VALUES (?1, ?2, ?3, ?4)",
            params![session.hash, session.user, session.created.0, session.used.0],
        ),
        AccessChange::SessionUsed(hash, at) => {
            run("UPDATE session SET tm_used = ?2 WHERE hash = ?1", params![hash, at.0])
        }
        AccessChange::DeleteSession(hash) => run("DELETE FROM session WHERE hash = ?1", params![hash]),
        AccessChange::DeleteSessionsOf(user) => run("DELETE FROM session WHERE user = ?1", params![user]),
        AccessChange::DeleteSessionsBefore(at) => {
            run("DELETE FROM session WHERE tm_used < ?1", params![at.0])
        }
        AccessChange::Audit(entry) => note(connection, entry),
    }
}

fn note(connection: &Connection, entry: &AuditRow) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO audit (time, kind, who, role, address, method, path, resource, resource_id, status) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            entry.time.0,
            entry.kind.code(),
            entry.who,
            entry.role.map(Role::code),
            entry.address,
            entry.method,
            entry.path,
            entry.resource,
            entry.resource_id,
            entry.status
        ])?;
    prune(connection, connection.last_insert_rowid() - AUDIT_MAX, entry.time)
}

/// Drops entries up to an id, and some of the oldest that are too old: more go than come.
fn prune(connection: &Connection, up_to: i64, now: Wall) -> Result<()> {
    connection.prepare_cached("DELETE FROM audit WHERE id <= ?1")?.execute([up_to])?;
    let oldest = "DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ?1) AND time < ?2";
    connection.prepare_cached(oldest)?.execute([AGED_AT_ONCE, now.0 - AUDIT_DAYS * DAY_NS])?;
    Ok(())
}

/// All but the audit log.
pub(in crate::store) fn load(connection: &Connection) -> Result<AccessRows> {
    Ok(AccessRows {
        users: all(
            connection,
            "SELECT name, role, password, must_change, tm_create, tm_update FROM user",
            user,
        )?,
        tokens: all(
            connection,
            "SELECT id, name, role, hash, tm_create, tm_expire, tm_used FROM token",
            token,
        )?,
        sessions: all(connection, "SELECT hash, user, tm_create, tm_used FROM session", session)?,
    })
}

fn all<T>(connection: &Connection, sql: &str, read: fn(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], read)?.collect()
}

/// Entries of the audit log before an id, newest first.
pub(in crate::store) fn audit(
    connection: &Connection,
    before: i64,
    count: i64,
) -> Result<Vec<(i64, AuditRow)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, time, kind, who, role, address, method, path, resource, resource_id, status FROM audit \
         WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
    )?;
    statement.query_map([before, count], entry)?.collect()
}

fn role(row: &Row<'_>, at: usize) -> Result<Role> {
    let code: i64 = row.get(at)?;
    Role::from_code(code).ok_or(rusqlite::Error::IntegralValueOutOfRange(at, code))
}

fn wall(row: &Row<'_>, at: usize) -> Result<Option<Wall>> {
    Ok(row.get::<_, Option<i64>>(at)?.map(Wall))
}

fn user(row: &Row<'_>) -> Result<UserRow> {
    Ok(UserRow {
        name: row.get(0)?,
        role: role(row, 1)?,
        password: row.get(2)?,
        must_change: row.get(3)?,
        created: Wall(row.get(4)?),
        updated: wall(row, 5)?,
    })
}

fn token(row: &Row<'_>) -> Result<TokenRow> {
    Ok(TokenRow {
        id: Uuid::from_bytes(row.get(0)?),
        name: row.get(1)?,
        role: role(row, 2)?,
        hash: row.get(3)?,
        created: Wall(row.get(4)?),
        expires: wall(row, 5)?,
        used: wall(row, 6)?,
    })
}

fn session(row: &Row<'_>) -> Result<SessionRow> {
    Ok(SessionRow {
        hash: row.get(0)?,
        user: row.get(1)?,
        created: Wall(row.get(2)?),
        used: Wall(row.get(3)?),
    })
}

fn entry(row: &Row<'_>) -> Result<(i64, AuditRow)> {
    let kind: i64 = row.get(2)?;
    let entry = AuditRow {
        time: Wall(row.get(1)?),
        kind: Kind::from_code(kind).ok_or(rusqlite::Error::IntegralValueOutOfRange(2, kind))?,
        who: row.get(3)?,
        role: row.get::<_, Option<i64>>(4)?.and_then(Role::from_code),
        address: row.get(5)?,
        method: row.get(6)?,
        path: row.get(7)?,
        resource: row.get(8)?,
        resource_id: row.get(9)?,
        status: row.get(10)?,
    };
    Ok((row.get(0)?, entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: i64) -> AccessChange {
        AccessChange::Audit(AuditRow {
            time: Wall(time),
            kind: Kind::User,
            who: "anna".to_owned(),
            role: Some(Role::Supervisor),
            address: "127.0.0.1".to_owned(),
            method: "POST".to_owned(),
            path: "/api/v1/plans".to_owned(),
            resource: Some("plans".to_owned()),
            resource_id: None,
            status: 201,
        })
    }

    fn times(connection: &Connection) -> Vec<i64> {
        let entries = audit(connection, i64::MAX, 100).unwrap();
        entries.into_iter().map(|(_, entry)| entry.time.0).collect()
    }

    fn database() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::store::sqlite::schema::migrate(&mut connection).unwrap();
        connection
    }

    #[test]
    fn entries_of_the_audit_log_go_when_they_are_too_old() {
        let connection = database();
        write(&connection, &[at(1), at(2), at(3 * DAY_NS)]).unwrap();
        write(&connection, &[at(2 + AUDIT_DAYS * DAY_NS)]).unwrap();
        assert_eq!(times(&connection), [2 + AUDIT_DAYS * DAY_NS, 3 * DAY_NS, 2]);
    }

    #[test]
    fn entries_of_the_audit_log_go_when_there_are_too_many() {
        let connection = database();
        write(&connection, &[at(1), at(2), at(3)]).unwrap();
        connection
            .execute("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'audit'", [AUDIT_MAX + 1])
            .unwrap();
        write(&connection, &[at(4)]).unwrap();
        assert_eq!(times(&connection), [4, 3], "those whose ids are a million behind");
    }
}
