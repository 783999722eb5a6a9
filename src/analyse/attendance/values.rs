//! From the cells of a row to values, and over the rows of a table: what readers of tables share.

use super::calendar::{Calendar, Votes};
use super::cell::{Cell, KeptRow, Row};
use super::duration::Unit;
use super::event::Event;
use super::fault::Fault;
use super::fold;
use super::heading::{self, Columns};
use super::reading::Hints;
use super::source::{Probe, Source};
use super::tally::{self, Halt, Tally};
use super::when::Moment;
use crate::error::{Error, codes};
use crate::time::Time;

/// Said where a sheet shows an ID number as a number.
pub(crate) const LOST_DIGITS: &str =
    "ID numbers that the spreadsheet holds as numbers have lost digits and were left out; format the column as text.";

/// The text of a field; `None` when empty.
pub(crate) fn text<F: Copy + PartialEq>(row: &Row<'_>, columns: &Columns<F>, field: F) -> Option<String> {
    let cell = row.cell(columns.get(field)?);
    cell.text().map(|text| fold::fold(&text).into_owned()).filter(|text| !text.is_empty())
}

/// The moment of a field; `None` when it holds nothing.
pub(crate) fn moment<F: Copy + PartialEq>(
    row: &Row<'_>,
    columns: &Columns<F>,
    field: F,
    calendar: &mut Calendar,
) -> Result<Option<Time>, Fault> {
    let Some(place) = columns.get(field) else { return Ok(None) };
    let cell = row.cell(place);
    if cell.is_nothing() {
        return Ok(None);
    }
    let label = columns.label(field);
    match cell.moment() {
        Some(moment) => calendar.resolve(moment, label).map(Some),
        None if matches!(cell, Cell::Text(_)) => Err(Fault::bad_time(label, "a text that is no time")),
        None => Err(Fault::bad_time(label, cell.kind())),
    }
}

/// The moment of a field that must be there.
pub(crate) fn needed<F: Copy + PartialEq>(row: &Row<'_>, columns: &Columns<F>, field: F, calendar: &mut Calendar) -> Result<Time, Fault> {
    moment(row, columns, field, calendar)?
        .ok_or_else(|| Fault::missing(columns.label(field), "a date and time such as 2020-03-03 09:00:00"))
}

/// The whole seconds of a field of totals; `None` when it holds none. A bare number counts what its heading says, else `unit`; where
/// neither says it, nobody knows.
pub(crate) fn stated_s<F: Copy + PartialEq>(
    row: &Row<'_>,
    columns: &Columns<F>,
    field: F,
    unit: Option<Unit>,
) -> Result<Option<i64>, Fault> {
    let Some(place) = columns.get(field) else { return Ok(None) };
    let (cell, label) = (row.cell(place), columns.label(field));
    let unit = Unit::of_heading(label).or(unit);
    let bare = match &cell {
        Cell::Number(_) => true,
        Cell::Text(text) => text.trim().parse::<f64>().is_ok(),
        _ => false,
    };
    if bare && unit.is_none() && !cell.is_nothing() {
        return Err(Fault::bad_value(
            label,
            "a number without a unit",
            "a length such as 1:02:03 or 62分钟, or name the unit in the heading",
        ));
    }
    Ok(cell.seconds(unit.unwrap_or(Unit::Minutes)))
}

/// One table of a source, with the columns its headings name.
pub(crate) struct Body<F> {
    pub(crate) table: usize,
    pub(crate) columns: Columns<F>,
}

