//! What the demo prints.

use super::logins::Login;
use crate::simulate::{Agreement, Answers, Money, Plan};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// How many findings are named one by one.
const NAMED: usize = 6;

/// The page and who can log in.
pub(super) fn logins(page: &str, people: &[Login]) {
    println!("\nThe page      {page}");
    for (number, login) in people.iter().enumerate() {
        println!("{:13} {:13} {:18} {}", if number == 0 { "Log in as" } else { "" }, login.role, login.name, login.password);
    }
}

/// Credited hours by class, and how they compare with the plan.
pub(super) fn hours(plan: &Plan, answers: &Answers, agreement: &Agreement) {
    let mut all = 0;
    println!("\nCredited hours");
    for class in &plan.classes {
        let items = answers.credits.get(&class.external_id).map_or(&[][..], Vec::as_slice);
        let milli: i64 = items.iter().filter_map(|item| item["hours"].as_str()).map(thousandths).sum();
        all += milli;
        let possible = class.trainees.len() * class.lessons.len();
        println!("  {:>9}  of {possible:>4}  {}  {}", decimal(milli), class.platform, class.title);
    }
    println!("  {:>9}  in all: {agreement}", decimal(all));
    for line in agreement.wrong.iter().chain(&agreement.missed).chain(&agreement.unfounded).take(20) {
        println!("             differs: {line}");
    }
}

/// Findings by rule with the money at risk, and the heaviest of them.
pub(super) fn findings(answers: &Answers) {
    let money = |finding: &Value| finding["money_fen"].as_i64().unwrap_or(0);
    let mut rules: BTreeMap<&str, (u64, i64)> = BTreeMap::new();
    for finding in &answers.findings {
        let rule = rules.entry(finding["rule"].as_str().unwrap_or_default()).or_default();
        *rule = (rule.0 + 1, rule.1 + money(finding));
    }
    let total: i64 = rules.values().map(|(_, fen)| fen).sum();
    println!("\nFindings      {} with ¥{} at risk", answers.findings.len(), yuan(total));
    for (rule, (count, fen)) in rules {
        println!("  {count:>3}  ¥{:>10}  {rule}", yuan(fen));
    }
    let mut heaviest: Vec<&Value> = answers.findings.iter().collect();
    heaviest.sort_by_key(|finding| -money(finding));
    for finding in heaviest.into_iter().take(NAMED) {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        let title = finding["title"]["en"].as_str().unwrap_or_default();
        let place = format!("{} {}", text("class_external_id"), text("lesson_external_id"));
        println!("       ¥{:>10}  {:8} {title} ({})", yuan(money(finding)), text("severity"), place.trim());
    }
}

/// What each class comes to by the notice's formulas, what was paid in advance, and which claim was filed.
pub(super) fn money(money: &Money) {
    let fen = |answer: &Value, name: &str| yuan(answer[name].as_i64().unwrap_or(0));
    println!("\nSubsidy");
    for (title, answer) in &money.classes {
        let prepaid = yuan(answer["prepaid"]["amount_fen"].as_i64().unwrap_or(0));
        let gaps = answer["gaps"].as_array().map_or(0, Vec::len);
        let claim = answer["claim"]["state"].as_str().map(|state| format!("  claim {state}")).unwrap_or_default();
        let (due, risk) = (fen(answer, "final_fen"), fen(answer, "at_risk_fen"));
        println!("  ¥{due:>11}  of it ¥{risk:>10} at risk, ¥{prepaid:>10} prepaid, {gaps} gaps  {title}{claim}");
    }
}

/// How one credited hour was taken away and verified, to be done again by hand.
pub(super) fn verification(bundle: &Path, trust: &Path, verdict: &str) {
    println!("\nVerify one hour offline");
    // As it was called, so that the line can be copied: the program need not be on the path.
    let keshi = std::env::args().next().unwrap_or_else(|| "keshi".to_owned());
    println!("  {keshi} verify {} --trust {}", bundle.display(), trust.display());
    println!("  just now it said: {verdict}");
    println!("  by hand, with public tools: unzip {} -d hour && less hour/*/README*", bundle.display());
}

/// A decimal string such as `812.3` in thousandths.
fn thousandths(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    whole.parse::<i64>().unwrap_or(0) * 1_000 + part.parse::<i64>().unwrap_or(0)
}

fn decimal(milli: i64) -> String {
    format!("{}.{}", milli / 1_000, milli % 1_000 / 100)
}

/// Fen as yuan, two decimals.
pub(in crate::cli) fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_added_in_thousandths_and_money_in_fen() {
        assert_eq!([thousandths("1"), thousandths("0.7"), thousandths("12.345")], [1_000, 700, 12_345]);
        assert_eq!(decimal(812_300), "812.3");
        assert_eq!(yuan(123_405), "1234.05");
    }
}
