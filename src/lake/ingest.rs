//! The jobs that bring attendance logs into the lake: a log becomes a segment, and is read again when the plan changed.

use super::waiting::{UNKNOWN, Waiting};
use super::{EventRow, KeptSegment, Lake, Place, SegmentFile, SegmentWriter, sql};
use crate::analyse::attendance::statements::LIVE_FORMAT;
use crate::analyse::attendance::{self, Event, Hints, Limits, Match, MatchedBy, Reading, Roster, Ruling};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result};
use crate::ids::{ClassId, EvidenceId, Ids, LessonId, ResolutionId, TraineeId};
use crate::jobs::{Change, Jobs};
use crate::receive::Kind;
use crate::register::lesson::Mode;
use crate::register::resolution::{self, Identity, Says};
use crate::register::secrets::{Indexed, Secrets};
use crate::register::{Lesson, Platform, lesson, platform, roster};
use crate::store::{self, Evidence};
use crate::time::Time;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::ops::ControlFlow;
use std::sync::Arc;
use storage::Objects;

/// The job that reads one log.
pub const JOB: &str = "ingest";
/// The job that reads what live events of a class were kept since.
pub const JOB_LIVE: &str = "ingest_live";
/// The job that asks for all logs of a class to be read again.
pub const REREAD: &str = "reread";
/// Version of the facts this job keeps.
const VERSION: i64 = 2;
/// Pieces of live evidence that are read and entered together. Each is some dozen statements, and whoever acknowledges events waits for all of
/// them.
const AT_ONCE: i64 = 16;
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
    let outcome = outcome(tools, &evidence, &mut Plans::default()).await?;
    let mut tx = tools.db.begin().await?;
    let mut lessons = BTreeSet::new();
    let segment = enter(tools, &mut tx, &evidence, outcome, &mut lessons, now).await?;
    for lesson in lessons {
        tools.jobs.after(&mut tx, Change::LessonTouched, &lesson.to_string(), now).await?;
    }
    if let Some(class) = evidence.class {
        tools.jobs.after(&mut tx, Change::SegmentAdded, &class.to_string(), now).await?;
    }
    tx.commit().await?;
    match segment {
        Some(segment) => tools.lake.confirm(&segment).await,
        None => Ok(()),
    }
}

/// Reads the live events of a class that wait, many pieces of evidence in one transaction, with the plan loaded once for all of them.
///
/// A piece that fails (the storage does not answer, say) goes on waiting and is not in the way of the others; its error is told at the end.
pub async fn run_live(tools: &Tools<'_>, class: ClassId, now: Time) -> Result<()> {
    let (mut after, mut failure, mut plans) = (None, None, Plans::default());
    loop {
        let ids = store::live::next_unread(tools.db, class, after, AT_ONCE).await?;
        let Some(last) = ids.last() else { break };
        after = Some(*last);
        let mut read = Vec::with_capacity(ids.len());
        for id in ids {
            let evidence = store::get(tools.db, id).await?;
            match outcome(tools, &evidence, &mut plans).await {
                Ok(outcome) => read.push((evidence, outcome)),
                Err(error) => failure = Some(error),
            }
        }
        let mut tx = tools.db.begin().await?;
        let (mut lessons, mut segments) = (BTreeSet::new(), Vec::new());
        for (evidence, outcome) in read {
            segments.extend(enter(tools, &mut tx, &evidence, outcome, &mut lessons, now).await?);
            store::live::was_read(&mut tx, class, evidence.id).await?;
        }
        for lesson in lessons {
            tools.jobs.after(&mut tx, Change::LessonGoesOn, &lesson.to_string(), now).await?;
        }
        tools.jobs.after(&mut tx, Change::SegmentAdded, &class.to_string(), now).await?;
        tx.commit().await?;
        for segment in &segments {
            tools.lake.confirm(segment).await?;
        }
    }
    failure.map_or(Ok(()), Err)
}

/// What reading a log came to, before anything of it is entered.
enum Outcome {
    /// A segment whose bytes are safe, and what else is known.
    Read(KeptSegment, Box<Read>),
    /// It cannot be read; the sentence.
    Unreadable(String),
}

