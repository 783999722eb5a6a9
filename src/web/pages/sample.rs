//! Sample data, so that every page is rendered in a test with something to show. Invented people.

mod cases;
mod evidence;
mod money;
mod opening;
mod pages;
mod personal;
mod reports;

pub(super) use pages::every_page;

use super::cases::Belongs;
use super::checks::Check;
use super::class::{Class, LessonRow};
use super::classes::{ClassRow, Classes};
use super::custody::Kept;
use super::evidence::{Evidence, Match, RawRow, SignedBy};
use super::evidence_list::{EvidenceList, EvidenceRow};
use super::finding::{Exhibit, Finding, Look, Overlay, Word};
use super::findings::{FindingRow, Findings};
use super::format;
use super::frame::{Frame, Section, Viewer};
use super::hour::{EventRow, Hour, Run, Said as SaidOfHour};
use super::jobs::{JobRow, Jobs};
use super::line::{Lesson as Drawn, Line, Mark, Order, Person, Picture, Recording, Scale, Source, Span};
use super::log::{LeafRow, Log};
use super::login::Login;
use super::matrix::{Cell, Column, Matrix, Row};
use super::personal::{CorrectionRow, Corrections, LookRow, PersonCopy, Personal, Sheet};
use super::proof::Proof;
use super::scores::Scores;
use super::shown_codes::CodeLine;
use super::state::State;
use super::trainee::{HourRow, Trainee};
use super::trouble::Trouble;
use super::unmatched::{Choice, Said, Unmatched, Waits};
use super::upload::{Handed, KindChoice, Unfinished, Upload};
use super::webhooks::{One as Webhook, Row as WebhookRow, Webhooks};
use super::words::Lang;
use super::work::{Attention, Work};
use super::{findings, lesson, marks, scores, session_code};
use crate::analyse::media::{self, SpanKind, Strip};
use crate::audit::overview::{ClassHead, ClassLine, EvidenceFilter, LessonHead, LessonLine, Name, TraineeHead, TraineeLine};
use crate::detect::reuse::Stretch;
use crate::error::RowError;
use crate::time::{DAY, MINUTE, SECOND, Time};

const FAMILY: [&str; 12] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "欧阳", "徐"];
const GIVEN: [&str; 10] = ["小红", "建国", "伟", "秀英", "志强", "丽", "永安", "桂芳", "浩然", "雪梅"];
const TITLES: [&str; 6] =
    ["电工基础与安全用电", "电路图识读", "职业道德与劳动法", "新冠肺炎疫情防控知识", "低压电器安装", "电动机控制线路"];

fn at(clock: &str) -> Time {
    format!("2020-03-03T{clock}+08:00").parse().expect("valid")
}

fn id(kind: u64, number: u64) -> String {
    format!("0170a1b2-{kind:04x}-7000-8000-{number:012x}")
}

fn typed<T: std::str::FromStr>(kind: u64, number: u64) -> T {
    id(kind, number).parse().ok().expect("an id")
}

/// A number that looks like chance and is always the same.
fn dice(seed: u64) -> u64 {
    let mut value = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5555;
    value ^= value >> 29;
    value = value.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value ^ (value >> 32)
}

fn name(number: u64) -> String {
    format!("{}{}", FAMILY[(dice(number) % 12) as usize], GIVEN[(dice(number + 77) % 10) as usize])
}

pub(super) fn frame() -> Frame {
    Frame {
        lang: Lang::Zh,
        zone: chrono_tz::Asia::Shanghai,
        now: at("16:20:00"),
        place: "/classes?q=a".into(),
        section: Section::Classes,
        viewer: Some(Viewer {
            name: "zhao.inspector".into(),
            role: "inspector",
            findings: true,
            cases: true,
            subscribes: true,
            decides: false,
        }),
        csrf: "sample-csrf".into(),
    }
}

fn source(row: Option<u64>) -> Source {
    Source { evidence: id(9, 1), name: "腾讯会议_参会成员_20200303.xlsx".into(), row, leaf: Some(1042), said: row == Some(7) }
}

fn span(state: State, from: Time, until: Time, reason: Option<&str>, row: Option<u64>) -> Span {
    let sources = if row.is_some() { vec![source(row)] } else { Vec::new() };
    Span { state, from, until, reason: reason.map(String::from), content: None, sources }
}

