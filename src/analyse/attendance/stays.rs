//! What of a row is a stay: a first coming and a last going are one only where they are said to be, by a count of one or by a total that
//! fills the time between.

use super::event::{Event, EventKind, Who};
use super::fault::Fault;
use super::reading::Hints;
use super::totals;
use crate::time::{SECOND, Time};

/// What to do about a row that may hide gaps.
const EACH: &str = "export the records of each coming and going (进出记录) as well";

/// A stay, and how it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stay {
    pub(crate) at: Time,
    pub(crate) until: Option<Time>,
    pub(crate) told: Told,
}

/// How a stay was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Told {
    /// By the row alone.
    Plainly,
    /// By a total that fills the time between.
    ByTotal,
    /// As the last of several, which alone has an end.
    AsLast,
}

impl Told {
    /// What had to be assumed for it.
    pub(crate) fn assumption(self) -> Option<&'static str> {
        match self {
            Told::Plainly => None,
            Told::ByTotal => Some("Rows whose stated total fills the time from first coming to last going are read as one stay."),
            Told::AsLast => Some(
                "Rows whose stated total leaves a gap between first coming and last going are read as their last stay, from the latest coming on; stays before it have no end in the file.",
            ),
        }
    }
}

/// What a row says of several comings and goings at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    pub(crate) first: Time,
    pub(crate) latest: Option<Time>,
    pub(crate) last: Time,
    /// Seconds.
    pub(crate) stated: Option<i64>,
}

impl Watched {
    /// First coming to last going, or what of it is sure. With it, from when on a stated total disagrees with it.
    pub(crate) fn stay(self) -> (Result<Stay, Fault>, Option<Time>) {
        let Watched { first, latest, last, stated } = self;
        if last < first || latest.is_some_and(|latest| latest > last || latest < first) {
            return (Err(Fault::leave_before_join()), None);
        }
        if stated.is_some_and(|stated| totals::fills(stated, first, last)) {
            return (Ok(Stay { at: first, until: Some(last), told: Told::ByTotal }), None);
        }
        let last_stay = latest.filter(|latest| *latest > first).zip(stated).filter(|(latest, stated)| {
            let length_s = (last.0 - latest.0) / SECOND;
            *stated >= length_s || totals::fills(*stated, *latest, last)
        });
        let stay = last_stay.map(|(latest, _)| Stay { at: latest, until: Some(last), told: Told::AsLast });
        (stay.ok_or_else(|| Fault::first_to_last(EACH)), Some(last_stay.map_or(first, |(latest, _)| latest)))
    }
}

/// A coming and a going, of somebody who is said to have come once (`once`), or whose total says so.
pub(crate) fn met(at: Time, until: Option<Time>, once: bool, stated: Option<i64>) -> Result<Stay, Fault> {
    let Some(end) = until else {
        return if once { Ok(Stay { at, until, told: Told::Plainly }) } else { Err(Fault::first_to_last(EACH)) };
    };
    if end < at {
        return Err(Fault::leave_before_join());
    }
    let told = match stated {
        _ if once => Told::Plainly,
        Some(stated) if totals::fills(stated, at, end) => Told::ByTotal,
        _ => return Err(Fault::first_to_last(EACH)),
    };
    Ok(Stay { at, until, told })
}

/// A stated total, in seconds, without times: said of the lesson or class it was sent for.
pub(crate) fn total(who: Who, stated_s: i64, hints: &Hints<'_>) -> Result<Event, Fault> {
    let stated_ms = stated_s.checked_mul(1_000);
    Ok(Event { stated_ms, ..of_span(who, EventKind::Total, hints)? })
}

/// A stated mark without times: said of the lesson or class it was sent for.
pub(crate) fn mark(who: Who, mark: String, hints: &Hints<'_>) -> Result<Event, Fault> {
    Ok(Event { mark: Some(mark), ..of_span(who, EventKind::Mark, hints)? })
}

fn of_span(who: Who, kind: EventKind, hints: &Hints<'_>) -> Result<Event, Fault> {
    let (from, until) = hints.window.ok_or_else(Fault::no_span)?;
    Ok(Event { until: Some(until), ..Event::new(0, who, kind, from) })
}
