//! People who are not there, not who they seem, or not those whom the money is for.

use super::{Deed, Shared};
use crate::attend::come_and_go;
use crate::class::{Beats, Class, Listed, Play, Seat, Sitting, Stay};
use crate::days::{MINUTE, SECOND, day, moment};
use crate::labels::Place;
use crate::people::{self, key};
use crate::plan::Plan;
use crate::roster::enrol;

/// Names without people: from elsewhere, without a device or a picture, with one telephone between them or none.
pub(super) fn ghost_trainee(plan: &Plan, class: &mut Class, deed: &mut Deed) {
    let many = deed.by(2, 7, 18);
    let phone = key(deed.dice.draw());
    for number in 0..many {
        let place = enrol(plan, class, people::number(class.number, 64 + number), false);
        let region = deed.dice.pick(&["65", "46", "23", "45"]);
        let shares = deed.by(false, number % 2 == 0, true);
        let trainee = &mut class.trainees[place];
        trainee.is_made_up = true;
        trainee.seat = Seat { device: None, ip: None, agent: None, client: None, region: None };
        trainee.region = Some(if deed.strength > 0.4 { region } else { "61" });
        trainee.phone = if shares { Some(phone.clone()) } else { None };
        trainee.email = None;
        deed.of_trainee(class, place, &[]);
    }
}

/// Names that were written into logs: nearly always there, never anything else.
pub(super) fn seat_ghosts(plan: &Plan, class: &mut Class) {
    let mut dice = plan.chance.at("ghosts", class.number as u64);
    for place in 0..class.trainees.len() {
        let trainee = &class.trainees[place];
        let is_ghost = trainee.is_made_up && trainee.withdrawn_at.is_none() && trainee.seat.device.is_none();
        if !is_ghost {
            continue;
        }
        for lesson in class.held() {
            if dice.one_in(0.05) {
                continue;
            }
            let sitting = made_up(class, lesson, place, dice.between(0, 240), dice.between(0, 120), &mut dice);
            class.lessons[lesson].sittings.push(sitting);
        }
    }
}

/// A whole lesson, on whatever seat the trainee has, without a word: from so many seconds before to so many after.
pub(super) fn made_up(class: &Class, lesson: usize, place: usize, before: i64, after: i64, dice: &mut crate::chance::Chance) -> Sitting {
    let row = &class.lessons[lesson];
    let mut sitting = Sitting {
        trainee: Some(place),
        name: None,
        seat: class.trainees[place].seat.clone(),
        stays: vec![Stay { from: row.from - before * SECOND, until: row.until + after * SECOND, ended: true }],
        answers: Vec::new(),
        checks: Vec::new(),
        beats: Beats { every: 0, jitter: 0, last: 0 },
        plays: Vec::new(),
        stated_ms: None,
        same_row_as: None,
    };
    if row.mode == "recorded" {
        let on = crate::days::day_of(row.from) + dice.between(0, 8);
        let at = moment(on, 20 * 3_600 + 3_000 + before * 4);
        sitting.plays = vec![Play { at, from_ms: 0, until_ms: row.content_ms.unwrap_or(0), percent: 100 }];
        come_and_go(&mut sitting, dice);
    }
    sitting
}

/// Numbers that cannot be, and at full strength people who stand on the roster twice.
pub(super) fn bad_identity(plan: &Plan, class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let many = deed.by(2, people.len().min(6), people.len().min(20));
    for &place in people.iter().take(many) {
        let faults: &[&str] = deed.by(&["checksum"], &["checksum", "birth_date"], &["checksum", "birth_date", "length", "region"]);
        let fault = deed.dice.pick(faults);
        let trainee = &mut class.trainees[place];
        trainee.fault = Some(fault);
        (trainee.age, trainee.sex, trainee.region) = (None, None, None);
        deed.of_trainee(class, place, &[]);
    }
    for &first in people.iter().rev().take(deed.by(0, 1, 3)) {
        let person = class.trainees[first].person;
        let place = enrol(plan, class, person, false);
        class.trainees[place].phone = Some(key(deed.dice.draw()));
        // The second entry attends in the first's place when that one does not: it is somebody's job.
        let twin = Place { class: class.id.clone(), lesson: None, trainee: Some(class.trainees[first].id.clone()) };
        deed.of_person(class, place, twin);
    }
}

/// Pensioners, students, public servants, the dead.
pub(super) fn ineligible(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let many = deed.by(1, people.len().min(5), people.len().min(16));
    for (number, &place) in people.iter().take(many).enumerate() {
        let kinds: &[(&str, Option<&str>)] = deed.by(
            &[("pension", None), ("payroll", Some("public"))],
            &[("pension", None), ("payroll", Some("public")), ("student", None)],
            &[("pension", None), ("student", None), ("deceased", None), ("payroll", Some("public")), ("detained", None)],
        );
        let (list, value) = kinds[number % kinds.len()];
        let from_on = match list {
            "deceased" => class.starts_on - deed.dice.between(100, 900),
            "detained" => class.starts_on - deed.dice.between(30, 200),
            _ => day(2014, 9, 1) + deed.dice.between(0, 1_900),
        };
        let person = Some(class.trainees[place].person);
        // A young person's parent is named by mistake more easily than an old one's: here it is no mistake.
        if list == "pension" {
            class.trainees[place].age = Some(60 + deed.dice.between(0, 12));
        }
        let listed = Listed {
            list,
            person,
            value: value.map(str::to_owned),
            provider: None,
            from_on: Some(from_on),
            until_on: None,
            as_of: day(2020, 6, 30),
        };
        class.listed.retain(|entry| entry.person != person);
        class.listed.push(listed);
        deed.of_trainee(class, place, &[]);
    }
}

