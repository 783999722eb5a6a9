//! Objects and files on a local disk.
//!
//! A body is written to `tmp/` in the same file system, made durable (fsync), and renamed to its name; then the folder is made durable. So a name always
//! means whole bytes, and a crash leaves only temporaries, which [`Disk::open`] removes when they are a day old. Objects have mode 0444.

use crate::folders::{self, Folders};
use crate::layout::{FILES, OBJECTS, STAGED, file_path, object_of, object_path, scope_of, staged_folder, staged_path};
use crate::local::LocalCopy;
use crate::reader::file_stream;
use crate::spool::{Held, Spill, Spooled, TEMPORARY, blocking, spool};
use crate::{Digest, Listed, Put, Reader, Stat, StorageError, Stored};
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use futures::{Stream, TryStreamExt, future};
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::NamedTempFile;

/// A folder on a local disk.
pub(crate) struct Disk {
    inner: Arc<Inner>,
}

/// What blocking jobs share.
struct Inner {
    root: PathBuf,
    temporary: PathBuf,
    folders: Folders,
}

impl Disk {
    pub(crate) async fn open(root: PathBuf) -> Result<Disk, StorageError> {
        blocking(move || {
            let root = std::path::absolute(root)?;
            let temporary = root.join("tmp");
            folders::make_all(&temporary)?;
            folders::remove_stale(&temporary)?;
            Ok(Disk { inner: Arc::new(Inner { folders: Folders::new(root.clone()), root, temporary }) })
        })
        .await?
    }

    pub(crate) async fn put<S>(&self, body: S, put: Put) -> Result<Stored, StorageError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        let spooled = spool(body, &put, Spill::ToKeep(&self.inner.temporary)).await?;
        let path = self.inner.object(&spooled.digest);
        self.with(|disk| disk.keep(spooled, path)).await
    }

    pub(crate) async fn stage<S>(&self, scope: &str, body: S, put: Put) -> Result<Stored, StorageError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        let spooled = spool(body, &put, Spill::ToKeep(&self.inner.temporary)).await?;
        let path = self.inner.root.join(staged_path(scope, &spooled.digest)?);
        self.with(|disk| disk.keep(spooled, path)).await
    }

    pub(crate) async fn open_object(&self, digest: &Digest) -> Result<Reader, StorageError> {
        self.open_whole(digest, self.inner.object(digest)).await
    }

    pub(crate) async fn open_staged(&self, scope: &str, digest: &Digest) -> Result<Reader, StorageError> {
        self.open_whole(digest, self.inner.root.join(staged_path(scope, digest)?)).await
    }

    async fn open_whole(&self, digest: &Digest, path: PathBuf) -> Result<Reader, StorageError> {
        let digest = *digest;
        let (file, size) = self.with(move |_| open(&digest, &path)).await?;
        Ok(Reader::whole(digest, size, file_stream(file, size)))
    }

    pub(crate) async fn discard_staged(&self, scope: &str) -> Result<(), StorageError> {
        let folder = self.inner.root.join(staged_folder(scope)?);
        self.with(move |disk| {
            match fs::remove_dir_all(&folder) {
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
                done => done?,
            }
            disk.folders.forget(&folder);
            Ok(disk.folders.settle(folder_of(&folder))?)
        })
        .await
    }

    pub(crate) fn list_staged(&self) -> BoxStream<'static, Result<String, StorageError>> {
        folders::walk(self.inner.root.clone(), STAGED, |_| true)
            .try_filter_map(|entry| future::ok(scope_of(&entry.path).map(str::to_owned)))
            .err_into()
            .boxed()
    }

    pub(crate) async fn open_range(&self, digest: &Digest, range: Range<u64>) -> Result<Reader, StorageError> {
        let digest = *digest;
        self.with(move |disk| {
            let (mut file, size) = open(&digest, &disk.object(&digest))?;
            if range.start > size {
                return Err(StorageError::OutOfRange { size });
            }
            file.seek(SeekFrom::Start(range.start))?;
            let size = range.end.min(size).saturating_sub(range.start);
            Ok(Reader { size, stream: file_stream(file, size) })
        })
        .await
    }

    pub(crate) async fn stat(&self, digest: &Digest) -> Result<Option<Stat>, StorageError> {
        let digest = *digest;
        self.with(move |disk| Ok(size_of(&disk.object(&digest))?.map(|size| Stat { size, retained_until_us: None }))).await
    }

    pub(crate) fn list(&self) -> BoxStream<'static, Result<Listed, StorageError>> {
        folders::walk(self.inner.root.clone(), OBJECTS, |_| true)
            .try_filter_map(|entry| future::ok(object_of(&entry.path).map(|digest| Listed { digest, size: entry.size })))
            .err_into()
            .boxed()
    }

    pub(crate) async fn discard(&self, digest: &Digest) -> Result<(), StorageError> {
        let digest = *digest;
        self.with(move |disk| {
            let path = disk.object(&digest);
            match fs::remove_file(&path) {
                Ok(()) => Ok(disk.folders.settle(folder_of(&path))?),
                Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
                Err(e) => Err(e.into()),
            }
        })
        .await
    }

    pub(crate) async fn local_copy(&self, digest: &Digest) -> Result<LocalCopy, StorageError> {
        match self.stat(digest).await? {
            Some(_) => Ok(LocalCopy::own(self.inner.object(digest))),
            None => Err(StorageError::Missing(*digest)),
        }
    }

    pub(crate) async fn put_file(&self, name: &str, bytes: Bytes) -> Result<(), StorageError> {
        let path = self.inner.root.join(file_path(name)?);
        self.with(move |disk| {
            if disk.read(&path)?.is_some_and(|kept| kept == bytes) {
                return Ok(disk.folders.settle(folder_of(&path))?);
            }
            let mut file = disk.temporary()?;
            file.write_all(&bytes)?;
            disk.finish(&file, folder_of(&path))?;
            file.persist(&path).map_err(|e| e.error)?;
            Ok(disk.folders.settle(folder_of(&path))?)
        })
        .await
    }

    pub(crate) async fn get_file(&self, name: &str) -> Result<Option<Bytes>, StorageError> {
        let path = self.inner.root.join(file_path(name)?);
        self.with(move |disk| Ok(disk.read(&path)?)).await
    }

    pub(crate) fn list_files(&self, prefix: &str) -> BoxStream<'static, Result<String, StorageError>> {
        let prefix = format!("{FILES}/{prefix}");
        let below = prefix.clone();
        folders::walk(self.inner.root.clone(), FILES, move |folder| folder.starts_with(&below) || below.starts_with(folder))
            .try_filter_map(move |entry| future::ok(entry.path.starts_with(&prefix).then(|| entry.path[FILES.len() + 1..].to_owned())))
            .err_into()
            .boxed()
    }

    pub(crate) async fn ready(&self) -> Result<(), StorageError> {
        self.with(|disk| Ok(disk.temporary().map(drop)?)).await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || work(&inner)).await?
    }
}

