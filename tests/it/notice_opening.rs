//! Clauses 一, 二, 四 and 五 of the notice at the opening of a class, as an enterprise, institutions and a reviewer live them over the API: what
//! is said against a plan, what is refused, and the policy that is fixed for a class and stays.

use crate::site::{self, Engine, Site, on_both};
use keshi::simulate::{self, Access, Client};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

on_both!(
    clause_1_1_who_may_be_trained,
    clause_1_2_who_may_train,
    clause_1_3_which_trades,
    clause_2_courses_and_the_share_of_theory,
    clause_4_bad_plans_are_refused_or_named,
    clause_4_the_policy_of_an_approved_class_stays,
);

const BUILT_IN: &str = include_str!("../../policies/shaanxi-2020-31.toml");

struct House {
    site: Site,
    client: Client,
    reviewer: String,
}

impl House {
    async fn open(engine: Engine, folder: &Path) -> (House, site::Server) {
        let site = Site::with(engine, &[("KESHI__POLICY__FOLDER", folder.to_str().unwrap())]).await;
        let server = site.start().await;
        let (admin, inspector) = (site.token("admin", &[]), site.token("inspector", &[]));
        let reviewer = site.token("reviewer", &[]);
        let client = Client::new(&site.address(), Access { admin, inspector, ..Access::default() }).unwrap();
        (House { site, client, reviewer }, server)
    }

    /// A provider entered by the reviewer, and its token.
    async fn provider(&self, external_id: &str, kind: &str, listed_from: Option<&str>) -> String {
        let body = json!({"external_id": external_id, "name": format!("承训单位{external_id}"), "kind": kind, "listed_from": listed_from});
        self.client.json(Method::POST, "/v1/providers", &self.reviewer, &body).await.unwrap();
        self.site.token("provider", &["--provider", &format!("ext:{external_id}")])
    }

    /// The status and the answer, whatever it is.
    async fn ask(&self, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let place = format!("{}{path}", self.site.address());
        let request = site::client().request(method, place).bearer_auth(token);
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn checks(&self, class: &str, token: &str) -> Vec<Value> {
        let (status, answer) = self.ask(Method::GET, &format!("/v1/classes/ext:{class}/checks"), token, &Value::Null).await;
        assert_eq!(status, 200, "{answer}");
        answer["items"].as_array().unwrap().clone()
    }

    async fn settle(&self) {
        simulate::settle(&self.client, Duration::from_secs(120), &indicatif::ProgressBar::hidden()).await.unwrap();
    }

    /// Hours of the first trainee of a class in its first lesson.
    async fn hours(&self, class: &str) -> String {
        let credits = self.client.get(&format!("/v1/classes/ext:{class}/credits")).await.unwrap();
        credits["items"][0]["hours"].as_str().unwrap_or("none").to_owned()
    }
}

fn application(external_id: &str, provider: &str) -> Value {
    json!({
        "external_id": external_id, "provider": format!("ext:{provider}"), "platform": "sx-zxpx", "title": "电工班",
        "trade": {"code": "6-29-03-07", "name": "电工"}, "application": "full", "starts_on": "2020-03-02", "ends_on": "2020-03-20",
        "hours": {"total": 10, "online": 6, "theory": 6, "practice": 4}, "standards_fen": {"qualified": 60000}, "epidemic": true,
    })
}

fn trainee(external_id: &str, category: &str, id_number: &str) -> Value {
    json!({"external_id": external_id, "name": "张伟", "id_number": id_number, "category": category})
}

fn lesson(external_id: &str, kind: &str, day: &str, hours: i64) -> Value {
    json!({
        "external_id": external_id, "title": "安全用电", "kind": kind, "mode": if kind == "practice" { "in_person" } else { "live" },
        "starts_at": format!("{day}T09:00:00+08:00"), "ends_at": format!("{day}T{:02}:{:02}:00+08:00", 9 + hours * 45 / 60, hours * 45 % 60),
        "hours": hours, "teacher": "马老师",
    })
}

fn timetable() -> Value {
    json!({"lessons": [lesson("L1", "general", "2020-03-03", 1), lesson("L2", "safety", "2020-03-04", 1), lesson("L3", "epidemic", "2020-03-05", 1),
        lesson("L4", "theory", "2020-03-06", 3), lesson("L5", "practice", "2020-03-09", 4)]})
}

/// The codes, but for those that come of a class of 2020 being filed later and of papers not handed in.
fn codes(remarks: &Value) -> Vec<&str> {
    let codes = remarks.as_array().unwrap().iter().map(|remark| remark["code"].as_str().unwrap());
    codes.filter(|code| !["filed_after_start", "online_plan_missing", "licence_missing"].contains(code)).collect()
}

fn trades() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("trades-2020.csv"),
        "编码,名称,生效日期,失效日期\n6-29-03-07,电工,2020-01-01,\n4-14-01-02,育婴员,2020-06-01,\n",
    )
    .unwrap();
    folder
}

