//! Clause 四 of the notice, as a provider and a reviewer live it: an application is decided in writing, with the subsidy standard, within
//! three working days; a class that runs already files its remaining theory; a promise opens a class first; an approved plan is amended.

use crate::site::{Engine, Server, Site, client, on_both};
use keshi::db::Db;
use keshi::register::Calendar;
use keshi::register::id_number::with_checksum;
use keshi::simulate::{Access, Client, settle};
use keshi::time::{Clock, DAY};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

on_both!(
    clause_4_an_application_is_decided_in_writing_with_the_standard_within_three_working_days,
    clause_4_remaining_theory_and_a_promise_open_a_class_by_their_papers,
    clause_4_an_approved_plan_is_amended_and_never_overwritten,
);

/// An office, a provider and another one.
struct Office {
    site: Site,
    /// `None` only while it is stopped.
    server: Option<Server>,
    client: Client,
    reviewer: String,
    provider: String,
    other: String,
}

impl Office {
    async fn open(engine: Engine) -> Office {
        let site = Site::new(engine).await;
        let server = site.start().await;
        let admin = site.token("admin", &[]);
        let access = Access { admin: admin.clone(), inspector: site.token("inspector", &[]), ..Access::default() };
        let client = Client::new(&site.address(), access).unwrap();
        for id in ["P1", "P2"] {
            let provider = json!({"external_id": id, "name": "安康市高新区阳光职业培训学校", "kind": "institution"});
            client.json(Method::POST, "/v1/providers", &admin, &provider).await.unwrap();
        }
        let provider = site.token("provider", &["--provider", "ext:P1"]);
        let (reviewer, other) = (site.token("reviewer", &[]), site.token("provider", &["--provider", "ext:P2"]));
        Office { reviewer, provider, other, client, server: Some(server), site }
    }

    /// Asks the server; status and answer.
    async fn ask(&self, method: Method, place: &str, token: &str, body: Value) -> (StatusCode, Value) {
        let request = client().request(method, format!("{}/v1/{place}", self.site.address())).bearer_auth(token);
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        (status, answer.json().await.unwrap())
    }

    async fn get(&self, place: &str, token: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, place, token, Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{place}: {answer}");
        answer
    }

    /// Files an application as the provider.
    async fn file(&self, more: Value) -> (StatusCode, Value) {
        let mut class = json!({
            "external_id": "AK-1", "provider": "ext:P1", "platform": "sx-zxpx", "title": "养老护理员线上培训第一期",
            "trade": {"code": "4-10-01-05", "name": "养老护理员"}, "application": "full", "starts_on": "2020-03-02", "ends_on": "2020-03-20",
            "hours": {"total": 80, "online": 40, "theory": 40, "practice": 40},
            "standards_fen": {"qualified": 60000, "skill_level": 90000}, "epidemic": true, "bank_account": "6222020903001234567",
        });
        for (key, value) in more.as_object().unwrap() {
            class[key] = value.clone();
        }
        self.ask(Method::POST, "classes", &self.provider, class).await
    }