impl Inner {
    fn object(&self, digest: &Digest) -> PathBuf {
        self.root.join(object_path(digest))
    }

    fn temporary(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(&self.temporary)
    }

    fn keep(&self, Spooled { digest, size, held }: Spooled, path: PathBuf) -> Result<Stored, StorageError> {
        let found = size_of(&path)?;
        if found == Some(size) {
            // Whoever put it may not have come to make its folder durable yet.
            self.folders.settle(folder_of(&path))?;
            return Ok(Stored { digest, size, new: false });
        }
        let file = match held {
            Held::File(file) => file,
            Held::Memory(batch) => {
                let mut file = self.temporary()?;
                batch.write_to(file.as_file_mut())?;
                file
            }
        };
        self.finish(&file, folder_of(&path))?;
        let new = if let Some(found) = found {
            tracing::warn!(object.digest = %digest, object.size = size, found.size = found, "replaced an object that had been damaged");
            file.persist(&path).map_err(|e| e.error)?;
            true
        } else {
            match file.persist_noclobber(&path) {
                Ok(_) => true,
                Err(e) if e.error.kind() == ErrorKind::AlreadyExists => false,
                Err(e) => return Err(e.error.into()),
            }
        };
        self.folders.settle(folder_of(&path))?;
        Ok(Stored { digest, size, new })
    }

    /// Makes a written file durable and its folder-to-be exist.
    fn finish(&self, file: &NamedTempFile, folder: &Path) -> io::Result<()> {
        self.folders.make(folder)?;
        file.as_file().set_permissions(Permissions::from_mode(0o444))?;
        file.as_file().sync_all()
    }

    fn read(&self, path: &Path) -> io::Result<Option<Bytes>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(e),
        }
    }
}

/// The file of these bytes, and its size.
fn open(digest: &Digest, path: &Path) -> Result<(File, u64), StorageError> {
    let file = File::open(path).map_err(|e| match e.kind() {
        ErrorKind::NotFound => StorageError::Missing(*digest),
        _ => e.into(),
    })?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

fn size_of(path: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some(found.len())),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().expect("everything lies below the root")
}
