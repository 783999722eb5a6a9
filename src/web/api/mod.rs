//! The API: a file per resource. The served `/openapi.json` is made from the handlers' own notes.

mod amendments;
mod attendance;
mod backtests;
mod bundles;
pub(super) mod cases;
mod certificates;
mod checks;
mod classes;
mod deadlines;
mod decisions;
mod documents;
mod evidence;
mod findings;
mod hours;
mod jobs;
mod keys;
mod lists;
mod log;
mod money;
pub(super) mod network;
mod operation;
pub(super) mod personal;
mod providers;
mod query;
mod reports;
mod runs;
pub(super) mod scores;
mod session_code;
mod signed;
mod uploads;
mod webhooks;
mod who;
mod xapi;

pub(super) use backtests::{Wanted as TryWanted, run as try_rule};
pub(super) use bundles::hand_out;
pub(super) use query::limits as query_limits;

pub(super) use evidence::stream;
pub(super) use operation::keep_up;

use super::problem::Answer;
use crate::app::App;
use crate::error::{Error, codes};
use crate::receive::Actor;
use crate::register::{Class, class};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use serde::de::DeserializeOwned;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(OpenApi)]
#[openapi(info(
    title = "keshi",
    description = "Evidence and verification server for publicly paid online training. Ids are UUIDs, or the caller's own as ext:<id>; times are RFC 3339 with offset; money is integer fen; lists are {items, next?}; errors are application/problem+json with a stable code."
))]
struct Document;

fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(providers::platforms))
        .routes(routes!(keys::list, keys::register))
        .routes(routes!(keys::revoke))
        .routes(routes!(providers::list, providers::add))
        .routes(routes!(classes::list, classes::add))
        .routes(routes!(classes::get))
        .routes(routes!(decisions::decide))
        .routes(routes!(decisions::list))
        .routes(routes!(documents::list, documents::file))
        .routes(routes!(amendments::list))
        .routes(routes!(checks::list))
        .routes(routes!(classes::roster, classes::put_roster))
        .routes(routes!(classes::lessons, classes::put_lessons))
        .routes(routes!(session_code::present))
        .routes(routes!(certificates::list, certificates::enter))
        .routes(routes!(money::subsidy))
        .routes(routes!(money::prepay))
        .routes(routes!(money::file, money::claimed))
        .routes(routes!(money::decide))
        .routes(routes!(money::settle))
        .routes(routes!(money::pack))
        .routes(routes!(personal::account))
        .routes(routes!(personal::reveal))
        .routes(routes!(personal::corrections_of, personal::ask))
        .routes(routes!(personal::corrections))
        .routes(routes!(personal::close))
        .routes(routes!(personal::access))
        .routes(routes!(personal::trail))
        .routes(routes!(who::unmatched))
        .routes(routes!(who::resolutions, who::resolve))
        .routes(routes!(evidence::list, evidence::submit))
        .routes(routes!(evidence::get))
        .routes(routes!(evidence::content))
        .routes(routes!(evidence::receipt))
        .routes(routes!(evidence::proof))
        .routes(routes!(evidence::thumbnail))
        .routes(routes!(evidence::strip))
        .routes(routes!(attendance::submit))
        .routes(routes!(uploads::options, uploads::list, uploads::begin))
        .routes(routes!(uploads::state, uploads::offset, uploads::go_on, uploads::go_on_by_post, uploads::remove))
        .nest("/xapi", xapi::router())
        .routes(routes!(hours::credits))
        .routes(routes!(hours::lesson_trace))
        .routes(routes!(hours::trainee_trace))
        .routes(routes!(findings::list))
        .routes(routes!(findings::get))
        .routes(routes!(findings::set_status))
        .routes(routes!(cases::list, cases::open))
        .routes(routes!(cases::get))
        .routes(routes!(cases::add))
        .routes(routes!(cases::remove))
        .routes(routes!(cases::note))
        .routes(routes!(cases::close))
        .routes(routes!(cases::reopen))
        .routes(routes!(backtests::backtest))
        .routes(routes!(scores::list))
        .routes(routes!(network::groups))
        .routes(routes!(network::follow))
        .routes(routes!(runs::list))
        .routes(routes!(runs::stop))
        .routes(routes!(bundles::make))
        .routes(routes!(query::query))
        .routes(routes!(query::kept))
        .routes(routes!(lists::list))
        .routes(routes!(lists::bring))
        .routes(routes!(reports::weekly, reports::file))
        .routes(routes!(reports::backfill))
        .routes(routes!(deadlines::list))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::get, webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::retry))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::retry))
        .routes(routes!(log::checkpoint))
        .routes(routes!(log::trust))
        .routes(routes!(log::tile))
        .routes(routes!(operation::health))
        .routes(routes!(operation::ready))
}

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    described().split_for_parts().1
}

/// All addresses of the API. Bodies are limited by their handlers.
pub fn router() -> Router<App> {
    let (router, document) = described().split_for_parts();
    router
        .merge(utoipa_swagger_ui::SwaggerUi::new("/docs").url("/openapi.json", document))
        .merge(operation::metrics())
        .layer(DefaultBodyLimit::disable())
}

/// A class the asker may know of.
async fn class_of(app: &App, actor: &Actor, reference: &str) -> Answer<Class> {
    let class = class::get(&app.db, &reference.parse()?).await?;
    actor.require_class(&class)?;
    Ok(class)
}

/// A small body, whole.
async fn small(app: &App, body: axum::body::Body) -> Answer<bytes::Bytes> {
    let most = app.config.limits.list_bytes;
    let body = axum::body::Body::from_stream(evidence::stream(app, body));
    axum::body::to_bytes(body, most as usize).await.map_err(|cause| {
        Error::new(&codes::TOO_LARGE, format!("The body ended early or is larger than {most} bytes; send it in parts."))
            .because(cause)
            .into()
    })
}

/// A small JSON body.
async fn json<T: DeserializeOwned>(app: &App, body: axum::body::Body) -> Answer<T> {
    let bytes = small(app, body).await?;
    serde_json::from_slice(&bytes).map_err(|cause| Error::new(&codes::INVALID, format!("The body is not as expected: {cause}.")).into())
}
