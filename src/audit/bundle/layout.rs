//! The one way a bundle's zip is laid out: a pure function of the names, sizes and check sums of its files.
//!
//! Files are stored, one behind the other, without gaps, comments, attributes of their own or times; sizes and offsets that do not fit into
//! 32 bits go to ZIP64 fields, and only then. So whoever knows the files knows every other byte of the zip, and a reader finds a changed one by
//! making them again. Evidence is compressed already where it is large; what is not is small.

use std::io::{self, Write};

/// Begins a file.
pub(super) const FILE: u32 = 0x0403_4b50;
/// Bytes of a file's header before its name.
pub(super) const FIXED: usize = 30;
/// Bytes of the ZIP64 field of a file's header.
pub(super) const EXTRA: usize = 20;
/// Where in a file's header the check sum is.
pub(super) const CRC_AT: u64 = 14;
const RECORD: u32 = 0x0201_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR: u32 = 0x0706_4b50;
const END: u32 = 0x0605_4b50;
/// Made by version 4.5 on Unix, where permissions are understood.
const MADE_BY: u16 = 3 << 8 | 45;
/// The first day zip knows: bundles have no times outside of their files.
const DATE: u16 = 1 << 5 | 1;
/// A regular file, readable by all, writable by its owner.
const PERMISSIONS: u32 = 0o100_644 << 16;
const FULL: u32 = u32::MAX;

/// A file in the zip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its path, with the bundle's folder.
    pub(super) name: String,
    /// Its bytes.
    pub(super) size: u64,
    /// CRC-32 of them.
    pub(super) crc: u32,
    /// Where its header is.
    pub(super) offset: u64,
}

impl Member {
    /// Where its bytes are.
    pub(super) fn data(&self) -> u64 {
        self.offset + self.header_len()
    }

    /// Where its bytes end.
    pub(super) fn end(&self) -> u64 {
        self.data().saturating_add(self.size)
    }

    fn header_len(&self) -> u64 {
        (FIXED + self.name.len() + if large(self.size) { EXTRA } else { 0 }) as u64
    }

    /// The header before its bytes.
    pub(super) fn header(&self) -> Vec<u8> {
        let mut out = Fields::default();
        out.u32(FILE);
        self.common(&mut out, large(self.size));
        out.u16(if large(self.size) { EXTRA as u16 } else { 0 }).bytes(self.name.as_bytes());
        if large(self.size) {
            out.u16(1).u16(16).u64(self.size).u64(self.size);
        }
        out.0
    }

    /// Its record in the directory at the end.
    fn record(&self) -> Vec<u8> {
        let far = large(self.offset);
        let extra = if large(self.size) { 16 } else { 0 } + if far { 8 } else { 0 };
        let mut out = Fields::default();
        out.u32(RECORD).u16(MADE_BY);
        self.common(&mut out, extra > 0);
        out.u16(if extra > 0 { extra + 4 } else { 0 }).u16(0).u16(0).u16(0).u32(PERMISSIONS).u32(short(self.offset));
        out.bytes(self.name.as_bytes());
        if extra > 0 {
            out.u16(1).u16(extra);
            if large(self.size) {
                out.u64(self.size).u64(self.size);
            }
            if far {
                out.u64(self.offset);
            }
        }
        out.0
    }

    /// What header and record have in common: from the version needed to the length of the name.
    fn common(&self, out: &mut Fields, zip64: bool) {
        out.u16(if zip64 { 45 } else { 10 }).u16(0).u16(0).u16(0).u16(DATE).u32(self.crc);
        out.u32(short(self.size)).u32(short(self.size)).u16(self.name.len() as u16);
    }
}

/// Writes everything that follows the last file.
pub(super) fn write_directory(members: &[Member], out: &mut impl Write) -> io::Result<()> {
    let from = members.last().map_or(0, Member::end);
    let mut size = 0;
    for member in members {
        let record = member.record();
        size += record.len() as u64;
        out.write_all(&record)?;
    }
    let count = members.len() as u64;
    let mut end = Fields::default();
    if count >= u64::from(u16::MAX) || large(size) || large(from) {
        end.u32(END_64).u64(44).u16(MADE_BY).u16(45).u32(0).u32(0).u64(count).u64(count).u64(size).u64(from);
        end.u32(LOCATOR).u32(0).u64(from + size).u32(1);
    }
    let few = count.min(u64::from(u16::MAX)) as u16;
    end.u32(END).u16(0).u16(0).u16(few).u16(few).u32(short(size)).u32(short(from)).u16(0);
    out.write_all(&end.0)
}

/// Whether a number needs 64 bits in a zip.
fn large(number: u64) -> bool {
    number >= u64::from(FULL)
}

fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(FULL)
}

/// Little-endian fields one after the other.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Fields {
        self.0.extend_from_slice(bytes);
        self
    }

    fn u16(&mut self, number: u16) -> &mut Fields {
        self.bytes(&number.to_le_bytes())
    }

    fn u32(&mut self, number: u32) -> &mut Fields {
        self.bytes(&number.to_le_bytes())
    }

    fn u64(&mut self, number: u64) -> &mut Fields {
        self.bytes(&number.to_le_bytes())
    }
}

/// Whether a path may stand in a bundle: segments of letters, digits, `.`, `_`, `-`, none of them a way out.
pub(super) fn is_path(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.len() <= 250 && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leads_out_of_the_folder() {
        for good in ["a", "keshi-lesson-1/data/evidence/ab12.mp4", "a-b_c.d/e"] {
            assert!(is_path(good), "{good}");
        }
        for bad in ["", "/a", "a/", "a//b", "..", "a/../b", "a/./b", ".hidden", "a\\b", "a b", "a\nb", "课", "C:a", "a\0"] {
            assert!(!is_path(bad), "{bad:?}");
        }
        assert!(!is_path(&"a".repeat(251)));
    }

    #[test]
    fn only_what_needs_64_bits_gets_them() {
        let member = |size, offset| Member { name: "a".into(), size, crc: 1, offset };
        assert_eq!(member(0xffff_fffe, 0).header().len(), 31);
        assert_eq!(member(0xffff_ffff, 0).header().len(), 51);
        assert_eq!(member(0, 0xffff_fffe).record().len(), 47);
        assert_eq!(member(0, 0xffff_ffff).record().len(), 47 + 12);
        assert_eq!(member(1 << 40, 1 << 41).record().len(), 47 + 28);
        assert_eq!(member(1 << 40, 7).end(), 7 + 51 + (1 << 40));
    }
}
