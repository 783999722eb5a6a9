//! What a recording sounds like: the fingerprint of its sound, made while it is decoded.
//!
//! Chromaprint (second algorithm) tells twelve notes apart in windows of 0.37 s, one every 0.124 s, and compares them over 2.7 s: 32 bits an
//! item that coding, loudness and sampling rate hardly change. Playing faster with the pitch kept changes few bits, playing faster with a
//! higher pitch (more than about a quarter of a tone, 1.5 %) nearly all: such a copy is not found by its sound.

pub use crate::same_sound::{SoundRun, match_sound};
use rusty_chromaprint::{Configuration, Fingerprinter, ResetError};

/// Samples a second at which the fingerprint is made. Other rates are brought to it, but a decoder does that better.
pub const RATE: u32 = 11_025;

/// Samples from one item to the next: a third of the 4,096 of a window.
const STEP: usize = 4_096 / 3;

/// Milliseconds from one item to the next.
pub const ITEM_MS: f64 = STEP as f64 * 1_000.0 / RATE as f64;

/// Milliseconds that an item hears: twenty windows, of which five are smoothed and sixteen compared.
pub const HEARD_MS: f64 = (19 * STEP + 4_096) as f64 * 1_000.0 / RATE as f64;

/// The item of silence, which is like nothing.
pub const SILENT: u32 = 0;

/// Sound below this is silence: −50 dB of full scale, where rooms with a closed microphone lie.
const QUIET: f64 = 0.003_162;

/// Parts of an item's sound that must not be quiet: a click in silence is no speech.
const LOUD_PARTS: usize = 4;

/// A sampling rate that cannot be brought to [`RATE`]: at most 1,000 samples a second.
#[derive(Debug)]
pub struct UnfitRate(ResetError);

impl std::fmt::Display for UnfitRate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "sound at this rate has no fingerprint: {}", self.0)
    }
}

impl std::error::Error for UnfitRate {}

/// Takes the samples of one channel as they are decoded.
pub struct Listener {
    printer: Fingerprinter,
    loudness: Loudness,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Listener").field("items", &self.printer.fingerprint().len()).finish_non_exhaustive()
    }
}

impl Listener {
    /// For samples at a rate, best [`RATE`].
    ///
    /// # Errors
    /// If the rate is 1,000 samples a second or less.
    pub fn new(rate: u32) -> Result<Listener, UnfitRate> {
        let mut printer = Fingerprinter::new(&Configuration::preset_test2());
        printer.start(rate, 1).map_err(UnfitRate)?;
        Ok(Listener { printer, loudness: Loudness { step: STEP as f64 * f64::from(rate) / f64::from(RATE), ..Loudness::default() } })
    }

    /// The next samples.
    pub fn hear(&mut self, samples: &[i16]) {
        self.printer.consume(samples);
        self.loudness.measure(samples);
    }

    /// The items of all that was heard, [`ITEM_MS`] apart; those of silence are [`SILENT`]. Sound shorter than [`HEARD_MS`] has none.
    pub fn finish(mut self) -> Vec<u32> {
        self.printer.finish();
        let loud = self.loudness.finish();
        let mut items = self.printer.fingerprint().to_vec();
        for (at, item) in items.iter_mut().enumerate() {
            let parts = loud.get(at..).unwrap_or_default();
            if parts.iter().take((HEARD_MS / ITEM_MS) as usize).filter(|loud| **loud).count() < LOUD_PARTS {
                *item = SILENT;
            }
        }
        items
    }
}

/// Which parts of the sound are loud, each as long as the step from one item to the next.
#[derive(Default)]
struct Loudness {
    step: f64,
    heard: u64,
    /// Squares of the samples of the part that is being heard.
    power: u64,
    within: u64,
    parts: Vec<bool>,
}

impl Loudness {
    fn measure(&mut self, mut samples: &[i16]) {
        while !samples.is_empty() {
            let ends = (self.step * (self.parts.len() + 1) as f64).ceil() as u64;
            let (some, others) = samples.split_at(samples.len().min(ends.saturating_sub(self.heard).max(1) as usize));
            self.power += some.iter().map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum::<u64>();
            self.within += some.len() as u64;
            self.heard += some.len() as u64;
            if self.heard >= ends {
                self.close();
            }
            samples = others;
        }
    }

