//! The digest of a picture's coded data: what is left of the file when everything that does not make pixels is taken away.
//!
//! Two files with the same coded digest show the same picture and came from the same encoding, whatever was done to their metadata.

use sha2::{Digest, Sha256};

/// SHA-256 (lower hex) over the parts that make pixels, or `None` for formats that have no such split or files that end within a part.
pub(super) fn digest(file: &[u8]) -> Option<String> {
    let hash = match file {
        [0xFF, 0xD8, ..] => jpeg(file)?,
        [0x89, b'P', b'N', b'G', ..] => png(file)?,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(file)?,
        _ => return None,
    };
    Some(hex::encode(hash.finalize()))
}

/// JPEG: every segment from start to the first end of image, except applications' segments and comments. Adobe's APP14 stays: it says
/// how colours are coded.
fn jpeg(file: &[u8]) -> Option<Sha256> {
    const END: u8 = 0xD9;
    const SCAN: u8 = 0xDA;
    const COMMENT: u8 = 0xFE;
    let mut hash = Sha256::new();
    let mut at = 2;
    loop {
        // Any number of FF may fill up before a marker.
        while file.get(at)? == &0xFF && file.get(at + 1)? == &0xFF {
            at += 1;
        }
        let (&0xFF, &marker) = (file.get(at)?, file.get(at + 1)?) else { return None };
        if marker == END {
            return Some(hash);
        }
        let length = usize::from(u16::from_be_bytes([*file.get(at + 2)?, *file.get(at + 3)?]));
        let mut until = at + 2 + length;
        let metadata = matches!(marker, 0xE0..=0xED | 0xEF | COMMENT);
        if marker == SCAN {
            until = scan_end(file, until)?;
        }
        let segment = file.get(at..until)?;
        if !metadata {
            hash.update(segment);
        }
        at = until;
    }
}

/// Coded data runs until a marker that is neither a stuffed zero nor a restart.
fn scan_end(file: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += next_marker(file.get(at..)?)?;
        match file.get(at + 1)? {
            0 | 0xD0..=0xD7 => at += 2,
            _ => return Some(at),
        }
    }
}

fn next_marker(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == 0xFF)
}

/// PNG: the header, the palette, transparency and the pixel data, however it is cut into chunks. Lengths and checksums are left out.
fn png(file: &[u8]) -> Option<Sha256> {
    let mut hash = Sha256::new();
    let mut at = 8;
    let mut last = [0; 4];
    loop {
        let length = u32::from_be_bytes(file.get(at..at + 4)?.try_into().ok()?) as usize;
        let name: [u8; 4] = file.get(at + 4..at + 8)?.try_into().ok()?;
        let data = file.get(at + 8..at.checked_add(8)?.checked_add(length)?)?;
        match &name {
            b"IEND" => return Some(hash),
            b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" | b"fcTL" | b"fdAT" => {
                if name != last || &name != b"IDAT" {
                    hash.update(name);
                }
                hash.update(data);
                last = name;
            }
            _ => {}
        }
        at += 12 + length;
    }
}

/// WebP: the chunks of lossy, lossless, alpha and animated pictures.
fn webp(file: &[u8]) -> Option<Sha256> {
    let mut hash = Sha256::new();
    let mut at = 12;
    let mut any = false;
    while at + 8 <= file.len() {
        let length = u32::from_le_bytes(file.get(at + 4..at + 8)?.try_into().ok()?) as usize;
        let name = file.get(at..at + 4)?;
        let data = file.get(at + 8..at.checked_add(8)?.checked_add(length)?)?;
        if matches!(name, b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF") {
            hash.update(name);
            hash.update(data);
            any = true;
        }
        at += 8 + length + length % 2;
    }
    any.then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, RgbImage};

    fn encoded(format: ImageFormat) -> Vec<u8> {
        let picture = RgbImage::from_fn(40, 30, |x, y| image::Rgb([(x * 6) as u8, (y * 8) as u8, (x * y) as u8]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn with(bytes: &[u8], at: usize, inserted: &[u8]) -> Vec<u8> {
        [&bytes[..at], inserted, &bytes[at..]].concat()
    }

    #[test]
    fn a_jpeg_keeps_its_coded_digest_when_metadata_and_a_tail_are_added() {
        let plain = encoded(ImageFormat::Jpeg);
        let tagged = with(&plain, 2, b"\xFF\xE1\0\x08Exif\0\0\xFF\xFE\0\x07hello");
        let tailed = [&tagged[..], b"appended after the end"].concat();
        assert!(digest(&plain).is_some());
        assert_eq!(digest(&tailed), digest(&plain));
    }

    #[test]
    fn one_changed_bit_of_coded_data_changes_the_digest() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let plain = encoded(format);
            let mut other = plain.clone();
            let at = if format == ImageFormat::Png { other.len() - 30 } else { other.len() - 10 };
            other[at] ^= 1;
            assert_ne!(digest(&other), digest(&plain), "{format:?}");
        }
    }

    #[test]
    fn a_png_keeps_its_coded_digest_when_text_is_added() {
        let plain = encoded(ImageFormat::Png);
        let tagged = with(&plain, 33, b"\0\0\0\x05tEXta\0bcd\0\0\0\0");
        assert!(digest(&plain).is_some());
        assert_eq!(digest(&tagged), digest(&plain));
    }

    #[test]
    fn a_file_cut_short_has_no_coded_digest() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            let plain = encoded(format);
            assert_eq!(digest(&plain[..plain.len() / 2]), None, "{format:?}");
        }
    }

    #[test]
    fn formats_without_a_split_have_none() {
        assert_eq!(digest(&encoded(ImageFormat::Bmp)), None);
        assert_eq!(digest(b""), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(format in 0..3_usize, cut in 0..2000_usize, at in 0..2000_usize, byte in proptest::prelude::any::<u8>()) {
            let mut bytes = encoded([ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP][format]);
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(cut.max(1));
            digest(&bytes);
        }
    }
}
