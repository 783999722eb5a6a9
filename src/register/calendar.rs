//! The working-day calendar: China's public holidays and make-up workdays (调休), and the deadlines that are counted on it.
//!
//! Which days are worked is settled by the State Council once a year, so no calendar reaches further than the last notice. Years it
//! does not cover are counted Monday to Friday, and every answer that rests on them says so.

use crate::error::{Error, Result, codes};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

const BUILTIN: (&str, &str) = ("calendar-cn.toml", include_str!("../../policies/calendar-cn.toml"));
/// From this day of December on a year is settled by the next year's notice as well: New Year's holiday has taken days from the 29th on
/// (2006, 2007, 2011, 2018 and others).
const NEXT_YEARS_FROM: u32 = 29;

/// The days that are worked.
#[derive(Clone, Debug)]
pub struct Calendar(Arc<BTreeMap<i32, Year>>);

/// What is settled of one year.
#[derive(Debug)]
struct Year {
    source: String,
    off: BTreeMap<NaiveDate, String>,
    workdays: BTreeSet<NaiveDate>,
}

/// A day by which something has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The last day on which it is in time.
    pub on: NaiveDate,
    /// Whether every day it was counted over is settled by the calendar; otherwise Monday to Friday were taken, and it may be another day.
    pub certain: bool,
}

/// What a day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day<'a> {
    /// Worked, by the week.
    Work,
    /// Worked though it is a Saturday or Sunday.
    MakeUp,
    /// Saturday or Sunday.
    Weekend,
    /// A public holiday, and its name.
    Holiday(&'a str),
}

impl Day<'_> {
    /// Whether it is worked.
    pub fn is_worked(self) -> bool {
        matches!(self, Day::Work | Day::MakeUp)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    year: Vec<YearOfFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearOfFile {
    year: i32,
    holidays: Vec<Holiday>,
    workdays: Vec<toml::value::Datetime>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    name: String,
    from: toml::value::Datetime,
    until: toml::value::Datetime,
}

impl Calendar {
    /// The built-in one.
    pub fn builtin() -> Calendar {
        let years = read(BUILTIN.0, BUILTIN.1).expect("a test reads the built-in calendar");
        Calendar(Arc::new(years.into_iter().collect()))
    }

    /// The built-in one, and every `calendar-*.toml` of the operator's folder; a year of theirs takes the place of the built-in one.
    ///
    /// Errors: `bad_config` names the file and what is wrong with it.
    pub fn with_folder(folder: &Path) -> Result<Calendar> {
        let mut all: BTreeMap<i32, Year> = read(BUILTIN.0, BUILTIN.1)?.into_iter().collect();
        for (file, text) in super::policy::folder_files(folder, is_calendar)? {
            all.extend(read(&file, &text)?);
        }
        Ok(Calendar(Arc::new(all)))
    }

    /// What a day is, and whether that is settled.
    pub fn day(&self, on: NaiveDate) -> (Day<'_>, bool) {
        let weekend = matches!(on.weekday(), Weekday::Sat | Weekday::Sun);
        let by_week = if weekend { Day::Weekend } else { Day::Work };
        let Some(year) = self.0.get(&on.year()) else { return (by_week, false) };
        if let Some(name) = year.off.get(&on) {
            return (Day::Holiday(name), true);
        }
        if year.workdays.contains(&on) {
            return (Day::MakeUp, true);
        }
        let next_years = on.month() == 12 && on.day() >= NEXT_YEARS_FROM;
        (by_week, !next_years || self.0.contains_key(&(on.year() + 1)))
    }

    /// The last of so many working days after a day. The day itself does not count: the first working day is the next one that is worked.
    /// No working days are the day itself.
    pub fn working_days_after(&self, from: NaiveDate, days: u32) -> Due {
        let mut due = Due { on: from, certain: true };
        let mut left = days;
        while left > 0 {
            let Some(next) = due.on.succ_opt() else { return Due { certain: false, ..due } };
            let (day, settled) = self.day(next);
            due = Due { on: next, certain: due.certain && settled };
            left -= u32::from(day.is_worked());
        }
        due
    }

    /// So many days after a day, which itself does not count; where the last of them is not worked, the next working day
    /// (《民法典》第二百零三条).
    pub fn days_after(&self, from: NaiveDate, days: u32) -> Due {
        let Some(last) = from.checked_add_days(Days::new(days.into())) else { return Due { on: from, certain: false } };
        let (day, certain) = self.day(last);
        if day.is_worked() {
            return Due { on: last, certain };
        }
        let due = self.working_days_after(last, 1);
        Due { certain: due.certain && certain, ..due }
    }

    /// Working days from the day after `from` up to and including `until`: how long something has been waiting. 0 when `until` is not later.
    pub fn working_days_between(&self, from: NaiveDate, until: NaiveDate) -> u32 {
        let days = from.iter_days().skip(1).take_while(|day| *day <= until);
        u32::try_from(days.filter(|day| self.day(*day).0.is_worked()).count()).unwrap_or(u32::MAX)
    }

    /// The years it covers, each with where it is from.
    pub fn years(&self) -> impl Iterator<Item = (i32, &str)> {
        self.0.iter().map(|(year, of)| (*year, of.source.as_str()))
    }
}

/// Whether a file of the policy folder is a calendar by its name.
pub(super) fn is_calendar(name: &str) -> bool {
    name.starts_with("calendar-") && name.ends_with(".toml")
}

fn refuse(file: &str, fault: &str) -> Error {
    Error::new(&codes::CONFIG, format!("The calendar {file} cannot be used: {}; correct it and start again.", fault.trim()))
}

fn read(file: &str, text: &str) -> Result<Vec<(i32, Year)>> {
    let parsed: File = toml::from_str(text).map_err(|cause| refuse(file, &cause.to_string()))?;
    if parsed.source.trim().is_empty() {
        return Err(refuse(file, "source says where its days are from, and is empty"));
    }
    parsed.year.iter().map(|year| Ok((year.year, one(file, &parsed.source, year)?))).collect()
}

/// One year of a file, with the days that cannot be refused by name.
fn one(file: &str, source: &str, of: &YearOfFile) -> Result<Year> {
    let day = |date: &toml::value::Datetime| {
        let day = super::policy::day(date).filter(|day| day.year() == of.year);
        day.ok_or_else(|| refuse(file, &format!("{date} is no day of the year {}", of.year)))
    };
    let mut year = Year { source: source.trim().to_owned(), off: BTreeMap::new(), workdays: BTreeSet::new() };
    for holiday in &of.holidays {
        let (from, until) = (day(&holiday.from)?, day(&holiday.until)?);
        if until < from {
            return Err(refuse(file, &format!("{} ends on {until}, before it begins", holiday.name)));
        }
        for off in from.iter_days().take_while(|day| *day <= until) {
            if year.off.insert(off, holiday.name.clone()).is_some() {
                return Err(refuse(file, &format!("{off} is in two holidays")));
            }
        }
    }
    for date in &of.workdays {
        let workday = day(date)?;
        if year.off.contains_key(&workday) {
            return Err(refuse(file, &format!("{workday} is both a holiday and a workday")));
        }
        year.workdays.insert(workday);
    }
    Ok(year)
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
