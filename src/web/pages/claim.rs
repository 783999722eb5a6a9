//! The claim of a class: its gaps before it is filed, filing it, and what becomes of it.

use super::frame::Frame;
use super::money::{GapLine, Money, lines};
use super::reader::Reader;
use super::visit::{self, Visit};
use crate::audit::{claim as audit, overview};
use crate::error::{Error, Result, codes};
use crate::ids::ClassId;
use crate::pipeline::money::{self, Gaps};
use crate::receive::Right;
use crate::register::class::Decision;
use crate::register::money::claim::{self, NewDecision, NewSettlement, Sums};
use crate::register::money::prepayment::{self, NewPrepayment};
use crate::register::{Class, certificate, class};
use crate::time::Time;
use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;

/// A step in the life of a claim.
#[derive(Clone, Debug)]
pub struct Event {
    /// Where the claim stood after it.
    pub state: &'static str,
    /// Who.
    pub by: String,
    /// When.
    pub at: Time,
    /// Granted or paid, in fen.
    pub fen: Option<i64>,
    /// The day of payment.
    pub paid_on: Option<String>,
    /// Why, or the payment's reference.
    pub text: Option<String>,
    /// Index of the leaf that seals it.
    pub leaf: Option<u64>,
}

/// A claim that was filed.
#[derive(Clone, Debug)]
pub struct Filed {
    /// Where it stands.
    pub state: &'static str,
    /// Claimed, in fen.
    pub fen: i64,
    /// Paid in advance, in fen.
    pub prepaid: i64,
    /// Granted, in fen.
    pub granted: Option<i64>,
    /// Granted less what was paid in advance, in fen.
    pub balance: Option<i64>,
    /// The gaps that were stated.
    pub gaps: Vec<GapLine>,
    /// Who filed it.
    pub by: String,
    /// When.
    pub at: Time,
    /// SHA-256 of what was claimed.
    pub digest: String,
    /// Index of the leaf that seals it.
    pub leaf: Option<u64>,
    /// What became of it.
    pub events: Vec<Event>,
}

/// What the reader may do here.
#[derive(Clone, Copy, Debug, Default)]
pub struct May {
    /// File the claim.
    pub file: bool,
    /// Decide and settle it, and record a prepayment.
    pub decide: bool,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "claim.html")]
pub struct Claim {
    /// Surroundings.
    pub frame: Frame,
    /// The class.
    pub class: String,
    /// Its title.
    pub class_title: String,
    /// The money of the class as it stands now.
    pub money: Money,
    /// The claim that counts.
    pub filed: Option<Filed>,
    /// Open findings and the money at risk in them, for those who see findings.
    pub findings: Option<(i64, i64)>,
    /// What the reader may do.
    pub may: May,
}

impl Claim {
    /// Whether a claim can be filed now: there is none, or it was returned.
    pub fn open(&self) -> bool {
        self.filed.as_ref().is_none_or(|filed| filed.state == "returned")
    }

    /// Whether a prepayment can be recorded still.
    pub fn prepays(&self) -> bool {
        self.may.decide && self.money.prepayment.is_some() && self.money.prepaid.is_none() && self.money.claim != Some("settled")
    }

    /// The claim of a class as the reader may see it.
    pub async fn read(reader: Reader<'_>, id: ClassId, may: May) -> Result<Claim> {
        let class = overview::class(reader.db, &reader.scope, id).await?.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))?;
        let findings = if reader.findings { Some(audit::findings(reader.db, id).await?) } else { None };
        Ok(Claim {
            class: id.to_string(),
            class_title: class.title,
            money: Money::read(&reader, id).await?,
            filed: filed(&reader, id).await?,
            findings,
            may,
            frame: reader.frame,
        })
    }
}

