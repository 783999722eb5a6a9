//! A line of recognised text as letters that know where they are and how sure they are: what readings are looked for in.

/// A word as the recogniser saw it. Places are pixels of the picture.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    /// How sure the recogniser is, 0 to 1.
    pub(super) sure: f64,
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Word {
    /// The same within the largest picture, so that places can be reckoned with.
    pub(super) fn bounded(&self) -> Word {
        let within = |side: u32| side.min(1 << 16);
        let (left, top, width, height) = (within(self.left), within(self.top), within(self.width), within(self.height));
        Word { text: self.text.chars().take(LONGEST).collect(), sure: self.sure, left, top, width, height }
    }
}

/// Letters of a word that are looked at: no reading is as long.
const LONGEST: usize = 200;

/// Between words that belong together there is less than this many times their height.
const GAP: u32 = 3;

/// Words that stand far apart tell different things.
pub(super) fn pieces(words: &[Word]) -> Vec<&[Word]> {
    let together = |one: &Word, next: &Word| next.left.saturating_sub(one.left + one.width) <= GAP * one.height.max(next.height);
    words.chunk_by(together).collect()
}

/// The text of a line without spaces, and of each character how sure it is, where it is, and whether there was a space before it.
pub(super) struct Line {
    pub(super) chars: Vec<char>,
    pub(super) sure: Vec<f64>,
    pub(super) apart: Vec<bool>,
    pub(super) x: Vec<u32>,
    pub(super) rows: (u32, u32),
}

impl Line {
    /// The words one after the other.
    pub(super) fn of(words: &[Word]) -> Line {
        let mut line = Line { chars: Vec::new(), sure: Vec::new(), apart: Vec::new(), x: Vec::new(), rows: (u32::MAX, 0) };
        for word in words {
            line.rows = (line.rows.0.min(word.top), line.rows.1.max(word.top + word.height));
            let count = word.text.chars().count().max(1) as u32;
            for (number, c) in word.text.chars().map(plain).enumerate() {
                line.chars.push(c);
                line.sure.push(word.sure);
                line.apart.push(number == 0);
                line.x.push(word.left + word.width * number as u32 / count);
            }
        }
        line
    }

    /// The number that begins at `from`: up to so many digits, none of them after a space, and none before or behind.
    pub(super) fn number(&self, from: usize, most: usize) -> Option<(u32, usize)> {
        let digit = |at: usize| self.chars.get(at).is_some_and(char::is_ascii_digit);
        let joined = |at: usize| digit(at) && !self.apart[at];
        if !digit(from) || (from > 0 && digit(from - 1) && !self.apart[from]) {
            return None;
        }
        let mut until = from + 1;
        while joined(until) {
            until += 1;
        }
        let digits: String = self.chars[from..until].iter().collect();
        (until - from <= most).then(|| digits.parse().ok()).flatten().map(|number| (number, until))
    }

    /// Whether one of these letters stands there.
    pub(super) fn is(&self, at: usize, wanted: &[char]) -> bool {
        self.chars.get(at).is_some_and(|c| wanted.contains(c))
    }

    /// Where one of these words begins and ends, in small letters.
    pub(super) fn find(&self, names: &[&str]) -> Option<(usize, usize)> {
        names.iter().find_map(|name| {
            let wanted: Vec<char> = name.chars().collect();
            let at = self
                .chars
                .windows(wanted.len())
                .position(|window| window.iter().zip(&wanted).all(|(c, w)| c.to_ascii_lowercase() == *w))?;
            Some((at, at + wanted.len()))
        })
    }
}

/// One form of signs that come in several.
fn plain(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '∶' | '﹕' => ':',
        '—' | '–' | '−' | '一' => '-',
        _ => c,
    }
}
