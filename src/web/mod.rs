//! HTTP: the API under `/v1`, the log under `/log`, operation, and the pages.
//!
//! A handler extracts, authorises, calls one stage function, answers. Nothing but this folder knows HTTP.

pub mod api;
pub mod auth;
mod drain;
mod limit;
mod listen;
mod measure;
pub mod pages;
pub mod problem;
#[cfg(test)]
mod tests;

use crate::app::App;
use crate::error::{Error, Result, codes};
use axum::Router;
use axum::http::{HeaderName, HeaderValue, Request, header};
use axum::middleware;
use problem::Problem;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

/// What pages may load: this server's own files and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every address.
pub fn router(app: App) -> Router {
    let pages =
        pages::router().layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)));
    let limits = limit::Limits::new(app.config.limits.requests_per_minute);
    api::router()
        .merge(pages)
        .fallback(pages::nowhere)
        .method_not_allowed_fallback(async || Problem(Error::of(&codes::METHOD)))
        .layer(middleware::from_fn_with_state(limits, limit::check))
        .layer(middleware::from_fn(drain::drain))
        .layer(middleware::from_fn(measure::measure))
        .layer(SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(SetResponseHeaderLayer::if_not_present(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .layer(SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            use axum::response::IntoResponse;
            Problem(Error::of(&codes::INTERNAL)).into_response()
        }))
        // Method and path only: a query may hold what a person typed.
        .layer(
            TraceLayer::new_for_http().make_span_with(
                |request: &Request<_>| tracing::info_span!("request", method = %request.method(), path = request.uri().path()),
            ),
        )
        .with_state(app)
}

/// Serves until `stop`; requests under way then have half a minute to end.
pub async fn serve(app: App, listener: TcpListener, stop: CancellationToken) -> Result<()> {
    tokio::spawn(api::keep_up(stop.clone()));
    listen::serve(&app, router(app.clone()), listener, stop).await;
    Ok(())
}
