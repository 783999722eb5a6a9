//! Lists of other offices, as an office hands them over.

use super::Site;
use crate::lake::query::{Limits, object};
use crate::receive::Role;
use crate::receive::identity::{self, Scope};
use crate::register::id_number::with_checksum;
use crate::register::trail;
use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};

const PLACE: &str = "/v1/lists/pension?source=%E5%85%BB%E8%80%81%E4%BF%9D%E9%99%A9%E5%A4%84&filename=a.csv&as_of=";

impl Site {
    async fn json(&self, method: &str, place: &str, body: impl Into<Body>) -> (StatusCode, Value) {
        let (status, body) = self.send(method, place, body.into()).await;
        (status, serde_json::from_slice(&body).expect("JSON"))
    }

    async fn rows(&self, sql: &str) -> Vec<Value> {
        self.app.lake.snapshot(self.app.clock.now()).await.expect("taken");
        let batches = self.app.lake.query(sql, Vec::new(), Limits::default()).await.expect("asks").collect().await.expect("answers");
        batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| Value::Object(object(batch, row).expect("a row")))).collect()
    }

    async fn class(&self, numbers: &[String]) -> String {
        let provider = json!({"external_id": "P1", "name": "承训单位", "kind": "institution"});
        assert_eq!(self.json("POST", "/v1/providers", provider.to_string()).await.0, StatusCode::CREATED);
        let class = json!({
            "external_id": "C1", "provider": "ext:P1", "platform": "sx-zxpx", "title": "电工", "trade": {"code": "6-29-03-07", "name": "电工"},
            "application": "full", "starts_on": "2020-03-02", "ends_on": "2020-03-31",
            "hours": {"total": 40, "online": 40, "theory": 40, "practice": 0}, "standards_fen": {"qualified": 60000}, "epidemic": true,
        });
        let (status, class) = self.json("POST", "/v1/classes", class.to_string()).await;
        assert_eq!(status, StatusCode::CREATED, "{class}");
        let trainee = |(place, number): (usize, &String)| json!({"external_id": format!("T{place}"), "name": "例", "id_number": number, "category": "employee"});
        let roster = json!({"trainees": numbers.iter().enumerate().map(trainee).collect::<Vec<_>>()});
        let (status, told) = self.json("PUT", "/v1/classes/ext:C1/roster", roster.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        class["id"].as_str().expect("an id").to_owned()
    }
}

