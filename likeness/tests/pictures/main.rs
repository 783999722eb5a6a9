//! How many copies are found among pictures that look alike, and how many others are taken for copies.
//!
//! Every picture of a collection is kept as `likeness` is meant to be used: its direct windows in an index. Every altered copy is asked for
//! with all its windows, and each picture found within 31 is laid over it. Thresholds were fitted on collection 1; what is
//! asserted is asserted of others.

mod alter;
mod draw;

use alter::Alteration;
use draw::Scene;
use likeness::align::{Comparison, Hint, Verdict, compare};
use likeness::grey::Grey;
use likeness::index::Index;
use likeness::pdq::{CANDIDATE, LEAST_QUALITY};
use likeness::windows::{View, Window, windows};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// A collection that no threshold was fitted on.
const UNSEEN: u64 = 4099;

/// Pictures with their index; a payload is the picture's place and its window's number.
struct Kept {
    scenes: Vec<Scene>,
    pictures: Vec<Grey>,
    index: Index,
}

impl Kept {
    fn draw(seed: u64) -> Kept {
        let scenes = draw::collection(seed);
        let pictures: Vec<Grey> =
            in_two(scenes.len(), |place| scenes[place].draw()).into_iter().flatten().map(|(_, picture)| picture).collect();
        let mut index = Index::new();
        for (place, picture) in pictures.iter().enumerate() {
            for view in telling(picture).filter(|view| !view.window.is_mirrored()) {
                index.add(view.fingerprint, (place as u64) << 8 | u64::from(view.window.number()));
            }
        }
        Kept { scenes, pictures, index }
    }

    /// Each picture with a window near one of the asked, with the nearest such pair, laid over it.
    fn ask(&self, picture: &Grey) -> BTreeMap<usize, Comparison> {
        let views: Vec<View> = telling(picture).collect();
        let asked: Vec<_> = views.iter().map(|view| view.fingerprint).collect();
        let mut nearest: BTreeMap<usize, (u32, u8, Window)> = BTreeMap::new();
        for (view, found) in views.iter().zip(self.index.within_each(&asked, CANDIDATE, NonZeroUsize::MIN)) {
            for neighbour in found {
                let pair = (neighbour.distance, neighbour.payload as u8, view.window);
                let best = nearest.entry((neighbour.payload >> 8) as usize).or_insert(pair);
                *best = if pair.0 < best.0 { pair } else { *best };
            }
        }
        let compare = |(place, (_, number, there)): (usize, (u32, u8, Window))| {
            let here = Window::of(number, &self.pictures[place]).expect("a window that was kept");
            (place, compare(&self.pictures[place], picture, Hint { here, there }))
        };
        nearest.into_iter().map(compare).collect()
    }
}

/// Does the work of all places on two threads, and says what came of it in their order.
fn in_two<T: Send>(places: usize, work: impl Fn(usize) -> T + Sync) -> [Vec<(usize, T)>; 2] {
    let run = |range: std::ops::Range<usize>| range.map(|place| (place, work(place))).collect();
    std::thread::scope(|scope| {
        let second = scope.spawn(|| run(places / 2..places));
        [run(0..places / 2), second.join().expect("the other half")]
    })
}

/// The windows that have something in them.
fn telling(picture: &Grey) -> impl Iterator<Item = View> {
    windows(picture).into_iter().filter(|view| view.quality >= LEAST_QUALITY)
}

fn is_copy(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Copy | Verdict::CopyWithPatch)
}

/// What was counted; pages without people are asked for, but nothing can be said of them.
#[derive(Debug, Default)]
struct Count {
    copies: usize,
    found: usize,
    accused: usize,
    wrongly: usize,
    pages: usize,
    pages_accused: usize,
    others_laid_over: usize,
    /// The greatest share of live blocks that a copy without a mark changed, and the least that another picture did.
    copy_changed: f64,
    other_changed: Option<f64>,
}

impl Count {
    /// Every picture with every `nth` alteration, each with others than its neighbours.
    fn of(seed: u64, nth: usize) -> Count {
        let kept = Kept::draw(seed);
        let mut count = Count::default();
        let ask = |place: usize| -> Vec<_> {
            let altered = alter::ALL.iter().skip(place % nth).step_by(nth);
            altered.map(|alteration| (*alteration, kept.ask(&alteration.of(&kept.pictures[place])))).collect()
        };
        for (place, asked) in in_two(kept.pictures.len(), ask).into_iter().flatten() {
            for (alteration, answers) in asked {
                count.take(&kept.scenes, place, alteration, &answers);
            }
        }
        count
    }

    fn take(&mut self, scenes: &[Scene], place: usize, alteration: Alteration, answers: &BTreeMap<usize, Comparison>) {
        let own = answers.get(&place);
        let found = own.is_some_and(|answer| is_copy(answer.verdict));
        if matches!(scenes[place], Scene::Page { .. }) {
            self.pages += 1;
            self.pages_accused += usize::from(found);
        } else {
            self.copies += 1;
            self.found += usize::from(found);
            if !found {
                println!("missed: {:?} {alteration:?} {own:?}", scenes[place]);
            }
        }
        let told = |answer: &&Comparison| answer.verdict != Verdict::Inconclusive;
        if alteration != Alteration::Marked {
            self.copy_changed = own.filter(told).map_or(0.0, |answer| answer.changed_share).max(self.copy_changed);
        }
        for (other, answer) in answers {
            self.accused += usize::from(is_copy(answer.verdict));
            if *other == place {
                continue;
            }
            self.others_laid_over += 1;
            let changed = Some(answer).filter(told).map_or(1.0, |answer| answer.changed_share);
            self.other_changed = Some(self.other_changed.map_or(changed, |least| least.min(changed)));
            self.wrongly += usize::from(is_copy(answer.verdict));
            if is_copy(answer.verdict) {
                println!("wrong: {:?} {alteration:?} is not {:?}: {answer:?}", scenes[place], scenes[*other]);
            }
        }
    }

    fn recall(&self) -> f64 {
        self.found as f64 / self.copies as f64
    }

    fn precision(&self) -> f64 {
        (self.accused - self.wrongly) as f64 / self.accused as f64
    }
}

#[test]
fn copies_are_found_and_those_who_look_alike_are_not_accused() {
    let count = Count::of(UNSEEN, 3);
    println!("{count:?}: recall {:.4}, precision {:.4}", count.recall(), count.precision());
    assert!(count.recall() >= 0.95, "{count:?}");
    assert!(count.precision() >= 0.999, "{count:?}");
    assert!(count.pages_accused * 10 <= count.pages, "{count:?}");
    assert!(count.others_laid_over >= 40, "the pictures do not look alike enough to tempt anyone: {count:?}");
}

#[test]
#[ignore = "for fitting: prints what is missed and what comes near, collection by collection (KESHI_SEEDS=1,2)"]
fn what_is_missed_is_printed() {
    let seeds = std::env::var("KESHI_SEEDS").unwrap_or_else(|_| "1".into());
    for seed in seeds.split(',').filter_map(|seed| seed.parse().ok()) {
        let count = Count::of(seed, 1);
        println!("{seed}: {count:?}: recall {:.4}, precision {:.4}", count.recall(), count.precision());
    }
}
