//! What bytes are, by content: names and declared types lie.

/// How many bytes of a file [`sniff`] wants to see. A transport stream shows itself after three packets (3 × 188), a ZIP's first
/// names and a Matroska header within the first kilobytes.
pub const HEAD: usize = 4096;

/// What sort of file it is; decides what may be submitted as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Moving pictures, with or without sound.
    Video,
    /// A still picture.
    Picture,
    /// Sound alone.
    Audio,
    /// Text in any encoding: CSV, JSON, NDJSON, plain.
    Text,
    /// A ZIP, and what is built on one: XLSX, DOCX.
    Zip,
    /// A PDF document.
    Pdf,
    /// Anything else, and nothing at all.
    Other,
}

/// What the first bytes of a file say it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// An IANA media type that is safe to serve: anything a browser would run (HTML, SVG, XML) is said to be `text/plain`.
    pub media_type: &'static str,
    /// What sort of file it is.
    pub class: Class,
}

const fn found(media_type: &'static str, class: Class) -> Sniffed {
    Sniffed { media_type, class }
}

const UNKNOWN: Sniffed = found("application/octet-stream", Class::Other);

/// Says what a file is from its first bytes (give it [`HEAD`] of them; fewer work less well). Pure, never fails.
pub fn sniff(head: &[u8]) -> Sniffed {
    by_signature(head)
        .or_else(|| by_brand(head))
        .or_else(|| by_riff(head))
        .or_else(|| by_frames(head))
        .or_else(|| by_text(head))
        .unwrap_or(UNKNOWN)
}

/// Formats that begin with bytes of their own.
fn by_signature(head: &[u8]) -> Option<Sniffed> {
    use Class::*;
    const ASF: &[u8] = b"\x30\x26\xB2\x75\x8E\x66\xCF\x11";
    let sniffed = match head {
        [0xFF, 0xD8, 0xFF, ..] => found("image/jpeg", Picture),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => found("image/png", Picture),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => found("image/gif", Picture),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => found("image/tiff", Picture),
        // A bitmap's four reserved bytes are zero; "BM" alone begins many a text.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => found("image/bmp", Picture),
        [0x1A, 0x45, 0xDF, 0xA3, ..] if contains(head, b"webm") => found("video/webm", Video),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => found("video/x-matroska", Video),
        [b'F', b'L', b'V', 1, ..] => found("video/x-flv", Video),
        [0, 0, 1, 0xBA, ..] | [0, 0, 1, 0xB3, ..] => found("video/mpeg", Video),
        [b'.', b'R', b'M', b'F', ..] => found("application/vnd.rn-realmedia", Video),
        [b'O', b'g', b'g', b'S', ..] if contains(head, b"\x80theora") => found("video/ogg", Video),
        [b'O', b'g', b'g', b'S', ..] => found("audio/ogg", Audio),
        [b'f', b'L', b'a', b'C', ..] => found("audio/flac", Audio),
        [b'#', b'!', b'A', b'M', b'R', ..] => found("audio/amr", Audio),
        [b'I', b'D', b'3', 2..=4, ..] => found("audio/mpeg", Audio),
        [b'%', b'P', b'D', b'F', b'-', ..] => found("application/pdf", Pdf),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => zip(head),
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => found("application/x-ole-storage", Other),
        [0x1F, 0x8B, 8, ..] => found("application/gzip", Other),
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => found("application/x-7z-compressed", Other),
        [b'R', b'a', b'r', b'!', 0x1A, 7, ..] => found("application/vnd.rar", Other),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => found("application/zstd", Other),
        [b'P', b'A', b'R', b'1', ..] => found("application/vnd.apache.parquet", Other),
        // With a picture stream (its properties' type) it is WMV, else WMA.
        _ if head.starts_with(ASF) && contains(head, b"\xC0\xEF\x19\xBC\x5B\x4D\xCF\x11") => found("video/x-ms-wmv", Video),
        _ if head.starts_with(ASF) => found("audio/x-ms-wma", Audio),
        _ => return None,
    };
    Some(sniffed)
}

