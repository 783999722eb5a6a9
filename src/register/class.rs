//! Classes (班次): the opening application and what it plans.

use super::opening::again;
use super::{Reference, life, provider, reference, secrets::Secrets, sql, trail};
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, Ids, ProviderId};
use crate::time::Time;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;

/// Lesson hours in thousandths; on the wire a number or a decimal string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HoursMilli(pub i64);

impl<'de> Deserialize<'de> for HoursMilli {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<HoursMilli, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = match &value {
            serde_json::Value::Number(number) => number.to_string(),
            serde_json::Value::String(text) => text.clone(),
            _ => String::new(),
        };
        HoursMilli::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("lesson hours are a number from 0 to 100000 with at most three decimals"))
    }
}

impl Serialize for HoursMilli {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1000 == 0 { serializer.serialize_i64(self.0 / 1000) } else { serializer.serialize_f64(self.0 as f64 / 1000.0) }
    }
}

impl HoursMilli {
    /// From a decimal such as `2`, `1.5` or `0.125`; nothing else.
    pub fn parse(text: &str) -> Option<HoursMilli> {
        let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let part = part.trim_end_matches('0');
        if whole.is_empty() || whole.len() > 6 || part.len() > 3 || !digits(whole) || !digits(part) {
            return None;
        }
        let milli = whole.parse::<i64>().ok()? * 1000 + format!("{part:0<3}").parse::<i64>().ok()?;
        (milli <= 100_000_000).then_some(HoursMilli(milli))
    }
}

/// Lesson hours by kind and mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// All lesson hours.
    pub total: HoursMilli,
    /// Those online.
    pub online: HoursMilli,
    /// Those of theory.
    pub theory: HoursMilli,
    /// Those of practice.
    pub practice: HoursMilli,
}

/// The current standard (现行补贴标准) per person by certificate, in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standards {
    /// 培训合格证.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualified: Option<i64>,
    /// 职业技能等级证.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_level: Option<i64>,
    /// 职业资格证.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocational: Option<i64>,
    /// 特种作业操作证.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special_operation: Option<i64>,
}

impl Standards {
    /// These, and the others' where one is not named here.
    pub fn or(self, others: Standards) -> Standards {
        Standards {
            qualified: self.qualified.or(others.qualified),
            skill_level: self.skill_level.or(others.skill_level),
            vocational: self.vocational.or(others.vocational),
            special_operation: self.special_operation.or(others.special_operation),
        }
    }

    /// By the word of each certificate, those that are named.
    pub fn named(&self) -> Vec<(&'static str, i64)> {
        let words = ["qualified", "skill_level", "vocational", "special_operation"];
        words.into_iter().zip(self.each()).filter_map(|(word, fen)| Some((word, fen?))).collect()
    }

    /// Errors: `invalid` for an amount that can be none.
    pub fn check(&self) -> Result<()> {
        if self.each().into_iter().flatten().any(|fen| !(0..=100_000_000).contains(&fen)) {
            return Err(Error::new(&codes::INVALID, "standards_fen are whole fen from 0 to 100000000."));
        }
        Ok(())
    }

    /// All four, in the order of [`CertificateKind::ALL`].
    pub fn each(&self) -> [Option<i64>; 4] {
        [self.qualified, self.skill_level, self.vocational, self.special_operation]
    }

    /// The one that a certificate leads to.
    pub fn of(&self, kind: CertificateKind) -> Option<i64> {
        self.each()[kind as usize]
    }
}

/// A certificate that the final standard is determined by (notice, 五（三）).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateKind {
    /// 培训合格证.
    Qualified,
    /// 职业技能等级证.
    SkillLevel,
    /// 职业资格证.
    Vocational,
    /// 特种作业操作证.
    SpecialOperation,
}

impl CertificateKind {
    /// All of them, in the order in which the notice names them.
    pub const ALL: [CertificateKind; 4] =
        [CertificateKind::Qualified, CertificateKind::SkillLevel, CertificateKind::Vocational, CertificateKind::SpecialOperation];

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            CertificateKind::Qualified => "qualified",
            CertificateKind::SkillLevel => "skill_level",
            CertificateKind::Vocational => "vocational",
            CertificateKind::SpecialOperation => "special_operation",
        }
    }

    /// As the notice calls it.
    pub fn zh(self) -> &'static str {
        match self {
            CertificateKind::Qualified => "培训合格证",
            CertificateKind::SkillLevel => "职业技能等级证",
            CertificateKind::Vocational => "职业资格证",
            CertificateKind::SpecialOperation => "特种作业操作证",
        }
    }
}

/// The occupation or job trained for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trade {
    /// Code of the 2015 occupational classification.
    pub code: String,
    /// Name.
    pub name: String,
}

/// Kind of opening application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Application {
    /// The full plan before training.
    Full,
    /// A class already running: the online plan for the remaining theory hours.
    RemainingTheory,
    /// The online plan and a promise to file the full one by a date.
    PromiseFirst,
}

