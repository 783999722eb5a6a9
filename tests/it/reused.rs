//! Pictures and recordings used twice, over HTTP: a copy that was cut, scaled and saved again leads to a finding with the hours it was to prove; another
//! does not; and all of it is found again from the evidence alone.

use crate::site::{self, Engine, Site, on_both};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, imageops::FilterType};
use keshi::simulate::{self, Client, Scale};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

on_both!(
    a_picture_that_was_changed_and_handed_in_again_is_found,
    a_recording_that_was_changed_and_handed_in_again_is_found,
    what_was_cut_out_of_a_recording_without_coding_it_again_is_found,
    a_picture_out_of_the_recording_of_another_lesson_is_found
);

/// A picture that nobody here made.
fn photograph() -> DynamicImage {
    let folder = tempfile::tempdir().unwrap();
    let (film, picture) = (folder.path().join("film.mp4"), folder.path().join("picture.png"));
    std::fs::write(&film, site::medium("bigbuckbunny.mp4")).unwrap();
    let mut ffmpeg = Command::new("ffmpeg");
    let status = ffmpeg.args(["-v", "error", "-nostdin", "-ss", "2", "-i"]).arg(&film).args(["-frames:v", "1"]).arg(&picture).status();
    assert!(status.unwrap().success());
    image::open(picture).unwrap()
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

/// At half the size in the window of a player, on a screen, saved again.
fn on_a_desk(picture: &DynamicImage) -> Vec<u8> {
    let small = picture.resize(picture.width() / 2, picture.height() / 2, FilterType::Triangle).to_rgb8();
    let mut desk = image::RgbImage::from_pixel(small.width() + 80, small.height() + 60, image::Rgb([38, 50, 56]));
    image::imageops::overlay(&mut desk, &small, 40, 24);
    jpeg(&DynamicImage::ImageRgb8(desk), 60)
}

/// With the name of a tool over a corner.
fn marked(picture: &DynamicImage) -> Vec<u8> {
    let mut marked = picture.to_rgb8();
    let (width, height) = (marked.width() / 6, marked.height() / 9);
    let mark =
        image::RgbImage::from_fn(width, height, |x, y| image::Rgb(if (x / 9 + y / 9) % 3 == 0 { [240, 240, 250] } else { [30, 60, 160] }));
    image::imageops::overlay(&mut marked, &mark, 24, 18);
    jpeg(&DynamicImage::ImageRgb8(marked), 75)
}

/// The same file with a comment in it: the coded data is the same.
fn commented(bytes: &[u8]) -> Vec<u8> {
    [&bytes[..2], b"\xFF\xFE\0\x07hello", &bytes[2..]].concat()
}

/// Hands in for a class.
pub struct Sent<'a> {
    site: &'a Site,
    client: &'a Client,
    token: String,
    class: String,
}

impl Sent<'_> {
    async fn picture(&self, lesson: &str, name: &str, bytes: Vec<u8>) -> Value {
        self.medium("screenshot", lesson, name, bytes).await
    }

    /// One file; the answer.
    pub async fn medium(&self, kind: &str, lesson: &str, name: &str, bytes: Vec<u8>) -> Value {
        let (class, lesson) = (format!("ext:{}", self.class), format!("ext:{lesson}"));
        let query = [("kind", kind), ("class", &class), ("lesson", &lesson), ("filename", name)];
        let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", self.site.address()), query).unwrap();
        let answer = site::client().post(place).bearer_auth(&self.token).body(bytes).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::CREATED, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// What a picture is said to be like: evidence, kind, tier.
    pub async fn matches(&self, of: &Value) -> Vec<(Value, Value, Value)> {
        let kept = self.client.get(&format!("/v1/evidence/{}", of["id"].as_str().unwrap())).await.unwrap();
        let matches = kept["matches"].as_array().unwrap().iter();
        matches.map(|one| (one["evidence"].clone(), one["kind"].clone(), one["tier"].clone())).collect()
    }
}

