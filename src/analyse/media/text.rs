//! Text on screen: what the clock of the computer, the title of the meeting and the counter of its people say, at the edges of a picture.
//!
//! Recognised by Tesseract where it is installed (`tesseract`), told by [`screen`], and kept as typed readings alone: names stand on screens, so no other
//! text leaves this file. Whoever reads the data of a language must do so before the sandbox is entered: [`prepare`].

use super::agreement::{agreed, coherent};
use super::digits::Digits;
use super::facts::{Facts, Reading};
use super::line::Word;
use super::screen::{self, Sight};
use super::tesseract::Recogniser;
use super::timeline::since;
use image::GrayImage;
use likeness::grey::Grey;
use std::cell::RefCell;

/// Chinese labels, with digits; and digits, with English labels. Each is better at its own, and where both read the same it holds.
const LANGUAGES: [&str; 2] = ["chi_sim", "eng"];

/// How many times larger a recogniser of the language is shown the edge: letters on screens are 12 pixels high, those it was trained on 30.
const LARGER: [(&str, u32); 2] = [("chi_sim", 2), ("eng", 3)];

/// The upper and the lower edge have this part of the height each: bars of systems and clients lie there, slides and people between.
const EDGE: f64 = 0.11;

/// An edge may take one recogniser so many milliseconds. One full of bars and titles took up to 500 at 1080p, one full of letters 6,000, on a machine with nothing else to do.
const PATIENCE_MS: u32 = 10_000;

/// What recognises text, and how it calls itself.
pub(super) struct Recognisers {
    name: String,
    all: Vec<Recogniser>,
}

impl Recognisers {
    fn open() -> Result<Recognisers, String> {
        let (version, all) = Recogniser::open(&LANGUAGES)?;
        let languages: Vec<&str> = all.iter().map(|one| one.language).collect();
        Ok(Recognisers { name: format!("tesseract {version}, {}", languages.join(", ")), all })
    }

    /// What is told by the edges of a picture, by each recogniser.
    fn look(&self, still: &GrayImage) -> Vec<Vec<Sight>> {
        self.all.iter().map(|one| screen::sights(&edges(one, still), still.dimensions())).collect()
    }
}

thread_local! {
    /// What was opened before the sandbox was entered, for the one file that the child opens.
    static READY: RefCell<Option<Recognisers>> = const { RefCell::new(None) };
}

/// Opens what recognises text, as long as files can be opened. Where nothing is installed, nothing is read later.
pub(super) fn prepare() {
    READY.set(Recognisers::open().ok());
}

/// What recognises text on this machine: version and languages; or the reason why none is read. `keshi doctor` shows it.
pub fn text_engine() -> Result<String, String> {
    Recognisers::open().map(|found| found.name.clone())
}

/// Reads over a recording, or in one picture.
pub(super) struct Text {
    recognisers: Recognisers,
    readings: Vec<(i64, Vec<Vec<Sight>>)>,
    digits: Digits,
}

impl Text {
    /// With what was prepared; `None` where nothing was.
    pub(super) fn prepared() -> Option<Text> {
        Some(Text { recognisers: READY.take()?, readings: Vec::new(), digits: Digits::default() })
    }

    /// Reads a still.
    pub(super) fn see(&mut self, at: i64, still: &GrayImage) {
        self.readings.push((at, self.recognisers.look(still)));
        self.digits.see(at, still, &self.recognisers.all);
    }

    /// Adds what was read in a file that begins at `start`.
    pub(super) fn finish(self, start: i64, facts: &mut Facts) {
        let readings: Vec<Reading> = self.readings.iter().flat_map(|(at, looks)| agreed(looks, since(*at, start))).collect();
        facts.screen = coherent(readings);
        facts.digits = self.digits.finish(start);
        facts.text_read_by = Some(self.recognisers.name);
    }
}

/// Dark letters on white whatever the theme: of each row, how far from its middle light each pixel is. Bars of systems and clients are rows of one
/// light; with several of them in a picture Tesseract's own threshold separates bars and not letters.
fn flattened(width: usize, light: &[u8]) -> Vec<u8> {
    let mut flat = Vec::with_capacity(light.len());
    for row in light.chunks(width.max(1)) {
        let mut count = [0_u32; 256];
        row.iter().for_each(|light| count[usize::from(*light)] += 1);
        let mut below = 0;
        let middle = count.iter().position(|count| {
            below += count;
            2 * below as usize >= row.len()
        });
        let ground = middle.unwrap_or(0) as u8;
        let most = row.iter().map(|light| light.abs_diff(ground)).max().unwrap_or(0).max(FAINT);
        flat.extend(row.iter().map(|light| 255 - (u32::from(light.abs_diff(ground)) * 255 / u32::from(most)) as u8));
    }
    flat
}

/// What differs less from its ground is not made darker: it is noise.
const FAINT: u8 = 64;

/// The lines of both edges, with places in the picture.
fn edges(recogniser: &Recogniser, still: &GrayImage) -> Vec<Vec<Word>> {
    let larger = LARGER.iter().find(|(language, _)| *language == recogniser.language).map_or(2, |(_, larger)| *larger);
    let (width, height) = still.dimensions();
    let edge = ((f64::from(height) * EDGE) as u32).clamp(height.min(64), height.max(1));
    let mut lines = Vec::new();
    for from in [0, height - edge] {
        let within = (from * width) as usize..((from + edge) * width) as usize;
        let flat = still.as_raw().get(within).map(|light| flattened(width as usize, light)).unwrap_or_default();
        let Some(flat) = Grey::new(width as usize, edge as usize, flat) else { break };
        for mut line in recogniser.lines(&flat.enlarged(larger as usize), PATIENCE_MS) {
            for word in &mut line {
                for side in [&mut word.left, &mut word.top, &mut word.width, &mut word.height] {
                    *side /= larger;
                }
                word.top += from;
            }
            lines.push(line);
        }
        if edge == height {
            break;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_dark_on_white_on_bars_of_any_light() {
        // A white bar with dark letters over a dark one with light letters, over noise.
        let edge = Grey::draw(40, 3, |x, y| match (y, x % 10) {
            (0, 0) => 40,
            (0, _) => 250,
            (1, 0) => 230,
            (1, _) => 20,
            (_, x) => 120 + x as u8 % 3,
        });
        let flat = flattened(40, edge.pixels());
        for y in [0, 1] {
            assert_eq!((flat[40 * y], flat[40 * y + 5]), (0, 255));
        }
        assert!(flat[80..].iter().all(|light| *light > 245), "noise stays white");
        assert!(flattened(0, &[]).is_empty());
    }
}
