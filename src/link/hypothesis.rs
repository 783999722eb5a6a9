//! What the hours of a class would be by another policy: read, calculated, and not kept.

use super::credit::Elsewhere;
use super::hours::hours_milli;
use super::job::attendance;
use super::load::{planned, situation};
use super::settle::{Prior, credited_spans, settle};
use super::sql;
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{ClassId, LessonId};
use crate::lake::Lake;
use crate::register::policy::Policy;
use serde::Serialize;
use serde_json::Value;
use sqlx::Row;
use std::collections::HashSet;

/// Thousandths of a lesson hour that a class has: as kept, and as they would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Supposed {
    /// Credited now.
    pub now: i64,
    /// Credited then.
    pub then: i64,
}

/// How far two policies differ in what hours come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Differ {
    /// Not at all: the same hours.
    Nowhere,
    /// In what credited time is in lesson hours.
    InHours,
    /// In what time is credited.
    InTime,
}

/// The hours of a class by another policy than the one that governs it. Lessons of other classes keep the time they have.
///
/// Where the two count time alike, hours are taken from the credits kept; otherwise the events are read and every lesson is settled again, in
/// the order in which lessons keep their time.
pub async fn suppose(db: &Db, lake: &Lake, class: ClassId, governing: &Policy, other: &Policy) -> Result<Supposed> {
    let differ = differ(governing, other)?;
    let lessons = lessons(db, class).await?;
    let now = lessons.iter().flat_map(|lesson| &lesson.kept).map(|kept| kept.hours_milli).sum();
    if differ == Differ::Nowhere {
        return Ok(Supposed { now, then: now });
    }
    // The length of recorded content follows from the length of a lesson hour where the timetable does not say it.
    if differ == Differ::InHours && lessons.iter().all(|lesson| lesson.mode != "recorded") {
        let again =
            |lesson: &Kept, kept: &Alike| kept.trainees * hours_milli(kept.credited_ms, lesson.window_ms, lesson.planned_milli, other);
        let then = lessons.iter().map(|lesson| lesson.kept.iter().map(|kept| again(lesson, kept)).sum::<i64>()).sum();
        return Ok(Supposed { now, then });
    }
    let own: HashSet<LessonId> = lessons.iter().map(|lesson| lesson.id).collect();
    let mut events = lake.events_of_class(class).await?;
    let (mut then, mut before): (i64, Vec<Prior>) = (0, Vec::new());
    for lesson in &lessons {
        let planned = planned(db, lesson.id).await?;
        let attended = attendance(match &mut events {
            Some(events) => events.remove(&lesson.id).unwrap_or_default(),
            None => lake.events_of_lesson(lesson.id).await?,
        });
        let mut situation = situation(db, &planned, attended, other).await?;
        situation.prior.retain(|prior| !own.contains(&prior.credited.lesson));
        situation.prior.extend(before.iter().filter(|prior| other.day_of(prior.credited.span.until) >= other.day_of(planned.window.from)));
        let credits = settle(&situation, other);
        for enrolled in &situation.roster {
            let Some(credit) = credits.get(&enrolled.trainee) else { continue };
            then += credit.hours_milli;
            // Whoever is enrolled twice has one day of 24 hours all the same.
            let same = situation.roster.iter().filter(|other| other.person == enrolled.person);
            for (span, of) in credited_spans(credit).flat_map(|span| same.clone().map(move |of| (span, of))) {
                before.push(Prior { trainee: of.trainee, credited: Elsewhere { span, lesson: lesson.id } });
            }
        }
    }
    Ok(Supposed { now, then })
}

/// A lesson, and how its trainees were credited.
struct Kept {
    id: LessonId,
    mode: String,
    window_ms: i64,
    planned_milli: i64,
    kept: Vec<Alike>,
}

/// Trainees who are credited the same time.
struct Alike {
    credited_ms: i64,
    trainees: i64,
    hours_milli: i64,
}

/// The lessons of a class in the order in which they keep their time, with what is credited in them.
async fn lessons(db: &Db, class: ClassId) -> Result<Vec<Kept>> {
    let mut lessons: Vec<Kept> = Vec::new();
    for row in sqlx::query(sql::CREDITED_ALIKE).bind(class.to_string()).fetch_all(db.read()).await? {
        let id = row.id("id")?;
        if lessons.last().is_none_or(|last| last.id != id) {
            let (from, until) = (row.time("starts_at"), row.time("ends_at"));
            let (mode, planned_milli) = (row.text("mode"), row.int("hours_milli"));
            lessons.push(Kept { id, mode, window_ms: until.millis_since(from), planned_milli, kept: Vec::new() });
        }
        if let (Some(credited_ms), Some(last)) = (row.get::<Option<i64>, _>("credited_ms"), lessons.last_mut()) {
            last.kept.push(Alike { credited_ms, trainees: row.int("trainees"), hours_milli: row.int("credited_milli") });
        }
    }
    Ok(lessons)
}

fn differ(one: &Policy, other: &Policy) -> Result<Differ> {
    let time = |policy: &Policy| {
        Ok::<_, crate::error::Error>([values(&policy.zone)?, values(&policy.presence)?, values(&policy.recorded)?, values(&policy.test)?])
    };
    if time(one)? != time(other)? {
        return Ok(Differ::InTime);
    }
    let hours = values(&one.lesson_hour)? != values(&other.lesson_hour)?;
    Ok(if hours { Differ::InHours } else { Differ::Nowhere })
}

/// The values of a part of a policy, without what they are said to be from.
fn values(part: &impl Serialize) -> Result<Value> {
    fn bare(value: Value) -> Value {
        match value {
            Value::Object(mut inner) if inner.contains_key("source") => inner.remove("value").unwrap_or_default(),
            Value::Object(inner) => Value::Object(inner.into_iter().map(|(key, value)| (key, bare(value))).collect()),
            other => other,
        }
    }
    Ok(bare(serde_json::to_value(part)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::policy::Policies;
    use crate::time::Time;

    #[test]
    fn policies_differ_in_hours_or_in_time_and_never_by_their_sources() {
        let builtin = Policies::builtin().at(Time(0)).clone();
        let text = builtin.text();
        let with = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            differ(&builtin, &Policy::parse("other.toml", &text.replace(from, to)).expect("parses")).expect("compares")
        };
        assert_eq!(with("epidemic_percent = { value = 130", "epidemic_percent = { value = 120"), Differ::Nowhere);
        assert_eq!(with("source = \"policy: hours are floored", "source = \"policy: they are floored"), Differ::Nowhere);
        assert_eq!(with("minutes = { value = 45", "minutes = { value = 50"), Differ::InHours);
        assert_eq!(with("daily_cap_minutes = { value = 480", "daily_cap_minutes = { value = 360"), Differ::InTime);
        assert_eq!(with("quiz_required = { value = false", "quiz_required = { value = true"), Differ::InTime);
        assert_eq!(with("answer_required = { value = true", "answer_required = { value = false"), Differ::InTime);
    }
}
