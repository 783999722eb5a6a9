//! Objects in memory, and faults on demand.

use crate::layout::{file_path, staged_folder};
use crate::local::LocalCopy;
use crate::spool::{Held, Spill, spool};
use crate::{Digest, Listed, Put, Reader, Stat, StorageError, Stored};
use bytes::Bytes;
use futures::Stream;
use futures::stream::{self, BoxStream, StreamExt};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Objects and files in memory.
#[derive(Default)]
pub(crate) struct Memory {
    faults: Faults,
}

#[derive(Default)]
struct Kept {
    objects: BTreeMap<Digest, Bytes>,
    files: BTreeMap<String, Bytes>,
    staged: BTreeMap<(String, Digest), Bytes>,
}

/// What can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `put` and `put_bytes`.
    Put,
    /// `open_object`, `open_range` and `local_copy`.
    Open,
    /// `stage`.
    Stage,
    /// `open_staged`.
    OpenStaged,
    /// `discard_staged`.
    DiscardStaged,
    /// `list_staged`.
    ListStaged,
    /// `stat`.
    Stat,
    /// `list`.
    List,
    /// `discard`.
    Discard,
    /// `put_file`.
    PutFile,
    /// `get_file`.
    GetFile,
    /// `list_files`.
    ListFiles,
    /// `ready`.
    Ready,
}

/// On which side of its effect an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It has had no effect.
    Before,
    /// It has had its effect, and the answer was lost.
    After,
}

/// Makes a store in memory fail on demand with [`StorageError::Away`], and damages what it keeps.
#[derive(Clone, Default)]
pub struct Faults {
    kept: Arc<Mutex<Kept>>,
    rules: Arc<Mutex<Rules>>,
}

#[derive(Default)]
struct Rules {
    rules: Vec<Rule>,
    calls: Vec<Op>,
}

struct Rule {
    op: Op,
    when: When,
    /// Part of the digest or name it is about.
    part: String,
    /// Calls that pass before it bites.
    skip: usize,
    /// It bites once and is gone, or stays.
    once: bool,
}

impl Faults {
    /// The next such operation fails.
    pub fn fail(&self, op: Op, when: When) {
        self.fail_after(op, when, 0);
    }

    /// Lets `skip` such operations pass and fails the one behind them.
    pub fn fail_after(&self, op: Op, when: When, skip: usize) {
        self.rules().rules.push(Rule { op, when, part: String::new(), skip, once: true });
    }

    /// The next such operation on a digest or a file whose name contains `part` fails.
    pub fn fail_named(&self, op: Op, when: When, part: &str) {
        self.rules().rules.push(Rule { op, when, part: part.to_owned(), skip: 0, once: true });
    }

    /// Every such operation fails until [`clear`](Faults::clear).
    pub fn fail_always(&self, op: Op, when: When) {
        self.rules().rules.push(Rule { op, when, part: String::new(), skip: 0, once: false });
    }

    /// Nothing fails any more.
    pub fn clear(&self) {
        self.rules().rules.clear();
    }

    /// How often this operation has been asked for.
    pub fn calls(&self, op: Op) -> usize {
        self.rules().calls.iter().filter(|c| **c == op).count()
    }

    /// Flips one bit of a kept object; `false` if there is none, or it is empty.
    pub fn damage(&self, digest: &Digest) -> bool {
        flip(self.kept().objects.get_mut(digest))
    }

    /// Puts other bytes under a kept object's name; `false` if there is no such object.
    pub fn replace(&self, digest: &Digest, bytes: Bytes) -> bool {
        self.kept().objects.get_mut(digest).map(|kept| *kept = bytes).is_some()
    }

    /// Puts other bytes under a staged part's name; `false` if there is no such part.
    pub fn replace_staged(&self, scope: &str, digest: &Digest, bytes: Bytes) -> bool {
        self.kept().staged.get_mut(&(scope.to_owned(), *digest)).map(|kept| *kept = bytes).is_some()
    }

