//! The job: measures a video or picture and keeps what was found as facts.

use super::{Limits, Measured, MediaKind, measure};
use crate::db::Db;
use crate::error::Result;
use crate::ids::EvidenceId;
use crate::jobs::{Change, Jobs};
use crate::receive::Kind;
use crate::store;
use crate::time::Time;
use serde_json::Value;
use std::path::Path;
use storage::Objects;
use tokio::sync::Semaphore;

/// The job's name.
pub const JOB: &str = "measure";
/// Version of the facts this job keeps; a newer one measures again on rebuild.
const VERSION: i64 = 2;
/// The running program, also after it was replaced on the disk.
const EXE: &str = "/proc/self/exe";

/// Measures one piece of evidence. What the file does to the child is a fact, never an error; an error means: try again.
pub async fn run(db: &Db, objects: &Objects, jobs: &Jobs, limits: &Limits, permits: &Semaphore, id: EvidenceId, now: Time) -> Result<()> {
    let evidence = store::get(db, id).await?;
    let kind = match evidence.kind {
        Kind::Video => MediaKind::Video,
        Kind::Screenshot => MediaKind::Picture,
        Kind::Attendance | Kind::Document => return Ok(()),
    };
    let copy = objects.local_copy(&evidence.digest).await?;
    let measured = measure(copy.path(), kind, limits, Path::new(EXE), permits).await?;
    let thumbnail = match &measured {
        Measured::Facts(facts) => match &facts.thumbnail {
            Some(bytes) => Some(objects.put_bytes(bytes.clone().into()).await?.digest),
            None => None,
        },
        Measured::Cannot { .. } => None,
    };
    let mut tx = db.begin().await?;
    match measured {
        Measured::Facts(facts) => {
            if let Value::Object(facts) = serde_json::to_value(&facts)? {
                for (name, value) in &facts {
                    store::put_fact(&mut tx, id, name, VERSION, value, now).await?;
                }
            }
            store::analysed(&mut tx, id, now, Some("media"), &[]).await?;
            if kind == MediaKind::Picture {
                jobs.after(&mut tx, Change::PictureMeasured, &id.to_string(), now).await?;
            }
        }
        Measured::Cannot { because } => {
            if store::refused(&mut tx, id, VERSION, because, now).await? {
                jobs.after(&mut tx, Change::EvidenceRefused, &id.to_string(), now).await?;
            }
        }
    }
    if let Some(digest) = thumbnail {
        store::put_thumbnail(&mut tx, id, "image/jpeg", digest).await?;
    }
    if let Some(lesson) = evidence.lesson {
        jobs.after(&mut tx, Change::LessonTouched, &lesson.to_string(), now).await?;
    }
    tx.commit().await
}
