//! Who is on the roster of a class, with the mess that rosters have.

use crate::chance::{Chance, mix};
use crate::class::{Class, Listed, Provider, Trainee};
use crate::days::{DAY, HOUR, MINUTE, SECOND, day};
use crate::people;
use crate::plan::{Plan, certificate_kind};

/// How many people of a class also sit in another.
const LENT: usize = 3;

/// Fills the roster of a class, before any deed.
pub fn fill(plan: &Plan, class: &mut Class, provider: &Provider) {
    let chance = plan.chance.at("roster", class.number as u64);
    let mut dice = chance.at("size", 0);
    let many = if class.has("small-class") { dice.between(6, 13) } else { dice.between(25, 50) } as usize;
    let enterprise = provider.kind == "enterprise";
    let made_at = if class.has("back-filled") { class.created_at } else { class.application.applied_at };
    let created = made_at + dice.between(1, 24) * HOUR;
    class.trainees = (0..many)
        .map(|place| {
            people::trainee(plan.ids, class.number, place, people::number(class.number, place), class.platform, enterprise, created)
        })
        .collect();
    guests(plan, class, enterprise, created);
    mess(plan, class, &mut chance.at("mess", 0));
    lists(class, &mut chance.at("lists", 0));
}

/// The class whose people may sit in this one too: half a province away, so of another provider, and for another certificate. None of a provider at which
/// something is planted: a deed may move its lessons, and whoever is lent would sit in two places at once without having done anything.
pub fn lender(plan: &Plan, class: usize) -> Option<usize> {
    let half = plan.classes / 2;
    let other = class.checked_sub(half).filter(|other| *other < half && half > 40)?;
    let lends = plan.provider_of(other).is_some_and(|provider| provider.strength.is_none());
    (lends && certificate_kind(plan.ids, other) != certificate_kind(plan.ids, class)).then_some(other)
}

/// Adds somebody at the end of the roster and returns the position.
pub fn enrol(plan: &Plan, class: &mut Class, person: u64, enterprise: bool) -> usize {
    let place = class.trainees.len();
    let created = class.trainees.first().map_or(class.created_at, |trainee| trainee.created_at);
    class.trainees.push(people::trainee(plan.ids, class.number, place, person, class.platform, enterprise, created));
    place
}

fn guests(plan: &Plan, class: &mut Class, enterprise: bool, created: i64) {
    if !class.has("guests") {
        return;
    }
    let Some(other) = lender(plan, class.number) else { return class.mess.retain(|name| *name != "guests") };
    let (half, mut dice) = (plan.classes / 2, plan.chance.at("guests", class.number as u64));
    debug_assert!(other < half);
    for lent in 0..=dice.below(LENT) {
        let place = class.trainees.len();
        let person = people::number(other, lent);
        let mut guest = people::trainee(plan.ids, class.number, place, person, class.platform, enterprise, created);
        guest.is_guest = true;
        guest.elsewhere = plan.spans_of(other);
        class.trainees.push(guest);
    }
}

fn mess(plan: &Plan, class: &mut Class, dice: &mut Chance) {
    let many = class.trainees.len();
    if class.has("device-clocks-off") {
        for place in dice.some_of(many, 1 + many / 8) {
            class.trainees[place].clock_off = dice.between(60, 420) * SECOND * if dice.one_in(0.5) { 1 } else { -1 };
        }
    }
    if class.has("household") && many > 6 {
        let first = dice.below(many - 3);
        let (phone, ip) = (class.trainees[first].phone.clone(), class.trainees[first].seat.ip.clone());
        for place in first + 1..first + 2 + dice.below(2) {
            class.trainees[place].phone.clone_from(&phone);
            class.trainees[place].seat.ip.clone_from(&ip);
        }
    }
    if class.has("one-room") || class.has("computer-room") {
        let network = plan.providers[class.provider].network;
        let address = people::address(network + 2 + dice.below(3) as u32);
        for trainee in class.trainees.iter_mut().filter(|trainee| trainee.seat.ip.is_some()) {
            trainee.seat.ip = Some(address.clone());
        }
    }
    if class.has("dialled-in") {
        for place in dice.some_of(many, 1 + dice.clone().below(2)) {
            class.trainees[place].seat = crate::class::Seat { device: None, ip: None, agent: None, client: Some("phone"), region: None };
        }
    }
    if class.has("foreign-permit") {
        let place = dice.below(many);
        class.trainees[place].region = Some("11");
    }
    if class.has("id-typo-corrected") {
        // The row with the mistyped number was withdrawn, and the trainee entered again with the right one.
        let place = dice.below(many);
        let right = &class.trainees[place];
        let mut wrong = Trainee {
            id: plan.ids.id(crate::class::Thing::Trainee, class.number as u64 * crate::class::PEOPLE_OF_A_CLASS + many as u64),
            person: people::number(class.number, 63),
            fault: Some(dice.pick(&["checksum", "length", "checksum", "birth_date"])),
            age: None,
            sex: None,
            region: None,
            withdrawn_at: Some(right.created_at + dice.between(1, 5) * DAY),
            is_made_up: true,
            ..right.clone()
        };
        wrong.seat.device = None;
        class.trainees[place].created_at = wrong.withdrawn_at.unwrap_or(wrong.created_at) + MINUTE;
        class.trainees.push(wrong);
    }
}

/// What other offices know of honest people: most on no list, some employed in enterprises, and with a list a month behind somebody who has left since.
fn lists(class: &mut Class, dice: &mut Chance) {
    for trainee in class.trainees.iter().filter(|trainee| !trainee.is_made_up && trainee.withdrawn_at.is_none()) {
        if trainee.category == "employee" && mix(trainee.person ^ 0x11).is_multiple_of(3) {
            class.listed.push(Listed {
                list: "payroll",
                person: Some(trainee.person),
                value: Some("enterprise".to_owned()),
                provider: None,
                from_on: Some(day(2017, 1, 1) + (mix(trainee.person) % 1_000) as i64),
                until_on: None,
                as_of: day(2020, 3, 1),
            });
        }
        // Who was a student or a soldier's wife on the public payroll, and is so no more.
        if mix(trainee.person ^ 0x22).is_multiple_of(60) {
            class.listed.push(Listed {
                list: "student",
                person: Some(trainee.person),
                value: None,
                provider: None,
                from_on: Some(day(2016, 9, 1)),
                until_on: Some(day(2019, 7, 1)),
                as_of: day(2020, 3, 1),
            });
        }
    }
    if class.has("list-behind") {
        let own = class.trainees.iter().filter(|trainee| !trainee.is_guest).count();
        let mut place = dice.below(own.min(20).saturating_sub(LENT).max(1));
        // Nobody who may have sat in another class while the list was right: neither whom this class lends nor who is a guest in it.
        if place < LENT {
            place += LENT;
        }
        let (list, value) = dice.pick(&[("student", None), ("payroll", Some("public"))]);
        class.listed.push(Listed {
            list,
            person: Some(class.trainees[place].person),
            value: value.map(str::to_owned),
            provider: None,
            from_on: Some(day(2016, 9, 1)),
            // Half of such lists know when it was to end; the other half knows nothing of it.
            until_on: dice.one_in(0.5).then(|| class.starts_on - dice.between(1, 25)),
            as_of: class.starts_on - 32,
        });
    }
}
