use super::*;
use crate::ids::TraineeId;
use proptest::prelude::*;
use serde_json::json;

const NDJSON: &str = r#"{"trainee":"ext:T1","kind":"join","at":"2020-03-03T09:00:00+08:00","ip":"10.0.0.1","device":"d1","user_agent":"Mozilla/5.0","client":"web","ref":"e1"}

{"trainee":"user:u2","kind":"interval","at":"2020-03-03T09:00:00+08:00","until":"2020-03-03T10:00:00+08:00"}
{"trainee":"0190a5a0-0000-7000-8000-000000000001","kind":"progress","at":"2020-03-03T01:05:00.5Z","position_ms":300000,"extra":{"ignored":[1,2]}}
{"name":"张三","phone":"13800138001","kind":"face_check","at":"2020-03-03T09:10:00+08:00","score":0.93,"until":null}
"#;

#[test]
fn events_are_read_line_by_line() {
    let (reading, events) = all(NDJSON.as_bytes(), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "1 join 2020-03-03T09:00:00 ext:T1 ip 10.0.0.1 device d1 agent Mozilla/5.0 client web ref e1",
            "3 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 user u2",
            "4 progress 2020-03-03T09:05:00.500 0190a5a0-0000-7000-8000-000000000001 at 300000 ms",
            "5 face_check 2020-03-03T09:10:00 phone 13800138001 张三 score 0.93",
        ]
    );
    assert_eq!((reading.reader, reading.rows, reading.accepted), ("keshi-ndjson", 4, 4));
    assert!(reading.assumptions.is_empty() && reading.facts.is_empty());
    let bytes = events[1].bytes.clone().expect("lines have bytes");
    assert!(NDJSON[bytes.start as usize..bytes.end as usize].starts_with(r#"{"trainee":"user:u2""#));
}

#[test]
fn a_line_at_fault_says_what_and_how_to_mend_it_and_nothing_personal() {
    let lines = [
        r#"{"trainee":"ext:T1","kind":"join","at":"2020-03-03T09:00:00+08:00"}"#,
        r#"{"trainee":"张三","kind":"join","at":"2020-03-03T09:00:00+08:00"}"#,
        r#"{"trainee":"ext:T1","kind":"dancing","at":"2020-03-03T09:00:00+08:00"}"#,
        r#"{"trainee":"ext:T1","kind":"join","at":"2020-03-03 09:00:00"}"#,
        r#"{"trainee":"ext:T1","at":"2020-03-03T09:00:00+08:00"}"#,
        r#"{"trainee":13800138000,"kind":"join","at":"2020-03-03T09:00:00+08:00"}"#,
        r#"{"kind":"join","at":"2020-03-03T09:00:00+08:00"}"#,
        r#"{"trainee":"ext:T1","kind":"interval","at":"2020-03-03T09:00:00+08:00"}"#,
        r#"{"trainee":"ext:T1","kind":"interval","at":"2020-03-03T09:00:00+08:00","until":"2020-03-03T08:00:00+08:00"}"#,
        r#"{"trainee":"ext:T1","kind":"progress","at":"2020-03-03T09:00:00+08:00","position_ms":1.5}"#,
        r#"{"trainee":"ext:T1","kind":"answer","at":"2020-03-03T09:00:00+08:00","score":"good"}"#,
        r#"{"trainee":"ext:T1","kind":"join","#,
        r#"{"trainee":"ext:T1" "kind":"join"}"#,
        r#"["ext:T1"]"#,
        r#"{"kind":"join","kind":"leave","trainee":"ext:T1","at":"2020-03-03T09:00:00+08:00"}"#,
        r#"{"trainee":"ext:T1","kind":"join","at":"9999-12-31T09:00:00+08:00"}"#,
    ];
    let (reading, events) = all(lines.join("\n").as_bytes(), &hints()).expect("one line is good");
    assert_eq!(events.len(), 1);
    let said: Vec<String> = reading.refused.iter().map(|row| format!("{} {}: {}", row.row, row.code, row.message)).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    2 bad_trainee: trainee is a text that is no reference; write the trainee's keshi id, ext:<your id> or user:<account on the platform>
    3 bad_kind: kind is no known kind of event; write join, leave, heartbeat, progress, answer, face_check, away, waiting_room or interval
    4 bad_time: at is a text that is no time with offset; write RFC 3339 such as 2020-03-03T09:00:00+08:00
    5 missing_value: kind is empty; write a text such as join
    6 bad_value: trainee is a number; write a text in quotation marks
    7 no_person: the row names nobody; fill at least one of trainee, account, phone, e-mail, ID number or name
    8 missing_value: the end is empty; write the time the stay ended, or use the kind join
    9 leave_before_join: the end lies before the beginning; correct one of the two times
    10 bad_value: position_ms is a number with a fraction or too large; write a whole number of milliseconds
    11 bad_value: score is a text; write a number
    12 bad_json: the line ends in the middle of its JSON; write one whole object on each line
    13 bad_json: the line is no JSON from its column 21 on; write one object on each line
    14 bad_json: the line is an array and no object; write one object on each line
    15 bad_json: a member of the object appears twice; write each once
    16 bad_time: the time is a time outside the years 2000 to 2099; correct the date
    ");
}

#[test]
fn lines_of_which_none_is_an_event_are_refused_with_their_rows() {
    let error = all(b"{\"a\":1}\n{\"b\":2}\n", &hints()).expect_err("no events");
    assert_eq!((error.code, error.rows.len()), ("unreadable_log", 2));
    assert_eq!(error.rows[1].row, 2);
}

const ENGLISH: &str = "trainee,platform_user,phone,email,id_number,name,kind,at,until,ip,device,user_agent,client,region,position_ms,score,ref\n\
    ext:T1,,,,,,join,2020-03-03T09:00:00+08:00,,10.0.0.1,d1,Mozilla/5.0,web,陕西,,,e1\n\
    ,u2,13800138002,li@example.com,610103199001011234,李四,interval,2020-03-03 09:00:00,2020-03-03 10:00:00,,,,,,,,\n\
    user:u3,,,,,,progress,2020-03-03T01:05:00Z,,,,,,,300000,,\n";

const SAME: [&str; 3] = [
    "2 join 2020-03-03T09:00:00 ext:T1 ip 10.0.0.1 device d1 agent Mozilla/5.0 client web region 陕西 ref e1",
    "3 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 user u2 phone 13800138002 li@example.com id 610103199001011234 李四",
    "4 progress 2020-03-03T09:05:00 user u3 at 300000 ms",
];

#[test]
fn a_table_has_english_or_chinese_headings() {
    let (reading, events) = all(ENGLISH.as_bytes(), &hints()).expect("readable");
    assert_eq!(told(&events), SAME);
    assert_eq!(reading.reader, "keshi-table");
    let headings = "学员,平台用户,手机号,邮箱,身份证号,姓名,事件,时间,结束时间,IP,设备,浏览器,客户端,地区,播放位置（毫秒）,得分,编号";
    let chinese = ENGLISH.replacen(ENGLISH.lines().next().expect("headings"), headings, 1);
    let chinese = chinese.replace(",join,", ",签到,").replace(",interval,", ",区间,").replace(",progress,", ",进度,");
    let (_, events) = all(chinese.as_bytes(), &hints()).expect("readable");
    assert_eq!(told(&events), SAME);
}

#[test]
fn a_workbook_is_the_same_table_and_its_other_sheets_are_notes() {
    let rows: Vec<Vec<&str>> = ENGLISH.lines().map(|line| line.split(',').collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let notes: [&[&str]; 2] = [&["说明"], &["请勿修改表头"]];
    let (reading, events) = all(&workbook(&[("说明", &notes), ("考勤", &rows)]), &hints()).expect("readable");
    assert_eq!(told(&events), SAME.map(|line| format!("2000000{line}")), "rows of the second sheet");
    assert_eq!(reading.reader, "keshi-table");
}

#[test]
fn a_table_of_beginnings_and_ends_holds_stays() {
    let log = "班级,电工中级\n\n学号,姓名,签到时间,签退时间,学习时长\nT1,张三,2020/3/3 9:00,2020/3/3 10:30,90\nT2,李四,2020/3/3 9:00,,\n";
    let (_, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(told(&events), ["4 interval 2020-03-03T09:00:00–2020-03-03T10:30:00 ext:T1 张三", "5 join 2020-03-03T09:00:00 ext:T2 李四"]);
}

#[test]
fn numbers_of_a_spreadsheet_keep_their_digits_or_are_left_out() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, heading) in ["姓名", "手机号", "身份证号", "开始时间", "结束时间"].into_iter().enumerate() {
        sheet.write_string(0, column as u16, heading).expect("written");
    }
    sheet.write_string(1, 0, "张三").expect("written");
    sheet.write_number(1, 1, 13_800_138_000.0).expect("written");
    sheet.write_number(1, 2, 610_103_199_001_011_234.0).expect("written");
    sheet.write_number(1, 3, 43_893.375).expect("a serial whose format was lost");
    sheet.write_number_with_format(1, 4, 43_893.416_666_666_67, &date_format()).expect("written");
    let (reading, events) = all(&book.save_to_buffer().expect("saved"), &hints()).expect("readable");
    assert_eq!(told(&events), ["2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 phone 13800138000 张三"]);
    assert!(reading.assumptions.iter().any(|sentence| sentence.contains("lost digits")), "{:?}", reading.assumptions);
}

#[test]
fn a_format_that_is_named_is_obeyed_or_refused() {
    let named = |format: &'static str| Hints { format: Some(format), ..hints() };
    assert_eq!(all(ENGLISH.as_bytes(), &named("auto")).expect("readable").0.reader, "keshi-table");
    assert_eq!(all(ENGLISH.as_bytes(), &named("keshi")).expect("readable").0.reader, "keshi-table");
    assert_eq!(all(NDJSON.as_bytes(), &named("keshi")).expect("readable").0.reader, "keshi-ndjson");
    for format in ["zoom", "tencent-meeting", "keshi-ndjson", "nonsense"] {
        let error = all(ENGLISH.as_bytes(), &named(format)).expect_err("refused");
        assert_eq!(error.code, "unknown_format", "{format}: {error}");
    }
}

#[test]
fn a_preview_reads_so_many_rows_and_says_so() {
    let log = format!("kind,at,name\n{}", "join,2020-03-03T09:00:00+08:00,张三\njoin,never,张三\n".repeat(50));
    let looked = preview(file(log.as_bytes()), &hints(), 11).expect("readable");
    assert_eq!((looked.rows, looked.accepted, looked.refused_total, looked.complete), (11, 6, 5, false));
    let whole = preview(file(log.as_bytes()), &hints(), PREVIEW_ROWS).expect("readable");
    assert_eq!((whole.rows, whole.complete), (100, true));
}

#[test]
fn a_sink_that_has_enough_stops_the_reading() {
    let mut seen = 0;
    let reading = read(file(NDJSON.as_bytes()), &hints(), &mut |_| {
        seen += 1;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let reading = reading.expect("readable");
    assert_eq!((seen, reading.accepted, reading.complete), (2, 2, false));
}

fn text() -> impl Strategy<Value = Option<String>> {
    // Texts that survive trimming and folding, as everything does that is not only space or full width.
    proptest::option::of("[a-z\u{4e00}-\u{4e80}]{1,3}[a-z0-9\",;\u{4e00}-\u{4e80}]{0,6}")
}

fn event() -> impl Strategy<Value = Event> {
    let person = prop_oneof![
        "[A-Z0-9]{1,5}".prop_map(|id| Who { trainee: Some(format!("ext:{id}")), ..Who::default() }),
        any::<u128>().prop_map(|id| Who { trainee: Some(TraineeId(uuid::Uuid::from_u128(id)).to_string()), ..Who::default() }),
        (text(), text(), "[\u{4e00}-\u{4e80}]{2,3}").prop_map(|(user, id, name)| Who {
            platform_user: user,
            id_number: id,
            name: Some(name),
            ..Who::default()
        }),
    ];
    let times = (1_500_000_000_000_000_i64..1_900_000_000_000_000, proptest::option::of(0_i64..86_400_000_000));
    let rest = (
        text(),
        text(),
        text(),
        text(),
        text(),
        text(),
        proptest::option::of(0_i64..10_000_000),
        proptest::option::of((-1_000_000_i32..1_000_000).prop_map(|score| f64::from(score) / 1_000.0)),
    );
    (person, 0..EventKind::ALL.len() - 2, times, rest).prop_map(
        |(who, kind, (at, length), (ip, device, agent, client, region, reference, position_ms, score))| {
            // The last two are stated, not written: keshi's own logs tell what happened.
            let kind = EventKind::ALL[kind];
            let length = if kind == EventKind::Interval { Some(length.unwrap_or(0)) } else { length };
            Event {
                until: length.map(|length| Time(at + length)),
                ip,
                device,
                user_agent: agent,
                client,
                region,
                position_ms,
                score,
                reference,
                ..Event::new(0, who, kind, Time(at))
            }
        },
    )
}

fn line(event: &Event) -> String {
    let who = &event.who;
    json!({
        "trainee": who.trainee, "platform_user": who.platform_user, "id_number": who.id_number, "name": who.name,
        "kind": event.kind.as_str(), "at": event.at.to_string(), "until": event.until.map(|until| until.to_string()),
        "ip": event.ip, "device": event.device, "user_agent": event.user_agent, "client": event.client, "region": event.region,
        "position_ms": event.position_ms, "score": event.score, "ref": event.reference,
    })
    .to_string()
}

fn record(event: &Event) -> Vec<String> {
    let who = &event.who;
    let texts = [&who.trainee, &who.platform_user, &who.id_number, &who.name];
    let others = [&event.ip, &event.device, &event.user_agent, &event.client, &event.region, &event.reference];
    let mut record =
        vec![event.kind.as_str().to_owned(), event.at.to_string(), event.until.map(|until| until.to_string()).unwrap_or_default()];
    record.extend(texts.into_iter().chain(others).map(|text| text.clone().unwrap_or_default()));
    record.push(event.position_ms.map(|position| position.to_string()).unwrap_or_default());
    record.push(event.score.map(|score| score.to_string()).unwrap_or_default());
    record
}

const RECORD: &str = "kind,at,until,trainee,platform_user,id_number,name,ip,device,user_agent,client,region,ref,position_ms,score";

fn unplaced(events: Vec<Event>) -> Vec<Event> {
    events.into_iter().map(|event| Event { row: 0, bytes: None, ..event }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_written_log_reads_back_equal(events in proptest::collection::vec(event(), 1..20)) {
        let lines: String = events.iter().map(|event| line(event) + "\n").collect();
        let (reading, read) = all(lines.as_bytes(), &hints()).expect("readable");
        prop_assert_eq!(reading.refused, vec![]);
        prop_assert_eq!(&unplaced(read), &events);

        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(RECORD.split(',')).expect("written");
        events.iter().for_each(|event| csv.write_record(record(event)).expect("written"));
        let csv = csv.into_inner().expect("written");
        let (reading, read) = all(&csv, &hints()).expect("readable");
        prop_assert_eq!(reading.refused, vec![]);
        prop_assert_eq!(&unplaced(read), &events);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_written_workbook_reads_back_equal(events in proptest::collection::vec(event(), 1..10)) {
        let rows: Vec<Vec<String>> = events.iter().map(record).collect();
        let mut texts: Vec<Vec<&str>> = vec![RECORD.split(',').collect()];
        texts.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
        let rows: Vec<&[&str]> = texts.iter().map(Vec::as_slice).collect();
        let (_, read) = all(&workbook(&[("log", &rows)]), &hints()).expect("readable");
        prop_assert_eq!(&unplaced(read), &events);
    }
}

#[test]
fn a_broken_first_line_does_not_hide_the_events_after_it() {
    let log = format!("hello\n{NDJSON}");
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!((reading.reader, events.len()), ("keshi-ndjson", 4));
    assert_eq!((reading.refused[0].row, reading.refused[0].code.as_str()), (1, "bad_json"));
}