const EMPLOYEE: &str = "11010519491231002X";
const OTHER: &str = "440524188001010014";

/// 一（一）: employees, key groups and people from poor households may be trained, each by the kind of provider that may train them.
async fn clause_1_1_who_may_be_trained(engine: Engine) {
    let folder = trades();
    let (house, _server) = House::open(engine, folder.path()).await;
    let enterprise = house.provider("E1", "enterprise", None).await;
    let (status, answer) = house.ask(Method::POST, "/v1/classes", &enterprise, &application("E1-1", "E1")).await;
    assert_eq!((status, codes(&answer["remarks"])), (201, vec![]), "{answer}");
    assert_eq!(answer["external_id"], "E1-1", "the class itself is the answer, as ever");
    let mixed = json!({"trainees": [trainee("T1", "employee", EMPLOYEE), trainee("T2", "key_group", OTHER)]});
    let (status, answer) = house.ask(Method::PUT, "/v1/classes/ext:E1-1/roster", &enterprise, &mixed).await;
    assert_eq!((status, answer["items"].as_array().unwrap().len()), (200, 2), "a remark refuses nothing: {answer}");
    let remark = answer["remarks"].as_array().unwrap().iter().find(|remark| remark["code"] == "category_not_allowed").unwrap();
    assert_eq!((remark["clause"].as_str(), remark["weight"].as_str()), (Some("31号 一（二）"), Some("must")));
    assert!(remark["message"]["zh"].as_str().unwrap().contains("目录清单内") && remark["message"]["en"].is_string());
    assert_eq!(
        remark["rows"].as_array().unwrap().iter().map(|row| row["trainee_external_id"].as_str().unwrap()).collect::<Vec<_>>(),
        ["T2"]
    );
    let unheard_of = json!({"trainees": [trainee("T1", "pensioner", EMPLOYEE)]});
    let (status, answer) = house.ask(Method::PUT, "/v1/classes/ext:E1-1/roster", &enterprise, &unheard_of).await;
    assert_eq!(status, 422, "a category that the notice does not know is none: {answer}");

    let listed = house.provider("I1", "institution", Some("2019-01-01")).await;
    house.ask(Method::POST, "/v1/classes", &listed, &application("I1-1", "I1")).await;
    let everybody = json!({"trainees": [trainee("T1", "key_group", EMPLOYEE), trainee("T2", "poor_household", OTHER)]});
    let (status, answer) = house.ask(Method::PUT, "/v1/classes/ext:I1-1/roster", &listed, &everybody).await;
    assert!(status == 200 && !codes(&answer["remarks"]).contains(&"category_not_allowed"), "{answer}");
}

