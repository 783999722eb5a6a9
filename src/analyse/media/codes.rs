//! Session codes in pictures: read by the child as texts, told from made-up ones by the server, which alone has the key.

use super::facts::{CodeSeen, CodeText};
use super::timeline::since;
use crate::register::session_code::{self, CodeKey};
use image::GrayImage;
use rqrr::PreparedImage;
use std::panic::{self, AssertUnwindSafe};

/// Places in one still that are read at most: a picture has a code or two in it, not dozens.
const PLACES: usize = 8;

/// Corners of codes in one still at most, each seen in a row or two; a code has three. Their reader weighs every three of them, and a wall of them is for
/// no good.
const CORNERS: usize = 120;

/// How far around a pixel its mean is taken: this part of the longer side.
const AROUND: usize = 16;

/// Dark is what has less than so many hundredths of the light around it.
const DARK: u64 = 85;

/// Codes kept of one file at most. A recording of eight hours shows 480.
const MOST: usize = 500;

/// Texts that have the shape of a code, each with when it was seen first.
#[derive(Default)]
pub(super) struct Codes {
    seen: Vec<(i64, String)>,
}

impl Codes {
    /// Reads those of a still.
    pub(super) fn see(&mut self, at: i64, still: &GrayImage) {
        for text in texts(still) {
            if self.seen.len() < MOST && !self.seen.iter().any(|(_, known)| *known == text) {
                self.seen.push((at, text));
            }
        }
    }

    /// What was read in a file that begins at `start`.
    pub(super) fn finish(self, start: i64) -> Vec<CodeText> {
        self.seen.into_iter().map(|(at, text)| CodeText { at_ms: since(at, start), text }).collect()
    }
}

/// Texts in a still that have the shape of a code; no others leave this place.
fn texts(still: &GrayImage) -> Vec<String> {
    let ink = Ink::of(still);
    if ink.corners() > CORNERS {
        return Vec::new();
    }
    // The reader is made for pictures of codes; what trips it up in another must not cost all other facts of the file.
    let read = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut prepared = PreparedImage::prepare_from_bitmap(ink.width, ink.height, |x, y| ink.dark[y * ink.width + x]);
        let places = prepared.detect_grids();
        places.iter().take(PLACES).filter_map(|place| place.decode().ok()).map(|(_, text)| text).collect::<Vec<_>>()
    }));
    read.unwrap_or_default().into_iter().filter(|text| session_code::looks_like_one(text)).collect()
}

/// What is dark in a still, beside what lies around it.
pub(super) struct Ink {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) dark: Vec<bool>,
}

impl Ink {
    pub(super) fn of(still: &GrayImage) -> Ink {
        let (width, height) = (still.width() as usize, still.height() as usize);
        let light = still.as_raw();
        // Sums of all that lies above and left, to have the mean around each pixel in four steps.
        let row = width + 1;
        let mut sums = vec![0_u32; row * (height + 1)];
        for y in 0..height {
            let mut sum = 0;
            for x in 0..width {
                sum += u32::from(light[y * width + x]);
                sums[(y + 1) * row + x + 1] = sums[y * row + x + 1] + sum;
            }
        }
        let radius = (width.max(height) / AROUND).max(4);
        let mut dark = Vec::with_capacity(width * height);
        for y in 0..height {
            let (top, bottom) = (y.saturating_sub(radius), (y + radius + 1).min(height));
            for x in 0..width {
                let (left, right) = (x.saturating_sub(radius), (x + radius + 1).min(width));
                let sum = sums[bottom * row + right] + sums[top * row + left] - sums[top * row + right] - sums[bottom * row + left];
                let area = ((bottom - top) * (right - left)) as u64;
                dark.push(u64::from(light[y * width + x]) * area * 100 < u64::from(sum) * DARK);
            }
        }
        Ink { width, height, dark }
    }

