//! Moodle's log of a course or site (CSV, or a workbook): single events, each a moment at which somebody did something.
//!
//! A row is a sign of life of the person who acted; whether signs make presence is decided later, by the gaps between them. The person is
//! taken from the name column only: the number in the description is that of an account somebody else may have been acting in. What the
//! server did by itself shows nobody.

use super::super::calendar::Calendar;
use super::super::cell::Row;
use super::super::event::{Event, EventKind, Who};
use super::super::fault::{self, Fault};
use super::super::heading::{self, Aliases, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::tally::{Halt, Tally};
use super::super::values;
use super::Reader;

pub(super) const READER: Reader = Reader { name: "moodle-log", recognise, read };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Time,
    Person,
    Affected,
    Context,
    Component,
    Event,
    Description,
    Origin,
    Ip,
}

/// The Chinese names follow Moodle's language packs, which have changed them over the years.
const ALIASES: Aliases<Field> = &[
    (Field::Time, &["time", "时间", "時間"]),
    (Field::Person, &["userfullname", "fullname", "用户全名", "使用者全名", "用戶全名"]),
    (Field::Affected, &["affecteduser", "受影响的用户", "受影响用户", "受影響的用戶", "受影響的使用者"]),
    (Field::Context, &["eventcontext", "事件上下文", "事件的上下文", "事件情境", "事件內容脈絡"]),
    (Field::Component, &["component", "组件", "元件"]),
    (Field::Event, &["eventname", "事件名称", "事件名稱"]),
    (Field::Description, &["description", "描述", "说明", "說明"]),
    (Field::Origin, &["origin", "来源", "來源"]),
    (Field::Ip, &["ipaddress", "ip地址", "ip位址"]),
];

fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name));
    (columns.has(Field::Time) && columns.has(Field::Person) && own(&columns) >= 2).then_some(columns)
}

/// How many columns stand there that make it a log of Moodle.
fn own(columns: &Columns<Field>) -> usize {
    let own = [Field::Affected, Field::Context, Field::Component, Field::Event, Field::Description, Field::Origin];
    own.into_iter().filter(|field| columns.has(*field)).count()
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    let sure = |columns: Columns<Field>| if own(&columns) >= 4 { 95 } else { 60 };
    probe.tables.iter().filter_map(|table| heading::find(&table.head, columns)).map(sure).max().unwrap_or(0)
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    values::read_tables(source, probe, hints, tally, &[Field::Time], columns, event)
}

fn event(row: &Row<'_>, columns: &Columns<Field>, calendar: &mut Calendar) -> Result<Event, Fault> {
    let text = |field| values::text(row, columns, field);
    let origin = text(Field::Origin).map(|origin| origin.to_lowercase());
    if let Some("cli" | "restore") = origin.as_deref() {
        return Err(Fault::new(
            fault::BAD_VALUE,
            format!(
                "{} says that the server did this by itself, which shows nobody's presence; leave such rows out of the export",
                columns.label(Field::Origin)
            ),
        ));
    }
    let at = values::needed(row, columns, Field::Time, calendar)?;
    // A dash where nobody was signed in.
    let name = text(Field::Person).filter(|_| columns.get(Field::Person).is_some_and(|place| !row.cell(place).is_nothing()));
    let who = Who { name, ..Who::default() };
    Ok(Event { ip: text(Field::Ip), client: origin, ..Event::new(0, who, EventKind::Heartbeat, at) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_written_as_they_are_compared() {
        heading::assert_tidy(ALIASES);
    }
}
