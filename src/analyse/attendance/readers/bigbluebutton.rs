//! BigBlueButton: what its learning dashboard keeps of a meeting, as JSON. Users are an object by id; each has joined once or several
//! times (`intIds`), each time with one or several sessions, in older versions with the two times themselves. `leftOn` is 0 while a user
//! is still there.

use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::members::{self, Epoch, Members, Part, Place};
use super::super::reading::Hints;
use super::super::source::{EntryHead, Probe, Source};
use super::super::tally::{Halt, Tally};
use super::super::values;
use super::{Reader, no_list};
use serde_json::Value;

pub(super) const READER: Reader = Reader { name: "bigbluebutton", recognise, read };

fn is_own(entry: &EntryHead) -> bool {
    entry.has(&["intIds"])
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    if members::list_of(probe, is_own).is_some() { 95 } else { 0 }
}

/// What users did beside being there, counted in users.
#[derive(Default)]
struct Counts {
    moderators: u64,
    with_webcam: u64,
    who_spoke: u64,
    /// Answers to polls are kept without the time they were given.
    who_answered: u64,
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let list = members::list_of(probe, is_own).ok_or_else(|| no_list("users of a BigBlueButton meeting"))?;
    let zone = hints.timezone.unwrap_or(hints.platform_timezone);
    let mut counts = Counts::default();
    let read = members::each_part(source, list, &hints.limits, &mut |part| match part {
        Part::Said(name, value) => {
            let clock = |value| members::epoch(&Members::from_iter([("on".to_owned(), value)]), "on", Epoch::Millis).ok().flatten();
            match (name, value) {
                ("name", Value::String(topic)) => values::stated(tally, "topic", &topic),
                ("extId", Value::String(id)) => values::stated(tally, "meeting_id", &id),
                ("createdOn", value) => clock(value).into_iter().for_each(|at| tally.fact("stated_start", at.in_zone(zone))),
                ("endedOn", value) => clock(value).into_iter().for_each(|at| tally.fact("stated_end", at.in_zone(zone))),
                _ => {}
            }
            Ok(())
        }
        Part::Entry(place, Ok(user)) => {
            counts.add(&user);
            each_event(&user, &mut |event| place.take(tally, event))
        }
        Part::Entry(place, Err(fault)) => Place::take(&place, tally, Err(fault)),
    });
    counts.state(tally);
    read
}

/// Every stay of a user, every stretch away. One at fault leaves the others.
fn each_event(user: &Members, give: &mut dyn FnMut(Result<Event, Fault>) -> Result<(), Halt>) -> Result<(), Halt> {
    let who = match who(user) {
        Ok(who) => who,
        Err(fault) => return give(Err(fault)),
    };
    let ids = match members::object(user, "intIds") {
        Ok(Some(ids)) => ids,
        Ok(None) => return give(Err(Fault::missing("intIds", "the times the user joined and left, as BigBlueButton keeps them"))),
        Err(fault) => return give(Err(fault)),
    };
    for (id, joined) in ids {
        let Value::Object(joined) = joined else {
            give(Err(Fault::bad_value("an entry of intIds", members::kind_of(joined), "an object")))?;
            continue;
        };
        let stay = |times: &Members| {
            let event = lasting(times, &who, ("registeredOn", "leftOn"), (EventKind::Interval, EventKind::Join))?;
            Ok(Event { reference: Some(id.clone()), ..event })
        };
        if members::get(joined, "sessions").is_none() {
            give(stay(joined))?;
            continue;
        }
        each_of(joined, "sessions", give, &stay)?;
    }
    let away = |times: &Members| lasting(times, &who, ("startedOn", "stoppedOn"), (EventKind::Away, EventKind::Away));
    each_of(user, "away", give, &away)
}

/// Every object of an array.
fn each_of(
    members: &Members,
    name: &str,
    give: &mut dyn FnMut(Result<Event, Fault>) -> Result<(), Halt>,
    read: &dyn Fn(&Members) -> Result<Event, Fault>,
) -> Result<(), Halt> {
    match members::array(members, name) {
        Err(fault) => give(Err(fault)),
        Ok(elements) => elements.iter().try_for_each(|element| match element {
            Value::Object(times) => give(read(times)),
            other => give(Err(Fault::bad_value(&format!("an entry of {name}"), members::kind_of(other), "an object"))),
        }),
    }
}

fn lasting(times: &Members, who: &Who, names: (&str, &str), kinds: (EventKind, EventKind)) -> Result<Event, Fault> {
    let at = members::needed_epoch(times, names.0, Epoch::Millis)?;
    let until = members::epoch(times, names.1, Epoch::Millis)?;
    let kind = if until.is_some() { kinds.0 } else { kinds.1 };
    Ok(Event { until, ..Event::new(0, who.clone(), kind, at) })
}

/// `extId` is the account the portal gave the user in joining.
fn who(user: &Members) -> Result<Who, Fault> {
    Ok(Who { platform_user: members::text(user, "extId")?, name: members::text(user, "name")?, ..Who::default() })
}

impl Counts {
    fn add(&mut self, user: &Members) {
        let filled = |name: &str| match members::get(user, name) {
            Some(Value::Array(elements)) => !elements.is_empty(),
            Some(Value::Object(inner)) => !inner.is_empty(),
            _ => false,
        };
        let spoke = members::get(user, "talk").and_then(|talk| talk.get("totalTime")).and_then(Value::as_i64).is_some_and(|time| time > 0);
        self.moderators += u64::from(members::get(user, "isModerator") == Some(&Value::Bool(true)));
        self.with_webcam += u64::from(filled("webcams"));
        self.who_spoke += u64::from(spoke);
        self.who_answered += u64::from(filled("answers"));
    }

    fn state(self, tally: &mut Tally<'_>) {
        let facts = [
            ("moderators", self.moderators),
            ("users_with_webcam", self.with_webcam),
            ("users_who_spoke", self.who_spoke),
            ("users_who_answered_polls", self.who_answered),
        ];
        facts.into_iter().filter(|(_, count)| *count > 0).for_each(|(fact, count)| tally.fact(fact, count));
    }
}
