//! The file on standard input, read by position, so that several readers can share the one descriptor the sandbox leaves.

use rustix::fs::SeekFrom as To;
use std::io::{self, Read, Seek, SeekFrom};

/// A reader with its own position over standard input. Cloning gives another reader, not another descriptor.
#[derive(Clone, Debug)]
pub(super) struct Source {
    at: u64,
    size: u64,
}

impl Source {
    /// Over the file that the parent put on standard input.
    pub(super) fn stdin() -> io::Result<Source> {
        let size = rustix::fs::seek(std::io::stdin(), To::End(0))?;
        Ok(Source { at: 0, size })
    }

    /// Bytes of the file when it was opened; evidence never grows.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The first bytes, at most `length`.
    pub(super) fn head(&self, length: usize) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        Source { at: 0, size: self.size }.take(length as u64).read_to_end(&mut head)?;
        Ok(head)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = rustix::io::pread(std::io::stdin(), buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
