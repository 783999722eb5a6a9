//! Certificates, prepayments and claims: each change is kept with its line in the trail and its leaf in one transaction.

use crate::app::{App, Parts};
use crate::audit::claim::{self as audit, Eyes, Filing, Pack, Subsidy, Tools};
use crate::db::Tx;
use crate::error::{Error, Result, RowError, codes};
use crate::ids::{EvidenceId, Ids, LeafId, TraineeId};
use crate::receive::Actor;
use crate::register::certificate::{self, NewCertificate};
use crate::register::class::Decision;
use crate::register::money::claim::{self, NewDecision, NewSettlement, State, Sums};
use crate::register::money::prepayment::{self, NewPrepayment};
use crate::register::money::{Claim, Event, Prepayment};
use crate::register::{Certificate, Class};
use crate::seal;
use crate::seal::leaf::Leaf;
use crate::store;
use crate::time::Time;
use chrono::NaiveDate;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use storage::Digest;

/// The money of a class as it stands.
pub async fn subsidy(app: &App, class: &Class) -> Result<Subsidy> {
    Ok(Subsidy::of(&audit::gather(&app.db, &app.policies, class, app.clock.now()).await?))
}

/// The calendar day that it is where the class is.
fn today(app: &App, class: &Class, now: Time) -> NaiveDate {
    app.policies.on(class.starts_on).day_of(now)
}

async fn stage(tx: &mut Tx, ids: &Ids, kind: &str, fields: Map<String, Value>, now: Time) -> Result<LeafId> {
    seal::stage(tx, &Leaf::new(kind, fields)?, ids, now).await
}

/// Enters certificates; returns those of the class that count then, and whether anything is new.
///
/// Errors: `rows_at_fault`.
pub async fn certify(app: &App, actor: &Actor, class: &Class, list: Vec<(u64, NewCertificate)>) -> Result<(Vec<Certificate>, bool)> {
    let now = app.clock.now();
    let evidence = evidence_of(app, class, &list).await?;
    let batch = certificate::resolve(&app.db, &app.ids, &app.secrets, class, today(app, class, now), &list, &evidence).await?;
    let new = !batch.entries.is_empty();
    if new {
        let fields = json!({
            "batch": batch.id, "class": class.id, "count": batch.entries.len(), "digest": Digest::of(&batch.document()?).to_string(),
            "by": actor.label, "at": now,
        });
        let mut tx = app.db.begin().await?;
        let leaf = stage(&mut tx, &app.ids, "certificates", fields.as_object().cloned().unwrap_or_default(), now).await?;
        certificate::keep(&mut tx, &app.ids, now, &actor.label, &batch, leaf).await?;
        tx.commit().await?;
        app.log.wake();
    }
    Ok((certificate::of_class(&app.db, class).await?, new))
}

/// Which of the pieces of evidence that a list names are of this class, and of whom.
async fn evidence_of(app: &App, class: &Class, list: &[(u64, NewCertificate)]) -> Result<HashMap<String, (EvidenceId, Option<TraineeId>)>> {
    let mut known = HashMap::new();
    for text in list.iter().filter_map(|(_, new)| new.evidence.as_deref()).map(str::trim) {
        let Ok(id) = text.parse::<EvidenceId>() else { continue };
        if known.contains_key(text) {
            continue;
        }
        match store::get(&app.db, id).await {
            Ok(found) if found.class == Some(class.id) => drop(known.insert(text.to_owned(), (id, found.trainee))),
            Ok(_) => {}
            Err(error) if error.code == codes::NOT_FOUND.name => {}
            Err(error) => return Err(error),
        }
    }
    Ok(known)
}

/// Records what was paid in advance; the same again is the same (`false`).
///
/// Errors: those of [`prepayment::check`], `duplicate`, and `claim_stands` once the claim was settled.
pub async fn prepay(app: &App, actor: &Actor, class: &Class, new: &NewPrepayment) -> Result<(Prepayment, bool)> {
    let now = app.clock.now();
    if let Some(known) = prepayment::of_class(&app.db, class.id).await? {
        let reference = known.reference.as_ref().map(|remark| remark.text.as_str());
        let sent = new.reference.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if (known.amount_fen, known.paid_on, reference) == (new.amount_fen, new.paid_on, sent) {
            return Ok((known, false));
        }
    }
    if claim::live(&app.db, class.id).await?.is_some_and(|claim| claim.state == State::Settled) {
        return Err(Error::new(&codes::CLAIM_STANDS, "The claim of this class was settled; nothing is paid in advance any more."));
    }
    let computed = subsidy(app, class).await?.prepayment.value;
    prepayment::check(class, new, computed, today(app, class, now))?;
    let mut kept = new.kept(class, &app.ids, now, &actor.label)?;
    let mut tx = app.db.begin().await?;
    let leaf = stage(&mut tx, &app.ids, "prepayment", kept.fields(), now).await?;
    prepayment::keep(&mut tx, &app.ids, &kept, leaf).await?;
    tx.commit().await?;
    app.log.wake();
    kept.leaf = Some(leaf);
    Ok((kept, true))
}

