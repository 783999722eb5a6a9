//! From blocks to pages.

use super::fonts::{self, Fonts, Weight};
use super::lines::{Line, Shape, lines};
use super::place::{Measures, Page, Type};
use super::{Align, Block, Document, Language, table};
use std::cell::RefCell;
use std::collections::HashMap;
use ttf_parser::Face;

/// Lines of a page's foot at most.
const FOOT: usize = 3;

/// The pages of a document.
pub(super) fn pages(document: &Document, fonts: &Fonts) -> Vec<Page> {
    let mut sheets = Sheets::new(document, fonts);
    let measures = sheets.measures;
    if let Some(number) = &document.number {
        sheets.flow(number, measures.number, Align::Middle, 0.0, false);
        sheets.skip(measures.number.leading / 2.0);
    }
    sheets.flow(&document.title, measures.title, Align::Middle, 0.0, false);
    sheets.skip(measures.body.leading);
    for block in &document.blocks {
        sheets.block(block);
    }
    let Sheets { setter, mut pages, .. } = sheets;
    let all = pages.len();
    for (place, page) in pages.iter_mut().enumerate() {
        foot(page, document, &setter, &measures, (place + 1, all));
    }
    pages
}

/// What stands below the text of a page: the footer, and its number of how many.
fn foot(page: &mut Page, document: &Document, setter: &Setter<'_>, measures: &Measures, (number, all): (usize, usize)) {
    let number = match document.language {
        Language::Zh => format!("第 {number} 页　共 {all} 页"),
        Language::En => format!("Page {number} of {all}"),
    };
    let of = Type { size: 9.0, leading: 14.0, weight: Weight::Regular };
    let mut top = measures.bottom + 10.0;
    for line in setter.broken(&number, of, measures.width, 0.0, false) {
        page.put(line, of, Align::Middle, measures.left, top, measures.width);
    }
    top += of.leading + 4.0;
    let footer = document.footer.as_deref().unwrap_or_default();
    let small = setter.broken(footer, measures.foot, measures.width, 0.0, false);
    if !small.is_empty() {
        page.rule((measures.left, top), (measures.left + measures.width, top));
        top += 3.0;
    }
    for line in small.into_iter().take(FOOT) {
        page.put(line, measures.foot, Align::Left, measures.left, top, measures.width);
        top += measures.foot.leading;
    }
}

/// Breaks texts into lines and remembers how wide letters are.
struct Setter<'a> {
    regular: Face<'a>,
    bold: Face<'a>,
    widths: RefCell<HashMap<(Weight, char), f32>>,
}

impl<'a> Setter<'a> {
    fn new(fonts: &'a Fonts) -> Setter<'a> {
        let face = |weight| fonts.of(weight).face();
        Setter { regular: face(Weight::Regular), bold: face(Weight::Bold), widths: RefCell::new(HashMap::new()) }
    }

    fn broken(&self, text: &str, of: Type, room: f32, indent: f32, filled: bool) -> Vec<Line> {
        let face = match of.weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        };
        let width = |letter: char| *self.widths.borrow_mut().entry((of.weight, letter)).or_insert_with(|| fonts::width(face, letter));
        lines(text, Shape { room: room / of.size, indent, filled }, &width)
    }
}

/// Pages that are being filled.
pub(super) struct Sheets<'a> {
    setter: Setter<'a>,
    /// The measures of the document's style.
    pub(super) measures: Measures,
    language: Language,
    pages: Vec<Page>,
    y: f32,
}

