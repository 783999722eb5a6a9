//! The plan: providers on platforms, their classes in waves, timetables without two lessons of a teacher at once, and what is planted where.

use crate::chance::{Chance, mix};
use crate::class::{Application, Class, Ids, Lesson, PEOPLE_OF_A_CLASS, Provider, Thing};
use crate::days::{DAY, HOUR, LESSON_HOUR, MINUTE, day, days_after, is_worked, moment, weekday, working_days_after};
use crate::frauds;
use crate::people::key;
use crate::{Province, mess};
use std::collections::BTreeSet;

/// A platform: id, name in Chinese and English, host, and the reader of its logs.
pub struct Platform {
    /// Its id.
    pub id: &'static str,
    /// Name in Chinese.
    pub zh: &'static str,
    /// Name in English.
    pub en: &'static str,
    /// Host.
    pub host: &'static str,
    /// The reader that reads its logs.
    pub reader: &'static str,
}

/// The platforms: intervals with devices; joins and leaves with models for devices; heartbeats; one row for each coming; totals alone.
pub const PLATFORMS: [Platform; 5] = [
    Platform {
        id: "sx-zxpx",
        zh: "陕西职业在线培训平台",
        en: "Shaanxi Vocational Online Training Platform",
        host: "113.200.189.142:56789",
        reader: "profile",
    },
    Platform {
        id: "px-class", zh: "中国职业培训在线", en: "China Vocational Training Online", host: "px.class.com.cn", reader: "cc-live"
    },
    Platform {
        id: "jc-mohrss",
        zh: "就业创业和职业培训在线",
        en: "Employment, Entrepreneurship and Vocational Training Online",
        host: "jc.mohrss.gov.cn",
        reader: "keshi-ndjson",
    },
    Platform {
        id: "xzy-mohrss",
        zh: "新职业在线学习平台",
        en: "New Occupations Online Learning Platform",
        host: "xzy.mohrss.gov.cn",
        reader: "live-zh",
    },
    Platform {
        id: "edu-mohrss",
        zh: "人力资源和社会保障部教育培训网",
        en: "MOHRSS Education and Training Network",
        host: "edu.mohrss.gov.cn",
        reader: "chaoxing",
    },
];

/// A second reader, of logs that come from a meeting's host beside the platform's.
pub const SECOND_READER: &str = "tencent-meeting";

/// Trades: code, name.
const TRADES: &[(&str, &str)] = &[
    ("4-10-01-02", "养老护理员"),
    ("4-10-01-05", "家政服务员"),
    ("4-03-02-01", "中式烹调师"),
    ("4-08-05-07", "茶艺师"),
    ("6-29-02-01", "电工"),
    ("6-18-02-04", "焊工"),
    ("4-07-05-01", "保安员"),
    ("5-05-01-02", "农业技术员"),
    ("4-01-02-06", "互联网营销师"),
    ("6-31-01-03", "富硒茶加工工"),
    ("4-02-06-03", "快递员"),
    ("6-05-01-00", "毛绒玩具制作工"),
];
const TITLES: &[&str] = &[
    "基础知识",
    "操作规程",
    "常用工具",
    "案例分析",
    "质量要求",
    "工艺流程",
    "法律法规",
    "服务礼仪",
    "常见问题",
    "考核要点",
    "设备保养",
    "复习答疑",
];
/// First days of the waves in which classes start.
pub const WAVES: [i64; 7] =
    [day(2020, 3, 2), day(2020, 3, 16), day(2020, 4, 7), day(2020, 4, 20), day(2020, 5, 11), day(2020, 5, 25), day(2020, 6, 1)];
/// The last day on which a lesson is planned.
const LAST_DAY: i64 = day(2020, 6, 30);

/// Providers and what is planted at which, for all classes.
pub struct Plan {
    /// The seed and the ids that follow from it.
    pub ids: Ids,
    /// Root of chance.
    pub chance: Chance,
    /// All providers; their classes follow one another.
    pub providers: Vec<Provider>,
    /// How many classes.
    pub classes: usize,
}

impl Plan {
    /// Makes the providers of a province.
    pub fn new(province: &Province) -> Plan {
        let (ids, chance) = (Ids(mix(province.seed)), Chance::new(mix(province.seed ^ 0x70_726f_7669)));
        let many = (province.classes / province.classes_per_provider.max(1)).clamp(1, province.classes.max(1));
        let mut sizes = chance.at("sizes", 0);
        let weights: Vec<f64> = (0..many).map(|_| 0.5 + sizes.unit() * sizes.unit() * 2.2).collect();
        let all: f64 = weights.iter().sum();
        let (mut providers, mut first, mut weight) = (Vec::with_capacity(many), 0, 0.0);
        for (number, share) in weights.iter().enumerate() {
            weight += share;
            let until = if number + 1 == many { province.classes } else { (weight / all * province.classes as f64).round() as usize };
            providers.push(provider(ids, &chance, number, first, until.max(first) - first));
            first = until.max(first);
        }
        let plan = Plan { ids, chance, providers, classes: province.classes };
        frauds::deal(plan, province.planted)
    }

