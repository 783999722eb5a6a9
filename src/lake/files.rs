//! What the catalogue says of the files of the lake: loose segments and packs, and which rows of a pack no longer count.

use super::local::Verified;
use super::{Lake, sql};
use crate::db::Columns;
use crate::error::{Error, Result};
use crate::ids::ClassId;
use bytes::Bytes;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::HashMap;
use std::sync::Arc;
use storage::Digest;

/// A Parquet file, and what the catalogue says of it.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) digest: Digest,
    pub(super) size: u64,
    pub(super) rows: Option<u64>,
    pub(super) first_at: Option<i64>,
    pub(super) last_at: Option<i64>,
    pub(super) class: Option<String>,
    /// Of a segment: the evidence that all its rows are of.
    pub(super) evidence: Option<String>,
    /// Its bytes are in the catalogue, not in the storage.
    pub(super) inline: bool,
    /// The id of the segment or pack.
    pub(super) id: String,
    /// Evidence whose rows in this pack were read again since, and stand elsewhere now.
    pub(super) gone: Vec<String>,
    /// How many rows that is.
    pub(super) gone_rows: u64,
    /// The bytes, where the statement brought them along.
    bytes: Option<Bytes>,
}

impl File {
    pub(super) fn is_pack(&self) -> bool {
        self.evidence.is_none()
    }
}

impl Lake {
    /// All files that count, by time; of one class if it is named.
    pub(super) async fn files(&self, class: Option<ClassId>) -> Result<Vec<File>> {
        let rows = match class {
            Some(class) => sqlx::query(sql::LIVE_OF_CLASS).bind(class.to_string()).fetch_all(self.db.read()).await?,
            None => sqlx::query(sql::LIVE).fetch_all(self.db.read()).await?,
        };
        files(&rows)
    }

    /// The files that may speak of a lesson or a trainee, as the statement chooses them.
    pub(super) async fn files_of(&self, statement: &'static str, id: &str) -> Result<Vec<File>> {
        files(&sqlx::query(statement).bind(id).fetch_all(self.db.read()).await?)
    }

    /// The content of a file, with the right digest.
    pub(super) async fn open(&self, file: &File) -> Result<Arc<Verified>> {
        match &file.bytes {
            Some(bytes) => Ok(Arc::new(Verified::inline(bytes.clone(), file.digest)?)),
            None => self.locals.get(&self.db, &self.objects, file.digest, file.inline).await,
        }
    }
}

/// The rows of one statement, which is one moment of the catalogue: files, then what no longer counts of them.
fn files(rows: &[AnyRow]) -> Result<Vec<File>> {
    let mut files = Vec::with_capacity(rows.len());
    let mut gone: HashMap<String, (Vec<String>, u64)> = HashMap::new();
    for row in rows {
        let what = row.text("what");
        let count = row.int("row_count").unsigned_abs();
        if what == "gone" {
            let (evidence, rows) = gone.entry(row.text("id")).or_default();
            evidence.push(row.text("evidence_id"));
            *rows += count;
            continue;
        }
        files.push(File {
            digest: row.digest("digest")?,
            size: row.int("size").unsigned_abs(),
            rows: Some(count),
            first_at: row.get("first_at"),
            last_at: row.get("last_at"),
            class: row.text_opt("class_id"),
            evidence: row.text_opt("evidence_id"),
            inline: row.int("inline") == 1,
            id: row.text("id"),
            gone: Vec::new(),
            gone_rows: 0,
            bytes: row.try_get::<Option<Vec<u8>>, _>("bytes").map_err(Error::internal)?.map(Bytes::from),
        });
    }
    for file in files.iter_mut().filter(|file| file.is_pack()) {
        if let Some((evidence, rows)) = gone.remove(&file.id) {
            (file.gone, file.gone_rows) = (evidence, rows);
        }
    }
    files.sort_by(|one, other| (one.first_at, &one.id).cmp(&(other.first_at, &other.id)));
    Ok(files)
}

/// A snapshot of a table as a file.
pub(super) fn snapshot(digest: Digest, size: u64, rows: u64) -> File {
    File {
        digest,
        size,
        rows: Some(rows),
        first_at: None,
        last_at: None,
        class: None,
        evidence: None,
        inline: false,
        id: String::new(),
        gone: Vec::new(),
        gone_rows: 0,
        bytes: None,
    }
}
