//! Decoded frames: the one that stands for the video.

use super::input;
use super::limits::Limits;
use super::shrink;
use super::source::Source;
use super::thumbnail;
use super::timeline::micros;
use ffmpeg::codec::packet::side_data::Type as SideData;
use ffmpeg::format::Pixel;
use ffmpeg::format::context::Input;
use ffmpeg::frame;
use ffmpeg::software::scaling;
use ffmpeg_next as ffmpeg;
use image::RgbImage;

/// Where a representative frame is looked for, in hundredths of the length: past titles first, then further, the beginning last.
const PLACES: [u64; 5] = [10, 25, 50, 75, 0];

/// Frames decoded at most on the way from a keyframe to a place: ten seconds at 25 a second.
const STEPS: usize = 250;

/// A keyframe this near to the place is as good as the place: a twentieth of the video, but no more than five seconds.
fn near(duration_ms: u64) -> i64 {
    i64::try_from(duration_ms.saturating_mul(1000) / 20).unwrap_or(i64::MAX).min(5_000_000)
}

/// One frame, scaled to a thumbnail.
pub(super) struct Frame {
    /// Milliseconds from the start of the video.
    pub(super) at_ms: u64,
    picture: RgbImage,
}

impl Frame {
    /// As a player shows it, turned clockwise.
    pub(super) fn upright(&self, rotation: Option<u16>) -> RgbImage {
        shrink::upright(self.picture.clone(), rotation)
    }
}

/// A frame near a tenth of the video, further on where that is black or of one colour; the liveliest one where all are.
pub(super) fn representative(source: &Source, limits: &Limits, track: usize, duration_ms: u64) -> Result<Frame, String> {
    let mut best: Option<(f64, Frame)> = None;
    let mut input = input::open(source, limits)?;
    let mut decoder = None;
    for place in PLACES {
        let Some(stream) = input.stream(track) else { break };
        if decoder.is_none() {
            decoder = Some(input::picture_decoder(&stream, limits).map_err(input::sentence)?);
        }
        let decoder = decoder.as_mut().expect("it was just made");
        let start = Some(stream.start_time()).filter(|at| *at != i64::MIN).map_or(0, |at| micros(at, stream.time_base()));
        let target = start + i64::try_from(duration_ms.saturating_mul(10 * place)).unwrap_or(i64::MAX / 2);
        let Some((at, decoded)) = frame_at(&mut input, track, decoder, target, near(duration_ms)) else { continue };
        let (width, height) = thumbnail::fit(decoded.width(), decoded.height());
        let Some(picture) = scaled(&decoded, width, height) else { continue };
        let frame = Frame { at_ms: u64::try_from((at - start) / 1000).unwrap_or(0), picture };
        let (light, spread) = look(&frame.picture);
        if light >= DARK && spread >= FLAT {
            return Ok(frame);
        }
        if best.as_ref().is_none_or(|(known, _)| spread > *known) {
            best = Some((spread, frame));
        }
    }
    best.map(|(_, frame)| frame).ok_or_else(|| "No frame of the video can be decoded.".to_owned())
}

/// Of 255: television's black is 16, which full range shows as 0; a face by candlelight is above 20 on average.
const DARK: f64 = 12.0;

/// Of 255: a slide with one line of text spreads by more than this, a single colour with coding noise by less.
const FLAT: f64 = 3.0;

/// Average and spread (standard deviation) of the light in a picture.
fn look(picture: &RgbImage) -> (f64, f64) {
    let count = f64::from(picture.width() * picture.height()).max(1.0);
    let light = |pixel: &image::Rgb<u8>| {
        let [r, g, b] = pixel.0.map(f64::from);
        0.299 * r + 0.587 * g + 0.114 * b
    };
    let average = picture.pixels().map(light).sum::<f64>() / count;
    let spread = picture.pixels().map(|pixel| (light(pixel) - average).powi(2)).sum::<f64>() / count;
    (average, spread.sqrt())
}

