//! What is really in a video file: one pass over all packets.
//!
//! Headers lie (a cut recording still claims an hour); packets are there or not.

use super::input;
use ffmpeg::format::context::Input;
use ffmpeg_next as ffmpeg;

/// One track as its packets tell it. Times are microseconds on the container's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) keyframes: u64,
    /// Where the first packet begins.
    pub(super) from: Option<i64>,
    /// Where the last one ends.
    pub(super) until: Option<i64>,
    last_key: Option<i64>,
    longest_gap: Option<i64>,
}

impl Track {
    fn take(&mut self, at: Option<i64>, length: i64, size: usize, key: bool) {
        self.packets += 1;
        self.bytes += size as u64;
        self.keyframes += u64::from(key);
        let Some(at) = at else { return };
        self.from = Some(self.from.map_or(at, |from| from.min(at)));
        self.until = Some(self.until.map_or(at + length, |until| until.max(at + length)));
        if key {
            let gap = self.last_key.map(|last| at - last).filter(|gap| *gap > 0);
            self.longest_gap = self.longest_gap.max(gap);
            self.last_key = Some(at);
        }
    }

    /// From the beginning of the first to the end of the last packet.
    pub(super) fn length(&self) -> Option<i64> {
        Some(self.until? - self.from?).filter(|length| *length > 0)
    }

    /// The longest time without a packet that can be decoded on its own; the end of the track counts as one.
    pub(super) fn keyframe_gap(&self) -> Option<i64> {
        let tail = self.until.zip(self.last_key).map(|(until, last)| until - last);
        self.longest_gap.max(tail)
    }
}

/// The whole file.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    /// By stream index.
    pub(super) tracks: Vec<Track>,
    /// The file ended, or could not be read on, before its container said so.
    pub(super) broken: bool,
}

impl Timeline {
    /// From the first to the end of the last packet of some tracks.
    pub(super) fn extent(&self, counts: impl Fn(usize) -> bool) -> Option<(i64, i64)> {
        let tracks = || self.tracks.iter().enumerate().filter(|(index, _)| counts(*index)).map(|(_, track)| track);
        let from = tracks().filter_map(|track| track.from).min()?;
        let until = tracks().filter_map(|track| track.until).max()?;
        (until > from).then_some((from, until))
    }
}

/// How many damaged packets in a row are stepped over: some demuxers recover after one or two, none after this many.
const PATIENCE: u32 = 100;

/// Reads every packet of the file and shows each to `watch`, with the number of its track and whether a player would play it.
pub(super) fn read(input: &mut Input, mut watch: impl FnMut(usize, &ffmpeg::Packet, bool)) -> Timeline {
    let mut timeline = Timeline { tracks: vec![Track::default(); input.nb_streams() as usize], broken: false };
    let mut damaged = 0;
    loop {
        let packet = match input::next(input) {
            Ok(packet) => packet,
            Err(ffmpeg::Error::Eof) => return timeline,
            Err(_) if damaged < PATIENCE => {
                timeline.broken = true;
                damaged += 1;
                continue;
            }
            Err(_) => return timeline,
        };
        damaged = 0;
        let index = packet.stream();
        // Transport streams announce tracks while they run.
        let Some(base) = input.stream(index).map(|stream| stream.time_base()) else { continue };
        if timeline.tracks.len() <= index {
            timeline.tracks.resize(index + 1, Track::default());
        }
        let played = !input::hidden(&packet);
        watch(index, &packet, played);
        if played {
            let at = packet.pts().or(packet.dts()).map(|at| micros(at, base));
            timeline.tracks[index].take(at, micros(packet.duration().max(0), base), packet.size(), packet.is_key());
        }
        timeline.broken |= packet.is_corrupt();
    }
}

/// A time in a stream's own units as microseconds, saturating.
pub(super) fn micros(at: i64, base: ffmpeg::Rational) -> i64 {
    let (numerator, denominator) = (i128::from(base.numerator()), i128::from(base.denominator()).max(1));
    let micros = i128::from(at) * 1_000_000 * numerator / denominator;
    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN / 4 } else { i64::MAX / 4 })
}

/// Milliseconds from `start` to `at`, both in microseconds; 0 for what comes before.
pub(super) fn since(at: i64, start: i64) -> u64 {
    u64::try_from((at - start) / 1000).unwrap_or(0)
}

/// The smallest plausible length of a file, all in microseconds: the least of what the container, the picture track's header and the
/// packets say, where they say anything.
///
/// The picture track's header is not believed where sound goes on for long after it: a recorder that writes a frame only when the
/// picture changes ends its picture track with the last change.
pub(super) fn smallest_plausible(container: Option<i64>, stream: Option<i64>, packets: Option<i64>) -> Option<i64> {
    let all = packets.or(container);
    let stream = stream.filter(|stream| all.is_none_or(|all| *stream >= all - slack(all)));
    [container, stream, packets].into_iter().flatten().filter(|length| *length > 0).min()
}

/// A picture track may end this much before the sound: a tenth, but at least ten seconds, the longest common keyframe interval.
fn slack(length: i64) -> i64 {
    (length / 10).max(10_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;

    #[test]
    fn the_smallest_length_wins_over_headers_that_lie() {
        assert_eq!(smallest_plausible(Some(3600 * S), Some(3600 * S), Some(600 * S)), Some(600 * S));
        assert_eq!(smallest_plausible(Some(600 * S), Some(3600 * S), Some(3600 * S)), Some(600 * S));
        assert_eq!(smallest_plausible(Some(5_312_000), Some(5_280_000), Some(5_312_000)), Some(5_280_000));
    }

    #[test]
    fn a_picture_track_that_ends_with_its_last_change_does_not_shorten_the_sound() {
        assert_eq!(smallest_plausible(Some(3600 * S), Some(40_000), Some(3600 * S)), Some(3600 * S));
    }

    #[test]
    fn nothing_said_is_nothing_known() {
        assert_eq!(smallest_plausible(None, None, None), None);
        assert_eq!(smallest_plausible(Some(0), Some(-1), None), None);
    }

    #[test]
    fn a_track_knows_its_length_and_its_longest_wait_for_a_keyframe() {
        let mut track = Track::default();
        for second in 0..30 {
            track.take(Some(second * S), S, 10, second == 0 || second == 4);
        }
        assert_eq!((track.length(), track.keyframe_gap()), (Some(30 * S), Some(26 * S)));
        assert_eq!((track.packets, track.bytes, track.keyframes), (30, 300, 2));
    }

    #[test]
    fn times_far_out_saturate() {
        assert!(micros(i64::MAX, ffmpeg::Rational::new(1, 1)) > 0);
        assert_eq!(micros(90_000, ffmpeg::Rational::new(1, 90_000)), S);
    }
}
