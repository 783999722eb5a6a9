//! Evidence in a bucket with Object Lock: it is locked for as long as the settings say, and the doctor says when it is not.

use crate::site::{self, Engine, Site};
use keshi::time::{DAY, Time};
use reqwest::StatusCode;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_locked_for_the_days_that_are_set() {
    let site = Site::with(Engine::Locking, &[("KESHI__DATA__RETAIN_DAYS", "2")]).await;
    let doctor = site.run(&["doctor"]);
    assert!(doctor.contains("ok   write-once: WORM: verified"), "{doctor}");
    let server = site.start().await;
    let token = site.token("admin", &[]);
    let sent = site::client().post(format!("{}/v1/evidence?kind=document", site.address())).bearer_auth(&token).body("for two days");
    let answer = sent.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let answer: Value = answer.json().await.unwrap();
    let (mode, until) = site.bucket.as_ref().unwrap().lock(answer["sha256"].as_str().unwrap()).await.expect("it is locked");
    assert_eq!(mode, "COMPLIANCE");
    let received: Time = answer["received_at"].as_str().unwrap().parse().unwrap();
    let days = until.parse::<Time>().unwrap().millis_since(received) as f64 / (DAY / 1_000) as f64;
    assert!((1.99..2.01).contains(&days), "{days} days");
    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_nothing_is_put_under_is_told_by_the_doctor() {
    let site = Site::new(Engine::Locking).await;
    let output = site.keshi(&["doctor"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("FAIL write-once: WORM: verified") && said.contains("set data.retain_days"), "{said}");
}
