//! A straight line through most of some points, whatever the others do.

/// `y = scale · x + shift`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) scale: f64,
    pub(crate) shift: f64,
}

/// Pairs of points that are tried. With only 30 % of the points on the line one pair in eleven is, and 200 all miss once in 10⁸.
const TRIES: usize = 200;

impl Line {
    pub(crate) const SAME: Line = Line { scale: 1.0, shift: 0.0 };

    pub(crate) fn at(self, x: f64) -> f64 {
        self.scale * x + self.shift
    }

    pub(crate) fn back(self, y: f64) -> f64 {
        (y - self.shift) / self.scale
    }

    /// The line that most points lie within `tolerance` of, among those with a scale that is `allowed`, fitted to these points. Pairs less
    /// than `apart` in x say nothing. The same points always give the same line.
    pub(crate) fn through_most(points: &[(f64, f64)], apart: f64, tolerance: f64, allowed: impl Fn(f64) -> bool) -> Option<Line> {
        let on = |line: &Line| points.iter().filter(|(x, y)| (line.at(*x) - y).abs() <= tolerance).count();
        let tried = pairs(points.len()).filter_map(|(one, two)| Line::through(points[one], points[two], apart));
        let best = tried
            .filter(|line| allowed(line.scale))
            .map(|line| (on(&line), line))
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        let (_, line) = best?;
        let near: Vec<(f64, f64)> = points.iter().filter(|(x, y)| (line.at(*x) - y).abs() <= tolerance).copied().collect();
        Some(Line::nearest_to(&near).filter(|fitted| allowed(fitted.scale)).unwrap_or(line))
    }

    fn through(one: (f64, f64), two: (f64, f64), apart: f64) -> Option<Line> {
        let across = two.0 - one.0;
        let scale = (two.1 - one.1) / across;
        (across.abs() >= apart && across != 0.0).then_some(Line { scale, shift: one.1 - scale * one.0 })
    }

    /// Least squares.
    fn nearest_to(points: &[(f64, f64)]) -> Option<Line> {
        let count = points.len() as f64;
        let (mean_x, mean_y) = (points.iter().map(|(x, _)| x).sum::<f64>() / count, points.iter().map(|(_, y)| y).sum::<f64>() / count);
        let squares: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
        let products: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
        (squares > 0.0).then(|| Line { scale: products / squares, shift: mean_y - products / squares * mean_x })
    }
}

/// Pairs by a walk that comes to all points alike: steps of the golden section for one, of the root of two for the other.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    let place = move |tried: usize, step: f64| ((tried as f64 * step).fract() * count as f64) as usize;
    (0..if count < 2 { 0 } else { TRIES }).map(move |tried| (place(tried, 0.618_033_988_75), place(tried, 0.414_213_562_37)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_points_outvote_the_others() {
        let points: Vec<(f64, f64)> = (0..100)
            .map(f64::from)
            .map(|x| (x, if x as usize % 5 < 2 { x * 1.02 - 3.0 + (x as usize % 3) as f64 * 0.1 } else { (x * 37.0) % 61.0 }))
            .collect();
        let line = Line::through_most(&points, 10.0, 0.5, |scale| (scale - 1.0).abs() < 0.1).unwrap();
        assert!((line.scale - 1.02).abs() < 0.005 && (line.at(50.0) - 48.1).abs() < 0.2, "{line:?}");
        assert!((line.back(line.at(7.0)) - 7.0).abs() < 1e-9);
    }

    #[test]
    fn too_few_points_or_too_near_ones_make_no_line() {
        let any = |_| true;
        assert_eq!(Line::through_most(&[], 1.0, 1.0, any), None);
        assert_eq!(Line::through_most(&[(1.0, 1.0)], 1.0, 1.0, any), None);
        assert_eq!(Line::through_most(&[(1.0, 1.0), (1.5, 2.0)], 1.0, 1.0, any), None);
        assert_eq!(Line::through_most(&[(1.0, 1.0), (1.0, 2.0)], 0.0, 1.0, any), None);
    }
}
