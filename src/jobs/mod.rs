//! The queue in the database: a job is committed with the change that asks for it, so neither can exist without the other.
//!
//! A stage announces a [`Change`]; the tables in `pipeline.rs` say which job follows, and who outside is told (`tell/`). At most one *waiting* job exists per kind and
//! key, so a burst of changes to one lesson is one recalculation. A job is leased to a worker, renewed while it runs, and given
//! back when the worker dies. Every job may run twice. After [`MAX_ATTEMPTS`] failures it is *dead*: kept with its error until a
//! person retries or removes it.

mod pace;
pub(crate) mod sql;
mod worker;

pub use worker::{Handler, work};

use crate::db::{Db, Engine, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{Ids, JobId};
use crate::time::{SECOND, Time};
use pace::Pace;
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};

/// How long a worker holds a job before another may take it, unless renewed.
pub const LEASE: i64 = 30 * SECOND;
/// Failures after which a job is dead.
pub const MAX_ATTEMPTS: i64 = 8;
/// Jobs of one kind that are done in one, at most.
const MOST_TOGETHER: i64 = 5_000;
/// So long the kind that is done together waits while there is anything else to do, which mostly is what asks for it again.
const PATIENCE: i64 = 60 * SECOND;
/// Longest wait between two attempts.
const MAX_BACKOFF: i64 = 600 * SECOND;

/// What a stage announces. The key that goes with it names the thing that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// An attendance log was kept, or is to be read again (key: evidence id).
    LogKept,
    /// Live events of a class were kept (key: class id).
    LiveKept,
    /// A video or picture was kept (key: evidence id).
    MediaKept,
    /// A picture or video was measured, or one like it that came earlier (key: evidence id).
    MediaMeasured,
    /// Of a video only keyframes were seen yet (key: evidence id).
    GlancedAt,
    /// A picture or recording of a class was found to be one that came before (key: class id).
    MatchFound,
    /// The roster or the timetable of a class changed, or a person said who somebody is (key: class id): who is who has to be asked again.
    PlanChanged,
    /// An opening application was decided, or a decision still lacks its letter (key: decision id).
    Decided,
    /// An approved plan was amended (key: amendment id).
    PlanAmended,
    /// A log of a class became a segment of the lake (key: class id).
    SegmentAdded,
    /// What is known of a lesson changed: its time, its events or its media (key: lesson id).
    LessonTouched,
    /// Live events of a lesson were read, and more are likely to come (key: lesson id).
    LessonGoesOn,
    /// The hours of a lesson were calculated anew, or what they rest on is not what it was (key: lesson id).
    HoursCredited,
    /// Evidence was kept, for the first time (key: evidence id).
    EvidenceKept,
    /// Analysis refused evidence, or rows of it, other than it did before (key: evidence id).
    EvidenceRefused,
    /// A list of another office came that speaks of somebody of a class, or did so before (key: class id).
    ListBroughtIn,
    /// The rules ran, or the tables of the lake are older than queries may see them (key: `lake`).
    LakeBehind,
    /// A person said what came of a finding (key: finding id).
    FindingJudged,
    /// There is a new key to personal data (key: its number).
    KeyAdded,
    /// What a lesson is credited, or on which evidence, is not what it was (key: lesson id).
    RunKept,
}

/// A row of a table in `pipeline.rs`: the change, the job or event that follows, and how long it waits for more of the same (microseconds).
pub type Follow = (Change, &'static str, i64);

/// A job as the queue holds it.
#[derive(Clone, Debug, Serialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What is to be done: a job name such as `analyse`.
    pub kind: String,
    /// What it is about: an id.
    pub key: String,
    /// `waiting`, `running` or `dead`.
    pub state: String,
    /// Not before this time.
    pub run_at: Time,
    /// How often it was started.
    pub attempts: i64,
    /// What the last attempt failed with; the public sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Time,
    /// The keys of the jobs of its kind that are done with it, where the kind is [`Jobs::together`].
    #[serde(skip)]
    pub with: Vec<String>,
}

/// The queue. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Jobs {
    follow: &'static [Follow],
    tell: &'static [Follow],
    ids: Ids,
    woken: Arc<Notify>,
    news: Arc<Notify>,
    pace: Arc<Pace>,
    /// The kind that is done one at a time, or nothing, and the place for it.
    long: &'static str,
    place: Arc<Semaphore>,
    /// The kind of which one job does all that are due, or nothing.
    together: &'static str,
}

