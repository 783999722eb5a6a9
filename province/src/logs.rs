//! The logs of a class: what the platform writes of each sitting, and how and when it is handed in.

use crate::chance::{Chance, mix};
use crate::class::{Class, Event, Evidence, Lesson, Row, Sitting};
use crate::days::{HOUR, MINUTE, SECOND};
use crate::plan::{PLATFORMS, SECOND_READER};

/// The platform that numbers its events: from this second on, upwards in time.
const NUMBERED_FROM: i64 = 1_580_000_000;

/// Writes all logs of a class.
pub fn write(class: &mut Class, chance: &Chance) {
    let chance = chance.at("logs", class.number as u64);
    for number in 0..class.lessons.len() {
        if !class.lessons[number].was_held() {
            continue;
        }
        let mut dice = chance.at("lesson", number as u64);
        let received = received_at(class, number, &mut dice);
        let log = class.add(attendance(class, number, received, dice.draw()));
        let mut rows = rows_of(class.platform, &class.lessons[number], log, &mut dice);
        let again = dice.one_in(0.3);
        if class.has("corrected-log") && again && class.lessons[number].mode == "live" {
            corrected(class, number, &mut rows, received, &mut dice);
        } else if class.has("log-twice") && again {
            let twice = class.add(Evidence { received_at: received + dice.between(2, 90) * HOUR, ..class.evidence[log].clone() });
            let copies: Vec<Row> = rows.iter().map(|row| Row { evidence: twice, ..row.clone() }).collect();
            rows.extend(copies);
        } else if class.has("two-sources") && again && class.lessons[number].mode == "live" && class.platform != 4 {
            second_source(class, number, &mut rows, received, &mut dice);
        }
        put_in_order(&mut rows, &class.lessons[number].sittings);
        class.lessons[number].rows = rows;
    }
}

/// Logs come within hours or days; those of recorded lessons after the class, those of back-filled classes in some days of July.
pub fn received_at(class: &Class, lesson: usize, dice: &mut Chance) -> i64 {
    let ended = class.lessons[lesson].until;
    let usual = ended + (1_800.0 + dice.wait(30_000.0)) as i64 * SECOND;
    if class.has("back-filled") { class.created_at + dice.between(1, 60) * HOUR } else { usual }
}

/// The evidence of a log.
pub fn attendance(class: &Class, lesson: usize, received_at: i64, bytes: u64) -> Evidence {
    let row = &class.lessons[lesson];
    Evidence {
        number: 0,
        kind: "attendance",
        bytes,
        size: 400 + row.sittings.len() as i64 * 120,
        media_type: match class.platform {
            2 => "application/x-ndjson",
            3 | 4 => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            _ => "text/csv",
        },
        lesson: Some(lesson),
        trainee: None,
        claimed: Some((row.from, row.until)),
        received_at,
        by_platform: class.platform == 2 || mix(class.number as u64 ^ 0xb1).is_multiple_of(3),
        reader: Some(PLATFORMS[class.platform].reader),
        media: None,
    }
}

/// The rows that a platform writes of a lesson into one log, numbered as they stand in the file.
pub fn rows_of(platform: usize, lesson: &Lesson, evidence: usize, dice: &mut Chance) -> Vec<Row> {
    let mut rows = Vec::new();
    for (place, sitting) in lesson.sittings.iter().enumerate() {
        let mut push = |event, at: i64, until, position_ms, score| {
            rows.push(Row { evidence, row: 0, sitting: place, event, at, until, position_ms, score, reference: None, stated_ms: None });
        };
        if lesson.mode == "recorded" {
            watched(sitting, &mut push);
            continue;
        }
        if platform == 4 {
            let told: i64 = sitting
                .stays
                .iter()
                .map(|stay| stay.until.min(lesson.until + 10 * MINUTE) - stay.from.max(lesson.from - 10 * MINUTE))
                .sum();
            push(Event::Total, lesson.from, Some(lesson.until), None, None);
            // The platform tells minutes.
            let stated = sitting.stated_ms.unwrap_or(told.max(0) / MINUTE * 60_000);
            if let Some(row) = rows.last_mut() {
                row.stated_ms = Some(stated);
            }
            continue;
        }
        for stay in &sitting.stays {
            match (platform, stay.ended) {
                (0 | 3, true) => push(Event::Interval, stay.from, Some(stay.until), None, None),
                (_, ended) => {
                    push(Event::Join, stay.from, None, None, None);
                    if ended {
                        push(Event::Leave, stay.until, None, None, None);
                    }
                }
            }
            if platform == 2 && sitting.beats.every > 0 {
                let mut beat = stay.from + sitting.beats.every;
                while beat < stay.until && beat - stay.from < sitting.beats.last {
                    let jitter = if sitting.beats.jitter > 0 {
                        dice.between(-sitting.beats.jitter, sitting.beats.jitter) / SECOND * SECOND
                    } else {
                        0
                    };
                    push(Event::Heartbeat, beat + jitter, None, None, None);
                    beat += sitting.beats.every;
                }
            }
        }
        if platform != 0 {
            sitting.answers.iter().for_each(|&(at, score)| push(Event::Answer, at / SECOND * SECOND, None, None, Some(score)));
        }
        sitting.checks.iter().for_each(|&(at, score)| push(Event::FaceCheck, at / SECOND * SECOND, None, None, Some(score)));
    }
    number(platform, &mut rows, &lesson.sittings);
    rows
}

