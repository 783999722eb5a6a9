use super::*;

/// Modelled on the report that Teams offers for download after a meeting, English, 2022 to 2024.
const REPORT: &str = "1. Summary\r
Meeting title\tElectrician, lesson 3\r
Attended participants\t3\r
Start time\t3/3/20, 8:55:00\u{202f}AM\r
End time\t3/3/20, 11:01:00\u{202f}AM\r
Meeting duration\t2h 6m 0s\r
Average attendance time\t1h 40m 0s\r
\r
2. Participants\r
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\r
Zhang San\t3/3/20, 8:58:10\u{202f}AM\t3/3/20, 11:00:00\u{202f}AM\t1h 51m 50s\tzhang@example.com\tzhang@example.com\tAttendee\r
李四 (Guest)\t3/3/20, 9:00:00\u{202f}AM\t3/3/20, 10:30:00\u{202f}AM\t1h 50m 0s\t\t\tAttendee\r
\r
3. In-Meeting Activities\r
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\r
Zhang San\t3/3/20, 8:58:10\u{202f}AM\t3/3/20, 9:50:00\u{202f}AM\t51m 50s\tzhang@example.com\tAttendee\r
Zhang San\t3/3/20, 10:00:00\u{202f}AM\t3/3/20, 11:00:00\u{202f}AM\t1h 0m 0s\tzhang@example.com\tAttendee\r
李四 (Guest)\t3/3/20, 9:00:00\u{202f}AM\t3/3/20, 10:30:00\u{202f}AM\t1h 30m 0s\t\tAttendee\r
";

const STAYS: [&str; 3] = [
    "16 interval 2020-03-03T08:58:10–2020-03-03T09:50:00 zhang@example.com Zhang San",
    "17 interval 2020-03-03T10:00:00–2020-03-03T11:00:00 zhang@example.com Zhang San",
    "18 interval 2020-03-03T09:00:00–2020-03-03T10:30:00 李四 (Guest)",
];

#[test]
fn stays_come_from_the_activities_and_durations_are_compared() {
    let (reading, events) = all(&utf16(REPORT), &lesson()).expect("readable");
    assert_eq!(told(&events), STAYS);
    assert_eq!((reading.reader, reading.rows, reading.accepted, reading.refused_total, reading.complete), ("teams", 3, 3, 0, true));
    assert_eq!(
        reading.assumptions,
        ["The file does not say its time zone; its times are read as Asia/Shanghai, the zone of the platform's profile."]
    );
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "topic": "Electrician, lesson 3",
      "stated_participants": "3",
      "stated_start": "3/3/20, 8:55:00 AM",
      "stated_end": "3/3/20, 11:01:00 AM",
      "stated_length": "2h 6m 0s",
      "totals_disagree": {
        "count": 1,
        "rows": [
          {
            "row": 12,
            "stated_s": 6600,
            "found_s": 5400
          }
        ]
      }
    }
    "#);
}

#[test]
fn the_bytes_of_a_row_are_the_row() {
    let wide = utf16(REPORT);
    let (_, events) = all(&wide, &lesson()).expect("readable");
    let bytes = events[2].bytes.clone().expect("a text file has bytes");
    let units: Vec<u16> =
        wide[bytes.start as usize..bytes.end as usize].chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    let row = String::from_utf16(&units).expect("whole characters");
    assert!(row.starts_with("李四 (Guest)\t3/3/20, 9:00:00") && row.ends_with("Attendee"), "{row}");
}

