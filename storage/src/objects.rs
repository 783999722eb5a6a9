//! [`Objects`]: what every backend promises, and which backend answers.

use crate::disk::Disk;
use crate::local::LocalCopy;
use crate::memory::{Faults, Memory};
use crate::place::Place;
use crate::s3::S3;
use crate::{Digest, Reader, StorageError};
use bytes::Bytes;
use futures::Stream;
use futures::stream::{self, BoxStream};
use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// What comes with a body that is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Put {
    /// The most bytes the body may have; one more and nothing is kept.
    pub limit: u64,
    /// The SHA-256 the sender announced; another one and nothing is kept.
    pub expect: Option<Digest>,
    /// Ask the store to refuse deletion until then (microseconds since 1970, UTC; rounded up to the second). It holds where the store has
    /// Object Lock, in compliance mode, and [`Stat::retained_until_us`] tells.
    pub retain_until_us: Option<i64>,
}

impl Default for Put {
    /// Anything, of any size, without retention.
    fn default() -> Put {
        Put { limit: u64::MAX, expect: None, retain_until_us: None }
    }
}

/// What was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The object's name.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// `false`: it was there already. When two puts of the same bytes run at once, S3 may say `true` to both.
    pub new: bool,
}

/// What the store says about an object without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Size in bytes.
    pub size: u64,
    /// The store refuses deletion until then (microseconds since 1970, UTC), if it does.
    pub retained_until_us: Option<i64>,
}

/// One object of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The object's name.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// Whether the store can be made to forget: what the probe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worm {
    /// The probe could delete what was not locked and could neither delete nor overwrite what was. If it could shorten the retention, which
    /// emulators allow, the log warns of it.
    Verified,
    /// The bucket says it has Object Lock, but the canary could be broken, or the probe could not tell (the log says which).
    Claimed,
    /// The store has no Object Lock.
    Absent,
}

/// Content-addressed objects and small named files, on a local disk, on S3 or in memory. Cloning is cheap.
///
/// # What every backend promises
///
/// **Objects** are named by the SHA-256 of their bytes.
/// - *Whole or not at all.* An object is visible under its name only with all its bytes. A sender that breaks off, a body over the limit,
///   a digest that is not the expected one, an error of the store or a crash leave at most an unfinished temporary, never a part of an object.
/// - *Durable.* When [`put`](Objects::put) has returned, the object survives a crash of the machine, and so does an object of which a put
///   says that it was there already.
/// - *An error says nothing.* A put that failed may have kept the object all the same (the answer was lost). Putting again is always right.
/// - *Once.* Putting the same bytes again changes nothing and costs no space; it may only lengthen the retention. If what is kept under
///   the name has another size, it is damaged, and the put replaces it and logs a warning.
/// - *Never changed.* There is no operation that changes an object. [`discard`](Objects::discard) removes it, unless it is retained.
/// - *Verified.* A read of a whole object hashes what it reads and withholds the last bytes until the digest is seen to be right: the reader
///   gets [`DigestMismatch`](StorageError::DigestMismatch) instead, so that a copy of a damaged object is never complete. A range is not verified.
/// - *Constant memory.* A body and a read take a few megabytes, whatever the object's size.
/// - *Cancel-safe.* Dropping a future at any point leaves the store as an error would.
///
/// **Named files** are small, replaced whole, and last writer wins.
/// - When [`put_file`](Objects::put_file) has returned, the file is durable; a reader sees the old bytes or the new ones, never a mixture.
/// - Names are segments of letters, digits, `.`, `_` and `-`, parted by `/`. No name may be a folder of another.
///
/// **Listings** are in ascending order (of digests; of names as bytes), use constant memory, show everything that was there from beginning to end, and may or may
/// not show what comes or goes meanwhile. Sizes are as stored, not verified.
///
/// Reading or discarding what is not there: [`Missing`](StorageError::Missing) when opened, `None` from `stat` and `get_file`, and no error from `discard`.
#[derive(Clone)]
pub struct Objects {
    backend: Backend,
}

#[derive(Clone)]
enum Backend {
    Disk(Arc<Disk>),
    S3(Arc<S3>),
    Memory(Arc<Memory>),
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.backend {
            Backend::Disk(_) => "Objects(disk)",
            Backend::S3(_) => "Objects(s3)",
            Backend::Memory(_) => "Objects(memory)",
        })
    }
}

