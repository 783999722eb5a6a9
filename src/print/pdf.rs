//! Pages as a file: PDF/A-2u (ISO 19005-2), which archives take; black, white and one grey.

use super::embed::Used;
use super::fonts::{Fonts, Weight};
use super::lines::Line;
use super::place::{A4, Mark, Page};
use super::{Document, Language};
use crate::error::Result;
use chrono::Datelike;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::OutputIntentSubtype;
use pdf_writer::{Content, Date, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use sha2::{Digest, Sha256};
use std::io::Write;
use xmp_writer::{DateTime, LangId, Timezone, XmpWriter};

/// What the greys of a file mean on paper: sGrey of the Compact ICC Profiles (github.com/saucecontrol/Compact-ICC-Profiles, CC0).
const GREY: &[u8] = include_bytes!("sGrey-v4.icc");
/// Width of a rule, in points.
const HAIRLINE: f32 = 0.5;
/// How light a shade is.
const PALE: f32 = 0.93;
/// Who made the file.
const MAKER: &str = "keshi";

/// Glyphs that follow each other: what is taken away before each, and its number.
type Glyphs = Vec<(f32, u16)>;

/// The two weights as a document uses them.
struct Weights<'a> {
    regular: Used<'a>,
    bold: Used<'a>,
}

impl<'a> Weights<'a> {
    fn of(&mut self, weight: Weight) -> (&mut Used<'a>, Name<'static>) {
        match weight {
            Weight::Regular => (&mut self.regular, Name(b"R")),
            Weight::Bold => (&mut self.bold, Name(b"B")),
        }
    }
}

/// Writes a file.
pub(super) fn write(document: &Document, pages: &[Page], fonts: &Fonts) -> Result<Vec<u8>> {
    let mut weights = Weights { regular: Used::of(fonts.of(Weight::Regular)), bold: Used::of(fonts.of(Weight::Bold)) };
    let mut next = Ref::new(1);
    let (catalog, tree, intent, info, about) = (next.bump(), next.bump(), next.bump(), next.bump(), next.bump());
    let (regular, bold) = (next.bump(), next.bump());
    let mut pdf = Pdf::new();
    pdf.set_version(1, 7);
    let mut sheets = Vec::with_capacity(pages.len());
    for page in pages {
        let (sheet, content) = (next.bump(), next.bump());
        pdf.stream(content, &packed(&drawn(page, &mut weights))?).filter(Filter::FlateDecode);
        let mut written = pdf.page(sheet);
        written.parent(tree).media_box(Rect::new(0.0, 0.0, A4.0, A4.1)).contents(content);
        written.resources().fonts().pair(Name(b"R"), regular).pair(Name(b"B"), bold);
        written.finish();
        sheets.push(sheet);
    }
    pdf.pages(tree).count(sheets.len() as i32).kids(sheets);
    weights.regular.write(&mut pdf, regular, &mut next)?;
    weights.bold.write(&mut pdf, bold, &mut next)?;
    pdf.icc_profile(intent, GREY).n(1).range([0.0, 1.0]);
    let day = document.dated;
    let made = Date::new(year(document)).month(day.month() as u8).day(day.day() as u8).hour(0).minute(0).second(0);
    pdf.document_info(info)
        .title(TextStr(&document.title))
        .creator(TextStr(MAKER))
        .creation_date(made.utc_offset_hour(0).utc_offset_minute(0));
    let name = hex::encode(&Sha256::digest(format!("{document:?}"))[..16]);
    let said = described(document, &name, pages.len());
    pdf.metadata(about, said.as_bytes());
    let mut root = pdf.catalog(catalog);
    root.pages(tree).metadata(about).lang(TextStr(language(document)));
    root.viewer_preferences().display_doc_title(true);
    let mut intents = root.output_intents();
    intents
        .push()
        .subtype(OutputIntentSubtype::PDFA)
        .output_condition_identifier(TextStr("sGrey"))
        .info(TextStr("sGrey"))
        .dest_output_profile(intent);
    intents.finish();
    root.finish();
    pdf.set_file_id((name.clone().into_bytes(), name.into_bytes()));
    Ok(pdf.finish())
}

