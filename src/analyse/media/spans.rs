//! Sums over stretches of time. Pure; times in any one unit.

/// Stretches in order without overlap: those that overlap or touch become one, empty ones vanish.
pub(super) fn union(mut spans: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    spans.retain(|(from, until)| until > from);
    spans.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (from, until) in spans {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => merged.push((from, until)),
        }
    }
    merged
}

/// Where both are; each must be a [`union`].
pub(super) fn both(ones: &[(i64, i64)], others: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let common = |one: &(i64, i64), other: &(i64, i64)| (one.0.max(other.0), one.1.min(other.1));
    ones.iter().flat_map(|one| others.iter().map(move |other| common(one, other))).filter(|(from, until)| until > from).collect()
}

/// How long they are together; must be a [`union`].
pub(super) fn total(spans: &[(i64, i64)]) -> i64 {
    spans.iter().map(|(from, until)| until - from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn overlaps_count_once() {
        assert_eq!(union(vec![(5, 9), (0, 3), (3, 4), (8, 10), (12, 12)]), [(0, 4), (5, 10)]);
        assert_eq!(both(&[(0, 4), (5, 10)], &[(2, 6), (9, 20)]), [(2, 4), (5, 6), (9, 10)]);
    }

    proptest! {
        #[test]
        fn sums_agree_with_counting_every_unit(
            ones in prop::collection::vec((0..50_i64, 0..50_i64), 0..8),
            others in prop::collection::vec((0..50_i64, 0..50_i64), 0..8),
        ) {
            let (ones, others) = (union(ones), union(others));
            let inside = |spans: &[(i64, i64)], at: i64| spans.iter().any(|(from, until)| (*from..*until).contains(&at));
            let counted = (0..60).filter(|at| inside(&ones, *at) && inside(&others, *at)).count();
            prop_assert_eq!(total(&both(&ones, &others)), counted as i64);
        }
    }
}
