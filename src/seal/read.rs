//! Reading the tree: tiles verified up to the head, and what is computed from them in O(log n) reads.

use super::edge::{Edge, FullTile, TILE_BYTES, concat, shifted};
use super::head::{Head, column, count, forked, hash, storage_error};
use super::log::{Log, Tree};
use super::path::{Content, TilePath};
use super::sql;
use crate::db::Db;
use crate::error::{Error, Result};
use bytes::{BufMut, Bytes, BytesMut};
use sqlx::Row;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};
use tlog_tiles::{HASH_SIZE, Hash, HashReader, Tile};

/// Leaf rows read at once.
pub(super) const PAGE: u64 = 1024;

/// Nodes a tree remembers: some 4 MiB, after which it begins anew.
const REMEMBERED: usize = 1 << 16;

/// A leaf row that has its place.
pub(super) struct LeafRow {
    pub(super) index: u64,
    pub(super) hash: Hash,
    pub(super) body: Vec<u8>,
}

/// Leaf rows of a range that is small enough to hold; they may have gaps where the database does.
pub(super) async fn leaves(db: &Db, from: u64, until: u64) -> Result<Vec<LeafRow>> {
    let rows = sqlx::query(sql::LEAVES).bind(column(from)?).bind(column(until)?).fetch_all(db.read()).await?;
    rows.iter().map(|row| Ok(LeafRow { index: count(row.try_get(0)?)?, hash: hash(row.try_get(1)?)?, body: row.try_get(2)? })).collect()
}

/// A full tile of hashes from the leaf rows under it, in constant memory; the head is made of the same hashes.
pub(super) async fn derive(db: &Db, level: u8, n: u64) -> Result<Bytes> {
    let span = 1_u64.checked_shl(8 * (u32::from(level) + 1)).ok_or_else(|| forked("no tree has such a tile"))?;
    let (first, end) = (n * span, (n + 1) * span);
    let mut edge = Edge::empty();
    let mut made = None;
    let mut at = first;
    while at < end {
        let until = end.min(at + PAGE);
        let rows = sqlx::query(sql::HASHES).bind(column(at)?).bind(column(until)?).fetch_all(db.read()).await?;
        if rows.len() as u64 != until - at {
            return Err(forked(format!("leaves are missing between {at} and {until}")));
        }
        for row in &rows {
            let keep = &mut |tile: FullTile| {
                if tile.level == level {
                    made = Some(tile.hashes);
                }
            };
            edge.push(hash(row.try_get(1)?)?, keep);
        }
        at = until;
    }
    made.ok_or_else(|| Error::internal("a full span of leaves makes a full tile"))
}

/// Leaves as a bundle holds them, each after its length in two bytes.
pub(super) async fn bundle(db: &Db, path: &TilePath) -> Result<Bytes> {
    let first = path.n * super::edge::WIDTH as u64;
    let rows = leaves(db, first, first + u64::from(path.width)).await?;
    if rows.len() != usize::from(path.width) {
        return Err(forked(format!("leaves are missing in {path}")));
    }
    let mut bytes = BytesMut::new();
    for row in rows {
        bytes.put_u16(u16::try_from(row.body.len()).map_err(|_| forked(format!("leaf {} is too long", row.index)))?);
        bytes.extend_from_slice(&row.body);
    }
    Ok(bytes.freeze())
}

impl Log {
    /// A bundle of leaves. The rows are trusted, the storage is not, so the rows are asked.
    pub(super) async fn bundle(&self, path: &TilePath) -> Result<Bytes> {
        debug_assert_eq!(path.content, Content::Entries);
        bundle(&self.inner.db, path).await
    }

    /// The hashes of a tile of the head's tree: all 256, verified, or those of the edge.
    pub(super) async fn hashes(&self, head: &Head, level: u8, n: u64) -> Result<Bytes> {
        // Up to the first tile that is known, then down again: each tile is verified by its parent.
        let mut unknown = Vec::new();
        let (mut level, mut n) = (level, n);
        let mut known = loop {
            if n >= shifted(head.size(), level + 1) {
                break concat(head.edge.level(level));
            }
            if let Some(tile) = self.inner.cache.get(level, n) {
                break tile;
            }
            unknown.push((level, n));
            (level, n) = (level + 1, n >> 8);
        };
        while let Some((level, n)) = unknown.pop() {
            let place = (n & 0xff) as usize * HASH_SIZE;
            let root = known.get(place..place + HASH_SIZE).ok_or_else(|| forked("the head's edge is shorter than its tree"))?;
            known = self.full_tile(head, level, n, root).await?;
            self.inner.cache.put(level, n, known.clone());
        }
        Ok(known)
    }

    /// A full tile with this root, from the storage, or from the leaves where the storage does not have it.
    async fn full_tile(&self, head: &Head, level: u8, n: u64, root: &[u8]) -> Result<Bytes> {
        let path = TilePath::full(level, n);
        let stored = self.inner.objects.get_file(&path.file()).await.map_err(storage_error)?;
        let lost = stored.is_none();
        let tile = match stored {
            Some(stored) => stored,
            None => derive(&self.inner.db, level, n).await?,
        };
        if tile.len() != TILE_BYTES || Tile::subtree_hash(&tile).0 != root {
            return Err(forked(format!("{path} is not the tile the head was made of")));
        }
        if lost && n < shifted(head.tiled, level + 1) {
            tracing::warn!(log.tile = %path, "a tile was missing in the storage and is put back");
            self.inner.objects.put_file(&path.file(), tile.clone()).await.map_err(storage_error)?;
        }
        Ok(tile)
    }

    /// Runs a computation on the tree's nodes twice: once to learn which it wants, once with them.
    pub(super) async fn compute<T, F>(&self, tree: &Tree, run: F) -> Result<T>
    where
        F: Fn(&Nodes<'_>) -> Result<T, tlog_tiles::Error>,
    {
        let run = |own: &HashMap<u64, Hash>| {
            let nodes = Nodes { tree, own, wanted: RefCell::default() };
            run(&nodes).map(|done| (done, nodes.wanted.take())).map_err(|error| Error::internal(error.to_string()))
        };
        let mut own = HashMap::new();
        loop {
            let (done, wanted) = run(&own)?;
            if wanted.is_empty() {
                return Ok(done);
            }
            for index in wanted {
                let tile = Tile::from_index(8, index);
                let hashes = self.hashes(&tree.head, tile.level(), tile.level_index()).await?;
                let node = tile.hash_at_index(&hashes, index).map_err(|error| forked(error.to_string()))?;
                own.insert(index, node);
            }
            tree.remember(&own);
        }
    }
}

impl Tree {
    fn nodes(&self) -> MutexGuard<'_, HashMap<u64, Hash>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps nodes for the next proof in this tree: those of one batch share most of theirs.
    fn remember(&self, own: &HashMap<u64, Hash>) {
        let mut nodes = self.nodes();
        if nodes.len() > REMEMBERED {
            nodes.clear();
        }
        nodes.extend(own);
    }
}

/// Nodes of the tree by their stored index; remembers which were wanted and not there.
pub(super) struct Nodes<'a> {
    tree: &'a Tree,
    own: &'a HashMap<u64, Hash>,
    wanted: RefCell<Vec<u64>>,
}

impl HashReader for Nodes<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let shared = self.tree.nodes();
        let read = |index: &u64| {
            self.own.get(index).or_else(|| shared.get(index)).copied().unwrap_or_else(|| {
                self.wanted.borrow_mut().push(*index);
                Hash::default()
            })
        };
        Ok(indexes.iter().map(read).collect())
    }
}
