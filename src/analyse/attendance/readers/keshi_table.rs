//! keshi's own events as a table: CSV or a workbook with the members of an event as headings, in English or in Chinese. A table without
//! a column for the kind of event, but with a beginning and an end in each row, holds stays.

use super::super::calendar::Calendar;
use super::super::cell::Row;
use super::super::event::{Event, EventKind, Who};
use super::super::fault::Fault;
use super::super::fold;
use super::super::heading::{self, Aliases, Columns};
use super::super::reading::Hints;
use super::super::source::{Probe, Source};
use super::super::tally::{Halt, Tally};
use super::super::values::{self, Body};
use super::{Reader, keshi_ndjson};
use crate::error::{Error, codes};
use crate::register::profile;

pub(super) const READER: Reader = Reader { name: "keshi-table", recognise, read };

#[derive(Clone, Copy, Debug, PartialEq)]
enum Field {
    Trainee,
    ExternalId,
    PlatformUser,
    Phone,
    Email,
    IdNumber,
    Name,
    Kind,
    At,
    Until,
    Ip,
    Device,
    UserAgent,
    Client,
    Region,
    Position,
    Score,
    Reference,
}

const ALIASES: Aliases<Field> = &[
    (Field::Trainee, &["trainee", "学员"]),
    (Field::ExternalId, &["externalid", "traineeexternalid", "学员编号", "学号", "工号", "学号工号"]),
    (Field::PlatformUser, &["platformuser", "user", "userid", "account", "平台用户", "平台账号", "用户id", "账号", "帐号", "用户账号"]),
    (Field::Phone, &["phone", "mobile", "手机号", "手机号码", "手机", "电话", "联系电话", "联系号码"]),
    (Field::Email, &["email", "mail", "邮箱", "电子邮箱", "电子邮件", "邮件"]),
    (Field::IdNumber, &["idnumber", "idcard", "身份证号", "身份证号码", "身份证", "证件号码", "证件号"]),
    (Field::Name, &["name", "姓名", "学员姓名", "用户姓名", "真实姓名", "学生姓名"]),
    (Field::Kind, &["kind", "event", "事件", "事件类型", "类型", "动作"]),
    (
        Field::At,
        &[
            "at",
            "time",
            "timestamp",
            "start",
            "starttime",
            "时间",
            "发生时间",
            "事件时间",
            "开始时间",
            "签到时间",
            "进入时间",
            "加入时间",
            "登录时间",
        ],
    ),
    (Field::Until, &["until", "end", "endtime", "结束时间", "截止时间", "签退时间", "离开时间", "退出时间"]),
    (Field::Ip, &["ip", "ipaddress", "ip地址", "网络地址"]),
    (Field::Device, &["device", "deviceid", "设备", "设备号", "设备编号", "设备id"]),
    (Field::UserAgent, &["useragent", "浏览器", "浏览器标识"]),
    (Field::Client, &["client", "客户端", "终端", "终端类型"]),
    (Field::Region, &["region", "地区", "区域", "所在地"]),
    (Field::Position, &["positionms", "position", "播放位置毫秒", "进度毫秒", "位置毫秒"]),
    (Field::Score, &["score", "得分", "分数", "成绩", "相似度"]),
    (Field::Reference, &["ref", "reference", "编号", "事件编号", "流水号"]),
];

/// Words for kinds of events beside keshi's own.
const KINDS: [(EventKind, &[&str]); 9] = [
    (EventKind::Join, &["加入", "进入", "入会", "签到", "登录", "上线"]),
    (EventKind::Leave, &["离开", "退出", "退会", "签退", "登出", "下线"]),
    (EventKind::Heartbeat, &["心跳", "在线"]),
    (EventKind::Progress, &["进度", "播放进度"]),
    (EventKind::Answer, &["答题", "作答", "测验"]),
    (EventKind::FaceCheck, &["人脸", "人脸识别", "人脸核验", "人脸比对", "刷脸"]),
    (EventKind::Away, &["离屏", "切屏", "离席", "暂离"]),
    (EventKind::WaitingRoom, &["等候室", "等待室", "等候"]),
    (EventKind::Interval, &["区间", "时段", "在席"]),
];

fn columns(row: &Row<'_>) -> Option<Columns<Field>> {
    const PERSON: [Field; 7] =
        [Field::Trainee, Field::ExternalId, Field::PlatformUser, Field::Phone, Field::Email, Field::IdNumber, Field::Name];
    let columns = Columns::of(row, |name| heading::lookup(ALIASES, name));
    let person = PERSON.into_iter().any(|field| columns.has(field));
    (person && columns.has(Field::At) && (columns.has(Field::Kind) || columns.has(Field::Until))).then_some(columns)
}

/// What a heading of keshi's own tables says of who and from where, as a field of a platform's profile. What says when, or what happened, is the
/// profile's own to tell.
pub(super) fn who_and_where(name: &str) -> Option<(profile::Field, usize)> {
    let (field, rank) = heading::lookup(ALIASES, name)?;
    let field = match field {
        Field::ExternalId => profile::Field::ExternalId,
        Field::PlatformUser => profile::Field::Account,
        Field::Phone => profile::Field::Phone,
        Field::Email => profile::Field::Email,
        Field::IdNumber => profile::Field::IdNumber,
        Field::Name => profile::Field::Name,
        Field::Ip => profile::Field::Ip,
        Field::Device => profile::Field::Device,
        Field::UserAgent => profile::Field::UserAgent,
        Field::Client => profile::Field::Client,
        Field::Region => profile::Field::Region,
        _ => return None,
    };
    Some((field, rank))
}