    /// How many corners of QR codes it has: squares in squares, dark and light in turn as 1 to 1 to 3 to 1 to 1, across and down.
    fn corners(&self) -> usize {
        let mut count = 0;
        for y in 0..self.height {
            let line = &self.dark[y * self.width..][..self.width];
            // The lengths of the last five runs, the last of them dark.
            let mut runs = [0; 5];
            let mut from = 0;
            for x in 1..=self.width {
                if x < self.width && line[x] == line[from] {
                    continue;
                }
                runs.rotate_left(1);
                runs[4] = x - from;
                if line[from] && like_a_corner(&runs) {
                    count += usize::from(self.middle(x - runs[4] - runs[3] - runs[2].div_ceil(2), y, runs[2]));
                }
                from = x;
            }
        }
        count
    }

    /// Whether a dark place is in the middle of a corner from above and below, too; of each corner few rows are.
    fn middle(&self, x: usize, y: usize, side: usize) -> bool {
        let y = y as isize;
        let run = |from: isize, step: isize, colour: bool| {
            let rows = (0..2 * side as isize).map(|rows| from + rows * step);
            rows.take_while(|y| (0..self.height as isize).contains(y) && self.dark[*y as usize * self.width + x] == colour).count()
        };
        // Outward from the middle: what is dark with its row, what is light, and the ring.
        let arm = |step: isize| {
            let dark = run(y, step, true);
            let light = run(y + step * dark as isize, step, false);
            (dark, light, run(y + step * (dark + light) as isize, step, true))
        };
        let (above, below) = (arm(-1), arm(1));
        above.0.abs_diff(below.0) <= 1 && like_a_corner(&[above.2, above.1, above.0 + below.0 - 1, below.1, below.2])
    }
}

/// Whether five runs are about as 1 to 1 to 3 to 1 to 1: as loosely as the reader of codes takes them.
fn like_a_corner(runs: &[usize; 5]) -> bool {
    let module = (runs[0] + runs[1] + runs[3] + runs[4]) / 4;
    let loose = module * 3 / 4;
    module > 0 && [1, 1, 3, 1, 1].iter().zip(runs).all(|(want, run)| run.abs_diff(want * module) <= loose)
}

