//! Numbers, moments and money as a person reads them. Pure; the zone is the deployment's.

use super::words::{Lang, fill};
use crate::time::{MINUTE, SECOND, Time};
use chrono::{Datelike, Weekday};
use chrono_tz::Tz;

/// A whole number in groups of three: `12,345`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('-');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Integer fen as yuan: `¥1,234.50`; whole yuan stay whole.
pub fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.saturating_abs();
    match fen % 100 {
        0 => format!("{sign}¥{}", grouped(fen / 100)),
        rest => format!("{sign}¥{}.{rest:02}", grouped(fen / 100)),
    }
}

/// Thousandths of a lesson hour as a decimal: `0.5`, `12`, `1.333`.
pub fn hours(thousandths: i64) -> String {
    let sign = if thousandths < 0 { "-" } else { "" };
    let value = thousandths.saturating_abs();
    let fraction = format!("{:03}", value % 1000);
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{}", grouped(value / 1000)),
        fraction => format!("{sign}{}.{fraction}", grouped(value / 1000)),
    }
}

/// A length in milliseconds as `45:12` or `1:05:12`.
pub fn length(millis: i64) -> String {
    let seconds = millis / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A size: `812 B`, `12.4 kB`, `1.8 GB` (powers of ten, as the shops and the networks count).
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if value < 999.5 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    if unit == "B" || value >= 99.5 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

/// `09:00`.
pub fn clock(time: Time, zone: Tz) -> String {
    time.utc().with_timezone(&zone).format("%H:%M").to_string()
}

/// `09:00:12`.
pub fn clock_s(time: Time, zone: Tz) -> String {
    time.utc().with_timezone(&zone).format("%H:%M:%S").to_string()
}

/// `2020-03-03 周二` or `Tue 2020-03-03`.
pub fn day(time: Time, zone: Tz, lang: Lang) -> String {
    let local = time.utc().with_timezone(&zone);
    let date = local.format("%Y-%m-%d");
    match lang {
        Lang::Zh => format!("{date} {}", weekday(local.weekday(), lang)),
        Lang::En => format!("{} {date}", weekday(local.weekday(), lang)),
    }
}

/// `03-03`, for a narrow column whose year stands beside it.
pub fn month_day(time: Time, zone: Tz) -> String {
    time.utc().with_timezone(&zone).format("%m-%d").to_string()
}

/// `2020-03-03 周二 09:00`.
pub fn moment(time: Time, zone: Tz, lang: Lang) -> String {
    format!("{} {}", day(time, zone, lang), clock(time, zone))
}

/// How long ago, in the largest unit that fits.
pub fn ago(time: Time, now: Time, lang: Lang) -> String {
    let past = (now.0 - time.0).max(0);
    let (key, count) = match past {
        p if p < MINUTE => ("ago.seconds", p / SECOND),
        p if p < 60 * MINUTE => ("ago.minutes", p / MINUTE),
        p if p < 48 * 60 * MINUTE => ("ago.hours", p / (60 * MINUTE)),
        p => ("ago.days", p / (24 * 60 * MINUTE)),
    };
    fill(lang.say_count(key, count), &[&grouped(count)])
}

fn weekday(day: Weekday, lang: Lang) -> &'static str {
    let (zh, en) = match day {
        Weekday::Mon => ("周一", "Mon"),
        Weekday::Tue => ("周二", "Tue"),
        Weekday::Wed => ("周三", "Wed"),
        Weekday::Thu => ("周四", "Thu"),
        Weekday::Fri => ("周五", "Fri"),
        Weekday::Sat => ("周六", "Sat"),
        Weekday::Sun => ("周日", "Sun"),
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Asia::Shanghai;

    #[test]
    fn a_moment_names_its_weekday_and_cannot_be_misread() {
        let time: Time = "2020-03-03T09:00:30+08:00".parse().expect("valid");
        assert_eq!(moment(time, Shanghai, Lang::Zh), "2020-03-03 周二 09:00");
        assert_eq!(moment(time, Shanghai, Lang::En), "Tue 2020-03-03 09:00");
        assert_eq!(clock_s(time, Shanghai), "09:00:30");
    }

    #[test]
    fn money_and_numbers_are_exact_and_grouped() {
        assert_eq!(yuan(123_450), "¥1,234.50");
        assert_eq!(yuan(-75_000_000), "-¥750,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(-12), "-12");
        assert_eq!(hours(500), "0.5");
        assert_eq!(hours(12_000), "12");
        assert_eq!(hours(1_333), "1.333");
    }

    #[test]
    fn a_length_and_a_size_are_read_at_a_glance() {
        assert_eq!(length(45 * 60_000 + 12_000), "45:12");
        assert_eq!(length(3_912_000), "1:05:12");
        assert_eq!(size(812), "812 B");
        assert_eq!(size(12_400), "12.4 kB");
        assert_eq!(size(1_840_000_000), "1.8 GB");
        assert_eq!(size(999_700), "1.0 MB");
    }

    #[test]
    fn age_is_said_in_the_largest_unit_that_fits() {
        let now = Time(1_000 * 24 * 60 * MINUTE);
        assert_eq!(ago(now.plus(-61 * MINUTE), now, Lang::En), "1 hour ago");
        assert_eq!(ago(now.plus(-3 * MINUTE), now, Lang::Zh), "3 分钟前");
        assert_eq!(ago(now.plus(5 * MINUTE), now, Lang::En), "0 seconds ago", "a clock that runs ahead is not the future");
    }
}
