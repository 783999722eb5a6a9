//! Stage 1: bytes and claims arrive.
//!
//! Enters: a request with who asks ([`identity`]), what the bytes are said to be ([`claim`]), and the bytes. Leaves: bytes in the
//! storage under their digest, looked at ([`accept`]) and handed to `store/`. Promised: the size is bounded while streaming, memory is
//! constant, and a refused upload leaves nothing that was not there before.

pub mod accept;
pub mod claim;
pub mod identity;
pub(crate) mod sql;

pub use accept::accept;
pub use claim::{Claim, Kind, Query};
pub use identity::{Actor, Role};
