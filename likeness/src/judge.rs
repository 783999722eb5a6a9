//! From what two recordings have in common to what that says.
//!
//! Sound is the judge: the same slides and the same teacher in a new lesson look alike, and sound different. Where one of them has no sound,
//! pictures must move, and more of them.

use crate::frames::Run;
use crate::sound::SoundRun;

/// How much two recordings having something in common says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Nothing.
    Nothing,
    /// Worth a look, together with other signs.
    Candidate,
    /// One was made of the other, after a look at what innocent reasons there may be.
    Strong,
}

/// Why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// Pictures and sound are the same on one line for this long, in milliseconds.
    Together {
        /// How long, in milliseconds of the first recording.
        aligned_ms: u32,
        /// In which part of the bits the sound differs there.
        bit_error: f32,
    },
    /// The sound is the same for this long and the pictures are not. Music while waiting, a jingle or a film shown in both are such, too.
    SoundAlone {
        /// How long there is something to hear, in milliseconds.
        heard_ms: u32,
        /// In which part of the bits the sound differs.
        bit_error: f32,
    },
    /// The pictures are the same and the sound, which both have, is not: the same slides in a new lesson, or a copy with another voice.
    PicturesAgainstSound {
        /// How long, in milliseconds of the first recording.
        aligned_ms: u32,
        /// Different pictures among them.
        distinct: u32,
    },
    /// The pictures are the same, and at least one has no sound to ask.
    PicturesWithoutSound {
        /// How long, in milliseconds of the first recording.
        aligned_ms: u32,
        /// Different pictures among them.
        distinct: u32,
        /// How much nearer the pictures are than those some seconds beside, as a part: 0 not at all, 1 the same bits.
        nearer: f32,
    },
}

/// What two recordings having something in common says.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// How much.
    pub tier: Tier,
    /// How sure, 0 to 1, to put several in order; at least 0.8 if strong, below if a candidate, 0 if nothing.
    pub score: f32,
    /// Why, weightiest first.
    pub reasons: Vec<Reason>,
}

/// How long pictures and sound, or sound alone, must be the same to be strong, in milliseconds. Jingles, greetings and the intro of a course
/// are shorter.
const STRONG_MS: u32 = 60_000;

/// Shifts of pictures and sound are one if they are this near, in milliseconds: samples are a second apart, and recorders delay sound.
const ONE_LINE_MS: f64 = 2_000.0;

/// Without sound: different pictures that must come again in the same rhythm. Each change of slides agrees by chance within a second in ten
/// to twenty; two of them make the line, so the chance of ten more is below 10⁻¹⁰.
const STRONG_DISTINCT: u32 = 12;

/// Without sound: the part of a run's time in which pictures must be the same. Runs of over 50 s between two lessons with one deck and
/// teacher were measured at up to 0.974, those of copies at 1.0: slides of about the same length in both leave gaps where they change.
const STRONG_SHARE: f32 = 0.99;

/// Without sound and with few different pictures, as of a talking head: how much nearer than beside the line they must be, and how long.
const STRONG_NEARER: f32 = 0.5;

/// Different pictures below which a run without sound is not worth a look.
const LEAST_DISTINCT: u32 = 6;

/// The part of a run's time in which pictures must be the same.
const LEAST_SHARE: f32 = 0.8;

/// Judges the runs of pictures two recordings have in common and those of sound; `None` if one of them has no sound, or nothing to hear.
pub fn judge(pictures: &[Run], sound: Option<&[SoundRun]>) -> Judgement {
    let mut found = match sound {
        Some(sound) => with_sound(pictures, sound),
        None => without_sound(pictures),
    };
    found.sort_by(|one, two| two.1.total_cmp(&one.1));
    let score = found.first().map_or(0.0, |first| first.1);
    let tier = found.iter().map(|first| first.0).max().unwrap_or(Tier::Nothing);
    Judgement { tier, score, reasons: found.into_iter().map(|(_, _, reason)| reason).collect() }
}

type Found = Vec<(Tier, f32, Reason)>;

