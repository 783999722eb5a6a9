//! From one data key to the next: every encrypted value is decrypted and encrypted again with the newest key, while servers go on working.
//!
//! Values are taken in pages, each swapped only if it still is what was read; so the pass may be killed, repeated, and run by several at
//! once. What is left to do is not written down anywhere: it is every value whose first byte is not the newest key's number.

pub(crate) mod sql;

use super::secrets::Secrets;
use crate::db::{Columns, Db, Engine};
use crate::error::{Error, Result, codes};
use sql::COLUMNS;
pub use sql::Column;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// The job that makes the pass; its key is the number of the data key that is to be the newest at least.
pub const JOB: &str = "reseal";
/// Values read at once.
const PAGE: i64 = 500;
/// Values swapped in one transaction on SQLite, where a commit is a sync of the disk and everybody else waits for the one writer. On
/// PostgreSQL it is one at a time: a transaction that held several rows could meet a roster that takes the same rows in another order.
const TOGETHER: usize = 50;

/// What a pass came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Values that are now sealed with the newest key.
    pub resealed: u64,
    /// Values that changed under the pass; who changed them sealed them.
    pub passed: u64,
    /// Values that no key opens; `keshi fsck` names them.
    pub unreadable: u64,
}

/// How many values each key has sealed, over all columns.
pub type Counts = BTreeMap<u8, u64>;

/// A value somewhere in a column.
#[derive(Clone)]
struct Value {
    place: String,
    sealed: Vec<u8>,
}

impl Value {
    fn of(row: &AnyRow) -> Value {
        Value { place: row.text("place"), sealed: row.get("sealed") }
    }
}

/// Makes the pass; `told` hears after every page what was done so far.
///
/// Errors only when the database does not answer: what cannot be opened is counted and stays.
pub async fn run(db: &Db, secrets: &Secrets, mut told: impl FnMut(&Column, Done) + Send) -> Result<Done> {
    secrets.reload()?;
    let mut done = Done::default();
    let together = if db.engine() == Engine::Sqlite { TOGETHER } else { 1 };
    for column in COLUMNS {
        let mut pages = Pages::of(column, vec![secrets.newest()]);
        while let Some(page) = pages.next(db).await? {
            for few in page.chunks(together) {
                swap(db, secrets, column, few, &mut done).await?;
            }
            told(column, done);
        }
    }
    Ok(done)
}

/// The pass as a job: on a server that has not got the key yet it fails, and is tried again, perhaps by another.
pub async fn run_job(db: &Db, secrets: &Secrets, key: &str) -> Result<()> {
    secrets.reload()?;
    let wanted: u8 = key.parse().map_err(Error::internal)?;
    if secrets.newest() < wanted {
        return Err(Error::new(
            &codes::CONFIG,
            format!("This server has no data key {wanted} yet; copy the folder of the keys to every server."),
        ));
    }
    let done = run(db, secrets, |column, done| {
        tracing::debug!(table = column.table, column = column.name, resealed = done.resealed, "sealing with the newest data key");
    })
    .await?;
    let Done { resealed, passed, unreadable } = done;
    tracing::info!(key = secrets.newest(), resealed, passed, unreadable, "sealed what is encrypted with the newest data key");
    Ok(())
}

async fn swap(db: &Db, secrets: &Secrets, column: &Column, values: &[Value], done: &mut Done) -> Result<()> {
    let mut tx = db.begin().await?;
    for value in values {
        let Ok(text) = secrets.open(&value.sealed) else {
            done.unreadable += 1;
            continue;
        };
        let query = sqlx::query(column.swap).bind(secrets.seal(&text)).bind(&value.place).bind(&value.sealed[..]);
        match query.execute(tx.conn()).await?.rows_affected() {
            0 => done.passed += 1,
            _ => done.resealed += 1,
        }
    }
    tx.commit().await
}

/// The values of a column that other keys than one sealed, page by page.
struct Pages {
    column: &'static Column,
    /// The number of that key; empty for none.
    but: Vec<u8>,
    after: Value,
}

impl Pages {
    fn of(column: &'static Column, but: Vec<u8>) -> Pages {
        Pages { column, but, after: Value { place: String::new(), sealed: Vec::new() } }
    }

    async fn next(&mut self, db: &Db) -> Result<Option<Vec<Value>>> {
        let query = sqlx::query(self.column.page).bind(&self.but[..]).bind(&self.after.place).bind(&self.after.sealed[..]).bind(PAGE);
        let page: Vec<Value> = query.fetch_all(db.read()).await?.iter().map(Value::of).collect();
        let Some(last) = page.last() else { return Ok(None) };
        self.after = last.clone();
        Ok(Some(page))
    }
}

/// How many values each key has sealed.
pub async fn counts(db: &Db) -> Result<Counts> {
    let mut counts = Counts::new();
    for column in COLUMNS {
        for row in sqlx::query(column.count).fetch_all(db.read()).await? {
            let number = row.get::<Vec<u8>, _>("sealed_by").first().copied().unwrap_or(0);
            *counts.entry(number).or_default() += row.int("n").unsigned_abs();
        }
    }
    Ok(counts)
}

/// Opens every value; `wrong` hears of each that no key opens: its column and the id of its row. Returns how many there are.
pub async fn check(db: &Db, secrets: &Secrets, mut wrong: impl FnMut(&Column, &str) + Send) -> Result<u64> {
    let mut all = 0;
    for column in COLUMNS {
        let mut pages = Pages::of(column, Vec::new());
        while let Some(page) = pages.next(db).await? {
            all += page.len() as u64;
            for value in page.iter().filter(|value| secrets.open(&value.sealed).is_err()) {
                wrong(column, &value.place);
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
