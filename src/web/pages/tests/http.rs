//! The pages over HTTP: sessions, forms, languages, and what each role sees.

use crate::app::App;
use crate::audit::overview;
use crate::config::{Config, DEFAULTS};
use crate::ids::{Ids, ProviderId};
use crate::receive::Role;
use crate::receive::identity::{self, Scope};
use crate::register::trail;
use crate::time::{Clock, Time};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use tempfile::TempDir;
use tower::ServiceExt;

/// The ID number of everybody in the world.
pub(super) const NUMBER: &str = "11010519491231002X";
const PASSWORD: &str = "correct horse battery";
const CLASS: &str = "/classes/0190a1b2-0002-7000-8000-000000000001";

pub(super) struct Site {
    pub(super) app: App,
    router: Router,
    _folder: TempDir,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) html: String,
}

impl Answer {
    pub(super) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |value| value.to_str().expect("text"))
    }

    fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies.filter_map(|text| text.split(';').next()?.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    }

    pub(super) fn csrf(&self) -> String {
        let rest = self.html.split("name=\"csrf\" value=\"").nth(1).expect("a form");
        rest.split('"').next().expect("a value").to_owned()
    }
}

impl Site {
    /// A server with the world of the read model's tests and a login for some roles.
    pub(super) async fn open() -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config: Config = toml::from_str(DEFAULTS).expect("the defaults are settings");
        config.data.folder = folder.path().to_owned();
        config.limits.requests_per_minute = 0;
        let clock = Clock::Fixed(Arc::new(AtomicI64::new("2020-03-04T12:00:00+08:00".parse::<Time>().expect("valid").0)));
        let app = App::open_at(config, clock.clone()).await.expect("opens");
        overview::testing::world(&app.db).await;
        overview::testing::number(&app.db, app.secrets.seal(NUMBER)).await;
        let ids = Ids::new(clock);
        for role in [Role::Platform, Role::Provider, Role::Inspector, Role::Investigator, Role::Admin] {
            let provider: ProviderId = "0190a1b2-0001-7000-8000-000000000001".parse().expect("an id");
            let scope = match role {
                Role::Platform => Scope { platform: Some("px".into()), provider: None },
                Role::Provider => Scope { platform: None, provider: Some(provider) },
                _ => Scope::default(),
            };
            identity::put_login(&app.db, &ids, Time(1), role.as_str(), PASSWORD, role, &scope).await.expect("made");
        }
        Site { router: crate::web::router(app.clone()), app, _folder: folder }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 10 << 20).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, html: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub(super) async fn get(&self, place: &str, cookie: &str) -> Answer {
        let request = Request::get(place).header(header::ACCEPT, "text/html").header(header::COOKIE, cookie);
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    pub(super) async fn post(&self, place: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(place).header(header::COOKIE, cookie).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).expect("a request")).await
    }

    /// Logs in through the form and returns the session as a browser sends it.
    pub(super) async fn log_in(&self, role: &str) -> String {
        let door = self.get("/login", "").await;
        let cookie = format!("keshi_door={}", door.cookie("keshi_door").expect("a door"));
        let form = format!("csrf={}&name={role}&password={}&next=%2Fclasses", door.csrf(), PASSWORD.replace(' ', "+"));
        let answer = self.post("/login", &cookie, &form).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/classes"), "{}", answer.html);
        format!("keshi_session={}", answer.cookie("keshi_session").expect("a session"))
    }
}

#[tokio::test]
async fn nobody_sees_a_page_before_the_login_and_everybody_comes_back_to_where_they_were() {
    let site = Site::open().await;
    for place in ["/", "/classes", CLASS, "/evidence?kind=video", "/findings", "/log", "/jobs", "/webhooks"] {
        let answer = site.get(place, "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{place}");
        assert!(answer.location().starts_with("/login?next="), "{place}");
    }
    let door = site.get("/login?next=%2Fevidence%3Fkind%3Dvideo", "").await;
    assert!(door.html.contains("value=\"/evidence?kind=video\""));
}

