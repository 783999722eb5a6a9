//! The whole story on both engines, as outside clients live it: classes are opened, platforms and providers hand over real export
//! files, recordings and pictures, hours are credited and doubted, and one hour is taken away and verified without the server.

use crate::site::{self, Engine, Site, is_sha256, medium, succeeded};
use keshi::simulate::{self, Answers, Client, Plan, Scale};
use keshi::time::Time;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A file that nobody here made, and what must be found in it: places in the facts with their JSON.
struct Real {
    name: &'static str,
    kind: &'static str,
    facts: &'static [(&'static str, &'static str)],
}

const REAL: &[Real] = &[
    Real { name: "carphone_pristine.mp4", kind: "video", facts: &[("/container", "\"mp4\""), ("/width", "176"), ("/height", "144")] },
    Real { name: "bikes.mp4", kind: "video", facts: &[("/container", "\"mp4\""), ("/width", "640"), ("/height", "272")] },
    Real { name: "bigbuckbunny.mp4", kind: "video", facts: &[("/container", "\"mp4\""), ("/width", "1280"), ("/height", "720")] },
    Real { name: "iphone.jpg", kind: "screenshot", facts: &[("/container", "\"jpeg\""), ("/exif/make", "\"Apple\"")] },
];

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_a_folder() {
    story(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_and_s3() {
    story(Engine::Large).await;
}

async fn story(engine: Engine) {
    let site = Site::new(engine).await;
    let server = site.start().await;
    let plan = simulate::plan(1, Scale::Class);
    let month = site.place("month");
    let files = simulate::write(&plan, &month, &indicatif::ProgressBar::hidden()).unwrap().files;
    let client = site.access(&plan).await;

    let sent = simulate::send(&plan, &month, &client, &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!((sent.new, sent.known), (files as u64, 0));
    settle(&site, &client).await;
    let agreement = simulate::check(&plan, &Answers::fetch(&plan, &client).await.unwrap());
    assert!(agreement.holds(), "{agreement:?}");
    assert!(agreement.credits > 0 && agreement.planted > 0);

    real_media(&site, &client, &plan).await;
    let (hour, filmed) = traced(&client, &plan).await;
    let again = simulate::send(&plan, &month, &client, &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!((again.new, again.known), (0, files as u64), "what is there already is not kept twice");
    from_a_terminal(&site, &client, &plan, sent.accepted_rows).await;

    let bundle = site.place("hour.zip");
    fs::write(&bundle, client.post_for_bytes("/v1/bundles", &hour).await.unwrap()).unwrap();
    fs::write(site.place("trust.json"), client.get_bytes("/log/trust.json").await.unwrap()).unwrap();
    server.stop();
    offline(&site, &bundle, &filmed);

    assert!(site.run(&["fsck"]).ends_with("all holds"), "{}", site.run(&["fsck"]));
    let rebuilt = site.run(&["rebuild"]);
    assert!(rebuilt.contains("nothing differs, 0 could not be"), "{rebuilt}");
    assert!(site.run(&["fsck"]).ends_with("all holds"));
    a_flipped_bit_in_the_storage_is_named(&site, &filmed);
}

async fn settle(site: &Site, client: &Client) {
    let dead = simulate::settle(client, Duration::from_secs(300), &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!(dead, 0, "dead jobs:\n{}", site.said());
}

/// Hands over a file as it lies there; the answer must be 201.
async fn hand_over(site: &Site, token: &str, query: &[(&str, &str)], bytes: Vec<u8>) -> Value {
    let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", site.address()), query).unwrap();
    let answer = site::client().post(place).bearer_auth(token).body(bytes).send().await.unwrap();
    let (status, body) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::CREATED, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Media that nobody here made comes in, is measured, gets a small picture, and comes out as it went in; the hours stay what they were.
async fn real_media(site: &Site, client: &Client, plan: &Plan) {
    let class = &plan.classes[0];
    let (lesson, token) = (&class.lessons[0], &client.access.platforms[class.platform]);
    let place = format!("/v1/classes/ext:{}/credits", class.external_id);
    let before = client.get(&place).await.unwrap();
    let mut ids = Vec::new();
    for Real { name, kind, .. } in REAL {
        let (class, lesson) = (format!("ext:{}", class.external_id), format!("ext:{}", lesson.external_id));
        let query = [("kind", *kind), ("class", &class), ("lesson", &lesson), ("filename", name)];
        let answer = hand_over(site, token, &query, medium(name)).await;
        assert!(is_sha256(&answer["sha256"], &medium(name)) && answer["receipt"]["log"]["index"].is_u64(), "{answer}");
        ids.push(answer["id"].as_str().unwrap().to_owned());
    }
    settle(site, client).await;
    for (Real { name, facts, .. }, id) in REAL.iter().zip(&ids) {
        let evidence = client.get(&format!("/v1/evidence/{id}")).await.unwrap();
        assert_eq!(evidence["state"], "analysed", "{name}: {evidence}");
        for (pointer, expected) in *facts {
            let found = evidence["facts"].pointer(pointer).map(Value::to_string);
            assert_eq!(found.as_deref(), Some(*expected), "{name} {pointer}: {}", evidence["facts"]);
        }
        let small = client.get_bytes(&format!("/v1/evidence/{id}/thumbnail")).await.unwrap();
        assert_eq!(&small[..3], b"\xff\xd8\xff", "{name}: the small picture is a JPEG");
        let place = format!("{}/v1/evidence/{id}/content", site.address());
        let range = site::client().get(place).bearer_auth(&client.access.inspector).header("range", "bytes=1000-1999");
        let answer = range.send().await.unwrap();
        assert_eq!(
            (answer.status(), answer.headers()["content-range"].to_str().unwrap().starts_with("bytes 1000-1999/")),
            (StatusCode::PARTIAL_CONTENT, true)
        );
        assert_eq!(answer.bytes().await.unwrap(), medium(name)[1000..2000], "{name}");
    }
    let after = client.get(&place).await.unwrap();
    let time =
        |credits: &Value| credits["items"].as_array().unwrap().iter().map(|row| row["credited_ms"].as_i64().unwrap()).collect::<Vec<_>>();
    assert_eq!(time(&before), time(&after), "a clip of some seconds makes no hour");
}

/// Every trace covers its lesson without gap or overlap, and what it rests on is there under its digest. Returns one filmed hour as a
/// bundle wants it, and the digests of the evidence it rests on.
async fn traced(client: &Client, plan: &Plan) -> (Value, Vec<String>) {
    let mut best = (-1, Value::Null, Vec::new());
    for class in &plan.classes {
        for lesson in &class.lessons {
            let place = format!("/v1/classes/ext:{}/lessons/ext:{}/trace", class.external_id, lesson.external_id);
            let answer = client.get(&place).await.unwrap();
            assert_eq!(answer["items"].as_array().unwrap().len(), class.trainees.len(), "{place}");
            for trace in answer["items"].as_array().unwrap() {
                let spans = trace["spans"].as_array().unwrap();
                let time = |span: &Value, name: &str| span[name].as_str().unwrap().parse::<Time>().unwrap();
                assert_eq!((time(&spans[0], "from"), time(&spans[spans.len() - 1], "until")), (lesson.starts_at, lesson.ends_at));
                assert!(spans.windows(2).all(|pair| time(&pair[0], "until") == time(&pair[1], "from")), "{trace}");
                let pointers: Vec<_> = spans.iter().flat_map(|span| span["evidence"].as_array().unwrap()).collect();
                for span in spans {
                    let (credited, proven) = (span["kind"] == "credited", !span["evidence"].as_array().unwrap().is_empty());
                    assert!(credited && proven || span["kind"] == "uncredited" && span["reason"].is_string(), "{span}");
                }
                for pointer in &pointers {
                    assert!(answer["receipts"][pointer["id"].as_str().unwrap()]["proof"].is_array(), "{pointer}");
                }
                let credited: i64 = spans
                    .iter()
                    .filter(|span| span["kind"] == "credited")
                    .map(|span| time(span, "until").millis_since(time(span, "from")))
                    .sum();
                let corroborated = lesson.items.iter().any(|item| item.kind == "video") as i64;
                if credited * corroborated > best.0 {
                    let hour = json!({ "lesson": answer["lesson"]["id"], "trainee": trace["trainee"] });
                    let mut rests_on: Vec<_> = pointers.iter().map(|pointer| pointer["id"].as_str().unwrap().to_owned()).collect();
                    rests_on.sort();
                    rests_on.dedup();
                    best = (credited * corroborated, hour, rests_on);
                }
            }
        }
    }
    assert!(best.0 > 0, "no filmed hour was credited");
    let mut digests = Vec::new();
    for id in best.2 {
        let evidence = client.get(&format!("/v1/evidence/{id}")).await.unwrap();
        let bytes = client.get_bytes(&format!("/v1/evidence/{id}/content")).await.unwrap();
        assert!(is_sha256(&evidence["sha256"], &bytes), "{id}");
        digests.push(evidence["sha256"].as_str().unwrap().to_owned());
    }
    (best.1, digests)
}

/// What a person does from a terminal while the server runs.
async fn from_a_terminal(site: &Site, client: &Client, plan: &Plan, rows: u64) {
    let (class, file) = (format!("ext:{}", plan.classes[0].external_id), site.place("说明.txt"));
    fs::write(&file, "补充说明：第二节课因停电推迟十分钟。\n").unwrap();
    let (token, address) = (&client.access.providers[&plan.providers[plan.classes[0].provider].external_id], site.address());
    let file = file.to_str().unwrap();
    let submitted = site.run(&["submit", file, "--server", &address, "--token", token, "--kind", "document", "--class", &class]);
    assert!(submitted.contains("log index"), "{submitted}");
    let counted = site.run(&["sql", "select count(*) as rows, count(distinct evidence) as logs from attendance", "--json"]);
    let counted: Value = serde_json::from_str(&counted).unwrap();
    let logs = plan.items().filter(|(_, _, item)| item.kind == "attendance").count();
    assert_eq!((counted[0]["rows"].as_u64(), counted[0]["logs"].as_u64()), (Some(rows), Some(logs as u64)));
    site.run(&["detect"]);
    let agreement = simulate::check(plan, &Answers::fetch(plan, client).await.unwrap());
    assert!(agreement.holds(), "a second run of the rules changes nothing: {agreement:?}");
}

/// The bundle is checked with nothing but itself and the trust file, by keshi and by public tools; then it is damaged, a bit at a time.
fn offline(site: &Site, bundle: &Path, rests_on: &[String]) {
    let trust = site.place("trust.json");
    let verify =
        |bundle: &Path| Command::new(env!("CARGO_BIN_EXE_keshi")).arg("verify").arg(bundle).arg("--trust").arg(&trust).output().unwrap();
    let said = succeeded(&verify(bundle));
    assert!(said.lines().last().unwrap().contains("0 missing, 0 mismatch"), "{said}");

    let unpacked = site.place("by-hand");
    succeeded(&Command::new("unzip").arg("-q").arg(bundle).arg("-d").arg(&unpacked).output().unwrap());
    let bag = fs::read_dir(&unpacked).unwrap().next().unwrap().unwrap().path();
    for manifest in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
        succeeded(&Command::new("sha256sum").args(["--check", "--strict", "--quiet", manifest]).current_dir(&bag).output().unwrap());
    }
    let bagit = std::env::var("KESHI_TEST_BAGIT").expect("KESHI_TEST_BAGIT names no program: run the tests with `make test`");
    succeeded(&Command::new(bagit).arg("--validate").arg(&bag).output().unwrap());
    for digest in rests_on {
        let found: Vec<PathBuf> = fs::read_dir(bag.join("data/evidence")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(found.iter().any(|path| path.file_name().unwrap().to_str().unwrap().starts_with(digest)), "{digest} is not in {found:?}");
    }
    // The README's own program, cut out of the README: a leaf climbs to the signed root.
    let readme = fs::read_dir(&bag)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("README"))
        .unwrap();
    let text = fs::read_to_string(readme).unwrap();
    fs::write(bag.join("root.py"), &text[text.rfind("import sys, hashlib").unwrap()..]).unwrap();
    for leaf in fs::read_dir(bag.join("data/leaves")).unwrap() {
        let name = leaf.unwrap().file_name().into_string().unwrap();
        succeeded(&Command::new("python3").args(["root.py", name.trim_end_matches(".json")]).current_dir(&bag).output().unwrap());
    }

    let whole = fs::read(bundle).unwrap();
    let damaged = site.place("damaged.zip");
    // Spread over the whole file by a stride that is no multiple of anything in it, and every byte of its end, where the directory is.
    let places = (0..60).map(|step| step * whole.len() / 60 + step % 7).chain((1..=22).map(|back| whole.len() - back));
    for place in places {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        fs::write(&damaged, bytes).unwrap();
        let output = verify(&damaged);
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "bit {} of byte {place} was flipped: {said}", place % 8);
        assert!(said.contains("mismatch") || said.contains("missing") || said.starts_with("keshi: "), "byte {place}: {said}");
    }
}

fn a_flipped_bit_in_the_storage_is_named(site: &Site, digests: &[String]) {
    let digest = &digests[0];
    let place = site.objects().join("sha256").join(&digest[..2]).join(&digest[2..4]).join(digest);
    let mut bytes = fs::read(&place).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    let mut rights = fs::metadata(&place).unwrap().permissions();
    #[allow(clippy::permissions_set_readonly_false, reason = "the file goes with the test")]
    rights.set_readonly(false);
    fs::set_permissions(&place, rights).unwrap();
    fs::write(&place, bytes).unwrap();
    let output = site.keshi(&["fsck", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains(digest), "{}", String::from_utf8_lossy(&output.stdout));
}