/// 一（二）: key groups by an institution that is on the list that day; in the epidemic an enterprise its own staff without one, after it not.
async fn clause_1_2_who_may_train(engine: Engine) {
    let folder = trades();
    let ended = BUILT_IN.replace("[epidemic]\n", "[epidemic]\nuntil = { value = 2020-12-31, source = \"宣布疫情结束之日\" }\n");
    std::fs::write(folder.path().join("shaanxi-2020-31.toml"), ended).unwrap();
    let (house, _server) = House::open(engine, folder.path()).await;
    let listed = house.provider("I1", "institution", Some("2019-01-01")).await;
    let unlisted = house.provider("I2", "institution", Some("2020-03-03")).await;
    for (token, provider, expected) in [(&listed, "I1", vec![]), (&unlisted, "I2", vec!["provider_not_listed"])] {
        let class = format!("{provider}-1");
        house.ask(Method::POST, "/v1/classes", token, &application(&class, provider)).await;
        let key_group = json!({"trainees": [trainee("T1", "key_group", OTHER)]});
        let (_, answer) = house.ask(Method::PUT, &format!("/v1/classes/ext:{class}/roster"), token, &key_group).await;
        let mut found = codes(&answer["remarks"]);
        found.retain(|code| *code != "trainee_in_two_classes");
        assert_eq!(found, expected, "{provider}");
    }
    let enterprise = house.provider("E1", "enterprise", None).await;
    let (_, answer) = house.ask(Method::POST, "/v1/classes", &enterprise, &application("E1-1", "E1")).await;
    assert_eq!(codes(&answer["remarks"]), Vec::<&str>::new(), "in the epidemic no list binds an enterprise");
    let mut after = application("E1-2", "E1");
    (after["epidemic"], after["starts_on"], after["ends_on"]) = (false.into(), "2021-03-01".into(), "2021-03-19".into());
    let (_, answer) = house.ask(Method::POST, "/v1/classes", &enterprise, &after).await;
    assert!(codes(&answer["remarks"]).contains(&"provider_not_listed"), "after it only those on the list: {answer}");
}

/// 一（三）: a trade that comes onto the list later; employees in the epidemic need no list, but a class of occupations; 创业 is included.
async fn clause_1_3_which_trades(engine: Engine) {
    let folder = trades();
    let (house, _server) = House::open(engine, folder.path()).await;
    let enterprise = house.provider("E1", "enterprise", None).await;
    let listed = house.provider("I1", "institution", Some("2019-01-01")).await;
    let mut early = application("I1-2", "I1");
    early["trade"] = json!({"code": "4-14-01-02", "name": "育婴员"});
    let (_, answer) = house.ask(Method::POST, "/v1/classes", &listed, &early).await;
    assert_eq!(codes(&answer["remarks"]), ["trade_not_listed"]);
    let mut office = application("E1-2", "E1");
    office["trade"] = json!({"code": "2-06-03-00", "name": "会计"});
    let (_, answer) = house.ask(Method::POST, "/v1/classes", &enterprise, &office).await;
    assert_eq!(codes(&answer["remarks"]), ["trade_class"]);
    let mut founders = application("I1-3", "I1");
    founders["trade"] = json!({"code": "SYB", "name": "创业培训"});
    let (_, answer) = house.ask(Method::POST, "/v1/classes", &listed, &founders).await;
    assert_eq!(codes(&answer["remarks"]), Vec::<&str>::new(), "线上创业培训纳入线上培训补贴范围");
}

