//! The lake of a running deployment: the segments of many small logs become a pack, a killed server loses none, what is exported is what
//! is asked here, and DuckDB opens it.

use crate::live::{Scene, settle};
use crate::site::{self, Engine};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

#[tokio::test(flavor = "multi_thread")]
async fn many_small_logs_become_a_pack_and_an_export_on_sqlite_and_a_folder() {
    packed_and_exported(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_logs_become_a_pack_and_an_export_on_postgresql_and_s3() {
    packed_and_exported(Engine::Large).await;
}

/// Questions that the lake and DuckDB understand alike.
const QUESTIONS: &[&str] = &[
    "select kind, count(*) as n, count(distinct evidence) as logs, sum(row) as row_sum, cast(sum(date_part('epoch', \"at\")) as bigint) as at_sum \
     from attendance group by kind order by kind",
    "select l.external_id as lesson, count(distinct a.trainee) as people, count(a.reference) as refs \
     from attendance a join lessons l on l.lesson = a.lesson group by l.external_id order by lesson",
    "select cast(sum(c.credited_ms) as bigint) as ms, cast(sum(c.worth_fen) as bigint) as fen, count(*) as n from credits c",
    "select kind, count(*) as n from evidence group by kind order by kind",
    "select count(*) as n, min(starts_on) as first from classes",
];

async fn packed_and_exported(engine: Engine) {
    let (scene, mut server) = Scene::new(engine).await;
    // One request after the other, so that each is a log of its own; the server dies twice under it.
    let mut sent = 0;
    for turn in 0..40 {
        if turn == 13 || turn == 29 {
            server.kill();
            server = scene.site.start().await;
        }
        let (lesson, trainee) = (turn % 2, turn % 5);
        let kind = if turn < 10 { "join" } else { "heartbeat" };
        let event = scene.event(lesson, trainee, kind, turn as i64 * 20, &format!("lake-{turn}"));
        let (status, answer) = scene.send(lesson, event.to_string()).await.expect("the server is there");
        assert!(status.is_success(), "{answer}");
        sent += 1;
    }
    settle(&scene.client).await;

    let report: Value = serde_json::from_str(&scene.site.run(&["fsck", "--json"])).unwrap();
    assert!(report["packs"].as_i64().unwrap() >= 1, "{report}");
    assert_eq!((&report["problems_total"], &report["rows"], &report["segments"]), (&json!(0), &json!(sent), &json!(sent)), "{report}");

    // Every event is one row, and each row leads back to the very line that was sent.
    let rows: Vec<Value> = asked(&scene, "select evidence, row, reference from attendance");
    let references: BTreeSet<String> = rows.iter().map(|row| row["reference"].as_str().unwrap().to_owned()).collect();
    assert_eq!((rows.len(), references), (sent, (0..sent).map(|turn| format!("lake-{turn}")).collect()));
    for row in &rows {
        let content = scene.client.get_bytes(&format!("/v1/evidence/{}/content", row["evidence"].as_str().unwrap())).await.unwrap();
        let line = String::from_utf8(content).unwrap().lines().nth(row["row"].as_u64().unwrap() as usize - 1).unwrap().to_owned();
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["ref"], row["reference"]);
    }
    let rebuilt = scene.site.run(&["rebuild"]);
    assert!(rebuilt.ends_with("nothing differs, 0 could not be"), "{rebuilt}");

    let folder = scene.site.place("export");
    let told: Value = serde_json::from_str(&scene.site.run(&["export", "lake", folder.to_str().unwrap(), "--json"])).unwrap();
    assert_eq!(told["tables"][0], json!({"table": "attendance", "rows": sent, "files": 1}));
    let again = scene.site.keshi(&["export", "lake", folder.to_str().unwrap()]).output().unwrap();
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty; name a new one"), "{again:?}");
    let answers = duckdb(&folder, QUESTIONS);
    for (question, answer) in QUESTIONS.iter().zip(answers.as_array().unwrap()) {
        assert_eq!(answer, &Value::Array(asked(&scene, question)), "{question}");
    }
    server.stop();
}

fn asked(scene: &Scene, question: &str) -> Vec<Value> {
    serde_json::from_str(&scene.site.run(&["sql", "--json", question])).unwrap()
}

fn duckdb(folder: &std::path::Path, questions: &[&str]) -> Value {
    let python = std::env::var("KESHI_TEST_PYTHON").expect("KESHI_TEST_PYTHON names no Python with duckdb: run the tests with `make test`");
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/lake.py");
    let mut command = Command::new(python);
    let mut child = command.arg(script).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(json!(questions).to_string().as_bytes()).unwrap();
    serde_json::from_str(&site::succeeded(&child.wait_with_output().unwrap())).unwrap()
}
