//! Which stretches of two recordings sound the same.
//!
//! Items that agree in half of their bits and differ in few of the others vote, the less the more there are of them; votes are chained as
//! those of pictures are, and the line through each chain is walked item by item. Silence and what sounds the same for seconds (a tone, a
//! hum) neither votes nor counts.

use crate::chain::{self, Line, Pace, Vote, stretches};
use crate::sound::{HEARD_MS, ITEM_MS, SILENT};
use std::collections::HashMap;
use std::ops::Range;

/// A stretch of two recordings with the same sound. Times are milliseconds from the beginning of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundRun {
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
    /// The part of the bits that differ where there is something to hear: 0 the same, unrelated sound 0.4 and more.
    pub bit_error: f32,
    /// How long there is something to hear in it, in milliseconds.
    pub heard_ms: u32,
}

/// Speech that is not the same agrees for some seconds, so a run has to be heard for this long, in milliseconds.
const SHORTEST: f64 = 30_000.0;

/// The same sound differs in less than this part of the bits: above the worst looped and re-encoded
/// sound measured, 0.09, below the nearest other sound, 0.31.
pub(crate) const SAME: f32 = 0.27;

/// A run is given up after eight seconds of unrelated sound, 0.42 − 0.27 an item.
const GIVEN_UP: f32 = (8_000.0 / ITEM_MS) as f32 * (0.42 - SAME);

/// What a run gains at least: thirty seconds a little better than [`SAME`].
const LEAST: f32 = (SHORTEST / ITEM_MS) as f32 * 0.03;

/// Bits in which items that vote for each other may differ; random ones that agree in half of them do in 8.
const NEAR: u32 = 5;

/// Items one may vote for. What is found more often is no mark of a place.
const VOTES: usize = 8;

/// Items looked at for each half of an item.
const LOOKED_AT: usize = 64;

/// Items around one in which the sound must change, a second each way.
const AROUND: usize = 8;

/// Changed bits among those: a tone or a hum changes in none, speech in three an item.
const CHANGES: u32 = 12;

/// Silence may last for half a minute between two votes; the pause of a sentence is shorter.
const PACE: Pace = Pace { drift: chain::DRIFT, jitter: 500, lapse: 30_000 };

/// The runs two recordings have in common by the items of their sound, longest first. A copy played up to 10 % faster or slower is found if
/// its pitch was kept.
///
/// Cost: 128 items looked at and 8 votes for each item, chains capped: linear in the number of items, in time and memory.
pub fn match_sound(a: &[u32], b: &[u32]) -> Vec<SoundRun> {
    let (live_a, live_b) = (live(a), live(b));
    let mut found: Vec<(SoundRun, Line)> = Vec::new();
    for chain in chain::chains(votes((a, &live_a), (b, &live_b)), PACE) {
        let (from, until) = (chain[0].a, chain[chain.len() - 1].a);
        let known = |(run, line): &(SoundRun, Line)| {
            let middle = (from + until) / 2;
            (i64::from(run.a_from_ms)..=i64::from(run.a_until_ms)).contains(&middle)
                && (line.there(middle) - chain[chain.len() / 2].b).abs() < until - from + 2_000
        };
        let weight: f32 = chain.iter().map(|vote| vote.weight).sum();
        if weight >= 1.0 && !found.iter().any(known) {
            found.extend(walk((a, &live_a), (b, &live_b), &chain));
        }
    }
    found.sort_by_key(|(run, _)| (std::cmp::Reverse(run.heard_ms), run.a_from_ms));
    let mut kept: Vec<(SoundRun, Line)> = Vec::new();
    for (run, line) in found {
        if !kept.iter().any(|(other, _)| covers(other, &run)) {
            kept.push((run, line));
        }
    }
    kept.into_iter().map(|(run, _)| run).collect()
}

/// In which part of the bits a stretch of sound differs from what was heard some time earlier; `None` if nothing is heard in one of them.
pub(crate) fn error_of_repeat(items: &[u32], from_ms: u32, until_ms: u32, earlier_ms: u32) -> Option<f32> {
    let live = live(items);
    let item = |ms: u32| (f64::from(ms) / ITEM_MS) as usize;
    // Only items that hear nothing but the stretch.
    let whole = item(from_ms) + 1..item((f64::from(until_ms) - HEARD_MS).max(0.0) as u32).min(items.len());
    let error = |lag: usize| {
        let both = whole.clone().filter_map(|at| Some((at, at.checked_sub(lag)?))).filter(|(at, earlier)| live[*at] && live[*earlier]);
        let (differing, heard) =
            both.fold((0, 0), |(differing, heard), (at, earlier)| (differing + (items[at] ^ items[earlier]).count_ones(), heard + 1));
        (heard > 0).then(|| differing as f32 / (32 * heard) as f32)
    };
    let lag = (f64::from(earlier_ms) / ITEM_MS).round() as usize;
    // The time of a repeat is known to half a second, four items.
    (lag.saturating_sub(4)..=lag + 4).filter_map(error).min_by(f32::total_cmp)
}

