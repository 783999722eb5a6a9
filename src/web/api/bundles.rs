//! Take-away bundles.

use super::{class_of, json};
use crate::app::App;
use crate::audit::bundle::{self, What};
use crate::error::{Error, Result, codes};
use crate::receive::{Actor, Right};
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
    case: Option<String>,
}

/// A zip (BagIt bag) that verifies offline: {class}, {lesson}, {trainee}, {lesson, trainee} for one hour, {evidence}, or {case}; a lesson's or trainee's own id needs class too
#[utoipa::path(post, path = "/v1/bundles", tag = "audit", request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "the zip", content_type = "application/zip"), (status = 404, description = "nothing like this")))]
pub(super) async fn make(State(app): State<App>, Asker(actor): Asker, body: Body) -> Answer<Response> {
    actor.require(Right::Query)?;
    let wanted: Wanted = json(&app, body).await?;
    if let Some(text) = &wanted.case {
        super::cases::may(&actor, Right::SeeFindings)?;
        return Ok(hand_out(&app, &actor, What::Case(text.parse().map_err(|_| Error::of(&codes::INVALID_ID))?), None).await?);
    }
    let class = match &wanted.class {
        Some(text) => Some(class_of(&app, &actor, text).await?.id),
        None => None,
    };
    let own = |text: &str| text.parse::<Reference>();
    let no_id = |_| Error::of(&codes::INVALID_ID);
    let lesson = match (&wanted.lesson, class) {
        (Some(text), Some(class)) => Some(lesson::get(&app.db, class, &own(text)?).await?.id),
        (Some(text), None) => Some(text.parse().map_err(no_id)?),
        (None, _) => None,
    };
    let trainee = match (&wanted.trainee, class) {
        (Some(text), Some(class)) => Some(roster::get(&app.db, class, &own(text)?).await?.id),
        (Some(text), None) => Some(text.parse().map_err(no_id)?),
        (None, _) => None,
    };
    let what = match (&wanted.evidence, lesson, trainee, class) {
        (Some(text), ..) => What::Evidence(text.parse().map_err(no_id)?),
        (None, Some(lesson), Some(trainee), _) => What::Hour(lesson, trainee),
        (None, Some(lesson), None, _) => What::Lesson(lesson),
        (None, None, Some(trainee), _) => What::Trainee(trainee),
        (None, None, None, Some(class)) => What::Class(class),
        (None, None, None, None) => return Err(Error::new(&codes::INVALID, "Name a class, lesson, trainee, evidence or case.").into()),
    };
    let detail = lesson.map(|lesson| format!("lesson {lesson}"));
    Ok(hand_out(&app, &actor, what, detail.as_deref()).await?)
}

/// Makes a bundle and hands it out; who took what is in the trail first.
pub(in crate::web) async fn hand_out(app: &App, actor: &Actor, what: What, detail: Option<&str>) -> Result<Response> {
    let now = app.clock.now();
    let (subject_kind, subject) = what.subject();
    let note = trail::Note { actor: &actor.label, action: "bundle.taken", subject_kind, subject_id: &subject, detail };
    trail::record(&app.db, &app.ids, now, note).await?;
    let made = bundle::write(&app.db, &app.objects, &app.log, what, &app.policies, now).await?;
    let head = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_LENGTH, made.size.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", made.name)),
    ];
    let file = tokio::fs::File::from_std(made.file);
    Ok((head, Body::from_stream(ReaderStream::with_capacity(file, 256 * 1024))).into_response())
}
