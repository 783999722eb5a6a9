//! One person in two places, one device or address for many, the staff in the trainees' place.

use super::deed::{seat_in, sitting_of};
use super::identity::made_up;
use super::{Deed, Layer, Shared};
use crate::class::{Class, Sitting, Stay};
use crate::days::{MINUTE, SECOND, day_of};
use crate::labels::Place;
use crate::people::{address, device, key};
use crate::plan::Plan;
use crate::roster::enrol;
use std::sync::Arc;

/// People of an earlier class of the provider are on this roster too, and signed in to both where both meet; a lesson is moved where none meets.
pub(super) fn overlap_person(plan: &Plan, class: &mut Class, deed: &mut Deed, shared: &Shared) {
    let many = deed.by(2, 6, 14);
    let most = deed.by(2, 5, 40);
    let Some((past, mut pairs)) = meeting(class, shared, deed) else { return };
    pairs.truncate(most);
    for &(lesson, _) in &pairs {
        class.lessons[lesson].touched.insert(Layer::Sitting);
    }
    let past = &shared.past[past].class;
    let own: Vec<usize> =
        (0..past.trainees.len()).filter(|&place| !past.trainees[place].is_guest && past.trainees[place].withdrawn_at.is_none()).collect();
    for number in deed.dice.some_of(own.len(), many) {
        let (there, person) = (own[number], past.trainees[own[number]].person);
        let place = match class.trainees.iter().position(|trainee| trainee.person == person) {
            Some(place) => place,
            None => enrol(plan, class, person, false),
        };
        class.trainees[place].is_made_up = true;
        for lesson in class.held() {
            let pair = pairs.iter().find(|(own, _)| *own == lesson);
            let (before, after) = (deed.dice.between(-200, 300), deed.dice.between(-100, 200));
            // A second login keeps the time of its own lesson; the seat is the person's second device.
            let mut sitting = made_up(class, lesson, place, before, after, &mut deed.dice);
            if sitting.seat.device.is_some() {
                sitting.seat.device = Some(device(person ^ 0x5ec0_4d00));
            }
            let elsewhere = past
                .lessons
                .iter()
                .any(|row| row.is_live() && row.from < class.lessons[lesson].until && class.lessons[lesson].from < row.until);
            if pair.is_none() && (elsewhere || deed.dice.one_in(0.1)) {
                continue;
            }
            let stays = sitting.stays.clone();
            seat_in(class, lesson, sitting);
            let was_there =
                |&&(_, other): &&(usize, usize)| past.lessons[other].sittings.iter().any(|sitting| sitting.trainee == Some(there));
            let meant = pair.filter(was_there).map(|&(_, other)| (past, other, there));
            // Whom it takes may be in a third class as well, by the same deed.
            let Some((class_there, other, there)) = meant.or_else(|| beside(shared, class, lesson, person, &stays)) else { continue };
            let or = Place {
                class: class_there.id.clone(),
                lesson: Some(class_there.lessons[other].id.clone()),
                trainee: Some(class_there.trainees[there].id.clone()),
            };
            // Two classes for one certificate are paid for twice as well.
            let also: &[&str] = if class_there.certificate_kind == class.certificate_kind { &["double-subsidy"] } else { &[] };
            deed.of_both(class, lesson, place, also, Some(or));
        }
    }
}

/// A lesson of an earlier class in which a person sits for two minutes and more of these stays, and who that is there.
pub(super) fn beside<'a>(
    shared: &'a Shared,
    class: &Class,
    lesson: usize,
    person: u64,
    stays: &[Stay],
) -> Option<(&'a Class, usize, usize)> {
    let (begin, end) = (class.lessons[lesson].from, class.lessons[lesson].until);
    shared.past.iter().map(|past| &past.class).find_map(|past| {
        let there = past.trainees.iter().position(|trainee| trainee.person == person)?;
        let meets = |other: &Stay, from: i64, until: i64| {
            stays
                .iter()
                .any(|own| own.until.min(end).min(other.until).min(until) - own.from.max(begin).max(other.from).max(from) >= 2 * MINUTE)
        };
        let sits = |other: &usize| {
            let row = &past.lessons[*other];
            let own = row.sittings.iter().filter(|sitting| sitting.trainee == Some(there)).flat_map(|sitting| &sitting.stays);
            row.was_held() && own.clone().any(|stay| meets(stay, row.from, row.until))
        };
        Some((past, (0..past.lessons.len()).find(sits)?, there))
    })
}

