//! Recordings and pictures of a class: what was sent of each lesson, and what was measured on it.

use crate::chance::{Chance, mix};
use crate::class::{Class, Code, Evidence, Listed, Match, Media, Reading, Thing};
use crate::days::{DAY, HOUR, MINUTE, SECOND, day_of, days_after, seconds_of};
use crate::logs;
use crate::plan::Plan;

const EDITORS: &[&str] = &["Adobe Photoshop", "美图秀秀", "Meitu", "Windows Photo Editor", "GIMP"];

/// How a class sends pictures, the same for all its lessons.
struct Habit {
    /// Faces in a picture, as a share of who is there; none where only slides are shown.
    gallery: Option<f64>,
    /// Whether screens have a clock and counts at their edges.
    desktop: bool,
    /// Whether the teacher shows the lesson's code.
    codes: bool,
    /// Whether pictures are photographs of a telephone.
    photographs: bool,
    /// The camera's clock is off by so much.
    off: i64,
    /// Bytes of the picture of course material that all lessons send.
    material: u64,
}

/// Writes recordings and pictures of all lessons that took place.
pub fn write(plan: &Plan, class: &mut Class) {
    let chance = plan.chance.at("media", class.number as u64);
    let mut dice = chance.at("habit", 0);
    let hours_off = dice.pick(&[-8, -7, -1, 1, 2, 12]);
    let habit = Habit {
        gallery: dice.one_in(0.5).then(|| 0.55 + dice.unit() * 0.4),
        desktop: dice.one_in(0.45),
        codes: dice.one_in(0.2),
        photographs: dice.one_in(0.4),
        off: if class.has("cameras-off") { hours_off * HOUR + dice.between(-400, 400) * SECOND } else { dice.between(-40, 40) * SECOND },
        material: dice.draw(),
    };
    for number in class.held() {
        let mut dice = chance.at("lesson", number as u64);
        if class.lessons[number].mode == "recorded" {
            faces_of_viewers(class, number, &mut dice);
        } else {
            recordings(plan, class, number, &habit, &mut dice);
            pictures(plan, class, number, &habit, &mut dice);
        }
    }
    if class.has("shared-course-material") {
        let value = Some(digest(plan.ids.0, habit.material));
        let as_of = class.starts_on;
        class.listed.push(Listed {
            list: "course_material",
            person: None,
            value,
            provider: Some(class.provider),
            from_on: None,
            until_on: None,
            as_of,
        });
    }
}

/// SHA-256 of what stands for the bytes, hexadecimal.
pub fn digest(seed: u64, bytes: u64) -> String {
    use sha2::{Digest, Sha256};
    let sum = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(bytes.to_be_bytes()).finalize();
    sum.iter().fold(String::with_capacity(64), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
        text
    })
}

/// How many people of the roster sat in a lesson.
pub fn present(class: &Class, lesson: usize) -> usize {
    let lesson = &class.lessons[lesson];
    let mut seen: Vec<usize> = lesson.sittings.iter().filter_map(|sitting| sitting.trainee).collect();
    seen.sort_unstable();
    seen.dedup();
    seen.len()
}

/// A recording or picture of a lesson, as yet without anything measured.
pub fn item(class: &Class, lesson: usize, kind: &'static str, received_at: i64, bytes: u64) -> Evidence {
    let row = &class.lessons[lesson];
    Evidence {
        number: 0,
        kind,
        bytes,
        size: if kind == "video" { row.hours * 90_000_000 + (bytes % 40_000_000) as i64 } else { 150_000 + (bytes % 900_000) as i64 },
        media_type: if kind == "video" {
            "video/mp4"
        } else if bytes.is_multiple_of(3) {
            "image/png"
        } else {
            "image/jpeg"
        },
        lesson: Some(lesson),
        trainee: None,
        claimed: Some((row.from, row.until)),
        received_at,
        by_platform: false,
        reader: None,
        media: Some(Media::default()),
    }
}

