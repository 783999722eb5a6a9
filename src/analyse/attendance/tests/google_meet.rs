use super::*;

/// Modelled on the attendance report that the organiser of a Google Meet is sent, 2021 to 2024.
const REPORT: &str = "First name,Last name,Email,Duration,Time joined,Time exited
San,Zhang,zhang@example.com,1 hr 2 min,8:58 AM,10:00 AM
四,李,li@example.com,58 min,9:02 AM,10:00 AM
Wu,Wang,wang@example.com,40 min,9:00 AM,10:00 AM
Guest,,,30 min,9:30 AM,10:00\u{202f}AM
Liu,Zhao,zhao@example.com,,9:30 AM,10:00 AM
Qi,Sun,sun@example.com,5 min,10:00 AM,9:30 AM
";

#[test]
fn the_lesson_gives_times_of_day_their_date() {
    let (reading, events) = all(REPORT.as_bytes(), &lesson()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 interval 2020-03-03T08:58:00–2020-03-03T10:00:00 zhang@example.com San Zhang",
            "3 interval 2020-03-03T09:02:00–2020-03-03T10:00:00 li@example.com 李四",
            "5 interval 2020-03-03T09:30:00–2020-03-03T10:00:00 Guest",
        ]
    );
    let gaps = "totals_only: the row states the first coming and the last going, and no total that fills the time between, so that nobody can tell the stays from the gaps; send the meeting's log of joins and leaves from the admin console as keshi CSV, or other evidence";
    assert_eq!(
        refused(&reading.refused),
        [
            format!("4 {gaps}"),
            format!("6 {gaps}"),
            "7 leave_before_join: the end lies before the beginning; correct one of the two times".to_owned(),
        ]
    );
    assert_eq!(
        reading.assumptions,
        [
            "The file does not say its time zone; its times are read as Asia/Shanghai, the zone of the platform's profile.",
            "Times of day without a date are read as on the day of the lesson.",
            "Rows whose duration fills the time from joining to exiting are read as one stay.",
            "Chinese names in two columns are put together family name first.",
        ]
    );
    insta::assert_json_snapshot!(reading.facts, @r#"
    {
      "totals_disagree": {
        "count": 1,
        "rows": [
          {
            "row": 4,
            "stated_s": 2400,
            "found_s": 3600
          }
        ]
      },
      "refused": {
        "totals_only": 2,
        "leave_before_join": 1
      }
    }
    "#);
    assert_eq!((reading.reader, reading.rows, reading.accepted, reading.complete), ("google-meet", 6, 3, true));
}

#[test]
fn without_a_lesson_a_time_of_day_is_refused_with_what_to_do() {
    let error = all(REPORT.as_bytes(), &hints()).expect_err("no date");
    assert_eq!(error.code, "unreadable_log");
    assert_eq!(
        refused(&error.rows)[0],
        "2 bad_time: Time joined is a time of day without a date; send the file for its lesson, or write a date and time such as 2020-03-03 09:00:00"
    );
}

/// Modelled on the report with one column for the name; some of them write whole dates and lengths with seconds.
#[test]
fn a_report_with_one_name_and_whole_dates_needs_no_lesson() {
    let log = "Name,Email,Duration,Time joined,Time exited\n\
               张三,zhang@example.com,42m 54s,2020-03-03 09:01:14,2020-03-03 09:44:08\n\
               李四,,1:00:00,2020-03-03 09:00:00,2020-03-03 10:00:00\n\
               王五,,,2020-03-03 09:00:00,\n";
    let (reading, events) = all(log.as_bytes(), &hints()).expect("readable");
    assert_eq!(
        told(&events),
        [
            "2 interval 2020-03-03T09:01:14–2020-03-03T09:44:08 zhang@example.com 张三",
            "3 interval 2020-03-03T09:00:00–2020-03-03T10:00:00 李四",
            "4 join 2020-03-03T09:00:00 王五",
        ]
    );
    assert_eq!((reading.refused_total, reading.facts.len(), reading.assumptions.len()), (0, 0, 2));
}
