//! Recordings that are empty, used again, missing, and evidence that comes all at once long afterwards.

use super::{Deed, Layer, Shared};
use crate::class::{Class, EVIDENCE_OF_A_CLASS, Match};
use crate::days::{HOUR, SECOND, moment};
use crate::media::same_bytes;

/// Takes a piece of evidence out: it was never sent.
fn drop(class: &mut Class, place: usize) {
    let evidence = &mut class.evidence[place];
    (evidence.kind, evidence.lesson, evidence.media) = ("", None, None);
}

/// What is like other evidence of its class came after that; only stills may come before the recording they are of.
pub(super) fn come_after(class: &mut Class) {
    let first = class.number as u64 * EVIDENCE_OF_A_CLASS;
    for place in 0..class.evidence.len() {
        let Some(media) = &class.evidence[place].media else { continue };
        let own = media.matches.iter().filter(|found| found.kind != "moment").filter_map(|found| found.other.checked_sub(first));
        let others: Vec<i64> = own.filter_map(|other| class.evidence.get(other as usize)).map(|other| other.received_at).collect();
        let evidence = &mut class.evidence[place];
        evidence.received_at = others.into_iter().map(|at| at + 30 * SECOND).chain([evidence.received_at]).max().unwrap_or_default();
    }
}

/// What was like evidence that was never sent is like nothing.
pub(super) fn forget_dropped(class: &mut Class) {
    let gone: Vec<u64> = class.evidence.iter().filter(|evidence| evidence.kind.is_empty()).map(|evidence| evidence.number).collect();
    if gone.is_empty() {
        return;
    }
    for media in class.evidence.iter_mut().filter_map(|evidence| evidence.media.as_mut()) {
        media.matches.retain(|found| !gone.contains(&found.other));
    }
}

/// The first recording of a lesson, made one where there were several or none.
pub(super) fn one_video(class: &mut Class, lesson: usize, deed: &mut Deed) -> usize {
    let videos = class.evidence_of(lesson, "video");
    for &more in videos.iter().skip(1) {
        drop(class, more);
    }
    let place = match videos.first() {
        Some(&first) => first,
        None => {
            let received = class.lessons[lesson].until + deed.dice.between(2, 30) * HOUR;
            let mut evidence = crate::media::item(class, lesson, "video", received, deed.dice.draw());
            if let Some(media) = &mut evidence.media {
                (media.pixels, media.container, media.looks) = ((1_280, 720), "mp4", 12);
            }
            class.add(evidence)
        }
    };
    let long = (class.lessons[lesson].until - class.lessons[lesson].from) / 1_000;
    if let Some(media) = &mut class.evidence[place].media {
        media.duration = Some(long + deed.dice.between(10, 200) * 1_000);
    }
    place
}

/// A piece runs in a loop, nothing is to be seen or heard, or the recording ends long before the lesson.
pub(super) fn empty_video(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    for lesson in deed.lessons(class, &live, Layer::Video) {
        let place = one_video(class, lesson, deed);
        let share = deed.by(0.16, 0.42, 0.85) + deed.dice.around(0.02);
        let black = deed.dice.one_in(0.4);
        let Some(media) = &mut class.evidence[place].media else { continue };
        let long = media.duration.unwrap_or(0) as f64;
        let part = (long * share) as i64 / 1_000 * 1_000;
        let also: &[&str] = match deed.rule {
            "looped-video" => {
                media.looped = part;
                &["short-video"]
            }
            "frozen-video" => {
                if black {
                    media.black = part;
                } else {
                    media.dead = part;
                }
                &["short-video"]
            }
            _ => {
                media.duration = Some(long as i64 - part);
                // It cannot stand still for longer than it lasts.
                media.dead = media.dead.min((long as i64 - part) / 20);
                &[]
            }
        };
        deed.of_lesson(class, lesson, also);
    }
}

