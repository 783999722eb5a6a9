//! One trainee's hour: every span of the lesson window with its reason and the evidence it rests on.

use super::findings::FindingRow;
use super::frame::{Frame, Plain};
use super::line::{Line, Row, Span};
use super::state::State;
use crate::time::Time;
use askama::Template;

/// A row of a log that speaks of this trainee in this lesson.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Its kind.
    pub kind: String,
    /// When.
    pub at: Time,
    /// Until when, for an interval.
    pub until: Option<Time>,
    /// Network address, device, client, as far as the log says.
    pub whence: String,
    /// The row.
    pub source: super::line::Source,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "hour.html")]
pub struct Hour {
    /// Surroundings.
    pub frame: Frame,
    /// The class's id and title.
    pub class: (String, String),
    /// The lesson's id and title.
    pub lesson: (String, String),
    /// Its place on the timetable, from 1.
    pub number: usize,
    /// Planned start.
    pub from: Time,
    /// Planned end.
    pub until: Time,
    /// Thousandths of a lesson hour it can bring.
    pub planned: i64,
    /// What it is worth in fen, as credited.
    pub fen: i64,
    /// How milliseconds became lesson hours, as a sentence.
    pub rounding: String,
    /// The picture: one row.
    pub line: Line,
    /// What the logs say, in the order of time.
    pub events: Vec<EventRow>,
    /// Findings about this hour.
    pub findings: Vec<FindingRow>,
    /// The sealed credit run: leaf index, time, policy version.
    pub run: Option<(u64, Time, String)>,
    /// Earlier runs with another outcome: time, thousandths credited.
    pub earlier: Vec<(Time, i64)>,
}

impl Hour {
    /// The one row.
    pub fn row(&self) -> Option<&Row> {
        self.line.rows.first()
    }

    /// Its spans.
    pub fn spans(&self) -> &[Span] {
        self.row().map_or(&[], |row| &row.person.spans)
    }

    /// Milliseconds in a state.
    pub fn millis(&self, state: impl Plain<State>) -> i64 {
        let state = state.plain();
        self.spans().iter().filter(|span| span.state == state).map(Span::millis).sum()
    }

    /// The states that occur, for the sums.
    pub fn states(&self) -> Vec<State> {
        State::FOUR.into_iter().filter(|state| self.millis(*state) > 0).collect()
    }
}
