//! What holds of the formulas for every allowed input.

use super::super::class::{CertificateKind, Standards};
use super::super::policy::{Policies, Policy};
use super::{Fraction, Hours, Plan, Regime, formula, trainee};
use crate::time::Time;
use proptest::prelude::*;

/// The bounds of an opening application: hours up to 100,000 with three decimals, standards up to a million yuan.
const HOURS: i64 = 100_000_000;
const FEN: i64 = 100_000_000;

fn policy() -> Policy {
    Policy::clone(Policies::builtin().at(Time(0)))
}

/// Total hours, of which some are online.
fn hours() -> impl Strategy<Value = (i64, i64)> {
    (1..=HOURS).prop_flat_map(|total| (Just(total), 0..=total))
}

fn plan((total_milli, online_milli): (i64, i64), regime: Regime) -> Plan {
    Plan { total_milli, online_milli, regime }
}

proptest! {
    #[test]
    fn the_total_never_exceeds_the_standard_by_more_than_the_formula_allows(hours in hours(), standard in 0..=FEN) {
        let plan = plan(hours, Regime::Epidemic);
        let total = formula::total_standard(&plan, &policy(), standard).value;
        // standard × (1 + 0.3 × online ÷ total), rounded.
        let allowed = Fraction::new(
            i128::from(standard) * (i128::from(plan.total_milli) * 10 + i128::from(plan.online_milli) * 3),
            i128::from(plan.total_milli) * 10,
        );
        prop_assert_eq!(total, allowed.rounded());
        prop_assert!(total >= standard);
    }

    #[test]
    fn after_the_epidemic_the_total_is_the_current_standard(hours in hours(), standard in 0..=FEN) {
        let plan = plan(hours, Regime::Ordinary);
        prop_assert_eq!(formula::total_standard(&plan, &policy(), standard).value, standard);
        let online = formula::online_standard(&plan, &policy(), standard).value;
        prop_assert!(online <= standard);
        prop_assert_eq!(formula::prepayment(&plan, &policy(), 50).value, 0);
    }

    /// Each part is rounded by itself, so two of them differ from the whole by a fen at most.
    #[test]
    fn the_parts_add_up_to_the_total_within_a_fen(hours in hours(), standard in 0..=FEN, epidemic: bool) {
        let plan = plan(hours, if epidemic { Regime::Epidemic } else { Regime::Ordinary });
        let online = formula::online_standard(&plan, &policy(), standard).value;
        let rest = Fraction::of(&[standard, plan.total_milli - plan.online_milli], &[plan.total_milli]).rounded();
        let total = formula::total_standard(&plan, &policy(), standard).value;
        prop_assert!((online + rest - total).abs() <= 1, "{} + {} and {}", online, rest, total);
    }

    #[test]
    fn more_online_hours_never_bring_less_in_the_epidemic(total in 1..=HOURS, a in 0..=HOURS, b in 0..=HOURS, standard in 0..=FEN) {
        let (less, more) = (a.min(b).min(total), a.max(b).min(total));
        let of = |online| {
            let plan = plan((total, online), Regime::Epidemic);
            let step = |of: fn(&Plan, &Policy, i64) -> super::Step| of(&plan, &policy(), standard).value;
            (step(formula::online_standard), step(formula::total_standard), formula::prepayment(&plan, &policy(), 30).value)
        };
        let (less, more) = (of(less), of(more));
        prop_assert!(less.0 <= more.0 && less.1 <= more.1 && less.2 <= more.2, "{:?} {:?}", less, more);
    }

    /// The worst a policy and a plan may say, and a roster as long as a list may be: nothing wraps, nothing is cut off.
    #[test]
    fn nothing_overflows(hours in hours(), standard in 0..=FEN, percent in 0..=1000i64, budget in 0..=10_000_000i64, trainees in 0..=20_000i64) {
        let mut policy = policy();
        policy.subsidy.epidemic_percent.value = percent;
        policy.subsidy.fen_per_online_lesson_hour.value = budget;
        let plan = plan(hours, Regime::Epidemic);
        let total = formula::total_standard(&plan, &policy, standard).value;
        prop_assert!((0..=standard * 10).contains(&total));
        let prepaid = formula::prepayment(&plan, &policy, trainees).value;
        let whole = i128::from(budget) * i128::from(trainees) * i128::from(plan.online_milli);
        prop_assert_eq!(i128::from(prepaid), (whole + 1000) / 2000);
    }

    #[test]
    fn no_more_is_at_risk_than_the_online_part_and_less_the_more_is_credited(
        hours in hours(), standard in 0..=FEN, held in 0..=HOURS, a in 0..=HOURS, b in 0..=HOURS, epidemic: bool,
    ) {
        let plan = plan(hours, if epidemic { Regime::Epidemic } else { Regime::Ordinary });
        let standards = Standards { skill_level: Some(standard), ..Standards::default() };
        let due = |credited_milli: i64| {
            trainee(&plan, &policy(), &standards, &[CertificateKind::SkillLevel], Hours { held_milli: held, credited_milli })
        };
        let (less, more) = (due(a.min(b).min(held)), due(a.max(b).min(held)));
        prop_assert!(more.risk.fen <= less.risk.fen);
        if standard > 0 {
            prop_assert!(less.risk.fen <= formula::online_standard(&plan, &policy(), standard).value);
            prop_assert!(less.risk.fen <= less.final_fen);
        }
        prop_assert_eq!(due(held).risk.fen, 0);
    }
}

