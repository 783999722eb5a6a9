//! Scenes of an online class: a teacher beside slides, and a wall of faces.

use super::{Colour, Frame};
use crate::simulate::chance::Chance;

const INK: Colour = Colour::rgb(38, 44, 56);
const PAPER: Colour = Colour::rgb(247, 246, 240);
const MOUTH: Colour = Colour::rgb(150, 60, 60);
const EYE: Colour = Colour::rgb(30, 28, 30);
const SKINS: &[Colour] = &[Colour::rgb(236, 200, 168), Colour::rgb(222, 184, 150), Colour::rgb(206, 166, 132), Colour::rgb(240, 210, 184)];
const HAIRS: &[Colour] = &[Colour::rgb(30, 26, 28), Colour::rgb(58, 44, 36), Colour::rgb(90, 90, 94)];
const WALLS: &[Colour] = &[
    Colour::rgb(196, 208, 214),
    Colour::rgb(214, 204, 190),
    Colour::rgb(178, 192, 178),
    Colour::rgb(206, 196, 212),
    Colour::rgb(120, 134, 150),
    Colour::rgb(226, 220, 208),
];
const SHIRTS: &[Colour] = &[
    Colour::rgb(52, 88, 140),
    Colour::rgb(140, 60, 54),
    Colour::rgb(70, 110, 84),
    Colour::rgb(96, 92, 104),
    Colour::rgb(188, 160, 90),
    Colour::rgb(232, 232, 232),
];

/// What one face looks like; it stays the same while the face moves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    skin: Colour,
    hair: Colour,
    wall: Colour,
    shirt: Colour,
    /// Half the width of the head, in parts of 64 of the tile's height.
    breadth: i32,
    fringe: i32,
    glasses: bool,
}

/// What a face is doing in one frame.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pose {
    /// Sideways and down, in parts of 64 of the tile's height.
    pub shift: (i32, i32),
    /// Whether the eyes are shut.
    pub blink: bool,
    /// How far the mouth is open: 0 to 8.
    pub mouth: i32,
}

impl Look {
    /// A face by chance.
    pub(crate) fn new(chance: &mut Chance) -> Look {
        Look {
            skin: chance.pick(SKINS),
            hair: chance.pick(HAIRS),
            wall: chance.pick(WALLS),
            shirt: chance.pick(SHIRTS),
            breadth: chance.between(12, 16) as i32,
            fringe: chance.between(4, 11) as i32,
            glasses: chance.percent(30),
        }
    }
}

/// Draws a person at a camera into a tile.
pub(crate) fn face(frame: &mut Frame, (x, y, width, height): (i32, i32, i32, i32), look: &Look, pose: &Pose) {
    frame.rect(x, y, width, height, look.wall);
    let part = |parts: i32| parts * height / 64;
    let (middle, eyes) = (x + width / 2 + part(pose.shift.0), y + part(27 + pose.shift.1));
    let (across, down) = (part(look.breadth), part(18));
    let bottom = y + height;
    // Shoulders are drawn as rows of the tile so that they do not run into the tile below.
    for line in (bottom - part(14)).max(y)..bottom {
        let spread = (part(24) - (bottom - line) / 3).min(width / 2);
        frame.rect(middle.max(x + spread).min(x + width - spread) - spread, line, spread * 2, 1, look.shirt);
    }
    frame.rect(middle - part(5), eyes + part(12), part(10), part(12), look.skin);
    frame.ellipse((middle, eyes - part(3)), (across + part(2), down + part(1)), look.hair);
    frame.ellipse((middle, eyes + part(3)), (across, down - part(1)), look.skin);
    frame.rect(middle - across + part(1), eyes + part(3) - down + part(2), across * 2 - part(2), part(look.fringe), look.hair);
    for side in [-1, 1] {
        let eye = middle + side * across / 2;
        if look.glasses {
            frame.ellipse((eye, eyes), (part(6), part(5)), look.hair);
            frame.ellipse((eye, eyes), (part(5), part(4)), look.skin);
        }
        let open = if pose.blink { 1 } else { part(2).max(1) };
        frame.ellipse((eye, eyes), (part(3).max(1), open), EYE);
    }
    frame.rect(middle - part(1), eyes + part(4), part(2).max(1), part(5), look.hair);
    frame.ellipse((middle, eyes + part(13)), (part(6), part(1 + pose.mouth / 2).max(1)), MOUTH);
}

