//! Credits a lesson again when its plan, its logs, its media or a lesson before it changed.

use super::follow::{Neighbour, concerned, whole_days};
use super::load::{self, Planned};
use super::presence::Attended;
use super::read::credits_of_run;
use super::settle::{Credits, credited_spans, document, settle};
use super::span::{Span, Spans};
use super::sql;
use crate::analyse::attendance::EventKind;
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{EvidenceId, Ids, LessonId, RunId, TraineeId};
use crate::jobs::{Change, Jobs};
use crate::lake::{EventRow, Lake};
use crate::register::policy::{Policies, Policy};
use crate::seal;
use crate::seal::leaf::{CreditRunLeaf, Leaf};
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use storage::Digest;

/// Credits in one statement.
const AT_ONCE: usize = 25;

/// The events of a lesson, by the trainee they were matched to.
pub type Attendance = BTreeMap<TraineeId, Vec<Attended>>;

/// A lesson's credits as they should be, not yet kept.
#[derive(Debug)]
pub struct Settled {
    /// The policy that governs the class.
    pub policy: Arc<Policy>,
    /// SHA-256 of the run's document.
    pub digest: Digest,
    credits: Credits,
    planned: Planned,
}

/// What keeping the credits of a lesson did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They are what they were.
    Unchanged,
    /// A new run took the place of the former one.
    Kept {
        /// The new run.
        run: RunId,
        /// The lessons after it that it concerns; they are asked to be credited again.
        concerned: BTreeSet<LessonId>,
    },
}

/// The job: credits a lesson from what is known now and keeps the result if it says something new.
///
/// It may run twice, and beside a job for another lesson: whoever commits second finds the other's credits, or is asked to look again.
pub async fn run(db: &Db, lake: &Lake, jobs: &Jobs, ids: &Ids, policies: &Policies, lesson: LessonId, now: Time) -> Result<Outcome> {
    let attended = attendance(lake.events_of_lesson(lesson).await?);
    let settled = settled(db, policies, lesson, attended).await?;
    keep(db, jobs, ids, settled, now).await
}

/// The rows of a lesson by trainee. Rows that match nobody on the roster credit nobody, and what a platform states without times credits
/// nothing; what was handed over twice under one reference counts as the first of them says.
pub fn attendance(rows: Vec<EventRow>) -> Attendance {
    let mut attendance = Attendance::new();
    let again = handed_over_again(&rows);
    for (row, again) in rows.into_iter().zip(again) {
        if again {
            continue;
        }
        let Some(trainee) = row.trainee.filter(|_| !row.kind.is_stated()) else { continue };
        // A log of no known platform speaks for itself alone.
        let platform = row.platform.unwrap_or_else(|| row.evidence.to_string());
        let event = Attended {
            evidence: row.evidence,
            row: row.row,
            platform,
            device: row.device,
            kind: row.kind,
            at: row.at,
            until: row.until,
            position_ms: row.position_ms,
            score: row.score,
            resolution: row.resolution,
        };
        attendance.entry(trainee).or_default().push(event);
    }
    attendance
}

/// What a platform calls an event by: its reference, among those of one trainee and one kind.
type Named<'a> = (&'a str, TraineeId, EventKind, &'a str);

fn named(row: &EventRow) -> Option<Named<'_>> {
    Some((row.platform.as_deref()?, row.trainee?, row.kind, row.reference.as_deref()?))
}

/// Of each row whether it was handed over before, under the same reference.
fn handed_over_again(rows: &[EventRow]) -> Vec<bool> {
    let mut firsts: HashMap<Named<'_>, (EvidenceId, u64)> = HashMap::new();
    for row in rows {
        if let Some(named) = named(row) {
            let place = (row.evidence, row.row);
            firsts.entry(named).and_modify(|first| *first = place.min(*first)).or_insert(place);
        }
    }
    rows.iter().map(|row| named(row).is_some_and(|named| firsts[&named] != (row.evidence, row.row))).collect()
}

/// Credits a lesson from what is known now, and keeps nothing.
pub async fn settled(db: &Db, policies: &Policies, lesson: LessonId, attended: Attendance) -> Result<Settled> {
    let planned = load::planned(db, lesson).await?;
    let policy = planned.policy(db, policies).await?;
    let situation = load::situation(db, &planned, attended, &policy).await?;
    let credits = settle(&situation, &policy);
    let digest = Digest::of(&document(lesson, &policy.name(), &credits)?);
    Ok(Settled { policy, digest, credits, planned })
}