/// Bytes packed for a stream.
pub(super) fn packed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}

fn language(document: &Document) -> &'static str {
    match document.language {
        Language::Zh => "zh-CN",
        Language::En => "en",
    }
}

fn year(document: &Document) -> u16 {
    u16::try_from(document.dated.year()).unwrap_or_default()
}

/// What the file says of itself.
fn described(document: &Document, name: &str, pages: usize) -> String {
    let day = document.dated;
    let made = DateTime {
        year: year(document),
        month: Some(day.month() as u8),
        day: Some(day.day() as u8),
        hour: Some(0),
        minute: Some(0),
        second: Some(0),
        timezone: Some(Timezone::Utc),
    };
    let mut about = XmpWriter::new();
    about.title([(None, document.title.as_str())]).language([LangId(language(document))]).format("application/pdf");
    about.creator_tool(MAKER).create_date(made).document_id(name).instance_id(name).num_pages(pages as u32);
    about.pdfa_part(2).pdfa_conformance("U");
    about.finish(None)
}

/// The content of a page. PDF counts from the lower left corner.
fn drawn(page: &Page, weights: &mut Weights<'_>) -> Vec<u8> {
    let mut content = Content::new();
    let up = |y: f32| A4.1 - y;
    // Shades lie under everything, rules over them.
    for mark in &page.marks {
        if let Mark::Shade { at, size } = mark {
            content.set_fill_gray(PALE).rect(at.0, up(at.1 + size.1), size.0, size.1).fill_nonzero();
        }
    }
    content.set_fill_gray(0.0).set_stroke_gray(0.0).set_line_width(HAIRLINE);
    for mark in &page.marks {
        match mark {
            Mark::Shade { .. } => {}
            Mark::Rule { from, to } => {
                content.move_to(from.0, up(from.1)).line_to(to.0, up(to.1)).stroke();
            }
            Mark::Text { x, y, size, weight, line } => {
                let (used, name) = weights.of(*weight);
                content.begin_text().set_font(name, *size).set_text_matrix([1.0, 0.0, 0.0, 1.0, *x, up(*y)]);
                say(&mut content, line, used);
                content.end_text();
            }
        }
    }
    content.finish().to_vec()
}

/// Shows the letters of a line. PDF moves on by a glyph's own width; what the line has otherwise is set right in thousandths of an em.
fn say(content: &mut Content, line: &Line, used: &mut Used<'_>) {
    // Glyphs that follow each other, each with what is taken away before it; one whose letter must be said beside it is alone.
    let mut runs: Vec<(Option<char>, Glyphs)> = Vec::new();
    let mut owed = 0.0;
    for set in &line.letters {
        let placed = used.place(set.letter);
        let glyph = (thousandths(owed - set.shift), placed.number);
        match runs.last_mut() {
            Some((None, glyphs)) if !placed.ambiguous => glyphs.push(glyph),
            _ => runs.push((placed.ambiguous.then_some(set.letter), vec![glyph])),
        }
        owed = set.shift + placed.width - set.advance;
    }
    for (beside, glyphs) in runs {
        if let Some(letter) = beside {
            content.begin_marked_content_with_properties(Name(b"Span")).properties().actual_text(TextStr(&letter.to_string()));
        }
        let mut shown = content.show_positioned();
        let mut items = shown.items();
        for (before, number) in glyphs {
            if before != 0.0 {
                items.adjust(before);
            }
            items.show(Str(&number.to_be_bytes()));
        }
        items.finish();
        shown.finish();
        if beside.is_some() {
            content.end_marked_content();
        }
    }
}

/// In thousandths, to the tenth of one.
fn thousandths(ems: f32) -> f32 {
    (ems * 10_000.0).round() / 10.0
}
