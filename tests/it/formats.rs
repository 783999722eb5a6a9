//! Every format over HTTP: file in, hours out, and from each hour back to the very row of the raw file.

use crate::site::{self, Engine, Site, is_sha256};
use crate::trail::{self, OWN, Raw, Seen, cells, local, plain, utf16, workbook};
use encoding_rs::{GB18030, UTF_8, UTF_16LE};
use keshi::analyse::attendance;
use keshi::simulate::{self, Class, Client, Plan};
use keshi::time::{MINUTE, Time};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// What follows from a file.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    /// Hours, from a row or two that hold both ends.
    Stays,
    /// Hours, from rows that are signs of life.
    Beats,
    /// No hour: what the platform says beside, as this kind and with these words.
    Stated(&'static str, [&'static str; 2]),
}

/// A format, a file of three people in its own shape, and what a row of that file must hold.
struct Story {
    format: &'static str,
    raw: Raw,
    file: fn(&[Seen]) -> Vec<u8>,
    /// The cell that says who it is.
    names: fn(&Seen) -> String,
    /// How it writes a moment.
    clock: fn(Time) -> String,
    told: Told,
}

const STORIES: &[Story] = &[
    Story {
        format: "keshi-ndjson",
        raw: Raw::Lines,
        file: |people| {
            let line = |one: &Seen, kind: &str, at| json!({"kind": kind, "at": seconds_zoned(at), "trainee": ext(one)}).to_string();
            lines(people.iter().flat_map(|one| [line(one, "join", one.from), line(one, "leave", one.until)]))
        },
        names: ext,
        clock: seconds_zoned,
        told: Told::Stays,
    },
    Story {
        format: "keshi-table",
        raw: Raw::Delimited(UTF_8, ','),
        file: |people| {
            let row = |one: &Seen| cells(["interval", &seconds_zoned(one.from), &seconds_zoned(one.until), &one.id_number]);
            table(&[], cells(["kind", "at", "until", "id_number"]), people.iter().map(row), ",").into()
        },
        names: |one| one.id_number.clone(),
        clock: seconds_zoned,
        told: Told::Stays,
    },
    Story {
        format: "tencent-meeting",
        raw: Raw::Sheets,
        file: |people| {
            // People stand in another order, so that the same row of the other sheet is of somebody else.
            let times = |one: &Seen| [plain(one.from), plain(one.until)];
            let detail = people.iter().map(|one| {
                let [from, until] = times(one);
                cells([&nickname(one), &from, &until, "普通参会者"])
            });
            let overview = people.iter().rev().map(|one| {
                let [from, until] = times(one);
                cells([&nickname(one), &from, &until, "1", &clock_of(one.minutes())])
            });
            let above = [cells(["会议主题:", "电工"]), cells(["会议号:", "123 456 789"]), Vec::new()];
            let sheet = |headings: Vec<String>, rows: &mut dyn Iterator<Item = Vec<String>>| {
                above.iter().cloned().chain([headings]).chain(rows).collect::<Vec<_>>()
            };
            let overview =
                sheet(cells(["用户昵称（入会昵称）", "首次入会时间", "最后退会时间", "入会次数", "累计参会时长"]), &mut { overview });
            let detail = sheet(cells(["用户昵称（入会昵称）", "入会时间", "退会时间", "身份"]), &mut { detail });
            workbook(&[("成员参会概况", overview), ("成员参会明细", detail)])
        },
        names: nickname,
        clock: plain,
        told: Told::Stays,
    },
    Story {
        format: "zoom",
        raw: Raw::Delimited(UTF_8, ','),
        file: |people| {
            let row = |one: &Seen| cells([&one.name, &one.email, &american(one.from), &american(one.until), &minutes(one), "No", "No"]);
            let headings = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room";
            let above = ["Meeting ID,Topic,User Email,Duration (Minutes),Participants", "123,电工,host@example.org,125,3", ""];
            format!("\u{feff}{}", table(&above, split(headings, ','), people.iter().map(row), ",")).into()
        },
        names: |one| one.email.clone(),
        clock: american,
        told: Told::Stays,
    },
    Story {
        format: "teams",
        raw: Raw::Delimited(UTF_16LE, '\t'),
        file: |people| {
            let length = |one: &Seen| format!("{}m", one.minutes());
            let participant =
                |one: &Seen| cells([&one.name, &teams(one.from), &teams(one.until), &length(one), &one.email, "", "Attendee"]);
            let activity = |one: &Seen| cells([&one.name, &teams(one.from), &teams(one.until), &length(one), &one.email, "Attendee"]);
            let above = ["1. Summary", "Meeting title\t电工", "", "2. Participants"];
            let headings = "Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole";
            let first = table(&above, split(headings, '\t'), people.iter().rev().map(participant), "\t");
            let headings = split("Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole", '\t');
            utf16(&(first + &table(&["", "3. In-Meeting Activities"], headings, people.iter().map(activity), "\t")))
        },
        names: |one| one.email.clone(),
        clock: teams,
        told: Told::Stays,
    },
    Story {
        format: "google-meet",
        raw: Raw::Delimited(UTF_8, ','),
        file: |people| {
            let row = |one: &Seen| cells(["X", "", &one.email, &format!("{} min", one.minutes()), &of_day(one.from), &of_day(one.until)]);
            table(&[], split("First name,Last name,Email,Duration,Time joined,Time exited", ','), people.iter().map(row), ",").into()
        },
        names: |one| one.email.clone(),
        clock: of_day,
        told: Told::Stays,
    },
    Story {
        format: "cc-live",
        raw: Raw::Delimited(UTF_8, ','),
        file: |people| {
            let row = |one: &Seen| {
                let total = (one.minutes() * 60).to_string();
                cells([&one.account, "学员", "203.0.113.7", "西安", &plain(one.from), &plain(one.until), &total, "1"])
            };
            let headings = split("viewerId,viewerName,viewerIp,city,enterTime,leaveTime,watchTime,terminal", ',');
            table(&[], headings, people.iter().map(row), ",").into()
        },
        names: |one| one.account.clone(),
        clock: plain,
        told: Told::Stays,
    },
    Story {
        format: "live-zh",
        raw: Raw::Delimited(GB18030, ','),
        file: |people| {
            let row = |one: &Seen| {
                let [from, until, total] = [plain(one.from), plain(one.until), format!("{}分钟", one.minutes())];
                cells([&one.account, "学员", "陕西", "203.0.113.9", &from, &from, &until, &total])
            };
            let headings = split("用户ID,用户昵称,区域,ip,首次观看直播时间,最近观看直播时间,最后离开直播时间,直播观看时长", ',');
            GB18030.encode(&table(&[], headings, people.iter().map(row), ",")).0.into_owned()
        },
        names: |one| one.account.clone(),
        clock: plain,
        told: Told::Stays,
    },
    Story {
        format: "profile",
        raw: Raw::Delimited(UTF_8, ';'),
        file: |people| {
            let row = |one: &Seen| cells([&one.account, &plain(one.from), &plain(one.until)]);
            table(&["课堂出勤"], cells(["学籍卡", "来", "去"]), people.iter().map(row), ";").into()
        },
        names: |one| one.account.clone(),
        clock: plain,
        told: Told::Stays,
    },
    Story {
        format: "moodle-log",
        raw: Raw::Delimited(UTF_8, ','),
        file: |people| {
            let row = |one: &Seen, at| {
                cells([&day_first(at), &one.name, "-", "Course: 电工", "System", "Course viewed", "x", "web", "203.0.113.7"])
            };
            let rows = people.iter().flat_map(|one| beats(one).into_iter().map(move |at| row(one, at)));
            let headings = "Time,User full name,Affected user,Event context,Component,Event name,Description,Origin,IP address";
            table(&[], split(headings, ','), rows, ",").into()
        },
        names: |one| one.name.clone(),
        clock: day_first,
        told: Told::Beats,
    },
    Story {
        format: "moodle-attendance",
        raw: Raw::Sheets,
        file: |people| {
            let session = local(people[0].from, "%-d %b %Y %-I.%M%p All students");
            let headings = cells(["Last name", "First name", "ID number", &session, "Taken sessions", "Points"]);
            // One is there all the time, the others for a part of it.
            let mark = |one: &Seen| if one.minutes() == people[0].minutes() { "P (2/2)" } else { "L (1/2)" };
            let rows = people.iter().map(|one| cells(["X", "Y", &one.external_id, mark(one), "1", "2 / 2"]));
            workbook(&[("Notes", vec![cells(["Course", "电工"])]), ("Attendance", [headings].into_iter().chain(rows).collect())])
        },
        names: |one| one.external_id.clone(),
        clock: plain,
        told: Told::Stated("mark", ["present", "late"]),
    },
    Story {
        format: "chaoxing",
        raw: Raw::Sheets,
        file: |people| {
            let above = [cells(["课程名称：电工"]), cells(["导出时间：2020-03-20 10:00"])];
            let headings = cells(["学号/工号", "学生姓名", "任务点完成百分比", "视频观看时长", "讨论数"]);
            let rows = people.iter().map(|one| cells([&one.external_id, &one.name, "60%", &minutes(one), "3"]));
            workbook(&[("sheet1", above.into_iter().chain([headings]).chain(rows).collect())])
        },
        names: |one| one.external_id.clone(),
        clock: plain,
        told: Told::Stated("total", ["video", "video"]),
    },
    Story {
        format: "wecom",
        raw: Raw::Entries(|whole| whole["attendees"].as_array().unwrap().clone()),
        file: |people| {
            let entry = |one: &Seen| {
                let [join, quit] = [one.from, one.until].map(|time| time.0 / 1_000_000);
                json!({"tmp_openid": "o", "userid": one.account, "join_time": join, "quit_time": quit, "instance_id": 1})
            };
            json!({"errcode": 0, "attendees": people.iter().map(entry).collect::<Vec<_>>()}).to_string().into()
        },
        names: |one| one.account.clone(),
        clock: |time| (time.0 / 1_000_000).to_string(),
        told: Told::Stays,
    },
    Story {
        format: "bigbluebutton",
        raw: Raw::Entries(|whole| whole["users"].as_object().unwrap().values().cloned().collect()),
        file: |people| {
            let user = |one: &Seen| {
                let [from, until] = [one.from, one.until].map(|time| time.0 / 1_000);
                let sessions = json!({"w": {"sessions": [{"registeredOn": from, "leftOn": until}]}});
                (one.external_id.clone(), json!({"extId": one.account, "name": "学员", "isModerator": false, "intIds": sessions}))
            };
            json!({"name": "电工", "users": people.iter().map(user).collect::<serde_json::Map<_, _>>(), "createdOn": people[0].from.0 / 1_000})
                .to_string()
                .into()
        },
        names: |one| one.account.clone(),
        clock: |time| (time.0 / 1_000).to_string(),
        told: Told::Stays,
    },
    Story {
        format: "cc-live-json",
        raw: Raw::Entries(|whole| whole["userEnterLeaveActions"].as_array().unwrap().clone()),
        file: |people| {
            let entry = |one: &Seen| {
                let [from, until] = [plain(one.from), plain(one.until)];
                json!({"viewerId": one.account, "viewerName": "学员", "enterTime": from, "leaveTime": until, "watchTime": one.minutes() * 60, "terminal": 0})
            };
            json!({"result": "OK", "userEnterLeaveActions": people.iter().map(entry).collect::<Vec<_>>()}).to_string().into()
        },
        names: |one| one.account.clone(),
        clock: plain,
        told: Told::Stays,
    },
    Story {
        format: "xapi",
        raw: Raw::Entries(|whole| whole["statements"].as_array().unwrap().clone()),
        file: |people| json!({"statements": statements(people)}).to_string().into(),
        names: |one| one.account.clone(),
        clock: seconds_zoned,
        told: Told::Stays,
    },
    Story {
        format: "xapi-live",
        raw: Raw::Entries(|whole| whole.as_array().unwrap().clone()),
        file: |people| Value::from(statements(people)).to_string().into(),
        names: |one| one.account.clone(),
        clock: seconds_zoned,
        told: Told::Stays,
    },
    Story {
        format: "xapi-lines",
        raw: Raw::Lines,
        file: |people| lines(statements(people).iter().map(Value::to_string)),
        names: |one| one.account.clone(),
        clock: seconds_zoned,
        told: Told::Stays,
    },
    Story {
        format: "bigbluebutton-table",
        raw: Raw::Delimited(UTF_8, ','),
        file: |people| {
            let row = |one: &Seen| cells([&one.name, "FALSE", "3", "-", &browser(one.from), &browser(one.until), &clock_of(one.minutes())]);
            table(&[], split("Name,Moderator,Activity Score,Talk Time,Join,Left,Duration", ','), people.iter().map(row), ",").into()
        },
        names: |one| one.name.clone(),
        clock: browser,
        told: Told::Stays,
    },
    Story {
        format: "dingtalk-live",
        raw: Raw::Entries(|whole| {
            let list = |name: &str| whole["result"][name].as_array().unwrap().clone();
            [list("outOrgUserList"), list("orgUsesList")].concat()
        }),
        file: |people| {
            let entry = |one: &Seen| json!({"name": one.name, "userId": one.account, "watchLiveTime": one.minutes() * 60_000});
            let (outside, inside) = people.split_at(1);
            let [outside, inside] = [outside, inside].map(|people| people.iter().map(entry).collect::<Vec<_>>());
            json!({"result": {"outOrgUserList": outside, "orgUsesList": inside}}).to_string().into()
        },
        names: |one| one.account.clone(),
        clock: plain,
        told: Told::Stated("total", ["live", "live"]),
    },
];

