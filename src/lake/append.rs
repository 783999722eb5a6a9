//! A segment enters the lake: first the object, then, in the caller's transaction, its row in the catalogue.
//!
//! The object may be kept and the row never come (a crash, a rollback): then it is an object nobody names, which `keshi fsck` reports
//! and which the next reading of the same evidence makes again, byte for byte, and finds there already.

use super::segment::{SegmentFile, Sum};
use super::{Lake, sql, storage_error};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{EvidenceId, Ids, SegmentId};
use crate::time::Time;
use futures::TryStreamExt;
use sqlx::Row;
use storage::{Digest, Put};
use tokio_util::io::ReaderStream;

/// A segment whose bytes are kept, and which no catalogue row names yet.
#[derive(Clone, Debug)]
pub struct KeptSegment {
    digest: Digest,
    size: u64,
    sum: Sum,
}

impl KeptSegment {
    /// The name of the object.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Size of the object in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The lessons it speaks of: they are touched.
    pub fn lessons(&self) -> impl Iterator<Item = crate::ids::LessonId> + '_ {
        self.sum.lessons.iter().copied()
    }
}

impl Lake {
    /// Keeps a segment's bytes under their digest.
    pub async fn keep(&self, segment: SegmentFile) -> Result<KeptSegment> {
        let SegmentFile { file, sum } = segment;
        let (file, _path) = file.into_parts();
        let body = ReaderStream::with_capacity(tokio::fs::File::from_std(rewound(file)?), 256 * 1024);
        let stored = self.objects.put(body.into_stream(), Put::default()).await.map_err(storage_error)?;
        Ok(KeptSegment { digest: stored.digest, size: stored.size, sum })
    }

    /// Makes a kept segment the one that speaks for its evidence, in the caller's transaction; an earlier reading is replaced.
    /// The same reading again changes nothing.
    pub async fn append(&self, tx: &mut Tx, evidence: EvidenceId, segment: &KeptSegment, ids: &Ids, now: Time) -> Result<SegmentId> {
        let evidence = evidence.to_string();
        let digest = segment.digest.0.to_vec();
        if let Some(row) = sqlx::query(sql::LIVE_SAME).bind(&evidence).bind(digest.clone()).fetch_optional(tx.conn()).await? {
            return row.get::<String, _>(0).parse().map_err(Error::internal);
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
            .execute(tx.conn())
            .await?;
        for lesson in &segment.sum.lessons {
            sqlx::query(sql::ADD_LESSON).bind(id.to_string()).bind(lesson.to_string()).execute(tx.conn()).await?;
        }
        Ok(id)
    }
}

fn rewound(mut file: std::fs::File) -> std::io::Result<std::fs::File> {
    use std::io::Seek;
    file.rewind()?;
    Ok(file)
}
