//! From what is written to the moment meant: the zone, and the order of day and month. Neither is in the file; both are assumptions
//! that are stated.

use super::fault::Fault;
use super::reading::Hints;
use super::when::Moment;
use crate::time::{DAY, Time};
use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Tz;

/// The order of the first two numbers of `03/04/2020`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    MonthFirst,
    DayFirst,
}

/// Why the order is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsure {
    /// Both orders fit.
    Both,
    /// Some dates fit only one order, some only the other.
    Mixed,
    /// Neither order brings any date near the lesson.
    Neither,
}

impl Unsure {
    fn why(self) -> &'static str {
        match self {
            Unsure::Both => "both orders fit",
            Unsure::Mixed => "the file holds both orders",
            Unsure::Neither => "neither order brings it near the lesson",
        }
    }
}

/// The dates of a whole file, as votes for an order. Constant size.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Votes {
    only_month_first: u64,
    only_day_first: u64,
    near_month_first: u64,
    near_day_first: u64,
    open: u64,
}

/// Reads moments of one file.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    tz: Tz,
    from_upload: bool,
    window: Option<(Time, Time)>,
    order: Result<Order, Unsure>,
    /// What was used, to be stated once.
    pub(crate) used: Used,
}

/// Which assumptions were needed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) zone: bool,
    pub(crate) order: bool,
    pub(crate) date: bool,
    pub(crate) twice: bool,
}

impl Calendar {
    pub(crate) fn new(hints: &Hints<'_>) -> Calendar {
        Calendar {
            tz: hints.timezone.unwrap_or(hints.platform_timezone),
            from_upload: hints.timezone.is_some(),
            window: hints.window,
            order: Err(Unsure::Both),
            used: Used::default(),
        }
    }

    /// Counts one date of the file.
    pub(crate) fn vote(&self, votes: &mut Votes, moment: &Moment) {
        let Moment::Either { month_first, day_first } = moment else { return };
        match (month_first, day_first) {
            (Some(_), None) => votes.only_month_first += 1,
            (None, Some(_)) => votes.only_day_first += 1,
            (Some(month_first), Some(day_first)) if month_first != day_first => {
                votes.open += 1;
                votes.near_month_first += u64::from(self.near(*month_first));
                votes.near_day_first += u64::from(self.near(*day_first));
            }
            _ => {}
        }
    }

    /// Settles the order by all dates of the file.
    pub(crate) fn settle(&mut self, votes: Votes) {
        self.order = match votes {
            Votes { only_month_first: 1.., only_day_first: 1.., .. } => Err(Unsure::Mixed),
            Votes { only_month_first: 1.., .. } => Ok(Order::MonthFirst),
            Votes { only_day_first: 1.., .. } => Ok(Order::DayFirst),
            Votes { near_month_first: 1.., near_day_first: 0, .. } => Ok(Order::MonthFirst),
            Votes { near_month_first: 0, near_day_first: 1.., .. } => Ok(Order::DayFirst),
            Votes { near_month_first: 0, near_day_first: 0, open: 1.., .. } if self.window.is_some() => Err(Unsure::Neither),
            _ => Err(Unsure::Both),
        };
    }

    /// Whether a date lies within a day of the lesson.
    fn near(&self, local: NaiveDateTime) -> bool {
        let Some((from, until)) = self.window else { return false };
        self.tz.from_local_datetime(&local).earliest().map(Time::from).is_some_and(|at| from.plus(-DAY) <= at && at <= until.plus(DAY))
    }

    /// The moment meant, or what is wrong with the column.
    pub(crate) fn resolve(&mut self, moment: Moment, column: &str) -> Result<Time, Fault> {
        let time = match moment {
            Moment::Instant(time) => time,
            Moment::Local(local) => self.local(local, column)?,
            Moment::Either { month_first: Some(one), day_first: Some(other) } if one == other => self.local(one, column)?,
            Moment::Either { month_first, day_first } => {
                let chosen = match self.order.map_err(|unsure| Fault::day_or_month(column, unsure.why()))? {
                    Order::MonthFirst => month_first,
                    Order::DayFirst => day_first,
                };
                self.used.order = true;
                self.local(chosen.ok_or_else(|| Fault::bad_time(column, "a date with no such month"))?, column)?
            }
            Moment::OfDay(time) => {
                let (from, _) = self.window.ok_or_else(|| Fault::no_date(column))?;
                self.used.date = true;
                self.local(from.utc().with_timezone(&self.tz).date_naive().and_time(time), column)?
            }
            Moment::Day => return Err(Fault::bad_time(column, "a date without a time of day")),
        };
        if plausible(time) { Ok(time) } else { Err(Fault::far_off(column)) }
    }

    fn local(&mut self, local: NaiveDateTime, column: &str) -> Result<Time, Fault> {
        let found = self.tz.from_local_datetime(&local);
        self.used.zone = true;
        self.used.twice |= found.latest() != found.earliest();
        found.earliest().map(Time::from).ok_or_else(|| Fault::bad_time(column, "a time that the clocks of its zone skipped"))
    }

