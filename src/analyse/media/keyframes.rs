//! The keyframes of a recording by digests of what the encoder wrote: what is cut out of a recording, put into another container or joined to others without
//! being coded again keeps them to the bit.
//!
//! Containers wrap the same packet differently: MP4, Matroska and FLV put a length before each unit of H.264 and H.265, a transport stream a start code, and
//! repeats parameter sets; muxers add comments. So of these two codecs only the units that hold the picture are hashed. Packets of other codecs are hashed whole.
//!
//! Memory is constant: at most [`MOST`] are kept, and where there are more, those whose digests end in a zero bit, in two, in three. Which are kept depends on
//! nothing but what they show, so two recordings that share some keep the same of them.

use super::input::CodedAs;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// Keyframes kept of a recording at most: each of those of 40 minutes with one in five seconds. In a longer one at least some 250 are left, so that one
/// in ten seconds of it is known by 25.
pub(super) const MOST: usize = 512;

/// Digests are 128 bits, so chance never ends in this many zeros.
const LAST_LEVEL: u32 = 40;

/// A keyframe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyframe {
    /// When it is shown, in milliseconds from the beginning of the recording.
    pub at_ms: u32,
    /// When the next one is shown, kept or not; of the last, when the recording ends.
    pub until_ms: u32,
    /// The first 128 bits of the SHA-256 of its coded picture.
    pub digest: [u64; 2],
}

impl Keyframe {
    /// As kept in the database.
    pub fn bytes(&self) -> Vec<u8> {
        self.digest.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// The digest out of the database; `None` where it is none.
    pub fn digest(bytes: &[u8]) -> Option<[u64; 2]> {
        let (words, []) = bytes.as_chunks::<8>() else { return None };
        <[[u8; 8]; 2]>::try_from(words).ok().map(|words| words.map(u64::from_be_bytes))
    }
}

/// Whether a recording of which one keyframe in `one_in` is kept keeps this one.
pub fn is_kept(digest: [u64; 2], one_in: u64) -> bool {
    digest[1] & (one_in - 1) == 0
}

/// The keyframes of a recording, in order of time, no digest twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyframes {
    /// One in so many is kept: a power of two.
    pub one_in: u64,
    /// Those kept.
    pub kept: Vec<Keyframe>,
}

impl Keyframes {
    /// Whether it is what [`Collector::finish`] may leave: only such are taken from a child.
    pub(super) fn is_well_formed(&self) -> bool {
        let digests: HashSet<[u64; 2]> = self.kept.iter().map(|one| one.digest).collect();
        self.one_in.is_power_of_two()
            && self.one_in <= 1 << LAST_LEVEL
            && self.kept.len() <= MOST
            && digests.len() == self.kept.len()
            && self.kept.iter().all(|one| one.at_ms <= one.until_ms && is_kept(one.digest, self.one_in))
            && self.kept.windows(2).all(|two| two[0].at_ms < two[1].at_ms)
    }
}

/// Takes the packets of a recording as they go by.
#[derive(Debug)]
pub(super) struct Collector {
    coded: CodedAs,
    one_in: u64,
    /// When, when the next comes, and what: microseconds on the container's clock.
    kept: Vec<(i64, Option<i64>, [u64; 2])>,
    known: HashSet<[u64; 2]>,
    last: Option<i64>,
}

impl Collector {
    pub(super) fn of(coded: CodedAs) -> Collector {
        Collector { coded, one_in: 1, kept: Vec::new(), known: HashSet::new(), last: None }
    }