async fn filed(reader: &Reader<'_>, id: ClassId) -> Result<Option<Filed>> {
    let Some(kept) = claim::live(reader.db, id).await? else { return Ok(None) };
    let steps = claim::events(reader.db, kept.id).await?;
    let prepaid = prepayment::of_class(reader.db, id).await?.map_or(0, |prepaid| prepaid.amount_fen);
    let sums = Sums::of(&kept, &steps, prepaid);
    let mut events = Vec::with_capacity(steps.len());
    for step in steps {
        events.push(Event {
            state: step.state.as_str(),
            by: overview::actor(reader.db, &step.actor).await?,
            at: step.at,
            fen: step.amount_fen,
            paid_on: step.paid_on.map(|day| day.to_string()),
            text: step.remark.map(|remark| remark.text),
            leaf: leaf(reader, step.leaf).await?,
        });
    }
    Ok(Some(Filed {
        state: kept.state.as_str(),
        fen: kept.amount_fen,
        prepaid: sums.prepaid_fen,
        granted: sums.granted_fen,
        balance: sums.balance_fen,
        gaps: lines(reader.frame.lang, &kept.gaps),
        by: overview::actor(reader.db, &kept.actor).await?,
        at: kept.filed_at,
        digest: kept.digest.to_string(),
        leaf: leaf(reader, kept.leaf).await?,
        events,
    }))
}

async fn leaf(reader: &Reader<'_>, leaf: Option<crate::ids::LeafId>) -> Result<Option<u64>> {
    match leaf {
        Some(leaf) => overview::leaf_index(reader.db, leaf).await,
        None => Ok(None),
    }
}

/// `GET /classes/{id}/claim`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    let actor = &visit.person.actor;
    let may = May { file: actor.role.may(Right::Plan), decide: actor.role.may(Right::Decide) };
    let page = match visit::id(&id) {
        Ok(class) => Claim::read(visit.reader(), class, may).await,
        Err(error) => Err(error),
    };
    visit.answer_named("class", &id, page).await
}

/// The class of a form, if the person may do this to it.
async fn class_of(visit: &Visit, csrf: &str, right: Right, id: &str) -> Result<Class> {
    visit.check(csrf)?;
    visit.person.actor.require(right)?;
    let class = class::by_id(&visit.app.db, visit::id(id)?).await?;
    visit.person.actor.require_class(&class)?;
    Ok(class)
}

/// What the form that files a claim sends.
#[derive(Debug, Deserialize)]
pub struct Filing {
    csrf: String,
    #[serde(default)]
    gaps: String,
}

/// `POST /classes/{id}/claim`
pub async fn file(visit: Visit, Path(id): Path<String>, Form(sent): Form<Filing>) -> Response {
    let done = async {
        let class = class_of(&visit, &sent.csrf, Right::Plan, &id).await?;
        let gaps = if sent.gaps == "stated" { Gaps::Stated } else { Gaps::None };
        money::file(&visit.app, &visit.person.actor, &class, gaps).await.map(drop)
    };
    visit.back(done.await, &format!("/classes/{id}/claim"))
}

/// What the form that enters certificates sends.
#[derive(Debug, Deserialize)]
pub struct Entered {
    csrf: String,
    list: String,
}

/// `POST /classes/{id}/certificates`
pub async fn certify(visit: Visit, Path(id): Path<String>, Form(sent): Form<Entered>) -> Response {
    let done = async {
        let class = class_of(&visit, &sent.csrf, Right::Plan, &id).await?;
        let list = tokio::task::spawn_blocking(move || certificate::read(sent.list.as_bytes())).await.map_err(Error::internal)??;
        money::certify(&visit.app, &visit.person.actor, &class, list).await.map(drop)
    };
    visit.back(done.await.map_err(told_by_row), &format!("/classes/{id}/claim#certificates"))
}

/// An error whose sentence names the first rows at fault: the page of what went wrong has no list.
fn told_by_row(mut error: Error) -> Error {
    for row in error.rows.iter().take(5) {
        error.message.push_str(&format!(" [{}] {}", row.row, row.message));
    }
    error
}

