use super::*;

/// Modelled on the file of the learning dashboard (BigBlueButton 3.0, written from the fields of LearningDashboardActor.scala):
/// sessions, stretches away, polls in front of the users.
const MEETING: &str = r#"{
  "intId": "m-1583196900000", "extId": "class-7", "name": "电工(中级) 第3课", "downloadSessionDataEnabled": true,
  "polls": {"p1": {"pollId": "p1", "pollType": "A-2", "anonymous": false, "question": "?", "options": ["A", "B"], "createdOn": 1583198000000}},
  "users": {
    "t1-1": {"userKey": "t1-1", "extId": "t1", "name": "张三", "isModerator": false, "isDialIn": false, "currentIntId": null,
      "intIds": {
        "w_a": {"intId": "w_a", "sessions": [{"registeredOn": 1583197080000, "leftOn": 1583199000500}, {"registeredOn": 1583199060000, "leftOn": 1583204400000}], "userLeftFlag": true},
        "w_b": {"intId": "w_b", "sessions": [{"registeredOn": 1583204460000, "leftOn": 0}], "userLeftFlag": false}
      },
      "answers": {"p1": ["A"]}, "talk": {"totalTime": 61000, "lastTalkStartedOn": 0}, "reactions": [{"name": "👍", "sentOn": 1583198100000}],
      "raiseHand": [1583198200000], "away": [{"startedOn": 1583200800000, "stoppedOn": 1583201400000}, {"startedOn": 1583204000000, "stoppedOn": 0}],
      "webcams": [{"startedOn": 1583197300000, "stoppedOn": 0}], "totalOfMessages": 2},
    "host-1": {"userKey": "host-1", "extId": "host", "name": "刘老师", "isModerator": true,
      "intIds": {"w_c": {"intId": "w_c", "sessions": [{"registeredOn": 1583196900000, "leftOn": 1583204700000}]}},
      "answers": {}, "talk": {"totalTime": 0}, "away": [], "webcams": []}
  },
  "screenshares": [{"startedOn": 1583197000000, "stoppedOn": 0}], "presentationSlides": [], "createdOn": 1583196900000, "endedOn": 1583204700000
}"#;

#[test]
fn every_session_and_every_stretch_away_is_read() {
    let (reading, events) = all(MEETING.as_bytes(), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 interval 2020-03-03T08:58:00–2020-03-03T09:30:00.500 user t1 张三 ref w_a",
            "2 interval 2020-03-03T09:31:00–2020-03-03T11:00:00 user t1 张三 ref w_a",
            "2 join 2020-03-03T11:01:00 user t1 张三 ref w_b",
            "2 away 2020-03-03T10:00:00–2020-03-03T10:10:00 user t1 张三",
            "2 away 2020-03-03T10:53:20 user t1 张三",
            "3 interval 2020-03-03T08:55:00–2020-03-03T11:05:00 user host 刘老师 ref w_c",
        ]
    );
    assert_eq!((reading.reader, reading.rows, reading.accepted, reading.refused_total), ("bigbluebutton", 6, 6, 0));
    assert_eq!(reading.assumptions, [""; 0]);
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "meeting_id": "class-7",
      "topic": "电工(中级) 第3课",
      "stated_start": "2020-03-03T08:55:00+08:00",
      "stated_end": "2020-03-03T11:05:00+08:00",
      "moderators": 1,
      "users_with_webcam": 1,
      "users_who_spoke": 1,
      "users_who_answered_polls": 1,
      "rows_outside_lesson": 1
    }
    "#);
    let bytes = events[5].bytes.clone().expect("UTF-8 has bytes");
    assert!(MEETING[bytes.start as usize..bytes.end as usize].starts_with(r#"{"userKey": "host-1""#));
    assert_eq!(shown(MEETING.as_bytes(), &reading, &events[5]), MEETING[bytes.start as usize..bytes.end as usize]);
}

/// Modelled on the file of BigBlueButton 2.4: each id of a user has the two times itself.
#[test]
fn older_files_without_sessions_are_read() {
    let log = r#"{"intId":"m","extId":"class-7","name":"第3课","users":{"u-1":{"userKey":"u-1","extId":"u","intIds":{"w_a":{"intId":"w_a","registeredOn":1583197200000,"leftOn":1583200800000,"userLeftFlag":false},"w_b":{"intId":"w_b","registeredOn":1583200860000,"leftOn":0,"userLeftFlag":false}},"name":"李四","isModerator":false,"answers":{},"talk":{"totalTime":0,"lastTalkStartedOn":0},"emojis":[],"webcams":[],"totalOfMessages":0}},"polls":{},"screenshares":[],"createdOn":1583196900000,"endedOn":0}"#;
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(
        told(&events),
        ["1 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 user u 李四 ref w_a", "1 join 2020-03-03T10:01:00 user u 李四 ref w_b"]
    );
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "meeting_id": "class-7",
      "topic": "第3课",
      "stated_start": "2020-03-03T08:55:00+08:00"
    }
    "#);
}

