//! A font within a file: the glyphs that occur, their widths, and which letters they stand for.

use super::fonts::{Font, glyph};
use crate::error::{Error, Result};
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use subsetter::GlyphRemapper;
use ttf_parser::{Face, Tag, name_id};

const IDENTITY: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The letters of a document in one weight.
pub(super) struct Used<'a> {
    font: &'a Font,
    face: Face<'a>,
    map: GlyphRemapper,
    /// By number in the file: the letter that is read where the glyph stands.
    said: HashMap<u16, char>,
    widths: Vec<f32>,
}

/// A glyph in a file.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    /// Its number.
    pub(super) number: u16,
    /// Its width in ems.
    pub(super) width: f32,
    /// Whether it stands for another letter elsewhere, so that this one must be said beside it.
    pub(super) ambiguous: bool,
}

impl<'a> Used<'a> {
    pub(super) fn of(font: &'a Font) -> Used<'a> {
        let face = font.face();
        let missing = width(&face, 0);
        Used { font, face, map: GlyphRemapper::new(), said: HashMap::new(), widths: vec![missing] }
    }

    /// The glyph of a letter.
    pub(super) fn place(&mut self, letter: char) -> Placed {
        let old = glyph(&self.face, letter).0;
        let number = self.map.remap(old);
        if usize::from(number) == self.widths.len() {
            self.widths.push(width(&self.face, old));
        }
        let said = *self.said.entry(number).or_insert(letter);
        Placed { number, width: self.widths[usize::from(number)] / 1000.0, ambiguous: said != letter }
    }

    /// Writes it under an id; `next` gives further ones.
    pub(super) fn write(&self, pdf: &mut Pdf, id: Ref, next: &mut Ref) -> Result<()> {
        let subset =
            subsetter::subset(&self.font.data, self.font.index, &self.map).map_err(|cause| Error::internal(format!("{cause:?}")))?;
        let outlines = ttf_parser::RawFace::parse(&subset, 0).ok().and_then(|raw| raw.table(Tag::from_bytes(b"CFF ")));
        let (cid, descriptor, unicode, file) = (next.bump(), next.bump(), next.bump(), next.bump());
        let base = self.name(&subset);
        let whole = if outlines.is_some() { format!("{base}-Identity-H") } else { base.clone() };
        let mut font = pdf.type0_font(id);
        font.base_font(Name(whole.as_bytes())).encoding_predefined(Name(b"Identity-H")).descendant_font(cid).to_unicode(unicode);
        font.finish();
        let mut font = pdf.cid_font(cid);
        font.subtype(if outlines.is_some() { CidFontType::Type0 } else { CidFontType::Type2 });
        font.base_font(Name(base.as_bytes())).system_info(IDENTITY).font_descriptor(descriptor).default_width(0.0);
        if outlines.is_none() {
            font.cid_to_gid_map_predefined(Name(b"Identity"));
        }
        font.widths().consecutive(0, self.widths.iter().copied());
        font.finish();
        self.describe(pdf, descriptor, file, &base, outlines.is_some());
        pdf.cmap(unicode, &self.unicode());
        let packed = super::pdf::packed(outlines.unwrap_or(&subset))?;
        let mut stream = pdf.stream(file, &packed);
        stream.filter(Filter::FlateDecode);
        if outlines.is_some() {
            stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
        }
        stream.finish();
        Ok(())
    }

    fn describe(&self, pdf: &mut Pdf, id: Ref, file: Ref, base: &str, outlines: bool) {
        let face = &self.face;
        let scale = 1000.0 / f32::from(face.units_per_em());
        let bounds = face.global_bounding_box();
        let of = |value: i16| f32::from(value) * scale;
        let mut descriptor = pdf.font_descriptor(id);
        descriptor
            .name(Name(base.as_bytes()))
            .flags(FontFlags::SYMBOLIC | FontFlags::SERIF)
            .bbox(Rect::new(of(bounds.x_min), of(bounds.y_min), of(bounds.x_max), of(bounds.y_max)))
            .italic_angle(0.0)
            .ascent(of(face.ascender()))
            .descent(of(face.descender()))
            .cap_height(of(face.capital_height().unwrap_or(face.ascender())))
            .stem_v(10.0 + 0.244 * (f32::from(face.weight().to_number()) - 50.0));
        if outlines {
            descriptor.font_file3(file);
        } else {
            descriptor.font_file2(file);
        }
    }

    /// Which letter each glyph stands for, so that the text can be searched and copied.
    fn unicode(&self) -> Vec<u8> {
        let mut map = UnicodeCmap::new(Name(b"Custom"), IDENTITY);
        for number in 1..self.widths.len() as u16 {
            if let Some(letter) = self.said.get(&number) {
                map.pair(number, *letter);
            }
        }
        map.finish().to_vec()
    }

    /// The font's own name behind six letters that stand for what of it is there.
    fn name(&self, subset: &[u8]) -> String {
        let tag: String = Sha256::digest(subset).iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect();
        let own = self.face.names().into_iter().filter(|name| name.name_id == name_id::POST_SCRIPT_NAME).find_map(|name| name.to_string());
        let own: String = own.unwrap_or_default().chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        format!("{tag}+{own}")
    }
}

/// Width of a glyph in thousandths of an em.
fn width(face: &Face<'_>, glyph: u16) -> f32 {
    f32::from(face.glyph_hor_advance(ttf_parser::GlyphId(glyph)).unwrap_or(0)) * 1000.0 / f32::from(face.units_per_em())
}
