use super::*;

fn statement(verb: &str, at: &str, rest: &str) -> String {
    format!(
        r#"{{"actor":{{"objectType":"Agent","account":{{"homePage":"https://lms.example.com","name":"u1"}}}},"verb":{{"id":"http://adlnet.gov/expapi/verbs/{verb}","display":{{"en":"{verb}"}}}},"object":{{"id":"https://lms.example.com/course/7"}},"timestamp":"{at}"{rest}}}"#
    )
}

/// Modelled on a session of a cmi5 course as a record store answers it, the newest statement first; ids shortened.
#[test]
fn a_session_whose_length_is_stated_is_a_stay_of_that_length() {
    let context = r#","context":{"registration":"r1","platform":"web"}"#;
    let statements = [
        statement("scored", "2020-03-05T09:00:00+08:00", context),
        statement("terminated", "2020-03-03T10:00:00+08:00", &format!(r#","id":"s4","result":{{"duration":"PT45M30S"}}{context}"#)),
        statement(
            "answered",
            "2020-03-03T09:40:00.5+08:00",
            &format!(r#","id":"s3","result":{{"success":true,"score":{{"scaled":0.9,"raw":9}},"duration":"PT2M"}}{context}"#),
        ),
        statement(
            "progressed",
            "2020-03-03T01:30:00Z",
            &format!(r#","id":"s2","result":{{"extensions":{{"https://w3id.org/xapi/video/extensions/time":125.5}}}}{context}"#),
        ),
        statement("initialized", "2020-03-03T09:00:00+08:00", &format!(r#","id":"s1"{context}"#)),
        statement("launched", "2020-03-03T08:59:00+08:00", &format!(r#","id":"s0"{context}"#)),
    ];
    let log = format!(r#"{{"more":"","statements":[{}]}}"#, statements.join(",\n"));
    let (reading, events) = all(log.as_bytes(), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 interval 2020-03-03T09:14:30–2020-03-03T10:00:00 user u1 client web ref s4",
            "3 answer 2020-03-03T09:40:00.500 user u1 client web ref s3 score 0.9",
            "4 progress 2020-03-03T09:30:00 user u1 client web ref s2 at 125500 ms",
        ]
    );
    assert_eq!((reading.reader, reading.rows, reading.accepted, reading.refused_total), ("xapi", 3, 3, 0));
    assert_eq!(reading.assumptions, [""; 0]);
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "statements_passed_over": {
        "scored": 1
      },
      "openings_measured_in_closing": 2,
      "account_home_pages": [
        "https://lms.example.com"
      ]
    }
    "#);
}

/// Modelled on the statements of a course wrapper that states no lengths.
#[test]
fn without_a_length_opening_is_a_join_and_closing_a_leave() {
    let log = format!(
        "[{},{},{}]",
        statement("initialized", "2020-03-03T09:00:00+08:00", r#","context":{"registration":"r1"}"#),
        statement("completed", "2020-03-03T10:00:00+08:00", r#","context":{"registration":"r1"},"result":{"completion":true}"#),
        // Another registration, whose length is stated.
        statement("completed", "2020-03-03T11:00:00+08:00", r#","context":{"registration":"r2"},"result":{"duration":"PT10M"}"#),
    );
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "1 join 2020-03-03T09:00:00 user u1",
            "2 leave 2020-03-03T10:00:00 user u1",
            "3 interval 2020-03-03T10:50:00–2020-03-03T11:00:00 user u1"
        ]
    );
    assert!(!reading.facts.contains_key("openings_measured_in_closing"));
}

#[test]
fn one_statement_is_a_document_of_one_entry() {
    let log = statement("terminated", "2020-03-03T10:00:00+08:00", r#","result":{"duration":"PT1H"},"attachments":[{"usageType":"x"}]"#);
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&log).expect("json")).expect("json");
    for log in [log, pretty] {
        let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
        assert_eq!(told(&events), ["1 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 user u1"]);
        assert_eq!(shown(log.as_bytes(), &reading, &events[0]), log);
        assert_eq!(events[0].bytes, Some(0..log.len() as u64));
    }
}

#[test]
fn a_statement_that_was_taken_back_says_nothing() {
    let log = format!(
        "[{},{},{}]",
        statement("terminated", "2020-03-03T10:00:00+08:00", r#","id":"AB","result":{"duration":"PT1H"}"#),
        statement("terminated", "2020-03-03T10:00:00+08:00", r#","id":"cd","result":{"duration":"PT30M"}"#),
        r#"{"actor":{"mbox":"mailto:admin@example.com"},"verb":{"id":"http://adlnet.gov/expapi/verbs/voided"},"object":{"objectType":"StatementRef","id":"ab"},"timestamp":"2020-03-04T10:00:00+08:00"}"#,
    );
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(told(&events), ["2 interval 2020-03-03T09:30:00–2020-03-03T10:00:00 user u1 ref cd"]);
    assert_eq!((reading.rows, &reading.facts["statements_voided"]), (1, &1.into()));
}

#[test]
fn actors_are_known_by_mail_or_account_and_not_by_hashes() {
    let of = |actor: &str| {
        format!(r#"{{"actor":{actor},"verb":{{"id":"https://example.com/verbs/progressed"}},"timestamp":"2020-03-03T09:00:00+08:00"}}"#)
    };
    let log = format!(
        "[{}]",
        [
            of(r#"{"mbox":"mailto:zhang@example.com","name":"张三"}"#),
            of(r#"{"account":{"name":"u2","homePage":"https://a.example.com"}}"#),
            of(r#"{"account":{"name":"u3","homePage":"https://b.example.com"}}"#),
            of(r#"{"mbox_sha1sum":"ebd31e95054c018b10727ccffd2ef2ec3a016ee9"}"#),
            of(r#"{"mbox_sha1sum":"ebd31e95054c018b10727ccffd2ef2ec3a016ee9","name":"李四"}"#),
            of(r#"{"objectType":"Group","mbox":"mailto:all@example.com"}"#),
            of(r#""张三""#),
        ]
        .join(",")
    );
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "1 progress 2020-03-03T09:00:00 zhang@example.com 张三",
            "2 progress 2020-03-03T09:00:00 user u2",
            "3 progress 2020-03-03T09:00:00 user u3",
            "5 progress 2020-03-03T09:00:00 李四",
        ]
    );
    assert_eq!(
        reading.assumptions,
        ["The actors have accounts on several home pages; an account is taken by its name, whichever its page is."]
    );
    let said: Vec<String> = reading.refused.iter().map(|row| format!("{} {}: {}", row.row, row.code, row.message)).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    4 no_person: actor names nobody a roster knows: a hash or an OpenID is no address; export the statements with mbox or account
    6 bad_value: actor is a group; write one agent for each statement
    7 bad_value: actor is a text; write an object
    ");
}

#[test]
fn statements_at_fault_are_named_without_what_they_say() {
    let log = format!(
        "[{}]",
        [
            statement("terminated", "soon", ""),
            statement("terminated", "2020-03-03T10:00:00+08:00", r#","result":{"duration":"an hour"}"#),
            statement("terminated", "2020-03-03T10:00:00+08:00", r#","result":{"duration":"P1M"}"#),
            statement("answered", "2020-03-03T10:00:00+08:00", r#","result":{"score":{"raw":"good"}}"#),
            r#"{"actor":{"mbox":"mailto:a@example.com"},"verb":{"id":7},"timestamp":"2020-03-03T09:00:00+08:00"}"#.to_owned(),
            r#"{"actor":{"mbox":"mailto:a@example.com"},"verb":{"id":"x/completed"}}"#.to_owned(),
            statement("completed", "2020-03-03T10:00:00", ""),
        ]
        .join(",")
    );
    let (reading, events) = all(log.as_bytes(), &hints()).expect("one is good");
    assert_eq!(told(&events), ["7 leave 2020-03-03T10:00:00 user u1"]);
    let said: Vec<String> = reading.refused.iter().map(|row| format!("{} {}: {}", row.row, row.code, row.message)).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    1 bad_time: timestamp is a text that is no time; write a date and time such as 2020-03-03 09:00:00
    2 bad_value: result.duration is a text that is no length of time; write hours, minutes and seconds such as PT45M30S
    3 bad_value: result.duration is a text that is no length of time; write hours, minutes and seconds such as PT45M30S
    4 bad_value: result.score.raw is a text; write a number
    5 missing_value: verb.id is empty; write the verb, such as http://adlnet.gov/expapi/verbs/completed
    6 missing_value: timestamp is empty; write a date and time with offset such as 2020-03-03T09:00:00+08:00
    ");
    assert_eq!(
        reading.assumptions,
        ["The file does not say its time zone; its times are read as Asia/Shanghai, the zone of the platform's profile."]
    );
}

/// The same statements one on each line, as record stores stream them and tools keep them.
#[test]
fn statements_one_on_each_line_are_rows_that_are_lines() {
    let context = r#","context":{"registration":"r1","platform":"web"}"#;
    let lines = [
        statement("initialized", "2020-03-03T09:00:00+08:00", context),
        String::new(),
        statement("terminated", "2020-03-03T10:00:00+08:00", context),
        "{\"actor\": oops".to_owned(),
    ]
    .join("\n");
    let (reading, events) = all(lines.as_bytes(), &lesson()).expect("readable");
    assert_eq!(reading.reader, "xapi-lines");
    assert_eq!(told(&events), ["1 join 2020-03-03T09:00:00 user u1 client web", "3 leave 2020-03-03T10:00:00 user u1 client web"]);
    assert_eq!(refused(&reading.refused), ["4 bad_json: the line is not one JSON object; write one statement on each line"]);
    assert!(shown(lines.as_bytes(), &reading, &events[1]).contains("terminated"));
    let bytes = events[1].bytes.clone().expect("a line has bytes");
    assert!(lines[bytes.start as usize..bytes.end as usize].ends_with('}'));
}
