//! A lesson: the lesson line.

use super::evidence_list::EvidenceRow;
use super::frame::{Frame, Plain};
use super::line::Line;
use super::state::State;
use crate::time::Time;
use askama::Template;

/// The page.
#[derive(Debug, Template)]
#[template(path = "lesson.html")]
pub struct Lesson {
    /// Surroundings.
    pub frame: Frame,
    /// Its id.
    pub id: String,
    /// The class's id and title.
    pub class: (String, String),
    /// Its place on the timetable, from 1.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// `theory` …
    pub kind: String,
    /// `live` …
    pub mode: String,
    /// The teacher's name.
    pub teacher: String,
    /// Planned start.
    pub from: Time,
    /// Planned end.
    pub until: Time,
    /// Thousandths of a lesson hour it can bring a trainee.
    pub planned: i64,
    /// The picture.
    pub line: Line,
    /// `evidence` or `name`.
    pub sort: &'static str,
    /// Everything received for it.
    pub evidence: Vec<EvidenceRow>,
    /// Rows of its logs that match nobody on the roster.
    pub unmatched: i64,
    /// The sealed credit run: leaf index and time.
    pub run: Option<(u64, Time)>,
    /// The lessons before and after, by id.
    pub before: Option<String>,
    /// See `before`.
    pub after: Option<String>,
}

impl Lesson {
    /// How many people are in a state.
    pub fn count(&self, state: impl Plain<State>) -> i64 {
        let state = state.plain();
        self.line.rows.iter().filter(|row| row.state == state).count() as i64
    }

    /// Thousandths of a lesson hour credited to all.
    pub fn credited(&self) -> i64 {
        self.line.rows.iter().map(|row| row.person.credited).sum()
    }

    /// Thousandths of a lesson hour that could be credited to all.
    pub fn possible(&self) -> i64 {
        self.planned * self.line.rows.len() as i64
    }

    /// The states of the legend.
    pub fn states(&self) -> [State; 4] {
        State::FOUR
    }
}
