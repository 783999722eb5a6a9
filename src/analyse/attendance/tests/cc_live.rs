use super::*;

/// Modelled on the statistics of CC直播 as its interface names them, saved as a table by those who fetch them.
const ROWS: [&[&str]; 5] = [
    &["viewerId", "viewerName", "viewerIp", "city", "enterTime", "leaveTime", "watchTime", "terminal"],
    &["v1", "张三", "1.2.3.4", "西安", "2020-03-03 08:58:10", "2020-03-03 10:00:00", "3710", "1"],
    &["v1", "张三", "1.2.3.4", "西安", "2020-03-03 10:05:00", "2020-03-03 11:00:00", "1800", "0"],
    &["v2", "李四", "", "", "2020-03-03 09:00:00", "--", "", ""],
    &["v3", "王五", "", "", "昨天", "2020-03-03 11:00:00", "60", ""],
];

fn check(bytes: &[u8]) {
    let (reading, events) = all(bytes, &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 interval 2020-03-03T08:58:10–2020-03-03T10:00:00 user v1 张三 ip 1.2.3.4 client 1 region 西安",
            "3 interval 2020-03-03T10:05:00–2020-03-03T11:00:00 user v1 张三 ip 1.2.3.4 client 0 region 西安",
            "4 join 2020-03-03T09:00:00 user v2 李四",
        ]
    );
    assert_eq!(
        refused(&reading.refused),
        ["5 bad_time: enterTime is a text that is no time; write a date and time such as 2020-03-03 09:00:00"]
    );
    assert_eq!(
        reading.assumptions,
        [
            "The file does not say its time zone; its times are read as Asia/Shanghai, the zone of the platform's profile.",
            "The file does not say what watchTime counts; it is compared with the stays as seconds.",
        ]
    );
    assert_eq!(
        serde_json::Value::from(reading.facts),
        serde_json::json!({
            "totals_disagree": {"count": 1, "rows": [{"row": 3, "stated_s": 1_800, "found_s": 3_300}]},
            "refused": {"bad_time": 1},
        })
    );
    assert_eq!((reading.reader, reading.rows, reading.accepted), ("cc-live", 4, 3));
}

#[test]
fn a_table_or_a_workbook_of_stays_is_read_whole() {
    check(&workbook(&[("visits", &ROWS)]));
    check(ROWS.map(|row| row.join(",")).join("\n").as_bytes());
}

#[test]
fn the_order_of_columns_does_not_matter() {
    let log = "leaveTime,enterTime,viewerName\n2020-03-03 10:00:00,2020-03-03 09:00:00,张三\n";
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(told(&events), ["2 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 张三"]);
    assert_eq!((reading.facts.len(), reading.assumptions.len()), (0, 1));
}
