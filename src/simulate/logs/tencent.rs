//! 腾讯会议: a workbook with a sheet of totals and a sheet of single visits; layouts differ as versions of the client do.

use super::local;
use crate::error::{Error, Result};
use crate::simulate::plan::{Class, Lesson, Visit};
use crate::time::{SECOND, Time};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet, XlsxError};

/// How a version of the client lays the workbook out.
struct Layout {
    /// Rows about the meeting above the headings.
    preamble: bool,
    /// Durations as `44分钟` instead of `00:44:12`.
    minutes: bool,
    /// The times stand before the name.
    times_first: bool,
}

/// The workbook.
pub(super) fn workbook(class: &Class, lesson: &Lesson, layout: u64) -> Result<Vec<u8>> {
    let layout = Layout { preamble: layout % 4 != 3, minutes: layout % 2 == 1, times_first: layout % 4 == 2 };
    build(class, lesson, &layout).map_err(Error::internal)
}

fn build(class: &Class, lesson: &Lesson, layout: &Layout) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // Without a fixed creation time the same plan would give other bytes each day.
    let created = ExcelDateTime::from_timestamp(lesson.ends_at.0 / SECOND)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let rows = rows(lesson);
    let people = rows.iter().map(|row| row.name).collect::<std::collections::BTreeSet<_>>().len();
    totals(book.add_worksheet().set_name("成员参会概况")?, class, lesson, layout, &rows, people)?;
    visits(book.add_worksheet().set_name("成员参会明细")?, class, lesson, layout, &rows, people)?;
    book.save_to_buffer()
}

struct Row<'a> {
    name: &'a str,
    visit: Visit,
}

/// One row for each visit, strangers included, in the order of coming.
fn rows(lesson: &Lesson) -> Vec<Row<'_>> {
    let members = lesson.sittings.iter().flat_map(|sitting| sitting.visits.iter().map(|visit| Row { name: &sitting.shown, visit: *visit }));
    let strangers = lesson
        .strangers
        .iter()
        .map(|stranger| Row { name: &stranger.shown, visit: Visit { from: stranger.from, until: stranger.until, leave_recorded: true } });
    let mut rows: Vec<_> = members.chain(strangers).collect();
    rows.sort_by_key(|row| row.visit.from);
    rows
}

fn preamble(sheet: &mut Worksheet, class: &Class, lesson: &Lesson, layout: &Layout, people: usize) -> Result<u32, XlsxError> {
    if !layout.preamble {
        return Ok(0);
    }
    let span = |at: Time| local(at, "%Y-%m-%d %H:%M:%S");
    let number = format!("{} {} {}", &lesson.meeting_ref[..3], &lesson.meeting_ref[3..6], &lesson.meeting_ref[6..]);
    let lines = [
        ("会议主题：", format!("{} {}", class.title, lesson.title)),
        ("会议号：", number),
        ("会议创建者：", lesson.teacher.clone()),
        ("预定开始时间：", span(lesson.starts_at)),
        ("预定结束时间：", span(lesson.ends_at)),
        ("累计会议时长：", duration((lesson.ends_at.0 - lesson.starts_at.0) / SECOND, layout)),
        ("参会用户总数：", people.to_string()),
    ];
    for (row, (name, value)) in lines.iter().enumerate() {
        sheet.write(row as u32, 0, *name)?;
        sheet.write(row as u32, 1, value)?;
    }
    Ok(lines.len() as u32 + 1)
}

fn totals(
    sheet: &mut Worksheet,
    class: &Class,
    lesson: &Lesson,
    layout: &Layout,
    rows: &[Row<'_>],
    people: usize,
) -> Result<(), XlsxError> {
    let mut line = preamble(sheet, class, lesson, layout, people)?;
    let headings = ["用户昵称（入会昵称）", "首次入会时间", "最后退会时间", "入会次数", "累计参会时长", "身份"];
    write_row(sheet, line, &headings, layout)?;
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&row.name) {
            names.push(row.name);
        }
    }
    for name in names {
        line += 1;
        let visits: Vec<&Visit> = rows.iter().filter(|row| row.name == name).map(|row| &row.visit).collect();
        let seconds: i64 = visits.iter().map(|visit| (visit.until.0 - visit.from.0) / SECOND).sum();
        let (first, last) = (visits[0], visits[visits.len() - 1]);
        let cells = [name, &time(first.from), &leave(last), &visits.len().to_string(), &duration(seconds, layout), "成员"];
        write_row(sheet, line, &cells, layout)?;
    }
    Ok(())
}

fn visits(
    sheet: &mut Worksheet,
    class: &Class,
    lesson: &Lesson,
    layout: &Layout,
    rows: &[Row<'_>],
    people: usize,
) -> Result<(), XlsxError> {
    let mut line = preamble(sheet, class, lesson, layout, people)?;
    write_row(sheet, line, &["用户昵称（入会昵称）", "入会时间", "退会时间", "参会时长", "身份", "入会方式"], layout)?;
    for (number, row) in rows.iter().enumerate() {
        line += 1;
        let seconds = (row.visit.until.0 - row.visit.from.0) / SECOND;
        let client = ["Windows", "Android", "iOS", "小程序"][number % 4];
        let long = if row.visit.leave_recorded { duration(seconds, layout) } else { "--".to_owned() };
        write_row(sheet, line, &[row.name, &time(row.visit.from), &leave(&row.visit), &long, "成员", client], layout)?;
    }
    Ok(())
}

/// Writes a row; in the layout with times first, the name stands behind the two times.
fn write_row(sheet: &mut Worksheet, line: u32, cells: &[&str], layout: &Layout) -> Result<(), XlsxError> {
    for (column, cell) in cells.iter().enumerate() {
        let place = match (layout.times_first, column) {
            (true, 0) => 2,
            (true, 1 | 2) => column - 1,
            _ => column,
        };
        sheet.write(line, place as u16, *cell)?;
    }
    Ok(())
}

fn time(at: Time) -> String {
    local(at, "%Y-%m-%d %H:%M:%S")
}

fn leave(visit: &Visit) -> String {
    if visit.leave_recorded { time(visit.until) } else { "--".to_owned() }
}

fn duration(seconds: i64, layout: &Layout) -> String {
    if layout.minutes {
        format!("{}分钟", seconds / 60)
    } else {
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}
