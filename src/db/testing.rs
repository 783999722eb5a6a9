//! Databases for tests: an own SQLite file, or an own schema on the PostgreSQL server named by `KESHI_TEST_POSTGRES`.

use super::Db;
use sqlx::{AssertSqlSafe, Executor};
use std::sync::atomic::{AtomicU32, Ordering};

/// A migrated SQLite database in a temporary folder that lives as long as the returned guard.
pub async fn sqlite() -> (Db, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&format!("sqlite:{}", folder.path().join("keshi.sqlite").display()), 4).await.expect("SQLite opens");
    db.migrate().await.expect("migrations apply");
    (db, folder)
}

/// The URL of the test server; its absence is a failure, not a skip: `make test` always provides one.
pub fn postgres_url() -> String {
    std::env::var("KESHI_TEST_POSTGRES").expect("KESHI_TEST_POSTGRES names no PostgreSQL server: run the tests with `make test`")
}

/// The URL of an empty database of its own on the test server.
pub async fn postgres_database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = postgres_url();
    let name = format!("keshi_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
    let admin = Db::open(&server, 2).await.expect("the test PostgreSQL answers");
    admin.read().execute(AssertSqlSafe(format!("create database {name}"))).await.expect("a database of its own");
    admin.close().await;
    let (head, query) = server.split_once('?').map_or((server.as_str(), ""), |(head, query)| (head, query));
    let base = head.rsplit_once('/').map_or(head, |(base, _)| base);
    if query.is_empty() { format!("{base}/{name}") } else { format!("{base}/{name}?{query}") }
}

/// A migrated PostgreSQL database of its own.
pub async fn postgres() -> Db {
    let db = Db::open(&postgres_database().await, 8).await.expect("PostgreSQL opens");
    db.migrate().await.expect("migrations apply");
    db
}

/// Runs a test body on both engines, one after the other.
pub async fn each_engine<F: AsyncFn(Db)>(body: F) {
    let (db, _folder) = sqlite().await;
    body(db.clone()).await;
    db.close().await;
    let db = postgres().await;
    body(db.clone()).await;
    db.close().await;
}
