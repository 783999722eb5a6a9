//! Zoom's participants report, as its web portal exports it (CSV, or saved from it as a workbook).
//!
//! One row per stay; the meeting's own row may stand above, or be repeated in front of every participant's; headings come in several
//! cases and languages. With "show unique users" a row is a person's total and no stay: it is kept as what Zoom states. Rows of the waiting room are kept as such.

use super::super::calendar::Calendar;
use super::super::cell::{Cell, KeptRow, Row};
use super::super::duration::Unit;
use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::fold;
use super::super::heading::{self, Aliases, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::stays;
use super::super::tally::{Halt, Tally};
use super::super::totals::Totals;
use super::super::values::{self, Body};
use super::Reader;
use crate::error::{Error, codes};

pub(super) const READER: Reader = Reader { name: "zoom", recognise, read };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Name,
    Email,
    Join,
    Leave,
    Duration,
    Total,
    Guest,
    Consent,
    Waiting,
}

const ALIASES: Aliases<Field> = &[
    (
        Field::Name,
        &[
            "nameoriginalname",
            "participantname",
            "participant",
            "name",
            "名称原始名称",
            "姓名原始姓名",
            "名称原名",
            "姓名原名",
            "이름원래이름",
            "名前元の名前",
        ],
    ),
    (Field::Email, &["useremail", "email", "emailaddress", "用户电子邮件", "用户邮箱", "电子邮件", "邮箱"]),
    (Field::Join, &["jointime", "joinedat", "加入时间", "进入时间"]),
    (Field::Leave, &["leavetime", "leftat", "离开时间"]),
    (Field::Duration, &["durationminutes", "duration", "时长分钟", "持续时间分钟"]),
    (Field::Total, &["totaldurationminutes", "totalduration", "总时长分钟", "总持续时间分钟"]),
    (Field::Guest, &["guest", "访客", "来宾"]),
    (Field::Consent, &["recordingconsent", "recordingdisclaimerresponse", "录制同意", "录制许可"]),
    (Field::Waiting, &["inwaitingroom", "waitingroom", "在等候室", "在等候室中", "等候室"]),
];

/// Headings that only Zoom writes.
const OWN: [&str; 6] = ["nameoriginalname", "名称原始名称", "姓名原始姓名", "名称原名", "姓名原名", "이름원래이름"];

fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name)).beginning_with(Field::Name);
    let stays = columns.has(Field::Join) && columns.has(Field::Leave);
    // A total needs a heading of Zoom's own beside it: others sum up in minutes too.
    let totals = is_own(&columns) && (columns.has(Field::Total) || columns.has(Field::Duration));
    (columns.has(Field::Name) && (stays || totals)).then_some(columns)
}

fn is_own(columns: &Columns<Field>) -> bool {
    OWN.contains(&fold::heading(columns.label(Field::Name)).as_str())
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    let sure = |columns: Columns<Field>| {
        let other = [Field::Duration, Field::Guest, Field::Consent, Field::Waiting].into_iter().filter(|field| columns.has(*field)).count();
        match (is_own(&columns), other) {
            (true, _) => 95,
            (false, 2..) => 80,
            (false, 1) => 65,
            (false, _) => 50,
        }
    };
    probe.tables.iter().filter_map(|table| heading::find(&table.head, columns)).map(sure).max().unwrap_or(0)
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let found =
        probe.tables.iter().enumerate().find_map(|(place, table)| heading::find(&table.head, columns).map(|columns| (place, columns)));
    let Some((table, found)) = found else {
        return Err(Error::new(
            &codes::UNKNOWN_FORMAT,
            "No row with the headings of Zoom's participants was found; export the report again.",
        )
        .into());
    };
    meeting(&probe.tables[table].head, found.row, tally);
    let mut calendar = Calendar::new(hints);
    values::settle_order(source, table, &probe.tables[table].head, &found, &[Field::Join, Field::Leave], &mut calendar, tally.most_rows())?;
    let mut totals = Totals::default();
    let body = Body { table, columns: found };
    let read = values::each_row(source, body, tally, hints, columns, |row, columns| {
        if columns.has(Field::Join) { event(row, columns, &mut calendar, &mut totals) } else { total(row, columns, hints) }
    });
    tally.assume_calendar(&calendar);
    totals.state(tally);
    read
}

