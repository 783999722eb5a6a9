//! Who came, when, and with what: honest sittings, with the mess that every real class has.

use crate::chance::{Chance, mix};
use crate::class::{Beats, Class, Lesson, Play, Provider, Seat, Sitting, Stay, Trainee};
use crate::days::{DAY, MINUTE, SECOND, day_of, moment, seconds_of};
use crate::people;
use std::sync::Arc;

/// What is the same for everybody in a lesson.
struct Room {
    /// When the host let in who was waiting.
    let_in: Option<i64>,
    /// When the meeting was ended for all.
    ended: Option<i64>,
    /// Nobody comes before, or goes after: a lesson of the same class ends or begins.
    between: (i64, i64),
    /// When a question was asked that all could answer.
    questions: Vec<i64>,
}

/// Fills all lessons with sittings, before any deed.
pub fn fill(class: &mut Class, provider: &Provider, chance: &Chance) {
    let chance = chance.at("attend", class.number as u64);
    for number in 0..class.lessons.len() {
        if !class.lessons[number].was_held() {
            continue;
        }
        let mut lesson = class.lessons[number].clone();
        let room = room(class, &lesson, &mut chance.at("room", number as u64));
        for place in 0..class.trainees.len() {
            let trainee = &class.trainees[place];
            if trainee.is_made_up || lesson.group.is_some_and(|group| group != place % 2) {
                continue;
            }
            let mut dice = chance.at("sitting", (number * 128 + place) as u64);
            if is_missed(trainee, &lesson, &mut dice) {
                continue;
            }
            lesson.sittings.push(sit(class, provider, &lesson, &room, place, &mut dice));
        }
        strangers(class, provider, &mut lesson, &mut chance.at("strangers", number as u64));
        class.lessons[number] = lesson;
    }
}

/// One in twenty-five is missed, more by some people; a guest misses what meets with the other class.
fn is_missed(trainee: &Trainee, lesson: &Lesson, dice: &mut Chance) -> bool {
    let careless = mix(trainee.person ^ 0xca4e).is_multiple_of(25);
    let margin = 20 * MINUTE;
    let is_elsewhere = lesson.mode == "live"
        && trainee.elsewhere.iter().any(|&(from, until)| from - margin < lesson.until && lesson.from < until + margin);
    dice.one_in(if careless { 0.25 } else { 0.03 }) || is_elsewhere
}

fn room(class: &Class, lesson: &Lesson, dice: &mut Chance) -> Room {
    let let_in = class.has("let-in-at-once").then(|| lesson.from - dice.between(-90, 300) * SECOND);
    let ended = class.has("ended-for-all").then(|| lesson.until + dice.between(-60, 420) * SECOND);
    let asked = (lesson.until - lesson.from) / (40 * MINUTE);
    let questions = (0..asked).map(|place| lesson.from + (place * 40 + 10) * MINUTE + dice.between(0, 600) * SECOND).collect();
    let others = || class.lessons.iter().filter(|other| other.is_live() && other.id != lesson.id && other.group == lesson.group);
    let before = others().filter(|other| other.until <= lesson.from).map(|other| other.until + MINUTE).max().unwrap_or(i64::MIN);
    let after = others().filter(|other| lesson.until <= other.from).map(|other| other.from - MINUTE).min().unwrap_or(i64::MAX);
    Room { let_in, ended, between: (before.min(lesson.from), after.max(lesson.until)), questions }
}

