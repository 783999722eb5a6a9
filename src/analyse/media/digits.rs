//! The six digits of a session code, where they stand large on a screen: what people read of it, and machines where its QR code has become too small.
//!
//! Found by shape alone: six dark blobs of one height on one line, as far apart from each other, with nothing before or behind. Only these leave for the
//! recogniser, not the screen around them. Six digits may be anything, a price or a code of somebody's bank, so they are handed to the server, which knows what a
//! lesson's codes are, and what is none of them is forgotten there.

use super::codes::Ink;
use super::facts::{DigitsSeen, DigitsText};
use super::line::Word;
use super::tesseract::Recogniser;
use super::timeline::since;
use crate::ids::LessonId;
use crate::register::session_code::{self, CodeKey};
use crate::time::{MINUTE, Time};
use image::GrayImage;
use likeness::grey::Grey;

/// Digits of a code.
const COUNT: usize = 6;

/// Digits lower than this, in pixels, are not read rightly often enough.
const LEAST: u32 = 14;

/// Places that are read in one still at most: a page shows one, and other things may look like it.
const PLACES: usize = 8;

/// Digits are shown to the recogniser about this high, until it is sure of what it reads: of heights from 24 to 56 pixels none below 40 was misread.
const HEIGHTS: [f64; 2] = [28.0, 36.0];

/// Six digits may take the recogniser so many milliseconds, far more than they need: how busy a machine is must not decide what is read.
const PATIENCE_MS: u32 = 10_000;

/// A recogniser that is less sure of its least sure group of digits is not believed. A digit misread makes another number, which is a code of the lesson in one
/// case of 13,000.
const SURE: f64 = 0.5;

/// Numbers kept of one file at most: one page is looked at a dozen times.
const MOST: usize = 36;

/// Numbers of six digits that were read, each with when it was seen first.
#[derive(Default)]
pub(super) struct Digits {
    seen: Vec<(i64, String, f64)>,
}

impl Digits {
    /// Reads those of a still, with one recogniser: what was trained on English reads figures better than what knows thousands of Chinese characters, and an
    /// agreement of both would lose one number in ten.
    pub(super) fn see(&mut self, at: i64, still: &GrayImage, recognisers: &[Recogniser]) {
        let Some(recogniser) = recognisers.iter().find(|one| one.language == "eng").or(recognisers.first()) else { return };
        for place in places(still).into_iter().take(PLACES) {
            let read = |height: f64| number(&recogniser.lines(&shown(still, place, height), PATIENCE_MS)).filter(|(_, sure)| *sure >= SURE);
            let Some((digits, sure)) = HEIGHTS.into_iter().find_map(read) else { continue };
            let known = self.seen.iter().any(|(_, other, _)| *other == digits);
            if !known && self.seen.len() < MOST {
                self.seen.push((at, digits, sure));
            }
        }
    }

    /// What was read in a file that begins at `start`.
    pub(super) fn finish(self, start: i64) -> Vec<DigitsText> {
        let told = |(at, digits, sure): (i64, String, f64)| DigitsText {
            at_ms: since(at, start),
            digits,
            confidence: (sure * 100.0).round() / 100.0,
        };
        self.seen.into_iter().map(told).collect()
    }
}

/// The one number of six digits that a picture shows and nothing else, and how sure its least sure digit is.
fn number(lines: &[Vec<Word>]) -> Option<(String, f64)> {
    let words = lines.iter().flatten();
    let text: String = words.clone().flat_map(|word| word.text.chars()).filter(|c| !c.is_whitespace()).collect();
    let sure = words.map(|word| word.sure).fold(1.0, f64::min);
    (text.len() == COUNT && text.bytes().all(|byte| byte.is_ascii_digit())).then_some((text, sure))
}

/// A rectangle: left, top, right, bottom.
type Place = [u32; 4];

