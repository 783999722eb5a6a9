//! A reel: what a recording looks and sounds like, moment by moment, as fingerprints. Kept as an object beside the recording; no picture and no word
//! can be made of it again.
//!
//! Written as `keshi reel 2`, a line feed, the number of shots and each (time, quality, fingerprint), whether there is sound, the number of its items and
//! each, the number of looks and each (time, number of views, each with its window and fingerprint); numbers in little-endian 32 bits, quality, whether,
//! windows and their number in a byte. `keshi reel 1` had no looks, and is read as well.

use super::looks::Look;
use likeness::frames::Frame;
use likeness::pdq::{Fingerprint, LEAST_QUALITY};

/// What a reel begins with; the number grows with the format.
const MAGIC: &[u8; 13] = b"keshi reel 2\n";

/// What one without looks began with.
const FIRST: &[u8; 13] = b"keshi reel 1\n";

/// Bytes of a shot.
const SHOT: usize = 4 + 1 + 32;

/// Neighbours that differ in this many bits or fewer are one picture, coded twice.
const SAME: u32 = 2;

/// A picture of a recording; it is on show until the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shot {
    /// When it begins, in milliseconds from the beginning of the recording.
    pub at_ms: u32,
    /// Of 0 to 100; below [`LEAST_QUALITY`] it is hardly a picture.
    pub quality: u8,
    /// Its PDQ fingerprint.
    pub fingerprint: Fingerprint,
}

/// What a recording looks and sounds like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reel {
    /// In order of time, four a second at most, neighbours that are nearly the same left out.
    pub shots: Vec<Shot>,
    /// Items of a [`likeness::sound::Listener`] from the beginning of the recording; `None` where it has no sound that can be decoded.
    pub sound: Option<Vec<u32>>,
    /// How it looks now and then through the windows of pictures.
    pub looks: Vec<Look>,
}

impl Reel {
    /// The shots as the crate compares them.
    pub fn frames(&self) -> Vec<Frame> {
        let weight = |quality| if quality < LEAST_QUALITY { 0.0 } else { 1.0 };
        self.shots.iter().map(|shot| Frame { at_ms: shot.at_ms, bits: shot.fingerprint, weight: weight(shot.quality) }).collect()
    }

    /// Written.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend((self.shots.len() as u32).to_le_bytes());
        for shot in &self.shots {
            bytes.extend(shot.at_ms.to_le_bytes());
            bytes.push(shot.quality);
            bytes.extend(shot.fingerprint.to_bytes());
        }
        bytes.push(u8::from(self.sound.is_some()));
        let items = self.sound.as_deref().unwrap_or_default();
        bytes.extend((items.len() as u32).to_le_bytes());
        bytes.extend(items.iter().flat_map(|item| item.to_le_bytes()));
        bytes.extend((self.looks.len() as u32).to_le_bytes());
        self.looks.iter().for_each(|look| look.write(&mut bytes));
        bytes
    }

    /// Read; `None` where the bytes are no reel, to the last.
    pub fn from_bytes(bytes: &[u8]) -> Option<Reel> {
        let (is_first, rest) = match (bytes.strip_prefix(MAGIC), bytes.strip_prefix(FIRST)) {
            (Some(rest), _) => (false, rest),
            (_, rest) => (true, rest?),
        };
        let (count, rest) = number(rest)?;
        let (shots, rest) = rest.split_at_checked((count as usize).checked_mul(SHOT)?)?;
        let (has_sound, rest) = rest.split_first()?;
        let (count, rest) = number(rest)?;
        let (items, mut rest) = rest.split_at_checked((count as usize).checked_mul(4)?)?;
        let items = items.as_chunks::<4>().0.iter().map(|item| u32::from_le_bytes(*item)).collect();
        let shots: Vec<Shot> = shots.chunks_exact(SHOT).map(shot).collect::<Option<_>>()?;
        let mut looks = Vec::new();
        if !is_first {
            let count;
            (count, rest) = number(rest)?;
            for _ in 0..count {
                let look;
                (look, rest) = Look::read(rest)?;
                looks.push(look);
            }
        }
        let in_order = shots.is_sorted_by_key(|shot| shot.at_ms) && looks.is_sorted_by_key(|look: &Look| look.at_ms);
        (in_order && rest.is_empty()).then_some(Reel { shots, sound: (*has_sound == 1).then_some(items), looks })
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    bytes.split_first_chunk().map(|(number, rest)| (u32::from_le_bytes(*number), rest))
}

