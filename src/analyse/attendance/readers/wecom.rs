//! 企业微信会议 (WeCom meetings): the answer of `get_attendee_list`, with every stay of every attendee. `quit_time` is missing or 0 while
//! the attendee is still there, and in the answer of `get_realtime_attendee_list` it always is. The answer of `waitingroom/get_user_list`
//! has the same members in milliseconds under `user_list`; waiting earns nothing.

use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::members::{self, Epoch, Members, Part};
use super::super::reading::Hints;
use super::super::source::{EntryHead, Probe, Source};
use super::super::tally::{Halt, Tally};
use super::{Reader, no_list};
use serde_json::Value;

pub(super) const READER: Reader = Reader { name: "wecom", recognise, read };

/// Kinds of clients by `instance_id`, as the vendor's documentation of the interface lists them.
const CLIENTS: [(&str, &str); 17] = [
    ("0", "phone call"),
    ("1", "PC"),
    ("2", "Mac"),
    ("3", "Android"),
    ("4", "iOS"),
    ("5", "web"),
    ("6", "iPad"),
    ("7", "Android tablet"),
    ("8", "mini program"),
    ("9", "SIP"),
    ("10", "Linux"),
    ("20", "room, Windows"),
    ("21", "room, macOS"),
    ("22", "room, Android"),
    ("81", "HarmonyOS phone"),
    ("82", "HarmonyOS tablet"),
    ("83", "HarmonyOS PC"),
];

fn is_own(entry: &EntryHead) -> bool {
    entry.has(&["join_time"])
        && (entry.has(&["tmp_openid"]) || entry.has(&["userid", "quit_time"]) || entry.has(&["userid", "instance_id"]))
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    match members::list_of(probe, is_own) {
        Some("attendees") => 95,
        Some(_) => 85,
        None => 0,
    }
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let list = members::list_of(probe, is_own).ok_or_else(|| no_list("attendees of 企业微信会议"))?;
    let waiting = list == "user_list";
    let (mut more, mut guests) = (false, 0_u64);
    let read = members::each_part(source, list, &hints.limits, &mut |part| match part {
        Part::Said(name, value) => {
            more |= name == "has_more" && (value == Value::Bool(true) || value == 1);
            Ok(())
        }
        Part::Entry(place, members) => {
            let event = members.and_then(|members| event(&members, waiting, &mut guests));
            place.take(tally, event)
        }
    });
    if more {
        tally.assume("The answer says that more attendees follow on another page; send every page, this one was read alone.".to_owned());
    }
    if guests > 0 {
        tally.fact("attendees_without_userid", guests);
    }
    read
}

fn event(members: &Members, waiting: bool, guests: &mut u64) -> Result<Event, Fault> {
    let account = members::text(members, "userid")?;
    // People from outside the company have nothing but an id given for the meeting; a roster may name it.
    let guest = members::text(members, "tmp_openid")?;
    *guests += u64::from(account.is_none() && guest.is_some());
    let who = Who { platform_user: account.or(guest), ..Who::default() };
    let unit = if waiting { Epoch::Millis } else { Epoch::Seconds };
    let at = members::needed_epoch(members, "join_time", unit)?;
    let until = members::epoch(members, "quit_time", unit)?;
    let kind = match until {
        _ if waiting => EventKind::WaitingRoom,
        Some(_) => EventKind::Interval,
        None => EventKind::Join,
    };
    let instance = members::text(members, "instance_id")?;
    let client =
        instance.and_then(|instance| CLIENTS.iter().find(|(number, _)| *number == instance)).map(|(_, client)| (*client).to_owned());
    Ok(Event { until, client, ..Event::new(0, who, kind, at) })
}
