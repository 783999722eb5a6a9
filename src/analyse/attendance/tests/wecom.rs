use super::*;

/// Modelled on the answer of `get_attendee_list` in the vendor's documentation of 2025: times as digits in texts or as numbers.
const ANSWER: &str = r#"{
  "errcode": 0,
  "errmsg": "ok",
  "has_more": false,
  "next_cursor": "",
  "attendees": [
    {"tmp_openid": "o1", "userid": "zhangsan", "join_time": "1583197080", "quit_time": "1583204400", "instance_id": 1, "role": 0,
     "webinar_role": 0, "join_type": 0, "net": "WIFI", "audio_state": true, "screen_shared_state": false, "customer_data": ""},
    {"tmp_openid": "o1", "userid": "zhangsan", "join_time": 1583204460, "quit_time": 1583204520, "instance_id": 8, "role": 0, "net": "4G"},
    {"tmp_openid": "o2", "userid": "", "join_time": "1583197200", "quit_time": "0", "instance_id": 99, "role": 0},
    {"tmp_openid": "o3", "userid": "wangwu", "join_time": 1583197200}
  ]
}"#;

#[test]
fn every_stay_of_every_attendee_is_read() {
    let (reading, events) = all(ANSWER.as_bytes(), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "1 interval 2020-03-03T08:58:00–2020-03-03T11:00:00 user zhangsan client PC",
            "2 interval 2020-03-03T11:01:00–2020-03-03T11:02:00 user zhangsan client mini program",
            "3 join 2020-03-03T09:00:00 user o2",
            "4 join 2020-03-03T09:00:00 user wangwu",
        ]
    );
    assert_eq!((reading.reader, reading.rows, reading.accepted, reading.refused_total, reading.complete), ("wecom", 4, 4, 0, true));
    assert_eq!(reading.assumptions, [""; 0]);
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "attendees_without_userid": 1,
      "rows_outside_lesson": 1
    }
    "#);
}

#[test]
fn the_bytes_of_an_entry_are_the_entry() {
    let (reading, events) = all(ANSWER.as_bytes(), &hints()).expect("readable");
    let bytes = events[3].bytes.clone().expect("UTF-8 has bytes");
    let entry = r#"{"tmp_openid": "o3", "userid": "wangwu", "join_time": 1583197200}"#;
    assert_eq!(&ANSWER[bytes.start as usize..bytes.end as usize], entry);
    assert_eq!(shown(ANSWER.as_bytes(), &reading, &events[3]), entry);
}

/// Modelled on the answer of `get_realtime_attendee_list`: nobody has left, and the next page is still to be asked for.
#[test]
fn a_page_of_those_who_are_there_says_that_it_is_one_page() {
    let log = r#"{"errcode":0,"status":"1","has_more":true,"next_cursor":"JG","attendees":[{"userid":"lisi","tmp_openid":"111111","join_time":"1583197200","instance_id":3,"video_state":true}]}"#;
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(told(&events), ["1 join 2020-03-03T09:00:00 user lisi client Android"]);
    assert_eq!(
        reading.assumptions,
        ["The answer says that more attendees follow on another page; send every page, this one was read alone."]
    );
    assert!(reading.facts.is_empty());
}

/// Modelled on the answer of `waitingroom/get_user_list` in the vendor's documentation of 2025.
#[test]
fn waiting_is_no_stay() {
    let log = r#"{"errcode":0,"has_more":false,"user_list":[{"userid":"lisi","tmp_openid":"t","instance_id":1,"join_time":1583197080000,"quit_time":1583197200000}]}"#;
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(told(&events), ["1 waiting_room 2020-03-03T08:58:00–2020-03-03T09:00:00 user lisi client PC"]);
    assert_eq!(reading.reader, "wecom");
}

#[test]
fn entries_at_fault_are_named_without_what_they_say() {
    let log = r#"{"attendees":[
        {"userid":"zhangsan","tmp_openid":"o","join_time":"soon","quit_time":1583204400},
        {"userid":"zhangsan","tmp_openid":"o","quit_time":1583204400},
        {"userid":"zhangsan","tmp_openid":"o","join_time":1583204400,"quit_time":1583197200},
        {"userid":"","tmp_openid":"","join_time":1583197200,"quit_time":1583204400},
        {"userid":{"id":"zhangsan"},"join_time":1583197200,"quit_time":1583204400},
        {"userid":"zhangsan","tmp_openid":"o","join_time":1583197200000,"quit_time":1583204400000},
        {"userid":"zhangsan","tmp_openid":"o","join_time":1583197200,"quit_time":[1583204400]},
        "zhangsan",
        {"userid":"zhangsan" "join_time":1583197200},
        {"userid":"lisi","tmp_openid":"o","join_time":1583197200,"quit_time":1583204400}
    ]}"#;
    let (reading, events) = all(log.as_bytes(), &hints()).expect("one is good");
    assert_eq!(told(&events), ["10 interval 2020-03-03T09:00:00–2020-03-03T11:00:00 user lisi"]);
    let said: Vec<String> = reading.refused.iter().map(|row| format!("{} {}: {}", row.row, row.code, row.message)).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    1 bad_time: join_time is no whole number; write whole seconds since 1970 such as 1583197200
    2 missing_value: join_time is empty; write whole seconds since 1970 such as 1583197200
    3 leave_before_join: the end lies before the beginning; correct one of the two times
    4 no_person: the row names nobody; fill at least one of trainee, account, phone, e-mail, ID number or name
    5 bad_value: userid is an object; write a text in quotation marks
    6 bad_time: join_time is a time outside the years 2000 to 2099; write whole seconds since 1970 such as 1583197200
    7 bad_time: quit_time is an array; write whole seconds since 1970 such as 1583197200
    8 bad_json: the entry is a text and no object; send the list as it was exported
    9 bad_json: the entry is no JSON, or lists stand in it too deep; export the document again
    ");
    assert_eq!((reading.rows, reading.accepted, reading.refused_total), (10, 1, 9));
}

/// The same answer as editors save it: with a byte-order mark, as UTF-16, as GB18030.
#[test]
fn every_encoding_tells_the_same() {
    let log = r#"{"errmsg":"成功","attendees":[{"userid":"张誠","tmp_openid":"o","join_time":1583197200,"quit_time":1583204400},{"userid":"李四","tmp_openid":"o","join_time":1583197200}]}"#;
    let same = ["1 interval 2020-03-03T09:00:00–2020-03-03T11:00:00 user 张誠", "2 join 2020-03-03T09:00:00 user 李四"];
    let marked = format!("\u{feff}{log}");
    let wide: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let legacy = encoding_rs::GB18030.encode(log).0;
    for bytes in [log.as_bytes(), marked.as_bytes(), &wide] {
        let (reading, events) = all(bytes, &hints()).expect("readable");
        assert_eq!(told(&events), same);
        assert_eq!(reading.assumptions, [""; 0]);
        assert!(events[1].bytes.clone().expect("bytes").end < bytes.len() as u64);
        assert_eq!(shown(bytes, &reading, &events[1]), r#"{"userid":"李四","tmp_openid":"o","join_time":1583197200}"#);
    }
    let (reading, events) = all(&legacy, &hints()).expect("readable");
    assert_eq!(told(&events), same);
    assert_eq!(reading.assumptions, ["The file does not say its encoding; its text is read as gb18030."]);
    assert_eq!(events[0].bytes, None);
    assert_eq!(shown(&legacy, &reading, &events[1]), r#"{"userid":"李四","tmp_openid":"o","join_time":1583197200}"#);
}
