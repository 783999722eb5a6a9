//! Every reader under mutated files: cut anywhere, bytes flipped, rows and columns swapped, files spliced, encodings changed, archives in
//! archives. `KESHI_FUZZ_SECONDS` says how long (a few seconds when it says nothing), `KESHI_FUZZ_SEED` where to begin; what breaks a
//! reader is left in a file that the failure names.

use super::*;
use crate::analyse::attendance::fault::ROW_CODES;
use crate::error::{Kind, codes};
use province::chance::Chance;
use std::time::{Duration, Instant};

/// A small sample of each format, modelled as the samples of its own test file are, and how it is named when it is read without being told.
pub(super) fn corpus() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let tencent: &[&[&str]] = &[
        &["会议主题：", "电工"],
        &["会议号：", "123 456 789"],
        &[],
        &["用户昵称（入会昵称）", "入会时间", "退会时间", "身份"],
        &["小张（张三）", "2020-03-03 08:58:00", "2020-03-03 10:00:00", "普通参会者"],
        &["李四(李四)", "2020-03-03 09:00:00", "--", "普通参会者"],
    ];
    let overview: &[&[&str]] = &[
        &["用户昵称（入会昵称）", "首次入会时间", "最后退会时间", "入会次数", "累计参会时长"],
        &["小张（张三）", "2020-03-03 08:58:00", "2020-03-03 11:00:00", "2", "01:02:00"],
    ];
    let chaoxing: &[&[&str]] = &[
        &["课程名称：电工"],
        &["导出时间：2020-03-20 10:00"],
        &["学号/工号", "学生姓名", "任务点完成百分比", "视频观看时长", "讨论数"],
        &["S1", "张三", "60%", "315.5", "3"],
    ];
    let marks: &[&[&str]] = &[
        &["Last name", "First name", "ID number", "3 Mar 2020 9.00AM All students", "Taken sessions", "Points"],
        &["Zhang", "San", "S1", "P (2/2)", "1", "2 / 2"],
    ];
    vec![
        (
            "keshi-ndjson",
            text(
                "{\"kind\":\"join\",\"at\":\"2020-03-03T09:00:00+08:00\",\"name\":\"张三\",\"device\":\"d\"}\n{\"kind\":\"leave\",\"at\":\"2020-03-03T10:00:00+08:00\",\"trainee\":\"ext:S1\"}\n",
            ),
        ),
        (
            "keshi-table",
            text(
                "kind,at,until,name,ip,score\njoin,2020-03-03T09:00:00+08:00,,张三,1.2.3.4,\nface_check,2020-03-03T09:10:00+08:00,,张三,,0.93\n",
            ),
        ),
        ("tencent-meeting", workbook(&[("成员参会概况", overview), ("成员参会明细", tencent)])),
        (
            "zoom",
            text(
                "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants\n123,电工,03/04/2020 08:55:00 AM,03/04/2020 11:00:00 AM,x@example.com,125,2\n\nName (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room\n张三 (San),z@example.com,03/13/2020 08:58:00 AM,03/13/2020 10:00:00 AM,62,No,No\n李四,,03/13/2020 08:50:00 AM,03/13/2020 08:58:00 AM,8,Yes,Yes\n",
            ),
        ),
        (
            "teams",
            utf16(
                "1. Summary\nMeeting title\t电工\n\n2. Participants\nName\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\n张三\t3/13/20, 8:58:00\u{202f}AM\t3/13/20, 11:00:00 AM\t2h 2m\tz@example.com\tz@example.com\tAttendee\n\n3. In-Meeting Activities\nName\tJoin Time\tLeave Time\tDuration\tEmail\tRole\n张三\t3/13/20, 8:58:00 AM\t3/13/20, 11:00:00 AM\t2h 2m\tz@example.com\tAttendee\n",
            ),
        ),
        (
            "google-meet",
            text("First name,Last name,Email,Duration,Time joined,Time exited\n三,张,z@example.com,1 hr 2 min,8:58 AM,10:00 AM\n"),
        ),
        (
            "cc-live",
            text(
                "viewerId,viewerName,viewerIp,city,enterTime,leaveTime,watchTime,terminal\nv1,张三,1.2.3.4,西安,2020-03-03 08:58:10,2020-03-03 10:00:00,3710,1\n",
            ),
        ),
        (
            "cc-live-json",
            text(
                r#"{"result":"OK","userEnterLeaveActions":[{"viewerId":"v1","viewerName":"张三","enterTime":"2020-03-03 08:58:10","leaveTime":"2020-03-03 11:00:00","watchTime":7310,"terminal":0}]}"#,
            ),
        ),
        (
            "live-zh",
            gb18030(
                "用户ID,用户昵称,区域,ip,首次观看直播时间,最近观看直播时间,最后离开直播时间,直播观看时长\nu1,张三,西安,1.2.3.4,2020-03-03 09:00,2020-03-03 09:50,2020-03-03 10:00,1:00:00\n",
            ),
        ),
        ("profile", text("学习者,来,去,回数,合计\n张三,2020-03-03 09:00,2020-03-03 10:00,2,60\n")),
        (
            "moodle-log",
            text(
                "Time,User full name,Affected user,Event context,Component,Event name,Description,Origin,IP address\n\"13/03/20, 09:02\",张三,-,Course: x,System,Course viewed,x,web,1.2.3.4\n",
            ),
        ),
        ("moodle-attendance", workbook(&[("Attendance", marks)])),
        ("chaoxing", workbook(&[("sheet1", chaoxing)])),
        (
            "wecom",
            text(
                r#"{"errcode":0,"attendees":[{"tmp_openid":"o1","userid":"zhangsan","join_time":"1583197080","quit_time":1583204400,"instance_id":1}]}"#,
            ),
        ),
        (
            "bigbluebutton",
            text(
                r#"{"name":"电工","users":{"u1":{"extId":"t1","name":"张三","intIds":{"w":{"sessions":[{"registeredOn":1583197080000,"leftOn":0}]}},"away":[{"startedOn":1583200800000,"stoppedOn":1583201400000}]}},"createdOn":1583196900000}"#,
            ),
        ),
        (
            "bigbluebutton-table",
            text(
                "Name,Moderator,Activity Score,Talk Time,Join,Left,Duration\n\"张三\",\"FALSE\",\"3\",\"-\",\"3/13/2020, 08:58:00 AM\",\"3/13/2020, 11:00:00 AM\",\"02:02:00\"\n",
            ),
        ),
        (
            "xapi",
            text(
                r#"{"statements":[{"actor":{"mbox":"mailto:z@example.com","name":"张三"},"verb":{"id":"http://adlnet.gov/expapi/verbs/terminated"},"object":{"id":"c"},"timestamp":"2020-03-03T10:00:00Z","result":{"duration":"PT45M"}}]}"#,
            ),
        ),
        (
            "xapi-lines",
            text(
                "{\"actor\":{\"name\":\"张三\"},\"verb\":{\"id\":\"v/initialized\"},\"timestamp\":\"2020-03-03T09:00:00Z\"}\n{\"actor\":{\"name\":\"张三\"},\"verb\":{\"id\":\"v/terminated\"},\"timestamp\":\"2020-03-03T10:00:00Z\"}\n",
            ),
        ),
        (
            "dingtalk-live",
            text(
                r#"{"result":{"orgUsesList":[{"name":"张三","userId":"u1","watchLiveTime":2700000}],"outOrgUserList":[{"name":"王五","watchLiveTime":60000}]}}"#,
            ),
        ),
    ]
}

