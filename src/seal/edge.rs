//! The unfinished right edge of the tree: all that is needed to append to it and to know its root.

use bytes::Bytes;
use tlog_tiles::{EMPTY_HASH, HASH_SIZE, Hash, node_hash};

/// Hashes in a full tile: C2SP tiles are eight levels high.
pub(super) const WIDTH: usize = 256;
/// Bytes of a full tile.
pub(super) const TILE_BYTES: usize = WIDTH * HASH_SIZE;

/// A tile whose last hash has just come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FullTile {
    pub(super) level: u8,
    pub(super) n: u64,
    pub(super) hashes: Bytes,
}

/// Per level the hashes of its partial tile, widths given by the size; the same bytes in `log_head.edge`, level after level.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// The edge of the empty tree.
    pub(super) fn empty() -> Edge {
        Edge { size: 0, levels: Vec::new() }
    }

    /// Reads the bytes of an edge; `None` when their length does not fit the size.
    pub(super) fn from_bytes(size: u64, bytes: &[u8]) -> Option<Edge> {
        let mut hashes = hashes(bytes)?.into_iter();
        let mut levels = Vec::new();
        for level in 0..level_count(size) {
            let width = width_at(size, level);
            let part: Vec<Hash> = hashes.by_ref().take(width).collect();
            if part.len() != width {
                return None;
            }
            levels.push(part);
        }
        hashes.next().is_none().then_some(Edge { size, levels })
    }

    /// The hashes level after level.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.levels.iter().flat_map(|level| concat(level)).collect()
    }

    /// Leaves in the tree.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the partial tile at a level; empty where there is none.
    pub(super) fn level(&self, level: u8) -> &[Hash] {
        self.levels.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// Appends a leaf's hash and hands out every tile this completes, lowest first.
    pub(super) fn push(&mut self, leaf: Hash, full: &mut impl FnMut(FullTile)) {
        self.size += 1;
        let mut carried = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::with_capacity(WIDTH));
            }
            let part = &mut self.levels[level];
            part.push(carried);
            if part.len() < WIDTH {
                return;
            }
            carried = perfect_root(part);
            let hashes = concat(part);
            part.clear();
            let level = level as u8; // 2^64 leaves make eight levels
            full(FullTile { level, n: (self.size >> (8 * u32::from(level) + 8)) - 1, hashes });
        }
    }

    /// The root (RFC 6962, 2.1): perfect subtrees from the largest to the smallest, joined from the right.
    pub(super) fn root(&self) -> Hash {
        let mut perfect = Vec::new();
        for part in self.levels.iter().rev() {
            let mut rest = part.as_slice();
            while !rest.is_empty() {
                let (subtree, after) = rest.split_at(1 << rest.len().ilog2());
                perfect.push(perfect_root(subtree));
                rest = after;
            }
        }
        perfect.into_iter().rev().reduce(|right, left| node_hash(left, right)).unwrap_or(EMPTY_HASH)
    }
}

/// Levels of tiles, partial ones included, in a tree of this size.
pub(super) fn level_count(size: u64) -> u8 {
    (64 - size.leading_zeros()).div_ceil(8) as u8 // at most 8
}

/// Hashes in the partial tile of a level.
fn width_at(size: u64, level: u8) -> usize {
    (shifted(size, level) % WIDTH as u64) as usize
}

/// Nodes of a level: leaves at 0, full tiles of the level below above.
pub(super) fn shifted(size: u64, level: u8) -> u64 {
    size.checked_shr(8 * u32::from(level)).unwrap_or(0)
}

/// The root over a power of two of hashes.
fn perfect_root(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks(2).map(|pair| node_hash(pair[0], pair[1])).collect();
    }
    row[0]
}

/// Hashes one after the other, as a tile holds them.
pub(super) fn concat(hashes: &[Hash]) -> Bytes {
    let mut bytes = Vec::with_capacity(hashes.len() * HASH_SIZE);
    hashes.iter().for_each(|hash| bytes.extend_from_slice(&hash.0));
    bytes.into()
}

/// The hashes in a tile's bytes; `None` when the last is cut.
pub(super) fn hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (whole, rest) = bytes.as_chunks::<HASH_SIZE>();
    rest.is_empty().then(|| whole.iter().map(|hash| Hash(*hash)).collect())
}