/// Modelled on the same report as a Chinese Teams writes it: simplified by the translation of its headings, traditional by an importer's
/// list of them.
#[test]
fn chinese_reports_tell_the_same() {
    let simplified = "1. 摘要\n会议标题\t第3课\n开始时间\t2020/3/3 8:55:00\n\n\
        2. 参与者\n姓名\t首次加入\t最后离开\t会议持续时间\t电子邮件\t参与者 ID (UPN)\t角色\n\
        张三\t2020/3/3 8:58:10\t2020/3/3 11:00:00\t1 小时 51 分 50 秒\tzhang@example.com\tzhang@example.com\t与会者\n\n\
        3. 会议活动\n姓名\t加入时间\t离开时间\t持续时间\t电子邮件\t角色\n\
        张三\t2020/3/3 上午8:58:10\t2020/3/3 上午9:50:00\t51 分 50 秒\tzhang@example.com\t与会者\n\
        张三\t2020/3/3 上午10:00:00\t2020/3/3 上午11:00:00\t1 小时\tzhang@example.com\t与会者\n";
    let traditional = "1. 摘要\n會議標題\t第3课\n開始時間\t2020/3/3 8:55:00\n\n\
        2. 參與者\n名稱\t首次加入\t上次離開\t會議持續時間\t電子郵件\t參與者識別碼 (UPN)\t角色\n\
        张三\t2020/3/3 8:58:10\t2020/3/3 11:00:00\t1 小時 51 分 50 秒\tzhang@example.com\tzhang@example.com\t出席者\n\n\
        3. 會議活動\n名稱\t加入時間\t離開時間\t持續時間\t電子郵件\t角色\n\
        张三\t2020/3/3 上午8:58:10\t2020/3/3 上午9:50:00\t51 分 50 秒\tzhang@example.com\t出席者\n\
        张三\t2020/3/3 上午10:00:00\t2020/3/3 上午11:00:00\t1 小時\tzhang@example.com\t出席者\n";
    for text in [simplified, traditional] {
        let (reading, events) = all(&utf16(text), &lesson()).expect("readable");
        assert_eq!(
            told(&events),
            [
                "11 interval 2020-03-03T08:58:10–2020-03-03T09:50:00 zhang@example.com 张三",
                "12 interval 2020-03-03T10:00:00–2020-03-03T11:00:00 zhang@example.com 张三",
            ]
        );
        assert_eq!((reading.reader, reading.rows, reading.assumptions.len()), ("teams", 2, 1));
        insta::allow_duplicates!(insta::assert_json_snapshot!(reading.facts, @r#"
        {
          "topic": "第3课",
          "stated_start": "2020/3/3 8:55:00"
        }
        "#));
    }
}

/// Modelled on a report whose organiser may not see activities.
#[test]
fn without_activities_a_duration_that_fills_the_time_makes_one_stay() {
    let log = "2. Participants\n\
        Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\n\
        Zhang San\t3/3/20, 9:00:00 AM\t3/3/20, 11:00:00 AM\t2h 0m 0s\tzhang@example.com\tzs@example.com\tAttendee\n\
        Li Si\t3/3/20, 9:00:00 AM\t3/3/20, 11:00:00 AM\t1h 10m 0s\tli@example.com\tls@example.com\tAttendee\n\
        Wang Wu\t3/3/20, 9:00:00 AM\t--\t\twang@example.com\tww@example.com\tAttendee\n";
    let (reading, events) = all(&utf16(log), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "3 interval 2020-03-03T09:00:00–2020-03-03T11:00:00 user zs@example.com zhang@example.com Zhang San",
            "5 join 2020-03-03T09:00:00 user ww@example.com wang@example.com Wang Wu",
        ]
    );
    assert_eq!(
        refused(&reading.refused),
        [
            "4 totals_only: the row states the first coming and the last going, and no total that fills the time between, so that nobody can tell the stays from the gaps; download the report with its In-Meeting Activities"
        ]
    );
    assert_eq!(
        reading.assumptions,
        [
            "The file does not say its time zone; its times are read as Asia/Shanghai, the zone of the platform's profile.",
            "The report has no activities of a meeting; first join and last leave are read as one stay where the stated duration fills the time between them.",
        ]
    );
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "totals_disagree": {
        "count": 1,
        "rows": [
          {
            "row": 4,
            "stated_s": 4200,
            "found_s": 7200
          }
        ]
      },
      "refused": {
        "totals_only": 1
      }
    }
    "#);
}

#[test]
fn two_meetings_in_one_file_are_both_read() {
    let second = "1. Summary\nMeeting title\tLesson 4\n\n2. Participants\n\
        Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\n\
        Zhang San\t3/3/20, 1:00:00 PM\t3/3/20, 2:00:00 PM\t1h 0m 0s\tzhang@example.com\tzhang@example.com\tAttendee\n";
    let log = format!("{}\n{second}", REPORT.replace('\r', ""));
    let (reading, events) = all(&utf16(&log), &lesson()).expect("readable");
    assert_eq!(told(&events[..3]), STAYS);
    assert_eq!(
        told(&events[3..]),
        ["25 interval 2020-03-03T13:00:00–2020-03-03T14:00:00 user zhang@example.com zhang@example.com Zhang San"]
    );
    assert_eq!((&reading.facts["meetings"], &reading.facts["topic"]), (&2.into(), &"Electrician, lesson 3".into()));
    assert_eq!(reading.facts["totals_disagree"]["count"], 1, "durations are compared with the stays of their own meeting");
    assert_eq!((reading.rows, reading.refused_total, reading.assumptions.len()), (4, 0, 2));
}