/// What the form of a decision sends.
#[derive(Debug, Deserialize)]
pub struct Decided {
    csrf: String,
    decision: Decision,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    reason: String,
}

/// `POST /classes/{id}/claim/decision`
pub async fn decide(visit: Visit, Path(id): Path<String>, Form(sent): Form<Decided>) -> Response {
    let done = async {
        let class = class_of(&visit, &sent.csrf, Right::Decide, &id).await?;
        let amount_fen = if sent.decision == Decision::Approve { yuan(&sent.amount)? } else { None };
        let new = NewDecision { decision: sent.decision, amount_fen, reason: Some(sent.reason) };
        money::decide(&visit.app, &visit.person.actor, &class, &new).await
    };
    visit.back(done.await, &format!("/classes/{id}/claim"))
}

/// What the form of a payment sends.
#[derive(Debug, Deserialize)]
pub struct Paid {
    csrf: String,
    #[serde(default)]
    amount: String,
    paid_on: String,
    #[serde(default)]
    reference: String,
}

impl Paid {
    fn day(&self) -> Result<chrono::NaiveDate> {
        self.paid_on.trim().parse().map_err(|_| Error::new(&codes::INVALID, "The day of payment is a day such as 2020-03-05."))
    }
}

/// `POST /classes/{id}/claim/settlement`
pub async fn settle(visit: Visit, Path(id): Path<String>, Form(sent): Form<Paid>) -> Response {
    let done = async {
        let class = class_of(&visit, &sent.csrf, Right::Decide, &id).await?;
        let new = NewSettlement { paid_on: sent.day()?, reference: Some(sent.reference) };
        money::settle(&visit.app, &visit.person.actor, &class, &new).await
    };
    visit.back(done.await, &format!("/classes/{id}/claim"))
}

/// `POST /classes/{id}/prepayment`
pub async fn prepay(visit: Visit, Path(id): Path<String>, Form(sent): Form<Paid>) -> Response {
    let done = async {
        let class = class_of(&visit, &sent.csrf, Right::Decide, &id).await?;
        let amount_fen = yuan(&sent.amount)?.ok_or_else(|| Error::new(&codes::INVALID, "Write how much was paid, in yuan."))?;
        let new = NewPrepayment { amount_fen, paid_on: sent.day()?, reference: Some(sent.reference) };
        money::prepay(&visit.app, &visit.person.actor, &class, &new).await.map(drop)
    };
    visit.back(done.await, &format!("/classes/{id}/claim"))
}

/// Yuan as a person types them, `1,080` or `¥1080.5`, in fen; `None` for nothing.
fn yuan(text: &str) -> Result<Option<i64>> {
    let plain: String =
        text.chars().filter(|letter| !letter.is_whitespace() && !matches!(letter, ',' | '，' | '¥' | '￥' | '元')).collect();
    if plain.is_empty() {
        return Ok(None);
    }
    let refused = || Error::new(&codes::INVALID, "An amount is yuan with at most two decimals, such as 1080.50.");
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || part.len() > 2 || !digits(whole) || !digits(part) {
        return Err(refused());
    }
    let fen = whole.parse::<i64>().map_err(|_| refused())? * 100 + format!("{part:0<2}").parse::<i64>().map_err(|_| refused())?;
    Ok(Some(fen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_people_type_it_and_nothing_is_guessed() {
        let fen = |text| yuan(text).map(|fen| fen.unwrap_or(-1)).map_err(|error| error.code);
        assert_eq!([fen("1080"), fen("¥1,080.5"), fen("0.05 元"), fen(" ")], [Ok(108_000), Ok(108_050), Ok(5), Ok(-1)]);
        for bad in ["1.005", "-1", "1e3", ".", "1.2.3", "9999999999999"] {
            assert_eq!(fen(bad), Err("invalid"), "{bad}");
        }
    }
}
