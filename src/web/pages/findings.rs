//! The queue of findings.

use super::cases::{Belongs, sees};
use super::frame::{Frame, with_query};
use super::reader::Reader;
use super::visit::Visit;
use crate::audit::{case, overview};
use crate::detect::{self, Explanation, Finding, Order, Told};
use crate::error::{Result, codes};
use crate::ids::{ClassId, ProviderId, TraineeId};
use crate::receive::identity::Right;
use crate::register::{Reference, provider};
use crate::time::Time;
use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use std::collections::HashMap;

/// A finding in a list.
#[derive(Clone, Debug)]
pub struct FindingRow {
    /// Its id.
    pub id: String,
    /// The rule's id.
    pub rule: String,
    /// The rule's title in the reader's language.
    pub title: String,
    /// `info`, `low`, `medium`, `high`.
    pub severity: String,
    /// `weak`, `medium`, `strong`.
    pub strength: String,
    /// `open`, `snoozed`, `confirmed`, `dismissed`.
    pub status: String,
    /// What was seen, in one sentence in the reader's language.
    pub seen: String,
    /// The class's id and title.
    pub class: Option<(String, String)>,
    /// When it happened.
    pub at: Time,
    /// Money at risk in fen.
    pub fen: i64,
    /// Whether it is in a case, as far as the reader sees cases.
    pub in_case: bool,
}

/// What the queue is narrowed to; every field as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Status; `open` unless said otherwise, `all` for all.
    pub status: String,
    /// Rule id.
    pub rule: String,
    /// Severity.
    pub severity: String,
    /// Class id.
    pub class: String,
    /// Provider id.
    pub provider: String,
    /// `money` or `time`.
    pub order: String,
    /// Where the part before ended.
    pub cursor: String,
    /// Not empty: some are to be chosen for a case; `none`: and none was.
    pub choose: String,
}

impl Filter {
    /// The same as the stage takes it. A class that is no id is none, and so is a status that is no word.
    fn asked(&self, reader: &Reader<'_>) -> detect::Filter {
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        detect::Filter {
            rule: some(&self.rule),
            status: some(&self.status).filter(|status| status != "all"),
            severity: some(&self.severity),
            class: self.class.parse().ok(),
            provider: reader.scope.provider.as_ref().unwrap_or(&self.provider).parse().ok(),
            order: if self.order == "time" { Order::Time } else { Order::Money },
            cursor: some(&self.cursor),
            ..detect::Filter::default()
        }
    }
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "findings.html")]
pub struct Findings {
    /// Surroundings.
    pub frame: Frame,
    /// This part of the queue.
    pub rows: Vec<FindingRow>,
    /// How many match in all.
    pub total: i64,
    /// Money at risk in fen of all that match.
    pub fen: i64,
    /// What it is narrowed to.
    pub filter: Filter,
    /// Rules to choose from: id, title in the reader's language.
    pub rules: Vec<(String, String)>,
    /// The title of the class it is narrowed to.
    pub class_title: Option<String>,
    /// The name of the provider it is narrowed to.
    pub provider_name: Option<String>,
    /// The cases that something may be put into, for whoever may.
    pub belongs: Option<Belongs>,
    /// When the rules last ran.
    pub ran: Option<Time>,
    /// The next part.
    pub next: Option<String>,
}

impl Findings {
    /// The states to choose from.
    pub fn statuses(&self) -> [&'static str; 5] {
        ["open", "snoozed", "confirmed", "dismissed", "all"]
    }

    /// The severities to choose from.
    pub fn severities(&self) -> [&'static str; 4] {
        ["high", "medium", "low", "info"]
    }

    /// The same list, to choose from.
    pub fn choosing(&self) -> String {
        with_query(&self.frame.place, "choose", "1")
    }

    /// The same list, to read.
    pub fn not_choosing(&self) -> String {
        with_query(&self.frame.place, "choose", "")
    }

