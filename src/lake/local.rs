//! Objects of the lake as verified local files.
//!
//! Parquet is read in pieces: the footer, then the column chunks a query needs. A range of an object cannot be checked against the
//! object's digest, so before the first piece is read the whole object is hashed, once per process and object, and only then read in
//! ranges from a local file: on a local disk the object itself, from S3 a copy that is deleted when it falls out of the cache. Hashing costs
//! less than decompressing; who swaps bytes after that hash, under a running server, is found by `keshi fsck` and after the next start.

use super::storage_error;
use crate::error::{Error, Result};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use storage::{Digest, LocalCopy, Objects, StorageError};
use tokio::sync::OnceCell;

/// Files kept at once.
const MOST_FILES: usize = 8192;
/// Bytes of the files kept at once.
const MOST_BYTES: u64 = 8 << 30;

/// A file whose digest was seen to be right.
#[derive(Debug)]
pub(super) struct Verified {
    copy: LocalCopy,
    pub(super) size: u64,
}

impl Verified {
    pub(super) fn open(&self) -> std::io::Result<File> {
        File::open(self.copy.path())
    }
}

/// The files that were verified lately.
#[derive(Default)]
pub(super) struct Locals {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    files: HashMap<Digest, Entry>,
    turn: u64,
}

struct Entry {
    used: u64,
    file: Arc<OnceCell<Arc<Verified>>>,
}

impl Locals {
    /// The object as a verified file; two who ask at once wait for one hash.
    pub(super) async fn get(&self, objects: &Objects, digest: Digest) -> Result<Arc<Verified>> {
        let cell = self.cell(digest);
        let file = cell.get_or_try_init(|| fetch(objects, digest)).await;
        if file.is_err() {
            self.known().files.remove(&digest);
        }
        let file = Arc::clone(file?);
        self.trim();
        Ok(file)
    }

    fn cell(&self, digest: Digest) -> Arc<OnceCell<Arc<Verified>>> {
        let mut known = self.known();
        known.turn += 1;
        let used = known.turn;
        let entry = known.files.entry(digest).or_insert_with(|| Entry { used, file: Arc::default() });
        entry.used = used;
        Arc::clone(&entry.file)
    }

    /// Lets go of the files that were not used for longest; who reads one still keeps it alive.
    fn trim(&self) {
        let mut known = self.known();
        let size = |entry: &Entry| entry.file.get().map_or(0, |file| file.size);
        let mut bytes: u64 = known.files.values().map(size).sum();
        if bytes <= MOST_BYTES && known.files.len() <= MOST_FILES {
            return;
        }
        let mut oldest: Vec<(u64, Digest, u64)> = known.files.iter().map(|(digest, entry)| (entry.used, *digest, size(entry))).collect();
        oldest.sort_unstable();
        for (_, digest, size) in oldest {
            // Well below the limit, so that this does not happen at every step.
            if bytes <= MOST_BYTES / 4 * 3 && known.files.len() <= MOST_FILES / 4 * 3 {
                break;
            }
            known.files.remove(&digest);
            bytes -= size;
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fetch(objects: &Objects, digest: Digest) -> Result<Arc<Verified>> {
    let copy = objects.local_copy(&digest).await.map_err(storage_error)?;
    tokio::task::spawn_blocking(move || {
        let mut file = File::open(copy.path())?;
        let mut hasher = Hashing(Sha256::new());
        let size = std::io::copy(&mut file, &mut hasher)?;
        let got = Digest(hasher.0.finalize().into());
        if got != digest {
            return Err(storage_error(StorageError::DigestMismatch { expected: digest, got, size }));
        }
        Ok(Arc::new(Verified { copy, size }))
    })
    .await
    .map_err(Error::internal)?
}

struct Hashing(Sha256);

impl std::io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
