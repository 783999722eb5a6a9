//! The server is killed (SIGKILL) again and again while it is under load. Whenever it dies, what it leaves holds, the next start repairs
//! what was begun, and nothing that it had acknowledged is missing or different.

use crate::site::{self, Engine, Site, is_sha256};
use keshi::simulate::{self, Client, Plan, Scale};
use keshi::time::Time;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

/// How often a server is killed.
const DEATHS: usize = 15;
/// Uploads under way at once.
const SENDERS: usize = 16;
/// Rows of each log.
const ROWS: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_a_folder() {
    killed_again_and_again(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_and_s3() {
    killed_again_and_again(Engine::Large).await;
}

/// An upload that was acknowledged: what was sent, and the answer.
struct Acknowledged {
    bytes: Vec<u8>,
    answer: Value,
}

async fn killed_again_and_again(engine: Engine) {
    let site = Arc::new(Site::new(engine).await);
    let mut server = site.start().await;
    let mut plan = simulate::plan(7, Scale::Class);
    for class in &mut plan.classes {
        class.items.clear();
        class.lessons.iter_mut().for_each(|lesson| lesson.items.clear());
    }
    let client = site.access(&plan).await;
    simulate::send(&plan, &site.place("nothing"), &client, &indicatif::ProgressBar::hidden()).await.unwrap();
    let (plan, client) = (Arc::new(plan), Arc::new(client));
    let (number, kept) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Vec::<Acknowledged>::new())));
    // One for all and for good: making one takes longer than some of the servers live.
    let http = site::client();
    let mut checked = 0;
    for death in 0..DEATHS {
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let (http, site, plan, client, number, kept) =
                (http.clone(), site.clone(), plan.clone(), client.clone(), number.clone(), kept.clone());
            senders.spawn(async move { while send(&http, &site, &plan, &client, &number, &kept).await {} });
        }
        // Every third dies by the clock, some before their first answer; the others in full load, when so many were acknowledged.
        let (wanted, latest) = if death % 3 == 0 { (0, 600) } else { (rand::random_range(1..40), 60) };
        for _ in 0..2_000 {
            if kept.lock().unwrap().len() >= checked + wanted {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..latest))).await;
        server.kill();
        senders.join_all().await;
        let found = site.keshi(&["fsck"]).output().unwrap();
        let said = String::from_utf8_lossy(&found.stdout).into_owned() + &String::from_utf8_lossy(&found.stderr);
        assert!(found.status.success() && said.contains("all holds"), "after death {death}: {said}\n{}", site.said());
        server = site.start().await;
        let end = kept.lock().unwrap().len();
        still_there(&client, &kept, checked..end).await;
        checked = end;
    }
    assert!(checked > 10 * DEATHS, "only {checked} uploads were acknowledged: the servers were killed before there was anything to lose");

    let dead = simulate::settle(&client, Duration::from_secs(400), &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!(dead, 0, "{}", site.said());
    still_there(&client, &kept, 0..checked).await;
    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));

    let places: BTreeSet<u64> =
        kept.lock().unwrap().iter().map(|upload| upload.answer["receipt"]["log"]["index"].as_u64().unwrap()).collect();
    assert_eq!(places.len(), checked, "no two pieces of evidence have the same place in the log");
    let count = |sql: &str| serde_json::from_str::<Value>(&site.run(&["sql", sql, "--json"])).unwrap()[0]["n"].as_u64().unwrap();
    let logs = count("select count(*) as n from evidence where kind = 'attendance'");
    assert!(logs > 0, "no log was kept");
    assert_eq!(count("select count(*) as n from attendance"), ROWS * logs, "each row of each log is in the lake once");
    println!("{engine:?}: killed {DEATHS} times, {checked} uploads acknowledged, none lost");
}

/// Sends one more upload; whether the server was there to acknowledge it.
async fn send(
    http: &reqwest::Client,
    site: &Site,
    plan: &Plan,
    client: &Client,
    number: &AtomicU64,
    kept: &Mutex<Vec<Acknowledged>>,
) -> bool {
    let number = number.fetch_add(1, Ordering::Relaxed);
    let class = &plan.classes[0];
    let lesson = &class.lessons[number as usize % class.lessons.len()];
    let (in_class, in_lesson) = (format!("ext:{}", class.external_id), format!("ext:{}", lesson.external_id));
    let (kind, bytes) = match number % 12 {
        0 => ("screenshot", picture(number)),
        1..6 => ("attendance", log(plan, lesson.starts_at, number)),
        _ => ("document", document(number)),
    };
    let query = [("kind", kind), ("class", in_class.as_str()), ("lesson", &in_lesson)];
    let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", site.address()), query).unwrap();
    let token = &client.access.platforms[class.platform];
    let Ok(answer) = http.post(place).bearer_auth(token).body(bytes.clone()).send().await else { return false };
    let status = answer.status();
    // An answer that breaks off in the middle acknowledges nothing.
    let Ok(answer) = answer.json::<Value>().await else { return false };
    assert!(status.is_success(), "{status}: {answer}");
    kept.lock().unwrap().push(Acknowledged { bytes, answer });
    true
}

fn document(number: u64) -> Vec<u8> {
    format!("document {number}\n").into_bytes().repeat(1 + number as usize * 37 % 20_000)
}

fn log(plan: &Plan, begins: Time, number: u64) -> Vec<u8> {
    let trainees = &plan.classes[0].trainees;
    let who = &trainees[number as usize % trainees.len()].external_id;
    let row = |row: u64| {
        let at = begins.plus((row * 60 + number % 60) as i64 * 1_000_000);
        let kind = if row.is_multiple_of(2) { "join" } else { "leave" };
        format!("{{\"trainee\":\"ext:{who}\",\"kind\":\"{kind}\",\"at\":\"{at}\",\"ref\":\"{number}-{row}\"}}\n")
    };
    (0..ROWS).map(row).collect::<String>().into_bytes()
}

fn picture(number: u64) -> Vec<u8> {
    let colour = image::Rgb([number as u8, (number >> 8) as u8, 99]);
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(32, 24, colour).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Whether what was acknowledged is there as it was sent, at the place in the log that was promised.
async fn still_there(client: &Client, kept: &Mutex<Vec<Acknowledged>>, which: std::ops::Range<usize>) {
    for place in which {
        let (bytes, answer) = {
            let upload = &kept.lock().unwrap()[place];
            (upload.bytes.clone(), upload.answer.clone())
        };
        let id = answer["id"].as_str().unwrap();
        let now = client.get(&format!("/v1/evidence/{id}")).await.unwrap_or_else(|error| panic!("{answer}: {error}"));
        assert!(is_sha256(&now["sha256"], &bytes), "{now}");
        let promised = &answer["receipt"]["log"];
        assert_eq!((&now["receipt"]["log"]["index"], &now["receipt"]["log"]["leaf"]), (&promised["index"], &promised["leaf"]), "{id}");
        assert_eq!(client.get_bytes(&format!("/v1/evidence/{id}/content")).await.unwrap(), bytes, "{id}");
    }
}
