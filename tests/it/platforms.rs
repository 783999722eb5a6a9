//! The six platforms of the notice and one of an operator's own, each from its own export file over HTTP to a credited hour whose trace
//! leads back to the very row of that file. The headings are those of the profiles, which say of the six that they are assumed.

use crate::site::{Engine, Site, is_sha256, on_both};
use crate::trail::{self, OWN, Raw, Seen, cells, plain, utf16, workbook};
use encoding_rs::{GB18030, UTF_8, UTF_16LE};
use keshi::simulate::{self, Class, Client, Plan};
use serde_json::{Value, json};
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

const EXPORTS: &[Export] = &[
    Export {
        platform: "sx-zxpx",
        bytes: Bytes::Gb18030,
        above: &[],
        headings: &["姓名", "身份证号", "手机号", "课程名称", "签到时间", "签退时间", "学习时长", "IP", "设备"],
        rows: |one| {
            let total = format!("{}分钟", one.minutes());
            vec![cells([
                &one.name,
                &one.id_number,
                &one.phone,
                "电工",
                &plain(one.from),
                &plain(one.until),
                &total,
                "203.0.113.7",
                "HUAWEI",
            ])]
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
            vec![row(&plain(one.from), "进入课堂"), row(&plain(one.until), "离开课堂")]
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
            vec![cells(["L1", &one.account, &one.name, "2", &total, &plain(one.from), &plain(one.until)])]
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
            vec![cells([&one.account, "学员", "陕西", "203.0.113.9", &plain(one.from), &plain(one.from), &plain(one.until), &total])]
        },
        names: |one| one.account.clone(),
    },
    Export {
        platform: "chinanet",
        bytes: Bytes::Semicolons,
        above: &[&["课堂出勤表"]],
        headings: &["学号", "学生姓名", "进入课堂时间", "离开课堂时间", "在线时长(分钟)", "终端类型"],
        rows: |one| vec![cells([&one.external_id, &one.name, &plain(one.from), &plain(one.until), &one.minutes().to_string(), "网页"])],
        names: |one| one.external_id.clone(),
    },
    Export {
        platform: "edu-mohrss",
        bytes: Bytes::Sheet,
        above: &[],
        headings: &["真实姓名", "联系号码", "用户状态", "进入时间", "离开时间", "IP", "地区"],
        rows: |one| vec![cells([&one.name, &one.phone, "正常", &plain(one.from), &plain(one.until), "203.0.113.10", "西安"])],
        names: |one| one.phone.clone(),
    },
    Export {
        platform: "own",
        bytes: Bytes::Utf8WithMark,
        above: &[],
        headings: &["学籍卡", "来", "去"],
        rows: |one| vec![cells([&one.account, &plain(one.from), &plain(one.until)])],
        names: |one| one.account.clone(),
    },
];

on_both!(annex_2_every_platform_is_credited_and_traced);

