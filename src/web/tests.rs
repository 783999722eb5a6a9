//! The API over HTTP: bounds on what comes in, and what is counted and written down.

mod lists;

use crate::app::App;
use crate::config::{Config, DEFAULTS};
use crate::receive::Role;
use crate::receive::identity::{self, Scope};
use crate::register::trail;
use crate::store::{self, Filter};
use crate::time::HOUR;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use futures::StreamExt;
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

struct Site {
    app: App,
    router: Router,
    token: String,
    stop: CancellationToken,
    _folder: TempDir,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Site {
    async fn open(change: impl FnOnce(&mut Config)) -> Site {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config: Config = toml::from_str(DEFAULTS).expect("the defaults are settings");
        config.data.folder = folder.path().to_owned();
        change(&mut config);
        let app = App::open(config).await.expect("opens");
        let token = identity::create_token(&app.db, &app.ids, app.clock.now(), Role::Admin, &Scope::default(), "t").await.expect("made");
        let stop = CancellationToken::new();
        tokio::spawn({
            let (log, stop) = (app.log.clone(), stop.clone());
            async move { log.run(stop).await }
        });
        Site { router: super::router(app.clone()), app, token, stop, _folder: folder }
    }

    async fn send(&self, method: &str, place: &str, body: Body) -> (StatusCode, Bytes) {
        let request = Request::builder().method(method).uri(place).header("authorization", format!("Bearer {}", self.token));
        let response = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("the router answers");
        let status = response.status();
        (status, axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body"))
    }

    async fn code(&self, method: &str, place: &str, body: Body) -> (StatusCode, String) {
        let (status, body) = self.send(method, place, body).await;
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    }
}

/// A body that sends a little and then nothing more, without ending.
fn stalled() -> Body {
    let begun = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"half"))]);
    Body::from_stream(begun.chain(futures::stream::pending()))
}

const UPLOAD: &str = "/v1/evidence?kind=document&filename=a.txt";

#[tokio::test]
async fn a_body_that_stands_still_is_given_up_and_nothing_is_kept() {
    let site = Site::open(|config| config.server.idle_seconds = 1).await;
    let answer = site.code("POST", UPLOAD, stalled()).await;
    assert_eq!(answer, (StatusCode::BAD_REQUEST, "truncated".to_owned()));
    assert!(store::list(&site.app.db, &Filter::default(), 10).await.expect("lists").is_empty());
    assert!(site.app.objects.list().next().await.is_none(), "no object was kept");
}

#[tokio::test]
async fn one_upload_more_than_there_are_places_is_told_to_come_again() {
    let site = Site::open(|config| config.limits.uploads = 1).await;
    let place = site.app.uploads.clone().try_acquire_owned().expect("the only place");
    let busy = site.code("POST", UPLOAD, Body::from("x")).await;
    assert_eq!(busy, (StatusCode::TOO_MANY_REQUESTS, "busy".to_owned()));
    drop(place);
    assert_eq!(site.send("POST", UPLOAD, Body::from("x")).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn whoever_takes_the_bytes_of_evidence_is_in_the_trail_once_an_hour() {
    let site = Site::open(|_| {}).await;
    let (status, body) = site.send("POST", UPLOAD, Body::from("names and numbers")).await;
    assert_eq!(status, StatusCode::CREATED);
    let id = serde_json::from_slice::<Value>(&body).expect("JSON")["id"].as_str().expect("an id").to_owned();
    let place = format!("/v1/evidence/{id}/content");
    let range = Request::get(&place).header("authorization", format!("Bearer {}", site.token)).header("range", "bytes=1-2");
    let answer = site.router.clone().oneshot(range.body(Body::empty()).expect("a request")).await.expect("answers");
    assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(&site.send("GET", &place, Body::empty()).await.1[..], b"names and numbers");
    let lines = trail::of(&site.app.db, "evidence", &id, 10).await.expect("lines");
    assert_eq!(lines.iter().filter(|line| line.action == "evidence.read").count(), 1);
    let note = |actor| trail::Note { actor, action: "evidence.read", subject_kind: "evidence", subject_id: &id, detail: None };
    let later = site.app.clock.now().plus(2 * HOUR);
    for actor in [lines[0].actor.as_str(), "login:another", "login:another"] {
        trail::looked(&site.app.db, &site.app.ids, later, note(actor)).await.expect("is written");
    }
    assert_eq!(trail::of(&site.app.db, "evidence", &id, 10).await.expect("lines").len(), 3, "another hour, and another person");
}

#[tokio::test]
async fn requests_and_evidence_are_counted_by_route_and_kind_and_never_by_id() {
    let site = Site::open(|_| {}).await;
    let (_, body) = site.send("POST", UPLOAD, Body::from("count me")).await;
    let id = serde_json::from_slice::<Value>(&body).expect("JSON")["id"].as_str().expect("an id").to_owned();
    site.send("GET", &format!("/v1/evidence/{id}"), Body::empty()).await;
    site.send("MADEUP", "/healthz", Body::empty()).await;
    let (_, text) = site.send("GET", "/metrics", Body::empty()).await;
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains(r#"keshi_requests_total{method="GET",route="/v1/evidence/{id}",status="200"}"#), "{text}");
    assert!(text.contains(r#"keshi_evidence_total{kind="document",new="yes"}"#), "{text}");
    assert!(text.contains(r#"method="other""#) && !text.contains("MADEUP"), "whoever makes up methods makes no series");
    assert!(!text.contains(&id), "an id names a thing");
}
