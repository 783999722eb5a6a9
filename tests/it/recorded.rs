//! A recorded lesson over HTTP, from statements of xAPI to the traced hour: what was watched counts once, and every span points at its statement.

use crate::site::{self, Engine, Site};
use keshi::simulate::{self, Scale};
use keshi::time::{DAY, MINUTE, Time};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn statements_become_a_traced_hour_on_sqlite() {
    statements_become_a_traced_hour(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_become_a_traced_hour_on_postgresql() {
    statements_become_a_traced_hour(Engine::Large).await;
}

/// A statement as players of the xAPI video profile write it.
fn statement(user: &str, at: Time, verb: &str, result: &Value) -> Value {
    json!({
        "actor": { "account": { "homePage": "https://px.example", "name": user } },
        "verb": { "id": format!("http://adlnet.gov/expapi/verbs/{verb}") },
        "object": { "id": "https://px.example/courses/r01" },
        "timestamp": at.in_zone(chrono_tz::Asia::Shanghai),
        "result": result,
    })
}

async fn statements_become_a_traced_hour(engine: Engine) {
    let site = Site::new(engine).await;
    let server = site.start().await;
    let mut plan = simulate::plan(5, Scale::Class);
    plan.classes.truncate(1);
    for class in &mut plan.classes {
        class.items.clear();
        class.lessons.iter_mut().for_each(|lesson| lesson.items.clear());
    }
    let client = site.access(&plan).await;
    simulate::send(&plan, &site.place("nothing"), &client, &indicatif::ProgressBar::hidden()).await.unwrap();
    let class = &plan.classes[0];
    let lesson = class.lessons.iter().find(|lesson| lesson.mode == "recorded").unwrap();
    let trainee = &class.trainees[0];

    // Twenty minutes one evening; ten of them again and ten new ones the next; then a skip over five minutes, and the test.
    let evening = lesson.starts_at.plus(DAY + 12 * 60 * MINUTE);
    let mut statements = Vec::new();
    let time = |seconds: i64| json!({ "extensions": { "https://w3id.org/xapi/video/extensions/time": seconds } });
    for (start, first, minutes) in [(evening, 0, 20), (evening.plus(DAY), 10, 20), (evening.plus(DAY + 21 * MINUTE), 35, 5)] {
        let beats = (0..=minutes).map(|beat| (start.plus(beat * MINUTE), time((first + beat) * 60)));
        statements.extend(beats.map(|(at, result)| statement(&trainee.platform_user, at, "progressed", &result)));
    }
    let answered = evening.plus(DAY + 26 * MINUTE);
    statements.push(statement(&trainee.platform_user, answered, "answered", &json!({ "score": { "scaled": 0.8 } })));
    let rows = statements.len();
    let place =
        format!("{}/v1/evidence?kind=attendance&class=ext:{}&lesson=ext:r01&filename=statements.json", site.address(), class.external_id);
    let body = serde_json::to_vec(&json!({ "statements": statements })).unwrap();
    let sent = site::client().post(place).bearer_auth(&client.access.platforms[class.platform]).body(body).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::CREATED);
    let log: Value = sent.json().await.unwrap();
    assert_eq!(simulate::settle(&client, Duration::from_secs(120), &indicatif::ProgressBar::hidden()).await.unwrap(), 0, "{}", site.said());

    let trace = client
        .get(&format!("/v1/classes/ext:{}/lessons/ext:r01/trace?trainee=ext:{}", class.external_id, trainee.external_id))
        .await
        .unwrap();
    let (item, minute) = (&trace["items"][0], |time: &Value| (time.as_str().unwrap().parse::<Time>().unwrap().0 - evening.0) / MINUTE);
    let told: Vec<_> = item["spans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| (minute(&span["from"]), minute(&span["until"]), span["reason"].as_str().unwrap_or("credited").to_owned()))
        .collect();
    let day = 24 * 60;
    let expected = [
        (0, 20, "credited"),
        (20, day, "not_watching"),
        (day, day + 10, "content_repeated"),
        (day + 10, day + 20, "credited"),
        (day + 20, day + 21, "too_fast"),
        (day + 21, day + 26, "credited"),
    ];
    assert_eq!(told[1..told.len() - 1], expected.map(|(from, until, reason)| (from, until, reason.to_owned())));
    assert_eq!((item["credited_ms"].as_i64(), item["hours"].as_str()), (Some(35 * 60_000), Some("0.7")));
    let spans = item["spans"].as_array().unwrap();
    assert_eq!(spans[6]["content"], json!({ "from_ms": 35 * 60_000, "until_ms": 40 * 60_000 }));
    for span in spans {
        let pointed = span["evidence"].as_array().unwrap();
        assert!(
            !pointed.is_empty() && pointed.iter().all(|one| one["id"] == log["id"] && one["row"].as_u64().unwrap() <= rows as u64),
            "{span}"
        );
    }
    assert_eq!(spans[5]["evidence"].as_array().unwrap().iter().map(|one| one["row"].as_u64().unwrap()).collect::<Vec<_>>(), [42, 43]);
    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));
}
