//! The statements resource of xAPI, so that what speaks xAPI already hands over without a line of new code. The endpoint names class and
//! lesson: `/xapi/{class}/` or `/xapi/{class}/{lesson}/`. A client sends a keshi token as the password of Basic authentication, under any
//! name, or as a bearer token.

use super::evidence::{encoded, stream};
use super::signed::is_signed;
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::ids::EvidenceId;
use crate::pipeline::statements::{self, Kept};
use crate::receive::signature::{self, Handed};
use crate::receive::{Actor, Claim, Kind, Query as ClaimQuery, Right, identity};
use crate::register::{class, lesson};
use crate::store::{self, Evidence, Filter};
use crate::time::Time;
use crate::web::auth::Asker;
use crate::web::problem::{Answer, Problem};
use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

const VERSION: HeaderName = HeaderName::from_static("x-experience-api-version");
const CONSISTENT: HeaderName = HeaderName::from_static("x-experience-api-consistent-through");
/// The versions answered with.
const VERSIONS: [&str; 2] = ["1.0.3", "2.0.0"];
/// Most statements in an answer, and as many as are given unless asked for fewer.
const MOST: usize = 100;
/// Pieces of evidence that one question looks at.
const LOOKED_AT: usize = 500;

/// All addresses below `/xapi`.
pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(about))
        .routes(routes!(about_of_lesson))
        .routes(routes!(get, post, put))
        .routes(routes!(get_of_lesson, post_of_lesson, put_of_lesson))
        .fallback(nowhere)
        .layer(axum::middleware::from_fn(versioned))
}

/// Every request but that for `about` names its version, and every answer does.
async fn versioned(request: Request, next: Next) -> Response {
    let asked = request.headers().get(VERSION).and_then(|value| value.to_str().ok());
    let version = match asked {
        Some(text) if text == "1.0" || text.starts_with("1.0.") => Some(VERSIONS[0]),
        Some(text) if text == "2.0" || text.starts_with("2.0.") => Some(VERSIONS[1]),
        None if request.uri().path().ends_with("/about") => Some(VERSIONS[0]),
        _ => None,
    };
    let mut response = match version {
        Some(_) => next.run(request).await,
        None => problem("Name the version in the header X-Experience-API-Version: 1.0.3 or 2.0.0.").into_response(),
    };
    response.headers_mut().insert(VERSION, HeaderValue::from_static(version.unwrap_or(VERSIONS[0])));
    response
}

fn problem(sentence: &str) -> Problem {
    Error::new(&codes::INVALID, sentence).into()
}

/// Resources that are no evidence. A client that looks for a state takes 404 for 'none so far'.
async fn nowhere() -> Problem {
    let sentence = "keshi takes statements (/xapi/{class}/statements or /xapi/{class}/{lesson}/statements) and keeps no state, activity or agent documents.";
    Error::new(&codes::NOT_FOUND, sentence).into()
}

/// Who asks by Basic authentication with a token as the password, or as anywhere else.
struct Client(Actor);

impl FromRequestParts<App> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Client, Problem> {
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let basic = value.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
        let Some((_, encoded)) = basic else {
            let Asker(actor) = Asker::from_request_parts(parts, app).await?;
            return Ok(Client(actor));
        };
        let pair = BASE64_STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let token = pair.as_deref().and_then(|pair| pair.split_once(':')).map(|(_, token)| token.trim().to_owned());
        let token = token.ok_or_else(|| Error::of(&codes::UNAUTHENTICATED))?;
        Ok(Client(identity::by_token(&app.db, &token).await?))
    }
}

/// Versions of xAPI
#[utoipa::path(get, path = "/{class}/about", tag = "xapi", params(("class" = String, Path)), responses((status = 200, description = "{version: […]}")))]
async fn about() -> Json<Value> {
    // Clients of version 1 take a newer one beside their own for an error.
    Json(json!({ "version": [VERSIONS[0]] }))
}

