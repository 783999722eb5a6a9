//! Logs that no platform wrote: rows made up, logs made before or after their time, logs handed in again with other rows.

use super::{Deed, Layer};
use crate::chance::mix;
use crate::class::{Class, Event, Evidence, Row, Seat, Sitting, Stay};
use crate::days::{DAY, HOUR, MINUTE, SECOND};
use crate::logs::{attendance, put_in_order, reference, rows_of};

/// Those of the roster who are not in a lesson.
fn absent(class: &Class, lesson: usize) -> Vec<usize> {
    let there = |place: usize| class.lessons[lesson].sittings.iter().any(|sitting| sitting.trainee == Some(place));
    let meant = |place: usize| class.lessons[lesson].group.is_none_or(|group| group == place % 2);
    (0..class.trainees.len()).filter(|&place| class.trainees[place].withdrawn_at.is_none() && !there(place) && meant(place)).collect()
}

/// A provider's own list beside the platform's, with people the platform never saw; or, where it made the whole log, rows that cannot be: gone
/// before they came, there for a day and a night, numbers that the platform does not give.
pub(super) fn fabricated_log(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    for lesson in deed.lessons(class, &live, Layer::Log) {
        let whole = deed.by(deed.dice.clone().one_in(0.4), true, true);
        let planted = if whole { impossible_rows(class, lesson, deed) } else { second_list(class, lesson, deed) };
        if planted {
            deed.of_lesson(class, lesson, &[]);
        }
    }
}

fn impossible_rows(class: &mut Class, lesson: usize, deed: &mut Deed) -> bool {
    let people = deed.people(class);
    let many = deed.by(2, people.len().min(8), people.len());
    let platform = class.platform;
    let row_of = |class: &Class, row: &Row| class.lessons[lesson].sittings[row.sitting].trainee;
    let mut planted = false;
    for &place in people.iter().take(many) {
        let way = deed.dice.below(3);
        let (back, long) = (deed.dice.between(3, 40) * MINUTE, deed.dice.between(20, 40) * HOUR);
        let strange = deed.dice.draw() % 1_000_000;
        let mine: Vec<usize> =
            (0..class.lessons[lesson].rows.len()).filter(|&row| row_of(class, &class.lessons[lesson].rows[row]) == Some(place)).collect();
        let Some(&first) = mine.first() else { continue };
        let last = mine.iter().rev().copied().find(|&row| class.lessons[lesson].rows[row].event == Event::Leave);
        planted = true;
        let rows = &mut class.lessons[lesson].rows;
        match way {
            0 if last.is_some() => {
                // Gone before they came.
                if let Some(last) = last {
                    rows[last].at = rows[first].at - back;
                }
            }
            1 if matches!(platform, 1 | 2) => {
                for &row in &mine {
                    rows[row].reference = Some(strange);
                }
            }
            _ => match (last, rows[first].until) {
                (_, Some(until)) => rows[first].until = Some(until + long),
                (Some(last), None) => rows[last].at += long,
                (None, None) => planted = false,
            },
        }
    }
    let (rows, sittings) = (std::mem::take(&mut class.lessons[lesson].rows), std::mem::take(&mut class.lessons[lesson].sittings));
    let mut rows = rows;
    put_in_order(&mut rows, &sittings);
    (class.lessons[lesson].rows, class.lessons[lesson].sittings) = (rows, sittings);
    planted
}

fn second_list(class: &mut Class, lesson: usize, deed: &mut Deed) -> bool {
    let missing = absent(class, lesson);
    let Some(first) = class.lessons[lesson].rows.first().map(|row| row.evidence) else { return false };
    // The platform's own log says who was there.
    class.evidence[first].by_platform = true;
    let mut people: Vec<usize> = missing;
    let others = deed.people(class);
    people.extend(others);
    people.dedup();
    people.truncate(deed.by(3, 8, 30));
    let received = class.evidence[first].received_at + deed.dice.between(2, 60) * HOUR;
    let log = attendance(class, lesson, received, deed.dice.draw());
    let other = class.add(Evidence { by_platform: false, ..log });
    let (from, until) = (class.lessons[lesson].from, class.lessons[lesson].until);
    let place_of = class.lessons[lesson].sittings.len();
    for (number, &place) in people.iter().enumerate() {
        let seat = Seat { device: None, ip: None, agent: None, client: None, region: None };
        let stay = Stay { from: from + deed.dice.between(-5, 1) * MINUTE, until: until + deed.dice.between(0, 4) * MINUTE, ended: true };
        let mut sitting = super::identity::made_up(class, lesson, place, 0, 0, &mut deed.dice);
        (sitting.seat, sitting.stays) = (seat, vec![stay]);
        class.lessons[lesson].sittings.push(sitting);
        class.lessons[lesson].rows.push(Row {
            evidence: other,
            row: number as i64 + 2,
            sitting: place_of + number,
            event: Event::Interval,
            at: stay.from,
            until: Some(stay.until),
            position_ms: None,
            score: None,
            reference: None,
            stated_ms: None,
        });
    }
    order(class, lesson);
    !people.is_empty()
}