async fn a_picture_that_was_changed_and_handed_in_again_is_found(engine: Engine) {
    let site = Site::new(engine).await;
    let server = site.start().await;
    let (client, plan) = empty_class(&site).await;
    let (sent, live) = sender(&site, &client, &plan);

    let photograph = photograph();
    let first = sent.picture(live[0], "first.jpg", jpeg(&photograph, 92)).await;
    settle(&site, &client).await;
    let again = sent.picture(live[1], "again.jpg", disguised(&photograph)).await;
    // The index is lost with the server's memory, in the midst of looking up a picture.
    server.kill();
    let server = site.start().await;
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

/// A class with its lessons and nothing handed in.
pub async fn empty_class(site: &Site) -> (Client, simulate::Plan) {
    let mut plan = simulate::plan(11, Scale::Class);
    plan.classes.truncate(1);
    for class in &mut plan.classes {
        class.items.clear();
        class.lessons.iter_mut().for_each(|lesson| lesson.items.clear());
    }
    let client = site.access(&plan).await;
    simulate::send(&plan, &site.place("nothing"), &client, &indicatif::ProgressBar::hidden()).await.unwrap();
    (client, plan)
}

/// Who hands in for the class, and its live lessons.
pub fn sender<'a>(site: &'a Site, client: &'a Client, plan: &'a simulate::Plan) -> (Sent<'a>, Vec<&'a str>) {
    let class = &plan.classes[0];
    let live = class.lessons.iter().filter(|lesson| lesson.mode == "live").map(|lesson| lesson.external_id.as_str()).collect();
    let token = client.access.platforms[class.platform].clone();
    (Sent { site, client, token, class: class.external_id.clone() }, live)
}

/// What ffmpeg makes of arguments; `AGAIN` among them is a file with `input` in it.
pub fn film(arguments: &str, input: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (again, made) = (folder.path().join("again.mp4"), folder.path().join("made.mp4"));
    std::fs::write(&again, input).unwrap();
    let words = arguments.split_whitespace().map(|word| if word == "AGAIN" { again.to_str().unwrap() } else { word });
    let status = Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-y"]).args(words).arg(&made).status().unwrap();
    assert!(status.success(), "ffmpeg {arguments}");
    std::fs::read(made).unwrap()
}

/// Ninety seconds of moving pictures and something like speech: a note every fifth of a second, of eleven by chance, and a pause now and then.
fn lesson_of(seed: u32, pictures: &str) -> String {
    let note = format!("150+60*floor(mod(abs(sin(floor(t*5)*12.9898+{seed})*43758.5453)*11,11))");
    let pause = format!("gt(mod(abs(sin(floor(t*5)*78.233+{seed})*9631.7)*7,7),1)");
    format!(
        "-f lavfi -i {pictures} -f lavfi -i aevalsrc=exprs='0.3*sin(2*PI*t*({note}))*{pause}':s=16000:d=90 -pix_fmt yuv420p -c:v libx264 -preset veryfast -crf 28 -g 50 -c:a aac"
    )
}

