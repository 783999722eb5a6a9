//! Finds the row of headings by what it says, wherever it stands and in whatever order its columns are.

use super::cell::{KeptRow, Row};
use super::fold;

/// How a reader names the columns it knows: a field, and the headings it goes by in the form of [`fold::heading`], the best first.
pub(crate) type Aliases<F> = &'static [(F, &'static [&'static str])];

/// Which column holds which field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Columns<F> {
    found: Vec<Column<F>>,
    /// The heading row's number.
    pub(crate) row: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Column<F> {
    field: F,
    /// Place of the heading among the field's aliases.
    rank: usize,
    place: usize,
    /// The heading as the file writes it.
    label: String,
}

/// Longer texts are no headings.
const LONGEST: usize = 120;

impl<F: Copy + PartialEq> Columns<F> {
    /// The columns of a row, as `name` tells fields from headings: the field and how good the heading is, 0 the best.
    pub(crate) fn of(row: &Row<'_>, name: impl Fn(&str) -> Option<(F, usize)>) -> Columns<F> {
        let mut found: Vec<Column<F>> = Vec::new();
        for place in 0..row.len() {
            let cell = row.cell(place);
            let Some(label) = cell.text().filter(|label| label.len() <= LONGEST) else { continue };
            if let Some((field, rank)) = name(&fold::heading(&label)) {
                found.push(Column { field, rank, place, label: label.into_owned() });
            }
        }
        found.sort_by_key(|column| (column.rank, column.place));
        Columns { found, row: row.number }
    }

    /// The column of a field: the best heading, the leftmost of equals.
    pub(crate) fn get(&self, field: F) -> Option<usize> {
        self.column(field).map(|column| column.place)
    }

    pub(crate) fn has(&self, field: F) -> bool {
        self.column(field).is_some()
    }

    /// The column's heading as the file writes it, for sentences about it.
    pub(crate) fn label(&self, field: F) -> &str {
        self.column(field).map_or("a column", |column| column.label.as_str())
    }

    /// Drops the columns left of a field's where the same field stands to the right as well: some exports put a meeting's columns, with
    /// the same headings, before each participant's.
    pub(crate) fn beginning_with(mut self, field: F) -> Columns<F> {
        let Some(begin) = self.get(field) else { return self };
        let right: Vec<F> = self.found.iter().filter(|column| column.place >= begin).map(|column| column.field).collect();
        self.found.retain(|column| column.place >= begin || !right.contains(&column.field));
        self
    }

    fn column(&self, field: F) -> Option<&Column<F>> {
        self.found.iter().find(|column| column.field == field)
    }
}

/// Looks a heading up in a table of aliases.
pub(crate) fn lookup<F: Copy>(aliases: Aliases<F>, heading: &str) -> Option<(F, usize)> {
    if heading.is_empty() {
        return None;
    }
    aliases.iter().find_map(|(field, names)| names.iter().position(|name| *name == heading).map(|rank| (*field, rank)))
}

/// The first row of a table's head whose columns are enough.
pub(crate) fn find<F: Copy + PartialEq>(head: &[KeptRow], columns: impl Fn(&Row<'_>) -> Option<Columns<F>>) -> Option<Columns<F>> {
    head.iter().find_map(|row| columns(&row.row()))
}

/// Checks in a test that aliases are written as headings are compared and name one field each.
#[cfg(test)]
pub(crate) fn assert_tidy<F: std::fmt::Debug + Copy>(aliases: Aliases<F>) {
    let mut seen = std::collections::HashMap::new();
    for (field, names) in aliases {
        for name in *names {
            assert_eq!(fold::heading(name), *name, "written as compared");
            if let Some(other) = seen.insert(*name, format!("{field:?}")) {
                panic!("{name} is both {field:?} and {other}");
            }
        }
    }
}
