//! The formulas of clause 五, one function each.

use super::exact::Fraction;
use super::rate::Regime;
use super::step::{Step, hours};
use super::{Plan, Policy};

/// 五（一）: online standard = current standard × online hours ÷ total hours × rate, per trainee, in fen.
pub fn online_standard(plan: &Plan, policy: &Policy, standard_fen: i64) -> Step {
    let percent = plan.percent(policy);
    let value = Fraction::of(&[standard_fen, plan.online_milli, percent], &[plan.total_milli, 100]).rounded();
    let share = format!("{standard_fen} × {} ÷ {}", hours(plan.online_milli), hours(plan.total_milli));
    let formula = if plan.regime == Regime::Ordinary && percent == 100 { share } else { format!("{share} × {percent} %") };
    Step::new("online_standard", formula, value)
}

/// 五（二）: total standard = online standard + current standard × (1 − online ÷ total), per trainee, in fen; the online standard enters as it
/// is before rounding. After the epidemic the two parts add up to the current standard, as the clause says.
pub fn total_standard(plan: &Plan, policy: &Policy, standard_fen: i64) -> Step {
    let (online, rest, percent) = (plan.online_milli, plan.total_milli - plan.online_milli, plan.percent(policy));
    if plan.regime == Regime::Ordinary && percent == 100 {
        return Step::new("total_standard", standard_fen.to_string(), standard_fen);
    }
    let part = Fraction::of(&[standard_fen, online, percent], &[plan.total_milli, 100]);
    let value = part.plus(Fraction::of(&[standard_fen, rest, 100], &[plan.total_milli, 100])).rounded();
    let total = hours(plan.total_milli);
    let formula =
        format!("{standard_fen} × {} ÷ {total} × {percent} % + {standard_fen} × (1 − {} ÷ {total})", hours(online), hours(online));
    Step::new("total_standard", formula, value)
}

/// 五（三）: prepayment = 50 % × 7.5 yuan × trainees × online hours, for the class, in fen; nothing after the epidemic.
pub fn prepayment(plan: &Plan, policy: &Policy, trainees: i64) -> Step {
    if plan.regime == Regime::Ordinary {
        return Step::new("prepayment", "0".to_owned(), 0);
    }
    let (share, budget) = (policy.subsidy.prepayment_percent.value, policy.subsidy.fen_per_online_lesson_hour.value);
    let value = Fraction::of(&[share, budget, trainees, plan.online_milli], &[100, 1000]).rounded();
    Step::new("prepayment", format!("{share} % × {budget} × {trainees} × {}", hours(plan.online_milli)), value)
}
