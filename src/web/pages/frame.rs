//! What every page has around it: who looks, in which language, at what time, and where on the rail.

use super::format;
use super::state::State;
use super::words::{Lang, fill};
use crate::tables::SHEET_ROWS;
use crate::time::Time;
use chrono_tz::Tz;
use std::fmt::Display;

/// A place on the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What needs attention.
    Work,
    /// Classes, lessons, hours and trainees.
    Classes,
    /// Opening applications to decide.
    Applications,
    /// Files.
    Evidence,
    /// What a rule says cannot be.
    Findings,
    /// What an investigator put together.
    Cases,
    /// What is due, and the reports.
    Deadlines,
    /// The sealed log.
    Log,
    /// What the server still has to do, and what it gave up.
    Jobs,
    /// Who is told of what happens.
    Webhooks,
    /// Outside: login and errors.
    Nowhere,
}

impl Section {
    /// The code of its word and of its picture.
    pub fn code(self) -> &'static str {
        match self {
            Section::Work => "work",
            Section::Classes => "classes",
            Section::Applications => "applications",
            Section::Evidence => "evidence",
            Section::Findings => "findings",
            Section::Cases => "cases",
            Section::Deadlines => "deadlines",
            Section::Log => "log",
            Section::Jobs => "jobs",
            Section::Webhooks => "webhooks",
            Section::Nowhere => "nowhere",
        }
    }

    /// The place an address belongs to.
    pub fn of(path: &str) -> Section {
        match path.split('/').nth(1).unwrap_or_default() {
            "" => Section::Work,
            "classes" | "lessons" | "hours" | "trainees" => Section::Classes,
            "applications" => Section::Applications,
            "evidence" => Section::Evidence,
            "findings" | "rules" | "ask" | "scores" | "network" => Section::Findings,
            "cases" => Section::Cases,
            "deadlines" | "reports" => Section::Deadlines,
            "log" => Section::Log,
            "jobs" => Section::Jobs,
            "webhooks" => Section::Webhooks,
            _ => Section::Nowhere,
        }
    }

    /// Its address.
    pub fn href(self) -> &'static str {
        match self {
            Section::Work | Section::Nowhere => "/",
            Section::Classes => "/classes",
            Section::Applications => "/applications",
            Section::Evidence => "/evidence",
            Section::Findings => "/findings",
            Section::Cases => "/cases",
            Section::Deadlines => "/deadlines",
            Section::Log => "/log",
            Section::Jobs => "/jobs",
            Section::Webhooks => "/webhooks",
        }
    }
}

/// Who looks.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The name the person logs in with.
    pub name: String,
    /// The role's code: `inspector`, `admin` …
    pub role: &'static str,
    /// Whether the role sees findings.
    pub findings: bool,
    /// Whether cases are shown to them: they see findings, and are bound to no provider or platform.
    pub cases: bool,
    /// Whether the role may be told by webhooks.
    pub subscribes: bool,
    /// Whether the role decides applications.
    pub decides: bool,
}

/// The surroundings of a page; every page struct has one as `frame`.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The language of this answer.
    pub lang: Lang,
    /// The zone times are written in.
    pub zone: Tz,
    /// The present, for ages.
    pub now: Time,
    /// Path and query of this page, for the language switch and for the way back after a login.
    pub place: String,
    /// Where the reader is.
    pub section: Section,
    /// Who reads; nobody before the login.
    pub viewer: Option<Viewer>,
    /// The secret every form carries.
    pub csrf: String,
}

