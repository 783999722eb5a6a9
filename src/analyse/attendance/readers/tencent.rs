//! 腾讯会议: the member export of a meeting or webinar (xlsx, or a CSV saved from it).
//!
//! A detail sheet (`成员参会明细`, for webinars `成员观看明细`) has one row per stay; an overview (`成员参会概况`) one per person with the first join, the
//! last leave, how often and how long. Above the headings may stand what the meeting is. Only stays become events; the overview's totals
//! are compared with them. Where there is no detail, an overview row whose total fills the time from join to leave is one stay; a
//! total over several stays is kept as what the platform states.

use super::super::calendar::Calendar;
use super::super::cell::Row;
use super::super::duration::Unit;
use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::fold;
use super::super::heading::{self, Aliases, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source, Table};
use super::super::tally::{Halt, Tally};
use super::super::totals::{self, Totals};
use super::super::values::{self, Body};
use super::Reader;
use crate::error::{Error, codes};

pub(super) const READER: Reader = Reader { name: "tencent-meeting", recognise, read };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    /// Nickname, with the name used in the meeting in brackets.
    Nickname,
    /// The name used in the meeting, in a column of its own.
    MeetingName,
    Join,
    Leave,
    FirstJoin,
    LastLeave,
    Count,
    Total,
    Role,
    Account,
    Phone,
    Email,
    Client,
    Ip,
    Region,
}

const ALIASES: Aliases<Field> = &[
    (
        Field::Nickname,
        &["用户昵称入会昵称", "昵称入会昵称", "成员昵称入会昵称", "用户昵称", "成员昵称", "昵称", "用户名", "成员", "参会成员", "姓名"],
    ),
    (Field::MeetingName, &["入会昵称", "会中昵称", "会议昵称"]),
    (Field::Join, &["入会时间", "加入时间", "进入时间", "进入会议时间", "开始观看时间", "观看开始时间", "进入直播时间"]),
    (Field::Leave, &["退会时间", "离会时间", "离开时间", "退出时间", "离开会议时间", "结束观看时间", "观看结束时间", "离开直播时间"]),
    (Field::FirstJoin, &["首次入会时间", "首次加入时间", "首次观看时间", "首次进入时间"]),
    (Field::LastLeave, &["最后退会时间", "最后离会时间", "最后离开时间", "最后观看时间", "最后退出时间"]),
    (Field::Count, &["入会次数", "参会次数", "观看次数"]),
    (Field::Total, &["累计参会时长", "累计观看时长", "累计入会时长", "参会时长", "观看时长"]),
    (Field::Role, &["身份", "角色"]),
    (Field::Account, &["用户id", "用户账号", "成员账号", "企业账号", "账号", "userid"]),
    (Field::Phone, &["手机号", "手机号码"]),
    (Field::Email, &["邮箱", "电子邮箱"]),
    (Field::Client, &["终端", "终端类型", "客户端", "入会设备", "设备类型"]),
    (Field::Ip, &["ip", "ip地址"]),
    (Field::Region, &["地区", "区域", "归属地"]),
];

/// What the meeting is, above the headings. The creator is a person and is left out.
const MEETING: &[(&str, &str)] = &[
    ("会议主题", "topic"),
    ("会议号", "meeting_id"),
    ("预定开始时间", "stated_start"),
    ("预定结束时间", "stated_end"),
    ("累计会议时长", "stated_length"),
    ("参会用户总数", "stated_participants"),
    ("参会人数", "stated_participants"),
];

/// Headings and sheet names that only 腾讯会议 writes.
const OWN_HEADINGS: [&str; 4] = ["用户昵称入会昵称", "昵称入会昵称", "成员昵称入会昵称", "首次入会时间"];
const OWN_SHEETS: [&str; 4] = ["成员参会概况", "成员参会明细", "成员观看概况", "成员观看明细"];

/// What a row of headings announces.
#[derive(Clone, Copy, PartialEq)]
enum Sheet {
    Detail,
    Overview,
}

fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name).or_else(|| by_words(name)));
    let person = columns.has(Field::Nickname) || columns.has(Field::MeetingName);
    (person && sheet(&columns).is_some()).then_some(columns)
}

