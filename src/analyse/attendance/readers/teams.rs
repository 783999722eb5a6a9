//! Microsoft Teams: the attendance report of a meeting (UTF-16 with tabs, named .csv; or a workbook saved from it).
//!
//! A report has numbered sections: a summary, the participants with first join and last leave, and the activities with one row per stay. A
//! file may hold several meetings, and older files are one list of joins and leaves. Sections are known by their headings. Stays come
//! from the activities, and the participants' durations are compared with them. A meeting without activities is read from its
//! participants, where a duration fills the time between.

mod parts;

use super::super::calendar::{Calendar, Votes};
use super::super::cell::Row;
use super::super::duration::Unit;
use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::heading::{self, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::tally::{self, Halt, Tally};
use super::super::totals::{self, Totals};
use super::super::values;
use super::Reader;
use crate::error::{Error, codes};
use parts::{Field, Is, MEETING, Part, Place, columns, part};

pub(super) const READER: Reader = Reader { name: "teams", recognise, read };

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    let sure = |columns: Columns<Field>| match part(&columns) {
        Some(Part::Participants | Part::Actions) => 93,
        Some(Part::Activities) if columns.has(Field::Upn) => 93,
        Some(Part::Activities) if columns.has(Field::Role) => 75,
        // Names and times alone are everybody's.
        Some(Part::Activities) => 40,
        Some(Part::Hidden) => 80,
        None => 0,
    };
    probe.tables.iter().flat_map(|table| &table.head).filter_map(|row| columns(&row.row())).map(sure).max().unwrap_or(0)
}

/// More meetings are no report of one lesson.
const MOST_MEETINGS: usize = 1_000;

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let tables: Vec<(usize, u64)> =
        probe.tables.iter().enumerate().filter_map(|(place, table)| Some((place, heading::find(&table.head, columns)?.row))).collect();
    if tables.is_empty() {
        return Err(
            Error::new(&codes::UNKNOWN_FORMAT, "No row with the headings of a Teams report was found; download the report again.").into()
        );
    }
    let (mut calendar, mut totals, mut used) = (Calendar::new(hints), Totals::default(), Used::default());
    let mut ended = Ok(());
    for (table, first) in tables {
        values::labelled_facts(&probe.tables[table].head, first, MEETING, tally);
        let mut log = Log { table, hints, calendar: &mut calendar, totals: &mut totals, used: &mut used };
        ended = log.read(source, tally);
        if ended.is_err() {
            break;
        }
    }
    tally.assume_calendar(&calendar);
    used.state(tally);
    totals.state(tally);
    ended
}

/// What of a file had to be assumed.
#[derive(Default)]
struct Used {
    one_stay: bool,
    before: bool,
    meetings: usize,
    /// Rows under headings that are not known, and the first of them.
    unknown: u64,
    unknown_row: u64,
}

impl Used {
    fn state(&self, tally: &mut Tally<'_>) {
        if self.meetings > 1 {
            tally.fact("meetings", self.meetings as u64);
        }
        if self.one_stay {
            tally.assume(
                "The report has no activities of a meeting; first join and last leave are read as one stay where the stated duration fills the time between them."
                    .to_owned(),
            );
        }
        if self.before {
            tally.assume("'Joined before' is read as a join at the stated time; how long before is not in the file.".to_owned());
        }
        if self.unknown > 0 {
            let (count, row) = (self.unknown, self.unknown_row);
            tally.assume(format!(
                "Rows under headings that are not known were left out ({count}, from row {row} on); download the report in English or Chinese to have them read."
            ));
        }
    }
}

struct Log<'l, 'h> {
    table: usize,
    hints: &'l Hints<'h>,
    calendar: &'l mut Calendar,
    totals: &'l mut Totals,
    used: &'l mut Used,
}

impl Log<'_, '_> {
    /// Once to see which meetings have activities and in which order dates are written, once for the stays, once for the durations.
    fn read(&mut self, source: &mut Source, tally: &mut Tally<'_>) -> Result<(), Halt> {
        let detailed = self.survey(source, tally.most_rows())?;
        self.used.meetings += detailed.len();
        self.events(source, &detailed, tally)?;
        self.durations(source, &detailed)
    }

    fn survey(&mut self, source: &mut Source, most_rows: u64) -> Result<Vec<bool>, Halt> {
        const TIMES: [Field; 5] = [Field::Join, Field::Leave, Field::FirstJoin, Field::LastLeave, Field::Timestamp];
        // A person stands in two sections, a meeting in a dozen rows more.
        let most_rows = most_rows.saturating_mul(3);
        let (mut place, mut votes, mut open, mut seen) = (Place::default(), Votes::default(), false, 0);
        let mut detailed: Vec<bool> = Vec::new();
        let passed = source.each_row(self.table, &mut |row| {
            let is = place.step(row);
            if is == Is::Heading {
                if place.meeting >= MOST_MEETINGS {
                    return Err(
                        Error::new(&codes::TOO_LARGE, format!("The report has more than {MOST_MEETINGS} meetings; split it.")).into()
                    );
                }
                detailed.resize(detailed.len().max(place.meeting + 1), false);
                detailed[place.meeting] |= matches!(place.section, Some((Part::Activities, _)));
            }
            if let (Is::Data, Some((_, columns))) = (is, &place.section) {
                for at in TIMES.iter().filter_map(|field| columns.get(*field)) {
                    if let Some(moment) = row.cell(at).moment() {
                        self.calendar.vote(&mut votes, &moment);
                        open = true;
                    }
                }
            }
            seen += 1;
            if seen < most_rows { Ok(()) } else { Err(Halt::Enough) }
        });
        match passed {
            Ok(()) | Err(Halt::Enough) if open => self.calendar.settle(votes),
            Ok(()) | Err(Halt::Enough) => {}
            Err(failed) => return Err(failed),
        }
        Ok(detailed)
    }