    /// The part of the queue an address asks for.
    pub async fn read(reader: Reader<'_>, mut filter: Filter) -> Result<Findings> {
        if filter.status.is_empty() {
            filter.status = "open".to_owned();
        }
        let asked = filter.asked(&reader);
        let page = detect::list(reader.db, reader.rules, &asked, reader.frame.now).await?;
        let total = detect::total(reader.db, &asked, reader.frame.now).await?;
        Ok(Findings {
            rows: rows(&reader, &page.items).await?,
            total: total.count,
            fen: total.money_fen,
            rules: reader.rules.iter().map(|rule| (rule.head.id.clone(), reader.told(&rule.head.title).to_owned())).collect(),
            class_title: match asked.class {
                Some(class) => overview::class_title(reader.db, class).await?,
                None => None,
            },
            provider_name: match asked.provider {
                Some(provider) => provider_name(&reader, provider).await?,
                None => None,
            },
            belongs: Belongs::chosen(&reader).await?,
            ran: detect::newest_run(reader.db).await?,
            next: page.next.map(|cursor| with_query(&reader.frame.place, "cursor", &cursor)),
            filter,
            frame: reader.frame,
        })
    }
}

/// What a provider is called; nothing where there is none.
async fn provider_name(reader: &Reader<'_>, id: ProviderId) -> Result<Option<String>> {
    match provider::get(reader.db, &Reference::Id(id.0)).await {
        Ok(provider) => Ok(Some(provider.name)),
        Err(error) if error.code == codes::UNKNOWN_PROVIDER.name => Ok(None),
        Err(error) => Err(error),
    }
}

/// Findings as lists show them.
pub(super) async fn rows(reader: &Reader<'_>, findings: &[Finding]) -> Result<Vec<FindingRow>> {
    let mut titles: HashMap<ClassId, String> = HashMap::new();
    let mut rows = Vec::with_capacity(findings.len());
    for finding in findings {
        if let Some(class) = finding.class
            && !titles.contains_key(&class)
        {
            titles.insert(class, overview::class_title(reader.db, class).await?.unwrap_or_default());
        }
        let in_case = sees(reader) && !case::of(reader.db, case::Kind::Finding, finding.id).await?.is_empty();
        rows.push(row(reader, finding, &titles, in_case));
    }
    Ok(rows)
}

fn row(reader: &Reader<'_>, finding: &Finding, titles: &HashMap<ClassId, String>, in_case: bool) -> FindingRow {
    let class = finding.class.and_then(|id| titles.get(&id).map(|title| (id.to_string(), title.clone())));
    FindingRow {
        id: finding.id.to_string(),
        rule: finding.rule.clone(),
        title: reader.told(&finding.title).to_owned(),
        severity: finding.severity.clone(),
        strength: finding.strength.clone(),
        status: finding.status.clone(),
        seen: in_words(reader, &finding.explanation).seen.clone(),
        class,
        at: finding.at,
        fen: finding.money_fen,
        in_case,
    }
}

/// What a finding says, in the reader's language.
pub(super) fn in_words<'e>(reader: &Reader<'_>, explanation: &'e Explanation) -> &'e Told {
    match reader.frame.lang {
        super::words::Lang::Zh => &explanation.zh,
        super::words::Lang::En => &explanation.en,
    }
}

/// What still stands against something: open or confirmed findings that pass a test; none for who may not see findings.
pub(super) async fn standing(
    reader: &Reader<'_>,
    class: Option<ClassId>,
    trainee: Option<TraineeId>,
    speaks: impl Fn(&Finding) -> bool,
) -> Result<Vec<FindingRow>> {
    if !reader.findings || (class.is_none() && trainee.is_none()) {
        return Ok(Vec::new());
    }
    let filter = detect::Filter { class, trainee, limit: MOST, ..detect::Filter::default() };
    let page = detect::list(reader.db, reader.rules, &filter, reader.frame.now).await?;
    let stands = |finding: &Finding| finding.ceased_at.is_none() && matches!(finding.status.as_str(), "open" | "confirmed");
    let found: Vec<Finding> = page.items.into_iter().filter(|finding| stands(finding) && speaks(finding)).collect();
    rows(reader, &found).await
}

/// Findings looked at for [`standing`].
const MOST: i64 = 500;

/// `GET /findings`
pub async fn show(visit: Visit, Query(filter): Query<Filter>) -> Response {
    let page = match visit.person.actor.require(Right::SeeFindings) {
        Ok(()) => Findings::read(visit.reader(), filter).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}
