//! Whether two pictures, two stretches of video or two sounds are the same, whatever was done to one of them on the way.
//!
//! Enters: grey pictures, rows of fingerprints with their times, samples of sound. Leaves: fingerprints, and what two of them have in common.
//! No file is opened here, no clock read, nothing kept: decoding is `keshi`'s media child, keeping its database. Not one word of training.

pub mod align;
mod block;
mod count;
#[cfg(test)]
mod drawn;
pub mod grey;
pub mod index;
mod line;
pub mod pdq;
mod place;
mod resample;
pub mod windows;
