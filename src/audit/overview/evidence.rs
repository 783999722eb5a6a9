//! Evidence as lists show it, and one piece with its life.

use super::{Name, PART, Part, Scope, after, containing, index, part, sql};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{ClassId, EvidenceId, LeafId, LessonId, TraineeId};
use crate::time::Time;
use sqlx::Row;
use sqlx::any::AnyRow;
use storage::Digest;

/// A piece of evidence in a list.
#[derive(Clone, Debug)]
pub struct EvidenceLine {
    /// Its id.
    pub id: EvidenceId,
    /// `attendance`, `video`, `screenshot`, `document`.
    pub kind: String,
    /// The file name as sent.
    pub filename: Option<String>,
    /// Bytes.
    pub size: u64,
    /// The platform or the provider that sent it; the name of the login or token of anybody else.
    pub submitter: Name,
    /// The class: id and title.
    pub class: Option<(ClassId, String)>,
    /// The lesson: id and title.
    pub lesson: Option<(LessonId, String)>,
    /// When it arrived.
    pub received: Time,
    /// `received`, `sealed`, `analysed`, `failed`.
    pub state: String,
    /// Its index in the log.
    pub leaf: Option<u64>,
    /// Whether there is a small picture of it.
    pub thumbnail: bool,
    /// The rows that could not be taken in, as the reader listed them (JSON), if any.
    pub refused: Option<String>,
}

/// One piece of evidence.
#[derive(Clone, Debug)]
pub struct EvidenceHead {
    /// What a list says.
    pub line: EvidenceLine,
    /// SHA-256.
    pub digest: Digest,
    /// Media type by content.
    pub media_type: String,
    /// The span it claims.
    pub claimed: Option<(Time, Time)>,
    /// The trainee it was sent for: id and name.
    pub trainee: Option<(TraineeId, String)>,
    /// What read it.
    pub reader: Option<String>,
    /// What the reader assumed: a JSON list of sentences.
    pub assumptions: Option<String>,
    /// Rows taken in.
    pub accepted: Option<i64>,
    /// Facts by name: JSON values.
    pub facts: Vec<(String, String)>,
    /// The leaf that seals it.
    pub leaf_id: LeafId,
}

/// Where a piece of evidence counts.
#[derive(Clone, Debug)]
pub struct Place {
    /// The trainee.
    pub trainee: TraineeId,
    /// The trainee's name.
    pub name: String,
    /// The lesson.
    pub lesson: LessonId,
    /// The lesson's title.
    pub title: String,
}

/// A step in the life of a piece of evidence.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub at: Time,
    /// What, as a code.
    pub what: String,
    /// Who.
    pub who: String,
}

/// What a list is narrowed to; empty means any.
#[derive(Clone, Debug, Default)]
pub struct EvidenceFilter {
    /// Kind.
    pub kind: String,
    /// State.
    pub state: String,
    /// Class id.
    pub class: String,
    /// Part of a file name, or the beginning of a digest in hexadecimal.
    pub words: String,
}

impl EvidenceFilter {
    /// The digests that begin with the words, as a half-open range; an impossible one when the words are no digest.
    fn digests(&self) -> (Vec<u8>, Vec<u8>) {
        let even = &self.words[..self.words.len() & !1];
        match hex::decode(even) {
            Ok(low) if low.len() >= 2 => {
                let mut high = low.clone();
                high.resize(33, 0xff);
                (low, high)
            }
            _ => (vec![0xff; 33], vec![0xff; 33]),
        }
    }
}

macro_rules! narrowed {
    ($statement:expr, $scope:expr, $filter:expr) => {{
        let (low, high) = $filter.digests();
        sqlx::query($statement)
            .bind($scope.provider().to_owned())
            .bind($scope.platform().to_owned())
            .bind($filter.kind.clone())
            .bind($filter.state.clone())
            .bind($filter.class.clone())
            .bind(containing(&$filter.words))
            .bind(low)
            .bind(high)
    }};
}

/// The evidence an asker may see, the newest first.
pub async fn evidence_list(db: &Db, scope: &Scope, filter: &EvidenceFilter, cursor: &str) -> Result<Part<EvidenceLine>> {
    let (received, last) = after(cursor, i64::MAX);
    let query = narrowed!(sql::EVIDENCE_LIST, scope, filter).bind(received).bind(last).bind(PART + 1);
    let rows = query.fetch_all(db.read()).await?.iter().map(line).collect::<Result<Vec<_>>>()?;
    Ok(part(rows, |evidence| format!("{}~{}", evidence.received.0, evidence.id)))
}

