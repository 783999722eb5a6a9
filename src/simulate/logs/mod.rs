//! Attendance as the vendors' programs export it.

mod canonical;
mod tencent;
mod zoom;

use super::people::Person;
use super::plan::{Class, Lesson, Source};
use crate::error::Result;
use crate::time::Time;

/// The bytes of a lesson's export in a layout; only the events within `part`, when one is given.
///
/// # Errors
/// When a workbook cannot be written, which would be a fault here.
pub fn export(class: &Class, lesson: &Lesson, people: &[Person], layout: u64, part: Option<(Time, Time)>) -> Result<Vec<u8>> {
    if lesson.mode == "recorded" {
        return canonical::ndjson(canonical::watched(class, lesson, people));
    }
    match class.source {
        Source::Tencent => tencent::workbook(class, lesson, layout),
        Source::Zoom => zoom::report(class, lesson, people, layout),
        Source::Live | Source::Ndjson => canonical::ndjson(canonical::events(class, lesson, people, part)),
        Source::Csv => canonical::csv(&canonical::events(class, lesson, people, part), false),
        Source::CsvZh => canonical::csv(&canonical::events(class, lesson, people, part), true),
        Source::XlsxZh => canonical::workbook(&canonical::events(class, lesson, people, part)),
    }
}

/// The moment on the wall clock in Shanghai, in a chrono pattern.
fn local(at: Time, pattern: &str) -> String {
    at.utc().with_timezone(&chrono_tz::Asia::Shanghai).format(pattern).to_string()
}
