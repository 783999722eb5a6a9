//! How much one file may cost.

use serde::{Deserialize, Serialize};

/// What the child process may take for one file; beyond it the answer is `Cannot`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Seconds of processor time.
    pub cpu_s: u64,
    /// Seconds on the wall.
    pub wall_s: u64,
    /// Bytes of memory beyond the program itself.
    pub memory_bytes: u64,
    /// Pixels of a picture or frame.
    pub max_pixels: u64,
    /// Tracks of a video file.
    pub max_streams: u32,
    /// Whether faces are counted.
    pub faces: bool,
    /// Whether text on the screen is read.
    pub text: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            // An hour of 1080p at 13 Mbit/s costs 10 s with keyframes near each other, and 220 s where every frame must be decoded
            // (measured on one core); this is for five such hours.
            cpu_s: 1200,
            // The same on a machine busy with uploads.
            wall_s: 1800,
            // The largest picture allowed, 100 million pixels × 4 bytes (RGBA), held twice while it is turned upright: 800 MB, and its coded file.
            memory_bytes: 1 << 30,
            // Phones take up to 50 million pixels in a normal mode; a screen of 8K has 33.
            max_pixels: 100_000_000,
            // A meeting recording has two or three; broadcast streams with many programmes a few dozen.
            max_streams: 64,
            faces: true,
            text: true,
        }
    }
}

/// A picture's file may have this many bytes: 2.7 for each of 100 million pixels, more than any camera's JPEG and most PNGs.
pub(super) const PICTURE_BYTES: u64 = 256 << 20;

/// What the child may answer. Facts and a thumbnail of 320 pixels are under 100 KiB, the reel of an hour in which everything moves is 0.9 MiB in base64, and
/// a picture's light 2.2 MiB; a recording's at all moments that may be asked for has the most.
pub(super) const ANSWER_BYTES: u64 = 16 << 20;

/// How much of what the child says on standard error is kept, to tell why it died.
pub(super) const COMPLAINT_BYTES: u64 = 16 << 10;
