//! Cases: what an investigator puts together.

use super::json;
use crate::app::App;
use crate::audit::case::{self, Filter, Kind, Open, Outcome, Page, Thing, Who, Whole};
use crate::error::{Error, Result, codes};
use crate::ids::{CaseId, CaseStepId};
use crate::receive::{Actor, Right};
use crate::register::{Reference, class, trail};
use crate::time::Time;
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

/// What the list is narrowed to.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    status: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// One thing, named by its kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    finding: Option<String>,
    evidence: Option<String>,
    class: Option<String>,
    lesson: Option<String>,
    trainee: Option<String>,
}

/// What a case is opened with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opened {
    title: String,
    #[serde(default)]
    items: Vec<Named>,
    note: Option<String>,
}

/// What is put in: one thing, or several.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Added {
    #[serde(default)]
    items: Vec<Named>,
    finding: Option<String>,
    evidence: Option<String>,
    class: Option<String>,
    lesson: Option<String>,
    trainee: Option<String>,
    #[serde(alias = "note")]
    reason: Option<String>,
}

/// A note.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Noted {
    #[serde(alias = "note")]
    text: String,
}

/// How a case ends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Closed {
    outcome: Outcome,
    #[serde(alias = "note")]
    reason: Option<String>,
}

/// Why.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Why {
    #[serde(alias = "note")]
    reason: Option<String>,
}

/// The newest cases first
#[utoipa::path(get, path = "/v1/cases", tag = "detect",
    params(("status" = Option<String>, Query, description = "open or closed"), ("cursor" = Option<String>, Query), ("limit" = Option<i64>, Query)),
    responses((status = 200, description = "{items: [{id, title, status, outcome?, opened_by, opened_at, changed_at, item_count, money_fen}], next?}")))]
pub(super) async fn list(State(app): State<App>, Asker(actor): Asker, Query(wanted): Query<Wanted>) -> Answer<Json<Page>> {
    may(&actor, Right::SeeFindings)?;
    let filter = Filter { status: wanted.status, cursor: wanted.cursor, limit: wanted.limit.unwrap_or(100) };
    Ok(Json(case::list(&app.db, &filter).await?))
}

/// Open a case: {title, items?: [{finding|evidence|class|lesson|trainee}], note?}. Each item keeps what it says now
#[utoipa::path(post, path = "/v1/cases", tag = "detect", request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "the case"), (status = 404, description = "not_found, unknown_class, unknown_lesson, unknown_trainee")))]
pub(super) async fn open(State(app): State<App>, Asker(actor): Asker, body: Body) -> Answer<(StatusCode, Json<Whole>)> {
    may(&actor, Right::Judge)?;
    let opened: Opened = json(&app, body).await?;
    let things = things(&app, &opened.items).await?;
    let new = Open { title: &opened.title, things: &things, text: opened.note.as_deref() };
    let who = who(&app, &actor);
    let id = case::open(&app.db, &app.rules, &app.ids, new, who).await?;
    Ok((StatusCode::CREATED, after(&app, id, who.now).await?))
}

/// One case: items as they were put in with what they say now, notes, every step, money at risk
#[utoipa::path(get, path = "/v1/cases/{id}", tag = "detect", params(("id" = String, Path)),
    responses((status = 200, description = "the case, with items: [{id, kind, finding|evidence|class|lesson|trainee, added_at, added_by, added_by_name, reason?, said, now?: {status, money_fen, rule_version, ceased_at?}}], notes: [{at, by, by_name, text}], history: [{number, step, at, by, by_name, kind?, subject?, title?, outcome?, money_fen?, text?, log_index?}]"), (status = 404, description = "not_found")))]
pub(super) async fn get(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>) -> Answer<Json<Whole>> {
    may(&actor, Right::SeeFindings)?;
    let id: CaseId = self::id(&id)?;
    let now = app.clock.now();
    let whole = case::one(&app.db, id, now).await?;
    // Notes speak of people.
    let subject_id = id.to_string();
    let note = trail::Note { actor: &actor.label, action: "names.seen", subject_kind: "case", subject_id: &subject_id, detail: None };
    trail::looked(&app.db, &app.ids, now, note).await?;
    Ok(Json(whole))
}

/// Put something into a case: {finding|evidence|class|lesson|trainee, reason?}, or several as {items: […], reason?}; what is in it already stays as it was put in
#[utoipa::path(post, path = "/v1/cases/{id}/items", tag = "detect", params(("id" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the case"), (status = 404, description = "not_found, unknown_class, unknown_lesson, unknown_trainee"), (status = 409, description = "case_closed")))]
pub(super) async fn add(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>, body: Body) -> Answer<Json<Whole>> {
    may(&actor, Right::Judge)?;
    let case: CaseId = self::id(&id)?;
    let Added { mut items, finding, evidence, class, lesson, trainee, reason } = json(&app, body).await?;
    let single = Named { finding, evidence, class, lesson, trainee };
    if single.any() {
        items.push(single);
    }
    if items.is_empty() {
        return Err(Error::new(&codes::INVALID, "Name a finding, evidence, class, lesson or trainee, or several as items.").into());
    }
    let (things, who) = (things(&app, &items).await?, who(&app, &actor));
    case::add(&app.db, &app.rules, &app.ids, case, &things, reason.as_deref(), who).await?;
    after(&app, case, who.now).await
}

