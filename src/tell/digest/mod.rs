//! The daily digest of what is due and overdue: made once a day for the whole deployment, told by webhook and by mail.
//!
//! The row of a day is the compare-and-swap: of several servers one writes it, with the digests of the providers that are told and the
//! webhook messages, in one transaction. A mail is leased by moving the time ahead at which it is due, sent, and tried again until the next
//! day's digest takes its place; that one says on which days nothing was told.

mod address;
mod letter;
mod send;
#[cfg(test)]
mod tests;

pub use address::Recipients;
pub use letter::Letter;
pub use send::send;

use super::{DEADLINES_DAILY, sql};
use crate::audit::deadline::{Counts, Deadline, Tally, tally};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result};
use crate::ids::{Ids, MessageId};
use crate::time::Time;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The audience that is told of everything.
pub const ALL: &str = "all";
/// Classes named in one digest; how many there are is counted besides.
const CLASSES: usize = 500;
/// Lines of a mail.
const LINES: usize = 60;

/// A line of a mail: what, of which class, by when. Nothing of a person, and no title that somebody typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Code of the kind.
    pub kind: String,
    /// The class as its provider calls it, or the Monday of a week.
    pub of: String,
    /// The day by which it is due.
    pub due_on: NaiveDate,
    /// Whether the calendar knows that day for certain.
    pub certain: bool,
    /// Days left; below nought, days over it.
    pub days_left: i64,
}

/// What is told on a day to one audience.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// In all.
    pub counts: Counts,
    /// By code of the kind.
    pub kinds: BTreeMap<String, Counts>,
    /// Classes with something due or overdue, at most 500.
    pub classes: Vec<String>,
    /// The first lines of it, most overdue first.
    pub lines: Vec<Line>,
    /// Days since the last digest on which none was made, or none could be brought.
    pub skipped: Vec<NaiveDate>,
}

impl Digest {
    /// What is told of these.
    pub fn of(deadlines: &[&Deadline], skipped: &[NaiveDate]) -> Digest {
        let Tally { all, kinds } = tally(deadlines.iter().copied());
        let mut seen = BTreeSet::new();
        let named = deadlines.iter().filter_map(|one| one.class.clone()).filter(|class| seen.insert(class.clone()));
        let line = |one: &&Deadline| Line {
            kind: one.kind.code().to_owned(),
            of: one.class_external_id.clone().unwrap_or_else(|| one.subject.clone()),
            due_on: one.due_on,
            certain: one.certain,
            days_left: one.days_left,
        };
        Digest {
            counts: all,
            kinds: kinds.into_iter().map(|(kind, counts)| (kind.code().to_owned(), counts)).collect(),
            classes: named.take(CLASSES).collect(),
            lines: deadlines.iter().take(LINES).map(line).collect(),
            skipped: skipped.to_vec(),
        }
    }

    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.counts == Counts::default() && self.skipped.is_empty()
    }
}

/// Whether a day's digest was made.
pub async fn made(db: &Db, day: NaiveDate) -> Result<bool> {
    Ok(sqlx::query(sql::DIGEST).bind(day.to_string()).bind(ALL).fetch_optional(db.read()).await?.is_some())
}

/// Makes a day's digest of what is due: `false` when another server was first.
///
/// Providers are told of their own where a webhook or an address of theirs is known; `told` says who has an address.
pub async fn make(db: &Db, ids: &Ids, day: NaiveDate, due: &[Deadline], told: &Recipients, now: Time) -> Result<bool> {
    let mut tx = db.begin().await?;
    let skipped = skipped(&mut tx, day).await?;
    let all = Digest::of(&due.iter().collect::<Vec<_>>(), &skipped);
    if !keep(&mut tx, day, ALL, &all, told.of(ALL, "").is_some(), now).await? {
        return Ok(false);
    }
    sqlx::query(sql::GIVE_UP_DIGESTS).bind(day.to_string()).bind(now.0).execute(tx.conn()).await?;
    announce(&mut tx, ids, day, ALL, &all, now).await?;
    let mut providers: BTreeMap<&str, Vec<&Deadline>> = BTreeMap::new();
    for one in due {
        if let Some(provider) = &one.provider {
            providers.entry(provider).or_default().push(one);
        }
    }
    for (provider, own) in providers {
        let digest = Digest::of(&own, &skipped);
        let external = own.first().and_then(|one| one.provider_external_id.as_deref()).unwrap_or_default();
        keep(&mut tx, day, provider, &digest, told.of(provider, external).is_some(), now).await?;
        announce(&mut tx, ids, day, provider, &digest, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Forgets the digests of days before one.
pub async fn forget(db: &Db, before: NaiveDate) -> Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query(sql::FORGET_DIGESTS).bind(before.to_string()).execute(tx.conn()).await?;
    tx.commit().await
}

async fn keep(tx: &mut Tx, day: NaiveDate, audience: &str, digest: &Digest, mailed: bool, now: Time) -> Result<bool> {
    let mail = if mailed && !digest.is_empty() { "waiting" } else { "none" };
    let kept = sqlx::query(sql::ADD_DIGEST)
        .bind(day.to_string())
        .bind(audience)
        .bind(serde_json::to_string(digest)?)
        .bind(now.0)
        .bind(mail)
        .execute(tx.conn())
        .await?;
    Ok(kept.rows_affected() == 1)
}

/// Announces it to webhooks, where anybody asked.
async fn announce(tx: &mut Tx, ids: &Ids, day: NaiveDate, audience: &str, digest: &Digest, now: Time) -> Result<()> {
    if digest.is_empty() {
        return Ok(());
    }
    let id: MessageId = ids.next();
    let key = format!("{day} {audience}");
    sqlx::query(crate::jobs::sql::ANNOUNCE)
        .bind(id.to_string())
        .bind(DEADLINES_DAILY)
        .bind(key)
        .bind(now.0)
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The days since the last digest for which none was made, and the last one's where it reached nobody.
async fn skipped(tx: &mut Tx, day: NaiveDate) -> Result<Vec<NaiveDate>> {
    let last = sqlx::query(sql::LAST_DIGEST).bind(day.to_string()).fetch_optional(tx.conn()).await?;
    let Some(last) = last else { return Ok(Vec::new()) };
    let made: NaiveDate = last.text("day").parse().map_err(Error::internal)?;
    let first = if last.text("mail") == "waiting" { Some(made) } else { made.checked_add_days(Days::new(1)) };
    // More than a month is told as a month: nobody reads more days than that.
    let first = first.max(day.checked_sub_days(Days::new(31)));
    Ok(first.map(|first| first.iter_days().take_while(|one| *one < day).collect()).unwrap_or_default())
}