/// Keeps credits unless the live run says the same: one transaction replaces the run, stages its leaf, and asks for what follows.
pub async fn keep(db: &Db, jobs: &Jobs, ids: &Ids, settled: Settled, now: Time) -> Result<Outcome> {
    let Settled { policy, digest: new_digest, credits, planned } = settled;
    // What is long to read is read before the database's one writer is taken.
    let live = sqlx::query(sql::LIVE_RUN).bind(planned.id.to_string()).fetch_optional(db.read()).await?;
    let (live, before): (Option<RunId>, Credits) = match &live {
        Some(run) if run.digest("digest")? == new_digest => return Ok(Outcome::Unchanged),
        None if credits.is_empty() => return Ok(Outcome::Unchanged),
        Some(run) => (Some(run.id("id")?), credits_of_run(db, run.id("id")?).await?),
        None => (None, Credits::new()),
    };
    let mut tx = db.begin().await?;
    let still = sqlx::query(sql::LIVE_RUN).bind(planned.id.to_string()).fetch_optional(tx.conn()).await?;
    if still.map(|run| run.id("id")).transpose()? != live {
        return Err(Error::new(&codes::BUSY, OVERTAKEN));
    }
    let run: RunId = ids.next();
    let leaf = Leaf::credit_run(&CreditRunLeaf { lesson: planned.id, run, policy: &policy.name(), digest: new_digest, at: now })?;
    let leaf = seal::stage(&mut tx, &leaf, ids, now).await?;
    if live.is_some() {
        sqlx::query(sql::REPLACE_RUN).bind(planned.id.to_string()).bind(now.0).execute(tx.conn()).await?;
    }
    sqlx::query(sql::INSERT_RUN)
        .bind(run.to_string())
        .bind(planned.id.to_string())
        .bind(policy.name())
        .bind(new_digest.0.to_vec())
        .bind(leaf.to_string())
        .bind(now.0)
        .execute(tx.conn())
        .await
        .map_err(overtaken)?;
    insert(&mut tx, run, &planned, &credits).await?;
    let concerned = follow(&mut tx, &planned, &before, &credits, &policy).await?;
    for lesson in &concerned {
        jobs.after(&mut tx, Change::LessonTouched, &lesson.to_string(), now).await?;
    }
    jobs.after(&mut tx, Change::HoursCredited, &planned.id.to_string(), now).await?;
    jobs.after(&mut tx, Change::RunKept, &planned.id.to_string(), now).await?;
    tx.commit().await?;
    Ok(Outcome::Kept { run, concerned })
}

const OVERTAKEN: &str = "Another worker credited the same lesson at the same time; it is credited again.";

/// The index allows one live run per lesson: another worker was faster. The job runs again and finds its result.
fn overtaken(error: sqlx::Error) -> Error {
    match error.as_database_error().is_some_and(|error| error.is_unique_violation()) {
        true => Error::new(&codes::BUSY, OVERTAKEN).because(error),
        false => error.into(),
    }
}

async fn insert(tx: &mut Tx, run: RunId, planned: &Planned, credits: &Credits) -> Result<()> {
    let credits: Vec<_> = credits.iter().collect();
    let (many, rest) = credits.as_chunks::<AT_ONCE>();
    let alone = rest.iter().map(|credit| (sql::INSERT_CREDIT, std::slice::from_ref(credit)));
    for (statement, some) in many.iter().map(|some| (sql::INSERT_CREDITS, &some[..])).chain(alone) {
        let mut insert = sqlx::query(statement).bind(run.to_string()).bind(planned.class.to_string()).bind(planned.id.to_string());
        for (trainee, credit) in some {
            insert = insert
                .bind(trainee.to_string())
                .bind(credit.credited_ms)
                .bind(credit.hours_milli)
                .bind(credit.presence_ms)
                .bind(credit.corroborated_ms)
                .bind(serde_json::to_string(&credit.reasons)?)
                .bind(serde_json::to_string(&credit.spans)?);
        }
        insert.execute(tx.conn()).await?;
    }
    Ok(())
}