/// Take an item out of a case: {reason?}; the case remembers that it was there
#[utoipa::path(post, path = "/v1/cases/{id}/items/{item}/remove", tag = "detect", params(("id" = String, Path), ("item" = String, Path, description = "the item's id")),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the case"), (status = 404, description = "not_found"), (status = 409, description = "case_closed")))]
pub(super) async fn remove(
    State(app): State<App>,
    Asker(actor): Asker,
    Path((id, item)): Path<(String, String)>,
    body: Body,
) -> Answer<Json<Whole>> {
    may(&actor, Right::Judge)?;
    let (case, item): (CaseId, CaseStepId) = (self::id(&id)?, self::id(&item)?);
    let (why, who): (Why, _) = (json(&app, body).await?, who(&app, &actor));
    case::remove(&app.db, &app.ids, case, item, why.reason.as_deref(), who).await?;
    after(&app, case, who.now).await
}

/// Write a note: {text}. The log has a commitment to it alone
#[utoipa::path(post, path = "/v1/cases/{id}/notes", tag = "detect", params(("id" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 201, description = "the case"), (status = 404, description = "not_found"), (status = 409, description = "case_closed")))]
pub(super) async fn note(
    State(app): State<App>,
    Asker(actor): Asker,
    Path(id): Path<String>,
    body: Body,
) -> Answer<(StatusCode, Json<Whole>)> {
    may(&actor, Right::Judge)?;
    let case: CaseId = self::id(&id)?;
    let (noted, who): (Noted, _) = (json(&app, body).await?, who(&app, &actor));
    case::note(&app.db, &app.ids, case, &noted.text, who).await?;
    Ok((StatusCode::CREATED, after(&app, case, who.now).await?))
}

/// Close a case: {outcome: handed_over|proven|unfounded|unproven, reason?}
#[utoipa::path(post, path = "/v1/cases/{id}/close", tag = "detect", params(("id" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the case"), (status = 404, description = "not_found"), (status = 409, description = "case_closed")))]
pub(super) async fn close(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>, body: Body) -> Answer<Json<Whole>> {
    may(&actor, Right::Judge)?;
    let case: CaseId = self::id(&id)?;
    let (closed, who): (Closed, _) = (json(&app, body).await?, who(&app, &actor));
    case::close(&app.db, &app.ids, case, closed.outcome, closed.reason.as_deref(), who).await?;
    after(&app, case, who.now).await
}

/// Open a closed case again: {reason}
#[utoipa::path(post, path = "/v1/cases/{id}/reopen", tag = "detect", params(("id" = String, Path)), request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the case"), (status = 404, description = "not_found"), (status = 409, description = "case_open")))]
pub(super) async fn reopen(State(app): State<App>, Asker(actor): Asker, Path(id): Path<String>, body: Body) -> Answer<Json<Whole>> {
    may(&actor, Right::Judge)?;
    let case: CaseId = self::id(&id)?;
    let (why, who): (Why, _) = (json(&app, body).await?, who(&app, &actor));
    case::reopen(&app.db, &app.ids, case, why.reason.as_deref().unwrap_or_default(), who).await?;
    after(&app, case, who.now).await
}

/// Refuses whoever may not, and everybody who is bound to one provider or platform: a case goes across them.
pub(in crate::web) fn may(actor: &Actor, right: Right) -> Result<()> {
    actor.require(right)?;
    if actor.unbounded() {
        return Ok(());
    }
    Err(Error::new(&codes::FORBIDDEN, "Cases go across providers and platforms; this token or login is bound to one."))
}

/// The actor, now.
pub(in crate::web) fn who<'a>(app: &App, actor: &'a Actor) -> Who<'a> {
    Who { label: &actor.label, name: &actor.name, now: app.clock.now() }
}

async fn after(app: &App, case: CaseId, now: Time) -> Answer<Json<Whole>> {
    app.log.wake();
    Ok(Json(case::one(&app.db, case, now).await?))
}

fn id<T: std::str::FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::of(&codes::INVALID_ID))
}

impl Named {
    fn any(&self) -> bool {
        [&self.finding, &self.evidence, &self.class, &self.lesson, &self.trainee].into_iter().any(Option::is_some)
    }
}

/// What is named, each by its kind; a class may be named by the caller's own id.
async fn things(app: &App, named: &[Named]) -> Result<Vec<Thing>> {
    let mut things = Vec::with_capacity(named.len());
    for one in named {
        if !one.any() {
            return Err(Error::new(&codes::INVALID, "An item is a finding, evidence, class, lesson or trainee with its id."));
        }
        let each =
            [(Kind::Finding, &one.finding), (Kind::Evidence, &one.evidence), (Kind::Lesson, &one.lesson), (Kind::Trainee, &one.trainee)];
        for (kind, text) in each {
            if let Some(text) = text {
                things.push(Thing { kind, id: id(text)? });
            }
        }
        if let Some(text) = &one.class {
            let class = class::get(&app.db, &text.parse::<Reference>()?).await?;
            things.push(Thing { kind: Kind::Class, id: class.id.0 });
        }
    }
    Ok(things)
}
