//! Uploads that break off and go on, with clients that others wrote and with our own, over cut connections and killed servers.

use crate::site::{self, Cutter, Engine, Server, Site, is_sha256, succeeded};
use keshi::simulate::{self, Client, Plan, Scale};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Bytes of a file that is sent; more than two parts of the server's.
const SIZE: usize = 40 << 20;
/// Most bytes of one connection.
const MOST: u64 = 6 << 20;
/// Connections cut.
const CUTS: u64 = 8;
/// Servers killed on the way of one file.
const DEATHS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_a_folder() {
    story(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_and_s3() {
    story(Engine::Large).await;
}

/// A client, as a command with the address it is to speak to.
type How = fn(&World, &str, &Path) -> Command;

struct World {
    site: Site,
    client: Client,
    class: String,
    token: String,
}

async fn story(engine: Engine) {
    let site = Site::new(engine).await;
    let mut server = site.start().await;
    let mut plan = simulate::plan(3, Scale::Class);
    let class = &mut plan.classes[0];
    class.items.clear();
    class.lessons.iter_mut().for_each(|lesson| lesson.items.clear());
    plan.classes.truncate(1);
    let client = site.access(&plan).await;
    simulate::send(&plan, &site.place("nothing"), &client, &indicatif::ProgressBar::hidden()).await.unwrap();
    let class = plan.classes[0].external_id.clone();
    let token = client.access.platforms[plan.classes[0].platform].clone();
    let world = World { site, client, class: format!("ext:{class}"), token };

    for (seed, how) in [(1, tus_js as How), (2, tuspy), (3, submit)] {
        server = over_cut_connections(&world, seed, how, server).await;
        server = over_killed_servers(&world, seed + 10, how, server).await;
    }
    a_log_is_refused_row_by_row_and_stays_refused(&world, &plan).await;
    what_is_no_upload_is_told_so(&world).await;

    simulate::settle(&world.client, Duration::from_secs(100), &indicatif::ProgressBar::hidden()).await.unwrap();
    server.stop();
    let said = world.site.run(&["fsck"]);
    assert!(said.ends_with("all holds") && !world.site.objects().join("staged").exists_with_files(), "{said}");
}

/// Whether anything is left below a folder.
trait Left {
    fn exists_with_files(&self) -> bool;
}

impl Left for PathBuf {
    fn exists_with_files(&self) -> bool {
        let entries = std::fs::read_dir(self).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).any(|path| path.is_file() || path.exists_with_files())
    }
}

fn tus_js(world: &World, address: &str, file: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/tus.mjs"));
    with(command, world, address, file)
}

fn tuspy(world: &World, address: &str, file: &Path) -> Command {
    let python = std::env::var("KESHI_TEST_PYTHON").expect("KESHI_TEST_PYTHON names no Python: run the tests with `make test`");
    let mut command = Command::new(python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/tus.py"));
    with(command, world, address, file)
}

fn with(mut command: Command, world: &World, address: &str, file: &Path) -> Command {
    let name = file.file_name().unwrap().to_str().unwrap();
    let metadata = json!({"kind": "document", "class": world.class, "filename": name}).to_string();
    let store = file.with_extension("store");
    command.args([&format!("{address}/v1/uploads"), &world.token]).arg(file).arg(store).arg(metadata);
    command.env("no_proxy", "*");
    command
}

fn submit(world: &World, address: &str, file: &Path) -> Command {
    let mut command = world.site.keshi(&["submit", "--kind", "document", "--json", "--server", address, "--class", &world.class]);
    command.arg(file).env("KESHI_TOKEN", &world.token);
    command
}

/// A file of bytes that say nothing.
fn noise(world: &World, seed: u8) -> (PathBuf, Vec<u8>) {
    use rand::{Rng, SeedableRng};
    let mut bytes = vec![0; SIZE];
    rand::rngs::StdRng::seed_from_u64(seed.into()).fill_bytes(&mut bytes);
    let place = world.site.place(&format!("noise-{seed}.bin"));
    std::fs::write(&place, &bytes).unwrap();
    (place, bytes)
}

async fn ended(mut command: Command) -> Output {
    command.stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What the client sent is evidence, byte for byte, and the client was told which.
async fn arrived(world: &World, said: &str, bytes: &[u8]) {
    let told = match serde_json::from_str::<Value>(said) {
        Ok(told) => told,
        Err(_) => {
            let place = format!("{}{said}", world.site.address());
            let told = site::client().get(place).bearer_auth(&world.token).send().await.unwrap().json::<Value>().await.unwrap();
            assert_eq!(told["state"], "kept", "{told}");
            told["evidence"].clone()
        }
    };
    assert!(is_sha256(&told["sha256"], bytes) && told["receipt"]["log"]["index"].is_u64(), "{told}");
    let content = format!("/v1/evidence/{}/content", told["id"].as_str().unwrap());
    assert!(world.client.get_bytes(&content).await.unwrap() == bytes, "the bytes are those that were sent");
}

async fn over_cut_connections(world: &World, seed: u8, how: How, server: Server) -> Server {
    let (file, bytes) = noise(world, seed);
    let cutter = Cutter::before(world.site.port(), MOST, CUTS).await;
    let said = succeeded(&ended(how(world, &cutter.address(), &file)).await);
    assert!(cutter.cuts() >= 3, "the connections were cut {} times", cutter.cuts());
    arrived(world, &said, &bytes).await;
    server
}

/// The client is ended in the middle and started again, and the server is killed under it.
async fn over_killed_servers(world: &World, seed: u8, how: How, mut server: Server) -> Server {
    let (file, bytes) = noise(world, seed);
    let cutter = Cutter::before(world.site.port(), MOST, CUTS).await;
    let mut first = how(world, &cutter.address(), &file);
    let mut first = first.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut before = received(world, &file, 1).await;
    first.kill().unwrap();
    first.wait().unwrap();
    // What it had sent still comes in. The server is killed under the next one only once that is sending itself: tuspy asks its first
    // question once and gives up.
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let settled = std::mem::replace(&mut before, received(world, &file, 0).await);
        if settled == before {
            break;
        }
    }

    let mut again = Box::pin(tokio::spawn(ended(how(world, &cutter.address(), &file))));
    let mut early = None;
    for _ in 0..DEATHS {
        let more = received(world, &file, (before + 1).min(SIZE as u64));
        before = tokio::select! {
            biased;
            there = more => there,
            output = &mut again, if early.is_none() => {
                let output = early.insert(output.unwrap());
                assert!(output.status.success(), "the client gave up: {output:?}\n{}", world.site.said());
                SIZE as u64
            }
        };
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..200))).await;
        server.kill();
        server = world.site.start().await;
        let after = received(world, &file, 0).await;
        assert!(after >= before, "of {before} bytes that were acknowledged {after} are there after a kill");
    }
    let output = match early {
        Some(output) => output,
        None => again.await.unwrap(),
    };
    arrived(world, &succeeded(&output), &bytes).await;
    server
}

