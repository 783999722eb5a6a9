//! What a person asks to be corrected of what is kept of them (个人信息保护法 Art. 46): asked, seen by the provider, who corrects the roster, and
//! closed with what became of it. Evidence is never corrected: its bytes stay as they were received.

use super::{Tools, reason, sql};
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, CorrectionId, ProviderId, TraineeId};
use crate::register::{Trainee, secrets::Secrets, trail};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

/// Longest text of what is right and why, in characters.
const LONGEST: usize = 1000;

/// What is said to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The name.
    Name,
    /// The ID number.
    IdNumber,
    /// The phone.
    Phone,
    /// The e-mail address.
    Email,
    /// The category of trainee.
    Category,
    /// Credited hours: whoever decides looks at the trace.
    Hours,
    /// A certificate.
    Certificate,
    /// Anything else.
    Other,
}

impl Field {
    /// All of them, in the order of a form.
    pub const ALL: [Field; 8] =
        [Field::Name, Field::IdNumber, Field::Phone, Field::Email, Field::Category, Field::Hours, Field::Certificate, Field::Other];

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::IdNumber => "id_number",
            Field::Phone => "phone",
            Field::Email => "email",
            Field::Category => "category",
            Field::Hours => "hours",
            Field::Certificate => "certificate",
            Field::Other => "other",
        }
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has decided.
    Open,
    /// It was corrected.
    Corrected,
    /// It was not, for the reason of its outcome.
    Declined,
}

impl State {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Corrected => "corrected",
            State::Declined => "declined",
        }
    }
}

/// A request as sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct New {
    /// What is wrong.
    pub field: Field,
    /// What is right, and why: encrypted.
    pub reason: String,
}

/// How a request is closed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// `corrected` or `declined`.
    pub state: State,
    /// Why; needed to decline.
    pub outcome: Option<String>,
}

/// A request as kept.
#[derive(Clone, Debug)]
pub struct Correction {
    /// Its id.
    pub id: CorrectionId,
    /// The class.
    pub class: ClassId,
    /// The class's title.
    pub class_title: String,
    /// Who it is about.
    pub trainee: TraineeId,
    /// The provider's id of them.
    pub external_id: String,
    /// Their name.
    pub name: String,
    /// What is wrong, as in JSON.
    pub field: String,
    /// `open`, `corrected` or `declined`.
    pub state: String,
    /// Why it was closed as it was.
    pub outcome: Option<String>,
    /// Who took it down.
    pub actor: String,
    /// When.
    pub at: Time,
    /// Who closed it.
    pub closed_by: Option<String>,
    /// When.
    pub closed_at: Option<Time>,
    reason_sealed: Vec<u8>,
}

impl Correction {
    /// What is said to be right, and why.
    pub fn reason(&self, secrets: &Secrets) -> Result<String> {
        secrets.open(&self.reason_sealed)
    }
}

fn correction(row: &AnyRow) -> Result<Correction> {
    Ok(Correction {
        id: row.id("id")?,
        class: row.id("class_id")?,
        class_title: row.text("title"),
        trainee: row.id("trainee_id")?,
        external_id: row.text("external_id"),
        name: row.text("name"),
        field: row.text("field"),
        state: row.text("state"),
        outcome: row.text_opt("outcome"),
        actor: row.text("actor"),
        at: row.time("at"),
        closed_by: row.text_opt("closed_by"),
        closed_at: row.time_opt("closed_at"),
        reason_sealed: row.get("reason_sealed"),
    })
}

/// Takes a request down.
///
/// Errors: `invalid` without a reason.
pub async fn ask(tools: Tools<'_>, actor: &str, trainee: &Trainee, new: &New, now: Time) -> Result<CorrectionId> {
    let text = new.reason.trim();
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(Error::new(&codes::INVALID, format!("Say in reason what is right and why: 1 to {LONGEST} characters.")));
    }
    let id: CorrectionId = tools.ids.next();
    let mut tx = tools.db.begin().await?;
    sqlx::query(sql::ADD_CORRECTION)
        .bind(id.to_string())
        .bind(trainee.class.to_string())
        .bind(trainee.id.to_string())
        .bind(new.field.as_str())
        .bind(tools.secrets.seal(text))
        .bind(actor)
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    let subject = trainee.id.to_string();
    let (action, detail) = ("correction.asked", Some(new.field.as_str()));
    trail::note(&mut tx, tools.ids, now, trail::Note { actor, action, subject_kind: "trainee", subject_id: &subject, detail }).await?;
    tx.commit().await?;
    Ok(id)
}

/// Closes a request; nothing but its own state changes.
///
/// Errors: `invalid` for `open`, or without an outcome where one is due; `duplicate` when it was closed before.
pub async fn close(tools: Tools<'_>, actor: &str, of: &Correction, how: &Close, now: Time) -> Result<()> {
    let outcome = how.outcome.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(reason).transpose()?;
    if how.state == State::Open || how.state == State::Declined && outcome.is_none() {
        return Err(Error::new(&codes::INVALID, "Close it as corrected, or as declined with an outcome that says why."));
    }
    let mut tx = tools.db.begin().await?;
    let done = sqlx::query(sql::CLOSE_CORRECTION)
        .bind(of.id.to_string())
        .bind(how.state.as_str())
        .bind(outcome)
        .bind(actor)
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::new(&codes::DUPLICATE, "This request was closed before; take a new one down."));
    }
    let subject = of.trainee.to_string();
    let (action, detail) = ("correction.closed", Some(how.state.as_str()));
    trail::note(&mut tx, tools.ids, now, trail::Note { actor, action, subject_kind: "trainee", subject_id: &subject, detail }).await?;
    tx.commit().await
}

/// One request.
pub async fn by_id(db: &Db, id: CorrectionId) -> Result<Correction> {
    let row = sqlx::query(sql::CORRECTION).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(correction).transpose()?.ok_or_else(|| Error::of(&codes::NOT_FOUND))
}

/// The requests about a trainee, the newest first.
pub async fn of_trainee(db: &Db, trainee: TraineeId) -> Result<Vec<Correction>> {
    sqlx::query(sql::CORRECTIONS_OF).bind(trainee.to_string()).fetch_all(db.read()).await?.iter().map(correction).collect()
}

/// Requests, the newest first: of one provider where it is named, in one state where it is, behind one where it is.
pub async fn list(db: &Db, provider: Option<ProviderId>, state: Option<State>, before: &str, limit: i64) -> Result<Vec<Correction>> {
    let rows = sqlx::query(sql::CORRECTIONS)
        .bind(provider.map(|id| id.to_string()).unwrap_or_default())
        .bind(state.map(State::as_str).unwrap_or_default())
        .bind(before)
        .bind(limit)
        .fetch_all(db.read())
        .await?;
    rows.iter().map(correction).collect()
}