/// 二: general, safety and epidemic courses, theory of at least 30 %, and hours that add up to what was applied for.
async fn clause_2_courses_and_the_share_of_theory(engine: Engine) {
    let folder = trades();
    let (house, _server) = House::open(engine, folder.path()).await;
    let listed = house.provider("I1", "institution", Some("2019-01-01")).await;
    let enterprise = house.provider("E1", "enterprise", None).await;
    house.ask(Method::POST, "/v1/classes", &listed, &application("I1-1", "I1")).await;
    let (_, answer) = house.ask(Method::PUT, "/v1/classes/ext:I1-1/lessons", &listed, &timetable()).await;
    assert_eq!((codes(&answer["remarks"]).contains(&"course_safety_missing"), answer["items"].as_array().unwrap().len()), (false, 5));
    let bare = json!({"lessons": [lesson("L4", "theory", "2020-03-06", 2), lesson("L5", "practice", "2020-03-09", 4)]});
    let (_, answer) = house.ask(Method::PUT, "/v1/classes/ext:I1-1/lessons", &listed, &bare).await;
    let found = codes(&answer["remarks"]);
    for code in ["course_general_missing", "course_safety_missing", "course_epidemic_missing", "theory_share", "hours_online_differ"] {
        assert!(found.contains(&code), "{code} in {found:?}");
    }

    // Who sees the checks: the provider and the reviewer, and not another provider.
    assert_eq!(house.checks("I1-1", &listed).await.len(), house.checks("I1-1", &house.reviewer).await.len());
    assert_eq!(house.ask(Method::GET, "/v1/classes/ext:I1-1/checks", &enterprise, &Value::Null).await.0, 404);
    assert_eq!(house.checks("I1-1", &listed).await.iter().filter(|one| one["code"] == "course_safety_missing").count(), 1);
}

