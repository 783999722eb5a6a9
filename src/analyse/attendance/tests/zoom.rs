use super::*;

/// Modelled on the participants report of Zoom's web portal with the meeting's row above, 2020 to 2023.
const WITH_MEETING: &str = "\u{feff}Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants
\"812 3456 7890\",电工(中级) 第3课,03/03/2020 08:50:00 AM,03/03/2020 11:05:00 AM,host@example.com,135,4

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room
张三 (Zhang San),zhang@example.com,03/03/2020 08:58:10 AM,03/03/2020 11:00:00 AM,122,Yes,Y,No
李四,,03/03/2020 08:55:00 AM,03/03/2020 08:59:00 AM,4,Yes,,Yes
李四,,03/03/2020 08:59:00 AM,03/03/2020 10:00:00 AM,61,Yes,Y,No
\"王五, 二组\",,03/03/2020 12:01:00 PM,--,0,Yes,Y,No
";

#[test]
fn a_report_with_the_meeting_above_is_read_whole() {
    let (reading, events) = all(WITH_MEETING.as_bytes(), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "5 interval 2020-03-03T08:58:10–2020-03-03T11:00:00 zhang@example.com 张三 (Zhang San)",
            "6 waiting_room 2020-03-03T08:55:00–2020-03-03T08:59:00 李四",
            "7 interval 2020-03-03T08:59:00–2020-03-03T10:00:00 李四",
            "8 join 2020-03-03T12:01:00 王五, 二组",
        ]
    );
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "meeting_id": "812 3456 7890",
      "topic": "电工(中级) 第3课",
      "stated_start": "03/03/2020 08:50:00 AM",
      "stated_end": "03/03/2020 11:05:00 AM",
      "stated_participants": "4",
      "rows_outside_lesson": 2
    }
    "#);
    assert_eq!((reading.reader, reading.rows, reading.accepted, reading.refused_total, reading.complete), ("zoom", 4, 4, 0, true));
    insta::assert_json_snapshot!(reading.assumptions, @r#"
    [
      "The file does not say its time zone; its times are read as Asia/Shanghai, the zone of the platform's profile."
    ]
    "#);
}

#[test]
fn the_bytes_of_a_row_are_the_row() {
    let (_, events) = all(WITH_MEETING.as_bytes(), &lesson()).expect("readable");
    for (event, begins) in events.iter().zip(["张三 (", "李四,,03/03/2020 08:55", "李四,,03/03/2020 08:59", "\"王五"]) {
        let bytes = event.bytes.clone().expect("a text file has bytes");
        let row = &WITH_MEETING[bytes.start as usize..bytes.end as usize];
        assert!(row.starts_with(begins) && !row.contains('\n'), "{row}");
    }
}

/// Modelled on newer exports: other headings of the meeting, lower case, other date shapes.
#[test]
fn lower_case_headings_and_other_dates_are_read() {
    let log = "Topic,ID,Host,Duration (minutes),Start time,End time,Participants\n\
               第4课,812 3456 7890,刘老师,130,2020-03-03 08:50:00,2020-03-03 11:00:00,3\n\n\
               Name (original name),Email,Join time,Leave time,Duration (minutes),Guest\n\
               张三,zhang@example.com,2020-03-03 09:00:00,2020-03-03 10:00:00,60,No\n\
               李四,,\"Mar 3, 2020 09:00:00\u{202f}AM\",\"Mar 3, 2020 10:30:00\u{202f}AM\",90,Yes\n\
               王五,,3/3/20 9:00,3/3/20 9:30,31,Yes\n";
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "5 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 zhang@example.com 张三",
            "6 interval 2020-03-03T09:00:00–2020-03-03T10:30:00 李四",
            "7 interval 2020-03-03T09:00:00–2020-03-03T09:30:00 王五",
        ]
    );
    assert_eq!((&reading.facts["meeting_id"], &reading.facts["topic"]), (&"812 3456 7890".into(), &"第4课".into()));
    assert!(!serde_json::to_string(&reading.facts).expect("json").contains("刘老师"));
}

/// Modelled on the detailed export that repeats the meeting and its host in front of every participant.
#[test]
fn the_hosts_columns_are_not_the_participants() {
    let log = "Topic,Meeting ID,User Name,User Email,Duration (Minutes),Participants,Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n\
               第3课,123,主持人,host@example.com,130,2,张三,zhang@example.com,2020-03-03 09:00:00,2020-03-03 10:00:00,60,No\n";
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(told(&events), ["2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 zhang@example.com 张三"]);
    assert_eq!(reading.facts["topic"], "第3课");
    assert!(!reading.facts.contains_key("totals_disagree"));
}

