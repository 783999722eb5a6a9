//! 四 and 五: what the kind of application asks for, and whether what it claims of the epidemic holds.

use super::courses::online;
use super::hours::shown;
use super::{Case, Remark, Row};
use crate::register::class::{Application, Standards};
use crate::register::lesson::LessonKind;
use crate::register::provider::ProviderKind;
use chrono::NaiveDate;

const CLAUSE: &str = "31号 四";
const RATE: &str = "31号 五（一）";

pub(super) fn check(case: &Case<'_>) -> Vec<Remark> {
    let filed = case.policy.day_of(case.class.created_at);
    let mut remarks: Vec<Remark> = papers(case);
    remarks.extend(match case.class.application {
        Application::Full => begun(case, filed),
        Application::RemainingTheory => remaining(case, filed),
        Application::PromiseFirst => promise(case, filed).into_iter().chain(begun(case, filed)).collect(),
    });
    remarks.extend(epidemic(case));
    remarks.extend(standards(case));
    remarks
}

/// Papers that are not there.
fn papers(case: &Case<'_>) -> Vec<Remark> {
    let Some(rules) = &case.policy.application else { return Vec::new() };
    let mut wanted: Vec<&String> = rules.papers.value.iter().collect();
    // For a class already running the online plan is all there is to file.
    if case.facts.provider.kind == ProviderKind::Enterprise && case.class.application != Application::RemainingTheory {
        wanted.extend(&rules.enterprise_papers.value);
    }
    if case.class.application == Application::PromiseFirst {
        wanted.extend(&rules.promise_papers.value);
    }
    wanted.into_iter().filter(|kind| !case.facts.papers.contains(*kind)).map(|kind| without(kind)).collect()
}

fn without(kind: &str) -> Remark {
    let (code, zh, en) = match kind {
        "online_plan" => ("online_plan_missing", "线上培训方案", "the online plan"),
        "licence" => ("licence_missing", "企业营业执照等资质证明材料", "the enterprise's licence"),
        "promise" => ("promise_missing", "在一定时限内补报完整培训方案的承诺", "the promise to file the full plan"),
        "full_plan" => ("full_plan_missing", "完整培训方案", "the full plan"),
        _ => ("paper_missing", kind, kind),
    };
    Remark::must(
        code,
        CLAUSE,
        format!("开班申请缺少{zh}。请上传后再报审核。"),
        format!("The application lacks {en}. Hand it in before it is decided."),
    )
}

/// Training is applied for before it begins.
fn begun(case: &Case<'_>, filed: NaiveDate) -> Vec<Remark> {
    let first = case.class.starts_on;
    let late = filed > first;
    let remark = || {
        Remark::note(
            "filed_after_start",
            CLAUSE,
            format!(
                "开班申请于{filed}提交，晚于开班首日{first}；应在培训前上报开班申请。若此前已书面上报，请上传书面申请；若班次已开、理论课程未结束，请改报剩余理论课程的线上培训方案。"
            ),
            format!(
                "The application came on {filed}, after {first}, the first day; it is due before training. If it was filed on paper, hand that in; if the class runs and its theory is not over, apply for the remaining theory."
            ),
        )
    };
    late.then(remark).into_iter().collect()
}

/// A class already running: the rest of its theory, nothing else, may go online.
fn remaining(case: &Case<'_>, filed: NaiveDate) -> Vec<Remark> {
    let (class, mut remarks) = (case.class, Vec::new());
    if class.starts_on > filed {
        remarks.push(Remark::must(
            "not_running_yet",
            CLAUSE,
            format!("班次{}才开班，尚未开课；“剩余理论课程”只适用于前期已开班的班次。请改报完整的开班申请。", class.starts_on),
            format!(
                "The class begins on {} and does not run yet; 'remaining theory' is for classes that do. File a full application.",
                class.starts_on
            ),
        ));
    }
    if class.hours.online > class.hours.theory {
        let (online, theory) = (shown(class.hours.online.0), shown(class.hours.theory.0));
        remarks.push(Remark::must(
            "online_beyond_theory",
            CLAUSE,
            format!("已开班班次只能对剩余理论课程开展线上培训：线上{online}课时超过理论{theory}课时。请更正课时。"),
            format!("In a class already running only the remaining theory may go online: {online} hours online are more than {theory} of theory. Correct the hours."),
        ));
    }
    let practice = case.facts.lessons.iter().filter(|lesson| online(lesson) && lesson.kind == LessonKind::Practice);
    remarks.extend(
        Remark::must(
            "online_practice",
            CLAUSE,
            "已开班班次只能对剩余理论课程开展线上培训，下列实训课节不能在线上进行。请改为线下，或从课程表中去掉。",
            "In a class already running only the remaining theory may go online; these lessons are practice. Hold them in person, or take them off the timetable.",
        )
        .about(practice.map(|lesson| Row::lesson(lesson, "线上实训", "practice online")).collect()),
    );
    remarks
}

