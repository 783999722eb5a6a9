//! Lengths of time in the spellings platforms use.

use super::fold;

/// A length over ten years is no attendance.
const LONGEST: f64 = 315_360_000.0;

/// What a bare number counts; the heading says it, or the reader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Minutes,
    Hours,
}

impl Unit {
    fn seconds(self) -> f64 {
        match self {
            Unit::Seconds => 1.0,
            Unit::Minutes => 60.0,
            Unit::Hours => 3_600.0,
        }
    }

    /// The unit a heading names.
    pub(crate) fn of_heading(heading: &str) -> Option<Unit> {
        let heading = fold::fold(heading).to_lowercase();
        let names = |words: &[&str]| words.iter().any(|word| heading.contains(word));
        if names(&["秒", "second"]) {
            Some(Unit::Seconds)
        } else if names(&["分钟", "分鐘", "minute", "(min"]) {
            Some(Unit::Minutes)
        } else if names(&["小时", "小時", "hour"]) {
            Some(Unit::Hours)
        } else {
            None
        }
    }
}

/// Whole seconds of `1:02:03`, `62`, `1h 2m 3s`, `42m`, `1 hr 2 min`, `62分钟`, `1小时2分3秒`. `None` for what is no length of time, and
/// for `1:02`, which nobody can tell.
pub(crate) fn parse(text: &str, unit: Unit) -> Option<i64> {
    let plain = fold::fold(text).to_lowercase();
    if plain.is_empty() || plain.len() > 64 {
        return None;
    }
    if let Ok(number) = plain.parse::<f64>() {
        return seconds(number * unit.seconds());
    }
    if plain.contains(':') {
        let parts: Vec<i64> = plain.split(':').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
        return match parts[..] {
            [hours @ 0..=9_999, minutes @ 0..=59, secs @ 0..=59] => Some(hours * 3_600 + minutes * 60 + secs),
            _ => None,
        };
    }
    let mut total = 0.0;
    let mut smallest = f64::INFINITY;
    let mut rest = plain.as_str();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|at| *at > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let word = rest.find(|c: char| c.is_ascii_digit() || c == ' ').unwrap_or(rest.len());
        let each = match rest[..word].trim_end_matches([',', '.', ' ']) {
            "d" | "day" | "days" | "天" => 86_400.0,
            "h" | "hr" | "hrs" | "hour" | "hours" | "小时" | "小時" | "时" | "個小時" | "个小时" => 3_600.0,
            "m" | "min" | "mins" | "minute" | "minutes" | "分钟" | "分鐘" | "分" => 60.0,
            "s" | "sec" | "secs" | "second" | "seconds" | "秒" | "秒钟" => 1.0,
            _ => return None,
        };
        if each >= smallest {
            return None;
        }
        smallest = each;
        total += number * each;
        rest = rest[word..].trim_start();
    }
    seconds(total)
}

/// Microseconds of an ISO 8601 length of time such as `PT1H2M3.5S` or `P1DT2H`. `None` for what is none, and for years and months, whose
/// length nobody can tell, unless there are none of them (`P0Y0M0DT30M`).
pub(crate) fn iso8601(text: &str) -> Option<i64> {
    const DATES: [(char, f64); 4] = [('Y', f64::INFINITY), ('M', f64::INFINITY), ('W', 604_800.0), ('D', 86_400.0)];
    const TIMES: [(char, f64); 3] = [('H', 3_600.0), ('M', 60.0), ('S', 1.0)];
    if text.len() > 64 {
        return None;
    }
    let plain = text.trim().to_ascii_uppercase();
    let plain = plain.strip_prefix('P').filter(|rest| !rest.is_empty() && !rest.ends_with('T'))?;
    let (dates, times) = plain.split_once('T').unwrap_or((plain, ""));
    let total = units(dates, &DATES)? + units(times, &TIMES)?;
    (0.0..=LONGEST).contains(&total).then_some((total * 1e6).round() as i64)
}