fn ext(one: &Seen) -> String {
    format!("ext:{}", one.external_id)
}

fn nickname(one: &Seen) -> String {
    format!("学员（{}）", one.name)
}

fn minutes(one: &Seen) -> String {
    one.minutes().to_string()
}

fn clock_of(minutes: i64) -> String {
    format!("{:02}:{:02}:00", minutes / 60, minutes % 60)
}

fn seconds_zoned(time: Time) -> String {
    local(time, "%Y-%m-%dT%H:%M:%S+08:00")
}

fn american(time: Time) -> String {
    local(time, "%m/%d/%Y %I:%M:%S %p")
}

fn browser(time: Time) -> String {
    local(time, "%-m/%-d/%Y, %I:%M:%S %p")
}

fn teams(time: Time) -> String {
    local(time, "%-m/%-d/%y, %-I:%M:%S\u{202f}%p")
}

fn of_day(time: Time) -> String {
    local(time, "%-I:%M %p")
}

fn day_first(time: Time) -> String {
    local(time, "%d/%m/%y, %H:%M")
}

fn split(headings: &str, delimiter: char) -> Vec<String> {
    headings.split(delimiter).map(str::to_owned).collect()
}

fn lines(lines: impl Iterator<Item = String>) -> Vec<u8> {
    lines.map(|line| line + "\n").collect::<String>().into()
}