fn sit(class: &Class, provider: &Provider, lesson: &Lesson, room: &Room, place: usize, dice: &mut Chance) -> Sitting {
    let trainee = &class.trainees[place];
    let mut sitting = Sitting {
        trainee: Some(place),
        name: None,
        seat: seat(class, provider, lesson, place, dice),
        stays: Vec::new(),
        answers: Vec::new(),
        checks: Vec::new(),
        beats: Beats { every: 4 * MINUTE, jitter: 12 * SECOND, last: i64::MAX },
        plays: Vec::new(),
        stated_ms: None,
        same_row_as: None,
    };
    if lesson.mode == "recorded" {
        watch(class, lesson, &mut sitting, dice);
    } else {
        sitting.stays = stays(class, lesson, room, dice);
        for asked in &room.questions {
            if sitting.stays.iter().any(|stay| stay.from < *asked && *asked + 2 * MINUTE < stay.until) && dice.one_in(0.85) {
                sitting.answers.push((asked + 5 * SECOND + (dice.wait(25.0).min(110.0) * 1e6) as i64, dice.between(2, 5) as f64 / 5.0));
            }
        }
        if class.platform == 0 {
            for asked in room.questions.iter().step_by(2) {
                let at = asked + dice.between(0, 300) * SECOND;
                if sitting.stays.iter().any(|stay| stay.from < at && at < stay.until) {
                    sitting.checks.push((at, 0.82 + dice.unit() * 0.17));
                }
            }
        }
    }
    if trainee.clock_off != 0 {
        shift(&mut sitting, trainee.clock_off);
    }
    sitting
}

/// Moves everything in a sitting.
pub fn shift(sitting: &mut Sitting, by: i64) {
    for stay in &mut sitting.stays {
        *stay = Stay { from: stay.from + by, until: stay.until + by, ended: stay.ended };
    }
    sitting.answers.iter_mut().chain(&mut sitting.checks).for_each(|(at, _)| *at += by);
    sitting.plays.iter_mut().for_each(|play| play.at += by);
}

/// Usually the trainee's own; on the mobile network another address each day; in a computer room whatever seat is free.
fn seat(class: &Class, provider: &Provider, lesson: &Lesson, place: usize, dice: &mut Chance) -> Seat {
    let trainee = &class.trainees[place];
    let mut seat = trainee.seat.clone();
    let on = day_of(lesson.from);
    let in_a_room = class.has("one-room") || class.has("computer-room");
    if seat.ip.is_some() && !in_a_room && people::is_mobile(trainee.person, 0) && !class.has("household") {
        seat.ip = Some(people::mobile_address(trainee.person, on));
    }
    if seat.device.is_none() || class.platform == 1 {
        return seat;
    }
    if class.has("computer-room") {
        // Seats turn a little from lesson to lesson, so that most people sit elsewhere than last time, one at each.
        let shift = (mix(lesson.from as u64) % 5) as usize;
        let many = class.trainees.len();
        seat.device = Some(people::device((provider.number as u64) << 12 | ((place + shift) % many) as u64 | 0x0c00_0000_0000));
    } else if dice.one_in(0.06) {
        // The second device most people have.
        seat.device = Some(people::device(trainee.person ^ 0x5ec0_4d00));
    } else if class.has("borrowed-device") && dice.one_in(0.012) {
        seat.device.clone_from(&class.trainees[(place + 1) % class.trainees.len()].seat.device);
    }
    seat
}

