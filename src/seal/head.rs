//! The rows the log stands on: its head and its checkpoints.

use super::edge::Edge;
use super::key::Key;
use super::sql;
use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::time::Time;
use signed_note::Note;
use sqlx::Row;
use sqlx::any::AnyRow;
use tlog_tiles::{Checkpoint, Hash};

/// The only truth about which history is ours.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) origin: String,
    /// Size and right side of the tree.
    pub(super) edge: Edge,
    pub(super) root: Hash,
    /// Leaves up to here have their full tiles in the storage.
    pub(super) tiled: u64,
    /// Leaves up to here are under a published checkpoint.
    pub(super) published: u64,
}

/// A row of `log_checkpoint`.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) size: u64,
    pub(super) root: Hash,
    pub(super) note: String,
    pub(super) published_at: Time,
}

impl Head {
    /// Reads a head row and refuses one that contradicts itself.
    pub(super) fn of(row: &AnyRow) -> Result<Head> {
        let size = count(row.try_get(1)?)?;
        let root = hash(row.try_get(2)?)?;
        let edge = Edge::from_bytes(size, row.try_get::<Vec<u8>, _>(3)?.as_slice())
            .filter(|edge| edge.root() == root)
            .ok_or_else(|| forked("the head's edge does not make its root"))?;
        Ok(Head { origin: row.try_get(0)?, edge, root, tiled: count(row.try_get(4)?)?, published: count(row.try_get(5)?)? })
    }

    /// The head as last committed.
    pub(super) async fn read(db: &Db) -> Result<Head> {
        Head::of(&sqlx::query(sql::HEAD).fetch_one(db.read()).await?)
    }

    /// Leaves in the tree.
    pub(super) fn size(&self) -> u64 {
        self.edge.size()
    }
}

impl Signed {
    pub(super) fn of(row: &AnyRow) -> Result<Signed> {
        Ok(Signed {
            size: count(row.try_get(0)?)?,
            root: hash(row.try_get(1)?)?,
            note: row.try_get(2)?,
            published_at: Time(row.try_get(3)?),
        })
    }

    /// The checkpoint everyone is shown; none before the log was first opened.
    pub(super) async fn newest(db: &Db) -> Result<Option<Signed>> {
        sqlx::query(sql::NEWEST_CHECKPOINT).fetch_optional(db.read()).await?.as_ref().map(Signed::of).transpose()
    }
}

/// Signs a tree's size and root. Ed25519 is deterministic: two servers that sign the same tree write the same note.
pub(super) fn sign(key: &Key, size: u64, root: Hash) -> Result<String> {
    let text = Checkpoint::new(key.origin(), size, root, "").map_err(|error| Error::internal(error.to_string()))?.to_bytes();
    let mut note = Note::new(&text, &[]).map_err(|error| Error::internal(error.to_string()))?;
    note.add_sigs(&[key.signer()]).map_err(|error| Error::internal(error.to_string()))?;
    String::from_utf8(note.to_bytes()).map_err(Error::internal)
}

/// The log contradicts the database, and how.
pub(super) fn forked(how: impl Into<String>) -> Error {
    Error::of(&codes::LOG_FORKED).because(how.into())
}

/// A hash column.
pub(super) fn hash(bytes: Vec<u8>) -> Result<Hash> {
    bytes.try_into().map(Hash).map_err(|_| forked("a hash in the database is not 32 bytes"))
}

/// A size or index column.
pub(super) fn count(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| forked("a size in the database is negative"))
}

/// A size or index as the database holds it.
pub(super) fn column(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| forked("the log is longer than the database can count"))
}

/// The storage's failure as everyone's.
pub(super) fn storage_error(cause: storage::StorageError) -> Error {
    Error::of(&codes::STORAGE_AWAY).because(cause)
}
