//! Looks at a workbook's zip before anything parses it: how many entries, how far they expand, whether they are whole.
//!
//! Sizes written in the zip are not believed: every entry is expanded once, into nothing, and counted. Its check sums are verified on
//! the way, so that a damaged workbook is named as such and not read in part.

use super::limits::Limits;
use crate::error::{Error, Result, codes};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use zip::ZipArchive;
use zip::result::ZipError;

/// Parts that are no sheets hold the texts and styles of all sheets and are kept in memory while reading.
const SHARED_PART: u64 = 64 << 20;

/// What was seen on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Whether any cells are merged.
    pub(crate) merged: bool,
}

/// Passes a zip that may be opened as a workbook, or says why not.
pub(crate) fn inspect(file: &File, limits: &Limits) -> Result<Seen> {
    let size = file.metadata()?.len();
    if size > limits.workbook_bytes {
        let most = limits.workbook_bytes >> 20;
        return Err(Error::new(&codes::TOO_LARGE, format!("The workbook is larger than {most} MiB; split it, or export it as CSV.")));
    }
    if entries(file, limits.entries)? > limits.entries {
        return Err(bomb(format!("it has more than {} parts", limits.entries)));
    }
    let mut reader = file;
    reader.seek(SeekFrom::Start(0))?;
    let mut archive = ZipArchive::new(BufReader::new(reader)).map_err(damaged)?;
    if !is_workbook(&archive) {
        return Err(Error::new(
            &codes::UNKNOWN_FORMAT,
            "The file is a zip but no .xlsx workbook; unpack it and send the log itself, or save the table as .xlsx.",
        ));
    }
    let (mut total, mut seen) = (0, Seen::default());
    for place in 0..archive.len() {
        let entry = archive.by_index(place).map_err(damaged)?;
        let packed = entry.compressed_size();
        let name = entry.name().map_err(damaged)?.to_lowercase();
        let most = if name.contains("worksheets/") { limits.expanded_bytes } else { SHARED_PART };
        let xml = (name.ends_with(".xml") || name.ends_with(".rels")).then(Xml::default);
        total += expand(entry, packed, most.min(limits.expanded_bytes - total), limits, xml, &mut seen)?;
    }
    Ok(seen)
}

/// Counts the central directory's records without trusting what it says of itself; stops when there are more than `most`.
fn entries(mut file: &File, most: usize) -> Result<usize> {
    const RECORD: &[u8] = b"PK\x01\x02";
    file.seek(SeekFrom::Start(0))?;
    let mut buffer = vec![0; 1 << 20];
    let (mut kept, mut count) = (0, 0);
    loop {
        let read = file.read(&mut buffer[kept..])?;
        if read == 0 {
            return Ok(count);
        }
        let filled = kept + read;
        count += memchr::memmem::find_iter(&buffer[..filled], RECORD).count();
        if count > most {
            return Ok(count);
        }
        kept = filled.min(RECORD.len() - 1);
        buffer.copy_within(filled - kept..filled, 0);
    }
}

fn is_workbook<R: Read + Seek>(archive: &ZipArchive<R>) -> bool {
    let names = || archive.file_names().filter_map(std::result::Result::ok);
    names().any(|name| name == "[Content_Types].xml")
        && names().any(|name| name.to_lowercase().contains("worksheets/") && name.ends_with(".xml"))
}

/// Expands one entry into nothing and says how long it is.
fn expand(mut entry: impl Read, packed: u64, most: u64, limits: &Limits, mut xml: Option<Xml>, seen: &mut Seen) -> Result<u64> {
    let mut buffer = vec![0; 64 << 10];
    let mut expanded = 0;
    loop {
        let read = match entry.read(&mut buffer) {
            Ok(0) => return Ok(expanded),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(damaged(ZipError::Io(error))),
        };
        expanded += read as u64;
        if expanded > most {
            return Err(bomb("its parts expand beyond the limit".to_owned()));
        }
        if expanded > Limits::FREE_EXPANSION && expanded / limits.ratio > packed {
            return Err(bomb(format!("a part of it expands more than {} times", limits.ratio)));
        }
        if let Some(xml) = &mut xml {
            xml.look(&buffer[..read], seen)?;
        }
    }
}