/// What the codes of a file turn out to be; what the child says that has not the shape of one is dropped.
pub(super) fn checked(key: &CodeKey, said: &[CodeText]) -> Vec<CodeSeen> {
    let read = said.iter().take(MOST).filter_map(|code| Some((code.at_ms, key.read(&code.text)?)));
    read.map(|(at_ms, read)| CodeSeen { at_ms, lesson: read.lesson, minute: read.minute, genuine: read.genuine }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::LessonId;
    use crate::register::secrets::Secrets;
    use crate::time::{MINUTE, Time};
    use image::codecs::jpeg::JpegEncoder;
    use image::imageops::{self, FilterType};
    use image::{DynamicImage, Luma};
    use qrcode::{Color, EcLevel, QrCode};

    fn key() -> CodeKey {
        CodeKey::of(&Secrets::new([7; 32]))
    }

    fn code(minute: i64) -> String {
        let lesson: LessonId = "0190a1b2-0002-7000-8000-000000000001".parse().unwrap();
        key().show(lesson, Time(1_583_197_200_000_000).plus(minute * MINUTE)).text
    }

    /// A code as the page draws it, each module so many pixels wide, in white with a margin of four modules.
    fn drawn(text: &str, module: u32) -> GrayImage {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let (side, colors) = (code.width() as u32, code.to_colors());
        GrayImage::from_fn((side + 8) * module, (side + 8) * module, |x, y| {
            let (x, y) = ((x / module).wrapping_sub(4), (y / module).wrapping_sub(4));
            let dark = x < side && y < side && colors[(y * side + x) as usize] == Color::Dark;
            Luma([if dark { 0 } else { 255 }])
        })
    }

    /// A shared screen: stripes and shades, with pictures laid over it.
    fn screen(laid: &[(&GrayImage, i64, i64)]) -> GrayImage {
        let mut screen = GrayImage::from_fn(1920, 1080, |x, y| Luma([(40 + (x * 7 / 80 + y / 9) % 160) as u8]));
        laid.iter().for_each(|(picture, x, y)| imageops::overlay(&mut screen, *picture, *x, *y));
        screen
    }

    fn saved(picture: &GrayImage, quality: u8) -> GrayImage {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&DynamicImage::ImageLuma8(picture.clone())).unwrap();
        image::load_from_memory(&bytes).unwrap().into_luma8()
    }

    #[test]
    fn a_code_on_a_shared_screen_is_read_after_jpeg_at_50_and_at_half_the_size() {
        let expected = [code(0)];
        let shared = screen(&[(&drawn(&expected[0], 10), 700, 300)]);
        let half = imageops::resize(&shared, 960, 540, FilterType::Triangle);
        for (name, picture) in [("whole", &shared), ("half", &half)] {
            assert_eq!(texts(&saved(picture, 50)), expected, "{name}");
        }
        let turned = imageops::rotate90(&half);
        assert_eq!(texts(&turned), expected, "turned");
        // The size of a picture in a chat, three pixels a module.
        assert_eq!(texts(&saved(&imageops::resize(&shared, 640, 360, FilterType::Triangle), 70)), expected, "third");
    }

    #[test]
    fn a_picture_may_show_two_codes_and_what_is_no_code_of_ours_is_left_alone() {
        let (one, other) = (code(0), code(1));
        let foreign = drawn("https://example.org/meeting/123456789", 8);
        let picture = screen(&[(&drawn(&one, 6), 100, 100), (&drawn(&other, 6), 900, 500), (&foreign, 1300, 60)]);
        let mut read = texts(&picture);
        read.sort();
        let mut expected = [one, other];
        expected.sort();
        assert_eq!(read, expected);
        assert_eq!(texts(&screen(&[])), [] as [String; 0]);
        for size in [(0, 0), (1, 1), (3, 500), (500, 3)] {
            assert_eq!(texts(&GrayImage::new(size.0, size.1)), [] as [String; 0], "{size:?}");
        }
    }

    #[test]
    fn a_recording_is_told_each_code_once_with_when_it_was_seen_first() {
        let stills = [0, 0, 1, 0].map(|minute| screen(&[(&drawn(&code(minute), 6), 200, 200)]));
        let mut codes = Codes::default();
        stills.iter().zip(0..).for_each(|(still, place)| codes.see(1_000_000 + place * 15_000_000, still));
        let told = codes.finish(1_000_000);
        assert_eq!(told, [CodeText { at_ms: 0, text: code(0) }, CodeText { at_ms: 30_000, text: code(1) }]);
        let seen = checked(&key(), &told);
        assert!(seen.iter().all(|code| code.genuine) && seen[1].minute.0 - seen[0].minute.0 == MINUTE, "{seen:?}");
    }

    #[test]
    fn what_a_child_makes_up_is_told_from_codes_and_never_more_than_a_few() {
        let forged = code(0).replace("KESHI1:0190", "KESHI1:0191");
        let said = [code(0), forged, "KESHI1:".to_owned(), "x".repeat(1 << 20)].map(|text| CodeText { at_ms: 7, text });
        let seen: Vec<bool> = checked(&key(), &said).iter().map(|code| code.genuine).collect();
        assert_eq!(seen, [true, false]);
        let many: Vec<CodeText> = (0..2000).map(|minute| CodeText { at_ms: 0, text: code(minute) }).collect();
        assert_eq!(checked(&key(), &many).len(), MOST);
    }

    #[test]
    fn a_wall_of_corners_is_not_weighed_and_noise_is_harmless() {
        let corner = |x: u32, y: u32| {
            let far = (x % 9).abs_diff(3).max((y % 9).abs_diff(3));
            x % 9 < 7 && y % 9 < 7 && far != 2
        };
        let wall = GrayImage::from_fn(1920, 1080, |x, y| Luma([if corner(x / 2, y / 2) { 0 } else { 255 }]));
        assert!(Ink::of(&wall).corners() > CORNERS);
        assert_eq!(texts(&wall), [] as [String; 0]);
        assert!((3..=9).contains(&Ink::of(&drawn(&code(0), 9)).corners()), "{}", Ink::of(&drawn(&code(0), 9)).corners());
        let mut state = 1_u32;
        let mut noise = |low: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Luma([if low == 0 { (state >> 24) as u8 } else { ((state >> 31) * 255) as u8 }])
        };
        for (width, height, low) in [(640, 360, 0), (640, 360, 1), (37, 41, 1), (200, 9, 0)] {
            assert_eq!(texts(&GrayImage::from_fn(width, height, |_, _| noise(low))), [] as [String; 0]);
        }
    }
}
