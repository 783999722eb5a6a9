//! A few events that a platform sends at once, looked at in memory before they are gathered with others: which lines are events, what
//! each says, which are at fault and why. Judged line by line exactly as the reader judges them later.

use super::event::Event;
use super::fault::{self, Fault};
use super::readers::keshi_ndjson;
use super::tally;
use crate::error::RowError;
use std::ops::Range;

/// A body of lines.
#[derive(Debug, PartialEq)]
pub struct Lines {
    /// How many lines it has, empty ones and those at fault included.
    pub count: u64,
    /// Those that are events, in order.
    pub events: Vec<Line>,
    /// Those at fault.
    pub refused: Vec<RowError>,
}

/// A line that is an event.
#[derive(Debug, PartialEq)]
pub struct Line {
    /// Its number, from 1.
    pub row: u64,
    /// Its bytes in the body, with the line feed where it has one.
    pub bytes: Range<usize>,
    /// The platform's own reference.
    pub reference: Option<String>,
    /// All that it says, in one way whatever the order of its members.
    pub says: String,
}

/// Name of the format of such lines.
pub const FORMAT: &str = keshi_ndjson::READER.name;

/// Looks at a body of at most some kilobytes. `None` for what cannot be put between the lines of others or holds no event at all: other
/// encodings, other line ends, other formats.
pub fn lines(body: &[u8], longest: usize) -> Option<Lines> {
    let text = std::str::from_utf8(body).ok()?;
    if text.starts_with('\u{feff}') || text.contains('\0') {
        return None;
    }
    let mut lines = Lines { count: 0, events: Vec::new(), refused: Vec::new() };
    let mut begins = 0;
    for piece in text.split_inclusive('\n') {
        lines.count += 1;
        let (row, bytes) = (lines.count, begins..begins + piece.len());
        begins = bytes.end;
        let line = piece.strip_suffix('\n').unwrap_or(piece);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.as_bytes().trim_ascii().is_empty() {
            continue;
        }
        let event = if line.len() > longest {
            Err(Fault::new(fault::TOO_LONG, "the line is longer than allowed; one event needs a few hundred bytes"))
        } else {
            keshi_ndjson::event(line.as_bytes())
        };
        match event.and_then(tally::checked) {
            Ok(event) => lines.events.push(Line { row, bytes, says: says(&event), reference: event.reference }),
            Err(fault) => lines.refused.push(fault.at(row)),
        }
    }
    (!lines.events.is_empty()).then_some(lines)
}

/// A line whose reference was accepted before with other content.
pub fn reused(row: u64) -> RowError {
    let message =
        "ref names an event that was accepted before and says something else; the first one stands. Give each event a ref of its own";
    Fault::new(fault::REF_REUSED, message).at(row)
}

/// Everything an event says, as a JSON list of names and values; what it does not say is left out, so that events of today and of a
/// version with more members are compared alike.
fn says(event: &Event) -> String {
    let mut said = vec![("kind", Said::Text(event.kind.as_str())), ("at", Said::Whole(event.at.0))];
    said.extend(event.until.map(|until| ("until", Said::Whole(until.0))));
    said.extend(event.position_ms.map(|position| ("position_ms", Said::Whole(position))));
    said.extend(event.score.map(|score| ("score", Said::Real(score))));
    said.extend(event.texts().into_iter().filter_map(|(name, text)| Some((name, Said::Text(text?)))));
    serde_json::to_string(&said).expect("texts and numbers are JSON")
}

/// A value as JSON has it.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Text(&'a str),
    Whole(i64),
    Real(f64),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(body: &str) -> Option<Lines> {
        lines(body.as_bytes(), 200)
    }

    const EVENT: &str = r#"{"trainee":"ext:t1","kind":"join","at":"2020-03-03T09:00:00+08:00","ref":"a"}"#;

    #[test]
    fn lines_are_events_or_at_fault_and_keep_their_bytes() {
        let long = format!(r#"{{"trainee":"ext:t1","kind":"join","at":"2020-03-03T09:00:00+08:00","device":"{}"}}"#, "x".repeat(300));
        let body = format!("{EVENT}\r\n\n{{\"kind\":7}}\n{long}\n not json\n{EVENT}");
        let seen = seen(&body).expect("two are events");
        assert_eq!(seen.count, 6);
        let told: Vec<_> = seen.events.iter().map(|line| (line.row, &body[line.bytes.clone()])).collect();
        assert_eq!(told, [(1, format!("{EVENT}\r\n").as_str()), (6, EVENT)]);
        assert_eq!(seen.events[0].reference.as_deref(), Some("a"));
        let faults: Vec<_> = seen.refused.iter().map(|row| (row.row, row.code.as_str())).collect();
        assert_eq!(
            faults,
            [(3, "missing_value"), (4, "too_long"), (5, "bad_json")].map(|(row, code)| (row, if row == 3 { "bad_value" } else { code }))
        );
    }

    #[test]
    fn an_event_says_the_same_in_whatever_order_and_zone_it_is_written() {
        let one = seen(EVENT).expect("an event");
        let other =
            seen(r#"{ "ref":"a", "at":"2020-03-03T01:00:00Z", "kind":"join", "trainee":"ext:t1", "note":"ignored" }"#).expect("an event");
        assert_eq!(one.events[0].says, other.events[0].says);
        let later = seen(&EVENT.replace("09:00:00", "09:00:01")).expect("an event");
        assert_ne!(one.events[0].says, later.events[0].says);
    }

    /// What is remembered of an event is made of this text: other letters would be another event after an update.
    #[test]
    fn what_an_event_says_is_written_as_ever() {
        let all = r#"{"trainee":"ext:t1","name":"王\"伟","kind":"interval","at":"2020-03-03T09:00:00+08:00","until":"2020-03-03T09:01:00+08:00","position_ms":7,"score":0.1,"ip":"1.2.3.4","ref":"a"}"#;
        let seen = lines(all.as_bytes(), 1_000).expect("an event");
        let said = r#"[["kind","interval"],["at",1583197200000000],["until",1583197260000000],["position_ms",7],["score",0.1],["trainee","ext:t1"],["name","王\"伟"],["ip","1.2.3.4"],["ref","a"]]"#;
        assert_eq!(seen.events[0].says, said);
    }

    #[test]
    fn what_cannot_stand_between_the_lines_of_others_is_not_gathered() {
        assert_eq!(seen(&format!("\u{feff}{EVENT}")), None, "a byte order mark");
        assert_eq!(lines(b"\xff\xfe{\0}\0", 200), None, "UTF-16");
        assert_eq!(seen("name,kind,at\n张,join,2020-03-03 09:00\n"), None, "a table");
        assert_eq!(seen(&format!("{EVENT}\r{EVENT}")), None, "old line ends");
        assert_eq!(seen(""), None);
    }
}
