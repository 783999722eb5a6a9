//! What holds for every format alike: the order of columns and how a heading is spelled do not matter, nor how a table is written down, and a
//! row or an entry of ten million columns is at fault alone.

use super::fuzz::corpus;
use super::*;
use crate::tables::SHEET_ROWS;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Formats that are documents of JSON, or lines of it; all others are tables.
const DOCUMENTS: [&str; 7] = ["keshi-ndjson", "cc-live-json", "wecom", "bigbluebutton", "xapi", "xapi-lines", "dingtalk-live"];

pub(super) fn tables() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    corpus().into_iter().filter(|(name, _)| !DOCUMENTS.contains(name))
}

pub(super) fn documents() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    corpus().into_iter().filter(|(name, _)| DOCUMENTS.contains(name))
}

pub(super) fn with_profile(profile: &crate::register::Platform) -> Hints<'_> {
    Hints { profile: Some(profile), ..lesson() }
}

/// The rows of a table, as keshi quotes them: by their numbers, empty ones included; of a workbook of two sheets those of the second.
pub(super) fn sample(name: &str, bytes: &[u8]) -> Vec<Vec<String>> {
    let before = if name == "tencent-meeting" { 2 * SHEET_ROWS } else { 0 };
    let quote = |row| crate::tables::quote(file(bytes), before + row, counted(Some(name)), Limits::default()).expect("readable");
    let mut rows = Vec::new();
    let mut empty = 0;
    for row in 1.. {
        match quote(row) {
            Some(cells) => {
                rows.extend(std::iter::repeat_n(Vec::new(), empty));
                empty = 0;
                rows.push(cells);
            }
            None if empty == 3 => break,
            None => empty += 1,
        }
    }
    assert!(!rows.is_empty(), "{name}");
    rows
}

pub(super) fn csv(rows: &[Vec<String>], delimiter: u8) -> Vec<u8> {
    let mut writer = ::csv::WriterBuilder::new().flexible(true).delimiter(delimiter).from_writer(Vec::new());
    for row in rows {
        // A row without cells would be written as a quoted nothing.
        match row.is_empty() {
            true => writer.write_record([""]).expect("written"),
            false => writer.write_record(row).expect("written"),
        }
    }
    writer.into_inner().expect("written")
}

pub(super) fn sheet(rows: &[Vec<String>]) -> Vec<u8> {
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    workbook(&[("sheet1", &rows)])
}

#[test]
fn a_table_is_read_alike_however_it_is_written_down() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    for (name, bytes) in tables() {
        let rows = sample(name, &bytes);
        let expected = told(&all(&csv(&rows, b','), &hints).expect("a sample").1);
        assert!(!expected.is_empty(), "{name}");
        let tabs = csv(&rows, b'\t');
        let text = std::str::from_utf8(&tabs).expect("text").to_owned();
        let forms = [
            ("semicolons", csv(&rows, b';')),
            ("tabs", tabs),
            ("a mark", [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat()),
            ("UTF-16", utf16(&text)),
            ("GB18030", encoding_rs::GB18030.encode(&text).0.into_owned()),
            ("line ends of Windows", text.replace('\n', "\r\n").into_bytes()),
            ("a workbook", sheet(&rows)),
        ];
        for (form, again) in forms {
            let (reading, events) = all(&again, &hints).unwrap_or_else(|error| panic!("{name} as {form}: {error} {:?}", error.rows));
            assert_eq!((reading.reader, told(&events)), (name, expected.clone()), "{name} as {form}");
        }
    }
}

/// The same table with its columns in another order, some more among them, and headings in other letters with blanks around them.
fn otherwise(rows: &[Vec<String>], chance: &mut impl FnMut(usize) -> usize) -> Vec<Vec<String>> {
    let mut again = Vec::new();
    for block in rows.split_inclusive(Vec::is_empty) {
        let heading = block.iter().position(|row| row.len() > 2);
        let Some(heading) = heading else {
            again.extend_from_slice(block);
            continue;
        };
        again.extend_from_slice(&block[..heading]);
        let columns = block[heading].len();
        // Places of the old columns, and `columns` for one that nobody knows.
        let mut order: Vec<usize> = (0..columns + chance(3)).map(|column| column.min(columns)).collect();
        (1..order.len()).rev().for_each(|last| order.swap(last, chance(last + 1)));
        for (number, row) in block[heading..].iter().enumerate() {
            if row.is_empty() {
                again.push(Vec::new());
                continue;
            }
            let cell = |(place, column): (usize, &usize)| match (row.get(*column), number) {
                (Some(cell), 0) => spelled(cell, chance(4)),
                (Some(cell), _) => cell.clone(),
                (None, 0) if *column == columns => format!("附加{place}"),
                (None, _) => String::new(),
            };
            again.push(order.iter().enumerate().map(cell).collect());
        }
    }
    again
}

