//! What a class is paid (notice, 五): exact fractions of a fen, rounded half up once, at the end of each formula. Pure.
//!
//! [`formula`] has the formulas of the notice, each with the sentence of figures it was computed by ([`Step`]); [`rate`] what one credited
//! lesson hour is worth, so that hours in doubt have a price; [`trainee()`] puts both together for one trainee.
//!
//! docs/SUBSIDY.md works every formula out by hand, and a test computes each of its examples from the document's own figures.

mod exact;
pub mod formula;
mod rate;
mod step;
mod trainee;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod properties;

pub use exact::Fraction;
pub use rate::{Rate, Regime, Terms, highest, rate};
pub use step::Step;
pub use trainee::{Due, Hours, Risk, trainee};

use super::policy::Policy;

/// What a whole class is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Lesson hours of the whole plan, in thousandths; above 0.
    pub total_milli: i64,
    /// Of them online.
    pub online_milli: i64,
    /// Which of the two rates holds.
    pub regime: Regime,
}

impl Plan {
    /// The share of the online standard that is paid, in percent.
    pub fn percent(&self, policy: &Policy) -> i64 {
        self.regime.percent(policy)
    }

    /// What the worth of one lesson hour depends on, for a standard.
    pub fn terms(&self, standard_fen: Option<i64>) -> Terms {
        Terms { hours_total_milli: self.total_milli, epidemic: self.regime, standard_fen }
    }
}
