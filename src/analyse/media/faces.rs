//! How many faces are in a picture. They are counted, never recognised: nothing that tells one person from another is computed or kept.
//!
//! Counted by SeetaFace's detector of frontal faces, whose model is compiled in (`models/`). It misses who looks away, wears a mask or sits far from the
//! camera, so few faces are a reason to look and never a proof.

use super::facts::Faces;
use super::timeline::since;
use image::GrayImage;
use rustface::{ImageData, Model};

/// The detector's model: published with the crate `rustface`, BSD-2-Clause (`models/seeta_fd_frontal_v1.0.LICENSE`).
const MODEL: &[u8] = include_bytes!("models/seeta_fd_frontal_v1.0.bin");

/// The smallest face looked for, in pixels: what the model was made for.
const SMALLEST: u32 = 20;

/// How far the window moves, in pixels: half as far finds no more of the 29 faces of the detector's own test picture and takes four times as long.
const STEP: u32 = 4;

/// How sure the detector must be. Of the test picture all are above, and nothing else is.
const SURE: f64 = 2.0;

/// Counts faces over a recording, or in one picture.
pub(super) struct Counting {
    model: Option<Model>,
    counted: Vec<(i64, u32)>,
}

impl Counting {
    pub(super) fn new() -> Counting {
        Counting { model: rustface::read_model(MODEL).ok(), counted: Vec::new() }
    }

    /// Counts those of a still.
    pub(super) fn see(&mut self, at: i64, still: &GrayImage) {
        self.counted.extend(self.model.as_ref().and_then(|model| count(model, still)).map(|count| (at, count)));
    }

    /// What was counted in a file that begins at `start`.
    pub(super) fn finish(self, start: i64) -> Vec<Faces> {
        self.counted.into_iter().map(|(at, count)| Faces { at_ms: since(at, start), count }).collect()
    }
}

/// `None` for a picture smaller than any face that is looked for.
fn count(model: &Model, still: &GrayImage) -> Option<u32> {
    let (width, height) = still.dimensions();
    if width.min(height) < 2 * SMALLEST {
        return None;
    }
    let mut detector = rustface::create_detector_with_model(model.clone());
    detector.set_min_face_size(SMALLEST);
    detector.set_score_thresh(SURE);
    detector.set_slide_window_step(STEP, STEP);
    Some(detector.detect(&ImageData::new(still, width, height)).len() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_without_people_has_no_face_and_a_tiny_one_is_not_asked() {
        let model = rustface::read_model(MODEL).unwrap();
        let striped = GrayImage::from_fn(320, 180, |x, y| image::Luma([((x / 9 + y / 7) % 2 * 200) as u8]));
        assert_eq!(count(&model, &striped), Some(0));
        assert_eq!(count(&model, &GrayImage::new(30, 300)), None);
        assert_eq!(count(&model, &GrayImage::new(0, 0)), None);
    }
}
