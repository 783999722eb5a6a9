//! Reads a bundle's zip once from beginning to end, hashes its files, and finds every byte outside of them that is not what it must be.
//!
//! Nothing is believed and nothing is unpacked: sizes are bounded by the file's own, names by [`is_path`], memory by the number of files.

use super::layout::{EXTRA, FILE, FIXED, Member, is_path, write_directory};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use storage::Digest;

/// More files than any bundle has; some 300 bytes of memory each.
const MOST_FILES: usize = 4_000_000;

/// A file in the zip and what its bytes hash to.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) member: Member,
    pub(super) digest: Digest,
}

/// What is in the zip.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub(super) files: Vec<Seen>,
    /// What is wrong with the zip itself, in sentences.
    pub(super) faults: Vec<String>,
}

/// Reads a zip. Errors only when the file cannot be read.
pub(super) fn scan(file: &mut (impl Read + Seek)) -> io::Result<Scanned> {
    let size = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut scanned = Scanned::default();
    let mut input = BufReader::with_capacity(256 * 1024, file);
    let mut at = 0;
    let mut names = HashSet::new();
    loop {
        let head = peek(&mut input)?;
        if head != FILE.to_le_bytes() {
            break;
        }
        let Some(seen) = one(&mut input, at, size, &mut scanned.faults)? else { return Ok(scanned) };
        at = seen.member.end();
        if !names.insert(seen.member.name.clone()) {
            scanned.faults.push(format!("The zip holds {} twice.", seen.member.name));
        }
        scanned.files.push(seen);
        if scanned.files.len() > MOST_FILES {
            scanned.faults.push(format!("The zip holds more than {MOST_FILES} files; no bundle does."));
            return Ok(scanned);
        }
    }
    let members: Vec<Member> = scanned.files.iter().map(|seen| seen.member.clone()).collect();
    let mut rest = Comparing { input, at, differs: None };
    write_directory(&members, &mut rest)?;
    let trailing = size.saturating_sub(rest.at);
    if let Some(byte) = rest.differs {
        scanned
            .faults
            .push(format!("The zip was altered at byte {byte}: neither a file nor the zip's directory as keshi writes it is there."));
    } else if trailing > 0 {
        scanned.faults.push(format!("The zip was altered: {trailing} bytes follow its end at byte {}.", rest.at));
    }
    Ok(scanned)
}

/// The next four bytes, fewer at the end, without taking them.
fn peek<R: Read + Seek>(input: &mut BufReader<R>) -> io::Result<[u8; 4]> {
    let mut head = [0; 4];
    let mut held = 0;
    while held < head.len() {
        match input.read(&mut head[held..])? {
            0 => break,
            more => held += more,
        }
    }
    input.seek_relative(-(held as i64))?;
    Ok(head)
}

/// The file whose header is at `at`; `None`, with a fault, when it cannot be told where it ends.
fn one(input: &mut impl BufRead, at: u64, size: u64, faults: &mut Vec<String>) -> io::Result<Option<Seen>> {
    let lost = |faults: &mut Vec<String>| {
        faults.push(format!("The zip was altered at byte {at}: what follows it cannot be read."));
        Ok(None)
    };
    let mut header = vec![0; FIXED];
    if size - at < FIXED as u64 {
        return lost(faults);
    }
    input.read_exact(&mut header)?;
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
    let (name_len, extra_len) = (u16_at(26), u16_at(28));
    let short = u32::from_le_bytes([header[22], header[23], header[24], header[25]]);
    let data = at + (FIXED + name_len + extra_len) as u64;
    if name_len > 250 || (extra_len != 0 && extra_len != EXTRA) || data > size {
        return lost(faults);
    }
    header.resize(FIXED + name_len + extra_len, 0);
    input.read_exact(&mut header[FIXED..])?;
    let long = header[FIXED + name_len..].get(4..12).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
    let length = long.unwrap_or(u64::from(short));
    if length > size - data {
        return lost(faults);
    }
    let name: String =
        header[FIXED..FIXED + name_len].iter().map(|&byte| if byte.is_ascii_graphic() { char::from(byte) } else { '_' }).collect();
    if !is_path(&name) {
        faults.push(format!("The zip was altered: the name {name} at byte {at} is none that keshi writes."));
    }
    let (digest, crc) = hash(input, length)?;
    let member = Member { name, size: length, crc, offset: at };
    if member.data() != data {
        return lost(faults);
    }
    if header != member.header() {
        faults.push(format!("The zip was altered: the header of {} (bytes {at} to {}) is not what it must be.", member.name, data - 1));
    }
    Ok(Some(Seen { member, digest }))
}

fn hash(input: &mut impl BufRead, length: u64) -> io::Result<(Digest, u32)> {
    let (mut hash, mut sum) = (Sha256::new(), crc32fast::Hasher::new());
    let mut left = length;
    while left > 0 {
        let held = input.fill_buf()?;
        let some = usize::try_from(left).unwrap_or(usize::MAX).min(held.len());
        if some == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into()); // it became shorter while it was read
        }
        hash.update(&held[..some]);
        sum.update(&held[..some]);
        input.consume(some);
        left -= some as u64;
    }
    Ok((Digest(hash.finalize().into()), sum.finalize()))
}

/// Compares what would be written with what is there.
struct Comparing<R> {
    input: R,
    at: u64,
    differs: Option<u64>,
}

impl<R: BufRead> Write for Comparing<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.differs.is_some() {
            return Ok(bytes.len());
        }
        let there = self.input.fill_buf()?;
        let some = there.len().min(bytes.len());
        match there[..some].iter().zip(bytes).position(|(there, must)| there != must) {
            Some(same) => self.differs = Some(self.at + same as u64),
            None if some == 0 => self.differs = Some(self.at), // it ends too early
            None => {}
        }
        self.input.consume(some);
        self.at += some as u64;
        Ok(some.max(usize::from(self.differs.is_some())))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
