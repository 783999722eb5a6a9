//! What rules find of what was planted, and what they find that nobody planted.

use keshi::detect::{Looked, ProviderScore, Raised, Rules, Strength};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::Path;

/// A planted deed, as the province labels it.
#[derive(Debug, Deserialize)]
struct Label {
    rule: String,
    strength: f64,
    provider: String,
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    lesson: Option<String>,
    #[serde(default)]
    trainee: Option<String>,
    /// Other rules that must see it, too.
    #[serde(default)]
    also: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Provider {
    provider: String,
    planted: bool,
}

/// How a rule did.
#[derive(Debug, Default)]
struct Row {
    strength: &'static str,
    /// Findings, and those of them that were planted.
    found: u64,
    right: u64,
    /// By strength of the deed: planted, and found.
    planted: BTreeMap<u64, (u64, u64)>,
    /// Some classes in which it found what nobody planted.
    wrong: Vec<String>,
}

/// How the catalogue did.
#[derive(Debug)]
pub(crate) struct Accuracy {
    rows: BTreeMap<String, Row>,
    honest_classes: u64,
    false_strong: u64,
    auc: f64,
}

impl Accuracy {
    pub(crate) fn of(folder: &Path, rules: &Rules, all: &[Looked], scores: &[ProviderScore]) -> Accuracy {
        let labels: Vec<Label> = lines(&folder.join("labels.ndjson"));
        let honest: Vec<serde_json::Value> = lines(&folder.join("honest.ndjson"));
        let providers: Vec<Provider> = lines(&folder.join("providers.ndjson"));
        let planted_in: HashSet<&str> = labels.iter().filter_map(|label| label.class.as_deref()).collect();
        let mut by_place: HashMap<(&str, &str), Vec<&Label>> = HashMap::new();
        for label in &labels {
            for rule in std::iter::once(&label.rule).chain(&label.also) {
                by_place.entry((rule, label.class.as_deref().unwrap_or(&label.provider))).or_default().push(label);
            }
        }
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        let mut false_strong = 0;
        for looked in all {
            let strength = rules.get(&looked.rule).map_or("", |rule| rule.head.strength.as_str());
            let row = rows.entry(looked.rule.clone()).or_insert_with(|| Row { strength, ..Row::default() });
            for finding in &looked.findings {
                row.found += 1;
                let there = by_place.get(&(looked.rule.as_str(), place(finding)));
                if there.is_some_and(|labels| labels.iter().any(|label| speaks_of(finding, label))) {
                    row.right += 1;
                    continue;
                }
                row.wrong.push(place(finding).to_owned());
                let honest = finding.class.as_deref().is_none_or(|class| !planted_in.contains(class));
                false_strong += u64::from(strength == Strength::Strong.as_str() && honest);
            }
        }
        let mut found: HashMap<(&str, &str), Vec<&Raised>> = HashMap::new();
        for looked in all {
            for finding in &looked.findings {
                found.entry((&looked.rule, place(finding))).or_default().push(finding);
            }
        }
        for label in &labels {
            let at = label.class.as_deref().unwrap_or(&label.provider);
            let seen = found.get(&(label.rule.as_str(), at)).is_some_and(|some| some.iter().any(|finding| speaks_of(finding, label)));
            let row = rows.entry(label.rule.clone()).or_default();
            let of = row.planted.entry((label.strength * 100.0).round() as u64).or_default();
            of.0 += 1;
            of.1 += u64::from(seen);
        }
        Accuracy { rows, honest_classes: honest.len() as u64, false_strong, auc: auc(&providers, scores) }
    }
}

fn lines<T: for<'de> Deserialize<'de>>(path: &Path) -> Vec<T> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}: {line}", path.display()))).collect()
}

/// The class, or the provider where it is about one.
fn place(finding: &Raised) -> &str {
    finding.class.as_deref().unwrap_or_else(|| finding.subject.split_once(':').map_or("", |(_, id)| id))
}

/// Whether a finding of the place is about the deed, as closely as both say.
fn speaks_of(finding: &Raised, label: &Label) -> bool {
    let same = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
    same(&finding.lesson, &label.lesson) && same(&finding.trainee, &label.trainee)
}

/// How often a planted provider stands above an honest one.
fn auc(providers: &[Provider], scores: &[ProviderScore]) -> f64 {
    let of: HashMap<&str, f64> = scores.iter().map(|one| (one.provider.as_str(), one.score)).collect();
    let score = |one: &Provider| of.get(one.provider.as_str()).copied().unwrap_or_default();
    let (planted, honest): (Vec<&Provider>, Vec<&Provider>) = providers.iter().partition(|one| one.planted);
    let above = |one: f64, other: f64| if one > other { 1.0 } else if one < other { 0.0 } else { 0.5 };
    let sum: f64 = planted.iter().map(|one| honest.iter().map(|other| above(score(one), score(other))).sum::<f64>()).sum();
    sum / (planted.len() * honest.len()).max(1) as f64
}

fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
}

impl fmt::Display for Accuracy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| rule | strength | planted | recall | at 0.25 | at 0.5 | at 1.0 | found | precision |")?;
        writeln!(f, "|---|---|--:|--:|--:|--:|--:|--:|--:|")?;
        let mut strong = [0_u64; 4];
        for (rule, row) in &self.rows {
            let (planted, seen) = row.planted.values().fold((0, 0), |(planted, seen), of| (planted + of.0, seen + of.1));
            let at = |strength: u64| row.planted.get(&strength).map_or_else(|| "–".to_owned(), |of| percent(of.1, of.0));
            let (light, middle, heavy) = (at(25), at(50), at(100));
            let (recall, precision) = (percent(seen, planted), percent(row.right, row.found));
            writeln!(f, "| {rule} | {} | {planted} | {recall} | {light} | {middle} | {heavy} | {} | {precision} |", row.strength, row.found)?;
            if row.strength == Strength::Strong.as_str() {
                for (sum, one) in strong.iter_mut().zip([planted, seen, row.found, row.right]) {
                    *sum += one;
                }
            }
        }
        let [planted, seen, found, right] = strong;
        writeln!(f, "\nstrong rules: recall {} of {planted}, precision {} of {found}", percent(seen, planted), percent(right, found))?;
        let rate = 1000.0 * self.false_strong as f64 / self.honest_classes.max(1) as f64;
        writeln!(f, "strong findings in honest classes: {} in {} classes, {rate:.2} per 1,000", self.false_strong, self.honest_classes)?;
        writeln!(f, "providers: AUC {:.4}", self.auc)?;
        for (rule, row) in self.rows.iter().filter(|(_, row)| !row.wrong.is_empty()) {
            writeln!(f, "  nobody planted {rule} in: {}", row.wrong.iter().take(5).cloned().collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }
}
