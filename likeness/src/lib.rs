//! Whether two pictures, two stretches of video or two sounds are the same, whatever was done to one of them on the way.
//!
//! Enters: grey pictures, rows of fingerprints with their times, samples of sound. Leaves: fingerprints, and what two of them have in common.
//! No file is opened here, no clock read, nothing kept: decoding is `keshi`'s media child, keeping its database. Not one word of training.
//!
//! # Pictures
//! A decoder hands over rows; [`grey::Grey`] is their light. [`pdq`] makes a fingerprint of 256 bits of it that coding, size and tone hardly
//! change, [`windows`] the fingerprints of what would be left after a cut, of what is inside a frame, and of all that in a mirror.
//! [`index::Index`] keeps the direct ones of all pictures and finds every one within a distance of those asked for. What it finds is a
//! candidate, never a finding: a meeting looks like the next. [`align::compare`] lays the two over each other where their windows met and says
//! whether what cameras saw is the same.
//!
//! ```
//! use likeness::align::{Hint, Verdict, compare};
//! use likeness::grey::Grey;
//! use likeness::index::Index;
//! use likeness::pdq::CANDIDATE;
//! use likeness::windows::{Window, windows};
//! use std::num::NonZeroUsize;
//!
//! // Shades a camera might have seen, and a copy without the left tenth, seen in a mirror.
//! let wave = |at: usize, length: f64| (at as f64 / length).sin();
//! let kept = Grey::draw(400, 300, |x, y| (128.0 + 50.0 * wave(x, 17.0) * wave(y, 23.0) + 40.0 * wave(x * x / 90 + y * 3, 40.0)) as u8);
//! let handed_in = Grey::draw(360, 300, |x, y| kept.row(y)[399 - x]);
//!
//! let mut index = Index::new();
//! for view in windows(&kept).iter().filter(|view| !view.window.is_mirrored()) {
//!     index.add(view.fingerprint, u64::from(view.window.number()));
//! }
//! let views = windows(&handed_in);
//! let near = views.iter().filter_map(|view| {
//!     let nearest = index.within(&view.fingerprint, CANDIDATE, NonZeroUsize::MIN).into_iter().next()?;
//!     Some((nearest.distance, Hint { here: Window::of(nearest.payload as u8, &kept)?, there: view.window }))
//! });
//! let (_, hint) = near.min_by_key(|(distance, _)| *distance).expect("a window that is near");
//! assert_eq!(compare(&kept, &handed_in, hint).verdict, Verdict::Copy);
//! ```
//!
//! # Recordings
//! Of a recording there is a row of fingerprints with their times ([`frames::Frame`]) and the items of its sound ([`sound::Listener`]).
//! [`index::Index`] names recordings with pictures like its own, [`echo::Echoes`] those with marks of the same sound.
//! [`frames::match_rows`] and [`sound::match_sound`] tell which stretches two of them share, [`judge::judge`] what that says: sound is the judge, for
//! one teacher before one wall looks alike in every lesson. [`loops::find_loops`] tells where a recording shows again what it showed before,
//! [`moment::place`] which moment of it a still picture is.

pub mod align;
mod block;
mod candidates;
mod chain;
mod count;
#[cfg(test)]
mod drawn;
pub mod echo;
#[cfg(test)]
mod film;
pub mod frames;
pub mod grey;
pub mod index;
pub mod judge;
mod line;
pub mod loops;
pub mod moment;
pub mod pdq;
mod place;
mod resample;
mod row;
mod same_sound;
pub mod sound;
mod walk;
pub mod windows;
