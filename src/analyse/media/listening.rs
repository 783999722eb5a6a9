//! The sound of a video as fingerprints, made while it is decoded.
//!
//! A fingerprint counts samples, not time: holes are filled with silence, so that an item's number says when it was heard.

use super::timeline;
use ffmpeg::format::Sample;
use ffmpeg::format::sample::Type;
use ffmpeg::frame;
use ffmpeg_next as ffmpeg;
use likeness::sound::{ITEM_MS, Listener, SILENT};

/// Sound this much later than the samples before it (microseconds) comes after a hole; packets and rounding are shorter.
const HOLE: i64 = 100_000;

/// Holes longer than this in all (microseconds) are no recording's: its sound has no fingerprint.
const HOLES: i64 = 4 * 3_600_000_000;

/// Takes decoded sound in order of time.
#[derive(Default)]
pub(super) struct Listening {
    /// While it is heard: who listens, at which rate, since when, up to when.
    heard: Option<(Listener, u32, i64, i64)>,
    holes: i64,
    /// The sound changed its rate, or has times that cannot be.
    lost: bool,
    samples: Vec<i16>,
}

impl Listening {
    /// A frame that begins at a time (microseconds on the container's clock).
    pub(super) fn hear(&mut self, from: i64, decoded: &frame::Audio) {
        let rate = decoded.rate();
        if self.heard.is_none() && !self.lost {
            self.heard = Listener::new(rate).ok().map(|listener| (listener, rate, from, from));
        }
        self.samples.clear();
        mono(decoded, &mut self.samples);
        let Some((listener, at_rate, _, until)) = &mut self.heard else {
            self.lost = true;
            return;
        };
        let hole = Some(from.saturating_sub(*until)).filter(|hole| *hole > HOLE);
        self.holes = self.holes.saturating_add(hole.unwrap_or(0));
        if *at_rate != rate || self.holes > HOLES {
            (self.heard, self.lost) = (None, true);
            return;
        }
        if let Some(hole) = hole {
            fill(listener, hole, rate);
            *until = from;
        }
        listener.hear(&self.samples);
        *until += timeline::micros(self.samples.len() as i64, ffmpeg::Rational::new(1, i32::try_from(rate).unwrap_or(i32::MAX).max(1)));
    }

    /// The items of a recording that begins at `start`; `None` where nothing could be listened to.
    pub(super) fn finish(self, start: i64) -> Option<Vec<u32>> {
        let (listener, _, since, _) = self.heard?;
        let late = ((since - start).clamp(0, HOLES) as f64 / 1_000.0 / ITEM_MS).round() as usize;
        Some(std::iter::repeat_n(SILENT, late).chain(listener.finish()).collect())
    }
}

fn fill(listener: &mut Listener, hole: i64, rate: u32) {
    let mut missing = usize::try_from(i128::from(hole) * i128::from(rate) / 1_000_000).unwrap_or(0);
    let silence = [0; 4_096];
    while missing > 0 {
        let some = missing.min(silence.len());
        listener.hear(&silence[..some]);
        missing -= some;
    }
}