/// Lines above the headings, the headings, and rows; cells in quotation marks where they need them.
fn table(above: &[&str], headings: Vec<String>, rows: impl Iterator<Item = Vec<String>>, delimiter: &str) -> String {
    let cell = |cell: &String| if cell.contains(delimiter) { format!("\"{cell}\"") } else { cell.clone() };
    let line = |row: Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(delimiter);
    let rows = [headings].into_iter().chain(rows).map(line);
    above.iter().map(|line| (*line).to_owned()).chain(rows).map(|line| line + "\r\n").collect()
}

/// A sign of life every four minutes, the first and the last at the ends.
fn beats(one: &Seen) -> Vec<Time> {
    let mut beats: Vec<Time> = (0..one.minutes()).step_by(4).map(|minute| one.from.plus(minute * MINUTE)).collect();
    beats.push(one.until);
    beats
}

/// Everybody's opening and closing of a session of their own.
fn statements(people: &[Seen]) -> Vec<Value> {
    let statement = |one: &Seen, verb: &str, at: Time| {
        json!({
            "actor": {"account": {"homePage": "https://own.example", "name": one.account}},
            "verb": {"id": format!("http://adlnet.gov/expapi/verbs/{verb}")},
            "object": {"id": "https://own.example/lesson"},
            "timestamp": seconds_zoned(at),
        })
    };
    people.iter().flat_map(|one| [statement(one, "initialized", one.from), statement(one, "terminated", one.until)]).collect()
}

