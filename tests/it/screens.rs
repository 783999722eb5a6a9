//! Text on screen, from drawn screens: through the child, over HTTP to a finding, without any recogniser, and how often it is right.
//!
//! Every accuracy run takes eight screens; `KESHI_ACCURACY=60` takes as many as it says, and is where docs/ACCURACY.md has its figures from.

use crate::reused::{empty_class, sender, settle};
use crate::site::{Engine, Site, on_both};
use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};
use image::DynamicImage;
use image::codecs::jpeg::JpegEncoder;
use keshi::analyse::media::{self, Facts, Limits, Measured, MediaKind, Pass, Reading, ReadingKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use tokio::sync::Semaphore;

on_both!(a_picture_whose_screen_shows_another_time_is_found);

const SANS: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";
const BOLD: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc";
const SERIF: &str = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc";

/// A screen being drawn: ffmpeg's filters over a plain ground.
struct Screen {
    size: (u32, u32),
    ground: &'static str,
    ink: &'static str,
    filters: Vec<String>,
    texts: Vec<String>,
}

impl Screen {
    fn new(size: (u32, u32), dark: bool) -> Screen {
        let (ground, ink) = if dark { ("0x202124", "0xf0f0f0") } else { ("0xe9edf2", "0x1c1c1c") };
        Screen { size, ground, ink, filters: Vec::new(), texts: Vec::new() }
    }

    fn bar(&mut self, (x, y, width, height): (u32, u32, u32, u32), colour: &str) {
        self.filters.push(format!("drawbox=x={x}:y={y}:w={width}:h={height}:color={colour}:t=fill"));
    }

    /// `x` and `y` are of ffmpeg's words: `w` and `h` are the screen, `tw` and `th` the text.
    fn text(&mut self, font: &str, height: u32, (x, y): (&str, &str), text: &str) {
        let (number, ink) = (self.texts.len(), self.ink);
        self.filters
            .push(format!("drawtext=fontfile={font}:textfile={number}.txt:expansion=none:x={x}:y={y}:fontsize={height}:fontcolor={ink}"));
        self.texts.push(text.to_owned());
    }

    /// The file that ffmpeg makes of it.
    fn made(&self, output: &[&str]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        for (number, text) in self.texts.iter().enumerate() {
            std::fs::write(folder.path().join(format!("{number}.txt")), text).unwrap();
        }
        let source = format!("color=c={}:s={}x{}:r=5", self.ground, self.size.0, self.size.1);
        std::fs::write(folder.path().join("filters"), self.filters.join(",")).unwrap();
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", &source, "-filter_script:v", "filters"]).args(output);
        assert!(ffmpeg.current_dir(folder.path()).status().unwrap().success(), "ffmpeg {:?}", self.filters);
        std::fs::read(folder.path().join(output.last().unwrap())).unwrap()
    }

    fn png(&self) -> Vec<u8> {
        self.made(&["-frames:v", "1", "made.png"])
    }
}

/// A desktop with a meeting in it: the bar of a system below or above, the title and the tools of the meeting, slides with times in the middle.
fn desktop(at: NaiveDateTime, meeting: &str, people: u32) -> Screen {
    let mut screen = Screen::new((1920, 1080), false);
    screen.bar((0, 0, 1920, 34), "0xffffff");
    screen.text(SANS, 15, ("24", "8"), &format!("腾讯会议   会议号：{meeting}"));
    screen.bar((480, 260, 960, 560), "0xfdfdfd");
    screen.text(SANS, 30, ("520", "300"), "课程安排  09:00-09:45  10:00-10:45");
    screen.text(SANS, 30, ("520", "380"), "报名费 12.50 元  电话 029-88123456");
    screen.bar((0, 976, 1920, 62), "0xffffff");
    screen.text(SANS, 14, ("980", "1012"), &format!("成员({people})"));
    screen.bar((0, 1038, 1920, 42), "0xf3f3f3");
    screen.text(SANS, 13, ("w-tw-60", "1040"), &at.format("%H:%M").to_string());
    screen.text(SANS, 13, ("w-tw-50", "1058"), &format!("{}/{}/{}", at.year(), at.month(), at.day()));
    screen
}

async fn measured(bytes: &[u8], kind: MediaKind, limits: &Limits) -> Facts {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let keshi = Path::new(env!("CARGO_BIN_EXE_keshi"));
    match media::measure(file.path(), kind, Pass::Full, limits, keshi, &Semaphore::new(1)).await.unwrap() {
        Measured::Facts(facts) => *facts,
        Measured::Cannot { because } => panic!("{because}"),
    }
}

fn limits() -> Limits {
    Limits { faces: false, ..Limits::default() }
}

fn moment(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(hour, minute, 0).unwrap()
}

fn read(facts: &Facts) -> Vec<(ReadingKind, &str)> {
    facts.screen.iter().map(|reading| (reading.kind, reading.value.as_str())).collect()
}

#[tokio::test]
async fn a_screenshot_tells_clock_date_meeting_and_people_and_nothing_of_its_slides() {
    let png = desktop(moment(2020, 3, 3, 9, 12), "123 456 789", 36).png();
    let facts = measured(&png, MediaKind::Picture, &limits()).await;
    use ReadingKind::{Clock, Date, Meeting, Participants};
    assert_eq!(read(&facts), [(Clock, "09:12"), (Date, "2020-03-03"), (Meeting, "123456789"), (Participants, "36")]);
    assert!(facts.screen.iter().all(|reading| reading.at_ms == 0 && reading.confidence >= 0.75), "{:?}", facts.screen);
    assert!(
        facts.text_read_by.as_deref().is_some_and(|by| by.starts_with("tesseract ") && by.contains("chi_sim")),
        "{:?}",
        facts.text_read_by
    );
    let json = serde_json::to_string(&facts).unwrap();
    assert!(!json.contains("课程") && !json.contains("88123456") && !json.contains("成员"), "no other text is kept: {json}");
}

/// A little more than two minutes: the clock shows the next minute twice.
#[tokio::test]
async fn the_clock_of_a_recording_is_read_as_it_goes_on_and_a_timer_is_not_taken_for_it() {
    let mut screen = desktop(moment(2020, 3, 3, 9, 12), "123 456 789", 36);
    screen.filters.retain(|filter| !filter.contains("w-tw-60"));
    for (text, shown) in [("09:12", "lt(t,40)"), ("09:13", "gte(t,40)*lt(t,100)"), ("09:14", "gte(t,100)")] {
        screen.text(SANS, 13, ("w-tw-60", "1040"), text);
        write!(screen.filters.last_mut().unwrap(), ":enable='{shown}'").unwrap();
    }
    let film =
        screen.made(&["-t", "130", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "24", "-pix_fmt", "yuv420p", "-g", "25", "made.mp4"]);
    let facts = measured(&film, MediaKind::Video, &limits()).await;
    let of = |kind| -> Vec<(u64, String)> {
        let of_kind = facts.screen.iter().filter(|reading| reading.kind == kind);
        of_kind.map(|reading| (reading.at_ms / 1000, reading.value.clone())).collect()
    };
    let clocks = of(ReadingKind::Clock);
    assert!(clocks.len() >= 5, "{:?}", facts.screen);
    for (at, value) in clocks {
        assert_eq!(
            value,
            if at < 40 {
                "09:12"
            } else if at < 100 {
                "09:13"
            } else {
                "09:14"
            },
            "at {at} s"
        );
    }
    for (kind, expected) in [(ReadingKind::Date, "2020-03-03"), (ReadingKind::Meeting, "123456789")] {
        let values = of(kind);
        assert!(values.len() >= 5 && values.iter().all(|(_, value)| value == expected), "{values:?}");
    }

    let mut timed = Screen::new((1280, 720), true);
    for step in 0..5_u32 {
        timed.text(BOLD, 18, ("w-tw-30", "6"), &format!("{:02}:{:02}", 10 + step / 4, step * 15 % 60));
        write!(timed.filters.last_mut().unwrap(), ":enable='gte(t,{})*lt(t,{})'", step * 15, step * 15 + 15).unwrap();
    }
    let film = timed.made(&["-t", "75", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25", "made.mp4"]);
    let facts = measured(&film, MediaKind::Video, &limits()).await;
    assert_eq!(read(&facts), [], "minutes and seconds of a timer are no time of day");
    assert!(facts.text_read_by.is_some());
}

#[tokio::test]
async fn without_a_recogniser_all_else_is_told_and_the_doctor_says_why() {
    let png = desktop(moment(2020, 3, 3, 9, 12), "123 456 789", 36).png();
    let off = measured(&png, MediaKind::Picture, &Limits { text: false, ..limits() }).await;
    assert_eq!((off.screen.as_slice(), off.text_read_by.as_deref()), (&[][..], None));

    // The child itself, where no data of any language is.
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &png).unwrap();
    let request = json!({"limits": limits(), "task": {"measure": ["picture", "full"]}}).to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_keshi"));
    child.args(["media-child", &request]).env_clear().env("TESSDATA_PREFIX", "/nowhere").env("OMP_THREAD_LIMIT", "1");
    let output = child.stdin(Stdio::from(std::fs::File::open(file.path()).unwrap())).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let facts: Facts = serde_json::from_value(answer["facts"]["facts"].clone()).unwrap();
    assert_eq!((facts.width, facts.screen.as_slice(), facts.text_read_by.as_deref()), (Some(1920), &[][..], None));
    assert_eq!(facts.digests, off.digests);

    let site = Site::new(Engine::Small).await;
    site.run(&["migrate"]);
    let doctor = |data: Option<&str>| {
        let mut keshi = site.keshi(&["doctor"]);
        if let Some(data) = data {
            keshi.env("TESSDATA_PREFIX", data);
        }
        String::from_utf8(keshi.output().unwrap().stdout).unwrap()
    };
    assert!(doctor(None).contains("ok   text on screen: tesseract "), "{}", doctor(None));
    assert!(doctor(Some("/nowhere")).contains("ok   text on screen: not read: Tesseract "), "{}", doctor(Some("/nowhere")));
}

async fn a_picture_whose_screen_shows_another_time_is_found(engine: Engine) {
    let site = Site::new(engine).await;
    let server = site.start().await;
    let (client, plan) = empty_class(&site).await;
    let (sent, live) = sender(&site, &client, &plan);
    let lesson = |id: &str| plan.classes[0].lessons.iter().find(|lesson| lesson.external_id == id).unwrap();
    let local = |id: &str| lesson(id).starts_at.utc().with_timezone(&chrono_tz::Asia::Shanghai).naive_local();
    let number = |id: &str| lesson(id).meeting_ref.clone();
    let minutes = chrono::Duration::minutes;
    let in_it = sent.medium("screenshot", live[0], "in.png", desktop(local(live[0]) + minutes(12), &number(live[0]), 36).png()).await;
    let two_days_on = local(live[1]) + minutes(2 * 24 * 60 + 200);
    let stale = sent.medium("screenshot", live[1], "stale.png", desktop(two_days_on, &number(live[1]), 21).png()).await;
    let late = sent.medium("screenshot", live[2], "late.png", desktop(local(live[2]) + minutes(160), &number(live[2]), 21).png()).await;
    settle(&site, &client).await;

    let kept = client.get(&format!("/v1/evidence/{}", in_it["id"].as_str().unwrap())).await.unwrap();
    let readings: Vec<Reading> = serde_json::from_value(kept["facts"]["screen"].clone()).unwrap();
    let clock = readings.iter().find(|reading| reading.kind == ReadingKind::Clock).unwrap();
    assert_eq!(clock.value, (local(live[0]) + minutes(12)).format("%H:%M").to_string(), "{readings:?}");
    let subjects = async |rule: &str| {
        let findings = client.get(&format!("/v1/findings?rule={rule}")).await.unwrap();
        findings["items"].as_array().unwrap().iter().map(|one| one["subject"]["id"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(subjects("screen-time").await, [stale["id"].clone()], "date and clock are both another day's");
    assert_eq!(subjects("screen-clock").await, [late["id"].clone()], "the day is right");
    let findings = client.get("/v1/findings?rule=screen-time").await.unwrap();
    let told = findings["items"][0]["explanation"]["zh"].to_string();
    assert!(told.contains(&two_days_on.format("%Y-%m-%d %H:%M").to_string()), "{told}");
    let asked = "select reading, value from screen order by reading, value";
    let rows = site.run(&["sql", "--json", asked]);
    assert!(rows.contains("participants") && rows.contains("36"), "{rows}");
    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));
    assert!(site.run(&["rebuild"]).contains("nothing differs, 0 could not be"));
    assert_eq!(site.run(&["sql", "--json", asked]), rows);
}

/// Numbers by chance, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(bound)) as u32
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u32) as usize]
    }
}

