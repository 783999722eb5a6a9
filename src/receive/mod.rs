//! Stage 1: bytes and claims arrive.
//!
//! Enters: a request with who asks ([`identity`]), what the bytes are said to be ([`claim`]), and the bytes. Leaves: bytes in the
//! storage under their digest ([`accept`]; over many requests: [`upload`]), with what the sender signed ([`signature`]) and a claim whose class, lesson and trainee exist and that the asker may make. Promised:
//! the size is bounded while streaming and memory is constant. What turns such bytes into evidence comes after.

pub mod accept;
pub mod claim;
pub mod gather;
pub mod identity;
pub mod recent;
pub mod signature;
pub(crate) mod sql;
pub mod upload;

pub use claim::{Claim, ENDINGS, Kind, Query, file_name};
pub use identity::{Actor, Right, Role};
