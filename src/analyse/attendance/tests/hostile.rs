//! Files that are damaged, wrong or meant to harm: each is refused in bounded time and memory, with a code and a sentence.

use super::*;
use proptest::prelude::*;
use std::io::{Cursor, Read};
use zip::write::SimpleFileOptions;

fn code(bytes: &[u8], hints: &Hints<'_>) -> &'static str {
    all(bytes, hints).expect_err("refused").code
}

/// A workbook whose parts are replaced or added to.
fn with_parts(book: &[u8], parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(book)).expect("a workbook");
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for place in 0..old.len() {
        let mut entry = old.by_index(place).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        if parts.iter().all(|(part, _)| *part != name) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("readable");
            new.start_file(name, options).expect("started");
            new.write_all(&bytes).expect("written");
        }
    }
    for (name, bytes) in parts {
        new.start_file(*name, options).expect("started");
        new.write_all(bytes).expect("written");
    }
    new.finish().expect("finished").into_inner()
}

/// A workbook with one part that is text changed.
pub(super) fn with_part_changed(book: &[u8], name: &str, change: impl FnOnce(String) -> String) -> Vec<u8> {
    let mut text = String::new();
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).expect("a workbook");
    archive.by_name(name).expect("the part").read_to_string(&mut text).expect("text");
    with_parts(book, &[(name, change(text).into_bytes())])
}

fn book() -> Vec<u8> {
    let rows: [&[&str]; 2] = [&["姓名", "开始时间", "结束时间"], &["张三", "2020-03-03 09:00:00", "2020-03-03 10:00:00"]];
    workbook(&[("log", &rows)])
}

#[test]
fn a_part_that_expands_too_far_is_a_bomb() {
    let blanks = vec![b' '; 32 << 20];
    assert_eq!(code(&with_parts(&book(), &[("xl/worksheets/sheet1.xml", blanks.clone())]), &hints()), "expands_too_far");
    assert_eq!(code(&with_parts(&book(), &[("xl/media/image1.png", blanks)]), &hints()), "expands_too_far");
}

#[test]
fn parts_that_are_each_small_are_a_bomb_together() {
    let part = vec![b'x'; 7 << 20];
    let parts: Vec<(String, Vec<u8>)> = (0..5).map(|n| (format!("xl/media/{n}.bin"), part.clone())).collect();
    let parts: Vec<(&str, Vec<u8>)> = parts.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let limits = Limits { expanded_bytes: 30 << 20, ..Limits::default() };
    assert_eq!(code(&with_parts(&book(), &parts), &Hints { limits, ..hints() }), "expands_too_far");
}

#[test]
fn too_many_parts_are_a_bomb() {
    let parts: Vec<String> = (0..1_100).map(|n| format!("xl/media/{n}")).collect();
    let parts: Vec<(&str, Vec<u8>)> = parts.iter().map(|name| (name.as_str(), Vec::new())).collect();
    assert_eq!(code(&with_parts(&book(), &parts), &hints()), "expands_too_far");
}

#[test]
fn a_value_of_millions_of_characters_is_a_bomb() {
    let noise: Vec<u8> = (0..5_u32 << 20).map(|n| b'a' + (n.wrapping_mul(2_654_435_761) >> 24) as u8 % 26).collect();
    let sheet = [
        &b"<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>"[..],
        &noise,
        b"</t></is></c></row></sheetData></worksheet>",
    ]
    .concat();
    assert_eq!(code(&with_parts(&book(), &[("xl/worksheets/sheet1.xml", sheet)]), &hints()), "expands_too_far");
}

#[test]
fn a_claim_of_endless_strings_is_not_believed() {
    for claim in ["999999999999", "18446744073709551615", "99999999999999999999999", "0000000000000000000000000000000000000999999999999"] {
        let strings = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><sst count=\"1\"{}uniqueCount=\"{claim}\"><si><t>x</t></si></sst>",
            " ".repeat(70_000)
        );
        assert_eq!(code(&with_parts(&book(), &[("xl/sharedStrings.xml", strings.into_bytes())]), &hints()), "corrupt_file", "{claim}");
    }
    let wide: Vec<u8> = "\u{feff}<sst uniqueCount=\"999999999999\"/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(code(&with_parts(&book(), &[("xl/sharedStrings.xml", wide)]), &hints()), "corrupt_file");
}