fn person(number: u64) -> Person {
    let (from, until) = (at("09:00:00"), at("09:45:00"));
    let chance = dice(number * 31);
    let row = Some(number + 2);
    let late = from.plus((chance % 400) as i64 * SECOND);
    let leave = until.plus(-((chance / 400 % 60) as i64) * SECOND);
    let mut spans = Vec::new();
    let mut marks = vec![Mark { kind: "join".into(), at: late }];
    match number % 11 {
        3 => {
            marks.clear();
            spans.push(span(State::Uncredited, from, until, Some("not_joined"), None));
        }
        5 => {
            let gap = late.plus(14 * MINUTE);
            spans.push(span(State::Uncredited, from, late, Some("joined_late"), None));
            spans.push(span(State::Credited, late, gap, None, row));
            spans.push(span(State::Partial, gap, gap.plus(6 * MINUTE), Some("waiting_room"), row));
            spans.push(span(State::Credited, gap.plus(6 * MINUTE), leave, None, row));
        }
        7 => {
            spans.push(span(State::Uncredited, from, late, Some("joined_late"), None));
            spans.push(span(State::Credited, late, late.plus(10 * MINUTE), None, row));
            spans.push(span(State::Disputed, late.plus(10 * MINUTE), late.plus(22 * MINUTE), Some("elsewhere"), row));
            spans.push(span(State::Credited, late.plus(22 * MINUTE), leave, None, row));
        }
        _ => {
            spans.push(span(State::Uncredited, from, late, Some("joined_late"), None));
            spans.push(span(State::Credited, late, leave, None, row));
        }
    }
    let end = spans.last().map_or(from, |span| span.until);
    if end < until {
        spans.push(span(State::Uncredited, end, until, Some("left_early"), None));
    }
    spans.retain(|span| span.from < span.until);
    for answer in 0..(chance % 4) as i64 {
        marks.push(Mark { kind: "answer".into(), at: from.plus((8 + answer * 11) * MINUTE) });
    }
    let millis: i64 = spans.iter().filter(|span| span.state == State::Credited).map(Span::millis).sum();
    let credited = if millis > 40 * 60_000 { 1000 } else { millis / 2_700 / 50 * 50 };
    Person {
        trainee: id(3, number),
        name: name(number),
        number: format!("AK-{:03}", number + 1),
        spans,
        marks,
        credited,
        corroborated: millis * 8 / 10,
        calculated: true,
        disputed: number % 11 == 7,
    }
}

pub(super) fn lesson(people: u64) -> Drawn {
    Drawn {
        id: id(2, 1),
        from: at("09:00:00"),
        until: at("09:45:00"),
        planned: 1000,
        content: None,
        recordings: vec![
            Recording {
                evidence: id(9, 2), name: "第1课_录屏_1.mp4".into(), from: at("08:57:40"), until: at("09:21:10"), flaws: vec![]
            },
            Recording {
                evidence: id(9, 3),
                name: "第1课_录屏_2.mp4".into(),
                from: at("09:22:00"),
                until: at("09:46:30"),
                flaws: vec![("frozen".into(), at("09:31:00"), at("09:36:20"))],
            },
        ],
        pictures: [("09:05:12", 4), ("09:05:40", 5), ("09:24:03", 6), ("09:44:50", 7)]
            .map(|(clock, number)| Picture {
                evidence: id(9, number),
                at: at(clock),
                name: format!("IMG_{number:04}.jpg"),
                thumbnail: number != 6,
            })
            .into(),
        people: (0..people).map(person).collect(),
    }
}

fn evidence_row(number: u64) -> EvidenceRow {
    let (kind, name) = match number % 4 {
        0 => ("attendance", "腾讯会议_参会成员_20200303.xlsx"),
        1 => ("video", "第1课_录屏_1.mp4"),
        2 => ("screenshot", "IMG_0005.jpg"),
        _ => ("attendance", "participants_84512345678.csv"),
    };
    EvidenceRow {
        id: id(9, number),
        kind: kind.into(),
        name: name.into(),
        size: [18_233, 412_553_190, 2_204_118, 9_120][(number % 4) as usize],
        submitter: "陕西职业在线培训平台".into(),
        class: Some((id(1, 1), class_title(1))),
        lesson: (number % 5 != 4).then(|| (id(2, number % 6), TITLES[(number % 6) as usize].into())),
        received: at("10:02:11").plus(-(number as i64) * 7 * MINUTE),
        state: ["sealed", "analysed", "analysed", "failed", "received"][(number % 5) as usize].into(),
        leaf: (number % 5 != 4).then_some(1042 + number),
        thumbnail: number % 4 == 1 || number % 4 == 2,
        refused: if number % 4 == 3 { 3 } else { 0 },
    }
}