fn recordings(plan: &Plan, class: &mut Class, number: usize, habit: &Habit, dice: &mut Chance) {
    if dice.one_in(0.06) {
        return;
    }
    let (from, until) = (class.lessons[number].from, class.lessons[number].until);
    let begin = from - dice.between(0, 240) * SECOND;
    let end = until + dice.between(0, 240) * SECOND;
    let parts = if class.has("split-recordings") && dice.one_in(0.7) { 2 + dice.below(2) as i64 } else { 1 };
    let mut received = logs::received_at(class, number, dice);
    if class.has("late-recordings") && dice.one_in(0.5) {
        received = received.max(until) + dice.between(3, 20) * DAY;
    }
    let pause = class.has("break-in-recording") && until - from > 60 * MINUTE;
    let mut at = begin;
    for part in 0..parts {
        let stop = if part + 1 == parts { end } else { begin + (end - begin) * (part + 1) / parts + dice.between(-200, 200) * SECOND };
        let mut evidence = item(class, number, "video", received + part * dice.between(2, 9) * MINUTE, dice.draw());
        let length = (stop - at) / 1_000;
        let dead = dice.between(0, 20_000) + if pause && part == 0 { dice.between(500_000, 640_000).min(length / 3) } else { 0 };
        let mut media = Media {
            duration: Some(length),
            black: dice.between(0, 6) * 700,
            dead: dead / 1_000 * 1_000,
            looped: 0,
            pixels: dice.pick(&[(1_280, 720), (1_920, 1_080), (1_366, 768), (960, 540)]),
            container: "mp4",
            created_at: dice.one_in(0.8).then_some(at + habit.off.clamp(-40 * SECOND, 40 * SECOND)),
            faces: habit.gallery.map(|share| visible(class, number, share, dice)).or_else(|| dice.one_in(0.6).then_some(1)),
            looks: 12,
            ..Media::default()
        };
        if habit.codes {
            media.codes.push(code(class, number, at.max(from) + dice.between(1, 20) * MINUTE, dice));
        }
        if habit.desktop && dice.one_in(0.4) {
            let seen = length / 3;
            media.screen = screen(class, number, at + seen * 1_000, seen, dice);
        }
        at = stop + dice.between(0, 20) * SECOND;
        evidence.media = Some(media);
        class.add(evidence);
    }
    if class.has("same-deck") && number >= 2 && dice.one_in(0.4) {
        same_deck(class, number, dice);
    }
    let _ = plan;
}

/// The same slides as in an earlier lesson, with other words said to them.
fn same_deck(class: &mut Class, number: usize, dice: &mut Chance) {
    let earlier = class.evidence_of(number - 1, "video");
    let own = class.evidence_of(number, "video");
    let (Some(&other), Some(&own)) = (earlier.first(), own.first()) else { return };
    let long = dice.between(90, 400) * 1_000;
    let at = dice.between(60, 600) * 1_000;
    let other = class.evidence[other].number;
    if let Some(media) = &mut class.evidence[own].media {
        media.matches.push(Match {
            other,
            kind: "recording",
            tier: "candidate",
            score: 0.45 + dice.unit() * 0.2,
            because: Some("pictures"),
            runs: vec![(at, at + long, at + 5_000, at + long + 5_000)],
            ..Match::default()
        });
    }
}

fn visible(class: &Class, lesson: usize, share: f64, dice: &mut Chance) -> i64 {
    let there = present(class, lesson).min(49) as f64;
    ((there * share + dice.around(1.5)) as i64).max(1)
}

fn code(class: &Class, lesson: usize, at: i64, dice: &mut Chance) -> Code {
    // A code is shown until its lesson ends.
    let minute = at.min(class.lessons[lesson].until - MINUTE) / MINUTE * MINUTE;
    Code { lesson: class.lessons[lesson].id.clone(), minute, at_ms: dice.between(0, 30) * 1_000, genuine: true }
}

