//! The only place that knows there are two databases.
//!
//! One schema and one SQL text serve SQLite (embedded) and PostgreSQL (at scale) through sqlx's `Any` driver. Statements live in
//! the `sql.rs` file of the stage that owns the tables; here are connecting, transactions, migration, and the few named pairs of
//! statements where the engines truly differ.

pub mod cursor;
mod group;
mod migrate;
pub mod sql;
#[cfg(test)]
mod statements;
pub mod testing;

use crate::error::{Error, Result, codes};
use crate::time::Time;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyConnection, AnyPool, Executor, Row, Transaction};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Which engine is behind a [`Db`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded: one file, WAL, `synchronous=FULL`.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

/// A database: a pool of connections to one engine. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pool: AnyPool,
    engine: Engine,
    /// SQLite takes one writer at a time; queueing here, fairly and asleep, beats its busy-wait.
    writer: Arc<Mutex<()>>,
    group: Arc<group::Group>,
    /// The runtime it was opened in: groups are committed there, whoever asks for it.
    home: Handle,
}

/// A write transaction. Dropped without [`Tx::commit`], it is rolled back.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    engine: Engine,
    _writer: Option<OwnedMutexGuard<()>>,
}

impl Db {
    /// Opens `sqlite:PATH` (made when missing), a bare path, or `postgres://…`, with at most `connections` connections.
    ///
    /// Errors: `bad_config` when the URL names no known engine, `database_away` when the server does not answer.
    pub async fn open(url: &str, connections: u32) -> Result<Db> {
        sqlx::any::install_default_drivers();
        let engine = if url.starts_with("postgres://") || url.starts_with("postgresql://") { Engine::Postgres } else { Engine::Sqlite };
        let url = match engine {
            Engine::Postgres => url.to_owned(),
            Engine::Sqlite => sqlite_url(url)?,
        };
        let options = AnyConnectOptions::from_str(&url).map_err(|cause| {
            Error::new(&codes::CONFIG, "The database URL is neither sqlite:PATH nor postgres://…; correct it.").because(cause)
        })?;
        let connections = connections.max(2);
        // Each connection to a file has a thread of sqlx's own, which takes over the priority of whoever opens it: all are opened here, and stay.
        let (at_once, age) = match engine {
            Engine::Sqlite => (connections, None),
            Engine::Postgres => (0, Some(Duration::from_secs(600))),
        };
        let pool = AnyPoolOptions::new()
            .max_connections(connections)
            .min_connections(at_once)
            .idle_timeout(age)
            .max_lifetime(age.map(|age| 3 * age))
            .acquire_timeout(Duration::from_secs(30))
            .test_before_acquire(engine == Engine::Postgres) // a file does not go away; asking costs as much as a query
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if engine == Engine::Sqlite {
                        for pragma in sql::SQLITE_PRAGMAS {
                            connection.execute(*pragma).await?;
                        }
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await
            .map_err(|cause| Error::of(&codes::DATABASE_AWAY).because(cause))?;
        Ok(Db { pool, engine, writer: Arc::new(Mutex::new(())), group: Arc::default(), home: Handle::current() })
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The pool, for statements that only read.
    pub fn read(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins a write transaction. On SQLite it holds the write lock from the start, so it never fails half-way for another writer.
    pub async fn begin(&self) -> Result<Tx> {
        let (inner, writer) = match self.engine {
            Engine::Sqlite => {
                let writer = self.writer.clone().lock_owned().await;
                (self.pool.begin_with(sql::SQLITE_BEGIN).await?, Some(writer))
            }
            Engine::Postgres => (self.pool.begin().await?, None),
        };
        Ok(Tx { inner, engine: self.engine, _writer: writer })
    }

    /// Brings the schema up; several servers may call it at once.
    pub async fn migrate(&self) -> Result<()> {
        migrate::run(self).await
    }

    /// The newest migration this binary knows and the newest the database has.
    pub async fn versions(&self) -> Result<(i64, Option<i64>)> {
        migrate::versions(self).await
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Tx {
    /// The connection to run statements on.
    pub fn conn(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Makes it durable: on SQLite the WAL is synced, on PostgreSQL the commit is.
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await?;
        Ok(())
    }
}

/// `sqlite:PATH` or a bare path as the URL sqlx wants, its folder made.
fn sqlite_url(url: &str) -> Result<String> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    let path = path.split('?').next().unwrap_or(path);
    if path.is_empty() || path == ":memory:" {
        return Err(Error::new(&codes::CONFIG, "The database URL names no file; use sqlite:PATH or postgres://…."));
    }
    if let Some(folder) = Path::new(path).parent()
        && !folder.as_os_str().is_empty()
    {
        std::fs::create_dir_all(folder)
            .map_err(|cause| Error::new(&codes::CONFIG, format!("The folder '{}' cannot be made.", folder.display())).because(cause))?;
    }
    let absolute = std::path::absolute(path)?;
    let mut url = url_of(&absolute);
    url.push_str("?mode=rwc");
    Ok(url)
}

fn url_of(path: &Path) -> String {
    let mut url = String::from("sqlite://");
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => url.push(char::from(byte)),
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url
}

/// Columns as keshi's own types; the edge where `bigint`, `text` and `bytea` become times, ids and digests.
pub trait Columns {
    /// A column with an id.
    fn id<T: FromStr>(&self, column: &str) -> Result<T>;
    /// A column that may hold an id.
    fn id_opt<T: FromStr>(&self, column: &str) -> Result<Option<T>>;
    /// A column with a time.
    fn time(&self, column: &str) -> Time;
    /// A column that may hold a time.
    fn time_opt(&self, column: &str) -> Option<Time>;
    /// A column with a text.
    fn text(&self, column: &str) -> String;
    /// A column that may hold a text.
    fn text_opt(&self, column: &str) -> Option<String>;
    /// A column with a number.
    fn int(&self, column: &str) -> i64;
    /// A column that may hold a number.
    fn int_opt(&self, column: &str) -> Option<i64>;
    /// A column with a SHA-256.
    fn digest(&self, column: &str) -> Result<storage::Digest>;
    /// A column with JSON.
    fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T>;
}

impl Columns for AnyRow {
    fn id<T: FromStr>(&self, column: &str) -> Result<T> {
        parse(&self.text(column), column)
    }
    fn id_opt<T: FromStr>(&self, column: &str) -> Result<Option<T>> {
        self.text_opt(column).map(|text| parse(&text, column)).transpose()
    }
    fn time(&self, column: &str) -> Time {
        Time(self.get(column))
    }
    fn time_opt(&self, column: &str) -> Option<Time> {
        self.get::<Option<i64>, _>(column).map(Time)
    }
    fn text(&self, column: &str) -> String {
        self.get(column)
    }
    fn text_opt(&self, column: &str) -> Option<String> {
        self.get(column)
    }
    fn int(&self, column: &str) -> i64 {
        self.get(column)
    }
    fn int_opt(&self, column: &str) -> Option<i64> {
        self.get(column)
    }
    fn digest(&self, column: &str) -> Result<storage::Digest> {
        let bytes: Vec<u8> = self.get(column);
        bytes.try_into().map(storage::Digest).map_err(|_| Error::internal(format!("column {column} holds no SHA-256")))
    }
    fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T> {
        Ok(serde_json::from_str(&self.text(column))?)
    }
}

fn parse<T: FromStr>(text: &str, column: &str) -> Result<T> {
    text.parse().map_err(|_| Error::internal(format!("column {column} holds no id")))
}