fn order(class: &mut Class, lesson: usize) {
    let row = &mut class.lessons[lesson];
    put_in_order(&mut row.rows, &row.sittings);
}

/// Made afterwards and dated back, so that the platform's numbers are those of the day on which it was made; or made beforehand, and here before the lesson.
pub(super) fn backdated_log(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    let numbered = matches!(class.platform, 1 | 2) && deed.dice.one_in(0.5);
    let late = deed.by(3, 12, 30) * DAY + deed.dice.between(1, 20) * HOUR;
    let first = live.first().map_or(0, |&lesson| class.lessons[lesson].from);
    for lesson in deed.lessons(class, &live, Layer::Log) {
        let logs: Vec<usize> = class.evidence_of(lesson, "attendance");
        if numbered {
            let mut at = class.lessons[lesson].until + late;
            for row in &mut class.lessons[lesson].rows {
                row.reference = Some(reference(at, row.sitting));
                at += (mix(row.at as u64) % 3 + 1) as i64 * SECOND / 4;
            }
            for log in logs {
                class.evidence[log].received_at = class.evidence[log].received_at.max(at + HOUR);
            }
        } else {
            let (from, until) = (class.lessons[lesson].from, class.lessons[lesson].until);
            let (minutes, hours) = (deed.dice.between(8, 25), deed.dice.between(1, 20));
            let early = deed.by(until - minutes * MINUTE, from - hours * HOUR, first - 10 * HOUR);
            for log in logs {
                class.evidence[log].received_at = early.min(class.evidence[log].received_at);
            }
        }
        deed.of_lesson(class, lesson, &[]);
    }
}

/// The log comes again, and those who were away are in it, those who were late were early.
pub(super) fn edited_records(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    for lesson in deed.lessons(class, &live, Layer::Log) {
        let Some(first) = class.lessons[lesson].rows.first().map(|row| row.evidence) else { continue };
        let received = class.evidence[first].received_at + deed.dice.between(30, 220) * HOUR;
        let log = attendance(class, lesson, received, deed.dice.draw());
        let second = class.add(Evidence { by_platform: class.evidence[first].by_platform, ..log });
        let (from, until) = (class.lessons[lesson].from, class.lessons[lesson].until);
        let old = class.lessons[lesson].sittings.len();
        let many = deed.by(2, 6, 40);
        // A copy of every sitting, then better ones.
        let seen = |row: &&Row| row.evidence == first;
        let mut own: Vec<Sitting> = class.lessons[lesson]
            .sittings
            .iter()
            .enumerate()
            .filter(|(place, _)| class.lessons[lesson].rows.iter().filter(seen).any(|row| row.sitting == *place))
            .map(|(_, sitting)| Sitting { same_row_as: None, ..sitting.clone() })
            .collect();
        let mut changed = 0;
        for sitting in own.iter_mut().filter(|sitting| sitting.trainee.is_some()) {
            let covers = |stay: &Stay| stay.from <= from && until <= stay.until;
            if changed < many && !sitting.stays.iter().any(covers) {
                let early = deed.dice.between(20, 400) * SECOND;
                sitting.stays = vec![Stay { from: from - early, until: until + early / 2 / SECOND * SECOND, ended: true }];
                changed += 1;
            }
        }
        for place in absent(class, lesson).into_iter().take(many) {
            let (before, after) = (deed.dice.between(10, 500), deed.dice.between(5, 200));
            own.push(super::identity::made_up(class, lesson, place, before, after, &mut deed.dice));
            changed += 1;
        }
        let mut copy = class.lessons[lesson].clone();
        copy.sittings = own;
        let mut rows = rows_of(class.platform, &copy, second, &mut deed.dice);
        rows.iter_mut().for_each(|row| row.sitting += old);
        let row = &mut class.lessons[lesson];
        row.sittings.extend(copy.sittings);
        row.rows.extend(rows);
        order(class, lesson);
        if changed > 0 {
            deed.of_lesson(class, lesson, &[]);
        }
    }
}
