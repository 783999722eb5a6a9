//! Cases.

use super::super::case::{Case, Ended, EvidenceItem, FindingItem, NoteRow, OtherItem, Put, StepRow};
use super::super::cases::{CaseRow, Cases};
use super::*;
use askama::Template;

/// In how many cases something is: none and none to put it into, none, one.
pub(super) fn belongs(number: u64) -> Belongs {
    let case = |place| (id(8, place), "高新区三家机构共用设备".to_owned());
    Belongs {
        cases: if number % 3 == 2 { vec![(id(8, 1), case(1).1, "closed".into())] } else { Vec::new() },
        open: if number.is_multiple_of(3) { Vec::new() } else { vec![case(2), case(3)] },
        title: "2020年第3期电工班 · 同一人同时在两处上课".into(),
        may: true,
    }
}

fn case_row(number: u64) -> CaseRow {
    CaseRow {
        id: id(8, number),
        title: "高新区三家机构共用设备".into(),
        status: if number.is_multiple_of(2) { "open" } else { "closed" }.into(),
        outcome: [None, Some("handed_over"), None, Some("proven"), None, Some("unfounded"), None, Some("unproven")][(number % 8) as usize],
        by: "sun.investigator".into(),
        opened: at("09:30:00"),
        changed: at("15:10:00"),
        items: number as i64,
        fen: 75_000 * number as i64,
    }
}

fn put(number: u64, text: &str) -> Put {
    Put { item: id(10, number), at: at("09:40:00"), who: "sun.investigator".into(), text: text.into() }
}

fn finding(number: u64) -> FindingItem {
    let row = finding_row(number);
    FindingItem {
        put: put(number, if number == 1 { "和上一条是同一台设备" } else { "" }),
        id: row.id,
        title: row.title,
        seen: row.seen,
        rule: row.rule,
        version: 1,
        severity: row.severity,
        class: row.class,
        when: row.at,
        fen: row.fen,
        status: row.status,
        changes: if number == 1 { vec!["规则现在是第 2 版。".into()] } else { Vec::new() },
    }
}

fn case(frame: &Frame, number: u64) -> Case {
    let step = |word: &str, what: Option<&'static str>, outcome, text: &str, leaf| StepRow {
        at: at("09:40:00"),
        step: word.into(),
        who: "sun.investigator".into(),
        what: what.map(|kind| (kind, "一台设备接连替多人签到".to_owned())),
        outcome,
        text: text.into(),
        leaf,
    };
    let head = case_row(number);
    let other = |kind, name: &str, href: &str| OtherItem { put: put(30, ""), kind, name: name.into(), href: href.into() };
    let full = number > 0;
    Case {
        frame: frame.clone(),
        ended: head.outcome.map(|outcome| Ended {
            outcome,
            at: at("16:00:00"),
            who: "sun.investigator".into(),
            text: "移送高新区公安分局，高公移〔2020〕3号。\n材料见案件包。".into(),
            fen: 75_000,
        }),
        head,
        findings: if full { (0..3).map(finding).collect() } else { Vec::new() },
        evidence: if full {
            let of = |number, name: &str, kind: &str, thumbnail| EvidenceItem {
                put: put(20 + number, ""),
                id: id(9, number),
                name: name.into(),
                kind: kind.into(),
                place: format!("{} · {}", class_title(1), TITLES[0]),
                thumbnail,
                leaf: (number == 1).then_some(1042),
            };
            vec![of(1, "IMG_0005.jpg", "screenshot", true), of(2, "腾讯会议_参会成员_20200303.xlsx", "attendance", false)]
        } else {
            Vec::new()
        },
        pointed: if full { 7 } else { 0 },
        others: if full {
            vec![
                other("class", &class_title(1), "/classes/a"),
                other("lesson", TITLES[0], "/lessons/a"),
                other("trainee", "赵志强", "/trainees/a"),
            ]
        } else {
            Vec::new()
        },
        notes: if full {
            let text = "电话询问三家机构，都说没有共用办公室。\n请平台提供设备标识的取得方式。";
            vec![NoteRow { at: at("10:00:00"), who: "sun.investigator".into(), text: text.into() }]
        } else {
            Vec::new()
        },
        history: vec![
            step("reopened", None, None, "机构补交了材料", None),
            step("closed", None, Some("unproven"), "证据不足", Some(1060)),
            step("noted", None, None, "", Some(1059)),
            step("removed", Some("finding"), None, "重复", Some(1058)),
            step("added", Some("finding"), None, "", Some(1057)),
            step("added", Some("evidence"), None, "", Some(1056)),
            step("opened", None, None, "", Some(1055)),
        ],
        may: number != 3,
        takes: true,
    }
}

/// Lists and cases: open, closed, to read only, empty.
pub(super) fn pages(frame: &Frame, pages: &mut Vec<(&'static str, String)>) {
    let mut frame = frame.clone();
    frame.section = Section::Cases;
    let list = |rows: Vec<CaseRow>, status: &str, may| Cases {
        frame: frame.clone(),
        rows,
        status: status.into(),
        may,
        next: Some("?cursor=a".into()),
    };
    let mut page = |name, html: askama::Result<String>| pages.push((name, html.expect("renders")));
    page("cases", list((0..8).map(case_row).collect(), "all", true).render());
    page("cases-empty", list(Vec::new(), "open", true).render());
    page("cases-empty-read", list(Vec::new(), "open", false).render());
    page("cases-empty-closed", list(Vec::new(), "closed", false).render());
    page("case", case(&frame, 4).render());
    page("case-closed", case(&frame, 1).render());
    page("case-read", case(&frame, 3).render());
    page("case-new", case(&frame, 0).render());
}
