//! All fingerprints within a distance, found by looking at every one, exactly.
//!
//! A scan is bound by memory, so it reads half: the distance of the first 128 bits is a lower bound of the whole one, and of unlike
//! fingerprints 2 in 10⁹ come under 31 by it. Words of the same place lie together (a structure of arrays), in chunks that are
//! filled and never moved: adding one costs the same however many there are, and 32 bytes of fingerprint with 8 of payload are all it takes.
//!
//! How bits are counted is chosen by the processor at hand when an index is made.

use crate::count::{Counter, GROUP};
use crate::pdq::{BITS, Fingerprint};
use std::collections::BinaryHeap;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Fingerprints of a chunk: 128 KiB of first halves, so that many questions are put to a chunk while it lies in the second cache.
const CHUNK: usize = 8192;

/// A fingerprint that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Neighbour {
    /// Bits that differ, 0 to 256.
    pub distance: u32,
    /// What was kept with it.
    pub payload: u64,
}

/// Fingerprints with a number each. Any number of them may be alike, and so may the numbers.
#[derive(Debug)]
pub struct Index {
    /// All but the last are full.
    chunks: Vec<Chunk>,
    counter: Counter,
}

#[derive(Debug)]
struct Chunk {
    /// The words of all fingerprints: first, second, third, fourth.
    lanes: [Vec<u64>; 4],
    payloads: Vec<u64>,
}

impl Chunk {
    fn new() -> Chunk {
        Chunk { lanes: std::array::from_fn(|_| Vec::with_capacity(CHUNK)), payloads: Vec::with_capacity(CHUNK) }
    }

    /// Shows all within the radius to `visit`, which says what the radius is from there on: the same or less.
    fn search(&self, counter: Counter, asked: &Fingerprint, mut radius: u32, mut visit: impl FnMut(Neighbour) -> u32) {
        let lanes = self.lanes.each_ref().map(Vec::as_slice);
        let whole = self.payloads.len() / GROUP;
        let mut from = 0;
        loop {
            let group = counter.next(lanes, asked.0, radius, from).unwrap_or(whole);
            for at in group * GROUP..((group + 1) * GROUP).min(self.payloads.len()) {
                let distance = Fingerprint(lanes.map(|lane| lane[at])).distance(asked);
                if distance <= radius {
                    radius = visit(Neighbour { distance, payload: self.payloads[at] });
                }
            }
            if group >= whole {
                return;
            }
            from = group + 1;
        }
    }

    fn push(&mut self, Fingerprint(words): Fingerprint, payload: u64) {
        self.lanes.iter_mut().zip(words).for_each(|(lane, word)| lane.push(word));
        self.payloads.push(payload);
    }

    fn pop(&mut self) -> Option<([u64; 4], u64)> {
        let payload = self.payloads.pop()?;
        Some((self.lanes.each_mut().map(|lane| lane.pop().unwrap_or_default()), payload))
    }

    fn put(&mut self, at: usize, words: [u64; 4], payload: u64) {
        self.lanes.iter_mut().zip(words).for_each(|(lane, word)| lane[at] = word);
        self.payloads[at] = payload;
    }
}

impl Default for Index {
    fn default() -> Index {
        Index { chunks: Vec::new(), counter: Counter::best() }
    }
}

impl Index {
    /// An empty index for the processor it runs on.
    pub fn new() -> Index {
        Index::default()
    }

    /// How many fingerprints it holds.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.payloads.len())
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds one, in the same time however many there are.
    pub fn add(&mut self, fingerprint: Fingerprint, payload: u64) {
        match self.chunks.last_mut() {
            Some(last) if last.payloads.len() < CHUNK => last.push(fingerprint, payload),
            _ => {
                let mut chunk = Chunk::new();
                chunk.push(fingerprint, payload);
                self.chunks.push(chunk);
            }
        }
    }

    /// Removes all whose payload it names, and says how many. The last ones move to their places.
    pub fn remove(&mut self, mut is_named: impl FnMut(u64) -> bool) -> usize {
        let before = self.len();
        let mut at = 0;
        while at < self.len() {
            if !is_named(self.chunks[at / CHUNK].payloads[at % CHUNK]) {
                at += 1;
            } else if let Some((words, payload)) = self.take_last()
                && at < self.len()
            {
                self.chunks[at / CHUNK].put(at % CHUNK, words, payload);
            }
        }
        before - self.len()
    }

