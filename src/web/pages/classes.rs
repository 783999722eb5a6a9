//! The list of classes.

use super::frame::Frame;
use askama::Template;

/// A class in a list.
#[derive(Clone, Debug)]
pub struct ClassRow {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The provider's name.
    pub provider: String,
    /// The platform's name.
    pub platform: String,
    /// First day, `2020-03-03`.
    pub starts_on: String,
    /// Last day.
    pub ends_on: String,
    /// `full`, `remaining_theory` or `promise_first`.
    pub application: String,
    /// `approve`, `return`, `refuse`; none while undecided.
    pub decision: Option<String>,
    /// People on the roster.
    pub trainees: i64,
    /// Lessons on the timetable.
    pub lessons: i64,
    /// Lessons that have ended by now and have no evidence at all.
    pub bare: i64,
    /// Thousandths of a lesson hour credited.
    pub credited: i64,
    /// Thousandths of a lesson hour that could have been credited by now.
    pub possible: i64,
    /// Open findings.
    pub findings: i64,
    /// Money at risk in fen.
    pub at_risk: i64,
}

impl ClassRow {
    /// Share credited of what was possible by now, in hundredths; 100 while nothing was.
    pub fn share(&self) -> i64 {
        if self.possible <= 0 { 100 } else { (self.credited * 100 / self.possible).clamp(0, 100) }
    }

    /// The state its bar is drawn in.
    pub fn state(&self) -> &'static str {
        match () {
            () if self.findings > 0 => "disputed",
            () if self.possible <= 0 => "pending",
            () if self.credited >= self.possible => "credited",
            () if self.credited > 0 => "partial",
            () => "uncredited",
        }
    }
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "classes.html")]
pub struct Classes {
    /// Surroundings.
    pub frame: Frame,
    /// This part of the list.
    pub rows: Vec<ClassRow>,
    /// How many there are in all.
    pub total: i64,
    /// What was searched for.
    pub q: String,
    /// The next part.
    pub next: Option<String>,
}