fn event(row: &Row<'_>, columns: &Columns<Field>, calendar: &mut Calendar, totals: &mut Totals) -> Result<Event, Fault> {
    let who = who(row, columns);
    let at = values::needed(row, columns, Field::Join, calendar)?;
    let until = values::moment(row, columns, Field::Leave, calendar)?;
    let waiting = columns.get(Field::Waiting).is_some_and(|place| row.cell(place).yes() == Some(true));
    let kind = match until {
        _ if waiting => EventKind::WaitingRoom,
        Some(_) => EventKind::Interval,
        None => EventKind::Join,
    };
    let stated = stated_s(row, columns);
    if let (Some(stated), Some(until)) = (stated, until.filter(|until| *until >= at)) {
        totals.row(row.number, stated, at, until);
    }
    Ok(Event { until, ..Event::new(0, who, kind, at) })
}

/// The total of somebody whose stays are not in the report.
fn total(row: &Row<'_>, columns: &Columns<Field>, hints: &Hints<'_>) -> Result<Event, Fault> {
    let stated = stated_s(row, columns).ok_or_else(|| Fault::totals_only("export the report with 'Show unique users' switched off"))?;
    stays::total(who(row, columns), stated, hints)
}

fn who(row: &Row<'_>, columns: &Columns<Field>) -> Who {
    Who { name: values::text(row, columns, Field::Name), email: values::text(row, columns, Field::Email), ..Who::default() }
}

fn stated_s(row: &Row<'_>, columns: &Columns<Field>) -> Option<i64> {
    [Field::Duration, Field::Total].into_iter().find_map(|field| {
        let unit = Unit::of_heading(columns.label(field)).unwrap_or(Unit::Minutes);
        row.cell(columns.get(field)?).seconds(unit)
    })
}

/// What the row above the participants says of the meeting.
fn meeting(head: &[KeptRow], before_row: u64, tally: &mut Tally<'_>) {
    const FACTS: &[(&str, &[&str])] = &[
        ("meeting_id", &["meetingid", "id", "会议号", "会议id"]),
        ("topic", &["topic", "主题", "会议主题"]),
        ("stated_start", &["starttime", "开始时间"]),
        ("stated_end", &["endtime", "结束时间"]),
        ("stated_participants", &["participants", "参会者", "参与者"]),
    ];
    // The row below a row of such headings, or below the headings of the participants where the meeting's stand in front of them.
    let above = head.windows(2).find(|pair| {
        let row = pair[0].row();
        pair[0].number <= before_row && (0..row.len()).any(|place| fact_of(FACTS, &row, place) == Some("topic"))
    });
    let Some([names, values]) = above else { return };
    let (names, values) = (names.row(), values.row());
    let facts: Vec<(&str, Cell<'_>)> =
        (0..names.len()).filter_map(|place| Some((fact_of(FACTS, &names, place)?, values.cell(place)))).collect();
    // A row in which anything is not what a meeting's row has there is somebody's, and none of the meeting.
    if facts.iter().all(|(fact, cell)| *cell == Cell::Empty || fits(fact, cell)) {
        facts.iter().filter_map(|(fact, cell)| Some((fact, cell.text()?))).for_each(|(fact, value)| values::stated(tally, fact, &value));
    }
}

/// Whether a cell is what such a fact of a meeting looks like.
fn fits(fact: &str, cell: &Cell<'_>) -> bool {
    let text = cell.text().unwrap_or_default();
    match fact {
        "meeting_id" => text.contains(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '-'),
        "stated_start" | "stated_end" => cell.moment().is_some(),
        "stated_participants" => text.parse::<u64>().is_ok(),
        _ => true,
    }
}

fn fact_of<'f>(facts: &[(&'f str, &[&str])], row: &Row<'_>, place: usize) -> Option<&'f str> {
    let cell = row.cell(place);
    let name = fold::heading(&cell.text()?);
    facts.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(fact, _)| *fact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_written_as_they_are_compared() {
        heading::assert_tidy(ALIASES);
        assert!(OWN.iter().all(|own| fold::heading(own) == *own));
    }
}
