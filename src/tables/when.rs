//! Dates and times in the spellings platforms use. Pure: says what is written, not which moment it is; [`super::calendar`] does that.

use super::{fold, spelled};
use crate::time::Time;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// What a cell says of a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Moment {
    /// Written with its offset, or as seconds or milliseconds of the Unix epoch.
    Instant(Time),
    /// A local date and time.
    Local(NaiveDateTime),
    /// A local date and time whose first two numbers are month and day, or day and month; a reading that is no date is `None`,
    /// never both.
    Either { month_first: Option<NaiveDateTime>, day_first: Option<NaiveDateTime> },
    /// A time of day without a date.
    OfDay(NaiveTime),
    /// A date without a time of day.
    Day,
}

/// Longer texts are no time.
const LONGEST: usize = 64;

/// What a text says; `None` when it is no date and no time.
pub(crate) fn parse(text: &str) -> Option<Moment> {
    if text.len() > LONGEST * 4 {
        return None;
    }
    if let Ok(time) = text.trim().parse::<Time>() {
        return Some(Moment::Instant(time));
    }
    let mut plain = fold::fold(text).to_lowercase();
    if plain.contains(".m.") {
        plain = plain.replace("a.m.", "am").replace("p.m.", "pm");
    }
    if plain.len() > LONGEST {
        return None;
    }
    if let Some(moment) = number(&plain) {
        return Some(moment);
    }
    spelled::moment(&plain)
}

/// An Excel serial date: days since 1899-12-30, the time of day as a fraction.
pub(crate) fn serial(days: f64) -> Option<Moment> {
    // Excel counts a 29 February 1900 that never was; no log is that old, so only the time of day matters below 61.
    const OLDEST: f64 = 61.0;
    const NEWEST: f64 = 2_958_466.0;
    if !(0.0..NEWEST).contains(&days) {
        return None;
    }
    let millis = (days * 86_400_000.0).round() as i64;
    if days < 1.0 {
        return Some(Moment::OfDay(NaiveTime::MIN.overflowing_add_signed(TimeDelta::milliseconds(millis)).0));
    }
    if days < OLDEST {
        return None;
    }
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_time(NaiveTime::MIN);
    Some(Moment::Local(epoch.checked_add_signed(TimeDelta::milliseconds(millis))?))
}

