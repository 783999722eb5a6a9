use super::*;

/// Modelled on the answer of 钉钉's interface for the statistics of a live: how long each person watched, not when.
#[test]
fn totals_without_stays_earn_nothing_and_say_what_to_do() {
    let log = r#"{"success":true,"result":{"orgUsesList":[{"deptName":"一部","name":"张三","unionId":"x","userId":"u1","watchLiveTime":3600,"watchPlaybackTime":0,"watchProgressMs":0},{"name":"李四","userId":"u2","watchLiveTime":0,"watchPlaybackTime":1200}],"outOrgUserList":[{"name":"王五","watchLiveTime":60}]}}"#;
    let error = all(log.as_bytes(), &hints()).expect_err("no stays");
    assert_eq!((error.code, error.rows.len()), ("unreadable_log", 2));
    assert!(error.message.contains("dingtalk-live"), "{error}");
    assert_eq!((error.rows[1].row, error.rows[1].code.as_str()), (2, "totals_only"));
    assert!(error.rows[1].message.ends_with("send a log that says when people came and went beside it"), "{}", error.rows[1].message);
}
