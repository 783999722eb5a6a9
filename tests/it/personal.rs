//! Personal data, from outside: what nobody is shown without a reason, what each look leaves behind, what a person is given of their own,
//! and keys that change under a running server.

use crate::site::{self, Engine, Site};
use keshi::register::id_number::with_checksum;
use keshi::simulate::{self, Access, Client};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_a_folder() {
    story(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_and_s3() {
    story(Engine::Large).await;
}

const PASSWORD: &str = "correct horse battery";
const ROLES: [&str; 6] = ["platform", "provider", "reviewer", "inspector", "investigator", "admin"];
const NAMES: [&str; 3] = ["张伟例", "欧阳例雪", "李例娜"];
const PHONES: [&str; 3] = ["13811110001", "13822220002", "13833330003"];
const EMAILS: [&str; 3] = ["zhang.wei@example.org", "ouyang@example.org", "li.na@example.org"];
const ACCOUNT: &str = "6228480402564890018";
/// Of somebody who is on no roster.
const STRANGER: [&str; 2] = ["13844440004", "stranger@example.org"];

fn number(place: usize) -> String {
    with_checksum(&format!("6109021990010{}00{}", place + 1, place + 1))
}

struct House {
    site: Site,
    client: Client,
    tokens: BTreeMap<&'static str, String>,
    class: String,
    trainees: Vec<String>,
    evidence: String,
    resolution: Value,
}

async fn story(engine: Engine) {
    let (house, server) = House::open(engine).await;
    house.faults_are_flagged_and_nothing_is_refused().await;
    house.nobody_is_shown_anything_in_the_clear().await;
    house.a_look_needs_a_reason_and_leaves_a_line().await;
    house.a_person_gets_what_is_kept_of_them().await;
    house.a_correction_is_asked_for_seen_and_closed().await;
    // After all of that still nobody, and nothing in the server's own words.
    house.nobody_is_shown_anything_in_the_clear().await;
    let said = house.site.said();
    assert_eq!(house.secrets().iter().find(|one| said.contains(one.as_str())), None, "{said}");
    let server = house.keys_change_while_rosters_come(server).await;
    server.stop();
    let checked = house.site.run(&["fsck"]);
    assert!(checked.ends_with("all holds") && checked.contains("encrypted values"), "{checked}");
}

impl House {
    async fn open(engine: Engine) -> (House, site::Server) {
        let site = Site::with(engine, &[("KESHI__TELEMETRY__LOG", "info,keshi=debug")]).await;
        let server = site.start().await;
        let admin = site.token("admin", &[]);
        let access = Access { admin: admin.clone(), inspector: site.token("inspector", &[]), ..Access::default() };
        let client = Client::new(&site.address(), access).unwrap();
        let provider = json!({"external_id": "P1", "name": "安康市高新职业培训学校", "kind": "institution"});
        client.json(Method::POST, "/v1/providers", &admin, &provider).await.unwrap();
        let class = json!({
            "external_id": "C1", "provider": "ext:P1", "platform": "sx-zxpx", "title": "电工班", "trade": {"code": "6-29-03-07", "name": "电工"},
            "application": "full", "starts_on": "2020-03-02", "ends_on": "2020-03-20", "bank_account": ACCOUNT,
            "hours": {"total": 80, "online": 40, "theory": 40, "practice": 40}, "standards_fen": {"qualified": 60000}, "epidemic": true,
        });
        let (_, class) = client.json(Method::POST, "/v1/classes", &admin, &class).await.unwrap();
        let lesson = json!({
            "external_id": "L1", "title": "安全用电", "kind": "theory", "mode": "live", "starts_at": "2020-03-03T09:00:00+08:00",
            "ends_at": "2020-03-03T09:45:00+08:00", "hours": 1, "teacher": "马老师",
        });
        client.json(Method::PUT, "/v1/classes/ext:C1/lessons", &admin, &json!({"lessons": [lesson]})).await.unwrap();
        let mut house = House {
            tokens: BTreeMap::new(),
            class: class["id"].as_str().unwrap().to_owned(),
            trainees: Vec::new(),
            evidence: String::new(),
            resolution: Value::Null,
            site,
            client,
        };
        for role in ROLES {
            let more = [("platform", ["--platform", "sx-zxpx"]), ("provider", ["--provider", "ext:P1"])];
            let more = more.iter().find(|(of, _)| *of == role).map(|(_, more)| &more[..]).unwrap_or_default();
            house.tokens.insert(role, house.site.token(role, more));
            house.login(role, more);
        }
        let kept = house.put_roster(&[]).await;
        house.trainees = kept.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
        house.submit().await;
        (house, server)
    }

    fn login(&self, role: &str, more: &[&str]) {
        let mut command = self.site.keshi(&[&["user", "create", role, "--role", role], more].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        site::succeeded(&child.wait_with_output().unwrap());
    }

    /// The roster of three whose numbers hold, and others behind them.
    async fn put_roster(&self, more: &[Value]) -> Value {
        let mut people: Vec<Value> = (0..3)
            .map(|place| {
                json!({"external_id": format!("T{place}"), "name": NAMES[place], "id_number": number(place), "category": "employee",
                    "phone": PHONES[place], "email": EMAILS[place], "platform_user": format!("wx_{place}")})
            })
            .collect();
        people.extend_from_slice(more);
        let body = json!({ "trainees": people });
        self.client.json(Method::PUT, "/v1/classes/ext:C1/roster", &self.tokens["provider"], &body).await.unwrap().1["items"].clone()
    }

    /// A log with people of the roster, known by number and phone, and a stranger.
    async fn submit(&mut self) {
        let row = |who: [&str; 4]| format!("{},2020-03-03 09:00:00,2020-03-03 09:45:00\r\n", who.join(","));
        let log = [
            "\u{feff}姓名,手机号,邮箱,身份证号,签到时间,签退时间\r\n".to_owned(),
            row([NAMES[0], PHONES[0], "", ""]),
            row([NAMES[1], "", "", &number(1)]),
            row(["路人", STRANGER[0], STRANGER[1], ""]),
        ];
        let query = [("kind", "attendance"), ("class", "ext:C1"), ("lesson", "ext:L1"), ("filename", "成员明细.csv")];
        let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", self.site.address()), query).unwrap();
        let answer = site::client().post(place).bearer_auth(&self.tokens["provider"]).body(log.concat()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let answer: Value = answer.json().await.unwrap();
        self.evidence = answer["id"].as_str().unwrap().to_owned();
        self.settle().await;
        let waiting = self.client.get("/v1/classes/ext:C1/unmatched").await.unwrap();
        let stranger = &waiting["items"][0];
        assert_eq!(
            (stranger["written"]["phone"].as_str(), stranger["written"]["email"].as_str()),
            (Some("138****0004"), Some("s***@example.org")),
            "{waiting}"
        );
        let body = json!({"identity": stranger["identity"], "nobody": true, "reason": "与班主任核实"});
        let place = "/v1/classes/ext:C1/resolutions";
        self.resolution = self.client.json(Method::POST, place, &self.tokens["provider"], &body).await.unwrap().1;
        self.settle().await;
    }

    async fn settle(&self) {
        let dead = simulate::settle(&self.client, Duration::from_secs(120), &indicatif::ProgressBar::hidden()).await.unwrap();
        assert_eq!(dead, 0, "dead jobs:\n{}", self.site.said());
    }

    /// What is never to be seen without a reason.
    fn secrets(&self) -> Vec<String> {
        let fixed = PHONES.iter().chain(&EMAILS).chain(&STRANGER).chain([&ACCOUNT]).map(|text| (*text).to_owned());
        fixed.chain((0..3).map(number)).collect()
    }

    async fn post(&self, role: &str, place: &str, body: Value) -> (StatusCode, Value) {
        let request = site::client().post(format!("{}{place}", self.site.address())).bearer_auth(&self.tokens[role]).json(&body);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn get(&self, role: &str, place: &str) -> (StatusCode, Value) {
        let answer = site::client().get(format!("{}{place}", self.site.address())).bearer_auth(&self.tokens[role]).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn faults_are_flagged_and_nothing_is_refused(&self) {
        let one = |id: &str, number: &str| json!({"external_id": id, "name": "例", "id_number": number, "category": "employee"});
        let mut wrong = number(2);
        wrong.replace_range(16..17, if &wrong[16..17] == "9" { "8" } else { "9" });
        let kept = self.put_roster(&[one("X1", &wrong), one("X2", "E12345678"), one("X3", "610902900101001")]).await;
        let faults = |items: &Value| -> Vec<(String, Option<String>)> {
            let items = items.as_array().unwrap().iter();
            items.map(|one| (one["external_id"].as_str().unwrap().to_owned(), one["id_number_fault"].as_str().map(str::to_owned))).collect()
        };
        let told = faults(&kept);
        let expected = [("T0", None), ("T1", None), ("T2", None), ("X1", Some("checksum")), ("X2", Some("length")), ("X3", None)];
        assert_eq!(told, expected.map(|(id, fault)| (id.to_owned(), fault.map(str::to_owned))));
        for role in ["platform", "provider", "inspector"] {
            assert_eq!(faults(&self.get(role, "/v1/classes/ext:C1/roster").await.1["items"]), told, "{role}");
        }
        self.settle().await;
        let asked = json!({"sql": "select category || '!' || id_number_fault as it from roster where id_number_fault is not null"});
        let (status, answer) = self.post("investigator", "/v1/query", asked).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let told = answer.to_string();
        assert!(told.contains("employee!checksum") && told.contains("employee!length") && told.matches('!').count() == 2, "{told}");
        self.put_roster(&[]).await;
        self.settle().await;
    }

    /// Every address of the API and every page, as every role, with what it leads to.
    async fn nobody_is_shown_anything_in_the_clear(&self) {
        let spec = self.client.get("/openapi.json").await.unwrap();
        let lesson = self.client.get("/v1/classes/ext:C1/lessons").await.unwrap()["items"][0]["id"].as_str().unwrap().to_owned();
        let mut places = Vec::new();
        for (path, methods) in spec["paths"].as_object().unwrap() {
            // The bytes of evidence are as the platform wrote them, in the pack of a claim as well; reading them is a line in the trail.
            if methods.get("get").is_none() || path.ends_with("/content") || path.ends_with("/claim/pack") {
                continue;
            }
            let id = if path.contains("/evidence/") { &self.evidence } else { &self.class };
            let place = path.replace("{class}", &self.class).replace("{lesson}", &lesson).replace("{trainee}", &self.trainees[0]);
            let place = place.replace("{id}", if path.contains("/platforms/") { "sx-zxpx" } else { id });
            places.push(if path == "/v1/trail" { format!("{place}?subject=trainee:{}", self.trainees[0]) } else { place });
        }
        assert!(places.len() > 25, "{places:?}");
        let (class, trainee, evidence) = (&self.class, &self.trainees[0], &self.evidence);
        let pages = [
            "/".to_owned(),
            "/classes".to_owned(),
            format!("/classes/{class}"),
            format!("/classes/{class}/unmatched"),
            format!("/classes/{class}/upload"),
            format!("/lessons/{lesson}"),
            format!("/hours/{lesson}/{trainee}"),
            format!("/trainees/{trainee}"),
            "/evidence".to_owned(),
            format!("/evidence/{evidence}"),
            format!("/evidence/{evidence}?row=2"),
            format!("/evidence/{evidence}?row=3"),
            format!("/evidence/{evidence}?row=4"),
            "/findings".to_owned(),
            "/log".to_owned(),
            "/jobs".to_owned(),
            "/webhooks".to_owned(),
            "/corrections".to_owned(),
        ];
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut shown = 0;
        for role in ROLES {
            let session = self.log_in(&http, role).await;
            let api = places.iter().map(|place| (place, true)).chain(pages.iter().map(|place| (place, false)));
            for (place, api) in api {
                let request = http.get(format!("{}{place}", self.site.address()));
                let request = if api {
                    request.bearer_auth(&self.tokens[role])
                } else {
                    request.header(header::COOKIE, &session).header(header::ACCEPT, "text/html")
                };
                let answer = request.send().await.unwrap();
                assert!(!answer.status().is_server_error(), "{role} {place}: {}", answer.status());
                shown += usize::from(answer.status().is_success());
                let headers = format!("{} {:?}", answer.url(), answer.headers());
                let body = String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
                for secret in self.secrets() {
                    assert!(!body.contains(&secret) && !headers.contains(&secret), "{role} sees {secret} at {place}: {body}");
                }
                for name in NAMES.iter().filter(|_| role == "platform") {
                    assert!(!body.contains(name), "{role} sees {name} at {place}: {body}");
                }
            }
        }
        assert!(shown > 120, "most are answered: {shown}");
    }

    async fn log_in(&self, http: &reqwest::Client, role: &str) -> String {
        let at = |place: &str| format!("{}{place}", self.site.address());
        let door = http.get(at("/login")).send().await.unwrap();
        let cookie = cookies(&door);
        let html = door.text().await.unwrap();
        let csrf = html.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let form = [("csrf", csrf.as_str()), ("name", role), ("password", PASSWORD), ("next", "/")];
        let body = reqwest::Url::parse_with_params("http://form", form).unwrap().query().unwrap_or_default().to_owned();
        let request =
            http.post(at("/login")).header(header::COOKIE, cookie).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        cookies(&request.body(body).send().await.unwrap())
    }

    async fn a_look_needs_a_reason_and_leaves_a_line(&self) {
        let place = format!("/v1/trainees/{}/personal", self.trainees[1]);
        for role in ["platform", "provider", "reviewer"] {
            assert_eq!(self.post(role, &place, json!({"reason": "好奇"})).await.0, StatusCode::FORBIDDEN, "{role}");
        }
        for reason in [json!({}), json!({"reason": " "}), json!({"reason": format!("查{}", PHONES[1])})] {
            assert_eq!(self.post("inspector", &place, reason).await.0, StatusCode::BAD_REQUEST);
        }
        let subject = format!("/v1/trail?subject=trainee:{}", self.trainees[1]);
        let seen = async || {
            let lines = self.get("inspector", &subject).await.1["items"].as_array().unwrap().clone();
            lines.into_iter().filter(|line| line["action"] == "personal.seen").collect::<Vec<_>>()
        };
        assert!(seen().await.is_empty(), "a refused look is none");
        let (status, shown) = self.post("inspector", &place, json!({"reason": "现场核对证件"})).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(shown, json!({"trainee": self.trainees[1], "id_number": number(1), "phone": PHONES[1], "email": EMAILS[1]}));
        let lines = seen().await;
        assert_eq!((lines.len(), lines[0]["detail"].as_str(), lines[0]["name"].as_str()), (1, Some("现场核对证件"), Some("test")));
        for role in ["platform", "provider", "reviewer", "investigator"] {
            assert_eq!(self.get(role, &subject).await.0, StatusCode::FORBIDDEN, "{role}");
        }
        // The account, masked for who plans and decides, whole for who pays.
        for (role, masked) in
            [("platform", None), ("inspector", None), ("provider", Some("***************0018")), ("reviewer", Some("***************0018"))]
        {
            assert_eq!(self.get(role, "/v1/classes/ext:C1").await.1["bank_account_masked"].as_str(), masked, "{role}");
        }
        let place = "/v1/classes/ext:C1/bank_account/reveal";
        assert_eq!(self.post("provider", place, json!({"reason": "x"})).await.0, StatusCode::FORBIDDEN);
        let (status, account) = self.post("reviewer", place, json!({"reason": "拨付预付资金"})).await;
        assert_eq!((status, account["bank_account"].as_str()), (StatusCode::OK, Some(ACCOUNT)), "{account}");
        let lines = self.get("admin", &format!("/v1/trail?subject=class:{}", self.class)).await.1;
        assert!(lines.to_string().contains("account.seen") && lines.to_string().contains("拨付预付资金"), "{lines}");
        // Somebody who takes a deployment's people away is stopped.
        let place = format!("/v1/trainees/{}/personal", self.trainees[2]);
        let mut answers = Vec::new();
        for _ in 0..121 {
            answers.push(self.post("investigator", &place, json!({"reason": "批量"})).await.0);
        }
        assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 120);
        assert_eq!(answers[120], StatusCode::TOO_MANY_REQUESTS);
    }

    async fn a_person_gets_what_is_kept_of_them(&self) {
        let asked = |more: Value| {
            let mut body = json!({"requested_by": "本人", "reason": "查阅复制申请"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let by_number = asked(json!({"id_number": number(0)}));
        for role in ["platform", "inspector", "investigator"] {
            assert_eq!(self.post(role, "/v1/persons/access", by_number.clone()).await.0, StatusCode::FORBIDDEN, "{role}");
        }
        let (status, given) = self.post("provider", "/v1/persons/access", by_number).await;
        assert_eq!(status, StatusCode::OK, "{given}");
        let roster = &given["rosters"][0];
        assert_eq!(roster["trainee"]["name"].as_str(), Some(NAMES[0]));
        assert_eq!((roster["trainee"]["phone"].as_str(), roster["trainee"]["id_number"].as_str()), (Some(PHONES[0]), Some(&*number(0))));
        assert_eq!((roster["hours"][0]["title"].as_str(), roster["hours"][0]["hours_milli"].as_i64()), (Some("安全用电"), Some(1000)));
        assert_eq!(roster["evidence"][0]["id"].as_str(), Some(&*self.evidence), "what the hour rests on");
        assert!(given["notes"]["zh"][0].as_str().unwrap().contains("原样保存"));
        let looks = roster["looks"].as_array().unwrap();
        assert!(looks.iter().any(|look| look["what"] == "person.accessed" && look["why"] == "本人: 查阅复制申请"), "{looks:?}");
        let nobody = self.post("provider", "/v1/persons/access", asked(json!({"id_number": "610902199001011230"}))).await;
        assert_eq!((nobody.0, nobody.1["code"].as_str()), (StatusCode::NOT_FOUND, Some("unknown_trainee")));
        assert_eq!(self.post("provider", "/v1/persons/access", asked(json!({}))).await.0, StatusCode::BAD_REQUEST);

        let args = ["person", "show", "--id-number-stdin", "--requested-by", "本人", "--reason", "查阅复制申请"];
        let mut child = self.site.keshi(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{}\n", number(0)).as_bytes()).unwrap();
        let printed: Value = serde_json::from_str(&site::succeeded(&child.wait_with_output().unwrap())).unwrap();
        assert_eq!(printed["rosters"][0]["trainee"], roster["trainee"]);
    }

    async fn a_correction_is_asked_for_seen_and_closed(&self) {
        let place = format!("/v1/trainees/{}/corrections", self.trainees[0]);
        let wrong = json!({"field": "phone", "reason": format!("应为 {}", STRANGER[0])});
        assert_eq!(self.post("inspector", &place, wrong.clone()).await.0, StatusCode::FORBIDDEN);
        assert_eq!(self.post("reviewer", &place, json!({"field": "evidence", "reason": "x"})).await.0, StatusCode::BAD_REQUEST);
        let wrong = json!({"field": "name", "reason": "姓名第二字应为玮"});
        let (status, asked) = self.post("reviewer", &place, wrong).await;
        assert_eq!((status, asked["state"].as_str()), (StatusCode::CREATED, Some("open")), "{asked}");
        let (_, open) = self.get("provider", "/v1/corrections?state=open").await;
        assert_eq!(
            (open["items"][0]["id"].as_str(), open["items"][0]["reason"].as_str()),
            (asked["id"].as_str(), Some("姓名第二字应为玮"))
        );
        let close = format!("/v1/corrections/{}/close", asked["id"].as_str().unwrap());
        assert_eq!(self.post("provider", &close, json!({"state": "declined"})).await.0, StatusCode::BAD_REQUEST, "without saying why");
        let (status, closed) = self.post("provider", &close, json!({"state": "corrected", "outcome": "花名册已更正"})).await;
        assert_eq!(
            (status, closed["state"].as_str(), closed["outcome"].as_str()),
            (StatusCode::OK, Some("corrected"), Some("花名册已更正"))
        );
        assert_eq!(self.post("provider", &close, json!({"state": "corrected"})).await.0, StatusCode::CONFLICT);
        assert_eq!(self.get("provider", "/v1/corrections?state=open").await.1["items"], json!([]));
    }

    /// A key is added, and the pass made and killed, while rosters come; nothing is lost, and the first key can go.
    async fn keys_change_while_rosters_come(&self, server: site::Server) -> site::Server {
        let many: Vec<Value> = (0..3000)
            .map(|place| {
                json!({"external_id": format!("N{place:04}"), "name": "例", "id_number": with_checksum(&format!("61090219800101{:03}", place % 1000)),
                    "category": "employee", "phone": format!("1390000{place:04}")})
            })
            .collect();
        self.put_roster(&many).await;
        self.settle().await;
        assert!(self.site.run(&["key", "status"]).starts_with("1  data.key  seals"));
        assert_eq!(self.site.run(&["key", "rotate-data"]), "data.2.key");
        let in_use = self.site.keshi(&["key", "retire", "1"]).output().unwrap();
        assert!(!in_use.status.success() && String::from_utf8_lossy(&in_use.stderr).contains("is new"), "{in_use:?}");
        // The server's worker makes the pass; another process makes it, too, and is killed in the middle; rosters come meanwhile.
        let mut pass = self.site.keshi(&["key", "reseal"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.put_roster(&many[..1500]).await;
        pass.kill().unwrap();
        pass.wait().unwrap();
        server.kill();
        let server = self.site.start().await;
        self.put_roster(&many).await;
        self.settle().await;
        self.site.run(&["key", "reseal"]);
        let status = self.site.run(&["key", "status"]);
        assert!(status.starts_with("1  data.key  unused  0 values\n2  data.2.key  seals"), "{status}");
        let key = std::fs::File::options().write(true).open(self.site.place("data/keys/data.2.key")).unwrap();
        let made = key.metadata().unwrap().modified().unwrap();
        key.set_modified(made - Duration::from_secs(601)).unwrap();
        let kept = self.site.run(&["key", "retire", "1"]);
        assert!(kept.ends_with("data.key.retired"), "{kept}");
        // Everybody is who they were: the number finds the same person, and the server opens what is there.
        let given =
            self.post("provider", "/v1/persons/access", json!({"id_number": number(2), "requested_by": "本人", "reason": "查阅"})).await.1;
        assert_eq!(given["rosters"][0]["trainee"]["id"].as_str(), Some(&*self.trainees[2]));
        assert_eq!(given["rosters"][0]["trainee"]["phone"].as_str(), Some(PHONES[2]));
        let said = self.client.get("/v1/classes/ext:C1/resolutions").await.unwrap();
        assert_eq!(said["items"][0]["id"], self.resolution["id"]);
        server.stop();
        assert!(self.site.run(&["fsck"]).ends_with("all holds"));
        self.site.start().await
    }
}

fn cookies(answer: &reqwest::Response) -> String {
    let set = answer.headers().get_all(header::SET_COOKIE).iter();
    set.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned()).collect::<Vec<_>>().join("; ")
}
