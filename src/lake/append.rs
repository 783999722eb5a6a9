//! A segment enters the lake: its bytes first, then, in the caller's transaction, its row in the catalogue. A tiny one is its row.
//!
//! The object may be kept and the row never come (a crash, a rollback): then it is an object nobody names, which `keshi fsck` reports
//! and which the next reading of the same evidence makes again, byte for byte, and finds there already.

use super::segment::{Content, SegmentFile, Sum};
use super::{Lake, sql, storage_error};
use crate::db::{Columns, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{EvidenceId, Ids, SegmentId};
use crate::time::Time;
use bytes::Bytes;
use futures::TryStreamExt;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{Seek, Write};
use storage::{Digest, Put};
use tokio_util::io::ReaderStream;

/// A segment whose bytes are safe, and which no catalogue row names yet.
#[derive(Clone, Debug)]
pub struct KeptSegment {
    digest: Digest,
    size: u64,
    at: At,
    sum: Sum,
}

/// Where the bytes of a segment are.
#[derive(Clone, Debug)]
enum At {
    /// Here, on their way into the catalogue row.
    Row(Bytes),
    /// In the storage.
    Object,
    /// Nowhere of its own: the same reading of the same evidence is in a pack.
    Pack,
}

impl KeptSegment {
    /// The digest of its bytes, and the name of the object if it is one.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The lessons it speaks of: they are touched.
    pub fn lessons(&self) -> impl Iterator<Item = crate::ids::LessonId> + '_ {
        self.sum.lessons.iter().copied()
    }
}

impl Lake {
    /// Makes the bytes of a reading of this evidence safe, as far as they are not.
    pub async fn keep(&self, evidence: EvidenceId, segment: SegmentFile) -> Result<KeptSegment> {
        let SegmentFile { content, sum } = segment;
        let packed: Option<Digest> = match sqlx::query(sql::PACKED).bind(evidence.to_string()).fetch_optional(self.db.read()).await? {
            Some(row) => Some(row.digest("digest")?),
            None => None,
        };
        match content {
            Content::Inline(bytes) => Ok(KeptSegment { digest: Digest::of(&bytes), size: bytes.len() as u64, at: At::Row(bytes), sum }),
            Content::File(file) => {
                let file = match packed {
                    Some(packed) => {
                        let (file, digest, size) = tokio::task::spawn_blocking(move || hashed(file)).await.map_err(Error::internal)??;
                        if digest == packed {
                            return Ok(KeptSegment { digest, size, at: At::Pack, sum });
                        }
                        file
                    }
                    None => file,
                };
                let body = ReaderStream::with_capacity(tokio::fs::File::from_std(file), 256 * 1024);
                let stored = self.objects.put(body.into_stream(), Put::default()).await.map_err(storage_error)?;
                Ok(KeptSegment { digest: stored.digest, size: stored.size, at: At::Object, sum })
            }
        }
    }

    /// Makes a kept segment the one that speaks for its evidence, in the caller's transaction; an earlier reading is replaced.
    /// The same reading again changes nothing, but for bytes that were lost and are there again.
    pub async fn append(&self, tx: &mut Tx, evidence: EvidenceId, segment: &KeptSegment, ids: &Ids, now: Time) -> Result<SegmentId> {
        let evidence = evidence.to_string();
        let digest = segment.digest.0.to_vec();
        let (bytes, own) = match &segment.at {
            At::Row(bytes) => (Some(bytes.to_vec()), 0_i64),
            At::Object => (None, 1),
            At::Pack => (None, 0),
        };
        if let Some(row) = sqlx::query(sql::LIVE_SAME).bind(&evidence).bind(digest.clone()).fetch_optional(tx.conn()).await? {
            let id = row.id("id")?;
            match (row.text_opt("pack_id"), &segment.at) {
                (Some(_), _) => {}
                (None, At::Pack) => return Err(unpacked()),
                (None, _) => {
                    sqlx::query(sql::RESTORE).bind(row.text("id")).bind(bytes).bind(own).execute(tx.conn()).await?;
                }
            }
            return Ok(id);
        }
        if matches!(segment.at, At::Pack) {
            return Err(unpacked());
        }
        sqlx::query(sql::REPLACE_LIVE).bind(&evidence).bind(now.0).execute(tx.conn()).await?;
        let id: SegmentId = ids.next();
        let class = match segment.sum.classes.len() {
            1 => segment.sum.classes.first().map(ToString::to_string),
            _ => None,
        };
        sqlx::query(sql::ADD)
            .bind(id.to_string())
            .bind(&evidence)
            .bind(digest)
            .bind(segment.size as i64)
            .bind(segment.sum.rows as i64)
            .bind(segment.sum.first_at.map(|at| at.0))
            .bind(segment.sum.last_at.map(|at| at.0))
            .bind(class)
            .bind(now.0)
            .bind(bytes)
            .bind(own)
            .execute(tx.conn())
            .await?;
        for lesson in &segment.sum.lessons {
            sqlx::query(sql::ADD_LESSON).bind(id.to_string()).bind(lesson.to_string()).execute(tx.conn()).await?;
        }
        Ok(id)
    }

    /// Looks, once the transaction is committed, whether the bytes are still there: an earlier reading that was the very same may have been
    /// thrown away in between. `storage_away` if they are not; keeping and appending again sets it right.
    pub async fn confirm(&self, segment: &KeptSegment) -> Result<()> {
        if matches!(segment.at, At::Object) && self.objects.stat(&segment.digest).await.map_err(storage_error)?.is_none() {
            return Err(Error::of(&codes::STORAGE_AWAY).because("a segment was discarded while it came back"));
        }
        Ok(())
    }
}

/// The pack that had the same reading was given up in between.
fn unpacked() -> Error {
    Error::of(&codes::STORAGE_AWAY).because("a pack was given up meanwhile")
}

/// Hashes a file; it is at its beginning again.
pub(super) fn hashed(mut file: File) -> Result<(File, Digest, u64)> {
    let mut hasher = Hashing(Sha256::new());
    let size = std::io::copy(&mut file, &mut hasher)?;
    file.rewind()?;
    Ok((file, Digest(hasher.0.finalize().into()), size))
}

/// A hash as something to write into.
pub(super) struct Hashing(pub(super) Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
