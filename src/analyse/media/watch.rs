//! Looks and listens while the packets go by: where the picture is black or still, where nothing is heard, and what is to be seen and heard as fingerprints.
//!
//! The fast pass decodes keyframes alone, many times cheaper than all frames; the edges of what they show to be wrong are then looked at frame by frame.
//! The full pass decodes every frame that others need.

use super::facts::Facts;
use super::grid::Gridder;
use super::input;
use super::limits::Limits;
use super::listening::Listening;
use super::looks::{Look, Looks};
use super::reading::Reading;
use super::reel::{Shot, Shots};
use super::shrink::Shrinker;
use super::sound::{self, Silence};
use super::stillness::{Run, Stillness};
use super::strip::Strips;
use super::timeline::micros;
use ffmpeg::codec::discard::Discard;
use ffmpeg::format::context::Input;
use ffmpeg::frame;
use ffmpeg_next as ffmpeg;
use likeness::grey::Grey;
use likeness::pdq::Fingerprint;

/// Keyframes further apart (microseconds) do not tell enough. Ten seconds are what encoders aim at; 250 frames at 24 a second are 10.4.
pub(super) const KEYFRAME_GAP: i64 = 10_500_000;

/// A second more or less (microseconds) is as exact as anyone needs.
pub(super) const EXACT: i64 = 1_000_000;

/// Samples at most four times a second.
const STEP: i64 = 250_000;

/// Frames are brought to this size, both ways, before they are fingerprinted: what the fingerprint's authors start from.
const PRINTED: usize = 256;

/// Pixels decoded at most by the full pass, which is 2.7 hours of 1080p at 25 frames a second. The slowest recording tried gave
/// 0.9 billion a second, so this is half of the processor time allowed.
pub(super) const PIXELS: f64 = 5e11;

/// Which frames are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Those that need no others.
    Keyframes,
    /// All that others need.
    Every,
}

/// The pictures of one track.
pub(super) struct Eyes {
    track: usize,
    plan: Plan,
    decoder: ffmpeg::decoder::Video,
    gridder: Gridder,
    stillness: Stillness,
    printer: Shrinker,
    shots: Shots,
    /// What is seen through windows now and then, if that is asked for.
    looks: Option<Looks>,
    rotation: Option<u16>,
    /// The latest keyframe decoded.
    sent: Option<i64>,
    /// A frame too near to the last sample, kept in case it is shown for long.
    pending: Option<(i64, frame::Video)>,
    strips: Strips,
    /// What is read on the way.
    reading: Option<Reading>,
}

impl Eyes {
    /// Opens a decoder; the sentence says why there is none.
    pub(super) fn open(input: &Input, track: usize, plan: Plan, limits: &Limits) -> Result<Eyes, String> {
        let stream = input.stream(track).ok_or("The video has no pictures.")?;
        let mut decoder = input::picture_decoder(&stream, limits).map_err(input::sentence)?;
        decoder.skip_frame(if plan == Plan::Keyframes { Discard::NonKey } else { Discard::NonReference });
        decoder.skip_loop_filter(Discard::All);
        let (gridder, stillness) = (Gridder::default(), Stillness::default());
        let (printer, shots) = (Shrinker::to(PRINTED, PRINTED), Shots::default());
        let rotation = super::frames::rotation(&stream);
        Ok(Eyes {
            track,
            plan,
            decoder,
            gridder,
            stillness,
            printer,
            shots,
            looks: None,
            rotation,
            sent: None,
            pending: None,
            strips: Strips::turned(rotation),
            reading: None,
        })
    }

    /// The same, reading on the way and looking through windows now and then.
    pub(super) fn thorough(self, reading: Reading) -> Eyes {
        Eyes { reading: Some(reading), looks: Some(Looks::default()), ..self }
    }

    /// Takes a packet of any track.
    pub(super) fn packet(&mut self, track: usize, packet: &ffmpeg::Packet) {
        if track != self.track {
            return;
        }
        if self.plan == Plan::Keyframes {
            let at = packet.pts().or(packet.dts()).map(|at| micros(at, self.decoder.packet_time_base()));
            let too_near = self.sent.zip(at).is_some_and(|(sent, at)| (at - sent).abs() < STEP);
            if !packet.is_key() || too_near {
                return;
            }
            self.sent = at.or(self.sent);
        }
        // What cannot be decoded is not seen.
        if self.decoder.send_packet(packet).is_ok() {
            self.frames();
        }
    }