#[test]
fn a_cell_far_out_and_a_dimension_without_end_cost_nothing() {
    let sheet = r#"<worksheet><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>姓名</t></is></c><c r="B1" t="inlineStr"><is><t>开始时间</t></is></c><c r="C1" t="inlineStr"><is><t>结束时间</t></is></c><c r="XFD1"><v>1</v></c></row><row r="1048576"><c r="A1048576" t="inlineStr"><is><t>张三</t></is></c><c r="B1048576" t="str"><v>2020-03-03 09:00:00</v></c><c r="C1048576" t="str"><v>2020-03-03 10:00:00</v></c></row></sheetData></worksheet>"#;
    let (_, events) = all(&with_parts(&book(), &[("xl/worksheets/sheet1.xml", sheet.into())]), &hints()).expect("readable");
    assert_eq!(told(&events), ["1048576 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 张三"]);
}

#[test]
fn impossible_places_of_cells_are_damage() {
    for place in ["AAAAAAAAAAAAAAAA1", "A99999999999999999999", "A0", "1A", "é1"] {
        let sheet = format!(r#"<worksheet><sheetData><row r="1"><c r="{place}"><v>1</v></c></row></sheetData></worksheet>"#);
        let bytes = with_parts(&book(), &[("xl/worksheets/sheet1.xml", sheet.into_bytes())]);
        let code = code(&bytes, &hints());
        assert!(["corrupt_file", "unknown_format"].contains(&code), "{place}: {code}");
    }
}

#[test]
fn too_many_cells_and_too_large_a_workbook_are_refused() {
    let limits = Limits { cells: 5, ..Limits::default() };
    assert_eq!(code(&book(), &Hints { limits, ..hints() }), "too_large");
    let limits = Limits { workbook_bytes: 1_000, ..Limits::default() };
    assert_eq!(code(&book(), &Hints { limits, ..hints() }), "too_large");
    let limits = Limits { rows: 10, ..Limits::default() };
    let log = format!("kind,at,name\n{}", "join,2020-03-03T09:00:00+08:00,张三\n".repeat(11));
    assert_eq!(code(log.as_bytes(), &Hints { limits, ..hints() }), "too_large");
}

#[test]
fn a_workbook_cut_anywhere_is_damaged() {
    let whole = book();
    for length in (30..whole.len()).step_by(211) {
        assert_eq!(code(&whole[..length], &hints()), "corrupt_file", "cut at {length}");
    }
}

#[test]
fn a_flipped_byte_in_a_part_is_damage() {
    let whole = book();
    let mut refused = 0;
    for place in (60..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        match all(&bytes, &hints()) {
            Ok((_, events)) => assert_eq!(events.len(), 1, "what is read is what was written"),
            Err(error) => {
                assert!(["corrupt_file", "unknown_format", "expands_too_far"].contains(&error.code), "{error:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 10);
}

#[test]
fn files_that_are_no_logs_are_refused_with_a_sentence() {
    assert_eq!(code(b"", &hints()), "unreadable_log");
    assert_eq!(code(b"\n\n  \n", &hints()), "unknown_format");
    assert_eq!(code(b"hello world\n", &hints()), "unknown_format");
    assert_eq!(code(b"%PDF-1.7 ...", &hints()), "unknown_format");
    assert_eq!(code(&[0, 1, 2, 3, 0, 255, 254, 7].repeat(100), &hints()), "unknown_format");
    assert_eq!(code(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", &hints()), "unknown_format");
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("readme.txt", SimpleFileOptions::default()).expect("started");
    assert_eq!(code(&zip.finish().expect("finished").into_inner(), &hints()), "unknown_format");
    let error = all(b"\0\0\0\x18ftypmp42....", &hints()).expect_err("a video");
    assert!(error.message.contains("kind=video"), "{error}");
}

#[test]
fn a_json_document_cut_short_is_damaged_and_says_so() {
    let entry = |n: u32| format!(r#"{{"userid":"u{n}","tmp_openid":"o","join_time":1583197200,"quit_time":1583204400}}"#);
    let whole = format!(r#"{{"errcode":0,"attendees":[{},{}]}}"#, entry(1), entry(2));
    for length in 1..whole.len() {
        let error = all(&whole.as_bytes()[..length], &hints()).expect_err("cut short");
        assert_eq!(error.code, "corrupt_file", "{}", &whole[..length]);
    }
    let named = Hints { format: Some("wecom"), ..hints() };
    assert_eq!(code(&whole.as_bytes()[..40], &named), "corrupt_file");
    let error = all(&whole.as_bytes()[..whole.len() - 1], &hints()).expect_err("cut short");
    assert_eq!(error.message, "The JSON document ends in the middle, in or after entry 2; export it again and send it whole.");
    let error = all(whole.replace("},{", "} {").as_bytes(), &hints()).expect_err("a comma is missing");
    assert_eq!(error.message, "The JSON document is damaged, in or after entry 1; export it again and send it whole.");
}

#[test]
fn an_entry_without_end_or_without_bottom_is_one_row_at_fault() {
    let good = r#"{"userid":"u","tmp_openid":"o","join_time":1583197200}"#;
    let long = format!(r#"{{"userid":"{}"}}"#, "x".repeat(3 << 20));
    let deep = format!(r#"{{"userid":{}1{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    let endless = format!("{}{}", "[".repeat(2 << 20), "]".repeat(2 << 20));
    let (reading, events) =
        all(format!(r#"{{"attendees":[{good},{long},{deep},{endless},{good}]}}"#).as_bytes(), &hints()).expect("two are good");
    let rows: Vec<(u64, &str)> = reading.refused.iter().map(|row| (row.row, row.code.as_str())).collect();
    assert_eq!(rows, [(2, "too_long"), (3, "bad_json"), (4, "too_long")]);
    assert_eq!(events.iter().map(|event| event.row).collect::<Vec<_>>(), [1, 5]);
}

#[test]
fn a_json_document_of_too_many_entries_is_refused() {
    let entry = r#"{"extId":"u","intIds":{"w":{"sessions":[{"registeredOn":1583197200000},{"registeredOn":1583197200000}]}}}"#;
    let users: Vec<String> = (0..6).map(|n| format!(r#""{n}":{entry}"#)).collect();
    let log = format!(r#"{{"users":{{{}}}}}"#, users.join(","));
    let limits = Limits { rows: 10, ..Limits::default() };
    assert_eq!(code(log.as_bytes(), &Hints { limits, ..hints() }), "too_large");
    assert_eq!(all(log.as_bytes(), &hints()).expect("readable").0.rows, 12);
}

#[test]
fn a_name_that_is_a_bomb_is_passed_over_in_constant_memory() {
    let name = "n".repeat(5 << 20);
    let log = format!(r#"{{"{name}":"{name}","attendees":[{{"userid":"u","tmp_openid":"o","join_time":1583197200}}]}}"#);
    let (_, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(told(&events), ["1 join 2020-03-03T09:00:00 user u"]);
}

#[test]
fn headings_without_rows_are_an_empty_log() {
    let error = all(b"kind,at,name\n\n", &hints()).expect_err("empty");
    assert_eq!(error.code, "unreadable_log");
    assert!(error.message.contains("no row"), "{error}");
}

#[test]
fn a_row_of_another_encoding_is_at_fault_alone() {
    let mut log = "kind,at,name\n".to_owned().into_bytes();
    for _ in 0..100 {
        log.extend("join,2020-03-03T09:00:00+08:00,张三\n".as_bytes());
    }
    log.extend(b"join,2020-03-03T09:00:00+08:00,\xd5\xc5\xc8\xfd\n");
    let (reading, events) = all(&log, &hints()).expect("the rest is good");
    assert_eq!(events.len(), 100);
    assert_eq!((reading.refused[0].row, reading.refused[0].code.as_str()), (102, "bad_encoding"));
}

#[test]
fn a_line_without_end_is_one_row_at_fault() {
    let mut log = b"kind,at,name\njoin,2020-03-03T09:00:00+08:00,".to_vec();
    log.extend(vec![b'x'; 3 << 20]);
    log.extend(
        "\njoin,2020-03-03T09:00:00+08:00,李四\njoin,2020-03-03T09:00:00+08:00,\"王五\njoin,2020-03-03T09:00:00+08:00,赵六\n".as_bytes(),
    );
    let (reading, events) = all(&log, &hints()).expect("two rows are good");
    let rows: Vec<(u64, &str)> = reading.refused.iter().map(|row| (row.row, row.code.as_str())).collect();
    assert_eq!(rows, [(2, "too_long"), (4, "open_quote")]);
    assert_eq!(events.iter().map(|event| event.row).collect::<Vec<_>>(), [3, 5]);
}

#[test]
fn ten_million_columns_are_a_row_too_long() {
    let mut log = b"kind,at,name\n".to_vec();
    log.extend(vec![b','; 10_000_000]);
    log.extend("\njoin,2020-03-03T09:00:00+08:00,李四\n".as_bytes());
    let (reading, events) = all(&log, &hints()).expect("one row is good");
    assert_eq!((events.len(), reading.refused[0].code.as_str()), (1, "too_long"));
}

#[test]
fn rows_at_fault_beyond_the_limit_are_counted() {
    let mut log = "kind,at,name\njoin,2020-03-03T09:00:00+08:00,李四\n".to_owned();
    log += &"join,never,张三\n".repeat(3_000);
    let (reading, _) = all(log.as_bytes(), &hints()).expect("one row is good");
    assert_eq!((reading.refused.len(), reading.refused_total, reading.rows), (1_000, 3_000, 3_001));
    assert_eq!(reading.facts["refused"], serde_json::json!({"bad_time": 3_000}));
}

#[test]
fn error_cells_of_a_spreadsheet_are_named() {
    let mut new = Workbook::new();
    let sheet = new.add_worksheet();
    for (column, heading) in ["姓名", "开始时间", "结束时间"].into_iter().enumerate() {
        sheet.write_string(0, column as u16, heading).expect("written");
    }
    sheet.write_string(1, 0, "张三").expect("written");
    sheet.write_formula(1, 1, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!")).expect("written");
    let error = all(&new.save_to_buffer().expect("saved"), &hints()).expect_err("nothing else");
    assert_eq!(error.rows[0].code, "bad_time");
    assert!(error.rows[0].message.contains("开始时间"), "{}", error.rows[0].message);
}

/// Pieces that steer bytes into readers: headings, marks, times, names.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(vec![
        "kind,at,name\n",
        "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n",
        "用户昵称（入会昵称）,入会时间,退会时间\n",
        "姓名\t开始时间\t结束时间\n",
        "\n1. Summary\n",
        "2. Participants\nName\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\n",
        "3. In-Meeting Activities\nName\tJoin Time\tLeave Time\tDuration\tEmail\tRole\n",
        "Full Name\tUser Action\tTimestamp\n",
        "张三\t3/3/20, 9:00:00 AM\t3/3/20, 10:00:00 AM\t1h 0m 0s\n",
        "张三\tJoined before\t3/3/20, 9:00:00 AM\n",
        "First name,Last name,Email,Duration,Time joined,Time exited\n",
        "三,张,zhang@example.com,1 hr,9:00 AM,10:00 AM\n",
        "viewerId,viewerName,viewerIp,city,enterTime,leaveTime,watchTime,terminal\n",
        "用户ID,用户昵称,区域,ip,首次观看直播时间,最近观看直播时间,最后离开直播时间,直播观看时长\n",
        "直播ID,用户ID,用户姓名,观看次数,观看时长(秒),入会时间,退会时间\n",
        "姓名,身份证号,手机号,课程名称,签到时间,签退时间,学习时长,IP,设备\n",
        "Time,User full name,Affected user,Event context,Component,Event name,Description,Origin,IP address\n",
        "1:00:00,",
        "\t",
        "{\"kind\":\"join\",\"at\":\"2020-03-03T09:00:00+08:00\",\"name\":\"张三\"}\n",
        "张三&李四,",
        "2020-03-03 09:00:00,",
        "03/04/2020 09:00:00 AM,",
        "\"",
        "\n",
        "\r",
        ",",
        "\u{feff}",
        "--",
        "0",
        "join,",
        "学习者,来,去,合计\n",
        "学习者,刻,举动\n",
        "学生姓名,视频观看时长,讨论数\n",
        "Last name,3 Mar 2020 9.00AM,Points,Percentage\n",
        "P (2/2),",
        "Name,Activity Score,Talk Time,Join,Left,Duration\n",
        "{",
        "[",
        "sep=;\n",
        "\\u0000",
        "43893.375,",
        "1e999,",
    ]);
    let piece = prop_oneof![6 => known.prop_map(|text| text.as_bytes().to_vec()), 1 => proptest::collection::vec(any::<u8>(), 0..20)];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// Of documents, whose entries have no bytes of their own in some encodings.
const OF_DOCUMENTS: [&str; 5] = ["wecom", "bigbluebutton", "cc-live-json", "xapi", "dingtalk"];

const FORMATS: [&str; 15] = [
    "auto",
    "zoom",
    "tencent-meeting",
    "keshi-table",
    "keshi-ndjson",
    "teams",
    "google-meet",
    "cc-live",
    "live-zh",
    "moodle-log",
    "moodle-attendance",
    "chaoxing",
    "profile",
    "bigbluebutton-table",
    "xapi-lines",
];

#[test]
fn every_format_is_tried_with_hostile_bytes() {
    assert!(formats().all(|name| FORMATS.contains(&name) || OF_DOCUMENTS.iter().any(|known| name.starts_with(known))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn no_bytes_break_the_readers(bytes in pieces(), format in proptest::sample::select(FORMATS.to_vec())) {
        let profile = super::profile::own();
        let hints = Hints { format: Some(format), profile: Some(&profile), ..lesson() };
        if let Ok((reading, events)) = all(&bytes, &hints) {
            prop_assert_eq!(reading.rows, reading.accepted + reading.refused_total);
            prop_assert_eq!(reading.accepted, events.len() as u64);
            for event in events {
                prop_assert!(event.row >= 1 && event.until.is_none_or(|until| until >= event.at));
                let span = event.bytes.expect("text has bytes");
                prop_assert!(span.start < span.end && span.end <= bytes.len() as u64);
            }
        }
    }
}

/// Pieces that steer bytes into readers of JSON documents.
fn json_pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = proptest::sample::select(vec![
        r#"{"attendees":["#,
        r#"{"userid":"u","tmp_openid":"o","join_time":1583197200,"quit_time":"0"}"#,
        r#"{"users":{"u1":{"extId":"e","intIds":{"w":{"registeredOn":1583197200000,"leftOn":0}},"away":[{}]}"#,
        r#"{"viewerId":"v","enterTime":"2020-03-03 09:00:00","leaveTime":"03/04/2020 10:00","watchTime":1e999}"#,
        r#"{"actor":{"mbox":"mailto:a@example.com"},"verb":{"id":"v/terminated"},"timestamp":"2020-03-03T09:00:00Z","result":{"duration":"PT1H"}}"#,
        r#"{"statements":["#,
        r#"{"watchLiveTime":1,"userId":"u"}"#,
        r#"{"kind":"join","at":"2020-03-03T09:00:00+08:00","name":"张三"}"#,
        r#""a":"#,
        "]",
        "]",
        "}",
        "}",
        "{",
        "[",
        ",",
        ",",
        "\n",
        "\"",
        "\\",
        "null",
        "\u{feff}",
    ]);
    let piece = prop_oneof![9 => known.prop_map(|text| text.as_bytes().to_vec()), 1 => proptest::collection::vec(any::<u8>(), 0..10)];
    (proptest::sample::select(vec!["[", "{\"a\":[", "{\"users\":{\"a\":", ""]), proptest::collection::vec(piece, 0..20), any::<bool>())
        .prop_map(|(begin, pieces, wide)| {
            let bytes = [begin.as_bytes(), &pieces.concat()].concat();
            if wide { String::from_utf8_lossy(&bytes).encode_utf16().flat_map(u16::to_le_bytes).collect() } else { bytes }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_break_the_readers_of_documents(bytes in json_pieces(), format in proptest::sample::select([&["auto"], &OF_DOCUMENTS[..]].concat())) {
        let hints = Hints { format: Some(format), ..lesson() };
        if let Ok((reading, events)) = all(&bytes, &hints) {
            prop_assert_eq!(reading.rows, reading.accepted + reading.refused_total);
            prop_assert_eq!(reading.accepted, events.len() as u64);
            for event in events {
                prop_assert!(event.row >= 1 && event.until.is_none_or(|until| until >= event.at));
                if let Some(span) = event.bytes {
                    prop_assert!(span.start < span.end && span.end <= bytes.len() as u64);
                }
                let shown = crate::tables::quote(file(&bytes), event.row, counted(Some(reading.reader)), hints.limits);
                prop_assert!(shown.expect("readable so far").is_some(), "the row of an event can be shown");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_damage_to_a_workbook_breaks_the_readers(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut bytes = book();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = all(&bytes, &hints());
    }

    #[test]
    fn no_sheet_breaks_the_parser(body in "(<row r=\"[0-9]{0,3}\">|</row>|<c r=\"[A-Z]{0,4}[0-9]{0,12}\"( t=\"(s|str|b|n|e|d|inlineStr)\")?( s=\"[0-9]{1,3}\")?>|</c>|<v>[0-9.e+-]{0,8}</v>|<is><t>[a-z&;]{0,5}</t></is>|<f>|</sheetData>|<mergeCells><mergeCell ref=\"[A-Z]{0,2}[0-9]{0,9}:[A-Z]{0,2}[0-9]{0,9}\"/></mergeCells>){0,20}") {
        let sheet = format!("<worksheet><sheetData>{body}</sheetData></worksheet>");
        let _ = all(&with_parts(&book(), &[("xl/worksheets/sheet1.xml", sheet.into_bytes())]), &hints());
    }
}
