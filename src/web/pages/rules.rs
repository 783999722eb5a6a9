//! The rules: what each sees, and what it would see with other values.

use super::frame::Frame;
use super::reader::Reader;
use super::visit::Visit;
use crate::detect::{self, Backtest, Head, RunLine, parameter};
use crate::error::{Error, Result, codes};
use crate::receive::Right;
use crate::time::Time;
use crate::web::api::{TryWanted, try_rule};
use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A rule in the list.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its title in the reader's language.
    pub title: String,
    /// `info`, `low`, `medium`, `high`.
    pub severity: &'static str,
    /// `weak`, `medium`, `strong`.
    pub strength: &'static str,
    /// Its open findings.
    pub open: i64,
    /// Fen at risk in them.
    pub fen: i64,
    /// What people confirmed, and dismissed, of all it ever found.
    pub judged: (i64, i64),
}

/// The list.
#[derive(Debug, Template)]
#[template(path = "rules.html")]
pub struct Rules {
    /// Surroundings.
    pub frame: Frame,
    /// By open money at risk.
    pub rows: Vec<Row>,
    /// What is wrong with the rules of the operator's folder that were left out.
    pub broken: Vec<String>,
    /// When the rules last saw something.
    pub ran: Option<Time>,
    /// The newest runs.
    pub runs: Vec<RunLine>,
    /// Whether the reader may stop one.
    pub stops: bool,
}

/// A value of a rule in its form.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What stands in the form.
    pub value: String,
    /// What is in force.
    pub live: String,
    /// Where that comes from.
    pub source: String,
    /// Regions where another value is in force, and that.
    pub elsewhere: Vec<(String, String)>,
}

/// One rule.
#[derive(Debug, Template)]
#[template(path = "rule.html")]
pub struct One {
    /// Surroundings.
    pub frame: Frame,
    /// The rule.
    pub row: Row,
    /// Its version.
    pub version: i64,
    /// What would be normal.
    pub normal: String,
    /// Why it matters.
    pub matters: String,
    /// What else could explain what it sees.
    pub innocent: Vec<String>,
    /// Its values.
    pub fields: Vec<Field>,
    /// Its file.
    pub sql: String,
    /// Whether the reader may try it.
    pub tries: bool,
    /// What came of trying it.
    pub told: Option<Backtest>,
}

fn row(reader: &Reader<'_>, head: &Head, counts: &BTreeMap<String, detect::Count>) -> Row {
    let count = counts.get(&head.id).copied().unwrap_or_default();
    Row {
        id: head.id.clone(),
        title: reader.told(&head.title).to_owned(),
        severity: head.severity.as_str(),
        strength: head.strength.as_str(),
        open: count.open,
        fen: count.money_fen,
        judged: (count.confirmed, count.dismissed),
    }
}

/// Runs shown.
const RUNS: i64 = 5;

impl Rules {
    /// How far a run is: `going`, `ended`, `stopped`, or `broken`: it has no end, and another has begun since.
    pub fn state(&self, run: &RunLine) -> &'static str {
        match (run.ended_at, run.stopped) {
            (_, true) => "stopped",
            (Some(_), _) => "ended",
            (None, _) if self.runs.first().is_some_and(|newest| newest.id == run.id) => "going",
            (None, _) => "broken",
        }
    }

    /// All rules in force.
    pub async fn read(reader: Reader<'_>) -> Result<Rules> {
        let counts = detect::counts(reader.db, reader.frame.now).await?;
        let mut rows: Vec<Row> = reader.rules.iter().map(|rule| row(&reader, &rule.head, &counts)).collect();
        rows.sort_by(|one, other| (other.fen, other.open, &one.id).cmp(&(one.fen, one.open, &other.id)));
        Ok(Rules {
            rows,
            broken: reader.rules.broken().iter().map(|error| error.message.clone()).collect(),
            ran: detect::newest_run(reader.db).await?,
            runs: detect::runs(reader.db, RUNS).await?,
            stops: reader.judges,
            frame: reader.frame,
        })
    }
}

