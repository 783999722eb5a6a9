//! Classes of twenty lessons, and the log of everything that happened in one.

use keshi::simulate::Bulk;
use keshi::time::{DAY, MINUTE, SECOND, Time};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Lessons, four a day.
pub(crate) const LESSONS: u64 = 20;
/// Minutes of a lesson.
const LENGTH: i64 = 45;

/// One of many classes: each has people of its own, and begins a day after the one before.
#[derive(Clone, Copy)]
pub(crate) struct Class {
    pub(crate) number: u64,
    pub(crate) rows: u64,
    pub(crate) trainees: u64,
}

impl Class {
    /// When a lesson begins: 09:00, 10:00, 14:00 and 15:00 in Shanghai, the first class's from 2020-03-03 on.
    fn starts_at(self, lesson: u64) -> Time {
        let first: Time = "2020-03-03T09:00:00+08:00".parse().expect("a time");
        let hours = [0, 1, 5, 6][(lesson % 4) as usize];
        first.plus((self.number + lesson / 4) as i64 * DAY + hours * 60 * MINUTE)
    }

    fn of_lesson(self, lesson: u64) -> Bulk {
        let Class { number, rows, trainees } = self;
        let from = self.starts_at(lesson);
        let until = from.plus(LENGTH * MINUTE);
        Bulk { rows: rows / LESSONS, trainees, first: number * trainees, seed: number * LESSONS + lesson, from, until }
    }

    /// Its `external_id`.
    pub(crate) fn name(self) -> String {
        if self.number == 0 { "bench".to_owned() } else { format!("bench-{}", self.number) }
    }

    /// Its first day and its last, with some days around the lessons.
    pub(crate) fn days(self) -> (String, String) {
        let day = |time: Time| time.to_string()[..10].to_owned();
        (day(self.starts_at(0).plus(-DAY)), day(self.starts_at(LESSONS - 1).plus(20 * DAY)))
    }

    /// The roster as the API takes it.
    pub(crate) fn roster(self) -> Value {
        self.of_lesson(0).roster()
    }

    /// The timetable as the API takes it.
    pub(crate) fn lessons(self) -> Value {
        let lesson = |number: u64| {
            let (from, until) = (self.starts_at(number), self.starts_at(number).plus(LENGTH * MINUTE));
            json!({ "external_id": format!("l{number:02}"), "title": format!("第{}课", number + 1), "kind": "theory", "mode": "live",
                    "starts_at": from, "ends_at": until, "hours": 1, "teacher": "测速教师" })
        };
        json!({ "lessons": (0..LESSONS).map(lesson).collect::<Vec<_>>() })
    }

    /// Writes the log of the class: canonical NDJSON, in order of time.
    pub(crate) fn write(self, path: &Path) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        for lesson in 0..LESSONS {
            self.of_lesson(lesson).write(&mut file)?;
        }
        file.into_inner().map_err(io::IntoInnerError::into_error)?.flush()
    }
}

/// A second of a lesson of the first class.
pub(crate) fn moment(lesson: u64, second: u64) -> Time {
    alone(0, 1).starts_at(lesson).plus(second as i64 * SECOND)
}

/// The first class.
pub(crate) fn alone(rows: u64, trainees: u64) -> Class {
    Class { number: 0, rows, trainees }
}
