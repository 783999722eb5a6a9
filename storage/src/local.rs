//! An object as a file that other code can open by its path.

use crate::spool::{TEMPORARY, blocking};
use crate::{Reader, StorageError};
use futures::TryStreamExt;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A readable path of an object. If it is a copy, it is deleted on drop.
#[derive(Debug)]
pub struct LocalCopy(Inner);

#[derive(Debug)]
enum Inner {
    Own(PathBuf),
    Copy(TempPath),
}

impl LocalCopy {
    /// The object's own file.
    pub(crate) fn own(path: PathBuf) -> LocalCopy {
        LocalCopy(Inner::Own(path))
    }

    /// Reads an object to its end, so that its digest is verified, into a temporary file in `folder`.
    pub(crate) async fn of(mut reader: Reader, folder: PathBuf) -> Result<LocalCopy, StorageError> {
        let mut file = blocking(move || tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)).await??;
        while let Some(chunk) = reader.stream.try_next().await? {
            file = blocking(move || file.write_all(&chunk).map(|()| file)).await??;
        }
        Ok(LocalCopy(Inner::Copy(file.into_temp_path())))
    }

    /// Where it can be read. It must not be changed.
    pub fn path(&self) -> &Path {
        match &self.0 {
            Inner::Own(path) => path,
            Inner::Copy(path) => path,
        }
    }
}
