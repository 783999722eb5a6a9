//! Personal data on pages: the whole of it for a reason, a copy for the person, what is to be corrected, and who looked.

use super::frame::{Frame, with_query};
use super::reader::Reader;
use super::trainee::Trainee as TraineePage;
use super::visit::Visit;
use crate::audit::overview;
use crate::audit::person::Whose;
use crate::error::{Error, Result, codes};
use crate::ids::TraineeId;
use crate::receive::identity::Right;
use crate::register::Trainee;
use crate::register::personal::correction::{self, Close, Correction, New, State};
use crate::register::personal::{self, mask};
use crate::register::roster::Revealed;
use crate::register::secrets::Secrets;
use crate::time::Time;
use crate::web::api::personal::{assemble, correction_of, trainee_of};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

/// Rows of a list.
const LISTED: i64 = 50;

/// What is kept of a person, as a page shows it.
#[derive(Clone, Debug)]
pub struct Personal {
    /// The ID number.
    pub id_number: String,
    /// The code of what is wrong with it.
    pub fault: Option<String>,
    /// The phone.
    pub phone: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether it is the whole of it.
    pub clear: bool,
}

impl Personal {
    /// As everybody may see it who may see any of it.
    pub(super) fn masked(trainee: &Trainee, secrets: &Secrets) -> Result<Personal> {
        let Revealed { id_number, phone, email } = trainee.reveal(secrets)?;
        Ok(Personal {
            id_number: mask::id_number(&id_number),
            fault: trainee.fault.clone(),
            phone: phone.as_deref().map(mask::phone),
            email: email.as_deref().map(mask::email),
            clear: false,
        })
    }
}

/// A look, in a list.
#[derive(Clone, Debug)]
pub struct LookRow {
    /// Who.
    pub who: String,
    /// What, as a code.
    pub what: String,
    /// Why.
    pub why: Option<String>,
    /// When.
    pub at: Time,
}

/// Who looked at a trainee or at the roster, the newest first.
pub(super) async fn looks(reader: &Reader<'_>, trainee: &Trainee) -> Result<Vec<LookRow>> {
    let mut looks = Vec::new();
    for line in personal::trail_of_trainee(reader.db, trainee, LISTED).await? {
        let who = overview::actor(reader.db, &line.actor).await?;
        looks.push(LookRow { who, what: line.action, why: line.detail, at: line.at });
    }
    Ok(looks)
}

/// A request for correction, in a list. Numbers in it are masked: they stand whole in the copy for the person.
#[derive(Clone, Debug)]
pub struct CorrectionRow {
    /// Its id.
    pub id: String,
    /// The trainee.
    pub trainee: String,
    /// Their name, as far as the reader may see it.
    pub name: String,
    /// The provider's number of them.
    pub number: String,
    /// The class.
    pub class_title: String,
    /// What is wrong, as a code.
    pub field: String,
    /// What is right, and why.
    pub reason: String,
    /// `open`, `corrected` or `declined`.
    pub state: String,
    /// Why it was closed as it was.
    pub outcome: Option<String>,
    /// When it was taken down.
    pub at: Time,
}

fn row(reader: &Reader<'_>, one: Correction) -> Result<CorrectionRow> {
    Ok(CorrectionRow {
        id: one.id.to_string(),
        trainee: one.trainee.to_string(),
        name: reader.person(&one.name),
        reason: mask::text(&one.reason(reader.secrets)?),
        number: one.external_id,
        class_title: one.class_title,
        field: one.field,
        state: one.state,
        outcome: one.outcome,
        at: one.at,
    })
}

/// The requests about a trainee.
pub(super) async fn of_trainee(reader: &Reader<'_>, trainee: TraineeId) -> Result<Vec<CorrectionRow>> {
    correction::of_trainee(reader.db, trainee).await?.into_iter().map(|one| row(reader, one)).collect()
}

/// The page of requests for correction.
#[derive(Debug, Template)]
#[template(path = "corrections.html")]
pub struct Corrections {
    /// Surroundings.
    pub frame: Frame,
    /// The newest first.
    pub rows: Vec<CorrectionRow>,
    /// The next part.
    pub next: Option<String>,
}