impl<'a> Sheets<'a> {
    fn new(document: &Document, fonts: &'a Fonts) -> Sheets<'a> {
        let measures = Measures::of(document.style);
        Sheets { setter: Setter::new(fonts), measures, language: document.language, pages: vec![Page::default()], y: measures.top }
    }

    /// The page that is being filled.
    pub(super) fn page(&mut self) -> &mut Page {
        if self.pages.is_empty() {
            self.pages.push(Page::default());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    /// Where the next line stands.
    pub(super) fn y(&self) -> f32 {
        self.y
    }

    /// Height left on the page.
    pub(super) fn free(&self) -> f32 {
        self.measures.bottom - self.y
    }

    /// Goes down.
    pub(super) fn skip(&mut self, height: f32) {
        self.y += height;
    }

    /// Begins a page.
    pub(super) fn turn(&mut self) {
        self.pages.push(Page::default());
        self.y = self.measures.top;
    }

    /// Begins a page unless this much is left, or nothing stands on this one.
    pub(super) fn room_for(&mut self, height: f32) {
        if self.free() + 0.01 < height && self.y > self.measures.top {
            self.turn();
        }
    }

    /// A text in lines.
    pub(super) fn broken(&self, text: &str, of: Type, room: f32, indent: f32, filled: bool) -> Vec<Line> {
        self.setter.broken(text, of, room, indent, filled)
    }

    /// Sets a text over as many pages as it takes. No page has the first or the last line of a paragraph alone.
    fn flow(&mut self, text: &str, of: Type, align: Align, indent: f32, filled: bool) {
        let mut rest = self.broken(text, of, self.measures.width, indent, filled);
        let mut first = true;
        while !rest.is_empty() {
            let fitting = ((self.free() + 0.01) / of.leading).floor().max(0.0) as usize;
            let mut count = fitting.min(rest.len());
            if count < rest.len() {
                let leaves_one = rest.len() - count == 1 && count > 2;
                count -= usize::from(leaves_one);
                count = if first && count == 1 { 0 } else { count };
            }
            if count == 0 && self.y > self.measures.top {
                self.turn();
                continue;
            }
            for line in rest.drain(..count.max(1)) {
                let (x, top, room) = (self.measures.left, self.y, self.measures.width);
                let aside = if first && align == Align::Left { indent * of.size } else { 0.0 };
                self.page().put(line, of, align, x + aside, top, room - aside);
                self.y += of.leading;
                first = false;
            }
            if !rest.is_empty() {
                self.turn();
            }
        }
    }

    fn block(&mut self, block: &Block) {
        let measures = self.measures;
        let indent = if self.language == Language::Zh { 2.0 } else { 0.0 };
        match block {
            Block::Heading(text) => {
                if self.y > measures.top {
                    self.skip(measures.heading.leading / 4.0);
                }
                self.room_for(measures.heading.leading + 2.0 * measures.body.leading);
                self.flow(text, measures.heading, Align::Left, 0.0, false);
            }
            Block::Line(text) => self.flow(text, measures.body, Align::Left, 0.0, false),
            Block::Paragraph(text) => self.flow(text, measures.body, Align::Left, indent, true),
            Block::Note(text) => self.flow(text, measures.note, Align::Left, 0.0, true),
            Block::Facts(facts) => table::facts(self, facts),
            Block::Table(table) => table::draw(self, table),
            Block::Signature { who, day, seal } => self.signature(who, day, seal),
            Block::PageBreak => self.turn(),
        }
    }

    /// Who signs and the day, in the right half, a place for the seal over them.
    fn signature(&mut self, who: &str, day: &str, seal: &str) {
        let (of, measures) = (self.measures.body, self.measures);
        let (x, room) = (measures.left + measures.width * 0.45, measures.width * 0.55);
        let who = self.broken(who, of, room, 0.0, false);
        let height = (who.len().max(1) + 3) as f32 * of.leading;
        self.room_for(height);
        self.skip(2.0 * of.leading);
        let mark = Type { size: measures.note.size, ..of };
        let texts = self.broken(seal, mark, room, 0.0, false);
        for line in texts {
            let top = self.y - of.leading;
            self.page().put(line, mark, Align::Middle, x, top, room);
        }
        if who.is_empty() {
            let y = self.y + of.leading * 0.8;
            self.page().rule((x + room * 0.15, y), (x + room * 0.85, y));
            self.skip(of.leading);
        }
        for line in who.into_iter().chain(self.broken(day, of, room, 0.0, false)) {
            let top = self.y;
            self.page().put(line, of, Align::Middle, x, top, room);
            self.skip(of.leading);
        }
    }
}
