//! What a person does with a case. Each is a transaction with its steps, what they change, their lines in the trail and their leaves.

use super::read::stakes_of;
use super::said::said;
use super::step::{Done, New};
use super::{Kind, Outcome, Thing, sql, unknown};
use crate::db::{Columns, Db, Tx};
use crate::detect::Rules;
use crate::error::{Error, Result, codes};
use crate::ids::{CaseId, CaseStepId, Ids, chance};
use crate::register::trail;
use crate::seal::{self, Leaf};
use crate::time::Time;
use sqlx::Row;
use storage::Digest;

/// Longest title, in characters.
const MOST_TITLE: usize = 200;
/// Longest note or reason, in characters.
const MOST_TEXT: usize = 4000;
/// Items of a case.
const MOST_ITEMS: i64 = 1000;
/// Steps of a case, but those that end or begin it.
const MOST_STEPS: i64 = 5000;

/// Who does it, and when.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// `token:<id>` or `login:<id>`.
    pub label: &'a str,
    /// What people call them.
    pub name: &'a str,
    /// Now.
    pub now: Time,
}

/// A case to be opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open<'a> {
    /// What it is called.
    pub title: &'a str,
    /// What is in it from the start.
    pub things: &'a [Thing],
    /// Why.
    pub text: Option<&'a str>,
}

/// Opens a case with what is to be in it.
///
/// Errors: `case_title`; `invalid` with texts that are too long; those of [`add`].
pub async fn open(db: &Db, rules: &Rules, ids: &Ids, new: Open<'_>, who: Who<'_>) -> Result<CaseId> {
    let title = new.title.trim();
    if title.is_empty() || title.chars().count() > MOST_TITLE || title.chars().any(char::is_control) {
        return Err(Error::of(&codes::CASE_TITLE));
    }
    let text = text(new.text)?;
    let things = sayings(db, rules, new.things, who.now).await?;
    let case: CaseId = ids.next();
    let mut tx = db.begin().await?;
    sqlx::query(sql::OPEN).bind(case.to_string()).bind(title).bind(who.label).bind(who.now.0).execute(tx.conn()).await?;
    let mut writing = Writing { tx, ids, who, case };
    writing.step(&Done::Opened { title: title.to_owned() }, None).await?;
    writing.put(things, None).await?;
    if let Some(text) = text {
        writing.step(&Done::Noted { text }, None).await?;
    }
    writing.tx.commit().await?;
    Ok(case)
}

/// Puts things into a case; what is in it already stays as it was put in. Gives how many were new.
///
/// Errors: `case_closed`; `invalid` when it would be too many; `not_found`, `unknown_class`, `unknown_lesson`, `unknown_trainee` for what there is not.
pub async fn add(db: &Db, rules: &Rules, ids: &Ids, case: CaseId, things: &[Thing], reason: Option<&str>, who: Who<'_>) -> Result<usize> {
    let reason = text(reason)?;
    let things = sayings(db, rules, things, who.now).await?;
    let mut writing = Writing::begin(db, ids, case, "open", who).await?;
    let new = writing.put(things, reason).await?;
    if new > 0 {
        writing.tx.commit().await?;
    }
    Ok(new)
}

/// Takes out what a step put in. The case remembers that it was there.
///
/// Errors: `case_closed`; `not_found` when nothing in the case was put in by this step.
pub async fn remove(db: &Db, ids: &Ids, case: CaseId, item: CaseStepId, reason: Option<&str>, who: Who<'_>) -> Result<()> {
    let reason = text(reason)?;
    let mut writing = Writing::begin(db, ids, case, "open", who).await?;
    let taken = sqlx::query(sql::TAKE_ITEM).bind(case.to_string()).bind(item.to_string()).fetch_optional(writing.tx.conn()).await?;
    let Some(taken) = taken else {
        return Err(Error::new(&codes::NOT_FOUND, "The case has no such item; GET /v1/cases/{id} lists them with their ids."));
    };
    let thing = Thing { kind: Kind::read(&taken.text("kind"))?, id: taken.id("subject_id")? };
    writing.step(&Done::Removed { thing, added: item, text: reason }, Some(thing)).await?;
    writing.tx.commit().await
}