#[test]
fn every_format_has_a_sample_that_is_told_by_its_content() {
    let profile = super::profile::own();
    let hints = Hints { profile: Some(&profile), ..lesson() };
    let mut seen = Vec::new();
    for (name, bytes) in corpus() {
        let (reading, events) = all(&bytes, &hints).unwrap_or_else(|error| panic!("{name}: {error} {:?}", error.rows));
        assert_eq!((reading.reader, events.is_empty()), (name, false));
        seen.push(name);
    }
    // What clients of xAPI send one by one is told by the address it is sent to; its bytes are those of any statement.
    let untold: Vec<_> = formats().filter(|name| !seen.contains(name)).collect();
    assert_eq!(untold, ["xapi-live"], "a format without a sample here");
}

fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

/// What hostile or unlucky cells hold.
const CELLS: [&str; 26] = [
    "",
    "1900-01-01 00:00:00",
    "9999-12-31 23:59:59",
    "2020-03-03T09:00:00+08:00",
    "2020-03-03T09:00:00-05:00",
    "31/12/2020 25:61",
    "03/04/2020 9:00",
    "13/13/2020",
    "0",
    "-1",
    "1e308",
    "99999999999999999999",
    "1583197080000",
    "=cmd|' /C calc'!A0",
    "=SUM(A1:A9)",
    "\"",
    "\"\"\"",
    "{",
    "[[[[[[[[",
    "\u{0}",
    "\u{feff}",
    "\u{202e}三张",
    "１２：３４",
    "1:02:03",
    "62分钟",
    "#N/A",
];

