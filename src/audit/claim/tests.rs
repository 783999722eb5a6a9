//! The money of a lesson with a log, a picture and credited hours; and what fsck says when rows of it are not what was sealed.

use super::*;
use crate::audit::bundle::tests::{NOW, Stage, sql};
use crate::audit::fsck;
use crate::db::{Db, testing};
use crate::ids::CertificateId;
use crate::register::certificate::{self, NewCertificate};
use crate::register::class::{self, CertificateKind, Class};
use crate::register::money::claim::{self, NewDecision, State};
use crate::register::money::prepayment::{self, NewPrepayment};
use crate::register::money::{Claim, Prepayment};
use crate::register::policy::Policies;
use crate::register::secrets::Secrets;
use crate::register::{Reference, class::Decision};
use crate::seal::{self, Leaf};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use storage::Digest;

const ACTOR: &str = "login:1";

struct Kept {
    stage: Stage,
    class: Class,
    certificate: CertificateId,
    prepaid: Prepayment,
    claim: Claim,
}

async fn stage_leaf(tx: &mut crate::db::Tx, stage: &Stage, kind: &str, fields: Map<String, Value>) -> crate::ids::LeafId {
    seal::stage(tx, &Leaf::new(kind, fields).expect("fits"), &stage.world.ids, NOW).await.expect("stages")
}

/// A has a certificate; something was paid in advance; a claim was filed and returned.
async fn kept(db: &Db) -> Kept {
    let stage = Stage::new(db).await;
    let (ids, secrets, db) = (&stage.world.ids, Secrets::new([7; 32]), &stage.world.db);
    let class = class::by_id(db, stage.class).await.expect("there");
    let new = NewCertificate {
        trainee: Reference::Id(stage.trainees[0].0),
        kind: CertificateKind::SkillLevel,
        number: Some("2061-1".into()),
        issued_on: class.starts_on,
        evidence: None,
    };
    let today = "2020-06-01".parse().expect("a day");
    let batch = certificate::resolve(db, ids, &secrets, &class, today, &[(1, new)], &HashMap::new()).await.expect("resolves");
    let certificate = batch.entries[0].id;
    let fields = json!({"batch": batch.id, "class": class.id, "count": 1, "digest": Digest::of(&batch.document().expect("writes")).to_string(),
        "by": ACTOR, "at": NOW});
    let mut tx = db.begin().await.expect("begins");
    let leaf = stage_leaf(&mut tx, &stage, "certificates", fields.as_object().cloned().expect("an object")).await;
    certificate::keep(&mut tx, ids, NOW, ACTOR, &batch, leaf).await.expect("keeps");
    let new = NewPrepayment { amount_fen: 1000, paid_on: today, reference: Some("电汇 1".into()) };
    let prepaid = new.kept(&class, ids, NOW, ACTOR).expect("right");
    let leaf = stage_leaf(&mut tx, &stage, "prepayment", prepaid.fields()).await;
    prepayment::keep(&mut tx, ids, &prepaid, leaf).await.expect("keeps");
    tx.commit().await.expect("commits");

    let known = gather(db, &Policies::builtin(), &class, NOW).await.expect("gathers");
    let subsidy = Subsidy::of(&known);
    let id = ids.next();
    let text = document(&known, &subsidy, Filing { claim: id, actor: ACTOR, at: NOW }, &secrets).expect("writes");
    let claim = Claim {
        id,
        class: class.id,
        digest: Digest::of(text.as_bytes()),
        document: text,
        amount_fen: subsidy.final_fen,
        gaps: json!(subsidy.gaps),
        state: State::Filed,
        actor: ACTOR.to_owned(),
        filed_at: NOW,
        leaf: None,
        replaced_at: None,
    };
    let mut tx = db.begin().await.expect("begins");
    let leaf = stage_leaf(&mut tx, &stage, "claim", claim.fields()).await;
    claim::keep(&mut tx, ids, &claim, leaf).await.expect("keeps");
    let new = NewDecision { decision: Decision::Return, amount_fen: None, reason: Some("补交证书".into()) };
    let event = new.event(&claim, ids, NOW, ACTOR).expect("a step");
    let leaf = stage_leaf(&mut tx, &stage, "claim_event", event.fields()).await;
    claim::step(&mut tx, ids, &claim, &event, leaf).await.expect("keeps");
    tx.commit().await.expect("commits");
    stage.log.turn().await.expect("seals");
    Kept { class, certificate, prepaid, claim, stage }
}

