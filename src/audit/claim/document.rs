//! What a claim says, as canonical JSON without personal data: ids, digests, keyed hashes and figures. Its SHA-256 is sealed.
//!
//! 四 asks for roster, teaching records, certificates and account. The roster is the trainees' ids; the teaching records are, lesson by lesson, the
//! run that credited it and the evidence received, and each trainee's credited hours; a certificate is its id, kind, day, evidence and the commitment to
//! its number; the account is a keyed hash.

use super::gather::Situation;
use super::subsidy::Subsidy;
use crate::error::Result;
use crate::ids::{ClaimId, EvidenceId, LessonId, TraineeId};
use crate::register::secrets::{Indexed, Secrets};
use crate::seal::leaf::canonical;
use crate::time::Time;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use storage::Digest;

/// Pieces of evidence of one place that are named one by one; more are counted, and named together by a digest.
const NAMED: usize = 200;

/// Who files a claim, when, and under which id.
#[derive(Clone, Copy, Debug)]
pub struct Filing<'a> {
    /// The claim.
    pub claim: ClaimId,
    /// Who files it.
    pub actor: &'a str,
    /// When.
    pub at: Time,
}

/// The document of a claim.
pub fn document(known: &Situation, subsidy: &Subsidy, filing: Filing<'_>, secrets: &Secrets) -> Result<String> {
    let class = &known.class;
    let account = match &known.account_sealed {
        Some(sealed) => {
            let account = secrets.open(sealed)?;
            Some(hex::encode(secrets.index(Indexed::Account, &format!("{}\n{account}", filing.claim))))
        }
        None => None,
    };
    let mut by_place: BTreeMap<Option<LessonId>, Vec<(EvidenceId, Digest)>> = BTreeMap::new();
    for (id, lesson, digest) in &known.evidence {
        by_place.entry(*lesson).or_default().push((*id, *digest));
    }
    let lessons: Vec<Value> = known
        .lessons
        .iter()
        .map(|lesson| {
            let mut of = json!({
                "lesson": lesson.id, "mode": lesson.mode, "hours_milli": lesson.hours.0, "from": lesson.starts_at, "until": lesson.ends_at,
                "evidence": evidence(by_place.get(&Some(lesson.id)).map_or(&[][..], Vec::as_slice)),
            });
            if let Some((run, digest)) = known.runs.get(&lesson.id) {
                of["run"] = json!({"run": run, "sha256": digest.to_string()});
            }
            of
        })
        .collect();
    let document = json!({
        "v": 1, "claim": filing.claim, "by": filing.actor, "at": filing.at, "class": class.id, "provider": class.provider,
        "policy": subsidy.policy, "epidemic": class.epidemic, "amount_fen": subsidy.final_fen, "at_risk_fen": subsidy.at_risk_fen,
        "prepaid_fen": subsidy.prepaid.as_ref().map_or(0, |prepaid| prepaid.amount_fen),
        "hours_milli": {"total": subsidy.plan.total_milli, "online": subsidy.plan.online_milli},
        "standards_fen": class.standards_fen, "account": account, "gaps": subsidy.gaps, "lessons": lessons,
        "evidence": evidence(by_place.get(&None).map_or(&[][..], Vec::as_slice)), "trainees": trainees(known, subsidy),
        "certificates": certificates(known),
    });
    Ok(canonical(&document))
}

/// Evidence of one place: how much, a digest over all of it, and the first pieces by name.
fn evidence(all: &[(EvidenceId, Digest)]) -> Value {
    let listing: String = all.iter().map(|(id, digest)| format!("{id} {digest}\n")).collect();
    let named: Vec<Value> = all.iter().take(NAMED).map(|(id, digest)| json!({"evidence": id, "sha256": digest.to_string()})).collect();
    json!({"count": all.len(), "listing_sha256": Digest::of(listing.as_bytes()).to_string(), "items": named})
}

fn trainees(known: &Situation, subsidy: &Subsidy) -> Vec<Value> {
    let mut credited: BTreeMap<TraineeId, Map<String, Value>> = BTreeMap::new();
    for credit in &known.credits {
        credited.entry(credit.trainee).or_default().insert(credit.lesson.to_string(), credit.hours_milli.into());
    }
    let trainees = subsidy.trainees.iter().map(|of| {
        json!({
            "trainee": of.trainee, "certificate": of.due.certificate, "final_fen": of.due.final_fen, "at_risk_fen": of.due.risk.fen,
            "held_milli": of.hours.held_milli, "credited_milli": of.hours.credited_milli,
            "lessons_milli": credited.remove(&of.trainee).unwrap_or_default(),
        })
    });
    trainees.collect()
}

fn certificates(known: &Situation) -> Vec<Value> {
    let certificates = known.certificates.iter().map(|one| {
        json!({
            "certificate": one.id, "trainee": one.trainee, "kind": one.kind, "issued_on": one.issued_on, "evidence": one.evidence,
            "number": one.commitment.as_deref().map(hex::encode),
        })
    });
    certificates.collect()
}
