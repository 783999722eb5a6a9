//! Exact fractions. Every input of a formula is bounded (money below 10⁸ fen, hours below 10⁸ thousandths, percents below 10³), so that
//! 128 bits hold each product with room to spare; what would not fit is an error of the caller and saturates, it never wraps.

/// A fraction of two whole numbers, the lower one above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    over: i128,
    under: i128,
}

impl Fraction {
    /// `over ÷ under`; nothing divided by nothing is nothing.
    pub fn new(over: i128, under: i128) -> Fraction {
        match under {
            0 => Fraction { over: 0, under: 1 },
            under if under < 0 => Fraction { over: over.saturating_neg(), under: under.saturating_neg() },
            under => Fraction { over, under },
        }
    }

    /// The product of some factors, divided by the product of others.
    pub fn of(factors: &[i64], divisors: &[i64]) -> Fraction {
        let product = |numbers: &[i64]| numbers.iter().fold(1_i128, |product, number| product.saturating_mul(i128::from(*number)));
        Fraction::new(product(factors), product(divisors))
    }

    /// The sum of two.
    pub fn plus(self, other: Fraction) -> Fraction {
        if self.under == other.under {
            return Fraction::new(self.over.saturating_add(other.over), self.under);
        }
        let over = self.over.saturating_mul(other.under).saturating_add(other.over.saturating_mul(self.under));
        Fraction::new(over, self.under.saturating_mul(other.under))
    }

    /// The nearest whole number; a half is rounded up.
    pub fn rounded(self) -> i64 {
        let twice = self.over.saturating_mul(2).saturating_add(self.under);
        let whole = twice.div_euclid(self.under.saturating_mul(2));
        i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN } else { i64::MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_is_rounded_up_and_less_is_rounded_down() {
        let rounded = |over, under| Fraction::new(over, under).rounded();
        assert_eq!([rounded(1, 2), rounded(49, 100), rounded(5, 2), rounded(-1, 2), rounded(-3, 2), rounded(7, 0)], [1, 0, 3, 0, -1, 0]);
    }

    #[test]
    fn parts_are_added_before_they_are_rounded() {
        let third = Fraction::of(&[1], &[3]);
        assert_eq!(third.plus(Fraction::of(&[1], &[6])).plus(Fraction::of(&[1], &[2])).rounded(), 1);
        assert_eq!((third.rounded(), third.plus(third).rounded()), (0, 1));
    }
}