/// An opening application as sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewClass {
    /// The sender's id for it.
    pub external_id: String,
    /// The provider, by keshi's id or `ext:<id>`.
    pub provider: String,
    /// The platform's id.
    pub platform: String,
    /// Title.
    pub title: String,
    /// Trade.
    pub trade: Trade,
    /// Kind of application.
    pub application: Application,
    /// By when the full plan was promised.
    pub promise_due: Option<NaiveDate>,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// Hours.
    pub hours: Hours,
    /// Standards, in fen per person.
    #[serde(default)]
    pub standards_fen: Standards,
    /// Started in the epidemic.
    pub epidemic: bool,
    /// Account the subsidy goes to.
    pub bank_account: Option<String>,
}

/// A reviewer's word on an application (notice, 四).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// 同意开班.
    Approve,
    /// 退回补正.
    Return,
    /// 不予同意.
    Refuse,
}

impl Decision {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Approve => "approve",
            Decision::Return => "return",
            Decision::Refuse => "refuse",
        }
    }
}

/// A class as kept.
#[derive(Clone, Debug, Serialize)]
pub struct Class {
    /// keshi's id.
    pub id: ClassId,
    /// The sender's id.
    pub external_id: String,
    /// The provider.
    pub provider: ProviderId,
    /// The provider by its sender's id.
    pub provider_external_id: String,
    /// The provider's name.
    pub provider_name: String,
    /// The platform.
    pub platform: String,
    /// Title.
    pub title: String,
    /// Trade.
    pub trade: Trade,
    /// Kind of application.
    pub application: Application,
    /// By when the full plan was promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promise_due: Option<NaiveDate>,
    /// First day.
    pub starts_on: NaiveDate,
    /// Last day.
    pub ends_on: NaiveDate,
    /// Hours.
    pub hours: Hours,
    /// Standards, in fen per person.
    pub standards_fen: Standards,
    /// Started in the epidemic.
    pub epidemic: bool,
    /// What was decided; absent while pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_reason: Option<String>,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Time>,
    /// The policy that governs it, `id@fingerprint`, fixed when it was approved; absent until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// When it was first filed.
    pub created_at: Time,
    /// When its present content was filed: later than first where a returned application was filed again.
    pub filed_at: Time,
    /// Where its newest claim stands: `filed`, `returned`, `approved`, `refused` or `settled`.
    #[serde(skip)]
    pub claim: Option<String>,
    #[serde(skip)]
    pub(super) content_digest: Vec<u8>,
}

fn check(new: &NewClass) -> Result<()> {
    let fault = |what: &str| Err(Error::new(&codes::INVALID, what));
    if new.title.trim().is_empty() || new.title.chars().count() > 200 {
        return fault("title is 1 to 200 characters.");
    }
    if new.ends_on < new.starts_on {
        return fault("ends_on lies before starts_on.");
    }
    if new.hours.total.0 == 0 || new.hours.online > new.hours.total {
        return fault("hours.total is above 0 and not below hours.online.");
    }
    if new.application == Application::PromiseFirst && new.promise_due.is_none() {
        return fault("A promise_first application needs promise_due, the day by which the full plan is filed (notice, 四).");
    }
    new.standards_fen.check()
}

impl Class {
    /// Where it is in its life on a day.
    pub fn state(&self, today: NaiveDate) -> life::State {
        life::state(self.decision, self.starts_on, self.ends_on, self.claim.as_deref(), today)
    }
}

/// Binds what is applied for, from the platform to the account, which is encrypted, in the order in which both statements take it.
pub(super) fn bind_application<'q>(
    query: Query<'q, Any, AnyArguments>,
    new: &'q NewClass,
    secrets: &Secrets,
) -> Result<Query<'q, Any, AnyArguments>> {
    let application = serde_json::to_value(new.application)?;
    Ok(query
        .bind(&new.platform)
        .bind(new.title.trim())
        .bind(&new.trade.code)
        .bind(&new.trade.name)
        .bind(application.as_str().map(str::to_owned))
        .bind(new.promise_due.map(|day| day.to_string()))
        .bind(new.starts_on.to_string())
        .bind(new.ends_on.to_string())
        .bind(new.hours.total.0)
        .bind(new.hours.online.0)
        .bind(new.hours.theory.0)
        .bind(new.hours.practice.0)
        .bind(new.standards_fen.qualified)
        .bind(new.standards_fen.skill_level)
        .bind(new.standards_fen.vocational)
        .bind(new.standards_fen.special_operation)
        .bind(i64::from(new.epidemic))
        .bind(new.bank_account.as_deref().map(|account| secrets.seal(account))))
}