async fn annex_2_every_platform_is_credited_and_traced(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.toml"), OWN).unwrap();
    std::fs::write(folder.path().join("broken.toml"), "id = \"broken\"\ncolour = \"red\"\n").unwrap();
    let site = Site::with(engine, &[("KESHI__PLATFORMS__FOLDER", folder.path().to_str().unwrap())]).await;
    let server = site.start().await;
    let said = site.said();
    assert!(said.contains("broken.toml") && said.contains("colour"), "a broken profile is named, and the rest work: {said}");
    let classes: Vec<(&str, &'static str)> = EXPORTS.iter().map(|export| (export.platform, export.platform)).collect();
    let plan = trail::plan(&classes, 1);
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

/// The first trainee of a class, all through its lesson.
fn seen(plan: &Plan, class: &Class) -> Seen {
    Seen::whole(plan, class, 0, &class.lessons[0])
}

/// The export with a stranger's row before the trainee's.
fn table(plan: &Plan, class: &Class, export: &Export) -> Vec<Vec<String>> {
    let one = seen(plan, class);
    let texts = |row: &[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
    let mut table: Vec<Vec<String>> = export.above.iter().map(|row| texts(row)).collect();
    table.push(texts(export.headings));
    table.extend((export.rows)(&one.stranger()));
    table.extend((export.rows)(&one));
    table
}

fn written(table: &[Vec<String>], bytes: Bytes) -> Vec<u8> {
    let text = |delimiter: &str| table.iter().map(|row| row.join(delimiter) + "\r\n").collect::<String>();
    match bytes {
        Bytes::Utf8WithMark => format!("\u{feff}{}", text(",")).into_bytes(),
        Bytes::Gb18030 => encoding_rs::GB18030.encode(&text(",")).0.into_owned(),
        Bytes::Utf16Tabs => utf16(&text("\t")),
        Bytes::Semicolons => text(";").into_bytes(),
        Bytes::Sheet => workbook(&[("sheet1", table.to_vec())]),
    }
}

/// How the rows of the raw file are found in it.
fn raw(export: &Export) -> Raw {
    match export.bytes {
        Bytes::Utf8WithMark => Raw::Delimited(UTF_8, ','),
        Bytes::Semicolons => Raw::Delimited(UTF_8, ';'),
        Bytes::Gb18030 => Raw::Delimited(GB18030, ','),
        Bytes::Utf16Tabs => Raw::Delimited(UTF_16LE, '\t'),
        Bytes::Sheet => Raw::Sheets,
    }
}

async fn hand_over(site: &Site, client: &Client, plan: &Plan, class: &Class, export: &Export) -> (String, Vec<u8>) {
    let bytes = written(&table(plan, class, export), export.bytes);
    let answer = trail::hand_over(site, client, class, 0, "auto", bytes.clone()).await;
    assert_eq!((&answer["reader"], &answer["receipt"]["refused_rows"]), (&json!("profile"), &Value::Null), "{}: {answer}", export.platform);
    (answer["id"].as_str().unwrap().to_owned(), bytes)
}

/// A file that says how long somebody watched, and not when, for the second trainee of a class.
async fn states_a_total(site: &Site, client: &Client, class: &Class) -> String {
    let account = &class.trainees[1].platform_user;
    let body = json!({"result": {"orgUsesList": [{"name": "?", "userId": account, "watchLiveTime": 2_700_000}], "outOrgUserList": []}});
    let answer = trail::hand_over(site, client, class, 0, "auto", body.to_string().into()).await;
    assert_eq!((&answer["reader"], &answer["receipt"]["accepted_rows"]), (&json!("dingtalk-live"), &json!(1)), "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

async fn shown_and_not_credited(client: &Client, class: &Class, evidence: &str) {
    let answer = trail::trace(client, class, 0, 1).await;
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

    let answer = trail::trace(client, class, 0, 0).await;
    let trace = &answer["items"][0];
    let spans = trace["spans"].as_array().unwrap();
    assert!(spans.len() == 1 && spans[0]["kind"] == "credited", "{}: {trace}", export.platform);
    assert_eq!(trace["credited_ms"], one.until.millis_since(one.from), "{}: {trace}", export.platform);
    assert!(answer["receipts"][evidence]["proof"].is_array(), "{answer}");
    let pointers = spans[0]["evidence"].as_array().unwrap();
    assert!(!pointers.is_empty());
    for pointer in pointers {
        assert_eq!(pointer["id"], evidence, "{pointer}");
        let cells = raw(export).row(bytes, pointer["row"].as_u64().unwrap());
        assert!(cells.contains(&(export.names)(&one)), "{}: row {} is not of the trainee", export.platform, pointer["row"]);
        assert!(cells.contains(&plain(one.from)) || cells.contains(&plain(one.until)), "{}: {}", export.platform, pointer["row"]);
    }
    let content = client.get_bytes(&format!("/v1/evidence/{evidence}/content")).await.unwrap();
    assert_eq!(content, bytes, "the file is there as it was sent");

    // Whom the file does not name has nothing.
    let answer = trail::trace(client, class, 0, 1).await;
    assert_eq!(answer["items"][0]["credited_ms"], 0, "{answer}");
}
