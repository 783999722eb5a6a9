//! Which stretches of two recordings show the same pictures at the same pace.
//!
//! Enters: two rows of picture fingerprints with their times, one to four a second, neighbours that are nearly the same left out. Leaves:
//! runs, as in `A[00:10..41:20] = B[05:10..46:20]`, however the copy was trimmed, cut, put in another order or played up to 10 % faster.
//!
//! First every frame votes for the frames of the other row it is nearest to, the less the more there are; then votes
//! that follow each other at nearly the same pace are chained; then the line through each chain is walked and kept where pictures are much
//! nearer on it than seconds beside it. One slide that stands in both, or one teacher before one wall, is near everywhere and no run.
//!
//! Cost: comparisons are capped at 2³¹ (some seconds), frames asked for at 2¹⁵, votes at 16 a frame, chains at 48, pictures looked up along them
//! at 2²¹ and around each time at eight; so whatever the rows hold, time is linear in their length beyond that, and memory always.

use crate::candidates;
use crate::chain::{self, Line, Pace, Vote};
use crate::pdq::Fingerprint;
use crate::row::Row;
use crate::walk::{Stretch, Walk};

/// A picture of a recording. It is on show until the next one begins; close a row with the last picture even if it is like the one before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// When it begins, in milliseconds from the beginning of the recording.
    pub at_ms: u32,
    /// Its fingerprint.
    pub bits: Fingerprint,
    /// What it says, 0 to 1: 0 for a picture of one shade, little for one that many recordings show (a splash, a login page).
    pub weight: f32,
}

impl Frame {
    /// Whether it says anything.
    pub(crate) fn tells(&self) -> bool {
        self.weight > 0.0
    }
}

/// A stretch of two recordings with the same pictures. Times are milliseconds from the beginning of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// Where it begins in the first.
    pub a_from_ms: u32,
    /// Where it ends in the first.
    pub a_until_ms: u32,
    /// Where it begins in the second.
    pub b_from_ms: u32,
    /// Where it ends in the second.
    pub b_until_ms: u32,
    /// Milliseconds of the second for one of the first: 0.95 if the second is played 1.05 times as fast.
    pub speed: f32,
    /// The part of its time in which the pictures are within the radius, 0 to 1.
    pub share: f32,
    /// In how many bits those differ.
    pub mean_distance: f32,
    /// In how many bits the same pictures differ from what the other recording shows three and five seconds earlier and later. Where this is
    /// not much more than `mean_distance`, the recordings may only look alike.
    pub beside_distance: f32,
    /// How many pictures more than 12 bits apart from each other it rests on, counted up to 256. A slide that stands is one.
    pub distinct: u32,
}

/// A run that is shorter is left out, in milliseconds: the shortest clip worth a name.
const SHORTEST: i64 = 10_000;

/// Pictures may stand for a minute between two that tell something; samples are half a second off on both sides.
const PACE: Pace = Pace { drift: chain::DRIFT, jitter: 1_000, lapse: 60_000 };

/// The runs two rows have in common, surest first. Pictures within `radius` bits are taken for the same ([`crate::frames`] says how).
pub fn match_rows(a: &[Frame], b: &[Frame], radius: u32) -> Vec<Run> {
    let (a, b) = (Row::of(a), Row::of(b));
    let votes = candidates::nearest(a.frames(), b.frames(), radius, |_| i64::MAX);
    follow(&Walk::new(&a, &b, radius), votes)
}

fn follow(walk: &Walk<'_>, votes: Vec<Vote>) -> Vec<Run> {
    let mut found: Vec<Stretch> = Vec::new();
    for chain in chain::chains(votes, PACE) {
        let (from, until) = (chain[0].a, chain[chain.len() - 1].a);
        let seen = |at: &Vote| {
            found.iter().any(|other| (other.from..=other.until).contains(&at.a) && (other.line.there(at.a) - at.b).abs() < 2_000)
        };
        // A chain beside one that was walked already leads to the same stretch.
        if walk.is_tired() || chain.iter().filter(|vote| seen(vote)).count() * 2 > chain.len() {
            continue;
        }
        for first in walk.along(Line::through(&chain), from, until) {
            let again = walk.fit(&first).map(|line| walk.along(line, first.from, first.until));
            found.extend(again.unwrap_or_default().into_iter().chain([first]).max_by(|one, two| one.gain.total_cmp(&two.gain)));
        }
    }
    found.retain(|stretch| stretch.until - stretch.from >= SHORTEST);
    surest(found).iter().map(run).collect()
}