fn score_row(number: i64) -> scores::Row {
    let part = |rule: &str, title: &str, part: i64| scores::Part {
        rule: rule.into(),
        title: title.into(),
        findings: 3 + number,
        clear: part,
        weight: 95,
        part,
    };
    scores::Row {
        href: "/findings?status=open&provider=p".into(),
        name: format!("长安第{number}职业技能培训学校"),
        typology: "all".into(),
        score: 90 - number * 11,
        fen: 1_950_000 >> number,
        parts: vec![part("overlap-person", "同一人同时在两处上课", 60), part("missing-media", "课节没有视频也没有图片", 30 - number)],
    }
}

fn finding_row(number: u64) -> FindingRow {
    let (rule, title, severity, strength, seen) = match number % 3 {
        0 => (
            "overlap-person",
            "同一人同时在两处上课",
            "high",
            "strong",
            "09:10 至 09:22，同一人同时出现在“电工基础与安全用电”和另一承训单位的“焊接工艺”两节课的签到记录中，共 12 分钟。",
        ),
        1 => ("missing-media", "课节缺少影像", "medium", "strong", "这节课有 38 人签到，但没有收到任何录像，截图只有 1 张，应有 2 张。"),
        _ => ("photo-reuse", "同一张照片用于不同课节", "high", "strong", "这张照片的字节与 3 月 2 日另一节课上交的照片完全相同。"),
    };
    FindingRow {
        id: id(7, number),
        rule: rule.into(),
        title: title.into(),
        severity: severity.into(),
        strength: strength.into(),
        status: ["open", "open", "snoozed", "confirmed"][(number % 4) as usize].into(),
        seen: seen.into(),
        class: Some((id(1, 1), class_title(1))),
        at: at("09:10:00").plus(-(number as i64) * DAY),
        fen: [75_000, 30_000, 0][(number % 3) as usize],
        in_case: number % 4 == 3,
    }
}

fn class_title(number: u64) -> String {
    ["2020年第3期电工（五级）线上培训班", "安康高新区企业职工焊工培训班（线上理论）", "中式面点师就业重点群体班"][(number % 3) as usize]
        .into()
}

fn class_row(number: u64) -> ClassRow {
    let of = |values: [i64; 3]| values[(number % 3) as usize];
    let line = ClassLine {
        id: typed(1, number),
        title: class_title(number),
        provider: ["安康市高新职业培训学校", "陕西某某纺织有限公司", "安康技师学院"][(number % 3) as usize].into(),
        starts_on: "2020-03-02".into(),
        ends_on: "2020-03-20".into(),
        trainees: of([40, 52, 38]),
        lessons: of([48, 32, 60]),
        bare: of([0, 2, 0]),
        credited: of([312_500, 96_000, 0]),
        possible: of([320_000, 208_000, 0]),
        findings: of([0, 3, 0]),
        at_risk: of([0, 105_000, 0]),
    };
    ClassRow { line }
}

fn lesson_line(number: u64) -> LessonLine {
    let start = (number / 4) as i64 * DAY + (number % 4) as i64 * 60 * MINUTE;
    LessonLine {
        id: typed(2, number),
        number: number as usize + 1,
        title: TITLES[(number % 6) as usize].into(),
        kind: ["theory", "theory", "general", "epidemic", "practice", "safety"][(number % 6) as usize].into(),
        mode: ["live", "recorded"][(number % 2) as usize].into(),
        teacher: "马老师".into(),
        from: at("09:00:00").plus(start),
        until: at("09:45:00").plus(start),
        planned: 1000,
        content_ms: None,
        logs: i64::from(number != 2),
        recordings: 2,
        pictures: 4,
        calculated: true,
    }
}

