//! 3 · Evidence and decisions enter the Merkle log.
//!
//! **What enters:** [`stage`] puts a leaf into the transaction of the change it speaks of, so neither exists without the other.
//! **What leaves:** [`Log::sealed`] answers when the leaf is under a signed, published checkpoint, with the proof; the log is public as
//! C2SP [checkpoint](https://c2sp.org/tlog-checkpoint) and [tiles](https://c2sp.org/tlog-tiles), a proof as
//! [tlog-proof](https://c2sp.org/tlog-proof).
//!
//! # Life of a leaf
//!
//! 1. *Staged*: a row of `leaf` without index, committed with its cause.
//! 2. *Sequenced* (`sequence.rs`): one transaction locks the head row, gives the oldest staged leaves the next places, appends their
//!    hashes to the tree's right edge, and swaps the head row if it still has the size that was read. From its commit on, this is history.
//! 3. *Tiled* (`publish.rs`): full tiles and full bundles of leaves, then the signed checkpoint, go to the storage.
//! 4. *Published*: the checkpoint's row is written; only now is anyone told. A receipt names this checkpoint.
//!
//! A server may die between any two of these. Whoever comes next, at start or with its next batch, finds in the head row how far each step
//! got and does the rest again: every tile is a pure function of the leaf rows, and the signature is deterministic, so doing it twice writes
//! the same bytes. Several servers may sequence one log; the head row orders them.
//!
//! # Partial tiles
//!
//! The storage holds full tiles alone. A partial tile is a prefix of the same tile when it is fuller, so any width that ever was can be cut from what
//! is kept anyhow: from the full tile, from the edge in the head row, or, for leaves, from the leaf rows. Nothing has to be deleted later.
//!
//! # What is trusted
//!
//! The head row is; the storage is not. A tile read from it is hashed and compared with its parent's hash, up to the edge of the head,
//! before anything is made of it, and [`Log::open`] refuses with `log_forked` what it cannot bring in line with the head.

mod cache;
mod check;
mod edge;
mod head;
pub mod key;
pub mod leaf;
mod log;
mod open;
mod path;
mod proof;
mod publish;
mod read;
mod sequence;
pub(crate) mod sql;
mod step;
#[cfg(test)]
mod tests;
pub mod verify;

pub use check::{Checked, Problem, check};
pub use key::Key;
pub use leaf::Leaf;
pub use log::{Log, Published};
pub use path::{BadTilePath, Content, TilePath};
pub use proof::{LogPart, Sealed};
pub use tlog_tiles::Hash;
pub use verify::{Proven, Trust, TrustedLog, Unproven};

use crate::db::Tx;
use crate::error::Result;
use crate::ids::{Ids, LeafId};
use crate::time::Time;

/// Stages a leaf in the caller's transaction; it enters the log soon after the commit.
pub async fn stage(tx: &mut Tx, leaf: &Leaf, ids: &Ids, now: Time) -> Result<LeafId> {
    let id: LeafId = ids.next();
    sqlx::query(sql::STAGE)
        .bind(id.to_string())
        .bind(leaf.body().to_vec())
        .bind(leaf.hash().0.to_vec())
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    Ok(id)
}
