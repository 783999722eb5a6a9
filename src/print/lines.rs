//! Lines of a text: where one may end (UAX #14, and what Chinese adds to it), how many letters fit, and how the rest is filled.

use super::letters::{Letter, Sort, air_after, cut_before, letters, stretches};
use unicode_linebreak::{BreakOpportunity, linebreaks};

/// The most by which one place between two letters is widened, in ems; a line that would need more stays ragged.
const WIDEST: f32 = 0.35;

/// A letter in its place on a line, measured in ems.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Set {
    /// The letter.
    pub(super) letter: char,
    /// From here to where the next one stands.
    pub(super) advance: f32,
    /// By how much it is drawn aside of where it stands.
    pub(super) shift: f32,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// Its letters.
    pub(super) letters: Vec<Set>,
    /// Its width in ems.
    pub(super) width: f32,
}

#[cfg(test)]
impl Line {
    /// What it says.
    pub(super) fn text(&self) -> String {
        self.letters.iter().map(|set| set.letter).collect()
    }
}

/// How a text is broken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Room of a line in ems.
    pub(super) room: f32,
    /// By how much the first line is shorter, in ems.
    pub(super) indent: f32,
    /// Whether lines but the last are filled to the margin.
    pub(super) filled: bool,
}

/// Breaks a text into lines.
pub(super) fn lines(text: &str, shape: Shape, width: &dyn Fn(char) -> f32) -> Vec<Line> {
    let letters = letters(text, width);
    let ends = ends(text, &letters);
    let mut lines = Vec::new();
    let mut from = 0;
    while from < letters.len() {
        let room = shape.room - if lines.is_empty() { shape.indent } else { 0.0 };
        let (until, last) = fit(&letters, &ends, from, room);
        let mut line = set(trimmed(&letters[from..until]));
        if shape.filled && !last {
            fill(&mut line, &letters[from..until], room);
        }
        lines.push(line);
        from = until;
        // Blanks at a break belong to neither line.
        while !last && letters.get(from).is_some_and(|letter| letter.sort == Sort::Blank && !letter.letter.is_control()) {
            from += 1;
        }
    }
    lines
}

/// What may follow each letter: nothing, a new line, or a new line always.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    No,
    May,
    Must,
}

fn ends(text: &str, letters: &[Letter]) -> Vec<End> {
    let mut ends = vec![End::No; letters.len()];
    let mut at = 0;
    for (byte, kind) in linebreaks(text) {
        while at < letters.len() && letters[at].range.end < byte {
            at += 1;
        }
        if let Some(end) = ends.get_mut(at) {
            *end = if kind == BreakOpportunity::Mandatory { End::Must } else { End::May };
        }
    }
    let han = |letter: &Letter| matches!(letter.sort, Sort::Square | Sort::Closing);
    for at in 1..letters.len() {
        let (a, b) = (&letters[at - 1], &letters[at]);
        let end = match (a, b) {
            // The rules know quotation marks of all languages and let none be parted; Chinese ones open and close.
            (a, b) if han(a) && b.sort == Sort::Opening => End::May,
            (a, b) if a.sort == Sort::Closing && matches!(b.sort, Sort::Square | Sort::Opening) => End::May,
            // A dot between the parts of a name, and a mark of repetition, begin no line.
            (_, b) if matches!(b.letter, '·' | '•' | '‧' | '々') => End::No,
            _ => continue,
        };
        if ends[at - 1] != End::Must {
            ends[at - 1] = end;
        }
    }
    if let Some(last) = ends.last_mut() {
        *last = End::Must;
    }
    ends
}

/// Where the line that begins at `from` ends, and whether it had to.
fn fit(letters: &[Letter], ends: &[End], from: usize, room: f32) -> (usize, bool) {
    let mut best = None;
    let mut forced = from + 1;
    for at in from..letters.len() {
        let wide = measure(trimmed(&letters[from..=at])) > room + 1e-3;
        if !wide {
            forced = at + 1;
        }
        match ends[at] {
            End::Must if !wide => return (at + 1, true),
            End::May if !wide => best = Some(at + 1),
            _ => {}
        }
        // One square more would not fit either, whatever air were taken from it.
        if wide && measure(&letters[from..=at]) > room + 1.5 {
            break;
        }
    }
    // A word longer than the line, such as a digest, is parted anywhere.
    (best.unwrap_or(forced), false)
}

/// Without blanks and breaks at the end.
fn trimmed(letters: &[Letter]) -> &[Letter] {
    let blank = |letter: &Letter| letter.sort == Sort::Blank || letter.letter.is_control();
    &letters[..letters.iter().rposition(|letter| !blank(letter)).map_or(0, |last| last + 1)]
}