impl Jobs {
    /// A queue whose changes are followed as the table says.
    pub fn new(follow: &'static [Follow], ids: Ids) -> Jobs {
        Jobs {
            follow,
            tell: &[],
            ids,
            woken: Arc::new(Notify::new()),
            news: Arc::new(Notify::new()),
            pace: Arc::default(),
            long: "",
            place: Arc::new(Semaphore::new(1)),
            together: "",
        }
    }

    /// The same, with events that outsiders are told of after a change.
    pub fn telling(self, tell: &'static [Follow]) -> Jobs {
        Jobs { tell, ..self }
    }

    /// Asks, in the change's own transaction, for the jobs that follow it, and that those who asked for its event are told.
    pub async fn after(&self, tx: &mut Tx, change: Change, key: &str, now: Time) -> Result<()> {
        if change == Change::LiveKept {
            self.pace.live(now);
        }
        for (_, kind, wait) in self.follow.iter().filter(|(follows, _, _)| *follows == change) {
            self.enqueue(tx, kind, key, now.plus(self.pace.wait(kind, *wait, now))).await?;
        }
        for (_, event, wait) in self.tell.iter().filter(|(follows, _, _)| *follows == change) {
            self.announce(tx, event, key, now, now.plus(*wait)).await?;
        }
        Ok(())
    }

    /// Keeps that there is something to tell, where anybody asked for such events; once for all that come before it is written.
    async fn announce(&self, tx: &mut Tx, event: &str, key: &str, now: Time, due: Time) -> Result<()> {
        let id: uuid::Uuid = self.ids.next();
        let kept = sqlx::query(sql::ANNOUNCE).bind(id.to_string()).bind(event).bind(key).bind(now.0).bind(due.0).execute(tx.conn()).await?;
        if kept.rows_affected() > 0 {
            self.news.notify_one();
        }
        Ok(())
    }

    /// Woken when there may be something to tell.
    pub fn news(&self) -> Arc<Notify> {
        self.news.clone()
    }

    /// Asks for one job, unless the same is already waiting.
    pub async fn enqueue(&self, tx: &mut Tx, kind: &str, key: &str, run_at: Time) -> Result<()> {
        let id: JobId = self.ids.next();
        sqlx::query(sql::ENQUEUE).bind(id.to_string()).bind(kind).bind(key).bind(run_at.0).execute(tx.conn()).await?;
        self.woken.notify_one();
        Ok(())
    }

    /// The same, with a kind that takes minutes: a server does one of them at a time, so that others always find a worker.
    pub fn one_at_a_time(self, kind: &'static str) -> Jobs {
        Jobs { long: kind, ..self }
    }

    /// The same, with a kind whose jobs cost little more together than one of them alone: whoever does one does all that are due. One is done at a time, when
    /// nothing else is to be done, or after a minute.
    pub fn together(self, kind: &'static str) -> Jobs {
        Jobs { together: kind, ..self }
    }

    /// Leases more jobs of a kind to a worker that has one of them.
    async fn claim_more(&self, db: &Db, kind: &str, now: Time) -> Result<Vec<Job>> {
        let statement = match db.engine() {
            Engine::Sqlite => sql::CLAIM_MORE_SQLITE,
            Engine::Postgres => sql::CLAIM_MORE_POSTGRES,
        };
        let mut tx = db.begin().await?;
        let claim = sqlx::query(statement).bind(now.0).bind(now.plus(LEASE).0).bind(kind).bind(MOST_TOGETHER);
        let rows = claim.fetch_all(tx.conn()).await?;
        tx.commit().await?;
        rows.iter().map(job).collect()
    }

    /// Leases the next due job to the caller, but for those of a kind.
    async fn claim(&self, db: &Db, but: &str, now: Time) -> Result<Option<Job>> {
        let statement = match db.engine() {
            Engine::Sqlite => sql::CLAIM_SQLITE,
            Engine::Postgres => sql::CLAIM_POSTGRES,
        };
        // Looking first costs no write lock while there is nothing to do.
        if sqlx::query(sql::ANY_DUE).bind(now.0).bind(but).fetch_optional(db.read()).await?.is_none() {
            return Ok(None);
        }
        let mut tx = db.begin().await?;
        let claim = sqlx::query(statement).bind(now.0).bind(now.plus(LEASE).0).bind(but).bind(self.together).bind(now.plus(-PATIENCE).0);
        let row = claim.fetch_optional(tx.conn()).await?;
        tx.commit().await?;
        row.as_ref().map(job).transpose()
    }

