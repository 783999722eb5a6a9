//! A body arrives: counted, capped and hashed in one pass, in memory while it is small and into a temporary file when it is not.
//!
//! An object's name is known only when its last byte has arrived, so it cannot be written under its name from the start. Every backend therefore
//! spools first: the disk backend into its own file system, where keeping is a rename; the S3 backend into a local folder, from where
//! the body is uploaded under its final key with a digest known beforehand. A sender that breaks off thus never reaches the store at all,
//! and nothing but the temporary file has to be cleaned up.
//!
//! While one batch is hashed and written by two blocking jobs, side by side, the next one is received. No thread is held while a slow sender
//! is waited for, so thousands of slow uploads cost a temporary file each and nothing else.

use crate::{Digest, Put, StorageError};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use sha2::{Digest as _, Sha256};
use std::io::{self, Write};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use tempfile::NamedTempFile;
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes handed to the hasher and the writer at a time; smaller bodies stay in memory. 1 MiB hashes in some 0.6 ms, against which waking a thread is little.
const BATCH: usize = 1024 * 1024;
/// Bytes between two flushes: large enough for the disk to stream and for a journal not to notice, small enough that little is left for the end.
const FLUSH: usize = 32 * BATCH;
/// Chunks smaller than this are copied together: a body sent byte by byte must not cost a pointer each.
const SMALL: usize = 4096;
/// The beginning of every temporary file's name, unlike any other in a shared temporary folder.
pub(crate) const TEMPORARY: &str = "object-put-";

/// A body that has arrived whole, within its limit and as expected.
pub(crate) struct Spooled {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) held: Held,
}

/// Where it is until it is kept. Dropping it forgets it.
pub(crate) enum Held {
    Memory(Batch),
    File(NamedTempFile),
}

/// Where a body goes when it is not small.
#[derive(Clone, Copy)]
pub(crate) enum Spill<'a> {
    /// Into a temporary file in this folder, where it is to stay: it is flushed to the disk while more arrives.
    ToKeep(&'a Path),
    /// Into a temporary file in this folder, from where it goes elsewhere.
    ToPass(&'a Path),
    /// Nowhere: memory is the store.
    Never,
}

/// Takes a body in. Nothing is left of one that fails.
pub(crate) async fn spool<S>(body: S, put: &Put, spill: Spill<'_>) -> Result<Spooled, StorageError>
where
    S: Stream<Item = io::Result<Bytes>> + Send,
{
    let mut body = pin!(body);
    let mut size = 0;
    let mut batch = Batch::default();
    let mut pair = None;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(StorageError::Body)?;
        size += chunk.len() as u64;
        if size > put.limit {
            return Err(StorageError::TooLarge { limit: put.limit });
        }
        batch.push(chunk);
        if batch.len >= BATCH
            && let Some(started) = pair.take().or_else(|| Pair::start(spill))
        {
            pair.insert(started).take(std::mem::take(&mut batch)).await?;
        }
    }
    let (digest, held) = match pair {
        Some(mut pair) => {
            pair.take(batch).await?;
            let (hasher, file) = pair.rest().await?;
            (Digest(hasher.finalize().into()), Held::File(file))
        }
        None => {
            let batch = batch.closed();
            let (digest, batch) = blocking(move || (batch.digest(), batch)).await?;
            (digest, Held::Memory(batch))
        }
    };
    match put.expect {
        Some(expected) if expected != digest => Err(StorageError::Unexpected { expected, got: digest }),
        _ => Ok(Spooled { digest, size, held }),
    }
}

/// Chunks in the order they came.
#[derive(Default)]
pub(crate) struct Batch {
    chunks: Vec<Bytes>,
    /// Small chunks copied together, behind the others.
    tail: Vec<u8>,
    len: usize,
}

impl Batch {
    fn push(&mut self, chunk: Bytes) {
        self.len += chunk.len();
        if chunk.len() < SMALL {
            self.tail.extend_from_slice(&chunk);
        } else {
            self.close();
            self.chunks.push(chunk);
        }
    }

    fn close(&mut self) {
        if !self.tail.is_empty() {
            self.chunks.push(std::mem::take(&mut self.tail).into());
        }
    }

    fn closed(mut self) -> Batch {
        self.close();
        self
    }

    fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        self.chunks.iter().for_each(|c| hasher.update(c));
        Digest(hasher.finalize().into())
    }

    /// Writes all chunks.
    pub(crate) fn write_to(&self, file: &mut impl Write) -> io::Result<()> {
        self.chunks.iter().try_for_each(|c| file.write_all(c))
    }

    /// All bytes in one piece.
    pub(crate) fn into_bytes(mut self) -> Bytes {
        match self.chunks.len() {
            1 => self.chunks.remove(0),
            _ => self.chunks.concat().into(),
        }
    }
}

/// The two jobs that work side by side on each batch, and now and then a third that flushes.
struct Pair {
    hashing: JoinHandle<Sha256>,
    writing: JoinHandle<io::Result<NamedTempFile>>,
    flushing: Option<JoinHandle<io::Result<()>>>,
    /// Bytes to write between two flushes, and bytes written since the last one began.
    flush: usize,
    unflushed: usize,
}

impl Pair {
    fn start(spill: Spill<'_>) -> Option<Pair> {
        let (folder, flush) = match spill {
            Spill::ToKeep(folder) => (folder.to_owned(), FLUSH),
            Spill::ToPass(folder) => (folder.to_owned(), usize::MAX),
            Spill::Never => return None,
        };
        Some(Pair {
            hashing: spawn_blocking(Sha256::new),
            writing: spawn_blocking(move || tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)),
            flushing: None,
            flush,
            unflushed: 0,
        })
    }

    /// Hands a batch over as soon as the one before is done.
    async fn take(&mut self, batch: Batch) -> Result<(), StorageError> {
        let batch = Arc::new(batch.closed());
        let same = Arc::clone(&batch);
        let mut hasher = done(&mut self.hashing).await?;
        self.hashing = spawn_blocking(move || {
            same.chunks.iter().for_each(|c| hasher.update(c));
            hasher
        });
        let mut file = done(&mut self.writing).await??;
        self.begin_flush(&file).await?;
        self.unflushed += batch.len;
        self.writing = spawn_blocking(move || batch.write_to(file.as_file_mut()).map(|()| file));
        Ok(())
    }

    /// Flushes what is written, if it is enough and the flush before has ended: the disk works while the processor hashes.
    async fn begin_flush(&mut self, file: &NamedTempFile) -> Result<(), StorageError> {
        if self.unflushed < self.flush || self.flushing.as_ref().is_some_and(|f| !f.is_finished()) {
            return Ok(());
        }
        self.end_flush().await?;
        let file = file.as_file().try_clone()?;
        self.flushing = Some(spawn_blocking(move || file.sync_data()));
        self.unflushed = 0;
        Ok(())
    }

    /// A file tells of a failed flush once; who flushes last would not hear of it.
    async fn end_flush(&mut self) -> Result<(), StorageError> {
        match self.flushing.take() {
            Some(flushing) => Ok(done(flushing).await??),
            None => Ok(()),
        }
    }

    async fn rest(mut self) -> Result<(Sha256, NamedTempFile), StorageError> {
        self.end_flush().await?;
        Ok((done(self.hashing).await?, done(self.writing).await??))
    }
}

async fn done<T>(job: impl Future<Output = Result<T, tokio::task::JoinError>>) -> Result<T, StorageError> {
    job.await.map_err(StorageError::away)
}

/// Runs what blocks where blocking is allowed.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StorageError> {
    done(spawn_blocking(work)).await
}
