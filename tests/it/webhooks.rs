//! Outsiders are told when evidence is sealed or refused and when hours are credited: signed as the PyPI package standardwebhooks checks
//! it, again until it is taken, and also when the server is killed in between.

use crate::live::{Scene, settle};
use crate::site::{Engine, Site, client};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SETTINGS: [(&str, &str); 4] = [
    ("KESHI__WEBHOOKS__CLOSED_NETWORK", "true"),
    ("KESHI__WEBHOOKS__TIMEOUT_SECONDS", "2"),
    ("KESHI__WEBHOOKS__FIRST_WAIT_SECONDS", "1"),
    ("KESHI__WEBHOOKS__LONGEST_WAIT_SECONDS", "2"),
];
/// How often is looked whether something has arrived, and for how long at most.
const LOOK: (Duration, usize) = (Duration::from_millis(100), 1_500);

/// A receiver of webhooks; dropped, it is gone.
pub struct Receiver {
    process: Child,
    folder: PathBuf,
    pub address: String,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Receiver {
    pub fn new(folder: PathBuf) -> Receiver {
        std::fs::create_dir(&folder).unwrap();
        let python = std::env::var("KESHI_TEST_PYTHON")
            .expect("KESHI_TEST_PYTHON names no Python with standardwebhooks: run the tests with `make test`");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/webhook.py");
        let mut process = Command::new(python).arg(script).arg(&folder).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Receiver { process, folder, address: format!("http://127.0.0.1:{}", port.trim()) }
    }

    pub fn knows(&self, name: &str, secrets: &[&str], answers: &[u16]) {
        let known = json!({"secrets": secrets, "answers": answers}).to_string();
        std::fs::write(self.folder.join("new"), known).unwrap();
        std::fs::rename(self.folder.join("new"), self.folder.join(format!("{name}.json"))).unwrap();
    }

    /// What arrived there, in order.
    pub fn got(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.join(format!("{name}.log"))).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The messages that were taken there: by id the body.
    pub fn taken(&self, name: &str) -> BTreeMap<String, Value> {
        let taken = self.got(name).into_iter().filter(|one| one["status"] == 200);
        taken.map(|one| (one["id"].as_str().unwrap().to_owned(), one["body"].clone())).collect()
    }

    /// The ids of the things that events of a kind, taken there, tell of.
    fn told(&self, name: &str, event: &str, of: &str) -> Vec<String> {
        let taken = self.taken(name);
        let bodies = taken.values().filter(|body| body["type"] == event);
        bodies.map(|body| body["data"][of].as_str().unwrap().to_owned()).collect()
    }
}

pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..LOOK.1 {
        if holds().await {
            return;
        }
        tokio::time::sleep(LOOK.0).await;
    }
    panic!("never so: {what}");
}