#[tokio::test]
async fn a_list_is_evidence_and_the_lake_knows_of_it_only_who_is_on_a_roster() {
    let site = Site::open(|_| {}).await;
    let [one, other, stranger] = ["61090219550302002", "61090219900302002", "61090219400302002"].map(with_checksum);
    let class = site.class(&[one.clone(), other]).await;
    let body = format!("身份证号,领取日期\n{one},2015-03-01\n{stranger},2000-03-01\n610902194003020020000,2000-03-01\n");
    let (status, told) = site.json("POST", &format!("{PLACE}2020-03-01"), body.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{told}");
    assert_eq!((&told["entries"], &told["refused"], &told["people_on_rosters"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!((&told["refused_rows"][0]["row"], &told["refused_rows"][0]["code"]), (&json!(4), &json!("id_number")));
    assert_eq!(told["receipt"]["evidence"], told["evidence"]);
    let (_, evidence) = site.json("GET", &format!("/v1/evidence/{}", told["evidence"].as_str().expect("an id")), Body::empty()).await;
    assert_eq!((&evidence["kind"], &evidence["filename"]), (&json!("document"), &json!("a.csv")));

    let listed = site.rows("select list, p.trainee is not null as known, from_on, until_on, evidence, \"row\", source, as_of from listed left join roster p using (person)").await;
    let expected = json!({"list": "pension", "known": true, "from_on": "2015-03-01", "until_on": null, "evidence": told["evidence"], "row": 2,
        "source": "养老保险处", "as_of": "2020-03-01"});
    assert_eq!(listed, [expected]);
    let jobs = site.json("GET", "/v1/jobs?state=open", Body::empty()).await.1;
    let asked = jobs["items"].as_array().expect("a list").iter().any(|job| job["kind"] == "detect" && job["key"] == class.as_str());
    assert!(asked, "the rules look at the class again: {jobs}");
    let lines = trail::of(&site.app.db, "list", told["id"].as_str().expect("an id"), 10).await.expect("lines");
    assert_eq!(lines[0].detail.as_deref(), Some("pension, 2 entries, 1 refused"));

    // The same again changes nothing, an older one is refused, and a later one takes its place.
    let again = site.json("POST", &format!("{PLACE}2020-03-01"), body).await;
    assert_eq!((again.0, &again.1["id"]), (StatusCode::OK, &told["id"]));
    assert_eq!(
        site.code("POST", &format!("{PLACE}2020-02-01"), Body::from("身份证号\n")).await,
        (StatusCode::CONFLICT, "older_list".into())
    );
    let (status, later) = site.json("POST", &format!("{PLACE}2020-04-01"), format!("身份证号\n{stranger}\n")).await;
    assert_eq!(status, StatusCode::CREATED, "{later}");
    assert_eq!(site.rows("select * from listed").await, Vec::<Value>::new());
    let lists = site.json("GET", "/v1/lists", Body::empty()).await.1;
    assert_eq!((lists["items"].as_array().map(Vec::len), &lists["items"][0]["id"]), (Some(1), &later["id"]));
    assert_eq!(site.json("GET", "/v1/lists?history=true", Body::empty()).await.1["items"].as_array().map(Vec::len), Some(2));
    for text in [lists.to_string(), told.to_string(), jobs.to_string()] {
        assert!(!text.contains(&one) && !text.contains(&stranger), "{text}");
    }
}

#[tokio::test]
async fn a_networks_addresses_are_numbers_in_the_lake() {
    let site = Site::open(|_| {}).await;
    site.class(&[]).await;
    let body = "provider,network\nP1,203.0.113.0/24\nP1,2001:db8::/32\n";
    let (status, told) = site.json("POST", "/v1/lists/provider_network?source=P1&as_of=2020-03-01", body).await;
    assert_eq!((status, told.get("people_on_rosters")), (StatusCode::CREATED, None), "{told}");
    let rows = site.rows("select value, ip_until - ip_from as more, provider is not null as whose, person from listed order by 1").await;
    assert_eq!(
        rows,
        [
            json!({"value": "2001:db8::/32", "more": null, "whose": true, "person": null}),
            json!({"value": "203.0.113.0/24", "more": 255, "whose": true, "person": null}),
        ]
    );
}

#[tokio::test]
async fn what_is_no_list_is_refused_and_so_is_who_may_not_bring_one_in() {
    let mut site = Site::open(|_| {}).await;
    let place = format!("{PLACE}2020-03-01");
    let code = async |site: &Site, place: &str, body: &'static str| site.code("POST", place, Body::from(body)).await;
    assert_eq!(code(&site, &place, "姓名\n张伟\n").await, (StatusCode::UNPROCESSABLE_ENTITY, "unsupported_list".into()));
    assert_eq!(code(&site, &place, "身份证号\n1\n").await, (StatusCode::UNPROCESSABLE_ENTITY, "rows_at_fault".into()));
    assert_eq!(code(&site, &place, "").await, (StatusCode::UNPROCESSABLE_ENTITY, "empty_body".into()));
    assert_eq!(code(&site, &format!("{PLACE}2999-01-01"), "身份证号\n").await.1, "invalid");
    assert_eq!(code(&site, PLACE, "身份证号\n").await.1, "invalid");
    assert_eq!(code(&site, "/v1/lists/lottery?source=a&as_of=2020-03-01", "身份证号\n").await.1, "not_found");
    assert!(crate::store::list(&site.app.db, &crate::store::Filter::default(), 10).await.expect("lists").is_empty(), "nothing was kept");
    let (db, ids, now) = (site.app.db.clone(), site.app.ids.clone(), site.app.clock.now());
    for (role, may) in [(Role::Investigator, false), (Role::Inspector, false), (Role::Reviewer, true)] {
        site.token = identity::create_token(&db, &ids, now, role, &Scope::default(), "t").await.expect("made");
        let (status, _) = code(&site, &place, "身份证号\n1\n").await;
        assert_eq!(status, if may { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::FORBIDDEN }, "{role:?}");
        assert_eq!(site.json("GET", "/v1/lists", Body::empty()).await.0, StatusCode::OK, "{role:?}");
    }
}
