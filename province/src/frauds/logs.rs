//! Logs that no platform wrote: rows made up, logs made before or after their time, logs handed in again with other rows.

use super::presence::beside;
use super::{Deed, Layer, Shared};
use crate::chance::mix;
use crate::class::{Class, Event, Evidence, Row, Seat, Sitting, Stay};
use crate::days::{DAY, HOUR, MINUTE, SECOND};
use crate::labels::Place;
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
        let also = if whole { impossible_rows(class, lesson, deed) } else { second_list(class, lesson, deed).then(Vec::new) };
        if let Some(also) = also {
            deed.of_lesson(class, lesson, &also);
        }
    }
}

/// What else can be seen of it; none where nothing was planted.
fn impossible_rows(class: &mut Class, lesson: usize, deed: &mut Deed) -> Option<Vec<&'static str>> {
    let people = deed.people(class);
    let many = deed.by(2, people.len().min(8), people.len());
    let platform = class.platform;
    let row_of = |class: &Class, row: &Row| class.lessons[lesson].sittings[row.sitting].trainee;
    let (mut planted, mut long_stays) = (false, false);
    for &place in people.iter().take(many) {
        let way = deed.dice.below(3);
        let (back, long) = (deed.dice.between(3, 40) * MINUTE, deed.dice.between(20, 40) * HOUR);
        let strange = deed.dice.draw() % 1_000_000;
        let mine: Vec<usize> =
            (0..class.lessons[lesson].rows.len()).filter(|&row| row_of(class, &class.lessons[lesson].rows[row]) == Some(place)).collect();
        let Some(&first) = mine.first() else { continue };
        let last = mine.iter().rev().copied().find(|&row| class.lessons[lesson].rows[row].event == Event::Leave);
        let rows = &mut class.lessons[lesson].rows;
        match way {
            0 if last.is_some() => {
                // Gone before they came.
                if let Some(last) = last {
                    rows[last].at = rows[first].at - back;
                    planted = true;
                }
            }
            1 if matches!(platform, 1 | 2) => {
                for &row in &mine {
                    rows[row].reference = Some(strange);
                }
                planted = true;
            }
            _ => match (last, rows[first].until) {
                (_, Some(until)) => {
                    rows[first].until = Some(until + long);
                    (planted, long_stays) = (true, true);
                }
                (Some(last), None) => {
                    rows[last].at += long;
                    planted = true;
                }
                (None, None) => {}
            },
        }
    }
    let (rows, sittings) = (std::mem::take(&mut class.lessons[lesson].rows), std::mem::take(&mut class.lessons[lesson].sittings));
    let mut rows = rows;
    put_in_order(&mut rows, &sittings);
    // More than a day in one day; and where the log is there twice, the other one has the rows as they were.
    let first = rows.first().map(|row| row.evidence);
    let is_twice = rows.iter().any(|row| Some(row.evidence) != first);
    (class.lessons[lesson].rows, class.lessons[lesson].sittings) = (rows, sittings);
    let also = [long_stays.then_some("too-fast"), is_twice.then_some("edited-records")];
    planted.then(|| also.into_iter().flatten().collect())
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
pub(super) fn edited_records(class: &mut Class, deed: &mut Deed, shared: &Shared) {
    let live = class.live();
    for lesson in deed.lessons(class, &live, Layer::Log) {
        let Some(first) = class.lessons[lesson].rows.first().map(|row| row.evidence) else { continue };
        let received = class.evidence[first].received_at + deed.dice.between(30, 220) * HOUR;
        let log = attendance(class, lesson, received, deed.dice.draw());
        let second = class.add(Evidence { by_platform: class.evidence[first].by_platform, ..log });
        let (from, until) = (class.lessons[lesson].from, class.lessons[lesson].until);
        let old = class.lessons[lesson].sittings.len();
        let many = deed.by(2, 6, 40);
        // Better sittings for some; the rows of all others stay as they were, down to the last sign of life.
        let mut kept: Vec<Row> = class.lessons[lesson].rows.iter().filter(|row| row.evidence == first).cloned().collect();
        let mut own: Vec<Sitting> = Vec::new();
        for (place, sitting) in class.lessons[lesson].sittings.iter().enumerate().filter(|(_, sitting)| sitting.trainee.is_some()) {
            let covers = |stay: &Stay| stay.from <= from && until <= stay.until;
            if own.len() < many && !sitting.stays.iter().any(covers) && kept.iter().any(|row| row.sitting == place) {
                let early = deed.dice.between(20, 400) * SECOND;
                let stays = vec![Stay { from: from - early, until: until + early / 2 / SECOND * SECOND, ended: true }];
                own.push(Sitting { same_row_as: None, stays, ..sitting.clone() });
                kept.retain(|row| row.sitting != place);
            }
        }
        for place in absent(class, lesson).into_iter().take(many) {
            let (before, after) = (deed.dice.between(10, 500), deed.dice.between(5, 200));
            own.push(super::identity::made_up(class, lesson, place, before, after, &mut deed.dice));
        }
        let changed = own.len();
        // Whoever is written in may sit in another class of the provider at that time.
        let elsewhere = own.iter().find_map(|sitting| {
            let (past, other, _) = beside(shared, class, lesson, class.trainees[sitting.trainee?].person, &sitting.stays)?;
            Some(Place { class: past.id.clone(), lesson: Some(past.lessons[other].id.clone()), trainee: None })
        });
        let mut copy = class.lessons[lesson].clone();
        copy.sittings = own;
        let mut rows = rows_of(class.platform, &copy, second, &mut deed.dice);
        // New rows stand behind the others in the file.
        let behind = kept.iter().map(|row| row.row).max().unwrap_or(1) - 1;
        rows.iter_mut().for_each(|row| (row.sitting, row.row) = (row.sitting + old, row.row + behind));
        kept.iter_mut().for_each(|row| row.evidence = second);
        rows.extend(kept);
        let row = &mut class.lessons[lesson];
        row.sittings.extend(copy.sittings);
        row.rows.extend(rows);
        order(class, lesson);
        if changed > 0 {
            deed.of_lesson(class, lesson, if elsewhere.is_some() { &["overlap-person"] } else { &[] });
            if let Some(label) = class.labels.last_mut() {
                label.or = elsewhere;
            }
        }
    }
}
