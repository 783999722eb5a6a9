//! A growing set of whole numbers, kept as ranges: which content was watched, which time was given away.

use std::collections::BTreeMap;

/// Half-open ranges by their beginning; they neither overlap nor touch.
#[derive(Debug, Default)]
pub(super) struct Ranges(BTreeMap<i64, i64>);

impl Ranges {
    /// What of a range is not in the set, in order.
    pub(super) fn missing(&self, from: i64, until: i64) -> Vec<(i64, i64)> {
        let mut missing = Vec::new();
        if from >= until {
            return missing;
        }
        let mut at = self.0.range(..=from).next_back().map_or(from, |(_, &end)| end.max(from));
        for (&start, &end) in self.0.range(from..until) {
            if start > at {
                missing.push((at, start));
            }
            at = at.max(end);
        }
        if at < until {
            missing.push((at, until));
        }
        missing
    }

    /// Adds a range. What it touches becomes one with it, so the cost of all additions together grows with their number.
    pub(super) fn insert(&mut self, mut from: i64, mut until: i64) {
        if from >= until {
            return;
        }
        while let Some((&start, &end)) = self.0.range(..=until).next_back().filter(|(_, end)| **end >= from) {
            self.0.remove(&start);
            (from, until) = (from.min(start), until.max(end));
        }
        self.0.insert(from, until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_agrees_with_a_bitmap(added in proptest::collection::vec((0i64..40, 0i64..40), 0..12), from in 0i64..40, until in 0i64..40) {
            let (mut ranges, mut bits) = (Ranges::default(), [false; 40]);
            for (a, b) in added {
                ranges.insert(a, b);
                (a..b).for_each(|at| bits[at as usize] = true);
            }
            let missing = ranges.missing(from, until);
            let told = |at: i64| missing.iter().any(|&(a, b)| (a..b).contains(&at));
            for at in 0..40 {
                prop_assert_eq!(told(at), (from..until).contains(&at) && !bits[at as usize]);
            }
            prop_assert!(missing.iter().all(|(a, b)| a < b));
            prop_assert!(ranges.0.iter().zip(ranges.0.iter().skip(1)).all(|((_, end), (start, _))| end < start));
        }
    }
}