/// Versions of xAPI
#[utoipa::path(get, path = "/{class}/{lesson}/about", tag = "xapi", params(("class" = String, Path), ("lesson" = String, Path)), responses((status = 200, description = "{version: […]}")))]
async fn about_of_lesson() -> Json<Value> {
    about().await
}

/// What can be asked for, and which statement is put.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    statement_id: Option<String>,
    voided_statement_id: Option<String>,
    agent: Option<String>,
    verb: Option<String>,
    activity: Option<String>,
    registration: Option<String>,
    since: Option<String>,
    until: Option<String>,
    limit: Option<usize>,
    ascending: Option<String>,
    method: Option<String>,
    /// The last piece of evidence that was answered whole, and how many statements of the next were.
    after: Option<String>,
    skip: Option<usize>,
}

/// Hand over statements: one, or a list
#[utoipa::path(post, path = "/{class}/statements", tag = "xapi", params(("class" = String, Path)), request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "the ids, once the statements are sealed"), (status = 409, description = "statement_conflict")))]
async fn post(
    State(app): State<App>,
    Client(actor): Client,
    Path(class): Path<String>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Answer<Response> {
    Ok(Json(take(&app, &actor, (class, None), &wanted, request, None).await?).into_response())
}

/// Hand over statements of a lesson
#[utoipa::path(post, path = "/{class}/{lesson}/statements", tag = "xapi", params(("class" = String, Path), ("lesson" = String, Path)), request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "the ids, once the statements are sealed"), (status = 409, description = "statement_conflict")))]
async fn post_of_lesson(
    State(app): State<App>,
    Client(actor): Client,
    Path((class, lesson)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Answer<Response> {
    Ok(Json(take(&app, &actor, (class, Some(lesson)), &wanted, request, None).await?).into_response())
}

/// Hand over one statement under its id
#[utoipa::path(put, path = "/{class}/statements", tag = "xapi", params(("class" = String, Path), ("statementId" = String, Query)), request_body(content = String, content_type = "application/json"),
    responses((status = 204, description = "sealed"), (status = 409, description = "statement_conflict")))]
async fn put(
    State(app): State<App>,
    Client(actor): Client,
    Path(class): Path<String>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Answer<StatusCode> {
    put_one(&app, &actor, (class, None), &wanted, request).await
}

/// Hand over one statement of a lesson under its id
#[utoipa::path(put, path = "/{class}/{lesson}/statements", tag = "xapi", params(("class" = String, Path), ("lesson" = String, Path), ("statementId" = String, Query)), request_body(content = String, content_type = "application/json"),
    responses((status = 204, description = "sealed"), (status = 409, description = "statement_conflict")))]
