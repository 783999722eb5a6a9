//! Films made of numbers, for the tests: what their pictures' fingerprints would be at any time.

use crate::frames::Frame;
use crate::pdq::Fingerprint;

/// A number that looks like chance and is always the same (SplitMix64's finish).
pub(crate) fn chance(seed: u64, at: u64) -> u64 {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(at).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn picture(seed: u64, at: u64) -> Fingerprint {
    Fingerprint(std::array::from_fn(|word| chance(seed, at * 4 + word as u64)))
}

fn flip(bits: &mut Fingerprint, bit: u64) {
    bits.0[(bit % 256 / 64) as usize] ^= 1 << (bit % 64);
}

/// A teacher before a wall, in a lesson: a posture every two seconds, twelve bits each, and the way between them.
pub(crate) fn talking(teacher: u64, lesson: u64) -> impl Fn(u32) -> Fingerprint {
    move |at| {
        let mut bits = picture(teacher, 0);
        let (posture, way) = (u64::from(at) / 2_000, u64::from(at) % 2_000 * 12 / 2_000);
        let of = |posture: u64, bit: u64| chance(teacher * 1_000 + lesson, posture * 12 + bit);
        (way..12).for_each(|bit| flip(&mut bits, of(posture, bit)));
        (0..way).for_each(|bit| flip(&mut bits, of(posture + 1, bit)));
        bits
    }
}

/// A deck whose slides last 4 to 24 seconds, in a lesson as the teacher clicks.
pub(crate) fn slides(deck: u64, lesson: u64) -> impl Fn(u32) -> Fingerprint {
    move |at| {
        let (mut slide, mut end) = (0, 0);
        while end <= u64::from(at) {
            slide += 1;
            end += 4_000 + chance(deck * 1_000 + lesson, slide) % 20_000;
        }
        picture(deck + 77, slide)
    }
}

/// Samples of a film, each with `noise` bits changed by coding, without neighbours that differ by two bits or less.
pub(crate) fn shoot(film: impl Fn(u32) -> Fingerprint, times: impl IntoIterator<Item = u32>, noise: u64, coding: u64) -> Vec<Frame> {
    let mut row: Vec<Frame> = Vec::new();
    let mut last = None;
    for at_ms in times {
        let mut bits = film(at_ms);
        (0..noise).for_each(|bit| flip(&mut bits, chance(coding + 500, u64::from(at_ms) * 64 + bit)));
        let frame = Frame { at_ms, bits, weight: 1.0 };
        if row.last().is_none_or(|kept| kept.bits.distance(&bits) > 2) {
            row.push(frame);
        }
        last = Some(frame);
    }
    if row.last() != last.as_ref() {
        row.extend(last);
    }
    row
}

/// Every quarter of a second of a time, beginning a little late.
pub(crate) fn quarters(seconds: u32, late: u32) -> impl Iterator<Item = u32> {
    (0..seconds * 4).map(move |quarter| quarter * 250 + late)
}