/// Where six blobs stand in a row as digits do.
fn places(still: &GrayImage) -> Vec<Place> {
    let ink = Ink::of(still);
    let (most, mut blobs): (u32, Vec<Place>) = (still.height() / 3, blobs(&ink).into_iter().flat_map(apart).collect());
    blobs.retain(|blob| (LEAST..=most).contains(&height(blob)) && (height(blob) / 8..=height(blob)).contains(&(blob[2] - blob[0])));
    blobs.sort_unstable();
    let mut rows: Vec<Vec<Place>> = Vec::new();
    for blob in blobs {
        let goes_on = |row: &&mut Vec<Place>| row.last().is_some_and(|last| follows(last, &blob));
        match rows.iter_mut().find(goes_on) {
            Some(row) => row.push(blob),
            None => rows.push(vec![blob]),
        }
    }
    rows.iter().filter(|row| row.len() == COUNT && evenly(row)).map(|row| around(row, still.dimensions())).collect()
}

/// Two figures that touch, as 44 does in bold letters, where a blob is as wide as two.
fn apart(blob: Place) -> Vec<Place> {
    let [left, top, right, bottom] = blob;
    let (wide, high) = (right - left, bottom - top);
    // One is at most as wide as nine tenths of its height, and two no wider than one and seven tenths.
    if wide * 10 <= high * 9 || wide * 10 > high * 17 {
        return vec![blob];
    }
    let middle = left + wide / 2;
    vec![[left, top, middle, bottom], [middle, top, right, bottom]]
}

fn height(blob: &Place) -> u32 {
    blob[3] - blob[1]
}

/// Whether a blob is the next letter on the line of another: of its height, and hardly a letter's width away.
fn follows(last: &Place, next: &Place) -> bool {
    let (high, other) = (height(last), height(next));
    let level = last[1].abs_diff(next[1]) * 8 <= high && last[3].abs_diff(next[3]) * 8 <= high;
    level && high.abs_diff(other) * 8 <= high && next[0] >= last[2].saturating_sub(high / 10) && next[0] - last[0].min(next[0]) <= high * 2
}

/// Whether blobs are as far apart as figures that are all of one width, in one group or, as the page has them, in two of three.
fn evenly(row: &[Place]) -> bool {
    let middles: Vec<u32> = row.iter().map(|blob| blob[0] + blob[2]).collect();
    let mut steps: Vec<u32> = middles.windows(2).map(|two| two[1].saturating_sub(two[0])).collect();
    let gap = steps.swap_remove(COUNT / 2 - 1);
    let step = steps.iter().sum::<u32>() / steps.len() as u32;
    let is_gap = gap * 10 >= step * 12 && gap * 10 <= step * 23;
    if !is_gap {
        steps.push(gap);
    }
    let (least, most) = (steps.iter().min().copied().unwrap_or(0), steps.iter().max().copied().unwrap_or(0));
    // Twice the distances, of which a third more is what a narrow figure may be off.
    least > 0 && most * 3 <= least * 4
}

/// What the blobs fill, with half a digit of margin.
fn around(row: &[Place], (width, height_of_all): (u32, u32)) -> Place {
    let edge = |edge: usize, pick: fn(u32, u32) -> u32, from: u32| row.iter().map(|blob| blob[edge]).fold(from, pick);
    let [left, top, right, bottom] = [edge(0, u32::min, u32::MAX), edge(1, u32::min, u32::MAX), edge(2, u32::max, 0), edge(3, u32::max, 0)];
    let margin = (bottom - top) / 2;
    [left.saturating_sub(margin), top.saturating_sub(margin), (right + margin).min(width), (bottom + margin).min(height_of_all)]
}

/// A place of a still as recognisers like it, with digits so high.
fn shown(still: &GrayImage, [left, top, right, bottom]: Place, wanted: f64) -> Grey {
    let (width, high) = ((right - left) as usize, (bottom - top) as usize);
    let part = Grey::draw(width, high, |x, y| still.get_pixel(left + x as u32, top + y as u32).0[0]);
    // The margins are as high as a digit.
    let scale = wanted * 2.0 / high as f64;
    if scale >= 1.0 {
        part.enlarged(scale.round() as usize)
    } else {
        part.scaled((width as f64 * scale) as usize, (high as f64 * scale) as usize)
    }
}

