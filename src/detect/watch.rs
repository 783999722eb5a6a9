//! Runs of the rules: how far one has come, and whether somebody asked it to stop.

use super::run::Ran;
use super::sql;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::Ids;
use crate::register::trail;
use crate::time::{DAY, Time};
use serde::Serialize;
use sqlx::Row;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long it is remembered that a run took place.
const REMEMBERED: i64 = 90 * DAY;

/// How often a run looks whether it is to stop.
const LOOK: Duration = Duration::from_secs(1);

/// A run as it goes.
pub(super) struct Watch<'a> {
    db: &'a Db,
    id: Uuid,
    begun: Instant,
    now: Time,
}

/// A run, as pages and programs are told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunLine {
    /// Its id.
    pub id: String,
    /// `change`, `all` (once a night) or `asked` (by a person).
    pub why: String,
    /// How many lessons and classes had changed.
    pub changes: i64,
    /// When it began.
    pub begun_at: Time,
    /// When it ended; none while it goes on, and of one that broke off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// Rules that it is to run.
    pub asked: i64,
    /// Rules that it has run.
    pub rules: i64,
    /// Of them those that could not run.
    pub broken: i64,
    /// Findings that hold.
    pub found: i64,
    /// Those of them that were not known.
    pub new: i64,
    /// Findings that hold no longer.
    pub ceased: i64,
    /// Whether it was stopped, or is to stop.
    pub stopped: bool,
}

impl<'a> Watch<'a> {
    /// Takes down that a run of so many rules begins.
    pub(super) async fn begin(db: &'a Db, ids: &Ids, why: &str, changes: usize, asked: usize, now: Time) -> Result<Watch<'a>> {
        let id: Uuid = ids.next();
        let mut tx = db.begin().await?;
        let begin = sqlx::query(sql::BEGIN_RUN).bind(id.to_string()).bind(why).bind(changes as i64);
        begin.bind(now.0).bind(asked as i64).execute(tx.conn()).await?;
        sqlx::query(sql::FORGET_RUNS).bind(now.plus(-REMEMBERED).0).execute(tx.conn()).await?;
        tx.commit().await?;
        Ok(Watch { db, id, begun: Instant::now(), now })
    }

    /// Takes down what came of it so far, and at the end that it ended.
    pub(super) async fn note(&self, ran: &[Ran], over: bool) -> Result<()> {
        let sum = |of: fn(&Ran) -> u64| ran.iter().map(of).sum::<u64>() as i64;
        let broken = ran.iter().filter(|ran| ran.error.is_some()).count() as i64;
        let ended = over.then(|| self.now.plus(self.begun.elapsed().as_micros() as i64).0);
        let mut tx = self.db.begin().await?;
        let note = sqlx::query(sql::NOTE_RUN).bind(self.id.to_string()).bind(ended).bind(ran.len() as i64).bind(broken);
        note.bind(sum(|ran| ran.found)).bind(sum(|ran| ran.new)).bind(sum(|ran| ran.ceased)).execute(tx.conn()).await?;
        tx.commit().await
    }

    /// Comes back when somebody asked the run to stop.
    pub(super) async fn stopped(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            // Who cannot ask goes on: the run itself will say what is wrong with the database.
            if let Ok(Some(_)) = sqlx::query(sql::STOP_ASKED).bind(self.id.to_string()).fetch_optional(self.db.read()).await {
                return;
            }
        }
    }
}

/// The newest runs.
pub async fn runs(db: &Db, limit: i64) -> Result<Vec<RunLine>> {
    let rows = sqlx::query(sql::RUNS).bind(limit).fetch_all(db.read()).await?;
    let line = |row: &sqlx::any::AnyRow| RunLine {
        id: row.text("id"),
        why: row.text("why"),
        changes: row.int("changes"),
        begun_at: row.time("begun_at"),
        ended_at: row.time_opt("ended_at"),
        asked: row.int_opt("asked").unwrap_or_default(),
        rules: row.int_opt("rules").unwrap_or_default(),
        broken: row.int_opt("broken").unwrap_or_default(),
        found: row.int_opt("found").unwrap_or_default(),
        new: row.int_opt("fresh").unwrap_or_default(),
        ceased: row.int_opt("ceased").unwrap_or_default(),
        stopped: row.get::<Option<i64>, _>("stop_asked_at").is_some(),
    };
    Ok(rows.iter().map(line).collect())
}

/// Asks a run to stop; it does within seconds, and what it has found stays. The trail says who asked.
///
/// Errors: `not_found` when no such run goes on.
pub async fn stop(db: &Db, ids: &Ids, id: &str, actor: &str, now: Time) -> Result<()> {
    let mut tx = db.begin().await?;
    let asked = sqlx::query(sql::ASK_TO_STOP).bind(id).bind(actor).bind(now.0).execute(tx.conn()).await?;
    if asked.rows_affected() == 0 {
        return Err(Error::new(&codes::NOT_FOUND, "No such run of the rules goes on; GET /v1/runs lists the newest."));
    }
    trail::note(&mut tx, ids, now, trail::Note { actor, action: "run.stopped", subject_kind: "run", subject_id: id, detail: None }).await?;
    tx.commit().await
}