#[test]
fn several_certificates_count_once_by_the_highest_standard() {
    use CertificateKind::{Qualified, SkillLevel, SpecialOperation, Vocational};
    let plan = plan((60_000, 40_000), Regime::Epidemic);
    let standards = Standards { qualified: Some(60_000), skill_level: Some(90_000), vocational: Some(90_000), special_operation: None };
    let due = |certificates: &[CertificateKind]| {
        let due = trainee(&plan, &policy(), &standards, certificates, Hours::default());
        (due.certificate, due.final_fen)
    };
    assert_eq!(due(&[Qualified, SkillLevel]), (Some(SkillLevel), 108_000));
    assert_eq!(due(&[Vocational, SkillLevel]), (Some(Vocational), 108_000), "in whatever order they come");
    assert_eq!(due(&[SpecialOperation]), (None, 0), "no standard was approved for it");
    assert_eq!(due(&[]), (None, 0));
}

#[test]
fn what_is_at_risk_is_explained_to_the_last_figure() {
    let plan = plan((60_000, 40_000), Regime::Epidemic);
    let standards = Standards { qualified: Some(90_000), ..Standards::default() };
    let due = trainee(&plan, &policy(), &standards, &[CertificateKind::Qualified], Hours { held_milli: 10_000, credited_milli: 7_500 });
    let said: Vec<_> = due.steps.iter().map(|step| format!("{}: {} = {}", step.name, step.formula, step.value)).collect();
    assert_eq!(
        said,
        [
            "current_standard: 90000 = 90000",
            "online_standard: 90000 × 40 ÷ 60 × 130 % = 78000",
            "total_standard: 90000 × 40 ÷ 60 × 130 % + 90000 × (1 − 40 ÷ 60) = 108000",
            "final: 108000 = 108000",
        ]
    );
    let said: Vec<_> = due.risk.steps.iter().map(|step| format!("{}: {} = {}", step.name, step.formula, step.value)).collect();
    assert_eq!(
        said,
        [
            "online_standard: 90000 × 40 ÷ 60 × 130 % = 78000",
            "uncredited_hours: (10 − 7.5) × 90000 × 130 % ÷ 60 = 4875",
            "at_risk: min(4875, 78000) = 4875",
        ]
    );
}