    /// A keyframe packet that is shown at a time. One that was there before stands where it was first: a picture that stands still, or a loop.
    pub(super) fn packet(&mut self, at: i64, bytes: &[u8]) {
        if self.last.is_some_and(|last| at <= last) {
            return;
        }
        if let Some((_, next @ None, _)) = self.kept.last_mut() {
            *next = Some(at);
        }
        self.last = Some(at);
        let Some(digest) = digest(self.coded, bytes).filter(|digest| is_kept(*digest, self.one_in)) else { return };
        if !self.known.insert(digest) {
            return;
        }
        self.kept.push((at, None, digest));
        while self.kept.len() > MOST && self.one_in < 1 << LAST_LEVEL {
            self.one_in *= 2;
            let one_in = self.one_in;
            self.kept.retain(|(_, _, digest)| is_kept(*digest, one_in));
            self.known.retain(|digest| is_kept(*digest, one_in));
        }
        // Nothing but somebody's work for years makes so many.
        self.kept.truncate(MOST);
    }

    /// The keyframes of a recording from `start` to `end`.
    pub(super) fn finish(self, start: i64, end: i64) -> Keyframes {
        let since = |at: i64| u32::try_from(at.saturating_sub(start).max(0) / 1000).unwrap_or(u32::MAX);
        let mut kept: Vec<Keyframe> = Vec::with_capacity(self.kept.len());
        for (at, next, digest) in self.kept {
            let (at_ms, until_ms) = (since(at), since(next.unwrap_or(end)));
            if kept.last().is_none_or(|before| before.at_ms < at_ms) {
                kept.push(Keyframe { at_ms, until_ms: until_ms.max(at_ms), digest });
            }
        }
        Keyframes { one_in: self.one_in, kept }
    }
}

/// The digest of a coded picture; `None` where there is none.
fn digest(coded: CodedAs, bytes: &[u8]) -> Option<[u64; 2]> {
    let mut hash = Sha256::new();
    let mut any = false;
    let mut hash_unit = |unit: &[u8]| {
        hash.update((unit.len() as u64).to_be_bytes());
        hash.update(unit);
        any = true;
    };
    match coded {
        CodedAs::Whole => hash_unit(bytes),
        CodedAs::H264 { prefix } => units(bytes, prefix).filter(|unit| matches!(unit[0] & 0x1F, 1..=5)).for_each(&mut hash_unit),
        CodedAs::H265 { prefix } => units(bytes, prefix).filter(|unit| (unit[0] >> 1) & 0x3F < 32).for_each(&mut hash_unit),
    }
    let digest = hash.finalize();
    Keyframe::digest(&digest[..16]).filter(|_| any)
}

/// The units of a packet, without what stands before and between them; none is empty. Without a prefix they follow start codes.
fn units(mut bytes: &[u8], prefix: Option<usize>) -> impl Iterator<Item = &[u8]> {
    if prefix.is_none() {
        bytes = start_code(bytes).map_or(&[], |at| &bytes[at + 3..]);
    }
    let next = move || {
        if bytes.is_empty() {
            return None;
        }
        let unit;
        (unit, bytes) = match prefix {
            Some(size) => {
                let (length, rest) = bytes.split_at_checked(size)?;
                let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
                // What is cut short ends with the packet.
                rest.split_at(length.min(rest.len()))
            }
            None => match start_code(bytes) {
                Some(at) => (&bytes[..at], &bytes[at + 3..]),
                None => bytes.split_at(bytes.len()),
            },
        };
        Some(unit)
    };
    // A unit never ends in a zero: those belong to the start code that follows, or fill up.
    let trimmed = |unit: &'_ [u8]| unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    std::iter::from_fn(next).map(move |unit| &unit[..trimmed(unit)]).filter(|unit| !unit.is_empty())
}