/// Which items are of sound that changes.
fn live(items: &[u32]) -> Vec<bool> {
    let changes: Vec<u32> = items.windows(2).map(|two| (two[0] ^ two[1]).count_ones()).collect();
    let changed = |at: usize| changes[at.saturating_sub(AROUND).min(changes.len())..(at + AROUND).min(changes.len())].iter().sum::<u32>();
    items.iter().enumerate().map(|(at, item)| *item != SILENT && changed(at) >= CHANGES).collect()
}

fn votes((a, live_a): (&[u32], &[bool]), (b, live_b): (&[u32], &[bool])) -> Vec<Vote> {
    let halves = |item: u32| [(0, (item >> 16) as u16), (1, item as u16)];
    let mut known: HashMap<(u8, u16), Vec<u32>> = HashMap::new();
    for (at, item) in b.iter().enumerate().filter(|(at, _)| live_b[*at]) {
        for half in halves(*item) {
            known.entry(half).or_default().push(at as u32);
        }
    }
    let ms = |at: usize| (at as f64 * ITEM_MS) as i64;
    let mut votes = Vec::new();
    let mut near: Vec<(u32, u32)> = Vec::new();
    for (at, item) in a.iter().enumerate().filter(|(at, _)| live_a[*at]) {
        near.clear();
        for others in halves(*item).iter().filter_map(|half| known.get(half)) {
            let some = others.iter().step_by(others.len().div_ceil(LOOKED_AT));
            near.extend(some.map(|other| ((b[*other as usize] ^ item).count_ones(), *other)).filter(|(distance, _)| *distance <= NEAR));
        }
        // What sounds like so many places is no mark of one.
        if near.len() > LOOKED_AT {
            continue;
        }
        near.sort_unstable();
        near.dedup();
        let weight = 1.0 / near.len() as f32;
        votes.extend(near.iter().take(VOTES).map(|(_, other)| Vote { a: ms(at), b: ms(*other as usize), weight }));
    }
    votes
}

/// The runs along the line through a chain. The line is laid through the chain piece by piece, as its votes are exact to an item.
fn walk((a, live_a): (&[u32], &[bool]), (b, live_b): (&[u32], &[bool]), chain: &[Vote]) -> Vec<(SoundRun, Line)> {
    let line = Line::through(chain);
    let item = |ms: i64| (ms as f64 / ITEM_MS).round() as i64;
    let ends = (0i64, a.len() as i64);
    let first = item(line.back(0)).clamp(ends.0, ends.1) as usize;
    let end = item(line.back((b.len() as f64 * ITEM_MS) as i64)).clamp(first as i64, ends.1) as usize;
    // Half a second off for what the line is off.
    let error = |at: usize| -> Option<f32> {
        let there = item(line.there((at as f64 * ITEM_MS) as i64));
        let near =
            (there - 1..=there + 1).filter_map(|other| usize::try_from(other).ok()).filter(|other| live_b.get(*other) == Some(&true));
        let least = near.map(|other| (a[at] ^ b[other]).count_ones()).min()?;
        live_a[at].then_some(least as f32 / 32.0)
    };
    let errors: Vec<Option<f32>> = (first..end).map(error).collect();
    let gains: Vec<f32> = errors.iter().map(|error| error.map_or(0.0, |error| SAME - error)).collect();
    stretches(&gains, GIVEN_UP, LEAST).into_iter().filter_map(|stretch| Some((run(first, &errors, stretch, line)?, line))).collect()
}

fn run(first: usize, errors: &[Option<f32>], stretch: Range<usize>, line: Line) -> Option<SoundRun> {
    let heard: Vec<f32> = errors[stretch.clone()].iter().flatten().copied().collect();
    let bit_error = heard.iter().sum::<f32>() / heard.len().max(1) as f32;
    let ms = |at: f64| at.clamp(0.0, f64::from(u32::MAX)) as u32;
    let from = (first + stretch.start) as f64 * ITEM_MS;
    let until = (first + stretch.end - 1) as f64 * ITEM_MS;
    let there = |at: f64| line.there(at as i64) as f64;
    let heard_ms = heard.len() as f64 * ITEM_MS + HEARD_MS - ITEM_MS;
    (heard_ms >= SHORTEST && bit_error < SAME).then(|| SoundRun {
        a_from_ms: ms(from),
        a_until_ms: ms(until + HEARD_MS),
        b_from_ms: ms(there(from)),
        b_until_ms: ms(there(until) + HEARD_MS),
        speed: line.speed as f32,
        bit_error,
        heard_ms: ms(heard_ms),
    })
}