async fn outcome(tools: &Tools<'_>, evidence: &Evidence, plans: &mut Plans) -> Result<Outcome> {
    match read(tools, evidence, plans).await {
        Ok((segment, read)) => Ok(Outcome::Read(tools.lake.keep(evidence.id, segment).await?, Box::new(read))),
        Err(error) if matches!(error.kind, crate::error::Kind::Unprocessable | crate::error::Kind::TooLarge) => {
            Ok(Outcome::Unreadable(error.message))
        }
        Err(error) => Err(error),
    }
}

/// Asks for all logs of a class to be read again: its roster or timetable changed, or who somebody is.
pub async fn reread(tools: &Tools<'_>, class: ClassId, now: Time) -> Result<()> {
    let mut tx = tools.db.begin().await?;
    for log in store::logs_of_class(&mut tx, class).await? {
        tools.jobs.after(&mut tx, Change::LogKept, &log.to_string(), now).await?;
    }
    tx.commit().await
}

/// What a log as read says beside its events.
struct Read {
    /// What the reader said.
    reading: Reading,
    people: People,
    lessons: Vec<Lesson>,
}

/// The plan as far as logs of one class need it, loaded when the first of them is read.
#[derive(Default)]
struct Plans {
    known: Option<Arc<Known>>,
    lessons: HashMap<LessonId, Lesson>,
    profile: Option<Platform>,
}

impl Plans {
    /// The lessons that a log may be about.
    async fn lessons(&mut self, db: &Db, evidence: &Evidence) -> Result<Vec<Lesson>> {
        match (evidence.lesson, evidence.class) {
            (Some(one), _) => match self.lessons.get(&one) {
                Some(lesson) => Ok(vec![lesson.clone()]),
                None => {
                    let lesson = lesson::by_id(db, one).await?;
                    self.lessons.insert(one, lesson.clone());
                    Ok(vec![lesson])
                }
            },
            (None, Some(class)) => lesson::of_class(db, class).await,
            (None, None) => Ok(Vec::new()),
        }
    }

    /// Who is who in the class.
    async fn known(&mut self, tools: &Tools<'_>, evidence: &Evidence) -> Result<Arc<Known>> {
        let same = |known: &&Arc<Known>| known.class == evidence.class && known.platform == evidence.platform;
        if let Some(known) = self.known.as_ref().filter(same) {
            return Ok(Arc::clone(known));
        }
        let (roster, said) = match evidence.class {
            Some(class) => (roster_of(tools.db, tools.secrets, class).await?, resolution::live(tools.db, class).await?),
            None => (Roster::default(), HashMap::new()),
        };
        let platform = evidence.platform.clone();
        let known = Arc::new(Known { class: evidence.class, platform, roster, said, secrets: tools.secrets.clone() });
        self.known = Some(Arc::clone(&known));
        Ok(known)
    }

    /// The platform that the log is of.
    async fn profile(&mut self, db: &Db, evidence: &Evidence) -> Result<Option<Platform>> {
        let Some(id) = &evidence.platform else { return Ok(None) };
        if self.profile.as_ref().is_none_or(|profile| profile.id != *id) {
            self.profile = Some(platform::get(db, id).await?);
        }
        Ok(self.profile.clone())
    }
}

/// Whose the rows of a log are.
#[derive(Default)]
struct People {
    matched: BTreeMap<MatchedBy, u64>,
    ambiguous: u64,
    unmatched: u64,
    /// Rows of people who a person said are nobody on the roster.
    nobody: u64,
    /// Rows that wait, the first of them.
    without: Vec<u64>,
    waiting: Waiting,
}

impl People {
    /// The fact that is kept of them: counts alone.
    fn fact(&self) -> Value {
        let by: serde_json::Map<String, Value> = self.matched.iter().map(|(by, rows)| (by.as_str().to_owned(), json!(rows))).collect();
        let (people, rows_of_more) = self.waiting.count();
        json!({
            "matched": self.matched.values().sum::<u64>(), "ambiguous": self.ambiguous, "unmatched": self.unmatched, "nobody": self.nobody,
            "by": by, "rows_without_trainee": self.without, "waiting": {"people": people, "rows_of_more": rows_of_more},
        })
    }
}

/// Who is who in one class: its roster, and what people said of those whom it does not know.
struct Known {
    class: Option<ClassId>,
    platform: Option<String>,
    roster: Roster,
    said: HashMap<Identity, (ResolutionId, Says)>,
    secrets: Secrets,
}

/// What a row says of a person came to this.
#[derive(Clone, Copy, Default)]
struct Whose {
    trainee: Option<TraineeId>,
    by: Option<MatchedBy>,
    resolution: Option<ResolutionId>,
}

