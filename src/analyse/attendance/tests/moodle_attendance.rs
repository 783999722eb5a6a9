use super::*;

/// Modelled on the export of Moodle's attendance activity (mod_attendance): the course above, a column for each session headed by its
/// date and group, acronym and points in the cells, sums behind.
const SHEET: &[&[&str]] = &[
    &["Course", "Welding 1"],
    &["Group", "All participants"],
    &[],
    &[
        "Last name",
        "First name",
        "ID number",
        "3 Mar 2020 9.00AM All students",
        "10 Mar 2020 2.30PM All students",
        "Taken sessions",
        "Points",
        "Percentage",
    ],
    &["Zhang", "San", "S1", "P (2/2)", "L (1/2)", "2", "3 / 4", "75.0"],
    &["李", "四", "", "A (0/2)", "?", "1", "0 / 2", "0.0"],
    &["Wang", "Wu", "S3", "V (1/2)", "", "1", "1 / 2", "50.0"],
    &["Zhao", "Liu", "S4", "", "?", "0", "0 / 0", "-"],
];

#[test]
fn marks_stand_at_the_time_of_their_session_and_credit_nothing() {
    let (reading, events) = all(&workbook(&[("Attendance", SHEET)]), &hints()).expect("readable");
    assert_eq!(reading.reader, "moodle-attendance");
    assert_eq!(
        told(&events),
        [
            "5 mark 2020-03-03T09:00:00–2020-03-03T09:00:00 ext:S1 San Zhang present",
            "5 mark 2020-03-10T14:30:00–2020-03-10T14:30:00 ext:S1 San Zhang late",
            "6 mark 2020-03-03T09:00:00–2020-03-03T09:00:00 李四 absent",
            "7 mark 2020-03-03T09:00:00–2020-03-03T09:00:00 ext:S3 Wu Wang V",
        ]
    );
    assert_eq!(refused(&reading.refused), ["8 missing_value: every session is empty; write the status of the student in it"]);
    assert!(reading.assumptions.iter().any(|sentence| sentence.contains("Asia/Shanghai")), "{:?}", reading.assumptions);
}

/// The same saved as CSV, with a session whose heading the calendar does not have.
#[test]
fn a_session_of_no_day_is_said_of_the_lesson() {
    let log = "Last name,First name,30 Feb 2020 9.00AM,3 Mar 2020 9.00AM,Points,Percentage\nZhang,San,P (2/2),A (0/2),2 / 4,50\n";
    let (_, events) = all(log.as_bytes(), &lesson()).expect("readable");
    assert_eq!(told(&events), ["2 mark 2020-03-03T09:00:00–2020-03-03T09:00:00 San Zhang absent"], "what has no date is no session");
}
