//! The head of the log and its newest leaves.

use super::{index, sql};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::LeafId;
use crate::time::Time;
use sqlx::Row;

/// The published head.
#[derive(Clone, Debug)]
pub struct LogHead {
    /// Which log.
    pub origin: String,
    /// Leaves under the newest published checkpoint.
    pub size: i64,
    /// Root hash.
    pub root: Vec<u8>,
    /// The signed note.
    pub note: String,
    /// When it was published.
    pub at: Time,
    /// Leaves waiting to be sealed.
    pub staged: i64,
}

/// A sealed leaf.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Its index.
    pub index: u64,
    /// Its body: canonical JSON.
    pub body: Vec<u8>,
    /// When it was staged.
    pub at: Time,
    /// The evidence it seals, when it seals evidence.
    pub evidence: Option<String>,
}

/// The newest published head; none before the first leaf.
pub async fn log_head(db: &Db) -> Result<Option<LogHead>> {
    let row = sqlx::query(sql::LOG_HEAD).fetch_optional(db.read()).await?;
    Ok(row.map(|row| LogHead {
        origin: row.get("origin"),
        size: row.get("tree_size"),
        root: row.get("root"),
        note: row.get("note"),
        at: row.time("published_at"),
        staged: row.get("staged"),
    }))
}

/// Where a leaf lies in the log; none until it is sealed.
pub async fn leaf_index(db: &Db, leaf: LeafId) -> Result<Option<u64>> {
    let row = sqlx::query(sql::LEAF_INDEX).bind(leaf.to_string()).fetch_optional(db.read()).await?;
    Ok(row.and_then(|row| index(&row, "log_index")))
}

/// The leaf at an index.
pub async fn leaf_at(db: &Db, index: u64) -> Result<Option<LeafId>> {
    let Ok(index) = i64::try_from(index) else { return Ok(None) };
    let row = sqlx::query(sql::LEAF_AT).bind(index).fetch_optional(db.read()).await?;
    row.map(|row| row.id("id")).transpose()
}

/// The newest sealed leaves, the newest first.
pub async fn newest_leaves(db: &Db, limit: i64) -> Result<Vec<Leaf>> {
    let rows = sqlx::query(sql::NEWEST_LEAVES).bind(limit).fetch_all(db.read()).await?;
    Ok(rows
        .iter()
        .map(|row| Leaf {
            index: row.int("log_index").max(0) as u64,
            body: row.get("body"),
            at: row.time("staged_at"),
            evidence: row.get("evidence_id"),
        })
        .collect())
}
