//! Every backend is held to the contract of `Objects`; what only one of them promises is tested beside it.

#![allow(unreachable_pub, reason = "a test binary exports nothing")]

mod body;
mod bucket;
mod contract;
mod disk;
mod memory;
mod moto;
mod s3;
mod worm;