impl Known {
    /// Whose a row is; notes it where that waits for a person.
    fn whose(&self, event: &Event, lessons: &[LessonId], people: &mut People) -> Whose {
        let who = &event.who;
        // A keyed hash a row would be felt in a log of a million rows; mostly nobody said anything, and the roster knows everybody.
        let said = if self.said.is_empty() { None } else { self.identity(event).and_then(|identity| self.said.get(&identity)) };
        let ruling = said.and_then(|(_, says)| match says {
            Says::Trainee(trainee) => Some(Ruling::Trainee(*trainee)),
            Says::Nobody => Some(Ruling::Nobody),
            Says::Open => None,
        });
        let doubt = match self.roster.find(who, ruling) {
            Match::Found { trainee, by } => {
                *people.matched.entry(by).or_insert(0) += 1;
                let resolution = said.map(|(id, _)| *id).filter(|_| by == MatchedBy::Resolution);
                return Whose { trainee: Some(trainee), by: Some(by), resolution };
            }
            Match::Nobody => {
                people.nobody += 1;
                return Whose { resolution: said.map(|(id, _)| *id), ..Whose::default() };
            }
            Match::Ambiguous(doubt) => {
                people.ambiguous += 1;
                doubt.as_str()
            }
            Match::Unknown => {
                people.unmatched += 1;
                UNKNOWN
            }
        };
        if people.without.len() < MAX_ROWS {
            people.without.push(event.row);
        }
        if let Some(identity) = self.identity(event) {
            people.waiting.add(identity, doubt, event, lessons);
        }
        Whose::default()
    }

    fn identity(&self, event: &Event) -> Option<Identity> {
        let (kind, value) = event.who.identity()?;
        Some(Identity::of(&self.secrets, self.class?, self.platform.as_deref(), kind, &value))
    }
}

/// Reads a log from its kept bytes; the same bytes and plan give the same segment.
async fn read(tools: &Tools<'_>, evidence: &Evidence, plans: &mut Plans) -> Result<(SegmentFile, Read)> {
    let lessons = plans.lessons(tools.db, evidence).await?;
    let known = plans.known(tools, evidence).await?;
    let profile = plans.profile(tools.db, evidence).await?;
    let copy = tools.objects.local_copy(&evidence.digest).await?;
    let evidence = evidence.clone();
    let read = tokio::task::spawn_blocking(move || {
        let file = File::open(copy.path())?;
        let hints = Hints {
            filename: evidence.filename.as_deref(),
            timezone: evidence.timezone.as_deref().and_then(|zone| zone.parse().ok()),
            platform_timezone: profile.as_ref().map_or(chrono_tz::Asia::Shanghai, |profile| profile.zone()),
            profile: profile.as_ref(),
            window: window(&lessons),
            format: evidence.format.as_deref(),
            received_at: (evidence.format.as_deref() == Some(LIVE_FORMAT)).then_some(evidence.received_at),
            limits: Limits::default(),
        };
        read_file(file, &hints, &evidence, lessons.clone(), &known)
    });
    read.await.map_err(Error::internal)?
}

/// The span in which a log's times are to be looked for.
pub fn window(lessons: &[Lesson]) -> Option<(Time, Time)> {
    let first = lessons.iter().map(|lesson| lesson.starts_at).min()?;
    let last = lessons.iter().map(|lesson| lesson.ends_at).max()?;
    Some((first, last))
}