async fn wrong(kept: &Kept) -> Vec<&'static str> {
    let report = fsck::check(&kept.stage.world.db, &kept.stage.world.objects, &kept.stage.log.trust()).await.expect("checks");
    assert_eq!((report.certificates, report.payments), (1, 3));
    report.problems.iter().map(|problem| problem.code).collect()
}

#[tokio::test]
async fn hours_certificates_and_gaps_make_the_money_of_a_class() {
    testing::each_engine(async |db| {
        let kept = kept(&db).await;
        let known = gather(&kept.stage.world.db, &Policies::builtin(), &kept.class, NOW).await.expect("gathers");
        let subsidy = Subsidy::of(&known);
        // 90000 at 130 %, all online; B was there 30 of 45 minutes (0.6 of an hour), so 0.4 of an hour at 975 fen is at risk.
        let due: Vec<_> = subsidy.trainees.iter().map(|of| (of.trainee, of.due.final_fen, of.due.risk.fen)).collect();
        let [a, b] = kept.stage.trainees;
        let mut expected = vec![(a, 117_000, 0), (b, 0, 390)];
        expected.sort_by_key(|(trainee, ..)| trainee.to_string());
        assert_eq!(due, expected);
        let codes: Vec<_> = subsidy.gaps.iter().map(|gap| gap.code).collect();
        assert_eq!(
            codes,
            [
                "no_decision",
                "hours_not_timetabled",
                "hours_without_evidence",
                "no_certificate",
                "certificate_without_evidence",
                "no_bank_account"
            ]
        );
        assert_eq!(subsidy.gaps[3].trainees, [b]);
        let said: Value = serde_json::from_str(&kept.claim.document).expect("JSON");
        assert_eq!((&said["amount_fen"], &said["prepaid_fen"], &said["at_risk_fen"]), (&json!(117_000), &json!(1000), &json!(390)));
        assert_eq!(said["lessons"][0]["evidence"]["count"], 2);
        assert!(!kept.claim.document.contains("2061-1"));
        assert_eq!(wrong(&kept).await, Vec::<&str>::new());
    })
    .await;
}

#[tokio::test]
async fn money_that_is_not_what_was_sealed_is_named() {
    type Damage = fn(&Kept) -> String;
    let damages: [(&'static str, Damage, &str); 6] = [
        (sql::FORGE_CERTIFICATE, |kept| kept.certificate.to_string(), "certificate_differs"),
        (sql::FORGE_PREPAYMENT, |kept| kept.prepaid.id.to_string(), "prepayment_differs"),
        (sql::FORGE_REFERENCE, |kept| kept.prepaid.id.to_string(), "prepayment_differs"),
        (sql::FORGE_CLAIM, |kept| kept.claim.id.to_string(), "claim_differs"),
        (sql::FORGE_CLAIM_STATE, |kept| kept.claim.id.to_string(), "claim_differs"),
        (sql::FORGE_CLAIM_EVENT, |kept| kept.claim.id.to_string(), "claim_differs"),
    ];
    for (statement, of, code) in damages {
        let (db, _folder) = testing::sqlite().await;
        let kept = kept(&db).await;
        kept.stage.damage(statement, of(&kept), None).await;
        let codes = wrong(&kept).await;
        assert!(!codes.is_empty() && codes.iter().all(|one| *one == code), "{statement}: {codes:?}");
    }
}

#[tokio::test]
async fn a_claim_makes_room_only_when_it_was_returned() {
    testing::each_engine(async |db| {
        let kept = kept(&db).await;
        let (db, ids) = (&kept.stage.world.db, &kept.stage.world.ids);
        let again = Claim { id: ids.next(), ..kept.claim.clone() };
        let mut tx = db.begin().await.expect("begins");
        let leaf = stage_leaf(&mut tx, &kept.stage, "claim", again.fields()).await;
        claim::keep(&mut tx, ids, &again, leaf).await.expect("the first was returned");
        tx.commit().await.expect("commits");
        let third = Claim { id: ids.next(), ..kept.claim.clone() };
        let mut tx = db.begin().await.expect("begins");
        let leaf = stage_leaf(&mut tx, &kept.stage, "claim", third.fields()).await;
        assert_eq!(claim::keep(&mut tx, ids, &third, leaf).await.expect_err("one stands").code, "claim_stands");
        drop(tx);
        assert_eq!(claim::live(db, kept.class.id).await.expect("reads").map(|claim| claim.id), Some(again.id));
    })
    .await;
}
