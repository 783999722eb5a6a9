//! A class of twenty lessons, and the log of everything that happened in it.

use keshi::simulate::Bulk;
use keshi::time::{DAY, MINUTE, SECOND, Time};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Lessons, four a day.
const LESSONS: u64 = 20;
/// Minutes of a lesson.
const LENGTH: i64 = 45;

/// When a lesson begins: 09:00, 10:00, 14:00 and 15:00 in Shanghai, from 2020-03-03 on.
fn starts_at(lesson: u64) -> Time {
    let first: Time = "2020-03-03T09:00:00+08:00".parse().expect("a time");
    let hours = [0, 1, 5, 6][(lesson % 4) as usize];
    first.plus((lesson / 4) as i64 * DAY + hours * 60 * MINUTE)
}

/// A second of a lesson.
pub(crate) fn moment(lesson: u64, second: u64) -> Time {
    starts_at(lesson).plus(second as i64 * SECOND)
}

fn of_lesson(lesson: u64, rows: u64, trainees: u64) -> Bulk {
    let from = starts_at(lesson);
    Bulk { rows: rows / LESSONS, trainees, seed: lesson, from, until: from.plus(LENGTH * MINUTE) }
}

/// The roster as the API takes it.
pub(crate) fn roster(trainees: u64) -> Value {
    of_lesson(0, 0, trainees).roster()
}

/// The timetable as the API takes it.
pub(crate) fn lessons() -> Value {
    let lesson = |number: u64| {
        let (from, until) = (starts_at(number), starts_at(number).plus(LENGTH * MINUTE));
        json!({ "external_id": format!("l{number:02}"), "title": format!("第{}课", number + 1), "kind": "theory", "mode": "live",
                "starts_at": from, "ends_at": until, "hours": 1, "teacher": "测速教师" })
    };
    json!({ "lessons": (0..LESSONS).map(lesson).collect::<Vec<_>>() })
}

/// Writes the log of the class: canonical NDJSON, in order of time.
pub(crate) fn write(path: &Path, rows: u64, trainees: u64) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for lesson in 0..LESSONS {
        of_lesson(lesson, rows, trainees).write(&mut file)?;
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?.flush()
}
