//! 三 and 四: whether the timetable can be held as it is planned.

use super::courses::online;
use super::hours::shown;
use super::{Case, Remark, Row};
use crate::register::Lesson;
use crate::register::lesson::Mode;
use chrono::NaiveDate;
use std::collections::BTreeMap;

const PLAN: &str = "31号 四";
const TRACEABLE: &str = "31号 三";

pub(super) fn check(case: &Case<'_>) -> Vec<Remark> {
    [outside(case), over_each_other(case), teacher_busy(case), long_days(case)].into_iter().flatten().collect()
}

fn outside(case: &Case<'_>) -> Option<Remark> {
    let (first, last) = (case.class.starts_on, case.class.ends_on);
    let day = |at| case.policy.day_of(at);
    let wrong = case.facts.lessons.iter().filter(|lesson| day(lesson.starts_at) < first || day(lesson.ends_at.plus(-1)) > last);
    let row = |lesson: &Lesson| {
        let (from, until) = (day(lesson.starts_at), day(lesson.ends_at.plus(-1)));
        Row::lesson(lesson, format!("{from} 至 {until}"), format!("{from} to {until}"))
    };
    Remark::must(
        "lesson_outside_class",
        PLAN,
        format!("下列课节不在班次起止日期（{first} 至 {last}）之内。请调整课节，或更正班次的日期。"),
        format!("These lessons lie outside the days of the class ({first} to {last}). Move them, or correct the days of the class."),
    )
    .about(wrong.map(row).collect())
}

/// Lessons held at a time; what is recorded is watched whenever people like.
fn held<'a>(case: &Case<'a>) -> Vec<&'a Lesson> {
    case.facts.lessons.iter().filter(|lesson| lesson.mode != Mode::Recorded).collect()
}

/// Each lesson that begins before one that began earlier has ended; the timetable is in order of time.
fn over_each_other(case: &Case<'_>) -> Option<Remark> {
    let mut rows = Vec::new();
    let mut longest: Option<&Lesson> = None;
    for lesson in held(case) {
        if let Some(other) = longest.filter(|other| other.ends_at > lesson.starts_at) {
            let number = &other.external_id;
            rows.push(Row::lesson(lesson, format!("与课节 {number} 时间重叠"), format!("at the same time as lesson {number}")));
        }
        if longest.is_none_or(|other| other.ends_at < lesson.ends_at) {
            longest = Some(lesson);
        }
    }
    Remark::must(
        "lessons_overlap",
        TRACEABLE,
        "同一班次的下列课节时间重叠，学员不可能同时参加，重叠的时间只认定一次。请调整课程表。",
        "These lessons of the class lie over each other; nobody can be in both, and the time counts once. Correct the timetable.",
    )
    .about(rows)
}

fn teacher_busy(case: &Case<'_>) -> Option<Remark> {
    let busy = case.facts.busy.iter().filter_map(|busy| {
        let lesson = case.facts.lessons.iter().find(|lesson| lesson.id == busy.lesson)?;
        let (class, other) = (&busy.class_external_id, &busy.lesson_external_id);
        let zh = format!("授课教师同时在班次 {class} 的课节 {other} 授课");
        Some(Row::lesson(lesson, zh, format!("the teacher is in lesson {other} of class {class} at the same time")))
    });
    Remark::note(
        "teacher_in_two_lessons",
        TRACEABLE,
        "下列课节的授课教师同一时间还在本单位另一班次授课。若是合班，请在开班申请中说明；否则请更换教师或调整时间。",
        "The teacher of these lessons is in another class of the provider at the same time. If both are taught as one, say so in the application; otherwise change the teacher or the time.",
    )
    .about(busy.collect())
}

/// Days with more online lessons than a person can be credited.
fn long_days(case: &Case<'_>) -> Option<Remark> {
    let mut days: BTreeMap<NaiveDate, i64> = BTreeMap::new();
    for lesson in held(case).into_iter().filter(|lesson| online(lesson)) {
        *days.entry(case.policy.day_of(lesson.starts_at)).or_default() += lesson.hours.0;
    }
    let most = case.policy.presence.daily_cap_minutes.value * 1000 / case.policy.lesson_hour.minutes.value;
    let long: Vec<NaiveDate> = days.into_iter().filter(|(_, hours)| *hours > most).map(|(day, _)| day).collect();
    let first = long.first()?;
    Some(Remark::note(
        "day_too_long",
        "policy: presence.daily_cap_minutes",
        format!("有{}天（首日{first}）线上课时超过每人每日可认定的{}课时，超出部分不予认定。请分散安排。", long.len(), shown(most)),
        format!(
            "On {} days (the first is {first}) there are more online hours than the {} a person can be credited a day; the rest will not count. Spread them.",
            long.len(),
            shown(most)
        ),
    ))
}