/// What a bare number says: an epoch, a compact date and time, or an Excel serial with its fraction.
pub(crate) fn number(plain: &str) -> Option<Moment> {
    if plain.bytes().all(|b| b.is_ascii_digit()) {
        let value: i64 = plain.parse().ok()?;
        return match plain.len() {
            10 => Some(Moment::Instant(Time(value * 1_000_000))),
            13 => Some(Moment::Instant(Time(value * 1_000))),
            14 => NaiveDateTime::parse_from_str(plain, "%Y%m%d%H%M%S").ok().map(Moment::Local),
            12 => NaiveDateTime::parse_from_str(plain, "%Y%m%d%H%M").ok().map(Moment::Local),
            8 => NaiveDate::parse_from_str(plain, "%Y%m%d").ok().map(|_| Moment::Day),
            _ => None,
        };
    }
    let (whole, fraction) = plain.split_once('.')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if digits(whole) && digits(fraction) && whole.len() == 5 {
        return serial(plain.parse().ok()?);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn local(text: &str) -> Moment {
        Moment::Local(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").expect("valid"))
    }

    #[test]
    fn the_spellings_of_one_moment_are_one_moment() {
        for text in [
            "2020-03-04 09:05:06",
            "2020/3/4 9:05:06",
            "2020.03.04 09:05:06",
            "2020年3月4日 9时5分6秒",
            "2020年03月04日 上午9:05:06",
            "2020-03-04T09:05:06",
            "２０２０－０３－０４　０９：０５：０６",
            "2020-03-04 09:05:06 AM",
            "Mar 4, 2020 9:05:06\u{202f}AM",
            "4 March 2020 09:05:06",
            "04-Mar-2020 09:05:06",
            "Wednesday, March 4, 2020 9:05:06 a.m.",
            "2020-03-04 星期三 09:05:06",
            "2020-03-04 (周三) 09:05:06",
            "20200304090506",
            "09:05:06 2020-03-04",
            "04.03.2020 09:05:06",
        ] {
            assert_eq!(parse(text), Some(local("2020-03-04 09:05:06")), "{text}");
        }
        assert_eq!(parse("2020-03-04 21:05"), Some(local("2020-03-04 21:05:00")));
        assert_eq!(parse("2020-03-04 下午9:05"), Some(local("2020-03-04 21:05:00")));
        assert_eq!(parse("2020-03-04 晚上9:05"), Some(local("2020-03-04 21:05:00")));
        assert_eq!(parse("2020-03-04 12:05 AM"), Some(local("2020-03-04 00:05:00")));
        assert_eq!(parse("2020-03-04 12:05 PM"), Some(local("2020-03-04 12:05:00")));
        assert_eq!(parse("2020-03-04 09:05:06.5"), Some(local("2020-03-04 09:05:06.5")));
    }

    #[test]
    fn a_written_offset_makes_an_instant() {
        let instant = Some(Moment::Instant("2020-03-04T01:05:06Z".parse().expect("valid")));
        for text in [
            "2020-03-04T09:05:06+08:00",
            "2020-03-04T01:05:06Z",
            "2020-03-04 09:05:06 +0800",
            "2020-03-04 09:05:06 GMT+8",
            "2020-03-04 09:05:06 (UTC+08:00)",
            "2020-03-04 01:05:06 UTC",
            "1583283906",
            "1583283906000",
        ] {
            assert_eq!(parse(text), instant, "{text}");
        }
    }

    #[test]
    fn two_numbers_that_may_be_month_or_day_stay_open() {
        let at = |text| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok();
        let both = Moment::Either { month_first: at("2020-03-04 21:00:00"), day_first: at("2020-04-03 21:00:00") };
        assert_eq!(parse("03/04/2020 09:00:00 PM"), Some(both));
        assert_eq!(parse("3/4/20 21:00"), Some(both));
        assert_eq!(parse("13/04/2020 21:00"), Some(Moment::Either { month_first: None, day_first: at("2020-04-13 21:00:00") }));
        assert_eq!(parse("13/14/2020 21:00"), None);
    }

    #[test]
    fn excel_serials_are_dates_to_the_millisecond() {
        assert_eq!(serial(43_894.378_541_666_67), Some(local("2020-03-04 09:05:06")));
        assert_eq!(parse("43894.378541666665"), Some(local("2020-03-04 09:05:06")));
        assert_eq!(serial(0.5), Some(Moment::OfDay(NaiveTime::from_hms_opt(12, 0, 0).expect("valid"))));
        assert_eq!(serial(-1.0), None);
        assert_eq!(serial(f64::NAN), None);
        assert_eq!(serial(1e300), None);
    }

    #[test]
    fn what_is_half_a_moment_says_which_half() {
        assert_eq!(parse("2020-03-04"), Some(Moment::Day));
        assert_eq!(parse("9:05"), Some(Moment::OfDay(NaiveTime::from_hms_opt(9, 5, 0).expect("valid"))));
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "--",
            "2020-03-04 09:00-10:00",
            "张三",
            "2020-13-40 09:00:00",
            "2020-03-04 25:00:00",
            "09:00:00 09:00:00",
            "13:00 AM",
            "62",
            "2020-03-04 09:00 CST",
            "Yes",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,80}") {
            let _ = parse(&text);
        }

        #[test]
        fn digits_and_marks_break_nothing(text in "[0-9:/.年月日时分秒 +apmz-]{0,40}") {
            let _ = parse(&text);
        }
    }
}
