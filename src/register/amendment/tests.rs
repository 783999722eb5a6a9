//! What differs between plans.

use super::*;
use crate::ids::LessonId;
use crate::register::Lesson;
use crate::register::class::HoursMilli;
use crate::register::lesson::{LessonKind, Mode};
use uuid::Uuid;

fn lesson(id: u128) -> Lesson {
    Lesson {
        id: LessonId(Uuid::from_u128(id)),
        class: ClassId(Uuid::from_u128(9)),
        external_id: format!("L{id}"),
        title: "照护".to_owned(),
        kind: LessonKind::Theory,
        mode: Mode::Live,
        starts_at: Time(1_583_197_200_000_000),
        ends_at: Time(1_583_199_900_000_000),
        content_ms: None,
        quiz_percent: None,
        hours: HoursMilli(1000),
        teacher: "李老师".to_owned(),
        meeting_ref: None,
    }
}

#[test]
fn a_timetable_that_says_the_same_has_no_changes() {
    assert_eq!(of_timetables(&[lesson(1), lesson(2)], &[lesson(2), lesson(1)]).expect("compares"), Changes::default());
}

#[test]
fn a_moved_lesson_is_named_with_both_times_and_a_replaced_teacher_by_the_field_alone() {
    let moved = Lesson { starts_at: Time(1_583_200_800_000_000), teacher: "王老师".to_owned(), ..lesson(1) };
    let changes = of_timetables(&[lesson(1), lesson(2)], &[moved, lesson(3)]).expect("compares");
    insta::assert_snapshot!(serde_json::to_string(&changes.open).expect("writes"), @r#"[{"subject":"lesson","id":"00000000-0000-0000-0000-000000000001","change":"changed","fields":["starts_at","teacher"],"before":{"starts_at":"2020-03-03T01:00:00Z"},"after":{"starts_at":"2020-03-03T02:00:00Z"}},{"subject":"lesson","id":"00000000-0000-0000-0000-000000000002","change":"removed","fields":[],"before":{"title":"照护","kind":"theory","mode":"live","starts_at":"2020-03-03T01:00:00Z","ends_at":"2020-03-03T01:45:00Z","hours":1}},{"subject":"lesson","id":"00000000-0000-0000-0000-000000000003","change":"added","fields":[],"after":{"title":"照护","kind":"theory","mode":"live","starts_at":"2020-03-03T01:00:00Z","ends_at":"2020-03-03T01:45:00Z","hours":1}}]"#);
    let teacher = |before: &str, after: &str| Personal {
        id: lesson(1).id.to_string(),
        field: "teacher".to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
    };
    assert_eq!(changes.personal, [teacher("李老师", "王老师")]);
}

#[test]
fn the_sealed_document_names_nobody_and_gives_no_reason_away_and_changes_with_either() {
    let secrets = Secrets::new([7; 32]);
    let changed = |teacher: &str, reason| {
        let after = Lesson { teacher: teacher.to_owned(), ..lesson(1) };
        let new = New {
            id: AmendmentId(Uuid::from_u128(5)),
            class: lesson(1).class,
            kind: Kind::Timetable,
            changes: of_timetables(&[lesson(1)], &[after]).expect("compares"),
            reason,
            hours_before: 1000,
            by: "token:1",
            at: Time(0),
        };
        new.kept(&secrets).expect("keeps")
    };
    let kept = changed("王老师", Some("李老师住院"));
    let document = String::from_utf8(kept.document(&secrets).expect("writes")).expect("is text");
    assert!(!document.contains("老师") && document.contains("teacher"), "{document}");
    assert_eq!(kept.digest, Digest::of(document.as_bytes()));
    assert_eq!(kept.personal(&secrets).expect("opens")[0].after, "王老师");
    assert_ne!(kept.digest, changed("张老师", Some("李老师住院")).digest);
    assert_ne!(kept.digest, changed("王老师", None).digest);
}

#[test]
fn a_reason_is_trimmed_and_has_a_longest() {
    assert_eq!(reason(Some("  ")).expect("none"), None);
    assert_eq!(reason(Some(" 教师住院 ")).expect("one"), Some("教师住院"));
    assert_eq!(reason(Some(&"长".repeat(LONGEST_REASON + 1))).expect_err("refused").code, "invalid");
}
