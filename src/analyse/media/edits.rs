//! Traces that a picture was edited: an editor's name, a change after it was taken, a small picture inside that shows something else.
//!
//! Most pictures that were edited have none of them, since chat applications take all of it away; and who turns a picture upright leaves them as well.
//! So each is a reason to look, and nothing more.

use super::exif::Written;
use super::facts::{Edit, Exif};
use image::metadata::Orientation;
use image::{ImageFormat, ImageReader};
use likeness::grey::Grey;
use memchr::memmem;
use serde::Deserialize;
use std::io::Cursor;
use std::sync::LazyLock;

/// A camera writes both times at once, or some seconds apart.
const AT_ONCE: i64 = 60;

/// How alike a picture and the small one of a camera run at least ([`Grey::correlation`]).
const ALIKE: f64 = 0.6;

/// Sides may differ in proportion by this much: small pictures are rounded to whole pixels, some to 160 by 120 with bars.
const PROPORTION: f64 = 0.1;

/// Memory that opening the small picture may take: it has some 160 by 120 pixels.
const MEMORY: u64 = 16 << 20;

/// How far behind its name a program in XMP is looked for.
const XMP: usize = 200;

#[derive(Deserialize)]
struct File {
    editor: Vec<Editor>,
}

/// A program that changes what a picture shows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Editor {
    name: String,
    written: Vec<String>,
}

static EDITORS: LazyLock<Vec<Editor>> =
    LazyLock::new(|| toml::from_str::<File>(include_str!("editors.toml")).expect("editors.toml is held by a test").editor);

/// The traces in a picture file that, turned upright, shows `picture`.
pub(super) fn traces(file: &[u8], written: Option<&Written>, picture: &Grey) -> Vec<Edit> {
    let mut found = Vec::new();
    let software = written.and_then(|written| written.exif.software.clone());
    let programs = software.into_iter().chain(creator(file)).chain(png_software(file));
    found.extend(programs.filter_map(|program| editor(&program)).next().map(|editor| Edit::Program { name: editor.to_owned() }));
    if written.is_some_and(|written| changed_later(&written.exif)) {
        found.push(Edit::ChangedLater);
    }
    if written.and_then(small).is_some_and(|small| !shows_the_same(picture, &small)) {
        found.push(Edit::OtherThumbnail);
    }
    found
}

/// Whether a trace is one that is told here: only such are taken from a child.
pub(super) fn is_known(edit: &Edit) -> bool {
    match edit {
        Edit::Program { name } => EDITORS.iter().any(|editor| editor.name == *name),
        Edit::ChangedLater | Edit::OtherThumbnail => true,
    }
}

/// The editor that a text names.
fn editor(program: &str) -> Option<&'static str> {
    let small = program.to_lowercase();
    EDITORS.iter().find(|editor| editor.written.iter().any(|written| small.contains(written.as_str()))).map(|editor| editor.name.as_str())
}

/// What XMP says the picture was made with: as an attribute or an element.
fn creator(file: &[u8]) -> Option<String> {
    let at = memmem::find(file, b"xmp:CreatorTool")? + b"xmp:CreatorTool".len();
    let behind = String::from_utf8_lossy(&file[at..file.len().min(at + XMP)]).into_owned();
    let value = behind.strip_prefix("=\"").or_else(|| behind.strip_prefix("='")).or_else(|| behind.strip_prefix('>'))?;
    Some(value.split(['"', '\'', '<']).next()?.to_owned())
}

/// The text `Software` of a PNG.
fn png_software(file: &[u8]) -> Option<String> {
    let at = memmem::find(file.strip_prefix(b"\x89PNG")?, b"tEXtSoftware\0")? + 4;
    let length = u32::from_be_bytes(file.get(at.checked_sub(4)?..at)?.try_into().ok()?) as usize;
    let value = file.get(at + b"tEXtSoftware\0".len()..at + 4 + length.min(XMP))?;
    Some(String::from_utf8_lossy(value).into_owned())
}

fn changed_later(exif: &Exif) -> bool {
    let read = |time: &Option<String>| time.as_deref().and_then(|time| time.parse::<chrono::NaiveDateTime>().ok());
    read(&exif.taken_local).zip(read(&exif.changed_local)).is_some_and(|(taken, changed)| (changed - taken).num_seconds() > AT_ONCE)
}

/// The small picture, turned as its picture is.
fn small(written: &Written) -> Option<Grey> {
    let mut reader = ImageReader::with_format(Cursor::new(written.small.as_ref()?), ImageFormat::Jpeg);
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(MEMORY);
    reader.limits(allowed);
    let mut small = reader.decode().ok()?;
    small.apply_orientation(written.turn().unwrap_or(Orientation::NoTransforms));
    let small = small.into_luma8();
    let (width, height) = (small.width() as usize, small.height() as usize);
    Grey::new(width, height, small.into_raw())
}

/// Whether a small picture shows the same, bars at its sides apart; one with too little to tell it by is taken to.
fn shows_the_same(picture: &Grey, small: &Grey) -> bool {
    let small = small.inside().map_or_else(|| small.clone(), |part| small.crop(&part));
    let proportion = |grey: &Grey| grey.width() as f64 / grey.height().max(1) as f64;
    let apart = (proportion(picture) / proportion(&small)).ln().abs();
    picture.correlation(&small).is_none_or(|alike| alike >= ALIKE && apart <= PROPORTION)
}

#[cfg(test)]
mod tests {
    use super::super::exif;
    use super::*;
    use ::exif::experimental::Writer;
    use ::exif::{Field, In, Tag, Value};
    use image::codecs::jpeg::JpegEncoder;
    use image::{GrayImage, Luma};

