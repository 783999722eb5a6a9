//! A lesson with a log, a picture and credited hours, taken away and held against everything that can be done to it.

mod case;
mod forged;
mod made;
mod said;
mod signed;
pub(crate) mod sql;
mod zip;

use super::{Bundle, Report, Status, What, verify, write};
use crate::db::{Columns, Db};
use crate::ids::{ClassId, EvidenceId, LessonId, PersonId, TraineeId};
use crate::jobs::Jobs;
use crate::lake::testing::{MORNING, World, interval};
use crate::link;
use crate::register::policy::Policies;
use crate::seal::leaf::EvidenceLeaf;
use crate::seal::{self, Key, Leaf, Log};
use crate::time::{Clock, DAY, MINUTE, Time};
use bytes::Bytes;
use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use storage::Digest;
use uuid::Uuid;

/// Made the day after the lesson.
pub(crate) const NOW: Time = Time(MORNING.0 + DAY);
const LOG: &[u8] = b"name,join,leave\nA,09:00,09:45\nB,09:10,09:40\n";
const PICTURE: &[u8] = b"\xff\xd8 a picture of A";

/// The lesson and all around it.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) log: Log,
    pub(crate) class: ClassId,
    pub(crate) lesson: LessonId,
    /// A was there all the time, B half an hour.
    pub(crate) trainees: [TraineeId; 2],
    /// The log of the lesson.
    pub(crate) attendance: EvidenceId,
    /// A picture of A.
    pub(crate) picture: EvidenceId,
    jobs: Jobs,
}

impl Stage {
    pub(crate) async fn new(db: &Db) -> Stage {
        let world = World::new(db.clone());
        let clock = Clock::Fixed(Arc::new(AtomicI64::new(MORNING.0)));
        let key = Key::from_secret(&[7; 32], "example.org/log").expect("a key");
        let log = Log::open(world.db.clone(), world.objects.clone(), key, clock).await.expect("opens");
        let class = world.class().await;
        let lesson = world.lesson(class, MORNING).await;
        let a = world.trainee(class, PersonId(Uuid::from_u128(1))).await;
        let b = world.trainee(class, PersonId(Uuid::from_u128(2))).await;
        let jobs = Jobs::new(&[], world.ids.clone());
        let nobody = EvidenceId(Uuid::nil());
        let mut stage = Stage { world, log, class, lesson, trainees: [a, b], attendance: nobody, picture: nobody, jobs };
        stage.attendance = stage.keep("attendance", "text/csv", LOG, None).await;
        stage.picture = stage.keep("screenshot", "image/jpeg", PICTURE, Some(a)).await;
        stage.read().await;
        stage.credit().await.expect("credits");
        stage.log.turn().await.expect("seals");
        stage
    }

    /// Keeps evidence of the lesson as an upload does.
    pub(crate) async fn keep(&self, kind: &str, media_type: &str, bytes: &'static [u8], trainee: Option<TraineeId>) -> EvidenceId {
        let stored = self.world.objects.put_bytes(Bytes::from_static(bytes)).await.expect("keeps");
        let id: EvidenceId = self.world.ids.next();
        let received_at = MORNING.plus(60 * MINUTE);
        let leaf = Leaf::evidence(&EvidenceLeaf {
            evidence: id,
            evidence_kind: kind,
            digest: stored.digest,
            size: stored.size,
            media_type,
            submitter: "test",
            class: Some(self.class),
            lesson: Some(self.lesson),
            from: None,
            until: None,
            received_at,
        })
        .expect("fits");
        let mut tx = self.world.db.begin().await.expect("begins");
        let leaf = seal::stage(&mut tx, &leaf, &self.world.ids, received_at).await.expect("stages");
        sqlx::query(sql::EVIDENCE)
            .bind(id.to_string())
            .bind(kind)
            .bind(stored.digest.0.to_vec())
            .bind(stored.size as i64)
            .bind(media_type)
            .bind(self.class.to_string())
            .bind(self.lesson.to_string())
            .bind(trainee.map(|trainee| trainee.to_string()))
            .bind(received_at.0)
            .bind(leaf.to_string())
            .bind(Digest::of(id.to_string().as_bytes()).0.to_vec())
            .execute(tx.conn())
            .await
            .expect("inserts");
        tx.commit().await.expect("commits");
        id
    }