fn shot(bytes: &[u8]) -> Option<Shot> {
    let (at_ms, rest) = number(bytes)?;
    let (quality, fingerprint) = rest.split_first()?;
    Some(Shot { at_ms, quality: *quality, fingerprint: Fingerprint::from_bytes(fingerprint.try_into().ok()?) })
}

/// Takes pictures in order of time and keeps those that are not like the one before.
#[derive(Debug, Default)]
pub(super) struct Shots {
    /// Microseconds on the container's clock.
    kept: Vec<(i64, Fingerprint, u8)>,
    last: Option<(i64, Fingerprint, u8)>,
}

impl Shots {
    pub(super) fn push(&mut self, at: i64, (fingerprint, quality): (Fingerprint, u8)) {
        if self.last.is_some_and(|(before, ..)| at <= before) {
            return;
        }
        self.last = Some((at, fingerprint, quality));
        if self.kept.last().is_none_or(|(_, kept, _)| kept.distance(&fingerprint) > SAME) {
            self.kept.push((at, fingerprint, quality));
        }
    }

    /// The shots of a recording that begins at `start`. The last picture closes it, even if it is like the one before.
    pub(super) fn finish(mut self, start: i64) -> Vec<Shot> {
        if let Some(last) = self.last.filter(|last| self.kept.last() != Some(last)) {
            self.kept.push(last);
        }
        let since = |at: i64| u32::try_from(at.saturating_sub(start).max(0) / 1000).ok();
        self.kept.into_iter().map_while(|(at, fingerprint, quality)| Some(Shot { at_ms: since(at)?, quality, fingerprint })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn print(word: u64) -> Fingerprint {
        Fingerprint([word, 0, 0, 0])
    }

    fn reel(times: &[u32], sound: Option<Vec<u32>>) -> Reel {
        let shot = |at_ms: &u32| Shot { at_ms: *at_ms, quality: (at_ms % 101) as u8, fingerprint: print(u64::from(*at_ms) << 7) };
        let look = |at_ms: &u32| Look { at_ms: *at_ms, views: vec![(1 + (at_ms % 26) as u8, print(u64::from(*at_ms)))] };
        Reel { shots: times.iter().map(shot).collect(), sound, looks: times.iter().step_by(3).map(look).collect() }
    }

    #[test]
    fn neighbours_that_are_nearly_the_same_are_one_and_the_last_closes_the_row() {
        let mut shots = Shots::default();
        for (at, word) in [(1_000_000, 0b0), (2_000_000, 0b11), (2_000_000, 0b1111), (3_000_000, 0b111), (4_000_000, 0b101)] {
            shots.push(at, (print(word), 80));
        }
        let times: Vec<(u32, Fingerprint)> = shots.finish(500_000).iter().map(|shot| (shot.at_ms, shot.fingerprint)).collect();
        assert_eq!(times, [(500, print(0)), (2_500, print(0b111)), (3_500, print(0b101))]);
    }

    #[test]
    fn what_says_nothing_has_no_weight() {
        let mut reel = reel(&[1, 2], None);
        (reel.shots[0].quality, reel.shots[1].quality) = (LEAST_QUALITY - 1, LEAST_QUALITY);
        assert_eq!(reel.frames().iter().map(|frame| frame.weight).collect::<Vec<_>>(), [0.0, 1.0]);
    }

    #[test]
    fn a_reel_from_before_there_were_looks_is_read() {
        let mut reel = reel(&[1, 2], Some(vec![7]));
        reel.looks.clear();
        let bytes = reel.to_bytes();
        let first = [&FIRST[..], &bytes[MAGIC.len()..bytes.len() - 4]].concat();
        assert_eq!(Reel::from_bytes(&first), Some(reel));
    }

    proptest! {
        #[test]
        fn a_reel_survives_its_bytes(mut times in prop::collection::vec(any::<u32>(), 0..40), sound in prop::option::of(prop::collection::vec(any::<u32>(), 0..40))) {
            times.sort_unstable();
            let reel = reel(&times, sound);
            let bytes = reel.to_bytes();
            prop_assert_eq!(Reel::from_bytes(&bytes), Some(reel));
            prop_assert_eq!(Reel::from_bytes(&bytes[..bytes.len() - 1]), None);
            prop_assert_eq!(Reel::from_bytes(&[&bytes[..], &[0]].concat()), None);
        }

        #[test]
        fn rubbish_is_no_reel(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(Reel::from_bytes(&bytes), None);
            prop_assert!(Reel::from_bytes(&[&MAGIC[..], &bytes].concat()).is_none_or(|reel| reel.shots.len() <= 5));
        }
    }
}
