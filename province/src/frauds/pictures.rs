//! Pictures of another lesson, another time, another room, or of fewer people than signed in.

use super::evidence::{earlier, one_video};
use super::{Deed, Layer, Shared};
use crate::chance::mix;
use crate::class::{Class, Code, Match, Media};
use crate::days::{DAY, HOUR, MINUTE};
use crate::media::{clock, present, same_bytes};

/// The pictures of a lesson, one made where it has none, and how many of them a deed takes.
fn pictures(class: &mut Class, lesson: usize, deed: &mut Deed) -> Vec<usize> {
    let material = |class: &Class, place: &usize| class.evidence[*place].media.as_ref().is_some_and(|media| media.faces == Some(0));
    let mut found = class.evidence_of(lesson, "screenshot");
    found.retain(|place| !material(class, place));
    if found.is_empty() {
        let received = class.lessons[lesson].until + deed.dice.between(2, 30) * HOUR;
        let mut evidence = crate::media::item(class, lesson, "screenshot", received, deed.dice.draw());
        evidence.media = Some(Media { pixels: (1_920, 1_080), container: "jpeg", faces: Some(1), looks: 1, ..Media::default() });
        found = vec![class.add(evidence)];
    }
    found.truncate(deed.by(1, found.len(), found.len()).max(1));
    found
}

/// The same picture again: as it is, coded again, or cut and brightened.
pub(super) fn photo_reuse(class: &mut Class, deed: &mut Deed, shared: &Shared) {
    let live = class.live();
    let found = deed.lessons(class, &live, Layer::Picture);
    for &lesson in &found {
        let Some((number, bytes, received, _)) = earlier(class, shared, lesson, &found, "screenshot", deed) else { continue };
        for place in pictures(class, lesson, deed) {
            let evidence = &mut class.evidence[place];
            evidence.received_at = evidence.received_at.max(received + HOUR);
            let Some(media) = &mut evidence.media else { continue };
            media.matches.clear();
            if deed.strength > 0.9 {
                evidence.bytes = bytes;
                media.matches.push(same_bytes(number));
            } else {
                let half = deed.strength > 0.4;
                media.matches.push(Match {
                    other: number,
                    kind: if half { "coded" } else { "picture" },
                    tier: if half { "exact" } else { "strong" },
                    score: if half { 1.0 } else { 0.9 },
                    distance: Some(if half { 0 } else { deed.dice.between(12, 30) }),
                    changed_milli: Some(if half { 0 } else { deed.dice.between(5, 60) }),
                    ..Match::default()
                });
            }
        }
        deed.of_lesson(class, lesson, &[]);
    }
}

/// A still out of the recording of another lesson.
pub(super) fn photo_from_recording(class: &mut Class, deed: &mut Deed, shared: &Shared) {
    let live = class.live();
    let found = deed.lessons(class, &live, Layer::Picture);
    if let Some(&first) = found.first().filter(|_| found.len() == live.len()) {
        one_video(class, first, deed);
    }
    for &lesson in &found {
        let Some((number, _, received, length)) = earlier(class, shared, lesson, &found, "video", deed) else { continue };
        for place in pictures(class, lesson, deed) {
            let at = deed.dice.between(60_000, (length - 60_000).max(60_001));
            let distance = Some(deed.by(26, 12, 3) + deed.dice.between(0, 3));
            let score = deed.by(0.88, 0.95, 0.99);
            let evidence = &mut class.evidence[place];
            evidence.received_at = evidence.received_at.max(received + HOUR);
            if let Some(media) = &mut evidence.media {
                let found = Match {
                    other: number,
                    kind: "moment",
                    tier: "strong",
                    score,
                    distance,
                    at_ms: Some((at, at + 5_000)),
                    ..Match::default()
                };
                media.matches = vec![found];
            }
        }
        deed.of_lesson(class, lesson, &[]);
    }
}

/// Taken hours, days or weeks from the lesson.
pub(super) fn stale_picture(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    for lesson in deed.lessons(class, &live, Layer::Picture) {
        let middle = (class.lessons[lesson].from + class.lessons[lesson].until) / 2;
        let off = match deed.by(0, 1, 2) {
            0 => deed.dice.between(4, 7) * HOUR + deed.dice.between(0, 50) * MINUTE,
            1 => deed.dice.between(1, 6) * DAY + deed.dice.between(-3, 3) * HOUR,
            _ => -deed.dice.between(20, 200) * DAY + deed.dice.between(-3, 3) * HOUR,
        };
        for place in pictures(class, lesson, deed) {
            class.evidence[place].media_type = "image/jpeg";
            if let Some(media) = &mut class.evidence[place].media {
                media.container = "jpeg";
                media.taken_at = Some(middle + off + deed.dice.between(0, 300) * 1_000_000);
                media.screen.clear();
                media.matches.clear();
            }
        }
        deed.of_lesson(class, lesson, &[]);
    }
}

