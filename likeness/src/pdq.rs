//! PDQ: 256 bits that stay nearly the same when a picture is scaled, coded again or toned (Meta's ThreatExchange, "The TMK+PDQF
//! Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019).
//!
//! The picture is averaged to 256 × 256, twice run through a box of two pixels each way, of which every fourth is kept; the 16 × 16 lowest
//! waves of these 64 × 64 without the constant ones are compared with their median. All before the waves is linear and alike for rows and
//! columns, so it is done as one list of weights an axis and only for the samples that are kept.

use crate::grey::Grey;
use crate::resample::{self, Tap};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// Bits of a fingerprint.
pub const BITS: u32 = 256;

/// Distances up to here are the same picture but for coding and size.
pub const STRONG: u32 = 12;

/// Distances up to here are worth a second look. The algorithm's authors recommend 31; the nearest of 10⁷ random fingerprints is at 86.
pub const CANDIDATE: u32 = 31;

/// Below this quality (of 100) a picture has too little in it for its fingerprint to mean anything. The authors' recommendation.
pub const LEAST_QUALITY: u8 = 50;

/// The sides of the grids the picture passes: averaged, kept, waves.
const AVERAGED: usize = 256;
const KEPT: usize = 64;
const WAVES: usize = 16;

/// The PDQ fingerprint of a picture: bit 255, the one of the finest waves both ways, is the highest bit of the first word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u64; 4]);

impl Fingerprint {
    /// The fingerprint of a picture and its quality, 0 (of one shade) to 100.
    pub fn of(picture: &Grey) -> (Fingerprint, u8) {
        let (width, height) = (picture.width(), picture.height());
        let rows = kept(height, 0.0, height as f64);
        let columns = kept(width, 0.0, width as f64);
        Fingerprint::of_samples(&resample::across(&resample::down(picture.pixels(), width, &rows), width, &columns))
    }

    /// The fingerprint and quality of the 64 × 64 samples that are left of a picture.
    pub(crate) fn of_samples(samples: &[f32]) -> (Fingerprint, u8) {
        if samples.len() != KEPT * KEPT {
            return (Fingerprint([0; 4]), 0);
        }
        let waves = waves(samples);
        let mut sorted = waves;
        // The lower of the two in the middle, as the reference has it.
        let median = *sorted.select_nth_unstable_by(WAVES * WAVES / 2 - 1, f32::total_cmp).1;
        let mut words = [0; 4];
        for (bit, wave) in waves.iter().enumerate() {
            words[3 - bit / 64] |= u64::from(*wave > median) << (bit % 64);
        }
        (Fingerprint(words), quality(samples))
    }

    /// In how many bits two fingerprints differ, 0 to 256.
    pub fn distance(&self, other: &Fingerprint) -> u32 {
        self.0.iter().zip(&other.0).map(|(one, two)| (one ^ two).count_ones()).sum()
    }

    /// 32 bytes, highest bit first.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (eight, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            eight.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    /// Of 32 bytes, highest bit first.
    pub fn from_bytes(bytes: [u8; 32]) -> Fingerprint {
        Fingerprint(std::array::from_fn(|word| bytes[word * 8..word * 8 + 8].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))))
    }
}

/// 64 lower-case hexadecimal digits, highest bit first.
impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|word| write!(out, "{word:016x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Fingerprint({self})")
    }
}

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 64 digits of 0 to 9 and a to f")]
pub struct NotAFingerprint;

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Fingerprint, NotAFingerprint> {
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| NotAFingerprint)?;
        let mut words = [0; 4];
        for (at, digit) in digits.iter().enumerate() {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return Err(NotAFingerprint),
            };
            words[at / 16] = words[at / 16] << 4 | u64::from(value);
        }
        Ok(Fingerprint(words))
    }
}

/// The samples of one axis that are kept, of the pixels between two points: twice a box of two is 1-2-1, and a window that leaves the
/// picture at its end counts the last pixel once more.
pub(crate) fn kept(length: usize, from: f64, to: f64) -> Vec<Tap> {
    triangles(&resample::area(length, from, to, AVERAGED))
}

/// The same, seen in a mirror.
pub(crate) fn kept_mirrored(length: usize, from: f64, to: f64) -> Vec<Tap> {
    let mut cells = resample::area(length, from, to, AVERAGED);
    cells.reverse();
    triangles(&cells)
}

fn triangles(cells: &[Tap]) -> Vec<Tap> {
    const STEP: usize = AVERAGED / KEPT;
    let cell = |at: usize| &cells[at.min(AVERAGED - 1)];
    // Half a step in, as decimation takes the pixel at the middle of each step.
    (0..KEPT)
        .map(|sample| sample * STEP + STEP / 2)
        .map(|at| resample::blend(&[(cell(at), 0.25), (cell(at + 1), 0.5), (cell(at + 2), 0.25)]))
        .collect()
}

/// Row `w` holds the cosine of `w` + 1 half waves over the 64 samples.
static COSINES: LazyLock<[[f32; KEPT]; WAVES]> = LazyLock::new(|| {
    let cosine = |wave: usize, sample: usize| {
        let angle = std::f64::consts::PI / 2.0 / KEPT as f64 * (wave as f64 + 1.0) * (2.0 * sample as f64 + 1.0);
        ((2.0 / KEPT as f64).sqrt() * angle.cos()) as f32
    };
    std::array::from_fn(|wave| std::array::from_fn(|sample| cosine(wave, sample)))
});