fn measure(letters: &[Letter]) -> f32 {
    set(letters).width
}

fn set(letters: &[Letter]) -> Line {
    let mut width = 0.0;
    let mut all = Vec::with_capacity(letters.len());
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before].sort);
        let after = letters.get(at + 1).map(|after| after.sort);
        let cut = cut_before(before, letter.sort);
        let advance = (letter.width - cut + air_after(letter.sort, after)).max(0.0);
        width += advance;
        all.push(Set { letter: letter.letter, advance, shift: -cut });
    }
    Line { letters: all, width }
}

/// Widens the air between letters until the line reaches the margin.
fn fill(line: &mut Line, letters: &[Letter], room: f32) {
    let places: Vec<usize> =
        (0..line.letters.len().saturating_sub(1)).filter(|at| stretches(letters[*at].sort, letters[at + 1].sort)).collect();
    let each = (room - line.width) / places.len().max(1) as f32;
    if places.is_empty() || each <= 0.0 || each > WIDEST {
        return;
    }
    for at in places {
        line.letters[at].advance += each;
    }
    line.width = room;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Squares for Chinese, halves for the rest.
    fn width(letter: char) -> f32 {
        if letter.is_ascii() { 0.5 } else { 1.0 }
    }

    fn broken(text: &str, room: f32) -> Vec<String> {
        lines(text, Shape { room, indent: 0.0, filled: false }, &width).iter().map(Line::text).collect()
    }

    #[test]
    fn no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() {
        assert_eq!(broken("企业和培训机构，（应）留存", 8.0), ["企业和培训机构，", "（应）留存"]);
        assert_eq!(broken("企业和培训机构，应留存", 7.0), ["企业和培训机", "构，应留存"]);
        assert_eq!(broken("经审核《开班申请》同意", 4.0), ["经审核", "《开班申", "请》同意"]);
        assert_eq!(broken("他说了“可以”就去", 4.0), ["他说了", "“可以”", "就去"]);
    }

    #[test]
    fn marks_that_meet_and_marks_at_an_edge_lose_their_air() {
        let line = &lines("（《通知》）", Shape { room: 20.0, indent: 0.0, filled: false }, &width)[0];
        // Half a square each for the two that open, two letters, half a square each for the two that close.
        assert!((line.width - 4.0).abs() < 1e-5, "{}", line.width);
    }

    #[test]
    fn latin_within_chinese_stands_in_a_small_gap_whether_or_not_a_blank_was_typed() {
        let of = |text: &str| lines(text, Shape { room: 20.0, indent: 0.0, filled: false }, &width)[0].width;
        assert!((of("于 3 个") - of("于3个")).abs() < 1e-5);
        assert!((of("于3个") - 2.9).abs() < 1e-5, "{}", of("于3个"));
    }

    #[test]
    fn a_line_is_filled_to_the_margin_and_the_last_one_is_not() {
        let shape = Shape { room: 10.2, indent: 2.0, filled: true };
        let lines = lines("企业和培训机构应留存能够证明培训真实性的学员线上签到", shape, &width);
        assert_eq!(lines.iter().map(|line| line.letters.len()).collect::<Vec<_>>(), [8, 10, 8]);
        assert!((lines[0].width - 8.2).abs() < 1e-4 && (lines[1].width - 10.2).abs() < 1e-4);
        assert!(lines.last().expect("a line").width < 10.0);
    }

    #[test]
    fn a_word_longer_than_a_line_is_parted_and_a_break_that_was_typed_stays() {
        assert_eq!(broken("aaaaaaaaaaaa", 2.0), ["aaaa", "aaaa", "aaaa"]);
        assert_eq!(broken("一\n二", 9.0), ["一", "二"]);
        assert_eq!(broken("", 9.0), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn every_letter_is_set_once_within_the_room(text in "[一二三，。（）《》“”ab1 ·%]{0,60}", room in 3.0_f32..12.0) {
            let lines = lines(&text, Shape { room, indent: 0.0, filled: true }, &width);
            let blank = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(blank(&lines.iter().map(Line::text).collect::<String>()), blank(&text));
            for line in &lines {
                prop_assert!(line.width <= room + 0.01 || line.letters.len() == 1, "{:?} is {} of {room}", line.text(), line.width);
            }
        }

        #[test]
        fn prose_never_begins_a_line_with_what_may_not_begin_one(text in "([一二三四五六七八九十]{1,5}[，。、；）》]?){1,20}", room in 4.0_f32..12.0) {
            for line in lines(&text, Shape { room, indent: 0.0, filled: true }, &width) {
                prop_assert!(!line.text().starts_with(['，', '。', '、', '；', '）', '》']), "{:?}", line.text());
            }
        }
    }
}
