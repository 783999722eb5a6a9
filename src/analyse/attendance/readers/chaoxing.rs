//! 超星学习通: the statistics of a course, a row for each student, with how long videos were watched and not when.
//!
//! Above the headings stand the course and the time of the export. The minutes are kept as a stated total of the span the file was sent
//! for; how much of the course was done is no time and is left in the file.

use super::super::cell::Row;
use super::super::duration::Unit;
use super::super::event::{Event, Who};
use super::super::fault::Fault;
use super::super::heading::{self, Aliases, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::stays;
use super::super::tally::{Halt, Tally};
use super::super::values;
use super::Reader;

pub(super) const READER: Reader = Reader { name: "chaoxing", recognise, read };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Number,
    Name,
    Watched,
    Tasks,
    TasksShare,
    Discussions,
    Chapters,
}

const ALIASES: Aliases<Field> = &[
    (Field::Number, &["学号工号", "学号", "工号"]),
    (Field::Name, &["学生姓名", "姓名"]),
    (Field::Watched, &["视频观看时长", "视频观看时长分钟", "音视频观看时长", "章节视频观看时长"]),
    (Field::Tasks, &["任务完成数", "任务点完成数"]),
    (Field::TasksShare, &["任务点完成百分比", "任务完成百分比"]),
    (Field::Discussions, &["讨论数"]),
    (Field::Chapters, &["章节学习次数"]),
];

/// Columns of progress, which make the table one of 超星.
const OWN: [Field; 4] = [Field::Tasks, Field::TasksShare, Field::Discussions, Field::Chapters];

fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name));
    let person = columns.has(Field::Number) || columns.has(Field::Name);
    (person && columns.has(Field::Watched) && OWN.into_iter().any(|field| columns.has(field))).then_some(columns)
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    if probe.tables.iter().any(|table| heading::find(&table.head, columns).is_some()) { 90 } else { 0 }
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let mut in_minutes = false;
    let read = values::read_tables(source, probe, hints, tally, &[], columns, |row, columns, _| {
        let label = columns.label(Field::Watched);
        in_minutes |= Unit::of_heading(label).is_none();
        let stated = values::stated_s(row, columns, Field::Watched, Some(Unit::Minutes))?;
        let stated = stated.ok_or_else(|| Fault::missing(label, "the minutes that were watched"))?;
        let text = |field| values::text(row, columns, field);
        let who = Who { trainee: text(Field::Number).map(|number| format!("ext:{number}")), name: text(Field::Name), ..Who::default() };
        let total = stays::total(who, stated, hints)?;
        Ok(Event { mark: Some("video".to_owned()), ..total })
    });
    if in_minutes {
        tally.assume("Bare numbers of 视频观看时长 are read as minutes.".to_owned());
    }
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
