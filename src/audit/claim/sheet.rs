//! The workbook of a claim pack: who obtained what, which hours of which lesson are credited, and every step of the money. Chinese, as it is filed.
//!
//! What people wrote stands in cells as text. A cell that a spreadsheet could take for a formula begins with an apostrophe.

use super::gather::Situation;
use super::subsidy::Subsidy;
use crate::error::{Error, Result};
use crate::ids::TraineeId;
use crate::link::hours_text;
use crate::register::secrets::Secrets;
use crate::register::subsidy::Step;
use crate::register::{Trainee, roster};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::collections::HashMap;

/// What of personal data stands in a pack.
#[derive(Clone, Copy, Debug)]
pub struct Eyes {
    /// Names, and numbers masked.
    pub names: bool,
    /// Numbers of certificates in full.
    pub numbers: bool,
}

/// A cell.
enum Cell {
    Text(String),
    /// A number as it is.
    Number(f64),
}

/// A sheet before it is written: its name, headings, rows, and the widths of its first columns.
struct Sheet {
    name: &'static str,
    headings: Vec<String>,
    rows: Vec<Vec<Cell>>,
    widths: &'static [u16],
}

/// The bytes of the workbook.
pub(super) fn workbook(known: &Situation, subsidy: &Subsidy, eyes: Eyes, secrets: &Secrets) -> Result<Vec<u8>> {
    let people: HashMap<TraineeId, &Trainee> = known.roster.iter().map(|trainee| (trainee.id, trainee)).collect();
    let sheets = [
        roster_of(known, subsidy, eyes, secrets)?,
        certificates(known, &people, eyes, secrets)?,
        hours(known, eyes),
        steps(subsidy, &people, eyes),
        gaps(subsidy),
    ];
    written(&sheets, known).map_err(Error::internal)
}

/// Text as it may stand in a cell.
fn plain(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

fn text(text: impl AsRef<str>) -> Cell {
    Cell::Text(plain(text.as_ref()))
}

/// Fen as yuan, exact: amounts stay far below what a double holds.
fn yuan(fen: i64) -> Cell {
    Cell::Number(fen as f64 / 100.0)
}

fn headings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn name(trainee: Option<&&Trainee>, eyes: Eyes) -> Cell {
    text(trainee.filter(|_| eyes.names).map_or("", |trainee| trainee.name.as_str()))
}

fn category(trainee: &Trainee) -> &'static str {
    match trainee.category {
        roster::Category::Employee => "企业职工",
        roster::Category::KeyGroup => "就业重点群体",
        roster::Category::PoorHousehold => "贫困家庭劳动力",
    }
}

fn roster_of(known: &Situation, subsidy: &Subsidy, eyes: Eyes, secrets: &Secrets) -> Result<Sheet> {
    let mut rows = Vec::new();
    for (trainee, of) in known.roster.iter().zip(&subsidy.trainees) {
        let number = if eyes.names { roster::masked(&trainee.reveal(secrets)?.id_number) } else { String::new() };
        rows.push(vec![
            text(&trainee.external_id),
            name(Some(&trainee), eyes),
            text(number),
            text(category(trainee)),
            text(of.due.certificate.map_or("", |kind| kind.zh())),
            text(hours_text(of.hours.held_milli)),
            text(hours_text(of.hours.credited_milli)),
            yuan(of.due.final_fen),
            yuan(of.due.risk.fen),
        ]);
    }
    let names = ["学员编号", "姓名", "身份证号", "类别", "证书", "已结束线上课时", "认定课时", "应得补贴（元）", "有待佐证（元）"];
    Ok(Sheet { name: "花名册", headings: headings(&names), rows, widths: &[14, 12, 22, 16, 18, 14, 10, 14, 14] })
}

fn certificates(known: &Situation, people: &HashMap<TraineeId, &Trainee>, eyes: Eyes, secrets: &Secrets) -> Result<Sheet> {
    let mut rows = Vec::new();
    for one in &known.certificates {
        let number = match one.number(secrets)?.filter(|_| eyes.names) {
            Some(number) if eyes.numbers => number,
            Some(number) => roster::masked(&number),
            None => String::new(),
        };
        rows.push(vec![
            text(&one.trainee_external_id),
            name(people.get(&one.trainee), eyes),
            text(one.kind.zh()),
            text(number),
            text(one.issued_on.to_string()),
            text(one.evidence.map(|id| id.to_string()).unwrap_or_default()),
        ]);
    }
    let names = ["学员编号", "姓名", "证书", "证书编号", "发证日期", "证据"];
    Ok(Sheet { name: "证书", headings: headings(&names), rows, widths: &[14, 12, 18, 22, 12, 40] })
}