    fn events(&mut self, source: &mut Source, detailed: &[bool], tally: &mut Tally<'_>) -> Result<(), Halt> {
        let (mut place, encoding, table) = (Place::default(), source.encoding(), self.table);
        source.each_row(table, &mut |row| {
            let is = place.step(row);
            let (Is::Data, Some((part, columns))) = (is, &place.section) else {
                let filled = (0..row.len()).filter(|at| row.cell(*at).text().is_some()).count();
                if is == Is::Other && filled > 2 && place.begun {
                    self.used.unknown += 1;
                    self.used.unknown_row = if self.used.unknown == 1 { row.number } else { self.used.unknown_row };
                }
                return Ok(());
            };
            if matches!(part, Part::Participants | Part::Hidden) && detailed.get(place.meeting) == Some(&true) {
                return Ok(());
            }
            tally.row()?;
            let event = tally::undamaged(row, &self.hints.limits, encoding).and_then(|()| self.event(row, *part, columns, place.meeting));
            tally.take(row.number, event.map(|event| Event { row: row.number, bytes: row.bytes.clone(), ..event }))
        })
    }

    fn event(&mut self, row: &Row<'_>, part: Part, columns: &Columns<Field>, meeting: usize) -> Result<Event, Fault> {
        let text = |field| values::text(row, columns, field);
        let who = Who { name: text(Field::Name), email: text(Field::Email), platform_user: text(Field::Upn), ..Who::default() };
        let (join, leave) = match part {
            Part::Activities => (Field::Join, Field::Leave),
            Part::Participants => (Field::FirstJoin, Field::LastLeave),
            Part::Actions => return self.action(row, columns, who),
            Part::Hidden => return Err(Fault::times_hidden("First Join")),
        };
        let Some(at) = values::moment(row, columns, join, self.calendar)? else {
            return Err(Fault::times_hidden(columns.label(join)));
        };
        let until = values::moment(row, columns, leave, self.calendar)?;
        let stated = duration_s(row, columns);
        if let (Some(stated), Some(until)) = (stated, until.filter(|until| *until >= at)) {
            self.totals.row(row.number, stated, at, until);
        }
        match until {
            Some(until) if part == Part::Activities => self.totals.stay(&key(&who, self.table, meeting), at, until),
            Some(until) if until >= at => {
                if !stated.is_some_and(|stated| totals::fills(stated, at, until)) {
                    return Err(Fault::first_to_last("download the report with its In-Meeting Activities"));
                }
                self.used.one_stay = true;
            }
            _ => {}
        }
        let kind = if until.is_some() { EventKind::Interval } else { EventKind::Join };
        Ok(Event { until, ..Event::new(0, who, kind, at) })
    }

    fn action(&mut self, row: &Row<'_>, columns: &Columns<Field>, who: Who) -> Result<Event, Fault> {
        let label = columns.label(Field::Action);
        let word = values::text(row, columns, Field::Action).ok_or_else(|| Fault::missing(label, "Joined, Joined before or Left"))?;
        let kind = match word.to_lowercase().replace('’', "'").as_str() {
            "joined" | "已加入" | "加入" | "rejoint" | "a rejoint" => EventKind::Join,
            "left" | "已离开" | "离开" | "已離開" | "離開" | "a quitté" | "a quitté l'appel" => EventKind::Leave,
            "joined before" | "之前已加入" | "先前已加入" => {
                self.used.before = true;
                EventKind::Join
            }
            _ => return Err(Fault::bad_value(label, "no known action", "Joined, Joined before or Left")),
        };
        Ok(Event::new(0, who, kind, values::needed(row, columns, Field::Timestamp, self.calendar)?))
    }

    /// Compares the participants' durations with their stays.
    fn durations(&mut self, source: &mut Source, detailed: &[bool]) -> Result<(), Halt> {
        if !detailed.contains(&true) {
            return Ok(());
        }
        let (mut place, table) = (Place::default(), self.table);
        source.each_row(table, &mut |row| {
            if let (Is::Data, Some((Part::Participants, columns))) = (place.step(row), &place.section)
                && detailed.get(place.meeting) == Some(&true)
                && let Some(stated) = duration_s(row, columns)
            {
                let text = |field| values::text(row, columns, field);
                let who = Who { name: text(Field::Name), email: text(Field::Email), ..Who::default() };
                self.totals.person(row.number, &key(&who, self.table, place.meeting), stated);
            }
            Ok(())
        })
    }
}

/// What tells people of one meeting apart in both of its sections.
fn key(who: &Who, table: usize, meeting: usize) -> String {
    format!("{table} {meeting} {}", who.email.as_ref().or(who.name.as_ref()).map_or("", String::as_str))
}

fn duration_s(row: &Row<'_>, columns: &Columns<Field>) -> Option<i64> {
    let unit = Unit::of_heading(columns.label(Field::Duration)).unwrap_or(Unit::Minutes);
    row.cell(columns.get(Field::Duration)?).seconds(unit)
}
