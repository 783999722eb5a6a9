//! Where a recording shows again what it showed before: clips that run in a loop, or once more an hour later.
//!
//! The recording is matched with itself, each frame with those at least ten seconds earlier, at the same pace; a repeat is kept where its
//! pictures are much nearer to those of one lag than to those seconds beside it. So a talking head, which is like itself at every lag, and
//! slides that stand or are shown again have no repeats, unless several changes come again at the same times.
//!
//! Cost: as [`crate::frames`] says; each frame that is asked for is compared with every different picture once.

use crate::candidates;
use crate::chain::{self, Line, Pace};
use crate::frames::Frame;
use crate::row::Row;
use crate::same_sound;
use crate::walk::{Stretch, Walk};

/// A stretch of a recording that was shown before. Times are milliseconds from its beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loop {
    /// Where the first repeat begins.
    pub from_ms: u32,
    /// Where the last repeat ends.
    pub until_ms: u32,
    /// How much earlier the same was shown: the length of a clip that runs in a loop.
    pub period_ms: u32,
    /// Where what is repeated begins.
    pub first_ms: u32,
    /// The part of its time in which the pictures are within 16 bits, 0 to 1.
    pub share: f32,
}

/// Repeats of frames closer together are movement, not loops, in milliseconds.
const LEAST_LAG: i64 = 10_000;

/// The shortest repeat, in milliseconds; samples are half a second off at both ends.
const SHORTEST: i64 = 9_000;

/// Pictures of a clip and its repeat are this near, in bits, after another coding at low quality.
const RADIUS: u32 = 16;

/// A repeat must be alike in this part of its time.
const LEAST_SHARE: f32 = 0.6;

/// Different pictures a repeat rests on, or pictures that differ by [`MOVED`]: a slide shown twice is one.
const LEAST_DISTINCT: u32 = 3;

/// In how many more bits the pictures of a repeat must differ from those beside it.
const MOVED: f32 = 4.0;

/// The shift of a repeat does not drift; two samples are half a second off each. A slide may stand for a minute.
const PACE: Pace = Pace { drift: 0.0, jitter: 1_000, lapse: 60_000 };

/// The loops of a recording, in order of time. Of a clip shown five times, one with the period of the clip is told.
///
/// Where `items` of the sound (of a [`crate::sound::Listener`]) are given and there is something to hear, a repeat must sound the same as
/// what it repeats: without, slides beside a small moving picture are now and then taken for a loop.
pub fn find_loops(frames: &[Frame], items: Option<&[u32]>) -> Vec<Loop> {
    let row = Row::of(frames);
    let walk = Walk::new(&row, &row, RADIUS);
    let votes = candidates::nearest(row.frames(), row.frames(), RADIUS, |at| at - LEAST_LAG);
    let mut found: Vec<(Stretch, i64)> = Vec::new();
    for chain in chain::chains(votes, PACE) {
        let (from, until) = (chain[0].a, chain[chain.len() - 1].a);
        let mut lags: Vec<i64> = chain.iter().map(|vote| vote.a - vote.b).collect();
        let lag = *lags.select_nth_unstable(chain.len() / 2).1;
        let known = |(stretch, other): &(Stretch, i64)| (other - lag).abs() < 1_000 && stretch.from <= until && from <= stretch.until;
        if walk.is_tired() || found.iter().any(known) {
            continue;
        }
        let (stretches, lag) = best_lag(&walk, lag, from, until);
        found.extend(stretches.into_iter().map(|stretch| (stretch, lag)));
    }
    found.retain(|(stretch, lag)| is_repeat(stretch) && items.is_none_or(|items| sounds_alike(stretch, *lag, items)));
    shortest_lags(found)
}

/// The lag that gains most near one, and what repeats at it. Where several gain nearly the same, as for slides, the middle one.
fn best_lag(walk: &Walk<'_>, lag: i64, from: i64, until: i64) -> (Vec<Stretch>, i64) {
    let near = (-3..=3).map(|off| lag + off * 250).filter(|lag| *lag >= LEAST_LAG - 250);
    let mut tried: Vec<(Vec<Stretch>, i64)> =
        near.map(|lag| (walk.along(Line { speed: 1.0, shift: -lag as f64 }, from, until), lag)).collect();
    let most = tried.iter().map(|(stretches, _)| gain(stretches)).fold(0.0, f32::max);
    tried.retain(|(stretches, _)| gain(stretches) >= 0.97 * most);
    let middle = tried.len() / 2;
    tried.drain(..).nth(middle).unwrap_or((Vec::new(), lag))
}

/// Whether nothing is heard in a repeat, or the same as before.
fn sounds_alike(stretch: &Stretch, lag: i64, items: &[u32]) -> bool {
    let [from, until, earlier] = [stretch.from, stretch.until, lag].map(|at| u32::try_from(at.max(0)).unwrap_or(u32::MAX));
    same_sound::error_of_repeat(items, from, until, earlier).is_none_or(|error| error < same_sound::SAME)
}

fn gain(stretches: &[Stretch]) -> f32 {
    stretches.iter().map(|stretch| stretch.gain).sum()
}

fn is_repeat(stretch: &Stretch) -> bool {
    let moved = stretch.beside - stretch.mean >= MOVED;
    stretch.until - stretch.from >= SHORTEST
        && stretch.share >= LEAST_SHARE
        && moved
        && (stretch.distinct >= LEAST_DISTINCT || stretch.gain >= 2.0 * (stretch.until - stretch.from) as f32 / 1_000.0)
}

