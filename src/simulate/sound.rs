//! Sound shaped like speech: syllables with a pitch and two formants, in phrases with pauses, over a quiet room.
//!
//! A voice's syllables are computed once; a lesson is a sequence of them that no other lesson has. So hours of sound cost
//! copying, and one teacher sounds the same in every lesson while never saying the same thing twice.

use super::chance::Chance;
use std::io::{self, Write};

/// Samples a second: telephone quality, mono, 16 bit little endian.
pub(super) const RATE: u32 = 8_000;
/// Syllables a voice knows.
const SYLLABLES: usize = 64;

/// The syllables of one teacher, as bytes ready to be written.
#[derive(Debug)]
pub(super) struct Voice {
    syllables: Vec<Vec<u8>>,
}

impl Voice {
    /// The voice of a seed.
    pub(super) fn new(seed: u64) -> Voice {
        let mut chance = Chance::new(seed);
        let pitch = chance.between(95, 230) as f64;
        let syllables = (0..SYLLABLES).map(|_| syllable(pitch, &mut chance)).collect();
        Voice { syllables }
    }

    /// Writes some seconds of speech; returns for every second how much of it was spoken, 0 to 8.
    pub(super) fn speak(&self, seed: u64, seconds: u32, out: &mut impl Write) -> io::Result<Vec<u8>> {
        let mut chance = Chance::new(seed);
        let room = room(&mut chance);
        let (total, second) = (seconds as usize * RATE as usize * 2, RATE as usize * 2);
        let mut spoken = vec![0_usize; seconds as usize];
        let mut written = 0;
        let mut left_in_phrase = 0;
        while written < total {
            let pause = left_in_phrase == 0;
            let piece: &[u8] = if pause {
                left_in_phrase = chance.between(4, 18);
                // One pause in twenty is a long one: the teacher waits for an answer.
                let length = if chance.percent(5) { chance.between(2_000, 7_000) } else { chance.between(200, 1_300) };
                &room[..((length as usize * second / 1_000) & !1).min(room.len())]
            } else {
                left_in_phrase -= 1;
                &self.syllables[chance.below(SYLLABLES as u64) as usize]
            };
            let piece = &piece[..piece.len().min(total - written)];
            out.write_all(piece)?;
            if !pause {
                spoken[written / second] += piece.len();
            }
            written += piece.len();
        }
        Ok(spoken.into_iter().map(|bytes| (bytes * 8 / second).min(8) as u8).collect())
    }
}

/// Eight seconds of a room in which nobody speaks: faint noise, far below speech and above digital silence.
fn room(chance: &mut Chance) -> Vec<u8> {
    (0..RATE as usize * 8).flat_map(|_| ((chance.next() % 41) as i16 - 20).to_le_bytes()).collect()
}

fn syllable(pitch: f64, chance: &mut Chance) -> Vec<u8> {
    let samples = chance.between(1_000, 2_400) as usize;
    let (from, to) = (pitch * chance.between(80, 125) as f64 / 100.0, pitch * chance.between(80, 125) as f64 / 100.0);
    let formants = [(chance.between(300, 900) as f64, 1.0), (chance.between(1_000, 2_400) as f64, 0.5)];
    let mut phase = 0.0_f64;
    let mut bytes = Vec::with_capacity(samples * 2);
    for place in 0..samples {
        let along = place as f64 / samples as f64;
        phase += (from + (to - from) * along) / f64::from(RATE);
        let turn = phase.fract();
        // Within each period of the pitch, the formants ring and die away.
        let ring: f64 = formants.iter().map(|(hertz, weight)| wave(turn * hertz / pitch) * weight * (1.0 - turn)).sum();
        let swell = (along * 8.0).min(1.0) * ((1.0 - along) * 4.0).min(1.0);
        let hiss = (chance.next() % 200) as f64 / 200.0 - 0.5;
        let value = (ring * 7_000.0 + hiss * if place < 200 { 2_500.0 } else { 150.0 }) * swell;
        bytes.extend((value as i16).to_le_bytes());
    }
    bytes
}

/// A sine by parabolas: additions and products alone, so every machine gives the same samples.
fn wave(turns: f64) -> f64 {
    let half = turns.fract() * 2.0;
    if half < 1.0 { 4.0 * half * (1.0 - half) } else { -4.0 * (half - 1.0) * (2.0 - half) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_sounds_the_same_each_time_and_unlike_any_other() {
        let voice = Voice::new(5);
        let say = |seed| {
            let mut bytes = Vec::new();
            let spoken = voice.speak(seed, 20, &mut bytes).expect("memory");
            (bytes, spoken)
        };
        let (bytes, spoken) = say(1);
        assert_eq!(bytes.len(), 20 * RATE as usize * 2);
        assert_eq!(spoken.len(), 20);
        assert!(spoken.iter().any(|part| *part > 4));
        assert_eq!(say(1).0, bytes);
        assert_ne!(say(2).0, bytes);
    }

    #[test]
    fn speech_is_loud_and_the_room_is_not_dead() {
        let mut bytes = Vec::new();
        Voice::new(5).speak(1, 60, &mut bytes).expect("memory");
        let samples: Vec<i16> = bytes.chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        assert!(samples.iter().any(|sample| sample.unsigned_abs() > 4_000));
        let longest_silence = samples.split(|sample| *sample != 0).map(<[i16]>::len).max().unwrap_or(0);
        assert!(longest_silence < RATE as usize / 4, "{longest_silence}");
    }
}
