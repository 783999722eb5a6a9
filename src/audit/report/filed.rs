//! Reports as they were filed: canonical JSON by version, each sealed. What differs now is a correction, never an edit.

use super::figures::{Figure, Figures};
use super::sql;
use super::week::Week;
use super::weekly::{Group, PARTS, Report};
use crate::db::{Columns, Db, Tx};
use crate::error::Result;
use crate::ids::LeafId;
use crate::register::trail;
use crate::time::Time;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use storage::Digest;

/// A report that was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// Counts from 1; each further one corrects what was before.
    pub version: i64,
    /// Its document, as its digest was taken.
    pub document: String,
    /// SHA-256 of it, which the leaf names.
    pub digest: Digest,
    /// Who filed it.
    pub actor: String,
    /// When.
    pub at: Time,
    /// Where it is in the log, once it is sealed.
    pub log_index: Option<u64>,
}

/// A figure that is not what was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// What it is about.
    pub group: Group,
    /// Which figure.
    pub figure: Figure,
    /// As it was filed; none where the line was not there.
    pub filed: Option<i64>,
    /// As it is now; none where the line is no more.
    pub now: Option<i64>,
}

impl Filed {
    /// As JSON, without its document.
    pub fn json(&self) -> Map<String, Value> {
        let told = json!({
            "version": self.version, "filed_at": self.at, "by": self.actor, "sha256": self.digest.to_string(), "log_index": self.log_index,
        });
        match told {
            Value::Object(told) => told,
            _ => Map::new(),
        }
    }

    /// What is not so any more, line by line; people once in each group, so that a total is no sum of them.
    pub fn corrections(&self, now: &Report) -> Result<Vec<Correction>> {
        let then = lines(&serde_json::from_str(&self.document)?);
        let mut groups: Vec<&Group> = then.keys().chain(now.lines.keys()).collect();
        groups.sort();
        groups.dedup();
        let mut corrections = Vec::new();
        for group in groups {
            let (before, after) = (then.get(group), now.lines.get(group));
            for figure in Figure::ALL {
                let (filed, current) = (before.and_then(|line| line.get(*figure)), after.and_then(|line| line.get(*figure)));
                if filed.unwrap_or(0) != current.unwrap_or(0) {
                    corrections.push(Correction { group: group.clone(), figure: *figure, filed, now: current });
                }
            }
        }
        Ok(corrections)
    }
}

/// The lines of a document.
fn lines(document: &Value) -> BTreeMap<Group, Figures> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let trade = |line: &Value| (text(&line["trade"]["code"]), text(&line["trade"]["name"]));
    let group = |part: usize, line: &Value| match part {
        1 => Group::Region(line["region"].as_str().map(str::to_owned)),
        2 => Group::Provider(text(&line["provider"])),
        3 => Group::Platform(text(&line["platform"])),
        4 => Group::Category(text(&line["category"])),
        5 => {
            let (code, name) = trade(line);
            Group::Trade(code, name)
        }
        _ => {
            let (code, name) = trade(line);
            Group::Row(text(&line["provider"]), text(&line["platform"]), code, name)
        }
    };
    let mut found = BTreeMap::from([(Group::Total, Figures::of_json(&document["totals"]))]);
    for (part, (name, _)) in PARTS.iter().enumerate().skip(1) {
        for line in document[*name].as_array().into_iter().flatten() {
            found.insert(group(part, line), Figures::of_json(line));
        }
    }
    found
}

/// What was filed of a week, the newest version first.
pub async fn versions(db: &Db, week: Week) -> Result<Vec<Filed>> {
    let rows = sqlx::query(sql::VERSIONS).bind(week.monday().to_string()).fetch_all(db.read()).await?;
    rows.iter().map(filed).collect()
}

fn filed(row: &AnyRow) -> Result<Filed> {
    Ok(Filed {
        version: row.int("version"),
        document: row.text("document"),
        digest: row.digest("digest")?,
        actor: row.text("actor"),
        at: row.time("at"),
        log_index: row.int_opt("log_index").and_then(|index| u64::try_from(index).ok()),
    })
}