/// Asks the server; status and answer.
async fn ask(site: &Site, method: Method, place: &str, token: &str, body: Value) -> (StatusCode, Value) {
    let request = client().request(method, format!("{}/v1/webhooks{place}", site.address())).bearer_auth(token);
    let answer = if body.is_null() { request } else { request.body(body.to_string()) }.send().await.unwrap();
    let status = answer.status();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

/// Makes a webhook to a place of the receiver; its id and secret.
async fn hook(scene: &Scene, receiver: &Receiver, name: &str, token: &str, events: &[&str], answers: &[u16]) -> (String, String) {
    let new = json!({"name": name, "url": format!("{}/{name}?key=hidden", receiver.address), "events": events});
    let (status, made) = ask(&scene.site, Method::POST, "", token, new).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let (id, secret) = (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned());
    receiver.knows(name, &[&secret], answers);
    let (_, shown) = ask(&scene.site, Method::GET, &format!("/{id}"), token, Value::Null).await;
    assert!(shown["secret"].is_null() && shown["url"].as_str().unwrap().ends_with("?…"), "{shown}");
    (id, secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_on_sqlite_and_a_folder() {
    told(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_on_postgresql_and_s3() {
    told(Engine::Large).await;
}

async fn told(engine: Engine) {
    let (scene, server) = Scene::with(engine, &SETTINGS).await;
    let receiver = Receiver::new(scene.site.place("receiver"));
    let all = ["evidence.sealed", "evidence.refused", "hours.credited"];
    let class = &scene.plan.classes[0];
    let other = ["sx-zxpx", "jc-mohrss"].into_iter().find(|platform| *platform != class.platform).unwrap();
    let other = scene.site.token("platform", &["--platform", other]);
    let access = &scene.client.access;
    let provider = &access.providers[&scene.plan.providers[class.provider].external_id];
    let (own, _) = hook(&scene, &receiver, "platform", scene.token(), &all, &[503, 302, 500, 200]).await;
    hook(&scene, &receiver, "provider", provider, &["hours.credited"], &[200]).await;
    let (operators, secret) = hook(&scene, &receiver, "operator", &access.admin, &all, &[200]).await;
    hook(&scene, &receiver, "other", &other, &all, &[200]).await;
    let (gone, _) = hook(&scene, &receiver, "gone", &access.admin, &["hours.credited"], &[410]).await;

    // A sitting, a line that is none, a picture that is none: and the server dies before most of it is told.
    let length = (class.lessons[0].ends_at.0 - class.lessons[0].starts_at.0) / 1_000_000;
    let mut kept = BTreeSet::new();
    for (kind, second) in [("join", 0), ("leave", length)] {
        let line = scene.event(0, 0, kind, second, kind).to_string();
        let body = if kind == "join" { format!("{line}\nno json\n") } else { line };
        let (status, answer) = scene.send(0, body).await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        kept.insert(answer["id"].as_str().unwrap().to_owned());
    }
    let (in_class, lesson) = scene.place(0);
    let no_picture = [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &[7; 400]].concat();
    let send = client().post(format!("{}/v1/evidence?kind=screenshot&class={in_class}&lesson={lesson}", scene.site.address()));
    let answer: Value = send.bearer_auth(scene.token()).body(no_picture).send().await.unwrap().json().await.unwrap();
    let no_picture = answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    kept.insert(no_picture.clone());
    server.kill();
    let server = scene.site.start().await;

    settle(&scene.client).await;
    let credits = scene.client.get(&format!("/v1/classes/{in_class}/credits")).await.unwrap();
    let credited: i64 = credits["items"].as_array().unwrap().iter().map(|credit| credit["credited_ms"].as_i64().unwrap()).sum();
    assert_eq!(credited, length * 1_000, "{credits}");
    for name in ["operator", "platform"] {
        until("all evidence is told to be sealed, once each", async || {
            let mut told = receiver.told(name, "evidence.sealed", "evidence");
            told.sort();
            told.iter().eq(kept.iter())
        })
        .await;
        until("both refusals are told", async || receiver.told(name, "evidence.refused", "evidence").len() == 2).await;
    }
    for name in ["operator", "platform", "provider"] {
        until("the hours are told as they are", async || {
            receiver.taken(name).values().any(|body| body["type"] == "hours.credited" && body["data"]["credited_ms"] == credited)
        })
        .await;
    }
    until("who is gone is left alone", async || {
        ask(&scene.site, Method::GET, &format!("/{gone}"), &access.admin, Value::Null).await.1["active"] == false
    })
    .await;

    // What was told: verified each time, true, to those who may know, and of nobody.
    let refused = receiver.taken("operator").into_values().filter(|body| body["type"] == "evidence.refused");
    let refused: BTreeMap<String, Value> =
        refused.map(|body| (body["data"]["evidence"].as_str().unwrap().to_owned(), body["data"].clone())).collect();
    assert_eq!(refused[&no_picture]["refused"], "whole", "{refused:?}");
    assert!(refused.values().any(|data| data["refused_rows"] == 1 && data["accepted_rows"] == 1), "{refused:?}");
    for (_, body) in receiver.taken("platform").into_iter().filter(|(_, body)| body["type"] == "evidence.sealed") {
        let data = &body["data"];
        let receipt = scene.client.get(&format!("/v1/evidence/{}/receipt", data["evidence"].as_str().unwrap())).await.unwrap();
        assert_eq!((&data["sha256"], &data["log"]["index"]), (&receipt["sha256"], &receipt["log"]["index"]), "{body}");
    }
    assert!(receiver.got("other").is_empty() && receiver.got("elsewhere").is_empty());
    let mut everything = String::new();
    for name in ["platform", "provider", "operator", "gone"] {
        for one in receiver.got(name) {
            assert_eq!(one["verified"], json!([true]), "{one}");
            everything += &one["body"].to_string();
        }
    }
    for trainee in &class.trainees {
        let person = &scene.plan.people[trainee.person];
        for personal in [&person.name, &person.id_number, &trainee.platform_user] {
            assert!(!everything.contains(personal), "{personal}");
        }
    }
    let tries = receiver.got("platform");
    assert_eq!(tries.iter().take(3).map(|one| one["status"].as_u64().unwrap()).collect::<Vec<_>>(), [503, 302, 500]);
    let taken = receiver.taken("platform");
    assert!(tries.iter().all(|one| taken.contains_key(one["id"].as_str().unwrap())), "taken later under the same id");

    by_hand(&scene, &receiver, (&operators, &secret), (&own, &other), &gone).await;
    let said = scene.site.said();
    assert!(!said.contains("whsec_") && !said.contains("hidden"), "{said}");
    server.stop();
    assert!(scene.site.run(&["fsck"]).ends_with("all holds"));
}

/// Testing, changing the secret, sending again, looking, ending and removing.
async fn by_hand(scene: &Scene, receiver: &Receiver, (operators, secret): (&str, &str), (own, other): (&str, &str), gone: &str) {
    let admin = &scene.client.access.admin;
    let post = async |place: String, token: &str| ask(&scene.site, Method::POST, &place, token, Value::Null).await;
    for place in ["test", "secret", "deliveries/00000000-0000-7000-8000-000000000000/retry"] {
        assert_eq!(post(format!("/{own}/{place}"), other).await.0, StatusCode::NOT_FOUND, "another's: {place}");
        assert_eq!(post(format!("/{own}/{place}"), &scene.client.access.inspector).await.0, StatusCode::FORBIDDEN, "{place}");
    }
    let (status, problem) = post(format!("/{gone}/test"), admin).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("webhook_ended")));
    assert!(receiver.got("gone").iter().all(|one| one["status"] == 410));

    // Both secrets sign for a day.
    let (_, changed) = post(format!("/{operators}/secret"), admin).await;
    receiver.knows("operator", &[secret, changed["secret"].as_str().unwrap()], &[200]);
    let (status, test) = post(format!("/{operators}/test"), admin).await;
    assert_eq!((status, &test["event"], &test["state"]), (StatusCode::ACCEPTED, &json!("webhook.test"), &json!("waiting")));
    let message = test["message"].as_str().unwrap();
    let arrived = |times: usize| async move { receiver.got("operator").iter().filter(|one| one["id"] == message).count() == times };
    until("the test arrives", async || arrived(1).await).await;
    let test = receiver.got("operator").into_iter().find(|one| one["id"] == message).unwrap();
    assert_eq!((&test["verified"], &test["body"]["data"]), (&json!([true, true]), &json!({"webhook": operators})));

    let delivered = async || {
        let list = ask(&scene.site, Method::GET, &format!("/{operators}/deliveries?state=delivered&limit=1"), admin, Value::Null).await.1;
        (list["items"][0].clone(), list["next"].clone())
    };
    until("it is noted", async || delivered().await.0["message"] == message).await;
    let (newest, next) = delivered().await;
    assert_eq!((&newest["status"], &newest["attempts"], &next), (&json!(200), &json!(1), &json!(message)), "{newest}");
    assert_eq!(post(format!("/{operators}/deliveries/{message}/retry"), admin).await.0, StatusCode::ACCEPTED);
    until("it arrives again under its id", async || arrived(2).await).await;
    let metrics = client().get(format!("{}/metrics", scene.site.address())).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains(r#"keshi_webhook_attempts_total{outcome="delivered"}"#), "{metrics}");

    let (status, _) = ask(&scene.site, Method::PATCH, &format!("/{own}"), scene.token(), json!({"active": false})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(post(format!("/{own}/test"), scene.token()).await.0, StatusCode::CONFLICT);
    assert_eq!(ask(&scene.site, Method::DELETE, &format!("/{own}"), scene.token(), Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(ask(&scene.site, Method::GET, &format!("/{own}"), scene.token(), Value::Null).await.0, StatusCode::NOT_FOUND);
    let left = ask(&scene.site, Method::GET, "", scene.token(), Value::Null).await.1;
    assert_eq!(left["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_leads_to_no_machine_of_the_servers_own() {
    let site = Site::new(Engine::Small).await;
    let server = site.start().await;
    let receiver = Receiver::new(site.place("receiver"));
    let admin = site.token("admin", &[]);
    let port = receiver.address.rsplit(':').next().unwrap();
    let add =
        async |url: String| ask(&site, Method::POST, "", &admin, json!({"name": "n", "url": url, "events": ["evidence.sealed"]})).await;
    let own =
        ["http://127.0.0.1", "https://127.0.0.1", "https://[::1]", "https://169.254.169.254", "https://0x7f000001", "http://localhost"];
    for host in own {
        let (status, problem) = add(format!("{host}:{port}/hook")).await;
        assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("webhook_url")), "{host}");
    }
    // A name says nothing of where it leads, until it is resolved for the connection.
    let (status, made) = add(format!("https://localhost:{port}/hook")).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_str().unwrap();
    ask(&site, Method::POST, &format!("/{id}/test"), &admin, Value::Null).await;
    let tried = async || ask(&site, Method::GET, &format!("/{id}/deliveries"), &admin, Value::Null).await.1["items"][0].clone();
    until("it was tried", async || tried().await["attempts"].as_i64().is_some_and(|times| times > 0)).await;
    let tried = tried().await;
    assert_eq!((&tried["state"], &tried["problem"], &tried["status"]), (&json!("waiting"), &json!("not_public"), &Value::Null), "{tried}");
    assert!(receiver.got("hook").is_empty());
    server.stop();
}
