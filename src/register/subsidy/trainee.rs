//! What one trainee brings: the final amount by the certificates obtained, and how much of it rests on hours that lack credit.

use super::super::class::{CertificateKind, Standards};
use super::step::hours;
use super::{Plan, Policy, Step, formula, highest, rate};
use serde::Serialize;

/// Online lesson hours of one trainee, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    /// Of the online lessons that have ended.
    pub held_milli: i64,
    /// Of them credited, lesson by lesson never more than planned.
    pub credited_milli: i64,
}

/// Money that rests on online hours without credit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// In fen.
    pub fen: i64,
    /// How it comes about.
    pub steps: Vec<Step>,
}

/// What is due for one trainee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The certificate whose standard counts.
    pub certificate: Option<CertificateKind>,
    /// In fen.
    pub final_fen: i64,
    /// How it comes about.
    pub steps: Vec<Step>,
    /// What of it is at risk; of a trainee without a certificate, what would be.
    pub risk: Risk,
}

/// What is due for a trainee with these certificates. Several certificates count once, by the highest standard (五（三）); one for which no
/// standard was approved brings nothing.
pub fn trainee(plan: &Plan, policy: &Policy, standards: &Standards, certificates: &[CertificateKind], of: Hours) -> Due {
    let known = certificates.iter().filter_map(|kind| Some((*kind, standards.of(*kind)?)));
    // Of equal standards the one that the notice names last counts, always the same.
    let best = known.max_by_key(|(kind, fen)| (*fen, *kind));
    let standard = best.map(|(_, fen)| fen).or_else(|| highest(standards.each()));
    let (final_fen, steps) = match best {
        Some((_, fen)) => {
            let total = formula::total_standard(plan, policy, fen);
            let steps = vec![
                Step::new("current_standard", fen.to_string(), fen),
                formula::online_standard(plan, policy, fen),
                total.clone(),
                Step::new("final", total.value.to_string(), total.value),
            ];
            (total.value, steps)
        }
        None => (0, vec![Step::new("final", "0".to_owned(), 0)]),
    };
    Due { certificate: best.map(|(kind, _)| kind), final_fen, steps, risk: risk(plan, policy, standard, of) }
}

/// What rests on hours without credit: their worth, and never more than the whole online part.
fn risk(plan: &Plan, policy: &Policy, standard: Option<i64>, of: Hours) -> Risk {
    let missing = (of.held_milli - of.credited_milli).max(0);
    if missing == 0 {
        return Risk { fen: 0, steps: Vec::new() };
    }
    let rate = rate(&plan.terms(standard), policy);
    let online = match standard.filter(|fen| *fen > 0) {
        Some(fen) => formula::online_standard(plan, policy, fen),
        None => {
            let fen = rate.fen_for(plan.online_milli);
            Step::new("online_budget", format!("{} × {}", rate.fen_per_hour(), hours(plan.online_milli)), fen)
        }
    };
    let without = format!("{} − {}", hours(of.held_milli), hours(of.credited_milli));
    let worth = Step::new("uncredited_hours", format!("({without}) × {}", rate.words()), rate.fen_for(missing));
    let fen = worth.value.min(online.value);
    let least = Step::new("at_risk", format!("min({}, {})", worth.value, online.value), fen);
    Risk { fen, steps: vec![online, worth, least] }
}
