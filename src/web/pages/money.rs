//! The money of a class as pages show it: standards, prepayment, what each trainee brings and why, what is at risk, and the gaps of a claim.

use super::reader::Reader;
use super::words::Lang;
use crate::audit::claim::{Gap, Subsidy, gather};
use crate::error::Result;
use crate::ids::ClassId;
use crate::register::class;
use crate::register::money::claim;
use crate::register::subsidy::Step;
use serde_json::Value;
use std::collections::HashMap;

/// The standard of a certificate.
#[derive(Clone, Debug)]
pub struct Standard {
    /// The certificate's code.
    pub kind: &'static str,
    /// The current standard, in fen.
    pub current: i64,
    /// 五（一）.
    pub online: Step,
    /// 五（二）.
    pub total: Step,
}

/// What a trainee brings.
#[derive(Clone, Debug)]
pub struct Brings {
    /// The trainee's id.
    pub trainee: String,
    /// The name, as far as the reader may see it.
    pub name: String,
    /// The provider's own number.
    pub number: String,
    /// The certificate that counts.
    pub certificate: Option<&'static str>,
    /// In fen.
    pub fen: i64,
    /// How it comes about.
    pub steps: Vec<Step>,
    /// At risk, in fen.
    pub at_risk: i64,
    /// How that comes about.
    pub risk_steps: Vec<Step>,
}

/// A gap in the reader's language.
#[derive(Clone, Debug)]
pub struct GapLine {
    /// The clause that asks for it.
    pub clause: String,
    /// What is missing and what closes the gap.
    pub text: String,
}

/// The money of a class.
#[derive(Clone, Debug, Default)]
pub struct Money {
    /// By certificate.
    pub standards: Vec<Standard>,
    /// What may be paid in advance, and how that comes about; none after the epidemic.
    pub prepayment: Option<Step>,
    /// What was paid in advance: fen, day.
    pub prepaid: Option<(i64, String)>,
    /// In the order of the roster.
    pub trainees: Vec<Brings>,
    /// For all trainees, in fen.
    pub final_fen: i64,
    /// Of it at risk, in fen.
    pub at_risk: i64,
    /// What a claim would lack now.
    pub gaps: Vec<GapLine>,
    /// Where the claim stands, if one was filed.
    pub claim: Option<&'static str>,
}

impl Money {
    /// How many trainees have a certificate that counts.
    pub fn certified(&self) -> i64 {
        self.trainees.iter().filter(|trainee| trainee.certificate.is_some()).count() as i64
    }

    /// Of one class as the reader may see it.
    pub(super) async fn read(reader: &Reader<'_>, id: ClassId) -> Result<Money> {
        let class = class::by_id(reader.db, id).await?;
        let known = gather(reader.db, reader.policies, &class, reader.frame.now).await?;
        let names: HashMap<_, _> = known.roster.iter().map(|trainee| (trainee.id, trainee.name.as_str())).collect();
        let subsidy = Subsidy::of(&known);
        let standards = subsidy.standards.into_iter().map(|standard| Standard {
            kind: standard.kind.as_str(),
            current: standard.current_fen,
            online: standard.online,
            total: standard.total,
        });
        let trainees = subsidy.trainees.into_iter().map(|of| Brings {
            name: reader.person(names.get(&of.trainee).copied().unwrap_or_default()),
            trainee: of.trainee.to_string(),
            number: of.external_id,
            certificate: of.due.certificate.map(|kind| kind.as_str()),
            fen: of.due.final_fen,
            steps: of.due.steps,
            at_risk: of.due.risk.fen,
            risk_steps: of.due.risk.steps,
        });
        Ok(Money {
            standards: standards.collect(),
            prepayment: subsidy.epidemic.then_some(subsidy.prepayment),
            prepaid: subsidy.prepaid.map(|prepaid| (prepaid.amount_fen, prepaid.paid_on.to_string())),
            trainees: trainees.collect(),
            final_fen: subsidy.final_fen,
            at_risk: subsidy.at_risk_fen,
            gaps: subsidy.gaps.iter().map(|gap| line(reader.frame.lang, gap)).collect(),
            claim: claim::live(reader.db, id).await?.map(|claim| claim.state.as_str()),
        })
    }
}

fn line(lang: Lang, gap: &Gap) -> GapLine {
    let text = match lang {
        Lang::Zh => &gap.message_zh,
        Lang::En => &gap.message,
    };
    GapLine { clause: gap.clause.to_owned(), text: text.clone() }
}

/// Gaps as a claim keeps them.
pub(super) fn lines(lang: Lang, gaps: &Value) -> Vec<GapLine> {
    let text = |gap: &Value, name: &str| gap[name].as_str().unwrap_or_default().to_owned();
    let message = if lang == Lang::Zh { "message_zh" } else { "message" };
    gaps.as_array().into_iter().flatten().map(|gap| GapLine { clause: text(gap, "clause"), text: text(gap, message) }).collect()
}