/// Rectangles around what is dark and touches, of those that are large enough to matter.
fn blobs(ink: &Ink) -> Vec<Place> {
    let (width, height) = (ink.width, ink.height);
    let mut left = ink.dark.clone();
    let mut found = Vec::new();
    let mut open = Vec::new();
    for start in 0..left.len() {
        if !std::mem::take(&mut left[start]) {
            continue;
        }
        open.push(start);
        let mut place = [width, height, 0, 0];
        while let Some(at) = open.pop() {
            let (x, y) = (at % width, at / width);
            place = [place[0].min(x), place[1].min(y), place[2].max(x + 1), place[3].max(y + 1)];
            for row in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                for column in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    if std::mem::take(&mut left[row * width + column]) {
                        open.push(row * width + column);
                    }
                }
            }
        }
        let place = place.map(|edge| edge as u32);
        if place[3] - place[1] >= LEAST {
            found.push(place);
        }
    }
    found
}

/// What the numbers of a file turn out to be: of those that the codes of its lesson show, the minute. A number that two minutes share says nothing.
pub(super) fn checked(key: &CodeKey, lesson: Option<(LessonId, Time, Time)>, said: &[DigitsText]) -> Vec<DigitsSeen> {
    let Some((lesson, starts_at, ends_at)) = lesson else { return Vec::new() };
    let first = starts_at.plus(-session_code::BEFORE).0.div_euclid(MINUTE);
    let minutes = (first..ends_at.0.div_euclid(MINUTE) + 1).map(|minute| Time(minute * MINUTE)).take(LONGEST);
    let all: Vec<(Time, String)> = minutes
        .filter(|minute| session_code::fits(*minute, starts_at, ends_at))
        .map(|minute| (minute, key.show(lesson, minute).digits))
        .collect();
    let seen = |said: &DigitsText| {
        let mut minutes = all.iter().filter(|(_, digits)| *digits == said.digits).map(|(minute, _)| *minute);
        let only = minutes.next().filter(|_| minutes.next().is_none())?;
        let is_number = (0.0..=1.0).contains(&said.confidence);
        is_number.then_some(DigitsSeen { at_ms: said.at_ms, minute: only, confidence: said.confidence })
    };
    said.iter().take(MOST).filter_map(seen).collect()
}

