//! Google Meet: the attendance report that the organiser of a meeting is sent (CSV, or the sheet saved from it).
//!
//! One row per person with the first coming, the last going and the time on the call. The times are times of day only: the lesson gives
//! them their date. A row is one stay where the time on the call fills the time between; otherwise nobody can tell the stays from the gaps.

use super::super::calendar::Calendar;
use super::super::cell::Row;
use super::super::duration::Unit;
use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::heading::{self, Aliases, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::tally::{Halt, Tally};
use super::super::totals::{self, Totals};
use super::super::values;
use super::Reader;

pub(super) const READER: Reader = Reader { name: "google-meet", recognise, read };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Name,
    FirstName,
    LastName,
    Email,
    Duration,
    Joined,
    Exited,
}

const ALIASES: Aliases<Field> = &[
    (Field::Name, &["name", "participantname"]),
    (Field::FirstName, &["firstname"]),
    (Field::LastName, &["lastname"]),
    (Field::Email, &["email", "emailaddress"]),
    (Field::Duration, &["duration"]),
    (Field::Joined, &["timejoined"]),
    (Field::Exited, &["timeexited"]),
];

/// What of a file had to be assumed.
#[derive(Default)]
struct Used {
    one_stay: bool,
    han_name: bool,
}

fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name));
    let person = [Field::Name, Field::FirstName, Field::LastName, Field::Email].into_iter().any(|field| columns.has(field));
    (person && columns.has(Field::Joined) && columns.has(Field::Exited)).then_some(columns)
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    if probe.tables.iter().any(|table| heading::find(&table.head, columns).is_some()) { 90 } else { 0 }
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let (mut totals, mut used) = (Totals::default(), Used::default());
    let times = [Field::Joined, Field::Exited];
    let read = values::read_tables(source, probe, hints, tally, &times, columns, |row, columns, calendar| {
        event(row, columns, calendar, &mut totals, &mut used)
    });
    if used.one_stay {
        tally.assume("Rows whose duration fills the time from joining to exiting are read as one stay.".to_owned());
    }
    if used.han_name {
        tally.assume("Chinese names in two columns are put together family name first.".to_owned());
    }
    totals.state(tally);
    read
}

fn event(row: &Row<'_>, columns: &Columns<Field>, calendar: &mut Calendar, totals: &mut Totals, used: &mut Used) -> Result<Event, Fault> {
    let who = Who { name: name(row, columns, used), email: values::text(row, columns, Field::Email), ..Who::default() };
    let at = values::needed(row, columns, Field::Joined, calendar)?;
    let Some(until) = values::moment(row, columns, Field::Exited, calendar)? else {
        return Ok(Event::new(0, who, EventKind::Join, at));
    };
    if until < at {
        return Err(Fault::leave_before_join());
    }
    let unit = Unit::of_heading(columns.label(Field::Duration)).unwrap_or(Unit::Minutes);
    let stated = columns.get(Field::Duration).and_then(|place| row.cell(place).seconds(unit));
    if !stated.is_some_and(|stated| totals::fills(stated, at, until)) {
        if let Some(stated) = stated {
            totals.row(row.number, stated, at, until);
        }
        return Err(Fault::first_to_last(
            "send the meeting's log of joins and leaves from the admin console as keshi CSV, or other evidence",
        ));
    }
    used.one_stay = true;
    Ok(Event { until: Some(until), ..Event::new(0, who, EventKind::Interval, at) })
}

/// The name from one column or from two.
fn name(row: &Row<'_>, columns: &Columns<Field>, used: &mut Used) -> Option<String> {
    let text = |field| values::text(row, columns, field);
    match (text(Field::Name), text(Field::FirstName), text(Field::LastName)) {
        (Some(name), _, _) => Some(name),
        (None, Some(first), Some(last)) if is_han(&first) && is_han(&last) => {
            used.han_name = true;
            Some(format!("{last}{first}"))
        }
        (None, Some(first), Some(last)) => Some(format!("{first} {last}")),
        (None, first, last) => first.or(last),
    }
}

fn is_han(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '·'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_written_as_they_are_compared() {
        heading::assert_tidy(ALIASES);
    }
}
