//! CC直播: who came to a live lesson and left, as the platform's statistics list it (a table saved from its interface).
//!
//! One row per stay, under the interface's own names. A stated watching time is compared with the stay and earns nothing.

use super::super::calendar::Calendar;
use super::super::cell::Row;
use super::super::duration::Unit;
use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::heading::{self, Aliases, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::tally::{Halt, Tally};
use super::super::totals::Totals;
use super::super::values;
use super::Reader;

pub(super) const READER: Reader = Reader { name: "cc-live", recognise, read };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Account,
    Name,
    Ip,
    City,
    Enter,
    Leave,
    Watched,
    Terminal,
}

const ALIASES: Aliases<Field> = &[
    (Field::Account, &["viewerid"]),
    (Field::Name, &["viewername"]),
    (Field::Ip, &["viewerip"]),
    (Field::City, &["city"]),
    (Field::Enter, &["entertime"]),
    (Field::Leave, &["leavetime"]),
    (Field::Watched, &["watchtime"]),
    (Field::Terminal, &["terminal"]),
];

fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name));
    let person = columns.has(Field::Account) || columns.has(Field::Name);
    (person && columns.has(Field::Enter) && columns.has(Field::Leave)).then_some(columns)
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    if probe.tables.iter().any(|table| heading::find(&table.head, columns).is_some()) { 92 } else { 0 }
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let (mut totals, mut in_seconds) = (Totals::default(), false);
    let times = [Field::Enter, Field::Leave];
    let read = values::read_tables(source, probe, hints, tally, &times, columns, |row, columns, calendar| {
        event(row, columns, calendar, &mut totals, &mut in_seconds)
    });
    if in_seconds {
        tally.assume("The file does not say what watchTime counts; it is compared with the stays as seconds.".to_owned());
    }
    totals.state(tally);
    read
}

fn event(
    row: &Row<'_>,
    columns: &Columns<Field>,
    calendar: &mut Calendar,
    totals: &mut Totals,
    in_seconds: &mut bool,
) -> Result<Event, Fault> {
    let text = |field| values::text(row, columns, field);
    let who = Who { platform_user: text(Field::Account), name: text(Field::Name), ..Who::default() };
    let at = values::needed(row, columns, Field::Enter, calendar)?;
    let until = values::moment(row, columns, Field::Leave, calendar)?;
    let unit = Unit::of_heading(columns.label(Field::Watched));
    let stated = columns.get(Field::Watched).and_then(|place| row.cell(place).seconds(unit.unwrap_or(Unit::Seconds)));
    if let (Some(stated), Some(until)) = (stated, until.filter(|until| *until >= at)) {
        *in_seconds |= unit.is_none();
        totals.row(row.number, stated, at, until);
    }
    let kind = if until.is_some() { EventKind::Interval } else { EventKind::Join };
    Ok(Event { until, ip: text(Field::Ip), client: text(Field::Terminal), region: text(Field::City), ..Event::new(0, who, kind, at) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_written_as_they_are_compared() {
        heading::assert_tidy(ALIASES);
    }
}
