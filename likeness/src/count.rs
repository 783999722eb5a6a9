//! Where in a row of fingerprints near ones may be, counted the fastest way the processor has.
//!
//! One plain function counts. The compiler turns it into what each processor does best, so there is no second version of it that could
//! count otherwise.

// Code for a processor with more instructions than the build's may only be called where it has them, which no type can say.
#![allow(unsafe_code)]

/// Fingerprints that are judged together; only if one of them may be near are they looked at one by one.
pub(crate) const GROUP: usize = 64;

/// Up to this distance the first halves tell enough: of unlike ones 1 in 3,000 is within 44 of 128, so 1 group in 50 is looked at twice.
const HALF_TELLS: u64 = 44;

/// How bits are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    /// As every processor can.
    Plain,
    /// An instruction for 64 bits (x86-64 since 2008).
    #[cfg(target_arch = "x86_64")]
    Popcnt,
    /// Tables in registers, 256 bits at a time (since 2013).
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// An instruction for 512 bits (since 2019).
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Counter {
    /// The fastest one of this processor.
    pub(crate) fn best() -> Counter {
        Counter::available().pop().unwrap_or(Counter::Plain)
    }

    /// All that this processor can run, slowest first.
    pub(crate) fn available() -> Vec<Counter> {
        #[cfg(target_arch = "x86_64")]
        let faster = [
            (Counter::Popcnt, is_x86_feature_detected!("popcnt")),
            (Counter::Avx2, is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt")),
            (Counter::Avx512, is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq")),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let faster: [(Counter, bool); 0] = [];
        std::iter::once(Counter::Plain).chain(faster.into_iter().filter_map(|(counter, can)| can.then_some(counter))).collect()
    }

    /// The first whole group from group `from` on in which a fingerprint may be within the radius. Lanes are equally long.
    pub(crate) fn next(self, lanes: [&[u64]; 4], asked: [u64; 4], radius: u32, from: usize) -> Option<usize> {
        let radius = u64::from(radius);
        match self {
            Counter::Plain => search(lanes, asked, radius, from),
            // SAFETY: a counter is made by `available` alone, which asked the processor for popcnt.
            #[cfg(target_arch = "x86_64")]
            Counter::Popcnt => unsafe { popcnt(lanes, asked, radius, from) },
            // SAFETY: a counter is made by `available` alone, which asked the processor for avx2 and popcnt.
            #[cfg(target_arch = "x86_64")]
            Counter::Avx2 => unsafe { avx2(lanes, asked, radius, from) },
            // SAFETY: a counter is made by `available` alone, which asked the processor for avx512f and avx512vpopcntdq.
            #[cfg(target_arch = "x86_64")]
            Counter::Avx512 => unsafe { avx512(lanes, asked, radius, from) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn popcnt(lanes: [&[u64]; 4], asked: [u64; 4], radius: u64, from: usize) -> Option<usize> {
    search(lanes, asked, radius, from)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn avx2(lanes: [&[u64]; 4], asked: [u64; 4], radius: u64, from: usize) -> Option<usize> {
    search(lanes, asked, radius, from)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn avx512(lanes: [&[u64]; 4], asked: [u64; 4], radius: u64, from: usize) -> Option<usize> {
    search(lanes, asked, radius, from)
}

/// Inlined into each of the above, to be compiled with its instructions.
#[inline(always)]
fn search(lanes: [&[u64]; 4], asked: [u64; 4], radius: u64, from: usize) -> Option<usize> {
    let [first, second, third, fourth] = lanes.map(|lane| lane.as_chunks::<GROUP>().0);
    let groups = first.len().min(second.len()).min(third.len()).min(fourth.len());
    if radius <= HALF_TELLS {
        (from..groups).find(|group| is_near([&first[*group], &second[*group]], [asked[0], asked[1]], radius))
    } else {
        (from..groups).find(|group| is_near([&first[*group], &second[*group], &third[*group], &fourth[*group]], asked, radius))
    }
}

/// Whether one of a group is within the radius by these words. Without a branch inside, so that many are counted at once.
#[inline(always)]
fn is_near<const WORDS: usize>(lanes: [&[u64; GROUP]; WORDS], asked: [u64; WORDS], radius: u64) -> bool {
    let differ = |at: usize| lanes.iter().zip(asked).map(|(lane, word)| u64::from((lane[at] ^ word).count_ones())).sum::<u64>();
    (0..GROUP).map(|at| u64::from(differ(at) <= radius)).sum::<u64>() > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_counter_stops_where_the_distance_says(
            words in prop::collection::vec(any::<[u64; 4]>(), 0..400),
            planted in 0usize..400,
            flips in prop::collection::vec(0usize..256, 0..50),
            radius in 0u32..=256,
            asked: [u64; 4],
        ) {
            let mut words = words;
            if let Some(near) = words.get_mut(planted) {
                *near = asked;
                flips.iter().for_each(|bit| near[bit / 64] ^= 1 << (bit % 64));
            }
            let lanes: [Vec<u64>; 4] = std::array::from_fn(|lane| words.iter().map(|words| words[lane]).collect());
            let read = if u64::from(radius) <= HALF_TELLS { 2 } else { 4 };
            let distance = |words: &[u64; 4]| (0..read).map(|lane| (words[lane] ^ asked[lane]).count_ones()).sum::<u32>();
            let groups = words.chunks_exact(GROUP);
            let expected: Vec<usize> =
                groups.enumerate().filter(|(_, group)| group.iter().any(|words| distance(words) <= radius)).map(|(at, _)| at).collect();
            for counter in Counter::available() {
                let mut found = Vec::new();
                while let Some(group) = counter.next(lanes.each_ref().map(Vec::as_slice), asked, radius, found.last().map_or(0, |last| last + 1)) {
                    found.push(group);
                }
                prop_assert_eq!(&found, &expected, "{:?}", counter);
            }
        }
    }
}
