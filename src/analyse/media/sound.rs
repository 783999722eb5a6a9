//! Where nothing is to be heard. Pure but for [`energy`], which looks into a decoded frame.

use super::facts::SpanKind;
use super::stillness::least;
use ffmpeg::format::Sample;
use ffmpeg::format::sample::Type;
use ffmpeg::frame;
use ffmpeg_next as ffmpeg;

/// Mean square of silence: −50 dB below full scale, that is 10^(−50/10). A quiet room through a headset lies near −60 dB, soft speech above −40.
const SILENCE: f64 = 1e-5;

/// A click, a key or a codec's blip this short does not end a silence.
const CLICK: i64 = 300_000;

/// Stretches this near follow one another: containers round times to the millisecond, and packets of sound last up to a tenth of a second.
const HOLE: i64 = 100_000;

/// One sample in so many is enough for energy, at any frequency.
const STRIDE: usize = 8;

/// Takes stretches of sound in order of time and finds the silences.
#[derive(Debug)]
pub(super) struct Silence {
    /// Where the present silence began; `None` while something is heard.
    since: Option<i64>,
    /// Where the present sound began, if it may still be a click.
    loud_since: Option<i64>,
    at: i64,
    found: Vec<(i64, i64)>,
}

impl Silence {
    /// Nothing is heard before the first sound.
    pub(super) fn new(start: i64) -> Silence {
        Silence { since: Some(start), loud_since: None, at: start, found: Vec::new() }
    }

    /// The time up to which sound was heard or not.
    pub(super) fn at(&self) -> i64 {
        self.at
    }

    /// A stretch of sound with its mean square (full scale 1). Where nothing was recorded, nothing was heard.
    pub(super) fn push(&mut self, from: i64, until: i64, energy: f64) {
        let from = from.max(self.at);
        if from - self.at > HOLE {
            self.quiet(self.at);
        }
        if energy < SILENCE {
            self.quiet(from)
        } else {
            self.loud(from, until)
        }
        self.at = self.at.max(until);
    }

    fn quiet(&mut self, from: i64) {
        self.loud_since = None;
        self.since.get_or_insert(from);
    }

    fn loud(&mut self, from: i64, until: i64) {
        let began = *self.loud_since.get_or_insert(from);
        if until - began > CLICK
            && let Some(since) = self.since.take()
        {
            self.close(since, began);
        }
    }

    fn close(&mut self, since: i64, until: i64) {
        if until - since >= least(SpanKind::Silent) {
            self.found.push((since, until));
        }
    }

    /// All silences that are long enough, in order, of a video that ends at `end`.
    pub(super) fn finish(mut self, end: i64) -> Vec<(i64, i64)> {
        if end > self.at {
            self.quiet(self.at);
        }
        if let Some(since) = self.since.take() {
            self.close(since, end);
        }
        self.found
    }
}

/// The mean square of a decoded frame, full scale 1, over all channels. Formats unknown to FFmpeg's decoders count as loud.
pub(super) fn energy(decoded: &frame::Audio) -> f64 {
    const LOUD: f64 = 1.0;
    // Pointers to planes are eight; further channels of planar sound are not looked at.
    let planes = decoded.planes().min(8);
    if decoded.samples() == 0 || planes == 0 {
        return 0.0;
    }
    macro_rules! planar {
        ($kind:ty, $scale:expr) => {{
            let of_plane =
                |plane| mean_square(decoded.plane::<$kind>(plane).iter().step_by(STRIDE).map(|value| f64::from(*value) / $scale));
            (0..planes).map(of_plane).fold(0.0, f64::max)
        }};
    }
    macro_rules! packed {
        ($kind:ty, $scale:expr) => {{
            const SIZE: usize = size_of::<$kind>();
            let bytes = decoded.data(0);
            let length = (decoded.samples() * usize::from(decoded.channels()) * SIZE).min(bytes.len());
            // An odd stride visits every channel in turn.
            let values = bytes[..length].chunks_exact(SIZE).step_by(STRIDE - 1);
            mean_square(values.map(|value| f64::from(<$kind>::from_ne_bytes(value.try_into().unwrap_or_default())) / $scale))
        }};
    }
    match decoded.format() {
        Sample::F32(Type::Planar) => planar!(f32, 1.0),
        Sample::F32(Type::Packed) => packed!(f32, 1.0),
        Sample::F64(Type::Planar) => planar!(f64, 1.0),
        Sample::F64(Type::Packed) => packed!(f64, 1.0),
        Sample::I16(Type::Planar) => planar!(i16, 32_768.0),
        Sample::I16(Type::Packed) => packed!(i16, 32_768.0),
        Sample::I32(Type::Planar) => planar!(i32, 2_147_483_648.0),
        Sample::I32(Type::Packed) => packed!(i32, 2_147_483_648.0),
        Sample::U8(_) => {
            let length = (decoded.samples() * usize::from(decoded.channels())).min(decoded.data(0).len());
            mean_square(decoded.data(0)[..length].iter().step_by(STRIDE - 1).map(|value| (f64::from(*value) - 128.0) / 128.0))
        }
        _ => LOUD,
    }
}

fn mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value * value, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;

    /// Tenths of a second, each loud or not.
    fn silences(tenths: i64, loud: impl Fn(i64) -> bool, end: i64) -> Vec<(i64, i64)> {
        let mut silence = Silence::new(0);
        for tenth in 0..tenths {
            silence.push(tenth * S / 10, (tenth + 1) * S / 10, if loud(tenth) { 0.01 } else { 1e-7 });
        }
        silence.finish(end * S).into_iter().map(|(from, until)| (from * 10 / S, until * 10 / S)).collect()
    }

    #[test]
    fn a_long_silence_between_words_is_found_to_the_tenth() {
        assert_eq!(silences(900, |tenth| !(200..700).contains(&tenth), 90), [(200, 700)]);
    }

    #[test]
    fn clicks_do_not_end_a_silence_and_words_do() {
        assert_eq!(silences(600, |tenth| tenth % 50 < 2, 60), [(0, 600)]);
        assert_eq!(silences(600, |tenth| tenth % 50 < 8, 60), []);
    }

    #[test]
    fn what_was_not_recorded_was_not_heard() {
        assert_eq!(silences(100, |_| true, 60), [(100, 600)]);
        assert_eq!(Silence::new(0).finish(40 * S), [(0, 40 * S)]);
    }

    #[test]
    fn a_hole_in_the_recording_is_silent() {
        let mut silence = Silence::new(0);
        silence.push(0, S, 0.1);
        silence.push(41 * S, 42 * S, 0.1);
        assert_eq!(silence.finish(42 * S), [(S, 41 * S)]);
    }

    #[test]
    fn rounded_times_are_no_holes() {
        let mut silence = Silence::new(0);
        for frame in 0..2000_i64 {
            silence.push(frame * 23_220, frame * 23_220 + 23_219, 0.01);
        }
        assert_eq!(silence.finish(2000 * 23_220), []);
    }

    #[test]
    fn a_breath_shorter_than_half_a_minute_is_none() {
        assert_eq!(silences(600, |tenth| tenth % 200 < 20, 60), []);
    }
}
