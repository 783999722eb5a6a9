//! Signing in that no person does: by script, as one, to the minute, by hanging on, faster than content runs.

use super::Deed;
use super::deed::sitting_of;
use crate::attend::{come_and_go, shift};
use crate::class::{Beats, Class, Play, Stay};
use crate::days::{MINUTE, SECOND};

/// A script signs them in one after the other, and out after the same time.
pub(super) fn scripted_login(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let lessons = deed.lessons_of_sitting(class);
    let gap = deed.dice.between(4, 15);
    for &lesson in &lessons {
        let (from, until) = (class.lessons[lesson].from, class.lessons[lesson].until);
        let begin = from - deed.dice.between(200, 500) * SECOND;
        let long = until - from + deed.dice.between(300, 600) * SECOND;
        let mut at = begin / SECOND * SECOND;
        for &place in &people {
            let (early, late) = (deed.jitter(4), deed.jitter(30));
            let Some(sitting) = sitting_of(class, lesson, place) else { continue };
            sitting.stays = vec![Stay { from: at + early, until: at + long + late, ended: true }];
            sitting.answers.clear();
            sitting.checks.clear();
            if sitting.seat.agent.is_some() {
                sitting.seat.agent = Some(deed.by(
                    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/79.0.3945.79",
                    "python-requests/2.22.0",
                    "python-requests/2.22.0",
                ));
                sitting.seat.client = Some("web");
            }
            at += gap * SECOND;
        }
    }
    for lesson in lessons {
        deed.of_lesson(class, lesson, &[]);
    }
}

/// They come and go as one, lesson after lesson, each on a device of its own.
pub(super) fn lockstep(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let lessons = deed.lessons_of_sitting(class);
    for &lesson in &lessons {
        let (from, until) = (class.lessons[lesson].from, class.lessons[lesson].until);
        let begin = (from + deed.dice.between(-400, 240) * SECOND) / SECOND * SECOND;
        let end = (until + deed.dice.between(-240, 300) * SECOND) / SECOND * SECOND;
        let pause = deed.dice.one_in(0.4).then(|| (from + until) / 2 / SECOND * SECOND);
        for &place in &people {
            let (early, late) = (deed.jitter(20), deed.jitter(20));
            let Some(sitting) = sitting_of(class, lesson, place) else { continue };
            sitting.stays = match pause {
                Some(pause) => vec![
                    Stay { from: begin + early, until: pause + late, ended: true },
                    Stay { from: pause + 95 * SECOND + early, until: end + late, ended: true },
                ],
                None => vec![Stay { from: begin + early, until: end + late, ended: true }],
            };
        }
    }
    deed.of_class(class, &[]);
}

/// Hanging on: the client runs and nobody is there. A machine keeps it alive, or nothing does.
pub(super) fn idle(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let lessons = deed.lessons_of_sitting(class);
    for (number, &place) in people.iter().enumerate() {
        let mut planted = false;
        for &lesson in &lessons {
            let (from, until) = (class.lessons[lesson].from, class.lessons[lesson].until);
            let machine = number % 2 == 0;
            let jitter = deed.by(2, 1, 0) * SECOND;
            let last = (until - from) * deed.by(50, 25, 5) / 100;
            let Some(sitting) = sitting_of(class, lesson, place) else { continue };
            let (begin, end) = (from - deed.dice.between(30, 300) * SECOND, until + deed.dice.between(10, 200) * SECOND);
            sitting.stays = vec![Stay { from: begin / SECOND * SECOND, until: end / SECOND * SECOND, ended: true }];
            let left = begin + last;
            sitting.answers.retain(|(at, _)| !machine && *at < left);
            sitting.beats = if machine {
                Beats { every: 3 * MINUTE, jitter, last: i64::MAX }
            } else {
                Beats { every: 4 * MINUTE, jitter: 12 * SECOND, last }
            };
            planted = true;
        }
        if planted {
            deed.of_trainee(class, place, &[]);
        }
    }
}

