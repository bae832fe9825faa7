-- Who may come in over HTTP (users, tokens, sessions), and what was changed by whom (audit). Roles: 1 viewer, 2 supervisor, 3 admin.
CREATE TABLE user (
    name TEXT PRIMARY KEY NOT NULL,
    role INTEGER NOT NULL,
    -- argon2id, as a PHC string
    password TEXT NOT NULL,
    must_change INTEGER NOT NULL,
    tm_create INTEGER NOT NULL, tm_update INTEGER
) WITHOUT ROWID;
-- Hashes here are SHA-256 of random texts of 256 bits.
CREATE TABLE token (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    role INTEGER NOT NULL,
    hash BLOB NOT NULL,
    tm_create INTEGER NOT NULL, tm_expire INTEGER, tm_used INTEGER
) WITHOUT ROWID;
CREATE TABLE session (
    hash BLOB PRIMARY KEY NOT NULL,
    user TEXT NOT NULL,
    tm_create INTEGER NOT NULL, tm_used INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    -- 1 user, 2 token; the role is null where somebody failed to sign in
    kind INTEGER NOT NULL, who TEXT NOT NULL, role INTEGER,
    address TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    resource TEXT, resource_id TEXT,
    status INTEGER NOT NULL
);