    fn drawn(width: u32, height: u32, shape: impl Fn(f64, f64) -> u8) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| Luma([shape(f64::from(x) / f64::from(width), f64::from(y) / f64::from(height))]))
    }

    fn hills(x: f64, y: f64) -> u8 {
        (128.0 + 60.0 * (x * 9.0).sin() + 60.0 * (y * 7.0 + x * 2.0).cos()) as u8
    }

    fn jpeg(picture: &GrayImage) -> Vec<u8> {
        let mut file = Vec::new();
        JpegEncoder::new_with_quality(&mut file, 80).encode_image(picture).unwrap();
        file
    }

    fn grey(picture: &GrayImage) -> Grey {
        Grey::new(picture.width() as usize, picture.height() as usize, picture.as_raw().clone()).unwrap()
    }

    /// A picture of 640 by 480 whose EXIF has these texts and this small picture.
    fn photograph(texts: &[(Tag, &str)], small: &GrayImage) -> (Vec<u8>, Grey) {
        let picture = drawn(640, 480, hills);
        let fields: Vec<Field> = texts
            .iter()
            .map(|(tag, text)| Field { tag: *tag, ifd_num: In::PRIMARY, value: Value::Ascii(vec![text.as_bytes().to_vec()]) })
            .collect();
        let (mut writer, small) = (Writer::new(), jpeg(small));
        fields.iter().for_each(|field| writer.push_field(field));
        writer.set_jpeg(&small, In::THUMBNAIL);
        let mut tiff = Cursor::new(Vec::new());
        writer.write(&mut tiff, false).unwrap();
        let segment = [b"Exif\0\0".as_slice(), tiff.get_ref()].concat();
        let plain = jpeg(&picture);
        let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
        (([&plain[..2], &[0xFF, 0xE1], &length, &segment, &plain[2..]]).concat(), grey(&picture))
    }

    fn found(texts: &[(Tag, &str)], small: &GrayImage) -> Vec<Edit> {
        let (file, picture) = photograph(texts, small);
        traces(&file, exif::read(&file).as_ref(), &picture)
    }

    #[test]
    fn a_photograph_as_its_camera_made_it_has_no_trace() {
        let times = [
            (Tag::DateTimeOriginal, "2020:03:03 09:12:30"),
            (Tag::DateTime, "2020:03:03 09:12:31"),
            (Tag::Software, "HUAWEI P30 10.0.0.168"),
        ];
        assert_eq!(found(&times, &drawn(160, 120, hills)), []);
        // Of a wide picture with bars; and one with nothing to see.
        let wide = drawn(160, 120, |x, y| if (0.125..0.875).contains(&y) { hills(x, (y - 0.125) / 0.75) } else { 0 });
        let (file, _) = photograph(&times, &wide);
        assert_eq!(traces(&file, exif::read(&file).as_ref(), &grey(&drawn(640, 360, hills))), []);
        assert_eq!(found(&times, &drawn(160, 120, |_, _| 7)), []);
        assert_eq!(traces(&jpeg(&drawn(64, 64, hills)), None, &grey(&drawn(64, 64, hills))), []);
    }

    #[test]
    fn an_editor_a_later_change_and_another_scene_are_traces() {
        let small = drawn(160, 120, hills);
        let edited = [
            (Tag::DateTimeOriginal, "2020:03:03 09:12:30"),
            (Tag::DateTime, "2020:03:05 20:00:00"),
            (Tag::Software, "Adobe Photoshop 21.0 (Windows)"),
        ];
        assert!(found(&edited, &small).iter().all(is_known) && !is_known(&Edit::Program { name: "'\",".into() }));
        assert_eq!(found(&edited, &small), [Edit::Program { name: "Adobe Photoshop".into() }, Edit::ChangedLater]);
        let camera = [(Tag::Make, "HUAWEI")];
        let other = drawn(160, 120, |x, y| hills(1.0 - y, x * x));
        assert_eq!(found(&camera, &other), [Edit::OtherThumbnail]);
        assert_eq!(found(&camera, &drawn(160, 90, hills)), [Edit::OtherThumbnail], "cut to other proportions");
    }

    #[test]
    fn editors_name_themselves_in_xmp_and_in_png_too() {
        let with = |words: &str| [jpeg(&drawn(64, 64, hills)), words.as_bytes().to_vec()].concat();
        let said = |file: &[u8]| traces(file, None, &grey(&drawn(64, 64, hills)));
        let snapseed = [Edit::Program { name: "Snapseed".into() }];
        assert_eq!(said(&with(r#"<rdf:Description xmp:CreatorTool="Snapseed 2.0">"#)), snapseed);
        assert_eq!(said(&with("<xmp:CreatorTool>Snapseed 2.0</xmp:CreatorTool>")), snapseed);
        assert_eq!(said(&with(r#"xmp:CreatorTool="HDR+ 1.0.2"#)), []);
        assert_eq!(said(&with("xmp:CreatorTool")), []);
        let png = [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &[0; 17], b"\0\0\0\x13tEXtSoftware\0GIMP 2.10\0\0\0\0"].concat();
        assert_eq!(said(&png), [Edit::Program { name: "GIMP".into() }]);
    }

    #[test]
    fn every_editor_is_found_by_what_it_writes() {
        for one in EDITORS.iter() {
            for written in &one.written {
                assert_eq!(
                    (written.to_lowercase().as_str(), editor(&format!("the {written} 1.0"))),
                    (written.as_str(), Some(one.name.as_str()))
                );
            }
        }
    }
}
