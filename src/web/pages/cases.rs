//! The list of cases, and what puts findings and evidence into one from wherever they are looked at.

use super::frame::{Frame, with_query};
use super::reader::Reader;
use super::visit::{self, Visit};
use crate::audit::case::{self, Kind, Open, Thing};
use crate::audit::overview::{self, Scope};
use crate::error::{Error, Result, codes};
use crate::receive::Right;
use crate::time::Time;
use crate::web::api::cases::{may, who};
use askama::Template;
use axum::extract::{Query, RawForm};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use url::form_urlencoded;

/// Open cases offered to put something into.
const OFFERED: i64 = 50;

/// A case in the list.
#[derive(Clone, Debug)]
pub struct CaseRow {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// `open` or `closed`.
    pub status: String,
    /// How it was closed.
    pub outcome: Option<&'static str>,
    /// Who opened it.
    pub by: String,
    /// When.
    pub opened: Time,
    /// When something was done with it last.
    pub changed: Time,
    /// How much is in it.
    pub items: i64,
    /// Fen at risk.
    pub fen: i64,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "cases.html")]
pub struct Cases {
    /// Surroundings.
    pub frame: Frame,
    /// This part of the list.
    pub rows: Vec<CaseRow>,
    /// `open`, `closed` or `all`.
    pub status: String,
    /// Whether this reader may open one.
    pub may: bool,
    /// The next part.
    pub next: Option<String>,
}

/// Where a finding or a piece of evidence is told which cases it is in, and put into another.
#[derive(Clone, Debug)]
pub struct Belongs {
    /// The cases it is in: id, title, status.
    pub cases: Vec<(String, String, String)>,
    /// Open ones it is not in: id and title, those that something was done with last first.
    pub open: Vec<(String, String)>,
    /// What a new one would be called.
    pub title: String,
    /// Whether this reader may put it into one.
    pub may: bool,
}

impl Cases {
    /// The states to choose from.
    pub fn statuses(&self) -> [&'static str; 3] {
        ["open", "closed", "all"]
    }

    /// The part of the list that an address asks for.
    pub async fn read(reader: Reader<'_>, asked: Asked) -> Result<Cases> {
        let status = if ["closed", "all"].contains(&asked.status.as_str()) { asked.status } else { "open".to_owned() };
        let filter = case::Filter {
            status: Some(status.clone()).filter(|status| status != "all"),
            cursor: Some(asked.cursor).filter(|cursor| !cursor.is_empty()),
            limit: 0,
        };
        let page = case::list(reader.db, &filter).await?;
        let mut rows = Vec::with_capacity(page.items.len());
        for one in page.items {
            rows.push(CaseRow {
                id: one.id.to_string(),
                title: one.title,
                status: one.status,
                outcome: one.outcome.map(case::Outcome::as_str),
                by: overview::actor(reader.db, &one.opened_by).await?,
                opened: one.opened_at,
                changed: one.changed_at,
                items: one.item_count,
                fen: one.money_fen,
            });
        }
        let next = page.next.map(|cursor| with_query(&reader.frame.place, "cursor", &cursor));
        Ok(Cases { rows, status, may: reader.judges, next, frame: reader.frame })
    }
}

impl Belongs {
    /// Of a thing, for whoever may see cases; a new one would be called as given.
    pub(super) async fn read(reader: &Reader<'_>, kind: Kind, id: impl ToString, title: String) -> Result<Option<Belongs>> {
        if !sees(reader) {
            return Ok(None);
        }
        let cases = case::of(reader.db, kind, id).await?;
        let open = if reader.judges { offered(reader).await? } else { Vec::new() };
        let cases: Vec<_> = cases.into_iter().map(|one| (one.id.to_string(), one.title, one.status)).collect();
        let open = open.into_iter().filter(|(id, _)| cases.iter().all(|one| one.0 != *id)).collect();
        Ok(Some(Belongs { cases, open, title: shortened(&title), may: reader.judges }))
    }

