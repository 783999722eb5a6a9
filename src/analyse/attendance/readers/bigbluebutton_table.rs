//! BigBlueButton: the table that its learning dashboard saves as CSV, a row for each user with the first join, the last leave and how long
//! the user was there in all. A total that fills the time between is one stay; another is kept as what the platform states.

use super::super::cell::Row;
use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::heading::{self, Aliases, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::stays::Watched;
use super::super::tally::{Halt, Tally};
use super::super::values;
use super::Reader;
use std::collections::BTreeSet;

pub(super) const READER: Reader = Reader { name: "bigbluebutton-table", recognise, read };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Name,
    Moderator,
    Score,
    Talk,
    Webcam,
    Join,
    Left,
    Duration,
}

/// The dashboard's English headings; it writes those of the browser's language, which are not known here.
const ALIASES: Aliases<Field> = &[
    (Field::Name, &["name"]),
    (Field::Moderator, &["moderator"]),
    (Field::Score, &["activityscore"]),
    (Field::Talk, &["talktime"]),
    (Field::Webcam, &["webcamtime"]),
    (Field::Join, &["join"]),
    (Field::Left, &["left"]),
    (Field::Duration, &["duration"]),
];

fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name));
    let all = |fields: &[Field]| fields.iter().all(|field| columns.has(*field));
    let own = [Field::Score, Field::Talk, Field::Webcam].into_iter().filter(|field| columns.has(*field)).count();
    (all(&[Field::Name, Field::Join, Field::Left, Field::Duration]) && own >= 2).then_some(columns)
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    if probe.tables.iter().any(|table| heading::find(&table.head, columns).is_some()) { 94 } else { 0 }
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let mut told = BTreeSet::new();
    let times = [Field::Join, Field::Left];
    let read = values::read_tables(source, probe, hints, tally, &times, columns, |row, columns, calendar| {
        let who = Who { name: values::text(row, columns, Field::Name), ..Who::default() };
        let first = values::needed(row, columns, Field::Join, calendar)?;
        let Some(last) = values::moment(row, columns, Field::Left, calendar)? else {
            return Ok(Event::new(0, who, EventKind::Join, first));
        };
        let stated = values::stated_s(row, columns, Field::Duration, None)?;
        if last < first {
            return Err(Fault::leave_before_join());
        }
        let (stay, _) = Watched { first, latest: None, last, stated }.stay();
        match (stay, stated) {
            (Ok(stay), _) => {
                told.insert(stay.told);
                Ok(Event { until: stay.until, ..Event::new(0, who, EventKind::Interval, stay.at) })
            }
            (Err(_), Some(stated)) => {
                Ok(Event { until: Some(last), stated_ms: stated.checked_mul(1_000), ..Event::new(0, who, EventKind::Total, first) })
            }
            (Err(fault), None) => Err(fault),
        }
    });
    told.into_iter().filter_map(|told| told.assumption()).for_each(|sentence| tally.assume(sentence.to_owned()));
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_written_as_they_are_compared() {
        heading::assert_tidy(ALIASES);
    }
}