    async fn decide(&self, class: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, &format!("classes/ext:{class}/decision"), &self.reviewer, body).await
    }

    /// Hands a document over as somebody; keshi's id of it.
    async fn hand_over(&self, token: &str, class: Option<&str>, bytes: &str) -> String {
        let class = class.map(|class| format!("&class=ext:{class}")).unwrap_or_default();
        let place = format!("{}/v1/evidence?kind=document&filename=plan.txt{class}", self.site.address());
        let answer = client().post(place).bearer_auth(token).body(bytes.to_owned()).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    async fn paper(&self, class: &str, token: &str, kind: &str, evidence: &str) -> (StatusCode, Value) {
        let body = json!({"kind": kind, "evidence": evidence});
        self.ask(Method::POST, &format!("classes/ext:{class}/documents"), token, body).await
    }

    async fn settle(&self) {
        assert_eq!(
            settle(&self.client, Duration::from_secs(120), &indicatif::ProgressBar::hidden()).await.unwrap(),
            0,
            "no job is given up"
        );
    }

    /// What stands in a letter, without blanks.
    async fn letter(&self, evidence: &str) -> String {
        let place = format!("{}/v1/evidence/{evidence}/content", self.site.address());
        let answer = client().get(place).bearer_auth(&self.provider).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/pdf");
        let pdf = answer.bytes().await.unwrap();
        let mut child = Command::new("pdftotext")
            .args(["-layout", "-enc", "UTF-8", "-", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&pdf).unwrap();
        let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        text.chars().filter(|letter| !letter.is_whitespace()).collect()
    }

    /// Lets so many days pass since an application was filed.
    async fn age(&self, class: &str, days: i64) {
        let db = Db::open(&self.site.database(), 2).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let query = "update class set created_at = created_at - $2, filed_at = filed_at - $2 where external_id = $1";
        sqlx::query(query).bind(class).bind(days * DAY).execute(tx.conn()).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    }

    /// The log and everything kept holds.
    fn end(self) {
        self.server.unwrap().stop();
        let checked = self.site.run(&["fsck"]);
        assert!(checked.ends_with("all holds"), "{checked}");
    }
}

fn items(list: &Value) -> &[Value] {
    list["items"].as_array().unwrap()
}

async fn clause_4_an_application_is_decided_in_writing_with_the_standard_within_three_working_days(engine: Engine) {
    let office = Office::open(engine).await;
    let (status, class) = office.file(json!({})).await;
    assert_eq!((status, class["state"].as_str()), (StatusCode::CREATED, Some("applied")), "{class}");
    let today = Clock::System.now().utc().with_timezone(&chrono_tz::Asia::Shanghai).date_naive();
    let due = Calendar::builtin().working_days_after(today, 3);
    let waiting = office.get("classes/ext:AK-1/decisions", &office.provider).await;
    assert_eq!((waiting["due"]["on"].as_str().unwrap(), &waiting["due"]["overdue"]), (due.on.to_string().as_str(), &json!(false)));

    // Only the office decides, and never without a reason against an application.
    let (status, refused) = office.ask(Method::POST, "classes/ext:AK-1/decision", &office.provider, json!({"decision": "approve"})).await;
    assert_eq!((status, refused["code"].as_str()), (StatusCode::FORBIDDEN, Some("forbidden")));
    for bad in [
        json!({"decision": "return"}),
        json!({"decision": "refuse", "reason": " "}),
        json!({"decision": "return", "reason": "缺材料", "standards_fen": {"qualified": 1}}),
    ] {
        let (status, refused) = office.decide("AK-1", bad).await;
        assert_eq!((status, refused["code"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid")), "{refused}");
    }
    assert!(items(&office.get("classes/ext:AK-1/decisions", &office.reviewer).await).is_empty(), "what was refused left nothing");

    // Returned, corrected and filed again, three weeks before it is approved: too late.
    let (status, returned) = office.decide("AK-1", json!({"decision": "return", "reason": "请补充职业技能等级证的考核内容。"})).await;
    assert_eq!((status, returned["state"].as_str()), (StatusCode::OK, Some("returned")), "{returned}");
    let (status, same) = office.file(json!({})).await;
    assert_eq!((status, same["state"].as_str()), (StatusCode::OK, Some("returned")), "the same content is the same application");
    let (_, foreign) = office.ask(Method::POST, "classes", &office.other, json!({
        "external_id": "AK-1", "provider": "ext:P2", "platform": "sx-zxpx", "title": "别人的班", "trade": {"code": "1", "name": "1"}, "application": "full",
        "starts_on": "2020-03-02", "ends_on": "2020-03-20", "hours": {"total": 1, "online": 1, "theory": 1, "practice": 0}, "epidemic": true})).await;
    assert_eq!(foreign["code"], "duplicate", "nobody files over another's application");
    let (status, again) = office.file(json!({"title": "养老护理员线上培训第一期（补正）"})).await;
    assert_eq!((status, again["state"].as_str(), &again["id"]), (StatusCode::OK, Some("applied"), &class["id"]), "{again}");
    office.age("AK-1", 21).await;
    assert_eq!(office.get("classes/ext:AK-1/decisions", &office.reviewer).await["due"]["overdue"], true);
    let (status, approved) = office.decide("AK-1", json!({"decision": "approve", "standards_fen": {"skill_level": 95050}})).await;
    assert_eq!((status, approved["state"].as_str()), (StatusCode::OK, Some("finished")), "a class of 2020 is over: {approved}");
    assert_eq!(approved["standards_fen"], json!({"qualified": 60000, "skill_level": 95050}), "what was not named stays as applied for");

    // An approval stands, and so does the first content of what is sent again.
    let (status, twice) = office.decide("AK-1", json!({"decision": "refuse", "reason": "反悔"})).await;
    assert_eq!((status, twice["code"].as_str()), (StatusCode::CONFLICT, Some("already_decided")));
    let (status, late) = office.file(json!({"title": "改了又改"})).await;
    assert_eq!((status, late["code"].as_str()), (StatusCode::CONFLICT, Some("duplicate")));

    office.settle().await;
    let told = office.get("classes/ext:AK-1/decisions", &office.provider).await;
    let [first, second] = items(&told) else { panic!("{told}") };
    assert_eq!(
        (&first["decision"], &first["late"], &second["decision"], &second["late"]),
        (&json!("return"), &json!(false), &json!("approve"), &json!(true))
    );
    assert_eq!(told["earlier"][0]["content"]["title"], "养老护理员线上培训第一期", "what was returned stays readable");
    assert!(!told.to_string().contains("6222020903001234567"), "an account is in no history");
    assert!(second["remarks"].is_array() && second["policy"].as_str().unwrap().starts_with("shaanxi-2020-31@"));
    assert!(first["log_index"].as_u64() < second["log_index"].as_u64(), "both are in the log, in their order");
    let returned = office.letter(first["letter"].as_str().unwrap()).await;
    for part in ["关于退回“养老护理员线上培训第一期”开班申请的通知", "退回补正", "请补充职业技能等级证的考核内容。", "AK-1〔", "第1号"]
    {
        assert!(returned.contains(part), "{part}: {returned}");
    }
    let approved = office.letter(second["letter"].as_str().unwrap()).await;
    let index = format!("第{}号", second["log_index"]);
    for part in [
        "安康市高新区阳光职业培训学校：",
        "（补正）",
        "同意开班",
        "职业技能等级证950.50",
        "培训合格证600.00",
        "陕人社函〔2020〕31号",
        "已超过时限",
        "（印章）",
        &index,
    ] {
        assert!(approved.contains(part), "{part}: {approved}");
    }
    let papers = office.get("classes/ext:AK-1/documents", &office.provider).await;
    assert_eq!(items(&papers).iter().filter(|paper| paper["kind"] == "decision" && paper["log_index"].is_u64()).count(), 2);
    office.end();
}

/// A job that waits for its seal when the server is told to stop gets it: the server ends, and nothing is left to be done again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_while_a_letter_is_written_seals_it_first() {
    let mut office = Office::open(Engine::Small).await;
    for round in 1..=3 {
        let class = format!("AK-{round}");
        office.file(json!({"external_id": class})).await;
        let (status, approved) = office.decide(&class, json!({"decision": "approve"})).await;
        assert_eq!(status, StatusCode::OK, "{approved}");
        office.server.take().unwrap().stop();
        office.server = Some(office.site.start().await);
    }
    office.end();
}

async fn clause_4_remaining_theory_and_a_promise_open_a_class_by_their_papers(engine: Engine) {
    let office = Office::open(engine).await;
    let today = Clock::System.now().utc().with_timezone(&chrono_tz::Asia::Shanghai).date_naive();
    office.file(json!({"external_id": "REST", "application": "remaining_theory"})).await;
    let (status, refused) = office.file(json!({"external_id": "FIRST", "application": "promise_first"})).await;
    assert_eq!((status, refused["code"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid")), "a promise names its day");
    office.file(json!({"external_id": "FIRST", "application": "promise_first", "promise_due": today})).await;

    // A paper is evidence that is there, of this class or of no class and this provider's.
    let plan = office.hand_over(&office.provider, Some("REST"), "剩余理论课程线上培训方案").await;
    let (status, paper) = office.paper("REST", &office.provider, "online_plan", &plan).await;
    assert_eq!((status, paper["filename"].as_str()), (StatusCode::CREATED, Some("plan.txt")), "{paper}");
    assert_eq!(office.paper("REST", &office.provider, "online_plan", &plan).await.0, StatusCode::OK, "filed once");
    let (status, refused) = office.paper("FIRST", &office.provider, "online_plan", &plan).await;
    assert_eq!((status, refused["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("foreign_evidence")));
    let theirs = office.hand_over(&office.other, None, "别人的方案").await;
    let (status, refused) = office.paper("FIRST", &office.provider, "full_plan", &theirs).await;
    assert_eq!((status, refused["code"].as_str()), (StatusCode::NOT_FOUND, Some("not_found")), "of others' evidence nobody is told");
    let (status, refused) = office.paper("REST", &office.provider, "decision", &plan).await;
    assert_eq!((status, refused["code"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid")), "decisions are not handed in");
    assert_eq!(office.paper("REST", &office.other, "online_plan", &plan).await.0, StatusCode::NOT_FOUND, "another's class");

    // The promise: approved first, kept when the full plan is there by its day.
    let (status, approved) = office.decide("FIRST", json!({"decision": "approve"})).await;
    assert_eq!(status, StatusCode::OK, "{approved}");
    let promise = async || office.get("classes/ext:FIRST/documents", &office.reviewer).await["promise"].clone();
    assert_eq!(promise().await, json!({"due": today, "state": "open"}));
    let full = office.hand_over(&office.provider, None, "完整培训方案").await;
    assert_eq!(
        office.paper("FIRST", &office.provider, "full_plan", &full).await.0,
        StatusCode::CREATED,
        "classless, and the provider's own"
    );
    assert_eq!(promise().await["state"], "in_time");
    assert!(office.get("classes/ext:REST/documents", &office.reviewer).await["promise"].is_null());

    let (_, refused) = office.decide("REST", json!({"decision": "refuse", "reason": "课程与工种不符"})).await;
    assert_eq!(refused["state"], "refused");
    office.settle().await;
    let told = office.get("classes/ext:REST/decisions", &office.provider).await;
    let letter = office.letter(items(&told)[0]["letter"].as_str().unwrap()).await;
    for part in ["不予同意", "课程与工种不符", "剩余理论课程", "在时限之内"] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
    office.end();
}

async fn clause_4_an_approved_plan_is_amended_and_never_overwritten(engine: Engine) {
    let office = Office::open(engine).await;
    office.file(json!({})).await;
    let trainee = |id: &str, name: &str| json!({"external_id": id, "name": name, "id_number": with_checksum(&format!("6101031990010112{}", &id[1..])), "category": "employee"});
    let lesson = |clock: &str, teacher: &str| {
        json!({"external_id": "L1", "title": "照护基础", "kind": "theory", "mode": "live", "starts_at": format!("2020-03-03T{clock}:00:00+08:00"),
            "ends_at": format!("2020-03-03T{clock}:45:00+08:00"), "hours": 1, "teacher": teacher})
    };
    let roster = async |list: Value| office.ask(Method::PUT, "classes/ext:AK-1/roster", &office.provider, list).await;
    let lessons =
        async |place: &str, list: Value| office.ask(Method::PUT, &format!("classes/ext:AK-1/lessons{place}"), &office.provider, list).await;
    let amendments = async || office.get("classes/ext:AK-1/amendments", &office.reviewer).await;
    roster(json!({"trainees": [trainee("T1", "张伟"), trainee("T2", "王芳")]})).await;
    lessons("", json!({"lessons": [lesson("09", "李老师")]})).await;
    lessons("", json!({"lessons": [lesson("09", "马老师")]})).await;
    assert!(items(&amendments().await).is_empty(), "before an approval a plan is drafted");
    office.decide("AK-1", json!({"decision": "approve"})).await;
    let log = "姓名,用户ID,签到时间,签退时间\n张伟,,2020-03-03 09:00:00,2020-03-03 09:45:00\n";
    let place = format!("{}/v1/evidence?kind=attendance&class=ext:AK-1&lesson=ext:L1&filename=log.csv", office.site.address());
    let sent = client().post(place).bearer_auth(&office.provider).body(log).send().await.unwrap();
    assert_eq!(sent.status(), StatusCode::CREATED);
    office.settle().await;

    // Sent again as it is, nothing is amended.
    roster(json!({"trainees": [trainee("T2", "王芳"), trainee("T1", "张伟")]})).await;
    lessons("", json!({"lessons": [lesson("09", "马老师")]})).await;
    assert!(items(&amendments().await).is_empty(), "a plan that stays is not amended");

    // Moved, with another teacher, and the reason in the address; the log no longer falls into the lesson.
    let (status, moved) = lessons("?reason=教师住院", json!({"lessons": [lesson("14", "王老师")]})).await;
    assert_eq!(status, StatusCode::OK, "{moved}");
    office.settle().await;
    // Somebody withdraws, and nobody says why.
    let (status, _) = roster(json!({"trainees": [trainee("T1", "张伟")]})).await;
    assert_eq!(status, StatusCode::OK);
    // The reason in the body.
    roster(json!({"trainees": [trainee("T1", "张炜")], "reason": "姓名更正"})).await;
    office.settle().await;

    let told = amendments().await;
    let [renamed, withdrawn, moved] = items(&told) else { panic!("{told}") };
    assert_eq!((moved["kind"].as_str(), moved["reason"].as_str()), (Some("timetable"), Some("教师住院")));
    let change = &moved["changes"][0];
    assert_eq!(
        (change["lesson_external_id"].as_str(), &change["fields"]),
        (Some("L1"), &json!(["ends_at", "starts_at", "teacher"])),
        "{change}"
    );
    assert_eq!(
        (&change["before"]["starts_at"], &change["after"]["starts_at"]),
        (&json!("2020-03-03T01:00:00Z"), &json!("2020-03-03T06:00:00Z"))
    );
    assert_eq!((&moved["hours_before"], &moved["hours_after"], &moved["hours_difference"]), (&json!("1.0"), &json!("0.0"), &json!("-1.0")));
    assert_eq!(moved["personal"][0], json!({"id": change["lesson"], "field": "teacher", "before": "马老师", "after": "王老师"}));
    assert!(
        withdrawn["reason"].is_null()
            && withdrawn["changes"][0]["change"] == "removed"
            && withdrawn["changes"][0]["trainee_external_id"] == "T2"
    );
    assert_eq!(
        (&renamed["changes"][0]["fields"], &renamed["reason"]),
        (&json!(["name"]), &json!("姓名更正")),
        "names are in no list of fields' values"
    );
    assert_eq!(renamed["personal"][0]["before"], "张伟");
    assert!(items(&told).iter().all(|one| one["log_index"].is_u64() && one["digest"].as_str().unwrap().len() == 64), "{told}");
    let platform = office.site.token("platform", &["--platform", "sx-zxpx"]);
    let seen = office.get("classes/ext:AK-1/amendments", &platform).await.to_string();
    assert!(!seen.contains("老师") && !seen.contains("张伟"), "who may see no names is shown none: {seen}");
    office.end();
}
