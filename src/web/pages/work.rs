//! The first page: what needs attention.

use super::classes::ClassRow;
use super::evidence_list::EvidenceRow;
use super::findings::FindingRow;
use super::frame::Frame;
use crate::time::Time;
use askama::Template;

/// One line of what needs attention.
#[derive(Clone, Debug)]
pub struct Attention {
    /// The key of its counted words.
    pub key: &'static str,
    /// How many.
    pub count: i64,
    /// Money at risk in fen, where it is about money.
    pub fen: Option<i64>,
    /// The list behind it.
    pub href: String,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "work.html")]
pub struct Work {
    /// Surroundings.
    pub frame: Frame,
    /// What needs attention; empty is good news.
    pub attention: Vec<Attention>,
    /// Open findings, worst first.
    pub findings: Vec<FindingRow>,
    /// What came in last.
    pub evidence: Vec<EvidenceRow>,
    /// Classes under way.
    pub classes: Vec<ClassRow>,
    /// Leaves in the log and when the last checkpoint was signed.
    pub log: Option<(i64, Time)>,
}