/// Columns of times under names that are not listed: the words in them tell which time they hold. A listed name is better.
fn by_words(name: &str) -> Option<(Field, usize)> {
    const BEHIND: usize = 100;
    if !name.ends_with("时间") || name.contains("预定") {
        return None;
    }
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match (says(&["入会", "加入", "进入", "开始"]), says(&["退会", "离会", "离开", "退出", "结束"])) {
        (true, false) => Some((if says(&["首次"]) { Field::FirstJoin } else { Field::Join }, BEHIND)),
        (false, true) => Some((if says(&["最后"]) { Field::LastLeave } else { Field::Leave }, BEHIND)),
        _ => None,
    }
}

fn sheet(columns: &Columns<Field>) -> Option<Sheet> {
    if columns.has(Field::Join) && columns.has(Field::Leave) {
        Some(Sheet::Detail)
    } else if columns.has(Field::FirstJoin) && columns.has(Field::LastLeave) {
        Some(Sheet::Overview)
    } else {
        None
    }
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    let sure = |table: &Table| {
        let columns = heading::find(&table.head, columns)?;
        let own_heading = [Field::Nickname, Field::FirstJoin]
            .into_iter()
            .any(|field| OWN_HEADINGS.contains(&fold::heading(columns.label(field)).as_str()));
        let own_sheet = table.name.as_deref().is_some_and(|name| OWN_SHEETS.contains(&name.trim()));
        let meeting = is_meeting_stated(table, columns.row);
        Some(match (own_heading, own_sheet || meeting) {
            (true, true) => 98,
            (true, false) => 90,
            (false, true) => 85,
            // Names and times alone are everybody's.
            (false, false) => 30,
        })
    };
    probe.tables.iter().filter_map(sure).max().unwrap_or(0)
}

fn is_meeting_stated(table: &Table, before_row: u64) -> bool {
    table.head.iter().take_while(|row| row.number < before_row).any(|row| {
        let cell = row.row().cell(0).text().map(|text| fold::fold(&text).into_owned()).unwrap_or_default();
        let label = cell.split(':').next().map(fold::heading);
        label.is_some_and(|label| label == "会议主题" || label == "会议号")
    })
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    let found: Vec<(usize, Columns<Field>)> = probe
        .tables
        .iter()
        .enumerate()
        .filter_map(|(place, table)| heading::find(&table.head, columns).map(|columns| (place, columns)))
        .collect();
    if found.is_empty() {
        return Err(
            Error::new(&codes::UNKNOWN_FORMAT, "No row with the headings of 腾讯会议 was found; export the member list again.").into()
        );
    }
    for (place, columns) in &found {
        values::labelled_facts(&probe.tables[*place].head, columns.row, MEETING, tally);
    }
    let (details, overviews): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, columns)| sheet(columns) == Some(Sheet::Detail));
    let mut calendar = Calendar::new(hints);
    let mut totals = Totals::default();
    let mut log = Log { probe, hints, calendar: &mut calendar, totals: &mut totals };
    let read = if details.is_empty() { log.overviews(source, overviews, tally) } else { log.details(source, details, overviews, tally) };
    tally.assume_calendar(&calendar);
    totals.state(tally);
    read
}

struct Log<'l, 'h> {
    probe: &'l Probe,
    hints: &'l Hints<'h>,
    calendar: &'l mut Calendar,
    totals: &'l mut Totals,
}

