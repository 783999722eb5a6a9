//! Where the engines differ, by name; nowhere else.

/// Set on each SQLite connection: readers never block the writer, and a commit is on the disk before it is acknowledged.
pub(crate) const SQLITE_PRAGMAS: &[&str] = &[
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    "pragma busy_timeout = 30000",
    "pragma cache_size = -16384",
    "pragma wal_autocheckpoint = 4000",
];

/// Takes SQLite's write lock at once instead of at the first write, where it could fail.
pub(crate) const SQLITE_BEGIN: &str = "begin immediate";

/// Around each change of a group: it can be undone alone (SQLite).
pub(crate) const SAVEPOINT: &str = "savepoint change";
/// Undoes the change.
pub(crate) const UNDO_SAVEPOINT: &str = "rollback to change";
/// Keeps what is left of the change.
pub(crate) const END_SAVEPOINT: &str = "release change";

/// Makes several servers that start at once migrate one after the other (PostgreSQL; SQLite has its write lock).
pub(crate) const POSTGRES_MIGRATION_LOCK: &str = "select pg_advisory_xact_lock(7205759403792794)";

/// The list of applied migrations.
pub(crate) const CREATE_MIGRATION: &str =
    "create table if not exists migration (version bigint primary key, name text not null, digest bytea not null)";
/// What was applied.
pub(crate) const APPLIED: &str = "select version, digest from migration order by version";
/// The newest applied.
pub(crate) const NEWEST: &str = "select max(version) from migration";
/// Notes an applied migration.
pub(crate) const NOTE_APPLIED: &str = "insert into migration (version, name, digest) values ($1, $2, $3)";

/// Every statement that both engines must prepare.
#[cfg(test)]
pub(crate) const ALL: &[&str] = &[APPLIED, NEWEST, NOTE_APPLIED];
