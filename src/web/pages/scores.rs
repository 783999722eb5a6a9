//! Scores: who has most against them, and what that is made of.

use super::frame::{Frame, with_query};
use super::reader::Reader;
use super::visit::Visit;
use crate::detect::score;
use crate::error::Result;
use crate::receive::Right;
use crate::web::api::scores::{self, KINDS};
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Rows of a part of the ranking.
const ROWS: i64 = 50;

/// What the ranking is narrowed to; every field as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// `provider` unless said otherwise.
    pub kind: String,
    /// `all` unless said otherwise.
    pub typology: String,
    /// One subject alone.
    pub subject: String,
    /// Where the part before ended.
    pub cursor: String,
}

/// What a rule adds.
#[derive(Clone, Debug)]
pub struct Part {
    /// The rule's id.
    pub rule: String,
    /// Its title in the reader's language.
    pub title: String,
    /// Its findings.
    pub findings: i64,
    /// How clear they are, percent.
    pub clear: i64,
    /// The share of its findings that may be expected to hold, percent.
    pub weight: i64,
    /// What it adds, percent.
    pub part: i64,
}

/// A row of the ranking.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// Where it is looked at.
    pub href: String,
    /// The kind of fraud.
    pub typology: String,
    /// Percent.
    pub score: i64,
    /// Fen at risk at least.
    pub fen: i64,
    /// What it is made of.
    pub parts: Vec<Part>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "scores.html")]
pub struct Scores {
    /// Surroundings.
    pub frame: Frame,
    /// Highest first.
    pub rows: Vec<Row>,
    /// What it is narrowed to.
    pub filter: Filter,
    /// The kinds of fraud that rules in force know.
    pub typologies: Vec<String>,
    /// The next part.
    pub next: Option<String>,
}

impl Scores {
    /// The kinds of subjects to choose from.
    pub fn kinds(&self) -> [&'static str; 4] {
        KINDS
    }

    /// The part of the ranking an address asks for.
    pub async fn read(reader: Reader<'_>, mut filter: Filter) -> Result<Scores> {
        if !KINDS.contains(&filter.kind.as_str()) {
            filter.kind = KINDS[0].to_owned();
        }
        if filter.typology.is_empty() {
            filter.typology = score::ALL.to_owned();
        }
        let (scores, next) = if filter.subject.is_empty() {
            let behind = if filter.cursor.is_empty() { None } else { Some(scores::behind(&filter.cursor)?) };
            let behind = behind.as_ref().map(|(score, id)| (*score, id.as_str()));
            scores::page(reader.db, &filter.kind, &filter.typology, behind, ROWS).await?
        } else {
            (score::of(reader.db, &filter.kind, &filter.subject).await?, None)
        };
        let typologies: BTreeSet<&str> = reader.rules.iter().map(|rule| rule.head.typology.as_str()).collect();
        Ok(Scores {
            rows: scores.into_iter().map(|score| row(&reader, score)).collect(),
            typologies: std::iter::once(score::ALL).chain(typologies).map(str::to_owned).collect(),
            next: next.map(|cursor| with_query(&reader.frame.place, "cursor", &cursor)),
            filter,
            frame: reader.frame,
        })
    }
}

fn row(reader: &Reader<'_>, score: score::Score) -> Row {
    let part = |part: score::Part| Part {
        title: reader.rules.get(&part.rule).map_or(part.rule.clone(), |rule| reader.told(&rule.head.title).to_owned()),
        findings: part.findings,
        clear: percent(part.clear),
        weight: percent(part.weight),
        part: percent(part.part),
        rule: part.rule,
    };
    let href = match score.kind.as_str() {
        "class" => format!("/classes/{}", score.id),
        "trainee" => format!("/trainees/{}", score.id),
        "provider" => format!("/findings?status=open&provider={}", score.id),
        kind => format!("/scores?kind={kind}&subject={}", score.id),
    };
    Row {
        href,
        name: score.name.unwrap_or(score.id),
        typology: score.typology,
        score: percent(score.score),
        fen: score.money_fen,
        parts: score.parts.into_iter().map(part).collect(),
    }
}

fn percent(share: f64) -> i64 {
    (share * 100.0).round() as i64
}

/// `GET /scores`
pub async fn show(visit: Visit, Query(filter): Query<Filter>) -> Response {
    let page = match visit.person.actor.require(Right::SeeFindings) {
        Ok(()) => Scores::read(visit.reader(), filter).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}
