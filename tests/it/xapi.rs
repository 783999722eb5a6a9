//! What speaks xAPI already hands attendance over as it is: the packages tincan (PyPI) and tincanjs (npm), and statements in the shape
//! Moodle's plugin sends. Hours follow, and lead back to the statement.

use crate::live::{Scene, settle};
use crate::site::{Engine, client, succeeded};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn stock_clients_hand_over_sittings_on_sqlite_and_a_folder() {
    stock_clients(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_clients_hand_over_sittings_on_postgresql_and_s3() {
    stock_clients(Engine::Large).await;
}

async fn stock_clients(engine: Engine) {
    let (scene, server) = Scene::new(engine).await;
    let (class, lesson) = scene.place(0);
    let planned = &scene.plan.classes[0].lessons[0];
    let length = (planned.ends_at.0 - planned.starts_at.0) / 1_000;
    let of_class = format!("{}/xapi/{class}/", scene.site.address());
    let of_lesson = format!("{of_class}{lesson}/");
    let account = |trainee: usize| scene.plan.classes[0].trainees[trainee].platform_user.clone();
    let times = [planned.starts_at.to_string(), planned.ends_at.to_string()];

    let python = std::env::var("KESHI_TEST_PYTHON").expect("KESHI_TEST_PYTHON names no Python with tincan: run the tests with `make test`");
    let said = run(&python, "statements.py", &[&of_lesson, scene.token(), &account(0), &times[0], &times[1]]);
    assert!(said["versions"].as_array().unwrap().contains(&json!("1.0.3")), "{said}");
    let ids = |list: &Value| {
        let mut ids: Vec<String> = list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&said["found"]), ids(&said["sent"]), "page by page every statement comes back once");
    assert_eq!(said["by_verb"], json!([said["opening"]]));
    assert_eq!((&said["conflict"], &said["missing"], &said["state"]), (&json!(409), &json!(404), &json!(true)), "{said}");
    let back = json!({"verb": "http://adlnet.gov/expapi/verbs/terminated", "stored": true, "authority": scene.site.address(), "account": account(0)});
    assert_eq!(said["back"], back);

    let said = run("node", "statements.mjs", &[&of_class, scene.token(), &account(1), &times[0], &times[1]]);
    assert_eq!((&said["back"]["id"], &said["first"], &said["more"]), (&said["sent"][0], &json!(3), &json!(3)), "{said}");

    let http = client();
    let send = |method: Method, place: String, token: &str| {
        http.request(method, place)
            .basic_auth("moodle", Some(token))
            .header("x-experience-api-version", "1.0.3")
            .header("content-type", "application/json")
    };
    // In a lesson of its own: beside somebody whose client reports progress, silence would be idle.
    let second = &scene.plan.classes[0].lessons[1];
    let moodle = moodle(&account(2), &[second.starts_at.to_string(), second.ends_at.to_string()]);
    let answer = send(Method::POST, format!("{of_class}statements"), scene.token()).body(moodle.clone()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["x-experience-api-version"], "1.0.3");
    let first: Vec<String> = answer.json().await.unwrap();
    let again: Vec<String> =
        send(Method::POST, format!("{of_class}statements"), scene.token()).body(moodle.clone()).send().await.unwrap().json().await.unwrap();
    assert_eq!((first.len(), &first), (3, &again), "the same bytes are the same statements");
    let only_viewed = send(Method::POST, format!("{of_lesson}statements"), scene.token());
    let only_viewed = only_viewed
        .body(moodle_statement("http://id.tincanapi.com/verb/viewed", &account(2), &times[0], "").to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(only_viewed.status(), StatusCode::OK);

    // Statements are personal: who did not send them does not get them. What is not taken is told so.
    let place = format!("{of_class}statements?statementId={}", first[0]);
    let other = ["sx-zxpx", "jc-mohrss"].into_iter().find(|platform| *platform != scene.plan.classes[0].platform).unwrap();
    for token in [scene.site.token("platform", &["--platform", other]), scene.client.access.inspector.clone()] {
        assert_eq!(send(Method::GET, place.clone(), &token).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(send(Method::GET, place.clone(), scene.token()).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(send(Method::GET, place.clone(), "keshi_wrong").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(http.get(&place).bearer_auth(scene.token()).send().await.unwrap().status(), StatusCode::BAD_REQUEST, "no version");
    let bearer = http.get(&place).bearer_auth(scene.token()).header("x-experience-api-version", "2.0.0").send().await.unwrap();
    assert_eq!((bearer.status(), bearer.headers()["x-experience-api-version"].to_str().unwrap()), (StatusCode::OK, "2.0.0"));
    let refused = [
        (Method::POST, "statements", "multipart/mixed; boundary=x", moodle.as_str(), 400),
        (Method::POST, "statements", "application/json", r#"[{"actor":{}}]"#, 400),
        (Method::PUT, "statements", "application/json", moodle.as_str(), 400),
        (Method::PUT, "activities/state?stateId=a", "application/json", "{}", 404),
    ];
    for (method, resource, kind, body, status) in refused {
        let request =
            http.request(method, format!("{of_class}{resource}")).bearer_auth(scene.token()).header("x-experience-api-version", "1.0.3");
        let answer = request.header("content-type", kind).body(body.to_owned()).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{resource} {kind} {}", answer.text().await.unwrap());
    }

    settle(&scene.client).await;
    let credits = scene.client.get(&format!("/v1/classes/{class}/credits")).await.unwrap();
    for trainee in 0..3 {
        let who = &scene.plan.classes[0].trainees[trainee].external_id;
        let lesson = scene.place(usize::from(trainee == 2)).1;
        let trace = scene.client.get(&format!("/v1/classes/{class}/lessons/{lesson}/trace?trainee=ext:{who}")).await.unwrap();
        let span = &trace["items"][0]["spans"][0];
        assert_eq!(span["kind"], "credited", "{trace}\n{credits}");
        let proof = &span["evidence"][0];
        let content = scene.client.get_bytes(&format!("/v1/evidence/{}/content", proof["id"].as_str().unwrap())).await.unwrap();
        let content: Value = serde_json::from_slice(&content).unwrap();
        let statement = content.get(proof["row"].as_u64().unwrap() as usize - 1).unwrap_or(&content);
        assert_eq!(statement["actor"]["account"]["name"], json!(account(trainee)), "{proof}");
    }
    let whole = credits["items"].as_array().unwrap().iter().filter(|credit| credit["credited_ms"] == json!(length)).count();
    assert_eq!(whole, 3, "{credits}");
    let logs = scene.client.get(&format!("/v1/evidence?kind=attendance&class={class}")).await.unwrap();
    assert!(logs["items"].as_array().unwrap().iter().all(|log| log["state"] == "analysed"), "{logs}");
    server.stop();
    assert!(scene.site.run(&["fsck"]).ends_with("all holds"));
    let rebuilt = scene.site.run(&["rebuild"]);
    assert!(rebuilt.ends_with("nothing differs, 0 could not be"), "{rebuilt}");
}

/// Runs a client of tests/clients; what it prints.
fn run(program: &str, script: &str, arguments: &[&str]) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let output = Command::new(program).arg(script).args(arguments).current_dir(folder).env("NO_PROXY", "127.0.0.1").output();
    serde_json::from_str(&succeeded(&output.unwrap_or_else(|error| panic!("{program}: {error}")))).unwrap()
}

/// Modelled on the statements that the plugin logstore_xapi of Moodle documents (lib/emitter/docs/examples): actors by account with the
/// user's number, verbs of three vocabularies, groupings and the plugin's own extensions, no ids, and a time without seconds. It sends them
/// in lists, with Basic authentication.
fn moodle(account: &str, [begins, ends]: &[String; 2]) -> String {
    let length = r#","result":{"completion":true,"duration":"PT45M"}"#;
    json!([
        moodle_statement("http://id.tincanapi.com/verb/viewed", account, begins, ""),
        moodle_statement("https://brindlewaye.com/xAPITerms/verbs/loggedin/", account, &begins.replace(":00+", "+"), ""),
        moodle_statement("http://adlnet.gov/expapi/verbs/completed", account, ends, length),
    ])
    .to_string()
}

fn moodle_statement(verb: &str, account: &str, at: &str, more: &str) -> Value {
    let activity = |path: &str, kind: &str| json!({"id": format!("http://www.example.com/{path}"), "definition": {"type": kind, "name": {"en": "Test name"}, "description": {"en": "Test"}}});
    let course = activity("course/view.php?id=1", "http://lrs.learninglocker.net/define/type/moodle/course");
    let text = format!(
        r#"{{"actor":{{"name":"Test user_name","account":{{"homePage":"http://www.example.com","name":"{account}"}}}},"verb":{{"id":"{verb}","display":{{"en":"done"}}}},"object":{course},"timestamp":"{at}","context":{{"platform":"Moodle","language":"en","extensions":{{"http://lrs.learninglocker.net/define/extensions/info":{{"https://moodle.org/":"1.0.0"}}}},"contextActivities":{{"grouping":[{course}],"category":[{}]}}}}{more}}}"#,
        activity("", "http://id.tincanapi.com/activitytype/source")
    );
    serde_json::from_str(&text).unwrap()
}
