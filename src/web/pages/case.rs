//! A case: what is in it as it was put in, what people wrote, how it ended, and every step that led there.

use super::cases::CaseRow;
use super::format;
use super::frame::Frame;
use super::reader::Reader;
use super::trace::called;
use super::visit::{self, Visit};
use super::words::Lang;
use crate::audit::bundle::What;
use crate::audit::case::{self, Item, Kind, Outcome};
use crate::audit::overview;
use crate::error::Result;
use crate::ids::{CaseId, CaseStepId, ClassId, EvidenceId, LessonId, TraineeId};
use crate::receive::Right;
use crate::time::Time;
use crate::web::api::cases::{may, who};
use crate::web::api::hand_out;
use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// How something came into the case.
#[derive(Clone, Debug)]
pub struct Put {
    /// What it is taken out by.
    pub item: String,
    /// When it was put in.
    pub at: Time,
    /// By whom.
    pub who: String,
    /// Why, if they said.
    pub text: String,
}

/// A finding in a case, as it was put in.
#[derive(Clone, Debug)]
pub struct FindingItem {
    /// How it came in.
    pub put: Put,
    /// Its id.
    pub id: String,
    /// The rule's title then.
    pub title: String,
    /// What was seen, then.
    pub seen: String,
    /// The rule.
    pub rule: String,
    /// Its version then.
    pub version: i64,
    /// Severity then.
    pub severity: String,
    /// The class: id and title.
    pub class: Option<(String, String)>,
    /// When it happened.
    pub when: Time,
    /// Fen at risk then.
    pub fen: i64,
    /// `open`, `snoozed`, `confirmed`, `dismissed`, now.
    pub status: String,
    /// What is otherwise now, in words.
    pub changes: Vec<String>,
}

/// A piece of evidence in a case.
#[derive(Clone, Debug)]
pub struct EvidenceItem {
    /// How it came in.
    pub put: Put,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// The class and lesson it was sent for, as words.
    pub place: String,
    /// Whether there is a small picture of it.
    pub thumbnail: bool,
    /// Its index in the log.
    pub leaf: Option<u64>,
}

/// A class, lesson or trainee in a case.
#[derive(Clone, Debug)]
pub struct OtherItem {
    /// How it came in.
    pub put: Put,
    /// `class`, `lesson`, `trainee`.
    pub kind: &'static str,
    /// What it is called.
    pub name: String,
    /// Its page.
    pub href: String,
}

/// A note.
#[derive(Clone, Debug)]
pub struct NoteRow {
    /// When.
    pub at: Time,
    /// Who.
    pub who: String,
    /// What they wrote.
    pub text: String,
}

/// A step in the life of a case.
#[derive(Clone, Debug)]
pub struct StepRow {
    /// When.
    pub at: Time,
    /// `opened`, `added`, `removed`, `noted`, `closed`, `reopened`.
    pub step: String,
    /// Who.
    pub who: String,
    /// Kind and name of what was put in or taken out.
    pub what: Option<(&'static str, String)>,
    /// How it was closed.
    pub outcome: Option<&'static str>,
    /// The reason of a step that is no note.
    pub text: String,
    /// Its index in the log.
    pub leaf: Option<u64>,
}

/// How a case was closed.
#[derive(Clone, Debug)]
pub struct Ended {
    /// `handed_over`, `proven`, `unfounded`, `unproven`.
    pub outcome: &'static str,
    /// When.
    pub at: Time,
    /// By whom.
    pub who: String,
    /// Why.
    pub text: String,
    /// Fen at risk then.
    pub fen: i64,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "case.html")]
pub struct Case {
    /// Surroundings.
    pub frame: Frame,
    /// What the list says of it.
    pub head: CaseRow,
    /// How it was closed, where it is.
    pub ended: Option<Ended>,
    /// Findings.
    pub findings: Vec<FindingItem>,
    /// Evidence that was put in by itself.
    pub evidence: Vec<EvidenceItem>,
    /// Pieces of evidence that the findings point to.
    pub pointed: i64,
    /// Classes, lessons and trainees.
    pub others: Vec<OtherItem>,
    /// Notes, oldest first.
    pub notes: Vec<NoteRow>,
    /// Every step, newest first.
    pub history: Vec<StepRow>,
    /// Whether this reader may change it.
    pub may: bool,
    /// Whether this reader may take it away.
    pub takes: bool,
}

impl Case {
    /// How a case may end.
    pub fn outcomes(&self) -> [&'static str; 4] {
        Outcome::ALL.map(Outcome::as_str)
    }

