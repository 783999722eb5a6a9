//! Files of the lake, verified, where they can be read in pieces.
//!
//! Parquet is read in pieces: the footer, then the column chunks a query needs. A range of an object cannot be checked against the
//! object's digest, so before the first piece is read the whole object is hashed, once per process and object, and only then read in
//! ranges from a local file: on a local disk the object itself, from S3 a copy that is deleted when it falls out of the cache. Hashing costs
//! less than decompressing; who swaps bytes after that hash, under a running server, is found by `keshi fsck` and after the next start.
//! A tiny segment comes from its catalogue row, and is hashed as well.

use super::append::Hashing;
use super::{sql, storage_error};
use crate::db::Db;
use crate::error::{Error, Result};
use bytes::Bytes;
use datafusion::parquet::errors::Result as ParquetResult;
use datafusion::parquet::file::reader::{ChunkReader, Length};
use sha2::{Digest as _, Sha256};
use sqlx::Row;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
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
    content: Content,
    pub(super) size: u64,
}

#[derive(Debug)]
enum Content {
    File(LocalCopy),
    Bytes(Bytes),
}

/// An open [`Verified`], as Parquet reads it.
pub(super) enum Open {
    File(File),
    Bytes(Bytes),
}

impl Verified {
    /// Bytes from the catalogue, if they are those of the digest.
    pub(super) fn inline(bytes: Bytes, digest: Digest) -> Result<Verified> {
        let (size, got) = (bytes.len() as u64, Digest::of(&bytes));
        if got != digest {
            return Err(storage_error(StorageError::DigestMismatch { expected: digest, got, size }));
        }
        Ok(Verified { content: Content::Bytes(bytes), size })
    }

    pub(super) fn open(&self) -> std::io::Result<Open> {
        Ok(match &self.content {
            Content::File(copy) => Open::File(File::open(copy.path())?),
            Content::Bytes(bytes) => Open::Bytes(bytes.clone()),
        })
    }

    /// Some bytes of it.
    pub(super) fn piece(&self, from: u64, size: usize) -> std::io::Result<Bytes> {
        match self.open()? {
            Open::File(mut file) => {
                file.seek(SeekFrom::Start(from))?;
                let mut bytes = vec![0; size];
                file.read_exact(&mut bytes)?;
                Ok(bytes.into())
            }
            Open::Bytes(bytes) => {
                let until = usize::try_from(from).ok().and_then(|from| Some(from..from.checked_add(size)?));
                let range = until.filter(|range| range.end <= bytes.len()).ok_or(std::io::ErrorKind::UnexpectedEof)?;
                Ok(bytes.slice(range))
            }
        }
    }
}

impl Length for Open {
    fn len(&self) -> u64 {
        match self {
            Open::File(file) => Length::len(file),
            Open::Bytes(bytes) => Length::len(bytes),
        }
    }
}

impl ChunkReader for Open {
    type T = Box<dyn Read + Send>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(match self {
            Open::File(file) => Box::new(file.get_read(start)?),
            Open::Bytes(bytes) => Box::new(ChunkReader::get_read(bytes, start)?),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        match self {
            Open::File(file) => file.get_bytes(start, length),
            Open::Bytes(bytes) => ChunkReader::get_bytes(bytes, start, length),
        }
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
    /// The file, verified, from the storage or from the catalogue; two who ask at once wait for one hash.
    pub(super) async fn get(&self, db: &Db, objects: &Objects, digest: Digest, inline: bool) -> Result<Arc<Verified>> {
        let cell = self.cell(digest);
        let file = cell.get_or_try_init(|| async { if inline { row(db, digest).await } else { fetch(objects, digest).await } }).await;
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
        Ok(Arc::new(Verified { content: Content::File(copy), size }))
    })
    .await
    .map_err(Error::internal)?
}

async fn row(db: &Db, digest: Digest) -> Result<Arc<Verified>> {
    match sqlx::query(sql::INLINE).bind(digest.0.to_vec()).fetch_optional(db.read()).await? {
        Some(row) => Ok(Arc::new(Verified::inline(row.get::<Vec<u8>, _>(0).into(), digest)?)),
        None => Err(storage_error(StorageError::Missing(digest))),
    }
}
