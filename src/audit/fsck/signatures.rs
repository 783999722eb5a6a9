//! Keys of platforms, what was signed with them, and lists that were brought in. They are not derived: what is gone is gone.

use super::{Report, sql};
use crate::db::Db;
use crate::error::Result;
use crate::ids::LeafId;
use crate::register::{PlatformKey, office, platform_key};
use crate::store::{self, signature};
use serde_json::{Map, Value};
use sqlx::Row;
use storage::Digest;

/// Every key and every revocation is what its leaf says.
pub(super) async fn keys(db: &Db, report: &mut Report) -> Result<()> {
    for key in platform_key::list(db, None).await? {
        report.keys += 1;
        if let Some(wrong) = against(db, key.leaf, "platform_key", &key.fields()).await? {
            report.problem("key_differs", format!("Key {} of {}: {wrong}", key.name, key.platform));
        }
        for revocation in platform_key::revocations(db, key.id).await? {
            if let Some(wrong) = against(db, revocation.leaf, "platform_key_revoked", &revocation.fields()).await? {
                report.problem("key_differs", format!("The revocation of key {} of {}: {wrong}", key.name, key.platform));
            }
        }
    }
    Ok(())
}

/// Every list of another office was brought in as its leaf says.
pub(super) async fn lists(db: &Db, report: &mut Report) -> Result<()> {
    for list in office::lists(db, true).await? {
        if let Some(wrong) = against(db, list.leaf, "reference_list", &list.fields()).await? {
            report.problem("list_differs", format!("List {} of {}: {wrong}", list.kind.as_str(), list.source));
        }
    }
    Ok(())
}

/// Every signature holds still: under the key registered, over the bytes it is kept with, and as its leaf says.
pub(super) async fn check(db: &Db, report: &mut Report) -> Result<()> {
    let mut last = String::new();
    loop {
        let signatures = signature::after(db, &last, 500).await?;
        let Some((end, _)) = signatures.last() else { return Ok(()) };
        last = end.id.to_string();
        for (signature, leaf) in &signatures {
            report.signatures += 1;
            let wrong = match against(db, Some(*leaf), "evidence_signature", &signature.fields()).await? {
                Some(wrong) => Some(wrong),
                None => holds(db, signature).await?.err(),
            };
            if let Some(wrong) = wrong {
                report.problem("signature_differs", format!("Signature {} of evidence {}: {wrong}", signature.id, signature.evidence));
            }
        }
    }
}

async fn holds(db: &Db, of: &signature::Signature) -> Result<Result<(), String>> {
    let evidence = store::get(db, of.evidence).await?;
    let key = platform_key::by_id(db, of.key).await?;
    Ok(checked(of, &evidence.digest, &key))
}

fn checked(of: &signature::Signature, evidence: &Digest, key: &PlatformKey) -> Result<(), String> {
    if Digest::of(of.document.as_bytes()) != of.digest {
        return Err("the document is another than was sealed.".to_owned());
    }
    let document = of.read().map_err(|error| error.message)?;
    let said = document.check().map_err(|error| error.message)?;
    let known = document.key().map_err(|error| error.message)? == key.public_key;
    match (said.body == *evidence, known && document.registration == key.id && document.platform == key.platform) {
        (false, _) => Err("it is of other bytes.".to_owned()),
        (_, false) => Err("its key is another than the one registered.".to_owned()),
        _ => Ok(()),
    }
}

/// What is wrong between fields and the leaf that seals them.
pub(super) async fn against(db: &Db, leaf: Option<LeafId>, kind: &str, fields: &Map<String, Value>) -> Result<Option<String>> {
    let id = leaf.map(|leaf| leaf.to_string()).unwrap_or_default();
    let row = sqlx::query(sql::LEAF).bind(id).fetch_optional(db.read()).await?;
    let Some(row) = row else { return Ok(Some("there is no leaf of it in the log.".to_owned())) };
    let body: Value = serde_json::from_slice(&row.get::<Vec<u8>, _>("body")).unwrap_or_default();
    if body["kind"] != kind {
        return Ok(Some(format!("the leaf in the log is no {kind}.")));
    }
    let other = fields.iter().find(|(name, value)| body.get(*name).unwrap_or(&Value::Null) != *value);
    Ok(other.map(|(name, _)| format!("the leaf in the log gives another {name}.")))
}