    /// One case.
    pub async fn read(reader: Reader<'_>, id: CaseId, takes: bool) -> Result<Case> {
        let case::Whole { case, items, notes, history } = case::one(reader.db, id, reader.frame.now).await?;
        let opened_by = history.first().map(|line| line.by_name.clone()).unwrap_or_default();
        let ended = history.iter().rev().find(|line| line.step == "closed").zip(case.outcome).map(|(line, outcome)| Ended {
            outcome: outcome.as_str(),
            at: line.at,
            who: line.by_name.clone(),
            text: line.text.clone().unwrap_or_default(),
            fen: line.money_fen.unwrap_or_default(),
        });
        let (mut findings, mut evidence, mut others) = (Vec::new(), Vec::new(), Vec::new());
        let mut pointed: BTreeSet<&str> = BTreeSet::new();
        for item in &items {
            match item.kind {
                Kind::Finding => {
                    let pointers = item.said["evidence"].as_array().into_iter().flatten();
                    pointed.extend(pointers.filter_map(|pointer| pointer["id"].as_str()));
                    findings.push(finding(&reader, item).await?);
                }
                Kind::Evidence => evidence.push(evidence_item(&reader, item).await?),
                Kind::Class | Kind::Lesson | Kind::Trainee => others.push(other(&reader, item).await?),
            }
        }
        let pointed = pointed.len() as i64;
        let mut steps = Vec::with_capacity(history.len());
        for line in history.into_iter().rev() {
            let what = match (line.kind, line.subject) {
                (Some(kind), Some(subject)) => Some((kind.as_str(), name_of(&reader, kind, subject, &line.title).await?)),
                _ => None,
            };
            let text = line.text.filter(|_| line.step != "noted").unwrap_or_default();
            let (outcome, leaf) = (line.outcome.map(Outcome::as_str), line.log_index);
            steps.push(StepRow { at: line.at, step: line.step, who: line.by_name, what, outcome, text, leaf });
        }
        let head = CaseRow {
            id: case.id.to_string(),
            title: case.title,
            status: case.status,
            outcome: case.outcome.map(Outcome::as_str),
            by: opened_by,
            opened: case.opened_at,
            changed: case.changed_at,
            items: case.item_count,
            fen: case.money_fen,
        };
        let notes = notes.into_iter().map(|note| NoteRow { at: note.at, who: note.by_name, text: note.text }).collect();
        Ok(Case { head, ended, findings, evidence, pointed, others, notes, history: steps, may: reader.judges, takes, frame: reader.frame })
    }
}

