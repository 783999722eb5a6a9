//! The six platforms of the notice and one of an operator's own, each from its own export file over HTTP to a credited hour whose trace
//! leads back to the very row of that file. The headings are those of the profiles, which say of the six that they are assumed.

use crate::site::{self, Engine, Site, is_sha256};
use calamine::{Data, Reader, Xlsx};
use chrono_tz::Asia::Shanghai;
use keshi::simulate::{self, Class, Client, Plan, Scale};
use keshi::time::Time;
use reqwest::StatusCode;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use std::io::Cursor;
use std::time::Duration;

/// How the bytes of an export are written.
#[derive(Clone, Copy)]
enum Bytes {
    Utf8WithMark,
    Gb18030,
    Utf16Tabs,
    Semicolons,
    Sheet,
}

/// A platform's export: its bytes, what stands above the headings, the headings, and the rows of one trainee.
struct Export {
    platform: &'static str,
    bytes: Bytes,
    above: &'static [&'static [&'static str]],
    headings: &'static [&'static str],
    rows: fn(&Seen) -> Vec<Vec<String>>,
    /// Which cell of a row must name the trainee the trace is of.
    names: fn(&Seen) -> String,
}

/// A trainee, and the lesson it sat in from beginning to end.
struct Seen {
    external_id: String,
    account: String,
    name: String,
    id_number: String,
    phone: String,
    from: Time,
    until: Time,
}

impl Seen {
    fn from(&self) -> String {
        local(self.from)
    }

    fn until(&self) -> String {
        local(self.until)
    }

    fn minutes(&self) -> i64 {
        self.until.millis_since(self.from) / 60_000
    }
}

