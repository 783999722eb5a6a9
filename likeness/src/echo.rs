//! Marks of the sound of many recordings: which of them have heard the same.
//!
//! One item of sound in eight is a mark, chosen by what it says, so that two recordings of the same sound choose the same. Coding changes
//! few bits of an item: where it changed none or one, the mark is found again, which are twelve of a minute's sixty at the worst coding measured.
//! A recording with several marks of another, all as much earlier or later, is worth comparing ([`crate::sound::match_sound`]); more is not
//! said here.
//!
//! Cost: twelve bytes a mark, one a second of sound. A question looks four marks up for each of its items, by halving.

use crate::sound::SILENT;
use std::collections::{BTreeMap, HashMap, HashSet};

/// One item in so many is a mark.
const ONE_IN: u32 = 8;

/// What is heard at more places is a jingle, a tone or a hum: it leads nowhere.
const COMMON: usize = 64;

/// Marks that must come again at one shift: of ten thousand hours some share two or three with any other by chance.
const LEAST: u32 = 4;

/// Shifts this near, or in the next so many, are one, in items: four seconds in all, by which a copy played 1.05 times as fast is ahead after
/// more than a minute.
const SHIFT: i64 = 16;

/// A mark: its item, the recording it is of, where it was heard.
type Mark = (u32, u32, u32);

/// The marks of all recordings, by numbers that the caller gives them.
#[derive(Clone, Debug, Default)]
pub struct Echoes {
    sorted: Vec<Mark>,
    /// What came since it was sorted.
    new: Vec<Mark>,
}

/// A recording with marks of the one asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// Its number.
    pub recording: u32,
    /// How many marks come again at nearly one shift.
    pub marks: u32,
}

impl Echoes {
    /// Nothing heard.
    pub fn new() -> Echoes {
        Echoes::default()
    }

    /// Takes a recording's sound, as a [`crate::sound::Listener`] made it. Amortised, a mark costs the logarithm of their number.
    pub fn add(&mut self, recording: u32, items: &[u32]) {
        self.new.extend(stations(items).filter(|(item, _)| is_mark(*item)).map(|(item, at)| (item, recording, at)));
        if self.new.len() > 4_096.max(self.sorted.len() / 8) {
            self.sorted.append(&mut self.new);
            self.sorted.sort_unstable();
        }
    }

    /// Forgets a recording. Costs a look at everything.
    pub fn remove(&mut self, recording: u32) {
        self.sorted.retain(|mark| mark.1 != recording);
        self.new.retain(|mark| mark.1 != recording);
    }

    /// The recordings worth comparing with a sound, most marks first.
    pub fn of(&self, items: &[u32]) -> Vec<Echo> {
        let asked: Vec<(u32, u32)> = stations(items).flat_map(|(item, at)| nearly(item).map(move |mark| (mark, at))).collect();
        let fresh = self.fresh(&asked);
        let mut heard: HashSet<(u32, i64, u32)> = HashSet::new();
        for (mark, here) in asked {
            let first = self.sorted.partition_point(|kept| kept.0 < mark);
            let kept = self.sorted[first..].iter().take_while(|kept| kept.0 == mark).map(|kept| (kept.1, kept.2));
            let places: Vec<(u32, u32)> = kept.chain(fresh.get(&mark).into_iter().flatten().copied()).take(COMMON + 1).collect();
            if places.len() <= COMMON {
                let shift = |there: u32| (i64::from(there) - i64::from(here)).div_euclid(SHIFT);
                heard.extend(places.into_iter().map(|(recording, there)| (recording, shift(there), there)));
            }
        }
        let mut shifts: HashMap<(u32, i64), u32> = HashMap::new();
        heard.into_iter().for_each(|(recording, shift, _)| *shifts.entry((recording, shift)).or_default() += 1);
        let mut best: BTreeMap<u32, u32> = BTreeMap::new();
        for (recording, shift) in shifts.keys() {
            let around: u32 = (shift - 1..=shift + 1).filter_map(|shift| shifts.get(&(*recording, shift))).sum();
            best.entry(*recording).and_modify(|most| *most = around.max(*most)).or_insert(around);
        }
        let mut found: Vec<Echo> =
            best.into_iter().filter(|(_, marks)| *marks >= LEAST).map(|(recording, marks)| Echo { recording, marks }).collect();
        found.sort_by_key(|echo| std::cmp::Reverse(echo.marks));
        found
    }

