//! The weekly report as a table: CSV for programs, a workbook for people.

use super::figures::{Figure, Unit};
use super::filed::Correction;
use super::weekly::{Group, PARTS, Report};
use crate::error::Result;
use crate::tables::write::{self, Book, Cell};
use std::io::{Seek, Write};

/// What a line is about: name in CSV, heading in a workbook.
const KEYS: [(&str, &str); 9] = [
    ("part", "口径"),
    ("region", "地区"),
    ("provider", "承训单位编号"),
    ("provider_external_id", "承训单位自编号"),
    ("provider_name", "承训单位"),
    ("platform", "培训平台"),
    ("trade_code", "工种编码"),
    ("trade_name", "工种"),
    ("category", "培训对象类别"),
];

/// How a workbook calls what CSV marks with the words of [`PARTS`].
const PARTS_ZH: [&str; 7] = ["合计", "分地区", "分承训单位", "分平台", "分培训对象类别", "分工种", "明细"];

/// How a workbook calls the categories of trainees (notice, 一（一）).
const CATEGORIES_ZH: [(&str, &str); 3] = [("employee", "企业职工"), ("key_group", "就业重点群体"), ("poor_household", "贫困家庭劳动力")];

/// As CSV: a line for each group, and then one for each corrected line, marked `correction`, with what is to be added to what was filed.
pub fn csv(report: &Report, corrections: &[Correction]) -> Result<Vec<u8>> {
    let heads = KEYS.iter().map(|(code, _)| *code).chain(Figure::ALL.iter().map(|figure| figure.code()));
    let mut bytes = write::BOM.to_vec();
    bytes.extend(write::csv_row(&heads.map(Cell::text).collect::<Vec<_>>())?);
    for (group, figures) in &report.lines {
        let mut cells = keys(report, group, PARTS[group.part()].1, |category| category);
        cells.extend(figures.cells());
        bytes.extend(write::csv_row(&cells)?);
    }
    for (group, differences) in by_line(corrections) {
        let mut cells = keys(report, group, "correction", |category| category);
        cells.extend(Figure::ALL.iter().map(|figure| {
            let found = differences.iter().find(|one| one.figure == *figure);
            found.map_or(Cell::Empty, |one| cell(*figure, one.now.unwrap_or(0) - one.filed.unwrap_or(0)))
        }));
        bytes.extend(write::csv_row(&cells)?);
    }
    Ok(bytes)
}

/// As a workbook: the report, and the corrections on a sheet of their own.
pub fn xlsx(report: &Report, corrections: &[Correction], into: impl Write + Seek + Send) -> Result<()> {
    let keys_zh = KEYS.iter().map(|(_, zh)| (*zh).to_owned());
    let heads: Vec<String> = keys_zh.clone().chain(Figure::ALL.iter().map(|figure| figure.zh().to_owned())).collect();
    let mut book = Book::new()?;
    book.sheet(&format!("周报 {}", report.week.monday()), &heads)?;
    for (group, figures) in &report.lines {
        let mut cells = keys(report, group, PARTS_ZH[group.part()], category_zh);
        cells.extend(figures.cells());
        book.row(&cells)?;
    }
    let heads: Vec<String> = keys_zh.chain(["指标", "上报数", "现数", "更正"].map(str::to_owned)).collect();
    book.sheet("更正", &heads)?;
    for one in corrections {
        let mut cells = keys(report, &one.group, PARTS_ZH[one.group.part()], category_zh);
        cells.push(Cell::text(one.figure.zh()));
        cells.extend([one.filed, one.now].map(|value| value.map_or(Cell::Empty, |value| cell(one.figure, value))));
        cells.push(cell(one.figure, one.now.unwrap_or(0) - one.filed.unwrap_or(0)));
        book.row(&cells)?;
    }
    book.save(into)
}

/// The corrections of each line together; they come in order.
pub fn by_line(corrections: &[Correction]) -> Vec<(&Group, &[Correction])> {
    corrections.chunk_by(|one, other| one.group == other.group).map(|line| (&line[0].group, line)).collect()
}

fn keys(report: &Report, group: &Group, part: &str, category: impl Fn(&str) -> &str) -> Vec<Cell> {
    let mut cells = vec![Cell::Empty; KEYS.len()];
    cells[0] = Cell::text(part);
    if let Some(id) = group.provider() {
        let named = report.provider(id);
        cells[1] = Cell::text(named.region.unwrap_or_default());
        cells[2] = Cell::text(id);
        cells[3] = Cell::text(named.external_id);
        cells[4] = Cell::text(named.name);
    }
    match group {
        Group::Total | Group::Provider(_) => {}
        Group::Region(region) => cells[1] = Cell::text(region.clone().unwrap_or_default()),
        Group::Platform(id) => cells[5] = Cell::text(id),
        Group::Category(code) => cells[8] = Cell::text(category(code)),
        Group::Trade(code, name) => (cells[6], cells[7]) = (Cell::text(code), Cell::text(name)),
        Group::Row(_, platform, code, name) => {
            cells[5] = Cell::text(platform);
            (cells[6], cells[7]) = (Cell::text(code), Cell::text(name));
        }
    }
    cells
}

fn category_zh(code: &str) -> &str {
    CATEGORIES_ZH.iter().find(|(known, _)| *known == code).map_or(code, |(_, zh)| zh)
}

fn cell(figure: Figure, value: i64) -> Cell {
    match figure.unit() {
        Unit::Count => Cell::Whole(value),
        Unit::Hours => Cell::Milli(value),
        Unit::Fen => Cell::Fen(value),
    }
}
