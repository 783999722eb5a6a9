//! Clause 三 of the notice, as a platform, a provider and an inspector live it: every form of online training is credited by its own rule, what
//! proves it is kept, and an hour can be asked for and followed back to the row it rests on.

use crate::site::{self, Engine, Server, Site, is_sha256, on_both};
use keshi::register::id_number::with_checksum;
use keshi::simulate::{self, Access, Client};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

on_both!(
    clause_3_every_form_of_learning_is_credited_by_its_rule,
    clause_3_learning_is_queryable_and_traceable,
    clause_3_a_platform_that_is_nobodys_hands_over_through_its_provider,
);

/// A class with a lesson in every form, each of an hour of its own on one day, and two trainees.
struct Class {
    site: Site,
    client: Client,
    platform: String,
    provider: String,
}

/// Lesson, mode, hour of the day at which it begins.
const LESSONS: [(&str, &str, u32); 6] =
    [("L1", "live", 8), ("L2", "interaction", 9), ("L3", "qa", 10), ("L4", "test", 11), ("L5", "recorded", 13), ("L6", "in_person", 16)];

impl Class {
    async fn open(engine: Engine) -> (Class, Server) {
        let site = Site::new(engine).await;
        let server = site.start().await;
        let access = Access { admin: site.token("admin", &[]), inspector: site.token("inspector", &[]), ..Access::default() };
        let client = Client::new(&site.address(), access).unwrap();
        let body = json!({"external_id": "P1", "name": "安康市高新职业培训学校", "kind": "institution", "listed_from": "2019-01-01"});
        client.json(Method::POST, "/v1/providers", &client.access.admin, &body).await.unwrap();
        let (platform, provider) = (site.token("platform", &["--platform", "px-class"]), site.token("provider", &["--provider", "ext:P1"]));
        let class = Class { site, client, platform, provider };
        class.file().await;
        (class, server)
    }

    async fn file(&self) {
        let class = json!({
            "external_id": "C", "provider": "ext:P1", "platform": "px-class", "title": "养老护理员", "trade": {"code": "4-10-01-05", "name": "养老护理员"},
            "application": "full", "starts_on": "2020-03-02", "ends_on": "2020-03-20", "epidemic": true,
            "hours": {"total": 6, "online": 5, "theory": 5, "practice": 1}, "standards_fen": {"qualified": 60_000},
        });
        let trainee = |number: u32| {
            json!({"external_id": format!("T{number}"), "name": format!("学员{number}"), "category": "key_group", "platform_user": format!("user{number}"),
                "id_number": with_checksum(&format!("6109241990010112{number}"))})
        };
        let lessons = LESSONS.map(|(id, mode, hour)| {
            let clock = |minute: u32| format!("2020-03-03T{hour:02}:{minute:02}:00+08:00");
            let mut lesson = json!({"external_id": id, "title": "生活照护", "kind": if mode == "in_person" { "practice" } else { "theory" }, "mode": mode,
                "starts_at": clock(0), "ends_at": clock(45), "hours": 1, "teacher": "马老师"});
            match mode {
                "recorded" => {
                    lesson["content_ms"] = (45 * 60_000).into();
                    lesson["ends_at"] = "2020-03-03T15:00:00+08:00".into();
                }
                "test" => lesson["quiz_percent"] = 60.into(),
                _ => {}
            }
            lesson
        });
        let put = async |method: Method, path: &str, body: Value| self.client.json(method, path, &self.provider, &body).await.unwrap();
        put(Method::POST, "/v1/classes", class).await;
        put(Method::PUT, "/v1/classes/ext:C/roster", json!({"trainees": [trainee(1), trainee(2)]})).await;
        put(Method::PUT, "/v1/classes/ext:C/lessons", json!({"lessons": lessons})).await;
    }

