//! What follows what: the only place where stages are joined.
//!
//! A stage commits a change; [`FOLLOW`] says which job comes next, [`run`] which function does it, [`TELL`] who outside is told. [`submit`] is the one path of a
//! piece of evidence from its first byte to its receipt.

mod amend;
mod checks;
mod decide;
mod digest;
mod house;
pub mod keys;
pub mod lists;
pub mod live;
pub mod money;
mod papers;
pub mod reports;
pub mod statements;
mod uploads;

pub use amend::{put_lessons, put_roster};
pub use checks::remarks;
pub use decide::{decide, fonts};
pub use house::keep_house;
pub use papers::file_paper;
pub use uploads::finish;

use crate::analyse::attendance::{self, Hints, Refusal};
use crate::analyse::media::{self, Pass};
use crate::app::{App, Parts};
use crate::db::Tx;
use crate::detect::{self, reuse, score};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, EvidenceId, Ids, LeafId, LessonId};
use crate::jobs::{Change, Follow, Handler, Job};
use crate::lake::{self, compact, ingest, snapshot};
use crate::link;
use crate::receive::signature::Signed;
use crate::receive::{Actor, Claim, Kind, accept};
use crate::register::reseal;
use crate::register::resolution::{self, Identity, Says};
use crate::register::{Resolution, lesson};
use crate::seal::leaf::{EvidenceLeaf, Leaf};
use crate::seal::{self, Sealed};
use crate::store::live::Mark;
use crate::store::signature::Signature;
use crate::store::{self, Preview};
use crate::tell;
use crate::time::{SECOND, Time};
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
    // Live events come in many small pieces a second: what came meanwhile is read together, and the hours follow at their own pace.
    (Change::LiveKept, ingest::JOB_LIVE, SECOND / 2),
    (Change::LessonGoesOn, LINK, 6 * SECOND),
    (Change::MediaKept, media::job::JOB, 0),
    (Change::GlancedAt, media::job::FULL, 0),
    (Change::MediaMeasured, reuse::JOB, 0),
    (Change::MatchFound, detect::job::NAME, 3 * SECOND),
    (Change::PlanChanged, ingest::REREAD, 0),
    (Change::LessonTouched, LINK, 0),
    (Change::Decided, decide::LETTER, 0),
    // What an amendment touches is read and calculated again first.
    (Change::PlanAmended, amend::RECOUNT, SECOND),
    // Segments of live events come many a second; a merge takes all of them.
    (Change::SegmentAdded, compact::JOB, 3 * SECOND),
    // A run of the rules costs a second however little is new, and one run looks at all lessons that changed meanwhile.
    (Change::HoursCredited, detect::job::NAME, 3 * SECOND),
    (Change::ListBroughtIn, detect::job::NAME, 3 * SECOND),
    // Rules copy the tables they name; queries of people want all of them, once for all runs that come close together.
    (Change::LakeBehind, snapshot::JOB, SECOND),
    (Change::FindingJudged, score::JOB, 0),
    (Change::KeyAdded, reseal::JOB, 0),
];

/// Who outside is told of which change.
pub const TELL: &[Follow] = &[
    (Change::EvidenceKept, tell::EVIDENCE_SEALED, 0),
    (Change::EvidenceRefused, tell::EVIDENCE_REFUSED, 0),
    // While a lesson goes on its hours are others every few seconds.
    (Change::RunKept, tell::HOURS_CREDITED, 10 * SECOND),
];

