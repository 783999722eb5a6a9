//! The session code of a lesson that goes on.

use super::class_of;
use crate::app::App;
use crate::receive::Right;
use crate::register::lesson;
use crate::register::session_code::{self, SessionCode};
use crate::web::auth::Asker;
use crate::web::problem::Answer;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, HeaderName};

/// The session code of a lesson in the present minute, for its provider to show; nobody is told that of another minute
#[utoipa::path(get, path = "/v1/classes/{class}/lessons/{lesson}/code", tag = "plan", params(("class" = String, Path), ("lesson" = String, Path)),
    responses((status = 200, description = "{lesson, minute, until, text, digits}: text is what the QR code says, in capital letters and figures; another code follows at until"),
        (status = 409, description = "no_session_code: earlier than half an hour before the lesson, after its end, or a recorded lesson")))]
pub(super) async fn present(
    State(app): State<App>,
    Asker(actor): Asker,
    Path((class, lesson)): Path<(String, String)>,
) -> Answer<([(HeaderName, &'static str); 1], Json<SessionCode>)> {
    actor.require(Right::ShowCode)?;
    let class = class_of(&app, &actor, &class).await?;
    let lesson = lesson::get(&app.db, class.id, &lesson.parse()?).await?;
    let code = session_code::present(&app.db, &app.code_key, &lesson, app.clock.now()).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(code)))
}