#[test]
fn the_lesson_tells_day_from_month_or_the_rows_are_refused() {
    let log = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n\
               张三,,04/03/2020 09:00:00 AM,04/03/2020 10:00:00 AM,60,No\n";
    let time = |text: &str| text.parse::<Time>().expect("valid");
    let of = |from: &str, until: &str| Hints { window: Some((time(from), time(until))), ..hints() };
    let (reading, events) = all(log.as_bytes(), &of("2020-03-04T09:00:00+08:00", "2020-03-04T10:00:00+08:00")).expect("readable");
    assert_eq!(told(&events), ["2 interval 2020-03-04T09:00:00–2020-03-04T10:00:00 张三"]);
    assert!(reading.assumptions[1].contains("day/month"), "{:?}", reading.assumptions);
    let (_, events) = all(log.as_bytes(), &of("2020-04-03T09:00:00+08:00", "2020-04-03T10:00:00+08:00")).expect("readable");
    assert_eq!(told(&events), ["2 interval 2020-04-03T09:00:00–2020-04-03T10:00:00 张三"]);
    let error = all(log.as_bytes(), &hints()).expect_err("open");
    assert_eq!(error.code, "unreadable_log");
    assert_eq!((error.rows[0].row, error.rows[0].code.as_str()), (2, "day_or_month"));
    assert!(error.rows[0].message.contains("Join Time"), "{}", error.rows[0].message);
}

#[test]
fn a_late_row_tells_the_order_of_all() {
    let mut log = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n".to_owned();
    for _ in 0..500 {
        log += "张三,,04/03/2020 09:00:00,04/03/2020 10:00:00,60,No\n";
    }
    log += "张三,,14/03/2020 09:00:00,14/03/2020 10:00:00,60,No\n";
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(reading.accepted, 501);
    assert!(told(&events)[0].contains("2020-03-04T09:00"));
}

/// Modelled on the report with "show unique users": totals, no stays.
#[test]
fn totals_without_stays_are_kept_as_what_zoom_states() {
    let log = "Name (Original Name),User Email,Total Duration (Minutes),Guest\n张三,zhang@example.com,118,No\n李四,,90,Yes\n";
    let (reading, events) = all(log.as_bytes(), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 total 2020-03-03T09:00:00–2020-03-03T11:00:00 zhang@example.com 张三 7080 s stated",
            "3 total 2020-03-03T09:00:00–2020-03-03T11:00:00 李四 5400 s stated",
        ]
    );
    assert!(reading.assumptions.iter().any(|sentence| sentence.contains("credit no time")), "{:?}", reading.assumptions);
    let empty = "Name (Original Name),User Email,Total Duration (Minutes),Guest\n张三,,,No\n";
    let error = all(empty.as_bytes(), &lesson()).expect_err("no stays");
    assert!(error.rows[0].code == "totals_only" && error.rows[0].message.contains("Show unique users"), "{error}");
}

/// Found by mutating: the meeting's own row is lost, and a participant stands in its place.
#[test]
fn a_participant_below_the_meetings_headings_is_no_fact_of_the_meeting() {
    let log = "Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants\n\
               张三 (San),z@example.com,2020-03-03 09:00:00,2020-03-03 10:00:00,60,No,No\n\n\
               Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n\
               李四,,2020-03-03 09:00:00,2020-03-03 10:00:00,60,No\n";
    let (reading, _) = all(log.as_bytes(), &lesson()).expect("readable");
    assert!(reading.facts.is_empty(), "{:?}", reading.facts);
}

#[test]
fn durations_that_do_not_fit_their_row_are_a_fact() {
    let log = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n\
               张三,,2020-03-03 09:00:00,2020-03-03 10:00:00,120,No\n\
               李四,,2020-03-03 09:00:00,2020-03-03 09:59:01,60,No\n";
    let (reading, _) = all(log.as_bytes(), &hints()).expect("readable");
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "totals_disagree": {
        "count": 1,
        "rows": [
          {
            "row": 2,
            "stated_s": 7200,
            "found_s": 3600
          }
        ]
      }
    }
    "#);
}

