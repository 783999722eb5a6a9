//! What tests of findings need beside the lake's world.

use crate::detect::{Filter, Finding, Ran, Rules, Window, list, run};
use crate::ids::{ClassId, EvidenceId, Ids, LessonId, TraineeId};
use crate::jobs::Jobs;
use crate::lake::testing::{MORNING, Sent, World, sql};
use crate::time::{Clock, DAY, MINUTE, Time};

/// Long after all lessons.
pub(super) const LATER: Time = Time(MORNING.0 + 100 * DAY);

/// Around all lessons.
pub(super) const WINDOW: Window = Window { since: Time(MORNING.0 - DAY), until: Time(MORNING.0 + 10 * DAY) };

/// A queue in which nothing follows anything.
pub(super) fn nobody() -> Jobs {
    Jobs::new(&[], Ids::new(Clock::System))
}

/// Minutes after the first lesson began.
pub(super) fn minute(minutes: i64) -> Time {
    MORNING.plus(minutes * MINUTE)
}

impl World {
    /// Runs the rule that most tests of runs look at.
    pub(super) async fn detect(&self, now: Time) -> Vec<Ran> {
        self.detect_by("missing-media", now).await
    }

    async fn detect_by(&self, rule: &str, now: Time) -> Vec<Ran> {
        run(&self.db, &self.lake, &Rules::builtin(), Some(rule), WINDOW, &self.ids, now).await.unwrap()
    }

    /// The findings of a rule that hold now.
    pub(super) async fn findings(&self, rule: &str) -> Vec<Finding> {
        let filter = Filter { rule: Some(rule.to_owned()), ..Filter::default() };
        list(&self.db, &Rules::builtin(), &filter, LATER).await.unwrap().items
    }

    /// What a rule finds, whatever was known before.
    pub(super) async fn found(&self, rule: &str) -> Vec<Finding> {
        self.lake.snapshot(LATER).await.unwrap();
        let ran = self.detect_by(rule, LATER).await;
        assert!(ran.iter().all(|ran| ran.error.is_none()), "{ran:?}");
        self.findings(rule).await
    }

    pub(super) async fn video(&self, class: ClassId, lesson: LessonId, bytes: &[u8], minutes: i64) -> EvidenceId {
        self.evidence(Sent { kind: "video", bytes, class, lesson: Some(lesson), trainee: None, received_at: minute(minutes) }).await
    }

    /// Says that a recording shares twelve minutes with an earlier one.
    pub(super) async fn shares(&self, later: EvidenceId, earlier: EvidenceId, tier: &str, because: &str) {
        let mut tx = self.db.begin().await.unwrap();
        let row = sqlx::query(sql::MATCH).bind(later.to_string()).bind(earlier.to_string()).bind("recording").bind(tier);
        row.bind(because).bind(12 * 60_000_i64).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A picture is what a recording shows at 1:02:03.
    pub(super) async fn shows(&self, picture: EvidenceId, recording: EvidenceId, tier: &str) {
        let mut tx = self.db.begin().await.unwrap();
        let row = sqlx::query(sql::MOMENT).bind(picture.to_string()).bind(recording.to_string()).bind(tier).bind(3_723_000_i64);
        row.execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(super) async fn picture(&self, class: ClassId, lesson: Option<LessonId>, bytes: &[u8], minutes: i64) -> EvidenceId {
        self.picture_of(class, lesson, None, bytes, minutes).await
    }

    pub(super) async fn picture_of(
        &self,
        class: ClassId,
        lesson: Option<LessonId>,
        trainee: Option<TraineeId>,
        bytes: &[u8],
        minutes: i64,
    ) -> EvidenceId {
        self.evidence(Sent { kind: "screenshot", bytes, class, lesson, trainee, received_at: minute(minutes) }).await
    }
}
