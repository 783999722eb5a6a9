//! How a recording looks at moments asked for, to be laid over pictures.

use super::limits::Limits;
use super::shrink::{self, Shrinker};
use super::source::Source;
use super::timeline::{micros, since};
use super::video::picture_track;
use super::{frames, input};
use ffmpeg::frame;
use ffmpeg_next as ffmpeg;
use likeness::grey::Grey;

/// The longer side of what is answered, in pixels: what [`likeness::align::compare`] makes of both pictures in the end.
const LONGEST: u32 = 640;

/// Moments asked for at most: of a square recording their light has 16.4 million bytes in base64, just less than a child may answer.
pub const MOMENTS: usize = 30;

/// The light of a recording at each of the moments (milliseconds from its beginning, in order), with when that frame came; moments that show the same frame
/// have it once. Frames are decoded from the keyframe before the first moment to the last.
pub(super) fn lights(source: &Source, limits: &Limits, moments: &[u32]) -> Result<Vec<(u32, Grey)>, String> {
    let mut input = input::open(source, limits)?;
    let track = picture_track(&input).ok_or("The video has no pictures.")?;
    let stream = input.stream(track).ok_or("The video has no pictures.")?;
    let start = Some(stream.start_time()).filter(|at| *at != i64::MIN).map_or(0, |at| micros(at, stream.time_base()));
    let rotation = frames::rotation(&stream);
    let mut decoder = input::picture_decoder(&stream, limits).map_err(input::sentence)?;
    let wanted: Vec<i64> = moments.iter().take(MOMENTS).map(|at| start + i64::from(*at) * 1000).collect();
    let mut looking = Looking { wanted: &wanted, start, rotation, held: None, found: Vec::new() };
    if let Some(first) = wanted.first() {
        // Failing to seek leaves the reader at the beginning, from where the moments come as well.
        let _ = input.seek(*first, ..*first);
        decoder.flush();
    }
    while !looking.wanted.is_empty() {
        match input::next(&mut input) {
            Ok(packet) if packet.stream() != track => continue,
            // What cannot be decoded is not seen.
            Ok(packet) => drop(decoder.send_packet(&packet)),
            Err(_) => {
                let _ = decoder.send_eof();
                looking.frames(&mut decoder);
                looking.rest();
                break;
            }
        }
        looking.frames(&mut decoder);
    }
    Ok(looking.found)
}

struct Looking<'a> {
    /// Moments still to come.
    wanted: &'a [i64],
    start: i64,
    rotation: Option<u16>,
    /// The latest frame that no later one has taken the place of.
    held: Option<(i64, frame::Video)>,
    found: Vec<(u32, Grey)>,
}

impl Looking<'_> {
    fn frames(&mut self, decoder: &mut ffmpeg::decoder::Video) {
        let mut decoded = frame::Video::empty();
        while !self.wanted.is_empty() && decoder.receive_frame(&mut decoded).is_ok() {
            let Some(at) = decoded.timestamp().map(|at| micros(at, decoder.packet_time_base())) else { continue };
            let passed = self.wanted.iter().take_while(|wanted| **wanted < at).count();
            if passed > 0 {
                self.take();
                self.wanted = &self.wanted[passed..];
            }
            self.held = Some((at, std::mem::replace(&mut decoded, frame::Video::empty())));
        }
    }

    /// Nothing comes any more: what is shown last is shown at all moments left.
    fn rest(&mut self) {
        self.take();
        self.wanted = &[];
    }

    /// The frame on show becomes one of those found.
    fn take(&mut self) {
        let Some((at, decoded)) = &self.held else { return };
        let at_ms = u32::try_from(since(*at, self.start)).unwrap_or(u32::MAX);
        if self.found.last().is_none_or(|(before, _)| *before < at_ms)
            && let Some(light) = light(decoded, self.rotation)
        {
            self.found.push((at_ms, light));
        }
    }
}

/// The light of a frame as a player shows it.
pub(super) fn light(decoded: &frame::Video, rotation: Option<u16>) -> Option<Grey> {
    let (width, height) = shrink::within(decoded.width(), decoded.height(), LONGEST);
    let light = Shrinker::to(width as usize, height as usize).upright(decoded, rotation)?;
    Grey::new(light.width() as usize, light.height() as usize, light.into_raw())
}