/// Content of hours in minutes, at a speed no player has, or one piece after the other through the night.
pub(super) fn too_fast(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let recorded: Vec<usize> = class.held().into_iter().filter(|&lesson| class.lessons[lesson].mode == "recorded").collect();
    for &place in &people {
        let percent = deed.by(220, 400, 1_600);
        let mut planted = false;
        for &lesson in &recorded {
            let content = class.lessons[lesson].content_ms.unwrap_or(0);
            let mut dice = deed.dice.at("play", (lesson * 128 + place) as u64);
            let Some(sitting) = sitting_of(class, lesson, place) else { continue };
            let Some(at) = sitting.plays.first().map(|play| play.at) else { continue };
            // At the faintest only the second half runs.
            let half = deed.by(content / 2, 0, 0);
            sitting.plays = Vec::new();
            if half > 0 {
                sitting.plays.push(Play { at, from_ms: 0, until_ms: half, percent: 100 });
            }
            sitting.plays.push(Play { at: at + half * 1_000, from_ms: half, until_ms: content, percent });
            let score = sitting.answers.first().map_or(0.9, |answer| answer.1);
            come_and_go(sitting, &mut dice);
            let end = sitting.stays.last().map_or(at, |stay| stay.until);
            sitting.answers = vec![(end - 5 * SECOND, score)];
            planted = true;
        }
        if planted {
            deed.of_trainee(class, place, &[]);
        }
    }
}

/// Yesterday's list is today's: who came how early and went how late is copied from one day to others, or times are typed in by hand.
pub(super) fn copied_rows(class: &mut Class, deed: &mut Deed) {
    let people = deed.people(class);
    let lessons = deed.lessons_of_sitting(class);
    let Some((&first, rest)) = lessons.split_first() else { return };
    let by_hand = deed.dice.one_in(0.35);
    let at = class.lessons[first].from;
    for &place in &people {
        if by_hand {
            // Everybody from the hour on, for whole quarters.
            for &lesson in &lessons {
                let (from, until) = (class.lessons[lesson].from, class.lessons[lesson].until);
                let long = (until - from + deed.by(deed.dice.clone().between(0, 2), 0, 0) * 5 * MINUTE) / (5 * MINUTE) * 5 * MINUTE;
                if let Some(sitting) = sitting_of(class, lesson, place) {
                    sitting.stays = vec![Stay { from, until: from + long, ended: true }];
                }
            }
            continue;
        }
        let end = class.lessons[first].until;
        let Some(original) = sitting_of(class, first, place).map(|sitting| sitting.clone()) else { continue };
        for &lesson in rest {
            let (from, until) = (class.lessons[lesson].from, class.lessons[lesson].until);
            let off = deed.jitter(3);
            let mut copy = original.clone();
            shift(&mut copy, from - at);
            let many = copy.stays.len();
            for (number, stay) in copy.stays.iter_mut().enumerate() {
                stay.from += off;
                if number + 1 == many {
                    stay.until += until - from - (end - at) + off;
                }
                stay.until = stay.until.max(stay.from + MINUTE);
            }
            copy.answers.retain(|(at, _)| *at < until);
            copy.checks.retain(|(at, _)| *at < until);
            if let Some(sitting) = sitting_of(class, lesson, place) {
                *sitting = copy;
            }
        }
    }
    deed.of_class(class, &["lockstep"]);
}

/// Everybody is there in every lesson, and stays to the end.
pub(super) fn too_perfect(class: &mut Class, deed: &mut Deed) {
    let people: Vec<usize> = (0..class.trainees.len())
        .filter(|&place| {
            !class.trainees[place].is_made_up && !class.trainees[place].is_guest && class.trainees[place].withdrawn_at.is_none()
        })
        .collect();
    for lesson in class.live() {
        let (from, until) = (class.lessons[lesson].from, class.lessons[lesson].until);
        for &place in &people {
            if class.lessons[lesson].group.is_some_and(|group| group != place % 2) {
                continue;
            }
            let spread = deed.by(120, 45, 5);
            let begin = from - deed.dice.between(1, spread) * SECOND;
            let end = until + deed.dice.between(1, spread) * SECOND;
            let mut dice = deed.dice.at("perfect", (lesson * 128 + place) as u64);
            if sitting_of(class, lesson, place).is_none() {
                let sitting = super::identity::made_up(class, lesson, place, 1, 1, &mut dice);
                class.lessons[lesson].sittings.push(sitting);
            }
            if let Some(sitting) = sitting_of(class, lesson, place) {
                sitting.stays = vec![Stay { from: begin, until: end, ended: true }];
            }
        }
    }
    deed.of_class(class, &[]);
}
