//! Chinese live platforms and course systems: the tables they export under headings that many of them share.
//!
//! Three shapes. `首次观看 … 最后离开`: one row per person with the first coming, the latest coming and the last going; `入会 … 退会` with how
//! often somebody watched; `签到 … 签退` of a course. A first coming and a last going are one stay only where they are said to be: by a
//! count of one or by a total that fills the time between. Otherwise what is left is the last stay, from the latest coming on, and only
//! if the total is long enough for it. Nothing else of such a row is claimed.

use super::super::calendar::Calendar;
use super::super::cell::{Cell, Row};
use super::super::event::{Event, EventKind, Who};
use super::super::fault::{self, Fault};
use super::super::heading::{self, Aliases, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::stays::{self, Told, Watched};
use super::super::tally::{Halt, Tally};
use super::super::totals::Totals;
use super::super::values;
use super::Reader;
use crate::time::Time;
use std::collections::BTreeSet;

pub(super) const READER: Reader = Reader { name: "live-zh", recognise, read };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    LiveId,
    Account,
    ExternalId,
    Nickname,
    Name,
    Phone,
    Email,
    IdNumber,
    Status,
    Course,
    First,
    Latest,
    LastLeave,
    Join,
    Leave,
    SignIn,
    SignOut,
    Count,
    Total,
    Ip,
    Region,
    Device,
    Client,
}

const ALIASES: Aliases<Field> = &[
    (Field::LiveId, &["直播id", "直播间id", "直播编号"]),
    (Field::Account, &["用户id", "观众id", "用户账号", "平台用户", "平台账号", "账号", "帐号"]),
    (Field::ExternalId, &["学号", "工号", "学号工号", "学员编号"]),
    (Field::Nickname, &["用户昵称", "观众昵称", "微信昵称", "昵称"]),
    (Field::Name, &["真实姓名", "用户姓名", "学员姓名", "学生姓名", "姓名"]),
    (Field::Phone, &["手机号", "手机号码", "联系号码", "联系电话", "手机", "电话"]),
    (Field::Email, &["邮箱", "电子邮箱", "电子邮件", "邮件"]),
    (Field::IdNumber, &["身份证号", "身份证号码", "身份证", "证件号码", "证件号"]),
    (Field::Status, &["用户状态"]),
    (Field::Course, &["课程名称", "课程"]),
    (Field::First, &["首次观看直播时间", "首次进入直播时间"]),
    (Field::Latest, &["最近观看直播时间", "最近进入直播时间"]),
    (Field::LastLeave, &["最后离开直播时间"]),
    (Field::Join, &["入会时间"]),
    (Field::Leave, &["退会时间"]),
    (Field::SignIn, &["签到时间"]),
    (Field::SignOut, &["签退时间"]),
    (Field::Count, &["观看次数"]),
    (Field::Total, &["直播观看时长", "直播观看时长秒", "观看时长秒", "观看时长分钟", "观看时长", "学习时长", "学习时长秒", "学习时长分钟"]),
    (Field::Ip, &["ip", "ip地址"]),
    (Field::Region, &["区域", "地区", "所在地"]),
    (Field::Device, &["设备", "设备号", "设备编号", "设备id"]),
    (Field::Client, &["客户端", "终端", "终端类型"]),
];

/// What the times of a table mean.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    /// First coming, perhaps the latest, and last going.
    Watched,
    /// A coming and a going, of somebody who may have come several times.
    Met,
    /// Signed in and out of a course.
    Signed,
    /// People without times.
    People,
}

/// What of a file had to be assumed.
#[derive(Default)]
struct Used {
    told: BTreeSet<Told>,
    signed: bool,
    lost_digits: bool,
}

fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    const PERSON: [Field; 7] =
        [Field::Account, Field::ExternalId, Field::Nickname, Field::Name, Field::Phone, Field::Email, Field::IdNumber];
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name));
    let person = PERSON.into_iter().any(|field| columns.has(field));
    (person && shape(&columns).is_some()).then_some(columns)
}

fn shape(columns: &Columns<Field>) -> Option<Shape> {
    let all = |fields: &[Field]| fields.iter().all(|field| columns.has(*field));
    if all(&[Field::First]) {
        Some(Shape::Watched)
    } else if all(&[Field::Join, Field::Leave]) && (all(&[Field::LiveId]) || all(&[Field::Count, Field::Total])) {
        Some(Shape::Met)
    } else if all(&[Field::SignIn, Field::SignOut, Field::Course, Field::Total]) {
        Some(Shape::Signed)
    } else if all(&[Field::Name, Field::Phone, Field::Status]) {
        Some(Shape::People)
    } else {
        None
    }
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    let sure = |columns: Columns<Field>| match shape(&columns) {
        Some(Shape::Watched) => 92,
        Some(Shape::Met) => 85,
        Some(Shape::Signed) => 75,
        Some(Shape::People) => 60,
        None => 0,
    };
    probe.tables.iter().filter_map(|table| heading::find(&table.head, columns)).map(sure).max().unwrap_or(0)
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    const TIMES: [Field; 7] = [Field::First, Field::Latest, Field::LastLeave, Field::Join, Field::Leave, Field::SignIn, Field::SignOut];
    let (mut totals, mut used) = (Totals::default(), Used::default());
    let read = values::read_tables(source, probe, hints, tally, &TIMES, columns, |row, columns, calendar| {
        event(row, columns, calendar, &mut totals, &mut used)
    });
    used.told.iter().filter_map(|told| told.assumption()).for_each(|sentence| tally.assume(sentence.to_owned()));
    let said = [
        (used.signed, "Rows are read as one stay from signing in to signing out; a stated total that differs is kept as a fact."),
        (used.lost_digits, values::LOST_DIGITS),
    ];
    said.into_iter().filter(|(used, _)| *used).for_each(|(_, sentence)| tally.assume(sentence.to_owned()));
    totals.state(tally);
    read
}