/// What the edges of a screen say at a moment.
pub fn screen(class: &Class, lesson: usize, at: i64, at_ms: i64, dice: &mut Chance) -> Vec<Reading> {
    let mut found = clock(at, at_ms, dice);
    let sure = |dice: &mut Chance| 0.8 + dice.unit() * 0.19;
    let (there, meeting) = (present(class, lesson) as i64, class.lessons[lesson].meeting.clone());
    if dice.one_in(0.5) && !meeting.is_empty() {
        found.push(Reading { reading: "meeting", at_ms, value: meeting, confidence: sure(dice), clock_s: None });
    }
    if dice.one_in(0.5) {
        // The teacher is counted too, and not everybody is in at every moment.
        let value = (there + 1 - dice.between(0, 1 + there / 8)).max(1).to_string();
        found.push(Reading { reading: "participants", at_ms, value, confidence: sure(dice), clock_s: None });
    }
    found
}

/// Date and clock that a screen shows at a moment.
pub fn clock(at: i64, at_ms: i64, dice: &mut Chance) -> Vec<Reading> {
    let seconds = seconds_of(at);
    let value = format!("{:02}:{:02}", seconds / 3_600, seconds / 60 % 60);
    let mut found =
        vec![Reading { reading: "clock", at_ms, value, confidence: 0.82 + dice.unit() * 0.17, clock_s: Some(seconds / 60 * 60) }];
    if dice.one_in(0.75) {
        let date = crate::days::date(day_of(at));
        let value = if dice.one_in(0.2) { date[5..].to_owned() } else { date };
        found.push(Reading { reading: "date", at_ms, value, confidence: 0.8 + dice.unit() * 0.19, clock_s: None });
    }
    found
}

fn pictures(plan: &Plan, class: &mut Class, number: usize, habit: &Habit, dice: &mut Chance) {
    let (from, until) = (class.lessons[number].from, class.lessons[number].until);
    let has_video = !class.evidence_of(number, "video").is_empty();
    let many = class.lessons[number].hours + i64::from(dice.one_in(0.3)) - i64::from(has_video && dice.one_in(0.25));
    let received = logs::received_at(class, number, dice);
    for place in 0..many.max(i64::from(!has_video)) {
        let at = from + (until - from) * (2 * place + 1) / (2 * many.max(1)) + dice.between(-8, 8) * MINUTE;
        let at = at.clamp(from + MINUTE, until - MINUTE);
        let mut evidence = item(class, number, "screenshot", received + place * dice.between(5, 40) * SECOND, dice.draw());
        let photograph = habit.photographs && dice.one_in(0.7);
        let mut media = Media {
            pixels: if photograph { (4_000, 3_000) } else { (1_920, 1_080) },
            container: if evidence.media_type == "image/png" { "png" } else { "jpeg" },
            taken_at: (photograph && !class.has("no-exif") && dice.one_in(0.9)).then_some(at + habit.off),
            faces: habit.gallery.map(|share| visible(class, number, share, dice)).or_else(|| dice.one_in(0.6).then_some(1)),
            looks: 1,
            ..Media::default()
        };
        if class.has("edited-pictures") && dice.one_in(0.35) {
            media.editor = Some(dice.pick(EDITORS));
            media.other_thumbnail = dice.one_in(0.15);
        }
        if habit.codes && dice.one_in(0.8) {
            media.codes.push(Code { at_ms: 0, ..code(class, number, at, dice) });
        }
        if habit.desktop && !photograph {
            media.screen = screen(class, number, at, 0, dice);
        }
        if has_video && dice.one_in(0.12) {
            let own = class.evidence_of(number, "video")[0];
            let ms = (at - from).max(0) / 1_000;
            let other = class.evidence[own].number;
            media.matches.push(Match {
                other,
                kind: "moment",
                tier: "strong",
                score: 0.97,
                distance: Some(dice.between(2, 14)),
                at_ms: Some((ms, ms + 4_000)),
                ..Match::default()
            });
        }
        evidence.media = Some(media);
        class.add(evidence);
    }
    if class.has("shared-course-material") && dice.one_in(0.6) {
        material(class, number, received, habit.material);
    }
    let _ = plan;
}

