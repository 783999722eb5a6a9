//! What the planned sittings are worth, reckoned here from the plan alone and by none of the server's code.

use super::plan::{Act, Class, Expected, Lesson, Sitting, Viewing};
use crate::time::{MILLI, Time};

/// The sitting's time inside the lesson's window, with visits merged.
pub fn inside_ms(lesson: &Lesson, visits: impl IntoIterator<Item = (Time, Time)>) -> i64 {
    let mut spans: Vec<(Time, Time)> = visits
        .into_iter()
        .map(|(from, until)| (from.max(lesson.starts_at), until.min(lesson.ends_at)))
        .filter(|(from, until)| from < until)
        .collect();
    spans.sort();
    let (mut total, mut reached) = (0, Time(i64::MIN));
    for (from, until) in spans {
        let from = from.max(reached);
        if until > from {
            total += until.0 - from.0;
            reached = until;
        }
    }
    total / MILLI
}

/// What each trainee of a class must get for each of its lessons, leaving aside what happens in other classes.
pub fn of_class(class: &Class) -> Vec<Expected> {
    let rows =
        class.lessons.iter().flat_map(|lesson| class.trainees.iter().enumerate().map(move |(number, trainee)| (lesson, number, trainee)));
    rows.map(|(lesson, number, trainee)| {
        let sitting = lesson.sittings.iter().find(|sitting| sitting.trainee == number).map(|sitting| of_sitting(lesson, sitting));
        let viewing = lesson.viewings.iter().find(|viewing| viewing.trainee == number).map(|viewing| {
            let ms = of_viewing(lesson, viewing);
            (ms, ms, viewing.because)
        });
        let (least_ms, most_ms, because) = sitting.or(viewing).unwrap_or((0, 0, "absent"));
        Expected {
            class: class.external_id.clone(),
            lesson: lesson.external_id.clone(),
            trainee: trainee.external_id.clone(),
            least_ms,
            most_ms,
            because,
        }
    })
    .collect()
}

fn of_sitting(lesson: &Lesson, sitting: &Sitting) -> (i64, i64, &'static str) {
    if sitting.visits.is_empty() {
        return (0, 0, "waiting_room");
    }
    // A visit whose end nobody recorded: it may be worth nothing, and at most what is left of the lesson.
    let recorded = inside_ms(lesson, sitting.visits.iter().filter(|visit| visit.leave_recorded).map(|visit| (visit.from, visit.until)));
    let open = sitting.visits.iter().map(|visit| (visit.from, if visit.leave_recorded { visit.until } else { lesson.ends_at }));
    let most = inside_ms(lesson, open);
    if recorded == most { (most, most, "present") } else { (recorded, most, "no_leave") }
}

/// Second by second: each second of content counts the first time it is played at no more than one and a half times its speed, while the last face
/// check was passed; nothing counts without a passed test.
fn of_viewing(lesson: &Lesson, viewing: &Viewing) -> i64 {
    let mut seen = vec![false; (lesson.content_ms.unwrap_or(0) / 1_000) as usize];
    let (mut known, mut passed) = (true, lesson.quiz_percent.is_none());
    for act in &viewing.acts {
        match *act {
            Act::Play { from, until, percent } => {
                for second in from..until {
                    seen[second as usize] |= known && percent <= 150;
                }
            }
            Act::Check { percent } => known = percent >= 60,
            Act::Answer { percent } => passed |= lesson.quiz_percent.is_some_and(|least| percent >= least),
            Act::Stay { .. } | Act::Break { .. } => {}
        }
    }
    if passed { seen.iter().filter(|seen| **seen).count() as i64 * 1_000 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::plan::Visit;
    use super::*;
    use crate::time::{MINUTE, SECOND};

    fn lesson() -> Lesson {
        Lesson {
            external_id: "l".into(),
            title: String::new(),
            kind: "theory",
            mode: "live",
            starts_at: Time(0),
            ends_at: Time(45 * MINUTE),
            hours: 1,
            content_ms: None,
            quiz_percent: None,
            teacher: String::new(),
            meeting_ref: String::new(),
            sittings: vec![],
            strangers: vec![],
            viewings: vec![],
            items: vec![],
        }
    }

    fn visit(from: i64, until: i64) -> Visit {
        Visit { from: Time(from * SECOND), until: Time(until * SECOND), leave_recorded: true }
    }

    #[test]
    fn only_time_inside_the_window_counts_and_only_once() {
        let spans = [visit(-300, 600), visit(540, 900), visit(1800, 4000)].map(|visit| (visit.from, visit.until));
        assert_eq!(inside_ms(&lesson(), spans), (900 + 900) * 1000);
    }

    #[test]
    fn a_visit_without_recorded_end_leaves_room_for_both_readings() {
        let open = Visit { leave_recorded: false, ..visit(1500, 2700) };
        let sitting = Sitting { trainee: 0, shown: String::new(), visits: vec![visit(0, 600), open], waiting: None, face_check: None };
        assert_eq!(of_sitting(&lesson(), &sitting), (600_000, 1_800_000, "no_leave"));
    }

    #[test]
    fn of_what_viewers_do_only_new_content_at_a_fair_speed_by_a_known_face_with_a_passed_test_counts() {
        let lesson = Lesson { content_ms: Some(100_000), quiz_percent: Some(60), ..lesson() };
        let play = |from, until, percent| Act::Play { from, until, percent };
        let worth = |acts: Vec<Act>| of_viewing(&lesson, &Viewing { trainee: 0, because: "", from: Time(0), acts });
        let quiz = Act::Answer { percent: 60 };
        assert_eq!(worth(vec![play(0, 60, 100), play(30, 80, 100), quiz]), 80_000);
        assert_eq!(worth(vec![play(0, 60, 200), play(90, 100, 100), quiz]), 10_000);
        assert_eq!(worth(vec![play(0, 10, 100), Act::Check { percent: 20 }, play(10, 90, 100), quiz]), 10_000);
        assert_eq!(worth(vec![play(0, 100, 100), Act::Answer { percent: 59 }]), 0);
    }
}