/// Without those that are within others of a shorter lag, in order of time.
fn shortest_lags(mut found: Vec<(Stretch, i64)>) -> Vec<Loop> {
    found.sort_by_key(|(stretch, lag)| (*lag, stretch.from));
    let mut kept: Vec<Loop> = Vec::new();
    for (stretch, lag) in found {
        let ms = |at: i64| u32::try_from(at.max(0)).unwrap_or(u32::MAX);
        let (from_ms, until_ms) = (ms(stretch.from), ms(stretch.until));
        let covered = |other: &Loop| 2 * until_ms.min(other.until_ms).saturating_sub(from_ms.max(other.from_ms)) > until_ms - from_ms;
        if !kept.iter().any(covered) {
            kept.push(Loop { from_ms, until_ms, period_ms: ms(lag), first_ms: ms(stretch.from - lag), share: stretch.share });
        }
    }
    kept.sort_by_key(|repeat| repeat.from_ms);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::{quarters, shoot, slides, talking};
    use crate::pdq::Fingerprint;
    use crate::sound::tests::{items, speech};
    use proptest::prelude::*;

    /// A film in which a clip of `clip` milliseconds that ended at `end` is shown `more` times again.
    fn with_loop(film: impl Fn(u32) -> Fingerprint, end: u32, clip: u32, more: u32) -> impl Fn(u32) -> Fingerprint {
        move |at| {
            film(if at < end {
                at
            } else if at < end + clip * more {
                end - clip + (at - end) % clip
            } else {
                at - clip * more
            })
        }
    }

    fn is_near(found: &[Loop], meant: (u32, u32, u32)) -> bool {
        let near = |one: u32, two: u32| one.abs_diff(two) <= 1_000;
        found.len() == 1 && near(found[0].from_ms, meant.0) && near(found[0].until_ms, meant.1) && near(found[0].period_ms, meant.2)
    }

    #[test]
    fn a_clip_shown_five_times_is_one_loop_of_its_length() {
        let film = with_loop(talking(1, 1), 60_000, 20_000, 4);
        let found = find_loops(&shoot(film, quarters(200, 0), 3, 1), None);
        assert!(is_near(&found, (60_000, 140_000, 20_000)), "{found:?}");
        assert!(found[0].first_ms.abs_diff(40_000) <= 1_000 && found[0].share > 0.9);
    }

    #[test]
    fn slides_in_a_loop_are_one() {
        let film = with_loop(slides(2, 1), 100_000, 60_000, 2);
        let found = find_loops(&shoot(film, quarters(400, 0), 1, 1), None);
        assert!(is_near(&found, (100_000, 220_000, 60_000)), "{found:?}");
    }

    #[test]
    fn a_clip_shown_again_much_later_is_found_with_how_much_later() {
        let film = |at: u32| talking(3, 1)(if (900_000..915_000).contains(&at) { at - 800_000 } else { at });
        let found = find_loops(&shoot(film, quarters(1_200, 0), 3, 1), None);
        assert!(is_near(&found, (900_000, 915_000, 800_000)), "{found:?}");
    }

    #[test]
    fn a_repeat_must_sound_the_same_if_there_is_something_to_hear() {
        let frames = shoot(with_loop(talking(1, 1), 60_000, 20_000, 1), quarters(100, 0), 3, 1);
        let (mut again, other) = (speech(1, 0.0, 60.0, 1.0, 1.0), speech(1, 0.0, 100.0, 1.0, 1.0));
        again.extend(speech(1, 40.0, 40.0, 1.0, 1.0));
        assert!(is_near(&find_loops(&frames, Some(&items(&again))), (60_000, 80_000, 20_000)));
        assert_eq!(find_loops(&frames, Some(&items(&other))), []);
        assert!(is_near(&find_loops(&frames, Some(&items(&vec![0; 1_100_000]))), (60_000, 80_000, 20_000)));
    }

    #[test]
    fn talk_and_slides_have_no_loops() {
        for seed in 0..6 {
            assert_eq!(find_loops(&shoot(talking(seed, 1), quarters(900, 0), 3, seed), None), []);
            assert_eq!(find_loops(&shoot(slides(seed, 1), quarters(900, 0), 1, seed), None), []);
        }
    }

    #[test]
    fn going_back_to_a_slide_or_two_is_no_loop() {
        // Two slides shown for other times than before.
        let film = |at: u32| slides(5, 1)(if (200_000..240_000).contains(&at) { at / 3 * 2 - 60_000 } else { at });
        assert_eq!(find_loops(&shoot(film, quarters(400, 0), 1, 1), None), []);
    }

    #[test]
    fn frames_without_weight_and_rows_of_nothing_have_no_loops() {
        let mut frames = shoot(with_loop(talking(1, 1), 60_000, 20_000, 4), quarters(200, 0), 3, 1);
        frames.iter_mut().for_each(|frame| frame.weight = 0.0);
        assert_eq!(find_loops(&frames, None), []);
        assert_eq!(find_loops(&[], None), []);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_loop_is_found_within_a_second(seed in 0u64..1_000, clip in 10_000u32..40_000, more in 1u32..5, end in 45_000u32..90_000) {
            let film = with_loop(talking(seed, 1), end, clip, more);
            let found = find_loops(&shoot(film, (0..600).map(|half| half * 500), 3, seed), None);
            prop_assert!(is_near(&found, (end, end + clip * more, clip)), "{:?}", found);
        }
    }
}
