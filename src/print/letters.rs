//! Letters on a line: how wide each is, and the air within and between them.
//!
//! Chinese punctuation is drawn in half of its square; the other half is air, which is taken away where two such squares meet, at the
//! end of a line after a closing mark, and at its beginning before an opening one. Between Chinese and Latin letters stands a small gap,
//! whether or not somebody typed a blank there.

use std::ops::Range;

/// Air between Chinese and Latin letters, in ems.
const GAP: f32 = 0.2;
/// The half square of a punctuation mark.
const HALF: f32 = 0.5;

/// What a letter is to its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A square with its mark in the right half: （《“.
    Opening,
    /// A square with its mark in the left half: ，。）》”.
    Closing,
    /// Any other square.
    Square,
    /// A blank.
    Blank,
    /// A Latin letter or digit.
    Latin,
    /// Anything else, such as half-width punctuation.
    Other,
}

/// A letter as it will stand.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// The letter.
    pub(super) letter: char,
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
    /// Its width in ems, air included.
    pub(super) width: f32,
    /// What it is.
    pub(super) sort: Sort,
}

/// The letters of a text, with widths of `width`.
pub(super) fn letters(text: &str, width: &dyn Fn(char) -> f32) -> Vec<Letter> {
    let mut all: Vec<Letter> = text
        .char_indices()
        .map(|(at, letter)| {
            let width = if letter.is_control() { 0.0 } else { width(letter) };
            Letter { letter, range: at..at + letter.len_utf8(), width, sort: sort(letter, width) }
        })
        .collect();
    // A typed blank between Chinese and Latin is the gap that stands there anyhow.
    for at in 1..all.len().saturating_sub(1) {
        if all[at].sort == Sort::Blank && meets(all[at - 1].sort, all[at + 1].sort) {
            all[at].width = GAP;
        }
    }
    all
}

fn sort(letter: char, width: f32) -> Sort {
    match letter {
        _ if letter.is_whitespace() => Sort::Blank,
        _ if width < 0.9 => {
            if letter.is_alphanumeric() {
                Sort::Latin
            } else {
                Sort::Other
            }
        }
        '（' | '《' | '〈' | '「' | '『' | '【' | '〔' | '〖' | '［' | '｛' | '“' | '‘' => Sort::Opening,
        '、' | '，' | '。' | '．' | '；' | '：' | '！' | '？' | '）' | '》' | '〉' | '」' | '』' | '】' | '〕' | '〗' | '］' | '｝'
        | '”' | '’' => Sort::Closing,
        _ => Sort::Square,
    }
}

/// Whether a gap belongs between the two.
fn meets(a: Sort, b: Sort) -> bool {
    matches!((a, b), (Sort::Square, Sort::Latin) | (Sort::Latin, Sort::Square))
}

/// Air that is taken from before a letter when it follows another, or begins a line.
pub(super) fn cut_before(before: Option<Sort>, letter: Sort) -> f32 {
    match (before, letter) {
        (None | Some(Sort::Opening), Sort::Opening) => HALF,
        _ => 0.0,
    }
}

/// Air after a letter that is taken away (below zero) or added when another follows, or the line ends.
pub(super) fn air_after(letter: Sort, after: Option<Sort>) -> f32 {
    match (letter, after) {
        (Sort::Closing, None | Some(Sort::Closing | Sort::Opening | Sort::Blank)) => -HALF,
        (a, Some(b)) if meets(a, b) => GAP,
        _ => 0.0,
    }
}

/// Whether the air between two letters may be widened to fill a line.
pub(super) fn stretches(a: Sort, b: Sort) -> bool {
    let square = |sort| matches!(sort, Sort::Square | Sort::Opening | Sort::Closing);
    a == Sort::Blank || (b != Sort::Blank && (square(a) || square(b)))
}
