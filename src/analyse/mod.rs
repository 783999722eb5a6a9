//! What the evidence says.

pub mod media;
