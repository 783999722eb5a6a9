//! A square block of a picture: what is in it, and whether it is another one's.

use crate::grey::Grey;

/// How far light strays from its mean (of 255) in a block that says something. Coding noise of JPEG at quality 40 stays under 4.
const TEXTURE: f64 = 5.0;

/// In what is drawn most pixels have the light of the page: at least this part of them …
const PAGE: f64 = 0.5;

/// … within a band of this many levels, which holds what coding does to a page beside letters. A camera's noise and shading fill more.
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
    pub(crate) fn of(one: &Grey, (x, y): (usize, usize), two: &Grey, (u, v): (usize, usize), side: usize) -> Pair {
        // A sum each, which the compiler makes many lanes of unless it must look for overflow after every step; 400 squares of a byte fill
        // 25 of 32 bits.
        let [mut sum_one, mut sum_two, mut one_one, mut two_two, mut one_two] = [0u32; 5];
        for row in 0..side {
            let (one, two) = (&one.row(y + row)[x..x + side], &two.row(v + row)[u..u + side]);
            for (one, two) in one.iter().zip(two) {
                let (one, two) = (u32::from(*one), u32::from(*two));
                sum_one = sum_one.wrapping_add(one);
                sum_two = sum_two.wrapping_add(two);
                one_one = one_one.wrapping_add(one.wrapping_mul(one));
                two_two = two_two.wrapping_add(two.wrapping_mul(two));
                one_two = one_two.wrapping_add(one.wrapping_mul(two));
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
