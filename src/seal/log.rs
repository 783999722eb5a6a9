//! [`Log`]: waiting for a seal, and what the public is shown.

use super::cache::Cache;
use super::edge::{WIDTH, shifted};
use super::head::{Head, Signed, count, forked};
use super::key::Key;
use super::open::check_newest;
use super::path::{Content, TilePath};
use super::proof::Sealed;
use super::sql;
use super::step::Steps;
use super::verify::Trust;
use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::ids::LeafId;
use crate::time::{Clock, Time};
use bytes::Bytes;
use sqlx::Row;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use storage::Objects;
use tlog_tiles::{Hash, check_record, record_hash};
use tokio::sync::{Notify, watch};

/// How long a waiter sleeps before it looks whether another server has sealed its leaf.
const POLL: Duration = Duration::from_millis(100);

/// The log. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) db: Db,
    pub(super) objects: Objects,
    pub(super) key: Key,
    pub(super) clock: Clock,
    pub(super) trust: Trust,
    pub(super) cache: Cache,
    /// What this server last knew to be published.
    pub(super) shown: watch::Sender<Published>,
    /// Somebody waits for a leaf.
    pub(super) wake: Notify,
    pub(super) steps: Steps,
}

/// A published checkpoint, and a head that has at least its leaves.
#[derive(Clone, Debug)]
pub struct Published {
    /// Leaves under the checkpoint.
    pub size: u64,
    /// Their root.
    pub root: Hash,
    /// The signed note.
    pub checkpoint: Arc<str>,
    /// When it was published.
    pub at: Time,
    pub(super) tree: Arc<Tree>,
    /// The leaves of the last batches of this server, so that who waits for one need not ask the database.
    pub(super) recent: Arc<Recent>,
}

/// A head, and the nodes of its tree that were asked for so far.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) head: Head,
    pub(super) nodes: Mutex<HashMap<u64, Hash>>,
}

/// Leaves by id: place and body.
pub(super) type Batch = HashMap<LeafId, (u64, Vec<u8>)>;

/// The last batch and the one before it.
#[derive(Debug, Default)]
pub(super) struct Recent {
    pub(super) last: Arc<Batch>,
    pub(super) before: Arc<Batch>,
}

impl Log {
    /// Whom to trust to verify this log: the trust file.
    pub fn trust(&self) -> Trust {
        self.inner.trust.clone()
    }

    /// The newest published checkpoint this server knows.
    pub fn published(&self) -> Published {
        self.inner.shown.borrow().clone()
    }

    /// The newest published checkpoint of all servers: a signed note.
    pub async fn checkpoint(&self) -> Result<String> {
        self.refresh().await?;
        Ok(self.published().checkpoint.to_string())
    }

    /// Tells the sequencer that a leaf was committed; [`sealed`](Log::sealed) does it too.
    pub fn wake(&self) {
        self.inner.wake.notify_one();
    }

    /// Waits until a committed leaf is under a published checkpoint. There is no time limit: the leaf stays staged until it is sealed, so a
    /// caller that gives up may ask again.
    ///
    /// Errors: `not_found` when no such leaf was committed.
    pub async fn sealed(&self, leaf: LeafId) -> Result<Sealed> {
        let mut shown = self.inner.shown.subscribe();
        loop {
            let published = shown.borrow_and_update().clone();
            if let Some((index, body)) = published.recent(leaf) {
                return self.prove(&published, *index, body.clone()).await;
            }
            self.wake();
            if tokio::time::timeout(POLL, shown.changed()).await.is_err()
                && let Some(sealed) = self.receipt(leaf).await?
            {
                return Ok(sealed);
            }
        }
    }

    /// The proof of a leaf under the newest checkpoint; `None` while it is not sealed. Errors as [`sealed`](Log::sealed).
    pub async fn receipt(&self, leaf: LeafId) -> Result<Option<Sealed>> {
        if let Some(sealed) = self.find(leaf, &self.published()).await? {
            return Ok(Some(sealed));
        }
        self.refresh().await?;
        self.find(leaf, &self.published()).await
    }

    /// C2SP tlog-proof text of a leaf; `None` while it is not sealed.
    pub async fn proof_text(&self, leaf: LeafId) -> Result<Option<String>> {
        Ok(self.receipt(leaf).await?.map(|sealed| sealed.proof_text()))
    }

