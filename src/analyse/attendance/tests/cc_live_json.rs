use super::*;

/// Modelled on the answer of CC's `statis/live/useraction`, as public clients of it read it.
const ANSWER: &str = r#"{"result":"OK","count":3,"pageIndex":1,"userEnterLeaveActions":[
  {"viewerId":"v1","viewerName":"张三","viewerIp":"113.200.1.2","city":"西安","enterTime":"2020-03-03 08:58:10","leaveTime":"2020-03-03 11:00:00","watchTime":7310,"terminal":0},
  {"viewerId":"v2","viewerName":"李四&王五","viewerIp":"113.200.1.3","city":"","enterTime":"2020-03-03 09:00:00","leaveTime":"2020-03-03 10:00:00","watchTime":"7200","terminal":"1"},
  {"viewerId":"v3","viewerName":"赵六","enterTime":"2020-03-03 09:05:00","leaveTime":"","watchTime":0,"terminal":1}
]}"#;

const STAYS: [&str; 3] = [
    "1 interval 2020-03-03T08:58:10–2020-03-03T11:00:00 user v1 张三 ip 113.200.1.2 client 0 region 西安",
    "2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 user v2 李四&王五 ip 113.200.1.3 client 1",
    "3 join 2020-03-03T09:05:00 user v3 赵六 client 1",
];

#[test]
fn every_stay_is_read_and_stated_lengths_are_compared() {
    let (reading, events) = all(ANSWER.as_bytes(), &lesson()).expect("readable");
    assert_eq!(told(&events), STAYS);
    assert_eq!((reading.reader, reading.rows, reading.accepted, reading.refused_total), ("cc-live-json", 3, 3, 0));
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
      },
      "several_people_on_one_login": {
        "count": 1,
        "rows": [
          2
        ]
      }
    }
    "#);
    insta::assert_json_snapshot!(reading.assumptions, @r#"
    [
      "The file does not say its time zone; its times are read as Asia/Shanghai, the zone of the platform's profile."
    ]
    "#);
}

#[test]
fn the_list_may_be_the_document_or_stand_under_any_member() {
    let begin = ANSWER.find('[').expect("a list");
    let list = &ANSWER[begin..ANSWER.len() - 1];
    for log in
        [list.to_owned(), format!(r#"{{"list":{list}}}"#), format!(r#"{{"code":0,"data":{{"count":3,"userEnterLeaveActions":{list}}}}}"#)]
    {
        let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
        assert_eq!(told(&events), STAYS);
        assert_eq!(reading.reader, "cc-live-json");
    }
}

#[test]
fn entries_at_fault_are_named_without_what_they_say() {
    let log = r#"[
        {"viewerId":"v1","viewerName":"张三","enterTime":"昨天","leaveTime":"2020-03-03 10:00:00"},
        {"viewerId":"v1","viewerName":"张三","enterTime":null,"leaveTime":"2020-03-03 10:00:00"},
        {"viewerId":"v1","viewerName":"张三","enterTime":"2020-03-03 10:00:00","leaveTime":"2020-03-03 09:00:00"},
        {"viewerId":"v1","viewerName":["张三"],"enterTime":"2020-03-03 09:00:00"},
        {"viewerId":"","enterTime":"2020-03-03 09:00:00"},
        {"viewerId":"v1","enterTime":true},
        {"viewerId":7,"enterTime":1583197200000,"leaveTime":"2020-03-03T10:00:00+08:00"}
    ]"#;
    let (reading, events) = all(log.as_bytes(), &hints()).expect("one is good");
    assert_eq!(told(&events), ["7 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 user 7"]);
    let said: Vec<String> = reading.refused.iter().map(|row| format!("{} {}: {}", row.row, row.code, row.message)).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    1 bad_time: enterTime is a text that is no time; write a date and time such as 2020-03-03 09:00:00
    2 missing_value: enterTime is empty; write a date and time such as 2020-03-03 09:00:00
    3 leave_before_join: the end lies before the beginning; correct one of the two times
    4 bad_value: viewerName is an array; write a text in quotation marks
    5 no_person: the row names nobody; fill at least one of trainee, account, phone, e-mail, ID number or name
    6 bad_time: enterTime is true or false; write a date and time such as 2020-03-03 09:00:00
    ");
}
