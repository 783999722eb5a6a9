//! What rules find of what was planted, and what they find that nobody planted.

use keshi::detect::{Looked, ProviderScore, Raised, Rules, Strength};
use province::labels::{Honest, Label, Planted};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::Path;

/// How a rule did.
#[derive(Debug, Default)]
struct Row {
    strength: &'static str,
    /// Findings, and those of them that a label names. The rest are wrong in honest classes; in others, one deed often shows in several ways.
    found: u64,
    right: u64,
    /// By strength of the deed: planted, and found.
    planted: BTreeMap<u64, (u64, u64)>,
    /// The honest classes in which it found something.
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
        let honest: Vec<Honest> = lines(&folder.join("honest.ndjson"));
        let honest: HashSet<&str> = honest.iter().map(|one| one.class.as_str()).collect();
        let providers: Vec<Planted> = lines(&folder.join("providers.ndjson"));
        let mut spots: HashMap<(&str, &str), Vec<Spot<'_>>> = HashMap::new();
        for (number, label) in labels.iter().enumerate() {
            for rule in std::iter::once(&label.rule).chain(&label.also) {
                let mut add = |place, lesson, trainee| spots.entry((rule, place)).or_default().push(Spot { number, lesson, trainee });
                add(&label.class, label.lesson.as_deref(), label.trainee.as_deref());
                // What is about a provider names its first class.
                add(&label.provider, None, None);
                if let Some(or) = &label.or {
                    add(&or.class, or.lesson.as_deref(), or.trainee.as_deref());
                }
            }
        }
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        let mut seen: HashSet<(&str, usize)> = HashSet::new();
        for looked in all {
            let strength = rules.get(&looked.rule).map_or("", |rule| rule.head.strength.as_str());
            let row = rows.entry(looked.rule.clone()).or_insert_with(|| Row { strength, ..Row::default() });
            for finding in &looked.findings {
                row.found += 1;
                let there = spots.get(&(looked.rule.as_str(), place(finding))).into_iter().flatten();
                let right: Vec<usize> = there.filter(|spot| speaks_of(finding, spot)).map(|spot| spot.number).collect();
                row.right += u64::from(!right.is_empty());
                if right.is_empty() && finding.class.as_deref().is_some_and(|class| honest.contains(class)) {
                    row.wrong.push(place(finding).to_owned());
                }
                seen.extend(right.into_iter().map(|number| (looked.rule.as_str(), number)));
            }
        }
        for (number, label) in labels.iter().enumerate() {
            let row = rows.entry(label.rule.clone()).or_default();
            let of = row.planted.entry((label.strength * 100.0).round() as u64).or_default();
            of.0 += 1;
            of.1 += u64::from(seen.contains(&(label.rule.as_str(), number)));
        }
        let strong = rows.values().filter(|row| row.strength == Strength::Strong.as_str());
        let false_strong = strong.map(|row| row.wrong.len() as u64).sum();
        let honest_classes = honest.len() as u64;
        Accuracy { rows, honest_classes, false_strong, auc: auc(&providers, scores) }
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

/// A side of a planted deed.
struct Spot<'a> {
    /// Which deed.
    number: usize,
    lesson: Option<&'a str>,
    trainee: Option<&'a str>,
}

/// Whether a finding of the place is about the deed, as closely as both say.
fn speaks_of(finding: &Raised, spot: &Spot<'_>) -> bool {
    let same = |one: Option<&str>, other: Option<&str>| one.is_none() || other.is_none() || one == other;
    same(finding.lesson.as_deref(), spot.lesson) && same(finding.trainee.as_deref(), spot.trainee)
}

/// How often a planted provider stands above an honest one.
fn auc(providers: &[Planted], scores: &[ProviderScore]) -> f64 {
    let of: HashMap<&str, f64> = scores.iter().map(|one| (one.provider.as_str(), one.score)).collect();
    let score = |one: &Planted| of.get(one.provider.as_str()).copied().unwrap_or_default();
    let (planted, honest): (Vec<&Planted>, Vec<&Planted>) = providers.iter().partition(|one| one.planted);
    let above = |one: f64, other: f64| {
        if one > other {
            1.0
        } else if one < other {
            0.0
        } else {
            0.5
        }
    };
    let sum: f64 = planted.iter().map(|one| honest.iter().map(|other| above(score(one), score(other))).sum::<f64>()).sum();
    sum / (planted.len() * honest.len()).max(1) as f64
}

fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
}

impl fmt::Display for Accuracy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| rule | strength | planted | recall | at 0.25 | at 0.5 | at 1.0 | found | labelled | in honest classes | precision |"
        )?;
        writeln!(f, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        let mut strong = [0_u64; 4];
        for (rule, row) in &self.rows {
            let (planted, seen) = row.planted.values().fold((0, 0), |(planted, seen), of| (planted + of.0, seen + of.1));
            let at = |strength: u64| row.planted.get(&strength).map_or_else(|| "–".to_owned(), |of| percent(of.1, of.0));
            let (light, middle, heavy) = (at(25), at(50), at(100));
            let wrong = row.wrong.len() as u64;
            let (recall, precision) = (percent(seen, planted), percent(row.right, row.right + wrong));
            writeln!(
                f,
                "| {rule} | {} | {planted} | {recall} | {light} | {middle} | {heavy} | {} | {} | {wrong} | {precision} |",
                row.strength, row.found, row.right
            )?;
            if row.strength == Strength::Strong.as_str() {
                for (sum, one) in strong.iter_mut().zip([planted, seen, row.found, row.right]) {
                    *sum += one;
                }
            }
        }
        let [planted, seen, judged, right] = strong;
        writeln!(
            f,
            "\nstrong rules: recall {} of {planted}, precision {} of {judged} findings that a label names",
            percent(seen, planted),
            percent(right, judged)
        )?;
        let rate = 1000.0 * self.false_strong as f64 / self.honest_classes.max(1) as f64;
        writeln!(f, "strong findings in honest classes: {} in {} classes, {rate:.2} per 1,000", self.false_strong, self.honest_classes)?;
        writeln!(f, "providers: AUC {:.4}", self.auc)?;
        for (rule, row) in self.rows.iter().filter(|(_, row)| !row.wrong.is_empty()) {
            writeln!(f, "  {rule} in honest classes: {}", row.wrong.iter().take(5).cloned().collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }
}
