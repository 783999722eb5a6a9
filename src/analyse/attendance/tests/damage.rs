//! Every format under every damage that files come with: cut anywhere, in another encoding than they say, columns exchanged, formulas, archives
//! in archives, impossible years, two time zones. What is read is what was written; everything else is refused with a code and what to do.

use super::formats::{csv, documents, sample, sheet, tables, with_profile};
use super::fuzz::holds;
use super::*;
use serde_json::{Value, json};

/// Every table as text and as a workbook, with one cell at a time replaced. Headings stay: without them it is another file.
fn each_cell(rows: &[Vec<String>], cell: &str, mut told: impl FnMut(Vec<Vec<String>>)) {
    let headings: Vec<usize> = headings(rows);
    for (row, cells) in rows.iter().enumerate().filter(|(row, _)| !headings.contains(row)) {
        for column in 0..cells.len() {
            let mut again = rows.to_vec();
            again[row][column] = cell.to_owned();
            told(again);
        }
    }
}

/// The rows that hold headings: the first of each block that has more than two cells.
fn headings(rows: &[Vec<String>]) -> Vec<usize> {
    let begins = |row: &usize| *row == 0 || rows[..*row].iter().rposition(|cells| cells.len() <= 2).map_or(0, |short| short + 1) == *row;
    (0..rows.len()).filter(|row| rows[*row].len() > 2).filter(begins).collect()
}

/// Every document with one value at a time replaced.
fn each_value(document: &Value, value: &Value, told: &mut impl FnMut(Value)) {
    fn places(value: &Value, at: String, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => members
                .iter()
                .for_each(|(name, member)| places(member, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found)),
            Value::Array(items) => items.iter().enumerate().for_each(|(place, item)| places(item, format!("{at}/{place}"), found)),
            _ => found.push(at),
        }
    }
    let mut found = Vec::new();
    places(document, String::new(), &mut found);
    for place in found {
        let mut again = document.clone();
        *again.pointer_mut(&place).expect("there") = value.clone();
        told(again);
    }
}

/// Every sample with one of its values at a time replaced by this text, as files.
fn each_file(cell: &str, mut told: impl FnMut(&'static str, Vec<u8>)) {
    for (name, bytes) in tables() {
        each_cell(&sample(name, &bytes), cell, |again| {
            told(name, csv(&again, b','));
            told(name, sheet(&again));
        });
    }
    for (name, bytes) in documents() {
        let text = std::str::from_utf8(&bytes).expect("text");
        match serde_json::from_str::<Value>(text) {
            Ok(whole) => each_value(&whole, &json!(cell), &mut |again| told(name, again.to_string().into_bytes())),
            Err(_) => {
                let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
                each_value(&Value::from(lines), &json!(cell), &mut |again| {
                    let lines = again.as_array().expect("lines").iter().map(|line| format!("{line}\n"));
                    told(name, lines.collect::<String>().into_bytes());
                });
            }
        }
    }
}

/// What a cut file still says is what the whole one said, but for the row that was cut. What was cut off may have decided how the rest is read
/// (which part counts, whether day or month comes first); then the sentence says so.
#[test]
fn a_file_cut_anywhere_says_what_it_said_or_is_refused() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    for (name, bytes) in tables().chain(documents()) {
        let (whole, events) = all(&bytes, &hints).expect("a sample");
        let whole = (whole.assumptions, told(&events));
        let step = if bytes.starts_with(b"PK") { 13 } else { 1 };
        let mut refused = 0;
        for length in (0..bytes.len()).step_by(step) {
            let cut = &bytes[..length];
            holds(cut, &hints);
            let Ok((reading, events)) = all(cut, &hints) else {
                refused += 1;
                continue;
            };
            let last = events.last().map_or(0, |event| event.row);
            let before: Vec<Event> = events.iter().filter(|event| event.row < last).cloned().collect();
            let same = told(&before).iter().all(|event| whole.1.contains(event));
            assert!(same || reading.assumptions != whole.0, "{name} cut at {length}: {:?}", told(&events));
        }
        assert!(refused > 0, "{name}: a file cut in its headings is no log");
    }
}

