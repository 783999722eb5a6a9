use super::*;

/// Modelled on the log of a course that Moodle offers as CSV (report/log), English, 3.x to 4.x.
const LOG: &str = "Time,\"User full name\",\"Affected user\",\"Event context\",Component,\"Event name\",Description,Origin,\"IP address\"
\"3/03/20, 09:02\",\"Zhang San\",-,\"Course: Electrician\",System,\"Course viewed\",\"The user with id '5' viewed the course with id '2'.\",web,1.2.3.4
\"3/03/20, 09:01:30\",\"Zhang San\",\"Zhang San\",\"Quiz: Safety\",Quiz,\"Quiz attempt started\",\"The user with id '5' has started the attempt.\",ws,1.2.3.4
\"3/03/20, 09:01\",-,\"Zhang San\",System,System,\"Notification sent\",\"A user sent a message.\",web,
\"3/03/20, 09:00\",\"Zhang San\",-,System,System,\"Task run\",\"The task ran for the user with id '5'.\",cli,
\"3/03/20, 08:59\",\"Admin as Li Si\",-,\"Course: Electrician\",System,\"Course viewed\",\"The user with id '6' viewed the course with id '2'.\",web,5.6.7.8
";

#[test]
fn each_row_is_a_sign_of_life_of_whoever_acted() {
    let (reading, events) = all(LOG.as_bytes(), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 heartbeat 2020-03-03T09:02:00 Zhang San ip 1.2.3.4 client web",
            "3 heartbeat 2020-03-03T09:01:30 Zhang San ip 1.2.3.4 client ws",
            "6 heartbeat 2020-03-03T08:59:00 Admin as Li Si ip 5.6.7.8 client web",
        ]
    );
    assert!(events.iter().all(|event| event.who.platform_user.is_none()), "an account somebody else acts in is not its owner");
    assert_eq!(
        refused(&reading.refused),
        [
            "4 no_person: the row names nobody; fill at least one of trainee, account, phone, e-mail, ID number or name",
            "5 bad_value: Origin says that the server did this by itself, which shows nobody's presence; leave such rows out of the export",
        ]
    );
    assert_eq!(
        reading.assumptions,
        ["The file does not say its time zone; its times are read as Asia/Shanghai, the zone of the platform's profile."]
    );
    assert_eq!(
        serde_json::Value::from(reading.facts),
        serde_json::json!({"rows_outside_lesson": 1, "refused": {"no_person": 1, "bad_value": 1}})
    );
    assert_eq!((reading.reader, reading.rows, reading.accepted, reading.complete), ("moodle-log", 5, 3, true));
}

/// Modelled on the same log in Chinese; its headings follow the language pack.
#[test]
fn a_chinese_log_is_read_and_its_columns_may_move() {
    let log = "用户全名,时间,受影响的用户,事件上下文,组件,事件名称,描述,来源,IP地址\n\
               张三,2020年3月3日 09:02,-,课程: 电工,系统,课程已查看,\"The user with id '5' viewed the course.\",web,1.2.3.4\n";
    for bytes in [log.as_bytes().to_vec(), encoding_rs::GB18030.encode(log).0.into_owned()] {
        let (reading, events) = all(&bytes, &lesson()).expect("readable");
        assert_eq!(reading.reader, "moodle-log");
        assert_eq!(told(&events), ["2 heartbeat 2020-03-03T09:02:00 张三 ip 1.2.3.4 client web"]);
    }
}

#[test]
fn day_and_month_are_never_guessed() {
    let log = LOG.replace("3/03/20", "4/03/20");
    let error = all(log.as_bytes(), &hints()).expect_err("open");
    assert_eq!(error.rows[0].code, "day_or_month");
    let time = |text: &str| text.parse::<Time>().expect("valid");
    let window = Some((time("2020-03-04T09:00:00+08:00"), time("2020-03-04T11:00:00+08:00")));
    let (_, events) = all(log.as_bytes(), &Hints { window, ..hints() }).expect("readable");
    assert!(told(&events)[0].contains("2020-03-04T09:02"), "{:?}", told(&events));
}