/// Lesson by lesson: a row for each lesson, a column for each trainee's credited hours.
fn hours(known: &Situation, eyes: Eyes) -> Sheet {
    let credited: HashMap<_, i64> = known.credits.iter().map(|credit| ((credit.lesson, credit.trainee), credit.hours_milli)).collect();
    let zone = known.policy.tz();
    let mut names = headings(&["课节", "标题", "方式", "开始", "结束", "计划课时", "授课教师"]);
    names.extend(
        known.roster.iter().map(|trainee| {
            plain(&if eyes.names { format!("{} {}", trainee.external_id, trainee.name) } else { trainee.external_id.clone() })
        }),
    );
    let time = |at: crate::time::Time| at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let row = |lesson: &crate::register::Lesson| {
        let mut row = vec![
            text(&lesson.external_id),
            text(&lesson.title),
            text(mode(lesson.mode)),
            text(time(lesson.starts_at)),
            text(time(lesson.ends_at)),
            text(hours_text(lesson.hours.0)),
            text(&lesson.teacher),
        ];
        row.extend(known.roster.iter().map(|trainee| match credited.get(&(lesson.id, trainee.id)) {
            Some(milli) => Cell::Number(*milli as f64 / 1000.0),
            None => text(""),
        }));
        row
    };
    let rows = known.lessons.iter().map(row).collect();
    Sheet { name: "授课记录", headings: names, rows, widths: &[12, 24, 10, 18, 18, 10, 12] }
}

fn mode(mode: crate::register::lesson::Mode) -> &'static str {
    use crate::register::lesson::Mode;
    match mode {
        Mode::Live => "直播",
        Mode::Recorded => "录播",
        Mode::Interaction => "互动",
        Mode::Qa => "答疑",
        Mode::Test => "考核测试",
        Mode::InPerson => "线下",
    }
}

/// A step's name as the notice has it.
pub(super) fn step_name(step: &Step) -> &str {
    match step.name.as_str() {
        "current_standard" => "现行补贴标准",
        "online_standard" => "线上培训补贴标准",
        "online_budget" => "线上课时预算",
        "total_standard" => "培训补贴标准（总）",
        "final" => "应得补贴",
        "uncredited_hours" => "未认定的课时",
        "at_risk" => "有待佐证",
        "prepayment" => "补贴预拨",
        other => other,
    }
}

fn steps(subsidy: &Subsidy, people: &HashMap<TraineeId, &Trainee>, eyes: Eyes) -> Sheet {
    let row = |number: &str, called: Cell, step: &Step| {
        vec![text(number), called, text(step_name(step)), text(&step.formula), Cell::Number(step.value as f64)]
    };
    let mut rows: Vec<_> = subsidy
        .standards
        .iter()
        .flat_map(|standard| [&standard.online, &standard.total].map(|step| row("", text(standard.kind.zh()), step)))
        .collect();
    rows.push(row("", text("班次"), &subsidy.prepayment));
    for of in &subsidy.trainees {
        for step in of.due.steps.iter().chain(&of.due.risk.steps) {
            rows.push(row(&of.external_id, name(people.get(&of.trainee), eyes), step));
        }
    }
    let names = ["学员编号", "姓名或证书", "步骤", "算式（金额单位：分）", "结果（分）"];
    Sheet { name: "补贴计算", headings: headings(&names), rows, widths: &[14, 18, 22, 60, 14] }
}

fn gaps(subsidy: &Subsidy) -> Sheet {
    let rows = subsidy.gaps.iter().map(|gap| vec![text(gap.clause), text(&gap.message_zh), text(gap.code)]).collect();
    Sheet { name: "缺口", headings: headings(&["条款", "缺口", "代码"]), rows, widths: &[10, 80, 28] }
}

fn written(sheets: &[Sheet], known: &Situation) -> Result<Vec<u8>, XlsxError> {
    let day = known.policy.day_of(known.now);
    let (year, month, date) = (chrono::Datelike::year(&day), chrono::Datelike::month(&day), chrono::Datelike::day(&day));
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(year as u16, month as u8, date as u8)?));
    let bold = Format::new().set_bold();
    for of in sheets {
        let sheet = book.add_worksheet().set_name(of.name)?;
        sheet.set_freeze_panes(1, 1)?;
        for (column, width) in (0..).zip(of.widths) {
            sheet.set_column_width(column, f64::from(*width))?;
        }
        for (column, heading) in (0..).zip(&of.headings) {
            sheet.write_string_with_format(0, column, heading, &bold)?;
        }
        for (row, cells) in (1..).zip(&of.rows) {
            fill(sheet, row, cells)?;
        }
    }
    book.save_to_buffer()
}

fn fill(sheet: &mut Worksheet, row: u32, cells: &[Cell]) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(cells) {
        match cell {
            Cell::Text(text) if text.is_empty() => {}
            Cell::Text(text) => drop(sheet.write_string(row, column, text)?),
            Cell::Number(number) => drop(sheet.write_number(row, column, *number)?),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_could_take_for_a_formula_is_text() {
        for hostile in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"] {
            assert_eq!(plain(hostile), format!("'{hostile}"));
        }
        assert_eq!(plain("张伟"), "张伟");
    }
}
