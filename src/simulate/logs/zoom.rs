//! Zoom: the usage report of a meeting as CSV, with or without the block about the meeting, with waiting-room rows.

use super::local;
use crate::error::{Error, Result};
use crate::simulate::people::Person;
use crate::simulate::plan::{Class, Lesson};
use crate::time::{SECOND, Time};

/// The report.
pub(super) fn report(class: &Class, lesson: &Lesson, people: &[Person], layout: u64) -> Result<Vec<u8>> {
    // A byte-order mark, as the vendor writes it for spreadsheets.
    let mut text = Vec::from("\u{feff}".as_bytes());
    if layout % 3 != 2 {
        let topic = format!("{} {}", class.title, lesson.title);
        let seen = lesson.sittings.len() + lesson.strangers.len();
        let minutes = (lesson.ends_at.0 - lesson.starts_at.0) / SECOND / 60;
        let number = format!("{} {} {}", &lesson.meeting_ref[..3], &lesson.meeting_ref[3..6], &lesson.meeting_ref[6..]);
        let block = [
            ["Meeting ID", "Topic", "Start Time", "End Time", "User Email", "Duration (Minutes)", "Participants"].map(str::to_owned),
            [
                number,
                topic,
                time(lesson.starts_at.plus(-120 * SECOND)),
                time(lesson.ends_at),
                "host@example.com".to_owned(),
                minutes.to_string(),
                seen.to_string(),
            ],
        ];
        text.extend(table(&block)?);
        text.extend(b"\n");
    }
    text.extend(table(&rows(class, lesson, people))?);
    Ok(text)
}

fn rows(class: &Class, lesson: &Lesson, people: &[Person]) -> Vec<[String; 8]> {
    let headings = [
        "Name (Original Name)",
        "User Email",
        "Join Time",
        "Leave Time",
        "Duration (Minutes)",
        "Guest",
        "Recording Consent",
        "In Waiting Room",
    ];
    let mut stays: Vec<(Time, [String; 8])> = Vec::new();
    for sitting in &lesson.sittings {
        let email = &people[class.trainees[sitting.trainee].person].email;
        if let Some((from, until)) = sitting.waiting {
            stays.push((from, row(&sitting.shown, email, from, until, false, true)));
        }
        for visit in &sitting.visits {
            stays.push((visit.from, row(&sitting.shown, email, visit.from, visit.until, false, false)));
        }
    }
    for stranger in &lesson.strangers {
        stays.push((stranger.from, row(&stranger.shown, "", stranger.from, stranger.until, true, false)));
    }
    stays.sort_by_key(|(from, _)| *from);
    std::iter::once(headings.map(str::to_owned)).chain(stays.into_iter().map(|(_, row)| row)).collect()
}

fn row(name: &str, email: &str, from: Time, until: Time, guest: bool, waiting: bool) -> [String; 8] {
    // Zoom rounds minutes up, so its sums never agree with the spans.
    let minutes = (until.0 - from.0 + 60 * SECOND - 1) / (60 * SECOND);
    let word = |yes: bool| if yes { "Yes" } else { "No" }.to_owned();
    let consent = if waiting { String::new() } else { "Y".to_owned() };
    [name.to_owned(), email.to_owned(), time(from), time(until), minutes.to_string(), word(guest), consent, word(waiting)]
}

fn time(at: Time) -> String {
    local(at, "%m/%d/%Y %I:%M:%S %p")
}

fn table<const N: usize>(rows: &[[String; N]]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(|cause| Error::internal(cause.to_string()))
}