#[tokio::test]
async fn a_login_form_counts_only_with_the_token_of_the_door_it_was_shown_at() {
    let site = Site::open().await;
    let door = site.get("/login", "").await;
    let form = format!("csrf={}&name=inspector&password={}", door.csrf(), PASSWORD.replace(' ', "+"));
    assert_eq!(site.post("/login", "", &form).await.status, StatusCode::FORBIDDEN, "without the door's cookie");
    let foreign = format!("keshi_door={}", "0".repeat(64));
    assert_eq!(site.post("/login", &foreign, &form).await.status, StatusCode::FORBIDDEN, "with another door's");
    let cookie = format!("keshi_door={}", door.cookie("keshi_door").expect("a door"));
    let wrong = site.post("/login", &cookie, &form.replace("correct", "wrong")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(wrong.html.contains("role=\"alert\"") && wrong.cookie("keshi_session").is_none());
}

#[tokio::test]
async fn a_session_ends_with_the_logout_and_only_by_its_own_form() {
    let site = Site::open().await;
    let session = site.log_in("inspector").await;
    let page = site.get("/classes", &session).await;
    assert_eq!(site.post("/logout", &session, "csrf=00").await.status, StatusCode::FORBIDDEN);
    assert_eq!(site.get("/classes", &session).await.status, StatusCode::OK);
    let gone = site.post("/logout", &session, &format!("csrf={}", page.csrf())).await;
    assert_eq!((gone.status, gone.location()), (StatusCode::SEE_OTHER, "/login"));
    assert_eq!(site.get("/classes", &session).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_role_sees_its_own_classes_names_and_findings_and_no_others() {
    let site = Site::open().await;
    let other = "/classes/0190a1b2-0002-7000-8000-000000000002";
    for (role, names, foreign, findings, jobs) in [
        ("platform", false, StatusCode::OK, StatusCode::FORBIDDEN, StatusCode::FORBIDDEN),
        ("provider", true, StatusCode::NOT_FOUND, StatusCode::FORBIDDEN, StatusCode::FORBIDDEN),
        ("inspector", true, StatusCode::OK, StatusCode::OK, StatusCode::FORBIDDEN),
        ("admin", true, StatusCode::OK, StatusCode::OK, StatusCode::OK),
    ] {
        let session = site.log_in(role).await;
        let page = site.get(CLASS, &session).await;
        assert_eq!(page.status, StatusCode::OK, "{role}: {}", page.html);
        assert_eq!((page.html.contains("王一"), page.html.contains("王*")), (names, !names), "{role}");
        assert_eq!(site.get(other, &session).await.status, foreign, "{role}");
        assert_eq!(site.get("/findings", &session).await.status, findings, "{role}");
        let told = page.html.contains("/findings?class=");
        assert_eq!(told, findings == StatusCode::OK, "{role} is told of findings on the class if and only if they may be opened");
        assert_eq!(site.get("/jobs", &session).await.status, jobs, "{role}");
    }
}

#[tokio::test]
async fn the_number_of_an_identity_card_is_shown_masked_to_few_and_in_full_to_nobody() {
    let site = Site::open().await;
    let place = "/trainees/0190a1b2-0004-7000-8000-000000000001";
    for (role, masked) in [("inspector", true), ("admin", true), ("provider", false), ("platform", false)] {
        let page = site.get(place, &site.log_in(role).await).await;
        assert_eq!(page.status, StatusCode::OK, "{role}: {}", page.html);
        assert_eq!(page.html.contains("1***************2X"), masked, "{role}");
        assert!(!page.html.contains("19491231"), "{role}");
    }
}

#[tokio::test]
async fn who_waits_is_shown_to_those_who_may_see_names_and_said_by_providers_and_administrators() {
    let site = Site::open().await;
    let (mine, other) = (format!("{CLASS}/unmatched"), "/classes/0190a1b2-0002-7000-8000-000000000002/unmatched");
    for (role, see, say) in [
        ("platform", StatusCode::FORBIDDEN, StatusCode::FORBIDDEN),
        ("inspector", StatusCode::OK, StatusCode::FORBIDDEN),
        ("investigator", StatusCode::OK, StatusCode::FORBIDDEN),
        ("provider", StatusCode::OK, StatusCode::NOT_FOUND),
        ("admin", StatusCode::OK, StatusCode::NOT_FOUND),
    ] {
        let session = site.log_in(role).await;
        assert_eq!(site.get(&mine, &session).await.status, see, "{role}");
        let csrf = site.get("/", &session).await.csrf();
        // Nobody waits under this identity: who may say so is told that, anybody else that they may not.
        let form = format!("csrf={csrf}&identity={}&choice=nobody&reason=x", "00".repeat(32));
        assert_eq!(site.post(&format!("{CLASS}/resolutions"), &session, &form).await.status, say, "{role}");
        let unsigned = site.post(&format!("{CLASS}/resolutions"), &session, &form.replace(&csrf, "00")).await;
        assert_eq!(unsigned.status, StatusCode::FORBIDDEN, "{role}");
        if role == "provider" {
            assert_eq!(site.get(other, &session).await.status, StatusCode::NOT_FOUND);
            let foreign = site.post(&other.replace("unmatched", "resolutions"), &session, &form).await;
            assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        }
    }
}

#[tokio::test]
async fn a_look_at_names_is_written_down_with_who_looked() {
    let site = Site::open().await;
    let looks = async || trail::of(&site.app.db, "class", &CLASS["/classes/".len()..], 10).await.expect("reads");
    let session = site.log_in("platform").await;
    site.get(CLASS, &session).await;
    assert!(looks().await.is_empty(), "masked names are no look");
    let session = site.log_in("inspector").await;
    site.get(CLASS, &session).await;
    let looks = looks().await;
    assert_eq!((looks.len(), looks[0].action.as_str()), (1, "names.seen"));
    assert_eq!(overview::actor(&site.app.db, &looks[0].actor).await.expect("reads"), "inspector");
}

#[tokio::test]
async fn every_page_of_the_world_answers_in_both_languages() {
    let site = Site::open().await;
    let session = site.log_in("admin").await;
    let hour = "/hours/0190a1b2-0005-7000-8000-000000000001/0190a1b2-0004-7000-8000-000000000001";
    let places = [
        "/",
        "/classes?q=50%25",
        CLASS,
        "/classes/0190a1b2-0002-7000-8000-000000000001/unmatched",
        "/lessons/0190a1b2-0005-7000-8000-000000000001",
        "/lessons/0190a1b2-0005-7000-8000-000000000003?sort=name",
        hour,
        "/trainees/0190a1b2-0004-7000-8000-000000000002",
        "/evidence?kind=video&q=abc",
        "/evidence/0190a1b2-0006-7000-8000-000000000002",
        "/findings?status=all&order=time",
        "/findings/0190a1b2-0007-7000-8000-000000000001",
        "/findings?choose=1",
        "/findings?provider=0190a1b2-0001-7000-8000-000000000001",
        "/cases",
        "/cases?status=closed",
        "/jobs",
        "/log",
    ];
    for (lang, tag) in [("zh", "zh-CN"), ("en", "en")] {
        for place in places {
            let cookie = format!("{session}; keshi_lang={lang}");
            let answer = site.get(place, &cookie).await;
            assert_eq!(answer.status, StatusCode::OK, "{place}: {}", answer.html);
            assert!(answer.html.contains(&format!("<html lang=\"{tag}\">")), "{place}");
            assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store", "{place}");
            assert!(answer.headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text").starts_with("default-src 'none'"));
        }
    }
    let answer = site.get("/classes?lang=en", &session).await;
    assert_eq!(answer.cookie("keshi_lang").as_deref(), Some("en"), "a language asked for stays");
}

#[tokio::test]
async fn an_investigator_decides_a_finding_and_the_decision_is_shown() {
    let site = Site::open().await;
    let place = "/findings/0190a1b2-0007-7000-8000-000000000001";
    let inspector = site.log_in("inspector").await;
    let page = site.get(place, &inspector).await;
    assert!(!page.html.contains("/status\""), "who may not judge gets no form");
    let refused = site.post(&format!("{place}/status"), &inspector, &format!("csrf={}&status=confirmed", page.csrf())).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let session = site.log_in("investigator").await;
    let csrf = site.get(place, &session).await.csrf();
    let unsigned = site.post(&format!("{place}/status"), &session, "csrf=&status=confirmed").await;
    assert_eq!(unsigned.status, StatusCode::FORBIDDEN);
    let done =
        site.post(&format!("{place}/status"), &session, &format!("csrf={csrf}&status=snoozed&until=2020-04-01&note=%E7%AD%89")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.html);
    let page = site.get(place, &session).await;
    assert!(page.html.contains("等") && page.html.contains("2020-04-01") && page.html.contains("investigator"), "{}", page.html);
    let past = site.post(&format!("{place}/status"), &session, &format!("csrf={csrf}&status=snoozed&until=2020-01-01")).await;
    assert_eq!(past.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_finding_is_put_into_a_case_by_forms_and_nobody_else_may() {
    let site = Site::open().await;
    let finding = "0190a1b2-0007-7000-8000-000000000001";
    let place = format!("/findings/{finding}");
    let session = site.log_in("investigator").await;
    let csrf = site.get(&place, &session).await.csrf();
    let body = format!("csrf={csrf}&place=new&title=%E6%A1%88&finding={finding}&back={place}");
    assert_eq!(site.post("/cases", &session, &body.replace(&csrf, "")).await.status, StatusCode::FORBIDDEN);
    let put = site.post("/cases", &session, &body).await;
    assert_eq!((put.status, put.location()), (StatusCode::SEE_OTHER, format!("{place}#cases").as_str()));
    let page = site.get(&place, &session).await;
    let (_, rest) = page.html.split_once("href=\"/cases/").expect("the page says which case it is in");
    let case = format!("/cases/{}", rest.split('"').next().unwrap_or_default());
    let page = site.get(&case, &session).await;
    assert!(page.status == StatusCode::OK && page.html.contains(finding) && page.html.contains("<h1>案</h1>"), "{}", page.html);
    let untitled = site.post("/cases", &session, &body.replace("%E6%A1%88", "")).await;
    assert_eq!(untitled.status, StatusCode::BAD_REQUEST);
    let noted = site.post(&format!("{case}/notes"), &session, &format!("csrf={csrf}&text=%E7%AD%89%E7%AD%89")).await;
    assert_eq!(noted.status, StatusCode::SEE_OTHER);
    let closed = site.post(&format!("{case}/close"), &session, &format!("csrf={csrf}&outcome=proven&text=x")).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER);
    let late = site.post(&format!("{case}/notes"), &session, &format!("csrf={csrf}&text=late")).await;
    assert!(late.status == StatusCode::CONFLICT && late.html.contains("重新立案"), "{}", late.html);

    let inspector = site.log_in("inspector").await;
    let page = site.get(&case, &inspector).await;
    assert!(page.html.contains("等等") && !page.html.contains("/reopen\""), "who may not judge reads it and gets no form");
    let refused = site.post(&format!("{case}/reopen"), &inspector, &format!("csrf={}&text=x", page.csrf())).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let provider = site.log_in("provider").await;
    for place in [case.as_str(), "/cases"] {
        assert_eq!(site.get(place, &provider).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn an_unknown_address_is_a_page_for_people_and_a_problem_for_programs() {
    let site = Site::open().await;
    let session = site.log_in("inspector").await;
    for place in ["/nowhere", "/classes/none", "/evidence/0190a1b2-0006-7000-8000-00000000ffff"] {
        let answer = site.get(place, &session).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{place}");
        assert!(answer.html.contains("<h1>") && answer.headers.contains_key(header::CONTENT_SECURITY_POLICY), "{place}");
    }
    let program = site.send(Request::get("/v1/nowhere").body(Body::empty()).expect("a request")).await;
    assert_eq!(program.headers[header::CONTENT_TYPE], "application/problem+json");
}

#[tokio::test]
async fn style_and_scripts_are_kept_for_ever_under_their_digest() {
    let site = Site::open().await;
    let answer = site.get(&super::super::assets::address("keshi.css"), "").await;
    assert_eq!((answer.status, answer.headers[header::CONTENT_TYPE].as_bytes()), (StatusCode::OK, &b"text/css; charset=utf-8"[..]));
    assert!(answer.headers[header::CACHE_CONTROL].to_str().expect("text").contains("immutable"));
    assert_eq!(site.get("/assets/000000000000/keshi.css", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_webhook_is_made_tried_ended_and_removed_by_forms_and_its_secret_is_shown_once() {
    let site = Site::open().await;
    let (platform, inspector) = (site.log_in("platform").await, site.log_in("inspector").await);
    assert_eq!(site.get("/webhooks", &inspector).await.status, StatusCode::FORBIDDEN);
    assert!(!site.get("/", &inspector).await.html.contains("href=\"/webhooks\""));
    let list = site.get("/webhooks", &platform).await;
    let form = |more: &str| format!("csrf={}&name=mine&url=https%3A%2F%2Fexample.org%2Fhook%3Fkey%3Dhidden{more}", list.csrf());
    assert_eq!(site.post("/webhooks", &platform, &form("")).await.status, StatusCode::BAD_REQUEST, "no event");
    let forged = site.post("/webhooks", &platform, &form("&sealed=1").replace("csrf=", "csrf=0")).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let made = site.post("/webhooks", &platform, &form("&sealed=1&credited=1")).await;
    assert_eq!((made.status, made.headers[header::CACHE_CONTROL].as_bytes()), (StatusCode::OK, &b"no-store"[..]));
    assert_eq!(made.html.matches("whsec_").count(), 1);
    let place = made.html.split("action=\"").find_map(|rest| rest.split_once("/test\"")).expect("its page").0.to_owned();
    let csrf = format!("csrf={}", made.csrf());
    let done = site.post(&format!("{place}/test"), &platform, &csrf).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, place.as_str()));
    let shown = site.get(&place, &platform).await.html;
    assert!(!shown.contains("whsec_") && !shown.contains("key=hidden") && shown.contains("example.org/hook?…"), "{shown}");
    assert!(shown.contains("测试") && shown.contains("待送达"), "{shown}");
    assert_eq!(site.post(&format!("{place}/secret"), &platform, &csrf).await.html.matches("whsec_").count(), 1);
    site.post(&format!("{place}/active"), &platform, &format!("{csrf}&active=no")).await;
    assert!(site.get(&place, &platform).await.html.contains("已停止"));
    assert_eq!(site.post(&format!("{place}/test"), &platform, &csrf).await.status, StatusCode::CONFLICT);
    let other = site.log_in("provider").await;
    assert_eq!(site.get(&place, &other).await.status, StatusCode::NOT_FOUND, "another's");
    assert_eq!(site.post(&format!("{place}/remove"), &platform, &csrf).await.location(), "/webhooks");
    assert_eq!(site.get(&place, &platform).await.status, StatusCode::NOT_FOUND);
}
