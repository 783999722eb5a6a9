//! What the bytes are: text in which encoding, a zip, or no log at all. By content, never by file name.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// The encoding of a text file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Charset {
    pub(crate) encoding: &'static Encoding,
    /// Bytes of the byte-order mark, which is no text.
    pub(crate) mark: u64,
}

impl Charset {
    pub(crate) const PLAIN: Charset = Charset { encoding: UTF_8, mark: 0 };

    /// Whether two bytes make a unit, so that the text must be converted before lines can be found in it. In every other encoding
    /// accepted here, line ends, quotation marks and delimiters are never part of a longer character.
    pub(crate) fn is_wide(self) -> bool {
        self.encoding == UTF_16LE || self.encoding == UTF_16BE
    }

    /// How many bytes of the file a piece of it takes, given as it is split: UTF-8 for wide encodings, raw bytes for others.
    pub(crate) fn source_len(self, piece: &[u8]) -> u64 {
        if !self.is_wide() {
            return piece.len() as u64;
        }
        // Each UTF-8 character that is not a continuation byte is one unit, four-byte ones are two.
        let units: u64 = piece.iter().map(|byte| u64::from(byte & 0xc0 != 0x80) + u64::from(*byte >= 0xf0)).sum();
        units * 2
    }

    /// The assumption to state, if one was made.
    pub(crate) fn assumption(self) -> Option<String> {
        (self.encoding != UTF_8 && self.mark == 0)
            .then(|| format!("The file does not say its encoding; its text is read as {}.", self.encoding.name()))
    }
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sniffed {
    Text(Charset),
    Zip,
    /// Something that holds no log, and what to say about it.
    Foreign(&'static str),
}

/// How much of the file decides: the first bytes, and as many again from the first byte that is not ASCII.
const SAMPLE: usize = 64 << 10;
/// How far the first byte that is not ASCII is looked for.
const FARTHEST: u64 = 64 << 20;

/// Sniffs a file from its beginning. Reads no more than needed, keeps two samples at most.
pub(crate) fn sniff(file: &mut File) -> io::Result<Sniffed> {
    file.seek(SeekFrom::Start(0))?;
    let head = fill(file, SAMPLE)?;
    if let Some(known) = magic(&head) {
        return Ok(known);
    }
    for (mark, encoding) in [(&b"\xef\xbb\xbf"[..], UTF_8), (b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE)] {
        if head.starts_with(mark) {
            return Ok(Sniffed::Text(Charset { encoding, mark: mark.len() as u64 }));
        }
    }
    if head.contains(&0) {
        return Ok(wide(&head));
    }
    if head.iter().filter(|byte| matches!(byte, 0x01..=0x08 | 0x0e..=0x1a | 0x1c..=0x1f)).count() > head.len() / 256 {
        return Ok(Sniffed::Foreign("it is a binary file; export the log as a workbook, CSV or JSON and send that"));
    }
    if head.is_ascii() && head.trim_ascii_start().starts_with(b"{") {
        // JSON is UTF-8; it need not be read to its first name to know.
        return Ok(Sniffed::Text(Charset::PLAIN));
    }
    let mut sample = head;
    let mut seen = sample.len() as u64;
    while sample.is_ascii() && seen < FARTHEST {
        sample = fill(file, SAMPLE)?;
        seen += sample.len() as u64;
        if sample.is_empty() {
            return Ok(Sniffed::Text(Charset::PLAIN));
        }
    }
    let start = sample.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    sample.drain(..start);
    sample.extend(fill(file, SAMPLE)?);
    Ok(Sniffed::Text(Charset { encoding: narrow(&sample), mark: 0 }))
}

fn fill(file: &mut File, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(limit);
    file.by_ref().take(limit as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Kinds of files that are known by their first bytes and hold no log in text.
fn magic(head: &[u8]) -> Option<Sniffed> {
    const FOREIGN: [(usize, &[u8], &str); 10] = [
        (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "it is an old .xls or a workbook with a password; save it as .xlsx without one"),
        (0, b"%PDF", "it is a PDF; export the log as .xlsx or .csv"),
        (0, b"\x89PNG", "it is a picture; send it as kind=screenshot"),
        (0, b"\xff\xd8\xff", "it is a picture; send it as kind=screenshot"),
        (0, b"GIF8", "it is a picture; send it as kind=screenshot"),
        (4, b"ftyp", "it is a video; send it as kind=video"),
        (0, b"\x1a\x45\xdf\xa3", "it is a video; send it as kind=video"),
        (0, b"\x1f\x8b", "it is compressed; unpack it first"),
        (0, b"Rar!", "it is compressed; unpack it first"),
        (0, b"7z\xbc\xaf", "it is compressed; unpack it first"),
    ];
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(Sniffed::Zip);
    }
    FOREIGN
        .iter()
        .find(|(at, bytes, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes)))
        .map(|(.., what)| Sniffed::Foreign(what))
}

/// Text with zero bytes: UTF-16 whose order is told by which half of the units they fill, or no text.
fn wide(head: &[u8]) -> Sniffed {
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let encoding = if second > 4 * first {
        UTF_16LE
    } else if first > 4 * second {
        UTF_16BE
    } else {
        return Sniffed::Foreign("it is a binary file; export the log as a workbook, CSV or JSON and send that");
    };
    let (text, _) = encoding.decode_without_bom_handling(&head[..head.len() & !1]);
    let odd = text.chars().filter(|c| *c == '\u{fffd}' || c.is_control() && !matches!(c, '\t' | '\r' | '\n')).count();
    if odd > 1 {
        Sniffed::Foreign("it is a binary file; export the log as a workbook, CSV or JSON and send that")
    } else {
        Sniffed::Text(Charset { encoding, mark: 0 })
    }
}

/// The encoding of a sample that begins with a byte that is not ASCII.
fn narrow(sample: &[u8]) -> &'static Encoding {
    match std::str::from_utf8(sample) {
        Ok(_) => return UTF_8,
        // Cut in the middle of a character.
        Err(error) if error.error_len().is_none() => return UTF_8,
        Err(error)
            if error.valid_up_to() > sample.len() / 2
                && sample[..error.valid_up_to()].iter().filter(|byte| !byte.is_ascii()).count() > 64 =>
        {
            // Much valid UTF-8 and then a damaged row: the row is at fault, not the encoding.
            return UTF_8;
        }
        Err(_) => {}
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    match detector.guess(Some(b"cn"), Utf8Detection::Deny) {
        guess if guess == encoding_rs::GBK => GB18030,
        guess if [encoding_rs::BIG5, encoding_rs::SHIFT_JIS, encoding_rs::EUC_JP, encoding_rs::EUC_KR].contains(&guess) => guess,
        // A short sample may look Western to the detector; what decodes without a fault as Chinese is Chinese here.
        guess => {
            let (_, faulty) = GB18030.decode_without_bom_handling(&sample[..sample.len() - sample.len().min(3)]);
            if faulty { guess } else { GB18030 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn of(bytes: &[u8]) -> Sniffed {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("written");
        sniff(&mut file).expect("sniffed")
    }

    fn text(encoding: &'static Encoding, mark: u64) -> Sniffed {
        Sniffed::Text(Charset { encoding, mark })
    }

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn a_byte_order_mark_decides() {
        assert_eq!(of("\u{feff}姓名,时间".as_bytes()), text(UTF_8, 3));
        assert_eq!(of(&utf16("\u{feff}姓名\t时间", u16::to_le_bytes)), text(UTF_16LE, 2));
        assert_eq!(of(&utf16("\u{feff}姓名\t时间", u16::to_be_bytes)), text(UTF_16BE, 2));
    }

    #[test]
    fn wide_text_without_a_mark_is_told_by_its_zeros() {
        assert_eq!(of(&utf16("姓名,Join Time\r\n张三,2020-03-03 09:00:00", u16::to_le_bytes)), text(UTF_16LE, 0));
        assert_eq!(of(&utf16("姓名,Join Time\r\n张三,2020-03-03 09:00:00", u16::to_be_bytes)), text(UTF_16BE, 0));
    }

    #[test]
    fn chinese_text_is_utf8_or_gb18030() {
        let log = "姓名,开始时间,结束时间\n张三,2020-03-03 09:00:00,2020-03-03 10:00:00\n李四,2020-03-03 09:00:00,2020-03-03 10:00:00\n";
        assert_eq!(of(log.as_bytes()), text(UTF_8, 0));
        assert_eq!(of(&GB18030.encode(log).0), text(GB18030, 0));
        assert_eq!(of(b"name,at\n"), text(UTF_8, 0));
    }

    #[test]
    fn the_first_chinese_name_may_come_late() {
        let mut log = "Name,Join Time\n".repeat(20_000).into_bytes();
        log.extend(GB18030.encode("张三,2020-03-03 09:00:00\n李四,2020-03-03 09:00:00\n").0.iter());
        assert_eq!(of(&log), text(GB18030, 0));
    }

    #[test]
    fn files_that_are_no_logs_are_named() {
        assert_eq!(of(b"PK\x03\x04rest"), Sniffed::Zip);
        for bytes in [
            &b"%PDF-1.4"[..],
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"\0\0\0\x18ftypmp42",
            b"\0\x01\x02\x03\0\0\x04\x05",
            b"\x01\x02\x03\x04abc",
        ] {
            assert!(matches!(of(bytes), Sniffed::Foreign(_)), "{bytes:?}");
        }
    }

    #[test]
    fn a_piece_knows_its_length_in_the_file() {
        let wide = Charset { encoding: UTF_16LE, mark: 2 };
        assert_eq!(wide.source_len("a张𠮷\n".as_bytes()), 10);
        assert_eq!(Charset::PLAIN.source_len("a张\n".as_bytes()), 5);
    }
}