/// The discrete cosine transform down and across, rows of waves from coarse to fine.
fn waves(samples: &[f32]) -> [f32; WAVES * WAVES] {
    let cosines = &*COSINES;
    let mut made = [0.0; WAVES * WAVES];
    for (down, out) in cosines.iter().zip(made.chunks_exact_mut(WAVES)) {
        let mut line = [0.0f32; KEPT];
        for (weight, row) in down.iter().zip(samples.chunks_exact(KEPT)) {
            for (sum, sample) in line.iter_mut().zip(row) {
                *sum += weight * sample;
            }
        }
        for (across, out) in cosines.iter().zip(out) {
            // Eight sums side by side, or each addition would wait for the one before.
            let mut sums = [0.0f32; 8];
            for (weights, samples) in across.as_chunks::<8>().0.iter().zip(line.as_chunks::<8>().0) {
                for ((sum, weight), sample) in sums.iter_mut().zip(weights).zip(samples) {
                    *sum += weight * sample;
                }
            }
            *out = sums.iter().sum();
        }
    }
    made
}

/// How much light changes from sample to sample, in whole percent of full light each, summed; 9,000 and more are quality 100.
fn quality(samples: &[f32]) -> u8 {
    let percent = |one: f32, two: f32| ((one - two) * 100.0 / 255.0).abs() as u32;
    let across = samples.chunks_exact(KEPT).flat_map(|row| row.windows(2)).map(|pair| percent(pair[0], pair[1])).sum::<u32>();
    let down = samples.iter().zip(&samples[KEPT..]).map(|(one, two)| percent(*one, *two)).sum::<u32>();
    ((across + down) / 90).min(100) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::drawn;
    use proptest::prelude::*;

    /// What PyPI's `pdqhash` 0.2.8 (the authors' C++) says of [`drawn`] pictures that Pillow's box filter averaged to 256 × 256.
    const REFERENCE: [(u32, usize, usize, &str); 5] = [
        (1, 256, 256, "7fc334f4b82538412ad982a3423e3b8b33dcf7262642ac0b5d9423efca3ecd6c"),
        (3, 640, 360, "7275191c9e37e3f21f1686664cf08c1c6176679808e75873184b8e72abdc51df"),
        (5, 1920, 1080, "f1c995a4388458f428f2a663c17be74a4b3c10dd14afd9f11ef4edf0685a1a1e"),
        (8, 1001, 333, "8760cab03198a19da66dd64fc9509db9333b331b3c6e3ce67644766c0cb136ce"),
        (12, 64, 64, "537479a6aab591ec382383a658edbf8f75f61e8c8a84947496476472c49f2296"),
    ];

    #[test]
    fn the_reference_says_the_same_within_two_bits() {
        for (seed, width, height, hex) in REFERENCE {
            let (fingerprint, quality) = Fingerprint::of(&drawn(seed, width, height));
            let distance = fingerprint.distance(&hex.parse().unwrap());
            // Pillow rounds to whole bytes between the steps; nothing is left to round at 256 × 256.
            assert!(distance <= if width == 256 { 0 } else { 2 }, "{width} × {height}: {distance} bits apart");
            assert_eq!(quality, 100);
        }
    }

    #[test]
    fn half_of_the_bits_are_set() {
        let (fingerprint, _) = Fingerprint::of(&drawn(9, 300, 200));
        assert_eq!(fingerprint.distance(&Fingerprint([0; 4])), BITS / 2);
    }

    #[test]
    fn a_picture_with_little_in_it_has_no_quality() {
        assert_eq!(Fingerprint::of(&Grey::draw(300, 200, |_, _| 77)).1, 0);
        let mark = Grey::draw(300, 200, |column, row| if column < 40 && row < 40 { 0 } else { 255 });
        assert!(Fingerprint::of(&mark).1 < LEAST_QUALITY);
    }

    #[test]
    fn seen_in_a_mirror_the_kept_samples_are_those_of_the_mirrored_picture() {
        let picture = drawn(4, 333, 200);
        let (width, height) = (picture.width(), picture.height());
        let lines = resample::down(picture.pixels(), width, &kept(height, 0.0, height as f64));
        let mirrored = resample::across(&lines, width, &kept_mirrored(width, 0.0, width as f64));
        let (of_samples, of_picture) = (Fingerprint::of_samples(&mirrored).0, Fingerprint::of(&picture.mirrored()).0);
        assert!(of_samples.distance(&of_picture) <= 2);
        assert!(of_samples.distance(&Fingerprint::of(&picture).0) > 80);
    }

    #[test]
    fn what_is_not_64_lower_digits_is_no_fingerprint() {
        let hex = REFERENCE[0].3;
        for wrong in [&hex[1..], &hex.to_uppercase(), &hex.replace('7', "g"), &format!("{hex}0"), &format!("+{}", &hex[1..])] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(NotAFingerprint), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn text_and_bytes_lead_back(words: [u64; 4]) {
            let fingerprint = Fingerprint(words);
            prop_assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
            prop_assert_eq!(Fingerprint::from_bytes(fingerprint.to_bytes()), fingerprint);
            let hex: String = fingerprint.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            prop_assert_eq!(hex, fingerprint.to_string());
        }

        #[test]
        fn no_size_is_too_small(width in 0usize..4, height in 0usize..4) {
            let (_, quality) = Fingerprint::of(&Grey::draw(width, height, |column, row| (column * 255 + row * 90) as u8));
            prop_assert!(quality <= 100);
        }
    }
}
