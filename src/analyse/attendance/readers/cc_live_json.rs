//! CC 直播 (CC live): who came in and went out of a live room, as its statistics interface answers: an object for every stay, in an array
//! or under any one member (`userEnterLeaveActions`).

use super::super::calendar::Calendar;
use super::super::duration::{self, Unit};
use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::members::{self, Members, Part};
use super::super::reading::Hints;
use super::super::source::{EntryHead, Probe, Source};
use super::super::tally::{Halt, Tally};
use super::super::totals::Totals;
use super::{Reader, no_list};

pub(super) const READER: Reader = Reader { name: "cc-live-json", recognise, read };

fn is_own(entry: &EntryHead) -> bool {
    entry.has(&["enterTime"]) && (entry.has(&["viewerId"]) || entry.has(&["viewerName"]))
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    if members::list_of(probe, is_own).is_some() { 95 } else { 0 }
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let list = members::list_of(probe, is_own).ok_or_else(|| no_list("viewers of CC 直播"))?;
    let (mut calendar, mut totals) = (Calendar::new(hints), Totals::default());
    let read = members::each_part(source, list, &hints.limits, &mut |part| match part {
        Part::Said(..) => Ok(()),
        Part::Entry(place, members) => {
            let event = members.and_then(|members| event(&members, place.row, &mut calendar, &mut totals));
            place.take(tally, event)
        }
    });
    tally.assume_calendar(&calendar);
    totals.state(tally);
    read
}

fn event(members: &Members, row: u64, calendar: &mut Calendar, totals: &mut Totals) -> Result<Event, Fault> {
    let text = |name| members::text(members, name);
    let who = Who { platform_user: text("viewerId")?, name: text("viewerName")?, ..Who::default() };
    let at = members::moment(members, "enterTime", calendar)?
        .ok_or_else(|| Fault::missing("enterTime", "a date and time such as 2020-03-03 09:00:00"))?;
    let until = members::moment(members, "leaveTime", calendar)?;
    let kind = if until.is_some() { EventKind::Interval } else { EventKind::Join };
    let stated = text("watchTime")?.and_then(|text| duration::parse(&text, Unit::Seconds));
    if let (Some(stated), Some(until)) = (stated, until.filter(|until| *until >= at)) {
        totals.row(row, stated, at, until);
    }
    Ok(Event { until, ip: text("viewerIp")?, region: text("city")?, client: text("terminal")?, ..Event::new(0, who, kind, at) })
}
