//! Reading an object: a stream that verifies what passes through it.

use crate::{Digest, StorageError};
use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read};
use tokio::task::{JoinHandle, spawn_blocking};

/// Bytes read from a file at a time: 128 KiB hash in some 80 µs, short enough for an async thread.
const CHUNK: u64 = 128 * 1024;

/// The bytes of an object or of a range of it, on their way.
pub struct Reader {
    /// How many bytes the stream will give.
    pub size: u64,
    /// The bytes. An error ends it; `StorageError::from` tells which of the store's errors it was.
    pub stream: BoxStream<'static, io::Result<Bytes>>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader of what the store says is the whole object.
    pub(crate) fn whole(digest: Digest, size: u64, stream: BoxStream<'static, io::Result<Bytes>>) -> Reader {
        let state = Verifying { digest, left: size, seen: 0, hasher: Some(Sha256::new()), stream };
        Reader { size, stream: stream::try_unfold(state, Verifying::next).boxed() }
    }

    /// All bytes at once; [`TooLarge`](StorageError::TooLarge) if there are more than `limit`.
    pub async fn bytes(mut self, limit: u64) -> Result<Bytes, StorageError> {
        if self.size > limit {
            return Err(StorageError::TooLarge { limit });
        }
        let mut all = BytesMut::with_capacity(self.size as usize);
        while let Some(chunk) = self.stream.try_next().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }
}

/// Hashes what passes and gives the last chunk out only when the digest is right.
struct Verifying {
    digest: Digest,
    left: u64,
    seen: u64,
    /// Taken when the digest has been compared.
    hasher: Option<Sha256>,
    stream: BoxStream<'static, io::Result<Bytes>>,
}

impl Verifying {
    async fn next(mut self) -> io::Result<Option<(Bytes, Verifying)>> {
        let chunk = self.stream.try_next().await?;
        let Some(hasher) = &mut self.hasher else {
            // The digest was right with the announced size, so more bytes than that cannot be the object's.
            return Ok(None);
        };
        let ended = chunk.is_none();
        let chunk = chunk.unwrap_or_default();
        hasher.update(&chunk);
        self.seen += chunk.len() as u64;
        self.left = self.left.saturating_sub(chunk.len() as u64);
        if (self.left == 0 || ended)
            && let Some(hasher) = self.hasher.take()
        {
            let got = Digest(hasher.finalize().into());
            if got != self.digest {
                return Err(StorageError::DigestMismatch { expected: self.digest, got, size: self.seen }.into());
            }
        }
        Ok((!ended).then_some((chunk, self)))
    }
}

/// The next `size` bytes of an open file. The next chunk is read while the reader is busy with this one, and no thread waits for a slow reader.
/// An end before `size` bytes ends the stream.
pub(crate) fn file_stream(file: File, size: u64) -> BoxStream<'static, io::Result<Bytes>> {
    let state = Reading { file, left: size }.ahead();
    stream::try_unfold(state, |job| async {
        let Some(job) = job else { return Ok(None) };
        let (chunk, reading) = job.await.map_err(io::Error::other)??;
        Ok((!chunk.is_empty()).then(|| (chunk, reading.ahead())))
    })
    .boxed()
}

struct Reading {
    file: File,
    left: u64,
}

impl Reading {
    fn ahead(self) -> Option<JoinHandle<io::Result<(Bytes, Reading)>>> {
        (self.left > 0).then(|| spawn_blocking(|| self.chunk()))
    }

    fn chunk(mut self) -> io::Result<(Bytes, Reading)> {
        let want = self.left.min(CHUNK);
        let mut chunk = Vec::with_capacity(want as usize);
        (&self.file).take(want).read_to_end(&mut chunk)?;
        // A file that has become shorter ends here; what verifies the whole will say so.
        self.left = if (chunk.len() as u64) < want { 0 } else { self.left - want };
        Ok((chunk.into(), self))
    }
}
