//! keshi's own events, one JSON object a line, as `POST /v1/attendance` takes them:
//! `{trainee, kind, at, until?, ip?, device?, user_agent?, client?, region?, position_ms?, score?, ref?}`, and beside or instead of
//! `trainee` any of `platform_user, phone, email, id_number, name`. Other members are ignored.

use super::super::event::{Event, EventKind, Who};
use super::super::fault::{self, Fault};
use super::super::members::kind_of;
use super::super::reading::Hints;
use super::super::records::{Cut, Piece};
use super::super::source::{Probe, Source};
use super::super::tally::{Halt, Tally};
use super::Reader;
use crate::error::{Error, codes};
use crate::time::Time;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

pub(crate) const READER: Reader = Reader { name: "keshi-ndjson", recognise, read };

/// Lines that are objects with the members of an event; a file of other objects is taken when nobody else wants it, so that its rows
/// are told what they lack.
fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    let begun = probe.lines.iter().filter(|line| line.trim_start().starts_with('{'));
    begun
        .map(|line| match serde_json::from_str::<Value>(line) {
            Ok(object) if object.get("kind").is_some() && object.get("at").is_some() => 95,
            Ok(_) => 50,
            Err(_) => 10,
        })
        .max()
        .unwrap_or(0)
}

fn read(source: &mut Source, _: &Probe, _: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let encoding = source.encoding();
    let Some(text) = source.as_text() else {
        return Err(
            Error::new(&codes::UNKNOWN_FORMAT, "The file was sent as keshi-ndjson and is a workbook; send it with format=auto.").into()
        );
    };
    text.each_line(&mut |Piece { number, span, text }| {
        let event = match text {
            Cut::Whole(line) if line.trim_ascii().is_empty() => return Ok(()),
            Cut::Whole(line) => event(line),
            Cut::NoText => Err(Fault::bad_encoding(encoding)),
            Cut::TooLong | Cut::OpenQuote => {
                Err(Fault::new(fault::TOO_LONG, "the line is longer than allowed; one event needs a few hundred bytes"))
            }
        };
        tally.row()?;
        tally.take(number, event.map(|event| Event { row: number, bytes: Some(span), ..event }))
    })
}

/// One line.
#[derive(Deserialize)]
struct Line<'a> {
    trainee: Option<String>,
    platform_user: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    id_number: Option<String>,
    name: Option<String>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow, default)]
    until: Optional<'a>,
    ip: Option<String>,
    device: Option<String>,
    user_agent: Option<String>,
    client: Option<String>,
    region: Option<String>,
    position_ms: Option<i64>,
    score: Option<f64>,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

/// A text or null. `Option<Cow>` would copy what it could borrow.
#[derive(Default)]
struct Optional<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Optional<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
        Ok(Optional(Option::<Text<'a>>::deserialize(deserializer)?.map(|text| text.0)))
    }
}

/// One line as an event.
pub(crate) fn event(line: &[u8]) -> Result<Event, Fault> {
    let line: Line<'_> = serde_json::from_slice(line).map_err(|_| diagnosis(line))?;
    let kind = EventKind::from_word(&line.kind).filter(|kind| !kind.is_stated()).ok_or_else(|| Fault::bad_kind("kind"))?;
    let at = instant("at", &line.at)?;
    let until = line.until.0.as_deref().map(|text| instant("until", text)).transpose()?;
    let who = Who {
        trainee: None,
        platform_user: line.platform_user,
        phone: line.phone,
        email: line.email,
        id_number: line.id_number,
        name: line.name,
    };
    Ok(Event {
        until,
        ip: line.ip,
        device: line.device,
        user_agent: line.user_agent,
        client: line.client,
        region: line.region,
        position_ms: line.position_ms,
        score: line.score,
        reference: line.reference,
        ..Event::new(0, refer(who, line.trainee, "trainee")?, kind, at)
    })
}

/// Puts a reference where it belongs: `user:<account>` names an account, everything else a trainee.
pub(super) fn refer(mut who: Who, reference: Option<String>, column: &str) -> Result<Who, Fault> {
    let Some(reference) = reference else { return Ok(who) };
    if let Some(account) = reference.strip_prefix("user:").filter(|account| !account.is_empty()) {
        who.platform_user.get_or_insert_with(|| account.to_owned());
    } else if reference.strip_prefix("ext:").is_some_and(|id| !id.is_empty()) || uuid::Uuid::try_parse(&reference).is_ok() {
        who.trainee = Some(reference);
    } else {
        return Err(Fault::bad_trainee(column));
    }
    Ok(who)
}

fn instant(column: &str, text: &str) -> Result<Time, Fault> {
    text.parse().map_err(|_| Fault::not_rfc3339(column))
}

/// Why a line is no event, without repeating what it says: the first member at fault, or where the JSON breaks.
fn diagnosis(line: &[u8]) -> Fault {
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(_) if std::str::from_utf8(line).is_err() => return Fault::bad_encoding("UTF-8"),
        Err(error) if error.is_eof() => {
            return Fault::new(fault::BAD_JSON, "the line ends in the middle of its JSON; write one whole object on each line");
        }
        Err(error) => {
            let column = error.column();
            return Fault::new(fault::BAD_JSON, format!("the line is no JSON from its column {column} on; write one object on each line"));
        }
    };
    let Value::Object(members) = value else {
        return Fault::new(fault::BAD_JSON, format!("the line is {} and no object; write one object on each line", kind_of(&value)));
    };
    for (name, wanted) in [("kind", "a text such as join"), ("at", "a text such as 2020-03-03T09:00:00+08:00")] {
        match members.get(name) {
            None | Some(Value::Null) => return Fault::missing(name, wanted),
            Some(Value::String(_)) => {}
            Some(other) => return Fault::bad_value(name, kind_of(other), wanted),
        }
    }
    const TEXTS: [&str; 13] = [
        "trainee",
        "platform_user",
        "phone",
        "email",
        "id_number",
        "name",
        "until",
        "ip",
        "device",
        "user_agent",
        "client",
        "region",
        "ref",
    ];
    for name in TEXTS {
        if let Some(other) = members.get(name).filter(|value| !value.is_string() && !value.is_null()) {
            return Fault::bad_value(name, kind_of(other), "a text in quotation marks");
        }
    }
    if let Some(other) = members.get("position_ms").filter(|value| value.as_i64().is_none() && !value.is_null()) {
        let is = if other.is_number() { "a number with a fraction or too large" } else { kind_of(other) };
        return Fault::bad_value("position_ms", is, "a whole number of milliseconds");
    }
    if let Some(other) = members.get("score").filter(|value| !value.is_number() && !value.is_null()) {
        return Fault::bad_value("score", kind_of(other), "a number");
    }
    Fault::new(fault::BAD_JSON, "a member of the object appears twice; write each once")
}
