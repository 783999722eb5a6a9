//! The session code, over HTTP: fetched while a lesson goes on, drawn into a picture and a recording, handed in, and read back as proof of their time; the
//! same picture handed in for another lesson is a finding; what is made up is told.

use crate::site::{self, Engine, Site, on_both};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use keshi::simulate::{self, Access, Client};
use keshi::time::{MINUTE, Time};
use qrcode::{Color, EcLevel, QrCode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::io::Cursor;
use std::process::Command;
use std::time::Duration;

on_both!(a_code_dates_what_shows_it_and_tells_what_is_of_another_lesson);

/// A class with lessons around the present.
struct Class {
    site: Site,
    client: Client,
    platform: String,
    provider: String,
    now: Time,
}

impl Class {
    async fn open(site: Site) -> Class {
        let access = Access { admin: site.token("admin", &[]), inspector: site.token("inspector", &[]), ..Access::default() };
        let client = Client::new(&site.address(), access).unwrap();
        let body = json!({"external_id": "P1", "name": "安康市高新职业培训学校", "kind": "institution", "listed_from": "2019-01-01"});
        client.json(Method::POST, "/v1/providers", &client.access.admin, &body).await.unwrap();
        let (platform, provider) = (site.token("platform", &["--platform", "px-class"]), site.token("provider", &["--provider", "ext:P1"]));
        let now = keshi::time::Clock::System.now();
        let class = Class { site, client, platform, provider, now };
        class.file().await;
        class
    }

    async fn file(&self) {
        let day = |days: i64| self.now.plus(days * 24 * 60 * MINUTE).in_zone(chrono_tz::Asia::Shanghai)[..10].to_owned();
        let class = json!({
            "external_id": "C", "provider": "ext:P1", "platform": "px-class", "title": "养老护理员", "trade": {"code": "4-10-01-05", "name": "养老护理员"},
            "application": "full", "starts_on": day(-2), "ends_on": day(20), "epidemic": false,
            "hours": {"total": 5, "online": 5, "theory": 5, "practice": 0}, "standards_fen": {"qualified": 60_000},
        });
        // The first two go on at once; the others are over, far off, and recorded.
        let lesson = |id: &str, mode: &str, from: i64, until: i64| {
            let mut lesson = json!({"external_id": id, "title": "生活照护", "kind": "theory", "mode": mode, "hours": 1, "teacher": "马老师",
                "starts_at": self.now.plus(from * MINUTE), "ends_at": self.now.plus(until * MINUTE)});
            if mode == "recorded" {
                lesson["content_ms"] = (45 * 60_000).into();
            }
            lesson
        };
        let lessons = [
            lesson("L1", "live", -10, 35),
            lesson("L2", "live", 20, 65),
            lesson("L3", "live", -90, -45),
            lesson("L4", "live", 31, 75),
            lesson("L5", "recorded", -10, 600),
        ];
        let put = async |method: Method, path: &str, body: Value| self.client.json(method, path, &self.provider, &body).await.unwrap();
        put(Method::POST, "/v1/classes", class).await;
        put(Method::PUT, "/v1/classes/ext:C/lessons", json!({"lessons": lessons})).await;
    }

    async fn code(&self, token: &str, lesson: &str) -> (StatusCode, Value) {
        let place = format!("{}/v1/classes/ext:C/lessons/ext:{lesson}/code?minute=1&at=2020-03-03T09:00:00Z", self.site.address());
        let answer = site::client().get(place).bearer_auth(token).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn hand_in(&self, kind: &str, lesson: &str, name: &str, bytes: &[u8]) -> String {
        let lesson = format!("ext:{lesson}");
        let query = [("kind", kind), ("class", "ext:C"), ("lesson", &lesson), ("filename", name)];
        let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", self.site.address()), query).unwrap();
        let answer = site::client().post(place).bearer_auth(&self.platform).body(bytes.to_vec()).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::CREATED, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// The codes that evidence was found to show.
    async fn codes(&self, evidence: &str) -> Value {
        self.client.get(&format!("/v1/evidence/{evidence}")).await.unwrap()["facts"]["codes"].clone()
    }

    /// What a rule found: subject and explanation.
    async fn found(&self, rule: &str) -> Vec<(String, String)> {
        let findings = self.client.get(&format!("/v1/findings?rule={rule}")).await.unwrap();
        let told = |one: &Value| (one["subject"]["id"].as_str().unwrap().to_owned(), one["explanation"]["en"].to_string());
        findings["items"].as_array().unwrap().iter().map(told).collect()
    }
}

/// A shared screen of 1280 × 720 with a code in its corner; no two look alike.
fn screen(text: &str, seed: u32) -> RgbImage {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    let (side, colors, module) = (code.width() as u32, code.to_colors(), 6);
    RgbImage::from_fn(1280, 720, |x, y| {
        let (column, row) = ((x / module).wrapping_sub(130), (y / module).wrapping_sub(60));
        let near = |place: u32| place.wrapping_add(4) < side + 8;
        match (near(column) && near(row), column < side && row < side) {
            (true, true) if colors[(row * side + column) as usize] == Color::Dark => Rgb([0, 0, 0]),
            (true, _) => Rgb([255, 255, 255]),
            _ => Rgb([((x + seed * 90) / 5 % 200) as u8, ((x * y / 700 + seed * 37) % 220) as u8, (y / 4) as u8]),
        }
    })
}

fn saved(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture.clone()).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Forty seconds of a recording in which the code is shared from the tenth on.
fn recording(code: &RgbImage) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (picture, film) = (folder.path().join("code.png"), folder.path().join("film.mp4"));
    std::fs::write(&picture, saved(code, ImageFormat::Png)).unwrap();
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=5:duration=10"]);
    ffmpeg.args(["-loop", "1", "-framerate", "5", "-t", "30", "-i"]).arg(&picture);
    ffmpeg.args([
        "-filter_complex",
        "[0:v]format=yuv420p[a];[1:v]format=yuv420p[b];[a][b]concat=n=2:v=1",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
    ]);
    assert!(ffmpeg.args(["-crf", "30", "-g", "300"]).arg(&film).status().unwrap().success());
    std::fs::read(film).unwrap()
}

/// A meeting in which the page is shared in a small window: nothing can be made of the QR code, and the digits can be read.
fn small(digits: &str, height: u32) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("small.jpg");
    let (one, two) = digits.split_at(3);
    let page = format!(
        "drawbox=x=420:y=230:w=440:h=240:color=white:t=fill,\
         drawtext=fontfile=/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc:text='{one} {two}':fontsize={height}:fontcolor=black:x=560:y=300,\
         drawtext=fontfile=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc:text=09\\\\:12:fontsize=16:fontcolor=black:x=560:y=390"
    );
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-nostdin", "-f", "lavfi", "-i", "mandelbrot=size=1280x720", "-vf", &page, "-frames:v", "1", "-q:v", "6"]);
    assert!(ffmpeg.arg(&picture).status().unwrap().success());
    std::fs::read(picture).unwrap()
}

async fn a_code_dates_what_shows_it_and_tells_what_is_of_another_lesson(engine: Engine) {
    let site = Site::new(engine).await;
    let server = site.start().await;
    let class = Class::open(site).await;

    // Who may not is refused, and so is everybody outside the time of a lesson. Nobody can ask for another minute.
    for token in [&class.platform, &class.client.access.inspector] {
        let (status, refused) = class.code(token, "L1").await;
        assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
    }
    for lesson in ["L3", "L4", "L5"] {
        let (status, refused) = class.code(&class.provider, lesson).await;
        assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("no_session_code")), "{lesson}");
    }
    let stranger = {
        let body = json!({"external_id": "P2", "name": "另一所学校", "kind": "institution", "listed_from": "2019-01-01"});
        class.client.json(Method::POST, "/v1/providers", &class.client.access.admin, &body).await.unwrap();
        class.site.token("provider", &["--provider", "ext:P2"])
    };
    assert_eq!(class.code(&stranger, "L1").await.0, StatusCode::NOT_FOUND);
    let (status, code) = class.code(&class.provider, "L1").await;
    assert_eq!(status, StatusCode::OK, "{code}");
    let moment = |name: &str| code[name].as_str().unwrap().parse::<Time>().unwrap();
    let asked = keshi::time::Clock::System.now();
    assert!(
        moment("until") == moment("minute").plus(MINUTE) && (asked.0 - moment("minute").0) < 2 * MINUTE && moment("minute") <= asked,
        "{code}"
    );
    let text = code["text"].as_str().unwrap();
    let (status, soon) = class.code(&class.client.access.admin, "L2").await;
    assert_eq!((status, soon["digits"].as_str().unwrap().len()), (StatusCode::OK, 6), "twenty minutes before it begins: {soon}");

    // Handed in for its lesson, for another, and made up.
    let shared = screen(text, 1);
    let picture = class.hand_in("screenshot", "L1", "shared.jpg", &saved(&shared, ImageFormat::Jpeg)).await;
    let film = class.hand_in("video", "L1", "film.mp4", &recording(&screen(text, 2))).await;
    let elsewhere = class.hand_in("screenshot", "L3", "elsewhere.png", &saved(&shared, ImageFormat::Png)).await;
    let later = text.replacen(&format!(":{}:", moment("minute").0 / MINUTE), &format!(":{}:", moment("minute").0 / MINUTE + 1), 1);
    let forged = class.hand_in("screenshot", "L1", "forged.png", &saved(&screen(&later, 3), ImageFormat::Png)).await;
    let plain =
        class.hand_in("screenshot", "L1", "plain.png", &saved(&screen("https://example.org/j/123456789", 4), ImageFormat::Png)).await;
    let digits = code["digits"].as_str().unwrap();
    let wrong = format!("{}{}", (digits.as_bytes()[0] - b'0' + 1) % 10, &digits[1..]);
    let mut read_by_eye = Vec::new();
    for height in [32, 36, 44] {
        read_by_eye.push(class.hand_in("screenshot", "L1", &format!("small-{height}.jpg"), &small(digits, height)).await);
    }
    let not_of_it = class.hand_in("screenshot", "L3", "small-elsewhere.jpg", &small(digits, 40)).await;
    let of_nobody = class.hand_in("screenshot", "L1", "small-wrong.jpg", &small(&wrong, 36)).await;
    let dead = simulate::settle(&class.client, Duration::from_secs(240), &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!(dead, 0, "dead jobs:\n{}", class.site.said());

    let read =
        |at_ms: u64, minute: Time, genuine: bool| json!({"at_ms": at_ms, "lesson": code["lesson"], "minute": minute, "genuine": genuine});
    assert_eq!(class.codes(&picture).await, json!([read(0, moment("minute"), true)]));
    assert_eq!(class.codes(&elsewhere).await, json!([read(0, moment("minute"), true)]));
    assert_eq!(class.codes(&forged).await, json!([read(0, moment("until"), false)]));
    assert_eq!(class.codes(&plain).await, Value::Null, "what is no session code is not read at all");
    let evidence = async |id: &str| class.client.get(&format!("/v1/evidence/{id}")).await.unwrap();
    let mut times_read = 0;
    for id in &read_by_eye {
        let kept = evidence(id).await;
        let seen = &kept["facts"]["code_digits"];
        if seen.is_null() {
            continue;
        }
        times_read += 1;
        assert_eq!((&seen[0]["minute"], seen.as_array().map(Vec::len)), (&json!(moment("minute")), Some(1)), "{kept}");
        assert!(seen[0]["confidence"].as_f64().is_some_and(|sure| (0.5..=1.0).contains(&sure)), "{seen}");
        assert_eq!((&kept["placed"]["by"], &kept["placed"]["sure"]), (&json!("digits"), &json!("one_sign")), "weaker than a code: {kept}");
    }
    // Any number may come, and one in some hundreds is not read at a size.
    assert!(times_read >= 2, "of three sizes {times_read} were read");
    for other in [&not_of_it, &of_nobody] {
        let kept = evidence(other).await;
        assert!(kept["facts"]["code_digits"].is_null(), "a number of another lesson or of none is forgotten: {kept}");
    }
    let seen = class.codes(&film).await;
    assert_eq!(seen.as_array().map(Vec::len), Some(1), "{seen}");
    assert!((10_000..=30_000).contains(&seen[0]["at_ms"].as_u64().unwrap()) && seen[0]["genuine"] == true, "{seen}");
    let kept = class.client.get(&format!("/v1/evidence/{picture}")).await.unwrap().to_string();
    assert!(!kept.contains(text) && !kept.contains("KESHI1"), "the code itself is not told: {kept}");

    let found = class.found("foreign-code").await;
    assert_eq!(found.iter().map(|one| &one.0).collect::<Vec<_>>(), [&elsewhere], "{found:?}");
    assert!(found[0].1.contains("a session code of another lesson"), "{found:?}");
    assert_eq!(class.found("forged-code").await.iter().map(|one| &one.0).collect::<Vec<_>>(), [&forged]);
    let asked = "select lesson, genuine, count(*) as n from session_codes group by lesson, genuine order by genuine";
    let rows = class.site.run(&["sql", "--json", asked]);
    assert!(rows.contains(code["lesson"].as_str().unwrap()), "{rows}");

    // All of it is found again from the evidence alone.
    server.stop();
    assert!(class.site.run(&["fsck"]).ends_with("all holds"));
    let rebuilt = class.site.run(&["rebuild"]);
    assert!(rebuilt.contains("nothing differs, 0 could not be"), "{rebuilt}");
    assert_eq!(class.site.run(&["sql", "--json", asked]), rows);
}
