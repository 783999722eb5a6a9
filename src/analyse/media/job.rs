//! The jobs: measure a video or picture and keep what was found as facts. A video is measured twice: at once and fast, and in full when there is time.

use super::{EXE, Facts, Keyframes, Limits, Measured, MediaKind, Pass, measure};
use super::{codes, digits};
use crate::db::{Db, Tx};
use crate::error::Result;
use crate::ids::{EvidenceId, LessonId};
use crate::jobs::{Change, Jobs};
use crate::receive::Kind;
use crate::register::lesson::{self, Mode};
use crate::register::session_code::CodeKey;
use crate::store::{self, Evidence};
use crate::time::Time;
use serde_json::{Value, json};
use std::path::Path;
use storage::{Digest, Objects};
use tokio::sync::Semaphore;

/// Measures what came, within seconds.
pub const JOB: &str = "measure";
/// Sees every picture of a video, which takes minutes.
pub const FULL: &str = "watch";
/// Version of the facts these jobs keep; a newer one measures again on rebuild.
const VERSION: i64 = 6;

/// What measuring needs.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    /// The database.
    pub db: &'a Db,
    /// Where the files are.
    pub objects: &'a Objects,
    /// The queue.
    pub jobs: &'a Jobs,
    /// What a child may take.
    pub limits: &'a Limits,
    /// Places for children.
    pub permits: &'a Semaphore,
    /// Tells session codes from made-up ones.
    pub code_key: &'a CodeKey,
}

/// Measures one piece of evidence. What the file does to the child is a fact, never an error; an error means: try again.
///
/// A full pass that fails where a fast one does not leaves the facts of the fast one, with the reason.
pub async fn run(tools: &Tools<'_>, id: EvidenceId, pass: Pass, now: Time) -> Result<()> {
    let evidence = store::get(tools.db, id).await?;
    let kind = match evidence.kind {
        Kind::Video => MediaKind::Video,
        Kind::Screenshot => MediaKind::Picture,
        Kind::Attendance | Kind::Document => return Ok(()),
    };
    let copy = tools.objects.local_copy(&evidence.digest).await?;
    let looked = async |pass| measure(copy.path(), kind, pass, tools.limits, Path::new(EXE), tools.permits).await;
    let mut measured = looked(pass).await?;
    let mut not_watched = None;
    if let (Measured::Cannot { because }, Pass::Full, MediaKind::Video) = (&measured, pass, kind) {
        not_watched = Some(because.clone());
        measured = looked(Pass::Fast).await?;
    }
    match measured {
        Measured::Facts(facts) => keep(tools, &evidence, *facts, not_watched, now).await,
        Measured::Cannot { because } => {
            let mut tx = tools.db.begin().await?;
            if store::refused(&mut tx, id, VERSION, because, now).await? {
                tools.jobs.after(&mut tx, Change::EvidenceRefused, &id.to_string(), now).await?;
            }
            touched(tools, &mut tx, &evidence, now).await?;
            tx.commit().await
        }
    }
}

/// Keeps facts in place of those before, and what is too large for one as an object.
async fn keep(tools: &Tools<'_>, evidence: &Evidence, mut facts: Facts, not_watched: Option<String>, now: Time) -> Result<()> {
    let id = evidence.id;
    let thumbnail = put(tools.objects, facts.thumbnail.take()).await?;
    let row = put(tools.objects, facts.row.take()).await?;
    let codes = codes::checked(tools.code_key, &std::mem::take(&mut facts.codes));
    let keyframes = facts.keyframes.take();
    let digits = digits::checked(tools.code_key, within(tools.db, evidence).await?, &std::mem::take(&mut facts.digits));
    let reel = put(tools.objects, facts.reel.take().map(|reel| reel.to_bytes())).await?;
    let mut tx = tools.db.begin().await?;
    store::forget_facts(&mut tx, id).await?;
    if let Value::Object(facts) = serde_json::to_value(&facts)? {
        for (name, value) in &facts {
            store::put_fact(&mut tx, id, name, VERSION, value, now).await?;
        }
    }
    if !codes.is_empty() {
        store::put_fact(&mut tx, id, "codes", VERSION, &serde_json::to_value(&codes)?, now).await?;
    }
    if !digits.is_empty() {
        store::put_fact(&mut tx, id, "code_digits", VERSION, &serde_json::to_value(&digits)?, now).await?;
    }
    if let Some(because) = &not_watched {
        store::put_fact(&mut tx, id, "not_watched_because", VERSION, &json!(because), now).await?;
    }
    store::analysed(&mut tx, id, now, Some("media"), &[]).await?;
    if let Some(digest) = thumbnail {
        store::put_thumbnail(&mut tx, id, "image/jpeg", digest).await?;
    }
    store::put_strip(&mut tx, id, row).await?;
    store::put_reel(&mut tx, id, reel, now).await?;
    store::forget_keyframes(&mut tx, id).await?;
    if let Some(Keyframes { one_in, kept }) = &keyframes {
        for one in kept {
            store::put_keyframe(&mut tx, id, (one.at_ms, one.until_ms), one.bytes(), *one_in).await?;
        }
    }
    tools.jobs.after(&mut tx, Change::MediaMeasured, &id.to_string(), now).await?;
    if facts.pass == Some(Pass::Fast) && not_watched.is_none() {
        tools.jobs.after(&mut tx, Change::GlancedAt, &id.to_string(), now).await?;
    }
    touched(tools, &mut tx, evidence, now).await?;
    tx.commit().await
}

/// The lesson that evidence was handed in for, and its time.
async fn within(db: &Db, evidence: &Evidence) -> Result<Option<(LessonId, Time, Time)>> {
    let Some(lesson) = evidence.lesson else { return Ok(None) };
    let lesson = lesson::by_id(db, lesson).await?;
    // Of recorded content no code is shown.
    Ok((lesson.mode != Mode::Recorded).then_some((lesson.id, lesson.starts_at, lesson.ends_at)))
}

async fn put(objects: &Objects, bytes: Option<Vec<u8>>) -> Result<Option<Digest>> {
    Ok(match bytes {
        Some(bytes) => Some(objects.put_bytes(bytes.into()).await?.digest),
        None => None,
    })
}

async fn touched(tools: &Tools<'_>, tx: &mut Tx, evidence: &Evidence, now: Time) -> Result<()> {
    match evidence.lesson {
        Some(lesson) => tools.jobs.after(tx, Change::LessonTouched, &lesson.to_string(), now).await,
        None => Ok(()),
    }
}
