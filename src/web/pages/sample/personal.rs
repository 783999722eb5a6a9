//! Pages of personal data, made of the sample's values.

use super::*;

pub(super) fn correction(number: u64, state: &str) -> CorrectionRow {
    CorrectionRow {
        id: id(12, number),
        trainee: id(3, 5),
        name: name(5),
        number: "AK-006".into(),
        class_title: class_title(0),
        field: "name".into(),
        reason: "姓名第二字应为玮".into(),
        state: state.into(),
        outcome: (state != "open").then(|| "花名册已更正".into()),
        at: at("15:40:00"),
    }
}

fn copy(frame: &Frame) -> PersonCopy {
    PersonCopy {
        frame: frame.clone(),
        title: name(5),
        requested_by: "本人".into(),
        notes: vec!["证据按收到时的原样保存。".into()],
        sheets: vec![Sheet {
            class: class_title(0),
            provider: "安康市高新职业培训学校".into(),
            name: name(5),
            number: "AK-006".into(),
            id_number: "11010519491231002X".into(),
            phone: Some("13800000000".into()),
            email: Some("t0005@example.com".into()),
            account: Some("wx_5".into()),
            category: "employee".into(),
            hours: vec![("安全用电".into(), Some(at("09:00:00")), 1000)],
            evidence: vec![("attendance".into(), "ab".repeat(32), at("10:00:00"), true)],
            certificates: vec![("合格证".into(), "2020-03-20".into())],
            looks: vec![look("names.seen")],
            corrections: vec![correction(1, "corrected")],
        }],
    }
}

pub(super) fn look(what: &str) -> LookRow {
    LookRow { who: "zhao.inspector".into(), what: what.into(), why: Some("现场核对证件".into()), at: at("16:01:00") }
}

pub(super) fn kept() -> Personal {
    Personal {
        id_number: "6***************1X".into(),
        fault: Some("checksum".into()),
        phone: Some("138****0000".into()),
        email: Some("t***@example.com".into()),
        clear: false,
    }
}

pub(super) fn pages(frame: &Frame) -> Vec<(&'static str, String)> {
    let rows = vec![correction(2, "open"), correction(1, "declined")];
    let html = |page: &dyn Fn() -> askama::Result<String>| page().expect("renders");
    let list = Corrections { frame: frame.clone(), rows, next: Some("?cursor=a".into()) };
    let none = Corrections { frame: frame.clone(), rows: Vec::new(), next: None };
    let copy = copy(frame);
    vec![
        ("corrections", html(&|| askama::Template::render(&list))),
        ("corrections-none", html(&|| askama::Template::render(&none))),
        ("person", html(&|| askama::Template::render(&copy))),
    ]
}