impl One {
    /// A rule, with what stands in its form and what came of it.
    pub async fn read(reader: Reader<'_>, id: &str, sent: &BTreeMap<String, String>, tries: bool, told: Option<Backtest>) -> Result<One> {
        let rule = reader.rules.get(id).ok_or_else(|| Error::of(&codes::NOT_FOUND))?;
        let counts = detect::counts(reader.db, reader.frame.now).await?;
        let field = |(name, value): (&String, &detect::Parameter)| {
            let live = plain(&value.value);
            let there = rule.regions.iter().filter_map(|there| Some((there.region.clone(), plain(&there.parameters.get(name)?.value))));
            let elsewhere = there.filter(|(_, value)| *value != live).collect();
            Field { value: sent.get(name).unwrap_or(&live).clone(), name: name.clone(), live, source: value.source.clone(), elsewhere }
        };
        let template = match reader.frame.lang {
            super::words::Lang::Zh => &rule.head.explanation.zh,
            super::words::Lang::En => &rule.head.explanation.en,
        };
        Ok(One {
            row: row(&reader, &rule.head, &counts),
            version: rule.head.version,
            normal: template.normal.clone(),
            matters: template.matters.clone(),
            innocent: rule.head.innocent.iter().map(|both| reader.told(both).to_owned()).collect(),
            fields: rule.head.parameters.iter().map(field).collect(),
            sql: rule.sql.clone(),
            tries,
            told,
            frame: reader.frame,
        })
    }
}

fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `GET /rules`
pub async fn list(visit: Visit) -> Response {
    let page = match visit.person.actor.require(Right::SeeFindings) {
        Ok(()) => Rules::read(visit.reader()).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}

/// What the form of a run sends.
#[derive(Debug, Deserialize)]
pub struct Stop {
    csrf: String,
}

/// `POST /rules/runs/{id}/stop`
pub async fn stop(visit: Visit, Path(id): Path<String>, Form(sent): Form<Stop>) -> Response {
    let done = ask_to_stop(&visit, &id, &sent.csrf).await;
    visit.back(done, "/rules")
}

async fn ask_to_stop(visit: &Visit, id: &str, csrf: &str) -> Result<()> {
    visit.check(csrf)?;
    visit.person.actor.require(Right::Judge)?;
    detect::stop(&visit.app.db, &visit.app.ids, id, &visit.person.actor.label, visit.app.clock.now()).await
}

fn may_try(visit: &Visit) -> bool {
    visit.person.actor.role.may(Right::Query)
}

/// `GET /rules/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    let page = match visit.person.actor.require(Right::SeeFindings) {
        Ok(()) => One::read(visit.reader(), &id, &BTreeMap::new(), may_try(&visit), None).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}

/// `POST /rules/{id}`: tries the rule with the values of the form.
pub async fn try_it(visit: Visit, Path(id): Path<String>, Form(mut sent): Form<BTreeMap<String, String>>) -> Response {
    let csrf = sent.remove("csrf").unwrap_or_default();
    let page = match visit.check(&csrf) {
        Ok(()) => tried(&visit, &id, &sent).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}

async fn tried(visit: &Visit, id: &str, sent: &BTreeMap<String, String>) -> Result<One> {
    let rule = visit.app.rules.get(id).ok_or_else(|| Error::of(&codes::NOT_FOUND))?;
    let parameters = rule.head.parameters.iter().filter_map(|(name, live)| {
        let text = sent.get(name)?.trim();
        let value = if live.value.is_str() { toml::Value::String(text.to_owned()) } else { parameter(text) };
        // What is as it was stays otherwise in the regions where it is.
        (value != live.value).then(|| (name.clone(), value))
    });
    let wanted = TryWanted { sql: rule.sql.clone(), parameters: parameters.collect(), since: None, until: None };
    let told = try_rule(&visit.app, &visit.person.actor, wanted).await?;
    One::read(visit.reader(), id, sent, may_try(visit), Some(told)).await
}