    /// The classes of a provider, with timetables and teachers.
    pub fn classes_of(&mut self, number: usize) -> Vec<Class> {
        let provider = self.providers[number].clone();
        let mut classes: Vec<Class> = (0..provider.classes).map(|place| self.class(&provider, place)).collect();
        frauds::assign(self, number, &mut classes);
        for class in &mut classes {
            frauds::at_planning(&self.providers, class, &self.chance, self.ids);
        }
        self.name_teachers(number, &mut classes);
        frauds::at_teaching(&self.providers, number, &mut classes, &self.chance);
        classes
    }

    /// A class as its application says.
    fn class(&self, provider: &Provider, place: usize) -> Class {
        let number = provider.first_class + place;
        let chance = self.chance.at("class", number as u64);
        let mut dice = chance.at("plan", 0);
        let mut mess = mess::of_class(&chance);
        let id = self.ids.id(Thing::Class, number as u64);
        let (trade_code, trade_name) = dice.pick(TRADES);
        let wave = if provider.grows { WAVES.len() - 1 - (dice.unit() * dice.unit() * 7.0) as usize } else { dice.below(WAVES.len()) };
        let wave = if mess.contains(&"back-filled") { wave.min(1) } else { wave };
        let mut starts_on = WAVES[wave] + dice.between(0, 6);
        while !is_worked(starts_on) {
            starts_on += 1;
        }
        if provider.kind == "institution" {
            mess.retain(|name| *name != "one-room");
        }
        let created = moment(starts_on - dice.between(9, 20), dice.between(8 * 3_600, 18 * 3_600));
        let mut class = Class {
            number,
            id,
            provider: provider.number,
            platform: provider.platform,
            title: format!("{trade_name}线上培训{}期", place + 1),
            trade_code,
            trade_name,
            certificate_kind: certificate_kind(self.ids, number),
            application: application(created, starts_on, &mut dice),
            starts_on,
            ends_on: starts_on,
            hours: [0; 4],
            created_at: created,
            account_key: provider.account_key.clone(),
            account_fault: None,
            lessons: Vec::new(),
            trainees: Vec::new(),
            evidence: Vec::new(),
            papers: Vec::new(),
            certificates: Vec::new(),
            claim: None,
            listed: Vec::new(),
            mess,
            patterns: Vec::new(),
            labels: Vec::new(),
        };
        if class.has("back-filled") {
            class.created_at = moment(day(2020, 7, 6) + dice.between(0, 9), dice.between(9 * 3_600, 17 * 3_600));
        }
        timetable(self.ids, &mut class, &mut dice);
        hours(self.ids, &mut class, &mut dice);
        class
    }

    /// Gives every lesson a teacher who is free; teachers that are lacking are hired.
    fn name_teachers(&mut self, number: usize, classes: &mut [Class]) {
        let chance = self.chance.at("teachers", number as u64);
        let mut busy: Vec<Vec<(i64, i64)>> = vec![Vec::new(); self.providers[number].teachers.len()];
        let mut order: Vec<(i64, usize, usize)> = Vec::new();
        for (place, class) in classes.iter().enumerate() {
            order.extend(class.lessons.iter().enumerate().map(|(lesson, row)| (row.from, place, lesson)));
        }
        order.sort_unstable();
        for (_, place, lesson) in order {
            let class = &mut classes[place];
            let own = (mix(class.number as u64) as usize) % busy.len();
            let replaced = class.has("teacher-replaced") && chance.at("replaced", (place * 64 + lesson) as u64).draw().is_multiple_of(8);
            let row = &mut class.lessons[lesson];
            if row.mode != "live" || row.teacher.is_some() {
                row.teacher.get_or_insert(own);
                continue;
            }
            // A quarter of an hour lies between two lessons of a teacher; a cancelled one binds nobody.
            let span = (row.from - 15 * MINUTE, row.until + 15 * MINUTE);
            let is_free = |spans: &Vec<(i64, i64)>| spans.iter().rev().take(8).all(|&(from, until)| span.1 <= from || until <= span.0);
            let first = own + usize::from(replaced);
            let free = (0..busy.len()).map(|step| (first + step) % busy.len()).find(|&teacher| is_free(&busy[teacher]));
            let teacher = free.unwrap_or(busy.len());
            if teacher == busy.len() {
                busy.push(Vec::new());
                self.providers[number]
                    .teachers
                    .push(key(self.ids.0 ^ (number as u64) << 20 ^ teacher as u64 ^ 0x7ea_c4e2)[..16].to_owned());
            }
            busy[teacher].push(span);
            row.teacher = Some(teacher);
        }
    }
}

