//! Staged leaves get their places: one batch, one transaction, one new head.

use super::edge::FullTile;
use super::head::{Head, column, count, forked, hash};
use super::log::{Batch, Log};
use super::sql;
use super::step::Step;
use crate::error::Result;
use sqlx::Row;
use std::time::Duration;
use tlog_tiles::Hash;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The most leaves in a batch: their hashes take 128 KiB, their transaction some 50 ms.
const BATCH: i64 = 4096;
/// Batches begin at least this far apart, so that leaves which arrive together share commits; an idle log begins at once.
const GATHER: Duration = Duration::from_millis(20);
/// How often an idle log looks for leaves nobody waits for, and for what a dead server left.
const IDLE: Duration = Duration::from_millis(500);
/// The wait after a failure.
const RETRY: Duration = Duration::from_secs(1);

/// What a committed batch leaves at hand for its publication.
#[derive(Default)]
pub(super) struct Placed {
    /// The leaves by id.
    pub(super) batch: Batch,
    /// The tiles they filled.
    pub(super) tiles: Vec<FullTile>,
}

impl Log {
    /// The sequencer: seals what is staged until `stop`, then once more. Several servers may run it on one log.
    pub async fn run(&self, stop: CancellationToken) {
        let mut begun = None;
        while !stop.is_cancelled() {
            if let Some(wait) = begun.and_then(|begun: Instant| GATHER.checked_sub(begun.elapsed())) {
                sleep(wait).await;
            }
            begun = Some(Instant::now());
            let wait = match self.turn().await {
                Ok(0) => IDLE,
                Ok(_) => continue,
                Err(error) => {
                    tracing::warn!(error = %error, cause = ?error.cause, "a batch could not be sealed; it is tried again");
                    RETRY
                }
            };
            tokio::select! {
                _ = timeout(wait, self.inner.wake.notified()) => {}
                () = stop.cancelled() => {}
            }
        }
        if let Err(error) = self.turn().await {
            tracing::warn!(error = %error, cause = ?error.cause, "the last batch could not be sealed; the next server will");
        }
    }

    /// Seals one batch: publishes what is sequenced, sequences what is staged, publishes it. Returns how many leaves were sequenced.
    ///
    /// While the storage is away nothing is sequenced, so that little has to be made up for when it is back.
    pub async fn turn(&self) -> Result<u64> {
        self.publish(Placed::default()).await?;
        if sqlx::query(sql::ANY_STAGED).fetch_optional(self.inner.db.read()).await?.is_none() {
            return Ok(0);
        }
        let placed = self.sequence().await?;
        let leaves = placed.batch.len() as u64;
        if leaves > 0 {
            self.publish(placed).await?;
        }
        Ok(leaves)
    }

    /// Gives staged leaves their places and swaps the head.
    async fn sequence(&self) -> Result<Placed> {
        let mut tx = self.inner.db.begin().await?;
        let row = sqlx::query(sql::LOCK_HEAD).bind(self.inner.clock.now().0).fetch_one(tx.conn()).await?;
        let head = Head::of(&row)?;
        let size = column(head.size())?;
        let rows = sqlx::query(sql::ASSIGN).bind(size).bind(BATCH).fetch_all(tx.conn()).await?;
        if rows.is_empty() {
            return Ok(Placed::default());
        }
        let mut leaves: Vec<(u64, Hash)> = Vec::with_capacity(rows.len());
        let mut placed = Placed::default();
        for row in &rows {
            let index = count(row.try_get(0)?)?;
            leaves.push((index, hash(row.try_get(1)?)?));
            let id = row.try_get::<&str, _>(2)?.parse().map_err(|_| forked(format!("the id of leaf {index} is none")))?;
            placed.batch.insert(id, (index, row.try_get(3)?));
        }
        leaves.sort_by_key(|(index, _)| *index);
        let mut edge = head.edge;
        for (index, leaf) in &leaves {
            if *index != edge.size() {
                return Err(forked(format!("the next leaf is {}, not {index}", edge.size())));
            }
            edge.push(*leaf, &mut |tile| placed.tiles.push(tile));
        }
        let swapped = sqlx::query(sql::SWAP_HEAD)
            .bind(size)
            .bind(column(edge.size())?)
            .bind(edge.root().0.to_vec())
            .bind(edge.to_bytes())
            .execute(tx.conn())
            .await?;
        if swapped.rows_affected() != 1 {
            return Err(forked("the head row was changed in spite of its lock"));
        }
        self.inner.steps.at(Step::BeforeSwap)?;
        tx.commit().await?;
        self.inner.steps.at(Step::AfterSwap)?;
        Ok(placed)
    }
}