/// The story of a recording that was made to serve for another lesson: trimmed, smaller, coded anew and under a mark; and of one that repeats
/// itself. Beside them a lesson with the same pictures and other words, which is nobody's copy.
async fn a_recording_that_was_changed_and_handed_in_again_is_found(engine: Engine) {
    let site = Site::new(engine).await;
    let server = site.start().await;
    let (client, plan) = empty_class(&site).await;
    let (sent, live) = sender(&site, &client, &plan);
    let original = film(&lesson_of(1, "testsrc2=size=640x360:rate=10:duration=90"), b"");
    let copy = film(
        "-ss 12 -i AGAIN -vf scale=320:180,drawbox=x=260:y=10:w=50:h=20:color=white:t=fill -c:v libx264 -preset veryfast -crf 36 -g 40 -c:a aac -b:a 24k",
        &original,
    );
    let remuxed = film("-i AGAIN -c copy -metadata title=other", &original);
    let same_pictures = film(&lesson_of(2, "testsrc2=size=640x360:rate=10:duration=90").replace("-crf 28", "-crf 26"), b"");
    let looped = film(
        "-i AGAIN -filter_complex [0:v]trim=0:40,setpts=PTS-STARTPTS,split=3[p][q][r];[0:a]atrim=0:40,asetpts=PTS-STARTPTS,asplit=3[s][t][u];[p][s][q][t][r][u]concat=n=3:v=1:a=1 -c:v libx264 -preset veryfast -crf 30 -g 50 -c:a aac",
        &film(
            &lesson_of(3, "mandelbrot=size=320x180:rate=10:end_pts=900").replace(":d=90", ":d=60").replace("-pix_fmt", "-t 60 -pix_fmt"),
            b"",
        ),
    );
    let first = sent.medium("video", live[0], "first.mp4", original).await;
    let again = sent.medium("video", live[1], "again.mp4", copy).await;
    let in_other_container = sent.medium("video", live[2], "remuxed.mp4", remuxed).await;
    let other_words = sent.medium("video", live[3], "words.mp4", same_pictures).await;
    let repeats = sent.medium("video", live[3], "looped.mp4", looped).await;
    settle(&site, &client).await;

    let found = sent.matches(&again).await;
    let strong = |kind: &str| found.contains(&(first["id"].clone(), json!(kind), json!("strong")));
    assert!(strong("frames") || strong("sound"), "a mark may hide the pictures: {found:?}");
    let found = sent.matches(&in_other_container).await;
    assert!(found.contains(&(first["id"].clone(), json!("coded"), json!("exact"))), "{found:?}");
    let found = sent.matches(&other_words).await;
    assert!(found.iter().all(|one| one.2 == json!("candidate")), "sound is the judge: {found:?}");
    // Where it is shared: the copy lacks the first twelve seconds.
    let kept = client.get(&format!("/v1/evidence/{}", again["id"].as_str().unwrap())).await.unwrap();
    let one = kept["matches"].as_array().unwrap().iter().find(|one| one["evidence"] == first["id"]).unwrap();
    assert!(one["because"] == "together" || one["because"] == "sound", "a mark may hide the pictures: {one}");
    let run: Vec<i64> = serde_json::from_value(one["runs"][0].clone()).unwrap();
    assert!((run[2] - run[0] - 12_000).abs() <= 1_000 && run[1] - run[0] > 60_000, "{run:?}");
    let kept = client.get(&format!("/v1/evidence/{}", first["id"].as_str().unwrap())).await.unwrap();
    let one = kept["matches"].as_array().unwrap().iter().find(|one| one["evidence"] == again["id"]).unwrap();
    let turned: Vec<i64> = serde_json::from_value(one["runs"][0].clone()).unwrap();
    assert_eq!((turned[0], turned[2]), (run[2], run[0]), "the other way round");

    let subjects = async |rule: &str| {
        let findings = client.get(&format!("/v1/findings?rule={rule}")).await.unwrap();
        let mut subjects: Vec<String> =
            findings["items"].as_array().unwrap().iter().map(|one| one["subject"]["id"].as_str().unwrap().to_owned()).collect();
        subjects.sort_unstable();
        subjects
    };
    let mut expected = [&again, &in_other_container].map(|one| one["id"].as_str().unwrap().to_owned());
    expected.sort_unstable();
    assert_eq!(subjects("video-reuse").await, expected);
    assert_eq!(subjects("looped-video").await, [repeats["id"].as_str().unwrap()]);
    let kept = client.get(&format!("/v1/evidence/{}", repeats["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(kept["facts"]["pass"], "full");
    let spans = kept["facts"]["spans"].as_array().unwrap();
    assert!(spans.iter().any(|span| span["kind"] == "loop" && span["until_ms"].as_i64() > span["from_ms"].as_i64()), "{spans:?}");
    assert!(kept["facts"]["looped_ms"].as_i64().is_some_and(|looped| (looped - 80_000).abs() < 3_000), "{}", kept["facts"]);

    let asked = "select kind, tier, because, count(*) as n from media_matches group by kind, tier, because order by kind, tier";
    let rows = site.run(&["sql", "--json", asked]);
    assert!(rows.contains("coded") && rows.contains("recording"), "{rows}");
    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));
    let rebuilt = site.run(&["rebuild"]);
    assert!(rebuilt.contains("nothing differs, 0 could not be"), "{rebuilt}");
    assert_eq!(site.run(&["sql", "--json", asked]), rows);
}

/// A lesson as recorders write it, with a keyframe every two seconds: so many seconds in pictures of this hue.
fn lesson_in(hue: u32, seconds: u32) -> Vec<u8> {
    let pictures = format!("testsrc2=size=320x180:rate=10:duration={seconds},hue=h={hue}");
    let coded = "-pix_fmt yuv420p -c:v libx264 -preset veryfast -crf 28 -g 20 -keyint_min 20 -sc_threshold 0 -c:a aac";
    film(&format!("-f lavfi -i {pictures} -f lavfi -i sine=frequency={}:duration={seconds} {coded}", 200 + hue), b"")
}

/// Recordings one after the other, as a tool joins them that codes nothing again.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::new();
    for (number, part) in parts.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.mp4")), part).unwrap();
        list += &format!("file {number}.mp4\n");
    }
    std::fs::write(folder.path().join("list.txt"), list).unwrap();
    let joins = ["-v", "error", "-nostdin", "-f", "concat", "-i", "list.txt", "-c", "copy", "joined.mkv"];
    assert!(Command::new("ffmpeg").args(joins).current_dir(folder.path()).status().unwrap().success());
    std::fs::read(folder.path().join("joined.mkv")).unwrap()
}

