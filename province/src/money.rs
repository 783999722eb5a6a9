//! What follows a training: certificates, the claim, and what was paid in advance. Amounts are those of the notice, part 5, in whole fen.

use crate::class::{Certificate, Claim, Class};
use crate::credit::Credit;
use crate::days::{days_after, moment};
use crate::media;
use crate::plan::Plan;

/// What an online lesson hour of a trainee is worth: 7.5 yuan × 130 %.
pub const FEN_PER_HOUR: i64 = 975;

/// The current standard: 7.5 yuan for each hour of the course.
pub fn standard(class: &Class) -> i64 {
    750 * class.hours[0]
}

/// The total standard of the notice, part 5 (2), in the epidemic, rounded half up.
pub fn total_standard(class: &Class) -> i64 {
    let [all, online, ..] = class.hours;
    if all == 0 {
        return 0;
    }
    // standard × online ÷ all × 130 % + standard × (all − online) ÷ all
    (2 * standard(class) * (online * 13 + (all - online) * 10) + 10 * all) / (20 * all)
}

/// What was to be paid in advance: half of 7.5 yuan for each trainee and online hour.
pub fn prepayment(class: &Class) -> i64 {
    let people = class.trainees.iter().filter(|trainee| trainee.withdrawn_at.is_none()).count() as i64;
    750 * people * class.hours[1] / 2
}

/// The amount that certificates bring.
pub fn amount(class: &Class) -> i64 {
    total_standard(class) * class.certificates.len() as i64
}

/// Gives certificates to most of those who were there, and files the claim.
pub fn settle(plan: &Plan, class: &mut Class, credits: &[Credit]) {
    let mut dice = plan.chance.at("money", class.number as u64);
    let mut earned = vec![0_i64; class.trainees.len()];
    credits.iter().for_each(|credit| earned[credit.trainee] += credit.hours_milli);
    // Nobody earns less for what was never held.
    let held: i64 = class.lessons.iter().filter(|lesson| lesson.was_held() && lesson.group != Some(1)).map(|lesson| lesson.hours).sum();
    let due = (held.min(class.hours[1]) * 1_000).max(1);
    let issued_on = media::examined_on(class);
    let mut entered_at = moment(days_after(issued_on, dice.between(1, 5)), dice.between(9 * 3_600, 17 * 3_600));
    entered_at = entered_at.max(class.created_at);
    let list = class.add(media::document(entered_at, dice.draw()));
    let passing = 0.93 + dice.unit() * 0.06;
    for (trainee, &hours) in earned.iter().enumerate() {
        let sat = hours * 100 >= due * 72 && dice.one_in(passing);
        if sat && class.trainees[trainee].withdrawn_at.is_none() {
            let number = class.trainees[trainee].person ^ (class.number as u64) << 40;
            class.certificates.push(Certificate { trainee, number, issued_on, entered_at, evidence: list });
        }
    }
    let filed_on = days_after(issued_on, dice.between(4, 25)).max(crate::days::day_of(entered_at) + 2);
    let filed_at = moment(filed_on, dice.between(9 * 3_600, 17 * 3_600));
    let amount = amount(class);
    let state = dice.pick(&["filed", "filed", "approved", "settled", "settled", "returned"]);
    let granted = matches!(state, "approved" | "settled").then_some(amount);
    let settled_on = (state == "settled").then(|| days_after(filed_on, dice.between(5, 20)));
    media::paper(class, "claim", filed_at, dice.draw());
    class.claim = Some(Claim { state, amount, granted, settled_on, filed_at });
}