/// The samples of a frame as one channel, the mean of its first two; none of formats unknown to FFmpeg's decoders.
fn mono(decoded: &frame::Audio, out: &mut Vec<i16>) {
    const FULL: f32 = 32_768.0;
    macro_rules! planar {
        ($kind:ty, $value:expr) => {{
            let value: fn($kind) -> f32 = $value;
            let first = decoded.plane::<$kind>(0);
            if decoded.planes() > 1 {
                let second = decoded.plane::<$kind>(1);
                out.extend(first.iter().zip(second).map(|(one, two)| ((value(*one) + value(*two)) * (0.5 * FULL)) as i16));
            } else {
                out.extend(first.iter().map(|one| (value(*one) * FULL) as i16));
            }
        }};
    }
    macro_rules! packed {
        ($kind:ty, $value:expr) => {{
            let value: fn($kind) -> f32 = $value;
            const SIZE: usize = size_of::<$kind>();
            let channels = usize::from(decoded.channels()).max(1);
            let bytes = decoded.data(0);
            let length = (decoded.samples() * channels * SIZE).min(bytes.len());
            let sample = |bytes: &[u8]| value(<$kind>::from_ne_bytes(bytes.try_into().unwrap_or_default()));
            let second = if channels > 1 { SIZE } else { 0 };
            out.extend(
                bytes[..length]
                    .chunks_exact(channels * SIZE)
                    .map(|all| ((sample(&all[..SIZE]) + sample(&all[second..second + SIZE])) * (0.5 * FULL)) as i16),
            );
        }};
    }
    if decoded.samples() == 0 || decoded.planes() == 0 {
        return;
    }
    match decoded.format() {
        Sample::F32(Type::Planar) => planar!(f32, |value| value),
        Sample::F32(Type::Packed) => packed!(f32, |value| value),
        Sample::F64(Type::Planar) => planar!(f64, |value| value as f32),
        Sample::F64(Type::Packed) => packed!(f64, |value| value as f32),
        Sample::I16(Type::Planar) => planar!(i16, |value| f32::from(value) / FULL),
        Sample::I16(Type::Packed) => packed!(i16, |value| f32::from(value) / FULL),
        Sample::I32(Type::Planar) => planar!(i32, |value| value as f32 / 2_147_483_648.0),
        Sample::I32(Type::Packed) => packed!(i32, |value| value as f32 / 2_147_483_648.0),
        Sample::U8(_) => packed!(u8, |value| (f32::from(value) - 128.0) / 128.0),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ffmpeg::ChannelLayout;

    fn frame(format: Sample, layout: ChannelLayout, samples: usize, fill: impl Fn(&mut frame::Audio)) -> frame::Audio {
        let mut made = frame::Audio::new(format, samples, layout);
        made.set_rate(8_000);
        fill(&mut made);
        made
    }

    fn heard(frame: &frame::Audio) -> Vec<i16> {
        let mut out = Vec::new();
        mono(frame, &mut out);
        out
    }

    #[test]
    fn every_format_sounds_alike() {
        let planar = frame(Sample::F32(Type::Planar), ChannelLayout::STEREO, 3, |made| {
            made.plane_mut::<f32>(0).copy_from_slice(&[0.5, -0.5, 2.0]);
            made.plane_mut::<f32>(1).copy_from_slice(&[0.0, -0.5, 2.0]);
        });
        assert_eq!(heard(&planar), [8_192, -16_384, i16::MAX]);
        let packed = frame(Sample::I16(Type::Packed), ChannelLayout::STEREO, 2, |made| {
            let bytes: Vec<u8> = [16_384_i16, 0, -16_384, -16_384].iter().flat_map(|sample| sample.to_ne_bytes()).collect();
            made.data_mut(0)[..8].copy_from_slice(&bytes);
        });
        assert_eq!(heard(&packed), [8_192, -16_384]);
        let small = frame(Sample::U8(Type::Packed), ChannelLayout::MONO, 2, |made| made.data_mut(0)[..2].copy_from_slice(&[192, 64]));
        assert_eq!(heard(&small), [16_384, -16_384]);
    }

    /// A second of noise that never repeats.
    fn noise(second: u64) -> frame::Audio {
        frame(Sample::I16(Type::Packed), ChannelLayout::MONO, 8_000, |made| {
            let mut state = second + 1;
            for sample in made.data_mut(0)[..16_000].chunks_exact_mut(2) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                sample.copy_from_slice(&((state >> 48) as i16 / 4).to_ne_bytes());
            }
        })
    }

    #[test]
    fn an_items_number_says_when_it_was_heard_however_late_sound_begins_and_where_it_is_missing() {
        const S: i64 = 1_000_000;
        let mut whole = Listening::default();
        (0..30).for_each(|second| whole.hear(second as i64 * S, &noise(second)));
        let whole = whole.finish(0).unwrap();
        let mut late = Listening::default();
        (10..30).filter(|second| !(15..20).contains(second)).for_each(|second| late.hear(second as i64 * S, &noise(second)));
        let late = late.finish(0).unwrap();
        assert!(late.len().abs_diff(whole.len()) <= 1);
        let item = |second: f64| (second * 1_000.0 / ITEM_MS) as usize;
        assert!(late[..item(9.0)].iter().all(|item| *item == SILENT));
        let alike = (item(22.0)..item(26.0)).filter(|at| (whole[*at] ^ late[*at]).count_ones() <= 8).count();
        assert!(alike > 20, "{alike} of 32");
    }

    #[test]
    fn sound_that_is_a_little_late_all_along_has_no_holes() {
        let millisecond = frame(Sample::I16(Type::Packed), ChannelLayout::MONO, 8, |_| {});
        let mut listening = Listening::default();
        listening.hear(0, &millisecond);
        // 99 ms for each of so many frames would be more than all holes together may last.
        let frames = HOLES / 99_000 + 100;
        (1..frames).for_each(|number| listening.hear(number * 1_000 + 99_000, &millisecond));
        assert!(listening.finish(0).is_some());
    }

    #[test]
    fn sound_at_times_that_cannot_be_has_no_fingerprint() {
        let mut listening = Listening::default();
        listening.hear(0, &noise(1));
        listening.hear(i64::MAX / 8, &noise(2));
        listening.hear(0, &noise(3));
        assert_eq!(listening.finish(0), None);
    }
}
