//! What is sequenced is made public: tiles, then the checkpoint in the storage, then its row.

use super::edge::{FullTile, level_count, shifted};
use super::head::{Head, Signed, column, sign, storage_error};
use super::log::{Batch, Log, Published};
use super::path::{Content, TilePath};
use super::read::derive;
use super::sequence::Placed;
use super::sql;
use super::step::Step;
use crate::db::Tx;
use crate::error::Result;
use crate::time::Time;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use sqlx::Row;
use std::collections::HashMap;

/// The newest checkpoint in the storage, for whoever mirrors the folder or the bucket.
pub(super) const CHECKPOINT_FILE: &str = "log/checkpoint";
/// Files written at once.
const WRITERS: usize = 16;

/// A batch whose tiles and checkpoint are in the storage. The database is to say so, then everybody may be told.
pub(super) struct Ready {
    head: Head,
    note: String,
    batch: Batch,
}

impl Ready {
    /// How many leaves it has.
    pub(super) fn leaves(&self) -> u64 {
        self.batch.len() as u64
    }
}

impl Log {
    /// Publishes the head, if it is not yet, whoever made it.
    pub(super) async fn catch_up(&self) -> Result<()> {
        let sizes = sqlx::query(sql::SIZES).fetch_one(self.inner.db.read()).await?;
        if sizes.try_get::<i64, _>(0)? == sizes.try_get::<i64, _>(1)? {
            return self.refresh().await;
        }
        let head = Head::read(&self.inner.db).await?;
        let ready = self.make_ready(Placed { head, batch: Batch::new(), tiles: Vec::new() }).await?;
        self.finish(ready).await
    }

    /// Writes tiles and checkpoint. What the caller has at hand of the batch need not be read from the leaves again.
    ///
    /// A checkpoint is in the storage before anyone is told of it: a database that is set back to an older state is found out by it.
    pub(super) async fn make_ready(&self, placed: Placed) -> Result<Ready> {
        let Placed { head, batch, tiles } = placed;
        self.write_tiles(&head, tiles).await?;
        let note = sign(&self.inner.key, head.size(), head.root)?;
        self.put_checkpoint(&note).await?;
        self.inner.steps.at(Step::BeforePublish)?;
        Ok(Ready { head, note, batch })
    }

    async fn put_checkpoint(&self, note: &str) -> Result<()> {
        self.inner.objects.put_file(CHECKPOINT_FILE, Bytes::from(note.to_owned())).await.map_err(storage_error)
    }

    /// Publishes a batch that is ready.
    pub(super) async fn finish(&self, ready: Ready) -> Result<()> {
        let at = self.inner.clock.now();
        let mut tx = self.inner.db.begin().await?;
        let mut head = Head::of(&sqlx::query(sql::LOCK_HEAD).bind(at.0).fetch_one(tx.conn()).await?)?;
        let before = head.published;
        self.enter(&mut tx, &ready, &mut head, at).await?;
        tx.commit().await?;
        self.tell(ready, before, at).await
    }

    /// Says in the database that a batch is published, in a transaction that has the head locked; `head` then says so, too.
    pub(super) async fn enter(&self, tx: &mut Tx, ready: &Ready, head: &mut Head, at: Time) -> Result<()> {
        let Ready { head: of_batch, note, .. } = ready;
        let size = column(of_batch.size())?;
        sqlx::query(sql::PUT_CHECKPOINT).bind(size).bind(of_batch.root.0.to_vec()).bind(note).bind(at.0).execute(tx.conn()).await?;
        sqlx::query(sql::PUBLISH_HEAD).bind(size).execute(tx.conn()).await?;
        if head.published < of_batch.size() {
            (head.tiled, head.published) = (of_batch.size(), of_batch.size());
        }
        Ok(())
    }

    /// Tells the waiters, once it is committed that the batch is published; `before` is what was published when the head was locked for it.
    pub(super) async fn tell(&self, ready: Ready, before: u64, at: Time) -> Result<()> {
        self.inner.steps.at(Step::AfterPublish)?;
        let Ready { mut head, note, batch } = ready;
        if before != head.published
            && let Some(newest) = Signed::newest(&self.inner.db).await?
        {
            // Another server published meanwhile; the older checkpoint may have been written over the newer one.
            self.put_checkpoint(&newest.note).await?;
        }
        (head.tiled, head.published) = (head.size(), head.size());
        self.show(Published::of(Signed { size: head.size(), root: head.root, note, published_at: at }, head), Some(batch));
        Ok(())
    }

    /// Writes every full tile and bundle between what the storage has and the head.
    async fn write_tiles(&self, head: &Head, made: Vec<FullTile>) -> Result<()> {
        let made: HashMap<(u8, u64), Bytes> = made.into_iter().map(|tile| ((tile.level, tile.n), tile.hashes)).collect();
        let missing = |level| shifted(head.tiled, level + 1)..shifted(head.size(), level + 1);
        let tiles = (0..level_count(head.size())).flat_map(|level| missing(level).map(move |n| TilePath::full(level, n)));
        let bundles = missing(0).map(TilePath::bundle);
        stream::iter(tiles.chain(bundles)).map(|path| self.write_tile(path, &made)).buffer_unordered(WRITERS).try_collect::<()>().await
    }

    async fn write_tile(&self, path: TilePath, made: &HashMap<(u8, u64), Bytes>) -> Result<()> {
        let bytes = match path.content {
            Content::Entries => self.bundle(&path).await?,
            Content::Hashes(level) => {
                let tile = match made.get(&(level, path.n)) {
                    Some(tile) => tile.clone(),
                    None => derive(&self.inner.db, level, path.n).await?,
                };
                self.inner.cache.put(level, path.n, tile.clone());
                tile
            }
        };
        self.inner.objects.put_file(&path.file(), bytes).await.map_err(storage_error)
    }
}