fn provider(ids: Ids, chance: &Chance, number: usize, first_class: usize, classes: usize) -> Provider {
    let mut dice = chance.at("provider", number as u64);
    let enterprise = dice.one_in(0.3);
    let staff = 2 + dice.below(4);
    let teachers = 2 + classes / 4;
    let teacher = |place: usize| key(ids.0 ^ (number as u64) << 20 ^ place as u64 ^ 0x7ea_c4e2)[..16].to_owned();
    Provider {
        number,
        id: ids.id(Thing::Provider, number as u64),
        kind: if enterprise { "enterprise" } else { "institution" },
        listed_from: (!enterprise).then(|| day(2019, 6, 1) + dice.between(0, 180)),
        // Heartbeats make ten rows of one, so few providers are on the platform that has them.
        platform: dice.pick(&[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3, 4, 4, 4]),
        first_class,
        classes,
        strength: None,
        patterns: Vec::new(),
        shell: None,
        shell_of: None,
        staff_devices: (0..staff).map(|place| crate::people::device(ids.0 ^ 0x57aff ^ ((number * 16 + place) as u64) << 8)).collect(),
        // 198.18.0.0/15 is for measuring networks (RFC 2544); each provider has 64 addresses of it.
        network: 0xc612_0000 + ((number as u32) << 6 & 0x1_ffff),
        network_listed: dice.one_in(0.7),
        account_key: key(ids.0 ^ number as u64 ^ 0xacc0),
        grows: dice.one_in(0.12),
        teachers: (0..teachers).map(teacher).collect(),
    }
}

/// What a class leads to follows from its number alone, so that a guest's two classes can be told apart.
pub fn certificate_kind(ids: Ids, class: usize) -> &'static str {
    match mix(ids.0 ^ class as u64 ^ 0xce47) % 20 {
        0..9 => "qualified",
        9..17 => "skill_level",
        17..19 => "vocational",
        _ => "special_operation",
    }
}

/// An application that was decided within three working days and paid for within five days.
fn application(created: i64, starts_on: i64, dice: &mut Chance) -> Application {
    let filed_on = crate::days::day_of(created);
    let decided_on = working_days_after(filed_on, dice.between(1, 3));
    let decided_at = moment(decided_on, dice.between(9 * 3_600, 17 * 3_600));
    let promised = starts_on + dice.between(12, 30);
    let (kind, due) = match dice.below(100) {
        0..8 => ("promise_first", Some(promised)),
        8..12 => ("remaining_theory", None),
        _ => ("full", None),
    };
    let full_plan_at = due.map_or(created, |due| moment(due - dice.between(0, 12), dice.between(9 * 3_600, 17 * 3_600)));
    Application {
        kind,
        promise_due: due,
        applied_at: created,
        decided_at: Some(decided_at.max(created + HOUR)),
        decision: Some("approve"),
        prepaid_on: Some(days_after(decided_on, dice.between(1, 4)).min(decided_on + 5)),
        full_plan_at: Some(full_plan_at),
    }
}

/// An empty lesson; its id follows from the class and its place.
pub fn lesson(ids: Ids, class: usize, place: usize) -> Lesson {
    Lesson {
        id: ids.id(Thing::Lesson, class as u64 * PEOPLE_OF_A_CLASS + place as u64),
        title: TITLES[place % TITLES.len()].to_owned(),
        kind: "theory",
        mode: "live",
        from: 0,
        until: 0,
        hours: 1,
        content_ms: None,
        meeting: String::new(),
        cancelled_at: None,
        teacher: None,
        group: None,
        held: true,
        touched: BTreeSet::new(),
        sittings: Vec::new(),
        rows: Vec::new(),
    }
}

/// A meeting number of nine digits.
pub fn meeting(of: u64) -> String {
    (100_000_000 + mix(of) % 900_000_000).to_string()
}