/// Files an opening application; sent again with the same content, it is the same class (`false`: it was there). Other content takes the
/// place of an application that was returned, and waits for a decision.
///
/// Errors: `unknown_provider`, `unknown_platform`, `invalid`, and `duplicate` when the external id stands for other content.
pub async fn add(db: &Db, ids: &Ids, secrets: &Secrets, now: Time, actor: &str, mut new: NewClass) -> Result<(Class, bool)> {
    new.external_id = reference::external_id(&new.external_id)?;
    check(&new)?;
    let provider = provider::get(db, &new.provider.parse()?).await?;
    new.provider = provider.id.to_string();
    super::platform::get(db, &new.platform).await?;
    let digest = Sha256::digest(serde_json::to_vec(&new)?).to_vec();
    let id: ClassId = ids.next();
    let mut tx = db.begin().await?;
    let query = sqlx::query(sql::ADD_CLASS).bind(id.to_string()).bind(&new.external_id).bind(provider.id.to_string());
    let added = bind_application(query, &new, secrets)?.bind(&digest).bind(now.0).execute(tx.conn()).await?;
    let added = added.rows_affected() == 1;
    if added {
        let subject = id.to_string();
        let note = trail::Note { actor, action: "class.applied", subject_kind: "class", subject_id: &subject, detail: None };
        trail::note(&mut tx, ids, now, note).await?;
    }
    tx.commit().await?;
    let reference = Reference::External(new.external_id.clone());
    let kept = get(db, &reference).await?;
    if kept.content_digest == digest {
        return Ok((kept, added));
    }
    let mut tx = db.begin().await?;
    if !again::file(&mut tx, ids, secrets, now, actor, &kept, &new, &digest).await? {
        return Err(Error::of(&codes::DUPLICATE));
    }
    tx.commit().await?;
    Ok((get(db, &reference).await?, false))
}

/// One class.
pub async fn get(db: &Db, reference: &Reference) -> Result<Class> {
    let row = sqlx::query(sql::CLASS).bind(reference.id_text()).bind(reference.external_text()).fetch_optional(db.read()).await?;
    row.as_ref().map(class).transpose()?.ok_or_else(|| Error::of(&codes::UNKNOWN_CLASS))
}

/// One class by keshi's id.
pub async fn by_id(db: &Db, id: ClassId) -> Result<Class> {
    get(db, &Reference::Id(id.0)).await
}

/// Classes after the given id, oldest first, of one provider or platform where named.
pub async fn list(db: &Db, provider: Option<ProviderId>, platform: Option<&str>, after: Option<ClassId>, limit: i64) -> Result<Vec<Class>> {
    let rows = sqlx::query(sql::CLASSES)
        .bind(provider.map(|id| id.to_string()))
        .bind(platform)
        .bind(after.map(|id| id.to_string()).unwrap_or_default())
        .bind(limit)
        .fetch_all(db.read())
        .await?;
    rows.iter().map(class).collect()
}

fn class(row: &AnyRow) -> Result<Class> {
    let day = |column| row.text(column).parse::<NaiveDate>().map_err(Error::internal);
    Ok(Class {
        id: row.id("id")?,
        external_id: row.text("external_id"),
        provider: row.id("provider_id")?,
        provider_external_id: row.text("provider_external_id"),
        provider_name: row.text("provider_name"),
        platform: row.text("platform_id"),
        title: row.text("title"),
        trade: Trade { code: row.text("trade_code"), name: row.text("trade_name") },
        application: serde_json::from_value(row.text("application").into())?,
        promise_due: row.text_opt("promise_due").map(|text| text.parse()).transpose().map_err(Error::internal)?,
        starts_on: day("starts_on")?,
        ends_on: day("ends_on")?,
        hours: Hours {
            total: HoursMilli(row.int("hours_total_milli")),
            online: HoursMilli(row.int("hours_online_milli")),
            theory: HoursMilli(row.int("hours_theory_milli")),
            practice: HoursMilli(row.int("hours_practice_milli")),
        },
        standards_fen: Standards {
            qualified: row.int_opt("standard_qualified_fen"),
            skill_level: row.int_opt("standard_skill_level_fen"),
            vocational: row.int_opt("standard_vocational_fen"),
            special_operation: row.int_opt("standard_special_operation_fen"),
        },
        epidemic: row.int("epidemic") == 1,
        decision: row.text_opt("decision").map(|text| serde_json::from_value(text.into())).transpose()?,
        decision_reason: row.text_opt("decision_reason"),
        decided_at: row.time_opt("decided_at"),
        policy: row.text_opt("policy"),
        created_at: row.time("created_at"),
        filed_at: row.time_opt("filed_at").unwrap_or_else(|| row.time("created_at")),
        claim: row.text_opt("claim_state"),
        content_digest: sqlx::Row::get(row, "content_digest"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lesson_hours_are_exact_to_the_thousandth() {
        let parse = |text| HoursMilli::parse(text).map(|hours| hours.0);
        assert_eq!(
            [parse("2"), parse("1.5"), parse("0.125"), parse("40.0"), parse("0.1000")],
            [Some(2000), Some(1500), Some(125), Some(40000), Some(100)]
        );
        assert_eq!([parse(""), parse("-1"), parse("1e3"), parse("0.0001"), parse("1234567")], [None; 5]);
        assert_eq!(serde_json::to_string(&HoursMilli(1500)).expect("writes"), "1.5");
    }
}
