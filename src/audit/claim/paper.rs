//! The claim on paper, as an office files it: what was planned, what each trainee brings, what is missing, and who signs. Chinese, in the notice's words.

use super::gather::Situation;
use super::sheet::Eyes;
use super::subsidy::Subsidy;
use crate::link::hours_text;
use crate::print::{Block, Column, Document, Language, Style, Table};
use crate::register::money::claim::{Claim, Event, State, Sums};

/// Fen as yuan with two decimals.
fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", fen / 100, fen % 100)
}

fn state(state: State) -> &'static str {
    match state {
        State::Filed => "已申报，待审核",
        State::Returned => "已退回",
        State::Approved => "已核准",
        State::Refused => "不予核准",
        State::Settled => "已拨付",
    }
}

/// The document of a claim that was filed, or of what would be filed now.
pub(super) fn document(known: &Situation, subsidy: &Subsidy, filed: Option<&Claim>, events: &[Event], eyes: Eyes) -> Document {
    let day = known.policy.day_of(filed.map_or(known.now, |filed| filed.filed_at));
    let mut blocks = vec![Block::Facts(facts(known, subsidy, filed, events))];
    blocks.push(Block::Heading("补贴标准".to_owned()));
    blocks.push(Block::Table(standards(subsidy)));
    blocks.push(Block::Note("线上培训补贴标准、培训补贴标准（总）按通知五（一）、五（二）计算，每个公式只在最后四舍五入到分。".to_owned()));
    blocks.push(Block::Heading("学员花名册、证书和补贴".to_owned()));
    blocks.push(Block::Table(trainees(known, subsidy, eyes)));
    let gaps: Vec<String> = match filed {
        Some(filed) => filed.gaps.as_array().into_iter().flatten().map(|gap| clause(&gap["clause"], &gap["message_zh"])).collect(),
        None => subsidy.gaps.iter().map(|gap| format!("（{}）{}", gap.clause, gap.message_zh)).collect(),
    };
    blocks.push(Block::Heading(if filed.is_some() { "申报时说明的缺口" } else { "现有缺口" }.to_owned()));
    match gaps.is_empty() {
        true => blocks.push(Block::Paragraph("无。".to_owned())),
        false => blocks.extend(gaps.into_iter().map(Block::Paragraph)),
    }
    blocks.push(Block::Signature {
        who: known.class.provider_name.clone(),
        day: day.format("%Y年%-m月%-d日").to_string(),
        seal: "（印章）".to_owned(),
    });
    let digest = filed.map_or_else(|| "尚未申报。".to_owned(), |filed| format!("申报 {} 封存于日志，SHA-256 {}。", filed.id, filed.digest));
    Document {
        title: "职业技能提升行动线上培训补贴申报表".to_owned(),
        number: None,
        blocks,
        footer: Some(format!("{digest}证据见 evidence 文件夹，用 keshi verify 核验。")),
        language: Language::Zh,
        style: Style::Record,
        dated: day,
    }
}

fn clause(clause: &serde_json::Value, message: &serde_json::Value) -> String {
    format!("（{}）{}", clause.as_str().unwrap_or_default(), message.as_str().unwrap_or_default())
}

fn facts(known: &Situation, subsidy: &Subsidy, filed: Option<&Claim>, events: &[Event]) -> Vec<(String, String)> {
    let class = &known.class;
    let prepaid = subsidy.prepaid.as_ref().map_or(0, |prepaid| prepaid.amount_fen);
    let hours = format!("{}，其中线上 {}", hours_text(class.hours.total.0), hours_text(class.hours.online.0));
    let mut facts = vec![
        ("承训单位", class.provider_name.clone()),
        ("班次", format!("{}（{}）", class.title, class.external_id)),
        ("工种", format!("{} {}", class.trade.code, class.trade.name)),
        ("起止日期", format!("{} 至 {}", class.starts_on, class.ends_on)),
        ("总课时", hours),
        ("补贴政策", format!("{}{}", subsidy.policy, if subsidy.epidemic { "，疫情期间启动" } else { "" })),
        ("学员人数", known.roster.len().to_string()),
        ("按公式计补贴", format!("{} 元", yuan(filed.map_or(subsidy.final_fen, |filed| filed.amount_fen)))),
        ("其中有待佐证", format!("{} 元", yuan(subsidy.at_risk_fen))),
        ("已预拨", format!("{} 元", yuan(prepaid))),
        ("开户银行账户", if known.account_sealed.is_some() { "已登记（加密保存）" } else { "未登记" }.to_owned()),
    ];
    if let Some(filed) = filed {
        let sums = Sums::of(filed, events, prepaid);
        facts.push(("申报状态", state(filed.state).to_owned()));
        facts.extend(sums.granted_fen.map(|fen| ("核准金额", format!("{} 元", yuan(fen)))));
        facts.extend(sums.balance_fen.map(|fen| (if fen < 0 { "应退回" } else { "应拨付余额" }, format!("{} 元", yuan(fen)))));
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn standards(subsidy: &Subsidy) -> Table {
    let row = |of: &super::Standard| {
        vec![of.kind.zh().to_owned(), yuan(of.current_fen), yuan(of.online.value), yuan(of.total.value), of.total.formula.clone()]
    };
    Table {
        columns: vec![
            Column::left("证书", 4),
            Column::right("现行标准", 3),
            Column::right("线上标准", 3),
            Column::right("标准（总）", 3),
            Column::left("算式（分）", 9),
        ],
        rows: subsidy.standards.iter().map(row).collect(),
        sums: None,
    }
}

fn trainees(known: &Situation, subsidy: &Subsidy, eyes: Eyes) -> Table {
    let row = |(trainee, of): (&crate::register::Trainee, &super::Brings)| {
        vec![
            of.external_id.clone(),
            if eyes.names { trainee.name.clone() } else { String::new() },
            of.due.certificate.map_or("无", |kind| kind.zh()).to_owned(),
            hours_text(of.hours.credited_milli),
            yuan(of.due.final_fen),
            yuan(of.due.risk.fen),
        ]
    };
    Table {
        columns: vec![
            Column::left("学员编号", 4),
            Column::left("姓名", 3),
            Column::left("证书", 4),
            Column::right("认定课时", 3),
            Column::right("应得补贴（元）", 4),
            Column::right("有待佐证（元）", 4),
        ],
        rows: known.roster.iter().zip(&subsidy.trainees).map(row).collect(),
        sums: Some(vec![
            "合计".to_owned(),
            String::new(),
            String::new(),
            hours_text(subsidy.trainees.iter().map(|of| of.hours.credited_milli).sum()),
            yuan(subsidy.final_fen),
            yuan(subsidy.at_risk_fen),
        ]),
    }
}