/// The last frame at or before `target` (microseconds), or `near` enough before it; from the beginning where the container cannot seek.
fn frame_at(input: &mut Input, track: usize, decoder: &mut ffmpeg::decoder::Video, target: i64, near: i64) -> Option<(i64, frame::Video)> {
    // Failing to seek leaves the reader where it is, which is as good a place as any.
    let _ = input.seek(target, ..target);
    decoder.flush();
    let mut best = None;
    let mut steps = 0;
    let mut ended = false;
    while steps < STEPS && !ended {
        let fed = match input::next(input) {
            Ok(packet) if packet.stream() != track => continue,
            Ok(packet) => decoder.send_packet(&packet),
            Err(_) => {
                ended = true;
                decoder.send_eof()
            }
        };
        // A packet that cannot be decoded is stepped over.
        steps += 1;
        if fed.is_err() && !ended {
            continue;
        }
        let mut decoded = frame::Video::empty();
        while decoder.receive_frame(&mut decoded).is_ok() {
            let base = decoder.packet_time_base();
            let at = decoded.timestamp().map_or(0, |at| micros(at, base));
            let there = at >= target - near;
            if best.is_none() || at <= target {
                best = Some((at, std::mem::replace(&mut decoded, frame::Video::empty())));
            }
            if there {
                return best;
            }
        }
    }
    best
}

/// The frame in another size and plain RGB.
pub(super) fn scaled(decoded: &frame::Video, width: u32, height: u32) -> Option<RgbImage> {
    let flags = scaling::Flags::AREA;
    let mut scaler = scaling::Context::get(decoded.format(), decoded.width(), decoded.height(), Pixel::RGB24, width, height, flags).ok()?;
    let mut small = frame::Video::empty();
    scaler.run(decoded, &mut small).ok()?;
    let (stride, row) = (small.stride(0), width as usize * 3);
    let pixels: Vec<u8> = small.data(0).chunks(stride).take(height as usize).flat_map(|line| &line[..row]).copied().collect();
    RgbImage::from_raw(width, height, pixels)
}

/// The clockwise turn (90, 180 or 270 degrees) that the display matrix asks of a player.
pub(super) fn rotation(stream: &ffmpeg::Stream<'_>) -> Option<u16> {
    let matrix = stream.side_data().find(|data| data.kind() == SideData::DisplayMatrix)?;
    turn(matrix.data())
}

/// The matrix is nine native-endian 32-bit numbers, by rows; the first two of the first row are the cosine and sine of the turn.
fn turn(matrix: &[u8]) -> Option<u16> {
    let number = |index: usize| Some(f64::from(i32::from_ne_bytes(matrix.get(index * 4..index * 4 + 4)?.try_into().ok()?)));
    let degrees = number(1)?.atan2(number(0)?).to_degrees().rem_euclid(360.0).round();
    [90_u16, 180, 270].into_iter().find(|turn| (f64::from(*turn) - degrees).abs() <= 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_matrix_is_read_as_a_clockwise_turn() {
        let matrix = |first: i32, second: i32| [first, second, 0, -second, first, 0, 0, 0, 1 << 30].map(i32::to_ne_bytes).concat();
        assert_eq!(turn(&matrix(0, 65_536)), Some(90));
        assert_eq!(turn(&matrix(-65_536, 0)), Some(180));
        assert_eq!(turn(&matrix(0, -65_536)), Some(270));
        assert_eq!(turn(&matrix(65_536, 0)), None);
        assert_eq!(turn(&[]), None);
    }

    #[test]
    fn black_and_single_colours_are_told_from_pictures() {
        assert_eq!(look(&RgbImage::new(8, 8)), (0.0, 0.0));
        let (light, spread) = look(&RgbImage::from_fn(8, 8, |x, _| image::Rgb([(x * 30) as u8; 3])));
        assert!(light > DARK && spread > FLAT, "{light} {spread}");
    }
}
