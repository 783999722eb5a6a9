//! The pages: one file per page, the page's struct beside its handler, plain data inside; `templates/` says how it looks.
//!
//! [`frame`] is what surrounds every page, [`words`] the two languages, [`mod@format`] numbers and times, [`state`] the four states,
//! [`mod@line`] and [`matrix`] the two pictures that carry the work. A page is gathered by its `read` for a [`reader::Reader`], who says
//! what may be seen; names are masked there and nowhere else.

// What pages share.
pub mod assets;

pub mod custody;
mod facts;
pub mod format;
pub mod frame;
pub mod line;
pub mod marks;
pub mod matrix;
pub mod money;
pub mod opening;
pub mod proof;
pub mod reader;
pub mod shown_codes;
pub mod state;
mod trace;
mod visit;
pub mod words;

// The pages.
pub mod applications;
pub mod ask;
pub mod case;
pub mod cases;
pub mod checks;
pub mod claim;
pub mod class;
pub mod classes;
pub mod deadlines;
pub mod decide;
pub mod evidence;
pub mod evidence_list;
pub mod finding;
pub mod findings;
pub mod hour;
pub mod jobs;
pub mod lesson;
pub mod log;
pub mod login;
pub mod network;
pub mod personal;
pub mod reports;
pub mod rules;
pub mod scores;
pub mod session_code;
pub mod trainee;
pub mod trouble;
pub mod unmatched;
pub mod upload;
pub mod webhooks;
pub mod work;

use super::problem::Problem;
use crate::app::App;
use crate::error::{Error, codes};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;

/// Every page.
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(work::show))
        .route("/login", get(login::show).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/classes", get(classes::show))
        .route("/classes/{id}", get(class::show))
        .route("/classes/{id}/upload", get(upload::show).post(upload::send).layer(DefaultBodyLimit::disable()))
        .route("/classes/{id}/upload/{upload}/forget", post(upload::forget))
        .route("/applications", get(applications::show))
        .route("/classes/{id}/decide", get(decide::show).post(decide::decide))
        .route("/classes/{id}/papers", post(opening::hand_in).layer(DefaultBodyLimit::disable()))
        .route("/classes/{id}/claim", get(claim::show).post(claim::file))
        .route("/classes/{id}/claim/decision", post(claim::decide))
        .route("/classes/{id}/claim/settlement", post(claim::settle))
        .route("/classes/{id}/certificates", post(claim::certify))
        .route("/classes/{id}/prepayment", post(claim::prepay))
        .route("/classes/{id}/unmatched", get(unmatched::show))
        .route("/classes/{id}/resolutions", post(unmatched::resolve))
        .route("/lessons/{id}", get(lesson::show))
        .route("/lessons/{id}/code", get(session_code::show))
        .route("/hours/{lesson}/{trainee}", get(hour::show))
        .route("/trainees/{id}", get(trainee::show))
        .route("/trainees/{id}/personal", post(personal::reveal))
        .route("/trainees/{id}/access", post(personal::access))
        .route("/trainees/{id}/corrections", post(personal::ask))
        .route("/corrections", get(personal::list))
        .route("/corrections/{id}/close", post(personal::close))
        .route("/evidence", get(evidence_list::show))
        .route("/evidence/{id}", get(evidence::show))
        .route("/findings", get(findings::show))
        .route("/findings/{id}", get(finding::show))
        .route("/findings/{id}/status", post(finding::decide))
        .route("/cases", get(cases::show).post(cases::put))
        .route("/cases/{id}", get(case::show))
        .route("/cases/{id}/notes", post(case::note))
        .route("/cases/{id}/items/{item}/remove", post(case::remove))
        .route("/cases/{id}/close", post(case::close))
        .route("/cases/{id}/reopen", post(case::reopen))
        .route("/cases/{id}/bundle", post(case::bundle))
        .route("/ask", get(ask::show).post(ask::ask))
        .route("/ask/kept/{id}/remove", post(ask::remove))
        .route("/scores", get(scores::show))
        .route("/network", get(network::show))
        .route("/network/follow", post(network::follow))
        .route("/rules", get(rules::list))
        .route("/rules/runs/{id}/stop", post(rules::stop))
        .route("/rules/{id}", get(rules::show).post(rules::try_it))
        .route("/deadlines", get(deadlines::show))
        .route("/reports", get(reports::show).post(reports::file))
        .route("/log", get(log::show))
        .route("/jobs", get(jobs::show))
        .route("/jobs/{id}/retry", post(jobs::retry))
        .route("/webhooks", get(webhooks::list).post(webhooks::add))
        .route("/webhooks/{id}", get(webhooks::show))
        .route("/webhooks/{id}/test", post(webhooks::test))
        .route("/webhooks/{id}/secret", post(webhooks::rotate))
        .route("/webhooks/{id}/active", post(webhooks::begin_or_end))
        .route("/webhooks/{id}/remove", post(webhooks::remove))
        .route("/webhooks/{id}/deliveries/{message}/retry", post(webhooks::retry))
        .route("/assets/{folder}/{name}", get(assets::show))
        .layer(middleware::from_fn(remember_language))
        .layer(CompressionLayer::new())
}

/// An address that leads nowhere: a page for a person, a problem for a program.
pub async fn nowhere(visit: Result<visit::Visit, Response>, request: Request) -> Response {
    if !visit::wants_page(request.headers()) {
        return Problem(Error::of(&codes::NOT_FOUND)).into_response();
    }
    let mut response = match visit {
        Ok(visit) => visit.answer(Err::<trouble::Trouble, _>(Error::of(&codes::NOT_FOUND))),
        Err(turned) => turned,
    };
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(super::POLICY));
    response
}

/// A language asked for with `?lang=` stays.
async fn remember_language(request: Request, next: Next) -> Response {
    let asked = visit::asked_language(request.uri());
    let mut response = next.run(request).await;
    let cookie = asked.map(|lang| format!("{}={}; Path=/; SameSite=Lax; Max-Age=31536000", visit::LANGUAGE, lang.name()));
    if let Some(value) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
