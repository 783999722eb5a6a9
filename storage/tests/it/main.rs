//! Every backend is held to the contract of `Objects`; what only one of them promises is tested beside it.

#![allow(unreachable_pub, reason = "a test binary exports nothing")]
#![allow(clippy::unwrap_used, reason = "a test that meets an error fails")]

mod body;
mod bucket;
mod contract;
mod disk;
mod memory;
mod moto;
mod s3;
mod services;
mod worm;