/// Does a job.
pub async fn run(app: &App, job: &Job) -> Result<()> {
    let now = app.clock.now();
    let Parts { db, objects, lake, jobs, ids, secrets, .. } = &**app;
    let tools = ingest::Tools { db, objects, lake, jobs, ids, secrets };
    match job.kind.as_str() {
        ingest::JOB => ingest::run(&tools, key(job)?, now).await,
        ingest::JOB_LIVE => ingest::run_live(&tools, key(job)?, now).await,
        ingest::REREAD => ingest::reread(&tools, key(job)?, now).await,
        media::job::JOB => media::job::run(&app.media_tools(&app.media_limits()), key(job)?, Pass::Fast, now).await,
        media::job::FULL => media::job::run(&app.watch_tools(&app.media_limits()), key(job)?, Pass::Full, now).await,
        reuse::JOB => reuse::run(&app.reuse_tools(&app.media_limits()), key(job)?, now).await,
        LINK => credit(app, key(job)?).await,
        decide::LETTER => decide::letter(app, key(job)?).await,
        amend::RECOUNT => amend::recount(app, key(job)?).await,
        compact::JOB => compact(app, key(job)?).await,
        detect::job::NAME => look(app, job).await,
        snapshot::JOB => lake.snapshot_since(job.created_at, now).await,
        score::JOB => score::judged(db, &app.rules, key(job)?, now).await,
        reseal::JOB => reseal::run_job(db, secrets, &job.key).await,
        other => Err(Error::internal(format!("no stage does the job '{other}'"))),
    }
}

/// Credits a lesson; the rules look again even where no hour changed, for a reused picture changes none.
async fn credit(app: &App, id: LessonId) -> Result<()> {
    let now = app.clock.now();
    let outcome = link::run(&app.db, &app.lake, &app.jobs, &app.ids, &app.policies, id, now).await?;
    if outcome == link::Outcome::Unchanged {
        let mut tx = app.db.begin().await?;
        app.jobs.after(&mut tx, Change::HoursCredited, &id.to_string(), now).await?;
        return tx.commit().await;
    }
    app.log.wake();
    Ok(())
}

/// Runs the rules over the time of all lessons and classes that changed; then the tables that people query are behind.
async fn look(app: &App, job: &Job) -> Result<()> {
    let now = app.clock.now();
    let keys: Vec<&str> = std::iter::once(&job.key).chain(&job.with).map(String::as_str).collect();
    detect::job::run(&app.db, &app.lake, &app.rules, &app.ids, &keys, now).await?;
    let mut tx = app.db.begin().await?;
    app.jobs.after(&mut tx, Change::LakeBehind, snapshot::KEY, now).await?;
    tx.commit().await
}

