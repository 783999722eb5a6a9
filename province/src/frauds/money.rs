//! Claims for hours and people that evidence does not carry.

use super::Deed;
use crate::class::{Certificate, Class};
use crate::money::{amount, total_standard};

/// Files the claim for all certificates that there are now.
fn file_again(class: &mut Class) {
    let amount = amount(class);
    if let Some(claim) = &mut class.claim {
        claim.granted = claim.granted.map(|_| amount);
        claim.amount = amount;
    }
}

/// Whoever claims what is not due files it again when the office sends it back: what was returned is no claim.
pub(super) fn stand(class: &mut Class) {
    if let Some(claim) = class.claim.as_mut().filter(|claim| claim.state == "returned") {
        claim.state = "filed";
    }
}

/// Gives a certificate to those of them who have none.
fn certify(class: &mut Class, people: &[usize]) {
    let Some(like) = class.certificates.first().cloned().or_else(|| blank(class)) else { return };
    for &trainee in people {
        if class.certificates.iter().all(|entry| entry.trainee != trainee) && class.trainees[trainee].withdrawn_at.is_none() {
            let number = class.trainees[trainee].person ^ (class.number as u64) << 40;
            class.certificates.push(Certificate { trainee, number, ..like.clone() });
        }
    }
    class.certificates.sort_by_key(|entry| entry.trainee);
    file_again(class);
}

/// What a certificate of the class looks like where nobody has earned one.
fn blank(class: &Class) -> Option<Certificate> {
    let evidence = class.evidence.iter().rposition(|evidence| evidence.kind == "document")?;
    let entered_at = class.evidence[evidence].received_at;
    Some(Certificate { trainee: 0, number: 0, issued_on: crate::media::examined_on(class), entered_at, evidence })
}

/// More is claimed than the certificates bring.
pub(super) fn amount_over_formula(class: &mut Class, deed: &mut Deed) {
    let one = total_standard(class);
    if let Some(claim) = &mut class.claim {
        let more = deed.by(one, claim.amount / 8, claim.amount * 2 / 5).max(1);
        claim.amount += more;
        claim.granted = claim.granted.map(|_| claim.amount);
        let label = crate::labels::Label { at_risk_fen: Some(more), ..deed.label(class) };
        class.labels.push(label);
    }
}

/// Who will be claimed for without having been there.
pub(super) fn stay_away(class: &mut Class, deed: &mut Deed) {
    let people = away(class, deed);
    let percent = deed.by(80, 90, 100);
    for (number, lesson) in class.lessons.iter_mut().enumerate() {
        let mut dice = deed.dice.at("away", number as u64);
        lesson.sittings.retain(|sitting| sitting.trainee.is_none_or(|place| !people.contains(&place) || dice.between(0, 99) >= percent));
    }
}

/// The same people whenever it is asked: few, a third, or nearly all.
fn away(class: &Class, deed: &Deed) -> Vec<usize> {
    let many = class.trainees.len();
    let take = deed.by(many.div_ceil(8), many / 3, many * 9 / 10);
    (0..many).filter(|&place| class.trainees[place].withdrawn_at.is_none()).take(take).collect()
}

/// They get certificates like everybody.
pub(super) fn hours_over_evidence(class: &mut Class, deed: &mut Deed) {
    let people = away(class, deed);
    certify(class, &people);
    deed.of_class(class, &[]);
}

/// A class that was cut short is claimed for in full.
pub(super) fn claim_all(class: &mut Class) {
    let most: Vec<usize> = (0..class.trainees.len()).filter(|place| place % 12 != 11).collect();
    certify(class, &most);
}

/// Those who were trained before get a second certificate of the kind.
pub(super) fn claim_again(class: &mut Class) {
    let again: Vec<usize> = (0..class.trainees.len()).filter(|&place| class.trainees[place].is_guest).collect();
    let earned: Vec<usize> = class.certificates.iter().map(|entry| entry.trainee).collect();
    certify(class, &again);
    // Whoever had not earned it is claimed for without the hours, too.
    for place in again.into_iter().filter(|place| !earned.contains(place)) {
        let id = Some(&class.trainees[place].id);
        for label in class.labels.iter_mut().filter(|label| label.rule == "double-subsidy" && label.trainee.as_ref() == id) {
            label.also.push("hours-over-evidence".to_owned());
        }
    }
}

/// A provider at which nobody fails.
pub(super) fn everybody_passes(class: &mut Class, deed: &mut Deed) {
    let all = class.trainees.len();
    let people: Vec<usize> = (0..all).filter(|place| place % deed.by(3, 9, 1_000) != 2).collect();
    certify(class, &people);
}
