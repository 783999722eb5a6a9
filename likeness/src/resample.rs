//! One axis of a picture as weighted means of neighbouring pixels.
//!
//! Scaling, cutting and filtering are linear and treat rows and columns alike, so each is a list of weights an axis, and a picture goes
//! through both lists once, whatever they mean.

/// What one sample is made of: pixels from `first` on, with weights that add up to one. No weights: nothing to take from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tap {
    pub(crate) first: usize,
    pub(crate) weights: Vec<f32>,
}

/// `count` equal cells between two points of an axis of `length` pixels, each the mean of the area it covers. Points may be fractions and
/// lie outside: a cell takes what is inside, or the nearest pixel.
pub(crate) fn area(length: usize, from: f64, to: f64, count: usize) -> Vec<Tap> {
    let step = (to - from) / count.max(1) as f64;
    (0..count).map(|cell| mean(length, from + step * cell as f64, from + step * (cell + 1) as f64)).collect()
}

fn mean(length: usize, from: f64, to: f64) -> Tap {
    let Some(last) = length.checked_sub(1) else { return Tap { first: 0, weights: Vec::new() } };
    let (from, to) = (from.clamp(0.0, length as f64), to.clamp(0.0, length as f64));
    let first = (from as usize).min(last);
    let weights = (first..=last).map(|pixel| (to.min(pixel as f64 + 1.0) - from.max(pixel as f64)) as f32);
    let mut weights: Vec<f32> = weights.take_while(|weight| *weight > 0.0).collect();
    let sum: f32 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    } else {
        weights = vec![1.0];
    }
    Tap { first, weights }
}

/// The weighted mean of some taps of one axis.
pub(crate) fn blend(taps: &[(&Tap, f32)]) -> Tap {
    let taken = || taps.iter().filter(|(tap, _)| !tap.weights.is_empty());
    let first = taken().map(|(tap, _)| tap.first).min().unwrap_or(0);
    let end = taken().map(|(tap, _)| tap.first + tap.weights.len()).max().unwrap_or(0);
    let mut weights = vec![0.0; end - first];
    for (tap, share) in taken() {
        for (sum, weight) in weights[tap.first - first..].iter_mut().zip(&tap.weights) {
            *sum += weight * share;
        }
    }
    Tap { first, weights }
}

/// Lines of `width` samples, each a weighted mean of the picture's lines.
pub(crate) fn down<T: Copy + Into<f32>>(pixels: &[T], width: usize, rows: &[Tap]) -> Vec<f32> {
    let mut made = vec![0.0; rows.len() * width];
    if width == 0 {
        return made;
    }
    for (line, tap) in made.chunks_exact_mut(width).zip(rows) {
        for (source, weight) in pixels.chunks_exact(width).skip(tap.first).zip(&tap.weights) {
            for (sum, pixel) in line.iter_mut().zip(source) {
                *sum += weight * (*pixel).into();
            }
        }
    }
    made
}

/// Every line of `width` samples as one of `columns.len()`.
pub(crate) fn across(lines: &[f32], width: usize, columns: &[Tap]) -> Vec<f32> {
    let mut made = vec![0.0; lines.len() / width.max(1) * columns.len()];
    if columns.is_empty() || width == 0 {
        return made;
    }
    for (line, out) in lines.chunks_exact(width).zip(made.chunks_exact_mut(columns.len())) {
        for (out, tap) in out.iter_mut().zip(columns) {
            *out = line[tap.first..].iter().zip(&tap.weights).map(|(sample, weight)| sample * weight).sum();
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_counts_the_parts_of_pixels_it_covers() {
        assert_eq!(
            area(3, 0.0, 3.0, 2),
            [Tap { first: 0, weights: vec![2.0 / 3.0, 1.0 / 3.0] }, Tap { first: 1, weights: vec![1.0 / 3.0, 2.0 / 3.0] }]
        );
    }

    #[test]
    fn halving_twice_is_quartering() {
        let pixels: Vec<f32> = (0..16).map(|pixel| (pixel * pixel) as f32).collect();
        let twice = across(&across(&pixels, 16, &area(16, 0.0, 16.0, 8)), 8, &area(8, 0.0, 8.0, 4));
        assert_eq!(twice, across(&pixels, 16, &area(16, 0.0, 16.0, 4)));
    }

    #[test]
    fn outside_of_the_picture_its_nearest_pixel_goes_on() {
        assert_eq!(area(4, 6.0, 8.0, 1), [Tap { first: 3, weights: vec![1.0] }]);
        assert_eq!(area(4, -2.0, 0.0, 1), [Tap { first: 0, weights: vec![1.0] }]);
        assert_eq!(area(0, 0.0, 1.0, 1), [Tap { first: 0, weights: vec![] }]);
    }
}
