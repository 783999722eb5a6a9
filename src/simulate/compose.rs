//! The plan itself: which provider holds which class on which platform, who is on its roster, and when its lessons are.

use super::chance::Chance;
use super::people::Person;
use super::plan::{Class, Lesson, ListFormat, Plan, Provider, Scale, Source, Trainee, Truth};
use super::{frauds, media_plan, sitting, truth, viewing};
use crate::time::{MINUTE, Time};
use chrono::{Days, NaiveDate};

/// Minutes of a simulated lesson: one lesson hour (课时) by the usual rule.
const LESSON_MINUTES: i64 = 45;

/// What is fixed about a class before chance has its say.
struct Draft {
    id: &'static str,
    provider: usize,
    platform: &'static str,
    title: &'static str,
    trade: (&'static str, &'static str),
    application: &'static str,
    hours: [i64; 4],
    standard_fen: i64,
    source: Source,
    lists: (ListFormat, ListFormat),
    category: &'static str,
    teacher: &'static str,
    /// Two weekdays (days after Monday) and the time of day on them, in minutes after midnight.
    slots: [(u64, i64); 2],
}

const PROVIDERS: &[(&str, &str, &str)] = &[
    ("qy-01", "安康例一电子有限公司", "enterprise"),
    ("jg-01", "安康例三职业培训学校", "institution"),
    ("qy-02", "安康例二物流有限公司", "enterprise"),
    ("jg-02", "安康例四家政培训中心", "institution"),
];

/// The first two are also the classes of [`Scale::Class`]: between them every planted fraud has its place.
const DRAFTS: &[Draft] = &[
    Draft {
        id: "dg-2020-03",
        provider: 0,
        platform: "sx-zxpx",
        title: "电工（五级）线上培训 2020年3月班",
        trade: ("6-31-01-03", "电工"),
        application: "full",
        hours: [20, 8, 8, 12],
        standard_fen: 120_000,
        source: Source::Tencent,
        lists: (ListFormat::Json, ListFormat::Json),
        category: "employee",
        teacher: "例老师甲",
        slots: [(1, 9 * 60), (4, 9 * 60)],
    },
    Draft {
        id: "yl-2020-03",
        provider: 1,
        platform: "xzy-mohrss",
        title: "养老护理员线上培训 第一期",
        trade: ("4-10-01-05", "养老护理员"),
        application: "full",
        hours: [8, 8, 8, 0],
        standard_fen: 100_000,
        source: Source::Zoom,
        lists: (ListFormat::Csv, ListFormat::Json),
        category: "key_group",
        teacher: "例老师乙",
        slots: [(1, 9 * 60), (3, 9 * 60)],
    },
    Draft {
        id: "hg-2020-03",
        provider: 0,
        platform: "px-class",
        title: "焊工（五级）线上培训 2020年3月班",
        trade: ("6-18-02-04", "焊工"),
        application: "promise_first",
        hours: [24, 8, 8, 16],
        standard_fen: 150_000,
        source: Source::Live,
        lists: (ListFormat::Json, ListFormat::Csv),
        category: "employee",
        teacher: "例老师丙",
        slots: [(0, 9 * 60), (2, 9 * 60)],
    },
    Draft {
        id: "cc-2020-03",
        provider: 2,
        platform: "jc-mohrss",
        title: "仓储管理员岗位技能线上培训",
        trade: ("4-02-06-01", "仓储管理员"),
        application: "remaining_theory",
        hours: [8, 8, 8, 0],
        standard_fen: 80_000,
        source: Source::CsvZh,
        lists: (ListFormat::Xlsx, ListFormat::Xlsx),
        category: "employee",
        teacher: "例老师丁",
        slots: [(1, 14 * 60 + 30), (3, 14 * 60 + 30)],
    },
    Draft {
        id: "jz-2020-03",
        provider: 3,
        platform: "chinanet",
        title: "家政服务员线上培训 晚间班",
        trade: ("4-10-01-06", "家政服务员"),
        application: "full",
        hours: [16, 8, 8, 8],
        standard_fen: 90_000,
        source: Source::XlsxZh,
        lists: (ListFormat::Json, ListFormat::Json),
        category: "poor_household",
        teacher: "例老师戊",
        slots: [(0, 19 * 60 + 30), (4, 19 * 60 + 30)],
    },
    Draft {
        id: "yy-2020-03",
        provider: 1,
        platform: "edu-mohrss",
        title: "育婴员线上培训 第一期",
        trade: ("4-10-01-02", "育婴员"),
        application: "full",
        hours: [12, 8, 8, 4],
        standard_fen: 110_000,
        source: Source::Csv,
        lists: (ListFormat::Csv, ListFormat::Csv),
        category: "key_group",
        teacher: "例老师己",
        slots: [(2, 9 * 60 + 20), (4, 16 * 60)],
    },
];