    fn take_last(&mut self) -> Option<([u64; 4], u64)> {
        let last = self.chunks.last_mut()?;
        let taken = last.pop();
        if last.payloads.is_empty() {
            self.chunks.pop();
        }
        taken
    }

    /// All within a distance of a fingerprint, nearest first, equally near ones by payload.
    pub fn within(&self, fingerprint: &Fingerprint, radius: u32, threads: NonZeroUsize) -> Vec<Neighbour> {
        self.within_each(std::slice::from_ref(fingerprint), radius, threads).pop().unwrap_or_default()
    }

    /// The same for many fingerprints, cheaper than one after the other: each chunk is brought from memory once for all.
    pub fn within_each(&self, fingerprints: &[Fingerprint], radius: u32, threads: NonZeroUsize) -> Vec<Vec<Neighbour>> {
        let found = Mutex::new(vec![Vec::new(); fingerprints.len()]);
        self.scan(threads, |chunks| {
            let mut mine = vec![Vec::new(); fingerprints.len()];
            for chunk in chunks {
                for (asked, found) in fingerprints.iter().zip(&mut mine) {
                    chunk.search(self.counter, asked, radius, |neighbour| {
                        found.push(neighbour);
                        radius
                    });
                }
            }
            gather(&found, |all| all.iter_mut().zip(mine).for_each(|(all, mine)| all.extend(mine)));
        });
        let mut found = found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        found.iter_mut().for_each(|neighbours| neighbours.sort_unstable());
        found
    }

    /// The `count` nearest to a fingerprint, nearest first, equally near ones by payload.
    pub fn nearest(&self, fingerprint: &Fingerprint, count: usize, threads: NonZeroUsize) -> Vec<Neighbour> {
        if count == 0 {
            return Vec::new();
        }
        let found = Mutex::new(Nearest { count, heap: BinaryHeap::new() });
        self.scan(threads, |chunks| {
            let mut mine = Nearest { count, heap: BinaryHeap::new() };
            for chunk in chunks {
                chunk.search(self.counter, fingerprint, mine.radius(), |neighbour| {
                    mine.take(neighbour);
                    mine.radius()
                });
            }
            gather(&found, |all| mine.heap.into_iter().for_each(|neighbour| all.take(neighbour)));
        });
        found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).heap.into_sorted_vec()
    }

    /// Lets every thread take chunk after chunk until there are no more: on a shared machine they are not equally fast.
    fn scan(&self, threads: NonZeroUsize, work: impl Fn(&mut dyn Iterator<Item = &Chunk>) + Sync) {
        let next = AtomicUsize::new(0);
        let run = || work(&mut std::iter::from_fn(|| self.chunks.get(next.fetch_add(1, Ordering::Relaxed))));
        std::thread::scope(|scope| {
            for _ in 1..threads.get().min(self.chunks.len()) {
                scope.spawn(run);
            }
            run();
        });
    }
}