fn timetable(ids: Ids, class: &mut Class, dice: &mut Chance) {
    let groups = if class.has("two-groups") { 2 } else { 1 };
    let live = if groups == 2 { dice.between(5, 9) } else { dice.between(9, 18) };
    let recorded = if class.platform != 4 && dice.one_in(0.4) { dice.between(1, 3) } else { 0 };
    // Morning, afternoon, evening, as seconds after midnight.
    let slot = dice.pick(&[(8 * 60 + 30) * 60, 9 * 3_600, 14 * 3_600, 14 * 3_600 + 1_800, 18 * 3_600 + 1_800, 19 * 3_600]);
    let second = if slot < 12 * 3_600 { slot + 5 * 3_600 + 1_800 } else { slot - 5 * 3_600 - 1_800 };
    let most = if slot > 18 * 3_600 { 2 } else { 3 };
    let (saturdays, own_room, twice) = (dice.one_in(0.4), dice.one_in(0.3), dice.one_in(0.25));
    // Two to four weeks: every second day only where there are few lessons, and time.
    let gap = if live <= 10 && class.starts_on < day(2020, 5, 28) { dice.between(0, 1) } else { 0 };
    let room = meeting(ids.0 ^ class.number as u64 ^ 0x400);
    let mut on = class.starts_on;
    let mut placed = 0;
    while placed < live {
        let today = if twice && dice.one_in(0.5) { 2 } else { 1 };
        for half in 0..today {
            if placed == live {
                break;
            }
            let begin = if half == 0 { slot } else { second };
            let hours = dice.between(1, if begin > 18 * 3_600 { 2 } else { most });
            for group in 0..groups {
                let place = class.lessons.len();
                let mut row = lesson(ids, class.number, place);
                row.from = moment(on, begin) + group * (hours * LESSON_HOUR + 20 * MINUTE);
                row.until = row.from + hours * LESSON_HOUR;
                row.hours = hours;
                row.kind = ["epidemic", "safety", "general"].get(placed as usize).copied().unwrap_or("theory");
                row.meeting = if own_room { room.clone() } else { meeting(ids.0 ^ (class.number * 64 + place) as u64 ^ 0x3ee7) };
                row.group = (groups == 2).then_some(group as usize);
                class.lessons.push(row);
            }
            placed += 1;
        }
        on += 1 + gap;
        while (weekday(on) == 6 || (weekday(on) == 5 && !saturdays) || !is_worked(on) && weekday(on) < 5) && on < LAST_DAY {
            on += 1;
        }
    }
    let last = class.lessons.last().map_or(class.starts_on, |lesson| crate::days::day_of(lesson.from));
    if class.has("lesson-again") && class.lessons.len() > 4 {
        let victim = 3 + dice.below(class.lessons.len() - 4);
        let place = class.lessons.len();
        let old = &mut class.lessons[victim];
        old.cancelled_at = Some(old.from - dice.between(1, 30) * HOUR);
        let mut again = Lesson { id: lesson(ids, class.number, place).id, cancelled_at: None, ..old.clone() };
        let days = last + 1 + dice.between(0, 2) - crate::days::day_of(old.from);
        again.from += days * DAY;
        again.until += days * DAY;
        class.lessons.push(again);
    }
    class.ends_on = class.lessons.iter().map(|lesson| crate::days::day_of(lesson.from)).max().unwrap_or(last);
    for _ in 0..recorded {
        let place = class.lessons.len();
        let mut row = lesson(ids, class.number, place);
        row.mode = "recorded";
        row.hours = dice.between(1, 2);
        row.from = moment(class.starts_on, 8 * 3_600);
        row.until = moment(class.ends_on, 24 * 3_600 - 1);
        row.content_ms = Some(row.hours * LESSON_HOUR / 1_000);
        class.lessons.push(row);
    }
}

/// Hours in all and online from the timetable; where there is practice in a room, it stands on the timetable too.
fn hours(ids: Ids, class: &mut Class, dice: &mut Chance) {
    let online: i64 = class.lessons.iter().filter(|lesson| lesson.counts() && lesson.group != Some(1)).map(|lesson| lesson.hours).sum();
    class.hours = [online, online, online, 0];
    if dice.one_in(0.35) {
        let practice = (online as f64 * (0.3 + dice.unit() * 1.2)).round() as i64;
        class.hours = [online + practice, online, online, practice];
        if dice.one_in(0.4) && class.lessons.len() < 60 {
            let place = class.lessons.len();
            let mut row = lesson(ids, class.number, place);
            row.kind = "practice";
            row.mode = "in_person";
            row.hours = dice.between(2, 3).min(practice);
            row.from = moment(class.ends_on, 14 * 3_600);
            row.until = row.from + row.hours * LESSON_HOUR;
            class.lessons.push(row);
        }
    }
}

impl Plan {
    /// Whose class it is.
    pub fn provider_of(&self, class: usize) -> Option<&Provider> {
        self.providers.iter().find(|provider| (provider.first_class..provider.first_class + provider.classes).contains(&class))
    }

    /// When the live lessons of a class are, by its number alone.
    pub fn spans_of(&self, class: usize) -> Vec<(i64, i64)> {
        let Some(provider) = self.provider_of(class) else { return Vec::new() };
        let class = self.class(provider, class - provider.first_class);
        class.lessons.iter().filter(|lesson| lesson.is_live()).map(|lesson| (lesson.from, lesson.until)).collect()
    }
}