fn stays(class: &Class, lesson: &Lesson, room: &Room, dice: &mut Chance) -> Vec<Stay> {
    let early = dice.wait(240.0).min(1_500.0);
    let mut from = lesson.from - (early * 1e6) as i64 + (dice.around(40.0).max(-30.0) * 1e6) as i64;
    let mut until = lesson.until + (dice.wait(100.0).min(900.0) * 1e6) as i64;
    let (late, leave) = (if class.has("late-joins") { 0.22 } else { 0.05 }, if class.has("early-leaves") { 0.2 } else { 0.04 });
    if dice.one_in(late) {
        from = lesson.from + (60.0 + dice.wait(400.0).min(1_700.0)) as i64 * SECOND;
    }
    if let Some(let_in) = room.let_in {
        from = from.max(let_in + dice.between(0, 1) * SECOND);
    }
    let leaves_early = dice.one_in(leave);
    if leaves_early {
        until = lesson.until - (60.0 + dice.wait(500.0).min(1_800.0)) as i64 * SECOND;
    }
    if let Some(ended) = room.ended {
        until = if leaves_early { until.min(ended) } else { ended };
    }
    // Between two lessons each takes a moment of their own, so that nobody moves in one second with others.
    if from < room.between.0 {
        from = room.between.0 + dice.between(0, 100) * SECOND;
    }
    if room.between.1 < until {
        until = room.between.1 - dice.between(0, 50) * SECOND;
    }
    until = until.max(from + 2 * MINUTE);
    let ended = !dice.one_in(0.012);
    let breaks = if class.has("dropped-connections") { 0.3 } else { 0.07 };
    let mut found = Vec::new();
    while dice.one_in(breaks) && found.len() < 3 && until - from > 12 * MINUTE {
        let lost = from + 3 * MINUTE + (dice.unit() * (until - from - 9 * MINUTE) as f64) as i64 / SECOND * SECOND;
        found.push(Stay { from, until: lost, ended: true });
        from = (lost + (8.0 + dice.wait(70.0)) as i64 * SECOND).min(until - MINUTE);
    }
    found.push(Stay { from, until, ended });
    for stay in &mut found {
        *stay = Stay { from: stay.from / SECOND * SECOND, until: stay.until / SECOND * SECOND, ended: stay.ended };
    }
    found
}

/// Watches a recorded lesson on one or more evenings, at noon, or at night.
fn watch(class: &Class, lesson: &Lesson, sitting: &mut Sitting, dice: &mut Chance) {
    let content = lesson.content_ms.unwrap_or_default();
    let (first, last) = (day_of(lesson.from), day_of(lesson.until));
    let percent = if class.has("watched-faster") && dice.one_in(0.4) { 125 } else { 100 };
    let pieces = if class.has("watched-in-pieces") { 1 + dice.below(3) as i64 } else { 1 + i64::from(dice.one_in(0.2)) };
    let is_guest = sitting.trainee.is_some_and(|place| class.trainees[place].is_guest);
    // Nobody watches two lessons at once, nor while another is live.
    let others = class.lessons.iter().filter(|other| other.mode == "recorded" && other.id != lesson.id);
    let own = others.flat_map(|other| &other.sittings).filter(|other| other.trainee == sitting.trainee);
    // What is done already is told by the trainee's own clock, as this will be in the end.
    let off = sitting.trainee.map_or(0, |place| class.trainees[place].clock_off);
    let mut busy: Vec<(i64, i64)> =
        own.flat_map(|other| &other.stays).map(|stay| (stay.from - off - 5 * MINUTE, stay.until - off + 5 * MINUTE)).collect();
    let live = class.lessons.iter().filter(|other| other.is_live()).map(|other| (other.from, other.until));
    let elsewhere = sitting.trainee.map(|place| class.trainees[place].elsewhere.clone()).unwrap_or_default();
    busy.extend(live.chain(elsewhere).map(|(from, until)| (from - 10 * MINUTE, until + 10 * MINUTE)));
    busy.sort_unstable();
    let begun_on = first + dice.between(0, (last - first - pieces).max(0));
    let mut done = 0;
    for piece in 0..pieces {
        let until =
            if piece + 1 == pieces { content } else { (content * (piece + 1) / pieces + dice.between(-90, 90) * 1_000).max(done + 60_000) };
        // Guests watch early in the morning, when nobody's other class meets.
        let begin = if is_guest {
            dice.between(5 * 3_600, 5 * 3_600 + 2_400)
        } else if class.has("watched-at-night") && dice.one_in(0.5) {
            dice.between(22 * 3_600, 25 * 3_600 + 1_800)
        } else if dice.one_in(0.2) {
            dice.between(12 * 3_600 + 300, 12 * 3_600 + 2_400)
        } else {
            dice.between(20 * 3_600 + 3_000, 22 * 3_600)
        };
        let length = (until - done) * 100 / percent * 1_000;
        let at = busy.iter().fold(moment((begun_on + piece).min(last), begin), |at, &(from, until)| {
            if at < until && from < at + length + 25 * MINUTE { until } else { at }
        });
        // Most watch on; some stop for some minutes in between.
        if !is_guest && length > 20 * MINUTE && dice.one_in(0.15) {
            let half = done + (until - done) / 2;
            let pause = dice.between(120, 1_200) * SECOND;
            sitting.plays.push(Play { at, from_ms: done, until_ms: half, percent });
            sitting.plays.push(Play { at: at + length / 2 + pause, from_ms: half, until_ms: until, percent });
        } else {
            sitting.plays.push(Play { at, from_ms: done, until_ms: until, percent });
        }
        done = until;
    }
    come_and_go(sitting, dice);
    if dice.one_in(0.95) {
        let end = sitting.stays.last().map_or(0, |stay| stay.until);
        sitting.answers.push((end - dice.between(5, 20) * SECOND, dice.between(6, 10) as f64 / 10.0));
    }
}

