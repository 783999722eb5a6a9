//! Staged leaves get their places: one batch, one transaction, one new head.
//!
//! On a busy log the same transaction says that the batch before is published, so that a batch costs one sync of the database and not two.

use super::edge::FullTile;
use super::head::{Head, column, count, forked, hash};
use super::log::{Batch, Log};
use super::publish::Ready;
use super::sql;
use super::step::Step;
use crate::db::Tx;
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

/// A committed batch, with what its publication needs and would otherwise have to read.
pub(super) struct Placed {
    /// The head with it.
    pub(super) head: Head,
    /// The leaves by id.
    pub(super) batch: Batch,
    /// The tiles they filled.
    pub(super) tiles: Vec<FullTile>,
}

impl Log {
    /// The sequencer: seals what is staged until `stop`, then once more. Several servers may run it on one log.
    pub async fn run(&self, stop: CancellationToken) {
        let mut begun: Option<Instant> = None;
        let mut ready: Option<Ready> = None;
        while !stop.is_cancelled() {
            let early = begun.and_then(|begun| GATHER.checked_sub(begun.elapsed()));
            let done = match (early, ready.take()) {
                // It is too early for the next batch, and nobody is to wait for it.
                (Some(_), Some(ready)) => self.finish(ready).await.map(|()| None),
                (Some(early), None) => {
                    sleep(early).await;
                    continue;
                }
                (None, ready) => {
                    begun = Some(Instant::now());
                    self.batch(ready).await
                }
            };
            let wait = match done {
                Ok(None) if early.is_some() => continue,
                Ok(None) => IDLE,
                Ok(next) => {
                    ready = next;
                    continue;
                }
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
        let last = async {
            if let Some(ready) = ready {
                self.finish(ready).await?;
            }
            self.turn().await
        };
        if let Err(error) = last.await {
            tracing::warn!(error = %error, cause = ?error.cause, "the last batch could not be sealed; the next server will");
        }
    }

    /// Seals one batch: publishes what is sequenced, sequences what is staged, publishes it. Returns how many leaves were sequenced.
    pub async fn turn(&self) -> Result<u64> {
        let Some(ready) = self.batch(None).await? else { return Ok(0) };
        let leaves = ready.leaves();
        self.finish(ready).await?;
        Ok(leaves)
    }

    /// Sequences what is staged and makes it ready to be published. A batch before it that is ready is published by the same commit.
    ///
    /// While the storage is away nothing is sequenced, so that little has to be made up for when it is back.
    pub(super) async fn batch(&self, ready: Option<Ready>) -> Result<Option<Ready>> {
        if ready.is_none() {
            self.catch_up().await?;
            if sqlx::query(sql::ANY_STAGED).fetch_optional(self.inner.db.read()).await?.is_none() {
                return Ok(None);
            }
        }
        match self.sequence(ready).await? {
            Some(placed) => self.make_ready(placed).await.map(Some),
            None => Ok(None),
        }
    }

    /// Gives staged leaves their places and swaps the head; none are staged any more where there is nothing to return. Publishes a batch that
    /// is ready.
    async fn sequence(&self, ready: Option<Ready>) -> Result<Option<Placed>> {
        let at = self.inner.clock.now();
        let mut tx = self.inner.db.begin().await?;
        let mut head = Head::of(&sqlx::query(sql::LOCK_HEAD).bind(at.0).fetch_one(tx.conn()).await?)?;
        let before = head.published;
        if let Some(ready) = &ready {
            self.enter(&mut tx, ready, &mut head, at).await?;
        }
        let placed = self.place(&mut tx, head).await?;
        if placed.is_some() {
            self.inner.steps.at(Step::BeforeSwap)?;
        }
        if placed.is_some() || ready.is_some() {
            tx.commit().await?;
        }
        if let Some(ready) = ready {
            self.tell(ready, before, at).await?;
        }
        if placed.is_some() {
            self.inner.steps.at(Step::AfterSwap)?;
        }
        Ok(placed)
    }

    async fn place(&self, tx: &mut Tx, mut head: Head) -> Result<Option<Placed>> {
        let size = column(head.size())?;
        let rows = sqlx::query(sql::ASSIGN).bind(size).bind(BATCH).fetch_all(tx.conn()).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut leaves: Vec<(u64, Hash)> = Vec::with_capacity(rows.len());
        let (mut batch, mut tiles) = (Batch::new(), Vec::new());
        for row in &rows {
            let index = count(row.try_get(0)?)?;
            leaves.push((index, hash(row.try_get(1)?)?));
            let id = row.try_get::<&str, _>(2)?.parse().map_err(|_| forked(format!("the id of leaf {index} is none")))?;
            batch.insert(id, (index, row.try_get(3)?));
        }
        leaves.sort_by_key(|(index, _)| *index);
        for (index, leaf) in &leaves {
            if *index != head.size() {
                return Err(forked(format!("the next leaf is {}, not {index}", head.size())));
            }
            head.edge.push(*leaf, &mut |tile| tiles.push(tile));
        }
        head.root = head.edge.root();
        let swapped = sqlx::query(sql::SWAP_HEAD)
            .bind(size)
            .bind(column(head.size())?)
            .bind(head.root.0.to_vec())
            .bind(head.edge.to_bytes())
            .execute(tx.conn())
            .await?;
        if swapped.rows_affected() != 1 {
            return Err(forked("the head row was changed in spite of its lock"));
        }
        Ok(Some(Placed { head, batch, tiles }))
    }
}
