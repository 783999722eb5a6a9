//! Certificates, prepayments and claims against the leaves that seal them. They are not derived: what is gone is gone.

use super::signatures::against;
use super::{Report, sql};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::BatchId;
use crate::register::certificate;
use crate::register::money::claim::{self, State};
use crate::register::money::{Claim, Event, prepayment};
use serde_json::{Map, Value, json};
use storage::Digest;

/// Every list of certificates is what its leaf seals, and of each trainee and kind the newest entry counts.
pub(super) async fn certificates(db: &Db, report: &mut Report) -> Result<()> {
    for row in sqlx::query(sql::CERTIFICATES_ASTRAY).fetch_all(db.read()).await? {
        let id = row.text("id");
        report.problem("certificate_astray", format!("Certificate {id} is in no sealed list, or counts although a newer entry was kept."));
    }
    for row in sqlx::query(sql::NUMBERS_SHARED).fetch_all(db.read()).await? {
        report.problem("certificate_shared", format!("The number of certificate {} is another person's too.", row.text("id")));
    }
    let mut after = String::new();
    loop {
        let rows = sqlx::query(sql::BATCHES_AFTER).bind(&after).fetch_all(db.read()).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.text("batch_id");
        for row in &rows {
            let batch: BatchId = row.id("batch_id")?;
            let entries = certificate::of_batch(db, batch).await?;
            report.certificates += entries.len() as u64;
            let mut fields = Map::new();
            fields.insert("batch".to_owned(), batch.to_string().into());
            if let Some(first) = entries.first() {
                fields.insert("class".to_owned(), json!(first.class));
                fields.insert("by".to_owned(), first.actor.clone().into());
                fields.insert("at".to_owned(), first.at.to_string().into());
            }
            fields.insert("count".to_owned(), entries.len().into());
            fields.insert("digest".to_owned(), Digest::of(&certificate::document(batch, &entries)?).to_string().into());
            if let Some(wrong) = against(db, row.id_opt("leaf_id")?, "certificates", &fields).await? {
                report.problem("certificate_differs", format!("The list {batch} of certificates: {wrong}"));
            }
        }
    }
}

/// Every prepayment, every claim and every step of one is what its leaf says; a claim is what was sealed and stands where its last step left it.
pub(super) async fn payments(db: &Db, report: &mut Report) -> Result<()> {
    let mut after = String::new();
    loop {
        let prepaid = prepayment::after(db, &after).await?;
        let Some(last) = prepaid.last() else { break };
        after = last.id.to_string();
        for one in &prepaid {
            report.payments += 1;
            if let Some(wrong) = against(db, one.leaf, "prepayment", &one.fields()).await? {
                report.problem("prepayment_differs", format!("The prepayment of class {}: {wrong}", one.class));
            }
        }
    }
    let mut after = String::new();
    loop {
        let claims = claim::after(db, &after).await?;
        let Some(last) = claims.last() else { return Ok(()) };
        after = last.id.to_string();
        for one in &claims {
            let events = claim::events(db, one.id).await?;
            report.payments += 1 + events.len() as u64;
            for wrong in wrong_with(db, one, &events).await? {
                report.problem("claim_differs", format!("Claim {} of class {}: {wrong}", one.id, one.class));
            }
        }
    }
}

async fn wrong_with(db: &Db, claim: &Claim, events: &[Event]) -> Result<Vec<String>> {
    let mut wrong: Vec<String> = against(db, claim.leaf, "claim", &claim.fields()).await?.into_iter().collect();
    if Digest::of(claim.document.as_bytes()) != claim.digest {
        wrong.push("its document is another than was sealed.".to_owned());
    }
    let said: Value = serde_json::from_str(&claim.document).unwrap_or_default();
    if said["amount_fen"] != claim.amount_fen || said["gaps"] != claim.gaps {
        wrong.push("it gives another amount, or other gaps, than its document.".to_owned());
    }
    for event in events {
        wrong.extend(against(db, event.leaf, "claim_event", &event.fields()).await?);
    }
    if events.last().map_or(State::Filed, |last| last.state) != claim.state {
        wrong.push(format!("it is said to be {}, which its last step does not say.", claim.state.as_str()));
    }
    Ok(wrong)
}
