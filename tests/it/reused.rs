//! A picture used twice, over HTTP: a copy that was cut, scaled and saved again leads to a finding with the hours it was to prove; another
//! picture does not; and all of it is found again from the evidence alone.

use crate::site::{self, Engine, Site, on_both};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, imageops::FilterType};
use keshi::simulate::{self, Client, Scale};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

on_both!(a_picture_that_was_changed_and_handed_in_again_is_found);

/// A photograph that nobody here made, as a phone took it.
fn photograph() -> DynamicImage {
    image::load_from_memory(&site::medium("iphone.jpg")).unwrap()
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&picture.to_rgb8()).unwrap();
    bytes
}

/// Without its left tenth, at half the size, saved again.
fn disguised(picture: &DynamicImage) -> Vec<u8> {
    let (width, height) = (picture.width(), picture.height());
    let cut = picture.crop_imm(width / 10, 0, width - width / 10, height);
    jpeg(&cut.resize(width / 2, height / 2, FilterType::Triangle), 55)
}

/// The same file with a comment in it: the coded data is the same.
fn commented(bytes: &[u8]) -> Vec<u8> {
    [&bytes[..2], b"\xFF\xFE\0\x07hello", &bytes[2..]].concat()
}

struct Sent<'a> {
    site: &'a Site,
    client: &'a Client,
    token: String,
    class: String,
}

impl Sent<'_> {
    async fn picture(&self, lesson: &str, name: &str, bytes: Vec<u8>) -> Value {
        let (class, lesson) = (format!("ext:{}", self.class), format!("ext:{lesson}"));
        let query = [("kind", "screenshot"), ("class", &class), ("lesson", &lesson), ("filename", name)];
        let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", self.site.address()), query).unwrap();
        let answer = site::client().post(place).bearer_auth(&self.token).body(bytes).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::CREATED, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// What a picture is said to be like: evidence, kind, tier.
    async fn matches(&self, of: &Value) -> Vec<(Value, Value, Value)> {
        let kept = self.client.get(&format!("/v1/evidence/{}", of["id"].as_str().unwrap())).await.unwrap();
        let matches = kept["matches"].as_array().unwrap().iter();
        matches.map(|one| (one["evidence"].clone(), one["kind"].clone(), one["tier"].clone())).collect()
    }
}

async fn a_picture_that_was_changed_and_handed_in_again_is_found(engine: Engine) {
    let site = Site::new(engine).await;
    let server = site.start().await;
    let mut plan = simulate::plan(11, Scale::Class);
    plan.classes.truncate(1);
    for class in &mut plan.classes {
        class.items.clear();
        class.lessons.iter_mut().for_each(|lesson| lesson.items.clear());
    }
    let client = site.access(&plan).await;
    simulate::send(&plan, &site.place("nothing"), &client, &indicatif::ProgressBar::hidden()).await.unwrap();
    let class = &plan.classes[0];
    let live: Vec<&str> = class.lessons.iter().filter(|lesson| lesson.mode == "live").map(|lesson| lesson.external_id.as_str()).collect();
    let token = client.access.platforms[class.platform].clone();
    let sent = Sent { site: &site, client: &client, token, class: class.external_id.clone() };

    let photograph = photograph();
    let first = sent.picture(live[0], "first.jpg", jpeg(&photograph, 92)).await;
    let again = sent.picture(live[1], "again.jpg", disguised(&photograph)).await;
    let coded = sent.picture(live[2], "coded.jpg", commented(&jpeg(&photograph, 92))).await;
    let other =
        sent.picture(live[1], "other.jpg", jpeg(&photograph.crop_imm(0, 0, photograph.width() / 3, photograph.height() / 3), 90)).await;
    settle(&site, &client).await;

    let found = sent.matches(&again).await;
    assert!(found.contains(&(first["id"].clone(), json!("picture"), json!("strong"))), "{found:?}");
    let found = sent.matches(&coded).await;
    assert!(found.contains(&(first["id"].clone(), json!("coded"), json!("exact"))), "{found:?}");
    let found = sent.matches(&first).await;
    assert!(found.iter().any(|one| one.0 == again["id"]) && found.iter().any(|one| one.0 == coded["id"]), "both ways: {found:?}");
    assert!(sent.matches(&other).await.iter().all(|one| one.2 == json!("candidate")), "a ninth of a picture is another picture");

    // One finding for each lesson that has it again, and none for the first.
    let findings = client.get("/v1/findings?rule=photo-reuse").await.unwrap();
    let mut subjects: Vec<&str> = findings["items"].as_array().unwrap().iter().map(|one| one["subject"]["id"].as_str().unwrap()).collect();
    subjects.sort_unstable();
    let mut expected = [again["id"].as_str().unwrap(), coded["id"].as_str().unwrap()];
    expected.sort_unstable();
    assert_eq!(subjects, expected, "{findings}");
    let told = findings["items"].as_array().unwrap().iter().find(|one| one["subject"]["id"] == again["id"]).unwrap();
    assert!(
        told["explanation"]["zh"].to_string().contains("同一画面") && told["explanation"]["en"].to_string().contains("same scene"),
        "{told}"
    );
    let rows = site.run(&["sql", "--json", "select kind, tier, count(*) as n from media_matches group by kind, tier order by kind"]);
    assert!(rows.contains("coded") && rows.contains("picture"), "{rows}");

    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));
    let rebuilt = site.run(&["rebuild"]);
    assert!(rebuilt.contains("nothing differs, 0 could not be"), "{rebuilt}");
    assert_eq!(site.run(&["sql", "--json", "select kind, tier, count(*) as n from media_matches group by kind, tier order by kind"]), rows);
}

async fn settle(site: &Site, client: &Client) {
    let dead = simulate::settle(client, Duration::from_secs(300), &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!(dead, 0, "dead jobs:\n{}", site.said());
}