fn event(row: &Row<'_>, columns: &Columns<Field>, calendar: &mut Calendar, totals: &mut Totals, used: &mut Used) -> Result<Event, Fault> {
    let who = who(row, columns, used);
    let (at, until) = match shape(columns) {
        Some(Shape::Watched) => watched(row, columns, calendar, totals, used)?,
        Some(Shape::Met) => met(row, columns, calendar, totals, used)?,
        Some(Shape::Signed) => signed(row, columns, calendar, totals, used)?,
        Some(Shape::People) | None => {
            return Err(Fault::new(
                fault::MISSING,
                "the row has no times; export the viewing records with 首次观看直播时间, 最后离开直播时间 and 直播观看时长",
            ));
        }
    };
    let text = |field| values::text(row, columns, field);
    let kind = if until.is_some() { EventKind::Interval } else { EventKind::Join };
    Ok(Event {
        until,
        ip: text(Field::Ip),
        device: text(Field::Device),
        client: text(Field::Client),
        region: text(Field::Region),
        ..Event::new(0, who, kind, at)
    })
}

fn who(row: &Row<'_>, columns: &Columns<Field>, used: &mut Used) -> Who {
    let text = |field| values::text(row, columns, field);
    let id_number = text(Field::IdNumber);
    used.lost_digits |= id_number.is_none() && columns.get(Field::IdNumber).is_some_and(|place| matches!(row.cell(place), Cell::Number(_)));
    let name = match (text(Field::Nickname), text(Field::Name)) {
        (Some(nickname), Some(name)) if nickname != name => Some(format!("{nickname}({name})")),
        (nickname, name) => name.or(nickname),
    };
    Who {
        trainee: text(Field::ExternalId).map(|id| if id.starts_with("ext:") { id } else { format!("ext:{id}") }),
        platform_user: text(Field::Account),
        phone: text(Field::Phone),
        email: text(Field::Email),
        id_number,
        name,
    }
}

/// First coming to last going, or what of it is sure.
fn watched(
    row: &Row<'_>,
    columns: &Columns<Field>,
    calendar: &mut Calendar,
    totals: &mut Totals,
    used: &mut Used,
) -> Result<(Time, Option<Time>), Fault> {
    let first = values::needed(row, columns, Field::First, calendar)?;
    let latest = values::moment(row, columns, Field::Latest, calendar)?;
    let Some(last) = values::moment(row, columns, Field::LastLeave, calendar)? else {
        return Err(Fault::missing("最后离开直播时间", "the time of the last going, or export the records of each coming and going"));
    };
    let stated = values::stated_s(row, columns, Field::Total, None)?;
    let (stay, disagrees_from) = Watched { first, latest, last, stated }.stay();
    if let (Some(stated), Some(from)) = (stated, disagrees_from) {
        totals.row(row.number, stated, from, last);
    }
    let stay = stay?;
    used.told.insert(stay.told);
    Ok((stay.at, stay.until))
}

/// A coming and a going, of somebody who is said to have come once, or whose total says so.
fn met(
    row: &Row<'_>,
    columns: &Columns<Field>,
    calendar: &mut Calendar,
    totals: &mut Totals,
    used: &mut Used,
) -> Result<(Time, Option<Time>), Fault> {
    let at = values::needed(row, columns, Field::Join, calendar)?;
    let until = values::moment(row, columns, Field::Leave, calendar)?;
    let count = values::text(row, columns, Field::Count).and_then(|count| count.parse::<u64>().ok());
    let once = count == Some(1) || !columns.has(Field::Count);
    let stated = if once || until.is_none() {
        values::stated_s(row, columns, Field::Total, None).unwrap_or(None)
    } else {
        values::stated_s(row, columns, Field::Total, None)?
    };
    if let (Some(stated), Some(until)) = (stated, until.filter(|until| *until >= at)) {
        totals.row(row.number, stated, at, until);
    }
    let stay = stays::met(at, until, once, stated)?;
    used.told.insert(stay.told);
    Ok((stay.at, stay.until))
}

fn signed(
    row: &Row<'_>,
    columns: &Columns<Field>,
    calendar: &mut Calendar,
    totals: &mut Totals,
    used: &mut Used,
) -> Result<(Time, Option<Time>), Fault> {
    let at = values::needed(row, columns, Field::SignIn, calendar)?;
    let until = values::moment(row, columns, Field::SignOut, calendar)?;
    if let (Some(until), Ok(Some(stated))) = (until.filter(|until| *until >= at), values::stated_s(row, columns, Field::Total, None)) {
        totals.row(row.number, stated, at, until);
        used.signed = true;
    }
    Ok((at, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_written_as_they_are_compared() {
        heading::assert_tidy(ALIASES);
    }
}