/// What is kept of a person on one roster, whole.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The class.
    pub class: String,
    /// Its provider.
    pub provider: String,
    /// The name.
    pub name: String,
    /// The provider's number.
    pub number: String,
    /// The ID number.
    pub id_number: String,
    /// The phone.
    pub phone: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The account on the platform.
    pub account: Option<String>,
    /// The category, as a code.
    pub category: String,
    /// Lessons: title, begin, thousandths of a lesson hour.
    pub hours: Vec<(String, Option<Time>, i64)>,
    /// Evidence: kind, digest, when it came, whether it is about this person alone.
    pub evidence: Vec<(String, String, Time, bool)>,
    /// Certificates: kind and day.
    pub certificates: Vec<(String, String)>,
    /// Who looked.
    pub looks: Vec<LookRow>,
    /// What was asked to be corrected.
    pub corrections: Vec<CorrectionRow>,
}

/// The copy for the person, to be printed.
#[derive(Debug, Template)]
#[template(path = "person.html")]
pub struct PersonCopy {
    /// Surroundings.
    pub frame: Frame,
    /// Who it is about.
    pub title: String,
    /// Who asked.
    pub requested_by: String,
    /// What is to be known of it.
    pub notes: Vec<String>,
    /// A sheet for each roster.
    pub sheets: Vec<Sheet>,
}

fn text(value: &Value, pointer: &str) -> String {
    maybe(value, pointer).unwrap_or_default()
}

fn maybe(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

fn moment(value: &Value, pointer: &str) -> Option<Time> {
    value.pointer(pointer).and_then(Value::as_str)?.parse().ok()
}

fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn sheet(roster: &Value) -> Sheet {
    let correction = |one: &Value| CorrectionRow {
        id: String::new(),
        trainee: String::new(),
        name: String::new(),
        number: String::new(),
        class_title: String::new(),
        field: text(one, "/field"),
        reason: text(one, "/reason"),
        state: text(one, "/state"),
        outcome: maybe(one, "/outcome"),
        at: moment(one, "/at").unwrap_or_default(),
    };
    let look = |one: &Value| LookRow {
        who: text(one, "/by"),
        what: text(one, "/what"),
        why: maybe(one, "/why"),
        at: moment(one, "/at").unwrap_or_default(),
    };
    let hour = |one: &Value| {
        let milli = one.pointer("/hours_milli").and_then(Value::as_i64).unwrap_or(0);
        (text(one, "/title"), moment(one, "/starts_at"), milli)
    };
    let piece = |one: &Value| {
        let own = one["about_this_person_alone"].as_bool().unwrap_or(false);
        (text(one, "/kind"), text(one, "/sha256"), moment(one, "/received_at").unwrap_or_default(), own)
    };
    Sheet {
        class: text(roster, "/class/title"),
        provider: text(roster, "/class/provider"),
        name: text(roster, "/trainee/name"),
        number: text(roster, "/trainee/external_id"),
        id_number: text(roster, "/trainee/id_number"),
        phone: maybe(roster, "/trainee/phone"),
        email: maybe(roster, "/trainee/email"),
        account: maybe(roster, "/trainee/platform_user"),
        category: text(roster, "/trainee/category"),
        hours: items(roster, "/hours").map(hour).collect(),
        evidence: items(roster, "/evidence").map(piece).collect(),
        certificates: items(roster, "/certificates").map(|one| (text(one, "/kind"), text(one, "/issued_on"))).collect(),
        looks: items(roster, "/looks").map(look).collect(),
        corrections: items(roster, "/corrections").map(correction).collect(),
    }
}

/// What the form of a look sends.
#[derive(Debug, Deserialize)]
pub struct Why {
    csrf: String,
    reason: String,
}

/// `POST /trainees/{id}/personal`: the trainee's page, with the whole of it.
pub async fn reveal(visit: Visit, Path(id): Path<String>, Form(why): Form<Why>) -> Response {
    let page = async {
        visit.check(&why.csrf)?;
        let actor = &visit.person.actor;
        actor.require(Right::SeePersonal)?;
        let trainee = trainee_of(&visit.app, actor, &id).await?;
        let shown = personal::reveal(visit.app.personal(), &actor.label, &trainee, &why.reason, visit.app.clock.now()).await?;
        let mut page = TraineePage::read(visit.reader(), trainee.id).await?;
        let Revealed { id_number, phone, email } = shown;
        page.personal = Some(Personal { id_number, phone, email, fault: trainee.fault, clear: true });
        Ok::<_, Error>(page)
    };
    visit.answer_named("trainee", &id, page.await).await
}

/// What the form of a copy sends.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    csrf: String,
    requested_by: String,
    reason: String,
}

