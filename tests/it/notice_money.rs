//! Clauses 四 and 五 of the notice, as a provider, a reviewer and an inspector live them over HTTP: standards, prepayment, certificates, the claim
//! and what becomes of it. What is computed here is worked out in docs/SUBSIDY.md.

use crate::site::{self, Engine, Server, Site, on_both};
use calamine::{Reader, Xlsx};
use keshi::simulate::{self, Access, Client};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::{Cursor, Read};
use std::time::Duration;

on_both!(
    clause_5_1_and_5_2_the_standards_by_the_hours_that_are_online,
    clause_5_3_half_is_prepaid_and_the_rest_follows_the_certificates,
    clause_4_a_claim_names_its_gaps_and_is_decided_and_settled,
);

async fn clause_5_1_and_5_2_the_standards_by_the_hours_that_are_online(engine: Engine) {
    let (house, _server) = House::open(engine).await;
    house.standards().await;
}

async fn clause_5_3_half_is_prepaid_and_the_rest_follows_the_certificates(engine: Engine) {
    let (house, _server) = House::open(engine).await;
    house.prepayment().await;
    house.certificates().await;
}

async fn clause_4_a_claim_names_its_gaps_and_is_decided_and_settled(engine: Engine) {
    let (house, server) = House::open(engine).await;
    house.approve("A").await;
    house.prepaid().await;
    house.certificates().await;
    house.claim_with_gaps_stated().await;
    house.claim_returned_filed_again_granted_and_settled().await;
    house.claim_without_gaps().await;
    house.pack().await;
    server.stop();
    let checked = house.site.run(&["fsck"]);
    assert!(checked.ends_with("all holds") && checked.contains("7 certificates") && checked.contains("7 payments and claims"), "{checked}");
    let tables = house.site.run(&["sql", "--json", "select state, amount_fen, granted_fen, prepaid_fen from claims order by filed_at"]);
    assert!(tables.contains("\"settled\"") && tables.contains("\"returned\""), "{tables}");
    let kinds = house.site.run(&[
        "sql",
        "--json",
        "select kind, count(*) as n from certificates where replaced_at is null group by kind order by kind",
    ]);
    assert!(kinds.contains("skill_level") && !kinds.contains("2061"), "{kinds}");
}

struct House {
    site: Site,
    client: Client,
    provider: String,
    other: String,
    reviewer: String,
}

fn people(class: &str) -> Value {
    let people = [("T1", "张伟"), ("T2", "王芳"), ("T3", "李娜")].map(|(id, name)| {
        json!({"external_id": id, "name": name, "id_number": keshi::register::id_number::with_checksum(&format!("6109241990010112{}", &id[1..])), "category": "key_group",
            "platform_user": format!("{class}-{id}")})
    });
    json!({"trainees": people})
}

fn lesson(id: &str, mode: &str, day: u32) -> Value {
    json!({"external_id": id, "title": "安全用电", "kind": if mode == "live" { "theory" } else { "practice" }, "mode": mode,
        "starts_at": format!("2020-03-{day:02}T09:00:00+08:00"), "ends_at": format!("2020-03-{day:02}T09:45:00+08:00"), "hours": 1, "teacher": "马老师"})
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["gaps"].as_array().unwrap().iter().map(|gap| gap["code"].as_str().unwrap()).collect()
}

/// What each trainee brings, by the provider's own ids.
fn finals(answer: &Value) -> Vec<(&str, Option<&str>, i64)> {
    let trainees = answer["trainees"].as_array().unwrap().iter();
    trainees
        .map(|one| (one["trainee_external_id"].as_str().unwrap(), one["certificate"].as_str(), one["final_fen"].as_i64().unwrap()))
        .collect()
}

impl House {
    async fn open(engine: Engine) -> (House, Server) {
        let site = Site::new(engine).await;
        let server = site.start().await;
        let access = Access { admin: site.token("admin", &[]), inspector: site.token("inspector", &[]), ..Access::default() };
        let client = Client::new(&site.address(), access).unwrap();
        let reviewer = site.token("reviewer", &[]);
        for (id, name) in [("P1", "安康市高新职业培训学校"), ("P2", "安康市第二技工学校")] {
            let provider =
                json!({"external_id": id, "name": name, "kind": "institution", "listed_from": "2019-01-01", "listed_until": "2099-12-31"});
            client.json(Method::POST, "/v1/providers", &client.access.admin, &provider).await.unwrap();
        }
        let provider = site.token("provider", &["--provider", "ext:P1"]);
        let other = site.token("provider", &["--provider", "ext:P2"]);
        let house = House { site, client, provider, other, reviewer };
        house.class("A", true, (60, 40), true).await;
        house.class("B", false, (60, 40), false).await;
        house.class("N", true, (2, 1), true).await;
        (house, server)
    }