impl Objects {
    /// Opens the store at an address:
    /// - `./data/objects` or `file:///var/lib/keshi/objects`: a folder, made if it is missing;
    /// - `s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=…&path_style=1&lock=1&spool=/var/tmp&part=16`: a bucket (see the crate's documentation);
    /// - `memory:`: nothing outlives the process.
    ///
    /// [`Config`](StorageError::Config) if the address is not one or contradicts the bucket, [`Away`](StorageError::Away) if the store does not answer.
    pub async fn open(url: &str) -> Result<Objects, StorageError> {
        let backend = match url.parse()? {
            Place::Disk(root) => Backend::Disk(Arc::new(Disk::open(root).await?)),
            Place::S3(bucket) => Backend::S3(Arc::new(S3::open(bucket).await?)),
            Place::Memory => Backend::Memory(Arc::default()),
        };
        Ok(Objects { backend })
    }

    /// A store in memory for tests, and the handle that makes it fail, before or after it has kept something.
    pub fn memory() -> (Objects, Faults) {
        let memory = Arc::<Memory>::default();
        let faults = memory.faults();
        (Objects { backend: Backend::Memory(memory) }, faults)
    }

    /// Keeps a body of any size under its digest.
    ///
    /// [`Body`](StorageError::Body) if the stream errs, [`TooLarge`](StorageError::TooLarge) as soon as it passes the limit,
    /// [`Unexpected`](StorageError::Unexpected) at its end; in each case nothing is kept.
    pub async fn put<S>(&self, body: S, put: Put) -> Result<Stored, StorageError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        match &self.backend {
            Backend::Disk(disk) => disk.put(body, put).await,
            Backend::S3(s3) => s3.put(body, put).await,
            Backend::Memory(memory) => memory.put(body, put).await,
        }
    }

    /// Keeps these bytes under their digest.
    pub async fn put_bytes(&self, bytes: Bytes) -> Result<Stored, StorageError> {
        self.put(stream::iter([Ok(bytes)]), Put::default()).await
    }

    /// The whole object; its digest is verified as it is read.
    pub async fn open_object(&self, digest: &Digest) -> Result<Reader, StorageError> {
        match &self.backend {
            Backend::Disk(disk) => disk.open_object(digest).await,
            Backend::S3(s3) => s3.open_object(digest).await,
            Backend::Memory(memory) => memory.open_object(digest).await,
        }
    }

    /// The bytes `range.start..range.end` of the object, cut at its end; they are not verified.
    ///
    /// An empty range is an empty reader. [`OutOfRange`](StorageError::OutOfRange) if the range starts behind the end.
    pub async fn open_range(&self, digest: &Digest, range: Range<u64>) -> Result<Reader, StorageError> {
        match &self.backend {
            Backend::Disk(disk) => disk.open_range(digest, range).await,
            Backend::S3(s3) => s3.open_range(digest, range).await,
            Backend::Memory(memory) => memory.open_range(digest, range).await,
        }
    }

    /// Size and retention, `None` if there is no such object.
    pub async fn stat(&self, digest: &Digest) -> Result<Option<Stat>, StorageError> {
        match &self.backend {
            Backend::Disk(disk) => disk.stat(digest).await,
            Backend::S3(s3) => s3.stat(digest).await,
            Backend::Memory(memory) => memory.stat(digest),
        }
    }

    /// All objects, in ascending order of their digests.
    pub fn list(&self) -> BoxStream<'static, Result<Listed, StorageError>> {
        match &self.backend {
            Backend::Disk(disk) => disk.list(),
            Backend::S3(s3) => S3::list(s3),
            Backend::Memory(memory) => memory.list(),
        }
    }

    /// Removes an object for good, in all its versions; no error if it is not there.
    ///
    /// [`Retained`](StorageError::Retained) if the store refuses because of retention or a legal hold.
    pub async fn discard(&self, digest: &Digest) -> Result<(), StorageError> {
        match &self.backend {
            Backend::Disk(disk) => disk.discard(digest).await,
            Backend::S3(s3) => s3.discard(digest).await,
            Backend::Memory(memory) => memory.discard(digest),
        }
    }

    /// A path where the object can be read by something that wants a file: the object's own file on disk, which must not be changed and
    /// is not verified, or a verified copy that is deleted on drop.
    pub async fn local_copy(&self, digest: &Digest) -> Result<LocalCopy, StorageError> {
        match &self.backend {
            Backend::Disk(disk) => disk.local_copy(digest).await,
            Backend::S3(s3) => s3.local_copy(digest).await,
            Backend::Memory(memory) => memory.local_copy(digest).await,
        }
    }

    /// Keeps a part of a body that is not whole yet, durably, under its digest in a scope of its own. What is staged is no object: nobody
    /// finds it by its digest alone, it is never retained, and it goes with its scope.
    ///
    /// Errors as those of [`put`](Objects::put).
    pub async fn stage<S>(&self, scope: &str, body: S, put: Put) -> Result<Stored, StorageError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        match &self.backend {
            Backend::Disk(disk) => disk.stage(scope, body, put).await,
            Backend::S3(s3) => s3.stage(scope, body, put).await,
            Backend::Memory(memory) => memory.stage(scope, body, put).await,
        }
    }

    /// A staged part; its digest is verified as it is read.
    pub async fn open_staged(&self, scope: &str, digest: &Digest) -> Result<Reader, StorageError> {
        match &self.backend {
            Backend::Disk(disk) => disk.open_staged(scope, digest).await,
            Backend::S3(s3) => s3.open_staged(scope, digest).await,
            Backend::Memory(memory) => memory.open_staged(scope, digest).await,
        }
    }

    /// Removes all that is staged in a scope; no error if there is nothing.
    pub async fn discard_staged(&self, scope: &str) -> Result<(), StorageError> {
        match &self.backend {
            Backend::Disk(disk) => disk.discard_staged(scope).await,
            Backend::S3(s3) => s3.discard_staged(scope).await,
            Backend::Memory(memory) => memory.discard_staged(scope),
        }
    }

    /// The scope of every staged part, in ascending order: a scope of three parts is named three times.
    pub fn list_staged(&self) -> BoxStream<'static, Result<String, StorageError>> {
        match &self.backend {
            Backend::Disk(disk) => disk.list_staged(),
            Backend::S3(s3) => S3::list_staged(s3),
            Backend::Memory(memory) => memory.list_staged(),
        }
    }

    /// Keeps a small named file durably; the same bytes again change nothing, other bytes replace it.
    pub async fn put_file(&self, name: &str, bytes: Bytes) -> Result<(), StorageError> {
        match &self.backend {
            Backend::Disk(disk) => disk.put_file(name, bytes).await,
            Backend::S3(s3) => s3.put_file(name, bytes).await,
            Backend::Memory(memory) => memory.put_file(name, bytes),
        }
    }

    /// A named file's bytes, `None` if there is none.
    pub async fn get_file(&self, name: &str) -> Result<Option<Bytes>, StorageError> {
        match &self.backend {
            Backend::Disk(disk) => disk.get_file(name).await,
            Backend::S3(s3) => s3.get_file(name).await,
            Backend::Memory(memory) => memory.get_file(name),
        }
    }

    /// The names of the files that begin with `prefix` (any text, also half a segment), in ascending order.
    pub fn list_files(&self, prefix: &str) -> BoxStream<'static, Result<String, StorageError>> {
        match &self.backend {
            Backend::Disk(disk) => disk.list_files(prefix),
            Backend::S3(s3) => S3::list_files(s3, prefix),
            Backend::Memory(memory) => memory.list_files(prefix),
        }
    }

    /// Tries to break its own canary and says whether the store can be made to forget. Takes seconds and leaves a canary of a few bytes
    /// under retention for a minute.
    pub async fn probe_worm(&self) -> Result<Worm, StorageError> {
        match &self.backend {
            Backend::S3(s3) => s3.probe_worm().await,
            Backend::Disk(_) | Backend::Memory(_) => Ok(Worm::Absent),
        }
    }

    /// Whether the store answers and can be written to, cheap enough to be asked every second.
    pub async fn ready(&self) -> Result<(), StorageError> {
        match &self.backend {
            Backend::Disk(disk) => disk.ready().await,
            Backend::S3(s3) => s3.ready().await,
            Backend::Memory(memory) => memory.ready(),
        }
    }
}
