//! Opening the log: what a dead server left is finished, what contradicts the head is refused.

use super::cache::Cache;
use super::edge::{Edge, shifted};
use super::head::{Head, Signed, forked, sign, storage_error};
use super::key::Key;
use super::log::{Inner, Log, Published, Tree};
use super::path::TilePath;
use super::publish::CHECKPOINT_FILE;
use super::sql;
use super::step::Steps;
use super::verify::{Trust, TrustedLog, verify_checkpoint};
use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::time::{Clock, Time};
use bytes::Bytes;
use std::sync::Arc;
use storage::Objects;
use tlog_tiles::{EMPTY_HASH, Hash};
use tokio::sync::{Notify, watch};

impl Log {
    /// Opens the log, begins it when there is none, finishes what a dead server left, and publishes what is not yet published.
    ///
    /// Errors: `bad_config` when the log is another origin's or signed with another key; `log_forked` when the storage or the checkpoints
    /// contradict the head row.
    pub async fn open(db: Db, objects: Objects, key: Key, clock: Clock) -> Result<Log> {
        create_head(&db, &key, clock.now()).await?;
        // The storage before the head: another server may be sealing, and its checkpoint must not seem to be ahead of the head.
        let stored = objects.get_file(CHECKPOINT_FILE).await.map_err(storage_error)?;
        let newest = Signed::newest(&db).await?.ok_or_else(|| forked("there is a head but no checkpoint"))?;
        let head = Head::read(&db).await?;
        if head.origin != key.origin() {
            let message = format!("This database holds the log '{}', not '{}'; correct the log's origin.", head.origin, key.origin());
            return Err(Error::new(&codes::CONFIG, message));
        }
        let trust = trust(&db, &key).await?;
        check_newest(&trust, &newest, &head)?;
        let (shown, _) = watch::channel(Published::of(newest, head));
        let inner = Inner { db, objects, key, clock, trust, cache: Cache::default(), shown, wake: Notify::new(), steps: Steps::default() };
        let log = Log { inner: Arc::new(inner) };
        log.check_storage(stored).await?;
        log.catch_up().await?;
        Ok(log)
    }

    /// Compares with the head: the newest checkpoint, at each level the last full tile, the last full bundle, the stored checkpoint.
    async fn check_storage(&self, stored: Option<Bytes>) -> Result<()> {
        let published = self.published();
        let (tree, head) = (&published.tree, &published.tree.head);
        self.check_root(tree, published.size, published.root).await?;
        for level in 0..8 {
            if let Some(n) = shifted(head.size(), level + 1).checked_sub(1) {
                self.hashes(head, level, n).await?;
            }
        }
        if let Some(n) = (head.tiled >> 8).checked_sub(1) {
            let bundle = TilePath::bundle(n);
            let made = self.bundle(&bundle).await?;
            match self.inner.objects.get_file(&bundle.file()).await.map_err(storage_error)? {
                Some(stored) if stored == made => {}
                Some(_) => return Err(forked(format!("{bundle} in the storage is not what the leaves make"))),
                None => self.inner.objects.put_file(&bundle.file(), made).await.map_err(storage_error)?,
            }
        }
        let stored = match &stored {
            Some(stored) => self.check_stored(tree, stored).await?,
            None => 0,
        };
        if stored < published.size {
            // Lost; or two servers wrote at once, and the one that would have noticed died.
            let newest = Bytes::from(published.checkpoint.to_string());
            self.inner.objects.put_file(CHECKPOINT_FILE, newest).await.map_err(storage_error)?;
        }
        Ok(())
    }

    /// Whether the stored checkpoint is of the head's past; its size.
    async fn check_stored(&self, tree: &Tree, stored: &[u8]) -> Result<u64> {
        let note = std::str::from_utf8(stored).map_err(|_| forked("the stored checkpoint is not text"))?;
        let stored =
            verify_checkpoint(&self.inner.trust, note).map_err(|cause| forked(format!("the stored checkpoint: {cause}")))?.checkpoint;
        if stored.size() > tree.head.size() {
            let cause = format!("the storage has a checkpoint of {} leaves, the head only {}", stored.size(), tree.head.size());
            return Err(forked(cause));
        }
        self.check_root(tree, stored.size(), *stored.hash()).await?;
        Ok(stored.size())
    }

    /// Whether the head's tree, when it had `size` leaves, had this root.
    async fn check_root(&self, tree: &Tree, size: u64, root: Hash) -> Result<()> {
        if self.compute(tree, |tree| tlog_tiles::tree_hash(size, tree)).await? == root {
            Ok(())
        } else {
            Err(forked(format!("a checkpoint of {size} leaves has another root than these leaves make")))
        }
    }
}

/// Begins the log when there is none.
async fn create_head(db: &Db, key: &Key, now: Time) -> Result<()> {
    if sqlx::query(sql::SIZES).fetch_optional(db.read()).await?.is_some() {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    let (root, edge) = (EMPTY_HASH.0.to_vec(), Edge::empty().to_bytes());
    sqlx::query(sql::CREATE_HEAD).bind(key.origin()).bind(root.clone()).bind(edge).bind(now.0).execute(tx.conn()).await?;
    sqlx::query(sql::PUT_CHECKPOINT).bind(0_i64).bind(root).bind(sign(key, 0, EMPTY_HASH)?).bind(now.0).execute(tx.conn()).await?;
    tx.commit().await
}

/// The trust file of a log: its one key, since its first checkpoint.
async fn trust(db: &Db, key: &Key) -> Result<Trust> {
    let first = Signed::of(&sqlx::query(sql::FIRST_CHECKPOINT).fetch_one(db.read()).await?)?;
    let log = TrustedLog { origin: key.origin().to_owned(), vkey: key.vkey().to_owned(), from: first.published_at, until: None };
    Ok(Trust { logs: vec![log], ..Trust::default() })
}

/// The newest checkpoint's row is what its note says, is signed with this log's key, and is of the head's past.
pub(super) fn check_newest(trust: &Trust, newest: &Signed, head: &Head) -> Result<()> {
    let verified = verify_checkpoint(trust, &newest.note).map_err(|cause| {
        Error::new(&codes::CONFIG, "The log's checkpoints are not signed with this log.key; restore the key the log was begun with.")
            .because(cause)
    })?;
    let tree = verified.checkpoint;
    if tree.size() != newest.size || *tree.hash() != newest.root || newest.size > head.size() || newest.size > head.published {
        return Err(forked(format!("the checkpoint of {} leaves contradicts its row or the head", newest.size)));
    }
    Ok(())
}
