//! While live events come, what follows them at its own pace takes a bounded part of the workers' time.
//!
//! The hours of a lesson that goes on are made anew from all that is known of it, so each time costs more than the time before, and rules
//! look at everything again after each. What waits for more of the same anyway waits the longer, the more time its kind took lately.

use crate::time::{SECOND, Time};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So long the time that was taken is remembered: after it a third is left of what is remembered.
const MEMORY: i64 = 30 * SECOND;
/// The part of one worker's time that a kind takes before it has to wait.
const FAIR: f64 = 0.1;
/// It waits at most so many times longer.
const MOST: f64 = 10.0;
/// Live events come as long as the last came so long ago.
const LIVE: i64 = 10 * SECOND;
/// Shorter waits only gather what comes at the same moment; longer ones would not make less work.
const SHORT: i64 = SECOND;

/// How much time each kind of job took lately.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<Lately>);

#[derive(Debug, Default)]
struct Lately {
    live: Option<Time>,
    /// By kind: microseconds remembered, and as of when.
    taken: HashMap<String, (f64, Time)>,
}

impl Lately {
    fn taken(&self, kind: &str, now: Time) -> f64 {
        self.taken.get(kind).map_or(0.0, |(taken, then)| taken * f64::exp(-((now.0 - then.0).max(0) as f64) / MEMORY as f64))
    }
}

impl Pace {
    fn lately(&self) -> MutexGuard<'_, Lately> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Live events came.
    pub(super) fn live(&self, now: Time) {
        self.lately().live = Some(now);
    }

    /// A job of a kind took so long.
    pub(super) fn took(&self, kind: &str, time: Duration, now: Time) {
        let mut lately = self.lately();
        let taken = lately.taken(kind, now) + time.as_micros() as f64;
        lately.taken.insert(kind.to_owned(), (taken, now));
    }

    /// How long a job is to wait that would wait so long.
    pub(super) fn wait(&self, kind: &str, wait: i64, now: Time) -> i64 {
        let lately = self.lately();
        if wait < SHORT || lately.live.is_none_or(|live| now.0 - live.0 > LIVE) {
            return wait;
        }
        let part = lately.taken(kind, now) / MEMORY as f64;
        // Squared: twice the fair part is four times the wait, so that what twenty lessons cost does not settle far above it.
        (wait as f64 * (part / FAIR).powi(2).clamp(1.0, MOST)) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIX: i64 = 6 * SECOND;

    /// A kind whose jobs take two seconds each, one after the other, as it is made to wait: the part of the time that it takes.
    fn part_taken(pace: &Pace, live: bool) -> f64 {
        let (mut now, mut worked) = (Time(0), 0);
        while now.0 < 1_000 * SECOND {
            if live {
                pace.live(now);
            }
            now = now.plus(pace.wait("link", SIX, now));
            now = now.plus(2 * SECOND);
            worked += 2 * SECOND;
            pace.took("link", Duration::from_secs(2), now);
        }
        worked as f64 / now.0 as f64
    }

    #[test]
    fn what_takes_long_waits_longer_while_live_events_come_and_only_then() {
        assert_eq!(part_taken(&Pace::default(), false), 0.25);
        let part = part_taken(&Pace::default(), true);
        assert!((0.1..0.2).contains(&part), "{part}");
    }

    #[test]
    fn what_takes_little_or_waits_a_moment_waits_as_ever_and_no_wait_is_without_bound() {
        let pace = Pace::default();
        let now = Time(100 * SECOND);
        pace.live(now);
        assert_eq!(pace.wait("link", SIX, now), SIX, "nothing was done yet");
        pace.took("link", Duration::from_secs(2), now);
        assert_eq!(pace.wait("link", SIX, now), SIX, "a little was");
        pace.took("link", Duration::from_secs(600), now);
        assert_eq!(pace.wait("link", SIX, now), 10 * SIX);
        assert_eq!(pace.wait("link", SECOND / 2, now), SECOND / 2);
        assert_eq!(pace.wait("detect", SIX, now), SIX, "each kind for itself");
        assert_eq!(pace.wait("link", SIX, now.plus(LIVE + 1)), SIX, "no live event came since");
    }
}