    /// Takes a finished job out of the queue.
    async fn finish(&self, db: &Db, id: JobId) -> Result<()> {
        let mut tx = db.begin().await?;
        sqlx::query(sql::REMOVE).bind(id.to_string()).execute(tx.conn()).await?;
        tx.commit().await
    }

    /// Keeps the lease of a job that still runs.
    async fn renew(&self, db: &Db, id: JobId, now: Time) -> Result<()> {
        let mut tx = db.begin().await?;
        sqlx::query(sql::RENEW).bind(id.to_string()).bind(now.plus(LEASE).0).execute(tx.conn()).await?;
        tx.commit().await
    }

    /// Puts a failed job back with a growing wait, or to the dead.
    async fn fail(&self, db: &Db, failed: &Job, error: &str, now: Time) -> Result<()> {
        let mut tx = db.begin().await?;
        let id = failed.id.to_string();
        if failed.attempts >= MAX_ATTEMPTS {
            sqlx::query(sql::BURY).bind(&id).bind(error).execute(tx.conn()).await?;
        } else {
            let again = now.plus(backoff(failed.attempts)).0;
            let put_back = sqlx::query(sql::PUT_BACK).bind(&id).bind(again).bind(error).execute(tx.conn()).await?;
            if put_back.rows_affected() == 0 {
                // The same job was asked for again meanwhile; that one will do it.
                sqlx::query(sql::REMOVE).bind(&id).execute(tx.conn()).await?;
            }
        }
        tx.commit().await
    }

    /// Gives jobs back whose worker died.
    async fn reclaim(&self, db: &Db, now: Time) -> Result<()> {
        let lost = sqlx::query(sql::LOST).bind(now.0).fetch_all(db.read()).await?;
        for row in &lost {
            self.fail(db, &job(row)?, "The worker stopped before it was done.", now).await?;
        }
        Ok(())
    }

    /// Jobs by state, oldest first: `open` means waiting or running.
    pub async fn list(&self, db: &Db, state: &str, limit: i64) -> Result<Vec<Job>> {
        let (first, second) = match state {
            "open" => ("waiting", "running"),
            "waiting" | "running" | "dead" => (state, state),
            _ => return Err(Error::new(&codes::INVALID, "state is one of open, waiting, running, dead.")),
        };
        let rows = sqlx::query(sql::LIST).bind(first).bind(second).bind(limit).fetch_all(db.read()).await?;
        rows.iter().map(job).collect()
    }

    /// Gives a dead job a new chance.
    pub async fn retry(&self, db: &Db, id: JobId, now: Time) -> Result<()> {
        let mut tx = db.begin().await?;
        let done = sqlx::query(sql::REVIVE).bind(id.to_string()).bind(now.0).execute(tx.conn()).await?;
        if done.rows_affected() == 0 {
            return Err(Error::new(&codes::NOT_FOUND, "No dead job has this id, or the same job is already waiting."));
        }
        tx.commit().await?;
        self.woken.notify_one();
        Ok(())
    }
}

/// 1 s, 2 s, 4 s … up to [`MAX_BACKOFF`].
fn backoff(attempts: i64) -> i64 {
    (SECOND << attempts.clamp(1, 20).saturating_sub(1)).min(MAX_BACKOFF)
}

