//! The tables of the database that rules and queries need, as Parquet objects beside the segments.
//!
//! Each table is read in one statement and streamed into one file, so memory stays the same however large it is. The tables are read one after
//! the other: a row may appear in one that another does not know yet, and inner joins leave it for the next time. No names, ID numbers,
//! phone numbers, addresses or accounts of people go in; teachers and accounts are known by a keyed hash.

mod sheet;
pub(crate) mod sql;
mod tables;

pub(crate) use tables::{TABLES, Table};

use super::{Lake, storage_error};
use crate::error::{Error, Result};
use crate::register::calendar::Calendar;
use crate::register::personal::account;
use crate::register::policy::Policies;
use crate::register::secrets::{Indexed, Secrets};
use crate::time::{MINUTE, Time};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use futures::TryStreamExt;
use sheet::{Cell, File, Kind, Sheet};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::HashSet;
use std::io::Seek;
use storage::{Digest, Put, StorageError};
use tables::{Medium, Rows};
use tempfile::NamedTempFile;
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

/// The job that copies the tables that are behind.
pub const JOB: &str = "snapshot";
/// Its key: there is one lake.
pub const KEY: &str = "lake";
/// The tables that people query are never older, whatever changed; after a run of the rules they are new.
pub const AGE: i64 = 10 * MINUTE;
/// Rows handed to the writer at a time.
const BATCH: usize = 8192;
/// How long a replaced snapshot stays for the queries that read it.
const GRACE: i64 = 60 * MINUTE;

/// What snapshots are computed with beside the tables.
pub(crate) struct Terms {
    pub(super) policies: Policies,
    pub(super) calendar: Calendar,
    /// Makes the pseudonyms of teachers and accounts; without it they are left out.
    pub(super) secrets: Option<Secrets>,
}

impl Terms {
    /// The pseudonym of a provider's teacher; none where nobody is named.
    fn teacher(&self, provider: String, name: String) -> Option<String> {
        let name = name.trim();
        if name.is_empty() {
            return None;
        }
        let index = self.secrets.as_ref()?.index(Indexed::Name, &format!("{provider} {name}"));
        Some(hex::encode(&index[..16]))
    }

    /// The pseudonym of an account that is kept encrypted, and what is wrong with it. One that no key opens is told by fsck.
    fn account(&self, sealed: Option<Vec<u8>>) -> (Option<String>, Option<String>) {
        let Some(secrets) = &self.secrets else { return (None, None) };
        let Some(account) = sealed.and_then(|sealed| secrets.open(&sealed).ok()) else { return (None, None) };
        let index = secrets.index(Indexed::Account, &account::normal(&account));
        (Some(hex::encode(&index[..16])), account::fault(&account).map(|fault| fault.code().to_owned()))
    }
}

/// The table of this name, if it is one of them.
pub(crate) fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// The columns of a table.
pub(crate) fn schema_of(table: &Table) -> SchemaRef {
    sheet::schema(table.columns)
}

/// A snapshot that was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// Table.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// The object.
    pub digest: Digest,
}

impl Lake {
    /// Takes a snapshot of every table; it stands in the lake when this returns.
    pub async fn snapshot(&self, now: Time) -> Result<Vec<Taken>> {
        self.take(TABLES.iter(), now).await
    }

    async fn take(&self, tables: impl Iterator<Item = &'static Table>, now: Time) -> Result<Vec<Taken>> {
        let mut taken = Vec::new();
        self.terms.policies.learn(&self.db).await?;
        for table in tables {
            let (file, rows) = self.copy(table).await?;
            let body = ReaderStream::with_capacity(tokio::fs::File::from_std(rewound(file)?), 256 * 1024);
            let stored = self.objects.put(body, Put::default()).await.map_err(storage_error)?;
            taken.push(Taken { table: table.name, rows, digest: stored.digest });
        }
        let mut tx = self.db.begin().await?;
        for Taken { table, rows, digest } in &taken {
            if sqlx::query(sql::NEWER).bind(*table).bind(now.0).fetch_optional(tx.conn()).await?.is_some() {
                continue;
            }
            let digest = digest.0.to_vec();
            sqlx::query(sql::REPLACE).bind(*table).bind(digest.clone()).bind(now.0).execute(tx.conn()).await?;
            sqlx::query(sql::KEEP).bind(*table).bind(digest).bind(*rows as i64).bind(now.0).execute(tx.conn()).await?;
        }
        tx.commit().await?;
        self.discard_old(now).await?;
        Ok(taken)
    }

    /// Takes a snapshot of every table that has none, or one older than `since`.
    pub async fn snapshot_since(&self, since: Time, now: Time) -> Result<()> {
        self.snapshot_of(|_| true, since, now).await
    }