    /// The assumptions used, one sentence each.
    pub(crate) fn assumptions(&self) -> Vec<String> {
        let mut said = Vec::new();
        if self.used.zone {
            let source = if self.from_upload { "given with the upload" } else { "of the platform's profile" };
            said.push(format!("The file does not say its time zone; its times are read as {}, the zone {source}.", self.tz.name()));
        }
        if self.used.order {
            let order = if self.order == Ok(Order::MonthFirst) { "month/day" } else { "day/month" };
            said.push(format!("Dates such as 03/04/2020 are read as {order}/year, the only order that fits the file and its lesson."));
        }
        if self.used.date {
            said.push("Times of day without a date are read as on the day of the lesson.".to_owned());
        }
        if self.used.twice {
            said.push("Times that the clocks of the zone showed twice are read as the first of the two.".to_owned());
        }
        said
    }
}

/// Whether a time may belong to an attendance log at all: the years 2000 to 2099.
pub(crate) fn plausible(time: Time) -> bool {
    const START_OF_2000: i64 = 946_684_800 * 1_000_000;
    const START_OF_2100: i64 = 4_102_444_800 * 1_000_000;
    (START_OF_2000..START_OF_2100).contains(&time.0)
}

#[cfg(test)]
mod tests {
    use super::super::when;
    use super::*;

    fn calendar(window: Option<(&str, &str)>) -> Calendar {
        let time = |text: &str| text.parse::<Time>().expect("valid");
        let window = window.map(|(from, until)| (time(from), time(until)));
        Calendar::new(&Hints { window, ..Hints::zone(chrono_tz::Asia::Shanghai) })
    }

    fn settled(calendar: &Calendar, dates: &[&str]) -> Result<Order, Unsure> {
        let mut votes = Votes::default();
        for date in dates {
            calendar.vote(&mut votes, &when::parse(date).expect("a date"));
        }
        let mut calendar = calendar.clone();
        calendar.settle(votes);
        calendar.order
    }

    const LESSON: Option<(&str, &str)> = Some(("2020-03-04T09:00:00+08:00", "2020-03-04T11:00:00+08:00"));

    #[test]
    fn a_day_over_twelve_tells_the_order_of_the_whole_file() {
        assert_eq!(settled(&calendar(None), &["03/04/2020 09:00", "03/13/2020 09:00"]), Ok(Order::MonthFirst));
        assert_eq!(settled(&calendar(None), &["03/04/2020 09:00", "13/04/2020 09:00"]), Ok(Order::DayFirst));
        assert_eq!(settled(&calendar(LESSON), &["03/13/2020 09:00", "13/03/2020 09:00"]), Err(Unsure::Mixed));
    }

    #[test]
    fn the_lesson_tells_the_order_when_the_dates_do_not() {
        assert_eq!(settled(&calendar(LESSON), &["03/04/2020 09:00"]), Ok(Order::MonthFirst));
        assert_eq!(settled(&calendar(LESSON), &["04/03/2020 09:00"]), Ok(Order::DayFirst));
        assert_eq!(settled(&calendar(LESSON), &["07/08/2020 09:00"]), Err(Unsure::Neither));
        assert_eq!(settled(&calendar(None), &["03/04/2020 09:00"]), Err(Unsure::Both));
    }

    #[test]
    fn an_order_that_cannot_be_told_is_refused_and_equal_numbers_need_none() {
        let mut calendar = calendar(None);
        let fault = calendar.resolve(when::parse("03/04/2020 09:00").expect("a date"), "Join Time").expect_err("open");
        assert_eq!(fault.code, "day_or_month");
        let time = calendar.resolve(when::parse("04/04/2020 09:00").expect("a date"), "Join Time").expect("no order needed");
        assert_eq!(time.to_string(), "2020-04-04T01:00:00Z");
    }

    #[test]
    fn local_times_take_the_zone_and_say_so() {
        let mut calendar = calendar(LESSON);
        assert!(calendar.assumptions().is_empty());
        let time = calendar.resolve(when::parse("2020-03-04 09:00:00").expect("a time"), "入会时间").expect("resolves");
        assert_eq!(time.to_string(), "2020-03-04T01:00:00Z");
        let time = calendar.resolve(when::parse("9:30").expect("a time"), "Time joined").expect("the lesson gives the date");
        assert_eq!(time.to_string(), "2020-03-04T01:30:00Z");
        assert_eq!(calendar.assumptions().len(), 2);
        assert!(calendar.assumptions()[0].contains("Asia/Shanghai"));
    }

    #[test]
    fn hours_the_clocks_skip_or_show_twice_are_refused_or_said() {
        let mut calendar = Calendar::new(&Hints { timezone: Some(chrono_tz::America::New_York), ..Hints::zone(chrono_tz::Asia::Shanghai) });
        assert!(calendar.resolve(when::parse("2020-03-08 02:30:00").expect("a time"), "x").is_err());
        let time = calendar.resolve(when::parse("2020-11-01 01:30:00").expect("a time"), "x").expect("the first");
        assert_eq!(time.to_string(), "2020-11-01T05:30:00Z");
        assert!(calendar.used.twice);
    }

    #[test]
    fn impossible_years_are_refused() {
        let mut calendar = calendar(None);
        for text in ["1900-01-01 00:00:00", "9999-12-31 23:59:59", "1970-01-01T00:00:00Z"] {
            assert_eq!(calendar.resolve(when::parse(text).expect("a time"), "x").expect_err("refused").code, "bad_time", "{text}");
        }
    }
}