fn put(item: &Item) -> Put {
    let text = item.text.clone().unwrap_or_default();
    Put { item: item.id.to_string(), at: item.added_at, who: item.added_by_name.clone(), text }
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

async fn finding(reader: &Reader<'_>, item: &Item) -> Result<FindingItem> {
    let (said, frame, lang) = (&item.said, &reader.frame, lang(reader));
    let class = match words(&said["class"]).parse::<ClassId>() {
        Ok(id) => overview::class_title(reader.db, id).await?.map(|title| (id.to_string(), title)),
        Err(_) => None,
    };
    let (version, fen) = (said["rule_version"].as_i64().unwrap_or_default(), said["money_fen"].as_i64().unwrap_or_default());
    let mut changes = Vec::new();
    if let Some(now) = &item.now {
        if now.rule_version != version {
            changes.push(frame.say1("case.now_version", now.rule_version));
        }
        if now.money_fen != fen {
            changes.push(frame.say1("case.now_money", format::yuan(now.money_fen)));
        }
        if let Some(at) = now.ceased_at {
            changes.push(frame.say1("finding.ceased", frame.moment(at)));
        }
    }
    Ok(FindingItem {
        put: put(item),
        id: item.subject.to_string(),
        title: words(&said["title"][lang]),
        seen: words(&said["seen"][lang]),
        rule: words(&said["rule"]),
        version,
        severity: words(&said["severity"]),
        class,
        when: words(&said["at"]).parse().unwrap_or(item.added_at),
        fen,
        status: item.now.as_ref().map_or_else(|| words(&said["status"]), |now| now.status.clone()),
        changes,
    })
}

async fn evidence_item(reader: &Reader<'_>, item: &Item) -> Result<EvidenceItem> {
    let id = EvidenceId(item.subject);
    let line = overview::evidence(reader.db, &reader.scope, id).await?.map(|head| head.line);
    let kind = words(&item.said["kind"]);
    let places =
        line.as_ref().map(|line| [line.class.as_ref().map(|class| class.1.clone()), line.lesson.as_ref().map(|lesson| lesson.1.clone())]);
    Ok(EvidenceItem {
        put: put(item),
        id: id.to_string(),
        name: called(item.said["filename"].as_str(), &kind, id),
        kind,
        place: places.into_iter().flatten().flatten().collect::<Vec<_>>().join(" · "),
        thumbnail: line.as_ref().is_some_and(|line| line.thumbnail),
        leaf: line.and_then(|line| line.leaf),
    })
}

async fn other(reader: &Reader<'_>, item: &Item) -> Result<OtherItem> {
    let (kind, id) = (item.kind, item.subject);
    let folder = match kind {
        Kind::Class => "classes",
        Kind::Lesson => "lessons",
        _ => "trainees",
    };
    let name = thing_name(reader, kind, id).await?.unwrap_or_else(|| words(&item.said["external_id"]));
    Ok(OtherItem { put: put(item), kind: kind.as_str(), name, href: format!("/{folder}/{id}") })
}

/// What is not a finding is called; the name of a trainee as far as the reader may see it.
async fn thing_name(reader: &Reader<'_>, kind: Kind, id: uuid::Uuid) -> Result<Option<String>> {
    match kind {
        Kind::Class => overview::class_title(reader.db, ClassId(id)).await,
        Kind::Lesson => overview::lesson_place(reader.db, LessonId(id)).await,
        Kind::Trainee => Ok(overview::trainee_name(reader.db, TraineeId(id)).await?.map(|name| reader.person(&name))),
        Kind::Evidence => {
            let head = overview::evidence(reader.db, &reader.scope, EvidenceId(id)).await?;
            Ok(head.map(|head| called(head.line.filename.as_deref(), &head.line.kind, head.line.id)))
        }
        Kind::Finding => Ok(None),
    }
}

/// What a step put in or took out is called; where it has no name, by the end of its id.
async fn name_of(reader: &Reader<'_>, kind: Kind, id: uuid::Uuid, title: &Value) -> Result<String> {
    if let Some(name) = thing_name(reader, kind, id).await? {
        return Ok(name);
    }
    let name = title.as_str().or(title[lang(reader)].as_str()).map(str::to_owned);
    Ok(name.unwrap_or_else(|| id.to_string().split_off(28)))
}

/// The reader's language as documents call it.
fn lang(reader: &Reader<'_>) -> &'static str {
    match reader.frame.lang {
        Lang::Zh => "zh",
        Lang::En => "en",
    }
}

/// `GET /cases/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    let actor = &visit.person.actor;
    let page = match (may(actor, Right::SeeFindings), visit::id(&id)) {
        (Ok(()), Ok(case)) => Case::read(visit.reader(), case, actor.role.may(Right::Query)).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    visit.answer_named("case", &id, page).await
}

/// What the forms of a case send.
#[derive(Debug, Deserialize)]
pub struct Sent {
    csrf: String,
    #[serde(default)]
    text: String,
    outcome: Option<Outcome>,
}

impl Sent {
    fn may(&self, visit: &Visit) -> Result<()> {
        visit.check(&self.csrf)?;
        may(&visit.person.actor, Right::Judge)
    }

    fn text(&self) -> Option<&str> {
        Some(self.text.as_str())
    }
}

/// `POST /cases/{id}/notes`
pub async fn note(visit: Visit, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let done = async {
        sent.may(&visit)?;
        case::note(&visit.app.db, &visit.app.ids, visit::id(&id)?, &sent.text, who(&visit.app, &visit.person.actor)).await
    };
    after(&visit, done.await, &id, "#notes")
}

/// `POST /cases/{id}/items/{item}/remove`
pub async fn remove(visit: Visit, Path((id, item)): Path<(String, String)>, Form(sent): Form<Sent>) -> Response {
    let done = async {
        sent.may(&visit)?;
        let (case, item): (CaseId, CaseStepId) = (visit::id(&id)?, visit::id(&item)?);
        case::remove(&visit.app.db, &visit.app.ids, case, item, sent.text(), who(&visit.app, &visit.person.actor)).await
    };
    after(&visit, done.await, &id, "")
}

/// `POST /cases/{id}/close`
pub async fn close(visit: Visit, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let done = async {
        sent.may(&visit)?;
        let outcome = sent.outcome.ok_or_else(|| crate::error::Error::of(&crate::error::codes::INVALID))?;
        case::close(&visit.app.db, &visit.app.ids, visit::id(&id)?, outcome, sent.text(), who(&visit.app, &visit.person.actor)).await
    };
    after(&visit, done.await, &id, "")
}

/// `POST /cases/{id}/reopen`
pub async fn reopen(visit: Visit, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let done = async {
        sent.may(&visit)?;
        case::reopen(&visit.app.db, &visit.app.ids, visit::id(&id)?, &sent.text, who(&visit.app, &visit.person.actor)).await
    };
    after(&visit, done.await, &id, "")
}

fn after(visit: &Visit, done: Result<()>, id: &str, place: &str) -> Response {
    visit.app.log.wake();
    visit.back(done, &format!("/cases/{id}{place}"))
}

/// `POST /cases/{id}/bundle`: the case to take away.
pub async fn bundle(visit: Visit, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let made = async {
        visit.check(&sent.csrf)?;
        let (app, actor) = (&visit.app, &visit.person.actor);
        actor.require(Right::Query)?;
        may(actor, Right::SeeFindings)?;
        hand_out(app, actor, What::Case(visit::id(&id)?), None).await
    };
    match made.await {
        Ok(response) => response,
        Err(error) => visit.back(Err(error), "/cases"),
    }
}
