//! Logging in and out.

use super::frame::Frame;
use super::visit::{Guest, Visit, answer, cookie, local, trouble, with_cookie, without_session};
use crate::error::{Error, Kind, Result, codes};
use crate::ids::chance;
use crate::receive::identity;
use crate::web::auth::{self, form_token, holds};
use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// The form, and the same form after a wrong password.
#[derive(Debug, Template)]
#[template(path = "login.html")]
pub struct Login {
    /// Surroundings.
    pub frame: Frame,
    /// The last try failed.
    pub failed: bool,
    /// The name given at the last try.
    pub name: String,
    /// Where to go afterwards: a path of this server.
    pub next: String,
}

/// The cookie a login form belongs to, before there is a session.
const DOOR: &str = "keshi_door";

/// What the login page is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    next: String,
}

/// What the login form sends.
#[derive(Deserialize)]
pub struct Sent {
    csrf: String,
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// What the logout form sends.
#[derive(Debug, Deserialize)]
pub struct Leaving {
    csrf: String,
}

/// `GET /login`
pub async fn show(guest: Guest, Query(asked): Query<Asked>) -> Response {
    door(guest, false, String::new(), local(&asked.next).to_owned())
}

/// `POST /login`
pub async fn enter(guest: Guest, Form(sent): Form<Sent>) -> Response {
    let next = local(&sent.next).to_owned();
    match open(&guest, &sent).await {
        Ok(session) => with_cookie(Redirect::to(&next).into_response(), auth::set_cookie(&guest.app, &session)),
        Err(error) if error.kind == Kind::Unauthenticated => {
            let mut response = door(guest, true, sent.name, next);
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            response
        }
        Err(error) => trouble(&guest.frame, error),
    }
}

/// `POST /logout`
pub async fn leave(visit: Visit, Form(leaving): Form<Leaving>) -> Response {
    let done = match visit.check(&leaving.csrf) {
        Ok(()) => identity::log_out(&visit.app.db, &visit.person.cookie).await,
        refused => refused,
    };
    let gone = done.is_ok();
    let response = visit.back(done, "/login");
    if gone { without_session(&visit.app, response) } else { response }
}

async fn open(guest: &Guest, sent: &Sent) -> Result<String> {
    let door = cookie(&guest.headers, DOOR).unwrap_or_default();
    if door.len() != 64 || !holds(&door, &sent.csrf) {
        return Err(Error::of(&codes::STALE_FORM));
    }
    identity::log_in(&guest.app.db, guest.app.clock.now(), &sent.name, &sent.password).await
}

fn door(guest: Guest, failed: bool, name: String, next: String) -> Response {
    let known = cookie(&guest.headers, DOOR).filter(|door| door.len() == 64);
    let door = known.clone().unwrap_or_else(|| hex::encode(chance::<32>()));
    let mut frame = guest.frame;
    frame.csrf = form_token(&door);
    let response = answer(&frame.clone(), Ok(Login { frame, failed, name, next }));
    match known {
        Some(_) => response,
        None => {
            let secure = if guest.app.config.public_url().starts_with("https://") { "; Secure" } else { "" };
            with_cookie(response, format!("{DOOR}={door}; Path=/login; HttpOnly; SameSite=Strict{secure}"))
        }
    }
}