/// Signs in before each piece of content and out after it.
pub fn come_and_go(sitting: &mut Sitting, dice: &mut Chance) {
    sitting.stays = sitting
        .plays
        .iter()
        .map(|play| Stay {
            from: play.at - dice.between(2, 20) * SECOND,
            until: play.at + (play.until_ms - play.from_ms) * 100 / play.percent * 1_000 + dice.between(30, 90) * SECOND,
            ended: true,
        })
        .collect();
}

/// Those whom nobody matched: the teacher on a device of the staff, and now and then somebody by a nickname.
fn strangers(class: &Class, provider: &Provider, lesson: &mut Lesson, dice: &mut Chance) {
    if lesson.mode != "live" || class.platform == 2 {
        return;
    }
    let mut seat = people::seat(people::number(class.number, 127), class.platform, provider.number as u64);
    let teacher: Arc<str> = people::key(provider.number as u64 ^ (lesson.teacher.unwrap_or(0) as u64) << 32 ^ 0x77).into();
    if seat.device.is_some() && class.platform != 1 {
        seat.device = Some(provider.staff_devices[lesson.teacher.unwrap_or(0) % provider.staff_devices.len()].clone());
    }
    if seat.ip.is_some() {
        seat.ip = Some(people::address(provider.network + 2));
    }
    let nobody = Sitting {
        trainee: None,
        name: Some(teacher),
        seat,
        stays: vec![Stay {
            from: (lesson.from - (dice.wait(500.0).min(2_400.0)) as i64 * SECOND) / SECOND * SECOND,
            until: lesson.until + dice.between(30, 500) * SECOND,
            ended: true,
        }],
        answers: Vec::new(),
        checks: Vec::new(),
        beats: Beats { every: 0, jitter: 0, last: 0 },
        plays: Vec::new(),
        stated_ms: None,
        same_row_as: None,
    };
    if dice.one_in(0.3) {
        let from = lesson.from + dice.between(30, 1_200) * SECOND;
        let name: Arc<str> = people::key(dice.draw()).into();
        let stay = Stay { from, until: from + dice.between(60, 900) * SECOND, ended: true };
        let person = people::number(class.number, 100 + dice.below(20));
        let seat = people::seat(person, class.platform, provider.number as u64);
        lesson.sittings.push(Sitting { name: Some(name), stays: vec![stay], seat, ..nobody.clone() });
    }
    lesson.sittings.push(nobody);
}

/// Whether a moment is at night: from eleven to half past six.
pub fn is_night(at: i64) -> bool {
    !(6 * 3_600 + 1_800..23 * 3_600).contains(&seconds_of(at))
}

/// The day after a lesson's.
pub fn next_day(lesson: &Lesson) -> i64 {
    lesson.until + DAY
}
