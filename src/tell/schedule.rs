//! When a delivery that was not taken is tried again. No IO.

use crate::config::Webhooks;
use crate::time::{SECOND, Time};

/// The next attempt after so many, or `None` when the time since the first is up. `chance` spreads receivers that failed together: up to a
/// fifth more or less.
pub fn next(settings: &Webhooks, since: Time, attempts: i64, now: Time, chance: u16) -> Option<Time> {
    let micros = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND);
    let growth = 3_i64.saturating_pow(u32::try_from(attempts.max(1) - 1).unwrap_or(u32::MAX));
    let wait = micros(settings.first_wait_seconds.max(1)).saturating_mul(growth).min(micros(settings.longest_wait_seconds.max(1)));
    let spread = wait / 5;
    let moved = (i128::from(spread) * 2 * i128::from(chance) / i128::from(u16::MAX)) as i64 - spread;
    let next = now.plus(wait + moved);
    (next <= since.plus(micros(settings.give_up_seconds))).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Overrides};
    use crate::time::{DAY, HOUR};

    #[test]
    fn waits_grow_threefold_to_six_hours_and_end_after_three_days() {
        let settings = Config::load(&Overrides::default()).expect("loads").webhooks;
        let middle = u16::MAX / 2;
        let (mut now, mut attempts, mut waits) = (Time(0), 1, Vec::new());
        while let Some(at) = next(&settings, Time(0), attempts, now, middle) {
            waits.push((at.0 - now.0 + SECOND / 2) / SECOND);
            (now, attempts) = (at, attempts + 1);
        }
        assert_eq!(waits[..8], [10, 30, 90, 270, 810, 2430, 7290, 21600]);
        assert!(waits.len() == 18 && now <= Time(3 * DAY) && now > Time(3 * DAY - 7 * HOUR), "{now}: {waits:?}");
    }

    #[test]
    fn chance_moves_a_wait_by_a_fifth_at_most() {
        let settings = Config::load(&Overrides::default()).expect("loads").webhooks;
        let at = |chance| next(&settings, Time(0), 1, Time(0), chance).expect("tried again").0;
        assert_eq!((at(0), at(u16::MAX)), (8 * SECOND, 12 * SECOND));
        assert!(next(&settings, Time(0), i64::MAX, Time(0), 9).is_some(), "no number of attempts overflows");
    }
}
