//! From milliseconds to lesson hours, in thousandths, exactly.

use crate::register::policy::Policy;

/// Lesson hours, in thousandths, of one trainee for one lesson: credited time by the policy's minutes, floored to the policy's step, and
/// never more than the lesson was planned for (when it was: `planned_milli` above zero). Who misses no more than the policy's
/// tolerance is given the hours of the whole lesson.
pub fn hours_milli(credited_ms: i64, window_ms: i64, planned_milli: i64, policy: &Policy) -> i64 {
    let missing = window_ms - credited_ms;
    let counted = if credited_ms > 0 && missing <= policy.lesson_hour.tolerance_seconds.value * 1000 { window_ms } else { credited_ms };
    let milli = i128::from(counted.max(0)) * 1000 / i128::from(policy.lesson_hour_ms());
    let step = i128::from(policy.lesson_hour.step_milli.value);
    let milli = i64::try_from(milli / step * step).unwrap_or(i64::MAX);
    if planned_milli > 0 { milli.min(planned_milli) } else { milli }
}

/// Lesson hours as a decimal string: one digit after the point, more only where they say something (`0.9`, `2.0`, `0.25`).
pub fn hours_text(milli: i64) -> String {
    let (sign, milli) = if milli < 0 { ("-", milli.unsigned_abs()) } else { ("", milli.unsigned_abs()) };
    let digits = format!("{:03}", milli % 1000);
    let said = digits.trim_end_matches('0');
    format!("{sign}{}.{}", milli / 1000, if said.is_empty() { "0" } else { said })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::policy::Policies;
    use crate::time::Time;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000;

    fn hours(credited_ms: i64, window_ms: i64, planned: i64) -> i64 {
        hours_milli(credited_ms, window_ms, planned, Policies::builtin().at(Time(0)))
    }

    #[test]
    fn forty_of_forty_five_minutes_are_eight_tenths_of_an_hour() {
        assert_eq!(hours(40 * MINUTE, 45 * MINUTE, 1000), 800);
        assert_eq!(hours(90 * MINUTE, 90 * MINUTE, 2000), 2000);
        assert_eq!(hours(0, 45 * MINUTE, 1000), 0);
    }

    #[test]
    fn a_minute_missed_costs_nothing_and_a_millisecond_more_does() {
        assert_eq!(hours(44 * MINUTE, 45 * MINUTE, 1000), 1000);
        assert_eq!(hours(44 * MINUTE - 1, 45 * MINUTE, 1000), 900);
        assert_eq!(hours(0, MINUTE / 2, 1000), 0, "nobody there is nobody there, however short the lesson");
    }

    #[test]
    fn a_lesson_is_never_worth_more_than_it_was_planned_for() {
        assert_eq!(hours(100 * MINUTE, 100 * MINUTE, 2000), 2000);
        assert_eq!(hours(100 * MINUTE, 100 * MINUTE, 0), 2200);
        assert_eq!(hours(40 * MINUTE, 40 * MINUTE, 1000), 800, "nor a short one as much as a whole hour");
    }

    #[test]
    fn hours_are_written_without_noise() {
        assert_eq!([0, 100, 900, 1000, 2200, 250, 1].map(hours_text), ["0.0", "0.1", "0.9", "1.0", "2.2", "0.25", "0.001"]);
    }

    proptest! {
        #[test]
        fn more_credited_time_never_gives_fewer_hours(window in 1i64..20_000_000, a in 0i64..20_000_000, b in 0i64..20_000_000) {
            let (less, more) = (a.min(b).min(window), a.max(b).min(window));
            prop_assert!(hours(less, window, 0) <= hours(more, window, 0));
            prop_assert_eq!(hours(more, window, 0) % 100, 0);
        }
    }
}