    /// A class with three trainees; its lessons are a live one and one in person.
    async fn class(&self, id: &str, epidemic: bool, (total, online): (i64, i64), account: bool) {
        let mut class = json!({
            "external_id": id, "provider": "ext:P1", "platform": "sx-zxpx", "title": format!("电工班 {id}"), "trade": {"code": "6-29-03-07", "name": "电工"},
            "application": "full", "starts_on": "2020-03-02", "ends_on": "2020-03-20", "epidemic": epidemic,
            "hours": {"total": total, "online": online, "theory": online, "practice": total - online},
            "standards_fen": {"qualified": 60_000, "skill_level": 90_000},
        });
        if account {
            class["bank_account"] = "6100000000000000001".into();
        }
        self.ok(Method::POST, "/v1/classes", &self.provider, class).await;
        self.ok(Method::PUT, &format!("/v1/classes/ext:{id}/roster"), &self.provider, people(id)).await;
        let lessons = json!({"lessons": [lesson("L1", "live", 3), lesson("L2", "in_person", 4)]});
        self.ok(Method::PUT, &format!("/v1/classes/ext:{id}/lessons"), &self.provider, lessons).await;
    }

    async fn ok(&self, method: Method, path: &str, token: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, token, Some(body)).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    async fn get(&self, path: &str) -> Value {
        self.client.get(path).await.unwrap()
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = site::client().request(method, format!("{}{path}", self.site.address())).bearer_auth(token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    /// Refused with this status and code, in a sentence that has these words.
    async fn refused(&self, path: &str, token: &str, body: Value, expected: (u16, &str, &str)) -> Value {
        let (status, answer) = self.ask(Method::POST, path, token, Some(body)).await;
        let (code, words) = (answer["code"].as_str().unwrap_or_default(), answer.to_string());
        assert!((status.as_u16(), code) == (expected.0, expected.1) && words.contains(expected.2), "{path}: {status} {answer}");
        answer
    }

    async fn approve(&self, class: &str) {
        let decision = json!({"decision": "approve", "reason": "材料齐全", "standards_fen": {"qualified": 60_000, "skill_level": 90_000}});
        self.ok(Method::POST, &format!("/v1/classes/ext:{class}/decision"), &self.reviewer, decision).await;
    }

    /// Hands over a document of a class, and says its id.
    async fn evidence(&self, query: &[(&str, &str)], bytes: String) -> String {
        let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", self.site.address()), query).unwrap();
        let answer = site::client().post(place).bearer_auth(&self.provider).body(bytes).send().await.unwrap();
        let (status, answer): (_, Value) = (answer.status(), answer.json().await.unwrap());
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    async fn settled_jobs(&self) {
        let dead = simulate::settle(&self.client, Duration::from_secs(120), &indicatif::ProgressBar::hidden()).await.unwrap();
        assert_eq!(dead, 0, "dead jobs:\n{}", self.site.said());
    }

    /// 五（一）, 五（二）: examples A and B of docs/SUBSIDY.md.
    async fn standards(&self) {
        let epidemic = self.get("/v1/classes/ext:A/subsidy").await;
        assert_eq!(epidemic["epidemic"], true);
        assert_eq!(epidemic["online_standard_fen"], json!({"qualified": 52_000, "skill_level": 78_000}));
        assert_eq!(epidemic["total_standard_fen"], json!({"qualified": 72_000, "skill_level": 108_000}));
        assert!(epidemic["policy"].as_str().unwrap().starts_with("shaanxi-2020-31@"), "{epidemic}");
        let ordinary = self.get("/v1/classes/ext:B/subsidy").await;
        assert_eq!(ordinary["online_standard_fen"], json!({"qualified": 40_000, "skill_level": 60_000}));
        assert_eq!(ordinary["total_standard_fen"], json!({"qualified": 60_000, "skill_level": 90_000}));
        assert_eq!(ordinary["prepayment_fen"], 0);
        // Nobody has a certificate: nothing is due, and one online hour of each, long over and not credited, is at risk by the highest standard.
        assert_eq!(finals(&epidemic), [("T1", None, 0), ("T2", None, 0), ("T3", None, 0)]);
        assert_eq!(epidemic["at_risk_fen"], 3 * 1950);
        assert_eq!(
            codes(&ordinary),
            [
                "no_decision",
                "hours_not_timetabled",
                "lessons_without_evidence",
                "hours_without_evidence",
                "no_certificate",
                "no_bank_account"
            ]
        );
        let said = ordinary["gaps"].as_array().unwrap();
        assert!(said.iter().all(|gap| !gap["message"].as_str().unwrap().is_empty() && !gap["message_zh"].as_str().unwrap().is_empty()));
        let (status, _) = self.ask(Method::GET, "/v1/classes/ext:A/subsidy", &self.other, None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "another provider's class does not exist");
    }

    /// 五（三）: 50 % of 7.5 yuan per trainee and online lesson hour, after approval, in the epidemic, once.
    async fn prepayment(&self) {
        assert_eq!(self.get("/v1/classes/ext:A/subsidy").await["prepayment_fen"], 45_000);
        let pay = |fen: i64| json!({"amount_fen": fen, "paid_on": "2020-03-05", "reference": "电汇 20200305-01"});
        self.refused("/v1/classes/ext:A/prepayment", &self.reviewer, pay(45_000), (409, "not_approved", "五（三）")).await;
        self.approve("A").await;
        self.approve("B").await;
        self.refused("/v1/classes/ext:A/prepayment", &self.reviewer, pay(45_001), (422, "over_formula", "五（三）")).await;
        self.refused("/v1/classes/ext:A/prepayment", &self.reviewer, pay(0), (400, "invalid", "above 0")).await;
        let late = json!({"amount_fen": 1, "paid_on": "2999-01-01"});
        self.refused("/v1/classes/ext:A/prepayment", &self.reviewer, late, (400, "invalid", "future")).await;
        self.refused("/v1/classes/ext:B/prepayment", &self.reviewer, pay(1), (422, "not_in_epidemic", "五（三）")).await;
        self.refused("/v1/classes/ext:A/prepayment", &self.provider, pay(1), (403, "forbidden", "reviewer")).await;
        let kept = self.prepaid().await;
        assert!(kept["receipt"]["log"]["index"].is_u64() && kept["amount_fen"] == 40_000, "{kept}");
        let (status, again) = self.ask(Method::POST, "/v1/classes/ext:A/prepayment", &self.reviewer, Some(pay(40_000))).await;
        assert_eq!((status, &again["id"]), (StatusCode::OK, &kept["id"]), "the same again is the same");
        self.refused("/v1/classes/ext:A/prepayment", &self.reviewer, pay(1), (409, "duplicate", "once")).await;
        let subsidy = self.get("/v1/classes/ext:A/subsidy").await;
        assert_eq!((&subsidy["prepaid"]["amount_fen"], &subsidy["prepayment_fen"]), (&json!(40_000), &json!(45_000)));
    }

    /// Less than the formula, as the office may.
    async fn prepaid(&self) -> Value {
        let pay = json!({"amount_fen": 40_000, "paid_on": "2020-03-05", "reference": "电汇 20200305-01"});
        self.ok(Method::POST, "/v1/classes/ext:A/prepayment", &self.reviewer, pay).await
    }

    /// 五（三）: 全部培训结束后培训补贴标准根据参训人员取得的证书类型确定.
    async fn certificates(&self) {
        let place = "/v1/classes/ext:A/certificates";
        let enter = |list: Value| json!({"certificates": list});
        let one = |trainee: &str, kind: &str, number: &str, day: &str| json!({"trainee": trainee, "kind": kind, "number": number, "issued_on": day});
        let faults = enter(json!([
            one("ext:T1", "qualified", "1", "2020-03-01"),
            one("ext:T2", "qualified", "2", "2999-01-01"),
            one("ext:T9", "qualified", "3", "2020-03-21"),
            one("ext:T1", "skill_level", "2061-7", "2020-03-21"),
            one("ext:T2", "skill_level", "２０６１-7", "2020-03-21"),
            one("ext:T1", "skill_level", "2061-8", "2020-03-21"),
            {"trainee": "ext:T3", "kind": "qualified", "issued_on": "2020-03-21", "evidence": "0190a000-0000-7000-8000-000000000001"},
        ]));
        let refused = self.refused(place, &self.provider, faults, (422, "rows_at_fault", "五（三）")).await;
        let rows: Vec<_> =
            refused["rows"].as_array().unwrap().iter().map(|row| (row["row"].as_u64().unwrap(), row["code"].as_str().unwrap())).collect();
        assert_eq!(
            rows,
            [
                (1, "issued_before_class"),
                (2, "issued_in_future"),
                (3, "unknown_trainee"),
                (5, "number_of_another"),
                (6, "same_certificate_twice"),
                (7, "foreign_evidence"),
            ]
        );
        assert_eq!(self.get(place).await["items"], json!([]), "nothing half-written");

        let list = enter(json!([
            one("ext:T1", "skill_level", "2061-1", "2020-03-21"),
            one("ext:T2", "qualified", "H-1", "2020-03-21"),
            one("ext:T1", "qualified", "H-2", "2020-03-21"),
        ]));
        let (status, _) = self.ask(Method::POST, place, &self.provider, Some(list.clone())).await;
        assert_eq!(status, StatusCode::CREATED);
        let (status, _) = self.ask(Method::POST, place, &self.provider, Some(list)).await;
        assert_eq!(status, StatusCode::OK, "what is there already changes nothing");
        let stolen = enter(json!([one("ext:T2", "skill_level", " 2061-1", "2020-03-21")]));
        self.refused(place, &self.provider, stolen, (422, "rows_at_fault", "number_of_another")).await;
        self.refused(place, &self.other, enter(json!([])), (404, "unknown_class", "")).await;
        let platform = self.site.token("platform", &["--platform", "sx-zxpx"]);
        self.refused(place, &platform, enter(json!([])), (403, "forbidden", "")).await;

        // A corrected day takes the place of the entry, which stays readable; a table does as JSON does.
        let table = "学员编号,证书类型,证书编号,发证日期\nT2,合格证,H-1,2020年3月22日\n";
        let answer =
            site::client().post(format!("{}{place}", self.site.address())).bearer_auth(&self.provider).body(table).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        assert_eq!(self.get(place).await["items"].as_array().unwrap().len(), 3);
        let history = self.get(&format!("{place}?history=true")).await;
        let history = history["items"].as_array().unwrap();
        assert_eq!((history.len(), history.iter().filter(|one| one["replaced_at"].is_string()).count()), (4, 1));

        let numbers = async |token: &str| {
            let (_, answer) = self.ask(Method::GET, place, token, None).await;
            let first = answer["items"].as_array().unwrap().iter().find(|one| one["kind"] == "skill_level").unwrap().clone();
            (first["number"].as_str().map(str::to_owned), first["number_masked"].as_str().map(str::to_owned))
        };
        assert_eq!(numbers(&self.client.access.inspector).await, (Some("2061-1".to_owned()), Some("2***-1".to_owned())));
        assert_eq!(numbers(&self.provider).await.0, None);
        assert_eq!(numbers(&platform).await, (None, None));

        let subsidy = self.get("/v1/classes/ext:A/subsidy").await;
        assert_eq!(
            finals(&subsidy),
            [("T1", Some("skill_level"), 108_000), ("T2", Some("qualified"), 72_000), ("T3", None, 0)],
            "the highest, once"
        );
        assert_eq!(subsidy["final_fen"], 180_000);
        let steps = subsidy["trainees"][0]["steps"].as_array().unwrap();
        assert_eq!(steps[1]["formula"], "90000 × 40 ÷ 60 × 130 %");
        assert_eq!((&steps.last().unwrap()["name"], &steps.last().unwrap()["value"]), (&json!("final"), &json!(108_000)));
        // 1300 of a 培训合格证, 1950 of the others: never more than the hours are worth.
        assert_eq!(subsidy["at_risk_fen"], 1950 + 1300 + 1950);
    }

    /// 四: the claim names its gaps first, and states them when it is filed all the same.
    async fn claim_with_gaps_stated(&self) {
        let place = "/v1/classes/ext:A/claim";
        self.refused("/v1/classes/ext:N/claim", &self.provider, json!({"accept_gaps": true}), (409, "not_approved", "四")).await;
        let (status, none) = self.ask(Method::GET, place, &self.provider, None).await;
        assert_eq!((status, &none["code"]), (StatusCode::NOT_FOUND, &json!("no_claim")));
        let refused = self.refused(place, &self.provider, json!({}), (409, "claim_gaps", "accept_gaps")).await;
        let gaps = [
            "hours_not_timetabled",
            "lessons_without_evidence",
            "hours_without_evidence",
            "no_certificate",
            "certificate_without_evidence",
        ];
        assert_eq!(codes(&refused), gaps);
        self.refused(place, &self.other, json!({"accept_gaps": true}), (404, "unknown_class", "")).await;
        let (status, filed) = self.ask(Method::POST, place, &self.provider, Some(json!({"accept_gaps": true}))).await;
        assert_eq!((status, &filed["state"], &filed["amount_fen"]), (StatusCode::CREATED, &json!("filed"), &json!(180_000)), "{filed}");
        assert_eq!((codes(&filed), filed["receipt"]["log"]["index"].is_u64()), (gaps.to_vec(), true));
        let document = filed["document"].to_string();
        assert!(
            !["张伟", "王芳", "6100000000000000001", "2061-1", "610924"].iter().any(|private| document.contains(private)),
            "{document}"
        );
        self.refused(place, &self.provider, json!({"accept_gaps": true}), (409, "claim_stands", "returned")).await;
    }

    async fn claim_returned_filed_again_granted_and_settled(&self) {
        let (claim, decide) = ("/v1/classes/ext:A/claim", "/v1/classes/ext:A/claim/decision");
        self.refused(decide, &self.provider, json!({"decision": "approve"}), (403, "forbidden", "reviewer")).await;
        self.refused(decide, &self.reviewer, json!({"decision": "return"}), (400, "invalid", "reason")).await;
        let returned = self.ok(Method::POST, decide, &self.reviewer, json!({"decision": "return", "reason": "补交 T3 的证书"})).await;
        assert_eq!((&returned["state"], &returned["events"][0]["reason"]), (&json!("returned"), &json!("补交 T3 的证书")));
        let (status, again) = self.ask(Method::POST, claim, &self.provider, Some(json!({"accept_gaps": true}))).await;
        assert_eq!((status, &again["events"]), (StatusCode::CREATED, &json!([])));
        assert_ne!(again["id"], returned["id"]);

        let settle = "/v1/classes/ext:A/claim/settlement";
        self.refused(settle, &self.reviewer, json!({"paid_on": "2020-04-10"}), (409, "claim_stands", "approved")).await;
        self.refused(decide, &self.reviewer, json!({"decision": "approve", "amount_fen": 180_001}), (422, "over_formula", "五（二）"))
            .await;
        self.refused(decide, &self.reviewer, json!({"decision": "approve", "amount_fen": 170_000}), (400, "invalid", "reason")).await;
        let granted = json!({"decision": "approve", "amount_fen": 170_000, "reason": "T2 有一节课无证据"});
        let granted = self.ok(Method::POST, decide, &self.reviewer, granted).await;
        assert_eq!(
            (&granted["granted_fen"], &granted["prepaid_fen"], &granted["balance_fen"]),
            (&json!(170_000), &json!(40_000), &json!(130_000))
        );
        self.refused(decide, &self.reviewer, json!({"decision": "refuse", "reason": "x"}), (409, "claim_stands", "approved")).await;
        let paid = json!({"paid_on": "2020-04-10", "reference": "国库支付 0410"});
        let paid = self.ok(Method::POST, settle, &self.reviewer, paid).await;
        assert_eq!((&paid["state"], &paid["balance_fen"]), (&json!("settled"), &json!(130_000)));
        let last = paid["events"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&last["paid_on"], &last["amount_fen"], &last["reference"]),
            (&json!("2020-04-10"), &json!(130_000), &json!("国库支付 0410"))
        );
        assert_eq!(self.get(claim).await["state"], "settled");
        assert!(paid["findings"]["open"].is_i64(), "a reviewer sees what is open");
        let (_, seen) = self.ask(Method::GET, claim, &self.provider, None).await;
        assert!(seen["findings"].is_null(), "a provider does not");
    }

    /// 四: everything the notice asks for is there, so nothing has to be accepted.
    async fn claim_without_gaps(&self) {
        self.approve("N").await;
        let log: String = ["T1", "T2", "T3"].map(|id| format!("N-{id},2020-03-03 09:00:00,2020-03-03 09:45:00\n")).concat();
        let place = [("kind", "attendance"), ("class", "ext:N"), ("lesson", "ext:L1"), ("filename", "签到.csv")];
        self.evidence(&place, format!("用户ID,签到时间,签退时间\n{log}")).await;
        let place = [("kind", "document"), ("class", "ext:N"), ("lesson", "ext:L2"), ("filename", "实训签到.txt")];
        self.evidence(&place, "实训签到表".to_owned()).await;
        let mut entries = Vec::new();
        for trainee in ["T1", "T2", "T3"] {
            let own = format!("ext:{trainee}");
            let place = [("kind", "document"), ("class", "ext:N"), ("trainee", own.as_str()), ("filename", "证书.txt")];
            let scan = self.evidence(&place, format!("职业技能等级证书 {trainee}")).await;
            entries.push(json!({"trainee": own, "kind": "skill_level", "number": format!("N-{trainee}"), "issued_on": "2020-03-25", "evidence": scan}));
        }
        let swapped = json!({"certificates": [{"trainee": "ext:T1", "kind": "skill_level", "issued_on": "2020-03-25", "evidence": entries[1]["evidence"]}]});
        self.refused("/v1/classes/ext:N/certificates", &self.provider, swapped, (422, "rows_at_fault", "another trainee")).await;
        self.ok(Method::POST, "/v1/classes/ext:N/certificates", &self.provider, json!({"certificates": entries})).await;
        self.settled_jobs().await;
        let subsidy = self.get("/v1/classes/ext:N/subsidy").await;
        assert_eq!((codes(&subsidy), &subsidy["at_risk_fen"]), (Vec::new(), &json!(0)), "{subsidy}");
        // 90000 × (1 × 130 % + 1 × 100 %) ÷ 2 for each of three.
        assert_eq!(subsidy["final_fen"], 3 * 103_500);
        let (status, filed) = self.ask(Method::POST, "/v1/classes/ext:N/claim", &self.provider, None).await;
        assert_eq!((status, &filed["gaps"], &filed["amount_fen"]), (StatusCode::CREATED, &json!([]), &json!(310_500)), "{filed}");
        let lessons = filed["document"]["lessons"].as_array().unwrap();
        assert!(lessons[0]["run"]["sha256"].is_string() && lessons[1]["evidence"]["count"] == 1, "{filed}");
    }

    /// The claim on paper, as a workbook, and with the evidence as a bundle that verifies without the server.
    async fn pack(&self) {
        let place = format!("{}/v1/classes/ext:N/claim/pack", self.site.address());
        let take = async |token: &str| site::client().get(&place).bearer_auth(token).send().await.unwrap();
        assert_eq!(take(&self.other).await.status(), StatusCode::NOT_FOUND);
        let platform = self.site.token("platform", &["--platform", "sx-zxpx"]);
        assert_eq!(take(&platform).await.status(), StatusCode::FORBIDDEN, "a platform sees no names");
        let answer = take(&self.provider).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let mut zip = zip::ZipArchive::new(Cursor::new(answer.bytes().await.unwrap().to_vec())).unwrap();
        let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
        let mut member = |ending: &str| {
            let name = names.iter().find(|name| name.ends_with(ending)).unwrap_or_else(|| panic!("no {ending} in {names:?}"));
            let mut bytes = Vec::new();
            zip.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(&member(".pdf")[..5], b"%PDF-");
        let filed = self.get("/v1/classes/ext:N/claim").await;
        assert!(site::is_sha256(&filed["sha256"], &member("claim.json")), "the document that was sealed is in it");
        let mut book = Xlsx::new(Cursor::new(member(".xlsx"))).unwrap();
        let mut cell = |sheet: &str, at: (u32, u32)| book.worksheet_range(sheet).unwrap().get_value(at).unwrap().to_string();
        assert_eq!((cell("花名册", (1, 1)), cell("花名册", (1, 7))), ("张伟".to_owned(), "1035".to_owned()));
        assert_eq!(cell("证书", (1, 3)), "N*T1", "a provider sees numbers masked");
        assert_eq!(cell("授课记录", (1, 7)), "1");
        let (bundle, trust) = (self.site.place("evidence.zip"), self.site.place("trust.json"));
        std::fs::write(&bundle, member(".zip")).unwrap();
        std::fs::write(&trust, self.client.get_bytes("/log/trust.json").await.unwrap()).unwrap();
        let verified = self.site.run(&["verify", bundle.to_str().unwrap(), "--trust", trust.to_str().unwrap()]);
        assert!(verified.lines().last().unwrap().contains("0 missing, 0 mismatch"), "{verified}");
    }
}
