//! Providers that are one: two that are planted share account, devices, address and people.

use super::{Deed, Layer, PATTERNS, Shared};
use crate::class::Class;
use crate::people::{self, address, key};
use crate::plan::Plan;
use crate::roster::enrol;

fn is_shell(pattern: usize) -> bool {
    PATTERNS[pattern].id == "shell-network"
}

/// Gives each provider that is to be a shell another of the planted ones as its other half: one of the same strength, if there is any.
pub(super) fn join_shells(plan: &mut Plan, order: &[usize]) {
    let Some(pattern) = (0..PATTERNS.len()).find(|&pattern| is_shell(pattern)) else { return };
    for &number in order {
        let provider = &plan.providers[number];
        if !provider.patterns.contains(&pattern) || provider.shell.is_some() {
            continue;
        }
        let strength = provider.strength;
        let shows = |other: usize| [0, 2, 3].contains(&plan.providers[other].platform) && plan.providers[other].shell.is_none();
        let same = order.iter().copied().filter(|&other| other != number && shows(other));
        let Some(other) = same.clone().find(|&other| plan.providers[other].strength == strength).or_else(|| same.clone().next()) else {
            continue;
        };
        let shell = Some((number as u64, plan.providers[number].first_class));
        plan.providers[number].shell = shell;
        plan.providers[other].shell = Some((number as u64, plan.providers[number].first_class));
        plan.providers[other].strength = plan.providers[other].strength.or(strength);
        plan.providers[other].shell_of = Some(number);
        plan.providers[number].shell_of = Some(other);
    }
}

/// One account for both.
pub(super) fn shared_account(plan: &Plan, class: &mut Class) {
    let provider = &plan.providers[class.provider];
    if let Some((shell, _)) = provider.shell
        && class.account_fault.is_none()
    {
        class.account_key = key(0x5e11 ^ shell << 16);
    }
}

/// From half strength on the same people are on the roster of the first class of each.
pub(super) fn shared_people(plan: &Plan, class: &mut Class, shared: &Shared) {
    let provider = &plan.providers[class.provider];
    let (Some((_, first)), Some(other), Some(strength)) = (provider.shell, provider.shell_of, provider.strength) else { return };
    let deed = Deed { rule: "shell-network", strength, dice: plan.chance.clone() };
    if !shared.past.is_empty() {
        return;
    }
    let spans: Vec<(i64, i64)> =
        (0..plan.providers[other].classes.min(3)).flat_map(|place| plan.spans_of(plan.providers[other].first_class + place)).collect();
    for number in 0..deed.by(0, 3, 8) {
        let place = enrol(plan, class, people::number(first, 70 + number), false);
        class.trainees[place].is_guest = true;
        class.trainees[place].elsewhere.clone_from(&spans);
    }
}

/// Some trainees of either sit at the same few devices and the same address, lesson after lesson.
pub(super) fn shared_seats(plan: &Plan, class: &mut Class) {
    let provider = &plan.providers[class.provider];
    let (Some((shell, _)), Some(strength)) = (provider.shell, provider.strength) else { return };
    let mut deed = Deed { rule: "shell-network", strength, dice: plan.chance.at("shell", class.number as u64) };
    let people = deed.people(class);
    let many = deed.by(3, 8, 16).min(people.len());
    let devices = deed.by(1, 2, 4);
    let ip = address(0xc633_6400 + (shell as u32 & 0xff));
    let mut used = std::collections::BTreeSet::new();
    for (number, &place) in people.iter().take(many).enumerate() {
        // Where another deed says who sits where, that stays as it is.
        for lesson in class.lessons.iter_mut().filter(|lesson| !lesson.touched.contains(&Layer::Sitting)) {
            for sitting in lesson.sittings.iter_mut().filter(|sitting| sitting.trainee == Some(place) && sitting.seat.device.is_some()) {
                let one = people::device(0x5e11_d000 ^ shell << 20 ^ (number as u64 % devices));
                used.insert(one.clone());
                sitting.seat.device = Some(one);
                if strength > 0.4 {
                    sitting.seat.ip = Some(ip.clone());
                }
            }
        }
    }
    // Three at one device are a household to whoever sees the class alone; from four on it is a deed of its own.
    let (rule, also): (_, &[&str]) = deed.by(("shell-network", &["shared-device"]), ("shared-device", &[]), ("shared-device", &[]));
    let deed = Deed { rule, ..deed };
    for one in used {
        deed.of_subject(class, &one, also);
    }
}