#[test]
fn text_that_is_not_in_the_encoding_it_seems_to_be_in_never_becomes_a_name() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    let texts = tables().map(|(name, bytes)| (name, csv(&sample(name, &bytes), b','))).chain(documents());
    for (name, bytes) in texts {
        let text = std::str::from_utf8(&bytes).expect("text");
        let gbk = encoding_rs::GB18030.encode(text).0.into_owned();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut lone = utf16(text);
        let place =
            lone.chunks(2).position(|pair| pair == "电".encode_utf16().next().unwrap_or_default().to_le_bytes()).unwrap_or(lone.len() / 4);
        lone.splice(place * 2..place * 2, [0x00, 0xd8]).for_each(drop);
        for (damage, bytes) in [
            ("GB18030 under the mark of UTF-8", [b"\xef\xbb\xbf".as_slice(), &gbk].concat()),
            ("UTF-8 under the mark of UTF-16", [b"\xff\xfe".as_slice(), &bytes].concat()),
            ("UTF-16 turned around", [b"\xff\xfe".as_slice(), &big].concat()),
            ("UTF-16 without a mark", big.clone()),
            ("half a character of UTF-16", lone),
            ("one byte lost", {
                let mut bytes = bytes.clone();
                let at = bytes.iter().position(|byte| *byte >= 0x80).unwrap_or(bytes.len() / 2);
                bytes.remove(at);
                bytes
            }),
            ("a zero after every byte of UTF-8", bytes.iter().flat_map(|byte| [*byte, 0]).collect()),
        ] {
            holds(&bytes, &hints);
            if let Ok((_, events)) = all(&bytes, &hints) {
                let told = told(&events).join("\n");
                assert!(!told.contains('\u{fffd}') && !told.contains('\u{0}'), "{name}, {damage}: {told}");
            }
        }
    }
}

/// Of any two columns of a table, the values exchanged under their headings: a stay never ends before it begins, and a name is no time.
#[test]
fn exchanged_columns_are_at_fault_where_they_cannot_be() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    for (name, bytes) in tables() {
        let rows = sample(name, &bytes);
        let (mut codes, mut ends) = (Vec::new(), false);
        let headings = headings(&rows);
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        for (one, other) in (0..columns).flat_map(|one| (0..one).map(move |other| (one, other))) {
            let mut again = rows.clone();
            again
                .iter_mut()
                .enumerate()
                .filter(|(row, cells)| !headings.contains(row) && cells.len() > one)
                .for_each(|(_, cells)| cells.swap(one, other));
            for bytes in [csv(&again, b','), sheet(&again)] {
                holds(&bytes, &hints);
                let refused = match all(&bytes, &hints) {
                    Ok((reading, events)) => {
                        ends |= events.iter().any(|event| event.until.is_some() && !event.kind.is_stated());
                        reading.refused
                    }
                    Err(error) => error.rows,
                };
                codes.extend(refused.into_iter().map(|row| row.code));
            }
        }
        let has = |code: &str| codes.iter().any(|one| one == code);
        // A mark may be any word.
        let faults = ["bad_time", "missing_value", "bad_value", "no_person"];
        assert!(faults.into_iter().any(has) || name == "moodle-attendance", "{name}: {codes:?}");
        assert!(has("leave_before_join") || !ends, "{name}: {codes:?}");
    }
}

#[test]
fn an_archive_is_no_log_however_deep_the_log_is_in_it() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    let zipped = |name: &str, bytes: &[u8]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("started");
        zip.write_all(bytes).expect("written");
        zip.finish().expect("finished").into_inner()
    };
    for (name, bytes) in tables().chain(documents()) {
        for inside in ["log.csv", "log.xlsx", "xl/workbook.xml", "xl/worksheets/sheet1.xml", "../../etc/log.csv"] {
            let mut archive = bytes.clone();
            for depth in 1..4 {
                archive = zipped(inside, &archive);
                holds(&archive, &hints);
                let error = all(&archive, &hints).expect_err("an archive");
                let code = error.code;
                assert!(["unknown_format", "corrupt_file", "expands_too_far"].contains(&code), "{name} as {inside}, {depth} deep: {error}");
            }
        }
    }
}

/// What a spreadsheet calculated is what counts; a text that looks like a formula is a text.
#[test]
fn formulas_are_read_by_their_results_and_never_run() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    for (name, bytes) in tables() {
        let rows = sample(name, &bytes);
        let expected = told(&all(&sheet(&rows), &hints).expect("a sample").1);
        let mut book = Workbook::new();
        let calculated = book.add_worksheet();
        for (row, cells) in rows.iter().enumerate() {
            for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                let formula = rust_xlsxwriter::Formula::new("=CONCATENATE(A1,WEBSERVICE(\"http://127.0.0.1\"))").set_result(text);
                calculated.write_formula(row as u32, column as u16, formula).expect("written");
            }
        }
        let (reading, events) =
            all(&book.save_to_buffer().expect("saved"), &hints).unwrap_or_else(|error| panic!("{name}: {error} {:?}", error.rows));
        assert_eq!((reading.reader, told(&events)), (name, expected), "{name}");
    }
    for formula in ["=1+1", "=HYPERLINK(\"http://127.0.0.1\",\"x\")", "=cmd|' /C calc'!A0", "@SUM(1)", "+1-1", "\t=1", "#REF!"] {
        each_file(formula, |_, bytes| holds(&bytes, &hints));
    }
}

