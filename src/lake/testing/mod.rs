//! A small world for tests of the lake and of what stands on it.

pub(crate) mod sql;

use super::query::{Limits, Parameters};
use super::{EventRow, Lake, Place, SegmentWriter, files, snapshot, storage_error};
use crate::analyse::attendance::{Event, EventKind, Who};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{ClassId, EvidenceId, Ids, LessonId, PersonId, ProviderId, RunId, TraineeId};
use crate::time::{Clock, MINUTE, Time};
use datafusion::arrow::array::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use storage::{Digest, Faults, Objects, Put};

/// 2020-03-03 09:00 in Shanghai.
pub(crate) const MORNING: Time = Time(1_583_197_200_000_000);

/// Files of events.
pub(crate) struct Attendance(Arc<Vec<files::File>>);

/// A lake with a plan that tests write into.
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) objects: Objects,
    pub(crate) faults: Faults,
    pub(crate) lake: Lake,
    pub(crate) ids: Ids,
}

/// What a piece of evidence is.
pub(crate) struct Sent<'a> {
    pub(crate) kind: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) class: ClassId,
    pub(crate) lesson: Option<LessonId>,
    pub(crate) trainee: Option<TraineeId>,
    pub(crate) received_at: Time,
}

impl World {
    pub(crate) fn new(db: Db) -> World {
        let (objects, faults) = Objects::memory();
        let clock = Clock::Fixed(Arc::new(AtomicI64::new(MORNING.0)));
        World { lake: Lake::new(db.clone(), objects.clone()), db, objects, faults, ids: Ids::new(clock) }
    }