    /// The same for the wanted tables alone: whoever reads a few need not wait for what a whole province has in the others.
    pub async fn snapshot_of(&self, wanted: impl Fn(&str) -> bool, since: Time, now: Time) -> Result<()> {
        let rows = sqlx::query(sql::FRESH).bind(since.0).fetch_all(self.db.read()).await?;
        let fresh: HashSet<String> = rows.iter().map(|row| row.get(0)).collect();
        let stale: Vec<&Table> = TABLES.iter().filter(|table| wanted(table.name) && !fresh.contains(table.name)).collect();
        if !stale.is_empty() {
            self.take(stale.into_iter(), now).await?;
        }
        Ok(())
    }

    /// Whether every table has a snapshot taken then or later.
    pub async fn has_snapshots_since(&self, since: Time) -> Result<bool> {
        let fresh = sqlx::query(sql::FRESH).bind(since.0).fetch_all(self.db.read()).await?;
        Ok(fresh.len() >= TABLES.len())
    }

    /// Streams a table into a file.
    async fn copy(&self, table: &'static Table) -> Result<(NamedTempFile, u64)> {
        let (send, mut receive) = mpsc::channel::<RecordBatch>(2);
        let writing = tokio::task::spawn_blocking(move || {
            let mut file = File::new(table.columns)?;
            while let Some(batch) = receive.blocking_recv() {
                file.write(&batch)?;
            }
            file.finish()
        });
        let sent = self.send(table, &send).await;
        drop(send);
        let written = writing.await.map_err(Error::internal)?;
        sent?;
        written
    }

    async fn send(&self, table: &'static Table, send: &mpsc::Sender<RecordBatch>) -> Result<()> {
        let mut sheet = Sheet::new(table.columns);
        let mut medium: Option<Medium> = None;
        let mut rows = sqlx::query(table.statement).fetch(self.db.read());
        while let Some(row) = rows.try_next().await? {
            match table.rows {
                Rows::Plain => sheet.push(&plain(&row, table.columns)),
                Rows::With(more) => sheet.push(&computed(&row, table, &self.terms, more)?),
                Rows::Many(make) => make(&row, &mut |cells| sheet.push(cells))?,
                Rows::Facts => {
                    if medium.as_ref().is_none_or(|medium| medium.id != row.get::<String, _>(0))
                        && let Some(done) = medium.replace(Medium::of(&row))
                    {
                        sheet.push(&done.into_cells());
                    }
                    medium.iter_mut().for_each(|medium| medium.add(&row));
                }
            }
            if sheet.rows() >= BATCH && send.send(sheet.take()?).await.is_err() {
                return Ok(()); // the writer says why
            }
        }
        if let Some(done) = medium {
            sheet.push(&done.into_cells());
        }
        if sheet.rows() > 0 {
            let _ = send.send(sheet.take()?).await;
        }
        Ok(())
    }

    /// Discards the objects of snapshots replaced a while ago that nothing else names.
    async fn discard_old(&self, now: Time) -> Result<()> {
        let before = now.plus(-GRACE).0;
        for row in sqlx::query(sql::LEFTOVER).bind(before).fetch_all(self.db.read()).await? {
            let digest = Digest::try_from(row.get::<Vec<u8>, _>(0).as_slice()).map_err(Error::internal)?;
            match self.objects.discard(&digest).await {
                // Under retention: somebody put the same bytes as evidence. Then it is theirs.
                Ok(()) | Err(StorageError::Retained(_)) => {}
                Err(error) => return Err(storage_error(error)),
            }
            let mut tx = self.db.begin().await?;
            sqlx::query(sql::FORGET).bind(digest.0.to_vec()).bind(before).execute(tx.conn()).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

fn plain(row: &AnyRow, columns: &[(&str, Kind)]) -> Vec<Cell> {
    let cell = |(index, (_, kind)): (usize, &(&str, Kind))| match kind {
        Kind::Text => Cell::Text(text(row, index)),
        Kind::Number | Kind::Moment => Cell::Number(row.get(index)),
        Kind::Float => Cell::Float(row.get(index)),
    };
    columns.iter().enumerate().map(cell).collect()
}

/// Text, or bytes in hexadecimal.
fn text(row: &AnyRow, index: usize) -> Option<String> {
    row.try_get::<Option<String>, _>(index).unwrap_or_else(|_| row.get::<Option<Vec<u8>>, _>(index).map(hex::encode))
}

/// The columns of the statement that come first, then what is computed.
fn computed(row: &AnyRow, table: &Table, terms: &Terms, more: fn(&AnyRow, &Terms, &mut Vec<Cell>) -> Result<()>) -> Result<Vec<Cell>> {
    let mut last = Vec::new();
    more(row, terms, &mut last)?;
    let mut cells = plain(row, &table.columns[..table.columns.len() - last.len()]);
    cells.append(&mut last);
    Ok(cells)
}

fn rewound(file: NamedTempFile) -> std::io::Result<std::fs::File> {
    let (mut file, _path) = file.into_parts();
    file.rewind()?;
    Ok(file)
}
