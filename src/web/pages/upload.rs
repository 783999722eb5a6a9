//! Handing over evidence of a class from a browser: what is still missing, a form that works without script, and, with script, many
//! files at once that go on where they broke off.

use super::frame::Frame;
use super::reader::Reader;
use super::visit::{self, Visit};
use crate::app::App;
use crate::audit::overview::{self, LessonLine};
use crate::error::{Error, Result, RowError, codes};
use crate::ids::{ClassId, UploadId};
use crate::pipeline::{self, Announced, Submitted};
use crate::receive::signature;
use crate::receive::upload;
use crate::receive::{Actor, Claim, ENDINGS, Kind, Query as ClaimQuery, Right};
use crate::register::Reference;
use crate::store;
use crate::time::Time;
use crate::web::api::stream;
use askama::Template;
use axum::Form;
use axum::body::Body;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Path, Request};
use axum::response::Response;
use futures::TryStreamExt;
use serde::Deserialize;

/// Most refused rows told of one file.
const ROWS: usize = 20;
/// Most bytes of a form's field that is no file.
const FIELD: usize = 512;
/// Codes of refusals that have words on this page.
const TOLD: [&str; 13] = [
    "too_large",
    "empty_body",
    "wrong_type",
    "unreadable_log",
    "unknown_format",
    "corrupt_file",
    "expands_too_far",
    "too_many_uploads",
    "busy",
    "truncated",
    "signature_required",
    "forbidden",
    "unauthenticated",
];
/// Most unfinished uploads listed.
const UNFINISHED: i64 = 500;

/// A kind to choose, with the endings of names that suggest it.
#[derive(Clone, Debug)]
pub struct KindChoice {
    /// `attendance`, `video` …
    pub kind: &'static str,
    /// Endings, parted by blanks.
    pub endings: String,
}

/// What became of a file of the form.
#[derive(Clone, Debug)]
pub struct Handed {
    /// Its name.
    pub name: String,
    /// The evidence, its index in the log, and whether it was new; or why it is none.
    pub outcome: Result<(String, u64, bool), (String, String)>,
    /// Rows that were refused.
    pub rows: Vec<RowError>,
}

/// An upload that broke off and waits for the rest.
#[derive(Clone, Debug)]
pub struct Unfinished {
    /// Its id.
    pub id: String,
    /// Name of the file.
    pub name: String,
    /// Bytes there.
    pub received: u64,
    /// Bytes in all.
    pub size: u64,
    /// When it is thrown away.
    pub expires: Time,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "upload.html")]
pub struct Upload {
    /// Surroundings.
    pub frame: Frame,
    /// The class's id.
    pub class: String,
    /// Its title.
    pub title: String,
    /// Its lessons in the order of time.
    pub lessons: Vec<LessonLine>,
    /// The lesson chosen.
    pub chosen: String,
    /// Kinds to choose.
    pub choices: Vec<KindChoice>,
    /// What became of the files just sent.
    pub handed: Vec<Handed>,
    /// Uploads that wait for their rest.
    pub unfinished: Vec<Unfinished>,
}

impl Upload {
    /// Lessons that are over and lack a log, or a recording and a picture: the notice (三) asks for both.
    pub fn lacking(&self) -> Vec<&LessonLine> {
        self.lessons.iter().filter(|lesson| lesson.until < self.frame.now && (lacks_log(lesson) || lacks_picture(lesson))).collect()
    }

    /// The sentence of a refusal in the reader's language; what the server said where there is none.
    pub fn told<'a>(&'a self, code: &'a str, message: &'a str) -> &'a str {
        match self.frame.code("trouble_code", code) {
            same if same == code => message,
            words => words,
        }
    }

    /// Codes that script may have to tell.
    pub fn codes(&self) -> &'static [&'static str] {
        &TOLD
    }

    /// Lessons that are over.
    pub fn over(&self) -> i64 {
        self.lessons.iter().filter(|lesson| lesson.until < self.frame.now).count() as i64
    }

    /// What a lesson lacks, as codes of the words.
    pub fn lacks(&self, lesson: &LessonLine) -> Vec<&'static str> {
        let lacks = [("log", lacks_log(lesson)), ("picture", lacks_picture(lesson))];
        lacks.into_iter().filter(|(_, lacks)| *lacks).map(|(code, _)| code).collect()
    }

    /// The page of a class the reader may see.
    pub async fn read(reader: Reader<'_>, id: ClassId, chosen: String, handed: Vec<Handed>, unfinished: Vec<Unfinished>) -> Result<Upload> {
        let class = overview::class(reader.db, &reader.scope, id).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?;
        let choice = |(kind, endings): &(Kind, &[&str])| KindChoice { kind: kind.as_str(), endings: endings.join(" ") };
        let mut choices: Vec<KindChoice> = ENDINGS.iter().map(choice).collect();
        choices.push(KindChoice { kind: Kind::Document.as_str(), endings: String::new() });
        Ok(Upload {
            class: id.to_string(),
            title: class.title,
            lessons: overview::lessons(reader.db, id).await?,
            chosen,
            choices,
            handed,
            unfinished,
            frame: reader.frame,
        })
    }
}

fn lacks_log(lesson: &LessonLine) -> bool {
    lesson.logs == 0
}

fn lacks_picture(lesson: &LessonLine) -> bool {
    lesson.recordings == 0 && lesson.pictures == 0
}

