//! What is sequenced is made public: tiles, then the checkpoint in the storage, then its row.

use super::edge::{FullTile, level_count, shifted};
use super::head::{Head, Signed, column, sign, storage_error};
use super::log::{Log, Published};
use super::path::{Content, TilePath};
use super::read::derive;
use super::sequence::Placed;
use super::sql;
use super::step::Step;
use crate::error::Result;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use sqlx::Row;
use std::collections::HashMap;

/// The newest checkpoint in the storage, for whoever mirrors the folder or the bucket.
pub(super) const CHECKPOINT_FILE: &str = "log/checkpoint";
/// Files written at once.
const WRITERS: usize = 16;

impl Log {
    /// Publishes the head, if it is not yet. What the caller has at hand of it need not be read from the leaves again.
    ///
    /// A checkpoint is in the storage before anyone is told of it: a database that is set back to an older state is found out by it.
    pub(super) async fn publish(&self, placed: Placed) -> Result<()> {
        let inner = &self.inner;
        let sizes = sqlx::query(sql::SIZES).fetch_one(inner.db.read()).await?;
        if sizes.try_get::<i64, _>(0)? == sizes.try_get::<i64, _>(1)? {
            return self.refresh().await;
        }
        let mut head = Head::read(&inner.db).await?;
        self.write_tiles(&head, placed.tiles).await?;
        let note = sign(&inner.key, head.size(), head.root)?;
        let put = |note: &str| inner.objects.put_file(CHECKPOINT_FILE, Bytes::from(note.to_owned()));
        put(&note).await.map_err(storage_error)?;
        inner.steps.at(Step::BeforePublish)?;
        let at = inner.clock.now();
        let mut tx = inner.db.begin().await?;
        let before = Head::of(&sqlx::query(sql::LOCK_HEAD).bind(at.0).fetch_one(tx.conn()).await?)?.published;
        let size = column(head.size())?;
        sqlx::query(sql::PUT_CHECKPOINT).bind(size).bind(head.root.0.to_vec()).bind(&note).bind(at.0).execute(tx.conn()).await?;
        sqlx::query(sql::PUBLISH_HEAD).bind(size).execute(tx.conn()).await?;
        tx.commit().await?;
        inner.steps.at(Step::AfterPublish)?;
        if before != head.published
            && let Some(newest) = Signed::newest(&inner.db).await?
        {
            // Another server published meanwhile; the older checkpoint may have been written over the newer one.
            put(&newest.note).await.map_err(storage_error)?;
        }
        (head.tiled, head.published) = (head.size(), head.size());
        self.show(Published::of(Signed { size: head.size(), root: head.root, note, published_at: at }, head), Some(placed.batch));
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
