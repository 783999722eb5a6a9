//! A step of a calculation as a person checks it: its name, the figures it was made from, and what came out.

use super::super::class::HoursMilli;
use serde::Serialize;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Step {
    /// What is computed: a stable word such as `total_standard`.
    pub name: String,
    /// How, with the figures in it: `90000 × 40 ÷ 60 × 130 %`. Money is fen, hours are lesson hours.
    pub formula: String,
    /// What came out, in fen.
    pub value: i64,
}

impl Step {
    /// A step.
    pub fn new(name: &str, formula: String, value: i64) -> Step {
        Step { name: name.to_owned(), formula, value }
    }
}

/// Lesson hours as a formula writes them: `40`, `1.5`.
pub(super) fn hours(milli: i64) -> String {
    let text = serde_json::to_string(&HoursMilli(milli)).unwrap_or_default();
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_in_a_formula_are_decimals() {
        assert_eq!([hours(40_000), hours(1_500), hours(125), hours(0)], ["40", "1.5", "0.125", "0"]);
    }
}