/// One mutation of a file.
fn mutate(mut bytes: Vec<u8>, others: &[(&str, Vec<u8>)], chance: &mut Chance) -> Vec<u8> {
    let (from, until) = (chance.below(bytes.len()), chance.below(bytes.len()));
    let (from, until) = (from.min(until), from.max(until));
    match chance.below(12) {
        0 => bytes.truncate(from),
        1 => drop(bytes.drain(from..until)),
        2 => {
            let again = bytes[from..until].to_vec();
            bytes
                .splice(until..until, again.into_iter().cycle().take((until - from) * (1 + chance.below(40))).take(1 << 20))
                .for_each(drop);
        }
        3 => {
            for _ in 0..=chance.below(8) {
                if let Some(byte) = bytes.get_mut(from) {
                    *byte ^= 1 << chance.below(8);
                }
            }
        }
        4 => {
            let (_, other) = &others[chance.below(others.len())];
            let place = chance.below(other.len());
            bytes.truncate(from);
            bytes.extend_from_slice(&other[place..]);
        }
        5 => drop(bytes.splice(from..from, chance.pick(&CELLS).bytes().collect::<Vec<_>>())),
        6 => return swapped(&bytes, chance),
        7 => return recoded(&bytes, chance),
        8 => return zipped(bytes, chance),
        9 => return in_parts(&bytes, chance).unwrap_or(bytes),
        10 => bytes = replaced(&bytes, CELLS[chance.below(CELLS.len())], chance),
        _ => bytes.extend(std::iter::repeat_n(chance.pick(b",;\t\"{[\n \0"), chance.below(200_000))),
    }
    bytes
}

/// The columns of a delimited text in another order, or a row in the place of another.
fn swapped(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    let mut rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    if chance.below(2) == 0 && !rows.is_empty() {
        let (one, other) = (chance.below(rows.len()), chance.below(rows.len()));
        rows.swap(one, other);
    } else {
        let (one, other) = (chance.below(9), chance.below(9));
        rows.iter_mut().filter(|row| row.len() > one.max(other)).for_each(|row| row.swap(one, other));
    }
    rows.iter().map(|row| row.join(",") + "\n").collect::<String>().into_bytes()
}

/// The text in another encoding, or the bytes under the mark of one.
fn recoded(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    match (std::str::from_utf8(bytes), chance.below(4)) {
        (Ok(text), 0) => utf16(text),
        (Ok(text), 1) => gb18030(text),
        (_, 2) => [b"\xff\xfe".as_slice(), bytes].concat(),
        _ => [b"\xef\xbb\xbf".as_slice(), bytes].concat(),
    }
}

/// The file in an archive, which may be called a workbook, several times over.
fn zipped(bytes: Vec<u8>, chance: &mut Chance) -> Vec<u8> {
    let name = chance.pick(&["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml", "log.csv", "../log.csv"]);
    (0..=chance.below(3)).fold(bytes, |inner, _| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("started");
        zip.write_all(&inner).expect("written");
        zip.finish().expect("finished").into_inner()
    })
}

/// A workbook with a part that is not what it was; nothing where the bytes are no workbook any more.
fn in_parts(bytes: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let mut old = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    let chosen = chance.below(old.len());
    let mut new = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for place in 0..old.len() {
        let mut part = Vec::new();
        let entry = old.by_index(place).ok()?;
        let name = entry.name().ok()?.into_owned();
        // A part that was mutated may be as large as it likes to say.
        std::io::Read::read_to_end(&mut std::io::Read::take(entry, 1 << 20), &mut part).ok()?;
        if place == chosen {
            part = replaced(&part, CELLS[chance.below(CELLS.len())], chance);
            let flipped = chance.below(part.len());
            if let (Some(byte), 0) = (part.get_mut(flipped), chance.below(2)) {
                *byte ^= 1 << chance.below(8);
            }
        }
        new.start_file(name, zip::write::SimpleFileOptions::default()).ok()?;
        new.write_all(&part).ok()?;
    }
    new.finish().ok().map(std::io::Cursor::into_inner)
}

