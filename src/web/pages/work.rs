//! The first page: what needs attention.

use super::classes::ClassRow;
use super::evidence_list::EvidenceRow;
use super::findings::{self, FindingRow};
use super::frame::Frame;
use super::reader::Reader;
use super::visit::Visit;
use crate::audit::deadline;
use crate::audit::overview::{self, EvidenceFilter};
use crate::detect::{self, Filter, Page};
use crate::error::Result;
use crate::ids::ProviderId;
use crate::jobs::Jobs;
use crate::time::Time;
use askama::Template;
use axum::response::Response;

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

/// Dead jobs counted.
const MOST: i64 = 1000;

impl Work {
    /// What needs the reader's attention.
    pub async fn read(reader: Reader<'_>, jobs: &Jobs) -> Result<Work> {
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
        let asked = Filter { status: Some("open".into()), provider: provider(&reader), limit: ROWS as i64, ..Filter::default() };
        let mut open = Page { items: Vec::new(), next: None };
        if reader.findings {
            open = detect::list(db, reader.rules, &asked, now).await?;
            let total = detect::total(db, &asked, now).await?;
            mention("work.attention.findings", total.count, Some(total.money_fen), "/findings");
        }
        if reader.decides {
            mention("work.attention.undecided", overview::undecided(db, scope).await?, None, "/applications");
        }
        let due = deadline::tally(&deadline::all(db, reader.deadline_rules(), scope, now).await?).all;
        mention("work.attention.overdue", due.overdue, None, "/deadlines?state=overdue");
        mention("work.attention.due", due.open, None, "/deadlines?state=open");
        mention("work.attention.bare", overview::bare_lessons(db, scope, now).await?, None, "/classes");
        mention("work.attention.failed", overview::evidence_count(db, scope, &failed).await?, None, "/evidence?state=failed");
        if reader.operates {
            let dead = jobs.list(db, "dead", MOST).await?;
            mention("work.attention.dead", dead.len() as i64, None, "/jobs");
        }
        Ok(Work {
            attention,
            findings: findings::rows(&reader, &open.items).await?,
            evidence: evidence.rows.iter().take(ROWS).map(|line| EvidenceRow::of(&reader, line)).collect(),
            classes: classes.rows.into_iter().take(ROWS).map(|line| ClassRow::of(&reader, line)).collect(),
            log: overview::log_head(db).await?.map(|head| (head.size, head.at)),
            frame: reader.frame,
        })
    }
}

fn provider(reader: &Reader<'_>) -> Option<ProviderId> {
    reader.scope.provider.as_ref().and_then(|id| id.parse().ok())
}

/// `GET /`
pub async fn show(visit: Visit) -> Response {
    visit.answer(Work::read(visit.reader(), &visit.app.jobs).await)
}
