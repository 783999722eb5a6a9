//! The jobs that bring attendance logs into the lake: a log becomes a segment, and is read again when the plan changed.

use super::{EventRow, Lake, Place, SegmentFile, SegmentWriter, sql};
use crate::analyse::attendance::{self, Event, Hints, Limits, Match, Reading, Roster};
use crate::db::{Columns, Db};
use crate::error::{Error, Result};
use crate::ids::{ClassId, EvidenceId, Ids, LessonId, TraineeId};
use crate::jobs::{Change, Jobs};
use crate::receive::Kind;
use crate::register::secrets::{Indexed, Secrets};
use crate::register::{Lesson, lesson, platform, roster};
use crate::store::{self, Evidence};
use crate::time::Time;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::File;
use std::ops::ControlFlow;
use storage::Objects;

/// The job that reads one log.
pub const JOB: &str = "ingest";
/// The job that asks for all logs of a class to be read again.
pub const REREAD: &str = "reread";
/// Version of the facts this job keeps.
const VERSION: i64 = 1;
/// Most rows named in a fact.
const MAX_ROWS: usize = 1_000;

/// What reading a log needs.
#[derive(Clone, Copy)]
pub struct Tools<'a> {
    /// Database.
    pub db: &'a Db,
    /// Objects.
    pub objects: &'a Objects,
    /// Lake.
    pub lake: &'a Lake,
    /// Queue.
    pub jobs: &'a Jobs,
    /// Ids.
    pub ids: &'a Ids,
    /// Keys to personal data.
    pub secrets: &'a Secrets,
}

/// Reads a log into a segment. A log that cannot be read is a fact, not an error.
pub async fn run(tools: &Tools<'_>, id: EvidenceId, now: Time) -> Result<()> {
    let evidence = store::get(tools.db, id).await?;
    if evidence.kind != Kind::Attendance {
        return Ok(());
    }
    match read(tools, &evidence).await {
        Ok(read) => keep(tools, &evidence, read, now).await,
        Err(error) if matches!(error.kind, crate::error::Kind::Unprocessable | crate::error::Kind::TooLarge) => {
            let mut tx = tools.db.begin().await?;
            store::put_fact(&mut tx, id, "cannot_be_analysed_because", VERSION, &Value::String(error.message), now).await?;
            store::failed(&mut tx, id, now).await?;
            tx.commit().await
        }
        Err(error) => Err(error),
    }
}

/// Asks for all logs of a class to be read again: its roster or timetable changed.
pub async fn reread(tools: &Tools<'_>, class: ClassId, now: Time) -> Result<()> {
    let mut tx = tools.db.begin().await?;
    for log in store::logs_of_class(&mut tx, class).await? {
        tools.jobs.after(&mut tx, Change::LogKept, &log.to_string(), now).await?;
    }
    tx.commit().await
}

/// A log as read, not yet kept.
pub struct Read {
    /// The segment.
    pub segment: SegmentFile,
    /// What the reader said.
    pub reading: Reading,
    matched: u64,
    ambiguous: u64,
    unmatched: u64,
    /// Rows that belong to nobody on the roster, the first of them.
    unmatched_rows: Vec<u64>,
}

/// Reads a log from its kept bytes; the same bytes and plan give the same segment.
pub async fn read(tools: &Tools<'_>, evidence: &Evidence) -> Result<Read> {
    let lessons = match (evidence.lesson, evidence.class) {
        (Some(one), _) => vec![lesson::by_id(tools.db, one).await?],
        (None, Some(class)) => lesson::of_class(tools.db, class).await?,
        (None, None) => Vec::new(),
    };
    let roster = match evidence.class {
        Some(class) => known(tools, class).await?,
        None => Roster::new(Vec::new()),
    };
    let profile = match &evidence.platform {
        Some(id) => Some(platform::get(tools.db, id).await?),
        None => None,
    };
    let copy = tools.objects.local_copy(&evidence.digest).await?;
    let (evidence, secrets) = (evidence.clone(), tools.secrets.clone());
    let read = tokio::task::spawn_blocking(move || {
        let file = File::open(copy.path())?;
        let hints = Hints {
            filename: evidence.filename.as_deref(),
            timezone: evidence.timezone.as_deref().and_then(|zone| zone.parse().ok()),
            platform_timezone: profile.as_ref().map_or(chrono_tz::Asia::Shanghai, |profile| profile.zone()),
            profile: profile.as_ref(),
            window: window(&lessons),
            format: evidence.format.as_deref(),
            limits: Limits::default(),
        };
        read_file(file, &hints, &evidence, &lessons, &roster, &secrets)
    });
    read.await.map_err(Error::internal)?
}

/// The span in which a log's times are to be looked for.
pub fn window(lessons: &[Lesson]) -> Option<(Time, Time)> {
    let first = lessons.iter().map(|lesson| lesson.starts_at).min()?;
    let last = lessons.iter().map(|lesson| lesson.ends_at).max()?;
    Some((first, last))
}