    /// Events of a lesson as the platform sends them while it goes on.
    async fn send(&self, lesson: &str, events: &[Value]) {
        let body: String = events.iter().map(|event| format!("{event}\n")).collect();
        let place = format!("{}/v1/attendance?class=ext:C&lesson=ext:{lesson}", self.site.address());
        let answer = site::client().post(place).bearer_auth(&self.platform).header("content-type", "application/x-ndjson").body(body);
        let answer = answer.send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::CREATED, "{lesson}: {body}");
    }

    /// A file as evidence; the answer.
    async fn hand_over(&self, token: &str, query: &[(&str, &str)], bytes: Vec<u8>) -> Value {
        let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", self.site.address()), query).unwrap();
        let answer = site::client().post(place).bearer_auth(token).body(bytes).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::CREATED, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    async fn settle(&self) {
        let dead = simulate::settle(&self.client, Duration::from_secs(120), &indicatif::ProgressBar::hidden()).await.unwrap();
        assert_eq!(dead, 0, "dead jobs:\n{}", self.site.said());
    }

    /// Hours and reasons of each trainee in each lesson.
    async fn hours(&self) -> BTreeMap<(String, String), (String, Value)> {
        let credits = self.client.get("/v1/classes/ext:C/credits").await.unwrap();
        let word = |item: &Value, key: &str| item[key].as_str().unwrap_or_else(|| panic!("{key} in {item}")).to_owned();
        let of_item = |item: &Value| {
            ((word(item, "trainee_external_id"), word(item, "lesson_external_id")), (word(item, "hours"), item["reasons"].clone()))
        };
        credits["items"].as_array().unwrap().iter().map(of_item).collect()
    }
}

/// An event of the user at a minute of the day's hour.
fn event(user: u32, kind: &str, (hour, minute): (u32, u32), more: Value) -> Value {
    let mut event =
        json!({"trainee": format!("user:user{user}"), "kind": kind, "at": format!("2020-03-03T{hour:02}:{minute:02}:00+08:00")});
    event.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    event
}

/// 三: 在线直播、视频录播、实时互动、教师答疑、考核测试等: the first trainee does all of it, the second comes late, skips, and hands in no test.
async fn clause_3_every_form_of_learning_is_credited_by_its_rule(engine: Engine) {
    let (class, server) = Class::open(engine).await;
    for (lesson, _, hour) in &LESSONS[..4] {
        let mut events = Vec::new();
        for user in [1, 2] {
            let begins = if user == 1 { 0 } else { 18 };
            events.push(event(user, "join", (*hour, begins), Value::Null));
            events.push(event(user, "leave", (*hour, 45), Value::Null));
        }
        if *lesson == "L4" {
            events.push(event(1, "answer", (*hour, 40), json!({"score": 0.85})));
        }
        class.send(lesson, &events).await;
    }
    // Of the recorded lesson one watches all, the other its last third, by jumping there.
    let mut played = Vec::new();
    for minute in 0..=45 {
        played.push(event(1, "progress", (13, minute), json!({"position_ms": i64::from(minute) * 60_000})));
    }
    played.push(event(2, "progress", (14, 0), json!({"position_ms": 0})));
    for minute in 1..=15 {
        played.push(event(2, "progress", (14, minute), json!({"position_ms": i64::from(minute + 30) * 60_000})));
    }
    class.send("L5", &played).await;
    class.settle().await;

    let hours = class.hours().await;
    let of = |trainee: &str, lesson: &str| &hours[&(trainee.to_owned(), lesson.to_owned())];
    for (lesson, _, _) in &LESSONS[..5] {
        assert_eq!(of("T1", lesson).0, "1.0", "{lesson}: {hours:?}");
    }
    for lesson in ["L1", "L2", "L3"] {
        assert_eq!(of("T2", lesson), &("0.6".to_owned(), json!({"joined_late": 18 * 60_000})), "27 of 45 minutes in {lesson}");
    }
    assert_eq!(
        (of("T2", "L4").0.as_str(), &of("T2", "L4").1["not_answered"]),
        ("0.0", &json!(27 * 60_000)),
        "sat there, and handed in nothing"
    );
    assert_eq!((of("T2", "L5").0.as_str(), &of("T2", "L5").1["too_fast"]), ("0.3", &json!(60_000)), "what was skipped was not watched");
    // In person is no online training: nothing of it is credited, and the hour says why.
    assert_eq!(hours.get(&("T1".to_owned(), "L6".to_owned())).map(|(hours, _)| hours.as_str()).unwrap_or("0.0"), "0.0");
    server.stop();
    assert!(class.site.run(&["fsck"]).ends_with("all holds"));
}