/// The title of the course, sent with many lessons; the bytes are those of the list of course material.
fn material(class: &mut Class, number: usize, received: i64, bytes: u64) {
    let first = class.evidence.iter().find(|evidence| evidence.bytes == bytes).map(|evidence| evidence.number);
    let mut evidence = item(class, number, "screenshot", received, bytes);
    let mut media = Media { pixels: (1_280, 720), container: "png", faces: Some(0), looks: 1, ..Media::default() };
    if let Some(other) = first {
        media.matches.push(same_bytes(other));
    }
    evidence.media = Some(media);
    class.add(evidence);
}

/// The likeness of bytes that came before.
pub fn same_bytes(other: u64) -> Match {
    Match { other, kind: "bytes", tier: "exact", score: 1.0, ..Match::default() }
}

/// The pictures that a platform keeps of some viewers of recorded lessons.
fn faces_of_viewers(class: &mut Class, number: usize, dice: &mut Chance) {
    let received = logs::received_at(class, number, dice);
    let mut viewers: Vec<(usize, i64)> =
        class.lessons[number].sittings.iter().filter_map(|sitting| Some((sitting.trainee?, sitting.plays.first()?.at))).collect();
    // Of the first at any rate: no lesson is without a picture.
    let mut first = true;
    viewers.retain(|_| std::mem::take(&mut first) | dice.one_in(0.25));
    for (trainee, at) in viewers {
        let at = at + dice.between(20, 400) * SECOND;
        let mut evidence = item(class, number, "screenshot", received, dice.draw());
        evidence.trainee = Some(trainee);
        evidence.by_platform = true;
        evidence.claimed = Some((at, at));
        evidence.media =
            Some(Media { pixels: (640, 480), container: "jpeg", taken_at: None, faces: Some(1), looks: 1, ..Media::default() });
        class.add(evidence);
    }
}

/// Papers of the application: the plan, the licence of an enterprise, a promise and what was promised, the decision.
pub fn papers(class: &mut Class, enterprise: bool, dice: &mut Chance) {
    let application = class.application.clone();
    let mut kinds = vec![("online_plan", application.applied_at)];
    if enterprise {
        kinds.push(("licence", application.applied_at));
    }
    if application.kind == "promise_first" {
        kinds.push(("promise", application.applied_at));
    }
    kinds.extend(application.full_plan_at.map(|at| ("full_plan", at)));
    kinds.extend(application.decided_at.map(|at| ("decision", at)));
    for (kind, at) in kinds {
        paper(class, kind, at, dice.draw());
    }
}

/// Adds a document that is a paper of the class.
pub fn paper(class: &mut Class, kind: &'static str, at: i64, bytes: u64) -> usize {
    let place = class.add(document(at, bytes));
    class.papers.push((kind, place));
    place
}

/// A document of a class.
pub fn document(received_at: i64, bytes: u64) -> Evidence {
    Evidence {
        number: 0,
        kind: "document",
        bytes,
        size: 20_000 + (bytes % 300_000) as i64,
        media_type: "application/pdf",
        lesson: None,
        trainee: None,
        claimed: None,
        received_at,
        by_platform: false,
        reader: None,
        media: None,
    }
}

/// The day on which a certificate may be given out after a class.
pub fn examined_on(class: &Class) -> i64 {
    days_after(class.ends_on, 3 + (mix(class.number as u64) % 7) as i64)
}

/// The id that evidence has.
pub fn id(plan: &Plan, number: u64) -> String {
    plan.ids.id(Thing::Evidence, number)
}
