//! The first page: what needs attention.

use super::classes::ClassRow;
use super::evidence_list::EvidenceRow;
use super::findings::FindingRow;
use super::frame::Frame;
use super::reader::Reader;
use crate::audit::overview::{self, EvidenceFilter};
use crate::error::Result;
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

/// Rows of each list on the page.
const ROWS: usize = 8;

impl Work {
    /// What needs the reader's attention.
    pub async fn read(reader: Reader<'_>) -> Result<Work> {
        let (db, scope, now) = (reader.db, &reader.scope, reader.frame.now);
        let failed = EvidenceFilter { state: "failed".into(), ..EvidenceFilter::default() };
        let evidence = overview::evidence_list(db, scope, &EvidenceFilter::default(), "").await?;
        let classes = overview::classes(db, scope, "", "", now).await?;
        let mut attention = Vec::new();
        let mut mention = |key, count: i64, fen, href: &str| {
            if count > 0 {
                attention.push(Attention { key, count, fen, href: href.to_owned() });
            }
        };
        mention("work.attention.bare", overview::bare_lessons(db, scope, now).await?, None, "/classes");
        mention("work.attention.failed", overview::evidence_count(db, scope, &failed).await?, None, "/evidence?state=failed");
        Ok(Work {
            attention,
            findings: Vec::new(),
            evidence: evidence.rows.iter().take(ROWS).map(|line| EvidenceRow::of(&reader, line)).collect(),
            classes: classes.rows.into_iter().take(ROWS).map(|line| ClassRow { line }).collect(),
            log: overview::log_head(db).await?.map(|head| (head.size, head.at)),
            frame: reader.frame,
        })
    }
}