/// The earlier class that meets with this one most often, and the lessons of both that meet.
fn meeting(class: &mut Class, shared: &Shared, deed: &mut Deed) -> Option<(usize, Vec<(usize, usize)>)> {
    let pairs_with = |class: &Class, past: &Class| -> Vec<(usize, usize)> {
        let meets = |lesson: usize, other: usize| {
            let (own, other) = (&class.lessons[lesson], &past.lessons[other]);
            other.is_live() && other.held && other.from + 20 * MINUTE < own.until && own.from + 20 * MINUTE < other.until
        };
        class.live().into_iter().filter_map(|lesson| Some((lesson, (0..past.lessons.len()).find(|&other| meets(lesson, other))?))).collect()
    };
    let best = (0..shared.past.len()).max_by_key(|&past| pairs_with(class, &shared.past[past].class).len())?;
    let pairs = pairs_with(class, &shared.past[best].class);
    if !pairs.is_empty() {
        return Some((best, pairs));
    }
    // Nothing meets: one lesson is held when an earlier class has one, on the nearest day of the class that is free then.
    let lesson = *class.live().last()?;
    let (from, long) = (class.lessons[lesson].from, class.lessons[lesson].until - class.lessons[lesson].from);
    let late = deed.by(10, 4, 0) * MINUTE;
    let is_free = |begin: i64| {
        let days = class.starts_on..=class.ends_on + 5;
        let mut others = class.lessons.iter().enumerate().filter(|(other, row)| *other != lesson && row.is_live());
        days.contains(&day_of(begin)) && others.all(|(_, row)| row.until + 10 * MINUTE <= begin || begin + long + 10 * MINUTE <= row.from)
    };
    let all = (0..shared.past.len()).flat_map(|past| (0..shared.past[past].class.lessons.len()).map(move |other| (past, other)));
    let lessons = all.map(|(past, other)| (past, other, &shared.past[past].class.lessons[other]));
    let fitting = lessons.filter(|(_, _, row)| row.is_live() && row.held && is_free(row.from + late));
    let (best, other, begin) =
        fitting.map(|(past, other, row)| (past, other, row.from + late)).min_by_key(|found| (found.2 - from).abs())?;
    let by = begin - from;
    let row = &mut class.lessons[lesson];
    (row.from, row.until) = (begin, begin + long);
    // Put in in haste; nobody is named to teach it.
    row.teacher = None;
    row.sittings.iter_mut().for_each(|sitting| crate::attend::shift(sitting, by));
    class.ends_on = class.ends_on.max(day_of(begin));
    Some((best, vec![(lesson, other)]))
}

/// Trainees who are in Ankang and half an hour later at the other end of the country.
pub(super) fn impossible_travel(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let lessons = deed.lessons_of_sitting(class);
    for &place in people.iter().take(deed.by(2, 8, 30)) {
        let far = deed.dice.pick(&["广东深圳", "浙江杭州", "黑龙江哈尔滨", "新疆乌鲁木齐", "福建泉州"]);
        let ip = address(0xcb00_7100 + deed.dice.below(250) as u32);
        let mut planted = false;
        for &lesson in &lessons {
            let middle = (class.lessons[lesson].from + class.lessons[lesson].until) / 2;
            let gap = deed.by(35, 15, 1) * MINUTE;
            let Some(sitting) = sitting_of(class, lesson, place) else { continue };
            let Some(end) = sitting.stays.last().map(|stay| stay.until).filter(|end| *end > middle + gap + 2 * MINUTE) else { continue };
            let mut second = sitting.clone();
            sitting.stays.retain(|stay| stay.from < middle);
            sitting.stays.iter_mut().for_each(|stay| stay.until = stay.until.min(middle));
            sitting.answers.retain(|(at, _)| *at < middle);
            sitting.seat.region = Some("陕西安康");
            second.answers.clear();
            second.checks.clear();
            second.stays = vec![Stay { from: middle + gap, until: end, ended: true }];
            second.seat.region = Some(far);
            second.seat.ip = Some(ip.clone());
            class.lessons[lesson].sittings.push(second);
            planted = true;
        }
        if planted {
            deed.of_trainee(class, place, &[]);
        }
    }
}