fn spelled(heading: &str, how: usize) -> String {
    match how {
        0 => heading.to_owned(),
        1 => heading.to_ascii_lowercase(),
        2 => heading.to_ascii_uppercase(),
        _ => format!("  {heading} "),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn neither_the_order_of_columns_nor_the_spelling_of_headings_matters(numbers in prop::collection::vec(any::<u32>(), 64)) {
        let profile = super::profile::own();
        let hints = with_profile(&profile);
        for (name, bytes) in tables() {
            let rows = sample(name, &bytes);
            let expected = told(&all(&csv(&rows, b','), &hints).expect("a sample").1);
            let mut next = numbers.iter().cycle();
            let again = otherwise(&rows, &mut |end| *next.next().expect("endless") as usize % end.max(1));
            for (form, bytes) in [("csv", csv(&again, b',')), ("workbook", sheet(&again))] {
                let (reading, events) = all(&bytes, &hints).unwrap_or_else(|error| panic!("{name} as {form}: {error} {:?}\n{again:?}", error.rows));
                prop_assert_eq!((reading.reader, told(&events)), (name, expected.clone()), "{} as {}: {:?}", name, form, again);
            }
        }
    }
}

/// Keys in the opposite order, with one that nobody knows in every object.
fn turned(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut turned: Map<String, Value> = members.iter().rev().map(|(key, value)| (key.clone(), turned(value))).collect();
            // The users of a meeting are by their ids: another member would be another user.
            if !members.values().any(|value| value.get("extId").is_some() || value.get("sessions").is_some()) {
                turned.insert("x_unknown".to_owned(), json!({"nested": [1, "二", null]}));
            }
            Value::Object(turned)
        }
        Value::Array(items) => Value::Array(items.iter().map(turned).collect()),
        other => other.clone(),
    }
}

#[test]
fn neither_the_order_of_keys_nor_unknown_ones_nor_white_space_matter() {
    let hints = lesson();
    // Two lists of a document may change places, and their entries their numbers.
    let told = |events: &[Event]| {
        let mut told: Vec<String> = told(events).iter().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())).collect();
        told.sort();
        told
    };
    for (name, bytes) in documents() {
        let expected = told(&all(&bytes, &hints).expect("a sample").1);
        let text = std::str::from_utf8(&bytes).expect("text");
        let whole: Option<Value> = serde_json::from_str(text).ok();
        let forms: Vec<(&str, String)> = match whole {
            Some(whole) => {
                let other = turned(&whole);
                vec![("turned", other.to_string()), ("spread", format!("\n\n{other:#}\n "))]
            }
            None => {
                let lines = text.lines().map(|line| turned(&serde_json::from_str(line).expect("a line")));
                let lines: Vec<String> = lines.map(|line| line.to_string()).collect();
                vec![("turned", lines.join("\n")), ("with line ends of Windows", lines.join("\r\n") + "\r\n")]
            }
        };
        for (form, again) in forms {
            let (reading, events) = all(again.as_bytes(), &hints).unwrap_or_else(|error| panic!("{name} {form}: {error} {:?}", error.rows));
            assert_eq!((reading.reader, told(&events)), (name, expected.clone()), "{name} {form}");
        }
    }
}

#[test]
fn a_row_of_ten_million_columns_is_at_fault_alone_in_every_table() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    for (name, bytes) in tables() {
        let mut log = csv(&sample(name, &bytes), b',');
        let expected = told(&all(&log, &hints).expect("a sample").1);
        log.extend(vec![b','; 10_000_000]);
        log.push(b'\n');
        let (reading, events) = all(&log, &hints).unwrap_or_else(|error| panic!("{name}: {error} {:?}", error.rows));
        let codes: Vec<&str> = reading.refused.iter().map(|row| row.code.as_str()).collect();
        assert_eq!((reading.reader, told(&events), codes), (name, expected, vec!["too_long"]), "{name}");
    }
}

/// Ten million columns before the headings: whatever stands there is passed over, or there is no telling what the file is.
#[test]
fn ten_million_columns_before_the_headings_are_passed_over_or_refused_in_every_table() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    for (name, bytes) in tables() {
        let expected = all(&csv(&sample(name, &bytes), b','), &hints).expect("a sample").1.len();
        let mut log = vec![b','; 10_000_000];
        log.push(b'\n');
        log.extend(csv(&sample(name, &bytes), b','));
        match all(&log, &hints) {
            Ok((reading, events)) => assert_eq!((reading.reader, events.len()), (name, expected)),
            Err(error) => assert!(["unknown_format", "unreadable_log"].contains(&error.code), "{name}: {error}"),
        }
    }
}

#[test]
fn an_entry_of_ten_million_values_is_at_fault_and_nothing_is_made_of_it() {
    let hints = lesson();
    let many = format!("[{}0]", "0,".repeat(10_000_000));
    for (name, bytes) in documents() {
        let text = std::str::from_utf8(&bytes).expect("text");
        let expected = told(&all(&bytes, &hints).expect("a sample").1);
        // In the first object of the file, and as a line or an entry of its own behind it.
        let within = text.replacen('{', &format!("{{\"x_unknown\":{many},"), 1);
        let behind = format!("{}\n{many}\n", text.trim_end());
        for log in [within, behind] {
            match all(log.as_bytes(), &hints) {
                Ok((reading, events)) => {
                    let events = told(&events);
                    assert!(events.iter().all(|event| expected.contains(event)), "{name}: {events:?}");
                    let known = |row: &crate::error::RowError| ["too_long", "bad_json"].contains(&row.code.as_str());
                    assert!(events == expected || !reading.refused.is_empty(), "{name}");
                    assert!(reading.refused.iter().all(known), "{name}: {:?}", reading.refused);
                }
                Err(error) => {
                    assert!(["unknown_format", "unreadable_log", "corrupt_file", "too_large"].contains(&error.code), "{name}: {error}");
                }
            }
        }
    }
}