    fn close(&mut self) {
        let full = 32_768.0 * QUIET;
        self.parts.push(self.power as f64 > full * full * self.within as f64);
        (self.power, self.within) = (0, 0);
    }

    fn finish(mut self) -> Vec<bool> {
        if self.within > 0 {
            self.close();
        }
        self.parts
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::film::chance;

    /// Something like speech: a syllable every fifth of a second with a pitch, two resonances and a pause now and then, of one speaker.
    /// `stretched` slows it down with its pitch kept, `raised` raises the pitch.
    pub(crate) fn speech(seed: u64, from: f64, seconds: f64, stretched: f64, raised: f64) -> Vec<i16> {
        (0..(seconds * f64::from(RATE)) as u64)
            .map(|sample| {
                let time = sample as f64 / f64::from(RATE);
                let spoken = from + time / stretched;
                let (syllable, within) = ((spoken / 0.2) as u64, spoken / 0.2 % 1.0);
                let choice = |of: u64, about: u64| (chance(seed, syllable * 8 + about) % of) as f64;
                if choice(7, 0) == 0.0 {
                    return 0;
                }
                let wave = |hertz: f64| (std::f64::consts::TAU * hertz * raised * time).sin();
                let voice =
                    wave(110.0 + 10.0 * choice(9, 1)) + 0.7 * wave(300.0 + 60.0 * choice(9, 2)) + 0.5 * wave(900.0 + 150.0 * choice(9, 3));
                (voice * 5_000.0 * (std::f64::consts::PI * within).sin()) as i16
            })
            .collect()
    }

    pub(crate) fn items(samples: &[i16]) -> Vec<u32> {
        let mut listener = Listener::new(RATE).unwrap();
        listener.hear(samples);
        listener.finish()
    }

    #[test]
    fn pieces_sound_like_the_whole() {
        let samples = speech(1, 0.0, 20.0, 1.0, 1.0);
        let mut listener = Listener::new(RATE).unwrap();
        samples.chunks(777).for_each(|piece| listener.hear(piece));
        assert_eq!(listener.finish(), items(&samples));
    }

    #[test]
    fn an_item_begins_every_item_ms() {
        let count = items(&speech(1, 0.0, 60.0, 1.0, 1.0)).len() as f64;
        assert!(((count - 1.0) * ITEM_MS + HEARD_MS - 60_000.0).abs() <= ITEM_MS);
        assert_eq!(items(&speech(1, 0.0, HEARD_MS / 1_000.0 - 0.01, 1.0, 1.0)), []);
    }

    #[test]
    fn silence_and_what_is_nearly_silence_have_silent_items() {
        let hiss: Vec<i16> = (0..300_000).map(|at| (chance(3, at) % 60) as i16 - 30).collect();
        assert!(items(&hiss).iter().all(|item| *item == SILENT));
        let speech = items(&speech(1, 0.0, 20.0, 1.0, 1.0));
        assert!(speech.iter().all(|item| *item != SILENT) && !speech.is_empty());
    }

    #[test]
    fn another_rate_sounds_nearly_the_same() {
        let samples = speech(1, 0.0, 60.0, 1.0, 1.0);
        let doubled: Vec<i16> = samples.windows(2).flat_map(|two| [two[0], ((i32::from(two[0]) + i32::from(two[1])) / 2) as i16]).collect();
        let mut listener = Listener::new(2 * RATE).unwrap();
        listener.hear(&doubled);
        let runs = match_sound(&items(&samples), &listener.finish());
        assert!(runs.len() == 1 && runs[0].bit_error < 0.1, "{runs:?}");
    }

    #[test]
    fn a_rate_that_is_too_low_is_refused() {
        assert!(Listener::new(1_000).is_err());
        assert!(Listener::new(8_000).is_ok());
    }
}
