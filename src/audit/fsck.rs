//! Whether everything kept still is what it was: the log, the bytes, the catalogue, the lake, the credits. It reads and changes nothing.

mod cases;
mod catalogue;
mod money;
mod objects;
mod opening;
mod policies;
mod reports;
mod signatures;
pub(crate) mod sql;
#[cfg(test)]
mod tests;
mod uploads;

use crate::db::Db;
use crate::error::Result;
use crate::link;
use crate::register::reseal;
use crate::register::secrets::Secrets;
use crate::seal::{self, Trust};
use serde::Serialize;
use std::fmt;
use storage::Objects;

/// Problems told one by one of each part; more are only counted.
const TOLD: usize = 1000;

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable code.
    pub code: &'static str,
    /// What it is, where, and what to do.
    pub message: String,
}

/// What was checked, and what does not hold.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Leaves of the log hashed again.
    pub leaves: u64,
    /// Objects hashed again.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that nothing names: leftovers of interrupted work. No problem.
    pub unreferenced: u64,
    /// Parts of unfinished uploads hashed again.
    pub parts: u64,
    /// Pieces of evidence held against their leaves.
    pub evidence: u64,
    /// Live segments of the lake.
    pub segments: u64,
    /// Packs of the lake that count: the rows of many segments.
    pub packs: u64,
    /// Rows in them.
    pub rows: u64,
    /// Credit runs held against their leaves.
    pub runs: u64,
    /// Resolutions of who somebody is held against their leaves.
    pub resolutions: u64,
    /// Policies that govern classes, read again, and the classes held against them.
    pub policies: u64,
    /// Decisions on applications held against their leaves.
    pub decisions: u64,
    /// Amendments of plans held against their leaves.
    pub amendments: u64,
    /// Keys of platforms held against their leaves, and their revocations.
    pub keys: u64,
    /// Weekly reports held against their leaves.
    pub weekly_reports: u64,
    /// Signatures of platforms checked again.
    pub signatures: u64,
    /// Certificates held against the leaves of their lists.
    pub certificates: u64,
    /// Prepayments, claims and steps in the life of claims held against their leaves.
    pub payments: u64,
    /// Steps of cases held against their leaves.
    pub case_steps: u64,
    /// Encrypted values opened with the keys at hand.
    pub sealed: u64,
    /// The first problems.
    pub problems: Vec<Problem>,
    /// All problems.
    pub problems_total: u64,
}

impl Report {
    /// Whether all holds.
    pub fn holds(&self) -> bool {
        self.problems_total == 0
    }

    fn problem(&mut self, code: &'static str, message: impl Into<String>) {
        self.problems_total += 1;
        if self.problems.len() < TOLD {
            self.problems.push(Problem { code, message: message.into() });
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Checks everything. A server may run meanwhile. Errors only when the database or the storage does not answer.
pub async fn check(db: &Db, objects: &Objects, trust: &Trust) -> Result<Report> {
    let mut report = Report::default();
    let log = seal::check(db, objects, trust).await?;
    report.leaves = log.leaves;
    report.problems_total += log.problems_total - log.problems.len() as u64;
    for problem in log.problems {
        report.problem(problem.code, problem.message);
    }
    objects::check(db, objects, &mut report).await?;
    uploads::check(db, objects, &mut report).await?;
    catalogue::evidence(db, &mut report).await?;
    catalogue::segments(db, objects, &mut report).await?;
    catalogue::resolutions(db, &mut report).await?;
    policies::check(db, &mut report).await?;
    opening::decisions(db, &mut report).await?;
    opening::amendments(db, &mut report).await?;
    signatures::keys(db, &mut report).await?;
    signatures::check(db, &mut report).await?;
    signatures::lists(db, &mut report).await?;
    money::certificates(db, &mut report).await?;
    money::payments(db, &mut report).await?;
    reports::check(db, &mut report).await?;
    cases::check(db, &mut report).await?;
    let credits = link::check(db).await?;
    report.runs = credits.runs;
    for fault in credits.faults {
        report.problem("credit_differs", format!("Credit run {} of lesson {}: {}", fault.run, fault.lesson, fault.what));
    }
    Ok(report)
}

/// Opens every encrypted value, and adds those that no key opens to the report.
pub async fn sealed(db: &Db, secrets: &Secrets, report: &mut Report) -> Result<()> {
    report.sealed = reseal::check(db, secrets, |column, place| {
        let (table, column) = (column.table, column.name);
        report.problem(
            "sealed_unreadable",
            format!("No data key opens {column} of {table} {place}; restore the folder of the keys, or the row."),
        );
    })
    .await?;
    Ok(())
}
