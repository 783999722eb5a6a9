//! A piece of evidence: the bytes, what they say, where they lead, and the proof that they were not changed.

use super::evidence_list::EvidenceRow;
use super::findings::FindingRow;
use super::frame::Frame;
use crate::error::RowError;
use crate::time::Time;
use askama::Template;

/// A step of its life.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub at: Time,
    /// What happened, as a code: `received`, `sealed`, `analysed`, `seen` …
    pub what: String,
    /// Who did it.
    pub who: String,
    /// What more there is to say.
    pub note: String,
}

/// What the log says of it.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Which log.
    pub origin: String,
    /// Index of the leaf.
    pub index: u64,
    /// Leaves under the checkpoint.
    pub tree_size: u64,
    /// The leaf as text (canonical JSON).
    pub leaf: String,
    /// The leaf in base64, for the recomputation in the browser.
    pub leaf_base64: String,
    /// The sibling hashes in base64, from the leaf up.
    pub path: Vec<String>,
    /// The signed note.
    pub checkpoint: String,
    /// The log's key in signed-note form.
    pub vkey: String,
}

/// A row of a log as it stands in the file.
#[derive(Clone, Debug)]
pub struct RawRow {
    /// 1-based row as a person sees it.
    pub row: u64,
    /// The text of the row, or its cells one after the other.
    pub text: String,
    /// What was read from it: kind, from, until.
    pub read_as: Vec<(String, Time, Option<Time>)>,
    /// The trainee it was matched to: id, name.
    pub trainee: Option<(String, String)>,
    /// The hour it counts in: lesson id and title.
    pub lesson: Option<(String, String)>,
}

/// Another piece of evidence that is the same or nearly so.
#[derive(Clone, Debug)]
pub struct Match {
    /// Its id.
    pub evidence: String,
    /// Its name.
    pub name: String,
    /// `bytes`, `picture` …
    pub kind: String,
    /// `exact`, `strong`, `candidate`.
    pub tier: String,
    /// The class and lesson it was sent for, as words.
    pub place: String,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "evidence.html")]
pub struct Evidence {
    /// Surroundings.
    pub frame: Frame,
    /// What the list says of it.
    pub head: EvidenceRow,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Media type by content.
    pub media_type: String,
    /// The span it claims to cover.
    pub claimed: Option<(Time, Time)>,
    /// The trainee it was sent for.
    pub trainee: Option<(String, String)>,
    /// Which reader read it.
    pub reader: Option<String>,
    /// What the reader assumed, in its own words.
    pub assumptions: Vec<String>,
    /// Facts: key of the word, value as words.
    pub facts: Vec<(String, String)>,
    /// Rows taken in.
    pub accepted: Option<i64>,
    /// Rows not taken in, the first of them.
    pub refused: Vec<RowError>,
    /// The row asked for.
    pub row: Option<RawRow>,
    /// People whose hours rest on it: trainee id, name, lesson id, lesson title.
    pub hours: Vec<(String, String, String, String)>,
    /// How many such hours there are in all.
    pub hours_total: i64,
    /// The same or nearly the same elsewhere.
    pub matches: Vec<Match>,
    /// Findings that name it.
    pub findings: Vec<FindingRow>,
    /// Its life, oldest first.
    pub custody: Vec<Step>,
    /// Its place in the log; none until sealed.
    pub proof: Option<Proof>,
}

impl Evidence {
    /// The address of the bytes.
    pub fn content(&self) -> String {
        format!("/v1/evidence/{}/content", self.head.id)
    }
}
