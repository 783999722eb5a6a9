//! Asking the lake in SQL: the question, its rows, the tables there are, and questions that were kept.

use super::frame::Frame;
use super::reader::Reader;
use super::visit::Visit;
use crate::audit::overview;
use crate::audit::question::{self, Question};
use crate::error::Result;
use crate::lake::query::{Kind, Limits, Rows};
use crate::lake::{Entry, dictionary};
use crate::receive::Right;
use crate::register::trail;
use crate::web::api::query_limits;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::time::Instant;

/// Rows shown on the page; files have all.
const SHOWN: usize = 200;
/// What is asked where nobody has written anything yet.
const FIRST: &str = "select kind, count(*) as events\nfrom attendance\ngroup by kind\norder by events desc";

/// Rows on the page.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Names of the columns.
    pub heads: Vec<String>,
    /// The first rows.
    pub rows: Vec<Vec<Option<String>>>,
    /// How many there are.
    pub total: usize,
    /// How long it took, milliseconds.
    pub took_ms: u128,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "ask.html")]
pub struct Ask {
    /// Surroundings.
    pub frame: Frame,
    /// The question.
    pub sql: String,
    /// Its rows.
    pub shown: Option<Shown>,
    /// Why there are none.
    pub trouble: Option<String>,
    /// Questions that were kept, with the names of those who kept them.
    pub kept: Vec<Question>,
    /// The tables.
    pub tables: Vec<Entry>,
    /// What a question may take.
    pub limits: Limits,
}

impl Ask {
    /// The page with a question and what came of it.
    pub async fn read(reader: Reader<'_>, sql: String, shown: Option<Shown>, trouble: Option<String>, limits: Limits) -> Result<Ask> {
        let mut kept = question::list(reader.db).await?;
        for one in &mut kept {
            one.by = overview::actor(reader.db, &one.by).await?;
        }
        Ok(Ask { kept, tables: dictionary(), sql, shown, trouble, limits, frame: reader.frame })
    }

    /// What is said in the reader's language.
    pub fn said<'a>(&self, said: &(&'a str, &'a str)) -> &'a str {
        match self.frame.lang {
            super::words::Lang::Zh => said.0,
            super::words::Lang::En => said.1,
        }
    }
}

/// Which question the form shows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Opened {
    kept: String,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct Sent {
    csrf: String,
    sql: String,
    /// `show`, `keep`, or the kind of a file.
    #[serde(default)]
    what: String,
    #[serde(default)]
    name: String,
}

/// What the form of a kept question sends.
#[derive(Debug, Deserialize)]
pub struct Removed {
    csrf: String,
}

/// `GET /ask`
pub async fn show(visit: Visit, Query(opened): Query<Opened>) -> Response {
    let page = match visit.person.actor.require(Right::Query) {
        Ok(()) => opened_page(&visit, &opened).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}

async fn opened_page(visit: &Visit, opened: &Opened) -> Result<Ask> {
    let kept = question::list(&visit.app.db).await?;
    let sql = kept.into_iter().find(|one| one.id == opened.kept).map_or_else(|| FIRST.to_owned(), |one| one.sql);
    Ask::read(visit.reader(), sql, None, None, query_limits(&visit.app)).await
}

/// `POST /ask`
pub async fn ask(visit: Visit, Form(sent): Form<Sent>) -> Response {
    let may = visit.check(&sent.csrf).and_then(|()| visit.person.actor.require(Right::Query));
    if let Err(error) = may {
        return visit.answer(Err::<Ask, _>(error));
    }
    if sent.what == "keep" {
        let now = visit.app.clock.now();
        let kept = question::keep(&visit.app.db, &visit.app.ids, &sent.name, &sent.sql, &visit.person.actor.label, now).await;
        return visit.back(kept, "/ask");
    }
    let asked = rows(&visit, &sent.sql).await;
    match (asked, Kind::named(&sent.what)) {
        (Ok((rows, _)), Some(kind)) => match tokio::task::spawn_blocking(move || rows.file(kind)).await {
            Ok(Ok(bytes)) => download(kind, bytes),
            Ok(Err(error)) => page(&visit, sent.sql, None, Some(error.message)).await,
            Err(panic) => visit.answer(Err::<Ask, _>(crate::error::Error::internal(panic))),
        },
        (Ok((rows, took_ms)), None) => match shown(&rows, took_ms) {
            Ok(rows) => page(&visit, sent.sql, Some(rows), None).await,
            Err(error) => visit.answer(Err::<Ask, _>(error)),
        },
        (Err(error), _) if error.kind == crate::error::Kind::Internal => visit.answer(Err::<Ask, _>(error)),
        (Err(error), _) => page(&visit, sent.sql, None, Some(error.message)).await,
    }
}

async fn page(visit: &Visit, sql: String, rows: Option<Shown>, trouble: Option<String>) -> Response {
    visit.answer(Ask::read(visit.reader(), sql, rows, trouble, query_limits(&visit.app)).await)
}

/// All rows, within the limits; who asked what is in the trail first.
async fn rows(visit: &Visit, sql: &str) -> Result<(Rows, u128)> {
    let (app, actor) = (&visit.app, &visit.person.actor);
    let note = trail::Note { actor: &actor.label, action: "query.asked", subject_kind: "lake", subject_id: "lake", detail: Some(sql) };
    trail::record(&app.db, &app.ids, app.clock.now(), note).await?;
    let begun = Instant::now();
    let answer = app.lake.query(sql, Vec::new(), query_limits(app)).await?;
    Ok((answer.gather().await?, begun.elapsed().as_millis()))
}

fn shown(rows: &Rows, took_ms: u128) -> Result<Shown> {
    Ok(Shown { heads: rows.heads(), rows: rows.first(SHOWN)?, total: rows.count(), took_ms })
}

fn download(kind: Kind, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"keshi.{}\"", kind.name())),
    ];
    (headers, bytes).into_response()
}

/// `POST /ask/kept/{id}/remove`
pub async fn remove(visit: Visit, Path(id): Path<String>, Form(sent): Form<Removed>) -> Response {
    let may = visit.check(&sent.csrf).and_then(|()| visit.person.actor.require(Right::Query));
    let removed = match may {
        Ok(()) => question::remove(&visit.app.db, &visit.app.ids, &id, &visit.person.actor.label, visit.app.clock.now()).await,
        Err(error) => Err(error),
    };
    visit.back(removed, "/ask")
}
