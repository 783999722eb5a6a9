//! What can go wrong with an object.

use crate::Digest;
use std::io;

/// Why an operation on [`Objects`](crate::Objects) did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// There is no object of this name.
    #[error("there is no object {0}")]
    Missing(Digest),
    /// The bytes kept under this name are not the bytes that were put: the store lost or changed them.
    #[error("object {expected} was read as {got} ({size} bytes): the store changed it")]
    DigestMismatch {
        /// The object's name.
        expected: Digest,
        /// What its bytes hash to now.
        got: Digest,
        /// How many bytes were read.
        size: u64,
    },
    /// The body is longer than allowed; nothing was kept.
    #[error("the body is longer than {limit} bytes")]
    TooLarge {
        /// The most that was allowed, in bytes.
        limit: u64,
    },
    /// The body is not what its sender said it is; nothing was kept.
    #[error("the body's SHA-256 is {got}, not {expected}")]
    Unexpected {
        /// What the sender announced.
        expected: Digest,
        /// What arrived.
        got: Digest,
    },
    /// The range starts behind the end of the object.
    #[error("the range starts behind the end of the object ({size} bytes)")]
    OutOfRange {
        /// The object's size in bytes.
        size: u64,
    },
    /// The store refuses to let go of the object: it is under retention or a legal hold.
    #[error("object {0} is under retention")]
    Retained(Digest),
    /// The sender broke off or sent what could not be read; nothing was kept.
    #[error("the body could not be read to its end")]
    Body(#[source] io::Error),
    /// The store does not answer, is full or refuses.
    #[error("the object store failed: {0}")]
    Away(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store's address, or a file's name, is not one.
    #[error("{0}")]
    Config(String),
}

impl StorageError {
    pub(crate) fn away(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StorageError {
        StorageError::Away(cause.into())
    }
}

/// An error of the local file system is the store's, unless a storage error travelled inside it through a stream.
impl From<io::Error> for StorageError {
    fn from(error: io::Error) -> StorageError {
        match error.downcast::<StorageError>() {
            Ok(own) => own,
            Err(error) => StorageError::away(error),
        }
    }
}

/// A storage error inside a stream of bytes; `StorageError::from` takes it out again.
impl From<StorageError> for io::Error {
    fn from(error: StorageError) -> io::Error {
        let kind = match &error {
            StorageError::Missing(_) => io::ErrorKind::NotFound,
            StorageError::DigestMismatch { .. } => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}
