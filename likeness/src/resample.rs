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

/// An axis of `length` pixels made so many times as long, each sample the cubic (Catmull-Rom) through the four pixels about it; the outermost go on
/// beyond the edge.
pub(crate) fn cubic(length: usize, times: usize) -> Vec<Tap> {
    let Some(last) = length.checked_sub(1) else { return Vec::new() };
    let sample = |number: usize| {
        let at = (number as f64 + 0.5) / times.max(1) as f64 - 0.5;
        let pixel = |place: i64| usize::try_from(at.floor() as i64 + place).unwrap_or(0).min(last);
        let first = pixel(-1);
        let mut weights = vec![0.0; pixel(2) - first + 1];
        (-1..=2).for_each(|place| weights[pixel(place) - first] += catmull_rom(at - at.floor() - place as f64) as f32);
        Tap { first, weights }
    };
    (0..length * times).map(sample).collect()
}

fn catmull_rom(apart: f64) -> f64 {
    match apart.abs() {
        x if x < 1.0 => 1.5 * x * x * x - 2.5 * x * x + 1.0,
        x if x < 2.0 => -0.5 * x * x * x + 2.5 * x * x - 4.0 * x + 2.0,
        _ => 0.0,
    }
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
    fn a_cubic_goes_through_pixels_and_along_straight_lines() {
        let line: Vec<f32> = (0..8).map(|pixel| 10.0 * pixel as f32).collect();
        assert_eq!(across(&line, 8, &cubic(8, 1)), line);
        let thrice = across(&line, 8, &cubic(8, 3));
        let straight = |sample: usize| (sample as f32 + 0.5) / 3.0 * 10.0 - 5.0;
        assert!((6..18).all(|sample| (thrice[sample] - straight(sample)).abs() < 1e-3), "{thrice:?}");
        for tap in [cubic(8, 3), cubic(1, 2), cubic(2, 5)].concat() {
            assert!((tap.weights.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{tap:?}");
        }
        assert_eq!((cubic(0, 3), cubic(3, 0)), (vec![], vec![]));
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