async fn clause_4_bad_plans_are_refused_or_named(engine: Engine) {
    let folder = trades();
    let (house, _server) = House::open(engine, folder.path()).await;
    let token = house.provider("I1", "institution", Some("2019-01-01")).await;

    // What cannot be is refused, and nothing of it is there.
    for (key, value) in [
        ("ends_on", json!("2020-03-01")),
        ("hours", json!({"total": 5, "online": 6, "theory": 6, "practice": 0})),
        ("application", json!("promise_first")),
        ("title", json!("")),
    ] {
        let mut impossible = application("C0", "I1");
        impossible[key] = value;
        let (status, answer) = house.ask(Method::POST, "/v1/classes", &token, &impossible).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some("invalid")), "{key}: {answer}");
    }
    assert_eq!(house.ask(Method::GET, "/v1/classes/ext:C0", &token, &Value::Null).await.0, 404);

    // What can be, and is against a clause, is filed and named.
    let mut plan = application("C1", "I1");
    plan["hours"] = json!({"total": 10, "online": 6, "theory": 8, "practice": 4});
    let (status, answer) = house.ask(Method::POST, "/v1/classes", &token, &plan).await;
    assert_eq!((status, codes(&answer["remarks"])), (201, vec!["hours_exceed_total"]));
    let (status, again) = house.ask(Method::POST, "/v1/classes", &token, &plan).await;
    assert_eq!((status, &again["id"], &again["remarks"]), (200, &answer["id"], &answer["remarks"]), "sent again it is the same");
    let crossed = json!({"lessons": [lesson("L1", "theory", "2020-03-03", 2), lesson("L2", "theory", "2020-03-03", 1), lesson("L3", "theory", "2020-03-21", 1)]});
    let (_, answer) = house.ask(Method::PUT, "/v1/classes/ext:C1/lessons", &token, &crossed).await;
    let rows = |code: &str| {
        let remark = answer["remarks"].as_array().unwrap().iter().find(|remark| remark["code"] == code).unwrap_or(&Value::Null);
        remark["rows"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| row["lesson_external_id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(rows("lesson_outside_class"), ["L3"]);
    assert_eq!(rows("lessons_overlap").len(), 1, "{answer}");
    let people = json!({"trainees": [trainee("T1", "employee", EMPLOYEE), trainee("T2", "employee", EMPLOYEE), trainee("T3", "employee", "110105194912310021")]});
    let (_, answer) = house.ask(Method::PUT, "/v1/classes/ext:C1/roster", &token, &people).await;
    let of = |code: &str| answer["remarks"].as_array().unwrap().iter().find(|remark| remark["code"] == code).cloned().unwrap_or_default();
    assert_eq!(of("trainee_twice")["rows"][0]["trainee_external_id"], "T2");
    assert_eq!(of("id_number_wrong")["rows"][0]["trainee_external_id"], "T3");
    assert!(!answer["remarks"].to_string().contains("110105"), "no number is in a remark");
    let mut overdue = application("C2", "I1");
    overdue["application"] = json!("promise_first");
    overdue["promise_due"] = json!("2020-03-10");
    let (status, answer) = house.ask(Method::POST, "/v1/classes", &token, &overdue).await;
    assert_eq!(status, 201);
    assert!(codes(&answer["remarks"]).contains(&"promise_past"), "{answer}");
}

/// The policy is fixed at approval: shown, sealed, and what hours are calculated by however the files change.
async fn clause_4_the_policy_of_an_approved_class_stays(engine: Engine) {
    let folder = trades();
    let (house, server) = House::open(engine, folder.path()).await;
    let token = house.provider("I1", "institution", Some("2019-01-01")).await;
    for class in ["C1", "C2"] {
        house.ask(Method::POST, "/v1/classes", &token, &application(class, "I1")).await;
        let number = if class == "C1" { EMPLOYEE } else { OTHER };
        house
            .ask(Method::PUT, &format!("/v1/classes/ext:{class}/roster"), &token, &json!({"trainees": [trainee("T1", "employee", number)]}))
            .await;
        house.ask(Method::PUT, &format!("/v1/classes/ext:{class}/lessons"), &token, &timetable()).await;
        let log = "trainee,kind,at,until\next:T1,interval,2020-03-03T09:00:00+08:00,2020-03-03T09:45:00+08:00\n";
        let place = format!("{}/v1/evidence?kind=attendance&class=ext:{class}&lesson=ext:L1&filename=log.csv", house.site.address());
        let answer = site::client().post(place).bearer_auth(&token).body(log).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED, "{}", answer.text().await.unwrap());
    }
    house.settle().await;
    assert_eq!((house.hours("C1").await.as_str(), house.hours("C2").await.as_str()), ("1.0", "1.0"));
    let open = house.client.get("/v1/classes/ext:C1").await.unwrap();
    assert!(open["policy"].is_null(), "not approved, not fixed: {open}");
    let (_, approved) = house.ask(Method::POST, "/v1/classes/ext:C1/decision", &house.reviewer, &json!({"decision": "approve"})).await;
    let fixed = approved["policy"].as_str().unwrap_or_else(|| panic!("{approved}")).to_owned();
    assert!(fixed.starts_with("shaanxi-2020-31@"), "{fixed}");
    house.settle().await;

    // An hour of 90 minutes: what it would do, before anybody puts it to use.
    let changed = BUILT_IN
        .replace("minutes = { value = 45,", "minutes = { value = 90,")
        .replace("theory_share_percent = { value = 30,", "theory_share_percent = { value = 70,");
    let file = house.site.place("changed.toml");
    std::fs::write(&file, &changed).unwrap();
    let file = file.to_str().unwrap();
    let diff: Value = serde_json::from_str(&house.site.run(&["policy", "diff", file, "--json"])).unwrap();
    let told: Vec<_> = diff["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            (
                item["class_external_id"].as_str().unwrap(),
                item["applies"].as_bool().unwrap(),
                item["hours_milli"].clone(),
                item["appear"].clone(),
            )
        })
        .collect();
    let half = json!({"now": 1000, "then": 500});
    assert_eq!(told, [("C1", false, half.clone(), json!(["theory_share"])), ("C2", true, half, json!(["theory_share"]))], "{diff}");
    assert_eq!((diff["totals"]["applies"]["classes"].as_i64(), diff["totals"]["keeps"]["classes"].as_i64()), (Some(1), Some(1)));
    let one = house.site.run(&["policy", "diff", file, "--class", "ext:C1"]);
    assert!(one.contains("C1") && one.contains("keeps") && one.contains("1.0 -> 0.5 h") && !one.contains("C2"), "{one}");
    assert_eq!((house.hours("C1").await.as_str(), house.hours("C2").await.as_str()), ("1.0", "1.0"), "comparing changes nothing");

    // Put to use, it governs what is not approved yet, and nothing that is.
    server.stop();
    std::fs::copy(file, folder.path().join("changed.toml")).unwrap();
    house.site.run(&["rebuild"]);
    let server = house.site.start().await;
    house.settle().await;
    assert_eq!((house.hours("C1").await.as_str(), house.hours("C2").await.as_str()), ("1.0", "0.5"));
    let (_, approved) = house.ask(Method::POST, "/v1/classes/ext:C2/decision", &house.reviewer, &json!({"decision": "approve"})).await;
    assert!(approved["policy"].as_str().is_some_and(|policy| policy != fixed), "{approved}");
    assert_eq!(house.client.get("/v1/classes/ext:C1").await.unwrap()["policy"], fixed.as_str());
    let listed: Value = serde_json::from_str(&house.site.run(&["policy", "list", "--json"])).unwrap();
    assert_eq!((listed["classes"][&fixed].as_i64(), listed["items"].as_array().unwrap().len()), (Some(1), 1), "{listed}");
    assert_eq!(listed["trades"]["entries"], 2);
    assert!(house.site.run(&["policy", "show", &fixed]).contains("lesson_hour.minutes = 45"), "the text that governs C1 is kept");

    server.stop();
    let rebuilt = house.site.run(&["rebuild"]);
    assert!(rebuilt.contains("nothing differs, 0 could not be"), "{rebuilt}");
    let checked = house.site.run(&["fsck"]);
    assert!(checked.ends_with("all holds") && checked.contains("2 policies"), "{checked}");
}

