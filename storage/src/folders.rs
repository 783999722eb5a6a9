//! Folders on a disk: made durably, walked in order, cleared of what was left behind.

use crate::spool::TEMPORARY;
use futures::stream::{self, Stream};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::task::spawn_blocking;

/// How old a temporary must be to be nobody's: a sender that has sent nothing for a day has gone.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// The folders below a root that are known to survive a crash. A folder's entry in its parent is made durable once per process.
pub(crate) struct Folders {
    root: PathBuf,
    durable: Mutex<HashSet<PathBuf>>,
}

impl Folders {
    pub(crate) fn new(root: PathBuf) -> Folders {
        Folders { durable: Mutex::new(HashSet::from([root.clone()])), root }
    }

    /// The folder exists, though perhaps not after a crash.
    pub(crate) fn make(&self, folder: &Path) -> io::Result<()> {
        if self.is_durable(folder) {
            return Ok(());
        }
        match fs::create_dir(folder) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                self.make(folder.parent().ok_or(e)?)?;
                self.make(folder)
            }
            Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(e),
            _ => Ok(()),
        }
    }

    /// The folder and every name in it will be there after a crash. Parents come last: a file system with a journal has by then written
    /// them down together with the folder.
    pub(crate) fn settle(&self, folder: &Path) -> io::Result<()> {
        sync(folder)?;
        if self.is_durable(folder) {
            return Ok(());
        }
        let outside = || io::Error::other("a folder outside the store");
        self.settle(folder.parent().filter(|p| p.starts_with(&self.root)).ok_or_else(outside)?)?;
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
        Ok(())
    }

    /// The folder was removed: made again, it is to be made durable again.
    pub(crate) fn forget(&self, folder: &Path) {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).remove(folder);
    }

    fn is_durable(&self, folder: &Path) -> bool {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner).contains(folder)
    }
}

/// Makes the names in a folder durable.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder and what leads to it, durably as far as this process made it.
pub(crate) fn make_all(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_all(parent)?;
    }
    match fs::create_dir(folder) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(e),
        _ => folder.parent().map_or(Ok(()), sync),
    }
}

/// Removes temporaries that nobody has written to for a day, by the file system's own clock.
pub(crate) fn remove_stale(folder: &Path) -> io::Result<()> {
    let now = tempfile::tempfile_in(folder)?.metadata()?.modified()?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let written = match entry.metadata() {
            Ok(found) if found.is_file() => found.modified()?,
            _ => continue,
        };
        let ours = entry.file_name().to_string_lossy().starts_with(TEMPORARY);
        if ours && now.duration_since(written).is_ok_and(|age| age > STALE) {
            match fs::remove_file(entry.path()) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
                _ => tracing::info!(file = %entry.path().display(), "removed an upload that was left unfinished"),
            }
        }
    }
    Ok(())
}

/// A file found by [`walk`].
pub(crate) struct Entry {
    /// Relative to the root, parted by `/`.
    pub(crate) path: String,
    pub(crate) size: u64,
}

/// All files below `root/start` in ascending order of their paths as bytes, as S3 lists keys; folders (given with a `/` behind) can be left out.
pub(crate) fn walk(
    root: PathBuf,
    start: &str,
    enter: impl Fn(&str) -> bool + Send + 'static,
) -> impl Stream<Item = io::Result<Entry>> + Send + 'static {
    let stack = vec![Entry { path: format!("{start}/"), size: 0 }];
    stream::try_unfold((root, stack, enter), |(root, mut stack, enter)| async move {
        while let Some(entry) = stack.pop() {
            if !entry.path.ends_with('/') {
                return Ok(Some((entry, (root, stack, enter))));
            }
            if enter(&entry.path) {
                let folder = root.clone();
                let below = spawn_blocking(move || read_folder(&folder, &entry.path)).await.map_err(io::Error::other)??;
                stack.extend(below);
            }
        }
        Ok(None)
    })
}

/// What is in a folder, last first. `a/` sorts behind `a-b` and `a.b` as the paths below it do.
fn read_folder(root: &Path, folder: &str) -> io::Result<Vec<Entry>> {
    let entries = match fs::read_dir(root.join(folder)) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let kind = match entry.metadata() {
            Err(e) if e.kind() == ErrorKind::NotFound => continue,
            kind => kind?,
        };
        let end = if kind.is_dir() { "/" } else { "" };
        found.push(Entry { path: format!("{folder}{name}{end}"), size: kind.len() });
    }
    found.sort_unstable_by(|a, b| b.path.cmp(&a.path));
    Ok(found)
}