/// The sum of numbers that each have their unit behind them, the units in their order.
fn units(mut rest: &str, mut units: &[(char, f64)]) -> Option<f64> {
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')?;
        let number: f64 = rest[..end].replace(',', ".").parse().ok()?;
        let place = units.iter().position(|(unit, _)| rest[end..].starts_with(*unit))?;
        // Nothing of a unit without a length is nothing.
        total += if number == 0.0 { 0.0 } else { number * units[place].1 };
        (rest, units) = (&rest[end + 1..], &units[place + 1..]);
    }
    Some(total)
}

/// Whole seconds of a number of days, as spreadsheets keep lengths of time.
pub(crate) fn days(days: f64) -> Option<i64> {
    seconds(days * 86_400.0)
}

fn seconds(value: f64) -> Option<i64> {
    (0.0..=LONGEST).contains(&value).then_some(value.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_listed_spelling_is_read() {
        for (text, expected) in [
            ("1:02:03", 3_723),
            ("00:30:00", 1_800),
            ("62", 3_720),
            ("62.5", 3_750),
            ("1h 2m 3s", 3_723),
            ("1h2m3s", 3_723),
            ("42m", 2_520),
            ("1 hr 2 min", 3_720),
            ("1 hour, 2 minutes", 3_720),
            ("62分钟", 3_720),
            ("1小时2分3秒", 3_723),
            ("1小时2分钟3秒", 3_723),
            ("1 小時 2 分鐘 3 秒", 3_723),
            ("６２ 分钟", 3_720),
            ("45秒", 45),
            ("0", 0),
        ] {
            assert_eq!(parse(text, Unit::Minutes), Some(expected), "{text}");
        }
        assert_eq!(parse("62", Unit::Seconds), Some(62));
        assert_eq!(days(0.5), Some(43_200));
    }

    #[test]
    fn what_is_no_length_of_time_is_none() {
        for text in ["", "--", "1:02", "1:99:00", "-5", "NaN", "3s 1h", "5 apples", "1e99", "h"] {
            assert_eq!(parse(text, Unit::Minutes), None, "{text}");
        }
    }

    #[test]
    fn lengths_of_iso_8601_are_read_to_the_microsecond() {
        for (text, expected) in [
            ("PT45M30S", 2_730_000_000),
            ("PT1H2M3.5S", 3_723_500_000),
            ("PT0,5H", 1_800_000_000),
            ("P1DT2H", 93_600_000_000),
            ("P1W", 604_800_000_000),
            ("P0Y0M0DT30M", 1_800_000_000),
            ("PT0S", 0),
            ("pt90m", 5_400_000_000),
        ] {
            assert_eq!(iso8601(text), Some(expected), "{text}");
        }
        for text in [
            "", "P", "PT", "P1", "P1Y", "P1M", "PT1", "PT1M1H", "PT1M1M", "1H", "P1H", "PT-1S", "PT1S1", "PTS", "PT1.2.3S", "P99999D",
            "PT1时",
        ] {
            assert_eq!(iso8601(text), None, "{text}");
        }
    }

    #[test]
    fn headings_name_units() {
        assert_eq!(Unit::of_heading("Duration (Minutes)"), Some(Unit::Minutes));
        assert_eq!(Unit::of_heading("观看时长（秒）"), Some(Unit::Seconds));
        assert_eq!(Unit::of_heading("累计参会时长"), None);
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,70}") {
            let _ = parse(&text, Unit::Minutes);
            let _ = iso8601(&format!("P{text}"));
        }

        #[test]
        fn hours_minutes_seconds_add_up(h in 0_i64..200, m in 0_i64..60, s in 0_i64..60) {
            let total = Some(h * 3_600 + m * 60 + s);
            prop_assert_eq!(parse(&format!("{h}:{m:02}:{s:02}"), Unit::Minutes), total);
            prop_assert_eq!(parse(&format!("{h}h {m}m {s}s"), Unit::Minutes), total);
            prop_assert_eq!(parse(&format!("{h}小时{m}分{s}秒"), Unit::Minutes), total);
        }
    }
}
