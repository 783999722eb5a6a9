//! The notice's clauses on reporting, limits and back-filling, as those who use them do it: 六（一）, 六（二）, 六（五）.

use crate::live::{Scene, settle};
use crate::site::{Engine, client, is_sha256, on_both, succeeded};
use crate::webhooks::{Receiver, until};
use calamine::{Reader, Xlsx};
use keshi::simulate::Class;
use keshi::time::Time;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

on_both!(
    clause_6_1_last_week_is_reported_to_the_province,
    clause_6_2_three_working_days_and_five_days_are_watched,
    clause_6_2_what_is_due_is_told_once_a_day,
    clause_6_5_material_is_back_filled_and_what_was_late_is_marked,
);

/// Asks the server; status and the body's bytes.
async fn ask(scene: &Scene, method: Method, place: &str, token: &str, body: Value) -> (StatusCode, Vec<u8>) {
    let request = client().request(method, format!("{}{place}", scene.site.address())).bearer_auth(token);
    let answer = if body.is_null() { request } else { request.body(body.to_string()) }.send().await.unwrap();
    (answer.status(), answer.bytes().await.unwrap().to_vec())
}

async fn get(scene: &Scene, place: &str, token: &str) -> Value {
    let (status, bytes) = ask(scene, Method::GET, place, token, Value::Null).await;
    let answer = serde_json::from_slice(&bytes).unwrap_or_default();
    assert_eq!(status, StatusCode::OK, "{place}: {answer}");
    answer
}

