//! Tables: rows as high as their highest cell, over as many pages as it takes, the head again on each.

use super::fonts::Weight;
use super::layout::Sheets;
use super::lines::Line;
use super::place::{Measures, Type};
use super::{Align, Column, Table};

/// A row before it is drawn: the lines of its cells.
struct Row {
    cells: Vec<Vec<Line>>,
    of: Type,
    shaded: bool,
}

impl Row {
    fn lines(&self) -> usize {
        self.cells.iter().map(Vec::len).max().unwrap_or(0).max(1)
    }

    fn height(&self, pad: f32) -> f32 {
        self.lines() as f32 * self.of.leading + 2.0 * pad
    }
}

/// Draws a table.
pub(super) fn draw(sheets: &mut Sheets<'_>, table: &Table) {
    let grid = Grid::of(&sheets.measures, &table.columns);
    let (plain, bold) = (sheets.measures.cell, Type { weight: Weight::Bold, ..sheets.measures.cell });
    let titles: Vec<String> = table.columns.iter().map(|column| column.title.clone()).collect();
    let head = grid.row(sheets, &titles, bold, true);
    // A head stands with a row or not at all.
    let first = table.rows.first().map(|row| grid.row(sheets, row, plain, false).height(grid.pad)).unwrap_or(0.0);
    sheets.room_for((head.height(grid.pad) + first).min(sheets.measures.height()));
    grid.draw(sheets, &head, None);
    for row in &table.rows {
        grid.draw(sheets, &grid.row(sheets, row, plain, false), Some(&head));
    }
    if let Some(sums) = &table.sums {
        grid.draw(sheets, &grid.row(sheets, sums, bold, false), Some(&head));
    }
    sheets.skip(sheets.measures.body.leading / 2.0);
}

/// Draws names and values.
pub(super) fn facts(sheets: &mut Sheets<'_>, facts: &[(String, String)]) {
    let grid = Grid::of(&sheets.measures, &[Column::left("", 27), Column::left("", 73)]);
    for (name, value) in facts {
        let row = grid.row(sheets, &[name.clone(), value.clone()], sheets.measures.cell, false);
        grid.draw(sheets, &row, None);
    }
    sheets.skip(sheets.measures.body.leading / 2.0);
}

/// Where the columns stand.
struct Grid {
    left: f32,
    width: f32,
    columns: Vec<(f32, f32, Align)>,
    pad: f32,
}

impl Grid {
    fn of(measures: &Measures, columns: &[Column]) -> Grid {
        let all = columns.iter().map(|column| column.share.max(1)).sum::<u32>().max(1) as f32;
        let mut x = measures.left;
        let columns = columns.iter().map(|column| {
            let width = measures.width * column.share.max(1) as f32 / all;
            x += width;
            (x - width, width, column.align)
        });
        Grid { columns: columns.collect(), left: measures.left, width: measures.width, pad: measures.pad }
    }

    fn row(&self, sheets: &Sheets<'_>, cells: &[String], of: Type, shaded: bool) -> Row {
        let texts = cells.iter().map(String::as_str).chain(std::iter::repeat(""));
        let cells = self.columns.iter().zip(texts).map(|((_, width, _), text)| sheets.broken(text, of, width - 2.0 * self.pad, 0.0, false));
        Row { cells: cells.collect(), of, shaded }
    }

    /// Draws a row, on the next page where it does not fit on this one; one that is higher than a page is parted between its lines.
    fn draw(&self, sheets: &mut Sheets<'_>, row: &Row, head: Option<&Row>) {
        let mut drawn = 0;
        while drawn < row.lines() {
            let rest = (row.lines() - drawn) as f32 * row.of.leading + 2.0 * self.pad;
            let free = sheets.free();
            let repeated = head.map_or(0.0, |head| head.height(self.pad));
            if rest > free && (rest <= sheets.measures.height() - repeated || free < row.of.leading + 2.0 * self.pad) {
                sheets.turn();
                if let Some(head) = head {
                    self.draw(sheets, head, None);
                }
                continue;
            }
            let fitting = ((free - 2.0 * self.pad) / row.of.leading).floor().max(1.0) as usize;
            let count = fitting.min(row.lines() - drawn);
            self.piece(sheets, row, drawn..drawn + count);
            drawn += count;
        }
    }

    fn piece(&self, sheets: &mut Sheets<'_>, row: &Row, lines: std::ops::Range<usize>) {
        let (top, height) = (sheets.y(), lines.len() as f32 * row.of.leading + 2.0 * self.pad);
        let (pad, right) = (self.pad, self.left + self.width);
        let page = sheets.page();
        if row.shaded {
            page.marks.push(super::place::Mark::Shade { at: (self.left, top), size: (self.width, height) });
        }
        for (cell, (x, width, align)) in row.cells.iter().zip(&self.columns) {
            for (place, line) in cell.iter().skip(lines.start).take(lines.len()).enumerate() {
                let top = top + pad + place as f32 * row.of.leading;
                page.put(line.clone(), row.of, *align, x + pad, top, width - 2.0 * pad);
            }
        }
        page.rule((self.left, top), (right, top));
        page.rule((self.left, top + height), (right, top + height));
        for (x, _, _) in &self.columns {
            page.rule((*x, top), (*x, top + height));
        }
        page.rule((right, top), (right, top + height));
        sheets.skip(height);
    }
}