/// Minutes of a lesson that are looked at: twelve hours. Of a lesson that is open for weeks one number in a hundred would be a code by chance.
const LONGEST: usize = 720;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::secrets::Secrets;
    use image::Luma;

    /// Boxes in the place of digits, each so wide, on white.
    fn boxes(lefts: &[u32], height: u32) -> GrayImage {
        let mut picture = GrayImage::from_pixel(800, 300, Luma([250]));
        for left in lefts {
            for (x, y) in (0..20).flat_map(|x| (0..height).map(move |y| (left + x, 100 + y))) {
                picture.put_pixel(x, y, Luma([10]));
            }
        }
        picture
    }

    #[test]
    fn six_in_a_row_are_a_place_and_five_seven_or_uneven_ones_are_none() {
        let evenly = |count: u32| (0..count).map(|number| 100 + 30 * number).collect::<Vec<u32>>();
        assert_eq!(places(&boxes(&evenly(6), 40)), [[80, 80, 290, 160]]);
        for count in [0, 5, 7, 12] {
            assert_eq!(places(&boxes(&evenly(count), 40)), [] as [Place; 0], "{count}");
        }
        assert_eq!(places(&boxes(&[100, 130, 160, 220, 250, 280], 40)), [[80, 80, 320, 160]], "in two groups");
        assert_eq!(places(&boxes(&[100, 120, 150, 180, 210, 240], 40)), [] as [Place; 0], "too uneven for figures, though two touch");
        assert_eq!(places(&boxes(&[100, 122, 142, 164, 186, 208], 40)), [[80, 80, 248, 160]], "two touch");
        assert_eq!(places(&boxes(&[100, 130, 190, 220, 280, 310], 40)), [] as [Place; 0], "as a time of day");
        assert_eq!(places(&boxes(&[100, 130, 160, 190, 250, 280], 40)), [] as [Place; 0], "four and two");
        assert_eq!(places(&boxes(&evenly(6), 10)), [] as [Place; 0], "too small");
        let shown = |height: f64| shown(&boxes(&evenly(6), 40), [80, 80, 290, 160], height);
        assert_eq!((shown(40.0).width(), shown(40.0).height(), shown(20.0).width(), shown(80.0).height()), (210, 80, 105, 160));
        assert_eq!(places(&GrayImage::new(0, 0)), [] as [Place; 0]);
    }

    /// Numbers as the page shows them, drawn large and small, are read rightly: all of those that touch or are easily taken for others.
    #[test]
    fn figures_are_read_as_they_are() {
        let (_, recognisers) = Recogniser::open(&["chi_sim", "eng"]).unwrap();
        let numbers = ["344491", "944746", "754172", "775502", "554565", "711606", "111111", "000000", "528915", "896383"];
        for (number, height) in numbers.iter().flat_map(|number| [24, 36, 48].map(|height| (number, height))) {
            let mut digits = Digits::default();
            digits.see(0, &drawn(number, height), &recognisers);
            let read: Vec<&str> = digits.seen.iter().map(|(_, digits, _)| digits.as_str()).collect();
            assert_eq!(read, [*number], "{height} px high");
        }
    }

    /// A page of a session code in a shared window.
    fn drawn(number: &str, height: u32) -> GrayImage {
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("code.jpg");
        let (one, two) = number.split_at(3);
        let text = format!(
            "drawbox=x=420:y=230:w=440:h=240:color=white:t=fill,\
             drawtext=fontfile=/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc:text='{one} {two}':fontsize={height}:fontcolor=black:x=560:y=300"
        );
        let mut ffmpeg = std::process::Command::new("ffmpeg");
        ffmpeg.args([
            "-v",
            "error",
            "-nostdin",
            "-f",
            "lavfi",
            "-i",
            "mandelbrot=size=1280x720",
            "-vf",
            &text,
            "-frames:v",
            "1",
            "-q:v",
            "6",
        ]);
        assert!(ffmpeg.arg(&picture).status().unwrap().success());
        image::open(picture).unwrap().to_luma8()
    }

    #[test]
    fn only_a_number_of_its_own_lesson_and_of_one_minute_is_kept() {
        let key = CodeKey::of(&Secrets::new([7; 32]));
        let lesson: LessonId = "0190a1b2-0002-7000-8000-000000000001".parse().unwrap();
        let other: LessonId = "0190a1b2-0002-7000-8000-000000000002".parse().unwrap();
        let starts: Time = "2020-03-03T09:00:00+08:00".parse().unwrap();
        let within = Some((lesson, starts, starts.plus(45 * MINUTE)));
        let said = |lesson, minute: i64| {
            let digits = key.show(lesson, starts.plus(minute * MINUTE)).digits;
            [DigitsText { at_ms: 5, digits, confidence: 0.9 }]
        };
        let minute = |said: &[DigitsText]| checked(&key, within, said).first().map(|seen| (seen.minute.0 - starts.0) / MINUTE);
        assert_eq!((minute(&said(lesson, 12)), minute(&said(lesson, -30)), minute(&said(lesson, 44))), (Some(12), Some(-30), Some(44)));
        assert_eq!((minute(&said(lesson, 50)), minute(&said(other, 12))), (None, None));
        assert_eq!(checked(&key, None, &said(lesson, 12)), []);
        let [mut mad] = said(lesson, 12);
        mad.confidence = 7.0;
        assert_eq!(minute(&[mad]), None);
        // Where two minutes have one number, it says nothing of either.
        let weeks = Some((lesson, starts, starts.plus(60 * 24 * 30 * MINUTE)));
        assert!(
            checked(&key, weeks, &said(lesson, 60 * 24 * 20)).is_empty(),
            "a lesson that is open for weeks is looked at for twelve hours"
        );
    }

    #[test]
    fn a_number_is_six_digits_and_nothing_else() {
        let word = |text: &str, sure: f64| Word { text: text.into(), sure, left: 0, top: 0, width: 10, height: 10 };
        assert_eq!(number(&[vec![word("123", 0.9), word("456", 0.8)]]), Some(("123456".into(), 0.8)));
        for text in ["12345", "1234567", "12345B", "12:3456", ""] {
            assert_eq!(number(&[vec![word(text, 0.9)]]), None, "{text}");
        }
    }
}