/// Whether most of a run lies within another in both recordings.
fn covers(other: &SoundRun, run: &SoundRun) -> bool {
    let most = |(from, until): (u32, u32), (first, last): (u32, u32)| 2 * until.min(last).saturating_sub(from.max(first)) > last - first;
    most((other.a_from_ms, other.a_until_ms), (run.a_from_ms, run.a_until_ms))
        && most((other.b_from_ms, other.b_until_ms), (run.b_from_ms, run.b_until_ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::chance;
    use crate::sound::RATE;
    use crate::sound::tests::{items, speech};

    fn near(one: u32, two: u32) -> bool {
        one.abs_diff(two) <= 2_000
    }

    #[test]
    fn a_part_is_found_in_the_whole_with_its_bounds() {
        let whole = items(&speech(1, 0.0, 120.0, 1.0, 1.0));
        let runs = match_sound(&whole, &items(&speech(1, 33.3, 60.0, 1.0, 1.0)));
        assert_eq!(runs.len(), 1);
        assert!(
            near(runs[0].a_from_ms, 33_300)
                && near(runs[0].a_until_ms, 93_300)
                && near(runs[0].b_from_ms, 0)
                && near(runs[0].b_until_ms, 60_000)
        );
        assert!(runs[0].bit_error < 0.1, "{runs:?}");
    }

    #[test]
    fn a_noisy_part_within_other_speech_is_found_there() {
        let mut samples = speech(2, 0.0, 50.0, 1.0, 1.0);
        samples.extend(speech(1, 20.0, 60.0, 1.0, 1.0));
        samples.extend(speech(3, 0.0, 50.0, 1.0, 1.0));
        samples.iter_mut().zip(0..).for_each(|(sample, at)| *sample = sample.saturating_add((chance(9, at) % 1_200) as i16 - 600));
        let runs = match_sound(&items(&speech(1, 0.0, 120.0, 1.0, 1.0)), &items(&samples));
        assert!(
            runs.len() == 1 && near(runs[0].a_from_ms, 20_000) && near(runs[0].b_from_ms, 50_000) && near(runs[0].b_until_ms, 110_000),
            "{runs:?}"
        );
    }

    #[test]
    fn a_slower_copy_of_the_same_pitch_is_found_with_its_speed() {
        let runs = match_sound(&items(&speech(1, 0.0, 100.0, 1.0, 1.0)), &items(&speech(1, 0.0, 105.0, 1.05, 1.0)));
        assert!(runs.len() == 1 && (runs[0].speed - 1.05).abs() < 0.005 && runs[0].heard_ms > 90_000, "{runs:?}");
    }

    #[test]
    fn a_copy_of_a_higher_pitch_is_not_found() {
        let runs = match_sound(&items(&speech(1, 0.0, 100.0, 1.0, 1.0)), &items(&speech(1, 0.0, 100.0, 1.0, 1.05)));
        assert_eq!(runs, []);
    }

    #[test]
    fn the_same_speaker_saying_something_else_is_not_the_same() {
        assert_eq!(match_sound(&items(&speech(1, 0.0, 120.0, 1.0, 1.0)), &items(&speech(1, 300.0, 120.0, 1.0, 1.0))), []);
    }

    #[test]
    fn silence_and_a_tone_are_like_nothing() {
        let tone: Vec<i16> = (0..RATE * 90).map(|at| ((f64::from(at) * 0.25).sin() * 9_000.0) as i16).collect();
        for sound in [items(&tone), items(&vec![0; 1_000_000])] {
            assert!(sound.len() > 600);
            assert_eq!(match_sound(&sound, &sound), []);
        }
    }

    #[test]
    fn half_a_million_items_that_are_all_alike_end_soon() {
        let hostile: Vec<u32> = (0..500_000).map(|at| if at % 2 == 0 { 0x5555_5555 } else { 0xaaaa_aaaa }).collect();
        // What repeats itself every quarter of a second may be the same or not; it must only not take for ever.
        assert!(match_sound(&hostile, &hostile).len() < 100);
    }

    #[test]
    fn sound_that_is_heard_again_is_known_by_its_lag() {
        let mut samples = speech(1, 0.0, 60.0, 1.0, 1.0);
        samples.extend(speech(1, 40.0, 20.0, 1.0, 1.0));
        samples.extend(speech(1, 60.0, 30.0, 1.0, 1.0));
        let items = items(&samples);
        assert!(error_of_repeat(&items, 60_000, 80_000, 20_000).unwrap() < 0.1);
        assert!(error_of_repeat(&items, 40_000, 60_000, 20_000).unwrap() > SAME);
        assert_eq!(error_of_repeat(&items, 60_000, 61_000, 20_000), None);
    }
}