fn with_sound(pictures: &[Run], sound: &[SoundRun]) -> Found {
    let mut found = Found::new();
    let together = union(sound.iter().flat_map(|heard| pictures.iter().filter_map(|seen| common(seen, heard))));
    let heard_ms: u32 = union(sound.iter().map(|run| (run.a_from_ms, run.a_until_ms))).min(sound.iter().map(|run| run.heard_ms).sum());
    let bit_error = weighed(sound.iter().map(|run| (run.bit_error, run.heard_ms)));
    if together >= STRONG_MS {
        found.push((Tier::Strong, strong(together, bit_error), Reason::Together { aligned_ms: together, bit_error }));
    } else if heard_ms >= STRONG_MS {
        found.push((Tier::Strong, strong(heard_ms, bit_error) - 0.05, Reason::SoundAlone { heard_ms, bit_error }));
    } else if together > 0 {
        found.push((Tier::Candidate, candidate(together), Reason::Together { aligned_ms: together, bit_error }));
    } else if heard_ms > 0 {
        found.push((Tier::Candidate, candidate(heard_ms) - 0.1, Reason::SoundAlone { heard_ms, bit_error }));
    }
    let (aligned_ms, distinct) = seen(pictures.iter().filter(|run| moves(run) && !sound.iter().any(|heard| common(run, heard).is_some())));
    if aligned_ms >= STRONG_MS {
        found.push((Tier::Candidate, candidate(aligned_ms) - 0.2, Reason::PicturesAgainstSound { aligned_ms, distinct }));
    }
    found
}

fn without_sound(pictures: &[Run]) -> Found {
    let telling = || pictures.iter().filter(|run| run.share >= LEAST_SHARE && (moves(run) || nearer(run) >= STRONG_NEARER));
    let (aligned_ms, distinct) = seen(telling());
    let nearer = weighed(telling().map(|run| (nearer(run), run.a_until_ms - run.a_from_ms)));
    let reason = Reason::PicturesWithoutSound { aligned_ms, distinct, nearer };
    // One line for a minute: pieces on lines of their own are slides that were shown for about as long in both lessons.
    let is_strong = |run: &&Run| {
        let length_ms = run.a_until_ms - run.a_from_ms;
        length_ms >= STRONG_MS && run.share >= STRONG_SHARE && run.distinct >= STRONG_DISTINCT && self::nearer(run) >= STRONG_NEARER
    };
    let strong_ms = union(telling().filter(is_strong).map(|run| (run.a_from_ms, run.a_until_ms)));
    if strong_ms >= STRONG_MS {
        vec![(Tier::Strong, strong(strong_ms, 0.2), reason)]
    } else if aligned_ms >= STRONG_MS / 2 {
        vec![(Tier::Candidate, candidate(aligned_ms), reason)]
    } else {
        Found::new()
    }
}

/// Whether enough different pictures are in a run for its line to be no accident.
fn moves(run: &Run) -> bool {
    run.distinct >= LEAST_DISTINCT && run.share >= LEAST_SHARE
}

/// How much nearer pictures are on the line than beside it.
fn nearer(run: &Run) -> f32 {
    1.0 - run.mean_distance / run.beside_distance.max(1.0)
}

/// How long runs are in the first recording and on how many different pictures they rest.
fn seen<'a>(runs: impl Iterator<Item = &'a Run>) -> (u32, u32) {
    let runs: Vec<&Run> = runs.collect();
    (union(runs.iter().map(|run| (run.a_from_ms, run.a_until_ms))), runs.iter().map(|run| run.distinct).sum())
}

/// The span of the first recording in which pictures and sound lie on one line.
fn common(seen: &Run, heard: &SoundRun) -> Option<(u32, u32)> {
    let (from, until) = (seen.a_from_ms.max(heard.a_from_ms), seen.a_until_ms.min(heard.a_until_ms));
    let seen_at = |a: u32| f64::from(seen.b_from_ms) + (f64::from(a) - f64::from(seen.a_from_ms)) * f64::from(seen.speed);
    let heard_at = |a: u32| f64::from(heard.b_from_ms) + (f64::from(a) - f64::from(heard.a_from_ms)) * f64::from(heard.speed);
    (from < until && [from, until].iter().all(|a| (seen_at(*a) - heard_at(*a)).abs() <= ONE_LINE_MS)).then_some((from, until))
}

/// The length of spans, overlaps once, in milliseconds.
fn union(spans: impl Iterator<Item = (u32, u32)>) -> u32 {
    let mut spans: Vec<(u32, u32)> = spans.collect();
    spans.sort_unstable();
    let (mut total, mut end) = (0, 0);
    for (from, until) in spans {
        total += until.saturating_sub(from.max(end));
        end = end.max(until);
    }
    total
}