    pub(crate) async fn class(&self) -> ClassId {
        let provider: ProviderId = self.ids.next();
        let id: ClassId = self.ids.next();
        let mut tx = self.db.begin().await.unwrap();
        sqlx::query(sql::PLATFORM).bind("sx-zxpx").execute(tx.conn()).await.unwrap();
        sqlx::query(sql::PROVIDER).bind(provider.to_string()).execute(tx.conn()).await.unwrap();
        let class = sqlx::query(sql::CLASS).bind(id.to_string()).bind(provider.to_string()).bind("sx-zxpx").bind(vec![0; 32]);
        class.execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub(crate) async fn trainee(&self, class: ClassId, person: PersonId) -> TraineeId {
        let id: TraineeId = self.ids.next();
        let bytes = Digest::of(person.to_string().as_bytes()).0.to_vec();
        let mut tx = self.db.begin().await.unwrap();
        sqlx::query(sql::PERSON).bind(person.to_string()).bind(bytes.clone()).execute(tx.conn()).await.unwrap();
        let trainee = sqlx::query(sql::TRAINEE).bind(id.to_string()).bind(class.to_string()).bind(person.to_string()).bind(bytes);
        trainee.execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A lesson of 45 minutes and one lesson hour.
    pub(crate) async fn lesson(&self, class: ClassId, starts: Time) -> LessonId {
        let id: LessonId = self.ids.next();
        let mut tx = self.db.begin().await.unwrap();
        let ends = starts.plus(45 * MINUTE);
        let lesson = sqlx::query(sql::LESSON).bind(id.to_string()).bind(class.to_string()).bind(starts.0).bind(ends.0);
        lesson.execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub(crate) async fn evidence(&self, sent: Sent<'_>) -> EvidenceId {
        let id: EvidenceId = self.ids.next();
        let mut tx = self.db.begin().await.unwrap();
        sqlx::query(sql::EVIDENCE)
            .bind(id.to_string())
            .bind(Digest::of(id.to_string().as_bytes()).0.to_vec())
            .bind(sent.kind)
            .bind(Digest::of(sent.bytes).0.to_vec())
            .bind("application/octet-stream")
            .bind(sent.class.to_string())
            .bind(sent.lesson.map(|lesson| lesson.to_string()))
            .bind(id.to_string())
            .bind(sent.received_at.0)
            .bind(sent.trainee.map(|trainee| trainee.to_string()))
            .execute(tx.conn())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Gives a piece of evidence the leaf that it names, as the catalogue wants to see it.
    pub(crate) async fn leaf_of(&self, evidence: EvidenceId) {
        let mut tx = self.db.begin().await.unwrap();
        sqlx::query(sql::LEAF).bind(evidence.to_string()).bind(&b"{}"[..]).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A log of a lesson.
    pub(crate) async fn log(&self, class: ClassId, lesson: LessonId) -> EvidenceId {
        let received_at = MORNING.plus(60 * MINUTE);
        self.evidence(Sent { kind: "attendance", bytes: b"log", class, lesson: Some(lesson), trainee: None, received_at }).await
    }

    /// The only credit of a lesson: 40 minutes of 45.
    pub(crate) async fn credit(&self, class: ClassId, lesson: LessonId, trainee: TraineeId, hours_milli: i64) {
        let run: RunId = self.ids.next();
        let spans = format!(
            r#"[{{"kind":"credited","from":"{0}","until":"{1}","evidence":[]}},{{"kind":"uncredited","from":"{1}","until":"{2}","reason":"left_early","evidence":[]}}]"#,
            MORNING,
            MORNING.plus(40 * MINUTE),
            MORNING.plus(45 * MINUTE)
        );
        let mut tx = self.db.begin().await.unwrap();
        let of = sqlx::query(sql::CREDIT_RUN).bind(run.to_string()).bind(lesson.to_string()).bind(vec![0; 32]);
        of.execute(tx.conn()).await.unwrap();
        let credit = sqlx::query(sql::CREDIT).bind(run.to_string()).bind(class.to_string()).bind(lesson.to_string());
        credit.bind(trainee.to_string()).bind(hours_milli).bind(spans).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(crate) async fn fact(&self, evidence: EvidenceId, name: &str, value: &str) {
        let mut tx = self.db.begin().await.unwrap();
        sqlx::query(sql::FACT).bind(evidence.to_string()).bind(name).bind(value).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Makes the tables of the lake those given, and no others; gives the files of `attendance`.
    pub(crate) async fn set(&self, tables: &BTreeMap<&'static str, RecordBatch>) -> Result<Attendance> {
        let mut attendance = Vec::new();
        let mut tx = self.db.begin().await?;
        sqlx::query(sql::NO_SNAPSHOTS).execute(tx.conn()).await?;
        for (name, rows) in tables {
            let mut bytes = Vec::new();
            let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), None).map_err(Error::internal)?;
            writer.write(rows).map_err(Error::internal)?;
            writer.close().map_err(Error::internal)?;
            let size = bytes.len() as u64;
            let body = futures::stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(bytes))]);
            let digest = self.objects.put(body, Put::default()).await.map_err(storage_error)?.digest;
            if *name == "attendance" {
                attendance.push(files::snapshot(digest, size, rows.num_rows() as u64));
            } else {
                let kept = sqlx::query(snapshot::sql::KEEP).bind(*name).bind(digest.0.to_vec()).bind(rows.num_rows() as i64).bind(0_i64);
                kept.execute(tx.conn()).await?;
            }
        }
        tx.commit().await?;
        Ok(Attendance(Arc::new(attendance)))
    }

    /// Asks the lake where `attendance` consists of these files.
    pub(crate) async fn ask(&self, attendance: &Attendance, text: &str, values: Parameters, limits: Limits) -> Result<Vec<RecordBatch>> {
        self.lake.query_over(Some(Arc::clone(&attendance.0)), text, values, limits).await?.collect().await
    }

    /// Puts rows into the lake as the reading of their evidence.
    pub(crate) async fn read_into_lake(&self, evidence: EvidenceId, rows: &[EventRow], now: Time) {
        let kept = self.lake.keep(evidence, segment(rows)).await.unwrap();
        let mut tx = self.db.begin().await.unwrap();
        self.lake.append(&mut tx, evidence, &kept, &self.ids, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// One log that says who was in a lesson from when to when.
    pub(crate) async fn attended(&self, class: ClassId, lesson: LessonId, who: &[(TraineeId, Time, Time)]) -> EvidenceId {
        let evidence = self.log(class, lesson).await;
        let rows: Vec<EventRow> =
            (1..).zip(who).map(|(row, (trainee, from, until))| interval(evidence, class, lesson, row, *trainee, *from, *until)).collect();
        self.read_into_lake(evidence, &rows, MORNING).await;
        evidence
    }
}

pub(crate) fn interval(
    evidence: EvidenceId,
    class: ClassId,
    lesson: LessonId,
    row: u64,
    trainee: TraineeId,
    from: Time,
    until: Time,
) -> EventRow {
    let mut event = Event::new(row, Who::default(), EventKind::Interval, from);
    event.until = Some(until);
    let place =
        Place { evidence, platform: Some("sx-zxpx".into()), provider: None, class: Some(class), lesson: Some(lesson), received_at: until };
    EventRow::of(event, &place, Some(trainee), None)
}

pub(crate) fn segment(rows: &[EventRow]) -> super::SegmentFile {
    let mut writer = SegmentWriter::new().unwrap();
    for row in rows {
        writer.push(row).unwrap();
    }
    writer.finish().unwrap()
}
