//! 二: which courses a class has, and how much theory.

use super::hours::shown as hours;
use super::{Case, Remark};
use crate::register::class::Application;
use crate::register::lesson::{Lesson, LessonKind, Mode};

const CLAUSE: &str = "31号 二";

pub(super) fn check(case: &Case<'_>) -> Vec<Remark> {
    // A class already running has had its other courses; only the rest of its theory is planned here.
    if case.class.application == Application::RemainingTheory {
        return Vec::new();
    }
    missing(case).into_iter().chain(theory_share(case)).collect()
}

/// Courses that every class has, once there is a timetable.
fn missing(case: &Case<'_>) -> Vec<Remark> {
    let (Some(courses), false) = (&case.policy.courses, case.facts.lessons.is_empty()) else { return Vec::new() };
    let epidemic = if case.epidemic { courses.required_in_epidemic.value.as_slice() } else { &[] };
    let wanted = courses.required.value.iter().chain(epidemic);
    wanted.filter(|kind| !case.facts.lessons.iter().any(|lesson| lesson.kind == **kind)).map(|kind| without(*kind)).collect()
}

fn without(kind: LessonKind) -> Remark {
    let (code, zh, en) = match kind {
        LessonKind::General => ("course_general_missing", "通用性职业素质课程", "general vocational literacy"),
        LessonKind::Safety => ("course_safety_missing", "安全知识课程", "safety"),
        LessonKind::Epidemic => {
            ("course_epidemic_missing", "新冠肺炎疫情防控知识课程（疫情防控期间应增设）", "epidemic prevention (due in the epidemic)")
        }
        LessonKind::Theory => ("course_theory_missing", "理论课程", "theory"),
        LessonKind::Practice => ("course_practice_missing", "实训课程", "practice"),
    };
    Remark::must(
        code,
        CLAUSE,
        format!("课程表中没有{zh}。请增设，或把已有的课节改为该类型。"),
        format!("The timetable has no course of {en}. Add one, or correct the kind of a lesson that is one."),
    )
}

/// Where there is practice too, online theory is at least a share of all hours: as timetabled, or, before that, as planned.
fn theory_share(case: &Case<'_>) -> Option<Remark> {
    let plan = &case.class.hours;
    if plan.practice.0 == 0 {
        return None;
    }
    let share = case.policy.subsidy.theory_share_percent.value;
    let timetabled = || case.facts.lessons.iter().filter(|lesson| online(lesson) && lesson.kind != LessonKind::Practice);
    let theory = match case.facts.lessons.is_empty() {
        true => plan.theory.0.min(plan.online.0),
        false => timetabled().map(|lesson| lesson.hours.0).sum(),
    };
    (theory * 100 < share * plan.total.0).then(|| {
        let (theory, total) = (hours(theory), hours(plan.total.0));
        Remark::must(
            "theory_share",
            CLAUSE,
            format!("既有理论又有实训的培训，线上理论课程不低于总课时的{share}%：总课时{total}，线上理论{theory}。请增加线上理论课程，或更正课时。"),
            format!("Where there is practice too, online theory is at least {share} % of all hours: {theory} of {total} are. Add online theory, or correct the hours."),
        )
    })
}

/// Whether a lesson is held online.
pub(super) fn online(lesson: &Lesson) -> bool {
    lesson.mode != Mode::InPerson
}
