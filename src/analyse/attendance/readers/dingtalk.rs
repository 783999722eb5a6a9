//! 钉钉 (DingTalk) live: how long each person watched, live and played back, without when. A total earns nothing by itself, so every row
//! is refused and says why.

use super::super::fault::Fault;
use super::super::members::{self, Part};
use super::super::reading::Hints;
use super::super::source::{EntryHead, Probe, Source};
use super::super::tally::{Halt, Tally};
use super::{Reader, no_list};

pub(super) const READER: Reader = Reader { name: "dingtalk-live", recognise, read };

fn is_own(entry: &EntryHead) -> bool {
    entry.has(&["watchLiveTime"]) && (entry.has(&["userId"]) || entry.has(&["name"]) || entry.has(&["unionId"]))
}

fn recognise(probe: &Probe) -> u8 {
    if members::list_of(probe, is_own).is_some() { 90 } else { 0 }
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let list = members::list_of(probe, is_own).ok_or_else(|| no_list("viewers of a 钉钉 live"))?;
    members::each_part(source, list, &hints.limits, &mut |part| match part {
        Part::Said(..) => Ok(()),
        Part::Entry(place, read) => {
            let only = || Fault::totals_only("send a log that says when people came and went beside it");
            place.take(tally, read.and_then(|_| Err(only())))
        }
    })
}
