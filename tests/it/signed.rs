//! What platforms sign, as they live it: a key is registered, files are signed by a library that others wrote and by our own client, on both
//! ways in; what is wrongly signed is refused and said why; and the signature is in the bundle, under the log.

use crate::site::{self, Engine, Site, succeeded};
use keshi::simulate::{self, Client, Plan, Scale};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_a_folder() {
    story(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_and_s3() {
    story(Engine::Large).await;
}

struct House {
    site: Site,
    client: Client,
    platform: &'static str,
    token: String,
    class: String,
}

async fn story(engine: Engine) {
    let (house, server) = House::open(engine).await;
    let key = house.key("one");
    let registered = house.register(&key, "one", "no").await;
    assert_eq!(registered["log_index"].as_u64().map(|_| ()), Some(()), "{registered}");
    house.only_its_own_platform_registers(&key).await;

    // Signed by a library, and sent twice.
    let told = house.sends(&key, "one", "一.txt", "request", "none");
    assert_eq!((told.0, signers(&told.1)), (201, vec!["one".to_owned()]), "{told:?}");
    let first = told.1["id"].as_str().unwrap().to_owned();
    let told = house.sends(&key, "one", "一.txt", "request", "none");
    assert_eq!((told.0, told.1["id"].as_str()), (200, Some(first.as_str())));
    let kept = house.evidence(&first).await;
    assert_eq!(signers(&kept), ["one"], "signed twice by one key is signed once");
    assert!(kept["signatures"][0]["log"]["index"].is_u64() && kept["signatures"][0]["document"]["base"].is_string(), "{kept}");

    // Bytes that came unsigned are signed later; another key may sign them, too.
    let unsigned = house.unsigned("二.txt").await;
    assert_eq!((unsigned.0, signers(&unsigned.1)), (201, vec![]));
    assert_eq!(house.sends(&key, "one", "二.txt", "request", "none").0, 200);
    let two = house.key("two");
    house.register(&two, "two", "no").await;
    assert_eq!(house.sends(&two, "two", "二.txt", "upload", "none").0, 200);
    assert_eq!(signers(&house.evidence(unsigned.1["id"].as_str().unwrap()).await), ["one", "two"]);

    // Uploads in parts: by the library, and by our own client.
    let told = house.sends(&key, "one", "三.txt", "upload", "none");
    assert_eq!((told.0, told.1["state"].as_str(), signers(&told.1["evidence"])), (200, Some("kept"), vec!["one".to_owned()]), "{told:?}");
    let told = house.submits(&two, "two", "四.txt");
    assert_eq!(signers(&told), ["two"], "{told}");

    for (way, defect, status, code) in [
        ("request", "body", 422, "digest_mismatch"),
        ("request", "query", 403, "signature_wrong"),
        ("request", "old", 403, "signature_stale"),
        ("request", "few", 400, "signature_covers_too_little"),
        ("upload", "body", 422, "digest_mismatch"),
        ("upload", "old", 403, "signature_stale"),
        ("upload", "few", 400, "signature_covers_too_little"),
    ] {
        let told = house.sends(&key, "one", "五.txt", way, defect);
        assert_eq!((told.0, told.1["code"].as_str()), (status, Some(code)), "{way} {defect}: {told:?}");
    }
    assert_eq!(house.sends(&key, "two", "五.txt", "request", "none").1["code"], "signature_wrong", "the name of another key");
    assert_eq!(house.sends(&key, "nobody", "五.txt", "request", "none").1["code"], "unknown_key");
    let foreign = house.key("foreign");
    let public = house.public(&foreign);
    let other = if house.platform == "sx-zxpx" { "px-class" } else { "sx-zxpx" };
    house.site.run(&["key", "register", public.to_str().unwrap(), "--platform", other, "--name", "foreign"]);
    assert_eq!(house.sends(&foreign, "foreign", "五.txt", "request", "none").1["code"], "foreign_key");
    house.live_events_are_not_signed().await;

    // From now on files are signed; what is not is refused, and a token alone does not lift that.
    let strict = house.key("strict");
    let public = house.public(&strict);
    house.site.run(&["key", "register", public.to_str().unwrap(), "--platform", house.platform, "--name", "strict", "--required", "files"]);
    assert_eq!(house.unsigned("六.txt").await.1["code"], "signature_required");
    assert_eq!(house.sends(&strict, "strict", "六.txt", "request", "none").0, 201);
    let place = format!("{}/{}/revoke", house.keys(), registered["id"].as_str().unwrap());
    assert_eq!(house.asks(&house.token, &place, &json!({})).await.1["code"], "forbidden");
    let (status, revoked) = house.asks(&house.client.access.admin, &place, &json!({})).await;
    assert_eq!((status, revoked["revoked_from"].is_string()), (StatusCode::OK, true), "{revoked}");
    assert_eq!(house.sends(&key, "one", "七.txt", "request", "none").1["code"], "key_revoked");
    house.site.run(&["key", "revoke", "strict"]);
    assert_eq!(house.unsigned("七.txt").await.0, 201, "nothing is required any more");
    let listed = house.client.get(&house.keys()).await.unwrap();
    let live: Vec<&Value> = listed["items"].as_array().unwrap().iter().filter(|key| key["revoked_from"].is_null()).collect();
    assert_eq!((live.len(), live[0]["key"].as_str(), listed["items"].as_array().unwrap().len()), (1, Some("two"), 3), "{listed}");

    let bundle = house.site.place("class.zip");
    let id = house.client.get(&format!("/v1/classes/ext:{}", house.class)).await.unwrap()["id"].clone();
    std::fs::write(&bundle, house.client.post_for_bytes("/v1/bundles", &json!({"class": id})).await.unwrap()).unwrap();
    std::fs::write(house.site.place("trust.json"), house.client.get_bytes("/log/trust.json").await.unwrap()).unwrap();
    server.stop();
    let verified =
        Command::new(env!("CARGO_BIN_EXE_keshi")).arg("verify").arg(&bundle).arg("--trust").arg(house.site.place("trust.json")).output();
    let verified = succeeded(&verified.unwrap());
    let proven = |kind: &str| verified.lines().filter(|line| line.starts_with("proven") && line.contains(kind)).count();
    assert_eq!((proven("  signature "), proven("  key ")), (6, 5), "{verified}");
    assert!(verified.lines().last().unwrap().contains("0 missing, 0 mismatch"), "{verified}");
    let checked = house.site.run(&["fsck"]);
    assert!(checked.ends_with("all holds") && checked.contains("4 keys, 6 signatures"), "{checked}");
}

/// The names of the keys that signed an answer's evidence.
fn signers(told: &Value) -> Vec<String> {
    told["signatures"].as_array().into_iter().flatten().map(|one| one["key"].as_str().unwrap().to_owned()).collect()
}

impl House {
    async fn open(engine: Engine) -> (House, site::Server) {
        let site = Site::new(engine).await;
        let server = site.start().await;
        let mut plan: Plan = simulate::plan(3, Scale::Class);
        plan.classes.truncate(1);
        let class = &mut plan.classes[0];
        class.items.clear();
        class.lessons.iter_mut().for_each(|lesson| lesson.items.clear());
        let client = site.access(&plan).await;
        simulate::send(&plan, &site.place("nothing"), &client, &indicatif::ProgressBar::hidden()).await.unwrap();
        let (platform, class) = (plan.classes[0].platform, plan.classes[0].external_id.clone());
        let token = client.access.platforms[platform].clone();
        (House { site, client, platform, token, class }, server)
    }

    fn keys(&self) -> String {
        format!("/v1/platforms/{}/keys", self.platform)
    }

    /// A private key, as openssl makes it.
    fn key(&self, name: &str) -> PathBuf {
        let path = self.site.place(&format!("{name}.pem"));
        succeeded(&Command::new("openssl").args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(&path).output().unwrap());
        path
    }

    /// Its public key.
    fn public(&self, key: &Path) -> PathBuf {
        let path = key.with_extension("pub");
        succeeded(&Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(key).arg("-out").arg(&path).output().unwrap());
        path
    }

    async fn asks(&self, token: &str, place: &str, body: &Value) -> (StatusCode, Value) {
        let place = format!("{}{place}", self.site.address());
        let answer = site::client().post(place).bearer_auth(token).json(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// The platform registers a key of its own.
    async fn register(&self, key: &Path, name: &str, required: &str) -> Value {
        let public_key = std::fs::read_to_string(self.public(key)).unwrap();
        let body = json!({"public_key": public_key, "name": name, "required": required});
        let (status, registered) = self.asks(&self.token, &self.keys(), &body).await;
        assert_eq!((status, registered["pem"].as_str()), (StatusCode::CREATED, Some(public_key.as_str())), "{registered}");
        registered
    }

    async fn only_its_own_platform_registers(&self, key: &Path) {
        let body = json!({"public_key": std::fs::read_to_string(self.public(key)).unwrap()});
        let stranger = self.site.token("platform", &["--platform", if self.platform == "sx-zxpx" { "px-class" } else { "sx-zxpx" }]);
        let provider = self.client.access.providers.values().next().unwrap();
        for (token, code) in [(&stranger, "unknown_platform"), (provider, "forbidden"), (&self.client.access.inspector, "forbidden")] {
            assert_eq!(self.asks(token, &self.keys(), &body).await.1["code"], code);
        }
        assert_eq!(self.asks(&self.token, &self.keys(), &body).await.1["code"], "duplicate", "a key has one name");
    }

    fn file(&self, name: &str) -> PathBuf {
        let path = self.site.place(name);
        std::fs::write(&path, format!("{name}：培训证明\n").repeat(100)).unwrap();
        path
    }

    /// Hands over a file by the library's client; the status and the answer.
    fn sends(&self, key: &Path, name: &str, file: &str, way: &str, defect: &str) -> (u16, Value) {
        let python = std::env::var("KESHI_TEST_PYTHON").expect("KESHI_TEST_PYTHON names no Python: run the tests with `make test`");
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/signed.py"));
        command.args([&self.site.address(), &self.token]).arg(key).arg(name).arg(self.file(file));
        command.args([way, defect, "document", &format!("ext:{}", self.class)]);
        let told: Value = serde_json::from_str(&succeeded(&command.output().unwrap())).unwrap();
        (told["status"].as_u64().unwrap() as u16, told["body"].clone())
    }

    /// Hands over a file by our own client; the answer.
    fn submits(&self, key: &Path, name: &str, file: &str) -> Value {
        let mut command = self.site.keshi(&["submit", "--kind", "document", "--json", "--class", &format!("ext:{}", self.class)]);
        command.args(["--server", &self.site.address(), "--token", &self.token, "--key-name", name]);
        command.arg("--key").arg(key).arg(self.file(file));
        serde_json::from_str(&succeeded(&command.output().unwrap())).unwrap()
    }

    async fn unsigned(&self, file: &str) -> (u16, Value) {
        let query = [("kind", "document"), ("class", &format!("ext:{}", self.class)), ("filename", file)];
        let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", self.site.address()), query).unwrap();
        let body = std::fs::read(self.file(file)).unwrap();
        let answer = site::client().post(place).bearer_auth(&self.token).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn evidence(&self, id: &str) -> Value {
        self.client.get(&format!("/v1/evidence/{id}")).await.unwrap()
    }

    /// What is gathered with others has no signature of its own, so that none is taken.
    async fn live_events_are_not_signed(&self) {
        for (method, place) in [
            (Method::POST, format!("/v1/attendance?class=ext:{}", self.class)),
            (Method::POST, format!("/xapi/ext:{}/statements", self.class)),
        ] {
            let request = site::client().request(method, format!("{}{place}", self.site.address())).bearer_auth(&self.token);
            let request = request.header("content-type", "application/json").header("x-experience-api-version", "1.0.3");
            let answer = request.header("signature-input", "a=()").header("signature", "a=:AA==:").body("{}").send().await.unwrap();
            let told: Value = answer.json().await.unwrap();
            assert_eq!(told["code"], "signature_not_taken", "{place}: {told}");
        }
    }
}
