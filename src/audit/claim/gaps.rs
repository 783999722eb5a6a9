//! What a claim lacks: each gap with its clause, what it is about, and what closes it. Pure, and always in the same order.

use super::gather::Situation;
use super::subsidy::Brings;
use crate::ids::{LessonId, TraineeId};
use crate::link::hours_text;
use crate::register::class::Decision;
use serde::Serialize;

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Stable code.
    pub code: &'static str,
    /// The clause of the notice that asks for it.
    pub clause: &'static str,
    /// What is missing and what closes the gap.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
    /// The trainees it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trainees: Vec<TraineeId>,
    /// The lessons it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lessons: Vec<LessonId>,
}

impl Gap {
    fn new(code: &'static str, clause: &'static str, message: impl Into<String>, message_zh: impl Into<String>) -> Gap {
        Gap { code, clause, message: message.into(), message_zh: message_zh.into(), trainees: Vec::new(), lessons: Vec::new() }
    }

    fn of_trainees(self, trainees: Vec<TraineeId>) -> Gap {
        Gap { trainees, ..self }
    }

    fn of_lessons(self, lessons: Vec<LessonId>) -> Gap {
        Gap { lessons, ..self }
    }
}

/// Singular or plural.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The gaps of a class: the plan, then the teaching records, then the certificates, then the account.
pub(super) fn gaps(known: &Situation, trainees: &[Brings]) -> Vec<Gap> {
    let mut gaps = plan(known);
    gaps.extend(records(known, trainees));
    gaps.extend(certificates(known, trainees));
    if known.account_sealed.is_none() {
        gaps.push(Gap::new(
            "no_bank_account",
            "四",
            "No bank account was named; send it with the class (bank_account).",
            "没有登记开户银行账户：请在班次中填写。",
        ));
    }
    gaps
}

fn plan(known: &Situation) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if known.class.decision != Some(Decision::Approve) {
        gaps.push(Gap::new(
            "no_decision",
            "四",
            "The opening of the class was not approved; a claim takes an approval first.",
            "开班申请尚未审核同意：审核同意后方可申报补贴。",
        ));
    }
    if known.class.standards_fen.each().iter().all(Option::is_none) {
        gaps.push(Gap::new(
            "no_standard",
            "五（一）",
            "No subsidy standard is known for the class; the decision on its opening names it (standards_fen).",
            "没有补贴标准：审核开班时应明确所申报培训工种的补贴标准。",
        ));
    }
    if known.roster.is_empty() {
        gaps.push(Gap::new("roster_empty", "四", "Nobody is on the roster; send the roster.", "学员花名册为空：请先提交花名册。"));
    }
    if !known.full_plan {
        gaps.push(Gap::new(
            "full_plan_missing",
            "四",
            "The class was opened on a promise, and the full plan was not filed; hand it in as a paper of the class.",
            "先行开班的班次尚未补报完整培训方案：请作为班次材料提交。",
        ));
    }
    gaps
}

/// 授课记录证明材料.
fn records(known: &Situation, trainees: &[Brings]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let (timetabled, planned) = (known.online().map(|lesson| lesson.hours.0).sum::<i64>(), known.class.hours.online.0);
    if timetabled < planned {
        let (timetabled, planned) = (hours_text(timetabled), hours_text(planned));
        gaps.push(Gap::new(
            "hours_not_timetabled",
            "四",
            format!("The timetable has {timetabled} of {planned} online lesson hours; complete it, or have the plan amended."),
            format!("课表中的线上课时为 {timetabled}，培训方案为 {planned}：请补全课表或变更方案。"),
        ));
    }
    let ahead: Vec<LessonId> = known.lessons.iter().filter(|lesson| !known.ended(lesson)).map(|lesson| lesson.id).collect();
    if !ahead.is_empty() {
        let sentence = format!("{} not ended yet; a claim follows the whole training.", counted(ahead.len(), "lesson has", "lessons have"));
        gaps.push(
            Gap::new("lessons_not_held", "四", sentence, format!("还有 {} 节课未结束：按培训方案完成全部课程后申报。", ahead.len()))
                .of_lessons(ahead),
        );
    }
    let evidenced = known.evidenced();
    let bare = known.lessons.iter().filter(|lesson| known.ended(lesson) && !evidenced.contains(&lesson.id));
    let bare: Vec<LessonId> = bare.map(|lesson| lesson.id).collect();
    if !bare.is_empty() {
        let sentence = format!(
            "Nothing was received of {}; hand in sign-in logs, recordings or pictures.",
            counted(bare.len(), "lesson that has ended", "lessons that have ended")
        );
        let zh = format!("{} 节已结束的课没有任何证明材料：请补交签到记录、视频或图片。", bare.len());
        gaps.push(Gap::new("lessons_without_evidence", "三", sentence, zh).of_lessons(bare));
    }
    let missing = |of: &&Brings| of.hours.credited_milli < of.hours.held_milli;
    let short: Vec<&Brings> = trainees.iter().filter(missing).collect();
    if !short.is_empty() {
        let held: i64 = trainees.iter().map(|of| of.hours.held_milli).sum();
        let hours: i64 = short.iter().map(|of| of.hours.held_milli - of.hours.credited_milli).sum();
        let (hours, held) = (hours_text(hours), hours_text(held));
        let sentence = format!(
            "{hours} of {held} online lesson hours lack credit, of {}; hand in what shows them, or look up in the trace why they do not count.",
            counted(short.len(), "trainee", "trainees")
        );
        let zh = format!("{} 名学员有 {hours} 个线上课时未计入（应为 {held}）：请补交证明材料，或在追溯中查看不计入的原因。", short.len());
        let short = short.into_iter().map(|of| of.trainee).collect();
        gaps.push(Gap::new("hours_without_evidence", "三", sentence, zh).of_trainees(short));
    }
    gaps
}

fn certificates(known: &Situation, trainees: &[Brings]) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let none: Vec<TraineeId> = trainees.iter().filter(|of| of.certificates.is_empty()).map(|of| of.trainee).collect();
    if !none.is_empty() {
        let sentence =
            format!("{} no certificate and bring nothing; enter what they obtained.", counted(none.len(), "trainee has", "trainees have"));
        let zh = format!("{} 名学员没有证书，不计补贴：请登记所取得的证书。", none.len());
        gaps.push(Gap::new("no_certificate", "五（三）", sentence, zh).of_trainees(none));
    }
    let without = |of: &&Brings| !of.certificates.is_empty() && of.due.certificate.is_none();
    let without: Vec<TraineeId> = trainees.iter().filter(without).map(|of| of.trainee).collect();
    if !without.is_empty() {
        let sentence = format!(
            "{} certificates for which no standard is known, and bring nothing; the decision on the opening names standards.",
            counted(without.len(), "trainee has", "trainees have")
        );
        let zh = format!("{} 名学员所取得的证书没有对应的补贴标准，不计补贴。", without.len());
        gaps.push(Gap::new("certificate_without_standard", "五（三）", sentence, zh).of_trainees(without));
    }
    let unseen: Vec<TraineeId> = known.certificates.iter().filter(|one| one.evidence.is_none()).map(|one| one.trainee).collect();
    if !unseen.is_empty() {
        let sentence = format!(
            "Nothing shows {}; hand in a scan as a document of the class, and name it with the certificate.",
            counted(unseen.len(), "certificate", "certificates")
        );
        let zh = format!("{} 份证书没有扫描件或照片：请作为班次文件提交，并在证书登记中注明。", unseen.len());
        gaps.push(Gap::new("certificate_without_evidence", "四", sentence, zh).of_trainees(unseen));
    }
    gaps
}
