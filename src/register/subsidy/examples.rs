//! docs/SUBSIDY.md is right: every example in it, computed from its own figures.

use super::super::class::{CertificateKind, HoursMilli, Standards};
use super::super::policy::{Policies, Policy};
use super::{Hours, Plan, Regime, Step, formula, trainee};
use crate::time::Time;

const DOCUMENT: &str = include_str!("../../../docs/SUBSIDY.md");

fn policy() -> Policy {
    Policy::clone(Policies::builtin().at(Time(0)))
}

/// The rows of the table whose header begins with a word.
fn table(first: &str) -> Vec<Vec<&'static str>> {
    let lines = DOCUMENT.lines().skip_while(|line| !line.starts_with(&format!("| {first} |"))).skip(2);
    lines.take_while(|line| line.starts_with('|')).map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn milli(text: &str) -> i64 {
    HoursMilli::parse(text).expect("lesson hours").0
}

fn number(text: &str) -> i64 {
    text.parse().expect("a whole number")
}

/// The document shows the step as the program does.
fn shown(step: &Step) {
    let line = format!("`{} = {}`", step.formula, step.value);
    assert!(DOCUMENT.contains(&line), "the document does not show {line}");
}

#[test]
fn every_example_agrees_to_the_fen_and_shows_its_steps() {
    let examples = table("example");
    assert_eq!(examples.len(), 6);
    for example in examples {
        let regime = if example[1] == "epidemic" { Regime::Epidemic } else { Regime::Ordinary };
        let plan = Plan { total_milli: milli(example[3]), online_milli: milli(example[4]), regime };
        let standard = number(example[2]);
        let steps = [
            formula::online_standard(&plan, &policy(), standard),
            formula::total_standard(&plan, &policy(), standard),
            formula::prepayment(&plan, &policy(), number(example[5])),
        ];
        let values: Vec<i64> = steps.iter().map(|step| step.value).collect();
        assert_eq!(values, example[6..9].iter().map(|text| number(text)).collect::<Vec<_>>(), "example {}", example[0]);
        steps.iter().filter(|step| step.value > 0).for_each(shown);
    }
}

#[test]
fn the_final_amounts_are_those_of_the_document() {
    let plan = Plan { total_milli: 60_000, online_milli: 40_000, regime: Regime::Epidemic };
    let standards = Standards { qualified: Some(60_000), skill_level: Some(90_000), ..Standards::default() };
    let rows = table("trainee with");
    assert_eq!(rows.len(), 5);
    for row in rows {
        let named = |kind: &&CertificateKind| row[0].split(" + ").any(|word| word == kind.as_str());
        let certificates: Vec<CertificateKind> = CertificateKind::ALL.iter().filter(named).copied().collect();
        let due = trainee(&plan, &policy(), &standards, &certificates, Hours::default());
        assert_eq!(due.final_fen, number(row[1]), "{}", row[0]);
    }
}

#[test]
fn what_is_at_risk_is_as_in_the_document() {
    let plan = Plan { total_milli: 60_000, online_milli: 40_000, regime: Regime::Epidemic };
    let standards = Standards { skill_level: Some(90_000), ..Standards::default() };
    let hours = Hours { held_milli: 10_000, credited_milli: 7_500 };
    let due = trainee(&plan, &policy(), &standards, &[CertificateKind::SkillLevel], hours);
    due.risk.steps.iter().for_each(shown);
}
