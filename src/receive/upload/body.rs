//! The body of one request of a resumable upload: cut into parts, and checked against a checksum where one was announced.

use crate::error::{Error, Result, codes};
use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use std::io;
use std::pin::Pin;

/// A body that is taken part by part. What breaks off ends the part it is in; [`Cut::broken`] tells.
pub(super) struct Cut<S> {
    body: Pin<Box<S>>,
    /// What was received and belongs to the next part.
    rest: Bytes,
    ended: bool,
    /// Why the body ended before its time.
    pub(super) broken: Option<io::Error>,
}

impl<S: Stream<Item = io::Result<Bytes>> + Send> Cut<S> {
    pub(super) fn new(body: S) -> Cut<S> {
        Cut { body: Box::pin(body), rest: Bytes::new(), ended: false, broken: None }
    }

    /// Whether there is another byte; waits for it.
    pub(super) async fn more(&mut self) -> bool {
        while self.rest.is_empty() && !self.ended {
            match self.body.next().await {
                Some(Ok(chunk)) => self.rest = chunk,
                Some(Err(cause)) => (self.ended, self.broken) = (true, Some(cause)),
                None => self.ended = true,
            }
        }
        !self.rest.is_empty()
    }

    /// The next `most` bytes, or as many as there are.
    pub(super) fn part(&mut self, most: u64) -> impl Stream<Item = io::Result<Bytes>> + Send {
        stream::unfold((self, most), |(cut, left)| async move {
            if left == 0 || !cut.more().await {
                return None;
            }
            let chunk = cut.rest.split_to(cut.rest.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
            let left = left - chunk.len() as u64;
            Some((Ok(chunk), (cut, left)))
        })
    }
}

/// The checksum of one request's bytes, as announced in `Upload-Checksum`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-1, which every tus server knows.
    Sha1([u8; 20]),
    /// SHA-256.
    Sha256([u8; 32]),
}

/// The algorithms of [`Checksum`], as `Tus-Checksum-Algorithm` lists them.
pub const CHECKSUMS: &str = "sha1,sha256";

/// What a stream ends with when its bytes are not those announced.
#[derive(Debug, thiserror::Error)]
#[error("the bytes do not have the checksum announced")]
pub(super) struct Mismatch;

impl Checksum {
    /// `sha1 <base64>` or `sha256 <base64>`.
    pub fn parse(text: &str) -> Result<Checksum> {
        let wrong = || Error::new(&codes::INVALID, format!("Upload-Checksum is one of {CHECKSUMS}, a blank, and the checksum in base64."));
        let (algorithm, encoded) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let bytes = BASE64_STANDARD.decode(encoded.trim()).map_err(|_| wrong())?;
        match algorithm {
            "sha1" => bytes.try_into().map(Checksum::Sha1).map_err(|_| wrong()),
            "sha256" => bytes.try_into().map(Checksum::Sha256).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }

    /// The same stream, which ends with a [`Mismatch`] where its bytes are others than announced, and so is never kept.
    pub(super) fn check<S>(self, body: S) -> impl Stream<Item = io::Result<Bytes>> + Send
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        let hash = match self {
            Checksum::Sha1(wanted) => Hash::Sha1(Sha1::new(), wanted),
            Checksum::Sha256(wanted) => Hash::Sha256(Sha256::new(), wanted),
        };
        stream::unfold((Box::pin(body), Some(hash)), |(mut body, hash)| async move {
            let mut hash = hash?;
            match body.next().await {
                Some(Ok(chunk)) => {
                    hash.update(&chunk);
                    Some((Ok(chunk), (body, Some(hash))))
                }
                Some(Err(cause)) => Some((Err(cause), (body, None))),
                None if hash.holds() => None,
                None => Some((Err(io::Error::other(Mismatch)), (body, None))),
            }
        })
    }
}

enum Hash {
    Sha1(Sha1, [u8; 20]),
    Sha256(Sha256, [u8; 32]),
}

impl Hash {
    fn update(&mut self, chunk: &[u8]) {
        match self {
            Hash::Sha1(hasher, _) => hasher.update(chunk),
            Hash::Sha256(hasher, _) => hasher.update(chunk),
        }
    }

    fn holds(self) -> bool {
        match self {
            Hash::Sha1(hasher, wanted) => hasher.finalize()[..] == wanted,
            Hash::Sha256(hasher, wanted) => hasher.finalize()[..] == wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::TryStreamExt;

    fn chunks(parts: &[&'static str]) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::from_static(part.as_bytes()))).collect();
        stream::iter(parts)
    }

    async fn text(part: impl Stream<Item = io::Result<Bytes>> + Send) -> String {
        let bytes: Vec<Bytes> = part.try_collect().await.expect("a part never fails");
        String::from_utf8(bytes.concat()).expect("text")
    }

    #[tokio::test]
    async fn a_body_is_cut_at_every_size_without_loss() {
        for most in 1..12 {
            let mut cut = Cut::new(chunks(&["ab", "", "cdefg", "h"]));
            let mut whole = String::new();
            while cut.more().await {
                let part = text(cut.part(most)).await;
                assert!(!part.is_empty() && part.len() as u64 <= most);
                whole += &part;
            }
            assert_eq!((whole.as_str(), cut.broken.is_none()), ("abcdefgh", true), "{most}");
        }
    }

    #[tokio::test]
    async fn what_came_before_a_break_is_a_part() {
        let broken = chunks(&["abc", "d"]).chain(stream::iter([Err(io::ErrorKind::ConnectionReset.into())]));
        let mut cut = Cut::new(broken);
        assert_eq!(text(cut.part(3)).await, "abc");
        assert_eq!(text(cut.part(3)).await, "d");
        assert!(!cut.more().await && cut.broken.is_some());
    }

    #[tokio::test]
    async fn bytes_of_another_checksum_never_come_to_an_end() {
        let right = Checksum::parse("sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=").expect("the SHA-1 of abc");
        assert_eq!(text(right.clone().check(chunks(&["a", "bc"]))).await, "abc");
        let wrong: io::Result<Vec<Bytes>> = right.check(chunks(&["a", "bd"])).try_collect().await;
        assert!(wrong.expect_err("refused").get_ref().is_some_and(|cause| cause.is::<Mismatch>()));
        let right = Checksum::parse("sha256 ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=").expect("the SHA-256 of abc");
        assert_eq!(text(right.check(chunks(&["abc"]))).await, "abc");
        for bad in ["", "sha1", "md5 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "sha1 %%", "sha256 qZk+NkcGgWq6PiVxeFDCbJzQ2J0="] {
            assert_eq!(Checksum::parse(bad).expect_err("refused").code, "invalid", "{bad}");
        }
    }
}