/// Saved by an editor, the small picture inside still of what it was.
pub(super) fn edited_picture(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    for lesson in deed.lessons(class, &live, Layer::Picture) {
        for place in pictures(class, lesson, deed) {
            let other = deed.dice.one_in(deed.by(0.3, 0.7, 1.0));
            if let Some(media) = &mut class.evidence[place].media {
                media.editor = Some("Adobe Photoshop");
                media.other_thumbnail = other;
            }
        }
        deed.of_lesson(class, lesson, &[]);
    }
}

/// A gallery of few people where the log has many; elsewhere the class shows all of them.
pub(super) fn few_faces(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    for &lesson in &live {
        let there = present(class, lesson).min(25) as i64;
        for place in class.evidence_of(lesson, "screenshot") {
            if let Some(media) = class.evidence[place].media.as_mut().filter(|media| media.faces != Some(0)) {
                media.faces = Some((there * 8 / 10 + deed.dice.between(-1, 1)).max(1));
            }
        }
    }
    for lesson in deed.lessons(class, &live, Layer::Picture) {
        let there = present(class, lesson) as i64;
        let few = (there * deed.by(40, 20, 6) / 100).max(1);
        for place in class.evidence_of(lesson, "video").into_iter().chain(pictures(class, lesson, deed)) {
            if let Some(media) = &mut class.evidence[place].media {
                media.faces = Some(few);
                for reading in media.screen.iter_mut().filter(|reading| reading.reading == "participants") {
                    reading.value = (few + 1).to_string();
                }
            }
        }
        deed.of_lesson(class, lesson, &[]);
    }
}

/// The screen in the picture shows another day and hour, one of them, or another meeting.
pub(super) fn other_screen(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    for lesson in deed.lessons(class, &live, Layer::Picture) {
        let middle = (class.lessons[lesson].from + class.lessons[lesson].until) / 2;
        let off = deed.by(1, 3, 9) * DAY + deed.by(2, 4, 6) * HOUR + deed.dice.between(0, 40) * MINUTE;
        for place in pictures(class, lesson, deed) {
            let mut shown = match deed.rule {
                "screen-time" => clock(middle - off, 0, &mut deed.dice),
                "screen-clock" => clock(middle + off % DAY, 0, &mut deed.dice),
                _ => clock(middle, 0, &mut deed.dice),
            };
            match deed.rule {
                "screen-time" => {
                    // Both are to be read.
                    while shown.len() < 2 {
                        shown = clock(middle - off, 0, &mut deed.dice);
                    }
                }
                "screen-clock" => shown.truncate(1),
                _ => shown.push(crate::class::Reading {
                    reading: "meeting",
                    at_ms: 0,
                    value: crate::plan::meeting(mix(class.number as u64 ^ lesson as u64 ^ 0x07e2)),
                    confidence: 0.93,
                    clock_s: None,
                }),
            }
            if let Some(media) = &mut class.evidence[place].media {
                media.screen = shown;
                media.taken_at = None;
            }
        }
        deed.of_lesson(class, lesson, &[]);
    }
}

/// A code of another lesson or time, or one that nobody issued.
pub(super) fn other_code(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    for lesson in deed.lessons(class, &live, Layer::Picture) {
        let other = live[(live.iter().position(|&own| own == lesson).unwrap_or(0) + live.len() - 1) % live.len()];
        let named = if deed.strength < 0.4 && deed.dice.one_in(0.5) || other == lesson { lesson } else { other };
        let at = if named == lesson { class.lessons[lesson].from - 5 * DAY } else { class.lessons[named].from + 11 * MINUTE };
        let code =
            Code { lesson: class.lessons[named].id.clone(), minute: at / MINUTE * MINUTE, at_ms: 0, genuine: deed.rule == "foreign-code" };
        // The lesson's own codes are in none of its evidence.
        for place in class.evidence_of(lesson, "video").into_iter().chain(class.evidence_of(lesson, "screenshot")) {
            if let Some(media) = class.evidence[place].media.as_mut().filter(|_| deed.rule == "foreign-code") {
                media.codes.clear();
            }
        }
        for place in pictures(class, lesson, deed) {
            if let Some(media) = &mut class.evidence[place].media {
                media.codes = vec![code.clone()];
            }
        }
        deed.of_lesson(class, lesson, &[]);
    }
}