/// The lessons after this one that its change concerns.
async fn follow(tx: &mut Tx, planned: &Planned, before: &Credits, after: &Credits, policy: &Policy) -> Result<BTreeSet<LessonId>> {
    let changed = changed(before, after);
    let windows = windows(planned.window, before);
    let Some(stretch) = whole_days(&windows, policy).filter(|_| !changed.is_empty()) else { return Ok(BTreeSet::new()) };
    let rows = sqlx::query(sql::NEIGHBOURS)
        .bind(planned.class.to_string())
        .bind(planned.id.to_string())
        .bind(stretch.from.0)
        .bind(stretch.until.0)
        .fetch_all(tx.conn())
        .await?;
    let neighbour = |row: &sqlx::any::AnyRow| -> Result<Neighbour> {
        let window = Span::new(row.time("starts_at"), row.time("ends_at"));
        Ok(Neighbour { trainee: row.id("trainee_id")?, lesson: row.id("lesson_id")?, window })
    };
    let neighbours = rows.iter().map(neighbour).collect::<Result<Vec<_>>>()?;
    Ok(concerned(planned.id, &windows, &changed, &neighbours, policy))
}

/// The time that is credited now and was not, or was and is not, by trainee; those with none are left out.
fn changed(before: &Credits, after: &Credits) -> BTreeMap<TraineeId, Spans> {
    let time =
        |credits: &Credits, trainee: &TraineeId| credits.get(trainee).map(|credit| Spans::of(credited_spans(credit))).unwrap_or_default();
    let all: BTreeSet<TraineeId> = before.keys().chain(after.keys()).copied().collect();
    let differs = all.into_iter().map(|trainee| {
        let (was, is) = (time(before, &trainee), time(after, &trainee));
        (trainee, was.minus(&is).union(&is.minus(&was)))
    });
    differs.filter(|(_, time)| !time.is_empty()).collect()
}

/// Where the lesson is and, when it was moved since the last run, where it was.
fn windows(now: Span, before: &Credits) -> Vec<Span> {
    let was = before.values().next().and_then(|credit| {
        let (first, last) = credit.spans.first().zip(credit.spans.last())?;
        Some(Span { from: first.from, until: last.until })
    });
    std::iter::once(now).chain(was.filter(|was| *was != now)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::attendance::{Event, EventKind, Who};
    use crate::lake::Place;
    use crate::lake::testing::{MORNING, interval};
    use uuid::Uuid;

    fn row(evidence: u128, number: u64, reference: Option<&str>, at: i64) -> EventRow {
        let place = Place {
            evidence: EvidenceId(Uuid::from_u128(evidence)),
            platform: Some("px-class".to_owned()),
            provider: None,
            class: None,
            lesson: None,
            received_at: Time(0),
        };
        let event = Event { reference: reference.map(str::to_owned), ..Event::new(number, Who::default(), EventKind::Join, Time(at)) };
        EventRow::of(event, &place, Some(TraineeId(Uuid::from_u128(7))), None)
    }

    #[test]
    fn an_event_that_was_handed_over_twice_under_one_reference_counts_as_it_was_first() {
        let mut other_kind = row(2, 4, Some("a"), 9);
        other_kind.kind = EventKind::Leave;
        let mut nowhere = row(2, 5, Some("a"), 9);
        nowhere.platform = None;
        let rows = vec![row(2, 1, Some("a"), 1), row(1, 8, Some("a"), 2), row(1, 9, Some("b"), 3), row(2, 2, None, 4), other_kind, nowhere];
        let kept: Vec<_> = attendance(rows).remove(&TraineeId(Uuid::from_u128(7))).expect("events").iter().map(|event| event.row).collect();
        assert_eq!(kept, [8, 9, 2, 4, 5]);
    }

    #[test]
    fn what_a_platform_states_without_times_credits_nothing() {
        let id = Uuid::from_u128;
        let stay = interval(id(1).into(), id(2).into(), id(3).into(), 1, TraineeId(id(4)), MORNING, MORNING.plus(crate::time::MINUTE));
        let total = EventRow { kind: EventKind::Total, row: 2, stated_ms: Some(2_700_000), ..stay.clone() };
        let mark = EventRow { kind: EventKind::Mark, row: 3, mark: Some("present".into()), ..stay.clone() };
        let attendance = attendance(vec![total, stay, mark]);
        let rows: Vec<u64> = attendance[&TraineeId(id(4))].iter().map(|event| event.row).collect();
        assert_eq!(rows, [1]);
    }
}