/// The claim pack of a class. Errors: `fonts_missing`, and those of a bundle.
pub async fn pack(app: &App, class: &Class, eyes: Eyes) -> Result<Pack> {
    let fonts = super::decide::fonts(app).await?;
    let Parts { db, objects, log, policies, secrets, .. } = &**app;
    audit::pack(Tools { db, objects, log, policies, secrets, fonts }, class, eyes, app.clock.now()).await
}

/// What a claimant says of the gaps of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// They are stated in the claim.
    Stated,
    /// There must be none.
    None,
}

/// Puts the claim of a class together, and files it.
///
/// Errors: `not_approved`, `claim_stands`, and `claim_gaps` with the gaps where they are not accepted.
pub async fn file(app: &App, actor: &Actor, class: &Class, accepts: Gaps) -> Result<Claim> {
    let now = app.clock.now();
    if class.decision != Some(Decision::Approve) {
        return Err(Error::of(&codes::NOT_APPROVED));
    }
    if let Some(standing) = claim::live(&app.db, class.id).await?.filter(|claim| claim.state != State::Returned) {
        let sentence = format!("The claim of this class is {}; another one is filed only after it was returned.", standing.state.as_str());
        return Err(Error::new(&codes::CLAIM_STANDS, sentence));
    }
    let known = audit::gather(&app.db, &app.policies, class, now).await?;
    let subsidy = Subsidy::of(&known);
    if accepts == Gaps::None && !subsidy.gaps.is_empty() {
        let row = |(place, gap): (usize, &audit::Gap)| RowError {
            row: place as u64 + 1,
            code: gap.code.to_owned(),
            message: gap.message.clone(),
        };
        let rows = subsidy.gaps.iter().enumerate().map(row).collect();
        return Err(Error::of(&codes::CLAIM_GAPS).with_rows(rows).with("gaps", json!(subsidy.gaps)));
    }
    let id = app.ids.next();
    let document = audit::document(&known, &subsidy, Filing { claim: id, actor: &actor.label, at: now }, &app.secrets)?;
    let mut kept = Claim {
        id,
        class: class.id,
        digest: Digest::of(document.as_bytes()),
        document,
        amount_fen: subsidy.final_fen,
        gaps: json!(subsidy.gaps),
        state: State::Filed,
        actor: actor.label.clone(),
        filed_at: now,
        leaf: None,
        replaced_at: None,
    };
    let mut tx = app.db.begin().await?;
    let leaf = stage(&mut tx, &app.ids, "claim", kept.fields(), now).await?;
    claim::keep(&mut tx, &app.ids, &kept, leaf).await?;
    tx.commit().await?;
    app.log.wake();
    kept.leaf = Some(leaf);
    Ok(kept)
}

/// The claim of a class with all that became of it. Errors: `no_claim`.
pub async fn claim_of(app: &App, class: &Class) -> Result<(Claim, Vec<Event>, Sums)> {
    let Some(kept) = claim::live(&app.db, class.id).await? else { return Err(Error::of(&codes::NO_CLAIM)) };
    let events = claim::events(&app.db, kept.id).await?;
    let prepaid = prepayment::of_class(&app.db, class.id).await?.map_or(0, |prepaid| prepaid.amount_fen);
    let sums = Sums::of(&kept, &events, prepaid);
    Ok((kept, events, sums))
}

/// Decides a claim. Errors: `no_claim` and those of [`NewDecision::event`].
pub async fn decide(app: &App, actor: &Actor, class: &Class, new: &NewDecision) -> Result<()> {
    let (claim, _, _) = claim_of(app, class).await?;
    let event = new.event(&claim, &app.ids, app.clock.now(), &actor.label)?;
    go_on(app, &claim, &event).await
}

/// Settles a claim that was granted. Errors: `no_claim` and those of [`NewSettlement::event`].
pub async fn settle(app: &App, actor: &Actor, class: &Class, new: &NewSettlement) -> Result<()> {
    let now = app.clock.now();
    let (claim, _, sums) = claim_of(app, class).await?;
    let event = new.event(&claim, &sums, &app.ids, now, today(app, class, now), &actor.label)?;
    go_on(app, &claim, &event).await
}

async fn go_on(app: &App, claim: &Claim, event: &Event) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let leaf = stage(&mut tx, &app.ids, "claim_event", event.fields(), event.at).await?;
    claim::step(&mut tx, &app.ids, claim, event, leaf).await?;
    tx.commit().await?;
    app.log.wake();
    Ok(())
}
