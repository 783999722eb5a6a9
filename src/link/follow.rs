//! Which other lessons have to be credited again after one changed.
//!
//! Where two lessons want the same time of one person, or share a day that is full, the one that starts first (at the same moment the
//! one with the smaller id) goes before. A changed lesson therefore only ever concerns lessons after it in that order, within the days it
//! touches: a chain of changes runs forward through a finite number of lessons and ends. A lesson that was moved counts where it was and
//! where it is; that happens once per move.

use super::division::days;
use super::span::{Span, Spans};
use crate::ids::{LessonId, TraineeId};
use crate::register::policy::Policy;
use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// Another lesson of a trainee's person, in the days of the changed one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbour {
    pub(super) trainee: TraineeId,
    pub(super) lesson: LessonId,
    pub(super) window: Span,
}

/// The whole days that some windows touch, from the first midnight to the last.
pub(super) fn whole_days(windows: &[Span], policy: &Policy) -> Option<Span> {
    let first = windows.iter().map(|window| window.from).min()?;
    let last = windows.iter().map(|window| window.until).max()?;
    let from = Time::day_start(policy.day_of(first), policy.tz()).unwrap_or(first);
    let end = policy.day_of(last).succ_opt().and_then(|day| Time::day_start(day, policy.tz()));
    Some(Span { from, until: end.unwrap_or(last).max(last) })
}

