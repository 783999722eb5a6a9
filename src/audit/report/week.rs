//! A week, Monday to Sunday, in the policy's zone. Pure.

use crate::error::{Error, Result, codes};
use crate::time::Time;
use chrono::{Datelike, Days, NaiveDate, Weekday};
use chrono_tz::Tz;

/// A week by its Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Week(NaiveDate);

impl Week {
    /// A week as it is asked for: its Monday, `2020-03-02`, or its number by ISO 8601, `2020-W10`.
    ///
    /// Errors: `invalid`; a day that is no Monday is not guessed around.
    pub fn parse(text: &str) -> Result<Week> {
        let numbered = text.split_once("-W").and_then(|(year, week)| {
            let digits =
                year.len() == 4 && week.len() == 2 && [year, week].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            digits.then(|| NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, Weekday::Mon)).flatten()
        });
        let day = numbered.or_else(|| text.parse::<NaiveDate>().ok().filter(|day| (1970..=9998).contains(&day.year())));
        day.filter(|day| day.weekday() == Weekday::Mon)
            .map(Week)
            .ok_or_else(|| Error::new(&codes::INVALID, "week is a Monday such as 2020-03-02, or a week of ISO 8601 such as 2020-W10."))
    }

    /// The week a day lies in.
    pub fn of(day: NaiveDate) -> Week {
        Week(day.week(Weekday::Mon).first_day())
    }

    /// The last whole week before a day.
    pub fn before(day: NaiveDate) -> Week {
        Week::of(day).moved(-1)
    }

    /// So many weeks later, or earlier.
    pub fn moved(self, weeks: i64) -> Week {
        let days = Days::new(weeks.unsigned_abs() * 7);
        let moved = if weeks < 0 { self.0.checked_sub_days(days) } else { self.0.checked_add_days(days) };
        Week(moved.unwrap_or(self.0))
    }

    /// Its Monday.
    pub fn monday(self) -> NaiveDate {
        self.0
    }

    /// Its Sunday.
    pub fn sunday(self) -> NaiveDate {
        self.0 + Days::new(6)
    }

    /// The Monday after it: the day on which it is reported.
    pub fn due(self) -> NaiveDate {
        self.0 + Days::new(7)
    }

    /// Its number by ISO 8601.
    pub fn iso(self) -> String {
        let week = self.0.iso_week();
        format!("{}-W{:02}", week.year(), week.week())
    }

    /// Its first moment, and the first one after it.
    pub fn span(self, zone: Tz) -> Result<(Time, Time)> {
        let start =
            |day| Time::day_start(day, zone).ok_or_else(|| Error::new(&codes::INVALID, "This week has no beginning in the policy's zone."));
        Ok((start(self.0)?, start(self.due())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_named_by_its_monday_or_its_number() {
        let week = Week::parse("2020-03-02").expect("a Monday");
        assert_eq!(Week::parse("2020-W10").expect("a number"), week);
        assert_eq!(
            (week.iso(), week.sunday().to_string(), week.due().to_string()),
            ("2020-W10".to_owned(), "2020-03-08".to_owned(), "2020-03-09".to_owned())
        );
        assert_eq!(Week::parse("2020-W53").expect("2020 has 53").monday().to_string(), "2020-12-28");
        for wrong in ["2020-03-03", "2020-W54", "2019-W53", "2020-W1", "2020W10", "", "2020-13-01", "99999-W01", "+020-W10"] {
            assert_eq!(Week::parse(wrong).expect_err(wrong).code, "invalid", "{wrong}");
        }
    }

    #[test]
    fn on_a_monday_last_week_is_the_one_that_ended_yesterday() {
        let on = |day: &str| Week::before(day.parse().expect("a day")).monday().to_string();
        assert_eq!([on("2020-03-08"), on("2020-03-09"), on("2020-03-15")], ["2020-02-24", "2020-03-02", "2020-03-02"]);
    }

    #[test]
    fn a_week_begins_at_midnight_of_its_zone() {
        let (from, until) = Week::parse("2020-W10").expect("a week").span(chrono_tz::Asia::Shanghai).expect("has a beginning");
        assert_eq!((from.to_string(), until.to_string()), ("2020-03-01T16:00:00Z".to_owned(), "2020-03-08T16:00:00Z".to_owned()));
    }
}