async fn put_of_lesson(
    State(app): State<App>,
    Client(actor): Client,
    Path((class, lesson)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Answer<StatusCode> {
    put_one(&app, &actor, (class, Some(lesson)), &wanted, request).await
}

async fn put_one(app: &App, actor: &Actor, place: (String, Option<String>), wanted: &Wanted, request: Request) -> Answer<StatusCode> {
    let id = wanted.statement_id.as_deref().ok_or_else(|| problem("PUT names the statement's id: ?statementId=…"))?;
    take(app, actor, place, wanted, request, Some(uuid(id)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn uuid(text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| Error::new(&codes::INVALID, "statementId is a UUID."))
}

async fn take(
    app: &App,
    actor: &Actor,
    (class, lesson): (String, Option<String>),
    wanted: &Wanted,
    request: Request,
    only: Option<Uuid>,
) -> Answer<Vec<Uuid>> {
    if wanted.method.is_some() {
        return Err(problem("Send the request with its own method; ?method= is not taken."));
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        return Err(problem(
            "Statements are sent as application/json. Attachments (multipart/mixed) are not taken here: hand files over with POST /v1/evidence.",
        ));
    }
    signature::not_taken(is_signed(request.headers()))?;
    signature::unsigned(&app.db, actor, Handed::Live, app.clock.now()).await?;
    let query = ClaimQuery { kind: Some("attendance".to_owned()), class: Some(class), lesson, ..ClaimQuery::default() };
    let claim = Claim::check(&app.db, actor, &query).await?;
    let most = app.config.limits.list_bytes as usize;
    let body = axum::body::to_bytes(Body::from_stream(stream(app, request.into_body())), most).await.map_err(|cause| {
        Error::new(&codes::TOO_LARGE, format!("The body ended early or is larger than {most} bytes; send fewer statements at once."))
            .because(cause)
    })?;
    Ok(statements::submit(app, actor, &claim, body, only).await?)
}

/// Statements that the asker handed over, newest first
#[utoipa::path(get, path = "/{class}/statements", tag = "xapi", params(("class" = String, Path), ("statementId" = Option<String>, Query), ("agent" = Option<String>, Query), ("verb" = Option<String>, Query),
        ("activity" = Option<String>, Query), ("registration" = Option<String>, Query), ("since" = Option<String>, Query), ("until" = Option<String>, Query), ("limit" = Option<u64>, Query)),
    responses((status = 200, description = "the statement, or {statements: […], more}"), (status = 404, description = "not_found")))]
async fn get(State(app): State<App>, Client(actor): Client, Path(class): Path<String>, Query(wanted): Query<Wanted>) -> Answer<Response> {
    answer(&app, &actor, (class, None), &wanted).await
}

/// Statements of a lesson that the asker handed over, newest first
#[utoipa::path(get, path = "/{class}/{lesson}/statements", tag = "xapi", params(("class" = String, Path), ("lesson" = String, Path), ("statementId" = Option<String>, Query), ("agent" = Option<String>, Query), ("verb" = Option<String>, Query),
        ("activity" = Option<String>, Query), ("registration" = Option<String>, Query), ("since" = Option<String>, Query), ("until" = Option<String>, Query), ("limit" = Option<u64>, Query)),
    responses((status = 200, description = "the statement, or {statements: […], more}"), (status = 404, description = "not_found")))]
async fn get_of_lesson(
    State(app): State<App>,
    Client(actor): Client,
    Path((class, lesson)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    answer(&app, &actor, (class, Some(lesson)), &wanted).await
}

async fn answer(app: &App, actor: &Actor, (class, lesson): (String, Option<String>), wanted: &Wanted) -> Answer<Response> {
    actor.require(Right::See)?;
    let in_class = class::get(&app.db, &class.parse()?).await?;
    actor.require_class(&in_class)?;
    let now = app.clock.now();
    let body = if let Some(id) = &wanted.statement_id {
        let Kept { statement, evidence } = statements::one(app, actor, in_class.id, uuid(id)?).await?;
        shown(app, statement, &evidence)
    } else if wanted.voided_statement_id.is_some() {
        return Err(Error::new(&codes::NOT_FOUND, "keshi voids no statement: what was sent stays; ask for it with statementId.").into());
    } else {
        let in_lesson = match &lesson {
            Some(lesson) => Some(lesson::get(&app.db, in_class.id, &lesson.parse()?).await?.id),
            None => None,
        };
        let endpoint = format!("/xapi/{}/{}", encoded(&class), lesson.map(|lesson| encoded(&lesson) + "/").unwrap_or_default());
        let filter = Filter {
            kind: Some(Kind::Attendance),
            class: Some(in_class.id),
            lesson: in_lesson,
            platform: actor.platform.clone(),
            from: time(&wanted.since)?.map(|since| since.plus(1)),
            until: time(&wanted.until)?.map(|until| until.plus(1)),
            ..Filter::default()
        };
        list(app, actor, filter, wanted, &endpoint).await?
    };
    let mut response = Json(body).into_response();
    if let Ok(value) = HeaderValue::from_str(&now.to_string()) {
        response.headers_mut().insert(CONSISTENT, value);
    }
    Ok(response)
}

fn time(text: &Option<String>) -> Result<Option<Time>> {
    let time = |text: &String| {
        text.replacen(' ', if text.contains('T') { "+" } else { "T" }, 1).parse().map_err(|_| Error::of(&codes::INVALID_TIME))
    };
    text.as_ref().map(time).transpose()
}

async fn list(app: &App, actor: &Actor, mut filter: Filter, wanted: &Wanted, endpoint: &str) -> Answer<Value> {
    if wanted.ascending.as_deref().is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        return Err(problem("Statements are given newest first; leave ascending out."));
    }
    let agent: Option<Value> =
        wanted.agent.as_deref().map(serde_json::from_str).transpose().map_err(|_| problem("agent is a JSON object."))?;
    let limit = wanted.limit.filter(|limit| *limit > 0).unwrap_or(MOST).min(MOST);
    let after = |text: &String| text.parse::<EvidenceId>().map_err(|_| Error::of(&codes::INVALID_ID));
    filter.before = wanted.after.as_ref().map(after).transpose()?;
    let (mut skip, mut found, mut looked_at) = (wanted.skip.unwrap_or(0), Vec::new(), 0);
    loop {
        let page = store::list(&app.db, &filter, 100).await?;
        for evidence in &page {
            looked_at += 1;
            if statements::is_own(actor, evidence) {
                let all = statements::in_evidence(app, actor, evidence).await?;
                for (place, statement) in all.into_iter().rev().enumerate().skip(std::mem::take(&mut skip)) {
                    if found.len() == limit {
                        return Ok(page_of(found, Some((filter.before, place)), wanted, endpoint));
                    }
                    if fits(&statement, &agent, wanted) {
                        found.push(shown(app, statement, evidence));
                    }
                }
            }
            filter.before = Some(evidence.id);
            if looked_at == LOOKED_AT {
                return Ok(page_of(found, Some((filter.before, 0)), wanted, endpoint));
            }
        }
        if page.len() < 100 {
            return Ok(page_of(found, None, wanted, endpoint));
        }
    }
}