/// What stands between two marks replaced by a cell.
fn replaced(bytes: &[u8], cell: &str, chance: &mut Chance) -> Vec<u8> {
    let marks: Vec<usize> = bytes.iter().enumerate().filter(|(_, byte)| b",;\t\"<>\n:".contains(byte)).map(|(place, _)| place).collect();
    let Some(pair) = marks.len().checked_sub(1).map(|last| chance.below(last)) else { return bytes.to_vec() };
    let until = marks.get(pair + 1).copied().unwrap_or(bytes.len());
    [&bytes[..marks[pair] + 1], cell.as_bytes(), &bytes[until.max(marks[pair] + 1)..]].concat()
}

/// What samples say of people. Parts of it would stand in sentences by chance.
const PERSONAL: [&str; 9] = ["张三", "李四", "王五", "小张", "Zhang", "zhangsan", "z@example", "x@example", "1.2.3.4"];

/// What every file holds to, whatever it is: rows add up, moments are possible, whatever is refused has a code of the catalogue and says what
/// to do, and no sentence names anybody.
pub(super) fn holds(bytes: &[u8], hints: &Hints<'_>) {
    let read = all(bytes, hints);
    let (facts, refused) = match &read {
        Ok((reading, events)) => {
            assert_eq!(reading.rows, reading.accepted + reading.refused_total);
            assert_eq!(reading.accepted, events.len() as u64);
            for event in events {
                assert!(event.row >= 1 && !event.who.is_nobody() && event.until.is_none_or(|until| until >= event.at));
                for moment in [Some(event.at), event.until].into_iter().flatten() {
                    let year = moment.to_string()[..4].parse::<u32>().expect("a year");
                    assert!((2000..2100).contains(&year), "{year}");
                }
                assert!(event.bytes.as_ref().is_none_or(|span| span.start < span.end && span.end <= bytes.len() as u64));
                assert!(!event.kind.is_stated() || event.stated_ms.is_some() || event.mark.is_some());
            }
            // What a meeting is called is free text, and may be a name.
            let facts = reading.facts.iter().filter(|(name, _)| !["topic", "meeting_id", "account_home_pages"].contains(&name.as_str()));
            (facts.map(|(name, value)| format!("{name} {value} ")).collect::<String>() + &reading.assumptions.join(" "), &reading.refused)
        }
        Err(error) => {
            assert!(codes::ALL.iter().any(|code| code.name == error.code), "{error}");
            assert!(matches!(error.kind, Kind::Unprocessable | Kind::TooLarge | Kind::Invalid), "{error}");
            assert!(error.message.contains("; ") || error.message.contains(". "), "what to do? {error}");
            (error.message.clone(), &error.rows)
        }
    };
    for row in refused {
        assert!(row.row >= 1 && ROW_CODES.iter().any(|(code, _)| *code == row.code), "{row:?}");
        assert!(row.message.contains("; "), "what to do? {row:?}");
    }
    let said = refused.iter().fold(facts, |said, row| said + " " + &row.message);
    assert!(PERSONAL.iter().all(|text| !said.contains(text)), "a sentence names somebody: {said}");
}

#[test]
fn fuzz() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (seconds, seed) = (number("KESHI_FUZZ_SECONDS").unwrap_or(4), number("KESHI_FUZZ_SEED").unwrap_or(1));
    let (corpus, profile, begun) = (corpus(), super::profile::own(), Instant::now());
    let names: Vec<&str> = formats().collect();
    let mut chance = Chance::new(seed);
    let mut tried = 0_u64;
    while begun.elapsed() < Duration::from_secs(seconds) {
        let mut bytes = corpus[chance.below(corpus.len())].1.clone();
        for _ in 0..=chance.below(4) {
            bytes = mutate(bytes, &corpus, &mut chance);
        }
        bytes.truncate(4 << 20);
        let format = (chance.below(3) == 0).then(|| chance.pick(&names));
        let hints = Hints { profile: Some(&profile), format, ..if chance.below(4) == 0 { hints() } else { lesson() } };
        let started = Instant::now();
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| holds(&bytes, &hints)));
        if held.is_err() || started.elapsed() > Duration::from_secs(20) {
            let (_, place) = tempfile::Builder::new().prefix("keshi-fuzz-").tempfile().expect("a file").keep().expect("kept");
            std::fs::write(&place, &bytes).expect("written");
            panic!("{} breaks a reader (format {format:?}, seed {seed}, file {tried}, {:?})", place.display(), started.elapsed());
        }
        tried += 1;
    }
    println!("{tried} files in {seconds} s");
}
