//! Verified tiles, lately used.

use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Tiles of a generation: two generations of 256 tiles of 8 KiB are 4 MiB.
const GENERATION: usize = 256;

/// Full tiles of hashes by level and number. When the young generation is full it becomes the old one, and the old one, less what was
/// asked for since, is forgotten: nearly least-recently-used, in two maps.
#[derive(Debug, Default)]
pub(super) struct Cache {
    tiles: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<(u8, u64), Bytes>,
    old: HashMap<(u8, u64), Bytes>,
}

impl Cache {
    pub(super) fn get(&self, level: u8, n: u64) -> Option<Bytes> {
        let mut tiles = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tile) = tiles.young.get(&(level, n)) {
            return Some(tile.clone());
        }
        let tile = tiles.old.remove(&(level, n))?;
        tiles.put(level, n, tile.clone());
        Some(tile)
    }

    /// Keeps a tile that was verified against the head, or that the head was made from.
    pub(super) fn put(&self, level: u8, n: u64, tile: Bytes) {
        self.tiles.lock().unwrap_or_else(PoisonError::into_inner).put(level, n, tile);
    }

    /// Forgets all; the tests of what happens in the storage ask for it.
    #[cfg(test)]
    pub(super) fn clear(&self) {
        *self.tiles.lock().unwrap_or_else(PoisonError::into_inner) = Generations::default();
    }
}

impl Generations {
    fn put(&mut self, level: u8, n: u64, tile: Bytes) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert((level, n), tile);
    }
}