/// Surest first, without those that lie mostly beside or on a surer one in both recordings.
fn surest(mut found: Vec<Stretch>) -> Vec<Stretch> {
    found.sort_by(|one, two| two.gain.total_cmp(&one.gain).then(one.from.cmp(&two.from)));
    let mut kept: Vec<Stretch> = Vec::new();
    for stretch in found {
        let there = |stretch: &Stretch| (stretch.line.there(stretch.from), stretch.line.there(stretch.until));
        let covers = |(from, until): (i64, i64), (first, last): (i64, i64)| 2 * (until.min(last) - from.max(first)) > last - first;
        let covered =
            |other: &Stretch| covers((other.from, other.until), (stretch.from, stretch.until)) && covers(there(other), there(&stretch));
        if !kept.iter().any(covered) {
            kept.push(stretch);
        }
    }
    kept
}

fn run(stretch: &Stretch) -> Run {
    let ms = |at: i64| u32::try_from(at.max(0)).unwrap_or(u32::MAX);
    Run {
        a_from_ms: ms(stretch.from),
        a_until_ms: ms(stretch.until),
        b_from_ms: ms(stretch.line.there(stretch.from)),
        b_until_ms: ms(stretch.line.there(stretch.until)),
        speed: stretch.line.speed as f32,
        share: stretch.share,
        mean_distance: stretch.mean,
        beside_distance: stretch.beside,
        distinct: stretch.distinct,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::{chance, quarters, shoot, slides, talking};
    use proptest::prelude::*;

    /// From, until in the first and in the second, in whole seconds, and percent of speed, in order of the first.
    fn told(runs: &[Run]) -> Vec<[u32; 5]> {
        let second = |ms: u32| (ms + 500) / 1_000;
        let mut told: Vec<[u32; 5]> = runs
            .iter()
            .map(|run| {
                [
                    second(run.a_from_ms),
                    second(run.a_until_ms),
                    second(run.b_from_ms),
                    second(run.b_until_ms),
                    (run.speed * 100.0).round() as u32,
                ]
            })
            .collect();
        told.sort_unstable();
        told
    }

    /// Whether what is told is what was meant, but for a second.
    fn is_near(told: &[[u32; 5]], meant: &[[u32; 5]]) -> bool {
        told.len() == meant.len() && told.iter().flatten().zip(meant.iter().flatten()).all(|(one, two)| one.abs_diff(*two) <= 1)
    }

    #[test]
    fn a_copy_without_beginning_and_end_is_one_run() {
        let a = shoot(talking(1, 1), quarters(180, 0), 2, 1);
        let b = shoot(|at| talking(1, 1)(at + 30_000), quarters(100, 90), 3, 2);
        let found = match_rows(&a, &b, 31);
        assert!(is_near(&told(&found), &[[30, 130, 0, 100, 100]]), "{:?}", told(&found));
        assert!(found[0].share > 0.99 && found[0].mean_distance < 8.0 && found[0].beside_distance > 16.0);
    }

    #[test]
    fn a_copy_that_is_played_faster_is_found_with_its_speed() {
        let a = shoot(talking(2, 1), quarters(210, 0), 2, 1);
        for (percent, played) in [(105, 200), (92, 220), (109, 190)] {
            let b = shoot(|at| talking(2, 1)(at * percent / 100), quarters(played, 60), 3, 2);
            let found = match_rows(&a, &b, 31);
            let end = (played * percent / 100).min(210);
            assert!(is_near(&told(&found), &[[0, end, 0, end * 100 / percent, 10_000 / percent]]), "{percent}: {:?}", told(&found));
        }
    }

    #[test]
    fn an_inserted_clip_parts_a_copy_in_two_runs() {
        let a = shoot(talking(3, 1), quarters(120, 0), 2, 1);
        let with_clip = |at: u32| match at {
            0..50_000 => talking(3, 1)(at),
            50_000..70_000 => talking(9, 9)(at),
            _ => talking(3, 1)(at - 20_000),
        };
        let found = match_rows(&a, &shoot(with_clip, quarters(140, 100), 2, 2), 31);
        assert!(is_near(&told(&found), &[[0, 50, 0, 50, 100], [50, 120, 70, 140, 100]]), "{:?}", told(&found));
    }

    #[test]
    fn parts_in_another_order_are_found_in_it() {
        let a = shoot(slides(4, 1), quarters(400, 0), 1, 1);
        let swapped = |at: u32| slides(4, 1)(if at < 200_000 { at + 200_000 } else { at - 200_000 });
        let found = match_rows(&a, &shoot(swapped, quarters(400, 100), 1, 2), 31);
        assert!(is_near(&told(&found), &[[0, 200, 200, 400, 100], [200, 400, 0, 200, 100]]), "{:?}", told(&found));
        assert!(found.iter().all(|run| run.distinct >= 10));
    }

    #[test]
    fn one_slide_that_stands_for_ten_minutes_is_no_run() {
        let slide = |_| slides(5, 1)(0);
        let every_sample =
            |coding| quarters(600, 0).map(|at_ms| Frame { at_ms, ..shoot(slide, [at_ms], 3, coding)[0] }).collect::<Vec<_>>();
        assert_eq!(match_rows(&shoot(slide, quarters(600, 0), 0, 1), &shoot(slide, quarters(600, 0), 0, 2), 31), []);
        assert_eq!(match_rows(&every_sample(1), &every_sample(2), 31), []);
    }

    #[test]
    fn the_same_teacher_in_another_lesson_is_no_run() {
        let lesson = |lesson| shoot(talking(6, lesson), quarters(300, 0), 2, lesson);
        assert!(lesson(1)[50].bits.distance(&lesson(2)[50].bits) < 31);
        assert_eq!(match_rows(&lesson(1), &lesson(2), 31), []);
    }

    #[test]
    fn the_same_deck_in_another_lesson_rests_on_few_pictures() {
        for deck in 0..20 {
            let lesson = |lesson| shoot(slides(deck, lesson), quarters(600, 0), 1, lesson);
            let found = match_rows(&lesson(1), &lesson(2), 31);
            assert!(found.iter().all(|run| run.distinct < 12), "{found:?}");
        }
    }

    #[test]
    fn pictures_that_say_nothing_are_no_run_and_say_nothing_in_one() {
        let mut a = shoot(talking(7, 1), quarters(120, 0), 2, 1);
        let b = shoot(talking(7, 1), quarters(120, 70), 2, 2);
        let whole = match_rows(&a, &b, 31);
        a.iter_mut().filter(|frame| (40_000..45_000).contains(&frame.at_ms)).for_each(|frame| frame.weight = 0.0);
        assert!(is_near(&told(&match_rows(&a, &b, 31)), &told(&whole)));
        a.iter_mut().for_each(|frame| frame.weight = 0.0);
        assert_eq!(match_rows(&a, &b, 31), []);
    }

    #[test]
    fn a_hundred_thousand_frames_that_are_all_alike_end_soon_and_in_nothing() {
        let alike = |changed: u64| {
            (0..100_000).map(move |at: u32| Frame {
                at_ms: at,
                bits: Fingerprint([chance(1, u64::from(at)) & changed, 0, 0, 0]),
                weight: 1.0,
            })
        };
        let same: Vec<Frame> = alike(0).collect();
        let nearly: Vec<Frame> = alike(0b1111).collect();
        assert_eq!(match_rows(&same, &same, 31), []);
        assert_eq!(match_rows(&nearly, &same, 31), []);
        assert_eq!(match_rows(&nearly, &nearly, 31), []);
    }

    proptest! {
        #[test]
        fn no_row_is_too_strange(times in prop::collection::vec(any::<u32>(), 0..60), words in prop::collection::vec(0u64..4, 60)) {
            let row: Vec<Frame> = times.iter().zip(&words).map(|(at_ms, word)| Frame { at_ms: *at_ms, bits: Fingerprint([*word; 4]), weight: 0.5 }).collect();
            for run in match_rows(&row, &row, 31) {
                prop_assert!(run.a_from_ms < run.a_until_ms && run.share >= 0.0 && run.share <= 1.0);
            }
        }

        #[test]
        fn a_frame_votes_sixteen_times_at_most(words in prop::collection::vec(0u64..8, 0..300), radius in 0u32..64) {
            let row: Vec<Frame> = words.iter().zip(0..).map(|(word, at)| Frame { at_ms: at * 100, bits: Fingerprint([*word; 4]), weight: 1.0 }).collect();
            let votes = candidates::nearest(&row, &row, radius, |_| i64::MAX);
            for frame in &row {
                let of_frame: Vec<&Vote> = votes.iter().filter(|vote| vote.a == i64::from(frame.at_ms)).collect();
                prop_assert!((1..=16).contains(&of_frame.len()));
                prop_assert!(of_frame.iter().map(|vote| vote.weight).sum::<f32>() <= 1.001);
            }
        }
    }
}