/// An earlier recording is sent for this lesson: as it is, coded again, or a cut of it within another.
pub(super) fn video_reuse(class: &mut Class, deed: &mut Deed, shared: &Shared) {
    let live = class.live();
    let found = deed.lessons(class, &live, Layer::Video);
    for &lesson in &found {
        let Some((number, bytes, received, length)) = earlier(class, shared, lesson, &found, "video", deed) else { continue };
        let place = one_video(class, lesson, deed);
        let evidence = &mut class.evidence[place];
        evidence.received_at = evidence.received_at.max(received + HOUR);
        let off = deed.dice.between(0, 30) * 1_000;
        let Some(media) = &mut evidence.media else { continue };
        media.matches.clear();
        let whole = length.min(media.duration.unwrap_or(length));
        let cut = whole * deed.by(30, 95, 100) / 100 / 1_000 * 1_000;
        let recording = Match {
            other: number,
            kind: "recording",
            tier: "strong",
            score: deed.by(0.86, 0.96, 1.0),
            because: Some("together"),
            runs: vec![(off, off + cut, off + 2_000, off + 2_000 + cut)],
            ..Match::default()
        };
        if deed.strength > 0.9 {
            evidence.bytes = bytes;
            media.duration = Some(length);
            media.matches.push(same_bytes(number));
        } else {
            media.matches.push(recording);
        }
        let planned = (class.lessons[lesson].until - class.lessons[lesson].from) / 1_000;
        let is_short = deed.strength > 0.9 && length * 10 < planned * 8;
        deed.of_lesson(class, lesson, if is_short { &["short-video"] } else { &[] });
    }
}

/// A recording or picture of another lesson, of this class or an earlier one of the provider: number, bytes, when it came, length.
pub(super) fn earlier(
    class: &Class,
    shared: &Shared,
    lesson: usize,
    but: &[usize],
    kind: &str,
    deed: &mut Deed,
) -> Option<(u64, u64, i64, i64)> {
    let usable = |evidence: &&crate::class::Evidence| {
        evidence.kind == kind && evidence.trainee.is_none() && evidence.media.as_ref().is_some_and(|media| media.faces != Some(0))
    };
    let tell = |evidence: &crate::class::Evidence| {
        let length = evidence.media.as_ref().and_then(|media| media.duration).unwrap_or(0);
        (evidence.number, evidence.bytes, evidence.received_at, length)
    };
    let own = class.evidence.iter().filter(usable).filter(|evidence| evidence.lesson.is_some_and(|of| of < lesson && !but.contains(&of)));
    let mut all: Vec<_> = own.map(tell).collect();
    for past in shared.past.iter().rev().take(6) {
        let begun = class.lessons[lesson].until;
        all.extend(past.class.evidence.iter().filter(usable).filter(|evidence| evidence.received_at < begun).map(tell).take(12));
    }
    // Where every lesson is taken, the first of them is the original.
    if all.is_empty() {
        let first = *but.first()?;
        let first = class.evidence.iter().filter(usable).find(|evidence| evidence.lesson == Some(first) && first != lesson);
        return first.map(tell);
    }
    Some(all[deed.dice.below(all.len())])
}

/// Neither a recording nor a picture.
pub(super) fn missing_media(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    for lesson in deed.lessons(class, &live, Layer::Video) {
        for kind in ["video", "screenshot"] {
            for place in class.evidence_of(lesson, kind) {
                drop(class, place);
            }
        }
        deed.of_lesson(class, lesson, &[]);
    }
}

/// A provider that sends less than others do: of many lessons one picture and no recording, of some nothing.
pub(super) fn thin_media(class: &mut Class, deed: &mut Deed) {
    let live = class.live();
    for lesson in deed.lessons(class, &live, Layer::Video) {
        for place in class.evidence_of(lesson, "video") {
            drop(class, place);
        }
        let pictures = class.evidence_of(lesson, "screenshot");
        let keep = usize::from(deed.dice.one_in(0.8));
        for &place in pictures.iter().skip(keep) {
            drop(class, place);
        }
        if keep == 0 || pictures.is_empty() {
            Deed { rule: "missing-media", ..deed.clone() }.of_lesson(class, lesson, &[]);
        }
    }
}

/// All of it comes on one day, weeks after the class.
pub(super) fn late_evidence(class: &mut Class, deed: &mut Deed) {
    let held = class.held();
    let many = deed.by(held.len() * 2 / 3, held.len() * 5 / 6, held.len());
    let lessons: Vec<usize> = deed.dice.some_of(held.len(), many).into_iter().map(|place| held[place]).collect();
    let on = class.ends_on + deed.by(9, 20, 40) + deed.dice.between(0, 4);
    let mut at = moment(on, 10 * 3_600 + deed.dice.between(0, 9_000));
    for evidence in class.evidence.iter_mut().filter(|evidence| evidence.lesson.is_some_and(|lesson| lessons.contains(&lesson))) {
        at += deed.dice.between(2, 40) * SECOND;
        evidence.received_at = at;
    }
    deed.of_class(class, &[]);
}