/// ISO base media (MP4, QuickTime, HEIF): a box length, `ftyp`, and the brand of who wrote it.
fn by_brand(head: &[u8]) -> Option<Sniffed> {
    use Class::*;
    let kind = head.get(4..8)?;
    if kind != b"ftyp" {
        // QuickTime files from before `ftyp`, and fragments whose first box is another one.
        return matches!(kind, b"moov" | b"mdat" | b"wide" | b"styp").then_some(found("video/quicktime", Video));
    }
    let sniffed = match head.get(8..12)? {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => found("image/heic", Picture),
        b"mif1" | b"msf1" if contains(&head[..head.len().min(64)], b"avif") => found("image/avif", Picture),
        b"mif1" | b"msf1" => found("image/heif", Picture),
        b"avif" | b"avis" => found("image/avif", Picture),
        b"M4A " | b"M4B " | b"M4P " => found("audio/mp4", Audio),
        b"qt  " => found("video/quicktime", Video),
        [b'3', b'g', b'p' | b'2', ..] => found("video/3gpp", Video),
        _ => found("video/mp4", Video),
    };
    Some(sniffed)
}

/// RIFF: AVI, WAV and WebP share one envelope.
fn by_riff(head: &[u8]) -> Option<Sniffed> {
    if !head.starts_with(b"RIFF") && !head.starts_with(b"RF64") {
        return None;
    }
    match head.get(8..12)? {
        b"AVI " => Some(found("video/x-msvideo", Class::Video)),
        b"WAVE" => Some(found("audio/wav", Class::Audio)),
        b"WEBP" => Some(found("image/webp", Class::Picture)),
        _ => None,
    }
}

/// Streams without a header, known by frames that follow one another.
fn by_frames(head: &[u8]) -> Option<Sniffed> {
    // Transport streams: a sync byte every 188 bytes, or every 192 behind a four-byte time code.
    let sync = |first: usize, step: usize| (0..3).all(|n| head.get(first + n * step) == Some(&0x47));
    if sync(0, 188) || sync(4, 192) {
        return Some(found("video/mp2t", Class::Video));
    }
    match head {
        // ADTS before MP3: both begin with eleven set bits, ADTS has layer 0.
        [0xFF, second, ..] if second & 0xF6 == 0xF0 => Some(found("audio/aac", Class::Audio)),
        [0xFF, second, third, ..] if second & 0xE0 == 0xE0 && second & 0x06 != 0 && second & 0x18 != 0x08 && third & 0xF0 != 0xF0 => {
            // The byte order mark FF FE of UTF-16 text looks like a frame header too.
            (*second != 0xFE).then_some(found("audio/mpeg", Class::Audio))
        }
        _ => None,
    }
}

/// Text: a byte order mark, or no byte that text does not have. Legacy Chinese encodings pass, binary rubbish does not.
fn by_text(head: &[u8]) -> Option<Sniffed> {
    if head.is_empty() {
        return None;
    }
    let utf16 = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) || looks_like_utf16(head);
    let plain = head.iter().all(|byte| !matches!(byte, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F));
    if !utf16 && !(plain && (std::str::from_utf8(head).is_ok() || cut_utf8(head) || mostly_double_byte(head))) {
        return None;
    }
    let body = head.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(head).trim_ascii_start();
    let media_type = match body.first() {
        Some(b'{') if body.split(|byte| *byte == b'\n').nth(1).is_some_and(|line| line.starts_with(b"{")) => "application/x-ndjson",
        Some(b'{' | b'[') => "application/json",
        _ => "text/plain",
    };
    Some(found(media_type, Class::Text))
}

/// UTF-16 without a mark: text with Western digits and commas has a zero in every second byte.
fn looks_like_utf16(head: &[u8]) -> bool {
    let pairs = head.len() / 2;
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    pairs >= 8 && (even * 2 > pairs && odd == 0 || odd * 2 > pairs && even == 0)
}

/// UTF-8 whose last character was cut by the end of the head.
fn cut_utf8(head: &[u8]) -> bool {
    std::str::from_utf8(head).is_err_and(|error| error.error_len().is_none())
}

/// GB18030, GBK or Big5: bytes above 0x80 come in pairs (or fours), and ASCII outnumbers what is left over.
fn mostly_double_byte(head: &[u8]) -> bool {
    let (mut at, mut odd) = (0, 0_usize);
    while at < head.len() {
        match (head[at], head.get(at + 1)) {
            (0..=0x7F, _) => at += 1,
            (0x81..=0xFE, Some(0x40..=0x7E | 0x80..=0xFE | 0x30..=0x39)) => at += 2,
            (_, None) => at += 1,
            _ => {
                odd += 1;
                at += 1;
            }
        }
    }
    odd * 100 <= head.len()
}