fn local(time: Time) -> String {
    time.utc().with_timezone(&Shanghai).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

const EXPORTS: &[Export] = &[
    Export {
        platform: "sx-zxpx",
        bytes: Bytes::Gb18030,
        above: &[],
        headings: &["姓名", "身份证号", "手机号", "课程名称", "签到时间", "签退时间", "学习时长", "IP", "设备"],
        rows: |one| {
            let total = format!("{}分钟", one.minutes());
            vec![cells([&one.name, &one.id_number, &one.phone, "电工", &one.from(), &one.until(), &total, "203.0.113.7", "HUAWEI"])]
        },
        names: |one| one.id_number.clone(),
    },
    Export {
        platform: "px-class",
        bytes: Bytes::Utf8WithMark,
        above: &[],
        headings: &["用户ID", "用户姓名", "操作时间", "操作", "终端", "IP地址"],
        rows: |one| {
            let row = |at: &str, what: &str| cells([&one.account, &one.name, at, what, "手机", "203.0.113.8"]);
            vec![row(&one.from(), "进入课堂"), row(&one.until(), "离开课堂")]
        },
        names: |one| one.account.clone(),
    },
    Export {
        platform: "jc-mohrss",
        bytes: Bytes::Sheet,
        above: &[&["直播参会明细"], &["导出时间", "2020-03-31 09:00:00"]],
        headings: &["直播ID", "用户ID", "用户姓名", "观看次数", "观看时长(秒)", "入会时间", "退会时间"],
        rows: |one| {
            let total = (one.minutes() * 60).to_string();
            vec![cells(["L1", &one.account, &one.name, "2", &total, &one.from(), &one.until()])]
        },
        names: |one| one.account.clone(),
    },
    Export {
        platform: "xzy-mohrss",
        bytes: Bytes::Utf16Tabs,
        above: &[],
        headings: &["用户ID", "用户昵称", "区域", "ip", "首次观看直播时间", "最近观看直播时间", "最后离开直播时间", "直播观看时长"],
        rows: |one| {
            let total = format!("{}分钟", one.minutes());
            vec![cells([&one.account, "学员", "陕西", "203.0.113.9", &one.from(), &one.from(), &one.until(), &total])]
        },
        names: |one| one.account.clone(),
    },
    Export {
        platform: "chinanet",
        bytes: Bytes::Semicolons,
        above: &[&["课堂出勤表"]],
        headings: &["学号", "学生姓名", "进入课堂时间", "离开课堂时间", "在线时长(分钟)", "终端类型"],
        rows: |one| vec![cells([&one.external_id, &one.name, &one.from(), &one.until(), &one.minutes().to_string(), "网页"])],
        names: |one| one.external_id.clone(),
    },
    Export {
        platform: "edu-mohrss",
        bytes: Bytes::Sheet,
        above: &[],
        headings: &["真实姓名", "联系号码", "用户状态", "进入时间", "离开时间", "IP", "地区"],
        rows: |one| vec![cells([&one.name, &one.phone, "正常", &one.from(), &one.until(), "203.0.113.10", "西安"])],
        names: |one| one.phone.clone(),
    },
    Export {
        platform: "own",
        bytes: Bytes::Utf8WithMark,
        above: &[],
        headings: &["学籍卡", "来", "去"],
        rows: |one| vec![cells([&one.account, &one.from(), &one.until()])],
        names: |one| one.account.clone(),
    },
];

/// An operator's profile, whose headings nothing else knows.
const OWN: &str = "id = \"own\"\nname_zh = \"自有平台\"\nname_en = \"Own platform\"\nhost = \"own.example\"\ntimezone = \"Asia/Shanghai\"\n\
                   headings = \"documented\"\nsource = \"its manual\"\nformats = [\"profile\"]\n\
                   [columns]\naccount = [\"学籍卡\"]\njoin = [\"来\"]\nleave = [\"去\"]\n";

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_a_folder() {
    every_platform(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_and_s3() {
    every_platform(Engine::Large).await;
}

async fn every_platform(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.toml"), OWN).unwrap();
    std::fs::write(folder.path().join("broken.toml"), "id = \"broken\"\ncolour = \"red\"\n").unwrap();
    let site = Site::with(engine, &[("KESHI__PLATFORMS__FOLDER", folder.path().to_str().unwrap())]).await;
    let server = site.start().await;
    let said = site.said();
    assert!(said.contains("broken.toml") && said.contains("colour"), "a broken profile is named, and the rest work: {said}");
    let plan = plan();
    let client = site.access(&plan).await;
    let platforms = client.get("/v1/platforms").await.unwrap();
    let ids: Vec<&str> = platforms["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["sx-zxpx", "px-class", "jc-mohrss", "xzy-mohrss", "chinanet", "edu-mohrss", "own"]);
    simulate::send(&plan, &site.place("nothing"), &client, &indicatif::ProgressBar::hidden()).await.unwrap();

    let stated = states_a_total(&site, &client, &plan.classes[0]).await;
    let mut sent = Vec::new();
    for (class, export) in plan.classes.iter().zip(EXPORTS) {
        sent.push(hand_over(&site, &client, &plan, class, export).await);
    }
    let dead = simulate::settle(&client, Duration::from_secs(300), &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!(dead, 0, "dead jobs:\n{}", site.said());
    for ((class, export), (evidence, bytes)) in plan.classes.iter().zip(EXPORTS).zip(&sent) {
        followed(&client, &plan, class, export, evidence, bytes).await;
    }
    shown_and_not_credited(&client, &plan.classes[0], &stated).await;
    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));
    let rebuilt = site.run(&["rebuild"]);
    assert!(rebuilt.contains("nothing differs, 0 could not be"), "{rebuilt}");
}

/// Without a server: what would be read, whom it names by a first character alone, and an exit code.
#[tokio::test]
async fn a_profile_is_checked_against_a_sample_from_the_command_line() {
    let site = Site::new(Engine::Small).await;
    let (profile, sample) = (site.place("own.toml"), site.place("样本.csv"));
    let check = |more: &[&str]| {
        let mut args = vec!["profile", "check", profile.to_str().unwrap(), sample.to_str().unwrap()];
        args.extend(more);
        let output = site.keshi(&args).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    std::fs::write(&profile, OWN).unwrap();
    std::fs::write(&sample, "学籍卡,来,去,备注\nsecret-account,2020-03-03 09:00,2020-03-03 09:45,x\n").unwrap();
    let (code, said, _) = check(&[]);
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "reader    profile",
        "学籍卡 -> account",
        "备注 -> (not read)",
        "row 2     interval 2020-03-03T09:00:00+08:00",
        "account s…",
        "documented",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    assert!(!said.contains("secret"), "{said}");
    std::fs::write(&sample, "学籍卡,来,去\nsecret-account,yesterday,2020-03-03 09:45\nsecret-account,2020-03-03 09:00,2020-03-03 09:45\n")
        .unwrap();
    let (code, said, _) = check(&["--json"]);
    let json: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, &json["accepted"], &json["refused_total"], &json["refused"][0]["row"]),
        (Some(1), &json!(1), &json!(1), &json!(2)),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
    std::fs::write(&profile, OWN.replace("account", "acount")).unwrap();
    let (code, _, wrong) = check(&[]);
    assert!(code == Some(2) && wrong.contains("own.toml") && wrong.contains("acount"), "{wrong}");
    assert!(!site.place("data").exists(), "nothing is kept");
    let list = site.run(&["profile", "list"]);
    assert_eq!(list.lines().filter(|line| line.contains("assumed")).count(), 6, "{list}");
}

/// One class for each platform, with one lesson and two trainees of its own, and nothing sent yet.
fn plan() -> Plan {
    let mut plan = simulate::plan(3, Scale::Class);
    let model = plan.classes[0].clone();
    let mut everybody: Vec<_> = plan.classes.iter().flat_map(|class| class.trainees.clone()).collect();
    everybody.sort_by_key(|trainee| trainee.person);
    everybody.dedup_by_key(|trainee| trainee.person);
    plan.classes = EXPORTS
        .iter()
        .enumerate()
        .map(|(place, export)| {
            let mut class = model.clone();
            class.external_id = format!("{}-{}", model.external_id, export.platform);
            class.platform = export.platform;
            class.trainees = everybody[place * 2..place * 2 + 2].to_vec();
            class.items.clear();
            class.lessons.truncate(1);
            class.lessons.iter_mut().for_each(|lesson| {
                lesson.items.clear();
                lesson.sittings.clear();
            });
            class
        })
        .collect();
    plan
}

/// The first trainee of a class, all through its lesson.
fn seen(plan: &Plan, class: &Class) -> Seen {
    let (trainee, lesson) = (&class.trainees[0], &class.lessons[0]);
    let person = &plan.people[trainee.person];
    Seen {
        external_id: trainee.external_id.clone(),
        account: trainee.platform_user.clone(),
        name: person.name.clone(),
        id_number: person.id_number.clone(),
        phone: person.phone.clone(),
        from: lesson.starts_at,
        until: lesson.ends_at,
    }
}

/// The export with a stranger's row before the trainee's.
fn table(plan: &Plan, class: &Class, export: &Export) -> Vec<Vec<String>> {
    let one = seen(plan, class);
    let mut stranger = seen(plan, class);
    for (text, other) in [
        (&mut stranger.external_id, "NOBODY"),
        (&mut stranger.account, "nobody"),
        (&mut stranger.name, "路人"),
        (&mut stranger.id_number, "110101199003070134"),
        (&mut stranger.phone, "13900000000"),
    ] {
        *text = other.to_owned();
    }
    let texts = |row: &[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
    let mut table: Vec<Vec<String>> = export.above.iter().map(|row| texts(row)).collect();
    table.push(texts(export.headings));
    table.extend((export.rows)(&stranger));
    table.extend((export.rows)(&one));
    table
}

fn written(table: &[Vec<String>], bytes: Bytes) -> Vec<u8> {
    let text = |delimiter: &str| table.iter().map(|row| row.join(delimiter) + "\r\n").collect::<String>();
    match bytes {
        Bytes::Utf8WithMark => format!("\u{feff}{}", text(",")).into_bytes(),
        Bytes::Gb18030 => encoding_rs::GB18030.encode(&text(",")).0.into_owned(),
        Bytes::Utf16Tabs => format!("\u{feff}{}", text("\t")).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Bytes::Semicolons => text(";").into_bytes(),
        Bytes::Sheet => {
            let mut book = Workbook::new();
            let sheet = book.add_worksheet();
            for (row, cells) in table.iter().enumerate() {
                for (column, cell) in cells.iter().enumerate() {
                    sheet.write_string(row as u32, column as u16, cell).unwrap();
                }
            }
            book.save_to_buffer().unwrap()
        }
    }
}

/// The cells of a row of the raw file, read by nothing of keshi's.
fn raw_row(bytes: &[u8], export: &Export, row: usize) -> Vec<String> {
    let split =
        |text: String, delimiter: char| -> Vec<String> { text.lines().nth(row - 1).unwrap().split(delimiter).map(str::to_owned).collect() };
    match export.bytes {
        Bytes::Utf8WithMark => split(String::from_utf8(bytes.to_vec()).unwrap(), ','),
        Bytes::Semicolons => split(String::from_utf8(bytes.to_vec()).unwrap(), ';'),
        Bytes::Gb18030 => split(encoding_rs::GB18030.decode(bytes).0.into_owned(), ','),
        Bytes::Utf16Tabs => split(encoding_rs::UTF_16LE.decode(bytes).0.into_owned(), '\t'),
        Bytes::Sheet => {
            let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
            let sheet = book.worksheet_range_at(0).unwrap().unwrap();
            let cells = sheet.rows().nth(row - 1).unwrap().iter();
            cells.map(|cell| if let Data::String(text) = cell { text.clone() } else { cell.to_string() }).collect()
        }
    }
}

async fn hand_over(site: &Site, client: &Client, plan: &Plan, class: &Class, export: &Export) -> (String, Vec<u8>) {
    let bytes = written(&table(plan, class, export), export.bytes);
    let (class_ref, lesson_ref) = (format!("ext:{}", class.external_id), format!("ext:{}", class.lessons[0].external_id));
    let query = [("kind", "attendance"), ("class", &class_ref), ("lesson", &lesson_ref)];
    let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", site.address()), query).unwrap();
    let token = &client.access.platforms[class.platform];
    let answer = site::client().post(place).bearer_auth(token).body(bytes.clone()).send().await.unwrap();
    let (status, body) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::CREATED, "{}: {body}", export.platform);
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&answer["reader"], &answer["receipt"]["refused_rows"]), (&json!("profile"), &Value::Null), "{}: {answer}", export.platform);
    (answer["id"].as_str().unwrap().to_owned(), bytes)
}

/// A file that says how long somebody watched, and not when, for the second trainee of a class.
async fn states_a_total(site: &Site, client: &Client, class: &Class) -> String {
    let account = &class.trainees[1].platform_user;
    let body = json!({"result": {"orgUsesList": [{"name": "?", "userId": account, "watchLiveTime": 2_700_000}], "outOrgUserList": []}});
    let (class_ref, lesson_ref) = (format!("ext:{}", class.external_id), format!("ext:{}", class.lessons[0].external_id));
    let query = [("kind", "attendance"), ("class", &class_ref), ("lesson", &lesson_ref)];
    let place = reqwest::Url::parse_with_params(&format!("{}/v1/evidence", site.address()), query).unwrap();
    let answer =
        site::client().post(place).bearer_auth(&client.access.platforms[class.platform]).body(body.to_string()).send().await.unwrap();
    let (status, answer) = (answer.status(), answer.json::<Value>().await.unwrap());
    assert_eq!(
        (status, &answer["reader"], &answer["receipt"]["accepted_rows"]),
        (StatusCode::CREATED, &json!("dingtalk-live"), &json!(1)),
        "{answer}"
    );
    answer["id"].as_str().unwrap().to_owned()
}

async fn shown_and_not_credited(client: &Client, class: &Class, evidence: &str) {
    let place = format!("/v1/classes/ext:{}/lessons/ext:{}/trace", class.external_id, class.lessons[0].external_id);
    let answer = client.get(&format!("{place}?trainee=ext:{}", class.trainees[1].external_id)).await.unwrap();
    assert_eq!(answer["items"][0]["credited_ms"], 0, "a total credits nothing: {answer}");
    let stated = &answer["stated"];
    assert_eq!(stated.as_array().map(Vec::len), Some(1), "{answer}");
    let told = (&stated[0]["evidence"], &stated[0]["row"], &stated[0]["kind"], &stated[0]["stated_ms"], &stated[0]["mark"]);
    assert_eq!(told, (&json!(evidence), &json!(1), &json!("total"), &json!(2_700_000), &json!("live")), "{stated}");
    let kept = client.get(&format!("/v1/evidence/{evidence}")).await.unwrap();
    assert_eq!((&kept["state"], &kept["facts"]["stated_without_times"]), (&json!("analysed"), &json!(1)), "{kept}");
}

/// From the hour to the row of the file it rests on.
async fn followed(client: &Client, plan: &Plan, class: &Class, export: &Export, evidence: &str, bytes: &[u8]) {
    let one = seen(plan, class);
    let kept = client.get(&format!("/v1/evidence/{evidence}")).await.unwrap();
    let profile = &kept["facts"]["profile"];
    let built_in = export.platform != "own";
    let basis = if built_in { "assumed" } else { "documented" };
    assert_eq!((&profile["id"], &profile["headings"]), (&json!(export.platform), &json!(basis)), "{kept}");
    let file = if built_in { std::fs::read(format!("platforms/{}.toml", export.platform)).unwrap() } else { OWN.as_bytes().to_vec() };
    assert!(is_sha256(&profile["sha256"], &file), "which profile read it can be told: {profile}");
    let assumed = kept["assumptions"].to_string().contains("which assumes them");
    assert_eq!(assumed, built_in, "{}", kept["assumptions"]);
    let people = &kept["facts"]["log_people"];
    assert!(people["matched"].as_i64() > Some(0) && people["matched"] == people["unmatched"], "{people}");

    let place = format!("/v1/classes/ext:{}/lessons/ext:{}/trace", class.external_id, class.lessons[0].external_id);
    let answer = client.get(&format!("{place}?trainee=ext:{}", one.external_id)).await.unwrap();
    let trace = &answer["items"][0];
    let spans = trace["spans"].as_array().unwrap();
    assert!(spans.len() == 1 && spans[0]["kind"] == "credited", "{}: {trace}", export.platform);
    assert_eq!(trace["credited_ms"], one.until.millis_since(one.from), "{}: {trace}", export.platform);
    assert!(answer["receipts"][evidence]["proof"].is_array(), "{answer}");
    let pointers = spans[0]["evidence"].as_array().unwrap();
    assert!(!pointers.is_empty());
    for pointer in pointers {
        assert_eq!(pointer["id"], evidence, "{pointer}");
        let cells = raw_row(bytes, export, pointer["row"].as_u64().unwrap() as usize);
        assert!(cells.contains(&(export.names)(&one)), "{}: row {} is not of the trainee", export.platform, pointer["row"]);
        assert!(cells.contains(&one.from()) || cells.contains(&one.until()), "{}: {}", export.platform, pointer["row"]);
    }
    let content = client.get_bytes(&format!("/v1/evidence/{evidence}/content")).await.unwrap();
    assert_eq!(content, bytes, "the file is there as it was sent");

    // Whom the file does not name has nothing.
    let other = &class.trainees[1].external_id;
    let answer = client.get(&format!("{place}?trainee=ext:{other}")).await.unwrap();
    assert_eq!(answer["items"][0]["credited_ms"], 0, "{answer}");
}
