//! Over the entries of a JSON document, and from the members of an entry to values: what readers of documents share.

use super::calendar::{self, Calendar};
use super::document::{Entry, Item};
use super::event::Event;
use super::fault::{self, Fault};
use super::fold;
use super::reading::Limits;
use super::source::{EntryHead, Probe, Source};
use super::tally::{Halt, Tally};
use super::when;
use crate::error::{Error, codes};
use crate::time::{MILLI, SECOND, Time};
use serde_json::{Map, Value};
use std::ops::Range;

/// The members of an entry.
pub(crate) type Members = Map<String, Value>;

/// What a document holds, in its order.
pub(crate) enum Part<'a> {
    /// A member of the document that is no list.
    Said(&'a str, Value),
    /// An entry of the list that is read: where it stands, and what it says.
    Entry(Place, Result<Members, Fault>),
}

/// Where an entry stands: its row is its number in the document.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) row: u64,
    bytes: Option<Range<u64>>,
}

impl Place {
    /// A line of its own.
    pub(crate) fn line(row: u64, bytes: Range<u64>) -> Place {
        Place { row, bytes: Some(bytes) }
    }

    /// Counts one thing that happened, as a row of its own: an entry may hold several.
    pub(crate) fn take(&self, tally: &mut Tally<'_>, read: Result<Event, Fault>) -> Result<(), Halt> {
        tally.row()?;
        tally.take(self.row, read.map(|event| Event { row: self.row, bytes: self.bytes.clone(), ..event }))
    }
}

/// The list whose entries are of a kind: the first that holds one.
pub(crate) fn list_of(probe: &Probe, own: impl Fn(&EntryHead) -> bool) -> Option<&str> {
    probe.entries.iter().find(|entry| own(entry)).map(|entry| entry.list.as_str())
}

/// Passes over a document, the entries of other lists left out.
pub(crate) fn each_part(
    source: &mut Source,
    list: &str,
    limits: &Limits,
    give: &mut dyn FnMut(Part<'_>) -> Result<(), Halt>,
) -> Result<(), Halt> {
    let encoding = source.encoding();
    let Some(text) = source.as_text() else {
        return Err(Error::new(&codes::UNKNOWN_FORMAT, "The file is a workbook and no JSON document; send it with format=auto.").into());
    };
    let mut cutter = text.document()?;
    while let Some(item) = cutter.next()? {
        match item {
            Item::Said(name, value) => {
                let value = serde_json::from_slice(value).unwrap_or_default();
                give(Part::Said(name, value))?;
            }
            Item::Entry(entry) if entry.list == list => {
                let place = Place { row: entry.number, bytes: entry.bytes.clone() };
                give(Part::Entry(place, members(&entry, limits, encoding)))?;
            }
            Item::Entry(_) => {}
        }
    }
    Ok(())
}

fn members(entry: &Entry<'_>, limits: &Limits, encoding: &str) -> Result<Members, Fault> {
    let Some(text) = entry.text else { return Err(Fault::too_long_line(limits.entry_bytes)) };
    // What is no text in another encoding was replaced in converting it.
    if std::str::from_utf8(text).map_or(true, |text| encoding != "UTF-8" && text.contains('\u{fffd}')) {
        return Err(Fault::bad_encoding(encoding));
    }
    match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => {
            Err(Fault::new(fault::BAD_JSON, format!("the entry is {} and no object; send the list as it was exported", kind_of(&other))))
        }
        Err(_) => Err(Fault::new(fault::BAD_JSON, "the entry is no JSON, or lists stand in it too deep; export the document again")),
    }
}

/// A member that says something.
pub(crate) fn get<'a>(members: &'a Members, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

/// A member as text, numbers as their digits; `None` when it says nothing.
pub(crate) fn text(members: &Members, name: &str) -> Result<Option<String>, Fault> {
    match get(members, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(fold::fold(text).into_owned()).filter(|text| !text.is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(Fault::bad_value(name, kind_of(other), "a text in quotation marks")),
    }
}

/// A member that is an object.
pub(crate) fn object<'a>(members: &'a Members, name: &str) -> Result<Option<&'a Members>, Fault> {
    match get(members, name) {
        None => Ok(None),
        Some(Value::Object(inner)) => Ok(Some(inner)),
        Some(other) => Err(Fault::bad_value(name, kind_of(other), "an object")),
    }
}

