//! Days and moments: microseconds UTC, days since 1970 in Beijing, and which days of 2020 are worked.

/// A second, in microseconds.
pub const SECOND: i64 = 1_000_000;
/// A minute.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour of the clock.
pub const HOUR: i64 = 60 * MINUTE;
/// A day.
pub const DAY: i64 = 24 * HOUR;
/// Beijing is so far ahead of UTC.
pub const ZONE: i64 = 8 * HOUR;
/// A lesson hour, 45 minutes.
pub const LESSON_HOUR: i64 = 45 * MINUTE;

/// The day since 1970 of a date (days-from-civil, Hinnant).
pub const fn day(year: i64, month: i64, date: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + date - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and date of a day (civil-from-days, Hinnant).
pub const fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let part = (5 * of_year + 2) / 153;
    let month = if part < 10 { part + 3 } else { part - 9 };
    (year_of_era + era * 400 + if month <= 2 { 1 } else { 0 }, month, of_year - (153 * part + 2) / 5 + 1)
}

/// `2020-03-01`.
pub fn date(day: i64) -> String {
    let (year, month, date) = civil(day);
    format!("{year:04}-{month:02}-{date:02}")
}

/// The moment at which it is so many seconds after midnight in Beijing on a day.
pub const fn moment(day: i64, seconds: i64) -> i64 {
    day * DAY + seconds * SECOND - ZONE
}

/// The day in Beijing.
pub const fn day_of(at: i64) -> i64 {
    (at + ZONE).div_euclid(DAY)
}

/// Seconds since midnight in Beijing.
pub const fn seconds_of(at: i64) -> i64 {
    (at + ZONE).rem_euclid(DAY) / SECOND
}

/// `2020-03-03T01:20:31Z`.
pub fn rfc3339(at: i64) -> String {
    let seconds = at.div_euclid(SECOND).rem_euclid(86_400);
    format!("{}T{:02}:{:02}:{:02}Z", date(at.div_euclid(DAY)), seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Whether a day is worked: Monday to Friday, but for the holidays of 2020 and the Sundays worked for them.
pub fn is_worked(on: i64) -> bool {
    const OFF: [(i64, i64); 4] = [
        (day(2020, 1, 24), day(2020, 2, 2)),
        (day(2020, 4, 4), day(2020, 4, 6)),
        (day(2020, 5, 1), day(2020, 5, 5)),
        (day(2020, 6, 25), day(2020, 6, 27)),
    ];
    const WORKED: [i64; 3] = [day(2020, 4, 26), day(2020, 5, 9), day(2020, 6, 28)];
    if OFF.iter().any(|(from, until)| (*from..=*until).contains(&on)) {
        return false;
    }
    WORKED.contains(&on) || weekday(on) < 5
}

/// Monday is 0.
pub const fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// The last of so many working days after a day, which does not count itself.
pub fn working_days_after(from: i64, many: i64) -> i64 {
    let mut on = from;
    let mut left = many;
    while left > 0 {
        on += 1;
        left -= i64::from(is_worked(on));
    }
    on
}

/// So many days after a day, or the next day that is worked.
pub fn days_after(from: i64, many: i64) -> i64 {
    let mut on = from + many;
    while !is_worked(on) {
        on += 1;
    }
    on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_others() {
        assert_eq!(day(1970, 1, 1), 0);
        assert_eq!(date(day(2020, 2, 29)), "2020-02-29");
        assert_eq!(weekday(day(2020, 3, 2)), 0);
        assert_eq!(rfc3339(moment(day(2020, 3, 3), 9 * 3_600 + 20 * 60 + 31)), "2020-03-03T01:20:31Z");
    }

    #[test]
    fn labour_day_is_off_and_paid_for_with_a_saturday() {
        assert!(!is_worked(day(2020, 5, 4)) && is_worked(day(2020, 5, 9)));
        assert_eq!(working_days_after(day(2020, 4, 30), 1), day(2020, 5, 6));
    }
}
