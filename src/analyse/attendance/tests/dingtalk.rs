use super::*;

/// Modelled on the answer of 钉钉's interface for the viewers of a live (`QueryLiveWatchUserList`), by the names and comments of the
/// vendor's public SDKs: people of the company and people from outside in two lists, how long each watched, not when.
const VIEWERS: &str = r#"{"result":{"orgUsesList":[{"deptName":"一部","name":"张三","unionId":"x","userId":"u1","watchLiveTime":2700000,"watchPlaybackTime":600000,"watchProgressMs":2330},{"name":"李四","userId":"u2","watchLiveTime":0,"watchPlaybackTime":0}],"outOrgUserList":[{"name":"王五","watchLiveTime":60000},{"name":"赵六","watchLiveTime":"long"},{"name":"钱七"}]}}"#;

#[test]
fn lengths_are_kept_as_what_the_platform_states_live_and_playback_apart() {
    let (reading, events) = all(VIEWERS.as_bytes(), &lesson()).expect("readable");
    assert_eq!(reading.reader, "dingtalk-live");
    let told = told(&events);
    assert_eq!(
        told,
        [
            "1 total 2020-03-03T09:00:00–2020-03-03T11:00:00 user u1 张三 2700 s stated live",
            "1 total 2020-03-03T09:00:00–2020-03-03T11:00:00 user u1 张三 600 s stated playback",
            "2 total 2020-03-03T09:00:00–2020-03-03T11:00:00 user u2 李四 0 s stated live",
            "3 total 2020-03-03T09:00:00–2020-03-03T11:00:00 王五 60 s stated live",
        ]
    );
    assert_eq!(
        refused(&reading.refused),
        [
            "4 bad_value: watchLiveTime is no whole number of milliseconds; write the number that was exported",
            "5 missing_value: watchLiveTime is empty; write the length that was watched",
        ]
    );
    assert_eq!(reading.facts["stated_without_times"], 4);
    assert_eq!(reading.assumptions.len(), 2, "{:?}", reading.assumptions);
    assert!(reading.assumptions[0].contains("read as milliseconds") && reading.assumptions[1].contains("credit no time"));
    assert!(shown(VIEWERS.as_bytes(), &reading, &events[3]).contains("王五"));
}

#[test]
fn what_is_stated_needs_a_lesson_or_class_to_be_stated_of() {
    let error = all(VIEWERS.as_bytes(), &hints()).expect_err("no lesson");
    assert_eq!((error.code, error.rows[0].code.as_str()), ("unreadable_log", "totals_only"));
    assert!(error.rows[0].message.contains("send the file for its lesson or class"), "{}", error.rows[0].message);
}
