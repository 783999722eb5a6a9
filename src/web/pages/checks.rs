//! What the notice says against a plan, as the page of a class shows it.

use super::reader::Reader;
use super::words::Lang;
use crate::error::Result;
use crate::ids::ClassId;
use crate::register::class;
use crate::register::remark::{self, Remark, Row, Weight};

/// Most rows shown of one remark; the API has all.
const ROWS: usize = 20;

/// A remark in the reader's language.
#[derive(Clone, Debug)]
pub struct Check {
    /// `must` or `note`.
    pub weight: &'static str,
    /// The clause.
    pub clause: &'static str,
    /// What it is and what to do.
    pub text: String,
    /// The first lessons or trainees concerned: address, number, what it is about them.
    pub rows: Vec<(String, String, String)>,
    /// How many are concerned.
    pub concerned: i64,
}

impl Check {
    /// A remark as a reader sees it.
    pub fn told(lang: Lang, remark: Remark) -> Check {
        let concerned = remark.rows.len() as i64;
        let rows = remark.rows.into_iter().take(ROWS).map(|row| shown(lang, row));
        Check {
            weight: match remark.weight {
                Weight::Must => "must",
                Weight::Note => "note",
            },
            clause: remark.clause,
            text: if lang == Lang::Zh { remark.zh } else { remark.en },
            rows: rows.collect(),
            concerned,
        }
    }

    /// How many of the rows are not shown.
    pub fn hidden(&self) -> i64 {
        self.concerned - self.rows.len() as i64
    }
}

fn shown(lang: Lang, row: Row) -> (String, String, String) {
    let place = match (row.lesson, row.trainee) {
        (Some(lesson), _) => format!("/lessons/{lesson}"),
        (None, Some(trainee)) => format!("/trainees/{trainee}"),
        (None, None) => String::new(),
    };
    let number = row.lesson_external_id.or(row.trainee_external_id).unwrap_or_default();
    (place, number, if lang == Lang::Zh { row.message.zh } else { row.message.en })
}

/// The remarks on a class.
pub(super) async fn read(reader: &Reader<'_>, id: ClassId) -> Result<Vec<Check>> {
    let class = class::by_id(reader.db, id).await?;
    let policy = reader.policies.of_class(reader.db, class.policy.as_deref(), class.starts_on).await?;
    let today = policy.day_of(reader.frame.now);
    let facts = remark::facts(reader.db, reader.secrets, class, today).await?;
    let remarks = remark::of(&facts, &policy, reader.lists, today);
    Ok(remarks.into_iter().map(|remark| Check::told(reader.frame.lang, remark)).collect())
}
