//! A still picture: its size, its camera, its digests, its thumbnail.

use super::exif::Written;
use super::facts::{Digests, Facts, MediaKind};
use super::limits::{Limits, PICTURE_BYTES};
use super::reading::{Reading, still};
use super::source::Source;
use super::{coded, edits, exif, sniff, thumbnail};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbaImage};
use likeness::grey::Grey;
use likeness::pdq::LEAST_QUALITY;
use likeness::windows::windows;
use sha2::{Digest, Sha256};
use std::io::{Cursor, Read};

/// A picture's light is looked at this large: what [`likeness::align::compare`] makes of larger ones anyway.
const LIGHT: usize = 1280;

/// The light of a picture, no side longer than [`LIGHT`] pixels, or the sentence why there is none.
pub(super) fn light(source: Source, limits: &Limits) -> Result<Grey, String> {
    let file = read(source)?;
    let format = image::guess_format(&file).map_err(|_| "The file is not a picture that keshi can open.".to_owned())?;
    let turn = exif::read(&file).and_then(|written| written.turn());
    Ok(grey(&decode(&file, format, limits, turn)?).within(LIGHT))
}

/// BT.601 luma, as [`Grey::from_rgb`] has it, of the picture on white paper, as pages show it.
fn grey(upright: &RgbaImage) -> Grey {
    let mut flat = Vec::with_capacity(upright.as_raw().len() / 4 * 3);
    for &[r, g, b, alpha] in upright.as_raw().as_chunks::<4>().0 {
        flat.extend([r, g, b].map(|value| match alpha {
            u8::MAX => value,
            _ => ((u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255) as u8,
        }));
    }
    let (width, height) = (upright.width() as usize, upright.height() as usize);
    Grey::from_rgb(width, height, 3 * width, &flat).unwrap_or_else(|| Grey::draw(1, 1, |_, _| 0))
}

/// Fingerprints that tell something, as facts have them.
fn views(grey: &Grey) -> Vec<(u8, String, u8)> {
    let telling = windows(grey).into_iter().filter(|view| view.quality >= LEAST_QUALITY);
    telling.map(|view| (view.window.number(), view.fingerprint.to_string(), view.quality)).collect()
}

fn read(source: Source) -> Result<Vec<u8>, String> {
    if source.size() > PICTURE_BYTES {
        return Err(format!("The picture's file has {} MiB, more than the {} that are opened.", source.size() >> 20, PICTURE_BYTES >> 20));
    }
    let mut file = Vec::new();
    source.take(PICTURE_BYTES).read_to_end(&mut file).map_err(|error| format!("The file cannot be read: {error}."))?;
    Ok(file)
}

/// Opens a picture, or says in a sentence why not.
pub(super) fn measure(source: Source, limits: &Limits) -> Result<Facts, String> {
    let file = read(source)?;
    let Ok(format) = image::guess_format(&file) else { return undecoded(&file) };
    let mut facts = Facts::new(MediaKind::Picture, name(format));
    let written = exif::read(&file);
    let turn = written.as_ref().and_then(Written::turn);
    facts.rotation = turn.and_then(degrees);
    facts.digests.coded = coded::digest(&file);
    if facts.digests.coded.is_none() && matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP) {
        facts.notes.push("The file is damaged or ends before the picture does.".into());
    }
    let upright = decode(&file, format, limits, turn)?;
    facts.width = Some(upright.width());
    facts.height = Some(upright.height());
    facts.digests.pixels = Some(pixels(&upright));
    let grey = grey(&upright);
    facts.views = views(&grey);
    facts.edits = edits::traces(&file, written.as_ref(), &grey);
    facts.exif = written.map(|written| written.exif);
    let mut reading = Reading::of_picture(limits);
    reading.see(0, &still(&grey));
    reading.tell(0, &mut facts);
    facts.thumbnail = thumbnail::of(upright);
    Ok(facts)
}

/// HEIF, AVIF and TIFF are known but not decoded: what their camera wrote is kept all the same.
fn undecoded(file: &[u8]) -> Result<Facts, String> {
    let sniffed = sniff::sniff(file);
    let Some(name) = sniffed.media_type.strip_prefix("image/").filter(|_| sniffed.class == sniff::Class::Picture) else {
        return Err("The file is not a picture that keshi can open; save it as JPEG or PNG.".into());
    };
    let mut facts = Facts::new(MediaKind::Picture, name);
    facts.exif = exif::read(file).map(|written| written.exif);
    facts.digests = Digests::default();
    facts.notes.push(format!("Pictures in {} are kept but not opened: only what the camera wrote is read.", name.to_uppercase()));
    Ok(facts)
}

fn decode(file: &[u8], format: ImageFormat, limits: &Limits, turn: Option<Orientation>) -> Result<RgbaImage, String> {
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(limits.memory_bytes);
    reader.limits(allowed);
    let decoder = reader.into_decoder().map_err(sentence)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(format!(
            "The picture claims {width} × {height} pixels, more than the {} million that are opened; save it smaller.",
            limits.max_pixels / 1_000_000
        ));
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(sentence)?;
    let mut upright = DynamicImage::ImageRgba8(picture.into_rgba8());
    upright.apply_orientation(turn.unwrap_or(Orientation::NoTransforms));
    Ok(upright.into_rgba8())
}

fn sentence(error: ImageError) -> String {
    match error {
        ImageError::Limits(_) => "Opening the picture needs more memory than is allowed; save it smaller.".into(),
        ImageError::Unsupported(_) => {
            "The picture uses a variant of its format that keshi cannot open; save it as plain JPEG or PNG.".into()
        }
        _ => "The picture is damaged or cut short and cannot be opened.".into(),
    }
}

fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "jpeg",
        ImageFormat::Png => "png",
        ImageFormat::WebP => "webp",
        ImageFormat::Gif => "gif",
        ImageFormat::Bmp => "bmp",
        other => other.extensions_str().first().copied().unwrap_or("picture"),
    }
}

/// The clockwise turn; `None` for upright pictures and for mirrored ones, which the orientation itself tells.
fn degrees(turn: Orientation) -> Option<u16> {
    match turn {
        Orientation::Rotate90 | Orientation::Rotate90FlipH => Some(90),
        Orientation::Rotate180 => Some(180),
        Orientation::Rotate270 | Orientation::Rotate270FlipH => Some(270),
        _ => None,
    }
}

fn pixels(upright: &RgbaImage) -> String {
    let mut hash = Sha256::new();
    hash.update(upright.width().to_be_bytes());
    hash.update(upright.height().to_be_bytes());
    hash.update(upright.as_raw());
    hex::encode(hash.finalize())
}