/// Writes a note.
///
/// Errors: `case_closed`; `invalid` when there is nothing in it, or too much.
pub async fn note(db: &Db, ids: &Ids, case: CaseId, words: &str, who: Who<'_>) -> Result<()> {
    let Some(text) = text(Some(words))? else {
        return Err(Error::new(&codes::INVALID, "A note says something; send text."));
    };
    let mut writing = Writing::begin(db, ids, case, "open", who).await?;
    writing.room().await?;
    writing.step(&Done::Noted { text }, None).await?;
    writing.tx.commit().await
}

/// Closes a case with what it puts at risk now. Errors: `case_closed`.
pub async fn close(db: &Db, ids: &Ids, case: CaseId, outcome: Outcome, words: Option<&str>, who: Who<'_>) -> Result<()> {
    let text = text(words)?;
    let mut writing = Writing::begin(db, ids, case, "open", who).await?;
    let stakes = sqlx::query(sql::STAKES).bind(case.to_string()).fetch_all(writing.tx.conn()).await?;
    let money_fen = stakes_of(&stakes);
    let set = sqlx::query(sql::SET_STATUS).bind(case.to_string()).bind("closed").bind(Some(outcome.as_str()));
    set.execute(writing.tx.conn()).await?;
    writing.step(&Done::Closed { outcome, money_fen, text }, None).await?;
    writing.tx.commit().await
}

/// Opens a closed case again, for a reason.
///
/// Errors: `case_open`; `invalid` without a reason.
pub async fn reopen(db: &Db, ids: &Ids, case: CaseId, reason: &str, who: Who<'_>) -> Result<()> {
    let Some(text) = text(Some(reason))? else {
        return Err(Error::new(&codes::INVALID, "A case is opened again for a reason; send reason."));
    };
    let mut writing = Writing::begin(db, ids, case, "closed", who).await?;
    let set = sqlx::query(sql::SET_STATUS).bind(case.to_string()).bind("open").bind(None::<String>);
    set.execute(writing.tx.conn()).await?;
    writing.step(&Done::Reopened { text }, None).await?;
    writing.tx.commit().await
}

/// What a person wrote, trimmed; `None` for nothing.
fn text(words: Option<&str>) -> Result<Option<String>> {
    let Some(words) = words.map(str::trim).filter(|words| !words.is_empty()) else { return Ok(None) };
    let unreadable = words.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'));
    if words.chars().count() > MOST_TEXT || unreadable {
        return Err(Error::new(&codes::INVALID, format!("A note is at most {MOST_TEXT} characters without control characters.")));
    }
    Ok(Some(words.replace("\r\n", "\n")))
}

type Saying = (Thing, serde_json::Value, i64);

/// What all of them say now, each once.
async fn sayings(db: &Db, rules: &Rules, things: &[Thing], now: Time) -> Result<Vec<Saying>> {
    if things.len() as i64 > MOST_ITEMS {
        return Err(too_many());
    }
    let mut sayings: Vec<Saying> = Vec::with_capacity(things.len());
    for thing in things {
        if sayings.iter().all(|(known, ..)| known != thing) {
            let (said, fen) = said(db, rules, *thing, now).await?;
            sayings.push((*thing, said, fen));
        }
    }
    Ok(sayings)
}

fn too_many() -> Error {
    Error::new(&codes::INVALID, format!("A case has at most {MOST_ITEMS} items and {MOST_STEPS} steps; open another one beside it."))
}

/// A case that is written to; nobody else writes to it meanwhile.
struct Writing<'a> {
    tx: Tx,
    ids: &'a Ids,
    who: Who<'a>,
    case: CaseId,
}