/// Packs the segments of a class; what did not go into one merge goes into the next.
async fn compact(app: &App, class: ClassId) -> Result<()> {
    let packed = app.lake.compact(class, &app.ids, app.clock.now()).await?;
    if packed.more {
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        app.jobs.after(&mut tx, Change::SegmentAdded, &class.to_string(), now).await?;
        tx.commit().await?;
    }
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

/// A person's word on who somebody is whom the logs of a class name: kept, in the trail, and sealed; the logs of the class are read again.
///
/// Errors: `not_found` when nobody waits in the class under this identity, nor was resolved; `cannot_be` when a key of the row speaks
/// against it; `unknown_trainee`; `invalid` without a reason.
pub async fn resolve(app: &App, actor: &Actor, class: ClassId, identity: Identity, says: Says, reason: &str) -> Result<Resolution> {
    let now = app.clock.now();
    let waits = lake::unmatched_one(&app.db, class, identity).await?;
    let said = resolution::of_identity(&app.db, class, identity).await?;
    let who = match (&waits, &said) {
        (Some(waits), _) => waits.who_json(&app.secrets)?,
        (None, Some(said)) => said.who(&app.secrets)?,
        (None, None) => return Err(Error::new(&codes::NOT_FOUND, "Nobody waits in this class under this identity; the list gives them.")),
    };
    if let Says::Trainee(trainee) = says {
        let roster = ingest::roster_of(&app.db, &app.secrets, class).await?;
        roster.admits(&serde_json::from_str(&who)?, trainee).map_err(refused)?;
    }
    let (actor, reason) = (actor.label.clone(), reason.to_owned());
    let mut new = resolution::New { id: app.ids.next(), class, identity, who, says, reason, actor, at: now }.kept(&app.secrets)?;
    let mut fields = serde_json::Map::new();
    fields.insert("resolution".to_owned(), new.id.to_string().into());
    fields.insert("class".to_owned(), class.to_string().into());
    fields.insert("says".to_owned(), new.says.as_str().into());
    fields.insert("digest".to_owned(), new.digest.to_string().into());
    fields.insert("by".to_owned(), new.actor.clone().into());
    fields.insert("at".to_owned(), now.to_string().into());
    let leaf = Leaf::new("resolution", fields)?;
    let mut tx = app.db.begin().await?;
    let leaf = seal::stage(&mut tx, &leaf, &app.ids, now).await?;
    resolution::keep(&mut tx, &app.ids, &new, leaf).await?;
    app.jobs.after(&mut tx, Change::PlanChanged, &class.to_string(), now).await?;
    tx.commit().await?;
    app.log.wake();
    new.leaf = Some(leaf);
    Ok(new)
}

/// Why somebody cannot be ruled to be a trainee, as the person who tried is told.
fn refused(refusal: Refusal) -> Error {
    let why = match refusal {
        Refusal::SeveralPeople => "The login lists several people, so it is never one of them; you may say that it is nobody.",
        Refusal::OtherKey(_) => {
            "The row carries an account, phone, e-mail or ID number that is not this trainee's; correct the roster if it is wrong there."
        }
        Refusal::OtherName => "The row carries the name of other trainees of the class; choose one of them, or correct the roster.",
    };
    Error::new(&codes::CANNOT_BE, why)
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
    /// Whether it came signed.
    pub signed: bool,
}

/// What a sender says of the bytes before they come.
#[derive(Debug, Default)]
pub struct Announced {
    /// Their SHA-256.
    pub digest: Option<Digest>,
    /// The signature over them and the claim.
    pub signed: Option<Signed>,
}

/// Takes a body in: into the storage, looked at, kept as evidence with its leaf and next job in one transaction, and sealed.
///
/// Errors: `busy`, those of [`accept::bytes`], `wrong_type`, those of reading a log (`unreadable_log` with its rows), and
/// `signature_conflict`.
pub async fn submit<S>(app: &App, actor: &Actor, claim: Claim, announced: Announced, body: S) -> Result<Submitted>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send,
{
    let _place = app.uploads.try_acquire().map_err(|_| Error::of(&codes::BUSY))?;
    take_in(app, actor, claim, announced, body).await
}

async fn take_in<S>(app: &App, actor: &Actor, claim: Claim, announced: Announced, body: S) -> Result<Submitted>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send,
{
    let limit = accept::limit(&app.config.limits, claim.kind);
    let kind = claim.kind.as_str();
    let expect = announced.signed.as_ref().map(|signed| signed.said.body).or(announced.digest);
    let stored = accept::bytes(&app.objects, limit, app.retain_until(), expect, body).await?;
    let entered = keep(app, actor, claim, announced.signed, stored).await?;
    let sealed = app.log.sealed(entered.leaf).await?;
    if let Some(leaf) = entered.signature {
        app.log.sealed(leaf).await?;
    }
    count(kind, entered.new);
    Ok(Submitted { evidence: entered.evidence, sealed, new: entered.new, signed: entered.signature.is_some() })
}

fn count(kind: &'static str, new: bool) {
    metrics::counter!("keshi_evidence_total", "kind" => kind, "new" => if new { "yes" } else { "no" }).increment(1);
}

/// Turns stored bytes into evidence.
async fn keep(app: &App, actor: &Actor, claim: Claim, signed: Option<Signed>, stored: Stored) -> Result<Entered> {
    let media_type = sniff(app, &claim, &stored).await?;
    let preview = if claim.kind == Kind::Attendance { preview(app, &claim, &stored.digest).await? } else { Preview::default() };
    let entry = Entry { id: app.ids.next(), submitter: &actor.label, stored, media_type, preview, events: Vec::new(), signed };
    enter(app, claim, entry).await
}

/// What is to become evidence, beside the claim.
struct Entry<'a> {
    id: EvidenceId,
    submitter: &'a str,
    stored: Stored,
    media_type: &'static str,
    preview: Preview,
    /// Events that are taken in with it one by one: key, line or entry, what it says.
    events: Vec<(Mark, u64, Mark)>,
    /// What it was signed with.
    signed: Option<Signed>,
}

