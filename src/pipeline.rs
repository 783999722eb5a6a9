//! What follows what: the only place where stages are joined.
//!
//! A stage commits a change; [`FOLLOW`] says which job comes next, [`run`] which function does it. [`submit`] is the one path of a
//! piece of evidence from its first byte to its receipt.

use crate::analyse::attendance::{self, Hints};
use crate::analyse::media;
use crate::app::App;
use crate::detect;
use crate::error::{Error, Result, codes};
use crate::ids::{EvidenceId, LeafId, LessonId};
use crate::jobs::{Change, Follow, Handler, Job};
use crate::lake::ingest;
use crate::link;
use crate::receive::{Actor, Claim, Kind, accept};
use crate::register::class::{self, NewDecision};
use crate::register::{Class, lesson};
use crate::seal::leaf::{EvidenceLeaf, Leaf};
use crate::seal::{self, Sealed};
use crate::store::{self, Preview};
use crate::time::SECOND;
use bytes::Bytes;
use futures::{FutureExt, Stream};
use std::fs::File;
use std::sync::Arc;
use storage::{Digest, Stored};

/// The job that credits a lesson.
pub const LINK: &str = "link";

/// Which job follows which change.
pub const FOLLOW: &[Follow] = &[
    (Change::LogKept, ingest::JOB, 0),
    (Change::MediaKept, media::job::JOB, 0),
    (Change::PlanChanged, ingest::REREAD, 0),
    (Change::LessonTouched, LINK, 0),
    // A run of the rules costs a second however little is new, and hours of a class come in bursts.
    (Change::HoursCredited, detect::job::NAME, 3 * SECOND),
];

/// Does a job.
pub async fn run(app: &App, job: &Job) -> Result<()> {
    let now = app.clock.now();
    let App { db, objects, lake, jobs, ids, secrets, .. } = app;
    let tools = ingest::Tools { db, objects, lake, jobs, ids, secrets };
    match job.kind.as_str() {
        ingest::JOB => ingest::run(&tools, key(job)?, now).await,
        ingest::REREAD => ingest::reread(&tools, key(job)?, now).await,
        media::job::JOB => media::job::run(db, objects, jobs, &app.media_limits(), &app.media_permits, key(job)?, now).await,
        LINK => credit(app, key(job)?).await,
        detect::job::NAME => detect::job::run(db, lake, &app.rules, ids, &job.key, now).await.map(drop),
        other => Err(Error::internal(format!("no stage does the job '{other}'"))),
    }
}

/// Credits a lesson; the rules look again even where no hour changed, for a reused picture changes none.
async fn credit(app: &App, id: LessonId) -> Result<()> {
    let now = app.clock.now();
    let outcome = link::run(&app.db, &app.lake, &app.jobs, &app.ids, &app.policies, id, now).await?;
    if outcome == link::Outcome::Unchanged {
        let class = lesson::by_id(&app.db, id).await?.class;
        let mut tx = app.db.begin().await?;
        app.jobs.after(&mut tx, Change::HoursCredited, &class.to_string(), now).await?;
        return tx.commit().await;
    }
    app.log.wake();
    Ok(())
}

/// [`run`] as the workers take it.
pub fn handler(app: App) -> Handler {
    Arc::new(move |job| {
        let app = app.clone();
        async move { run(&app, &job).await }.boxed()
    })
}

fn key<T: std::str::FromStr>(job: &Job) -> Result<T> {
    job.key.parse().map_err(|_| Error::internal(format!("the key of job {} is no id", job.id)))
}

/// A decision on an opening application: kept, in the trail, and sealed.
pub async fn decide(app: &App, actor: &Actor, class: &Class, new: &NewDecision) -> Result<()> {
    let now = app.clock.now();
    let mut fields = serde_json::Map::new();
    fields.insert("class".to_owned(), class.id.to_string().into());
    fields.insert("decision".to_owned(), new.decision.as_str().into());
    fields.insert("by".to_owned(), actor.label.clone().into());
    fields.insert("at".to_owned(), now.to_string().into());
    let leaf = Leaf::new("decision", fields)?;
    let mut tx = app.db.begin().await?;
    let leaf = seal::stage(&mut tx, &leaf, &app.ids, now).await?;
    class::decide(&mut tx, &app.ids, now, &actor.label, class.id, new, leaf).await?;
    tx.commit().await?;
    app.log.wake();
    Ok(())
}

/// What a submission came to.
#[derive(Debug)]
pub struct Submitted {
    /// The evidence.
    pub evidence: EvidenceId,
    /// Its proof.
    pub sealed: Sealed,
    /// Whether it is new; `false`: the same bytes were there for the same place.
    pub new: bool,
}

