//! What was looked up a moment ago, so that a sender of many small requests is not looked up for each.
//!
//! Senders come in crowds: a hundred connections are answered at once and send again at once. So one of them looks up, and the others wait for it.

use crate::error::Result;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// Values held before the old ones are dropped.
const MANY: usize = 10_000;

/// Values by key, each for a moment.
#[derive(Debug)]
pub struct Recently<K, V> {
    held: Mutex<HashMap<K, Held<V>>>,
    moment: Duration,
}

/// A value that somebody looks up or has looked up, and since when.
#[derive(Debug)]
struct Held<V> {
    since: Instant,
    value: Arc<OnceCell<V>>,
}

impl<K: Clone + Eq + Hash, V: Clone> Recently<K, V> {
    /// Holds values for so long.
    pub fn new(moment: Duration) -> Recently<K, V> {
        Recently { held: Mutex::default(), moment }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<K, Held<V>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value: the one that was looked up a moment ago, or is being looked up, or else what `look` finds. What cannot be found is not held, and
    /// everybody looks for themselves.
    pub async fn get(&self, key: &K, look: impl Future<Output = Result<V>>) -> Result<V> {
        let value = self.place(key);
        let found = value.get_or_try_init(|| look).await.cloned();
        if found.is_err() {
            let mut held = self.held();
            if held.get(key).is_some_and(|other| Arc::ptr_eq(&other.value, &value)) && !value.initialized() {
                held.remove(key);
            }
        }
        found
    }

    /// Where the value of a key is, or will be.
    fn place(&self, key: &K) -> Arc<OnceCell<V>> {
        let mut held = self.held();
        if let Some(Held { value, .. }) = held.get(key).filter(|held| held.since.elapsed() < self.moment) {
            return value.clone();
        }
        if held.len() >= MANY {
            held.retain(|_, held| held.since.elapsed() < self.moment);
            if held.len() >= MANY {
                held.clear();
            }
        }
        let value = Arc::new(OnceCell::new());
        held.insert(key.clone(), Held { since: Instant::now(), value: value.clone() });
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, codes};
    use futures::future::join_all;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Looks for a value; how often it was looked for is the value.
    async fn look(recently: &Recently<u64, u64>, key: u64, looks: &AtomicU64) -> u64 {
        let look = async {
            let looks = looks.fetch_add(1, Ordering::Relaxed) + 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(looks)
        };
        recently.get(&key, look).await.expect("found")
    }

    #[tokio::test]
    async fn a_crowd_looks_once_and_again_after_a_moment() {
        let (recently, looks) = (Recently::new(Duration::from_millis(100)), AtomicU64::new(0));
        assert_eq!(join_all((0..50).map(|_| look(&recently, 1, &looks))).await, [1; 50]);
        assert_eq!(look(&recently, 1, &looks).await, 1);
        tokio::time::sleep(Duration::from_millis(110)).await;
        assert_eq!(join_all((0..50).map(|_| look(&recently, 1, &looks))).await, [2; 50]);
    }

    #[tokio::test]
    async fn what_cannot_be_found_is_told_to_each_and_not_held() {
        let recently: Recently<u64, u64> = Recently::new(Duration::from_secs(60));
        let looks = AtomicU64::new(0);
        let fails = async || {
            looks.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
            Err(Error::of(&codes::UNAUTHENTICATED))
        };
        let told = join_all((0..5).map(|_| recently.get(&1, fails()))).await;
        assert!(told.iter().all(|told| told.as_ref().is_err_and(|error| error.code == "unauthenticated")));
        assert_eq!(looks.load(Ordering::Relaxed), 5);
        assert!(recently.held().is_empty());
        assert_eq!(look(&recently, 1, &looks).await, 6, "found later, it is");
    }

    #[tokio::test]
    async fn values_are_held_not_without_bound() {
        let (recently, looks) = (Recently::new(Duration::from_secs(60)), AtomicU64::new(0));
        for key in 0..2 * MANY as u64 {
            recently.get(&key, async { Ok(looks.fetch_add(1, Ordering::Relaxed)) }).await.expect("found");
        }
        assert!(recently.held().len() <= MANY);
    }
}