/// Years that no training was in, and numbers a spreadsheet may hold for a date. [`holds`] asks that no event is outside of 2000 to 2099.
#[test]
fn impossible_years_are_at_fault() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    for moment in [
        "1900-01-01 00:00:00",
        "1900-02-29 09:00:00",
        "1999-12-31 23:59:59",
        "2100-01-02 00:00:00",
        "9999-12-31 23:59:59",
        "0000-01-01 00:00:00",
        "2020-02-30 09:00:00",
        "2020-03-03 24:00:01",
        "1/1/1900, 9:00:00 AM",
        "31/12/9999 09:00",
        "0",
        "-1",
        "60",
        "2958466",
        "253402300799",
        "253402300799000",
        "99999999999999999999999999",
        "-9223372036854775808",
    ] {
        let mut refused = Vec::new();
        each_file(moment, |name, bytes| {
            holds(&bytes, &hints);
            if all(&bytes, &hints).map_or_else(|error| !error.rows.is_empty(), |(reading, _)| reading.refused_total > 0) {
                refused.push(name);
            }
        });
        // Formats of totals and marks have no times of their own.
        for (name, _) in tables().chain(documents()).filter(|(name, _)| !["chaoxing", "dingtalk-live", "moodle-attendance"].contains(name))
        {
            let number = moment.parse::<f64>().is_ok();
            assert!(number || refused.contains(&name), "{name}: {moment} is refused nowhere");
        }
    }
}

/// Numbers of a spreadsheet's calendar, as numbers: from before its first day to after its last.
#[test]
fn numbers_outside_of_a_spreadsheets_calendar_are_at_fault() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    for (name, bytes) in tables() {
        let rows = sample(name, &bytes);
        let headings = headings(&rows);
        for number in [0.0, -1.0, 0.375, 60.0, 36_525.0, 73_050.5, 2_958_466.0, 1e300, f64::MIN_POSITIVE] {
            for column in 0..rows.iter().map(Vec::len).max().unwrap_or(0) {
                let mut book = Workbook::new();
                let written = book.add_worksheet();
                for (row, cells) in rows.iter().enumerate() {
                    for (place, text) in cells.iter().enumerate() {
                        let at = (row as u32, place as u16);
                        if place == column && !headings.contains(&row) {
                            written.write_number_with_format(at.0, at.1, number, &date_format()).expect("written");
                        } else if !text.is_empty() {
                            written.write_string(at.0, at.1, text).expect("written");
                        }
                    }
                }
                let bytes = book.save_to_buffer().expect("saved");
                holds(&bytes, &hints);
                if let Err(error) = all(&bytes, &hints) {
                    assert_eq!(error.code, "unreadable_log", "{name}: {error}");
                }
            }
        }
    }
}

/// A time with an offset among times without one is the moment it says, or at fault: never the same clock in another zone.
#[test]
fn two_time_zones_in_a_file_are_two_time_zones() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    let time = |text: &str| text.parse::<Time>().expect("valid");
    let (right, wrong) = (time("2020-03-03T09:17:00-05:00"), time("2020-03-03T09:17:00+08:00"));
    let mut understood = Vec::new();
    for written in ["2020-03-03T09:17:00-05:00", "2020-03-03 09:17:00 -0500", "2020-03-03T14:17:00Z"] {
        each_file(written, |name, bytes| {
            holds(&bytes, &hints);
            let Ok((_, events)) = all(&bytes, &hints) else { return };
            for moment in events.iter().flat_map(|event| [Some(event.at), event.until]).flatten() {
                assert!(
                    moment != wrong && moment != time("2020-03-03T14:17:00+08:00"),
                    "{name}: {written} was read in the zone of the file"
                );
                if moment == right {
                    understood.push(name);
                }
            }
        });
    }
    for name in ["keshi-ndjson", "keshi-table", "xapi", "xapi-lines"] {
        assert!(understood.contains(&name), "{name} has times with offsets: {understood:?}");
    }
}

/// Entities of XML that lead to other entities or to files: none is followed.
#[test]
fn what_a_workbooks_xml_declares_is_not_followed() {
    let profile = super::profile::own();
    let hints = with_profile(&profile);
    let levels: String = (1..12).map(|level| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10))).collect();
    let laughs = format!("<!DOCTYPE worksheet [<!ENTITY l0 \"张三\">{levels}]>");
    let file = "<!DOCTYPE worksheet [<!ENTITY l11 SYSTEM \"file:///etc/passwd\">]>";
    for (name, bytes) in tables() {
        let book = sheet(&sample(name, &bytes));
        let expected = told(&all(&book, &hints).expect("a sample").1);
        for declared in [laughs.as_str(), file] {
            let damaged = hostile::with_part_changed(&book, "xl/worksheets/sheet1.xml", |xml| {
                let (head, body) = xml.split_once("?>").expect("a declaration");
                format!(
                    "{head}?>{declared}{}",
                    body.replacen(
                        "<sheetData>",
                        "<sheetData><row r=\"999\"><c r=\"A999\" t=\"inlineStr\"><is><t>&l11;</t></is></c></row>",
                        1
                    )
                )
            });
            holds(&damaged, &hints);
            if let Ok((_, events)) = all(&damaged, &hints) {
                assert!(told(&events).iter().all(|event| expected.contains(event)), "{name}");
            }
        }
    }
}
