//! Pictures and videos: what they are and what they say about themselves.
//!
//! Enters: a file whose bytes nobody vouches for. Leaves: [`Facts`], or the plain sentence why there are none. Decoders are written
//! in unsafe languages and fed by people with a motive, so none of them runs in the server: [`measure`] starts keshi again as a child
//! that owns nothing but the open file, shuts itself in (`sandbox`) before it reads the first byte, and is believed in nothing but
//! facts. A crash, a stall, a bomb costs the child its life and the server a sentence.

mod agreement;
mod child;
mod coded;
mod codes;
mod digits;
mod edits;
mod exif;
mod faces;
mod facts;
mod flaw;
mod frames;
mod grid;
mod input;
pub mod job;
mod judge;
mod keyframes;
mod limits;
mod line;
mod listening;
mod looks;
mod moments;
mod picture;
mod reading;
mod reel;
mod rehearse;
mod run;
mod sandbox;
mod screen;
mod shrink;
mod sniff;
mod sound;
mod source;
mod spans;
mod stillness;
mod strip;
mod tesseract;
mod text;
mod thumbnail;
mod timeline;
mod video;
mod watch;

pub use child::child_main;
pub use facts::{
    CodeSeen, CodeText, Digests, DigitsSeen, DigitsText, Durations, Edit, Exif, Faces, Facts, Measured, MediaKind, Pass, Reading,
    ReadingKind, Span, SpanKind, Stream, Strip, VERSION,
};
pub use flaw::{Flaw, Flawed, flaws};
pub use keyframes::{Keyframe, Keyframes, is_kept};
pub use limits::Limits;
pub use looks::Look;
pub use moments::MOMENTS;
pub use reel::{Reel, Shot};
pub use rehearse::{Attempt, Misdeed};
pub use run::{EXE, check_sandbox, light, lights, measure, rehearse};
pub use sniff::{Class, HEAD, Sniffed, sniff};
pub use text::text_engine;