#[test]
fn a_session_at_fault_leaves_the_others() {
    let log = r#"{"users":{
        "a":{"extId":"a","name":"张三","intIds":{"w":{"sessions":[{"registeredOn":1583197200000,"leftOn":1583200800000},{"leftOn":1583200800000},{"registeredOn":1583197200000,"leftOn":"late"},7]},"x":[]}},
        "b":{"extId":"b","name":"李四","intIds":null},
        "c":{"extId":["c"],"name":"王五","intIds":{}},
        "d":{"extId":"d","name":"赵六","intIds":[]},
        "e":{"extId":"","name":"","intIds":{"w":{"registeredOn":1583197200000,"leftOn":0}}},
        "f":{"extId":"f","intIds":{"w":{"registeredOn":1583197200,"leftOn":0}},"away":{"startedOn":1}}
    }}"#;
    let (reading, events) = all(log.as_bytes(), &hints()).expect("one is good");
    assert_eq!(told(&events), ["1 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 user a 张三 ref w"]);
    let said: Vec<String> = reading.refused.iter().map(|row| format!("{} {}: {}", row.row, row.code, row.message)).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    1 missing_value: registeredOn is empty; write whole milliseconds since 1970 such as 1583197200000
    1 bad_time: leftOn is no whole number; write whole milliseconds since 1970 such as 1583197200000
    1 bad_value: an entry of sessions is a number; write an object
    1 bad_value: an entry of intIds is an array; write an object
    2 missing_value: intIds is empty; write the times the user joined and left, as BigBlueButton keeps them
    3 bad_value: extId is an array; write a text in quotation marks
    4 bad_value: intIds is an array; write an object
    5 no_person: the row names nobody; fill at least one of trainee, account, phone, e-mail, ID number or name
    6 bad_time: registeredOn is a time outside the years 2000 to 2099; write whole milliseconds since 1970 such as 1583197200000
    6 bad_value: away is an object; write an array
    ");
    assert_eq!((reading.rows, reading.accepted, reading.refused_total), (11, 1, 10));
}

#[test]
fn users_are_read_one_at_a_time_however_many_there_are() {
    let mut log = r#"{"users":{"#.to_owned();
    for user in 0..20_000 {
        log += &format!(r#""u{user}":{{"extId":"u{user}","name":"n","intIds":{{"w":{{"registeredOn":1583197200000,"leftOn":0}}}}}},"#);
    }
    log.pop();
    log += "}}";
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!((reading.accepted, events[19_999].row), (20_000, 20_000));
    let looked = preview(file(log.as_bytes()), &hints(), 10).expect("readable");
    assert_eq!((looked.rows, looked.complete), (10, false));
}

/// Modelled on the table that the learning dashboard (2.6 to 3.0) makes for saving, by its source: English headings, polls behind, the
/// browser's way of writing dates, a row for anonymous answers.
#[test]
fn the_table_of_the_dashboard_is_read_as_stays_or_as_what_it_states() {
    let log = "Name,Moderator,Activity Score,Talk Time,Webcam Time,Messages,Reactions,Poll Votes,Raise Hands,Join,Left,Duration,Wie geht es?\r\n\
        \"张三\",\"FALSE\",\"3.5\",\"00:01:01\",\"-\",\"2\",\"0\",\"1\",\"0\",\"3/3/2020, 08:58:00 AM\",\"3/3/2020, 11:00:00 AM\",\"02:02:00\",\"A\"\r\n\
        \"李四\",\"FALSE\",\"0\",\"-\",\"-\",\"0\",\"0\",\"0\",\"0\",\"3/3/2020, 09:00:00 AM\",\"3/3/2020, 11:00:00 AM\",\"00:40:00\",\"-\"\r\n\
        \"王五\",\"FALSE\",\"0\",\"-\",\"-\",\"0\",\"0\",\"0\",\"0\",\"3/3/2020, 09:05:00 AM\",\"-\",\"01:55:00\",\"-\"\r\n\
        \"Anonymous\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"B\"\r\n";
    let (reading, events) = all(log.as_bytes(), &lesson()).expect("readable");
    assert_eq!(reading.reader, "bigbluebutton-table");
    assert_eq!(
        told(&events),
        [
            "2 interval 2020-03-03T08:58:00–2020-03-03T11:00:00 张三",
            "3 total 2020-03-03T09:00:00–2020-03-03T11:00:00 李四 2400 s stated",
            "4 join 2020-03-03T09:05:00 王五",
        ]
    );
    assert_eq!(reading.refused.iter().map(|row| (row.row, row.code.as_str())).collect::<Vec<_>>(), [(5, "missing_value")]);
}