/// The story of a recording of which pieces were made to serve for other lessons without coding them again: cut out, joined to others, in other
/// containers. Beside them an intro that two lessons have, and a film that the course shows by a list.
async fn what_was_cut_out_of_a_recording_without_coding_it_again_is_found(engine: Engine) {
    let site = Site::new(engine).await;
    let server = site.start().await;
    let (client, plan) = empty_class(&site).await;
    let (sent, live) = sender(&site, &client, &plan);
    let (original, intro, course_film) = (lesson_in(0, 240), lesson_in(20, 30), lesson_in(280, 80));
    let cut = film("-ss 60 -t 100 -i AGAIN -c copy -f mpegts", &original);
    let patched = joined(&[&lesson_in(60, 200), &film("-ss 100 -t 70 -i AGAIN -c copy", &original)]);
    let begins_alike = [100, 140].map(|hue| joined(&[&intro, &lesson_in(hue, 120)]));
    let show_the_film = [180, 220].map(|hue| joined(&[&lesson_in(hue, 100), &course_film, &lesson_in(hue + 20, 40)]));

    let listed = format!("sha256\n{}\n", hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&course_film)));
    let place = format!("{}/v1/lists/course_material?as_of=2020-03-01&source=course&filename=films.csv", site.address());
    let answer = site::client().post(place).bearer_auth(&client.access.admin).body(listed).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED, "{}", answer.text().await.unwrap());
    let first = sent.medium("video", live[0], "first.mp4", original).await;
    let patched = sent.medium("video", live[1], "patched.mkv", patched).await;
    let cut = sent.medium("video", live[2], "cut.ts", cut).await;
    let mut innocent = vec![sent.medium("video", live[3], "film.mp4", course_film).await];
    for (number, bytes) in begins_alike.into_iter().chain(show_the_film).enumerate() {
        innocent.push(sent.medium("video", live[number % live.len()], &format!("innocent-{number}.mkv"), bytes).await);
    }
    settle(&site, &client).await;

    let kept = async |of: &Value| client.get(&format!("/v1/evidence/{}", of["id"].as_str().unwrap())).await.unwrap()["matches"].clone();
    for (copy, offset_ms, length_ms) in [(&cut, 60_000, 100_000), (&patched, -100_000, 70_000)] {
        let matches = kept(copy).await;
        let one = matches.as_array().unwrap().iter().find(|one| one["evidence"] == first["id"]).unwrap_or_else(|| panic!("{matches}"));
        assert_eq!((&one["kind"], &one["tier"], &one["because"]), (&json!("coded"), &json!("exact"), &json!("packets")), "{one}");
        let near = |what: &str, expected: i64| one[what].as_i64().is_some_and(|found| (found - expected).abs() <= 2_500);
        assert!(near("offset_ms", offset_ms) && near("length_ms", length_ms), "{one}");
        let turned = kept(&first).await;
        let turned = turned.as_array().unwrap().iter().find(|other| other["evidence"] == copy["id"]).unwrap();
        assert_eq!(turned["offset_ms"].as_i64(), one["offset_ms"].as_i64().map(|offset| -offset), "the other way round");
    }
    for one in &innocent {
        let matches = sent.matches(one).await;
        assert!(matches.iter().all(|(_, kind, _)| *kind != json!("coded")), "{one}: {matches:?}");
    }
    let findings = client.get("/v1/findings?rule=video-reuse").await.unwrap();
    let of = |id: &Value| findings["items"].as_array().unwrap().iter().find(|finding| finding["subject"]["id"] == *id);
    let told = of(&cut["id"]).unwrap_or_else(|| panic!("{findings}"));
    assert!(told["explanation"]["zh"].to_string().contains("未经重新编码"), "{told}");

    let asked = "select kind, tier, because, aligned_ms, runs from media_matches order by kind, tier, aligned_ms, runs";
    let rows = site.run(&["sql", "--json", asked]);
    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));
    let rebuilt = site.run(&["rebuild"]);
    assert!(rebuilt.contains("nothing differs, 0 could not be"), "{rebuilt}");
    assert_eq!(site.run(&["sql", "--json", asked]), rows);
}