/// One telephone goes from name to name: signs one in, then the next.
pub(super) fn shared_device(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let each = deed.by(4, 8, 20);
    let gap = deed.by(120, 45, 20);
    let lessons = deed.lessons_of_sitting(class);
    for &lesson in &lessons {
        let begin = class.lessons[lesson].from;
        for (number, &place) in people.iter().enumerate() {
            // The same devices serve all classes of the provider.
            let one = device(0xd0d0 ^ (class.provider as u64) << 16 ^ (number / each) as u64);
            let ip = address(0xc633_6400 + class.provider as u32 % 200);
            let at = begin - deed.by(300, 400, 500) * SECOND + (number % each) as i64 * gap * SECOND + deed.jitter(40);
            if let Some(sitting) = sitting_of(class, lesson, place) {
                sitting.seat.device = Some(one);
                if deed.strength > 0.4 {
                    sitting.seat.ip = Some(ip);
                }
                if let Some(stay) = sitting.stays.first_mut() {
                    stay.from = (at / SECOND * SECOND).min(stay.until - MINUTE);
                }
            }
        }
    }
    for number in 0..people.len().div_ceil(each) {
        let one = device(0xd0d0 ^ (class.provider as u64) << 16 ^ number as u64);
        // Every twenty seconds the next, to the second: as a program would.
        deed.of_subject(class, &one, deed.by(&[], &["shared-ip"], &["shared-ip", "scripted-login"]));
    }
}

/// Many trainees, each on a device of its own, behind one address that is nobody's office.
pub(super) fn shared_ip(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let lessons = deed.lessons_of_sitting(class);
    let ip = address(0xc612_0000 ^ 0x0001_8000 ^ (class.number as u32 * 7 % 0x4000));
    for &lesson in &lessons {
        for &place in &people {
            if let Some(sitting) = sitting_of(class, lesson, place) {
                sitting.seat.ip = Some(ip.clone());
            }
        }
    }
    deed.of_class(class, &[]);
}

/// The staff sign trainees in on the provider's own machines, day after day.
pub(super) fn staff_viewing(plan: &Plan, class: &mut Class, deed: &mut Deed) {
    let provider = &plan.providers[class.provider];
    let people = deed.people(class);
    let lessons = deed.lessons_of_sitting(class);
    let ip = address(provider.network + 2);
    for &lesson in &lessons {
        for (number, &place) in people.iter().enumerate() {
            let machine = provider.staff_devices[number % provider.staff_devices.len()].clone();
            if let Some(sitting) = sitting_of(class, lesson, place) {
                sitting.seat.device = Some(machine);
                sitting.seat.ip = Some(ip.clone());
                sitting.answers.clear();
            }
        }
    }
    deed.of_class(class, &["shared-device"]);
}

/// One login under the names of several: `张三&李四`.
pub(super) fn one_login_many_names(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let (size, groups) = (deed.by(2, 3, 5), deed.by(1, 4, 12));
    let lessons = deed.lessons_of_sitting(class);
    for group in people.chunks(size).take(groups).filter(|group| group.len() > 1) {
        for &lesson in &lessons {
            let Some(first) = class.lessons[lesson].sittings.iter().position(|sitting| sitting.trainee == Some(group[0])) else { continue };
            let name: Arc<str> = key(group.iter().fold(class.number as u64, |all, &place| all.wrapping_mul(64) + place as u64)).into();
            class.lessons[lesson].sittings[first].name = Some(name);
            let one = class.lessons[lesson].sittings[first].clone();
            for &place in &group[1..] {
                seat_in(class, lesson, Sitting { trainee: Some(place), same_row_as: Some(first), ..one.clone() });
            }
        }
    }
    let mut also = vec!["lockstep"];
    // Five names of one login are five at one device, lesson after lesson.
    also.extend(deed.by(None, None, Some("shared-device")));
    // Whoever is named in both groups is credited for what both were taught.
    also.extend(class.has("two-groups").then_some("theory-share"));
    deed.of_class(class, &also);
}
