//! A class: its plan, its matrix, its lessons.

use super::frame::Frame;
use super::matrix::Matrix;
use super::state::State;
use crate::time::Time;
use askama::Template;

/// A lesson in the class's list.
#[derive(Clone, Debug)]
pub struct LessonRow {
    /// Its id.
    pub id: String,
    /// Its place on the timetable, from 1.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// `theory`, `practice`, `general`, `safety`, `epidemic`.
    pub kind: String,
    /// `live`, `recorded` …
    pub mode: String,
    /// The teacher's name.
    pub teacher: String,
    /// Planned start.
    pub from: Time,
    /// Planned end.
    pub until: Time,
    /// Logs received.
    pub logs: i64,
    /// Recordings received.
    pub recordings: i64,
    /// Pictures received.
    pub pictures: i64,
    /// Thousandths of a lesson hour credited to all.
    pub credited: i64,
    /// Thousandths of a lesson hour that could be credited to all.
    pub possible: i64,
}

/// What the class is.
#[derive(Clone, Debug)]
pub struct ClassHead {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The provider's own id of it.
    pub external_id: String,
    /// The provider's name.
    pub provider: String,
    /// The platform's name.
    pub platform: String,
    /// Trade code and name.
    pub trade: String,
    /// First day.
    pub starts_on: String,
    /// Last day.
    pub ends_on: String,
    /// Kind of application.
    pub application: String,
    /// The decision; none while undecided.
    pub decision: Option<String>,
    /// Planned lesson hours in thousandths: in all, online.
    pub hours: (i64, i64),
    /// Whether the epidemic's rate applies.
    pub epidemic: bool,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "class.html")]
pub struct Class {
    /// Surroundings.
    pub frame: Frame,
    /// What it is.
    pub class: ClassHead,
    /// Trainees by lessons.
    pub matrix: Matrix,
    /// `roster`, `hours` or `name`.
    pub sort: &'static str,
    /// Thousandths of a lesson hour that could have been credited by now.
    pub possible: i64,
    /// What one lesson hour is worth in fen and how that comes about.
    pub rate: (i64, String),
    /// The lessons.
    pub lessons: Vec<LessonRow>,
    /// Open findings and money at risk in fen.
    pub findings: (i64, i64),
    /// When the newest credit was calculated.
    pub calculated: Option<Time>,
}

impl Class {
    /// The states of the legend.
    pub fn states(&self) -> [State; 4] {
        State::FOUR
    }
}
