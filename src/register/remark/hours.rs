//! 四: whether the hours of the plan add up, and whether the timetable has them.

use super::courses::online;
use super::{Case, Remark};
use crate::register::class::Application;
use crate::register::lesson::LessonKind;

const CLAUSE: &str = "31号 四";

pub(super) fn check(case: &Case<'_>) -> Vec<Remark> {
    plan(case).into_iter().chain(timetable(case)).collect()
}

fn plan(case: &Case<'_>) -> Option<Remark> {
    let plan = &case.class.hours;
    let parts = plan.theory.0 + plan.practice.0;
    (parts > plan.total.0).then(|| {
        let (theory, practice, total) = (shown(plan.theory.0), shown(plan.practice.0), shown(plan.total.0));
        Remark::must(
            "hours_exceed_total",
            CLAUSE,
            format!("理论{theory}课时加实训{practice}课时超过总课时{total}。请更正培训方案中的课时。"),
            format!("{theory} hours of theory and {practice} of practice are more than {total}, the total. Correct the hours of the plan."),
        )
    })
}

/// The timetable against the plan. Theory may have been counted with or without general, safety and epidemic-prevention courses.
fn timetable(case: &Case<'_>) -> Vec<Remark> {
    let (lessons, plan) = (&case.facts.lessons, &case.class.hours);
    if lessons.is_empty() {
        return Vec::new();
    }
    let sum = |wanted: &dyn Fn(&crate::register::Lesson) -> bool| -> i64 {
        lessons.iter().filter(|lesson| wanted(lesson)).map(|lesson| lesson.hours.0).sum()
    };
    let mut remarks = Vec::new();
    let is_online = sum(&online);
    if is_online != plan.online.0 {
        remarks.push(Remark::must(
            "hours_online_differ",
            CLAUSE,
            format!("课程表中线上共{}课时，线上培训方案为{}课时。请使两者一致。", shown(is_online), shown(plan.online.0)),
            format!("The timetable has {} hours online, the online plan {}. Make them agree.", shown(is_online), shown(plan.online.0)),
        ));
    }
    // Only the online plan is due with these two; the rest of the class may be nowhere yet.
    let whole = match case.class.application {
        Application::Full => true,
        Application::PromiseFirst => case.facts.papers.contains("full_plan"),
        Application::RemainingTheory => false,
    };
    let all = sum(&|_| true);
    if !whole || (all == is_online && is_online == plan.online.0 && plan.online < plan.total) {
        if whole {
            remarks.push(Remark::note(
                "in_person_not_timetabled",
                CLAUSE,
                format!("课程表只有线上课节；总课时{}中的{}线下课时尚未排课。", shown(plan.total.0), shown(plan.total.0 - all)),
                format!(
                    "The timetable has lessons online alone; {} hours in person of {} are not on it yet.",
                    shown(plan.total.0 - all),
                    shown(plan.total.0)
                ),
            ));
        }
        return remarks;
    }
    let theory = sum(&|lesson| lesson.kind == LessonKind::Theory);
    let practice = sum(&|lesson| lesson.kind == LessonKind::Practice);
    let rest = all - theory - practice;
    if all != plan.total.0 {
        remarks.push(Remark::must(
            "hours_total_differ",
            CLAUSE,
            format!("课程表共{}课时，培训方案为{}课时。请使两者一致。", shown(all), shown(plan.total.0)),
            format!("The timetable has {} hours, the plan {}. Make them agree.", shown(all), shown(plan.total.0)),
        ));
    }
    let theory_fits = theory == plan.theory.0 || theory + rest == plan.theory.0;
    if !theory_fits || practice != plan.practice.0 {
        remarks.push(Remark::must(
            "hours_by_kind_differ",
            CLAUSE,
            format!(
                "课程表中理论{}课时（另有通用素质、安全、疫情防控{}课时）、实训{}课时；培训方案为理论{}、实训{}。请使两者一致。",
                shown(theory), shown(rest), shown(practice), shown(plan.theory.0), shown(plan.practice.0)
            ),
            format!(
                "The timetable has {} hours of theory (and {} of general, safety and epidemic prevention) and {} of practice; the plan {} and {}. Make them agree.",
                shown(theory), shown(rest), shown(practice), shown(plan.theory.0), shown(plan.practice.0)
            ),
        ));
    }
    remarks
}

/// Thousandths of a lesson hour as people write them.
pub(super) fn shown(milli: i64) -> String {
    let digits = format!("{:03}", milli.rem_euclid(1000));
    match digits.trim_end_matches('0') {
        "" => (milli / 1000).to_string(),
        part => format!("{}.{part}", milli / 1000),
    }
}
