//! xAPI statements: one, an array of them, the answer of a record store (`{"statements": […]}`), or one on each line, in any order.
//!
//! What a verb (the last word of its id) counts as:
//! - `launched`, `initialized`: a join; `completed`, `terminated`: the leave.
//! - `completed` or `terminated` with `result.duration`: a stay of that length up to the statement's time, and no more than that. What
//!   opened the same session (actor and registration, or actor and activity) is left out then, since a join would claim the time before.
//! - `progressed`, `answered`: progress and an answer at that moment; a duration says nothing of presence there.
//! - `voided` takes back another statement of the file.
//! - Every other verb is passed over and counted. Such statements may be made by a teacher or by the store (`scored`, `satisfied`), long
//!   after; kept as heartbeats they would be presence, and would make silence look idle on platforms that report no heartbeats.

use super::super::calendar::Calendar;
use super::super::duration;
use super::super::event::{Event, EventKind, Who};
use super::super::fault::{self, Fault};
use super::super::members::{self, Members, Part, Place};
use super::super::reading::Hints;
use super::super::records::{Cut, Piece};
use super::super::source::{EntryHead, Probe, Source};
use super::super::tally::{Halt, Tally};
use super::{Reader, no_list};
use crate::error::{Error, codes};
use crate::time::Time;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

pub(super) const READER: Reader = Reader { name: "xapi", recognise, read };
/// Statements one on each line: its rows are lines.
pub(super) const LINES: Reader = Reader { name: "xapi-lines", recognise: recognise_lines, read: read_lines };

/// The same as clients send them one by one: a statement without a time tells of the moment it was received, and statements that say
/// nothing of presence are no broken log.
pub(crate) const LIVE: Reader = Reader { name: "xapi-live", recognise, read: read_live };

fn read_live(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    tally.may_say_nothing();
    read(source, probe, hints, tally)
}

/// Sessions and statements taken back that are kept in mind.
const MOST_KEPT: usize = 1_000_000;
/// Verbs and home pages named in facts.
const LISTED: usize = 20;

fn is_own(entry: &EntryHead) -> bool {
    entry.has(&["actor", "verb"])
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    if members::list_of(probe, is_own).is_some() { 95 } else { 0 }
}

/// A line that is a statement and is followed by others; a single one is a document.
fn recognise_lines(probe: &Probe, _: &Hints<'_>) -> u8 {
    let mut lines = probe.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
    let is_statement =
        |line: &str| serde_json::from_str::<Members>(line).is_ok_and(|line| line.contains_key("actor") && line.contains_key("verb"));
    let first = lines.next().is_some_and(is_statement);
    if first && lines.any(is_statement) { 96 } else { 0 }
}

/// Where statements stand.
#[derive(Clone, Copy)]
enum From<'l> {
    List(&'l str),
    Lines,
}

/// Passes over the statements of a file.
fn each_statement(
    source: &mut Source,
    from: From<'_>,
    hints: &Hints<'_>,
    give: &mut dyn FnMut(Place, Result<Members, Fault>) -> Result<(), Halt>,
) -> Result<(), Halt> {
    match from {
        From::List(list) => members::each_part(source, list, &hints.limits, &mut |part| match part {
            Part::Said(..) => Ok(()),
            Part::Entry(place, statement) => give(place, statement),
        }),
        From::Lines => {
            let encoding = source.encoding();
            let Some(text) = source.as_text() else {
                return Err(
                    Error::new(&codes::UNKNOWN_FORMAT, "The file is a workbook and no lines of JSON; send it with format=auto.").into()
                );
            };
            text.each_line(&mut |Piece { number, span, text }| {
                let statement = match text {
                    Cut::Whole(line) if line.trim_ascii().is_empty() => return Ok(()),
                    Cut::Whole(line) => serde_json::from_slice(line)
                        .map_err(|_| Fault::new(fault::BAD_JSON, "the line is not one JSON object; write one statement on each line")),
                    Cut::NoText => Err(Fault::bad_encoding(encoding)),
                    Cut::TooLong | Cut::OpenQuote => Err(Fault::too_long_line(hints.limits.line_bytes)),
                };
                give(Place::line(number, span), statement)
            })
        }
    }
}

/// What statements say of other statements: hashes, so that a long file costs little.
#[derive(Default)]
struct Relations {
    /// Sessions whose length is stated in closing.
    measured: HashSet<u64>,
    /// Statements that another takes back.
    voided: HashSet<u64>,
}

