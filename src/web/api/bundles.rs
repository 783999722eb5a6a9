//! Take-away bundles.

use super::{class_of, json};
use crate::app::App;
use crate::audit::bundle::{self, What};
use crate::error::{Error, codes};
use crate::receive::Right;
use crate::register::{Reference, lesson, roster, trail};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio_util::io::ReaderStream;

/// What the bundle is to be about.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    class: Option<String>,
    lesson: Option<String>,
    trainee: Option<String>,
    evidence: Option<String>,
}

/// A zip (BagIt bag) that verifies offline: {class} or {lesson} or {trainee} or {evidence}; a lesson's or trainee's own id needs class too
#[utoipa::path(post, path = "/v1/bundles", tag = "audit", request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the zip", content_type = "application/zip"), (status = 404, description = "nothing like this")))]
pub(super) async fn make(State(app): State<App>, Asker(actor): Asker, body: Body) -> Answer<Response> {
    actor.require(Right::Query)?;
    let wanted: Wanted = json(&app, body).await?;
    let class = match &wanted.class {
        Some(text) => Some(class_of(&app, &actor, text).await?.id),
        None => None,
    };
    let own = |text: &str| text.parse::<Reference>();
    let what = match (&wanted.evidence, &wanted.lesson, &wanted.trainee, class) {
        (Some(text), ..) => What::Evidence(text.parse().map_err(|_| Error::of(&codes::INVALID_ID))?),
        (None, Some(text), _, Some(class)) => What::Lesson(lesson::get(&app.db, class, &own(text)?).await?.id),
        (None, Some(text), _, None) => What::Lesson(text.parse().map_err(|_| Error::of(&codes::INVALID_ID))?),
        (None, None, Some(text), Some(class)) => What::Trainee(roster::get(&app.db, class, &own(text)?).await?.id),
        (None, None, Some(text), None) => What::Trainee(text.parse().map_err(|_| Error::of(&codes::INVALID_ID))?),
        (None, None, None, Some(class)) => What::Class(class),
        (None, None, None, None) => return Err(Error::new(&codes::INVALID, "Name a class, lesson, trainee or evidence.").into()),
    };
    let now = app.clock.now();
    let subject = format!("{what:?}");
    let mut tx = app.db.begin().await?;
    let note = trail::Note { actor: &actor.label, action: "bundle.taken", subject_kind: "bundle", subject_id: &subject, detail: None };
    trail::note(&mut tx, &app.ids, now, note).await?;
    tx.commit().await?;
    let made = bundle::write(&app.db, &app.objects, &app.log, what, &app.policies, now).await?;
    let head = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_LENGTH, made.size.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", made.name)),
    ];
    let file = tokio::fs::File::from_std(made.file);
    Ok((head, Body::from_stream(ReaderStream::with_capacity(file, 256 * 1024))).into_response())
}