/// Takes a body in: into the storage, looked at, kept as evidence with its leaf and next job in one transaction, and sealed.
///
/// Errors: `busy`, those of [`accept::bytes`], `wrong_type`, and those of reading a log (`unreadable_log` with its rows).
pub async fn submit<S>(app: &App, actor: &Actor, claim: Claim, expect: Option<Digest>, body: S) -> Result<Submitted>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send,
{
    let _place = app.uploads.try_acquire().map_err(|_| Error::of(&codes::BUSY))?;
    let limit = accept::limit(&app.config.limits, claim.kind);
    let kind = claim.kind.as_str();
    let stored = accept::bytes(&app.objects, limit, app.retain_until(), expect, body).await?;
    let (evidence, leaf, new) = keep(app, actor, claim, stored).await?;
    let sealed = app.log.sealed(leaf).await?;
    metrics::counter!("keshi_evidence_total", "kind" => kind, "new" => if new { "yes" } else { "no" }).increment(1);
    Ok(Submitted { evidence, sealed, new })
}

/// Turns stored bytes into evidence; `false` when it was there.
async fn keep(app: &App, actor: &Actor, claim: Claim, stored: Stored) -> Result<(EvidenceId, LeafId, bool)> {
    let media_type = sniff(app, &claim, &stored).await?;
    let preview = if claim.kind == Kind::Attendance { preview(app, &claim, &stored.digest).await? } else { Preview::default() };
    let received_at = app.clock.now();
    let id: EvidenceId = app.ids.next();
    let leaf = Leaf::evidence(&EvidenceLeaf {
        evidence: id,
        evidence_kind: claim.kind.as_str(),
        digest: stored.digest,
        size: stored.size,
        media_type,
        submitter: &actor.label,
        class: claim.class.as_ref().map(|class| class.id),
        lesson: claim.lesson.as_ref().map(|lesson| lesson.id),
        from: claim.from,
        until: claim.until,
        received_at,
    })?;
    let (ids, jobs, submitter) = (app.ids.clone(), app.jobs.clone(), actor.label.clone());
    app.db
        .write(move |tx| {
            async move {
                if let Some(known) = store::at_place(tx, &claim, &stored.digest).await? {
                    let (known, leaf) = known;
                    return Ok((known, leaf, false));
                }
                let leaf = seal::stage(tx, &leaf, &ids, received_at).await?;
                let new = store::New {
                    id,
                    claim: &claim,
                    digest: stored.digest,
                    size: stored.size,
                    media_type,
                    submitter: &submitter,
                    received_at,
                    leaf,
                    preview: &preview,
                };
                store::add(tx, &new).await?;
                match claim.kind {
                    Kind::Attendance => jobs.after(tx, Change::LogKept, &id.to_string(), received_at).await?,
                    Kind::Video | Kind::Screenshot => jobs.after(tx, Change::MediaKept, &id.to_string(), received_at).await?,
                    Kind::Document => {}
                }
                Ok((id, leaf, true))
            }
            .boxed()
        })
        .await
}

/// The media type by content; refuses a video that is none and a picture that is none.
async fn sniff(app: &App, claim: &Claim, stored: &Stored) -> Result<&'static str> {
    let head = app.objects.open_range(&stored.digest, 0..stored.size.min(media::HEAD as u64)).await?.bytes(media::HEAD as u64).await?;
    let sniffed = media::sniff(&head);
    let fits = match claim.kind {
        Kind::Video => matches!(sniffed.class, media::Class::Video | media::Class::Audio),
        Kind::Screenshot => sniffed.class == media::Class::Picture,
        Kind::Attendance => !matches!(sniffed.class, media::Class::Video | media::Class::Audio | media::Class::Picture | media::Class::Pdf),
        Kind::Document => true,
    };
    if !fits {
        let sentence = format!("The bytes are {}, which is no {}; {}", sniffed.media_type, claim.kind.as_str(), codes::WRONG_TYPE.help);
        return Err(Error::new(&codes::WRONG_TYPE, sentence));
    }
    Ok(sniffed.media_type)
}

/// Reads the first rows of a log, so that the answer can say what will be taken in.
async fn preview(app: &App, claim: &Claim, digest: &Digest) -> Result<Preview> {
    let copy = app.objects.local_copy(digest).await?;
    let lessons = match (&claim.lesson, &claim.class) {
        (Some(one), _) => vec![one.clone()],
        (None, Some(class)) => lesson::of_class(&app.db, class.id).await?,
        (None, None) => Vec::new(),
    };
    let (filename, format, timezone) = (claim.filename.clone(), claim.format.clone(), claim.timezone);
    let profile = claim.platform.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let hints = Hints {
            filename: filename.as_deref(),
            timezone,
            platform_timezone: profile.as_ref().map_or(chrono_tz::Asia::Shanghai, |profile| profile.zone()),
            profile: profile.as_ref(),
            window: ingest::window(&lessons),
            format: format.as_deref(),
            limits: attendance::Limits::default(),
        };
        attendance::preview(File::open(copy.path())?, &hints, attendance::PREVIEW_ROWS)
    });
    let reading = reading.await.map_err(Error::internal)??;
    Ok(Preview {
        accepted: reading.complete.then_some(reading.accepted),
        refused: reading.refused,
        reader: Some(reading.reader.to_owned()),
        assumptions: reading.assumptions,
    })
}