fn read_file(file: File, hints: &Hints<'_>, evidence: &Evidence, lessons: Vec<Lesson>, known: &Known) -> Result<(SegmentFile, Read)> {
    let mut writer = SegmentWriter::new()?;
    let mut people = People::default();
    let mut failure = None;
    let reading = attendance::read(file, hints, &mut |event| {
        let touched = match evidence.lesson {
            Some(lesson) => vec![lesson],
            None => touched(&lessons, &event),
        };
        let whose = known.whose(&event, &touched, &mut people);
        match push(&mut writer, event, evidence, &touched, whose, &known.secrets) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    match failure {
        Some(error) => Err(error),
        None => Ok((writer.finish()?, Read { reading, people, lessons })),
    }
}

/// One row of the lake per lesson that the event touches, so that a meeting left open over two lessons counts in both.
fn push(
    writer: &mut SegmentWriter,
    event: Event,
    evidence: &Evidence,
    lessons: &[LessonId],
    whose: Whose,
    secrets: &Secrets,
) -> Result<()> {
    let name = event.who.name.as_deref().map(|name| hex::encode(secrets.index(Indexed::SourceName, name)));
    let place = Place {
        evidence: evidence.id,
        platform: evidence.platform.clone(),
        provider: evidence.provider,
        class: evidence.class,
        lesson: lessons.first().copied(),
        received_at: evidence.received_at,
    };
    let mut row = EventRow::of(event, &place, whose.trainee, name);
    (row.matched_by, row.resolution) = (whose.by, whose.resolution);
    writer.push(&row)?;
    for lesson in lessons.iter().skip(1) {
        row.lesson = Some(*lesson);
        writer.push(&row)?;
    }
    Ok(())
}

/// Lessons whose window the span touches; a single moment between two lessons belongs to the next one. A recorded lesson is open for weeks beside
/// others, and a row that does not name it says nothing of its content: its logs are handed in for the lesson.
fn touched(lessons: &[Lesson], event: &Event) -> Vec<LessonId> {
    let (from, until) = (event.at, event.until.unwrap_or(event.at));
    let lessons: Vec<&Lesson> = lessons.iter().filter(|lesson| lesson.mode != Mode::Recorded).collect();
    let inside: Vec<_> =
        lessons.iter().filter(|lesson| from < lesson.ends_at && until >= lesson.starts_at).map(|lesson| lesson.id).collect();
    if !inside.is_empty() {
        // What is stated of several lessons at once is nothing that is stated of each.
        return if event.kind.is_stated() && inside.len() > 1 { Vec::new() } else { inside };
    }
    // People join a little early and leave a little late.
    const NEAR: i64 = 60 * crate::time::MINUTE;
    let distance = |lesson: &Lesson| if until < lesson.starts_at { lesson.starts_at.0 - until.0 } else { from.0 - lesson.ends_at.0 };
    let nearest = lessons.iter().filter(|lesson| distance(lesson) <= NEAR).min_by_key(|lesson| distance(lesson));
    nearest.map(|lesson| lesson.id).into_iter().collect()
}

/// The roster of a class as rows are held against it, in the clear.
pub async fn roster_of(db: &Db, secrets: &Secrets, class: ClassId) -> Result<Roster> {
    let trainees = roster::of_class(db, class).await?;
    let rows = trainees.iter().map(|trainee| {
        let personal = trainee.reveal(secrets)?;
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

/// Enters what reading a log came to, in the caller's transaction, and adds the lessons it touches.
async fn enter(
    tools: &Tools<'_>,
    tx: &mut Tx,
    evidence: &Evidence,
    outcome: Outcome,
    lessons: &mut BTreeSet<LessonId>,
    now: Time,
) -> Result<Option<KeptSegment>> {
    let (segment, read) = match outcome {
        Outcome::Read(segment, read) => (segment, *read),
        Outcome::Unreadable(why) => {
            if store::refused(tx, evidence.id, VERSION, why, now).await? {
                tools.jobs.after(tx, Change::EvidenceRefused, &evidence.id.to_string(), now).await?;
            }
            return Ok(None);
        }
    };
    let Read { reading, people, lessons: timetable } = read;
    if reading.refused_total > 0 && store::fact(tx, evidence.id, "log_refused").await? != Some(reading.refused_total.into()) {
        tools.jobs.after(tx, Change::EvidenceRefused, &evidence.id.to_string(), now).await?;
    }
    let mut facts = reading.facts;
    facts.insert("log_rows".to_owned(), reading.rows.into());
    facts.insert("log_accepted".to_owned(), reading.accepted.into());
    facts.insert("log_refused".to_owned(), reading.refused_total.into());
    facts.insert("log_people".to_owned(), people.fact());
    for row in sqlx::query(sql::LIVE_LESSONS).bind(evidence.id.to_string()).fetch_all(tx.conn()).await? {
        lessons.insert(row.id("lesson_id")?);
    }
    lessons.extend(segment.lessons());
    tools.lake.append(tx, evidence.id, &segment, tools.ids, now).await?;
    people.waiting.keep(tx, tools.secrets, evidence.id, evidence.class, &timetable).await?;
    for (name, value) in &facts {
        store::put_fact(tx, evidence.id, name, VERSION, value, now).await?;
    }
    store::analysed(tx, evidence.id, now, Some(reading.reader), &reading.assumptions).await?;
    Ok(Some(segment))
}
