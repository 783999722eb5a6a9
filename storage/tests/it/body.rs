//! Bodies to put.

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use std::io;
use storage::Put;

pub const MIB: usize = 1024 * 1024;

/// `len` bytes that do not repeat, and differ by `seed`.
pub fn noise(seed: u64, len: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..len.div_ceil(8)).flat_map(|_| word()).collect();
    bytes.truncate(len);
    bytes.into()
}

/// These bytes in chunks of `chunk`.
pub fn chunked(bytes: &Bytes, chunk: usize) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    let mut rest = bytes.clone();
    stream::iter(std::iter::from_fn(move || (!rest.is_empty()).then(|| Ok(rest.split_to(rest.len().min(chunk))))))
}

/// These bytes, and then the sender breaks off.
pub fn broken_off(bytes: &Bytes) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    chunked(bytes, 64 * 1024).chain(stream::iter([Err(io::Error::from(io::ErrorKind::ConnectionReset))]))
}

/// These bytes, and then the sender falls silent.
pub fn stalled(bytes: &Bytes) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
    chunked(bytes, 64 * 1024).chain(stream::pending())
}

pub fn at_most(limit: usize) -> Put {
    Put { limit: limit as u64, ..Put::default() }
}
