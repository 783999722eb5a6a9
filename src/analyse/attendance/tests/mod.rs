//! Whole files in, whole readings out. Samples are built here, each with a line that says what it is modelled on.

mod bigbluebutton;
mod cc_live;
mod cc_live_json;
mod chaoxing;
mod damage;
mod dingtalk;
mod formats;
mod fuzz;
mod google_meet;
mod hostile;
mod keshi;
mod live_zh;
mod moodle_attendance;
mod moodle_log;
mod profile;
mod teams;
mod tencent;
mod wecom;
mod xapi;
mod zoom;

use super::*;
use crate::error::Error;
use crate::time::Time;
use rust_xlsxwriter::{Format, Workbook};
use std::io::Write;

/// A file of these bytes.
fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    file
}

fn hints() -> Hints<'static> {
    Hints::zone(chrono_tz::Asia::Shanghai)
}

/// Hints that know the lesson of 3 March 2020 from nine to eleven.
fn lesson() -> Hints<'static> {
    let time = |text: &str| text.parse::<Time>().expect("valid");
    Hints { window: Some((time("2020-03-03T09:00:00+08:00"), time("2020-03-03T11:00:00+08:00"))), ..hints() }
}

fn all(bytes: &[u8], hints: &Hints<'_>) -> Result<(Reading, Vec<Event>), Error> {
    let mut events = Vec::new();
    let reading = read(file(bytes), hints, &mut |event| {
        events.push(event);
        ControlFlow::Continue(())
    })?;
    Ok((reading, events))
}

/// What the page of a piece of evidence shows of an event's row.
fn shown(bytes: &[u8], reading: &Reading, event: &Event) -> String {
    let cells = crate::tables::quote(file(bytes), event.row, counted(Some(reading.reader)), Limits::default());
    cells.expect("readable").expect("a row").join("\t")
}

/// One line for each event: row, kind, span in Shanghai, and whatever else it says.
fn told(events: &[Event]) -> Vec<String> {
    let clock = |time: Time| time.in_zone(chrono_tz::Asia::Shanghai).replace("+08:00", "");
    events
        .iter()
        .map(|event| {
            let who = &event.who;
            let mut line = format!("{} {} {}", event.row, event.kind.as_str(), clock(event.at));
            if let Some(until) = event.until {
                line += &format!("–{}", clock(until));
            }
            let others = [
                ("", &who.trainee),
                ("user ", &who.platform_user),
                ("phone ", &who.phone),
                ("", &who.email),
                ("id ", &who.id_number),
                ("", &who.name),
                ("ip ", &event.ip),
                ("device ", &event.device),
                ("agent ", &event.user_agent),
                ("client ", &event.client),
                ("region ", &event.region),
                ("ref ", &event.reference),
            ];
            for (label, text) in others {
                if let Some(text) = text {
                    line += &format!(" {label}{text}");
                }
            }
            if let Some(position) = event.position_ms {
                line += &format!(" at {position} ms");
            }
            if let Some(score) = event.score {
                line += &format!(" score {score}");
            }
            if let Some(stated) = event.stated_ms {
                line += &format!(" {} s stated", stated / 1_000);
            }
            if let Some(mark) = &event.mark {
                line += &format!(" {mark}");
            }
            line
        })
        .collect()
}

/// One line for each row at fault.
fn refused(rows: &[crate::error::RowError]) -> Vec<String> {
    rows.iter().map(|row| format!("{} {}: {}", row.row, row.code, row.message)).collect()
}

/// A text as UTF-16 with its mark, as Windows programs write it.
fn utf16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A workbook of sheets of texts.
fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).expect("a name");
        for (row, cells) in rows.iter().enumerate() {
            for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                sheet.write_string(row as u32, column as u16, *text).expect("written");
            }
        }
    }
    book.save_to_buffer().expect("saved")
}

fn date_format() -> Format {
    Format::new().set_num_format("yyyy-mm-dd hh:mm:ss")
}
