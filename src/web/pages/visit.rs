//! A request for a page: who asks, in which language, from where; and the answer, a page or what went wrong, as a page.

use super::frame::{Frame, Section, Viewer};
use super::reader::Reader;
use super::trouble::Trouble;
use super::words::Lang;
use crate::app::App;
use crate::audit::overview::Scope;
use crate::error::{Error, Kind, Result, codes};
use crate::receive::identity::Right;
use crate::register::trail;
use crate::web::auth::{self, Person, form_token, holds};
use crate::web::problem;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use std::str::FromStr;

/// The cookie that remembers the language.
pub(super) const LANGUAGE: &str = "keshi_lang";

/// A person's request for a page.
pub struct Visit {
    /// The running keshi.
    pub(super) app: App,
    /// Who asks.
    pub(super) person: Person,
    frame: Frame,
}

impl Visit {
    /// The person before the page.
    pub(super) fn reader(&self) -> Reader<'_> {
        let actor = &self.person.actor;
        Reader {
            db: &self.app.db,
            lake: &self.app.lake,
            log: &self.app.log,
            objects: &self.app.objects,
            calendar: &self.app.calendar,
            policies: &self.app.policies,
            lists: &self.app.lists,
            rules: &self.app.rules,
            secrets: &self.app.secrets,
            scope: Scope { provider: actor.provider.map(|id| id.to_string()), platform: actor.platform.clone() },
            names: actor.role.may(Right::SeeNames),
            personal: actor.role.may(Right::SeePersonal),
            trail: actor.role.may(Right::SeeTrail),
            gives: actor.role.may(Right::GiveAccess),
            findings: actor.role.may(Right::SeeFindings),
            judges: actor.role.may(Right::Judge),
            resolves: actor.role.may(Right::Resolve),
            decides: actor.role.may(Right::Decide),
            plans: actor.role.may(Right::Plan),
            shows_codes: actor.role.may(Right::ShowCode),
            submits: actor.role.may(Right::Submit),
            reports: actor.role.may(Right::Report) && actor.unbounded(),
            operates: actor.role.may(Right::Operate),
            frame: self.frame.clone(),
        }
    }

    /// The page, or what went wrong, in the reader's language.
    pub(super) fn answer<P: Template>(&self, page: Result<P>) -> Response {
        answer(&self.frame, page)
    }

    /// The same for a page that shows names: who may see them is written down as having looked, or sees nothing.
    pub(super) async fn answer_named<P: Template>(&self, kind: &str, id: &str, page: Result<P>) -> Response {
        let page = match page {
            Ok(page) if self.person.actor.role.may(Right::SeeNames) => self.looked(kind, id).await.map(|()| page),
            page => page,
        };
        self.answer(page)
    }

    async fn looked(&self, kind: &str, id: &str) -> Result<()> {
        let actor = &self.person.actor.label;
        let note = trail::Note { actor, action: "names.seen", subject_kind: kind, subject_id: id, detail: None };
        trail::record(&self.app.db, &self.app.ids, self.app.clock.now(), note).await
    }

    /// Back to a page after a form, or what went wrong with it.
    pub(super) fn back(&self, done: Result<()>, place: &str) -> Response {
        match done {
            Ok(()) => Redirect::to(place).into_response(),
            Err(error) => trouble(&self.frame, error),
        }
    }

    /// Refuses a form that was not made for this session.
    pub(super) fn check(&self, sent: &str) -> Result<()> {
        if holds(&self.person.cookie, sent) { Ok(()) } else { Err(Error::of(&codes::STALE_FORM)) }
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Visit, Response> {
        let mut frame = frame(app, parts);
        match Person::from_request_parts(parts, app).await {
            Ok(person) => {
                frame.csrf = form_token(&person.cookie);
                frame.viewer = Some(Viewer {
                    name: person.actor.name.clone(),
                    role: person.actor.role.as_str(),
                    findings: person.actor.role.may(Right::SeeFindings),
                    cases: person.actor.role.may(Right::SeeFindings) && person.actor.unbounded(),
                    subscribes: person.actor.role.may(Right::Subscribe),
                    decides: person.actor.role.may(Right::Decide),
                });
                match person.actor.require(Right::See) {
                    Ok(()) => Ok(Visit { app: app.clone(), person, frame }),
                    Err(error) => Err(trouble(&frame, error)),
                }
            }
            Err(problem) if problem.0.kind == Kind::Unauthenticated && parts.method.is_safe() => Err(to_login(&parts.uri)),
            Err(problem) => Err(trouble(&frame, problem.0)),
        }
    }
}