#[test]
fn rows_at_fault_are_named_without_what_they_say() {
    let log = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n\
               张三,,soon,2020-03-03 10:00:00,60,No\n\
               李四,,2020-03-03 10:00:00,2020-03-03 09:00:00,60,No\n\
               ,,2020-03-03 09:00:00,2020-03-03 10:00:00,60,No\n\
               王五,,,2020-03-03 10:00:00,60,No\n\
               赵六,,2020-03-03 09:00:00,2020-03-03 10:00:00,60,No\n\
               Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n\
               孙七,,2020-03-03 09:00:00,2020-03-03 10:00:00,60,No\n";
    let (reading, events) = all(log.as_bytes(), &hints()).expect("two rows are good");
    assert_eq!(events.len(), 2);
    insta::assert_json_snapshot!(reading.refused, @r#"
    [
      {
        "row": 2,
        "code": "bad_time",
        "message": "Join Time is a text that is no time; write a date and time such as 2020-03-03 09:00:00"
      },
      {
        "row": 3,
        "code": "leave_before_join",
        "message": "the end lies before the beginning; correct one of the two times"
      },
      {
        "row": 4,
        "code": "no_person",
        "message": "the row names nobody; fill at least one of trainee, account, phone, e-mail, ID number or name"
      },
      {
        "row": 5,
        "code": "missing_value",
        "message": "Join Time is empty; write a date and time such as 2020-03-03 09:00:00"
      }
    ]
    "#);
    assert_eq!((reading.rows, reading.accepted, reading.refused_total), (6, 2, 4));
}

/// Excel in a Chinese Windows saves a CSV as GB18030; Excel's "Unicode text" is UTF-16 with tabs.
#[test]
fn every_encoding_tells_the_same() {
    let log = "姓名（原始姓名）,用户电子邮件,加入时间,离开时间,时长（分钟）,访客\n张三,zhang@example.com,2020/3/3 9:00,2020/3/3 10:00,60,否\n李四,,2020/3/3 9:00,2020/3/3 10:00,60,是\n";
    let (_, plain) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(plain.len(), 2);
    let (reading, legacy) = all(&encoding_rs::GB18030.encode(log).0, &hints()).expect("readable");
    assert_eq!(told(&legacy), told(&plain));
    assert_eq!(reading.assumptions[0], "The file does not say its encoding; its text is read as gb18030.");
    let tabs = format!("\u{feff}{}", log.replace(',', "\t"));
    let wide: Vec<u8> = tabs.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (_, events) = all(&wide, &hints()).expect("readable");
    assert_eq!(told(&events), told(&plain));
    let bytes = events[1].bytes.clone().expect("a text file has bytes");
    let row = String::from_utf16(
        &wide[bytes.start as usize..bytes.end as usize].chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect::<Vec<_>>(),
    );
    assert_eq!(row.expect("whole characters"), "李四\t\t2020/3/3 9:00\t2020/3/3 10:00\t60\t是");
}

#[test]
fn several_people_on_one_login_are_a_fact() {
    let log = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n\
               张三＆李四,,2020-03-03 09:00:00,2020-03-03 10:00:00,60,No\n";
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(events[0].who.name.as_deref(), Some("张三&李四"));
    assert_eq!(reading.facts["several_people_on_one_login"], serde_json::json!({"count": 1, "rows": [2]}));
}

#[test]
fn the_zone_of_the_upload_goes_before_the_platforms() {
    let log = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\n张三,,2020-03-03 01:00:00,2020-03-03 02:00:00,60,No\n";
    let (reading, events) = all(log.as_bytes(), &Hints { timezone: Some(chrono_tz::UTC), ..hints() }).expect("readable");
    assert_eq!(told(&events), ["2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 张三"]);
    assert!(reading.assumptions[0].contains("UTC, the zone given with the upload"), "{:?}", reading.assumptions);
}

#[test]
fn the_report_saved_as_a_workbook_is_the_same_report() {
    let rows: [&[&str]; 2] = [
        &["Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)", "Guest"],
        &["张三", "zhang@example.com", "2020-03-03 09:00:00", "2020-03-03 10:00:00", "60", "No"],
    ];
    let (reading, events) = all(&workbook(&[("participants", &rows)]), &hints()).expect("readable");
    assert_eq!(reading.reader, "zoom");
    assert_eq!(told(&events), ["2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 zhang@example.com 张三"]);
}