/// 三: 留存相关线上学习登记、签到以及线上培训相关视频或图片等证明资料，确保学习可查询、可追溯.
async fn clause_3_learning_is_queryable_and_traceable(engine: Engine) {
    let (class, server) = Class::open(engine).await;
    let inspector = class.client.access.inspector.clone();
    let sheet = "用户ID,签到时间,签退时间\nuser1,2020-03-03 08:00:00,2020-03-03 08:45:00\nuser2,2020-03-03 08:09:00,2020-03-03 08:45:00\n";
    let place = [("kind", "attendance"), ("class", "ext:C"), ("lesson", "ext:L1"), ("filename", "签到.csv")];
    let log = class.hand_over(&class.platform, &place, sheet.into()).await;
    let place =
        [("kind", "screenshot"), ("class", "ext:C"), ("lesson", "ext:L1"), ("from", "2020-03-03T08:20:00+08:00"), ("filename", "课堂.jpg")];
    let picture = class.hand_over(&class.provider, &place, site::medium("iphone.jpg")).await;
    class.settle().await;

    // Asked: the list of what was kept for the lesson, and a question in SQL.
    let kept = class.client.get("/v1/evidence?class=ext:C&lesson=ext:L1").await.unwrap();
    let mut ids: Vec<&str> = kept["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let mut expected = [log["id"].as_str().unwrap(), picture["id"].as_str().unwrap()];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    let sql = json!({"sql": "select count(distinct trainee) as people, count(*) as rows from attendance"});
    let (_, asked) = class.client.json(Method::POST, "/v1/query", &inspector, &sql).await.unwrap();
    assert_eq!(asked[0], json!({"people": 2, "rows": 2}));

    // Traced: from the trainee's minutes to the row, from the row to the bytes, and the bytes are those that are sealed.
    let trace = class.client.get("/v1/classes/ext:C/lessons/ext:L1/trace?trainee=ext:T2").await.unwrap();
    let spans = trace["items"][0]["spans"].as_array().unwrap();
    assert_eq!((&spans[0]["reason"], &spans[1]["kind"]), (&json!("joined_late"), &json!("credited")), "{trace}");
    let pointer = spans[1]["evidence"].as_array().unwrap().iter().find(|one| one["id"] == log["id"]).expect("the log is named");
    let content = class.client.get_bytes(&format!("/v1/evidence/{}/content", pointer["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(content, sheet.as_bytes());
    let row = std::str::from_utf8(&content).unwrap().lines().nth(pointer["row"].as_u64().unwrap() as usize - 1).unwrap().to_owned();
    assert!(row.starts_with("user2,2020-03-03 08:09:00"), "{row}");
    assert!(is_sha256(&log["sha256"], &content) && log["receipt"]["log"]["index"].is_u64(), "{log}");
    assert!(
        spans[1]["evidence"].as_array().unwrap().iter().any(|one| one["id"] == picture["id"]),
        "the picture speaks for its minutes: {spans:?}"
    );
    assert!(trace["items"][0]["corroborated_ms"].as_i64().unwrap() > 0, "{trace}");

    // The other way: from the picture to the lesson it belongs to. And not for everybody.
    let seen = class.client.get(&format!("/v1/evidence/{}", picture["id"].as_str().unwrap())).await.unwrap();
    assert_eq!((&seen["lesson_external_id"], &seen["class_external_id"]), (&json!("L1"), &json!("C")), "{seen}");
    let stranger = class.site.token("platform", &["--platform", "chinanet"]);
    let refused = class.client.json(Method::GET, "/v1/classes/ext:C/lessons/ext:L1/trace", &stranger, &Value::Null).await;
    assert!(refused.is_err(), "another platform's lessons are nobody's business: {refused:?}");
    server.stop();
    assert!(class.site.run(&["fsck"]).ends_with("all holds"));
}

/// 三: 可以利用自有线上培训平台……第三方网络平台、APP: what runs elsewhere is handed over by the provider, in whatever table it exports.
async fn clause_3_a_platform_that_is_nobodys_hands_over_through_its_provider(engine: Engine) {
    let (class, _server) = Class::open(engine).await;
    let app =
        "姓名,平台账号,进入时间,离开时间,时长\n学员1,user1,2020/3/3 9:00,2020/3/3 9:45,45\n学员2,user2,2020/3/3 9:00,2020/3/3 9:30,30\n";
    let place = [("kind", "attendance"), ("class", "ext:C"), ("lesson", "ext:L2"), ("filename", "APP导出.csv")];
    let log = class.hand_over(&class.provider, &place, app.into()).await;
    class.settle().await;
    let hours = class.hours().await;
    assert_eq!(hours[&("T1".to_owned(), "L2".to_owned())].0, "1.0", "{hours:?}");
    assert_eq!(hours[&("T2".to_owned(), "L2".to_owned())].0, "0.6", "{hours:?}");
    let read = class.client.get(&format!("/v1/evidence/{}", log["id"].as_str().unwrap())).await.unwrap();
    assert!(read["reader"].is_string() && !read["assumptions"].as_array().unwrap().is_empty(), "how it was read is said: {read}");
}
