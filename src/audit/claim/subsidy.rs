//! The subsidy of a class by the notice's formulas, step by step.

use super::gaps::{Gap, gaps};
use super::gather::Situation;
use crate::ids::TraineeId;
use crate::register::class::CertificateKind;
use crate::register::money::Prepayment;
use crate::register::subsidy::{Due, Hours, Plan, Step, formula, trainee};
use crate::time::Time;
use serde_json::{Map, Value, json};

/// The standard of one kind of certificate, per trainee.
#[derive(Clone, Debug)]
pub struct Standard {
    /// The certificate.
    pub kind: CertificateKind,
    /// The current standard, in fen.
    pub current_fen: i64,
    /// 五（一）.
    pub online: Step,
    /// 五（二）.
    pub total: Step,
}

/// What one trainee brings.
#[derive(Clone, Debug)]
pub struct Brings {
    /// The trainee.
    pub trainee: TraineeId,
    /// The trainee as the provider calls it.
    pub external_id: String,
    /// All certificates that count.
    pub certificates: Vec<CertificateKind>,
    /// Online hours.
    pub hours: Hours,
    /// The amount, how it comes about, and what of it is at risk.
    pub due: Due,
}

/// The money of a class.
#[derive(Clone, Debug)]
pub struct Subsidy {
    /// Id and fingerprint of the policy.
    pub policy: String,
    /// Whether the epidemic's rate holds.
    pub epidemic: bool,
    /// Hours and rate.
    pub plan: Plan,
    /// By certificate, of those that have a current standard.
    pub standards: Vec<Standard>,
    /// 五（三）.
    pub prepayment: Step,
    /// What was paid in advance.
    pub prepaid: Option<Prepayment>,
    /// Trainees in the order of the roster.
    pub trainees: Vec<Brings>,
    /// What the formulas come to for all trainees, in fen.
    pub final_fen: i64,
    /// What of it rests on online hours without credit; of trainees without a certificate, what would.
    pub at_risk_fen: i64,
    /// What a claim would lack now.
    pub gaps: Vec<Gap>,
    /// When it was computed.
    pub at: Time,
}

impl Subsidy {
    /// Of a class as it is known.
    pub fn of(known: &Situation) -> Subsidy {
        let (plan, policy, standards) = (known.plan(), &*known.policy, &known.class.standards_fen);
        let standard = |kind: CertificateKind| {
            let current_fen = standards.of(kind)?;
            let (online, total) =
                (formula::online_standard(&plan, policy, current_fen), formula::total_standard(&plan, policy, current_fen));
            Some(Standard { kind, current_fen, online, total })
        };
        let hours = known.hours();
        let brings = |of: &crate::register::Trainee| {
            let certificates: Vec<CertificateKind> =
                known.certificates.iter().filter(|certificate| certificate.trainee == of.id).map(|certificate| certificate.kind).collect();
            let hours = hours.get(&of.id).copied().unwrap_or_default();
            let due = trainee(&plan, policy, standards, &certificates, hours);
            Brings { trainee: of.id, external_id: of.external_id.clone(), certificates, hours, due }
        };
        let trainees: Vec<Brings> = known.roster.iter().map(brings).collect();
        Subsidy {
            policy: policy.name(),
            epidemic: known.class.epidemic,
            plan,
            standards: CertificateKind::ALL.into_iter().filter_map(standard).collect(),
            prepayment: formula::prepayment(&plan, policy, trainees.len() as i64),
            prepaid: known.prepaid.clone(),
            final_fen: trainees.iter().map(|trainee| trainee.due.final_fen).sum(),
            at_risk_fen: trainees.iter().map(|trainee| trainee.due.risk.fen).sum(),
            gaps: gaps(known, &trainees),
            trainees,
            at: known.now,
        }
    }

    /// As the contract writes it.
    pub fn answer(&self) -> Value {
        let by_kind = |of: fn(&Standard) -> i64| {
            self.standards.iter().map(|standard| (standard.kind.as_str().to_owned(), of(standard).into())).collect::<Map<String, Value>>()
        };
        let trainees: Vec<Value> = self.trainees.iter().map(Brings::answer).collect();
        let mut answer = json!({
            "policy": self.policy, "epidemic": self.epidemic, "standards_fen": by_kind(|standard| standard.current_fen),
            "online_standard_fen": by_kind(|standard| standard.online.value), "total_standard_fen": by_kind(|standard| standard.total.value),
            "steps": self.standards.iter().map(|standard| (standard.kind.as_str().to_owned(), json!([standard.online, standard.total]))).collect::<Map<_, _>>(),
            "prepayment_fen": self.prepayment.value, "prepayment_steps": [self.prepayment], "trainees": trainees, "final_fen": self.final_fen,
            "at_risk_fen": self.at_risk_fen, "gaps": self.gaps,
        });
        if let Some(prepaid) = &self.prepaid {
            answer["prepaid"] = json!({"id": prepaid.id, "amount_fen": prepaid.amount_fen, "paid_on": prepaid.paid_on, "at": prepaid.at});
        }
        answer
    }
}

impl Brings {
    fn answer(&self) -> Value {
        let mut answer = json!({"trainee": self.trainee, "trainee_external_id": self.external_id});
        if let Some(certificate) = self.due.certificate {
            answer["certificate"] = certificate.as_str().into();
        }
        answer["certificates"] = json!(self.certificates);
        answer["final_fen"] = self.due.final_fen.into();
        answer["steps"] = json!(self.due.steps);
        answer["at_risk_fen"] = self.due.risk.fen.into();
        answer["at_risk_steps"] = json!(self.due.risk.steps);
        answer
    }
}
