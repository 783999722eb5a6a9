//! A trainee: all hours.

use super::findings::FindingRow;
use super::frame::Frame;
use super::state::State;
use crate::time::Time;
use askama::Template;

/// An hour in the list.
#[derive(Clone, Debug)]
pub struct HourRow {
    /// The lesson's id.
    pub lesson: String,
    /// Its place on the timetable, from 1.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// Planned start.
    pub from: Time,
    /// Planned end.
    pub until: Time,
    /// What became of it.
    pub state: State,
    /// Thousandths of a lesson hour credited.
    pub credited: i64,
    /// Thousandths of a lesson hour it can bring.
    pub planned: i64,
    /// Milliseconds present.
    pub presence: i64,
    /// Milliseconds of the credited time that recording or pictures confirm.
    pub corroborated: i64,
    /// The reason that costs most, as a code, and its milliseconds.
    pub reason: Option<(String, i64)>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "trainee.html")]
pub struct Trainee {
    /// Surroundings.
    pub frame: Frame,
    /// The trainee's id.
    pub id: String,
    /// The name, as far as the reader may see it.
    pub name: String,
    /// The provider's own number.
    pub number: String,
    /// `employee` …
    pub category: String,
    /// The ID number, masked.
    pub id_number: String,
    /// The class's id and title.
    pub class: (String, String),
    /// Other classes of the same person: trainee id, class title.
    pub elsewhere: Vec<(String, String)>,
    /// Hours in the order of time.
    pub hours: Vec<HourRow>,
    /// What the credited hours are worth in fen.
    pub fen: i64,
    /// Findings about the trainee.
    pub findings: Vec<FindingRow>,
}

impl Trainee {
    /// Thousandths of a lesson hour credited.
    pub fn credited(&self) -> i64 {
        self.hours.iter().map(|hour| hour.credited).sum()
    }

    /// Thousandths of a lesson hour possible so far.
    pub fn possible(&self) -> i64 {
        self.hours.iter().filter(|hour| hour.state != State::Pending).map(|hour| hour.planned).sum()
    }
}