    /// Of what is still to be chosen from a list.
    pub(super) async fn chosen(reader: &Reader<'_>) -> Result<Option<Belongs>> {
        if !sees(reader) || !reader.judges {
            return Ok(None);
        }
        Ok(Some(Belongs { cases: Vec::new(), open: offered(reader).await?, title: String::new(), may: true }))
    }
}

/// Whether a reader sees cases: they go across providers and platforms.
pub(super) fn sees(reader: &Reader<'_>) -> bool {
    reader.findings && reader.scope == Scope::default()
}

async fn offered(reader: &Reader<'_>) -> Result<Vec<(String, String)>> {
    Ok(case::open_ones(reader.db, OFFERED).await?.into_iter().map(|one| (one.id.to_string(), one.title)).collect())
}

/// A title as a case takes it.
fn shortened(title: &str) -> String {
    title.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

/// What the list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    status: String,
    cursor: String,
}

/// `GET /cases`
pub async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let page = match may(&visit.person.actor, Right::SeeFindings) {
        Ok(()) => Cases::read(visit.reader(), asked).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}

/// What a form that puts something into a case sends. A list sends a finding many times, which no struct can hold.
#[derive(Debug, Default)]
struct Sent {
    csrf: String,
    /// `new`, or into the one that is named.
    place: String,
    case: String,
    title: String,
    things: Vec<Thing>,
    /// Where the form is.
    back: String,
}

impl Sent {
    fn read(bytes: &[u8]) -> Result<Sent> {
        let mut sent = Sent::default();
        for (name, value) in form_urlencoded::parse(bytes) {
            let value = value.into_owned();
            match &*name {
                "csrf" => sent.csrf = value,
                "place" => sent.place = value,
                "case" => sent.case = value,
                "title" => sent.title = value,
                "back" => sent.back = value,
                kind => {
                    if let Some(kind) = Kind::ALL.into_iter().find(|known| known.as_str() == kind) {
                        sent.things.push(Thing { kind, id: visit::id(&value)? });
                    }
                }
            }
        }
        Ok(sent)
    }
}

/// `POST /cases`: puts what was chosen into a case, or into a new one; with nothing chosen, an empty one is opened where it was asked for.
pub async fn put(visit: Visit, RawForm(bytes): RawForm) -> Response {
    let sent = match Sent::read(&bytes).and_then(|sent| visit.check(&sent.csrf).map(|()| sent)) {
        Ok(sent) => sent,
        Err(error) => return visit.back(Err(error), "/cases"),
    };
    let back = visit::local(&sent.back).to_owned();
    let of_one = ["/findings/", "/evidence/"].iter().any(|folder| back.starts_with(folder));
    if sent.things.is_empty() && back.contains("choose=") {
        return Redirect::to(&with_query(&back, "choose", "none")).into_response();
    }
    match place(&visit, &sent).await {
        // A list goes on to the case, a page of one thing stays, with the case named on it.
        Ok(case) if !of_one => visit.back(Ok(()), &format!("/cases/{case}")),
        done => visit.back(done.map(drop), &format!("{back}#cases")),
    }
}

async fn place(visit: &Visit, sent: &Sent) -> Result<String> {
    let (app, actor) = (&visit.app, &visit.person.actor);
    may(actor, Right::Judge)?;
    let who = who(app, actor);
    let case = if sent.place == "new" || sent.case.is_empty() {
        if sent.title.trim().is_empty() {
            return Err(Error::of(&codes::CASE_TITLE));
        }
        case::open(&app.db, &app.rules, &app.ids, Open { title: &sent.title, things: &sent.things, text: None }, who).await?
    } else {
        let case = visit::id(&sent.case)?;
        case::add(&app.db, &app.rules, &app.ids, case, &sent.things, None, who).await?;
        case
    };
    app.log.wake();
    Ok(case.to_string())
}