    /// Reads the log into the lake, as its job does.
    pub(crate) async fn read(&self) {
        let [a, b] = self.trainees;
        let minute = |minute| MORNING.plus(minute * MINUTE);
        let rows = [
            interval(self.attendance, self.class, self.lesson, 2, a, minute(0), minute(45)),
            interval(self.attendance, self.class, self.lesson, 3, b, minute(10), minute(40)),
        ];
        self.world.read_into_lake(self.attendance, &rows, MORNING).await;
    }

    /// Adds logs of another lesson until the class is worth a pack, and packs it; the pack's object.
    pub(crate) async fn pack(&self) -> Digest {
        let other = self.world.lesson(self.class, MORNING.plus(DAY)).await;
        for log in ["1", "2", "3", "4", "5", "6", "7"] {
            let evidence = self.keep("attendance", "text/csv", log.as_bytes(), None).await;
            let row = interval(evidence, self.class, other, 1, self.trainees[0], MORNING.plus(DAY), MORNING.plus(DAY + MINUTE));
            self.world.read_into_lake(evidence, &[row], MORNING).await;
        }
        self.log.turn().await.expect("seals");
        assert_eq!(self.world.lake.compact(self.class, &self.world.ids, MORNING).await.expect("packs").files, 8);
        let row = sqlx::query(sql::PACK).fetch_one(self.world.db.read()).await.expect("a pack");
        row.digest("digest").expect("a digest")
    }

    /// Credits the lesson, as its job does.
    pub(crate) async fn credit(&self) -> crate::error::Result<()> {
        let World { db, lake, ids, .. } = &self.world;
        link::run(db, lake, &self.jobs, ids, &Policies::builtin(), self.lesson, MORNING.plus(120 * MINUTE)).await.map(drop)
    }

    /// Runs a statement that takes the lesson's or a piece of evidence's id, and a digest.
    pub(crate) async fn damage(&self, statement: &'static str, id: impl ToString, digest: Option<Digest>) {
        let mut tx = self.world.db.begin().await.expect("begins");
        let mut query = sqlx::query(statement).bind(id.to_string());
        if let Some(digest) = digest {
            query = query.bind(digest.0.to_vec());
        }
        query.execute(tx.conn()).await.expect("writes");
        tx.commit().await.expect("commits");
    }

    /// Runs a statement that takes an id and a text.
    async fn damage_text(&self, statement: &'static str, id: impl ToString, text: &str) {
        let mut tx = self.world.db.begin().await.expect("begins");
        sqlx::query(statement).bind(id.to_string()).bind(text).execute(tx.conn()).await.expect("writes");
        tx.commit().await.expect("commits");
    }

    async fn bundle(&self, what: What) -> Bundle {
        write(&self.world.db, &self.world.objects, &self.log, what, &Policies::builtin(), NOW).await.expect("writes")
    }

    async fn bytes(&self, what: What) -> Vec<u8> {
        let mut bundle = self.bundle(what).await;
        let mut bytes = Vec::new();
        bundle.file.read_to_end(&mut bytes).expect("reads");
        assert_eq!(bytes.len() as u64, bundle.size);
        bytes
    }

    fn verify(&self, bytes: &[u8]) -> Report {
        verify(&mut Cursor::new(bytes), &self.log.trust()).expect("reads")
    }
}

/// Every line that is no proof, and how many are.
fn told(report: &Report) -> Vec<String> {
    let faults = report.items.iter().filter(|item| item.status > Status::IntegrityOnly).map(ToString::to_string);
    faults.chain([format!("{} proven, {} integrity-only", report.count(Status::Proven), report.count(Status::IntegrityOnly))]).collect()
}