/// Somebody before the door: the login page and its form.
pub struct Guest {
    pub(super) app: App,
    pub(super) frame: Frame,
    pub(super) headers: HeaderMap,
}

impl FromRequestParts<App> for Guest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Guest, Self::Rejection> {
        Ok(Guest { app: app.clone(), frame: frame(app, parts), headers: parts.headers.clone() })
    }
}

/// An id of an address; one that is none leads nowhere.
pub(super) fn id<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::of(&codes::NOT_FOUND))
}

/// A page, or what went wrong, as HTML that no cache keeps: it may show personal data.
pub(super) fn answer<P: Template>(frame: &Frame, page: Result<P>) -> Response {
    match page.and_then(|page| page.render().map_err(Error::internal)) {
        Ok(html) => ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(error) => trouble(frame, error),
    }
}

/// What went wrong, as a page.
pub(super) fn trouble(frame: &Frame, error: Error) -> Response {
    problem::log(&error);
    let status = problem::status(error.kind);
    let page = Trouble { frame: frame.clone(), status: status.as_u16(), code: error.code.to_owned(), message: error.message };
    match page.render() {
        Ok(html) => (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(_) => status.into_response(),
    }
}

/// Whether a request comes from a person's browser rather than a program.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn frame(app: &App, parts: &Parts) -> Frame {
    let now = app.clock.now();
    Frame {
        lang: language(&parts.uri, &parts.headers),
        zone: app.policies.at(now).tz(),
        now,
        place: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        section: Section::of(parts.uri.path()),
        viewer: None,
        csrf: String::new(),
    }
}

/// `?lang=`, then the cookie, then what the browser accepts, then Chinese.
fn language(uri: &Uri, headers: &HeaderMap) -> Lang {
    let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    asked_language(uri)
        .or_else(|| Lang::named(&cookie(headers, LANGUAGE)?))
        .or_else(|| Lang::accepted(header(header::ACCEPT_LANGUAGE)?))
        .unwrap_or_default()
}

/// The language of `?lang=`.
pub(super) fn asked_language(uri: &Uri) -> Option<Lang> {
    uri.query()?.split('&').find_map(|pair| Lang::named(pair.strip_prefix("lang=")?))
}

/// A cookie's value.
pub(super) fn cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let found = cookies.filter_map(|pair| pair.trim().split_once('=')).find(|(name, _)| *name == wanted);
    found.map(|(_, value)| value.to_owned())
}

fn to_login(uri: &Uri) -> Response {
    let place = uri.path_and_query().map_or("/", |place| place.as_str());
    Redirect::to(&format!("/login?next={}", super::frame::encoded(place))).into_response()
}

/// Where a login leads: a place of this server, or the first page.
pub(super) fn local(place: &str) -> &str {
    let here = place.starts_with('/') && !place.starts_with("//") && !place.contains(['\\', '\r', '\n']);
    if here { place } else { "/" }
}

/// The session's cookie, gone.
pub(super) fn without_session(app: &App, response: Response) -> Response {
    with_cookie(response, auth::set_cookie(app, ""))
}

/// A response that sets a cookie.
pub(super) fn with_cookie(mut response: Response, cookie: String) -> Response {
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_nowhere_else() {
        assert_eq!(local("/classes?q=1"), "/classes?q=1");
        for place in ["//evil.example", "https://evil.example", "", "javascript:1", "/\\evil.example"] {
            assert_eq!(local(place), "/", "{place}");
        }
    }

    #[test]
    fn the_language_is_asked_for_remembered_accepted_or_chinese() {
        let uri = |text: &str| text.parse::<Uri>().expect("an address");
        let mut headers = HeaderMap::new();
        assert_eq!(language(&uri("/"), &headers), Lang::Zh);
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en-GB,en;q=0.9"));
        assert_eq!(language(&uri("/"), &headers), Lang::En);
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; keshi_lang=zh"));
        assert_eq!(language(&uri("/"), &headers), Lang::Zh);
        assert_eq!(language(&uri("/classes?q=1&lang=en"), &headers), Lang::En);
    }
}