/// The promise to file the full plan by a day.
fn promise(case: &Case<'_>, filed: NaiveDate) -> Option<Remark> {
    let due = case.class.promise_due?;
    if due < filed {
        return Some(Remark::must(
            "promise_past",
            CLAUSE,
            format!("承诺补报完整培训方案的日期{due}早于申请日{filed}。请改为申请之后的日期。"),
            format!("The full plan is promised by {due}, before the application of {filed}. Promise a later day."),
        ));
    }
    if due < case.today && !case.facts.papers.contains("full_plan") {
        return Some(Remark::must(
            "promise_overdue",
            CLAUSE,
            format!("承诺于{due}前补报完整培训方案，至今未报。请立即补报。"),
            format!("The full plan was promised by {due} and is not here yet. File it now."),
        ));
    }
    (due > case.class.ends_on).then(|| {
        Remark::note(
            "promise_after_end",
            CLAUSE,
            format!("承诺补报完整培训方案的日期{due}晚于班次最后一日{}。请核对是否合适。", case.class.ends_on),
            format!(
                "The full plan is promised by {due}, after {}, the last day of the class. See whether that will do.",
                case.class.ends_on
            ),
        )
    })
}

/// The class's own word on the epidemic against the policy's period.
fn epidemic(case: &Case<'_>) -> Option<Remark> {
    let first = case.class.starts_on;
    let period = &case.policy.epidemic;
    let until = period.until.as_ref().map(|until| until.value.to_string()).unwrap_or_default();
    let period = format!("{} – {until}", period.from.value);
    let percent = case.policy.subsidy.epidemic_percent.value;
    match (case.class.epidemic, case.epidemic) {
        (true, false) => Some(Remark::must(
            "epidemic_claimed",
            RATE,
            format!("申请按疫情期间标准（{percent}%），但开班首日{first}不在疫情期间（{period}）。请更正“疫情期间”一项或开班日期。"),
            format!(
                "The application claims the epidemic's rate ({percent} %), and {first}, the first day, is not in the epidemic ({period}). Correct the flag or the day."
            ),
        )),
        (false, true) => Some(Remark::note(
            "epidemic_not_claimed",
            RATE,
            format!("开班首日{first}在疫情期间（{period}），申请却未按疫情期间标准（{percent}%）。请核对。"),
            format!(
                "{first}, the first day, is in the epidemic ({period}), and the application does not claim its rate ({percent} %). See whether it should."
            ),
        )),
        _ => None,
    }
}

/// The reviewer names the standard with the decision, and needs one to name.
fn standards(case: &Case<'_>) -> Option<Remark> {
    (case.class.standards_fen == Standards::default()).then(|| {
        let budget = case.policy.subsidy.fen_per_online_lesson_hour.value;
        let yuan = format!("{}.{:02}", budget / 100, budget % 100);
        Remark::note(
            "standard_missing",
            CLAUSE,
            format!("申请未填现行补贴标准。人社部门同意开班时应明确所申报工种的补贴标准；在此之前，金额按每人每课时{yuan}元预算估算。"),
            format!("No current standard is named. The reviewing office names that of the trade when it approves; until then amounts are estimated by the budget of {yuan} yuan per person and lesson hour."),
        )
    })
}