/// Draws a slide: a heading, lines of text as bars with real words between them, and a diagram of boxes.
pub(crate) fn slide(frame: &mut Frame, (x, y, width, height): (i32, i32, i32, i32), number: u32, code: &str, chance: &mut Chance) {
    const WORDS: &[&str] =
        &["SAFETY", "THEORY", "PRACTICE", "CHECK", "VOLTAGE", "HYGIENE", "STORAGE", "WELD", "CARE", "RULES", "STEPS", "TEST"];
    frame.rect(x, y, width, height, PAPER);
    let accent = chance.pick(SHIRTS);
    frame.rect(x, y, width, height / 7, accent);
    frame.text(x + 6, y + height / 28, (height / 90).max(1), &format!("{number}. {} {}", chance.pick(WORDS), chance.pick(WORDS)), PAPER);
    let mut line = y + height / 7 + height / 16;
    while line < y + height * 6 / 10 {
        frame.rect(x + 8, line, height / 36, height / 36, accent);
        frame.text(x + 10 + height / 18, line, 1, chance.pick(WORDS), INK);
        let length = chance.between(i64::from(width) / 8, i64::from(width) / 2) as i32;
        frame.rect(x + 10 + height / 18 + 56, line + 1, length, height / 45, Colour::rgb(150, 154, 162));
        line += height / 11;
    }
    for _ in 0..chance.between(1, 4) {
        let (left, top) =
            (x + chance.between(8, i64::from(width) - 60) as i32, y + height * 13 / 20 + chance.between(0, i64::from(height) / 8) as i32);
        let (across, down) = (chance.between(24, 56) as i32, chance.between(12, i64::from(height) / 7) as i32);
        frame.rect(left, top, across, down, INK);
        frame.rect(left + 2, top + 2, across - 4, down - 4, chance.pick(WALLS));
    }
    frame.text(x + 6, y + height - 10, 1, code, INK);
}

/// Draws a clock over a plain ground.
pub(crate) fn clock(frame: &mut Frame, (x, y): (i32, i32), size: i32, text: &str) {
    frame.rect(x, y, text.len() as i32 * 6 * size + 6, 7 * size + 6, INK);
    frame.text(x + 3, y + 3, size, text, PAPER);
}

/// Draws a wall of faces, each with a plate below, into the whole frame under a title row.
pub(crate) fn wall(frame: &mut Frame, faces: u32, title: &str, chance: &mut Chance) {
    let (width, height) = (frame.width(), frame.height());
    frame.rect(0, 0, width, height, INK);
    frame.text(8, 6, 2, title, PAPER);
    let columns = (1..=7).find(|columns| columns * columns >= faces as i32).unwrap_or(7);
    let rows = (faces as i32 + columns - 1) / columns.max(1);
    let (across, down) = ((width - 8) / columns, (height - 32) / rows.max(1));
    for place in 0..faces as i32 {
        let (x, y) = (4 + place % columns * across, 28 + place / columns * down);
        let look = Look::new(chance);
        let shift = (chance.between(-6, 6) as i32, chance.between(-4, 3) as i32);
        let pose = Pose { shift, blink: chance.percent(8), mouth: chance.between(0, 3) as i32 };
        face(frame, (x + 2, y + 2, across - 4, down - 4), &look, &pose);
        frame.rect(x + 2, y + down - 13, 44, 11, INK);
        frame.text(x + 5, y + down - 11, 1, &format!("USER{:02}", chance.below(100)), PAPER);
    }
}