    /// Where marks asked for are among those not sorted yet.
    fn fresh(&self, asked: &[(u32, u32)]) -> HashMap<u32, Vec<(u32, u32)>> {
        let wanted: HashSet<u32> = if self.new.is_empty() { HashSet::new() } else { asked.iter().map(|(mark, _)| *mark).collect() };
        let mut fresh: HashMap<u32, Vec<(u32, u32)>> = HashMap::new();
        for (mark, recording, at) in self.new.iter().filter(|kept| wanted.contains(&kept.0)) {
            fresh.entry(*mark).or_default().push((*recording, *at));
        }
        fresh
    }
}

/// The items of a sound with their numbers; one that stands is one, where it began.
fn stations(items: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    let mut last = SILENT;
    items.iter().copied().zip(0..).filter(move |(item, _)| *item != SILENT && std::mem::replace(&mut last, *item) != *item)
}

/// The marks an item may have been before another coding: itself and what is one bit away.
fn nearly(item: u32) -> impl Iterator<Item = u32> {
    std::iter::once(item).chain((0..32).map(move |bit| item ^ 1 << bit)).filter(|mark| is_mark(*mark))
}

fn is_mark(item: u32) -> bool {
    item != SILENT && (item.wrapping_mul(0x9e37_79b1) >> 16).is_multiple_of(ONE_IN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::chance;
    use crate::sound::RATE;
    use crate::sound::tests::{items, speech};

    /// Other coding: one bit in `one_in` is another.
    fn coded(items: &[u32], one_in: u64, seed: u64) -> Vec<u32> {
        let flips = |at: usize| {
            (0..32).filter(|bit| chance(seed, at as u64 * 32 + bit).is_multiple_of(one_in)).fold(0, |bits, bit| bits | 1 << bit)
        };
        items.iter().enumerate().map(|(at, item)| item ^ flips(at)).collect()
    }

    fn full() -> (Echoes, Vec<Vec<u32>>) {
        let sounds: Vec<Vec<u32>> = (0..6).map(|seed| items(&speech(seed, 0.0, 150.0, 1.0, 1.0))).collect();
        let mut echoes = Echoes::new();
        sounds.iter().zip(0..).for_each(|(sound, number)| echoes.add(number, sound));
        (echoes, sounds)
    }

    #[test]
    fn a_copy_is_led_to_its_recording_however_it_was_coded_and_cut_and_to_no_other() {
        let (echoes, sounds) = full();
        for (number, sound) in sounds.iter().enumerate() {
            let minute = &sound[600..600 + 480];
            // The worst coding measured changes 0.09 of the bits.
            for (one_in, seed) in [(50, 1), (20, 2), (11, 3)] {
                let found = echoes.of(&coded(minute, one_in, seed));
                assert_eq!(found.iter().map(|echo| echo.recording as usize).collect::<Vec<_>>(), [number], "one bit in {one_in}");
            }
        }
    }

    #[test]
    fn a_copy_that_is_played_faster_is_led_there_too() {
        let (echoes, _) = full();
        let faster = items(&speech(4, 0.0, 100.0, 1.0 / 1.05, 1.0));
        assert_eq!(echoes.of(&faster).first().map(|echo| echo.recording), Some(4));
    }

    #[test]
    fn another_speech_and_silence_lead_nowhere() {
        let (echoes, _) = full();
        assert_eq!(echoes.of(&items(&speech(99, 0.0, 150.0, 1.0, 1.0))), []);
        assert_eq!(echoes.of(&items(&vec![0; 60 * RATE as usize])), []);
        assert_eq!(echoes.of(&[]), []);
    }

    #[test]
    fn what_everybody_has_leads_nowhere() {
        let jingle = items(&speech(7, 0.0, 60.0, 1.0, 1.0));
        let mut echoes = Echoes::new();
        (0..200).for_each(|number| echoes.add(number, &jingle));
        assert_eq!(echoes.of(&jingle), []);
    }

    #[test]
    fn what_is_forgotten_is_not_found_and_what_is_new_is() {
        let (mut echoes, sounds) = full();
        echoes.remove(3);
        assert_eq!(echoes.of(&sounds[3]), []);
        echoes.add(70, &sounds[3]);
        assert_eq!(echoes.of(&sounds[3]).first().map(|echo| echo.recording), Some(70));
    }
}