/// A thread that panicked takes the others with it when the scope ends, so what it left is never looked at.
fn gather<T>(shared: &Mutex<T>, add: impl FnOnce(&mut T)) {
    add(&mut shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
}

/// The best of what was seen so far, the farthest on top.
struct Nearest {
    count: usize,
    heap: BinaryHeap<Neighbour>,
}

impl Nearest {
    /// Beyond this distance nothing can be among the nearest any more.
    fn radius(&self) -> u32 {
        self.heap.peek().filter(|_| self.heap.len() >= self.count).map_or(BITS, |farthest| farthest.distance)
    }

    fn take(&mut self, neighbour: Neighbour) {
        self.heap.push(neighbour);
        if self.heap.len() > self.count {
            self.heap.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::film::chance;
    use proptest::prelude::*;

    const ONE: NonZeroUsize = NonZeroUsize::MIN;

    fn drawn(seed: u64, at: u64) -> Fingerprint {
        Fingerprint(std::array::from_fn(|word| chance(seed, at * 4 + word as u64)))
    }

    fn random(count: usize, seed: u64) -> Vec<(Fingerprint, u64)> {
        (0..count as u64).map(|at| (drawn(seed, at), at)).collect()
    }

    fn index(of: &[(Fingerprint, u64)]) -> Index {
        let mut index = Index::new();
        of.iter().for_each(|(fingerprint, payload)| index.add(*fingerprint, *payload));
        index
    }

    fn naive(all: &[(Fingerprint, u64)], asked: &Fingerprint, radius: u32) -> Vec<Neighbour> {
        let neighbours = all.iter().map(|(fingerprint, payload)| Neighbour { distance: fingerprint.distance(asked), payload: *payload });
        let mut found: Vec<Neighbour> = neighbours.filter(|neighbour| neighbour.distance <= radius).collect();
        found.sort_unstable();
        found
    }

    fn with_flipped(Fingerprint(mut words): Fingerprint, bits: impl IntoIterator<Item = usize>) -> Fingerprint {
        bits.into_iter().for_each(|bit| words[bit / 64] ^= 1 << (bit % 64));
        Fingerprint(words)
    }

    #[test]
    fn neighbours_are_found_wherever_their_bits_differ_and_in_whatever_chunk() {
        let mut all = random(2 * CHUNK + 100, 1);
        let asked = Fingerprint([0x0123_4567_89AB_CDEF; 4]);
        for (place, from) in [(0, 0), (CHUNK - 1, 100), (CHUNK, 128), (2 * CHUNK + 99, 225)] {
            all[place].0 = with_flipped(asked, from..from + 31);
        }
        all[77].0 = with_flipped(asked, 0..32);
        let found = index(&all).within(&asked, 31, ONE);
        assert_eq!(found, [0, CHUNK - 1, CHUNK, 2 * CHUNK + 99].map(|place| Neighbour { distance: 31, payload: place as u64 }));
    }

    #[test]
    fn what_was_removed_is_not_found_and_all_else_is() {
        let mut all = random(3 * CHUNK, 2);
        let mut index = index(&all);
        assert_eq!(index.remove(|payload| payload % 3 != 0), 2 * CHUNK);
        all.retain(|(_, payload)| payload % 3 == 0);
        assert_eq!((index.len(), index.chunks.len()), (CHUNK, 1));
        assert_eq!(index.within(&all[5].0, 256, ONE), naive(&all, &all[5].0, 256));
        assert_eq!(index.remove(|_| true), CHUNK);
        assert!(index.is_empty() && index.within(&all[5].0, 256, ONE).is_empty());
        index.add(all[5].0, 9);
        assert_eq!(index.nearest(&all[5].0, 3, ONE), [Neighbour { distance: 0, payload: 9 }]);
    }

    #[test]
    fn a_full_chunk_takes_40_bytes_a_fingerprint() {
        let index = index(&random(CHUNK, 3));
        let words: usize =
            index.chunks.iter().map(|chunk| chunk.payloads.capacity() + chunk.lanes.iter().map(Vec::capacity).sum::<usize>()).sum();
        assert_eq!(words * 8, CHUNK * 40);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn answers_are_those_of_looking_at_each(
            count in 0usize..3 * CHUNK,
            seed: u64,
            near in prop::collection::vec((any::<prop::sample::Index>(), 0usize..60), 0..40),
            radius in prop_oneof![0u32..=31, 0u32..=256],
            nearest in 0usize..30,
            threads in 1usize..4,
        ) {
            let mut all = random(count, seed);
            let asked: [Fingerprint; 2] = std::array::from_fn(|at| drawn(!seed, at as u64));
            for ((place, bits), number) in near.iter().filter(|_| count > 0).zip(1_u64..) {
                // Several share a payload, so that ties are seen, too.
                let flipped = (0..*bits as u64).map(|bit| chance(!seed, number * 64 + bit) as usize % 256);
                all[place.index(count)] = (with_flipped(asked[bits % 2], flipped), *bits as u64 % 7);
            }
            let threads = NonZeroUsize::new(threads).unwrap();
            let index = index(&all);
            prop_assert_eq!(index.len(), count);
            let expected: Vec<_> = asked.iter().map(|asked| naive(&all, asked, radius)).collect();
            prop_assert_eq!(index.within_each(&asked, radius, threads), expected);
            let mut expected = naive(&all, &asked[0], 256);
            expected.truncate(nearest);
            prop_assert_eq!(index.nearest(&asked[0], nearest, threads), expected);
        }
    }
}
