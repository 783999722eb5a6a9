//! Every object the database names is hashed again; every object it does not name is counted.

use super::{Report, sql};
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use futures::TryStreamExt;
use futures::stream::BoxStream;
use storage::{Digest, Listed, Objects, StorageError};

/// Walks the catalogue and the storage side by side, both in the order of digests: constant memory.
pub(super) async fn check(db: &Db, objects: &Objects, report: &mut Report) -> Result<()> {
    let mut named = sqlx::query(sql::NAMED).fetch(db.read());
    let mut storage = Storage { listed: objects.list(), next: None };
    storage.step().await?;
    let mut last = None;
    while let Some(row) = named.try_next().await? {
        let digest = row.digest("digest")?;
        if last == Some(digest) {
            continue; // the same bytes under another name were looked at
        }
        last = Some(digest);
        storage.up_to(digest, report).await?;
        if row.int("needed") == 1 {
            let of = format!("{} {}", row.text("what"), row.text("name"));
            one(objects, digest, &of, row.int("size"), report).await?;
        }
    }
    while storage.next.is_some() {
        report.unreferenced += 1;
        storage.step().await?;
    }
    Ok(())
}

/// The listing of the storage and where it stands.
struct Storage {
    listed: BoxStream<'static, Result<Listed, StorageError>>,
    next: Option<Digest>,
}

impl Storage {
    async fn step(&mut self) -> Result<()> {
        self.next = self.listed.try_next().await.map_err(away)?.map(|listed| listed.digest);
        Ok(())
    }

    /// Passes everything up to a digest that is named; what is before it is named by nothing.
    async fn up_to(&mut self, digest: Digest, report: &mut Report) -> Result<()> {
        while let Some(next) = self.next.filter(|next| *next <= digest) {
            report.unreferenced += u64::from(next != digest);
            self.step().await?;
        }
        Ok(())
    }
}

/// Hashes one object again.
async fn one(objects: &Objects, digest: Digest, of: &str, size: i64, report: &mut Report) -> Result<()> {
    match read(objects, &digest).await {
        Ok(bytes) => {
            report.objects += 1;
            report.bytes += bytes;
            if size >= 0 && bytes != size.unsigned_abs() {
                report.problem("size_differs", format!("The object of {of} has {bytes} bytes, the catalogue says {size}."));
            }
        }
        Err(StorageError::Missing(_)) => {
            report.problem("object_missing", format!("The bytes of {of} ({digest}) are not in the storage; {}.", cure(of)))
        }
        Err(StorageError::DigestMismatch { got, .. }) => {
            report.problem("object_altered", format!("The bytes of {of} ({digest}) hash to {got} now; {}.", cure(of)));
        }
        Err(error) => return Err(away(error)),
    }
    Ok(())
}

async fn read(objects: &Objects, digest: &Digest) -> Result<u64, StorageError> {
    let mut reader = objects.open_object(digest).await?;
    let mut bytes = 0;
    while let Some(chunk) = reader.stream.try_next().await? {
        bytes += chunk.len() as u64;
    }
    Ok(bytes)
}

/// What to do about lost bytes.
fn cure(of: &str) -> &'static str {
    if of.starts_with("evidence") { "restore them from a copy" } else { "run keshi rebuild" }
}

pub(super) fn away(error: StorageError) -> Error {
    Error::of(&codes::STORAGE_AWAY).because(error)
}
