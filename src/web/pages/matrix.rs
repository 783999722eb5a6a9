//! The class matrix: trainees by lessons, one small cell an hour.

use super::frame::Plain;
use super::state::State;

/// A lesson, as a column.
#[derive(Clone, Debug)]
pub struct Column {
    /// The lesson's id.
    pub lesson: String,
    /// Its place on the timetable, from 1.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// `03-03`.
    pub day: String,
    /// `09:00`.
    pub clock: String,
    /// A new day begins here.
    pub new_day: bool,
    /// Thousandths of a lesson hour it can bring a trainee.
    pub planned: i64,
    /// Thousandths of a lesson hour credited to all.
    pub credited: i64,
    /// What that is worth in fen.
    pub fen: i64,
}

/// An hour, as a cell.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// What became of it.
    pub state: State,
    /// Thousandths of a lesson hour credited.
    pub credited: i64,
}

/// A trainee, as a row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The trainee's id.
    pub trainee: String,
    /// The name, as far as the reader may see it.
    pub name: String,
    /// The provider's own number for the trainee.
    pub number: String,
    /// One cell a column, in the same order.
    pub cells: Vec<Cell>,
    /// Thousandths of a lesson hour credited.
    pub credited: i64,
    /// What that is worth in fen.
    pub fen: i64,
}

/// The whole table.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// Lessons in the order of time.
    pub columns: Vec<Column>,
    /// Trainees.
    pub rows: Vec<Row>,
}

impl Matrix {
    /// Thousandths of a lesson hour credited in all.
    pub fn credited(&self) -> i64 {
        self.rows.iter().map(|row| row.credited).sum()
    }

    /// What that is worth in fen.
    pub fn fen(&self) -> i64 {
        self.rows.iter().map(|row| row.fen).sum()
    }

    /// How many hours are in a state.
    pub fn count(&self, state: impl Plain<State>) -> i64 {
        let state = state.plain();
        self.rows.iter().flat_map(|row| &row.cells).filter(|cell| cell.state == state).count() as i64
    }

    /// The lesson of a column; the cells of a row are as many as the columns.
    pub fn lesson(&self, index: impl Plain<usize>) -> &str {
        self.columns.get(index.plain()).map_or("", |column| &column.lesson)
    }

    /// Whether a new day begins at a column.
    pub fn new_day(&self, index: impl Plain<usize>) -> bool {
        self.columns.get(index.plain()).is_some_and(|column| column.new_day)
    }
}