/// `GET /classes/{id}/upload`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    visit.answer(page(&visit, &id, String::new(), Vec::new()).await)
}

/// `POST /classes/{id}/upload`: the form without script.
pub async fn send(visit: Visit, Path(id): Path<String>, request: Request) -> Response {
    let page = match taken(&visit, &id, request).await {
        Ok((lesson, handed)) => page(&visit, &id, lesson, handed).await,
        Err(error) => Err(error),
    };
    visit.answer(page)
}

/// What the form of an unfinished upload sends.
#[derive(Debug, Deserialize)]
pub struct Sent {
    csrf: String,
}

/// `POST /classes/{id}/upload/{upload}/forget`
pub async fn forget(visit: Visit, Path((class, id)): Path<(String, String)>, Form(sent): Form<Sent>) -> Response {
    let done = async {
        visit.check(&sent.csrf)?;
        let (app, id): (&App, UploadId) = (&visit.app, visit::id(&id)?);
        let known = upload::get(&app.db, &visit.person.actor, id).await?;
        upload::forget(&app.db, &app.objects, known.id).await
    };
    visit.back(done.await, &format!("/classes/{class}/upload#unfinished"))
}

async fn page(visit: &Visit, id: &str, chosen: String, handed: Vec<Handed>) -> Result<Upload> {
    let actor = &visit.person.actor;
    actor.require(Right::Submit)?;
    let class: ClassId = visit::id(id)?;
    let all = upload::list(&visit.app.db, actor, None, UNFINISHED).await?;
    let here = |text: &Option<String>| {
        text.as_deref()
            .and_then(|text| text.parse().ok())
            .is_some_and(|named: Reference| matches!(named, Reference::Id(id) if id == class.0))
    };
    let open = all.into_iter().filter(|upload| upload.outcome.is_none() && here(&upload.query.class));
    let unfinished = open.map(|upload| Unfinished {
        id: upload.id.to_string(),
        name: upload.query.filename.unwrap_or_default(),
        received: upload.received,
        size: upload.size,
        expires: upload.expires_at,
    });
    Upload::read(visit.reader(), class, chosen, handed, unfinished.collect()).await
}

/// Takes the files of a form in, one after the other as they come; the fields before them say what they are.
async fn taken(visit: &Visit, class: &str, request: Request) -> Result<(String, Vec<Handed>)> {
    let app = &visit.app;
    let (head, body) = request.into_parts();
    let request = Request::from_parts(head, Body::from_stream(stream(app, body)));
    let unreadable = |cause: String| Error::new(&codes::INVALID, "The form could not be read; choose the files again.").because(cause);
    let mut form = Multipart::from_request(request, &()).await.map_err(|cause| unreadable(cause.body_text()))?;
    let (mut proven, mut lesson, mut kind, mut handed) = (false, String::new(), String::new(), Vec::new());
    while let Some(mut field) = form.next_field().await.map_err(|cause| unreadable(cause.body_text()))? {
        match (field.name().unwrap_or_default(), field.file_name()) {
            ("csrf", None) => {
                visit.check(&text(&mut field).await?)?;
                proven = true;
            }
            ("lesson", None) => lesson = text(&mut field).await?,
            ("kind", None) => kind = text(&mut field).await?,
            ("file", Some(name)) if !name.is_empty() => {
                if !proven {
                    return Err(Error::of(&codes::STALE_FORM));
                }
                let name = name.to_owned();
                let kind = if kind.is_empty() { Kind::likely(&name).as_str().to_owned() } else { kind.clone() };
                let query = ClaimQuery {
                    kind: Some(kind),
                    class: Some(class.to_owned()),
                    lesson: Some(lesson.clone()),
                    filename: Some(name.clone()),
                    ..ClaimQuery::default()
                };
                handed.push(one(app, &visit.person.actor, &query, name, field).await?);
            }
            _ => {}
        }
    }
    Ok((lesson, handed))
}

/// One file of a form. What is wrong with the file itself is told beside its name; the others go on.
async fn one(app: &App, actor: &Actor, query: &ClaimQuery, name: String, field: Field<'_>) -> Result<Handed> {
    let taken = async {
        let claim = Claim::check(&app.db, actor, query).await?;
        signature::unsigned(&app.db, actor, signature::Handed::File, app.clock.now()).await?;
        pipeline::submit(app, actor, claim, Announced::default(), field.map_err(std::io::Error::other)).await
    };
    match taken.await {
        Ok(Submitted { evidence, sealed, new, .. }) => {
            let rows = store::get(&app.db, evidence).await?.refused_rows;
            Ok(Handed { name, outcome: Ok((evidence.to_string(), sealed.index, new)), rows: rows.into_iter().take(ROWS).collect() })
        }
        Err(error) if error.kind == crate::error::Kind::Internal => Err(error),
        Err(mut error) => {
            let rows = std::mem::take(&mut error.rows).into_iter().take(ROWS).collect();
            Ok(Handed { name, outcome: Err((error.code.to_owned(), error.message)), rows })
        }
    }
}

/// A short field.
pub(super) async fn text(field: &mut Field<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.try_next().await.map_err(|cause| Error::of(&codes::INVALID).because(cause))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > FIELD {
            return Err(Error::of(&codes::INVALID));
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::of(&codes::INVALID))
}
