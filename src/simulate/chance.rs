//! Chance that is the same on every machine and in every version: the numbers of `province::chance`, with named branches of its own.

use province::chance::{STEP, mix};

/// A stream of numbers that follows from its seed alone.
#[derive(Clone, Debug)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Chance {
        Chance { state: seed }
    }

    /// An independent stream for a named part, so that adding a draw in one part changes no other part.
    pub fn branch(&self, name: &str) -> Chance {
        // FNV-1a over the name, folded into the state: stable, and good enough to keep the parts apart.
        let folded = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64 ^ self.state, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let mut branch = Chance { state: folded };
        branch.next();
        branch
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        let number = mix(self.state);
        self.state = self.state.wrapping_add(STEP);
        number
    }

    /// A number in `0..bound`; 0 when the bound is 0. The bias is below 2⁻³² for the small bounds used here.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// A number in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low).max(0) as u64 + 1) as i64
    }

    /// True in `percent` of 100 draws.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of the choices, which must not be empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_published_splitmix_numbers() {
        let mut chance = Chance::new(1_234_567);
        assert_eq!([chance.next(), chance.next(), chance.next()], [6457827717110365317, 3203168211198807973, 9817491932198370423]);
    }

    #[test]
    fn branches_do_not_depend_on_what_was_drawn_beside_them() {
        let root = Chance::new(7);
        let before = root.branch("sound").next();
        let mut other = root.branch("picture");
        other.next();
        assert_eq!(root.branch("sound").next(), before);
        assert_ne!(root.branch("sound").next(), root.branch("picture").next());
    }
}
