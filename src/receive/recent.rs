//! What was looked up a moment ago, so that a sender of many small requests is not looked up for each.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Values held before the old ones are dropped.
const MANY: usize = 10_000;

/// Values by key, each for a moment.
#[derive(Debug)]
pub struct Recently<K, V> {
    held: Mutex<HashMap<K, (Instant, V)>>,
    moment: Duration,
}

impl<K: Eq + Hash, V: Clone> Recently<K, V> {
    /// Holds values for so long.
    pub fn new(moment: Duration) -> Recently<K, V> {
        Recently { held: Mutex::default(), moment }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<K, (Instant, V)>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, if it was put a moment ago.
    pub fn get(&self, key: &K) -> Option<V> {
        self.held().get(key).filter(|(since, _)| since.elapsed() < self.moment).map(|(_, value)| value.clone())
    }

    /// Holds a value.
    pub fn put(&self, key: K, value: V) {
        let mut held = self.held();
        if held.len() >= MANY {
            held.retain(|_, (since, _)| since.elapsed() < self.moment);
            if held.len() >= MANY {
                held.clear();
            }
        }
        held.insert(key, (Instant::now(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_held_for_a_moment_and_not_without_bound() {
        let recently = Recently::new(Duration::from_millis(50));
        recently.put(1, "a");
        assert_eq!(recently.get(&1), Some("a"));
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(recently.get(&1), None);
        (0..2 * MANY).for_each(|key| recently.put(key, "b"));
        assert!(recently.held().len() <= MANY);
    }
}
