//! Samples of money: a class whose standards are those of docs/SUBSIDY.md, and claims in every state.

use super::super::claim::{Claim, Event, Filed, May};
use super::super::frame::Frame;
use super::super::money::{Brings, GapLine, Money, Standard};
use super::{at, id, name};
use crate::register::class::{CertificateKind, Standards};
use crate::register::money::State;
use crate::register::policy::Policies;
use crate::register::subsidy::{Hours, Plan, Regime, formula, trainee};
use crate::time::Time;

const STANDARDS: Standards = Standards { qualified: Some(60_000), skill_level: Some(90_000), vocational: None, special_operation: None };

pub(super) fn money(trainees: u64) -> Money {
    let (plan, policies) = (Plan { total_milli: 80_000, online_milli: 48_000, regime: Regime::Epidemic }, Policies::builtin());
    let policy = policies.at(Time(0));
    let brings = |number: u64| {
        let certificates: &[CertificateKind] = match number % 9 {
            8 => &[],
            4 => &[CertificateKind::Qualified],
            _ => &[CertificateKind::SkillLevel],
        };
        let hours = Hours { held_milli: 36_000, credited_milli: 36_000 - (number as i64 % 4) * 1_500 };
        let due = trainee(&plan, policy, &STANDARDS, certificates, hours);
        Brings {
            trainee: id(3, number),
            name: name(number),
            number: format!("AK-{:03}", number + 1),
            certificate: due.certificate.map(|kind| kind.as_str()),
            fen: due.final_fen,
            steps: due.steps,
            at_risk: due.risk.fen,
            risk_steps: due.risk.steps,
        }
    };
    let trainees: Vec<Brings> = (0..trainees).map(brings).collect();
    let standard = |kind: CertificateKind| {
        let current = STANDARDS.of(kind)?;
        let (online, total) = (formula::online_standard(&plan, policy, current), formula::total_standard(&plan, policy, current));
        Some(Standard { kind: kind.as_str(), current, online, total })
    };
    Money {
        standards: CertificateKind::ALL.into_iter().filter_map(standard).collect(),
        prepayment: Some(formula::prepayment(&plan, policy, trainees.len() as i64)),
        prepaid: (trainees.len() == 200).then(|| (3_600_000, "2020-03-05".to_owned())),
        final_fen: trainees.iter().map(|one| one.fen).sum(),
        at_risk: trainees.iter().map(|one| one.at_risk).sum(),
        trainees,
        gaps: gaps(),
        claim: None,
    }
}

fn gaps() -> Vec<GapLine> {
    let gap = |clause: &str, text: &str| GapLine { clause: clause.into(), text: text.into() };
    vec![
        gap("三", "30 名学员有 67.5 个线上课时未计入（应为 1440.0）：请补交证明材料，或在追溯中查看不计入的原因。"),
        gap("五（三）", "4 名学员没有证书，不计补贴：请登记所取得的证书。"),
        gap("四", "没有登记开户银行账户：请在班次中填写。"),
    ]
}

fn filed(state: &'static str) -> Filed {
    let granted = matches!(state, "approved" | "settled").then_some(3_600_000);
    let event = |state: &'static str, fen: Option<i64>, day: Option<&str>| Event {
        state,
        by: "安康高新区人社局".into(),
        at: at("15:00:00"),
        fen,
        paid_on: day.map(Into::into),
        text: (state != "approved").then(|| "补交 3 名学员的证书后再报".to_owned()),
        leaf: (state != "settled").then_some(1071),
    };
    let events = match state {
        "filed" => Vec::new(),
        "settled" => vec![event("approved", granted, None), event("settled", Some(-90_000), Some("2020-04-10"))],
        state => vec![event(state, granted, None)],
    };
    Filed {
        state,
        fen: 3_690_000,
        prepaid: if state == "settled" { 3_690_000 } else { 720_000 },
        granted,
        balance: granted.map(|granted| if state == "settled" { -90_000 } else { granted - 720_000 }),
        gaps: if state == "approved" { Vec::new() } else { gaps() },
        by: "高新职业培训学校".into(),
        at: at("14:00:00"),
        digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        leaf: Some(1070),
        events,
    }
}

/// The claim page before filing, without gaps, and in every state.
pub(super) fn pages(frame: &Frame) -> Vec<(&'static str, String)> {
    const NAMES: [&str; 5] = ["claim-filed", "claim-returned", "claim-approved", "claim-refused", "claim-settled"];
    let page = |money: Money, filed: Option<Filed>, may: May| Claim {
        frame: frame.clone(),
        class: id(1, 1),
        class_title: "2020年第3期电工班".into(),
        money,
        findings: Some((3, 105_000)),
        filed,
        may,
    };
    let all = May { file: true, decide: true };
    let html = |page: &Claim| askama::Template::render(page).expect("a page of plain data renders");
    let ready = Money { gaps: Vec::new(), at_risk: 0, ..money(12) };
    let mut pages = vec![
        ("claim", html(&page(money(40), None, all))),
        ("claim-ready", html(&page(ready, None, May { file: true, decide: false }))),
        ("claim-looked-at", html(&page(money(40), None, May::default()))),
    ];
    pages.extend(State::ALL.into_iter().zip(NAMES).map(|(state, name)| (name, html(&page(money(40), Some(filed(state.as_str())), all)))));
    pages
}
