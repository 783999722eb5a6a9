//! A case from the finding to the bundle, on both engines: one person is in two classes at once; an investigator puts that together with evidence,
//! writes down what was asked, closes the case, and hands over a bundle that verifies without the server. Nothing that is derived again changes it.

use crate::site::{self, Engine, Site, on_both, succeeded};
use crate::trail;
use keshi::simulate::{self, Client, Plan};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;
use std::time::Duration;

on_both!(a_case_is_put_together_handed_over_and_verified_and_outlives_what_is_derived_again);

/// A deployment with somebody of each role.
struct Office<'a> {
    site: &'a Site,
    tokens: [(&'static str, String); 4],
}

impl Office<'_> {
    async fn ask(&self, role: &str, method: Method, place: &str, body: Option<Value>) -> (StatusCode, Value) {
        let token = &self.tokens.iter().find(|(name, _)| *name == role).unwrap().1;
        let request = site::client().request(method, format!("{}{place}", self.site.address())).bearer_auth(token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// As the investigator, who must be answered so.
    async fn did(&self, status: u16, place: &str, body: Value) -> Value {
        let (found, answer) = self.ask("investigator", Method::POST, place, Some(body)).await;
        assert_eq!(found.as_u16(), status, "{place}: {answer}");
        answer
    }

    async fn read(&self, place: &str) -> Value {
        let (status, answer) = self.ask("inspector", Method::GET, place, None).await;
        assert_eq!(status, StatusCode::OK, "{place}: {answer}");
        answer
    }
}

/// Two classes on two platforms with the same people, who are in both from the first minute to the last.
async fn doubled(site: &Site) -> (Plan, Client) {
    let mut plan = trail::plan(&[("one", "sx-zxpx"), ("two", "px-class")], 1);
    plan.classes[1].trainees = plan.classes[0].trainees.clone();
    let month = site.place("month");
    simulate::write(&plan, &month, &indicatif::ProgressBar::hidden()).unwrap();
    let client = site.access(&plan).await;
    simulate::send(&plan, &month, &client, &indicatif::ProgressBar::hidden()).await.unwrap();
    for class in &plan.classes {
        let lesson = &class.lessons[0];
        let row = |trainee: &simulate::Trainee| {
            json!({ "trainee": format!("ext:{}", trainee.external_id), "kind": "interval", "at": lesson.starts_at, "until": lesson.ends_at }).to_string()
        };
        let body = class.trainees.iter().map(row).collect::<Vec<_>>().join("\n");
        let (class_ref, lesson_ref) = (format!("ext:{}", class.external_id), format!("ext:{}", lesson.external_id));
        let query = [("class", class_ref.as_str()), ("lesson", lesson_ref.as_str())];
        let place = reqwest::Url::parse_with_params(&format!("{}/v1/attendance", site.address()), query).unwrap();
        let request = site::client().post(place).bearer_auth(&client.access.platforms[class.platform]);
        let answer = request.header("content-type", "application/x-ndjson").body(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
    let dead = simulate::settle(&client, Duration::from_secs(300), &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!(dead, 0, "dead jobs:\n{}", site.said());
    (plan, client)
}

async fn a_case_is_put_together_handed_over_and_verified_and_outlives_what_is_derived_again(engine: Engine) {
    let site = Site::new(engine).await;
    let server = site.start().await;
    let (plan, client) = doubled(&site).await;
    site.run(&["detect"]);
    let provider = client.access.providers.values().next().unwrap().clone();
    let tokens = ["investigator", "inspector", "reviewer"].map(|role| (role, site.token(role, &[])));
    let [investigator, inspector, reviewer] = tokens;
    let office = Office { site: &site, tokens: [investigator, inspector, reviewer, ("provider", provider)] };

    // The queue, and what is wrong in it.
    let found = office.read("/v1/findings?rule=overlap-person").await;
    let findings: Vec<&Value> = found["items"].as_array().unwrap().iter().collect();
    assert!(findings.len() >= 2, "{found}");
    let (first, second) = (&findings[0], &findings[1]);
    assert_eq!(office.read(&format!("/v1/findings/{}", first["id"].as_str().unwrap())).await["cases"], json!([]));
    office
        .did(200, &format!("/v1/findings/{}/status", first["id"].as_str().unwrap()), json!({"status": "confirmed", "note": "两边都签到"}))
        .await;

    // Put together.
    let case =
        office.did(201, "/v1/cases", json!({"title": "一人两课", "items": [{"finding": first["id"]}], "note": "两个平台都问过"})).await;
    let place = format!("/v1/cases/{}", case["id"].as_str().unwrap());
    let class = format!("ext:{}", plan.classes[0].external_id);
    let evidence = client.get(&format!("/v1/evidence?class={class}")).await.unwrap()["items"][0]["id"].clone();
    office.did(200, &format!("{place}/items"), json!({"finding": second["id"], "reason": "同一人"})).await;
    let whole = office
        .did(200, &format!("{place}/items"), json!({"items": [{"evidence": evidence}, {"class": class}, {"finding": first["id"]}]}))
        .await;
    assert_eq!((whole["item_count"].as_i64(), whole["history"].as_array().unwrap().len()), (Some(4), 6), "{whole}");
    let each: i64 = [first, second].iter().map(|finding| finding["money_fen"].as_i64().unwrap()).sum();
    assert!(whole["money_fen"].as_i64().unwrap() > 0 && whole["money_fen"].as_i64().unwrap() <= each, "{whole}");
    assert_eq!(whole["items"][0]["said"]["explanation"], first["explanation"]);
    assert_eq!(whole["items"][0]["now"]["status"], "confirmed");
    office.did(201, &format!("{place}/notes"), json!({"text": "承训单位没有说明"})).await;
    assert_eq!(
        office.read(&format!("/v1/findings/{}", first["id"].as_str().unwrap())).await["cases"],
        json!([{"id": case["id"], "title": "一人两课", "status": "open"}])
    );

    // Who may, and who may not.
    for (role, read, write) in [("inspector", 200, 403), ("reviewer", 200, 403), ("provider", 403, 403)] {
        for (place, status) in [("/v1/cases", read), (place.as_str(), read)] {
            assert_eq!(office.ask(role, Method::GET, place, None).await.0.as_u16(), status, "{role} {place}");
        }
        for tail in ["", "/items", "/notes", "/close", "/reopen"] {
            let place = if tail.is_empty() { "/v1/cases".to_owned() } else { format!("{place}{tail}") };
            assert_eq!(office.ask(role, Method::POST, &place, Some(json!({}))).await.0.as_u16(), write, "{role} {place}");
        }
    }
    let bundle = json!({"case": case["id"]});
    assert_eq!(office.ask("provider", Method::POST, "/v1/bundles", Some(bundle.clone())).await.0, StatusCode::FORBIDDEN);
    for (place, body, status, code) in [
        (format!("{place}/items"), json!({}), 400, "invalid"),
        (format!("{place}/items"), json!({"finding": "x"}), 400, "invalid_id"),
        (format!("{place}/items"), json!({"finding": case["id"]}), 404, "not_found"),
        (format!("{place}/close"), json!({"outcome": "won"}), 400, "invalid"),
        (format!("{place}/reopen"), json!({"reason": "x"}), 409, "case_open"),
        ("/v1/cases".to_owned(), json!({"title": ""}), 400, "case_title"),
        ("/v1/cases/x/notes".to_owned(), json!({"text": "x"}), 400, "invalid_id"),
    ] {
        assert_eq!(office.did(status, &place, body).await["code"], code, "{place}");
    }

    // Closed, opened again with what came late, closed for good.
    office.did(200, &format!("{place}/close"), json!({"outcome": "unproven"})).await;
    let refused = office.did(409, &format!("{place}/items"), json!({"evidence": evidence})).await;
    assert_eq!(refused["code"], "case_closed");
    office.did(200, &format!("{place}/reopen"), json!({"reason": "承训单位承认"})).await;
    let closed = office.did(200, &format!("{place}/close"), json!({"outcome": "handed_over", "reason": "高公移〔2020〕3号"})).await;
    assert_eq!((&closed["status"], &closed["outcome"]), (&json!("closed"), &json!("handed_over")));
    assert_eq!(office.read("/v1/cases?status=closed").await["items"][0]["id"], case["id"]);
    assert_eq!(office.read("/v1/cases?status=open").await["items"], json!([]));
    let read = office.read(&place).await;
    assert_eq!(office.read("/v1/queries").await["items"], json!([]));

    // Taken away, and verified without the server.
    let zip = site.place("case.zip");
    fs::write(&zip, client.post_for_bytes("/v1/bundles", &bundle).await.unwrap()).unwrap();
    fs::write(site.place("trust.json"), client.get_bytes("/log/trust.json").await.unwrap()).unwrap();
    server.stop();
    let verify =
        Command::new(env!("CARGO_BIN_EXE_keshi")).arg("verify").arg(&zip).arg("--trust").arg(site.place("trust.json")).output().unwrap();
    let said = succeeded(&verify);
    assert!(said.lines().last().unwrap().contains("0 missing, 0 mismatch"), "{said}");
    let proven = |kind: &str| said.lines().filter(|line| line.starts_with("proven") && line.contains(&format!("  {kind} "))).count();
    assert_eq!((proven("case-step"), proven("case-item"), proven("decision"), proven("rule")), (10, 4, 1, 1), "{said}");
    assert!(!said.lines().any(|line| line.starts_with("integrity-only") && line.contains("  case-")), "{said}");

    // What is derived again leaves it as it was.
    assert!(site.run(&["fsck"]).ends_with("all holds"), "{}", site.run(&["fsck"]));
    let rebuilt = site.run(&["rebuild"]);
    assert!(rebuilt.contains("nothing differs, 0 could not be"), "{rebuilt}");
    site.run(&["detect"]);
    let _server = site.start().await;
    let mut again = office.read(&place).await;
    // Seals come after the answer.
    let (mut read, sealed) = (read, again["history"].as_array().unwrap().iter().all(|line| line["log_index"].is_u64()));
    assert!(sealed, "{again}");
    for whole in [&mut read, &mut again] {
        whole["history"].as_array_mut().unwrap().iter_mut().for_each(|line| drop(line.as_object_mut().unwrap().remove("log_index")));
    }
    assert_eq!(read, again);
    assert_eq!(office.read(&format!("/v1/findings/{}", first["id"].as_str().unwrap())).await["cases"][0]["id"], case["id"]);
}
