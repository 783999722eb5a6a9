//! Applications, decisions, papers and amendments of the sample.

use super::pages::class;
use super::*;
use crate::audit::overview::ApplicationLine;
use crate::web::pages::applications::{ApplicationRow, Applications, Deadline};
use crate::web::pages::decide::Decide;
use crate::web::pages::opening::{AmendmentRow, DecisionRow, Opening, PaperRow};

fn deadline(state: &'static str, certain: bool) -> Deadline {
    Deadline { on: "2020-03-05".into(), certain, state }
}

/// A class's: approved after it was returned once, its plan amended twice.
pub(super) fn opening(decides: bool) -> Opening {
    let decision = |word, reason: &str, late, letter: bool| DecisionRow {
        word,
        reason: reason.into(),
        standards: if word == "approve" { vec![("qualified", 60_000), ("skill_level", 90_000)] } else { Vec::new() },
        due: ("2020-03-05".into(), late),
        at: at("10:00:00"),
        who: "审核人员 赵".into(),
        leaf: letter.then_some(77),
        letter: letter.then(|| id(9, 30)),
    };
    let paper =
        |kind, name: &str| PaperRow { kind, evidence: id(9, 31), name: name.into(), size: 48_211, at: at("08:30:00"), leaf: Some(70) };
    let amendment = |kind, reason: Option<&str>, after| AmendmentRow {
        kind,
        changes: vec![("课节 L7".into(), "变更".into(), "开始: 2020-03-03 09:00 → 2020-03-04 09:00; 教师: 李 → 王".into())],
        total: 30,
        reason: reason.map(Into::into),
        hours: (120_500, after),
        at: at("11:00:00"),
        who: "安康市高新职业培训学校".into(),
        leaf: Some(90),
    };
    let decisions = vec![decision("return", "请补充营业执照。", true, true), decision("approve", "", false, false)];
    Opening {
        class: id(1, 1),
        state: if decides { "applied" } else { "running" },
        filed: at("08:00:00"),
        deadline: decides.then(|| deadline("overdue", false)),
        decisions: if decides { Vec::new() } else { decisions },
        papers: vec![paper("licence", "营业执照.pdf"), paper("online_plan", "线上培训方案.docx")],
        promise: Some(("2020-03-20".into(), "overdue")),
        amendments: vec![amendment("timetable", Some("教师住院"), Some(118_000)), amendment("roster", None, None)],
        sees_papers: true,
        hands_in: !decides,
        decides,
    }
}

/// The pages on which applications are decided.
pub(super) fn every_page(frame: &Frame) -> Vec<(&'static str, String)> {
    let html = |page: &dyn askama::DynTemplate| page.dyn_render().expect("a page of plain data renders");
    vec![
        ("applications", html(&applications(frame, "pending", 4))),
        ("applications-returned", html(&applications(frame, "returned", 4))),
        ("applications-empty", html(&applications(frame, "decided", 0))),
        ("decide", html(&decide(frame, true))),
        ("decide-over", html(&decide(frame, false))),
    ]
}

/// The list of applications.
fn applications(frame: &Frame, which: &'static str, rows: u64) -> Applications {
    let states = ["overdue", "today", "open", "open"];
    let rows = (0..rows).map(|number| ApplicationRow {
        line: ApplicationLine {
            id: typed(1, number),
            external_id: format!("AK-2020-{number:03}"),
            title: class_title(number),
            provider: "安康市高新职业培训学校".into(),
            application: ["full", "promise_first"][(number % 2) as usize].into(),
            filed: at("08:00:00").plus(-(number as i64) * DAY),
            decision: (which != "pending").then(|| "return".into()),
            decided: (which != "pending").then(|| at("12:00:00")),
            was_due: None,
            trainees: 40,
        },
        deadline: (number != 3).then(|| deadline(if which == "pending" { states[(number % 4) as usize] } else { "late" }, number != 1)),
    });
    Applications {
        frame: Frame { section: Section::Applications, ..frame.clone() },
        which,
        rows: rows.collect(),
        counts: [("pending", 30), ("returned", 2), ("decided", 140)],
        done: Some((id(1, 1), class_title(0))),
        next: Some("?cursor=a".into()),
    }
}

/// The page on which one is decided, or was.
fn decide(frame: &Frame, open: bool) -> Decide {
    let standards = ["qualified", "skill_level", "vocational", "special_operation"];
    Decide {
        frame: Frame { section: Section::Applications, ..frame.clone() },
        class: class(frame, 1, 1).class,
        platform: "陕西职业在线培训平台".into(),
        size: (40, 48),
        standards: standards.map(|word| (word, word, "900".to_owned())).into(),
        opening: opening(open),
        checks: checks(frame),
    }
}

pub(super) fn checks(frame: &Frame) -> Vec<Check> {
    let rows =
        |count: u64| (0..count).map(|place| (format!("/lessons/{}", id(2, place)), format!("L{place}"), "2020-03-21 至 2020-03-21".into()));
    let one = |weight, clause, text: &str, count: u64| Check {
        weight,
        clause,
        text: text.into(),
        rows: rows(count).take(20).collect(),
        concerned: count as i64,
    };
    let (zh, en) = (
        "下列课节不在班次起止日期之内。请调整课节，或更正班次的日期。",
        "These lessons lie outside the days of the class. Move them, or correct its days.",
    );
    let text = if frame.lang == Lang::Zh { zh } else { en };
    vec![one("must", "31号 四", text, 23), one("note", "31号 一（三）", text, 0)]
}