/// What became of it.
struct Entered {
    evidence: EvidenceId,
    leaf: LeafId,
    /// Whether it is new.
    new: bool,
    /// The leaf of its signature, if it has one.
    signature: Option<LeafId>,
}

/// Enters stored bytes into the catalogue, with their leaf, their signature, their events and the job that follows, in one transaction.
async fn enter(app: &App, claim: Claim, entry: Entry<'_>) -> Result<Entered> {
    let Entry { id, submitter, stored, media_type, preview, events, signed } = entry;
    let received_at = app.clock.now();
    let leaf = Leaf::evidence(&EvidenceLeaf {
        evidence: id,
        evidence_kind: claim.kind.as_str(),
        digest: stored.digest,
        size: stored.size,
        media_type,
        submitter,
        class: claim.class.as_ref().map(|class| class.id),
        lesson: claim.lesson.as_ref().map(|lesson| lesson.id),
        from: claim.from,
        until: claim.until,
        received_at,
    })?;
    let (ids, jobs, submitter) = (app.ids.clone(), app.jobs.clone(), submitter.to_owned());
    app.db
        .write(move |tx| {
            async move {
                if let Some(known) = store::at_place(tx, &claim, &stored.digest).await? {
                    if signed.is_some() && !known.same_claim {
                        return Err(Error::of(&codes::SIGNATURE_CONFLICT));
                    }
                    let signature = sign(tx, &ids, known.id, signed.as_ref(), received_at).await?;
                    return Ok(Entered { evidence: known.id, leaf: known.leaf, new: false, signature });
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
                store::live::note(tx, id, &events, received_at).await?;
                jobs.after(tx, Change::EvidenceKept, &id.to_string(), received_at).await?;
                match (claim.kind, &claim.class) {
                    (Kind::Attendance, Some(class)) if !events.is_empty() => {
                        store::live::unread(tx, class.id, id).await?;
                        jobs.after(tx, Change::LiveKept, &class.id.to_string(), received_at).await?;
                    }
                    (Kind::Attendance, _) => jobs.after(tx, Change::LogKept, &id.to_string(), received_at).await?,
                    (Kind::Video | Kind::Screenshot, _) => jobs.after(tx, Change::MediaKept, &id.to_string(), received_at).await?,
                    (Kind::Document, _) => {}
                }
                let signature = sign(tx, &ids, id, signed.as_ref(), received_at).await?;
                Ok(Entered { evidence: id, leaf, new: true, signature })
            }
            .boxed()
        })
        .await
}

/// Keeps the signature over a piece of evidence with a leaf of its own; of a key that has signed it before, the first stands.
async fn sign(tx: &mut Tx, ids: &Ids, evidence: EvidenceId, signed: Option<&Signed>, now: Time) -> Result<Option<LeafId>> {
    let Some(signed) = signed else { return Ok(None) };
    if let Some(leaf) = store::signature::by_key(tx, evidence, signed.document.registration).await? {
        return Ok(Some(leaf));
    }
    let signature = Signature::of(ids.next(), evidence, signed, now)?;
    let leaf = seal::stage(tx, &Leaf::new("evidence_signature", signature.fields())?, ids, now).await?;
    store::signature::add(tx, &signature, leaf).await?;
    Ok(Some(leaf))
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
            received_at: None,
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