/// Waits until as many bytes of a file are there, and says how many there are.
async fn received(world: &World, file: &Path, least: u64) -> u64 {
    let name = file.file_name().unwrap().to_str().unwrap();
    let place = format!("{}/v1/uploads?limit=500", world.site.address());
    for _ in 0..2_000 {
        let answer = site::client().get(&place).bearer_auth(&world.token).send().await.unwrap();
        let told = answer.json::<Value>().await.unwrap();
        let upload = told["items"].as_array().unwrap().iter().find(|item| item["claim"]["filename"] == name);
        let there = upload.map_or(0, |item| item["received"].as_u64().unwrap());
        if there >= least {
            return there;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = site::client().get(&place).bearer_auth(&world.token).send().await.unwrap().text().await.unwrap();
    panic!("nothing arrives of {name}, {least} wanted:\n{told}\n{}", world.site.said());
}

async fn a_log_is_refused_row_by_row_and_stays_refused(world: &World, plan: &Plan) {
    let file = world.site.place("wrong.csv");
    std::fs::write(&file, "trainee,kind,at\next:nobody-knows-when,join,soon\n").unwrap();
    let lesson = format!("ext:{}", plan.classes[0].lessons[0].external_id);
    let address = world.site.address();
    let mut command =
        world.site.keshi(&["submit", "--kind", "attendance", "--server", &address, "--class", &world.class, "--lesson", &lesson]);
    let refused = command.arg(&file).env("KESHI_TOKEN", &world.token).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && said.contains("None of the 1 rows") && said.contains("row 2: "), "{said}");
    let list = format!("{address}/v1/uploads?limit=500");
    let told = site::client().get(&list).bearer_auth(&world.token).send().await.unwrap().json::<Value>().await.unwrap();
    let last = told["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["state"], "refused", "{last}");
    let place = format!("{address}/v1/uploads/{}", last["id"].as_str().unwrap());
    let told = site::client().get(place).bearer_auth(&world.token).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!((&told["problem"]["code"], &told["problem"]["rows"][0]["row"]), (&json!("unreadable_log"), &json!(2)), "{told}");
}

/// The protocol's own answers, and what is beside it.
async fn what_is_no_upload_is_told_so(world: &World) {
    let http = site::client();
    let base = format!("{}/v1/uploads", world.site.address());
    let options = http.request(reqwest::Method::OPTIONS, &base).send().await.unwrap();
    assert_eq!((options.status(), options.headers()["tus-version"].to_str().unwrap()), (StatusCode::NO_CONTENT, "1.0.0"));
    assert_eq!(options.headers()["tus-extension"], "creation,creation-with-upload,checksum,expiration,termination");

    let begin = |length: &'static str, metadata: &'static str| {
        let request = http.post(&base).bearer_auth(&world.token).header("tus-resumable", "1.0.0");
        request.header("upload-length", length).header("upload-metadata", metadata)
    };
    const DOCUMENT: &str = "kind ZG9jdW1lbnQ="; // document
    for (request, status, code) in [
        (instead(begin("5", DOCUMENT), "tus-resumable", "0.2.2"), StatusCode::PRECONDITION_FAILED, "tus_version"),
        (http.post(&base).bearer_auth(&world.token), StatusCode::PRECONDITION_FAILED, "tus_version"),
        (begin("-1", DOCUMENT), StatusCode::BAD_REQUEST, "invalid"),
        (begin("5", "kind !"), StatusCode::BAD_REQUEST, "invalid"),
        (begin("5", ""), StatusCode::BAD_REQUEST, "invalid"),
        (begin("9000000000000000000", DOCUMENT), StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        (begin("0", DOCUMENT), StatusCode::UNPROCESSABLE_ENTITY, "empty_body"),
        (http.post(&base).header("tus-resumable", "1.0.0"), StatusCode::UNAUTHORIZED, "unauthenticated"),
    ] {
        refused(request, status, code).await;
    }

    let begun = begin("5", DOCUMENT).header("content-type", "application/offset+octet-stream").body("he").send().await.unwrap();
    assert_eq!((begun.status(), begun.headers()["upload-offset"].to_str().unwrap()), (StatusCode::CREATED, "2"));
    let expires = begun.headers()["upload-expires"].to_str().unwrap();
    assert!(httpdate_is_ahead(expires), "{expires}");
    let place = format!("{}{}", world.site.address(), begun.headers()["location"].to_str().unwrap());
    let part = |offset: &'static str, body: &'static str| {
        let request = http.patch(&place).bearer_auth(&world.token).header("tus-resumable", "1.0.0").header("upload-offset", offset);
        request.header("content-type", "application/offset+octet-stream").body(body)
    };
    let stranger = world.client.access.admin.clone();
    for (request, status, code) in [
        (part("3", "lo"), StatusCode::CONFLICT, "offset_conflict"),
        (
            part("2", "llo").header("upload-checksum", "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
            StatusCode::from_u16(460).unwrap(),
            "checksum_mismatch",
        ),
        (part("2", "llo").header("upload-checksum", "md5 AAAA"), StatusCode::BAD_REQUEST, "invalid"),
        (instead(part("2", "llo"), "content-type", "text/plain"), StatusCode::UNSUPPORTED_MEDIA_TYPE, "offset_stream"),
        (http.patch(&place).bearer_auth(&stranger).header("tus-resumable", "1.0.0"), StatusCode::UNSUPPORTED_MEDIA_TYPE, "offset_stream"),
        (http.get(&place).bearer_auth(&stranger), StatusCode::NOT_FOUND, "unknown_upload"),
        (http.post(&place).bearer_auth(&world.token), StatusCode::BAD_REQUEST, "method_not_allowed"),
    ] {
        refused(request, status, code).await;
    }
    let head = http.head(&place).bearer_auth(&world.token).header("tus-resumable", "1.0.0").send().await.unwrap();
    assert!(head.headers()["upload-offset"] == "2" && head.headers()["upload-length"] == "5", "{head:?}");
    let over = http.post(&place).bearer_auth(&world.token).header("tus-resumable", "1.0.0").header("x-http-method-override", "PATCH");
    let over =
        over.header("upload-offset", "2").header("content-type", "application/offset+octet-stream").body("llo").send().await.unwrap();
    assert_eq!((over.status(), over.headers()["upload-offset"].to_str().unwrap()), (StatusCode::NO_CONTENT, "5"));
    let told = http.get(&place).bearer_auth(&world.token).send().await.unwrap().json::<Value>().await.unwrap();
    assert!(told["state"] == "kept" && is_sha256(&told["evidence"]["sha256"], b"hello"), "{told}");

    let gone = http.delete(&place).bearer_auth(&world.token).header("tus-resumable", "1.0.0").send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    refused(http.get(&place).bearer_auth(&world.token), StatusCode::NOT_FOUND, "unknown_upload").await;
    let evidence = format!("/v1/evidence/{}", told["evidence"]["id"].as_str().unwrap());
    assert_eq!(world.client.get(&evidence).await.unwrap()["size"], 5, "what became evidence stays");
}

/// A request with another value of a header; `header` would add a second one.
fn instead(request: reqwest::RequestBuilder, name: &'static str, value: &'static str) -> reqwest::RequestBuilder {
    request.headers([(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect())
}

async fn refused(request: reqwest::RequestBuilder, status: StatusCode, code: &str) {
    let answer = request.send().await.unwrap();
    let (got, version) = (answer.status(), answer.headers().get("tus-version").cloned());
    let body: Value = answer.json().await.unwrap();
    assert_eq!((got, body["code"].as_str().unwrap()), (status, code), "{body}");
    assert_eq!(version.is_some(), status == StatusCode::PRECONDITION_FAILED, "a refused version is answered with those there are");
}

fn httpdate_is_ahead(text: &str) -> bool {
    let at = chrono::NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S GMT").unwrap().and_utc();
    at > keshi::time::Clock::System.now().utc() + chrono::Duration::days(6)
}
