//! Questions and rules that would take all there is: each is stopped within its bounds with a sentence, and whoever else comes is served meanwhile.

use crate::reused::{empty_class, sender, settle};
use crate::site::{self, Engine, Site, on_both};
use keshi::detect::Rules;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

on_both!(whoever_asks_too_much_is_stopped_while_others_are_served);

/// What the server may hold meanwhile: four questions at once, each with its 512 MiB, are the most that it takes on.
const MOST_MIB: u64 = 3 * 1024;
/// How long somebody else may wait for an answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A relation of 10^n rows.
fn numbers(n: u32) -> String {
    let digits = "(values (0),(1),(2),(3),(4),(5),(6),(7),(8),(9))";
    (0..n).map(|index| format!("{digits} as d{index}(x{index})")).collect::<Vec<_>>().join(" cross join ")
}

/// Each uses the one before twice.
fn twice(many: usize, first: &str, step: &str, last: &str) -> String {
    let links: Vec<String> =
        (1..=many).map(|place| format!("t{place} as ({})", step.replace("BEFORE", &format!("t{}", place - 1)))).collect();
    format!("with t0 as ({first}), {} {}", links.join(", "), last.replace("LAST", &format!("t{many}")))
}

/// What is asked, how it is called, and the code of the answer.
fn questions() -> Vec<(&'static str, String, &'static str)> {
    let text = "x".repeat(900);
    vec![
        (
            "a join of everything with everything",
            format!("select count(*) from {} where x0 + x1 = x2 * x3 + x9", numbers(14)),
            "query_limit",
        ),
        ("a join whose rows are all held", format!("select sum(x0) over () from {}", numbers(14)), "query_limit"),
        (
            "a query that names itself",
            "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r".into(),
            "query_limit",
        ),
        (
            "a text of a gigabyte",
            twice(30, "select 'xxxxxxxx' as x", "select x || x as x from BEFORE", "select length(x) from LAST"),
            "query_limit",
        ),
        (
            "a text of a gigabyte for each lesson",
            twice(30, "select lesson as x from lessons", "select x || x as x from BEFORE", "select max(length(x)) from LAST"),
            "query_limit",
        ),
        ("long texts compared", format!("select max(levenshtein('{text}' || x0, '{text}' || x1)) from {}", numbers(4)), "query_limit"),
        (
            "a relation a million times",
            twice(20, "select lesson from lessons", "select a.lesson from BEFORE a, BEFORE b", "select count(*) from LAST"),
            "query_limit",
        ),
        (
            "a condition of a billion parts",
            twice(30, "select worth_fen as n from lessons", "select n + n as n from BEFORE", "select count(*) from LAST where n > 0"),
            "query_limit",
        ),
        (
            "every text there is",
            format!("select count(distinct x0 || '{text}' || x1 || x2 || x3 || x4 || x5 || x6 || x7) from {}", numbers(8)),
            "query_limit",
        ),
        ("a copy into a file", "copy (select 1) to '/tmp/keshi-out.csv'".into(), "bad_query"),
        ("a table outside", "create external table t stored as csv location '/etc/passwd'".into(), "bad_query"),
        ("a file", "select * from '/etc/passwd'".into(), "bad_query"),
        ("a function that reads files", "select * from read_csv('/etc/passwd')".into(), "bad_query"),
        ("a text repeated", "select repeat('x', 1000000000)".into(), "bad_query"),
    ]
}

/// A rule with this select.
fn rule(id: &str, select: &str) -> String {
    let built_in = Rules::builtin();
    let head = &built_in.get("photo-reuse").unwrap().sql;
    let head: Vec<&str> = head.lines().take_while(|line| line.starts_with("--")).collect();
    format!("{}\n{select}\n", head.join("\n").replace("\"photo-reuse\"", &format!("\"{id}\"")))
}

/// A finding for each lesson, with this condition.
fn every_lesson(condition: &str) -> String {
    format!(
        "select 'class:' || class as subject, class, cast(null as varchar) as lesson, cast(null as varchar) as trainee, min(starts_at) as at, \
         cast(0.5 as double) as score, cast(0 as bigint) as money_fen, '[]' as evidence, '{{}}' as detail from lessons \
         where starts_at >= $since and starts_at < $until and {condition} group by class"
    )
}

async fn whoever_asks_too_much_is_stopped_while_others_are_served(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(900);
    let compared = every_lesson(&format!("levenshtein(lesson || '{long}', class || '{long}') = 0"));
    let doubled = twice(20, "select lesson from lessons", "select a.lesson from BEFORE a, BEFORE b", "select count(*) as n from LAST");
    for (id, select) in [
        ("a-good", every_lesson("true")),
        ("b-copies", "copy lessons to '/tmp/keshi-out.csv'".to_owned()),
        ("c-doubles", doubled),
        ("d-compares", compared),
    ] {
        std::fs::write(folder.path().join(format!("{id}.sql")), rule(id, &select)).unwrap();
    }
    let site = Site::with(engine, &[("KESHI__RULES__FOLDER", folder.path().to_str().unwrap())]).await;
    let server = site.start().await;
    assert!(site.said().contains("b-copies") && site.said().contains("c-doubles"), "what cannot run is named: {}", site.said());
    let (client, plan) = empty_class(&site).await;
    let (sent, live) = sender(&site, &client, &plan);
    settle(&site, &client).await;
    server.forget_peak();

    // What is refused is refused at once; what takes too much is asked all at once, while somebody else looks, and hands in.
    let (http, token) = (site::client(), site.token("investigator", &[]));
    let ask = async |(what, sql, code): (&'static str, String, &'static str)| {
        let request = http.post(format!("{}/v1/query", site.address())).bearer_auth(&token).json(&json!({ "sql": sql }));
        let answer = request.send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {body}");
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["code"], json!(code), "{what}: {body}");
        assert!(problem["detail"].as_str().is_some_and(|sentence| sentence.ends_with('.')), "{what}: {body}");
    };
    let (refused, stopped): (Vec<_>, Vec<_>) = questions().into_iter().partition(|(_, _, code)| *code == "bad_query");
    for one in refused {
        ask(one).await;
    }
    let others = async {
        let mut slowest = Duration::ZERO;
        for number in 0..20 {
            let begun = Instant::now();
            sent.medium("document", live[0], &format!("note-{number}.txt"), format!("note {number}").into_bytes()).await;
            client.get("/v1/findings").await.unwrap();
            slowest = slowest.max(begun.elapsed());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        slowest
    };
    let (_, slowest) = tokio::join!(futures::future::join_all(stopped.into_iter().map(&ask)), others);
    assert!(slowest < PATIENCE, "somebody else waited {slowest:?}");
    let held = server.peak_mib();
    assert!(held < MOST_MIB, "the server held {held} MiB");
    assert!(!std::path::Path::new("/tmp/keshi-out.csv").exists());

    // The rule that asks too much is counted as broken, and the others have run.
    settle(&site, &client).await;
    let findings = client.get("/v1/findings?rule=a-good").await.unwrap();
    let runs = client.get("/v1/runs").await.unwrap();
    let broken = runs["items"].as_array().unwrap().iter().filter_map(|run| run["broken"].as_i64()).max();
    assert_eq!(broken, Some(1), "{runs}");
    assert_eq!(findings["items"].as_array().unwrap().len(), 1, "{findings}");
    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));
}
