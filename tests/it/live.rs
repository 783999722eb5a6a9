//! Live events over HTTP: many small bodies become one piece of evidence, each sender is answered with its own rows, what is sent again
//! counts once; and all of it holds when the server is killed in the middle.

use crate::site::{self, Engine, Site};
use futures::future::join_all;
use keshi::simulate::{self, Client, Plan, Scale};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

/// A deployment with one planned class and nothing handed over.
pub struct Scene {
    pub site: Site,
    pub client: Client,
    pub plan: Plan,
    http: reqwest::Client,
}

impl Scene {
    /// The scene, and its running server.
    pub async fn new(engine: Engine) -> (Scene, site::Server) {
        Scene::with(engine, &[]).await
    }

    /// The scene of a deployment with further settings.
    pub async fn with(engine: Engine, more: &[(&'static str, &str)]) -> (Scene, site::Server) {
        let site = Site::with(engine, more).await;
        let server = site.start().await;
        let mut plan = simulate::plan(7, Scale::Class);
        plan.classes.truncate(1);
        for class in &mut plan.classes {
            class.items.clear();
            class.lessons.iter_mut().for_each(|lesson| lesson.items.clear());
        }
        let client = site.access(&plan).await;
        simulate::send(&plan, &site.place("nothing"), &client, &indicatif::ProgressBar::hidden()).await.unwrap();
        settle(&client).await;
        (Scene { site, client, plan, http: site::client() }, server)
    }

    pub fn token(&self) -> &str {
        &self.client.access.platforms[self.plan.classes[0].platform]
    }

    /// Where a lesson of the class is, as `ext:` references.
    pub fn place(&self, lesson: usize) -> (String, String) {
        let class = &self.plan.classes[0];
        (format!("ext:{}", class.external_id), format!("ext:{}", class.lessons[lesson].external_id))
    }

    /// Sends a body for a lesson; `None` when there is no server.
    pub async fn send(&self, lesson: usize, body: impl Into<reqwest::Body>) -> Option<(StatusCode, Value)> {
        let (class, lesson) = self.place(lesson);
        let url =
            reqwest::Url::parse_with_params(&format!("{}/v1/attendance", self.site.address()), [("class", class), ("lesson", lesson)])
                .unwrap();
        let answer = self.http.post(url).bearer_auth(self.token()).body(body).send().await.ok()?;
        let status = answer.status();
        Some((status, answer.json().await.ok()?))
    }

    /// One event so many seconds into a lesson.
    pub fn event(&self, lesson: usize, trainee: usize, kind: &str, second: i64, reference: &str) -> Value {
        let class = &self.plan.classes[0];
        let at = class.lessons[lesson].starts_at.plus(second * 1_000_000).to_string();
        json!({"trainee": format!("ext:{}", class.trainees[trainee].external_id), "kind": kind, "at": at, "ref": reference})
    }

    async fn lines(&self, evidence: &Value) -> Vec<String> {
        let place = format!("/v1/evidence/{}/content", evidence.as_str().unwrap());
        String::from_utf8(self.client.get_bytes(&place).await.unwrap()).unwrap().lines().map(str::to_owned).collect()
    }
}

pub async fn settle(client: &Client) {
    let dead = simulate::settle(client, Duration::from_secs(400), &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!(dead, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn single_events_become_hours_on_sqlite_and_a_folder() {
    single_events(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_events_become_hours_on_postgresql_and_s3() {
    single_events(Engine::Large).await;
}

async fn single_events(engine: Engine) {
    let (scene, server) = Scene::new(engine).await;
    let length = (scene.plan.classes[0].lessons[0].ends_at.0 - scene.plan.classes[0].lessons[0].starts_at.0) / 1_000_000;
    // Ten trainees join, beat every four minutes with their place in the content, and leave: each event a request of its own.
    let mut events = Vec::new();
    for trainee in 0..10 {
        events.push(scene.event(0, trainee, "join", 0, &format!("{trainee}-join")));
        for second in (240..length).step_by(240) {
            let mut beat =
                scene.event(0, trainee, if trainee % 2 == 0 { "heartbeat" } else { "progress" }, second, &format!("{trainee}-{second}"));
            beat["position_ms"] = (second * 1000).into();
            events.push(beat);
        }
        events.push(scene.event(0, trainee, "leave", length, &format!("{trainee}-leave")));
    }
    let answers = join_all(events.iter().map(|event| scene.send(0, event.to_string()))).await;
    let (mut kept, mut rows) = (BTreeMap::new(), BTreeSet::new());
    for (event, answer) in events.iter().zip(&answers) {
        let (status, answer) = answer.as_ref().expect("the server is there");
        assert_eq!(*status, StatusCode::CREATED, "{answer}");
        assert_eq!((&answer["receipt"]["accepted_rows"], &answer["rows"]["first"]), (&json!(1), &answer["rows"]["last"]), "{answer}");
        let id = answer["id"].as_str().unwrap().to_owned();
        let lines = match kept.get(&id) {
            Some(lines) => lines,
            None => kept.entry(id.clone()).or_insert(scene.lines(&answer["id"]).await),
        };
        let row = answer["rows"]["first"].as_u64().unwrap();
        assert_eq!(lines[row as usize - 1], event.to_string(), "kept as it was sent, at the row that was answered");
        assert!(rows.insert((id, row)), "no two senders have the same row");
    }
    assert!(kept.len() * 4 < events.len(), "{} events in {} pieces of evidence", events.len(), kept.len());

    // Sent again: the answer names the first. Sent with other content: refused. Something new beside both, and beside what is no JSON, is kept.
    let (status, again) = scene.send(0, events[0].to_string()).await.unwrap();
    assert_eq!(status, StatusCode::OK, "{again}");
    let first = &answers[0].as_ref().unwrap().1;
    let place = json!([{"row": 1, "evidence": first["id"], "evidence_row": first["rows"]["first"]}]);
    assert_eq!(
        (&again["repeated"], &again["id"], &again["receipt"]["log"]["index"]),
        (&place, &first["id"], &first["receipt"]["log"]["index"])
    );
    let changed = scene.event(0, 0, "join", 60, "0-join").to_string();
    let (status, refused) = scene.send(0, changed.clone()).await.unwrap();
    assert_eq!((status.as_u16(), &refused["rows"][0]["code"]), (422, &json!("ref_reused")), "{refused}");
    let fresh = scene.event(0, 0, "answer", 300, "fresh").to_string();
    let mixed = format!("{}\n{changed}\nno json\n\n{fresh}\n{fresh}", events[0]);
    let (status, mixed) = scene.send(0, mixed).await.unwrap();
    assert_eq!((status, &mixed["receipt"]["accepted_rows"]), (StatusCode::CREATED, &json!(3)), "{mixed}");
    let faults: Vec<_> =
        mixed["receipt"]["refused_rows"].as_array().unwrap().iter().map(|row| (row["row"].as_u64(), row["code"].as_str())).collect();
    assert_eq!(faults, [(Some(2), Some("ref_reused")), (Some(3), Some("bad_json"))]);
    let repeated: Vec<_> = mixed["repeated"].as_array().unwrap().iter().map(|line| line["row"].as_u64().unwrap()).collect();
    assert_eq!(repeated, [1, 6]);
    let lines = scene.lines(&mixed["id"]).await;
    let (from, to) = (mixed["rows"]["first"].as_u64().unwrap() as usize, mixed["rows"]["last"].as_u64().unwrap() as usize);
    assert_eq!(lines[from - 1..to], ["no json", "", &fresh]);
    assert_eq!(mixed["repeated"][1]["evidence_row"], to);

    // A long stream is evidence of its own, byte for byte; the events in it that were there count once.
    let long: String =
        (0..1_000).map(|number| scene.event(0, 3, "heartbeat", 240 + number, &format!("3-{}", 240 + number)).to_string() + "\n").collect();
    let pieces: Vec<Result<String, std::io::Error>> = long.split_inclusive('\n').map(|line| Ok(line.to_owned())).collect();
    let (status, stream) = scene.send(0, reqwest::Body::wrap_stream(futures::stream::iter(pieces))).await.unwrap();
    assert_eq!((status, &stream["receipt"]["accepted_rows"]), (StatusCode::CREATED, &json!(1_000)), "{stream}");
    assert!(site::is_sha256(&stream["sha256"], long.as_bytes()) && stream["rows"].is_null());

    // Hours, and from an hour back to the row.
    settle(&scene.client).await;
    let (class, lesson) = scene.place(0);
    let credits = scene.client.get(&format!("/v1/classes/{class}/credits")).await.unwrap();
    let credited =
        credits["items"].as_array().unwrap().iter().filter(|credit| credit["credited_ms"].as_i64() == Some(length * 1000)).count();
    assert_eq!(credited, 10, "{credits}");
    let who = &scene.plan.classes[0].trainees[4].external_id;
    let trace = scene.client.get(&format!("/v1/classes/{class}/lessons/{lesson}/trace?trainee=ext:{who}")).await.unwrap();
    let span = &trace["items"][0]["spans"][0];
    assert_eq!(span["kind"], "credited", "{trace}");
    for proof in span["evidence"].as_array().unwrap() {
        let line = &scene.lines(&proof["id"]).await[proof["row"].as_u64().unwrap() as usize - 1];
        assert!(line.contains(&format!("\"ext:{who}\"")), "{line}");
    }
    // A server that is asked to stop answers whoever still waits.
    let last = scene.event(1, 0, "join", 0, "last").to_string();
    let waiting = scene.send(1, last);
    let stop = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    };
    let (answer, ()) = tokio::join!(waiting, stop);
    assert_eq!(answer.expect("an answer").0, StatusCode::CREATED);
    assert!(scene.site.run(&["fsck"]).ends_with("all holds"));
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_events_outlive_the_server_on_sqlite_and_a_folder() {
    killed(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_events_outlive_the_server_on_postgresql_and_s3() {
    killed(Engine::Large).await;
}

/// How often the server is killed, and how many send at once.
const DEATHS: usize = 4;
const SENDERS: u64 = 40;

/// An event, and the evidence and row it was acknowledged at.
type Sent = (Value, Option<(String, u64)>);

async fn killed(engine: Engine) {
    let (scene, mut server) = Scene::new(engine).await;
    let scene = Arc::new(scene);
    // What was sent: by reference the event, and where it was acknowledged.
    let sent: Arc<Mutex<BTreeMap<String, Sent>>> = Arc::default();
    let number = Arc::new(AtomicU64::new(0));
    for death in 0..DEATHS {
        let before = sent.lock().unwrap().values().filter(|(_, place)| place.is_some()).count();
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let (scene, sent, number) = (scene.clone(), sent.clone(), number.clone());
            senders.spawn(async move {
                loop {
                    let number = number.fetch_add(1, Ordering::Relaxed);
                    let (lesson, reference) = (number as usize % 3, format!("n{number}"));
                    let event = scene.event(lesson, number as usize % 8, "heartbeat", number as i64 % 2_000, &reference);
                    sent.lock().unwrap().insert(reference.clone(), (event.clone(), None));
                    let Some((status, answer)) = scene.send(lesson, event.to_string()).await else { return };
                    assert_eq!(status, StatusCode::CREATED, "{answer}");
                    let place = (answer["id"].as_str().unwrap().to_owned(), answer["rows"]["first"].as_u64().unwrap());
                    sent.lock().unwrap().get_mut(&reference).unwrap().1 = Some(place);
                }
            });
        }
        for _ in 0..2_000 {
            if sent.lock().unwrap().values().filter(|(_, place)| place.is_some()).count() > before + 100 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..300))).await;
        server.kill();
        senders.join_all().await;
        if death == 0 {
            assert!(scene.site.run(&["fsck"]).ends_with("all holds"));
        }
        server = scene.site.start().await;
    }
    // Whoever got no answer sends again.
    let open: Vec<(String, Value)> = sent
        .lock()
        .unwrap()
        .iter()
        .filter(|(_, (_, place))| place.is_none())
        .map(|(reference, (event, _))| (reference.clone(), event.clone()))
        .collect();
    let lesson = |reference: &str| reference[1..].parse::<usize>().unwrap() % 3;
    let answers = join_all(open.iter().map(|(reference, event)| scene.send(lesson(reference), event.to_string()))).await;
    let mut known = 0;
    for ((reference, _), answer) in open.iter().zip(answers) {
        let (status, answer) = answer.unwrap();
        assert!(status.is_success(), "{answer}");
        let (id, row) = match answer["repeated"].get(0) {
            Some(line) => (&line["evidence"], &line["evidence_row"]),
            None => (&answer["id"], &answer["rows"]["first"]),
        };
        known += usize::from(answer["repeated"].is_array());
        sent.lock().unwrap().get_mut(reference).unwrap().1 = Some((id.as_str().unwrap().to_owned(), row.as_u64().unwrap()));
    }
    let sent = sent.lock().unwrap().clone();
    let mut pieces: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (event, place) in sent.values() {
        let (id, row) = place.as_ref().unwrap();
        if !pieces.contains_key(id) {
            pieces.insert(id.clone(), scene.lines(&json!(id)).await);
        }
        assert_eq!(pieces[id][*row as usize - 1], event.to_string(), "{id} row {row}");
    }
    assert_eq!(pieces.values().map(Vec::len).sum::<usize>(), sent.len(), "each event is there once");
    settle(&scene.client).await;
    server.stop();
    assert!(scene.site.run(&["fsck"]).ends_with("all holds"));
    let counted: Value = serde_json::from_str(&scene.site.run(&["sql", "select count(*) as n from attendance", "--json"])).unwrap();
    assert_eq!(counted[0]["n"], sent.len(), "each event is in the lake once");
    println!("{engine:?}: killed {DEATHS} times, {} events, {} without an answer, of which {known} were kept", sent.len(), open.len());
}
