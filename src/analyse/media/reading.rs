//! What is read in whole pictures rather than compared: of a screenshot once, of a recording now and then.

use super::codes::Codes;
use super::faces::Counting;
use super::facts::Facts;
use super::limits::Limits;
use super::shrink::{self, Shrinker};
use super::text::Text;
use ffmpeg::frame;
use ffmpeg_next as ffmpeg;
use image::GrayImage;
use likeness::grey::Grey;

/// The longer side of a still at most, in pixels: letters of 12 pixels on a screen of 4K are still 6 high.
const SIDE: u32 = 1920;

/// Stills of a recording are this far apart (microseconds), and further where it lasts longer than [`MOST`] of them: what is to be read stands longer.
const APART: i64 = 15_000_000;

/// Stills of one recording at most; an hour has 240.
const MOST: i64 = 480;

/// Faces are counted and text is recognised in at most so many of them: in a still of 1666 × 1136 faces took a second.
const DOZEN: i64 = 12;

/// Which moments are looked at.
struct Pace {
    /// How far they are apart, in microseconds.
    apart: i64,
    latest: Option<i64>,
}

impl Pace {
    fn of(apart: i64) -> Pace {
        Pace { apart, latest: None }
    }

    /// Whether the time of the next has come; then it is the latest.
    fn is_due(&mut self, at: i64) -> bool {
        let due = self.latest.is_none_or(|latest| at - latest >= self.apart);
        if due {
            self.latest = Some(at);
        }
        due
    }
}

/// All that is read.
pub(super) struct Reading {
    stills: Pace,
    dozen: Pace,
    rotation: Option<u16>,
    faces: Option<Counting>,
    text: Option<Text>,
    codes: Codes,
}

impl Reading {
    /// Reads one picture.
    pub(super) fn of_picture(limits: &Limits) -> Reading {
        Reading::of_recording(0, None, limits)
    }

    /// Reads a recording of this length that a player turns clockwise by so many degrees.
    pub(super) fn of_recording(duration_ms: u64, rotation: Option<u16>, limits: &Limits) -> Reading {
        let duration = i64::try_from(duration_ms.saturating_mul(1000)).unwrap_or(i64::MAX);
        Reading {
            stills: Pace::of(APART.max(duration / MOST)),
            dozen: Pace::of(duration / DOZEN),
            rotation,
            faces: limits.faces.then(Counting::new),
            text: Text::prepared(),
            codes: Codes::default(),
        }
    }

    /// Looks at a decoded frame of a recording, if its time has come.
    pub(super) fn frame(&mut self, at: i64, decoded: &frame::Video) {
        if !self.stills.is_due(at) {
            return;
        }
        let (width, height) = within(decoded.width(), decoded.height());
        if let Some(still) = Shrinker::to(width as usize, height as usize).upright(decoded, self.rotation) {
            self.see(at, &still);
        }
    }

    /// Looks at a picture as people see it: upright, in shades of grey. `at` is in microseconds, by the file's clock.
    pub(super) fn see(&mut self, at: i64, still: &GrayImage) {
        if self.dozen.is_due(at) {
            self.faces.iter_mut().for_each(|faces| faces.see(at, still));
            self.text.iter_mut().for_each(|text| text.see(at, still));
        }
        self.codes.see(at, still);
    }

    /// Adds what was read to the facts of a file that begins at `start` (microseconds).
    pub(super) fn tell(self, start: i64, facts: &mut Facts) {
        facts.faces = self.faces.map(|faces| faces.finish(start)).unwrap_or_default();
        facts.codes = self.codes.finish(start);
        if let Some(text) = self.text {
            text.finish(start, facts);
        }
    }
}

/// A picture as it is read.
pub(super) fn still(grey: &Grey) -> GrayImage {
    let (width, height) = within(grey.width() as u32, grey.height() as u32);
    let grey = if width as usize == grey.width() { grey.clone() } else { grey.scaled(width as usize, height as usize) };
    GrayImage::from_raw(width, height, grey.pixels().to_vec()).unwrap_or_default()
}

/// The size of a still.
fn within(width: u32, height: u32) -> (u32, u32) {
    shrink::within(width, height, SIDE)
}

#[cfg(test)]
mod tests {
    use super::super::facts::MediaKind;
    use super::*;

    #[test]
    fn a_still_keeps_its_shape_and_is_never_larger_than_it_was() {
        assert_eq!(within(1280, 720), (1280, 720));
        assert_eq!(within(3840, 2160), (1920, 1080));
        assert_eq!(within(60_000, 1), (1920, 1));
        let grey = Grey::draw(2000, 10, |x, _| (x % 256) as u8);
        assert_eq!(still(&grey).dimensions(), (1920, 9));
    }

    #[test]
    fn stills_of_a_long_recording_are_further_apart() {
        let reading = |hours: u64| Reading::of_recording(hours * 3_600_000, None, &Limits::default());
        assert_eq!((reading(1).stills.apart, reading(4).stills.apart, reading(1).dozen.apart), (APART, 30_000_000, 300_000_000));
    }

    #[test]
    fn faces_are_counted_a_dozen_times_over_a_recording_at_most() {
        let mut reading = Reading::of_recording(3_600_000, None, &Limits { text: false, ..Limits::default() });
        (0..240).for_each(|still| reading.see(still * 15_000_000, &GrayImage::new(60, 60)));
        let mut facts = Facts::new(MediaKind::Video, "mp4");
        reading.tell(0, &mut facts);
        assert_eq!((facts.faces.len(), facts.faces[1].at_ms), (12, 300_000));
    }

    #[test]
    fn what_is_due_is_the_first_and_then_no_sooner_than_it_may_be() {
        let mut pace = Pace::of(10);
        let due: Vec<i64> = (0..40).step_by(4).filter(|at| pace.is_due(*at)).collect();
        assert_eq!(due, [0, 12, 24, 36]);
        let mut always = Pace::of(0);
        assert!(always.is_due(0) && always.is_due(0));
    }
}