/// Modelled on the list of 2020, downloaded during the meeting.
#[test]
fn the_older_list_holds_joins_and_leaves() {
    let log = "Full Name\tUser Action\tTimestamp\n\
        Zhang San\tJoined before\t3/3/2020, 8:58:10 AM\n\
        Li Si\tJoined\t3/3/2020, 9:00:00 AM\n\
        Li Si\tLeft\t3/3/2020, 10:00:00 AM\n\
        李四\t已加入\t2020/3/3 上午9:00:00\n\
        Wang Wu\tDanced\t3/3/2020, 10:00:00 AM\n\
        Zhao Liu\t\t3/3/2020, 10:00:00 AM\n";
    let (reading, events) = all(&utf16(log), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 join 2020-03-03T08:58:10 Zhang San",
            "3 join 2020-03-03T09:00:00 Li Si",
            "4 leave 2020-03-03T10:00:00 Li Si",
            "5 join 2020-03-03T09:00:00 李四",
        ]
    );
    assert_eq!(
        refused(&reading.refused),
        [
            "6 bad_value: User Action is no known action; write Joined, Joined before or Left",
            "7 missing_value: User Action is empty; write Joined, Joined before or Left",
        ]
    );
    assert_eq!(
        reading.assumptions,
        [
            "The file does not say its time zone; its times are read as Asia/Shanghai, the zone of the platform's profile.",
            "'Joined before' is read as a join at the stated time; how long before is not in the file.",
        ]
    );
    assert_eq!(
        serde_json::Value::from(reading.facts),
        serde_json::json!({"rows_outside_lesson": 1, "refused": {"bad_value": 1, "missing_value": 1}})
    );
}

/// Modelled on what the administrator's manual says of "Only who attended": columns of times are empty or not there at all.
#[test]
fn times_hidden_by_policy_are_rows_at_fault() {
    let empty = "3. In-Meeting Activities\nName\tJoin Time\tLeave Time\tDuration\tEmail\tRole\n\
        Zhang San\t\t\t\tzhang@example.com\tAttendee\n\
        Li Si\t3/3/20, 9:00:00 AM\t3/3/20, 11:00:00 AM\t2h\tli@example.com\tAttendee\n";
    let (reading, events) = all(&utf16(empty), &lesson()).expect("readable");
    assert_eq!(told(&events), ["4 interval 2020-03-03T09:00:00–2020-03-03T11:00:00 li@example.com Li Si"]);
    let hidden = "is empty, as where a meeting policy of Teams or the person hides times; have 'Attendance information collection' set to 'All information' and download the report again, or send another record of the lesson";
    assert_eq!(refused(&reading.refused), [format!("3 missing_value: Join Time {hidden}")]);
    let absent = "2. Participants\nName\tEmail\tParticipant ID (UPN)\tRole\nZhang San\tzhang@example.com\tzs@example.com\tAttendee\n";
    let error = all(&utf16(absent), &lesson()).expect_err("nothing to read");
    assert_eq!(error.code, "unreadable_log");
    assert_eq!(refused(&error.rows), [format!("3 missing_value: First Join {hidden}")]);
}

#[test]
fn what_stands_under_unknown_headings_is_left_out_and_said() {
    let log = format!("{}\n4. Umfragen\nFrage\tAntwort\tWer\nWie?\tGut\tZhang San\n", REPORT.replace('\r', ""));
    let (reading, events) = all(&utf16(&log), &lesson()).expect("readable");
    assert_eq!(told(&events), STAYS);
    assert_eq!(reading.refused_total, 0);
    assert_eq!(
        reading.assumptions[1],
        "Rows under headings that are not known were left out (2, from row 21 on); download the report in English or Chinese to have them read."
    );
}

