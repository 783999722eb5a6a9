//! A square block of a picture: what is in it, and whether it is another one's.

use crate::grey::Grey;

/// How far light strays from its mean (of 255, root mean square) in a block that says something: more than coding and a sensor's grain
/// make of a bare wall.
const TEXTURE: f64 = 5.0;

/// In what is drawn most pixels have the light of the page: at least this part of them …
const PAGE: f64 = 0.5;

/// … within a band of this many levels, for what coding does to a page beside letters. A camera's grain and shading fill more.
const BAND: usize = 9;

/// What a block is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One shade: it is like any other one.
    Flat,
    /// Letters and lines on a page, which anyone who shows the page has.
    Drawn,
    /// Continuous tones, as cameras give.
    Live,
}

/// The sums over the pixels of two blocks of the same size that everything here is made of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pair {
    count: f64,
    one: f64,
    two: f64,
    one_one: f64,
    two_two: f64,
    one_two: f64,
}

impl Pair {
    /// Two blocks, each with its left and top; both must lie within.
    #[inline]
    pub(crate) fn of(one: &Grey, (x, y): (usize, usize), two: &Grey, (u, v): (usize, usize), side: usize) -> Pair {
        // Sixteen bits hold a byte, and their products are what processors add up in one step; 48 x 48 squares of a byte fill 28 of 32 bits, so
        // nothing is lost where the sums do not look for overflow.
        let [mut sum_one, mut sum_two, mut one_one, mut two_two, mut one_two] = [0i32; 5];
        let product = |one: u8, two: u8| i32::from(i16::from(one)).wrapping_mul(i32::from(i16::from(two)));
        for row in 0..side {
            let (one, two) = (&one.row(y + row)[x..x + side], &two.row(v + row)[u..u + side]);
            for (one, two) in one.iter().zip(two) {
                sum_one = i32::from(*one).wrapping_add(sum_one);
                sum_two = i32::from(*two).wrapping_add(sum_two);
                one_one = product(*one, *one).wrapping_add(one_one);
                two_two = product(*two, *two).wrapping_add(two_two);
                one_two = product(*one, *two).wrapping_add(one_two);
            }
        }
        let [one, two, one_one, two_two, one_two] = [sum_one, sum_two, one_one, two_two, one_two].map(f64::from);
        Pair { count: (side * side) as f64, one, two, one_one, two_two, one_two }
    }

    /// The means of both.
    pub(crate) fn means(&self) -> (f64, f64) {
        (self.one / self.count, self.two / self.count)
    }

    fn variances(&self) -> (f64, f64) {
        let (one, two) = self.means();
        ((self.one_one / self.count - one * one).max(0.0), (self.two_two / self.count - two * two).max(0.0))
    }

    /// Whether both say something.
    pub(crate) fn is_textured(&self) -> bool {
        let (one, two) = self.variances();
        one >= TEXTURE * TEXTURE && two >= TEXTURE * TEXTURE
    }

    /// How alike the two run, whatever their light and contrast: 1 the same, 0 nothing in common; 0 for a flat one.
    pub(crate) fn correlation(&self) -> f64 {
        let ((one, two), (mean_one, mean_two)) = (self.variances(), self.means());
        let spread = (one * two).sqrt();
        if spread > 0.0 { (self.one_two / self.count - mean_one * mean_two) / spread } else { 0.0 }
    }

    /// The root of the mean squared difference of light.
    pub(crate) fn difference(&self) -> f64 {
        ((self.one_one + self.two_two - 2.0 * self.one_two) / self.count).max(0.0).sqrt()
    }
}

/// What a block within the picture is of.
pub(crate) fn kind(picture: &Grey, at: (usize, usize), side: usize) -> Kind {
    let pair = Pair::of(picture, at, picture, at, side);
    if !pair.is_textured() {
        return Kind::Flat;
    }
    let mut levels = [0usize; 256];
    for row in 0..side {
        picture.row(at.1 + row)[at.0..at.0 + side].iter().for_each(|light| levels[usize::from(*light)] += 1);
    }
    let page = levels.windows(BAND).map(|band| band.iter().sum::<usize>()).max().unwrap_or(0);
    if page as f64 >= PAGE * pair.count { Kind::Drawn } else { Kind::Live }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::drawn;
    use proptest::prelude::*;

    #[test]
    fn one_shade_letters_and_continuous_tones_are_told_apart() {
        let flat = Grey::draw(20, 20, |column, row| 200 + ((column + row) % 4) as u8);
        let letters = Grey::draw(20, 20, |column, row| if row % 10 < 6 && column % 5 < 2 { 30 } else { 240 + (column % 5) as u8 });
        let shaded = Grey::draw(20, 20, |column, row| (60 + column * 4 + row * 3) as u8);
        assert_eq!([flat, letters, shaded].map(|block| kind(&block, (0, 0), 20)), [Kind::Flat, Kind::Drawn, Kind::Live]);
    }

    #[test]
    fn light_and_contrast_leave_the_correlation_as_it_is() {
        let picture = drawn(2, 60, 40);
        let toned = Grey::draw(60, 40, |column, row| picture.row(row)[column] / 2 + 70);
        let negative = Grey::draw(60, 40, |column, row| 255 - picture.row(row)[column]);
        assert!(Pair::of(&picture, (20, 10), &toned, (20, 10), 20).correlation() > 0.99);
        assert!(Pair::of(&picture, (20, 10), &negative, (20, 10), 20).correlation() < -0.99);
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_definition(one in prop::collection::vec(any::<u8>(), 400), two in prop::collection::vec(any::<u8>(), 400)) {
            let difference = one.iter().zip(&two).map(|(one, two)| (f64::from(*one) - f64::from(*two)).powi(2)).sum::<f64>() / 400.0;
            let mean = one.iter().copied().map(f64::from).sum::<f64>() / 400.0;
            let [one, two] = [one, two].map(|pixels| Grey::new(20, 20, pixels).unwrap());
            let pair = Pair::of(&one, (0, 0), &two, (0, 0), 20);
            prop_assert!((pair.difference() - difference.sqrt()).abs() < 1e-9);
            prop_assert!((pair.means().0 - mean).abs() < 1e-9);
            prop_assert!((Pair::of(&one, (0, 0), &one, (0, 0), 20).correlation() - 1.0).abs() < 1e-9);
        }
    }
}
