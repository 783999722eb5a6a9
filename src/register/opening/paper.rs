//! Papers of a class: pieces of evidence, and what each is there for.

use super::sql;
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, EvidenceId, Ids, PaperId};
use crate::register::{Class, trail};
use crate::time::Time;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use storage::Digest;

/// What a paper is there for (notice, 四).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// 营业执照等资质证明.
    Licence,
    /// 线上培训方案.
    OnlinePlan,
    /// 完整培训方案.
    FullPlan,
    /// 承诺书.
    Promise,
    /// 书面审核意见; keshi writes it.
    Decision,
    /// 补贴申报材料; keshi writes it.
    Claim,
    /// Anything else.
    Other,
}

impl PaperKind {
    /// Those that people hand in.
    pub const HANDED_IN: [PaperKind; 5] =
        [PaperKind::Licence, PaperKind::OnlinePlan, PaperKind::FullPlan, PaperKind::Promise, PaperKind::Other];

    /// As in JSON and columns.
    pub fn as_str(self) -> &'static str {
        match self {
            PaperKind::Licence => "licence",
            PaperKind::OnlinePlan => "online_plan",
            PaperKind::FullPlan => "full_plan",
            PaperKind::Promise => "promise",
            PaperKind::Decision => "decision",
            PaperKind::Claim => "claim",
            PaperKind::Other => "other",
        }
    }

    /// One that people hand in. Errors: `invalid`.
    pub fn handed_in(text: &str) -> Result<PaperKind> {
        let found = PaperKind::HANDED_IN.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Error::new(&codes::INVALID, "kind is one of licence, online_plan, full_plan, promise, other."))
    }
}

/// A paper of a class.
#[derive(Clone, Debug, Serialize)]
pub struct Paper {
    /// Its id.
    pub id: PaperId,
    /// The class.
    pub class: ClassId,
    /// What it is there for.
    pub kind: PaperKind,
    /// The bytes.
    pub evidence: EvidenceId,
    /// Their file's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Their media type.
    pub media_type: String,
    /// Their number.
    pub size: i64,
    /// Their SHA-256.
    #[serde(serialize_with = "as_text")]
    pub sha256: Digest,
    /// Their place in the log, once they are sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_index: Option<i64>,
    /// Who handed it in.
    pub by: String,
    /// When.
    pub at: Time,
}

fn as_text<S: serde::Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(digest)
}

/// What became of a promise to file the full plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// It is not due yet.
    Open,
    /// The full plan came by the day.
    InTime,
    /// The full plan came after the day.
    Late,
    /// The day is over, and there is no full plan.
    Overdue,
}

impl Kept {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Kept::Open => "open",
            Kept::InTime => "in_time",
            Kept::Late => "late",
            Kept::Overdue => "overdue",
        }
    }
}

/// What became of a promise: `due` the day promised, `filed` the day of the first full plan, `today`.
pub fn kept(due: NaiveDate, filed: Option<NaiveDate>, today: NaiveDate) -> Kept {
    match filed {
        Some(filed) if filed <= due => Kept::InTime,
        Some(_) => Kept::Late,
        None if today <= due => Kept::Open,
        None => Kept::Overdue,
    }
}

/// The same of a class's papers; `day_of` says on which day a moment lies.
pub fn of_promise(papers: &[Paper], due: NaiveDate, day_of: impl Fn(Time) -> NaiveDate, today: NaiveDate) -> Kept {
    let filed = papers.iter().filter(|paper| paper.kind == PaperKind::FullPlan).map(|paper| day_of(paper.at)).min();
    kept(due, filed, today)
}

/// Files a piece of evidence as a paper of a class, with its line in the trail; `false`: it was filed as such before.
pub async fn file(tx: &mut Tx, ids: &Ids, now: Time, actor: &str, class: &Class, kind: PaperKind, evidence: EvidenceId) -> Result<bool> {
    let id: PaperId = ids.next();
    let (class, evidence) = (class.id.to_string(), evidence.to_string());
    let added = sqlx::query(sql::ADD_PAPER)
        .bind(id.to_string())
        .bind(&class)
        .bind(kind.as_str())
        .bind(&evidence)
        .bind(actor)
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    if added.rows_affected() == 0 {
        return Ok(false);
    }
    let detail = format!("{} {evidence}", kind.as_str());
    let note = trail::Note { actor, action: "paper.filed", subject_kind: "class", subject_id: &class, detail: Some(&detail) };
    trail::note(tx, ids, now, note).await?;
    Ok(true)
}

/// The papers of a class, the oldest first.
pub async fn of_class(db: &Db, class: ClassId) -> Result<Vec<Paper>> {
    sqlx::query(sql::PAPERS).bind(class.to_string()).fetch_all(db.read()).await?.iter().map(paper).collect()
}

/// One paper.
pub async fn get(db: &Db, class: ClassId, kind: PaperKind, evidence: EvidenceId) -> Result<Paper> {
    let query = sqlx::query(sql::PAPER).bind(class.to_string()).bind(kind.as_str()).bind(evidence.to_string());
    query.fetch_optional(db.read()).await?.as_ref().map(paper).transpose()?.ok_or_else(|| Error::of(&codes::NOT_FOUND))
}

fn paper(row: &AnyRow) -> Result<Paper> {
    Ok(Paper {
        id: row.id("id")?,
        class: row.id("class_id")?,
        kind: serde_json::from_value(row.text("kind").into())?,
        evidence: row.id("evidence_id")?,
        filename: row.text_opt("filename"),
        media_type: row.text("media_type"),
        size: row.int("size"),
        sha256: row.digest("digest")?,
        log_index: row.int_opt("log_index"),
        by: row.text("actor"),
        at: row.time("at"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_by_the_day_it_names_and_not_after() {
        let day = |day| NaiveDate::from_ymd_opt(2020, 3, day).expect("a day");
        let kept = |filed: Option<u32>, today| kept(day(20), filed.map(day), day(today));
        assert_eq!([kept(None, 20), kept(None, 21)], [Kept::Open, Kept::Overdue]);
        assert_eq!([kept(Some(20), 30), kept(Some(21), 30)], [Kept::InTime, Kept::Late]);
    }

    #[test]
    fn what_keshi_writes_is_not_handed_in() {
        assert_eq!(PaperKind::handed_in("full_plan").expect("known"), PaperKind::FullPlan);
        for kind in ["decision", "claim", "", "Licence"] {
            assert_eq!(PaperKind::handed_in(kind).expect_err("refused").code, "invalid", "{kind}");
        }
    }
}
