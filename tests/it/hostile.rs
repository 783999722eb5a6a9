//! What platforms, providers and strangers send by mistake or on purpose, over HTTP: each gets a problem with a stable code and a
//! sentence that says what to do, and nothing that was kept before changes.

use crate::site::{self, Engine, Site, medium};
use futures::StreamExt;
use keshi::register::id_number::with_checksum;
use keshi::simulate::{self, Client, Plan, Scale};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_a_folder() {
    everything_bad(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_and_s3() {
    everything_bad(Engine::Large).await;
}

/// A server with two classes of two providers and one log that is kept.
struct House {
    site: Site,
    http: reqwest::Client,
    client: Client,
    plan: Plan,
}

async fn everything_bad(engine: Engine) {
    let limits =
        [("KESHI__LIMITS__SCREENSHOT_BYTES", "100000"), ("KESHI__LIMITS__LIST_BYTES", "1000000"), ("KESHI__SERVER__IDLE_SECONDS", "5")];
    let site = Site::with(engine, &limits).await;
    let server = site.start().await;
    let mut plan = simulate::plan(3, Scale::Class);
    for class in &mut plan.classes {
        class.items.clear();
        class.lessons.iter_mut().for_each(|lesson| lesson.items.clear());
    }
    let client = site.access(&plan).await;
    simulate::send(&plan, &site.place("nothing"), &client, &indicatif::ProgressBar::hidden()).await.unwrap();
    let house = House { site, http: site::client(), client, plan };
    let kept = house.evidence("attendance", &[]).body(house.log()).send().await.unwrap();
    assert_eq!(kept.status(), StatusCode::CREATED);
    let first: Value = kept.json().await.unwrap();

    let before = house.state().await;
    house.bad_evidence().await;
    house.bad_rights().await;
    house.bad_plans().await;
    house.bad_questions().await;
    house.a_body_that_breaks_off().await;
    house.a_request_that_never_says_what_it_wants().await;
    assert_eq!(house.state().await, before, "what is refused leaves nothing behind");

    let again = house.evidence("attendance", &[]).body(house.log()).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::OK, "the same bytes for the same place are there already");
    let again: Value = again.json().await.unwrap();
    for place in ["/evidence", "/received_at", "/sha256", "/log/index", "/log/leaf"].map(|part| format!("/receipt{part}")) {
        assert_eq!(again.pointer(&place), first.pointer(&place), "{place}");
    }
    house.hostile_media().await;
    server.stop();
    assert!(house.site.run(&["fsck"]).ends_with("all holds"));
}

/// Sends it, and holds the answer against what must come: a problem with this status and code, and a sentence.
async fn refused(what: &str, request: RequestBuilder, status: u16, code: &str) -> Value {
    let answer = request.send().await.unwrap_or_else(|error| panic!("{what}: {error}"));
    let (got, kind) = (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap().to_owned());
    let text = answer.text().await.unwrap();
    let problem: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{what}: {got} {text}"));
    assert_eq!((got, problem["code"].as_str(), kind.as_str()), (status, Some(code), "application/problem+json"), "{what}: {text}");
    let sentence = problem["detail"].as_str().unwrap();
    assert!(sentence.len() > 20 && sentence.ends_with('.'), "{what}: {sentence}");
    assert!(problem["status"] == got && problem["title"].is_string(), "{what}: {text}");
    problem
}

impl House {
    /// A request to hand over evidence for the first lesson of the first class, as its platform; the query may be added to or changed.
    fn evidence(&self, kind: &str, change: &[(&str, &str)]) -> RequestBuilder {
        let class = &self.plan.classes[0];
        let (in_class, in_lesson) = (format!("ext:{}", class.external_id), format!("ext:{}", class.lessons[0].external_id));
        let mut query = vec![("kind", kind), ("class", &in_class), ("lesson", &in_lesson)];
        query.retain(|(name, _)| !change.iter().any(|(changed, _)| changed == name));
        query.extend(change.iter().filter(|(_, value)| !value.is_empty()));
        let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", self.site.address()), query).unwrap();
        self.http.post(place).bearer_auth(&self.client.access.platforms[class.platform])
    }

    fn call(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.site.address())).bearer_auth(token)
    }

    fn log(&self) -> Vec<u8> {
        let class = &self.plan.classes[0];
        let (who, at) = (&class.trainees[0].external_id, class.lessons[0].starts_at);
        format!("{{\"trainee\":\"ext:{who}\",\"kind\":\"join\",\"at\":\"{at}\"}}\n").into_bytes()
    }

    /// All that could have changed: the catalogue, the plan, and the size of the log.
    async fn state(&self) -> Vec<Value> {
        simulate::settle(&self.client, Duration::from_secs(120), &indicatif::ProgressBar::hidden()).await.unwrap();
        let mut state = vec![self.client.get("/v1/evidence").await.unwrap(), self.client.get("/v1/classes").await.unwrap()];
        for class in &self.plan.classes {
            for list in ["roster", "lessons"] {
                state.push(self.client.get(&format!("/v1/classes/ext:{}/{list}", class.external_id)).await.unwrap());
            }
        }
        let checkpoint = String::from_utf8(self.client.get_bytes("/log/checkpoint").await.unwrap()).unwrap();
        state.push(json!(checkpoint.lines().nth(1)));
        state
    }

    async fn bad_evidence(&self) {
        let other = self.client.get(&format!("/v1/classes/ext:{}/lessons", self.plan.classes[1].external_id)).await.unwrap();
        let foreign = other["items"][0]["id"].as_str().unwrap();
        let bmp = |width: u32| {
            let mut bytes = Cursor::new(Vec::new());
            image::RgbImage::new(width, 400).write_to(&mut bytes, image::ImageFormat::Bmp).unwrap();
            bytes.into_inner()
        };
        let video = medium("carphone_pristine.mp4");
        let workbook = workbook(&self.plan.classes[0].trainees[0].external_id);
        for (what, request, status, code) in [
            ("nothing at all", self.evidence("attendance", &[]).body(""), 422, "empty_body"),
            ("no kind", self.evidence("", &[]).body("x"), 400, "invalid"),
            ("a kind there is not", self.evidence("selfie", &[]).body("x"), 400, "invalid"),
            ("too many bytes, announced", self.evidence("screenshot", &[]).body(bmp(400)), 413, "too_large"),
            ("a video as a picture", self.evidence("screenshot", &[]).body(video[..9_000].to_vec()), 422, "wrong_type"),
            ("a text as a video", self.evidence("video", &[]).body("这不是视频"), 422, "wrong_type"),
            ("a video as a log", self.evidence("attendance", &[]).body(video), 422, "wrong_type"),
            (
                "bytes of no encoding",
                self.evidence("attendance", &[]).body([0xFF, 0x00, 0xFE, 0x81, 0x0A].repeat(99)),
                422,
                "unknown_format",
            ),
            ("prose", self.evidence("attendance", &[]).body("今天大家都来了。\n谢谢老师。\n"), 422, "unknown_format"),
            ("a workbook cut short", self.evidence("attendance", &[]).body(workbook[..workbook.len() / 2].to_vec()), 422, "corrupt_file"),
            ("a workbook that is a bomb", self.evidence("attendance", &[]).body(bomb(&workbook)), 422, "expands_too_far"),
            ("a format there is not", self.evidence("attendance", &[("format", "vhs")]).body(self.log()), 422, "unknown_format"),
            ("a log of another format", self.evidence("attendance", &[("format", "zoom")]).body(self.log()), 422, "unknown_format"),
            ("an unknown class", self.evidence("document", &[("class", "ext:no-such"), ("lesson", "")]).body("x"), 404, "unknown_class"),
            ("an unknown lesson", self.evidence("document", &[("lesson", "ext:no-such")]).body("x"), 404, "unknown_lesson"),
            ("a lesson of another class", self.evidence("document", &[("lesson", foreign)]).body("x"), 422, "foreign_lesson"),
            ("an unknown trainee", self.evidence("document", &[("trainee", "ext:no-such")]).body("x"), 404, "unknown_trainee"),
            ("an id that is none", self.evidence("document", &[("class", "42")]).body("x"), 400, "invalid_id"),
            ("a time that is none", self.evidence("document", &[("from", "yesterday")]).body("x"), 400, "invalid_time"),
            ("a time years off", self.evidence("document", &[("from", "2035-01-01T00:00:00+08:00")]).body("x"), 422, "time_far_off"),
            (
                "a span that runs backwards",
                self.evidence("document", &[("lesson", ""), ("from", "2020-03-03T10:00:00Z"), ("until", "2020-03-03T09:00:00Z")]).body("x"),
                422,
                "time_far_off",
            ),
            ("a zone there is not", self.evidence("attendance", &[("timezone", "Asia/Ankang")]).body(self.log()), 400, "invalid"),
            (
                "another digest than announced",
                self.evidence("document", &[]).header("content-digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:").body("x"),
                422,
                "digest_mismatch",
            ),
            ("a digest that is none", self.evidence("document", &[]).header("content-digest", "sha-256=:eHg=:").body("x"), 400, "invalid"),
        ] {
            refused(what, request, status, code).await;
        }
        // Nothing announces the size: it is noticed on the way.
        let endless = reqwest::Body::wrap_stream(futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 50_000])).take(40));
        refused("too many bytes, in pieces", self.evidence("screenshot", &[]).body(endless), 413, "too_large").await;
        let rows = "trainee,kind,at\next:no-such,join,gestern\next:no-such,dance,2020-03-03T09:00:00+08:00\n";
        let problem = refused("rows of which none can be read", self.evidence("attendance", &[]).body(rows), 422, "unreadable_log").await;
        let rows = problem["rows"].as_array().unwrap();
        assert!(rows.len() == 2 && rows.iter().all(|row| row["row"].is_u64() && row["code"].is_string()), "{problem}");
        assert!(!problem.to_string().contains("no-such"), "what stands in a row may be personal and is not repeated: {problem}");
    }

    async fn bad_rights(&self) {
        let (class, other) = (&self.plan.classes[0], &self.plan.classes[1]);
        let access = &self.client.access;
        let theirs = &access.providers[&self.plan.providers[other.provider].external_id];
        let place = format!("/v1/evidence?kind=document&class=ext:{}", class.external_id);
        let class = format!("/v1/classes/ext:{}", class.external_id);
        let decision = json!({ "decision": "approve" });
        for (what, request, status, code) in [
            ("no token", self.http.post(format!("{}{place}", self.site.address())).body("x"), 401, "unauthenticated"),
            // The sender gets to see why, though it is still sending: the connection is not reset under the answer.
            (
                "no token and much to send",
                self.http.post(format!("{}{place}", self.site.address())).body(vec![b'x'; 6 << 20]),
                401,
                "unauthenticated",
            ),
            ("a token of nobody", self.call(Method::POST, &place, "keshi_guess").body("x"), 401, "unauthenticated"),
            ("who only looks hands over", self.call(Method::POST, &place, &access.inspector).body("x"), 403, "forbidden"),
            ("for somebody else's class", self.call(Method::POST, &place, theirs).body("x"), 404, "unknown_class"),
            ("a look at somebody else's roster", self.call(Method::GET, &format!("{class}/roster"), theirs), 404, "unknown_class"),
            ("a provider approves", self.call(Method::POST, &format!("{class}/decision"), theirs).json(&decision), 403, "forbidden"),
            ("a provider reads findings", self.call(Method::GET, "/v1/findings", theirs), 403, "forbidden"),
            ("a provider asks the lake", self.call(Method::POST, "/v1/query", theirs).json(&json!({"sql": "select 1"})), 403, "forbidden"),
            ("a provider looks at jobs", self.call(Method::GET, "/v1/jobs", theirs), 403, "forbidden"),
        ] {
            refused(what, request, status, code).await;
        }
    }

    async fn bad_plans(&self) {
        let class = &self.plan.classes[0];
        let token = &self.client.access.providers[&self.plan.providers[class.provider].external_id];
        let put = |list: &str| self.call(Method::PUT, &format!("/v1/classes/ext:{}/{list}", class.external_id), token);
        let trainee = |number: &str| json!({ "external_id": "T", "name": "例", "id_number": number, "category": "employee" });
        let good = with_checksum("61090019900101001");
        for (what, request, status, code) in [
            ("a roster that is no JSON", put("roster").header("content-type", "application/json").body("{\"trainees\":"), 400, "invalid"),
            ("a roster of nothing", put("roster").body(""), 422, "unsupported_list"),
            ("a number that is none", put("roster").json(&json!({ "trainees": [trainee("六一零九")] })), 422, "rows_at_fault"),
            ("one trainee twice", put("roster").json(&json!({ "trainees": [trainee(&good), trainee(&good)] })), 422, "rows_at_fault"),
            ("a roster of a megabyte and more", put("roster").body("x".repeat(1_000_001)), 413, "too_large"),
            (
                "a lesson that ends before it starts",
                put("lessons").json(&json!({ "lessons": [{ "external_id": "L", "title": "课", "kind": "theory", "mode": "live",
                    "starts_at": "2020-03-03T10:00:00+08:00", "ends_at": "2020-03-03T09:00:00+08:00", "hours": 1, "teacher": "例" }] })),
                422,
                "rows_at_fault",
            ),
            ("a class of no shape", self.call(Method::POST, "/v1/classes", token).json(&json!({ "external_id": "X" })), 400, "invalid"),
        ] {
            refused(what, request, status, code).await;
        }
    }

    async fn bad_questions(&self) {
        let access = &self.client.access;
        let sql = |text: &str| self.call(Method::POST, "/v1/query", &self.site.token("investigator", &[])).json(&json!({ "sql": text }));
        for (what, request, status, code) in [
            ("a place there is not", self.call(Method::GET, "/v1/nowhere", &access.inspector), 404, "not_found"),
            ("a method there is not", self.call(Method::DELETE, "/v1/evidence", &access.inspector), 400, "method_not_allowed"),
            ("evidence under no id", self.call(Method::GET, "/v1/evidence/42", &access.inspector), 400, "invalid_id"),
            (
                "evidence there is not",
                self.call(Method::GET, "/v1/evidence/01900000-0000-7000-8000-000000000000", &access.inspector),
                404,
                "not_found",
            ),
            ("a query that writes", sql("create table a as select 1"), 422, "bad_query"),
            ("a query of a file", sql("select * from '/etc/passwd'"), 422, "bad_query"),
            ("a query of no grammar", sql("selekt"), 422, "bad_query"),
            ("a bundle of nothing", self.call(Method::POST, "/v1/bundles", &access.inspector).json(&json!({})), 400, "invalid"),
        ] {
            refused(what, request, status, code).await;
        }
    }

    /// The sender announces more than it sends, and goes away: whatever the answer, nothing is kept.
    async fn a_body_that_breaks_off(&self) {
        let token = &self.client.access.platforms[self.plan.classes[0].platform];
        let mut socket = tokio::net::TcpStream::connect(self.site.address().trim_start_matches("http://")).await.unwrap();
        let head = format!(
            "POST /v1/evidence?kind=document HTTP/1.1\r\nhost: keshi\r\nauthorization: Bearer {token}\r\ncontent-length: 5000\r\n\r\nonly this"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.is_empty() || answer.contains("\"truncated\""), "{answer}");
    }

    async fn a_request_that_never_says_what_it_wants(&self) {
        let mut socket = tokio::net::TcpStream::connect(self.site.address().trim_start_matches("http://")).await.unwrap();
        socket.write_all(b"GET /healthz HTTP/1.1\r\nx-slow: ").await.unwrap();
        let closed = tokio::time::timeout(Duration::from_secs(60), socket.read_to_end(&mut Vec::new())).await;
        assert!(closed.is_ok(), "the connection is still open");
    }

    /// Files that are what they claim by their first bytes are kept, since they are evidence; that they cannot be opened is a fact.
    async fn hostile_media(&self) {
        let mut broken = medium("bikes.mp4");
        let end = broken.len();
        broken[end / 3..].fill(0xA5);
        let cut = medium("bigbuckbunny.mp4")[..100_000].to_vec();
        let mut png = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\xEA\x60\0\0\xEA\x60\x08\x06\0\0\0".to_vec();
        png.extend(crc32fast::hash(&png[12..29]).to_be_bytes());
        png.extend(b"\0\0\0\x02IDAT\x78\x9C\0\0\0\0");
        let mut ids = Vec::new();
        for (kind, bytes) in [("video", broken), ("video", cut), ("screenshot", png)] {
            let answer = self.evidence(kind, &[]).body(bytes).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::CREATED);
            ids.push(answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned());
        }
        let dead = simulate::settle(&self.client, Duration::from_secs(300), &indicatif::ProgressBar::hidden()).await.unwrap();
        assert_eq!(dead, 0, "a file that cannot be opened is no failure of the server");
        for (place, id) in ids.iter().enumerate() {
            let evidence = self.client.get(&format!("/v1/evidence/{id}")).await.unwrap();
            let facts = &evidence["facts"];
            assert!(
                facts["cannot_be_analysed_because"].is_string() || facts["notes"].is_array(),
                "{place}: what is wrong with it is said: {evidence}"
            );
            assert!(evidence["receipt"]["log"]["index"].is_u64());
        }
    }
}

/// A canonical log as a workbook.
fn workbook(who: &str) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let who = format!("ext:{who}");
    for row in 0..200 {
        let cells = if row == 0 { ["trainee", "kind", "at"] } else { [who.as_str(), "join", "2020-03-03T09:00:00+08:00"] };
        for (column, cell) in cells.iter().enumerate() {
            sheet.write_string(row, column as u16, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// The same workbook, one sheet of which unpacks to a gigabyte.
fn bomb(workbook: &[u8]) -> Vec<u8> {
    let mut source = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut target = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for place in 0..source.len() {
        let mut entry = source.by_index(place).unwrap();
        let name = entry.name().unwrap().into_owned();
        target.start_file(&name, options).unwrap();
        std::io::copy(&mut entry, &mut target).unwrap();
        if name.ends_with("sheet1.xml") {
            let blanks = vec![b' '; 1 << 20];
            (0..1024).for_each(|_| target.write_all(&blanks).unwrap());
        }
    }
    target.finish().unwrap().into_inner()
}
