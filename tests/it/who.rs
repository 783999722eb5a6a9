//! Who is who, as a provider and an inspector live it: an export with nicknames, traditional characters and two of one name comes in,
//! hours are missing, the provider says who is who on the page and over the API, the hours are there, and all of it is checked.

use crate::site::{self, Engine, Site, succeeded};
use keshi::simulate::{self, Access, Client};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_a_folder() {
    story(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_and_s3() {
    story(Engine::Large).await;
}

/// Modelled on the members' details of a Tencent meeting, as keshi's own table; invented people.
const LOG: &str = "\u{feff}姓名,用户ID,签到时间,签退时间\r\n\
    張偉,,2020-03-03 09:00:00,2020-03-03 09:45:00\r\n\
    快乐每一天,wx_8001,2020-03-03 09:00:00,2020-03-03 09:45:00\r\n\
    王芳,wx_1,2020-03-03 09:00:00,2020-03-03 09:45:00\r\n\
    王芳,wx_2,2020-03-03 09:00:00,2020-03-03 09:30:00\r\n\
    张伟&李娜,,2020-03-03 09:00:00,2020-03-03 09:45:00\r\n\
    iPhone,,2020-03-03 09:00:00,2020-03-03 09:05:00\r\n";

const PASSWORD: &str = "correct horse battery";

struct House {
    site: Site,
    client: Client,
    provider: String,
}

async fn story(engine: Engine) {
    let (house, server) = House::open(engine).await;
    house.submit().await;
    assert_eq!(
        house.hours().await,
        [("T1", "1.0"), ("T2", "0.0"), ("T3", "0.0"), ("T4", "0.0")],
        "the traditional spelling alone is known"
    );

    let waiting = house.waiting().await;
    let told: Vec<_> = waiting.iter().map(|one| (text(one, "/written/name"), text(one, "/doubt"), one["rows"].as_i64().unwrap())).collect();
    let expected =
        [("iPhone", "unknown"), ("张伟&李娜", "several_people"), ("快乐每一天", "unknown"), ("王芳", "shared"), ("王芳", "shared")];
    let mut sorted = told.clone();
    sorted.sort();
    assert_eq!(sorted, expected.map(|(name, doubt)| (name.to_owned(), doubt.to_owned(), 1)), "{waiting:?}");
    house.who_may_say_what(&waiting).await;

    // The nickname over the API; the two of one name, who have an account each, one on the page and one over the API.
    let say = async |name: &str, account: &str, body: Value| {
        let identity = identity(&waiting, name, account);
        let body = merged(json!({"identity": identity, "reason": "与本人电话核实"}), body);
        house.client.json(Method::POST, "/v1/classes/ext:C1/resolutions", &house.provider, &body).await.unwrap()
    };
    let (status, kept) = say("快乐每一天", "wx_8001", json!({"trainee": "ext:T4"})).await;
    assert_eq!((status, kept["says"].as_str(), kept["trainee_external_id"].as_str()), (StatusCode::CREATED, Some("trainee"), Some("T4")));
    say("王芳", "wx_2", json!({"trainee": "ext:T3"})).await;
    say("iPhone", "", json!({"nobody": true})).await;
    house.on_the_page(&identity(&waiting, "王芳", "wx_1"), &suggested(&waiting, "T2")).await;
    house.settle().await;
    assert_eq!(house.hours().await, [("T1", "1.0"), ("T2", "1.0"), ("T3", "0.6"), ("T4", "1.0")]);
    let left = house.waiting().await;
    assert_eq!(left.iter().map(|one| text(one, "/written/name")).collect::<Vec<_>>(), ["张伟&李娜"], "a shared login is nobody's");

    let hour = house.traced(kept["id"].as_str().unwrap()).await;
    let bundle = house.site.place("hour.zip");
    std::fs::write(&bundle, house.client.post_for_bytes("/v1/bundles", &hour).await.unwrap()).unwrap();
    std::fs::write(house.site.place("trust.json"), house.client.get_bytes("/log/trust.json").await.unwrap()).unwrap();

    // The last word counts: taken back, the hour is gone, and said again it is there.
    say("快乐每一天", "wx_8001", json!({"withdraw": true})).await;
    house.settle().await;
    assert_eq!(house.hours().await[3], ("T4", "0.0"));
    say("快乐每一天", "wx_8001", json!({"trainee": "ext:T4"})).await;
    house.settle().await;
    assert_eq!(house.hours().await[3], ("T4", "1.0"));
    let said = house.client.get("/v1/classes/ext:C1/resolutions").await.unwrap();
    let said = said["items"].as_array().unwrap();
    assert_eq!((said.len(), said.iter().filter(|one| one["replaced_at"].is_null()).count()), (6, 4));
    assert!(said.iter().all(|one| one["log_index"].is_u64() && one["reason"] == "与本人电话核实"), "{said:?}");

    server.stop();
    let verified = Command::new(env!("CARGO_BIN_EXE_keshi"))
        .arg("verify")
        .arg(&bundle)
        .arg("--trust")
        .arg(house.site.place("trust.json"))
        .output()
        .unwrap();
    let verified = succeeded(&verified);
    assert!(verified.lines().any(|line| line.starts_with("proven") && line.contains(" resolution ")), "{verified}");
    assert!(verified.lines().last().unwrap().contains("0 missing, 0 mismatch"), "{verified}");
    let checked = house.site.run(&["fsck"]);
    assert!(checked.ends_with("all holds") && checked.contains("6 resolutions"), "{checked}");
    let rebuilt = house.site.run(&["rebuild"]);
    assert!(rebuilt.contains("nothing differs, 0 could not be"), "{rebuilt}");
    assert!(house.site.run(&["fsck"]).ends_with("all holds"));
}

impl House {
    async fn open(engine: Engine) -> (House, site::Server) {
        let site = Site::new(engine).await;
        let server = site.start().await;
        let (admin, inspector) = (site.token("admin", &[]), site.token("inspector", &[]));
        let access = Access { admin: admin.clone(), inspector, ..Access::default() };
        let client = Client::new(&site.address(), access).unwrap();
        let provider = json!({"external_id": "P1", "name": "安康市高新职业培训学校", "kind": "institution"});
        client.json(Method::POST, "/v1/providers", &admin, &provider).await.unwrap();
        let class = json!({
            "external_id": "C1", "provider": "ext:P1", "platform": "sx-zxpx", "title": "电工班", "trade": {"code": "6-29-03-07", "name": "电工"},
            "application": "full", "starts_on": "2020-03-02", "ends_on": "2020-03-20",
            "hours": {"total": 80, "online": 40, "theory": 40, "practice": 40}, "standards_fen": {"qualified": 60000}, "epidemic": true,
        });
        client.json(Method::POST, "/v1/classes", &admin, &class).await.unwrap();
        let people = [("T1", "张伟"), ("T2", "王芳"), ("T3", "王芳"), ("T4", "李娜")].map(|(id, name)| {
            json!({"external_id": id, "name": name, "id_number": format!("61010319900101123{}", &id[1..]), "category": "employee"})
        });
        client.json(Method::PUT, "/v1/classes/ext:C1/roster", &admin, &json!({"trainees": people})).await.unwrap();
        let lesson = json!({
            "external_id": "L1", "title": "安全用电", "kind": "theory", "mode": "live", "starts_at": "2020-03-03T09:00:00+08:00",
            "ends_at": "2020-03-03T09:45:00+08:00", "hours": 1, "teacher": "马老师",
        });
        client.json(Method::PUT, "/v1/classes/ext:C1/lessons", &admin, &json!({"lessons": [lesson]})).await.unwrap();
        let provider = site.token("provider", &["--provider", "ext:P1"]);
        (House { site, client, provider }, server)
    }

    async fn submit(&self) {
        let query = [("kind", "attendance"), ("class", "ext:C1"), ("lesson", "ext:L1"), ("filename", "成员明细.csv")];
        let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", self.site.address()), query).unwrap();
        let answer = site::client().post(place).bearer_auth(&self.provider).body(LOG).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED, "{}", answer.text().await.unwrap());
        self.settle().await;
    }

    async fn settle(&self) {
        let dead = simulate::settle(&self.client, Duration::from_secs(120), &indicatif::ProgressBar::hidden()).await.unwrap();
        assert_eq!(dead, 0, "dead jobs:\n{}", self.site.said());
    }

    /// Lesson hours by trainee.
    async fn hours(&self) -> [(&'static str, &'static str); 4] {
        const HOURS: [&str; 11] = ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"];
        let credits = self.client.get("/v1/classes/ext:C1/credits").await.unwrap();
        let credits = credits["items"].as_array().unwrap();
        ["T1", "T2", "T3", "T4"].map(|trainee| {
            let hours = credits.iter().find(|one| one["trainee_external_id"] == trainee).unwrap()["hours"].as_str().unwrap();
            let hours: f64 = hours.parse().unwrap();
            (trainee, HOURS[(hours * 10.0).round() as usize])
        })
    }

    async fn waiting(&self) -> Vec<Value> {
        self.client.get("/v1/classes/ext:C1/unmatched").await.unwrap()["items"].as_array().unwrap().clone()
    }

    /// Only a provider says who is who, never against what the row shows, and never without a reason.
    async fn who_may_say_what(&self, waiting: &[Value]) {
        let place = format!("{}/v1/classes/ext:C1/resolutions", self.site.address());
        let both = identity(waiting, "张伟&李娜", "");
        let fang = identity(waiting, "王芳", "wx_1");
        let platform = self.site.token("platform", &["--platform", "sx-zxpx"]);
        let inspector = self.client.access.inspector.clone();
        for (what, token, body, status, code) in [
            ("an inspector looks", &inspector, json!({"identity": fang, "trainee": "ext:T2", "reason": "x"}), 403, "forbidden"),
            ("a platform does not", &platform, json!({"identity": fang, "trainee": "ext:T2", "reason": "x"}), 403, "forbidden"),
            ("a shared login", &self.provider, json!({"identity": both, "trainee": "ext:T1", "reason": "x"}), 409, "cannot_be"),
            ("the name of others", &self.provider, json!({"identity": fang, "trainee": "ext:T1", "reason": "x"}), 409, "cannot_be"),
            ("no reason", &self.provider, json!({"identity": fang, "trainee": "ext:T2", "reason": " "}), 400, "invalid"),
            ("both at once", &self.provider, json!({"identity": fang, "trainee": "ext:T2", "nobody": true, "reason": "x"}), 400, "invalid"),
            ("nobody known", &self.provider, json!({"identity": fang, "trainee": "ext:T9", "reason": "x"}), 404, "unknown_trainee"),
            ("nobody waits so", &self.provider, json!({"identity": "00".repeat(32), "nobody": true, "reason": "x"}), 404, "not_found"),
        ] {
            let answer = site::client().post(&place).bearer_auth(token).json(&body).send().await.unwrap();
            let got = answer.status().as_u16();
            let problem: Value = answer.json().await.unwrap();
            assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{what}: {problem}");
        }
        let list = format!("{}/v1/classes/ext:C1/unmatched", self.site.address());
        let hidden = site::client().get(&list).bearer_auth(&platform).send().await.unwrap();
        assert_eq!(hidden.status(), StatusCode::FORBIDDEN, "a platform sees no names of other exports");
    }

    /// A person of the provider opens the class, follows the count to the page, and chooses one of the two who share a name.
    async fn on_the_page(&self, identity: &str, trainee: &str) {
        let mut create = self.site.keshi(&["user", "create", "ma", "--role", "provider", "--provider", "ext:P1"]);
        let mut create = create.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        create.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        assert!(create.wait().unwrap().success());
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let at = |place: &str| format!("{}{place}", self.site.address());
        let login = http.get(at("/login")).send().await.unwrap();
        let guest = cookies(&login);
        let csrf = hidden(&login.text().await.unwrap(), "csrf");
        let form = [("csrf", csrf.as_str()), ("name", "ma"), ("password", PASSWORD), ("next", "/")];
        let entered = filled(http.post(at("/login")), &guest, &form).send().await.unwrap();
        assert_eq!(entered.status(), StatusCode::SEE_OTHER);
        let session = cookies(&entered);
        let page = async |place: &str| {
            let answer = http.get(at(place)).header(header::COOKIE, &session).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{place}");
            answer.text().await.unwrap()
        };
        let class = self.client.get("/v1/classes/ext:C1").await.unwrap()["id"].as_str().unwrap().to_owned();
        let place = format!("/classes/{class}/unmatched");
        assert!(page(&format!("/classes/{class}")).await.contains(&place), "the class says who waits");
        let html = page(&place).await;
        let part = html.split(&format!("value=\"{identity}\"")).nth(1).expect("a form for this one");
        let part = part.split("</form>").next().unwrap();
        assert!(part.contains(&format!("name=\"choice\" value=\"{trainee}\"")), "the trainee is among the choices: {part}");
        let csrf = hidden(&html, "csrf");
        let form = [("csrf", csrf.as_str()), ("identity", identity), ("choice", trainee), ("reason", "与本人电话核实")];
        let send = async |form: &[(&str, &str)]| {
            filled(http.post(at(&format!("/classes/{class}/resolutions"))), &session, form).send().await.unwrap()
        };
        assert_eq!(send(&form[1..]).await.status(), StatusCode::UNPROCESSABLE_ENTITY, "a form without its token");
        let stale = [("csrf", "00"), form[1], form[2], form[3]];
        assert_eq!(send(&stale).await.status(), StatusCode::FORBIDDEN, "a form of another session");
        let done = send(&form).await;
        assert_eq!(done.headers()[header::LOCATION].to_str().unwrap(), format!("{place}#said"));
        let html = page(&place).await;
        assert!(html.contains("与本人电话核实") && html.contains("ma "), "the page tells who said it and why");
    }

    /// The trace of the hour says that a row is the trainee's by a person's word, and leads to the row. Returns the hour as a bundle wants it.
    async fn traced(&self, resolution: &str) -> Value {
        let place = "/v1/classes/ext:C1/lessons/ext:L1/trace?trainee=ext:T4";
        let answer = self.client.get(place).await.unwrap();
        let span = &answer["items"][0]["spans"][0];
        assert_eq!((span["kind"].as_str(), span["evidence"][0]["resolution"].as_str()), (Some("credited"), Some(resolution)), "{answer}");
        let (evidence, row) = (span["evidence"][0]["id"].as_str().unwrap(), span["evidence"][0]["row"].as_u64().unwrap());
        let bytes = self.client.get_bytes(&format!("/v1/evidence/{evidence}/content")).await.unwrap();
        let line = String::from_utf8(bytes).unwrap().lines().nth(row as usize - 1).unwrap().to_owned();
        assert!(line.starts_with("快乐每一天,wx_8001"), "row {row}: {line}");
        let matched = &answer["matches"][0];
        assert_eq!((matched["by"].as_str(), matched["confidence"].as_str()), (Some("resolution"), Some("decided")), "{answer}");
        assert!(answer["receipts"][resolution]["proof"].is_array(), "{answer}");
        let of_another = self.client.get("/v1/classes/ext:C1/lessons/ext:L1/trace?trainee=ext:T1").await.unwrap();
        assert_eq!(of_another["matches"][0]["by"], "name_normalised");
        json!({"lesson": answer["lesson"]["id"], "trainee": answer["items"][0]["trainee"]})
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// keshi's id of a trainee whom the page suggests for somebody who waits.
fn suggested(waiting: &[Value], external_id: &str) -> String {
    let all = waiting.iter().flat_map(|one| one["suggestions"].as_array().unwrap());
    let meant = all.into_iter().find(|suggestion| suggestion["external_id"] == external_id).unwrap();
    meant["trainee"].as_str().unwrap().to_owned()
}

fn identity(waiting: &[Value], name: &str, account: &str) -> String {
    let is = |one: &&Value| text(one, "/written/name") == name && text(one, "/written/platform_user") == account;
    text(waiting.iter().find(is).unwrap(), "/identity")
}

fn merged(mut one: Value, other: Value) -> Value {
    one.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    one
}

fn cookies(answer: &reqwest::Response) -> String {
    let set = answer.headers().get_all(header::SET_COOKIE).iter();
    set.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned()).collect::<Vec<_>>().join("; ")
}

/// A form as a browser sends it.
fn filled(post: reqwest::RequestBuilder, cookie: &str, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let body = reqwest::Url::parse_with_params("http://form", form).unwrap().query().unwrap_or_default().to_owned();
    post.header(header::COOKIE, cookie).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
}

/// The value of a hidden field.
fn hidden(html: &str, name: &str) -> String {
    let rest = html.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("a form");
    rest.split('"').next().unwrap().to_owned()
}