type Truth = BTreeMap<&'static str, String>;

/// A screen by chance, and what stands on it. None of these layouts, fonts and sizes was used to choose how text is read.
fn by_chance(seed: u64) -> (Screen, Truth) {
    let dice = &mut Dice(seed * 7919 + 17);
    // The first throws of neighbouring seeds are alike.
    for _ in 0..4 {
        dice.below(2);
    }
    let mut screen = Screen::new((1920, 1080), dice.below(2) == 0);
    let dark = screen.ground == "0x202124";
    let bar = if dark { dice.one(&["0x101114", "0x2d2e33", "0x1b2838"]) } else { dice.one(&["0xffffff", "0xf6f6f6", "0xdfe6ee"]) };
    let font = dice.one(&[SANS, SANS, BOLD, SERIF]);
    let at = moment(2019 + dice.below(5) as i32, 1 + dice.below(12), 1 + dice.below(28), 8 + dice.below(14), dice.below(60));
    let small = dice.one(&[13, 14, 16, 18]);
    let mut truth = Truth::new();
    for _ in 0..5 {
        let (x, y) = (dice.below(1500), 150 + dice.below(560));
        screen.bar((x, y, 340, 190), dice.one(&["0x6b7f8f", "0x8c6f5a", "0x4c5a48", "0x9aa0a8"]));
        screen.text(
            font,
            small,
            (&(x + 8).to_string(), &(y + 166).to_string()),
            dice.one(&["陈静", "Zhou Min", "周敏 13712345678", "第2组-黄磊"]),
        );
    }
    if dice.below(2) == 0 {
        screen.bar((600, 300, 760, 420), "0x777777");
        screen.text(
            font,
            32,
            ("640", "340"),
            dice.one(&["08:30-09:15 安全用电", "上课时间 14:00", "单价 16.80 元/米", "2021年第3版 第12页"]),
        );
    }
    let (clock, width) = (at.format("%H:%M").to_string(), small * 3);
    let top = match dice.below(3) {
        // A bar below, two lines.
        0 => {
            screen.bar((0, 1080 - width, 1920, width), bar);
            screen.text(font, small, ("w-tw-24", &format!("h-{}", width - 3)), &clock);
            let day = dice.one(&["%Y/%m/%d", "%Y-%m-%d", "%Y/%-m/%-d"]);
            screen.text(font, small, ("w-tw-24", &format!("h-{}", width / 2 - 1)), &at.format(day).to_string());
            truth.insert("date", at.format("%Y-%m-%d").to_string());
            0
        }
        // A bar above, one line.
        1 => {
            screen.bar((0, 0, 1920, small * 2), bar);
            let week = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"][at.weekday().num_days_from_monday() as usize];
            let line = match dice.below(3) {
                0 => format!("{}月{}日 {week} {clock}", at.month(), at.day()),
                1 => format!("{}月{}日 {week} 下午{}:{:02}", at.month(), at.day(), at.hour12().1, at.minute())
                    .replace("下午", if at.hour() < 12 { "上午" } else { "下午" }),
                _ => at.format("%a %b %-d  %-I:%M %p").to_string(),
            };
            screen.text(font, small, ("w-tw-20", &(small / 3).to_string()), &line);
            truth.insert("date", at.format("%m-%d").to_string());
            small * 2
        }
        // A telephone.
        _ => {
            let shown = if dice.below(2) == 0 { at.format("%-H:%M").to_string() } else { clock.clone() };
            screen.text(font, small + 4, (dice.one(&["48", "w-tw-48", "(w-tw)/2"]), "6"), &shown);
            screen.text(font, small, (dice.one(&["200", "w-tw-200"]), "8"), dice.one(&["5G", "4G", "67%"]));
            small * 2 + 6
        }
    };
    truth.insert("clock", clock);
    let digits: String =
        (0..11).map(|place| char::from(b'0' + (if place == 0 { 2 + dice.below(8) } else { dice.below(10) }) as u8)).collect();
    let people = 2 + dice.below(240);
    let title = (top + 6).to_string();
    let (nine, eleven) =
        (format!("{} {} {}", &digits[..3], &digits[3..6], &digits[6..9]), format!("{} {} {}", &digits[..3], &digits[3..7], &digits[7..]));
    let (name, number, count) = match dice.below(5) {
        0 => (format!("会议号：{nine}"), &digits[..9], format!("参会成员({people})")),
        1 => (format!("会议号 {nine}"), &digits[..9], format!("成员({people})")),
        2 => (format!("Zoom  Meeting ID: {eleven}"), &digits[..], format!("Participants ({people})")),
        3 => (format!("Meeting ID {nine}"), &digits[..9], format!("Members({people})")),
        _ => (String::new(), "", String::new()),
    };
    if !name.is_empty() {
        screen.text(font, small + 1, ("w/3", &title), &name);
        screen.text(font, small + 1, ("2*w/3", &title), &count);
        truth.insert("meeting", number.to_owned());
        truth.insert("participants", people.to_string());
    }
    (screen, truth)
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&picture.to_rgb8()).unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn drawn_screens_are_read_rightly_or_not_at_all() {
    let screens: u64 = std::env::var("KESHI_ACCURACY").map_or(8, |count| count.parse().expect("KESHI_ACCURACY is a number of screens"));
    // Of how the picture was kept and of what: how many there were, were read rightly, wrongly; and not.
    let mut seen: BTreeMap<(&str, &str), [u32; 3]> = BTreeMap::new();
    for seed in 0..screens {
        let (screen, truth) = by_chance(seed);
        let png = screen.png();
        let picture = image::load_from_memory(&png).unwrap();
        let small = picture.resize_exact(1280, 720, image::imageops::FilterType::CatmullRom);
        for (how, bytes) in [("1080p PNG", png), ("1080p JPEG 60", jpeg(&picture, 60)), ("720p JPEG 60", jpeg(&small, 60))] {
            let facts = measured(&bytes, MediaKind::Picture, &limits()).await;
            let all = [ReadingKind::Clock, ReadingKind::Date, ReadingKind::Meeting, ReadingKind::Participants];
            for (kind, name) in all.into_iter().zip(["clock", "date", "meeting", "participants"]) {
                let counted = seen.entry((how, name)).or_default();
                let (there, read) = (truth.get(name), facts.screen.iter().find(|reading| reading.kind == kind));
                counted[0] += u32::from(there.is_some());
                match read {
                    Some(reading) if Some(&reading.value) == there => counted[1] += 1,
                    Some(reading) => {
                        println!("screen {seed}, {how}: {reading:?} instead of {there:?}");
                        counted[2] += 1;
                    }
                    None => {}
                }
            }
        }
    }
    let mut all = [0; 3];
    for ((how, name), counted) in &seen {
        println!("{how}, {name}: {} of {} read, {} wrong", counted[1], counted[0], counted[2]);
        all = [all[0] + counted[0], all[1] + counted[1], all[2] + counted[2]];
    }
    println!("in all {} of {} read, {} wrong", all[1], all[0], all[2]);
    assert!(f64::from(all[1]) >= 0.6 * f64::from(all[0]), "{seen:?}");
    assert!(f64::from(all[2]) <= 0.03 * f64::from(all[1] + all[2]), "{seen:?}");
}
