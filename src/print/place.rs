//! What stands where on a page, in points from its upper left corner.

use super::fonts::Weight;
use super::lines::Line;
use super::{Align, Style};

/// Points of a millimetre.
const MM: f32 = 72.0 / 25.4;
/// Width and height of A4.
pub(super) const A4: (f32, f32) = (210.0 * MM, 297.0 * MM);

/// A line of text, a rule, or a shade on a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// A line of text; `y` is its base line.
    Text { x: f32, y: f32, size: f32, weight: Weight, line: Line },
    /// A straight line.
    Rule { from: (f32, f32), to: (f32, f32) },
    /// A pale rectangle: upper left corner, width, height.
    Shade { at: (f32, f32), size: (f32, f32) },
}

/// A page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Page {
    /// What stands on it.
    pub(super) marks: Vec<Mark>,
}

/// Letters and the line they stand in, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Type {
    pub(super) size: f32,
    pub(super) leading: f32,
    pub(super) weight: Weight,
}

/// The measures of a style.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measures {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) bottom: f32,
    pub(super) title: Type,
    pub(super) number: Type,
    pub(super) heading: Type,
    pub(super) body: Type,
    pub(super) cell: Type,
    pub(super) note: Type,
    pub(super) foot: Type,
    /// Room around the text of a cell.
    pub(super) pad: f32,
}

impl Measures {
    /// Of a style. A letter's are those of GB/T 9704—2012: margins of 37 mm above and 28 mm at the left, 156 mm by 225 mm of text.
    pub(super) fn of(style: Style) -> Measures {
        let plain = |size, leading| Type { size, leading, weight: Weight::Regular };
        let bold = |size, leading| Type { size, leading, weight: Weight::Bold };
        let foot = plain(8.0, 11.0);
        match style {
            Style::Letter => Measures {
                left: 28.0 * MM,
                top: 37.0 * MM,
                width: 156.0 * MM,
                bottom: 262.0 * MM,
                title: bold(22.0, 34.0),
                number: plain(16.0, 28.9),
                heading: bold(16.0, 28.9),
                body: plain(16.0, 28.9),
                cell: plain(14.0, 22.0),
                note: plain(10.5, 17.0),
                foot,
                pad: 4.0,
            },
            Style::Record => Measures {
                left: 22.0 * MM,
                top: 22.0 * MM,
                width: 166.0 * MM,
                bottom: 270.0 * MM,
                title: bold(18.0, 28.0),
                number: plain(10.5, 18.0),
                heading: bold(12.0, 22.0),
                body: plain(10.5, 18.0),
                cell: plain(9.0, 14.0),
                note: plain(9.0, 14.0),
                foot,
                pad: 3.0,
            },
        }
    }

    /// Height between the margins.
    pub(super) fn height(&self) -> f32 {
        self.bottom - self.top
    }
}

impl Page {
    /// Puts a line of text into a box: `x` and `top` its corner, `room` its width.
    pub(super) fn put(&mut self, line: Line, of: Type, align: Align, x: f32, top: f32, room: f32) {
        let spare = (room - line.width * of.size).max(0.0);
        let x = x + match align {
            Align::Left => 0.0,
            Align::Middle => spare / 2.0,
            Align::Right => spare,
        };
        // A square of letters stands in the middle of its line; the base line lies 0.88 of it below its upper edge.
        let y = top + (of.leading - of.size) / 2.0 + 0.88 * of.size;
        self.marks.push(Mark::Text { x, y, size: of.size, weight: of.weight, line });
    }

    /// Draws a line.
    pub(super) fn rule(&mut self, from: (f32, f32), to: (f32, f32)) {
        self.marks.push(Mark::Rule { from, to });
    }
}