/// What is stated beside the events.
#[derive(Default)]
struct Notes {
    passed_over: BTreeMap<String, u64>,
    voided: u64,
    openings: u64,
    /// A statement did not say when, and the moment it was received was taken.
    untimed: bool,
    pages: BTreeSet<String>,
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let list = members::list_of(probe, is_own).ok_or_else(|| no_list("statements of xAPI"))?;
    read_from(source, From::List(list), hints, tally)
}

fn read_lines(source: &mut Source, _: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    read_from(source, From::Lines, hints, tally)
}

fn read_from(source: &mut Source, from: From<'_>, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let relations = relations(source, from, hints, tally.most_rows())?;
    let (mut calendar, mut notes) = (Calendar::new(hints), Notes::default());
    let read = each_statement(source, from, hints, &mut |place, statement| match statement
        .and_then(|statement| event(&statement, &relations, hints.received_at, &mut calendar, &mut notes))
    {
        Ok(None) => Ok(()),
        Ok(Some(event)) => place.take(tally, Ok(event)),
        Err(fault) => place.take(tally, Err(fault)),
    });
    tally.assume_calendar(&calendar);
    notes.state(tally);
    read
}

/// Looks ahead for what statements say of one another.
fn relations(source: &mut Source, from: From<'_>, hints: &Hints<'_>, most: u64) -> Result<Relations, Halt> {
    let (mut relations, mut seen) = (Relations::default(), 0);
    let passed = each_statement(source, from, hints, &mut |_, statement| {
        let Ok(statement) = statement else { return Ok(()) };
        let inside = |name: &str, inner: &str| members::get(&statement, name).and_then(|value| value.get(inner)).and_then(Value::as_str);
        match verb(&statement) {
            Some("completed" | "terminated") if inside("result", "duration").is_some() => {
                relations.measured.insert(session(&statement));
            }
            Some("voided") => relations.voided.extend(inside("object", "id").map(|id| hash(&id.to_ascii_lowercase()))),
            _ => {}
        }
        if relations.measured.len() + relations.voided.len() > MOST_KEPT {
            return Err(Error::new(
                &codes::TOO_LARGE,
                "The file holds statements of more than a million sessions; split it by day or by class.",
            )
            .into());
        }
        seen += 1;
        if seen < most { Ok(()) } else { Err(Halt::Enough) }
    });
    match passed {
        Ok(()) | Err(Halt::Enough) => Ok(relations),
        Err(failed) => Err(failed),
    }
}

/// The last word of a verb's id: `http://adlnet.gov/expapi/verbs/completed` is `completed`.
fn verb(statement: &Members) -> Option<&str> {
    members::get(statement, "verb")?.get("id")?.as_str()?.trim_end_matches('/').rsplit(['/', '#']).next()
}