/// Titles of the eight lessons and their kinds: the notice asks for epidemic prevention, safety and general courses.
const LESSONS: &[(&str, &str)] = &[
    ("新冠肺炎疫情防控知识", "epidemic"),
    ("安全生产与职业健康", "safety"),
    ("职业道德与劳动法规", "general"),
    ("基础知识（一）", "theory"),
    ("基础知识（二）", "theory"),
    ("操作规程", "theory"),
    ("常见问题与处理", "theory"),
    ("复习与考核要点", "theory"),
];

/// The plan of a seed. Pure: the same seed and scale give the same plan on every machine.
pub fn plan(seed: u64, scale: Scale) -> Plan {
    let chance = Chance::new(seed);
    let (providers, drafts, trainees, lessons): (usize, &[Draft], &[usize], &[usize]) = match scale {
        Scale::Class => (2, &DRAFTS[..2], &[12, 6], &[4, 2]),
        Scale::Month => (4, DRAFTS, &[22, 20, 20, 18, 20, 20], &[8, 8, 8, 8, 8, 8]),
    };
    let mut people = Vec::new();
    let mut classes = Vec::new();
    for (number, draft) in drafts.iter().enumerate() {
        let roster = roster(&chance, draft, &mut people, trainees[number]);
        classes.push(class(draft, roster, lessons[number]));
    }
    frauds::share_people(&mut classes);
    for class in &mut classes {
        let branch = chance.branch(class.external_id.as_str());
        for number in 0..class.lessons.len() {
            sitting::fill(class, number, &people, &branch);
        }
    }
    frauds::settle_shared_lessons(&mut classes, &people);
    viewing::add(&mut classes[0], &chance);
    media_plan::fill(&mut classes, &chance);
    let mut planted = frauds::overlaps(&classes);
    planted.extend(frauds::spoil_media(&mut classes));
    let mut credits: Vec<_> = classes.iter().flat_map(truth::of_class).collect();
    frauds::loosen(&mut credits, &planted, &classes);
    Plan { seed, scale, providers: provider_list(providers), people, classes, truth: Truth { credits, frauds: planted } }
}

fn provider_list(count: usize) -> Vec<Provider> {
    let list = |(external_id, name, kind): &(&str, &str, &'static str)| Provider {
        external_id: (*external_id).to_owned(),
        name: (*name).to_owned(),
        kind,
        listed_from: (*kind == "institution").then(|| day(2019, 7, 1)),
        listed_until: (*kind == "institution").then(|| day(2021, 12, 31)),
    };
    PROVIDERS[..count].iter().map(list).collect()
}

fn roster(chance: &Chance, draft: &Draft, people: &mut Vec<Person>, count: usize) -> Vec<Trainee> {
    (1..=count)
        .map(|row| {
            let number = people.len();
            people.push(Person::new(chance, number));
            Trainee {
                external_id: format!("x{row:02}"),
                person: number,
                category: draft.category,
                platform_user: format!("{}-u{number:04}", draft.platform),
            }
        })
        .collect()
}

fn class(draft: &Draft, trainees: Vec<Trainee>, lessons: usize) -> Class {
    let lessons: Vec<Lesson> = (0..lessons).map(|number| lesson(draft, number)).collect();
    Class {
        external_id: draft.id.to_owned(),
        provider: draft.provider,
        platform: draft.platform,
        title: draft.title.to_owned(),
        trade_code: draft.trade.0,
        trade_name: draft.trade.1,
        application: draft.application,
        promise_due: (draft.application == "promise_first").then(|| day(2020, 3, 20)),
        starts_on: day(2020, 3, 2),
        ends_on: day(2020, 3, 31),
        hours: if lessons.len() == 8 { draft.hours } else { [lessons.len() as i64, lessons.len() as i64, lessons.len() as i64, 0] },
        standards_fen: [draft.standard_fen * 7 / 10, draft.standard_fen, draft.standard_fen, draft.standard_fen * 9 / 10],
        source: draft.source,
        roster_as: draft.lists.0,
        lessons_as: draft.lists.1,
        trainees,
        lessons,
        items: Vec::new(),
    }
}

fn lesson(draft: &Draft, number: usize) -> Lesson {
    let (weekday, minute) = draft.slots[number % 2];
    let date = day(2020, 3, 2) + Days::new(number as u64 / 2 * 7 + weekday);
    let midnight = Time::day_start(date, chrono_tz::Asia::Shanghai).expect("Shanghai has no gap at midnight");
    let starts_at = midnight.plus(minute * MINUTE);
    let (title, kind) = LESSONS[number % LESSONS.len()];
    let meeting = 100_000_000 + (draft.provider as u64 * 97 + draft.title.len() as u64 * 13 + number as u64) * 1_234_567 % 800_000_000;
    Lesson {
        external_id: format!("k{:02}", number + 1),
        title: title.to_owned(),
        kind,
        mode: "live",
        starts_at,
        ends_at: starts_at.plus(LESSON_MINUTES * MINUTE),
        hours: 1,
        content_ms: None,
        quiz_percent: None,
        teacher: draft.teacher.to_owned(),
        meeting_ref: meeting.to_string(),
        sittings: Vec::new(),
        strangers: Vec::new(),
        viewings: Vec::new(),
        items: Vec::new(),
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar")
}
