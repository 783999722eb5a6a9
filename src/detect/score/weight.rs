//! How much a finding of a rule says: what its strength lets one expect, corrected by what people decided of its findings.

use crate::detect::findings::Count;
use crate::detect::rule::Strength;

/// Decisions that outweigh the expectation as much as they confirm it: few change little, a hundred nearly decide.
const EXPECTATION: f64 = 10.0;

/// What share of a rule's findings is expected to hold before anybody has judged one.
fn expected(strength: Strength) -> f64 {
    match strength {
        Strength::Strong => 0.95,
        Strength::Medium => 0.6,
        Strength::Weak => 0.2,
    }
}

/// The share of a rule's findings that may be expected to hold.
pub(super) fn weight(strength: Strength, judged: Count) -> f64 {
    let (confirmed, dismissed) = (judged.confirmed as f64, judged.dismissed as f64);
    (expected(strength) * EXPECTATION + confirmed) / (EXPECTATION + confirmed + dismissed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(confirmed: i64, dismissed: i64) -> Count {
        Count { confirmed, dismissed, ..Count::default() }
    }

    #[test]
    fn without_decisions_it_is_what_the_strength_promises() {
        assert_eq!([Strength::Weak, Strength::Medium, Strength::Strong].map(|strength| weight(strength, judged(0, 0))), [0.2, 0.6, 0.95]);
    }

    #[test]
    fn decisions_move_it_towards_what_they_say() {
        assert!((weight(Strength::Strong, judged(0, 10)) - 0.475).abs() < 1e-9);
        assert!((weight(Strength::Weak, judged(10, 0)) - 0.6).abs() < 1e-9);
        assert!(weight(Strength::Weak, judged(1000, 0)) > 0.99 && weight(Strength::Strong, judged(0, 1000)) < 0.01);
    }
}
