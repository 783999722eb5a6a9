//! Chance that is the same on every machine and in every version: SplitMix64 (Steele, Lea, Flood 2014), with branches by number.

/// What the state of SplitMix64 grows by with each draw.
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of numbers that follows from its seed alone.
#[derive(Clone, Debug)]
pub struct Chance {
    state: u64,
}

/// The finishing step of SplitMix64: neighbouring numbers give unrelated ones.
pub fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(STEP);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Chance {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Chance {
        Chance { state: seed }
    }

    /// An independent stream for a part, so that a draw more in one part changes no other part.
    pub fn at(&self, part: &str, number: u64) -> Chance {
        // FNV-1a over the name, folded into the state with the number.
        let name = part.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Chance { state: mix(mix(self.state ^ name) ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93)) }
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        let number = mix(self.state);
        self.state = self.state.wrapping_add(STEP);
        number
    }

    /// A number in `0..bound`; 0 when the bound is 0. The bias is below 2⁻³² for the small bounds used here.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.draw() % bound as u64) as usize }
    }

    /// A number in `low..=high`; `low` where `high` is lower.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.draw() % ((high - low).max(0) as u64 + 1)) as i64
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in this share of draws.
    pub fn one_in(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// A number around zero, within ±3 spreads, as the sum of four draws has it: near enough to the bell for times of day.
    pub fn around(&mut self, spread: f64) -> f64 {
        (self.unit() + self.unit() + self.unit() + self.unit() - 2.0) * spread * 1.732
    }

    /// A waiting time with this mean, at most eight times as long.
    pub fn wait(&mut self, mean: f64) -> f64 {
        (-(1.0 - self.unit()).ln()).min(8.0) * mean
    }

    /// One of the choices, which must not be empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// So many of `0..of`, in ascending order; all where there are no more.
    pub fn some_of(&mut self, of: usize, many: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..of).collect();
        self.shuffle(&mut all);
        all.truncate(many);
        all.sort_unstable();
        all
    }

    /// Puts them into another order.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for place in (1..all.len()).rev() {
            all.swap(place, self.below(place + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_published_splitmix_numbers() {
        let mut chance = Chance::new(1_234_567);
        assert_eq!([chance.draw(), chance.draw(), chance.draw()], [6457827717110365317, 3203168211198807973, 9817491932198370423]);
    }

    #[test]
    fn branches_do_not_depend_on_what_was_drawn_beside_them() {
        let root = Chance::new(7);
        let before = root.at("sound", 1).draw();
        root.at("picture", 1).draw();
        assert_eq!(root.at("sound", 1).draw(), before);
        assert_ne!(root.at("sound", 2).draw(), before);
    }
}