/// `POST /trainees/{id}/access`: the copy for the person.
pub async fn access(visit: Visit, Path(id): Path<String>, Form(wanted): Form<Wanted>) -> Response {
    let page = async {
        visit.check(&wanted.csrf)?;
        let actor = &visit.person.actor;
        actor.require(Right::GiveAccess)?;
        let trainee = trainee_of(&visit.app, actor, &id).await?;
        let given = assemble(&visit.app, actor, &Whose::Trainee(trainee.id), &wanted.requested_by, &wanted.reason).await?;
        let frame = visit.reader().frame;
        let notes = format!("/notes/{}", frame.lang.name());
        Ok::<_, Error>(PersonCopy {
            title: trainee.name,
            requested_by: text(&given, "/requested_by"),
            notes: items(&given, &notes).filter_map(Value::as_str).map(str::to_owned).collect(),
            sheets: items(&given, "/rosters").map(sheet).collect(),
            frame,
        })
    };
    visit.answer(page.await)
}

/// What the form of a correction sends.
#[derive(Debug, Deserialize)]
pub struct Wrong {
    csrf: String,
    field: correction::Field,
    reason: String,
}

/// `POST /trainees/{id}/corrections`
pub async fn ask(visit: Visit, Path(id): Path<String>, Form(wrong): Form<Wrong>) -> Response {
    let done = async {
        visit.check(&wrong.csrf)?;
        let actor = &visit.person.actor;
        actor.require(Right::GiveAccess)?;
        let trainee = trainee_of(&visit.app, actor, &id).await?;
        let new = New { field: wrong.field, reason: wrong.reason.clone() };
        correction::ask(visit.app.personal(), &actor.label, &trainee, &new, visit.app.clock.now()).await.map(drop)
    };
    visit.back(done.await, &format!("/trainees/{id}#own"))
}

/// Where a list goes on.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    cursor: String,
}

/// `GET /corrections`
pub async fn list(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let page = async {
        let actor = &visit.person.actor;
        actor.require(Right::GiveAccess)?;
        let reader = visit.reader();
        let list = correction::list(reader.db, actor.provider, None, &asked.cursor, LISTED).await?;
        let next = (list.len() as i64 == LISTED).then(|| list.last().map(|last| last.id.to_string())).flatten();
        let rows = list.into_iter().map(|one| row(&reader, one)).collect::<Result<Vec<_>>>()?;
        Ok::<_, Error>(Corrections {
            rows,
            next: next.map(|cursor| with_query(&reader.frame.place, "cursor", &cursor)),
            frame: reader.frame,
        })
    };
    visit.answer(page.await)
}

/// What the form that closes a request sends.
#[derive(Debug, Deserialize)]
pub struct Closing {
    csrf: String,
    state: String,
    #[serde(default)]
    outcome: String,
}

/// `POST /corrections/{id}/close`
pub async fn close(visit: Visit, Path(id): Path<String>, Form(closing): Form<Closing>) -> Response {
    let done = async {
        visit.check(&closing.csrf)?;
        let actor = &visit.person.actor;
        actor.require(Right::GiveAccess)?;
        let of = correction_of(&visit.app, actor, &id).await?;
        let state = match closing.state.as_str() {
            "corrected" => State::Corrected,
            "declined" => State::Declined,
            _ => return Err(Error::of(&codes::INVALID)),
        };
        let how = Close { state, outcome: Some(closing.outcome.clone()) };
        correction::close(visit.app.personal(), &actor.label, &of, &how, visit.app.clock.now()).await
    };
    visit.back(done.await, "/corrections")
}