impl Frame {
    /// The words of a key.
    pub fn t<'a>(&self, key: &'a str) -> &'a str {
        self.lang.say(key)
    }

    /// The words of a stable code under a prefix, or the bare code.
    pub fn code<'a>(&self, prefix: &str, code: &'a str) -> &'a str {
        self.lang.say_code(prefix, code)
    }

    /// A sentence kept in English, told in the reader's language where the words under the prefix have it.
    pub fn retold(&self, prefix: &str, sentence: &str) -> String {
        self.lang.retell(prefix, sentence)
    }

    /// A counted thing: `3 节课`, `1 lesson`.
    pub fn n(&self, key: &str, count: impl Plain<i64>) -> String {
        let count = count.plain();
        fill(self.lang.say_count(key, count), &[&format::grouped(count)])
    }

    /// A sentence with one value.
    pub fn say1(&self, key: &str, value: impl Display) -> String {
        fill(self.lang.say(key), &[&value.to_string()])
    }

    /// Which row of a file, in words: of a workbook's further sheets, which sheet too.
    pub fn row(&self, number: &u64) -> String {
        match *number {
            number if number < SHEET_ROWS => self.say1("hour.row", number),
            number => self.say2("hour.sheet_row", number / SHEET_ROWS, number % SHEET_ROWS),
        }
    }

    /// A sentence with two values.
    pub fn say2(&self, key: &str, first: impl Display, second: impl Display) -> String {
        fill(self.lang.say(key), &[&first.to_string(), &second.to_string()])
    }

    /// A sentence with three values.
    pub fn say3(&self, key: &str, first: impl Display, second: impl Display, third: impl Display) -> String {
        fill(self.lang.say(key), &[&first.to_string(), &second.to_string(), &third.to_string()])
    }

    /// A sentence with any number of values.
    pub fn say(&self, key: &str, values: &[String]) -> String {
        fill(self.lang.say(key), &values.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A whole number in groups of three.
    pub fn num(&self, number: impl Plain<i64>) -> String {
        format::grouped(number.plain())
    }

    /// Integer fen as yuan.
    pub fn yuan(&self, fen: impl Plain<i64>) -> String {
        format::yuan(fen.plain())
    }

    /// Thousandths of a lesson hour as a decimal.
    pub fn hours(&self, thousandths: impl Plain<i64>) -> String {
        format::hours(thousandths.plain())
    }

    /// Milliseconds as `45:12`.
    pub fn length(&self, millis: impl Plain<i64>) -> String {
        format::length(millis.plain())
    }

    /// Bytes as `12.4 kB`.
    pub fn size(&self, bytes: impl Plain<u64>) -> String {
        format::size(bytes.plain())
    }

    /// `2020-03-03 周二`.
    pub fn day(&self, time: impl Plain<Time>) -> String {
        format::day(time.plain(), self.zone, self.lang)
    }

    /// `2020-03-03 周二 09:00`.
    pub fn moment(&self, time: impl Plain<Time>) -> String {
        format::moment(time.plain(), self.zone, self.lang)
    }

    /// `2020-03-03 周二 09:00–09:45`, or with both days when they are not the same.
    pub fn period(&self, from: impl Plain<Time>, until: impl Plain<Time>) -> String {
        let (from, until) = (from.plain(), until.plain());
        let end = if self.day(from) == self.day(until) { self.clock(until) } else { self.moment(until) };
        format!("{}–{end}", self.moment(from))
    }

    /// `09:00:12–09:12:00` within a lesson of a day; within a longer one with the day, and with both when they are not the same.
    pub fn piece(&self, from: impl Plain<Time>, until: impl Plain<Time>, dated: impl Plain<bool>) -> String {
        let (from, until) = (from.plain(), until.plain());
        let clocks = (self.clock_s(from), self.clock_s(until));
        match (dated.plain(), self.day(from) == self.day(until)) {
            (false, _) => format!("{}–{}", clocks.0, clocks.1),
            (true, true) => format!("{} {}–{}", self.day(from), clocks.0, clocks.1),
            (true, false) => format!("{} {} – {} {}", self.day(from), clocks.0, self.day(until), clocks.1),
        }
    }

    /// `09:00`.
    pub fn clock(&self, time: impl Plain<Time>) -> String {
        format::clock(time.plain(), self.zone)
    }

    /// `09:00:12`.
    pub fn clock_s(&self, time: impl Plain<Time>) -> String {
        format::clock_s(time.plain(), self.zone)
    }

    /// RFC 3339 in the deployment's zone, for `datetime` attributes and titles.
    pub fn exact(&self, time: impl Plain<Time>) -> String {
        time.plain().in_zone(self.zone)
    }

    /// `3 分钟前`.
    pub fn ago(&self, time: impl Plain<Time>) -> String {
        format::ago(time.plain(), self.now, self.lang)
    }

    /// Whether findings are spoken of on this page at all.
    pub fn sees_findings(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.findings)
    }

    /// The rail as this reader sees it.
    pub fn rail(&self) -> Vec<Section> {
        let Some(viewer) = &self.viewer else { return Vec::new() };
        let mut rail = vec![Section::Work, Section::Classes, Section::Evidence];
        if viewer.decides {
            rail.insert(1, Section::Applications);
        }
        if viewer.findings {
            rail.push(Section::Findings);
        }
        if viewer.cases {
            rail.push(Section::Cases);
        }
        if matches!(viewer.role, "provider" | "reviewer" | "inspector" | "admin") {
            rail.push(Section::Deadlines);
        }
        rail.push(Section::Log);
        if viewer.subscribes {
            rail.push(Section::Webhooks);
        }
        if viewer.role == "admin" {
            rail.push(Section::Jobs);
        }
        rail
    }

    /// This page in the other language.
    pub fn other_language(&self) -> String {
        with_query(&self.place, "lang", self.lang.other().name())
    }

    /// The style sheet's address.
    pub fn css(&self) -> String {
        super::assets::address("keshi.css")
    }

    /// A script's or picture's address.
    pub fn asset(&self, name: &str) -> String {
        super::assets::address(name)
    }
}

/// A small value handed over by a template, which passes values and references of any depth alike.
pub trait Plain<T> {
    /// The value itself.
    fn plain(&self) -> T;
}

macro_rules! plain {
    ($($kind:ty),*) => {$(
        impl Plain<$kind> for $kind {
            fn plain(&self) -> $kind {
                *self
            }
        }
    )*};
}

plain!(bool, i64, u64, usize, Time, State);

impl<T, V: Plain<T>> Plain<T> for &V {
    fn plain(&self) -> T {
        (**self).plain()
    }
}

/// An address with one query value set, replaced, or taken out when empty.
pub fn with_query(place: &str, key: &str, value: &str) -> String {
    let (path, query) = place.split_once('?').unwrap_or((place, ""));
    let kept = query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(key));
    let set = (!value.is_empty()).then(|| format!("{key}={}", encoded(value)));
    let query: Vec<String> = kept.map(String::from).chain(set).collect();
    if query.is_empty() { path.to_string() } else { format!("{path}?{}", query.join("&")) }
}

/// A value as it stands in a query: everything but unreserved characters percent-encoded.
pub fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_lives_in_the_address_and_is_replaced_not_doubled() {
        assert_eq!(with_query("/findings?rule=a&lang=zh", "lang", "en"), "/findings?rule=a&lang=en");
        assert_eq!(with_query("/findings?rule=a", "rule", ""), "/findings");
        assert_eq!(with_query("/findings", "q", "张&三"), "/findings?q=%E5%BC%A0%26%E4%B8%89");
    }
}
