//! A small plan to rehearse on: classes, people, lessons, logs and media, named by what they are for.

use super::sql;
use crate::analyse::attendance::EventKind;
use crate::db::Db;
use crate::ids::{ClassId, EvidenceId, Ids, LessonId, PersonId, RunId, SegmentId, TraineeId};
use crate::jobs::{Change, Jobs};
use crate::link::{Attendance, Attended, Outcome, Reason, Trace, keep, settled, trace_of_lesson};
use crate::register::policy::Policies;
use crate::time::{Clock, MINUTE, SECOND, Time};
use sqlx::AssertSqlSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use storage::Digest;

/// 2020-03-03T08:00:00+08:00: minute 0.
const START: i64 = 1_583_193_600 * SECOND;

pub(super) struct Stage {
    pub(super) db: Db,
    pub(super) jobs: Jobs,
    ids: Ids,
    policies: Policies,
    clock: Arc<AtomicI64>,
}

pub(super) fn at(minute: i64) -> Time {
    Time(START + minute * MINUTE)
}

impl Stage {
    pub(super) fn on(db: Db) -> Stage {
        let clock = Arc::new(AtomicI64::new(START + 1_000_000 * MINUTE));
        let ids = Ids::new(Clock::Fixed(clock.clone()));
        let jobs = Jobs::new(&[(Change::LessonTouched, "link", 0), (Change::HoursCredited, "detect", 0)], ids.clone());
        Stage { db, jobs, ids, policies: Policies::builtin(), clock }
    }

    /// A new id, later than all before it.
    fn next<T: From<uuid::Uuid>>(&self) -> T {
        self.clock.fetch_add(MINUTE, Ordering::SeqCst);
        self.ids.next()
    }

    pub(super) fn now(&self) -> Time {
        Time(self.clock.fetch_add(MINUTE, Ordering::SeqCst))
    }

    async fn write(&self, statement: &'static str, values: &[Value]) {
        let mut tx = self.db.begin().await.expect("begins");
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for value in values {
            query = match value {
                Value::Text(text) => query.bind(text.clone()),
                Value::Int(int) => query.bind(*int),
                Value::Bytes(bytes) => query.bind(bytes.clone()),
            };
        }
        query.execute(tx.conn()).await.unwrap_or_else(|error| panic!("{error}\n{statement}"));
        tx.commit().await.expect("commits");
    }

    pub(super) async fn class(&self) -> ClassId {
        let (provider, class): (crate::ids::ProviderId, ClassId) = (self.next(), self.next());
        self.write(sql::PLATFORM, &["zoom".into()]).await;
        self.write(sql::PROVIDER, &[provider.into()]).await;
        self.write(sql::CLASS, &[class.into(), provider.into(), "zoom".into(), Value::Bytes(vec![0])]).await;
        class
    }

    pub(super) async fn person(&self) -> PersonId {
        let person: PersonId = self.next();
        self.write(sql::PERSON, &[person.into(), Value::Bytes(person.0.as_bytes().to_vec())]).await;
        person
    }

    pub(super) async fn trainee(&self, class: ClassId, person: PersonId) -> TraineeId {
        let trainee: TraineeId = self.next();
        self.write(sql::TRAINEE, &[trainee.into(), class.into(), person.into(), Value::Bytes(vec![0])]).await;
        trainee
    }

    pub(super) async fn lesson(&self, class: ClassId, from: i64, until: i64) -> LessonId {
        let lesson: LessonId = self.next();
        self.write(sql::LESSON, &[lesson.into(), class.into(), "live".into(), at(from).into(), at(until).into()]).await;
        lesson
    }

    pub(super) async fn move_lesson(&self, lesson: LessonId, from: i64, until: i64) {
        self.write(sql::MOVE_LESSON, &[lesson.into(), at(from).into(), at(until).into()]).await;
    }

    pub(super) async fn cancel(&self, lesson: LessonId) {
        self.write(sql::CANCEL_LESSON, &[lesson.into()]).await;
    }

    pub(super) async fn evidence(&self, kind: &str, class: ClassId, lesson: LessonId, from: i64) -> EvidenceId {
        let evidence: EvidenceId = self.next();
        let digest = Value::Bytes(evidence.0.as_bytes().to_vec());
        self.write(sql::EVIDENCE, &[evidence.into(), kind.into(), class.into(), lesson.into(), at(from).into(), digest]).await;
        evidence
    }

    pub(super) async fn fact(&self, evidence: EvidenceId, name: &str, value: &str) {
        self.write(sql::FACT, &[evidence.into(), name.into(), value.into()]).await;
    }

    pub(super) async fn segment(&self, evidence: EvidenceId, lesson: LessonId) {
        let segment: SegmentId = self.next();
        let digest = Value::Bytes(segment.0.as_bytes().to_vec());
        self.write(sql::SEGMENT, &[evidence.into(), segment.into(), digest]).await;
        self.write(sql::SEGMENT_LESSON, &[segment.into(), lesson.into()]).await;
    }

    pub(super) async fn forge_credit(&self, run: RunId) {
        self.write(sql::FORGE_CREDIT, &[run.into()]).await;
    }

    pub(super) async fn forge_digest(&self, run: RunId, digest: Digest) {
        self.write(sql::FORGE_DIGEST, &[run.into(), Value::Bytes(digest.0.to_vec())]).await;
    }

    /// Credits a lesson from these stays (trainee, minutes from and until) and keeps the result.
    pub(super) async fn credit(&self, lesson: LessonId, stays: &[(TraineeId, i64, i64)]) -> Outcome {
        let settled = settled(&self.db, &self.policies, lesson, attendance(stays)).await.expect("settles");
        keep(&self.db, &self.jobs, &self.ids, settled, self.now()).await.expect("keeps")
    }

    pub(super) async fn trace(&self, lesson: LessonId, trainee: TraineeId) -> Trace {
        trace_of_lesson(&self.db, lesson, Some(trainee)).await.expect("reads").pop().expect("a trace")
    }

    /// The spans of one trainee in one lesson, as `0-45 credited`.
    pub(super) async fn told(&self, lesson: LessonId, trainee: TraineeId) -> Vec<String> {
        let minute = |time: Time| (time.0 - START) / MINUTE;
        let told = |span: &crate::link::CreditSpan| {
            format!("{}-{} {}", minute(span.from), minute(span.until), span.reason.map_or("credited", Reason::code))
        };
        self.trace(lesson, trainee).await.spans.iter().map(told).collect()
    }
}

fn attendance(stays: &[(TraineeId, i64, i64)]) -> Attendance {
    let mut attendance = Attendance::new();
    for (row, &(trainee, from, until)) in (1..).zip(stays) {
        let evidence = EvidenceId(uuid::Uuid::from_u128(7));
        let stay = Attended {
            evidence,
            row,
            platform: "zoom".into(),
            device: None,
            kind: EventKind::Interval,
            at: at(from),
            until: Some(at(until)),
            position_ms: None,
            score: None,
            resolution: None,
        };
        attendance.entry(trainee).or_default().push(stay);
    }
    attendance
}

pub(super) enum Value {
    Text(String),
    Int(i64),
    Bytes(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Value {
        Value::Int(time.0)
    }
}

macro_rules! values {
    ($($id:ty),*) => {$(
        impl From<$id> for Value {
            fn from(id: $id) -> Value {
                Value::Text(id.to_string())
            }
        }
    )*};
}
values!(crate::ids::ProviderId, ClassId, PersonId, TraineeId, LessonId, EvidenceId, SegmentId, RunId);