/// A report about to be filed.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// The week.
    pub week: Week,
    /// The version it is to be.
    pub version: i64,
    /// Its canonical document.
    pub document: &'a str,
    /// Who files it.
    pub actor: &'a str,
    /// When.
    pub at: Time,
}

impl New<'_> {
    /// SHA-256 of the document.
    pub fn digest(&self) -> Digest {
        Digest(Sha256::digest(self.document.as_bytes()).into())
    }

    /// What its leaf says.
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("week".to_owned(), self.week.monday().to_string().into());
        fields.insert("version".to_owned(), self.version.into());
        fields.insert("digest".to_owned(), self.digest().to_string().into());
        fields.insert("by".to_owned(), self.actor.into());
        fields.insert("at".to_owned(), self.at.to_string().into());
        fields
    }
}

/// Keeps a report whose leaf is staged in the same transaction; `false` where somebody was faster with this version.
pub async fn keep(tx: &mut Tx, ids: &crate::ids::Ids, new: &New<'_>, leaf: LeafId) -> Result<bool> {
    let kept = sqlx::query(sql::FILE)
        .bind(new.week.monday().to_string())
        .bind(new.version)
        .bind(new.document)
        .bind(new.digest().0.to_vec())
        .bind(new.actor)
        .bind(new.at.0)
        .bind(leaf.to_string())
        .execute(tx.conn())
        .await?;
    if kept.rows_affected() == 0 {
        return Ok(false);
    }
    let (subject, detail) = (new.week.monday().to_string(), format!("version {}", new.version));
    let note = trail::Note {
        actor: new.actor,
        action: "weekly_report.filed",
        subject_kind: "weekly_report",
        subject_id: &subject,
        detail: Some(&detail),
    };
    trail::note(tx, ids, new.at, note).await?;
    Ok(true)
}

/// Weeks from one to another that were not filed though somebody was in training in them.
pub async fn missing(db: &Db, from: Week, until: Week) -> Result<Vec<Week>> {
    let filed = sqlx::query(sql::FILED).bind(from.monday().to_string()).bind(until.monday().to_string()).fetch_all(db.read()).await?;
    let filed: Vec<String> = filed.iter().map(|row| row.text("week")).collect();
    let mut missing = Vec::new();
    let mut week = from;
    while week <= until {
        if !filed.contains(&week.monday().to_string()) {
            let anything = sqlx::query(sql::ANYTHING).bind(week.monday().to_string()).bind(week.sunday().to_string());
            if anything.fetch_optional(db.read()).await?.is_some() {
                missing.push(week);
            }
        }
        week = week.moved(1);
    }
    Ok(missing)
}

/// A report as it was filed, for whoever holds it against its leaf.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The week.
    pub week: String,
    /// The version.
    pub version: i64,
    /// The digest that was kept.
    pub digest: Digest,
    /// SHA-256 of the document that was kept.
    pub of_document: Digest,
    /// What its leaf has to say.
    pub fields: Map<String, Value>,
    /// The leaf.
    pub leaf: LeafId,
}

/// The reports that were filed after one, by week and version.
pub async fn after(db: &Db, week: &str, version: i64) -> Result<Vec<Kept>> {
    let rows = sqlx::query(sql::FILED_AFTER).bind(week).bind(version).fetch_all(db.read()).await?;
    let kept = |row: &AnyRow| {
        let (week, version, document, actor) = (row.text("week"), row.int("version"), row.text("document"), row.text("actor"));
        let new = New { week: Week::parse(&week)?, version, document: &document, actor: &actor, at: row.time("at") };
        Ok(Kept { version, digest: row.digest("digest")?, of_document: new.digest(), fields: new.fields(), leaf: row.id("leaf_id")?, week })
    };
    rows.iter().map(kept).collect()
}