/// Whoever was planted as ineligible in one class is so in every later one too, as a guest or brought in by another deed: such a class gets the label as well.
pub(super) fn tell_barred(class: &mut Class, shared: &mut Shared) {
    for place in 0..class.trainees.len() {
        let trainee = &class.trainees[place];
        let (id, person) = (trainee.id.clone(), trainee.person);
        if trainee.withdrawn_at.is_some() {
            continue;
        }
        let own = class.labels.iter().find(|label| label.rule == "ineligible" && label.trainee.as_ref() == Some(&id));
        match (own.map(|label| label.strength), shared.barred.get(&person).copied()) {
            (Some(strength), _) => {
                shared.barred.insert(person, strength);
            }
            (None, Some(strength)) => {
                let dice = crate::chance::Chance::new(0);
                Deed { rule: "ineligible", strength, dice }.of_trainee(class, place, &[]);
            }
            (None, None) => {}
        }
    }
}

/// Names that attend by writing and people who are on the roster twice may be in two lessons at once, since nobody looks whether it can be: that is told of them too.
pub(super) fn tell_doubles(class: &mut Class) {
    let mut labels = std::mem::take(&mut class.labels);
    for label in labels.iter_mut().filter(|label| matches!(label.rule.as_str(), "ghost-trainee" | "bad-identity")) {
        let person = class.trainees.iter().find(|trainee| label.trainee.as_ref() == Some(&trainee.id)).map(|trainee| trainee.person);
        let is_own = |sitting: &&Sitting| sitting.trainee.map(|place| class.trainees[place].person) == person;
        let spans: Vec<(usize, i64, i64)> = class
            .held()
            .into_iter()
            .flat_map(|lesson| class.lessons[lesson].sittings.iter().filter(is_own).map(move |sitting| (lesson, sitting)))
            .flat_map(|(lesson, sitting)| sitting.stays.iter().map(move |stay| (lesson, stay.from, stay.until)))
            .map(|(lesson, from, until)| (lesson, from.max(class.lessons[lesson].from), until.min(class.lessons[lesson].until)))
            .collect();
        let meets =
            |one: &(usize, i64, i64), other: &(usize, i64, i64)| one.0 != other.0 && one.2.min(other.2) - one.1.max(other.1) >= 2 * MINUTE;
        if person.is_some() && spans.iter().any(|one| spans.iter().any(|other| meets(one, other))) {
            label.also.push("overlap-person".to_owned());
        }
    }
    class.labels = labels;
}

/// People of an earlier class with the same certificate are trained and claimed for again.
pub(super) fn double_subsidy(plan: &Plan, class: &mut Class, deed: &mut Deed, shared: &Shared) {
    // Of a class whose claim stands: what was returned was not paid.
    let stands = |past: &&Class| past.claim.as_ref().is_some_and(|claim| claim.state != "returned");
    let Some(past) = shared.past.iter().map(|past| &past.class).filter(stands).max_by_key(|past| past.certificates.len()) else { return };
    class.certificate_kind = past.certificate_kind;
    (class.trade_code, class.trade_name) = (past.trade_code, past.trade_name);
    let certified: Vec<usize> =
        past.certificates.iter().map(|entry| entry.trainee).filter(|&place| !past.trainees[place].is_guest).collect();
    let many = deed.by(2, 9, 24).min(certified.len());
    for number in deed.dice.some_of(certified.len(), many) {
        let person = past.trainees[certified[number]].person;
        if class.trainees.iter().any(|trainee| trainee.person == person) {
            continue;
        }
        let place = enrol(plan, class, person, false);
        class.trainees[place].elsewhere = shared.spans_of(person);
        class.trainees[place].is_guest = true;
        let there = past.trainees[certified[number]].id.clone();
        deed.of_person(class, place, Place { class: past.id.clone(), lesson: None, trainee: Some(there) });
    }
}

/// Accounts that cannot be, and telephones that are nobody's or somebody else's.
pub(super) fn placeholder_account(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let many = deed.by(4, people.len() / 2, people.len());
    // A broker's number, which stands on rosters of other providers too.
    let one = key(0xb40c);
    for (number, &place) in people.iter().take(many).enumerate() {
        let trainee = &mut class.trainees[place];
        if deed.strength < 0.4 || number % 2 == 0 {
            trainee.phone_fault = Some(if number % 3 == 0 { "repeated" } else { "sequence" });
            trainee.phone = Some(key((number as u64 / 2) ^ 0xfa6e));
        } else {
            trainee.phone = Some(one.clone());
        }
    }
    if deed.strength > 0.4 {
        class.account_fault = Some(if deed.strength > 0.9 { "repeated" } else { "checksum" });
        class.account_key = key(0xacc0_0000 ^ class.provider as u64);
    }
    deed.of_class(class, &[]);
}