    fn frames(&mut self) {
        let mut decoded = frame::Video::empty();
        while self.decoder.receive_frame(&mut decoded).is_ok() {
            let Some(at) = decoded.timestamp().map(|at| micros(at, self.decoder.packet_time_base())) else { continue };
            if let Some((before, held)) = self.pending.take_if(|(before, _)| at - *before > STEP) {
                self.sample(before, &held);
            }
            if self.stillness.latest().is_some_and(|latest| at - latest < STEP) {
                self.pending = Some((at, std::mem::replace(&mut decoded, frame::Video::empty())));
            } else {
                self.pending = None;
                self.sample(at, &decoded);
            }
        }
    }

    fn sample(&mut self, at: i64, decoded: &frame::Video) {
        if let Some(grid) = self.gridder.grid(decoded) {
            self.stillness.push(at, grid);
        }
        if let Some(small) = self.printer.light(decoded).and_then(|light| Grey::new(PRINTED, PRINTED, light)) {
            let (whole, quality) = Fingerprint::of(&small);
            self.shots.push(at, (whole, quality));
            self.looks.iter_mut().for_each(|looks| looks.frame(at, whole, decoded, self.rotation));
        }
        self.strips.frame(at, decoded);
        self.reading.iter_mut().for_each(|reading| reading.frame(at, decoded));
    }

    /// What was seen of a video from `start` to `end`, and what was read and the strip are told; `None` if nothing was seen.
    pub(super) fn close(mut self, start: i64, end: i64, facts: &mut Facts) -> Option<(Vec<Run>, Vec<Shot>, Vec<Look>)> {
        if self.decoder.send_eof().is_ok() {
            self.frames();
        }
        if let Some((at, held)) = self.pending.take() {
            self.sample(at, &held);
        }
        self.stillness.latest()?;
        if let Some((strip, row)) = self.strips.finish(start) {
            (facts.strip, facts.row) = (Some(strip), Some(row));
        }
        if let Some(reading) = self.reading.take() {
            reading.tell(start, facts);
        }
        let looks = self.looks.map(|looks| looks.finish(start)).unwrap_or_default();
        Some((self.stillness.finish(end), self.shots.finish(start), looks))
    }
}

/// What was heard of a video.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Where nothing was.
    pub(super) silences: Vec<(i64, i64)>,
    /// The sound as fingerprints.
    pub(super) items: Option<Vec<u32>>,
}

/// The sound of one track.
pub(super) struct Ears {
    track: usize,
    decoder: ffmpeg::decoder::Audio,
    silence: Option<Silence>,
    listening: Listening,
}

impl Ears {
    /// Opens a decoder; the sentence says why there is none.
    pub(super) fn open(input: &Input, track: usize, limits: &Limits) -> Result<Ears, String> {
        let stream = input.stream(track).ok_or("The video has no sound.")?;
        let decoder = input::sound_decoder(&stream, limits).map_err(|_| "The sound of the video cannot be decoded.")?;
        Ok(Ears { track, decoder, silence: None, listening: Listening::default() })
    }

    /// Takes a packet of any track.
    pub(super) fn packet(&mut self, track: usize, packet: &ffmpeg::Packet) {
        if track == self.track && self.decoder.send_packet(packet).is_ok() {
            self.frames();
        }
    }

    fn frames(&mut self) {
        let mut decoded = frame::Audio::empty();
        while self.decoder.receive_frame(&mut decoded).is_ok() {
            let said = decoded.timestamp().map(|at| micros(at, self.decoder.packet_time_base()));
            let Some(from) = said.or(self.silence.as_ref().map(Silence::at)) else { continue };
            let length = decoded.samples() as i64 * 1_000_000 / i64::from(decoded.rate()).max(1);
            self.silence.get_or_insert_with(|| Silence::new(from)).push(from, from + length, sound::energy(&decoded));
            self.listening.hear(from, &decoded);
        }
    }

    /// The silences of a video from `start` to `end`, and its sound as fingerprints; `None` if nothing could be decoded.
    pub(super) fn close(mut self, start: i64, end: i64) -> Option<Heard> {
        if self.decoder.send_eof().is_ok() {
            self.frames();
        }
        // What begins before any sound was decoded is silent from the start.
        let found = self.silence?.finish(end);
        let silences = found.into_iter().map(|(from, until)| (if from - start < EXACT { start } else { from }, until)).collect();
        Some(Heard { silences, items: self.listening.finish(start) })
    }
}