/// A session: who it is of, and the registration or else the activity.
fn session(statement: &Members) -> u64 {
    let actor = members::get(statement, "actor");
    let person = actor.and_then(|actor| actor.get("mbox").or_else(|| actor.get("account")?.get("name")).or_else(|| actor.get("name")));
    let registration = members::get(statement, "context").and_then(|context| context.get("registration"));
    let activity = || members::get(statement, "object").and_then(|object| object.get("id"));
    hash(&(person.map(Value::to_string), registration.or_else(activity).map(Value::to_string)))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What a statement says of presence; `None` when it says nothing of it.
fn event(
    statement: &Members,
    relations: &Relations,
    received_at: Option<Time>,
    calendar: &mut Calendar,
    notes: &mut Notes,
) -> Result<Option<Event>, Fault> {
    let id = members::text(statement, "id")?;
    if id.as_ref().is_some_and(|id| relations.voided.contains(&hash(&id.to_ascii_lowercase()))) {
        notes.voided += 1;
        return Ok(None);
    }
    let verb = verb(statement).ok_or_else(|| Fault::missing("verb.id", "the verb, such as http://adlnet.gov/expapi/verbs/completed"))?;
    let kind = match verb {
        "launched" | "initialized" if relations.measured.contains(&session(statement)) => {
            notes.openings += 1;
            return Ok(None);
        }
        "launched" | "initialized" => EventKind::Join,
        "completed" | "terminated" => EventKind::Leave,
        "progressed" => EventKind::Progress,
        "answered" => EventKind::Answer,
        "voided" => return Ok(None),
        other => {
            notes.pass_over(other);
            return Ok(None);
        }
    };
    let who = who(members::object(statement, "actor")?.ok_or_else(|| Fault::missing("actor", "who did it"))?, notes)?;
    let said = members::moment(statement, "timestamp", calendar)?;
    notes.untimed |= said.is_none() && received_at.is_some();
    let at =
        said.or(received_at).ok_or_else(|| Fault::missing("timestamp", "a date and time with offset such as 2020-03-03T09:00:00+08:00"))?;
    let context = members::object(statement, "context")?;
    let client = context.map(|context| members::text(context, "platform")).transpose()?.flatten();
    let event = Event { reference: id, client, ..Event::new(0, who, kind, at) };
    let Some(result) = members::object(statement, "result")? else { return Ok(Some(event)) };
    Ok(Some(match kind {
        EventKind::Leave => closed(event, result)?,
        EventKind::Answer => Event { score: score(result)?, ..event },
        EventKind::Progress => Event { position_ms: position(result), ..event },
        _ => event,
    }))
}

/// A closing statement that says how long the session was is a stay of that length.
fn closed(event: Event, result: &Members) -> Result<Event, Fault> {
    let Some(text) = members::text(result, "duration")? else { return Ok(event) };
    let length = duration::iso8601(&text).ok_or_else(|| {
        Fault::bad_value("result.duration", "a text that is no length of time", "hours, minutes and seconds such as PT45M30S")
    })?;
    Ok(Event { kind: EventKind::Interval, at: event.at.plus(-length), until: Some(event.at), ..event })
}

fn score(result: &Members) -> Result<Option<f64>, Fault> {
    let Some(score) = members::object(result, "score")? else { return Ok(None) };
    let Some((name, value)) = ["scaled", "raw"].into_iter().find_map(|name| members::get(score, name).map(|value| (name, value))) else {
        return Ok(None);
    };
    value.as_f64().map(Some).ok_or_else(|| Fault::bad_value(&format!("result.score.{name}"), members::kind_of(value), "a number"))
}

/// Seconds of content, as the video profile writes them.
fn position(result: &Members) -> Option<i64> {
    const TIME: &str = "https://w3id.org/xapi/video/extensions/time";
    let seconds = members::get(result, "extensions")?.get(TIME)?.as_f64()?;
    (0.0..1e9).contains(&seconds).then_some((seconds * 1_000.0).round() as i64)
}

fn who(actor: &Members, notes: &mut Notes) -> Result<Who, Fault> {
    if members::text(actor, "objectType")?.as_deref() == Some("Group") {
        return Err(Fault::bad_value("actor", "a group", "one agent for each statement"));
    }
    let mut who = Who { name: members::text(actor, "name")?, ..Who::default() };
    if let Some(mbox) = members::text(actor, "mbox")? {
        let address =
            mbox.split_once(':').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mailto")).map_or(mbox.as_str(), |(_, address)| address);
        who.email = Some(address.to_owned()).filter(|address| !address.is_empty());
    }
    if let Some(account) = members::object(actor, "account")? {
        who.platform_user = members::text(account, "name")?;
        notes.pages.extend(members::text(account, "homePage")?.filter(|page| page.len() <= 200 && notes.pages.len() < LISTED));
    }
    if who.is_nobody() && ["mbox_sha1sum", "openid"].iter().any(|name| members::get(actor, name).is_some()) {
        let message = "actor names nobody a roster knows: a hash or an OpenID is no address; export the statements with mbox or account";
        return Err(Fault::new(fault::NO_PERSON, message));
    }
    Ok(who)
}

impl Notes {
    fn pass_over(&mut self, verb: &str) {
        let plain = verb.len() <= 40 && verb.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-' || byte == b'_');
        let name = if plain && (self.passed_over.len() < LISTED || self.passed_over.contains_key(verb)) { verb } else { "others" };
        *self.passed_over.entry(name.to_owned()).or_default() += 1;
    }

    fn state(self, tally: &mut Tally<'_>) {
        if !self.passed_over.is_empty() {
            tally.fact("statements_passed_over", serde_json::json!(self.passed_over));
        }
        for (fact, count) in [("statements_voided", self.voided), ("openings_measured_in_closing", self.openings)] {
            if count > 0 {
                tally.fact(fact, count);
            }
        }
        if self.untimed {
            tally.assume("A statement without timestamp was taken to tell of the moment it was received.".to_owned());
        }
        // Accounts are told apart by their names alone.
        if !self.pages.is_empty() {
            tally.fact("account_home_pages", serde_json::json!(self.pages));
        }
        if self.pages.len() > 1 {
            tally.assume(
                "The actors have accounts on several home pages; an account is taken by its name, whichever its page is.".to_owned(),
            );
        }
    }
}