/// Whatever a policy changes, what is calculated from kept credits, and what is settled again from the events, are the same hours.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_compared_by_the_very_hours_it_would_credit() {
    let site = Site::new(Engine::Small).await;
    let server = site.start().await;
    let plan = simulate::plan(1, simulate::Scale::Class);
    let month = site.place("month");
    simulate::write(&plan, &month, &indicatif::ProgressBar::hidden()).unwrap();
    let client = site.access(&plan).await;
    simulate::send(&plan, &month, &client, &indicatif::ProgressBar::hidden()).await.unwrap();
    simulate::settle(&client, Duration::from_secs(300), &indicatif::ProgressBar::hidden()).await.unwrap();
    server.stop();
    let diff = |changes: &[(&str, &str)]| -> Value {
        let text = changes.iter().fold(BUILT_IN.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        std::fs::write(site.place("new.toml"), text).unwrap();
        serde_json::from_str(&site.run(&["policy", "diff", site.place("new.toml").to_str().unwrap(), "--all", "--json"])).unwrap()
    };
    let hours = |diff: &Value| {
        let items = diff["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| (item["hours_milli"]["now"].as_i64().unwrap(), item["hours_milli"]["then"].as_i64().unwrap()))
            .collect::<Vec<_>>()
    };
    // A limit that nobody comes near makes everything be settled again: nothing differs.
    let far = ("daily_cap_minutes = { value = 480", "daily_cap_minutes = { value = 1439");
    let again = hours(&diff(&[far]));
    assert!(!again.is_empty() && again.iter().any(|(now, _)| *now > 0));
    assert!(again.iter().all(|(now, then)| now == then), "{again:?}");
    // Another hour and no tolerance: the same by both ways, and less than before.
    let hour = ("minutes = { value = 45", "minutes = { value = 50");
    let exact = ("tolerance_seconds = { value = 60", "tolerance_seconds = { value = 0");
    let (kept, settled) = (hours(&diff(&[hour, exact])), hours(&diff(&[hour, exact, far])));
    assert_eq!(kept, settled);
    assert!(kept.iter().any(|(now, then)| then < now), "{kept:?}");
}