impl Log<'_, '_> {
    /// Every detail sheet gives events, then every overview's totals are compared with them.
    fn details(
        &mut self,
        source: &mut Source,
        details: Vec<(usize, Columns<Field>)>,
        overviews: Vec<(usize, Columns<Field>)>,
        tally: &mut Tally<'_>,
    ) -> Result<(), Halt> {
        for (table, columns) in details {
            self.settle(source, table, &columns, &[Field::Join, Field::Leave], tally)?;
            let Log { calendar, totals, .. } = self;
            values::each_row(source, Body { table, columns }, tally, self.hints, self::columns, |row, columns| {
                let event = event(row, columns, Field::Join, Field::Leave, calendar)?;
                if let (Some(name), Some(until)) = (event.who.name.as_deref(), event.until) {
                    totals.stay(name, event.at, until);
                }
                Ok(event)
            })?;
        }
        for (table, columns) in overviews {
            let totals = &mut *self.totals;
            source.each_row(table, &mut |row| {
                if row.number > columns.row
                    && let (Some(name), Some(total)) = (name(row, &columns), total_s(row, &columns))
                {
                    totals.person(row.number, &name, total);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Without details, rows that can only be one stay are stays.
    fn overviews(&mut self, source: &mut Source, overviews: Vec<(usize, Columns<Field>)>, tally: &mut Tally<'_>) -> Result<(), Halt> {
        for (table, columns) in overviews {
            self.settle(source, table, &columns, &[Field::FirstJoin, Field::LastLeave], tally)?;
            let Log { calendar, totals, .. } = self;
            let mut assumed = false;
            let read = values::each_row(source, Body { table, columns }, tally, self.hints, self::columns, |row, columns| {
                let event = event(row, columns, Field::FirstJoin, Field::LastLeave, calendar)?;
                let Some(until) = event.until else { return Ok(event) };
                let total = total_s(row, columns);
                match (count(row, columns), total) {
                    (Some(1), total) => {
                        if let Some(total) = total.filter(|_| event.at <= until) {
                            totals.row(row.number, total, event.at, until);
                        }
                    }
                    (_, Some(total)) if totals::fills(total, event.at, until) => assumed = true,
                    (_, Some(total)) if event.at <= until => {
                        return Ok(Event { kind: EventKind::Total, stated_ms: total.checked_mul(1_000), ..event });
                    }
                    (_, Some(_)) => return Err(Fault::leave_before_join()),
                    (_, None) => return Err(Fault::totals_only("export the members' details (成员参会明细) as well")),
                }
                Ok(event)
            });
            if assumed {
                tally.assume("Rows whose stated total fills the time from first join to last leave are read as one stay.".to_owned());
            }
            read?;
        }
        Ok(())
    }

    fn settle(
        &mut self,
        source: &mut Source,
        table: usize,
        columns: &Columns<Field>,
        fields: &[Field],
        tally: &Tally<'_>,
    ) -> Result<(), Halt> {
        values::settle_order(source, table, &self.probe.tables[table].head, columns, fields, self.calendar, tally.most_rows())
    }
}

fn event(row: &Row<'_>, columns: &Columns<Field>, join: Field, leave: Field, calendar: &mut Calendar) -> Result<Event, Fault> {
    let text = |field| values::text(row, columns, field);
    let who = Who {
        name: name(row, columns),
        platform_user: text(Field::Account),
        phone: text(Field::Phone),
        email: text(Field::Email),
        ..Who::default()
    };
    let at = values::needed(row, columns, join, calendar)?;
    let until = values::moment(row, columns, leave, calendar)?;
    let kind = if until.is_some() { EventKind::Interval } else { EventKind::Join };
    Ok(Event { until, ip: text(Field::Ip), client: text(Field::Client), region: text(Field::Region), ..Event::new(0, who, kind, at) })
}

/// `昵称(入会昵称)`, from one column or from two.
fn name(row: &Row<'_>, columns: &Columns<Field>) -> Option<String> {
    match (values::text(row, columns, Field::Nickname), values::text(row, columns, Field::MeetingName)) {
        (Some(nickname), Some(name)) if nickname != name => Some(format!("{nickname}({name})")),
        (Some(name), _) | (None, Some(name)) => Some(name),
        (None, None) => None,
    }
}

fn count(row: &Row<'_>, columns: &Columns<Field>) -> Option<u64> {
    values::text(row, columns, Field::Count)?.parse().ok()
}

fn total_s(row: &Row<'_>, columns: &Columns<Field>) -> Option<i64> {
    let unit = Unit::of_heading(columns.label(Field::Total)).unwrap_or(Unit::Minutes);
    row.cell(columns.get(Field::Total)?).seconds(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_written_as_they_are_compared() {
        heading::assert_tidy(ALIASES);
        assert!(OWN_HEADINGS.iter().all(|own| fold::heading(own) == *own));
    }

    #[test]
    fn columns_of_times_are_told_by_their_words() {
        assert_eq!(by_words("成员入会时间").map(|(field, _)| field), Some(Field::Join));
        assert_eq!(by_words("成员最后退会时间").map(|(field, _)| field), Some(Field::LastLeave));
        assert_eq!(by_words("预定开始时间"), None);
        assert_eq!(by_words("入会至退会时间"), None);
    }
}