/// How many there are of it.
pub async fn evidence_count(db: &Db, scope: &Scope, filter: &EvidenceFilter) -> Result<i64> {
    Ok(narrowed!(sql::EVIDENCE_COUNT, scope, filter).fetch_one(db.read()).await?.get("n"))
}

/// Everything received for a lesson, logs of its class that speak of it included, the oldest first.
pub async fn evidence_of_lesson(db: &Db, lesson: LessonId) -> Result<Vec<EvidenceLine>> {
    let rows = sqlx::query(sql::EVIDENCE_OF_LESSON).bind(lesson.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(line).collect()
}

/// One piece, if the asker may see it.
pub async fn evidence(db: &Db, scope: &Scope, evidence: EvidenceId) -> Result<Option<EvidenceHead>> {
    let query = sqlx::query(sql::EVIDENCE).bind(evidence.to_string()).bind(scope.provider()).bind(scope.platform());
    let Some(row) = query.fetch_optional(db.read()).await? else { return Ok(None) };
    let facts = sqlx::query(sql::FACTS).bind(evidence.to_string()).fetch_all(db.read()).await?;
    let moments = (row.int_opt("claimed_from"), row.int_opt("claimed_until"));
    Ok(Some(EvidenceHead {
        digest: row.digest("digest")?,
        media_type: row.get("media_type"),
        claimed: moments.0.zip(moments.1).map(|(from, until)| (Time(from), Time(until))),
        trainee: row.id_opt("trainee_id")?.zip(row.text_opt("trainee_name")),
        reader: row.get("reader"),
        assumptions: row.get("assumptions"),
        accepted: row.get("accepted_rows"),
        facts: facts.iter().map(|row| (row.get("name"), row.get("value"))).collect(),
        leaf_id: row.id("leaf_id")?,
        line: line(&row)?,
    }))
}

/// The first so many hours that rest on it, and how many there are.
pub async fn resting_on(db: &Db, evidence: EvidenceId, limit: i64) -> Result<(Vec<Place>, i64)> {
    let mentions = format!("%{evidence}%");
    let rows = sqlx::query(sql::RESTING_ON).bind(evidence.to_string()).bind(&mentions).bind(limit).fetch_all(db.read()).await?;
    let count = sqlx::query(sql::RESTING_ON_COUNT).bind(evidence.to_string()).bind(&mentions).fetch_one(db.read()).await?;
    let places = rows.iter().map(|row| {
        Ok(Place { trainee: row.id("trainee_id")?, name: row.get("name"), lesson: row.id("lesson_id")?, title: row.get("title") })
    });
    Ok((places.collect::<Result<_>>()?, count.get("n")))
}

/// Its life: received, sealed, read, and looked at, the oldest first; of the looks the last so many.
pub async fn steps(db: &Db, evidence: EvidenceId, looks: i64) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    if let Some(row) = sqlx::query(sql::LIFE).bind(evidence.to_string()).fetch_optional(db.read()).await? {
        let mut add = |what: &str, at: Option<i64>, who: String| {
            steps.extend(at.map(|at| Step { at: Time(at), what: what.to_owned(), who }));
        };
        add("received", Some(row.get("received_at")), row.get("submitter"));
        add("sealed", row.get("sealed_at"), String::new());
        add("analysed", row.get("analysed_at"), row.text_opt("reader").unwrap_or_default());
        add("failed", row.get("failed_at"), String::new());
    }
    let rows = sqlx::query(sql::LOOKS).bind(evidence.to_string()).bind(looks).fetch_all(db.read()).await?;
    steps.extend(rows.iter().map(|row| Step { at: row.time("at"), what: row.get("action"), who: row.get("actor") }));
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}

fn line(row: &AnyRow) -> Result<EvidenceLine> {
    let sender = match (row.text_opt("platform_zh"), row.text_opt("platform_en")) {
        (Some(zh), Some(en)) => Name { zh, en },
        _ => Name::same(row.text_opt("sender").filter(|name| !name.is_empty()).unwrap_or_else(|| row.get("submitter"))),
    };
    Ok(EvidenceLine {
        id: row.id("id")?,
        kind: row.get("kind"),
        filename: row.get("filename"),
        size: row.int("size").max(0) as u64,
        submitter: sender,
        class: row.id_opt("class_id")?.zip(row.text_opt("class_title")),
        lesson: row.id_opt("lesson_id")?.zip(row.text_opt("lesson_title")),
        received: row.time("received_at"),
        state: row.get("state"),
        leaf: index(row, "log_index"),
        thumbnail: row.int("thumbnails") > 0,
        refused: row.get("refused_rows"),
    })
}