/// An answer, with the address of the next where there is more.
fn page_of(found: Vec<Value>, next: Option<(Option<EvidenceId>, usize)>, wanted: &Wanted, endpoint: &str) -> Value {
    let more = next.map(|(after, skip)| {
        let mut query = url::form_urlencoded::Serializer::new(format!("{endpoint}statements?"));
        let asked = [
            ("agent", &wanted.agent),
            ("verb", &wanted.verb),
            ("activity", &wanted.activity),
            ("registration", &wanted.registration),
            ("since", &wanted.since),
            ("until", &wanted.until),
            ("limit", &wanted.limit.map(|limit| limit.to_string())),
            ("after", &after.map(|id| id.to_string())),
            ("skip", &Some(skip.to_string())),
        ];
        for (name, value) in asked {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish().replacen("?&", "?", 1)
    });
    json!({ "statements": found, "more": more.unwrap_or_default() })
}

fn fits(statement: &Map<String, Value>, agent: &Option<Value>, wanted: &Wanted) -> bool {
    let text = |path: [&str; 2]| statement.get(path[0]).and_then(|value| value.get(path[1])).and_then(Value::as_str);
    let is = |path, wanted: &Option<String>| wanted.as_deref().is_none_or(|wanted| text(path) == Some(wanted));
    let same_agent = agent.as_ref().is_none_or(|agent| {
        let actor = &statement["actor"];
        ["mbox", "mbox_sha1sum", "openid", "account"].iter().any(|name| agent.get(name).is_some() && agent.get(name) == actor.get(name))
    });
    same_agent
        && is(["verb", "id"], &wanted.verb)
        && is(["object", "id"], &wanted.activity)
        && is(["context", "registration"], &wanted.registration)
}

/// A statement with what a store adds: when it was stored, who vouches for it, and the time it is taken to speak of.
fn shown(app: &App, mut statement: Map<String, Value>, evidence: &Evidence) -> Value {
    let stored = evidence.received_at.to_string();
    statement.entry("timestamp").or_insert_with(|| stored.clone().into());
    statement.entry("version").or_insert_with(|| VERSIONS[0].into());
    statement.insert("stored".to_owned(), stored.into());
    let account = json!({ "homePage": app.config.public_url(), "name": evidence.submitter });
    statement.insert("authority".to_owned(), json!({ "objectType": "Agent", "account": account }));
    statement.into()
}