fn read_file(file: File, hints: &Hints<'_>, evidence: &Evidence, lessons: &[Lesson], roster: &Roster, secrets: &Secrets) -> Result<Read> {
    let mut writer = SegmentWriter::new()?;
    let (mut matched, mut ambiguous, mut unmatched, mut unmatched_rows) = (0, 0, 0, Vec::new());
    let mut failure = None;
    let reading = attendance::read(file, hints, &mut |event| {
        let trainee = match roster.find(&event.who) {
            Match::Found { trainee, .. } => {
                matched += 1;
                Some(trainee)
            }
            doubt => {
                if matches!(doubt, Match::Ambiguous(_)) {
                    ambiguous += 1
                } else {
                    unmatched += 1
                }
                if unmatched_rows.len() < MAX_ROWS {
                    unmatched_rows.push(event.row);
                }
                None
            }
        };
        match push(&mut writer, event, evidence, lessons, trainee, secrets) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    match failure {
        Some(error) => Err(error),
        None => Ok(Read { segment: writer.finish()?, reading, matched, ambiguous, unmatched, unmatched_rows }),
    }
}

/// One row of the lake per lesson that the event touches, so that a meeting left open over two lessons counts in both.
fn push(
    writer: &mut SegmentWriter,
    event: Event,
    evidence: &Evidence,
    lessons: &[Lesson],
    trainee: Option<TraineeId>,
    secrets: &Secrets,
) -> Result<()> {
    let name = event.who.name.as_deref().map(|name| hex::encode(secrets.index(Indexed::SourceName, name)));
    let mut place = Place {
        evidence: evidence.id,
        platform: evidence.platform.clone(),
        provider: evidence.provider,
        class: evidence.class,
        lesson: evidence.lesson,
        received_at: evidence.received_at,
    };
    if place.lesson.is_some() {
        return writer.push(&EventRow::of(event, &place, trainee, name));
    }
    let mut touched = touched(lessons, event.at, event.until.unwrap_or(event.at));
    // What is stated of several lessons at once is nothing that is stated of each.
    if event.kind.is_stated() && touched.len() > 1 {
        touched.clear();
    }
    if touched.is_empty() {
        return writer.push(&EventRow::of(event, &place, trainee, name));
    }
    for lesson in touched {
        place.lesson = Some(lesson);
        writer.push(&EventRow::of(event.clone(), &place, trainee, name.clone()))?;
    }
    Ok(())
}

/// Lessons whose window the span touches; a single moment between two lessons belongs to the next one.
fn touched(lessons: &[Lesson], from: Time, until: Time) -> Vec<LessonId> {
    let inside: Vec<_> =
        lessons.iter().filter(|lesson| from < lesson.ends_at && until >= lesson.starts_at).map(|lesson| lesson.id).collect();
    if !inside.is_empty() {
        return inside;
    }
    // People join a little early and leave a little late.
    const NEAR: i64 = 60 * crate::time::MINUTE;
    let distance = |lesson: &Lesson| if until < lesson.starts_at { lesson.starts_at.0 - until.0 } else { from.0 - lesson.ends_at.0 };
    let nearest = lessons.iter().filter(|lesson| distance(lesson) <= NEAR).min_by_key(|lesson| distance(lesson));
    nearest.map(|lesson| lesson.id).into_iter().collect()
}

async fn known(tools: &Tools<'_>, class: ClassId) -> Result<Roster> {
    let trainees = roster::of_class(tools.db, class).await?;
    let rows = trainees.iter().map(|trainee| {
        let personal = trainee.reveal(tools.secrets)?;
        Ok(attendance::roster::Row {
            trainee: trainee.id,
            external_id: Some(trainee.external_id.clone()),
            name: trainee.name.clone(),
            platform_user: trainee.platform_user.clone(),
            phone: personal.phone,
            email: personal.email,
            id_number: Some(personal.id_number),
        })
    });
    Ok(Roster::new(rows.collect::<Result<_>>()?))
}

async fn keep(tools: &Tools<'_>, evidence: &Evidence, read: Read, now: Time) -> Result<()> {
    let Read { segment, reading, matched, ambiguous, unmatched, unmatched_rows } = read;
    let segment = tools.lake.keep(segment).await?;
    let mut facts = reading.facts;
    facts.insert("log_rows".to_owned(), reading.rows.into());
    facts.insert("log_accepted".to_owned(), reading.accepted.into());
    facts.insert("log_refused".to_owned(), reading.refused_total.into());
    facts.insert(
        "log_people".to_owned(),
        json!({"matched": matched, "ambiguous": ambiguous, "unmatched": unmatched, "rows_without_trainee": unmatched_rows}),
    );
    let mut tx = tools.db.begin().await?;
    let earlier = sqlx::query(sql::LIVE_LESSONS).bind(evidence.id.to_string()).fetch_all(tx.conn()).await?;
    let mut lessons: BTreeSet<LessonId> = segment.lessons().collect();
    for row in &earlier {
        lessons.insert(row.id("lesson_id")?);
    }
    tools.lake.append(&mut tx, evidence.id, &segment, tools.ids, now).await?;
    for (name, value) in &facts {
        store::put_fact(&mut tx, evidence.id, name, VERSION, value, now).await?;
    }
    store::analysed(&mut tx, evidence.id, now, Some(reading.reader), &reading.assumptions).await?;
    for lesson in lessons {
        tools.jobs.after(&mut tx, Change::LessonTouched, &lesson.to_string(), now).await?;
    }
    tx.commit().await
}