fn recognise(probe: &Probe, _: &Hints<'_>) -> u8 {
    let sure = |columns: Columns<Field>| match (columns.has(Field::Kind), columns.label(Field::At)) {
        (true, "at") => 95,
        (true, _) => 80,
        (false, "at") => 70,
        (false, _) => 55,
    };
    probe.tables.iter().filter_map(|table| heading::find(&table.head, columns)).map(sure).max().unwrap_or(0)
}

fn read(source: &mut Source, probe: &Probe, hints: &Hints<'_>, tally: &mut Tally<'_>) -> Result<(), Halt> {
    // The events of a workbook stand in its first sheet that has the headings; others are the sender's notes.
    let found =
        probe.tables.iter().enumerate().find_map(|(place, table)| heading::find(&table.head, columns).map(|columns| (place, columns)));
    let Some((table, found)) = found else {
        return Err(Error::new(&codes::UNKNOWN_FORMAT, "No row with the headings of keshi's events was found; see /docs for them.").into());
    };
    let mut calendar = Calendar::new(hints);
    let times = [Field::At, Field::Until];
    values::settle_order(source, table, &probe.tables[table].head, &found, &times, &mut calendar, tally.most_rows())?;
    let mut lost_digits = false;
    let body = Body { table, columns: found };
    let read = values::each_row(source, body, tally, hints, columns, |row, columns| event(row, columns, &mut calendar, &mut lost_digits));
    tally.assume_calendar(&calendar);
    if lost_digits {
        tally.assume(values::LOST_DIGITS.to_owned());
    }
    read
}

fn event(row: &Row<'_>, columns: &Columns<Field>, calendar: &mut Calendar, lost_digits: &mut bool) -> Result<Event, Fault> {
    let text = |field| values::text(row, columns, field);
    let at = values::needed(row, columns, Field::At, calendar)?;
    let until = values::moment(row, columns, Field::Until, calendar)?;
    let kind = match (text(Field::Kind), until) {
        (Some(word), _) => kind(&word).ok_or_else(|| Fault::bad_kind(columns.label(Field::Kind)))?,
        (None, _) if columns.has(Field::Kind) => {
            return Err(Fault::missing(columns.label(Field::Kind), "join, leave, heartbeat or another kind"));
        }
        (None, Some(_)) => EventKind::Interval,
        // A stay that has not ended.
        (None, None) => EventKind::Join,
    };
    let id_number = text(Field::IdNumber);
    *lost_digits |= id_number.is_none() && columns.get(Field::IdNumber).is_some_and(|place| row.cell(place).kind() == "a number");
    let who = Who {
        trainee: text(Field::ExternalId).map(|id| if id.starts_with("ext:") { id } else { format!("ext:{id}") }),
        platform_user: text(Field::PlatformUser),
        phone: text(Field::Phone),
        email: text(Field::Email),
        id_number,
        name: text(Field::Name),
    };
    Ok(Event {
        until,
        ip: text(Field::Ip),
        device: text(Field::Device),
        user_agent: text(Field::UserAgent),
        client: text(Field::Client),
        region: text(Field::Region),
        position_ms: number(row, columns, Field::Position, "a whole number of milliseconds")?,
        score: number(row, columns, Field::Score, "a number")?,
        reference: text(Field::Reference),
        ..Event::new(0, keshi_ndjson::refer(who, text(Field::Trainee), columns.label(Field::Trainee))?, kind, at)
    })
}

/// The kind that a word in Chinese or English means.
pub(super) fn kind(word: &str) -> Option<EventKind> {
    let word = fold::fold(word).to_lowercase().replace([' ', '-'], "_");
    EventKind::from_word(&word)
        .filter(|kind| !kind.is_stated())
        .or_else(|| KINDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(kind, _)| *kind))
}

fn number<T: std::str::FromStr>(row: &Row<'_>, columns: &Columns<Field>, field: Field, wanted: &str) -> Result<Option<T>, Fault> {
    let Some(text) = values::text(row, columns, field) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Fault::bad_value(columns.label(field), "a text or a number of another kind", wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_written_as_they_are_compared() {
        heading::assert_tidy(ALIASES);
    }

    #[test]
    fn kinds_have_chinese_words_and_no_word_means_two() {
        assert_eq!(kind("Face Check"), Some(EventKind::FaceCheck));
        assert_eq!(kind("签到"), Some(EventKind::Join));
        assert_eq!(kind("睡觉"), None);
        let mut words: Vec<_> = KINDS.iter().flat_map(|(_, words)| words.iter()).collect();
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
        assert!(KINDS.iter().map(|(kind, _)| *kind).eq(EventKind::ALL.into_iter().filter(|kind| !kind.is_stated())));
    }
}