fn job(row: &AnyRow) -> Result<Job> {
    Ok(Job {
        id: row.get::<String, _>("id").parse().map_err(Error::internal)?,
        kind: row.get("kind"),
        key: row.get("key"),
        state: row.get("state"),
        run_at: Time(row.get("run_at")),
        attempts: row.get("attempts"),
        error: row.get("error"),
        created_at: Time(row.get("created_at")),
        with: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::each_engine;
    use crate::time::Clock;

    const FOLLOW: &[Follow] = &[(Change::LogKept, "analyse", 0), (Change::LessonTouched, "link", 0)];

    fn queue() -> Jobs {
        Jobs::new(FOLLOW, Ids::new(Clock::System))
    }

    async fn ask(db: &Db, jobs: &Jobs, change: Change, key: &str) {
        let mut tx = db.begin().await.expect("begins");
        jobs.after(&mut tx, change, key, Time(1)).await.expect("asked");
        tx.commit().await.expect("commits");
    }

    #[tokio::test]
    async fn a_job_exists_only_if_its_change_was_committed() {
        each_engine(async |db| {
            let jobs = queue();
            let mut tx = db.begin().await.expect("begins");
            jobs.after(&mut tx, Change::LogKept, "a", Time(1)).await.expect("asked");
            drop(tx);
            assert!(jobs.claim(&db, "", Time(2)).await.expect("claims").is_none());
            ask(&db, &jobs, Change::LogKept, "a").await;
            assert_eq!(jobs.claim(&db, "", Time(2)).await.expect("claims").expect("a job").kind, "analyse");
            assert!(jobs.claim(&db, "", Time(2)).await.expect("claims").is_none(), "a leased job is nobody else's");
        })
        .await;
    }

    /// Where one writer waits for another anyway, nothing can be taken meanwhile.
    #[tokio::test]
    async fn a_waiting_job_is_not_taken_while_a_change_that_asks_for_it_is_not_committed() {
        each_engine(async |db| {
            if db.engine() == Engine::Sqlite {
                return;
            }
            let jobs = queue();
            ask(&db, &jobs, Change::LessonTouched, "l").await;
            let mut tx = db.begin().await.expect("begins");
            jobs.after(&mut tx, Change::LessonTouched, "l", Time(1)).await.expect("asked");
            assert!(jobs.claim(&db, "", Time(2)).await.expect("claims").is_none(), "who took it now would not see the change");
            tx.commit().await.expect("commits");
            assert!(jobs.claim(&db, "", Time(2)).await.expect("claims").is_some());
        })
        .await;
    }

    #[tokio::test]
    async fn a_burst_of_changes_to_one_thing_is_one_job_and_one_more_when_it_runs() {
        each_engine(async |db| {
            let jobs = queue();
            ask(&db, &jobs, Change::LessonTouched, "l").await;
            ask(&db, &jobs, Change::LessonTouched, "l").await;
            let running = jobs.claim(&db, "", Time(2)).await.expect("claims").expect("a job");
            ask(&db, &jobs, Change::LessonTouched, "l").await;
            assert!(jobs.claim(&db, "", Time(2)).await.expect("claims").is_none(), "not twice at the same time");
            jobs.finish(&db, running.id).await.expect("finishes");
            let again = jobs.claim(&db, "", Time(2)).await.expect("claims").expect("the change that came while it ran");
            jobs.finish(&db, again.id).await.expect("finishes");
            assert!(jobs.list(&db, "open", 10).await.expect("lists").is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn a_job_that_keeps_failing_waits_longer_and_dies_where_a_person_sees_it_and_can_revive_it() {
        each_engine(async |db| {
            let jobs = queue();
            ask(&db, &jobs, Change::LogKept, "a").await;
            let mut now = Time(1);
            for attempt in 1..=MAX_ATTEMPTS {
                let leased = jobs.claim(&db, "", now).await.expect("claims").expect("a job");
                assert_eq!(leased.attempts, attempt);
                jobs.fail(&db, &leased, "It broke.", now).await.expect("fails");
                assert!(jobs.claim(&db, "", now).await.expect("claims").is_none(), "not at once again");
                now = now.plus(MAX_BACKOFF);
            }
            let dead = jobs.list(&db, "dead", 10).await.expect("lists");
            assert_eq!((dead.len(), dead[0].error.as_deref()), (1, Some("It broke.")));
            jobs.retry(&db, dead[0].id, now).await.expect("revives");
            assert_eq!(jobs.claim(&db, "", now).await.expect("claims").expect("revived").attempts, 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_kind_that_is_spared_waits_and_the_others_do_not() {
        each_engine(async |db| {
            let jobs = queue();
            ask(&db, &jobs, Change::LogKept, "a").await;
            ask(&db, &jobs, Change::LessonTouched, "l").await;
            let first = jobs.claim(&db, "analyse", Time(2)).await.expect("claims").expect("a job");
            assert_eq!(first.kind, "link");
            assert!(jobs.claim(&db, "analyse", Time(2)).await.expect("claims").is_none());
            assert_eq!(jobs.claim(&db, "", Time(2)).await.expect("claims").expect("a job").kind, "analyse");
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_done_together_waits_until_nothing_else_is_to_be_done_and_a_minute_at_most() {
        each_engine(async |db| {
            let jobs = queue().together("link");
            ask(&db, &jobs, Change::LessonTouched, "l").await;
            ask(&db, &jobs, Change::LogKept, "a").await;
            let other = jobs.claim(&db, "", Time(2)).await.expect("claims").expect("a job");
            assert_eq!(other.kind, "analyse", "though it was asked for later");
            assert!(jobs.claim(&db, "", Time(3)).await.expect("claims").is_none(), "the other runs");
            let late = Time(1).plus(PATIENCE);
            let first = jobs.claim(&db, "", late).await.expect("claims").expect("a job");
            assert_eq!(first.kind, "link", "but not for ever");
            ask(&db, &jobs, Change::LessonTouched, "m").await;
            assert!(jobs.claim(&db, "", Time(3)).await.expect("claims").is_none());
            jobs.finish(&db, other.id).await.expect("finishes");
            assert!(jobs.claim(&db, "", late.plus(1)).await.expect("claims").is_none(), "one at a time");
            jobs.finish(&db, first.id).await.expect("finishes");
            assert_eq!(jobs.claim(&db, "", Time(3)).await.expect("claims").expect("a job").key, "m", "nothing else is to be done");
        })
        .await;
    }

    #[tokio::test]
    async fn whoever_has_one_job_of_a_kind_is_given_all_that_are_due_and_each_waits_for_its_twin() {
        each_engine(async |db| {
            let jobs = queue();
            for key in ["a", "b", "c"] {
                ask(&db, &jobs, Change::LessonTouched, key).await;
            }
            ask(&db, &jobs, Change::LogKept, "d").await;
            let first = jobs.claim(&db, "analyse", Time(2)).await.expect("claims").expect("a job");
            ask(&db, &jobs, Change::LessonTouched, &first.key).await;
            let mut keys: Vec<String> =
                jobs.claim_more(&db, "link", Time(2)).await.expect("claims").into_iter().map(|job| job.key).collect();
            keys.push(first.key);
            keys.sort();
            assert_eq!(keys, ["a", "b", "c"], "the other kind is not among them, nor the one that came again while it runs");
            assert!(jobs.claim_more(&db, "link", Time(2)).await.expect("claims").is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn a_job_of_a_dead_worker_is_given_back_after_its_lease() {
        each_engine(async |db| {
            let jobs = queue();
            ask(&db, &jobs, Change::LogKept, "a").await;
            jobs.claim(&db, "", Time(1)).await.expect("claims").expect("a job");
            jobs.reclaim(&db, Time(LEASE)).await.expect("looks");
            assert!(jobs.list(&db, "waiting", 10).await.expect("lists").is_empty(), "the lease still holds");
            jobs.reclaim(&db, Time(2 + LEASE)).await.expect("looks");
            assert_eq!(jobs.list(&db, "waiting", 10).await.expect("lists").len(), 1);
        })
        .await;
    }

    const TELL: &[Follow] = &[(Change::RunKept, "hours.credited", 5)];

    async fn messages(db: &Db) -> Vec<(String, i64, i64)> {
        let rows = sqlx::query("select key, at, due_at from webhook_message order by id").fetch_all(db.read()).await.expect("reads");
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }

    #[tokio::test]
    async fn a_change_leaves_something_to_tell_only_where_somebody_asked_and_once_until_it_is_written() {
        each_engine(async |db| {
            let jobs = queue().telling(TELL);
            ask(&db, &jobs, Change::RunKept, "l").await;
            assert_eq!(messages(&db).await, [], "nobody asked");
            let mut tx = db.begin().await.expect("begins");
            let hook = "insert into webhook (id, name, events, url_sealed, secret_sealed, created_by, created_at) values ('w', 'w', '', $1, $1, '', 0)";
            sqlx::query(hook).bind(vec![1_u8]).execute(tx.conn()).await.expect("runs");
            sqlx::query("insert into webhook_event (event, webhook_id) values ('hours.credited', 'w')").execute(tx.conn()).await.expect("runs");
            tx.commit().await.expect("commits");
            let mut tx = db.begin().await.expect("begins");
            jobs.after(&mut tx, Change::RunKept, "undone", Time(1)).await.expect("asked");
            drop(tx);
            ask(&db, &jobs, Change::LogKept, "other").await;
            ask(&db, &jobs, Change::RunKept, "l").await;
            let mut tx = db.begin().await.expect("begins");
            jobs.after(&mut tx, Change::RunKept, "l", Time(3)).await.expect("asked");
            tx.commit().await.expect("commits");
            assert_eq!(messages(&db).await, [("l".to_owned(), 3, 6)], "told once, of the newest, no later than it was due");
        })
        .await;
    }
}
