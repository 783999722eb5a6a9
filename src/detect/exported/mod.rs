//! Rules over a lake that was exported: nothing is kept, everything is told.

use super::backtest::Raised;
use super::catalogue::Rules;
use super::look::{self, AT_ONCE, Looker, PLAN};
use super::rule::{self, Rule, Window};
use super::score::{Found, Weights};
use super::windows::Extent;
use crate::error::Result;
use crate::lake::Lake;
use crate::lake::query::object;
use crate::time::Time;
use datafusion::common::ScalarValue;
use futures::stream::{self, Stream, StreamExt};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Instant;

const CLASSES: &str = include_str!("classes.sql");
const EXTENT: &str = include_str!("extent.sql");

/// What a rule found in a lake.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Looked {
    /// The rule.
    pub rule: String,
    /// What it would raise, by key.
    pub findings: Vec<Raised>,
    /// Fen at risk in them.
    pub money_fen: i64,
    /// How long it took.
    pub took_ms: u64,
    /// Rows of the lake that were read.
    pub rows_read: u64,
    /// Why it could not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How much speaks against a provider.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProviderScore {
    /// The provider.
    pub provider: String,
    /// From 0 to 1, as [`super::score`] makes it, with nobody having judged a finding.
    pub score: f64,
}

/// Runs rules over a window, in pieces and some side by side, and tells of each as it is done; `extent` is what [`extent_of_export`] says.
pub fn look_at<'a>(
    lake: &'a Lake,
    rules: Vec<&'a Rule>,
    extent: Extent,
    window: Window,
    now: Time,
) -> impl Stream<Item = Result<Looked>> + 'a {
    let alone = rules.len() == 1;
    let one = move |rule| {
        let looker = Looker::new(lake, rule, extent, now);
        looked(if alone { looker.alone() } else { looker }, rule, extent, window)
    };
    stream::iter(rules).map(one).buffer_unordered(AT_ONCE)
}

async fn looked(looker: Looker<'_>, rule: &Rule, extent: Extent, window: Window) -> Result<Looked> {
    let begun = Instant::now();
    let looked = rows(looker, extent.windows(rule, window)).await;
    let took_ms = begun.elapsed().as_millis() as u64;
    let id = rule.head.id.clone();
    match looked {
        Ok((findings, rows_read)) => {
            let money_fen = findings.iter().fold(0_i64, |sum, finding| sum.saturating_add(finding.money_fen));
            Ok(Looked { rule: id, findings, money_fen, took_ms, rows_read, error: None })
        }
        Err(error) if rule::is_its_own(&error) => {
            Ok(Looked { rule: id, findings: Vec::new(), money_fen: 0, took_ms, rows_read: 0, error: Some(error.message) })
        }
        Err(error) => Err(error),
    }
}

async fn rows(mut looker: Looker<'_>, windows: Vec<Window>) -> Result<(Vec<Raised>, u64)> {
    let (mut findings, mut rows_read) = (Vec::new(), 0);
    for piece in windows {
        let (rows, read) = looker.rows(piece).await?;
        findings.extend(rows.iter().map(|(at, row)| raised(*at, row)));
        rows_read += read;
    }
    findings.sort_by(|one, other| {
        (&one.subject, &one.class, &one.lesson, &one.trainee).cmp(&(&other.subject, &other.class, &other.lesson, &other.trainee))
    });
    Ok((findings, rows_read))
}

/// When the last lesson is over of the classes that begin in a window.
pub async fn ends_of_export(lake: &Lake, window: Window) -> Result<Time> {
    look::ends(lake, window).await
}

/// From when to when the lake has lessons.
pub async fn extent_of_export(lake: &Lake) -> Result<Extent> {
    let batches = lake.query(EXTENT, Vec::new(), PLAN).await?.collect().await?;
    let Some(batch) = batches.first().filter(|batch| batch.num_rows() > 0) else { return Ok(Extent::default()) };
    let row = object(batch, 0)?;
    let cell = |name: &str| row.get(name).and_then(Value::as_str).and_then(|text| text.parse().ok());
    Ok(Extent(cell("first").zip(cell("last"))))
}

/// A row as it stands: ids of an export need not be this server's.
fn raised(at: Time, row: &Map<String, Value>) -> Raised {
    let text = |name: &str| row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    Raised {
        subject: text("subject").unwrap_or_default(),
        class: text("class"),
        lesson: text("lesson"),
        trainee: text("trainee"),
        at,
        score: row.get("score").and_then(Value::as_f64).unwrap_or_default(),
        money_fen: row.get("money_fen").and_then(Value::as_i64).unwrap_or_default(),
    }
}

/// Scores of all providers that have held a class, highest first.
pub async fn provider_scores(lake: &Lake, rules: &Rules, looked: &[Looked], now: Time) -> Result<Vec<ProviderScore>> {
    let now = ScalarValue::TimestampMicrosecond(Some(now.0), Some("UTC".into()));
    let batches = lake.query(CLASSES, vec![("now".to_owned(), now)], PLAN).await?.collect().await?;
    let (mut of_class, mut held): (BTreeMap<String, String>, BTreeMap<String, i64>) = Default::default();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let row = object(batch, row)?;
            let cell = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            *held.entry(cell("provider")).or_default() += row.get("held").and_then(Value::as_i64).unwrap_or_default();
            of_class.insert(cell("class"), cell("provider"));
        }
    }
    let mut clearest: BTreeMap<(String, String, String), (i64, f64)> = BTreeMap::new();
    for one in looked {
        for finding in &one.findings {
            let class = finding.class.clone().unwrap_or_default();
            let own = finding.subject.strip_prefix("provider:").map(str::to_owned);
            let Some(provider) = of_class.get(&class).cloned().or(own) else { continue };
            let (findings, clear) = clearest.entry((provider, one.rule.clone(), class)).or_default();
            *findings += 1;
            *clear = clear.max(finding.score);
        }
    }
    let mut found: BTreeMap<&str, Found> = BTreeMap::new();
    for ((provider, rule, class), (findings, clear)) in &clearest {
        let Some(strength) = rules.get(rule).map(|rule| rule.head.strength) else { continue };
        let classes = held.get(provider).copied().unwrap_or(1).max(1) as f64;
        let share = if class.is_empty() { *clear } else { clear / classes };
        let (_, count, sum) = found.entry(provider).or_default().entry(rule.clone()).or_insert((strength, 0, 0.0));
        *count += findings;
        *sum = (*sum + share).min(1.0);
    }
    let weights = Weights::expected(rules);
    let score = |provider: &String| found.get(provider.as_str()).map_or(0.0, |found| weights.in_all(found));
    let mut scores: Vec<ProviderScore> =
        held.keys().map(|provider| ProviderScore { provider: provider.clone(), score: score(provider) }).collect();
    scores.sort_by(|one, other| other.score.total_cmp(&one.score).then_with(|| one.provider.cmp(&other.provider)));
    Ok(scores)
}