async fn post(scene: &Scene, place: &str, token: &str, body: Value) -> (StatusCode, Value) {
    let (status, bytes) = ask(scene, Method::POST, place, token, body).await;
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// The code with which something is refused.
async fn refused(scene: &Scene, method: Method, place: &str, token: &str, body: Value) -> String {
    let (status, bytes) = ask(scene, method, place, token, body).await;
    let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    assert!(status.is_client_error(), "{place}: {status} {problem}");
    problem["code"].as_str().unwrap().to_owned()
}

/// All rows of a sheet, as texts.
fn sheet(bytes: Vec<u8>, number: usize) -> Vec<Vec<String>> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(number).unwrap().unwrap();
    sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

fn csv_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(bytes).unwrap().trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Somebody sits through a lesson, by the platform's own events.
async fn attend(scene: &Scene, lesson: usize, trainee: usize) {
    let of = &scene.plan.classes[0].lessons[lesson];
    let length = (of.ends_at.0 - of.starts_at.0) / 1_000_000;
    for (kind, second) in [("join", 0), ("leave", length)] {
        let event = scene.event(lesson, trainee, kind, second, &format!("{kind}-{lesson}-{trainee}"));
        let (status, answer) = scene.send(lesson, event.to_string()).await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    settle(&scene.client).await;
}

/// The first live lesson of the class, and the Monday of its week.
fn first_live(class: &Class) -> (usize, String) {
    let place = class.lessons.iter().position(|lesson| lesson.mode == "live").unwrap();
    let day = class.lessons[place].ends_at.utc().with_timezone(&chrono_tz::Asia::Shanghai).date_naive();
    (place, day.week(chrono::Weekday::Mon).first_day().to_string())
}

/// What the timetable has of online lesson hours in a week.
fn planned(class: &Class, monday: &str) -> i64 {
    let from: Time = format!("{monday}T00:00:00+08:00").parse().unwrap();
    let until = from.plus(7 * 86_400_000_000);
    let online = class.lessons.iter().filter(|lesson| lesson.mode != "in_person" && lesson.ends_at >= from && lesson.ends_at < until);
    online.map(|lesson| lesson.hours).sum()
}

async fn clause_6_1_last_week_is_reported_to_the_province(engine: Engine) {
    let (scene, server) = Scene::new(engine).await;
    let access = scene.client.access.clone();
    let class = &scene.plan.classes[0];
    let (lesson, monday) = first_live(class);
    attend(&scene, lesson, 0).await;
    // Another provider, which says where it is, and whose name a spreadsheet would run.
    let named = json!({"external_id": "risky", "name": "=HYPERLINK(1)", "kind": "enterprise", "region": "610900"});
    let (status, other) = post(&scene, "/v1/providers", &access.admin, named.clone()).await;
    assert_eq!((status, &other["region"]), (StatusCode::CREATED, &json!("610900")), "{other}");
    assert_eq!(post(&scene, "/v1/providers", &access.admin, named.clone()).await.0, StatusCode::OK, "sent again it is the same");
    let moved = json!({"external_id": "risky", "name": "=HYPERLINK(1)", "kind": "enterprise", "region": "610902"});
    assert_eq!(refused(&scene, Method::POST, "/v1/providers", &access.admin, moved).await, "duplicate");
    let wrong = json!({"external_id": "far", "name": "x", "kind": "enterprise", "region": "61090"});
    assert_eq!(refused(&scene, Method::POST, "/v1/providers", &access.admin, wrong).await, "invalid");
    open_class(&scene, "risky", "risky-1", &monday, true).await;

    let place = format!("/v1/reports/weekly?week={monday}");
    let report = get(&scene, &place, &access.reviewer).await;
    let totals = &report["totals"];
    let hours = planned(class, &monday);
    assert_eq!((&report["week"], &report["over"], &report["filed"]), (&json!(monday), &json!(true), &Value::Null), "{report}");
    assert_eq!(totals["classes_running"], 2, "{totals}");
    assert_eq!(totals["trainees"], class.trainees.len(), "{totals}");
    assert_eq!(totals["hours_planned"], format!("{hours}.0"), "{totals}");
    assert_eq!(totals["person_hours_planned"], format!("{}.0", hours * class.trainees.len() as i64), "{totals}");
    let credited = format!("{}.0", class.lessons[lesson].hours);
    assert_eq!((&totals["hours_held"], &totals["person_hours_credited"]), (&json!(credited), &json!(credited)), "{totals}");
    assert_eq!(totals["evidence"], 0, "it came this week, not then: {totals}");
    let category = report["by_category"].as_array().unwrap();
    assert_eq!(category.iter().map(|line| line["trainees"].as_i64().unwrap()).sum::<i64>(), class.trainees.len() as i64);
    assert_eq!(report["by_region"].as_array().unwrap().iter().filter(|line| line["region"] == "610900").count(), 1, "{report}");
    let whole = report.to_string();
    for trainee in &class.trainees {
        let person = &scene.plan.people[trainee.person];
        assert!(!whole.contains(&person.name) && !whole.contains(&person.id_number), "nothing of a person");
    }
    // What came this week is in this week's, which is not over.
    let now = get(&scene, &format!("/v1/reports/weekly?week={}", this_week()), &access.inspector).await;
    assert!(now["over"] == false && now["totals"]["evidence"].as_i64().unwrap() >= 1 && now["totals"]["classes_opened"] == 2, "{now}");
    assert_eq!(get(&scene, "/v1/reports/weekly", &access.admin).await["over"], true, "last week by itself");

    // Who may what, and what is no week.
    let provider = access.providers.values().next().unwrap();
    assert_eq!(refused(&scene, Method::GET, &place, provider, Value::Null).await, "forbidden");
    let body = json!({"week": monday});
    assert_eq!(refused(&scene, Method::POST, "/v1/reports/weekly", &access.inspector, body.clone()).await, "forbidden");
    assert_eq!(refused(&scene, Method::POST, "/v1/reports/weekly", &access.reviewer, json!({"week": this_week()})).await, "week_not_over");
    assert_eq!(refused(&scene, Method::GET, "/v1/reports/weekly?week=2020-03-03", &access.reviewer, Value::Null).await, "invalid");
    assert_eq!(refused(&scene, Method::GET, &format!("{place}&format=pdf"), &access.reviewer, Value::Null).await, "invalid");

    // Filed: once, sealed, and the document is what was sealed.
    let (status, filed) = post(&scene, "/v1/reports/weekly", &access.reviewer, body.clone()).await;
    assert_eq!((status, &filed["version"], &filed["new"]), (StatusCode::CREATED, &json!(1), &json!(true)), "{filed}");
    assert!(filed["log_index"].is_u64(), "{filed}");
    let (status, again) = post(&scene, "/v1/reports/weekly", &access.reviewer, body.clone()).await;
    assert_eq!((status, &again["version"], &again["sha256"]), (StatusCode::OK, &json!(1), &filed["sha256"]), "{again}");
    let (_, document) = ask(&scene, Method::GET, &format!("{place}&version=1"), &access.reviewer, Value::Null).await;
    assert!(is_sha256(&filed["sha256"], &document), "{filed}");
    assert_eq!(get(&scene, &place, &access.reviewer).await["corrections"], json!([]));

    // Late evidence: a correction, and a further version.
    attend(&scene, lesson, 1).await;
    let report = get(&scene, &place, &access.reviewer).await;
    let corrections = report["corrections"].as_array().unwrap();
    let total: Vec<&Value> = corrections.iter().filter(|one| one["part"] == "total").collect();
    let twice = format!("{}.0", 2 * class.lessons[lesson].hours);
    assert_eq!(total.len(), 1, "{corrections:?}");
    assert_eq!(total[0], &json!({"part": "total", "figure": "person_hours_credited", "filed": credited, "now": twice}));
    let (_, csv) = ask(&scene, Method::GET, &format!("{place}&format=csv"), &access.reviewer, Value::Null).await;
    let rows = csv_rows(&csv);
    let column = rows[0].iter().position(|head| head == "person_hours_credited").unwrap();
    let corrected: Vec<_> = rows.iter().filter(|row| row[0] == "correction").collect();
    assert!(corrected.iter().any(|row| row[column] == class.lessons[lesson].hours.to_string()), "{corrected:?}");
    let name = rows[0].iter().position(|head| head == "provider_name").unwrap();
    assert!(rows.iter().any(|row| row[name] == "'=HYPERLINK(1)") && rows.iter().all(|row| !row[name].starts_with('=')));
    let accepted = client().get(format!("{}{place}", scene.site.address())).bearer_auth(&access.reviewer);
    let accepted = accepted.header("accept", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    let book = accepted.send().await.unwrap().bytes().await.unwrap().to_vec();
    assert_eq!(sheet(book.clone(), 0)[1][0], "合计");
    assert_eq!(sheet(book, 1).len(), corrections.len() + 1, "a heading and a row for each");
    let (status, filed) = post(&scene, "/v1/reports/weekly", &access.admin, body).await;
    assert_eq!((status, &filed["version"]), (StatusCode::CREATED, &json!(2)), "{filed}");
    let report = get(&scene, &place, &access.reviewer).await;
    assert_eq!((&report["corrections"], report["versions"].as_array().unwrap().len()), (&json!([]), 2));

    // The same from the command line, and the whole deployment holds.
    let file = scene.site.place("week.xlsx");
    scene.site.run(&["export", "weekly", "--week", &monday, file.to_str().unwrap()]);
    assert_eq!(sheet(std::fs::read(file).unwrap(), 0)[0][0], "口径");
    let printed: Value = serde_json::from_str(&scene.site.run(&["export", "weekly", "--week", &monday, "-"])).unwrap();
    assert_eq!(printed["totals"], report["totals"]);
    server.stop();
    assert!(scene.site.run(&["fsck"]).ends_with("all holds"));
}

fn today() -> chrono::NaiveDate {
    keshi::time::Clock::System.now().utc().with_timezone(&chrono_tz::Asia::Shanghai).date_naive()
}

fn this_week() -> String {
    today().week(chrono::Weekday::Mon).first_day().to_string()
}

/// A class of a provider from a Monday on for five days, and whether it is approved.
async fn open_class(scene: &Scene, provider: &str, external_id: &str, monday: &str, approve: bool) -> Value {
    let access = &scene.client.access;
    let last: chrono::NaiveDate = monday.parse().unwrap();
    let new = json!({
        "external_id": external_id, "provider": format!("ext:{provider}"), "platform": "sx-zxpx", "title": "电工班",
        "trade": {"code": "6-29-03-07", "name": "电工"}, "application": "full", "starts_on": monday, "ends_on": last + chrono::Days::new(4),
        "hours": {"total": 40, "online": 40, "theory": 40, "practice": 0}, "standards_fen": {"qualified": 100_000}, "epidemic": true,
    });
    let (status, class) = post(scene, "/v1/classes", &access.admin, new).await;
    assert_eq!(status, StatusCode::CREATED, "{class}");
    if approve {
        let place = format!("/v1/classes/ext:{external_id}/decision");
        let (status, decided) = post(scene, &place, &access.reviewer, json!({"decision": "approve"})).await;
        assert_eq!(status, StatusCode::OK, "{decided}");
    }
    class
}

async fn clause_6_2_three_working_days_and_five_days_are_watched(engine: Engine) {
    let (scene, server) = Scene::new(engine).await;
    let access = scene.client.access.clone();
    let admin = &access.admin;
    let (status, _) = post(&scene, "/v1/providers", admin, json!({"external_id": "own", "name": "自己", "kind": "institution"})).await;
    assert_eq!(status, StatusCode::CREATED);
    let own =
        get(&scene, "/v1/providers", admin).await["items"].as_array().unwrap().iter().find(|one| one["external_id"] == "own").cloned();
    let own = scene.site.token("provider", &["--provider", own.unwrap()["id"].as_str().unwrap()]);
    let monday = (today().week(chrono::Weekday::Mon).first_day() + chrono::Days::new(7)).to_string();
    let class = open_class(&scene, "own", "due", &monday, false).await;
    let of = async |token: &str, query: &str| {
        let found = get(&scene, &format!("/v1/deadlines{query}"), token).await;
        found["items"].as_array().unwrap().iter().filter(|one| one["class_external_id"] == "due").cloned().collect::<Vec<_>>()
    };
    let seen = of(&access.reviewer, "?state=open").await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    let (kind, by, class_id) = (&seen[0]["kind"], &seen[0]["by"], &seen[0]["class"]);
    assert_eq!((kind, by, class_id), (&json!("decision"), &json!("reviewer"), &class["id"]));
    let due: chrono::NaiveDate = seen[0]["due_on"].as_str().unwrap().parse().unwrap();
    let days = (due - today()).num_days();
    assert!((3..=14).contains(&days) && seen[0]["certain"].is_boolean(), "{seen:?}");
    assert_eq!(of(&access.reviewer, "?state=overdue").await.len(), 0);

    // A provider sees its own and nobody else's; what the plan's provider has not done since 2020 is long overdue.
    let mine = get(&scene, "/v1/deadlines", &own).await;
    assert!(mine["items"].as_array().unwrap().iter().all(|one| one["class_external_id"] == "due"), "{mine}");
    let provider = &access.providers[&scene.plan.providers[scene.plan.classes[0].provider].external_id];
    let theirs = get(&scene, "/v1/deadlines?state=overdue&kind=claim", provider).await;
    let claim = &theirs["items"][0];
    let ended = scene.plan.classes[0].ends_on;
    assert_eq!((&claim["by"], claim["since"].as_str()), (&json!("provider"), Some(ended.to_string().as_str())), "{theirs}");
    assert!(claim["days_left"].as_i64().unwrap() < -1000 && claim["state"] == "overdue", "{claim}");

    // Decided, the prepayment is due within five days; the board pages.
    let (status, _) = post(&scene, "/v1/classes/ext:due/decision", &access.reviewer, json!({"decision": "approve"})).await;
    assert_eq!(status, StatusCode::OK);
    let seen = of(&access.inspector, "").await;
    assert_eq!(seen.iter().map(|one| one["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["prepayment"], "{seen:?}");
    assert!((5..=14).contains(&seen[0]["days_left"].as_i64().unwrap()), "{seen:?}");
    let all = get(&scene, "/v1/deadlines", admin).await;
    let first = get(&scene, "/v1/deadlines?limit=1", admin).await;
    let next = first["next"].as_str().unwrap();
    let second = get(&scene, &format!("/v1/deadlines?limit=1&cursor={next}"), admin).await;
    assert_eq!([&first["items"][0], &second["items"][0]], [&all["items"][0], &all["items"][1]]);
    assert_eq!(refused(&scene, Method::GET, "/v1/deadlines?kind=x", admin, Value::Null).await, "invalid");
    server.stop();
}

async fn clause_6_5_material_is_back_filled_and_what_was_late_is_marked(engine: Engine) {
    let (scene, server) = Scene::new(engine).await;
    let access = scene.client.access.clone();
    let class = &scene.plan.classes[0];
    let (lesson, _) = first_live(class);
    attend(&scene, lesson, 0).await;
    let place = format!("/v1/reports/backfill?class=ext:{}", class.external_id);
    let export = get(&scene, &place, &access.inspector).await;
    let items = export["items"].as_array().unwrap();
    assert_eq!(items.len(), class.trainees.len() * class.lessons.len(), "a row for each trainee and lesson");
    let who = &class.trainees[0];
    let name = &scene.plan.people[who.person].name;
    let of = |lesson: usize| {
        let lesson = &class.lessons[lesson].external_id;
        items.iter().find(|row| row["trainee_external_id"] == who.external_id && row["lesson_external_id"] == *lesson).unwrap()
    };
    let row = of(lesson);
    let hours = format!("{}.0", class.lessons[lesson].hours);
    assert_eq!((&row["hours_planned"], &row["hours_credited"], &row["name"]), (&json!(hours), &json!(hours), &json!(name)), "{row}");
    assert_eq!(row["late"], true, "received years after the lesson: {row}");
    for piece in row["evidence"].as_array().unwrap() {
        let receipt = scene.client.get(&format!("/v1/evidence/{}/receipt", piece["id"].as_str().unwrap())).await.unwrap();
        assert_eq!((&piece["sha256"], &piece["log_index"]), (&receipt["sha256"], &receipt["log"]["index"]), "{row}");
        assert_eq!(piece["late"], true);
    }
    assert!(!row["evidence"].as_array().unwrap().is_empty());
    let bare = of(class.lessons.len() - 1);
    assert_eq!((&bare["late"], &bare["evidence"]), (&json!(false), &json!([])), "what is not there is not late: {bare}");

    // Columns assumed by default, an operator's own by a file.
    let (_, csv) = ask(&scene, Method::GET, &format!("{place}&format=csv"), &access.reviewer, Value::Null).await;
    let rows = csv_rows(&csv);
    assert_eq!((rows.len(), rows[0][0].as_str()), (items.len() + 1, "班次编号"));
    assert!(rows.iter().any(|row| row.iter().any(|cell| cell == "迟交")));
    let mapping = scene.site.place("own.toml");
    let own = "source = 'own'\n[[column]]\nfield = 'late'\nheading = 'L'\nvalues = { yes = 'Y' }\n[[column]]\nfield = 'hours_credited'\nheading = 'H'\n";
    std::fs::write(&mapping, own).unwrap();
    let file = scene.site.place("own.csv");
    let of_class = format!("ext:{}", class.external_id);
    let args = ["export", "backfill", "--class", of_class.as_str(), "--mapping", mapping.to_str().unwrap(), file.to_str().unwrap()];
    scene.site.run(&args);
    let rows = csv_rows(&std::fs::read(&file).unwrap());
    assert_eq!(rows[0], ["L", "H"]);
    let late: Vec<_> = rows.iter().filter(|row| row[0] == "Y").collect();
    assert_eq!(late.len(), class.trainees.len(), "the log of a lesson is late for everybody in it");
    let credited: Vec<_> = late.into_iter().filter(|row| row[1] != "0").collect();
    assert_eq!(credited, [&["Y".to_owned(), class.lessons[lesson].hours.to_string()]]);
    std::fs::write(&mapping, own.replace("'late'", "'latest'")).unwrap();
    let output = scene.site.keshi(&args).output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("latest"));
    let (_, book) = ask(&scene, Method::GET, "/v1/reports/backfill?format=xlsx", &access.admin, Value::Null).await;
    assert_eq!(sheet(book, 0).len(), items.len() + 1, "all classes, of which there is one");

    // Who may not take it does not, and who did is written down.
    let provider = access.providers.values().next().unwrap();
    assert_eq!(refused(&scene, Method::GET, &place, provider, Value::Null).await, "forbidden");
    assert_eq!(refused(&scene, Method::GET, "/v1/reports/backfill?class=ext:none", &access.admin, Value::Null).await, "unknown_class");
    server.stop();
}

/// A mail server that writes down what arrives; dropped, it is gone.
struct Sink {
    process: Child,
    folder: PathBuf,
    port: String,
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Sink {
    fn new(folder: PathBuf) -> Sink {
        std::fs::create_dir(&folder).unwrap();
        let python =
            std::env::var("KESHI_TEST_PYTHON").expect("KESHI_TEST_PYTHON names no Python with aiosmtpd: run the tests with `make test`");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/mail.py");
        let mut process = Command::new(python).arg(script).arg(&folder).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Sink { process, folder, port: port.trim().to_owned() }
    }

    /// What arrived: taken, or refused.
    fn got(&self, taken: bool) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.join("mail.log")).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|one| one["taken"] == taken).collect()
    }
}

async fn clause_6_2_what_is_due_is_told_once_a_day(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::new(folder.path().join("sink"));
    let server = format!("127.0.0.1:{}", sink.port);
    let settings: [(&'static str, &str); 9] = [
        ("KESHI__MAIL__SERVER", server.as_str()),
        ("KESHI__MAIL__TLS", "none"),
        ("KESHI__MAIL__FROM", "课时 <keshi@example.org>"),
        ("KESHI__MAIL__TO", "li@example.org, wang@example.org"),
        ("KESHI__MAIL__PROVIDERS", "own=school@example.org, nobody=other@example.org"),
        ("KESHI__MAIL__FIRST_WAIT_SECONDS", "1"),
        // Not yet: the day's digest is made when there is something to tell.
        ("KESHI__MAIL__HOUR", "24"),
        ("KESHI__WEBHOOKS__CLOSED_NETWORK", "true"),
        ("KESHI__SERVER__PUBLIC_URL", "https://keshi.example"),
    ];
    let (scene, first) = Scene::with(engine, &settings).await;
    let access = scene.client.access.clone();
    let receiver = Receiver::new(scene.site.place("receiver"));
    let (_, own) = post(&scene, "/v1/providers", &access.admin, json!({"external_id": "own", "name": "自己", "kind": "institution"})).await;
    let provider = scene.site.token("provider", &["--provider", own["id"].as_str().unwrap()]);
    let class = open_class(&scene, "own", "due-1", "2020-03-02", false).await;
    for (name, token) in [("operator", &access.admin), ("own", &provider)] {
        let new = json!({"name": name, "url": format!("{}/{name}", receiver.address), "events": ["deadlines.daily"]});
        let (status, made) = post(&scene, "/v1/webhooks", token, new).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        receiver.knows(name, &[made["secret"].as_str().unwrap()], &[200]);
    }
    std::fs::write(sink.folder.join("busy"), "").unwrap();
    first.stop();
    assert!(sink.got(true).is_empty() && sink.got(false).is_empty(), "not before its hour");

    // A server and a worker at once; the mail server is busy at first.
    let hour = [("KESHI__MAIL__HOUR", "0")];
    let mut second = scene.site.keshi(&["work", "--count", "1"]).envs(hour).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let server = scene.site.start_with(&hour).await;
    until("the mails are tried", async || sink.got(false).len() >= 2).await;
    std::fs::remove_file(sink.folder.join("busy")).unwrap();
    until("the mails are taken", async || sink.got(true).len() >= 2).await;
    until("webhooks are told", async || !receiver.got("operator").is_empty() && !receiver.got("own").is_empty()).await;
    // Both have looked again by then, and once is enough.
    tokio::time::sleep(Duration::from_secs(65)).await;
    let mails = sink.got(true);
    assert_eq!(mails.len(), 2, "{mails:?}");
    let to = |address: &str| mails.iter().find(|mail| mail["to"].as_array().unwrap().contains(&json!(address))).unwrap();
    let (all, schools) = (to("li@example.org"), to("school@example.org"));
    assert_eq!(all["to"], json!(["li@example.org", "wang@example.org"]));
    assert_eq!(all["from"], "keshi@example.org");
    let day = today().to_string();
    let headers = &all["headers"];
    assert!(headers["subject"].as_str().unwrap().starts_with(&format!("课时：{day} 逾期 ")), "{headers}");
    assert_eq!(headers["message-id"], format!("<{day}.all@keshi.local.log>"));
    let (body, theirs) = (all["body"].as_str().unwrap(), schools["body"].as_str().unwrap());
    for said in [
        "开班审核 · due-1",
        "decision on an opening application · due-1",
        "https://keshi.example/deadlines",
        &scene.plan.classes[0].external_id,
    ] {
        assert!(body.contains(said), "{said} is not in {body}");
    }
    assert!(theirs.contains("due-1") && !theirs.contains(&scene.plan.classes[0].external_id), "a provider's own alone: {theirs}");

    let (operator, owns) = (receiver.got("operator"), receiver.got("own"));
    assert_eq!((operator.len(), owns.len()), (1, 1), "{operator:?} {owns:?}");
    let (data, own_data) = (&operator[0]["body"]["data"], &owns[0]["body"]["data"]);
    assert_eq!((&operator[0]["verified"], &operator[0]["body"]["type"]), (&json!([true]), &json!("deadlines.daily")));
    assert_eq!((&data["day"], &data["provider"], &data["skipped"]), (&json!(day), &Value::Null, &json!([])), "{data}");
    assert!(data["kinds"]["decision"]["open"] == 1 && data["overdue"].as_i64().unwrap() >= 2, "{data}");
    assert!(data["classes"].as_array().unwrap().contains(&class["id"]), "{data}");
    assert_eq!((&own_data["open"], &own_data["classes"]), (&json!(1), &json!([class["id"]])), "{own_data}");
    let everything = format!("{mails:?}{operator:?}{owns:?}{}", scene.site.said());
    for trainee in &scene.plan.classes[0].trainees {
        assert!(!everything.contains(&scene.plan.people[trainee.person].name), "nothing of a person");
    }
    assert!(!scene.site.said().contains("example.org"), "no address in the log");
    second.kill().unwrap();
    second.wait().unwrap();
    server.stop();
    let output = scene.site.keshi(&["config"]).env("KESHI__MAIL__PASSWORD", "geheim").output().unwrap();
    assert!(!succeeded(&output).contains("geheim"), "a password is not shown");
}