#[test]
fn every_format_has_a_story() {
    let mut told: Vec<&str> = STORIES.iter().map(|story| story.format).collect();
    let mut known: Vec<&str> = attendance::formats().collect();
    told.sort_unstable();
    known.sort_unstable();
    assert_eq!(told, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_and_a_folder() {
    every_format(Engine::Small).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_and_s3() {
    every_format(Engine::Large).await;
}

async fn every_format(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.toml"), OWN).unwrap();
    let site = Site::with(engine, &[("KESHI__PLATFORMS__FOLDER", folder.path().to_str().unwrap())]).await;
    let server = site.start().await;
    let classes: Vec<(&str, &'static str)> = STORIES.iter().map(|story| (story.format, "own")).collect();
    let plan = trail::plan(&classes, 2);
    let client = site.access(&plan).await;
    simulate::send(&plan, &site.place("nothing"), &client, &indicatif::ProgressBar::hidden()).await.unwrap();

    let mut sent = Vec::new();
    for (class, story) in plan.classes.iter().zip(STORIES) {
        // The first lesson without saying what it is, the second by the name of the format.
        for lesson in 0..2 {
            let people = people(&plan, class, lesson);
            let bytes = (story.file)(&people);
            let live = story.format == "xapi-live" && lesson == 0;
            if live {
                send_statements(&site, &client, class, bytes.clone()).await;
            } else {
                let answer = trail::hand_over(&site, &client, class, lesson, ["auto", story.format][lesson], bytes.clone()).await;
                let told = (&answer["reader"], &answer["receipt"]["refused_rows"]);
                assert_eq!(told, (&json!(story.format), &Value::Null), "{answer}");
            }
            sent.push((class, story, lesson, people, bytes));
        }
    }
    let dead = simulate::settle(&client, Duration::from_secs(300), &indicatif::ProgressBar::hidden()).await.unwrap();
    assert_eq!(dead, 0, "dead jobs:\n{}", site.said());
    for (class, story, lesson, people, bytes) in &sent {
        for trainee in 0..2 {
            followed(&client, class, story, *lesson, trainee, &people[trainee + 1], bytes).await;
        }
    }
    server.stop();
    assert!(site.run(&["fsck"]).ends_with("all holds"));
    let rebuilt = site.run(&["rebuild"]);
    assert!(rebuilt.ends_with("nothing differs, 0 could not be"), "{rebuilt}");
}

/// A stranger, a trainee all through the lesson, and one who left after twenty minutes.
fn people(plan: &Plan, class: &Class, lesson: usize) -> [Seen; 3] {
    let [whole, other] = [0, 1].map(|trainee| Seen::whole(plan, class, trainee, &class.lessons[lesson]));
    let until = other.from.plus(20 * MINUTE);
    [whole.stranger(), whole, Seen { until, ..other }]
}

/// As clients of xAPI do, to an address of the lesson.
async fn send_statements(site: &Site, client: &Client, class: &Class, bytes: Vec<u8>) {
    let place = format!("{}/xapi/ext:{}/ext:{}/statements", site.address(), class.external_id, class.lessons[0].external_id);
    let request = site::client().post(place).basic_auth("own", Some(&client.access.platforms[class.platform]));
    let request = request.header("x-experience-api-version", "1.0.3").header("content-type", "application/json");
    let answer = request.body(bytes).send().await.unwrap();
    let status = answer.status();
    assert_eq!(status, StatusCode::OK, "{}", answer.text().await.unwrap());
}

/// From what is shown of somebody's lesson to the rows of the file it rests on.
async fn followed(client: &Client, class: &Class, story: &Story, lesson: usize, trainee: usize, one: &Seen, bytes: &[u8]) {
    let format = story.format;
    let answer = trail::trace(client, class, lesson, trainee).await;
    let item = &answer["items"][0];
    let (pointers, credited): (Vec<(&Value, &Value)>, i64) = match story.told {
        Told::Stated(..) => {
            let stated = answer["stated"].as_array().unwrap().iter();
            (stated.map(|stated| (&stated["evidence"], &stated["row"])).collect(), 0)
        }
        _ => {
            let spans = item["spans"].as_array().unwrap().iter().filter(|span| span["kind"] == "credited");
            let pointers = spans.flat_map(|span| span["evidence"].as_array().unwrap());
            (pointers.map(|pointer| (&pointer["id"], &pointer["row"])).collect(), one.until.millis_since(one.from))
        }
    };
    assert_eq!(item["credited_ms"], credited, "{format}: {answer}");
    assert!(!pointers.is_empty(), "{format}: {answer}");
    let mut rows = Vec::new();
    for (evidence, row) in pointers {
        let evidence = evidence.as_str().unwrap();
        assert!(answer["receipts"][evidence]["proof"].is_array(), "{format}: {answer}");
        let kept = client.get(&format!("/v1/evidence/{evidence}")).await.unwrap();
        let content = client.get_bytes(&format!("/v1/evidence/{evidence}/content")).await.unwrap();
        assert!(is_sha256(&kept["sha256"], &content), "{format}: {kept}");
        assert_eq!((&kept["reader"], content == bytes), (&json!(format), true), "{format}: {kept}");
        let row = story.raw.row(&content, row.as_u64().unwrap());
        assert!(row.contains(&(story.names)(one)), "{format}: {row:?} is not of the trainee: {answer}");
        rows.push(row);
    }
    let holds = |text: &String| rows.iter().any(|row| row.contains(text));
    let ends = [one.from, one.until].map(story.clock);
    match story.told {
        Told::Stays => {
            assert!(rows.iter().all(|row| ends.iter().any(|end| row.contains(end))), "{format}: {rows:?}");
            assert!(ends.iter().all(holds), "{format}: both ends are in the rows: {rows:?}");
        }
        Told::Beats => {
            let beats: Vec<String> = beats(one).into_iter().map(story.clock).collect();
            assert!(rows.iter().all(|row| beats.iter().any(|beat| row.contains(beat))), "{format}: {rows:?}");
            assert!(ends.iter().all(holds), "{format}: both ends are in the rows: {rows:?}");
        }
        Told::Stated(kind, marks) => {
            let stated = &answer["stated"][0];
            assert_eq!((rows.len(), &stated["kind"], &stated["mark"]), (1, &json!(kind), &json!(marks[trainee])), "{format}: {answer}");
            let ms = stated["stated_ms"].as_i64();
            assert_eq!(ms, (kind == "total").then(|| one.until.millis_since(one.from)), "{format}: {answer}");
            let written = match format {
                "moodle-attendance" => ["P (2/2)", "L (1/2)"][trainee].to_owned(),
                "chaoxing" => minutes(one),
                _ => (one.minutes() * 60_000).to_string(),
            };
            assert!(holds(&written), "{format}: {rows:?}");
        }
    }
}
