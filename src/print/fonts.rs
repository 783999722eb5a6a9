//! The two weights a document is set in, read from font files of the machine.

use crate::config::Print;
use crate::error::{Error, Result, codes};
use std::path::Path;
use std::sync::Arc;
use ttf_parser::{Face, GlyphId, name_id};

/// Stands for a letter that no font has, as printers have it.
const MISSING: char = '〓';

/// How heavy letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// The fonts of documents. They are some 50 MB: load them for what is to be set, and let them go.
#[derive(Clone)]
pub struct Fonts {
    regular: Font,
    bold: Font,
}

/// A font of a file.
#[derive(Clone)]
pub(super) struct Font {
    /// The file.
    pub(super) data: Arc<Vec<u8>>,
    /// Which font of a collection.
    pub(super) index: u32,
}

impl Fonts {
    /// Reads the font files of the configuration.
    ///
    /// Errors: `fonts_missing` when one is not there or is no font, with what to install.
    pub fn load(config: &Print) -> Result<Fonts> {
        Ok(Fonts { regular: Font::load(&config.regular)?, bold: Font::load(&config.bold)? })
    }

    pub(super) fn of(&self, weight: Weight) -> &Font {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fonts")
    }
}

impl Font {
    fn load(path: &Path) -> Result<Font> {
        let missing = |cause: String| {
            let sentence = format!("{} cannot be used as a font; {}", path.display(), codes::FONTS.help);
            Error::new(&codes::FONTS, sentence).because(cause)
        };
        let data = Arc::new(std::fs::read(path).map_err(|cause| missing(cause.to_string()))?);
        let index = simplified(&data).ok_or_else(|| missing("no font in it".to_owned()))?;
        Ok(Font { data, index })
    }

    /// What can be asked of it.
    pub(super) fn face(&self) -> Face<'_> {
        Face::parse(&self.data, self.index).expect("it was read when it was loaded")
    }
}

/// Width of a letter in ems.
pub(super) fn width(face: &Face<'_>, letter: char) -> f32 {
    f32::from(face.glyph_hor_advance(glyph(face, letter)).unwrap_or(face.units_per_em())) / f32::from(face.units_per_em())
}

/// The glyph of a letter; blanks of any width but the square one are drawn as the blank.
pub(super) fn glyph(face: &Face<'_>, letter: char) -> GlyphId {
    let letter = if letter.is_whitespace() && letter != '\u{3000}' { ' ' } else { letter };
    let found = face.glyph_index(letter).filter(|glyph| glyph.0 != 0);
    found.or_else(|| face.glyph_index(MISSING)).unwrap_or(GlyphId(0))
}

/// The font of a collection that has the letters as mainland China writes them; the first one of a file that says nothing of it.
fn simplified(data: &[u8]) -> Option<u32> {
    let fonts = ttf_parser::fonts_in_collection(data).unwrap_or(1);
    let parsed = |index| Face::parse(data, index).ok();
    let named = |index: &u32| {
        let names = parsed(*index).map(|face| {
            face.names().into_iter().any(|name| {
                matches!(name.name_id, name_id::FAMILY | name_id::TYPOGRAPHIC_FAMILY)
                    && name.to_string().is_some_and(|name| name.ends_with(" SC"))
            })
        });
        names == Some(true)
    };
    (0..fonts).find(named).or_else(|| parsed(0).map(|_| 0))
}