fn start_code(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|three| three == [0, 0, 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const IDR: &[u8] = b"\x65picture";
    const NAMES: &[&[u8]] = &[b"\x67parameters", b"\x68more", b"\x06comment"];
    const AVCC: CodedAs = CodedAs::H264 { prefix: Some(4) };
    const ANNEX_B: CodedAs = CodedAs::H264 { prefix: None };

    fn prefixed(units: &[&[u8]]) -> Vec<u8> {
        units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
    }

    fn started(units: &[&[u8]]) -> Vec<u8> {
        units.iter().flat_map(|unit| [&[0, 0, 0, 1][..], unit].concat()).collect()
    }

    #[test]
    fn the_same_picture_is_the_same_however_a_container_wraps_it() {
        let plain = digest(AVCC, &prefixed(&[IDR, b"\x65second slice"]));
        assert!(plain.is_some());
        assert_eq!(digest(AVCC, &prefixed(&[NAMES[2], IDR, b"\x65second slice"])), plain);
        assert_eq!(digest(ANNEX_B, &started(&[b"\x09\xF0", NAMES[0], NAMES[1], NAMES[2], IDR, b"\x65second slice"])), plain);
        assert_eq!(digest(ANNEX_B, &[&started(&[IDR, b"\x65second slice"])[..], &[0, 0]].concat()), plain);
        assert_ne!(digest(AVCC, &prefixed(&[IDR])), plain);
        assert_ne!(digest(AVCC, &prefixed(&[b"\x65picturf", b"\x65second slice"])), plain);
        let (idr, parameters): (&[u8], &[u8]) = (b"\x26\x01picture", b"\x40\x01parameters");
        let h265 = |prefix| CodedAs::H265 { prefix };
        assert_eq!(digest(h265(None), &started(&[parameters, idr])), digest(h265(Some(4)), &prefixed(&[idr])));
        assert_eq!(digest(AVCC, &prefixed(NAMES)), None, "there is no picture in it");
    }

    #[test]
    fn a_picture_that_comes_again_stands_where_it_was_first_and_lasts_until_the_next_keyframe() {
        let mut all = Collector::of(CodedAs::Whole);
        for (at, what) in [(500_000, "a"), (1_500_000, "b"), (2_500_000, "a"), (2_400_000, "late"), (4_500_000, "c")] {
            all.packet(at, what.as_bytes());
        }
        let found = all.finish(500_000, 5_000_000);
        let times: Vec<(u32, u32)> = found.kept.iter().map(|one| (one.at_ms, one.until_ms)).collect();
        assert_eq!((found.one_in, times), (1, vec![(0, 1_000), (1_000, 2_000), (4_000, 4_500)]));
        assert!(found.is_well_formed());
    }

    #[test]
    fn a_long_recording_and_a_piece_of_it_keep_the_same() {
        let whole = |numbers: std::ops::Range<i64>| {
            let mut all = Collector::of(CodedAs::Whole);
            numbers.clone().for_each(|number| all.packet(number * 40_000, &number.to_be_bytes()));
            all.finish(numbers.start * 40_000, numbers.end * 40_000)
        };
        let (long, piece) = (whole(0..100_000), whole(60_000..60_400));
        assert!(long.is_well_formed() && long.kept.len() > MOST / 3 && long.one_in >= 128, "{} {}", long.one_in, long.kept.len());
        assert_eq!((piece.one_in, piece.kept.len()), (1, 400));
        let of_long: HashSet<[u64; 2]> = long.kept.iter().map(|one| one.digest).collect();
        let common: Vec<[u64; 2]> = piece.kept.iter().map(|one| one.digest).filter(|digest| is_kept(*digest, long.one_in)).collect();
        assert!(common.iter().all(|digest| of_long.contains(digest)), "what either keeps of what they share, both keep");
    }

    #[test]
    fn only_what_a_collector_leaves_is_well_formed() {
        let one = |at_ms, digest| Keyframe { at_ms, until_ms: at_ms, digest: [0, digest] };
        let is = |one_in, kept: &[Keyframe]| Keyframes { one_in, kept: kept.to_vec() }.is_well_formed();
        assert!(is(2, &[one(0, 2), one(1, 4)]));
        assert!(!is(3, &[]) && !is(0, &[]) && !is(2, &[one(0, 1)]) && !is(1, &[one(1, 1), one(1, 2)]) && !is(1, &[one(0, 1), one(1, 1)]));
        assert!(!is(1, &vec![one(0, 1); MOST + 1]));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..300), size in 1_usize..=4) {
            for prefix in [None, Some(size)] {
                digest(CodedAs::H264 { prefix }, &bytes);
                digest(CodedAs::H265 { prefix }, &bytes);
            }
        }
    }
}