    /// A tile or bundle of the published tree, full or partial; `None` where the published tree has none.
    pub async fn tile(&self, path: &TilePath) -> Result<Option<Bytes>> {
        let mut published = self.published();
        if !published.has(path) {
            self.refresh().await?;
            published = self.published();
        }
        if !published.has(path) {
            return Ok(None);
        }
        match path.content {
            Content::Entries => self.bundle(path).await.map(Some),
            Content::Hashes(level) => {
                let tile = self.hashes(&published.tree.head, level, path.n).await?;
                Ok(Some(tile.slice(..usize::from(path.width) * tlog_tiles::HASH_SIZE)))
            }
        }
    }

    /// The proof that the published tree begins with the tree of `size` leaves (RFC 6962, 2.1.2), with the published tree's size.
    ///
    /// Errors: `invalid` when there was no such tree.
    pub async fn consistency(&self, size: u64) -> Result<(u64, Vec<Hash>)> {
        let published = self.published();
        if size == 0 || size > published.size {
            return Err(Error::new(&codes::INVALID, format!("The log has {} leaves; name a size from 1 to that.", published.size)));
        }
        let proof = self.compute(&published.tree, |tree| tlog_tiles::prove_tree(published.size, size, tree)).await?;
        Ok((published.size, proof))
    }

    async fn find(&self, leaf: LeafId, published: &Published) -> Result<Option<Sealed>> {
        let row = sqlx::query(sql::LEAF).bind(leaf.to_string()).fetch_optional(self.inner.db.read()).await?;
        let row = row.ok_or_else(|| Error::new(&codes::NOT_FOUND, "No leaf of the log has this id."))?;
        let Some(index) = row.try_get::<Option<i64>, _>(0)?.map(count).transpose()?.filter(|index| *index < published.size) else {
            return Ok(None);
        };
        self.prove(published, index, row.try_get(2)?).await.map(Some)
    }

    async fn prove(&self, published: &Published, index: u64, body: Vec<u8>) -> Result<Sealed> {
        let proof = self.compute(&published.tree, |tree| tlog_tiles::prove_record(published.size, index, tree)).await?;
        check_record(&proof, published.size, published.root, index, record_hash(&body))
            .map_err(|error| forked(format!("leaf {index} is not under the checkpoint of {} leaves: {error}", published.size)))?;
        let checkpoint = published.checkpoint.to_string();
        Ok(Sealed { index, tree_size: published.size, proof, checkpoint, origin: self.inner.key.origin().to_owned(), body })
    }

    /// Takes notice of what other servers published.
    pub(super) async fn refresh(&self) -> Result<()> {
        let sizes = sqlx::query(sql::SIZES).fetch_one(self.inner.db.read()).await?;
        if count(sizes.try_get(1)?)? > self.published().size {
            // The checkpoint first: the head only grows, so the one read after it has the checkpoint's leaves.
            let newest = Signed::newest(&self.inner.db).await?.ok_or_else(|| forked("the checkpoints are gone"))?;
            let head = Head::read(&self.inner.db).await?;
            check_newest(&self.inner.trust, &newest, &head)?;
            self.show(Published::of(newest, head), None);
        }
        Ok(())
    }

    /// Tells the waiters, unless they know better already.
    pub(super) fn show(&self, mut published: Published, batch: Option<Batch>) {
        self.inner.shown.send_if_modified(|shown| {
            let newer = published.size > shown.size;
            if newer {
                published.recent = match batch {
                    Some(batch) => Arc::new(Recent { last: Arc::new(batch), before: shown.recent.last.clone() }),
                    None => shown.recent.clone(),
                };
                *shown = published;
            }
            newer
        });
    }
}

impl Published {
    pub(super) fn of(signed: Signed, head: Head) -> Published {
        let tree = Arc::new(Tree { head, nodes: Mutex::default() });
        let (checkpoint, recent) = (signed.note.into(), Arc::default());
        Published { size: signed.size, root: signed.root, checkpoint, at: signed.published_at, tree, recent }
    }

    /// A leaf of the last batches.
    fn recent(&self, leaf: LeafId) -> Option<&(u64, Vec<u8>)> {
        self.recent.last.get(&leaf).or_else(|| self.recent.before.get(&leaf)).filter(|(index, _)| *index < self.size)
    }

    /// Whether the published tree has such a tile.
    fn has(&self, path: &TilePath) -> bool {
        let hashes = shifted(self.size, path.level());
        path.n.checked_mul(WIDTH as u64).and_then(|first| first.checked_add(u64::from(path.width))).is_some_and(|end| end <= hashes)
    }
}