fn weighed(values: impl Iterator<Item = (f32, u32)>) -> f32 {
    let (sum, weight) = values.fold((0.0, 0.0), |(sum, weight), (value, by)| (sum + value * by as f32, weight + by as f32));
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// 0.8 for a minute to 1 for ten, less for sound that differs in more bits.
fn strong(aligned_ms: u32, bit_error: f32) -> f32 {
    let length = (aligned_ms as f32 / STRONG_MS as f32).log10().clamp(0.0, 1.0);
    (0.85 + 0.15 * length * (1.0 - 2.0 * bit_error)).clamp(0.85, 1.0)
}

/// Up to 0.75 for a minute.
fn candidate(aligned_ms: u32) -> f32 {
    0.3 + 0.45 * (aligned_ms as f32 / STRONG_MS as f32).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(seconds: u32, there: u32, distinct: u32) -> Run {
        Run {
            a_from_ms: 5_000,
            a_until_ms: 5_000 + seconds * 1_000,
            b_from_ms: there,
            b_until_ms: there + seconds * 1_000,
            speed: 1.0,
            share: 1.0,
            mean_distance: 4.0,
            beside_distance: 20.0,
            distinct,
        }
    }

    fn heard(seconds: u32, there: u32) -> SoundRun {
        SoundRun {
            a_from_ms: 5_000,
            a_until_ms: 5_000 + seconds * 1_000,
            b_from_ms: there,
            b_until_ms: there + seconds * 1_000,
            speed: 1.0,
            bit_error: 0.05,
            heard_ms: seconds * 900,
        }
    }

    #[test]
    fn a_minute_of_pictures_and_sound_on_one_line_is_strong() {
        let judged = judge(&[seen(70, 9_000, 1)], Some(&[heard(70, 10_000)]));
        assert_eq!((judged.tier, judged.reasons), (Tier::Strong, vec![Reason::Together { aligned_ms: 70_000, bit_error: 0.05 }]));
        assert!(judged.score >= 0.85 && judged.score < judge(&[seen(700, 9_000, 1)], Some(&[heard(700, 10_000)])).score);
    }

    #[test]
    fn less_than_a_minute_is_a_candidate() {
        assert_eq!(judge(&[seen(59, 9_000, 9)], Some(&[heard(59, 9_000)])).tier, Tier::Candidate);
        assert_eq!(judge(&[], Some(&[heard(59, 9_000)])).tier, Tier::Candidate);
    }

    #[test]
    fn sound_alone_is_strong_and_says_so() {
        let judged = judge(&[], Some(&[heard(100, 9_000)]));
        assert_eq!((judged.tier, judged.reasons), (Tier::Strong, vec![Reason::SoundAlone { heard_ms: 90_000, bit_error: 0.05 }]));
    }

    #[test]
    fn the_same_slides_with_another_speech_are_a_candidate_at_best() {
        let judged = judge(&[seen(900, 9_000, 40)], Some(&[]));
        assert_eq!(
            (judged.tier, judged.reasons),
            (Tier::Candidate, vec![Reason::PicturesAgainstSound { aligned_ms: 900_000, distinct: 40 }])
        );
        assert_eq!(judge(&[seen(900, 9_000, 3)], Some(&[])).tier, Tier::Nothing);
    }

    #[test]
    fn pictures_and_sound_on_different_lines_are_not_together() {
        let judged = judge(&[seen(100, 60_000, 40)], Some(&[heard(100, 9_000)]));
        assert!(judged.reasons.iter().all(|reason| !matches!(reason, Reason::Together { .. })));
        assert_eq!(judged.reasons.len(), 2);
    }

    #[test]
    fn without_sound_a_slide_that_stands_is_nothing() {
        let still = Run { beside_distance: 4.0, ..seen(900, 9_000, 1) };
        assert_eq!(judge(&[still], None).tier, Tier::Nothing);
        assert_eq!(judge(&[seen(100, 9_000, 40)], None).tier, Tier::Strong);
        assert_eq!(judge(&[Run { share: 0.97, ..seen(100, 9_000, 40) }], None).tier, Tier::Candidate);
        assert_eq!(judge(&[seen(100, 9_000, 11)], None).tier, Tier::Candidate);
        assert_eq!(judge(&[seen(50, 9_000, 40), seen(50, 90_000, 40)], None).tier, Tier::Candidate);
    }

    #[test]
    fn runs_that_overlap_count_once() {
        let judged = judge(&[seen(40, 9_000, 5), seen(40, 9_500, 5)], Some(&[heard(40, 9_000)]));
        assert_eq!(judged.reasons, [Reason::Together { aligned_ms: 40_000, bit_error: 0.05 }]);
    }

    #[test]
    fn nothing_in_common_is_nothing() {
        assert_eq!(judge(&[], None), Judgement { tier: Tier::Nothing, score: 0.0, reasons: vec![] });
    }
}
