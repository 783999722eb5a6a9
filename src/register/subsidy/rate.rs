//! What one credited lesson hour is worth, so that hours in doubt have a price: exact fractions of a fen, rounded once.

use super::exact::Fraction;
use super::step::hours;
use crate::register::policy::Policy;

/// What of a class its rate depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Lesson hours of the whole plan, in thousandths.
    pub hours_total_milli: i64,
    /// Whether the epidemic's rate holds for the class (it was started in the epidemic).
    pub epidemic: Regime,
    /// The current standard per trainee that a certificate leads to, in fen; the highest one approved while no certificate is known.
    pub standard_fen: Option<i64>,
}

/// Which of the notice's two rates holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Regime {
    /// 130 % for classes started in the epidemic.
    Epidemic,
    /// 100 % otherwise.
    #[default]
    Ordinary,
}

impl Regime {
    /// At how many percent of the current standard the online part is paid (五（一）).
    pub fn percent(self, policy: &Policy) -> i64 {
        match self {
            Regime::Epidemic => policy.subsidy.epidemic_percent.value,
            Regime::Ordinary => policy.subsidy.ordinary_percent.value,
        }
    }
}

/// Fen per online lesson hour of one trainee, as an exact fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    fen: i64,
    per_milli: i64,
    /// What it was made from, where it is not the budget: current standard and percent.
    standard: Option<(i64, i64)>,
}

/// The rate of a class: `online standard ÷ online hours`, which by clause 五（一） is `current standard × rate ÷ total hours`
/// whatever the number of online hours; without a standard or a plan, the budget of clause 五（三）.
pub fn rate(terms: &Terms, policy: &Policy) -> Rate {
    let percent = terms.epidemic.percent(policy);
    match terms.standard_fen {
        Some(standard) if standard > 0 && terms.hours_total_milli > 0 => {
            let (fen, per_milli) = (standard.saturating_mul(percent), terms.hours_total_milli.saturating_mul(100));
            Rate { fen, per_milli, standard: Some((standard, percent)) }
        }
        _ => Rate { fen: policy.subsidy.fen_per_online_lesson_hour.value, per_milli: 1000, standard: None },
    }
}

impl Rate {
    /// Fen for some lesson hours (in thousandths), rounded half up once at the end; nothing for negative hours.
    pub fn fen_for(self, hours_milli: i64) -> i64 {
        Fraction::of(&[self.fen, hours_milli.max(0)], &[self.per_milli]).rounded()
    }

    /// As a formula writes it, in fen per lesson hour: `90000 × 130 % ÷ 120`, or `750` where it is the budget of 五（三）.
    pub fn words(self) -> String {
        match self.standard {
            Some((standard, percent)) => format!("{standard} × {percent} % ÷ {}", hours(self.per_milli / 100)),
            None => self.fen_per_hour().to_string(),
        }
    }

    /// Fen for one whole lesson hour, rounded half up.
    pub fn fen_per_hour(self) -> i64 {
        self.fen_for(1000)
    }
}

/// The highest of the standards approved for a class, which is what is at risk while no certificate is known.
pub fn highest(standards_fen: impl IntoIterator<Item = Option<i64>>) -> Option<i64> {
    standards_fen.into_iter().flatten().max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::policy::Policies;
    use crate::time::Time;
    use proptest::prelude::*;

    fn rate_of(hours: i64, epidemic: Regime, standard_fen: Option<i64>) -> Rate {
        rate(&Terms { hours_total_milli: hours * 1000, epidemic, standard_fen }, Policies::builtin().at(Time(0)))
    }

    #[test]
    fn a_class_is_worth_its_standard_by_the_epidemic_rate_over_all_its_hours() {
        // 900 yuan for 120 hours at 130 %: 9.75 yuan an hour.
        let rate = rate_of(120, Regime::Epidemic, Some(90_000));
        assert_eq!((rate.fen_per_hour(), rate.fen_for(100), rate.fen_for(40_000)), (975, 98, 39_000));
        assert_eq!(rate_of(120, Regime::Ordinary, Some(90_000)).fen_per_hour(), 750);
    }

    #[test]
    fn without_a_standard_or_a_plan_an_hour_is_worth_the_budget_of_the_notice() {
        assert_eq!(rate_of(120, Regime::Epidemic, None).fen_for(1000), 750);
        assert_eq!(rate_of(0, Regime::Epidemic, Some(90_000)).fen_for(900), 675);
    }

    #[test]
    fn a_third_of_a_fen_is_rounded_once_at_the_end() {
        // 1,000 yuan for 70 hours: 1857.142857… fen an hour.
        let rate = rate_of(70, Regime::Epidemic, Some(100_000));
        assert_eq!((rate.fen_for(1000), rate.fen_for(3000), rate.fen_for(7000)), (1857, 5571, 13_000));
        assert_eq!(rate.fen_for(-1000), 0);
    }

    #[test]
    fn the_highest_standard_is_at_risk() {
        assert_eq!(highest([Some(60_000), None, Some(90_000)]), Some(90_000));
        assert_eq!(highest([None, None]), None);
    }

    proptest! {
        #[test]
        fn all_hours_of_a_plan_are_worth_its_standard_to_the_fen(hours in 1i64..2000, standard in 1i64..10_000_000) {
            prop_assert_eq!(rate_of(hours, Regime::Ordinary, Some(standard)).fen_for(hours * 1000), standard);
        }

        #[test]
        fn more_hours_are_never_worth_less(hours in 1i64..2000, standard in 1i64..10_000_000, a in 0i64..100_000, b in 0i64..100_000) {
            let rate = rate_of(hours, Regime::Epidemic, Some(standard));
            prop_assert!(rate.fen_for(a.min(b)) <= rate.fen_for(a.max(b)));
        }
    }
}
