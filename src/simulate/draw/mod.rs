//! Drawing: a frame in planar YUV, shapes filled row by row, and the scenes made of them.
//!
//! Rows are filled whole, never pixel by pixel, so that hours of pictures are drawn in seconds even without optimisation.

mod font;
mod frame;
pub(super) mod scene;

pub(super) use frame::{Colour, Frame};
