//! 钉钉 (DingTalk) live: how long each person watched, live and played back, without when. Lengths are kept as stated totals, live and
//! playback apart; a total earns nothing by itself.

use super::super::event::{Event, Who};
use super::super::fault::Fault;
use super::super::members::{self, Members, Part};
use super::super::reading::Hints;
use super::super::source::{EntryHead, Probe, Source};
use super::super::stays;
use super::super::tally::{Halt, Tally};
use super::{Reader, no_list};
use serde_json::Value;

pub(super) const READER: Reader = Reader { name: "dingtalk-live", recognise, read };

/// Members that state a length, and what it counts.
const LENGTHS: [(&str, &str); 2] = [("watchLiveTime", "live"), ("watchPlaybackTime", "playback")];

fn is_own(entry: &EntryHead) -> bool {
    entry.has(&["watchLiveTime"]) && (entry.has(&["userId"]) || entry.has(&["name"]) || entry.has(&["unionId"]))
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    if members::list_of(probe, is_own).is_some() { 90 } else { 0 }
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    // People of the company and people from outside stand in two lists.
    let mut lists: Vec<&str> = probe.entries.iter().filter(|entry| is_own(entry)).map(|entry| entry.list.as_str()).collect();
    lists.dedup();
    if lists.is_empty() {
        return Err(no_list("viewers of a 钉钉 live").into());
    }
    tally.assume(
        "The interface's description does not say what watchLiveTime and watchPlaybackTime count; they are read as milliseconds, like watchProgressMs beside them."
            .to_owned(),
    );
    for list in lists {
        members::each_part(source, list, &hints.limits, &mut |part| match part {
            Part::Said(..) => Ok(()),
            Part::Entry(place, Err(fault)) => place.take(tally, Err(fault)),
            Part::Entry(place, Ok(viewer)) => totals(&viewer, hints).into_iter().try_for_each(|total| place.take(tally, total)),
        })?;
    }
    Ok(())
}

/// What is stated of a viewer: a total for each length that is not nothing; where all are nothing, the live one, which then says so.
fn totals(viewer: &Members, hints: &Hints<'_>) -> Vec<Result<Event, Fault>> {
    let stated = |(name, counts): (&str, &str)| {
        let stated_ms = match members::get(viewer, name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64().filter(|ms| (0..MOST_MS).contains(ms)),
            Some(_) => None,
        };
        let stated_ms =
            stated_ms.ok_or_else(|| Fault::bad_value(name, "no whole number of milliseconds", "the number that was exported"))?;
        let who = Who {
            platform_user: members::text(viewer, "userId")?.or(members::text(viewer, "unionId")?),
            name: members::text(viewer, "name")?,
            ..Who::default()
        };
        let total = stays::total(who, 0, hints)?;
        Ok(Some(Event { stated_ms: Some(stated_ms), mark: Some(counts.to_owned()), ..total }))
    };
    let mut totals: Vec<Result<Event, Fault>> = LENGTHS.into_iter().filter_map(|length| stated(length).transpose()).collect();
    let nothing = |total: &Result<Event, Fault>| matches!(total, Ok(event) if event.stated_ms == Some(0));
    if totals.iter().all(nothing) {
        totals.truncate(1);
    } else {
        totals.retain(|total| !nothing(total));
    }
    if totals.is_empty() { vec![Err(Fault::missing("watchLiveTime", "the length that was watched"))] } else { totals }
}

/// Ten years are no lesson.
const MOST_MS: i64 = 315_360_000_000;