/// What the XML of a part claims that a parser would believe.
#[derive(Default)]
struct Xml {
    begun: bool,
    /// Bytes since the last `<`: one tag or text is held in memory whole.
    run: usize,
    /// The end of the last piece, for claims that are cut in two.
    tail: Vec<u8>,
}

impl Xml {
    /// The number of shared strings a workbook claims to have; parsers reserve memory for it.
    const CLAIM: &[u8] = b"uniqueCount";
    /// The element of a merged region.
    const MERGED: &[u8] = b"mergeCell";
    /// More shared strings than fit into a part of [`SHARED_PART`] bytes.
    const MOST_STRINGS: u64 = SHARED_PART / 8;
    /// A cell of a spreadsheet holds 32,767 characters.
    const LONGEST_RUN: usize = 4 << 20;

    fn look(&mut self, piece: &[u8], seen: &mut Seen) -> Result<()> {
        if !self.begun {
            self.begun = true;
            self.encoding(piece)?;
        }
        match memchr::memrchr(b'<', piece) {
            Some(at) => self.run = piece.len() - at,
            None => self.run += piece.len(),
        }
        if self.run > Self::LONGEST_RUN {
            return Err(bomb("a single value of it is millions of characters long".to_owned()));
        }
        // A claim is its name, `=`, quotes and up to twenty digits; forty bytes more than its name see it whole, wherever it is cut.
        const WINDOW: usize = Xml::CLAIM.len() + 40;
        let mut seam = std::mem::take(&mut self.tail);
        seam.extend_from_slice(&piece[..piece.len().min(WINDOW)]);
        for text in [&seam, piece] {
            self.claims(text)?;
            seen.merged |= memchr::memmem::find(text, Self::MERGED).is_some();
        }
        self.tail = piece[piece.len().saturating_sub(WINDOW)..].to_vec();
        Ok(())
    }

    fn claims(&self, text: &[u8]) -> Result<()> {
        for at in memchr::memmem::find_iter(text, Self::CLAIM) {
            let after = &text[at + Self::CLAIM.len()..];
            let digits: Vec<u8> = after
                .iter()
                .skip_while(|byte| matches!(byte, b'=' | b'"' | b'\'' | b' ' | b'\t' | b'\r' | b'\n' | b'+' | b'0'))
                .take_while(|byte| byte.is_ascii_digit())
                .copied()
                .collect();
            let claimed =
                std::str::from_utf8(&digits).ok().and_then(|digits| if digits.is_empty() { Some(0) } else { digits.parse::<u64>().ok() });
            if claimed.is_none_or(|claimed| claimed > Self::MOST_STRINGS) {
                return Err(Error::of(&codes::CORRUPT).because("claims more shared strings than it can hold"));
            }
        }
        Ok(())
    }

    /// Only UTF-8 parts can be looked at this way; spreadsheets write nothing else.
    fn encoding(&self, head: &[u8]) -> Result<()> {
        let wide = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || head.iter().take(4).any(|byte| *byte == 0);
        let prolog = &head[..head.len().min(256)];
        let named = prolog.starts_with(b"<?xml").then(|| memchr::memmem::find(prolog, b"encoding")).flatten();
        let foreign = named.is_some_and(|at| {
            let name = prolog[at..].to_ascii_lowercase();
            let name = &name[..memchr::memchr(b'>', &name).unwrap_or(name.len())];
            memchr::memmem::find(name, b"utf-8").is_none()
        });
        if wide || foreign {
            return Err(Error::of(&codes::CORRUPT).because("a part is not UTF-8"));
        }
        Ok(())
    }
}

fn bomb(what: String) -> Error {
    Error::new(&codes::BOMB, format!("The workbook was not opened: {what}. Export it again without embedded content, or as CSV."))
}

fn damaged(cause: ZipError) -> Error {
    match cause {
        ZipError::InvalidPassword | ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => Error::new(
            &codes::CORRUPT,
            "The workbook is protected or packed in a way that cannot be opened; save it again as .xlsx without a password.",
        )
        .because(cause),
        ZipError::Io(ref inner) if inner.raw_os_error().is_some() => Error::internal(cause),
        cause => Error::of(&codes::CORRUPT).because(cause),
    }
}
