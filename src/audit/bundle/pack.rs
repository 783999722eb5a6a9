//! Writes a bundle's zip into a file, one file after the other, in constant memory.

use super::layout::{CRC_AT, Member, is_path, write_directory};
use crate::error::{Error, Result};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use storage::Digest;

/// A zip in the making. It blocks.
pub(super) struct Pack {
    out: BufWriter<File>,
    folder: String,
    at: u64,
    members: Vec<Member>,
    /// What each file hashes to, by its path inside the folder.
    pub(super) digests: Vec<(String, Digest)>,
}

/// A file in the making.
pub(super) struct Filling {
    member: Member,
    sum: crc32fast::Hasher,
    hash: Sha256,
    left: u64,
}

impl Pack {
    /// A zip in `file`, which is empty; everything goes below `folder`.
    pub(super) fn new(file: File, folder: &str) -> Pack {
        Pack { out: BufWriter::with_capacity(256 * 1024, file), folder: folder.to_owned(), at: 0, members: Vec::new(), digests: Vec::new() }
    }

    /// Adds a small file.
    pub(super) fn add(&mut self, path: &str, bytes: &[u8]) -> Result<Digest> {
        let mut filling = self.begin(path, bytes.len() as u64)?;
        self.fill(&mut filling, bytes)?;
        self.end(filling)
    }

    /// Begins a file of a known size.
    pub(super) fn begin(&mut self, path: &str, size: u64) -> Result<Filling> {
        let name = format!("{}/{path}", self.folder);
        if !is_path(&name) {
            return Err(Error::internal(format!("{name} is no path for a bundle")));
        }
        let member = Member { name, size, crc: 0, offset: self.at };
        self.out.write_all(&member.header())?;
        Ok(Filling { member, sum: crc32fast::Hasher::new(), hash: Sha256::new(), left: size })
    }

    /// The next bytes of a file.
    pub(super) fn fill(&mut self, filling: &mut Filling, bytes: &[u8]) -> Result<()> {
        filling.left = filling.left.checked_sub(bytes.len() as u64).ok_or_else(|| Error::internal("a file grew while it was packed"))?;
        filling.sum.update(bytes);
        filling.hash.update(bytes);
        Ok(self.out.write_all(bytes)?)
    }

    /// Ends a file.
    pub(super) fn end(&mut self, filling: Filling) -> Result<Digest> {
        let Filling { mut member, sum, hash, left } = filling;
        if left != 0 {
            return Err(Error::internal("a file shrank while it was packed"));
        }
        member.crc = sum.finalize();
        self.at = member.end();
        self.out.seek(SeekFrom::Start(member.offset + CRC_AT))?;
        self.out.write_all(&member.crc.to_le_bytes())?;
        self.out.seek(SeekFrom::Start(self.at))?;
        let digest = Digest(hash.finalize().into());
        self.digests.push((member.name[self.folder.len() + 1..].to_owned(), digest));
        self.members.push(member);
        Ok(digest)
    }

    /// Takes a file back that could not be read to its end.
    pub(super) fn abandon(&mut self, filling: Filling) -> Result<()> {
        self.out.seek(SeekFrom::Start(filling.member.offset))?;
        Ok(self.out.get_ref().set_len(filling.member.offset)?)
    }

    /// Bytes and number of the files below `data/`.
    pub(super) fn payload(&self) -> (u64, u64) {
        let inside = self.members.iter().filter(|member| member.name[self.folder.len() + 1..].starts_with("data/"));
        inside.fold((0, 0), |(bytes, files), member| (bytes + member.size, files + 1))
    }

    /// Writes the zip's directory; the file is at its beginning, with this many bytes.
    pub(super) fn finish(mut self) -> Result<(File, u64)> {
        write_directory(&self.members, &mut self.out)?;
        let mut file = self.out.into_inner().map_err(|error| error.into_error())?;
        let size = file.stream_position()?;
        file.rewind()?;
        Ok((file, size))
    }
}