/// The story of a screenshot that is a frame of another lesson's recording; beside it the one that was taken in that lesson.
async fn a_picture_out_of_the_recording_of_another_lesson_is_found(engine: Engine) {
    let site = Site::new(engine).await;
    let server = site.start().await;
    let (client, plan) = empty_class(&site).await;
    let (sent, live) = sender(&site, &client, &plan);
    // A page for forty seconds, then the film.
    let recording = film(
        "-f lavfi -i testsrc=size=1280x720:rate=25:duration=40 -i AGAIN -filter_complex [0:v]format=yuv420p[page];[1:v]setsar=1,format=yuv420p[film];[page][film]concat=n=2:v=1:a=0 -c:v libx264 -preset veryfast -crf 26 -g 250",
        &site::medium("bigbuckbunny.mp4"),
    );
    let at = |seconds: &str| {
        let folder = tempfile::tempdir().unwrap();
        let (film, picture) = (folder.path().join("film.mp4"), folder.path().join("picture.png"));
        std::fs::write(&film, &recording).unwrap();
        let mut ffmpeg = Command::new("ffmpeg");
        let status =
            ffmpeg.args(["-v", "error", "-nostdin", "-i"]).arg(&film).args(["-ss", seconds, "-frames:v", "1"]).arg(&picture).status();
        assert!(status.unwrap().success());
        image::open(picture).unwrap()
    };
    // The pictures come before the recording is known.
    let own = sent.picture(live[0], "own.jpg", jpeg(&at("43.5"), 90)).await;
    let stale = sent.picture(live[1], "stale.jpg", on_a_desk(&at("42.9"))).await;
    let other = sent.picture(live[1], "other.jpg", jpeg(&photograph().crop_imm(0, 0, 400, 300), 90)).await;
    // Those of which a side is missing, or a corner under a mark.
    let cut = sent.picture(live[0], "cut.jpg", jpeg(&at("42.2").crop_imm(77, 0, 1203, 720), 80)).await;
    let around = sent.picture(live[0], "around.jpg", jpeg(&at("43.5").crop_imm(64, 36, 1152, 648), 80)).await;
    let marked = sent.picture(live[0], "marked.jpg", marked(&at("43.1"))).await;
    settle(&site, &client).await;
    assert_eq!(sent.matches(&stale).await.len(), 0);
    let recording = sent.medium("video", live[0], "recording.mp4", recording).await;
    settle(&site, &client).await;

    let moment = async |of: &Value, other: &Value| {
        let kept = client.get(&format!("/v1/evidence/{}", of["id"].as_str().unwrap())).await.unwrap();
        let one = kept["matches"].as_array().unwrap().iter().find(|one| one["evidence"] == other["id"]).cloned();
        one.unwrap_or_else(|| panic!("{kept}"))
    };
    for (picture, at_ms) in [(&own, 43_500), (&stale, 42_900), (&cut, 42_200), (&around, 43_500), (&marked, 43_100)] {
        let one = moment(picture, &recording).await;
        assert_eq!((&one["kind"], &one["tier"]), (&json!("frames"), &json!("strong")), "{one}");
        assert!(one["at_ms"].as_i64().is_some_and(|found| (found - at_ms).abs() <= 500), "{one}");
    }
    assert_eq!(moment(&recording, &stale).await["at_ms"], moment(&stale, &recording).await["at_ms"], "both ways");
    assert!(sent.matches(&other).await.iter().all(|one| one.2 == json!("candidate")), "a corner of a frame is another picture");
    let findings = client.get("/v1/findings?rule=photo-from-recording").await.unwrap();
    let [finding] = &findings["items"].as_array().unwrap()[..] else { panic!("{findings}") };
    assert_eq!(finding["subject"]["id"], stale["id"]);
    assert!(finding["explanation"]["zh"].to_string().contains("0:00:4"), "{finding}");

    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));
    let asked = "select kind, tier, at_ms from media_matches order by kind, tier, at_ms";
    let rows = site.run(&["sql", "--json", asked]);
    let rebuilt = site.run(&["rebuild"]);
    assert!(rebuilt.contains("nothing differs, 0 could not be"), "{rebuilt}");
    assert_eq!(site.run(&["sql", "--json", asked]), rows);
}

/// Waits until nothing is left to do.
pub async fn settle(site: &Site, client: &Client) {
    settle_within(site, client, Duration::from_secs(300)).await;
}

/// The same, for so long at most.
pub async fn settle_within(site: &Site, client: &Client, patience: Duration) {
    let dead = simulate::settle(client, patience, &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!(dead, 0, "dead jobs:\n{}", site.said());
}