/// Office files are ZIPs that say so in their first names.
fn zip(head: &[u8]) -> Sniffed {
    let media_type = if contains(head, b"xl/") {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    } else if contains(head, b"word/") {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    } else if contains(head, b"ppt/") {
        "application/vnd.openxmlformats-officedocument.presentationml.presentation"
    } else {
        "application/zip"
    };
    found(media_type, Class::Zip)
}

fn contains(head: &[u8], needle: &[u8]) -> bool {
    head.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(head: &[u8], media_type: &str, class: Class) {
        let sniffed = sniff(head);
        assert_eq!((sniffed.media_type, sniffed.class), (media_type, class), "{:?}", &head[..head.len().min(16)]);
    }

    #[test]
    fn videos_are_known_by_their_containers() {
        is(b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41", "video/mp4", Class::Video);
        is(b"\0\0\0\x14ftypqt  \0\0\x02\0", "video/quicktime", Class::Video);
        is(b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x84webm", "video/webm", Class::Video);
        is(b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81\x01\x42\x82\x88matroska", "video/x-matroska", Class::Video);
        is(b"FLV\x01\x05\0\0\0\x09", "video/x-flv", Class::Video);
        is(b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo", Class::Video);
        let mut transport = vec![0xAA; 600];
        for at in [0, 188, 376] {
            transport[at] = 0x47;
        }
        is(&transport, "video/mp2t", Class::Video);
    }

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        is(b"\xFF\xD8\xFF\xE1\0\x10Exif", "image/jpeg", Class::Picture);
        is(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", "image/png", Class::Picture);
        is(b"GIF89a\x01\0\x01\0", "image/gif", Class::Picture);
        is(b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp", Class::Picture);
        is(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic", Class::Picture);
        is(b"\0\0\0\x18ftypmif1\0\0\0\0avifmif1", "image/avif", Class::Picture);
        is(b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0", "image/bmp", Class::Picture);
    }

    #[test]
    fn sound_documents_and_archives_are_told_apart() {
        is(b"\0\0\0\x1CftypM4A \0\0\0\0", "audio/mp4", Class::Audio);
        is(b"ID3\x03\0\0\0\0\0\0", "audio/mpeg", Class::Audio);
        is(b"\xFF\xFB\x90\x44\0\0", "audio/mpeg", Class::Audio);
        is(b"\xFF\xF1\x50\x80\0\0", "audio/aac", Class::Audio);
        is(b"%PDF-1.7\n", "application/pdf", Class::Pdf);
        is(b"PK\x03\x04\x14\0\0\0\x08\0xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Class::Zip);
        is(b"PK\x03\x04\x14\0\0\0\x08\0notes.txt", "application/zip", Class::Zip);
        is(b"\x1F\x8B\x08\0", "application/gzip", Class::Other);
    }

    #[test]
    fn text_is_text_in_any_encoding_of_a_meeting_export() {
        is("姓名,加入时间\n张三,09:00\n".as_bytes(), "text/plain", Class::Text);
        is(b"\xEF\xBB\xBFName,Join\n", "text/plain", Class::Text);
        is(b"\xFF\xFEN\0a\0m\0e\0", "text/plain", Class::Text);
        is(&"name,join time,leave".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), "text/plain", Class::Text);
        is(&encoding_rs::GB18030.encode("姓名,加入时间\n张三,09:00\n").0, "text/plain", Class::Text);
        is(b"{\"trainee\":\"a\"}\n{\"trainee\":\"b\"}\n", "application/x-ndjson", Class::Text);
        is(b" {\"lessons\":[]}", "application/json", Class::Text);
    }

    #[test]
    fn a_character_cut_at_the_end_of_the_head_is_still_text() {
        let text = "课".repeat(HEAD);
        is(&text.as_bytes()[..HEAD], "text/plain", Class::Text);
    }

    #[test]
    fn what_a_browser_would_run_is_plain_text() {
        is(b"<!doctype html><script>alert(1)</script>", "text/plain", Class::Text);
        is(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain", Class::Text);
    }

    #[test]
    fn rubbish_and_nothing_are_neither() {
        is(b"", "application/octet-stream", Class::Other);
        is(b"\0", "application/octet-stream", Class::Other);
        is(&[0, 1, 2, 3, 200, 201, 202, 5, 6], "application/octet-stream", Class::Other);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(head in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
            sniff(&head);
        }
    }
}