fn watched(sitting: &Sitting, push: &mut impl FnMut(Event, i64, Option<i64>, Option<i64>, Option<f64>)) {
    for stay in &sitting.stays {
        push(Event::Join, stay.from, None, None, None);
        push(Event::Leave, stay.until, None, None, None);
    }
    for play in &sitting.plays {
        let length = (play.until_ms - play.from_ms) * 100 / play.percent.max(1);
        let mut beat = 0;
        while beat < length {
            push(Event::Progress, play.at + beat * 1_000, None, Some(play.from_ms + beat * play.percent / 100), None);
            beat += 240_000;
        }
        push(Event::Progress, play.at + length * 1_000, None, Some(play.until_ms), None);
    }
    sitting.answers.iter().for_each(|&(at, score)| push(Event::Answer, at, None, None, Some(score)));
}

/// Numbers the rows of one log in order of time, and gives them the platform's own numbers where it has some.
fn number(platform: usize, rows: &mut [Row], sittings: &[Sitting]) {
    rows.sort_by_key(|row| (row.at, row.sitting, row.event));
    for (place, row) in rows.iter_mut().enumerate() {
        row.row = place as i64 + 2;
        row.reference = matches!(platform, 1 | 2).then(|| reference(row.at, row.sitting));
    }
    // Names that share one login share the row of the file.
    let shared: Vec<(usize, usize)> =
        sittings.iter().enumerate().filter_map(|(place, sitting)| Some((place, sitting.same_row_as?))).collect();
    for (place, first) in shared {
        let firsts: Vec<(Event, i64)> = rows.iter().filter(|row| row.sitting == first).map(|row| (row.event, row.row)).collect();
        for (row, &(_, number)) in rows.iter_mut().filter(|row| row.sitting == place).zip(&firsts) {
            row.row = number;
        }
    }
}

/// The platform's number of an event written at a moment: it ascends with time.
pub fn reference(at: i64, sitting: usize) -> u64 {
    ((at / SECOND - NUMBERED_FROM).max(0) as u64) << 12 | (mix(at as u64 ^ (sitting as u64) << 40) & 0xfff)
}

/// Rows in the order of the table: by trainee, those of nobody first, then by time.
pub fn put_in_order(rows: &mut [Row], sittings: &[Sitting]) {
    rows.sort_by_key(|row| (sittings[row.sitting].trainee, row.at, row.evidence, row.row));
}

/// The log was taken before the end; some days later the whole one is handed in.
fn corrected(class: &mut Class, lesson: usize, rows: &mut Vec<Row>, received: i64, dice: &mut Chance) {
    let cut = class.lessons[lesson].until - dice.between(10, 35) * MINUTE;
    let whole = class.add(attendance(class, lesson, received + dice.between(5, 70) * HOUR, dice.draw()));
    let all: Vec<Row> = rows.iter().map(|row| Row { evidence: whole, ..row.clone() }).collect();
    rows.retain(|row| row.at < cut && row.event != Event::Total);
    for row in rows.iter_mut() {
        row.until = row.until.map(|until| until.min(cut));
    }
    rows.extend(all);
}

/// The meeting's own list of members beside the platform's log: seconds of difference, no devices.
fn second_source(class: &mut Class, lesson: usize, rows: &mut Vec<Row>, received: i64, dice: &mut Chance) {
    let evidence = Evidence {
        reader: Some(SECOND_READER),
        by_platform: false,
        ..attendance(class, lesson, received + dice.between(0, 20) * HOUR, dice.draw())
    };
    let other = class.add(evidence);
    let off = dice.between(-4, 4) * SECOND;
    let mut own: Vec<Sitting> = Vec::new();
    let first = class.lessons[lesson].sittings.len();
    for sitting in &class.lessons[lesson].sittings {
        let seat = crate::class::Seat { device: None, ip: None, agent: None, client: None, region: None };
        own.push(Sitting { seat, answers: Vec::new(), checks: Vec::new(), ..sitting.clone() });
    }
    let mut found = Vec::new();
    for (place, sitting) in own.iter().enumerate() {
        for stay in &sitting.stays {
            let (at, until) = (stay.from + off + dice.between(-2, 2) * SECOND, stay.until + off + dice.between(-2, 2) * SECOND);
            found.push(Row {
                evidence: other,
                row: 0,
                sitting: first + place,
                event: Event::Interval,
                at,
                until: Some(until),
                position_ms: None,
                score: None,
                reference: None,
                stated_ms: None,
            });
        }
    }
    found.sort_by_key(|row| row.at);
    found.iter_mut().enumerate().for_each(|(place, row)| row.row = 20_000_010 + place as i64);
    class.lessons[lesson].sittings.extend(own);
    rows.extend(found);
}