/// The lessons to credit again: those after the changed one that are open at the time whose credit changed, or on a day of it whose lessons
/// together exceed the daily cap.
///
/// `windows` is where the changed lesson is and, when it was moved, where it was; `changed` is the time whose credit changed, by trainee. A recorded
/// lesson is open for weeks and changes an evening of them.
pub(super) fn concerned(
    id: LessonId,
    windows: &[Span],
    changed: &BTreeMap<TraineeId, Spans>,
    neighbours: &[Neighbour],
    policy: &Policy,
) -> BTreeSet<LessonId> {
    let Some(first) = windows.iter().map(|window| (window.from, id)).min() else { return BTreeSet::new() };
    let mut by_trainee: BTreeMap<TraineeId, Vec<Neighbour>> = BTreeMap::new();
    for neighbour in neighbours.iter().filter(|neighbour| changed.contains_key(&neighbour.trainee)) {
        by_trainee.entry(neighbour.trainee).or_default().push(*neighbour);
    }
    let mut concerned = BTreeSet::new();
    for (trainee, others) in &by_trainee {
        let changed = &changed[trainee];
        let all = windows.iter().copied().chain(others.iter().map(|other| other.window));
        let mut planned_ms = BTreeMap::new();
        for (day, part) in all.flat_map(|window| days(window, policy)) {
            *planned_ms.entry(day).or_insert(0) += part.ms();
        }
        let full: Vec<Span> = changed
            .iter()
            .flat_map(|span| days(span, policy))
            .filter(|(day, _)| planned_ms.get(day).is_some_and(|ms| *ms > policy.daily_cap_ms()))
            .filter_map(|(_, part)| whole_days(&[part], policy))
            .collect();
        let full = Spans::of(full);
        let touches = |other: &&Neighbour| !changed.cut(other.window).is_empty() || !full.cut(other.window).is_empty();
        let after = others.iter().filter(|other| (other.window.from, other.lesson) > first);
        concerned.extend(after.filter(touches).map(|other| other.lesson));
    }
    concerned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::policy::Policies;
    use crate::time::{MINUTE, SECOND};
    use uuid::Uuid;

    /// 2020-03-03T00:00:00+08:00.
    const MIDNIGHT: i64 = 1_583_164_800 * SECOND;

    fn hours(from: i64, until: i64) -> Span {
        Span::new(Time(MIDNIGHT + from * 60 * MINUTE), Time(MIDNIGHT + until * 60 * MINUTE))
    }

    fn lesson(id: u128) -> LessonId {
        LessonId(Uuid::from_u128(id))
    }

    fn trainee(id: u128) -> TraineeId {
        TraineeId(Uuid::from_u128(id))
    }

    fn concerned_by(windows: &[Span], others: &[(u128, u128, Span)]) -> Vec<u128> {
        let policy = Policies::builtin().at(Time(MIDNIGHT)).clone();
        let others: Vec<_> =
            others.iter().map(|&(of, id, window)| Neighbour { trainee: trainee(of), lesson: lesson(id), window }).collect();
        let changed = BTreeMap::from([(trainee(1), Spans::of(windows.iter().copied()))]);
        concerned(lesson(5), windows, &changed, &others, &policy).into_iter().map(|id| id.0.as_u128()).collect()
    }

    #[test]
    fn later_lessons_at_the_same_time_are_concerned_and_earlier_ones_are_not() {
        let others = [(1, 9, hours(9, 11)), (1, 8, hours(8, 10)), (1, 7, hours(10, 12)), (1, 3, hours(9, 10)), (2, 6, hours(9, 11))];
        assert_eq!(concerned_by(&[hours(9, 11)], &others), [7, 9]);
    }

    #[test]
    fn later_lessons_of_the_day_are_concerned_only_when_the_day_can_be_full() {
        assert_eq!(concerned_by(&[hours(8, 12)], &[(1, 7, hours(13, 17))]), [0u128; 0]);
        assert_eq!(concerned_by(&[hours(8, 12)], &[(1, 7, hours(13, 17)), (1, 8, hours(18, 19))]), [7, 8]);
        assert_eq!(concerned_by(&[hours(8, 17)], &[(1, 7, hours(24, 26))]), [0u128; 0], "tomorrow is another day");
    }

    #[test]
    fn a_moved_lesson_concerns_those_where_it_was_and_where_it_is() {
        let others = [(1, 7, hours(9, 10)), (1, 8, hours(15, 16)), (1, 9, hours(12, 13))];
        assert_eq!(concerned_by(&[hours(9, 10), hours(14, 16)], &others), [7, 8]);
    }

    #[test]
    fn a_lesson_open_for_weeks_concerns_those_at_the_time_that_changed_and_not_all_of_its_weeks() {
        let policy = Policies::builtin().at(Time(MIDNIGHT)).clone();
        let other = |id, window| Neighbour { trainee: trainee(1), lesson: lesson(id), window };
        let others = [other(7, hours(20, 21)), other(8, hours(24 + 9, 24 + 12)), other(9, hours(10 * 24, 10 * 24 + 2))];
        let changed = BTreeMap::from([(trainee(1), Spans::from(hours(24 + 10, 24 + 11)))]);
        let found = concerned(lesson(5), &[hours(0, 20 * 24)], &changed, &others, &policy);
        assert_eq!(found, BTreeSet::from([lesson(8)]));
    }

    #[test]
    fn a_chain_of_changes_only_runs_forward() {
        // Whatever the timetable, following "concerned" from lesson to lesson never comes back.
        let windows: Vec<(u128, Span)> = (1..=12).map(|id| (id, hours((id as i64 * 7) % 20, (id as i64 * 7) % 20 + 5))).collect();
        let policy = Policies::builtin().at(Time(MIDNIGHT)).clone();
        for &(id, window) in &windows {
            let others = windows.iter().filter(|(other, _)| *other != id);
            let others: Vec<_> = others.map(|&(other, window)| Neighbour { trainee: trainee(1), lesson: lesson(other), window }).collect();
            let place = |of: LessonId| windows.iter().find(|(id, _)| lesson(*id) == of).map(|(_, window)| (window.from, of));
            for next in concerned(lesson(id), &[window], &BTreeMap::from([(trainee(1), Spans::from(window))]), &others, &policy) {
                assert!(place(next) > place(lesson(id)));
            }
        }
    }

    #[test]
    fn whole_days_run_from_midnight_to_midnight_in_the_policys_zone() {
        let policy = Policies::builtin().at(Time(MIDNIGHT)).clone();
        assert_eq!(whole_days(&[hours(9, 10), hours(23, 25)], &policy), Some(hours(0, 48)));
        assert_eq!(whole_days(&[], &policy), None);
    }
}