    /// Flips one bit of a kept file; `false` if there is none, or it is empty.
    pub fn damage_file(&self, name: &str) -> bool {
        flip(self.kept().files.get_mut(name))
    }

    /// Loses a kept object; `false` if there is none.
    pub fn lose(&self, digest: &Digest) -> bool {
        self.kept().objects.remove(digest).is_some()
    }

    /// Loses a kept file; `false` if there is none.
    pub fn lose_file(&self, name: &str) -> bool {
        self.kept().files.remove(name).is_some()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which rule this call has run into.
    fn judge(&self, op: Op, name: &str) -> Option<When> {
        let mut rules = self.rules();
        rules.calls.push(op);
        let mut bite = None;
        for (at, rule) in rules.rules.iter_mut().enumerate().filter(|(_, r)| r.op == op && name.contains(&r.part)) {
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if bite.is_none() {
                bite = Some(at);
            }
        }
        let at = bite?;
        let when = rules.rules[at].when;
        if rules.rules[at].once {
            rules.rules.remove(at);
        }
        Some(when)
    }

    /// Does the work unless a fault is due before it; loses its answer if one is due behind it.
    fn around<T>(&self, op: Op, name: &str, work: impl FnOnce(&mut Kept) -> T) -> Result<T, StorageError> {
        let verdict = self.judge(op, name);
        if verdict == Some(When::Before) {
            return Err(StorageError::away("a fault on demand, before"));
        }
        let done = work(&mut self.kept());
        match verdict {
            Some(_) => Err(StorageError::away("a fault on demand, after")),
            None => Ok(done),
        }
    }
}

fn flip(bytes: Option<&mut Bytes>) -> bool {
    let Some(bytes) = bytes.filter(|b| !b.is_empty()) else { return false };
    let mut damaged = bytes.to_vec();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    *bytes = damaged.into();
    true
}

impl Memory {
    pub(crate) fn faults(&self) -> Faults {
        self.faults.clone()
    }

    pub(crate) async fn put<S>(&self, body: S, put: Put) -> Result<Stored, StorageError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        let spooled = spool(body, &put, Spill::Never).await?;
        let (digest, size) = (spooled.digest, spooled.size);
        let Held::Memory(batch) = spooled.held else { unreachable!("nothing spills out of memory") };
        self.faults.around(Op::Put, &digest.to_string(), |kept| {
            let before = kept.objects.get(&digest).map(Bytes::len);
            let new = before != Some(size as usize);
            if new {
                kept.objects.insert(digest, batch.into_bytes());
            }
            Stored { digest, size, new }
        })
    }

