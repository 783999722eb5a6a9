//! Stated totals against the stays they are made of. Totals are never trusted: stays are merged here, and a disagreement is a fact.

use super::fold;
use super::tally::Tally;
use crate::time::{SECOND, Time};
use serde_json::json;
use std::collections::HashMap;

/// Sums are rounded to the minute by most platforms, some of them upwards.
const TOLERANCE_S: i64 = 60;
/// Stays kept for comparing; a log with more is not compared, so that it costs no more memory.
const MOST_STAYS: usize = 500_000;
/// Disagreements listed one by one.
const LISTED: usize = 100;

/// Compares what a file states with what its rows say.
#[derive(Default)]
pub(crate) struct Totals {
    people: HashMap<String, Vec<(Time, Time)>>,
    stays: usize,
    disagree: Vec<(u64, i64, i64)>,
    count: u64,
}

impl Totals {
    /// One stay of a person, by the name the file uses.
    pub(crate) fn stay(&mut self, name: &str, from: Time, until: Time) {
        if self.stays < MOST_STAYS && from <= until {
            self.people.entry(fold::name(name)).or_default().push((from, until));
        }
        self.stays += 1;
    }

    /// A row states the length of its own stay.
    pub(crate) fn row(&mut self, row: u64, stated_s: i64, from: Time, until: Time) {
        self.compare(row, stated_s, (until.0 - from.0) / SECOND);
    }

    /// A row states the total of a person's stays, all of which are known by now.
    pub(crate) fn person(&mut self, row: u64, name: &str, stated_s: i64) {
        if self.stays > MOST_STAYS {
            return;
        }
        let stays = self.people.get_mut(&fold::name(name)).map(std::mem::take).unwrap_or_default();
        let found = merged_s(&stays);
        self.people.insert(fold::name(name), stays);
        self.compare(row, stated_s, found);
    }

    fn compare(&mut self, row: u64, stated_s: i64, found_s: i64) {
        if (stated_s - found_s).abs() > TOLERANCE_S {
            self.count += 1;
            if self.disagree.len() < LISTED {
                self.disagree.push((row, stated_s, found_s));
            }
        }
    }

    /// States the disagreements.
    pub(crate) fn state(self, tally: &mut Tally<'_>) {
        if self.count > 0 {
            let rows: Vec<_> = self
                .disagree
                .iter()
                .map(|(row, stated_s, found_s)| json!({"row": row, "stated_s": stated_s, "found_s": found_s}))
                .collect();
            tally.fact("totals_disagree", json!({"count": self.count, "rows": rows}));
        }
    }
}

/// Whether a stated total leaves no room for a gap between a first coming and a last going, give or take what rounding does.
pub(crate) fn fills(total_s: i64, from: Time, until: Time) -> bool {
    (total_s - (until.0 - from.0) / SECOND).abs() <= TOLERANCE_S
}

/// Seconds covered by spans that may overlap.
fn merged_s(spans: &[(Time, Time)]) -> i64 {
    let mut spans = spans.to_vec();
    spans.sort_unstable();
    let (mut covered, mut reached) = (0, Time(i64::MIN));
    for (from, until) in spans {
        let from = from.max(reached);
        if until > from {
            covered += until.0 - from.0;
            reached = until;
        }
    }
    covered / SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minutes: i64) -> Time {
        Time(minutes * 60 * SECOND)
    }

    #[test]
    fn two_devices_at_once_are_one_presence() {
        let mut totals = Totals::default();
        totals.stay("张三(张三)", minute(0), minute(30));
        totals.stay("张三（张三）", minute(20), minute(40));
        totals.person(7, "张三(张三)", 40 * 60);
        assert_eq!(totals.count, 0);
        totals.person(8, "张三(张三)", 50 * 60);
        assert_eq!(totals.disagree, [(8, 3_000, 2_400)]);
    }

    #[test]
    fn a_total_fills_the_time_between_only_without_a_gap() {
        assert!(fills(59 * 60, minute(0), minute(60)));
        assert!(!fills(58 * 60, minute(0), minute(60)));
        assert!(!fills(62 * 60, minute(0), minute(60)));
    }

    #[test]
    fn a_row_that_rounds_to_the_minute_agrees() {
        let mut totals = Totals::default();
        totals.row(2, 60 * 60, minute(0), minute(59));
        assert_eq!(totals.count, 0);
        totals.row(3, 90 * 60, minute(0), minute(59));
        assert_eq!(totals.count, 1);
    }
}
