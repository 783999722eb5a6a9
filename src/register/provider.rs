//! Providers (承训单位): an enterprise, or an institution on the approved list.

use super::{Reference, reference, sql, trail};
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::{Ids, ProviderId};
use crate::time::Time;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

/// What a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// An enterprise that trains its own staff.
    Enterprise,
    /// A training institution.
    Institution,
}

/// A provider as sent.
#[derive(Clone, Debug, Deserialize)]
pub struct NewProvider {
    /// The sender's id for it.
    pub external_id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ProviderKind,
    /// First day on the approved list.
    pub listed_from: Option<NaiveDate>,
    /// Last day on the approved list.
    pub listed_until: Option<NaiveDate>,
    /// Where it is: 行政区划代码 of six digits, or a name; the weekly report is told by it.
    #[serde(default)]
    pub region: Option<String>,
}

/// A provider as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Provider {
    /// keshi's id.
    pub id: ProviderId,
    /// The sender's id.
    pub external_id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ProviderKind,
    /// First day on the approved list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed_from: Option<NaiveDate>,
    /// Last day on the approved list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed_until: Option<NaiveDate>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// When it was entered.
    pub created_at: Time,
}

/// Enters a provider; sent again with the same content, it is the same provider (`false`: it was there).
///
/// Errors: `duplicate` when the external id stands for other content.
pub async fn add(db: &Db, ids: &Ids, now: Time, actor: &str, new: NewProvider) -> Result<(Provider, bool)> {
    let external_id = reference::external_id(&new.external_id)?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(Error::new(&codes::INVALID, "name is 1 to 200 characters."));
    }
    if let (Some(from), Some(until)) = (new.listed_from, new.listed_until)
        && until < from
    {
        return Err(Error::new(&codes::INVALID, "listed_until lies before listed_from."));
    }
    let region = new.region.as_deref().map(region).transpose()?.flatten();
    let id: ProviderId = ids.next();
    let kind = serde_json::to_value(new.kind)?;
    let mut tx = db.begin().await?;
    let added = sqlx::query(sql::ADD_PROVIDER)
        .bind(id.to_string())
        .bind(&external_id)
        .bind(name)
        .bind(kind.as_str())
        .bind(new.listed_from.map(|day| day.to_string()))
        .bind(new.listed_until.map(|day| day.to_string()))
        .bind(now.0)
        .bind(region)
        .execute(tx.conn())
        .await?;
    let added = added.rows_affected() == 1;
    if added {
        let subject = id.to_string();
        let note = trail::Note { actor, action: "provider.added", subject_kind: "provider", subject_id: &subject, detail: None };
        trail::note(&mut tx, ids, now, note).await?;
    }
    tx.commit().await?;
    let kept = get(db, &Reference::External(external_id)).await?;
    let same = kept.name == name
        && kept.kind == new.kind
        && kept.listed_from == new.listed_from
        && kept.listed_until == new.listed_until
        && kept.region.as_deref() == region;
    if same { Ok((kept, added)) } else { Err(Error::of(&codes::DUPLICATE)) }
}

/// Where a provider is, checked; an empty one is none.
fn region(text: &str) -> Result<Option<&str>> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if text.chars().count() > 60 || text.chars().any(char::is_control) || (digits && text.len() != 6) {
        return Err(Error::new(
            &codes::INVALID,
            "region is an administrative division code (行政区划代码) of six digits, or a name of at most 60 characters.",
        ));
    }
    Ok((!text.is_empty()).then_some(text))
}

/// All providers, oldest first.
pub async fn list(db: &Db) -> Result<Vec<Provider>> {
    sqlx::query(sql::PROVIDERS).fetch_all(db.read()).await?.iter().map(provider).collect()
}

/// One provider.
pub async fn get(db: &Db, reference: &Reference) -> Result<Provider> {
    let row = sqlx::query(sql::PROVIDER).bind(reference.id_text()).bind(reference.external_text()).fetch_optional(db.read()).await?;
    row.as_ref().map(provider).transpose()?.ok_or_else(|| Error::of(&codes::UNKNOWN_PROVIDER))
}

fn provider(row: &AnyRow) -> Result<Provider> {
    let day = |column| row.text_opt(column).map(|text| text.parse::<NaiveDate>()).transpose().map_err(Error::internal);
    Ok(Provider {
        id: row.id("id")?,
        external_id: row.text("external_id"),
        name: row.text("name"),
        kind: serde_json::from_value(row.text("kind").into())?,
        listed_from: day("listed_from")?,
        listed_until: day("listed_until")?,
        region: row.text_opt("region"),
        created_at: row.time("created_at"),
    })
}