    pub(crate) async fn stage<S>(&self, scope: &str, body: S, put: Put) -> Result<Stored, StorageError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        staged_folder(scope)?;
        let spooled = spool(body, &put, Spill::Never).await?;
        let (digest, size) = (spooled.digest, spooled.size);
        let Held::Memory(batch) = spooled.held else { unreachable!("nothing spills out of memory") };
        self.faults.around(Op::Stage, scope, |kept| {
            let new = kept.staged.insert((scope.to_owned(), digest), batch.into_bytes()).is_none();
            Stored { digest, size, new }
        })
    }

    pub(crate) async fn open_staged(&self, scope: &str, digest: &Digest) -> Result<Reader, StorageError> {
        let found = self.faults.around(Op::OpenStaged, scope, |kept| kept.staged.get(&(scope.to_owned(), *digest)).cloned())?;
        let bytes = found.ok_or(StorageError::Missing(*digest))?;
        Ok(Reader::whole(*digest, bytes.len() as u64, chunks(bytes)))
    }

    pub(crate) fn discard_staged(&self, scope: &str) -> Result<(), StorageError> {
        staged_folder(scope)?;
        self.faults.around(Op::DiscardStaged, scope, |kept| kept.staged.retain(|(of, _), _| of != scope))
    }

    pub(crate) fn list_staged(&self) -> BoxStream<'static, Result<String, StorageError>> {
        listing(self.faults.around(Op::ListStaged, "", |kept| kept.staged.keys().map(|(scope, _)| scope.clone()).collect()))
    }

    pub(crate) async fn open_object(&self, digest: &Digest) -> Result<Reader, StorageError> {
        let bytes = self.object(digest)?;
        Ok(Reader::whole(*digest, bytes.len() as u64, chunks(bytes)))
    }

    pub(crate) async fn open_range(&self, digest: &Digest, range: Range<u64>) -> Result<Reader, StorageError> {
        let bytes = self.object(digest)?;
        let size = bytes.len() as u64;
        if range.start > size {
            return Err(StorageError::OutOfRange { size });
        }
        let end = range.end.clamp(range.start, size);
        let part = bytes.slice(range.start as usize..end as usize);
        Ok(Reader { size: end - range.start, stream: chunks(part) })
    }

    pub(crate) fn stat(&self, digest: &Digest) -> Result<Option<Stat>, StorageError> {
        self.faults.around(Op::Stat, &digest.to_string(), |kept| {
            kept.objects.get(digest).map(|b| Stat { size: b.len() as u64, retained_until_us: None })
        })
    }

    pub(crate) fn list(&self) -> BoxStream<'static, Result<Listed, StorageError>> {
        listing(self.faults.around(Op::List, "", |kept| {
            kept.objects.iter().map(|(digest, bytes)| Listed { digest: *digest, size: bytes.len() as u64 }).collect()
        }))
    }

    pub(crate) fn discard(&self, digest: &Digest) -> Result<(), StorageError> {
        self.faults.around(Op::Discard, &digest.to_string(), |kept| drop(kept.objects.remove(digest)))
    }

    pub(crate) async fn local_copy(&self, digest: &Digest) -> Result<LocalCopy, StorageError> {
        LocalCopy::of(self.open_object(digest).await?, std::env::temp_dir()).await
    }

    pub(crate) fn put_file(&self, name: &str, bytes: Bytes) -> Result<(), StorageError> {
        file_path(name)?;
        self.faults.around(Op::PutFile, name, |kept| drop(kept.files.insert(name.to_owned(), bytes)))
    }

    pub(crate) fn get_file(&self, name: &str) -> Result<Option<Bytes>, StorageError> {
        file_path(name)?;
        self.faults.around(Op::GetFile, name, |kept| kept.files.get(name).cloned())
    }

    pub(crate) fn list_files(&self, prefix: &str) -> BoxStream<'static, Result<String, StorageError>> {
        listing(
            self.faults.around(Op::ListFiles, prefix, |kept| kept.files.keys().filter(|name| name.starts_with(prefix)).cloned().collect()),
        )
    }

    pub(crate) fn ready(&self) -> Result<(), StorageError> {
        self.faults.around(Op::Ready, "", |_| ())
    }

    fn object(&self, digest: &Digest) -> Result<Bytes, StorageError> {
        self.faults.around(Op::Open, &digest.to_string(), |kept| kept.objects.get(digest).cloned())?.ok_or(StorageError::Missing(*digest))
    }
}

fn chunks(mut bytes: Bytes) -> BoxStream<'static, io::Result<Bytes>> {
    let next = move || (!bytes.is_empty()).then(|| Ok(bytes.split_to(bytes.len().min(64 * 1024))));
    stream::iter(std::iter::from_fn(next)).boxed()
}

fn listing<T: Send + 'static>(found: Result<Vec<T>, StorageError>) -> BoxStream<'static, Result<T, StorageError>> {
    match found {
        Ok(found) => stream::iter(found.into_iter().map(Ok)).boxed(),
        Err(e) => stream::iter([Err(e)]).boxed(),
    }
}