impl<'a> Writing<'a> {
    /// Holds a case that must have this status.
    async fn begin(db: &Db, ids: &'a Ids, case: CaseId, status: &'static str, who: Who<'a>) -> Result<Writing<'a>> {
        let mut tx = db.begin().await?;
        let held = sqlx::query(sql::HOLD).bind(case.to_string()).bind(who.now.0).bind(status).fetch_optional(tx.conn()).await?;
        if held.is_some() {
            return Ok(Writing { tx, ids, who, case });
        }
        let known = sqlx::query(sql::KNOWN).bind(case.to_string()).fetch_optional(tx.conn()).await?;
        Err(match known {
            None => unknown(),
            Some(_) if status == "open" => Error::of(&codes::CASE_CLOSED),
            Some(_) => Error::of(&codes::CASE_OPEN),
        })
    }

    /// Puts in what is not there yet, and gives how many that were.
    async fn put(&mut self, sayings: Vec<Saying>, text: Option<String>) -> Result<usize> {
        let mut new = 0;
        for (thing, said, fen) in sayings {
            let (case, kind, id) = (self.case.to_string(), thing.kind.as_str(), thing.id.to_string());
            let has = sqlx::query(sql::HAS).bind(&case).bind(kind).bind(&id).fetch_optional(self.tx.conn()).await?;
            if has.is_some() {
                continue;
            }
            self.room().await?;
            let step = self.step(&Done::Added { thing, said, text: text.clone() }, Some(thing)).await?;
            let item = sqlx::query(sql::PUT_ITEM).bind(case).bind(kind).bind(id).bind(step.to_string()).bind(fen);
            item.execute(self.tx.conn()).await?;
            new += 1;
        }
        let items: i64 = sqlx::query(sql::COUNT_ITEMS).bind(self.case.to_string()).fetch_one(self.tx.conn()).await?.get(0);
        if items > MOST_ITEMS { Err(too_many()) } else { Ok(new) }
    }

    /// Refuses a step more than a case has.
    async fn room(&mut self) -> Result<()> {
        let last = sqlx::query(sql::LAST).bind(self.case.to_string()).fetch_optional(self.tx.conn()).await?;
        if last.is_some_and(|last| last.int("number") >= MOST_STEPS) { Err(too_many()) } else { Ok(()) }
    }

    /// Keeps a step with its leaf and its line in the trail.
    async fn step(&mut self, done: &Done, thing: Option<Thing>) -> Result<CaseStepId> {
        let case = self.case.to_string();
        let last = sqlx::query(sql::LAST).bind(&case).fetch_optional(self.tx.conn()).await?;
        let (number, before) = match &last {
            Some(last) => (last.int("number") + 1, Some(last.digest("digest")?)),
            None => (1, None),
        };
        let (who, id) = (self.who, self.ids.next());
        let new = New { id, case: self.case, number, before, done, by: (who.label, who.name), at: who.now, salt: chance::<16>() };
        let document = new.document()?;
        let digest = Digest::of(document.as_bytes());
        let leaf = seal::stage(&mut self.tx, &Leaf::new("case_step", new.leaf(digest))?, self.ids, who.now).await?;
        sqlx::query(sql::STEP)
            .bind(id.to_string())
            .bind(&case)
            .bind(number)
            .bind(done.word())
            .bind(who.label)
            .bind(who.now.0)
            .bind(document)
            .bind(digest.0.to_vec())
            .bind(leaf.to_string())
            .execute(self.tx.conn())
            .await?;
        let action = match done {
            Done::Opened { .. } => "case.opened",
            Done::Added { .. } => "case.item_added",
            Done::Removed { .. } => "case.item_removed",
            Done::Noted { .. } => "case.noted",
            Done::Closed { .. } => "case.closed",
            Done::Reopened { .. } => "case.reopened",
        };
        let detail = match (done, thing) {
            (Done::Closed { outcome, .. }, _) => Some(outcome.as_str().to_owned()),
            (_, Some(thing)) => Some(format!("{} {}", thing.kind.as_str(), thing.id)),
            _ => None,
        };
        let line = trail::Note { actor: who.label, action, subject_kind: "case", subject_id: &case, detail: detail.as_deref() };
        trail::note(&mut self.tx, self.ids, who.now, line).await?;
        Ok(id)
    }
}