/// A recorded lesson: some watched all of it, some a part, some the same part again, some nothing.
pub(super) fn recorded_lesson(people: u64) -> Drawn {
    let viewer = |number: u64| {
        let evening = at("20:00:00").plus((number as i64 % 9) * DAY + (dice(number) % 1_800) as i64 * SECOND);
        let (opens, closes) = (at("08:00:00"), at("22:00:00").plus(20 * DAY));
        let row = Some(number * 46 + 1);
        let seconds = [2700, 2700, 1500, 900, 2700, 0][(number % 6) as usize];
        let mut spans = vec![span(State::Uncredited, opens, evening, Some("not_watching"), row)];
        let mut now = evening;
        if seconds > 0 {
            now = evening.plus(seconds * SECOND);
            spans.push(Span { content: Some((0, seconds * 1_000)), ..span(State::Credited, evening, now, None, row) });
        }
        if number % 6 == 3 {
            spans.push(span(State::Partial, now, now.plus(900 * SECOND), Some("content_repeated"), row));
            let again = now.plus(900 * SECOND);
            now = again.plus(600 * SECOND);
            spans.push(Span { content: Some((1_800_000, 2_400_000)), ..span(State::Credited, again, now, None, row) });
        }
        spans.push(span(State::Uncredited, now, closes, Some("not_watching"), row));
        let credited = spans.iter().filter(|span| span.state == State::Credited).map(Span::millis).sum::<i64>();
        Person {
            spans,
            marks: Vec::new(),
            credited: credited / 270_000 * 100,
            corroborated: 0,
            calculated: true,
            disputed: false,
            ..person(number)
        }
    };
    Drawn { content: Some(2_700_000), recordings: Vec::new(), people: (0..people).map(viewer).collect(), ..lesson(0) }
}

pub(super) fn recorded_head() -> LessonHead {
    let line = LessonLine {
        mode: "recorded".into(),
        from: at("08:00:00"),
        until: at("22:00:00").plus(20 * DAY),
        content_ms: Some(2_700_000),
        ..lesson_line(3)
    };
    LessonHead { line, ..lesson_head() }
}

fn lesson_head() -> LessonHead {
    LessonHead {
        class: typed(1, 1),
        class_title: class_title(0),
        policy: None,
        line: lesson_line(0),
        before: None,
        after: Some(typed(2, 1)),
    }
}

pub(super) fn matrix(trainees: u64, lessons: u64) -> Matrix {
    let state = |trainee: u64, lesson: u64| match (dice(trainee * 1000 + lesson) % 100, trainee % 13) {
        (_, _) if lesson >= lessons * 9 / 10 => (State::Pending, 0),
        (0..30, 5) => (State::Uncredited, 0),
        (0..3, _) => (State::Uncredited, 0),
        (3..9, _) => (State::Partial, 500),
        (9, _) => (State::Disputed, 1000),
        _ => (State::Credited, 1000),
    };
    let rows: Vec<Row> = (0..trainees)
        .map(|trainee| {
            let cells: Vec<Cell> =
                (0..lessons).map(|lesson| state(trainee, lesson)).map(|(state, credited)| Cell { state, credited }).collect();
            let credited = cells.iter().map(|cell| cell.credited).sum();
            Row {
                trainee: id(3, trainee),
                name: name(trainee),
                number: format!("AK-{:03}", trainee + 1),
                cells,
                credited,
                fen: credited * 750 / 1000,
            }
        })
        .collect();
    let columns = (0..lessons)
        .map(|lesson| {
            let start = at("09:00:00").plus((lesson / 4) as i64 * DAY + (lesson % 4) as i64 * 60 * MINUTE);
            let credited = rows.iter().map(|row| row.cells[lesson as usize].credited).sum();
            Column {
                lesson: id(2, lesson),
                number: lesson as usize + 1,
                title: TITLES[(lesson % 6) as usize].into(),
                day: format::month_day(start, chrono_tz::Asia::Shanghai),
                clock: format::clock(start, chrono_tz::Asia::Shanghai),
                new_day: lesson % 4 == 0,
                planned: 1000,
                credited,
                fen: credited * 750 / 1000,
            }
        })
        .collect();
    Matrix { columns, rows }
}