/// A member that is an array.
pub(crate) fn array<'a>(members: &'a Members, name: &str) -> Result<&'a [Value], Fault> {
    match get(members, name) {
        None => Ok(&[]),
        Some(Value::Array(elements)) => Ok(elements),
        Some(other) => Err(Fault::bad_value(name, kind_of(other), "an array")),
    }
}

/// A member that is a date and time as people write it, or an epoch; `None` when it says nothing.
pub(crate) fn moment(members: &Members, name: &str, calendar: &mut Calendar) -> Result<Option<Time>, Fault> {
    let Some(text) = time_text(members, name).map_err(|is| Fault::bad_time(name, is))? else { return Ok(None) };
    match when::parse(&text) {
        Some(moment) => calendar.resolve(moment, name).map(Some),
        None => Err(Fault::bad_time(name, "a text that is no time")),
    }
}

/// What an epoch counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Epoch {
    Seconds,
    Millis,
}

impl Epoch {
    fn each_and_example(self) -> (i64, &'static str) {
        match self {
            Epoch::Seconds => (SECOND, "whole seconds since 1970 such as 1583197200"),
            Epoch::Millis => (MILLI, "whole milliseconds since 1970 such as 1583197200000"),
        }
    }
}

/// A member that counts from 1970 and must say something.
pub(crate) fn needed_epoch(members: &Members, name: &str, unit: Epoch) -> Result<Time, Fault> {
    epoch(members, name, unit)?.ok_or_else(|| Fault::missing(name, unit.each_and_example().1))
}

/// A member that counts from 1970, as a number or as its digits; `None` when it is nothing or 0, which is how "not yet" is written.
pub(crate) fn epoch(members: &Members, name: &str, unit: Epoch) -> Result<Option<Time>, Fault> {
    let (each, wanted) = unit.each_and_example();
    let wrong = |is: &str| Fault::new(fault::BAD_TIME, format!("{name} is {is}; write {wanted}"));
    let Some(text) = time_text(members, name).map_err(wrong)? else { return Ok(None) };
    let count: i64 = text.parse().map_err(|_| wrong("no whole number"))?;
    let time = count.checked_mul(each).map(Time).filter(|time| calendar::plausible(*time));
    time.map(Some).ok_or_else(|| wrong("a time outside the years 2000 to 2099"))
}

/// What a member says of a time, or the kind of value that says nothing of one.
fn time_text(members: &Members, name: &str) -> Result<Option<String>, &'static str> {
    match get(members, name) {
        None => Ok(None),
        Some(Value::String(_) | Value::Number(_)) => {
            let text = text(members, name).unwrap_or_default();
            Ok(text.filter(|text| !["0", "-", "--"].contains(&text.as_str())))
        }
        Some(other) => Err(kind_of(other)),
    }
}

/// The kind of a value, for sentences about it.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: Value) -> Members {
        json!({ "t": value }).as_object().cloned().expect("an object")
    }

    #[test]
    fn an_epoch_is_a_number_or_its_digits_and_nought_is_nothing() {
        let read = |value, unit| epoch(&of(value), "t", unit).map(|time| time.map(|time| time.to_string()));
        let noon = Some("2020-03-03T04:00:00Z".to_owned());
        assert_eq!(read(json!(1_583_208_000), Epoch::Seconds), Ok(noon.clone()));
        assert_eq!(read(json!("1583208000"), Epoch::Seconds), Ok(noon.clone()));
        assert_eq!(read(json!(1_583_208_000_000_i64), Epoch::Millis), Ok(noon));
        for nothing in [json!(0), json!("0"), json!(""), json!(null), json!("--")] {
            assert_eq!(read(nothing, Epoch::Millis), Ok(None));
        }
        for wrong in
            [json!(1.5), json!("soon"), json!(true), json!([1]), json!(1_583_208_000_000_i64), json!(i64::MAX), json!(-1), json!(1e300)]
        {
            assert_eq!(read(wrong.clone(), Epoch::Seconds).expect_err("no seconds").code, "bad_time", "{wrong}");
        }
    }

    #[test]
    fn a_text_may_be_a_number_and_no_more() {
        assert_eq!(text(&of(json!(7)), "t"), Ok(Some("7".to_owned())));
        assert_eq!(text(&of(json!(" 张三　")), "t"), Ok(Some("张三".to_owned())));
        assert_eq!(text(&of(json!("")), "t"), Ok(None));
        assert_eq!(text(&of(json!({})), "t").expect_err("an object").code, "bad_value");
    }
}