#[test]
fn the_lesson_tells_day_from_month_or_the_rows_are_refused() {
    let log = REPORT.replace("3/3/20", "3/4/20");
    let time = |text: &str| text.parse::<Time>().expect("valid");
    let window = |from: &str, until: &str| Hints { window: Some((time(from), time(until))), ..hints() };
    let (reading, events) = all(&utf16(&log), &window("2020-04-03T09:00:00+08:00", "2020-04-03T11:00:00+08:00")).expect("readable");
    assert!(told(&events)[0].contains("2020-04-03T08:58:10"), "{:?}", told(&events));
    assert!(reading.assumptions[1].contains("day/month"), "{:?}", reading.assumptions);
    let error = all(&utf16(&log), &hints()).expect_err("open");
    assert_eq!(
        error.rows.iter().map(|row| (row.row, row.code.as_str())).collect::<Vec<_>>(),
        [16, 17, 18].map(|row| (row, "day_or_month"))
    );
}

#[test]
fn the_report_saved_as_a_workbook_or_as_plain_csv_is_the_same_report() {
    let plain = REPORT.replace('\r', "");
    let rows: Vec<Vec<&str>> = plain.lines().map(|line| line.split('\t').collect()).collect();
    let cells: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let quoted = |cell: &&str| format!("\"{cell}\"");
    // A spreadsheet writes as many cells in every row, and no blank rows in between once they are deleted.
    let csv: Vec<String> = rows
        .iter()
        .map(|row| row.iter().chain(std::iter::repeat_n(&"", 7 - row.len())).map(quoted).collect::<Vec<_>>().join(","))
        .collect();
    for bytes in [workbook(&[("report", &cells)]), csv.join("\n").into_bytes()] {
        let (reading, events) = all(&bytes, &lesson()).expect("readable");
        assert_eq!((reading.reader, told(&events)), ("teams", STAYS.map(String::from).to_vec()));
    }
    let dense: Vec<&str> = plain.lines().filter(|line| !line.is_empty()).collect();
    let (reading, events) = all(&utf16(&dense.join("\n")), &lesson()).expect("readable");
    assert_eq!((events.len(), reading.refused_total), (3, 0));
}

#[test]
fn a_long_list_of_participants_does_not_hide_the_activities() {
    let mut log = "2. Participants\nName\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\n".to_owned();
    for number in 0..300 {
        log += &format!("P{number}\t3/3/20, 9:00:00 AM\t3/3/20, 11:00:00 AM\t1h 0m 0s\tp{number}@example.com\t\tAttendee\n");
    }
    log += "\n3. In-Meeting Activities\nName\tJoin Time\tLeave Time\tDuration\tEmail\tRole\n";
    log += "P0\t3/3/20, 9:00:00 AM\t3/3/20, 10:00:00 AM\t1h 0m 0s\tp0@example.com\tAttendee\n";
    let (reading, events) = all(&utf16(&log), &lesson()).expect("readable");
    assert_eq!(told(&events), ["306 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 p0@example.com P0"]);
    assert_eq!((reading.rows, &reading.facts["totals_disagree"]["count"]), (1, &299.into()));
    assert_eq!(preview(file(&utf16(&log)), &lesson(), 200).expect("readable").rows, 1);
}

/// Modelled on the older list in French, as the documentation of a public reader of such files shows it: day before month, `à` between
/// date and time.
#[test]
fn the_older_list_in_french_is_read() {
    let log = "Nom complet\tAction de l’utilisateur\tDate et heure\n\
        Zhang San\tRejoint\t03/03/2020 à 08:58:51\n\
        Zhang San\tA quitté l'appel\t03/03/2020 à 10:54:58\n";
    let (reading, events) = all(&utf16(log), &lesson()).expect("readable");
    assert_eq!(
        (reading.reader, told(&events)),
        ("teams", vec!["2 join 2020-03-03T08:58:51 Zhang San".to_owned(), "3 leave 2020-03-03T10:54:58 Zhang San".to_owned()])
    );
}

/// Modelled on what a public reader of reports looks for in German; not on a whole file.
#[test]
fn headings_in_german_are_known_as_far_as_they_are_known() {
    let log = "2. Teilnehmer\nName\tErster Beitritt\tLetztes Verlassen\tDauer der Besprechung\tE-Mail-Adresse\nZhang San\t03.03.2020, 09:00:00\t03.03.2020, 11:00:00\t2h\tzhang@example.com\n";
    let (reading, events) = all(&utf16(log), &lesson()).expect("readable");
    assert_eq!(
        (reading.reader, told(&events)),
        ("teams", vec!["3 interval 2020-03-03T09:00:00–2020-03-03T11:00:00 zhang@example.com Zhang San".to_owned()])
    );
}