/// Reads every table that has the headings. `times` are the columns that hold dates.
pub(crate) fn read_tables<F: Copy + PartialEq>(
    source: &mut Source,
    probe: &Probe,
    hints: &Hints<'_>,
    tally: &mut Tally<'_>,
    times: &[F],
    headings: impl Fn(&Row<'_>) -> Option<Columns<F>>,
    mut read: impl FnMut(&Row<'_>, &Columns<F>, &mut Calendar) -> Result<Event, Fault>,
) -> Result<(), Halt> {
    let found: Vec<(usize, Columns<F>)> = probe
        .tables
        .iter()
        .enumerate()
        .filter_map(|(table, seen)| heading::find(&seen.head, &headings).map(|columns| (table, columns)))
        .collect();
    if found.is_empty() {
        return Err(Error::new(&codes::UNKNOWN_FORMAT, "No row with the headings of this format was found; export the log again.").into());
    }
    let mut calendar = Calendar::new(hints);
    let mut ended = Ok(());
    for (table, columns) in found {
        settle_order(source, table, &probe.tables[table].head, &columns, times, &mut calendar, tally.most_rows())?;
        let body = Body { table, columns };
        ended = each_row(source, body, tally, hints, &headings, |row, columns| read(row, columns, &mut calendar));
        if ended.is_err() {
            break;
        }
    }
    tally.assume_calendar(&calendar);
    ended
}

/// Passes over the rows below the headings. A row that repeats the headings changes the columns and is no data row.
pub(crate) fn each_row<F: Copy + PartialEq>(
    source: &mut Source,
    body: Body<F>,
    tally: &mut Tally<'_>,
    hints: &Hints<'_>,
    headings: impl Fn(&Row<'_>) -> Option<Columns<F>>,
    mut read: impl FnMut(&Row<'_>, &Columns<F>) -> Result<Event, Fault>,
) -> Result<(), Halt> {
    let encoding = source.encoding();
    let Body { table, mut columns } = body;
    let first = columns.row;
    source.each_row(table, &mut |row| {
        if row.number <= first || row.is_blank() {
            return Ok(());
        }
        let event = tally::undamaged(row, &hints.limits, encoding).and_then(|()| read(row, &columns));
        if event.is_err()
            && row.damage.is_none()
            && let Some(again) = headings(row)
        {
            columns = again;
            return Ok(());
        }
        tally.row()?;
        tally.take(row.number, event.map(|event| Event { row: row.number, bytes: row.bytes.clone(), ..event }))
    })
}

/// Settles the order of day and month by all dates of the given columns, when the head of the table holds dates that leave it open.
pub(crate) fn settle_order<F: Copy + PartialEq>(
    source: &mut Source,
    table: usize,
    head: &[KeptRow],
    columns: &Columns<F>,
    fields: &[F],
    calendar: &mut Calendar,
    most_rows: u64,
) -> Result<(), Halt> {
    let places: Vec<usize> = fields.iter().filter_map(|field| columns.get(*field)).collect();
    let is_open = |row: &Row<'_>| places.iter().any(|place| matches!(row.cell(*place).moment(), Some(Moment::Either { .. })));
    if !head.iter().any(|row| is_open(&row.row())) {
        return Ok(());
    }
    let (first, mut votes, mut seen) = (columns.row, Votes::default(), 0);
    let passed = source.each_row(table, &mut |row| {
        if row.number <= first {
            return Ok(());
        }
        for place in &places {
            if let Some(moment) = row.cell(*place).moment() {
                calendar.vote(&mut votes, &moment);
            }
        }
        seen += 1;
        if seen < most_rows { Ok(()) } else { Err(Halt::Enough) }
    });
    match passed {
        Ok(()) | Err(Halt::Enough) => {
            calendar.settle(votes);
            Ok(())
        }
        failed => failed,
    }
}

/// Facts stated above the headings: a label that ends with a colon and its value, in one cell or in two. Labels as
/// [`fold::heading`] writes them, each with the fact's name.
pub(crate) fn labelled_facts(head: &[KeptRow], before_row: u64, labels: &[(&str, &str)], tally: &mut Tally<'_>) {
    for row in head.iter().take_while(|row| row.number < before_row) {
        let row = row.row();
        for place in 0..row.len() {
            let cell = row.cell(place);
            let Some(text) = cell.text() else { continue };
            let text = fold::fold(&text);
            let (label, inside) = text.split_once(':').unwrap_or((&text, ""));
            let Some((_, fact)) = labels.iter().find(|(name, _)| *name == fold::heading(label)) else { continue };
            let next = row.cell(place + 1);
            let value = if inside.trim().is_empty() { next.text() } else { Some(inside.trim().into()) };
            if let Some(value) = value {
                stated(tally, fact, &value);
            }
        }
    }
}

/// Keeps a stated text as a fact, shortened; a topic that is only its owner's name is left out.
pub(crate) fn stated(tally: &mut Tally<'_>, fact: &str, value: &str) {
    const LONGEST: usize = 200;
    /// Titles that platforms give to meetings without one, around the owner's name.
    const UNTITLED: [&str; 6] = ["预定的会议", "的快速会议", "的会议", "的个人会议室", "'s zoom meeting", "'s personal meeting room"];
    let value = fold::fold(value);
    let plain = value.to_lowercase().replace('’', "'");
    let untitled = plain.starts_with("meeting with ") || UNTITLED.iter().any(|title| plain.ends_with(title));
    if value.is_empty() || fact == "topic" && untitled {
        return;
    }
    tally.fact(fact, value.chars().take(LONGEST).collect::<String>());
}
