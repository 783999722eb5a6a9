//! Personal data in the clear: shown for a reason, to those whose work needs it, and each look is in the trail before anybody sees it.

pub mod account;
pub mod correction;
pub mod mask;
pub mod numbers;
pub mod phone;
pub(crate) mod sql;

use super::roster::{self, Revealed, Trainee};
use super::secrets::{Indexed, Secrets};
use super::trail;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::{Ids, PersonId, ProviderId, TraineeId};
use crate::time::{HOUR, Time};
use serde::Serialize;
use sqlx::Row;
use sqlx::any::AnyRow;

/// Looks at personal data in the clear that one login or token has in an hour: a desk where somebody works through a class has enough, and
/// who means to take a deployment's people away does not.
pub const LOOKS_PER_HOUR: i64 = 120;
/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// What showing personal data needs.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    /// Database.
    pub db: &'a Db,
    /// Ids.
    pub ids: &'a Ids,
    /// Keys.
    pub secrets: &'a Secrets,
}

/// A reason that may stand in the trail.
///
/// Errors: `invalid` when it is empty or too long, or holds what looks like a number or address of a person.
pub fn reason(text: &str) -> Result<&str> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_REASON {
        return Err(Error::new(&codes::INVALID, format!("Say why in reason: 1 to {LONGEST_REASON} characters.")));
    }
    let digits = text.chars().fold((0, 0), |(run, most), c| if c.is_numeric() { (run + 1, most.max(run + 1)) } else { (0, most) }).1;
    if digits >= 8 || text.contains(['@', '＠']) {
        return Err(Error::new(&codes::INVALID, "The reason stands in the trail: leave numbers and addresses of people out of it."));
    }
    Ok(text)
}

/// Refuses who has looked too often in the hour before.
///
/// Errors: `too_many_looks`.
pub async fn may_look(db: &Db, actor: &str, now: Time) -> Result<()> {
    let row = sqlx::query(sql::LOOKS_OF).bind(actor).bind(now.plus(-HOUR).0).fetch_one(db.read()).await?;
    if row.int("n") >= LOOKS_PER_HOUR { Err(Error::of(&codes::TOO_MANY_LOOKS)) } else { Ok(()) }
}

/// The personal data of a trainee in the clear; the look, with its reason, is in the trail before it is returned.
///
/// Errors: `invalid` for a reason that is none, `too_many_looks`.
pub async fn reveal(tools: Tools<'_>, actor: &str, trainee: &Trainee, why: &str, now: Time) -> Result<Revealed> {
    let why = reason(why)?;
    may_look(tools.db, actor, now).await?;
    let revealed = trainee.reveal(tools.secrets)?;
    let subject = trainee.id.to_string();
    let line = trail::Note { actor, action: "personal.seen", subject_kind: "trainee", subject_id: &subject, detail: Some(why) };
    trail::record(tools.db, tools.ids, now, line).await?;
    Ok(revealed)
}

/// Who has this ID number, if anybody whom a roster names.
pub async fn person(db: &Db, secrets: &Secrets, id_number: &str) -> Result<Option<PersonId>> {
    let index = secrets.index(Indexed::IdNumber, &roster::normal_id_number(id_number));
    let row = sqlx::query(sql::PERSON).bind(index.to_vec()).fetch_optional(db.read()).await?;
    row.map(|row| row.id("id")).transpose()
}

/// Where a person stands on a roster.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The trainee there.
    pub trainee: TraineeId,
    /// Since when.
    pub since: Time,
    /// Since when no more.
    pub withdrawn: Option<Time>,
}

/// Every roster that a person stands on or stood on, of one provider where it is named; the oldest first.
pub async fn entries(db: &Db, person: PersonId, provider: Option<ProviderId>) -> Result<Vec<Entry>> {
    let provider = provider.map(|id| id.to_string()).unwrap_or_default();
    let rows = sqlx::query(sql::TRAINEES_OF_PERSON).bind(person.to_string()).bind(provider).fetch_all(db.read()).await?;
    let entry = |row: &AnyRow| Ok(Entry { trainee: row.id("id")?, since: row.time("created_at"), withdrawn: row.time_opt("withdrawn_at") });
    rows.iter().map(entry).collect()
}

/// A certificate as kept of a trainee, its number in the clear.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// `qualified`, `skill_level`, `vocational` or `special_operation`.
    pub kind: String,
    /// Its number.
    pub number: Option<String>,
    /// The day on it.
    pub issued_on: String,
    /// What shows it.
    pub evidence: Option<String>,
    /// When it was entered.
    pub at: Time,
    /// When another took its place, or it was taken back.
    pub replaced_at: Option<Time>,
}

/// The certificates of a trainee, those replaced too.
pub async fn certificates(db: &Db, secrets: &Secrets, trainee: TraineeId) -> Result<Vec<Held>> {
    let rows = sqlx::query(sql::CERTIFICATES_OF).bind(trainee.to_string()).fetch_all(db.read()).await?;
    let held = |row: &AnyRow| {
        Ok(Held {
            kind: row.text("kind"),
            number: row.get::<Option<Vec<u8>>, _>("number_sealed").map(|sealed| secrets.open(&sealed)).transpose()?,
            issued_on: row.text("issued_on"),
            evidence: row.text_opt("evidence_id"),
            at: row.time("at"),
            replaced_at: row.time_opt("replaced_at"),
        })
    };
    rows.iter().map(held).collect()
}

/// A line of the trail with what it is about.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its id: the newest has the highest.
    pub id: String,
    /// When.
    pub at: Time,
    /// Who: `token:<id>`, `login:<id>` or `keshi`.
    pub actor: String,
    /// What, such as `personal.seen`.
    pub action: String,
    /// About which kind of thing.
    pub subject_kind: String,
    /// Which one.
    pub subject_id: String,
    /// More.
    pub detail: Option<String>,
}

fn line(row: &AnyRow) -> Line {
    Line {
        id: row.text("id"),
        at: row.time("at"),
        actor: row.text("actor"),
        action: row.text("action"),
        subject_kind: row.text("subject_kind"),
        subject_id: row.text("subject_id"),
        detail: row.text_opt("detail"),
    }
}

/// Lines about one thing, the newest first, behind one where it is named.
pub async fn trail_of(db: &Db, subject_kind: &str, subject_id: &str, before: &str, limit: i64) -> Result<Vec<Line>> {
    let query = sqlx::query(sql::TRAIL_PAGE).bind(subject_kind).bind(subject_id).bind(before).bind(limit);
    Ok(query.fetch_all(db.read()).await?.iter().map(line).collect())
}

/// Lines about a trainee and about the roster it is on, the newest first.
pub async fn trail_of_trainee(db: &Db, trainee: &Trainee, limit: i64) -> Result<Vec<Line>> {
    let query = sqlx::query(sql::TRAIL_OF_TRAINEE).bind(trainee.id.to_string()).bind(trainee.class.to_string()).bind(limit);
    Ok(query.fetch_all(db.read()).await?.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_said_and_holds_no_number_or_address_of_a_person() {
        assert_eq!(reason(" 核对第3期花名册 2020-03-03 ").expect("taken"), "核对第3期花名册 2020-03-03");
        for refused in ["", "  ", "查 13800000000", "１３８０００００００００", "写给 a@example.org", &"长".repeat(501)] {
            assert_eq!(reason(refused).expect_err(refused).code, "invalid");
        }
    }
}
