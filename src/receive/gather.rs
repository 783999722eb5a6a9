//! Small things that come at the same moment are handled together, by place: who brings one waits until its whole batch was handled.
//!
//! Each place has one task, which lives as long as there is something to do and handles one batch after the other, so that what comes
//! while a batch is made durable is the next batch. It begins as soon as it is worth one, or when its first has waited long enough; where
//! many places want to be handled at once some wait, and their batches grow meanwhile. Memory is bounded by [`Gather::join`], which
//! refuses what does not fit.

use crate::error::{Error, Result, codes};
use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

/// What one thing costs beside its bytes: the request that waits with it.
const OVERHEAD: usize = 4 << 10;
/// Batches handled at once: enough to share their syncs, and no more than two processors put together in a moment.
const AT_ONCE: usize = 32;

/// Gathers things of type `T` by place `K` and answers each with an `R`.
#[derive(Debug)]
pub struct Gather<K, T, R> {
    /// The next batch of each place whose task runs.
    waiting: Mutex<HashMap<K, Next<T, R>>>,
    room: Arc<Semaphore>,
    turns: Semaphore,
    /// Where batches are handled, whoever brings what is in them.
    home: Handle,
    pause: Duration,
    worth: usize,
    most: usize,
}

/// The next batch of a place.
#[derive(Debug)]
struct Next<T, R> {
    things: Vec<Waiting<T, R>>,
    /// Told when it is worth to be handled.
    enough: Arc<Notify>,
}

/// A thing, and who waits for it.
#[derive(Debug)]
struct Waiting<T, R> {
    thing: T,
    bytes: usize,
    tell: oneshot::Sender<Result<R>>,
    _room: OwnedSemaphorePermit,
}

impl<K, T, R> Gather<K, T, R>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Send + 'static,
    R: Send + 'static,
{
    /// Batches of one place begin at least `pause` apart, unless one has `worth` things, and have at most `most` bytes; all that waits
    /// takes at most `room` bytes. They are handled on the runtime this is called in, so that who brings things has other threads.
    pub fn new(pause: Duration, worth: usize, most: usize, room: usize) -> Gather<K, T, R> {
        let room = Arc::new(Semaphore::new(room.clamp(1 << 20, Semaphore::MAX_PERMITS)));
        Gather { waiting: Mutex::default(), room, turns: Semaphore::new(AT_ONCE), home: Handle::current(), pause, worth, most }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<K, Next<T, R>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings a thing of so many bytes to a place and waits until it was handled. `handle` gets a batch in the order of coming and
    /// answers as many results in the same order. A thing is handled even if its bringer is gone meanwhile.
    ///
    /// Errors: `busy` where there is no room; those of `handle`.
    pub async fn join<H, F>(self: &Arc<Self>, place: K, thing: T, bytes: usize, handle: H) -> Result<R>
    where
        H: Fn(K, Vec<T>) -> F + Send + 'static,
        F: Future<Output = Vec<Result<R>>> + Send + 'static,
    {
        let needed = u32::try_from(bytes + OVERHEAD).unwrap_or(u32::MAX);
        let room = self.room.clone().try_acquire_many_owned(needed).map_err(|_| Error::of(&codes::BUSY))?;
        let (tell, told) = oneshot::channel();
        let waiting = Waiting { thing, bytes, tell, _room: room };
        let first = {
            let mut places = self.waiting();
            match places.get_mut(&place) {
                Some(next) => {
                    next.things.push(waiting);
                    if next.things.len() == self.worth {
                        next.enough.notify_one();
                    }
                    None
                }
                None => {
                    let enough = Arc::new(Notify::new());
                    places.insert(place.clone(), Next { things: vec![waiting], enough: enough.clone() });
                    Some(enough)
                }
            }
        };
        if let Some(enough) = first {
            self.home.spawn(self.clone().work(place, enough, handle));
        }
        told.await.map_err(|_| Error::internal("a batch was given up in the middle"))?
    }

    async fn work<H, F>(self: Arc<Self>, place: K, enough: Arc<Notify>, handle: H)
    where
        H: Fn(K, Vec<T>) -> F + Send + 'static,
        F: Future<Output = Vec<Result<R>>> + Send + 'static,
    {
        let mut begun = Instant::now();
        loop {
            let due = begun + self.pause;
            while !self.is_worth(&place) && timeout_at(due, enough.notified()).await.is_ok() {}
            let Ok(_turn) = self.turns.acquire().await else { return };
            begun = Instant::now();
            let batch = self.take(&place);
            if batch.is_empty() {
                return;
            }
            let (mut things, mut tells) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
            for Waiting { thing, tell, _room, .. } in batch {
                things.push(thing);
                tells.push((tell, _room));
            }
            // In a task of its own: if it panics, those of this batch are told so, and the place goes on.
            let answers = tokio::spawn(handle(place.clone(), things)).await.unwrap_or_default();
            for ((tell, _room), answer) in tells.into_iter().zip(answers) {
                let _ = tell.send(answer); // the bringer may be gone
            }
        }
    }

    /// Whether what waits at a place need not wait for more.
    fn is_worth(&self, place: &K) -> bool {
        self.waiting().get(place).is_some_and(|next| next.things.len() >= self.worth)
    }

    /// The next batch; none ends the place's task, with the place.
    fn take(&self, place: &K) -> Vec<Waiting<T, R>> {
        let mut places = self.waiting();
        let Some(Next { things: batch, .. }) = places.get_mut(place) else { return Vec::new() };
        let mut bytes = 0;
        let fits = batch.iter().take_while(|waiting| {
            bytes += waiting.bytes;
            bytes <= self.most
        });
        let count = fits.count().max(1).min(batch.len());
        if batch.is_empty() {
            places.remove(place);
            return Vec::new();
        }
        batch.drain(..count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering};

    type Numbers = Arc<Gather<&'static str, u64, u64>>;

    fn gather(most: usize, room: usize) -> Numbers {
        Arc::new(Gather::new(Duration::from_millis(20), usize::MAX, most, room))
    }

    async fn doubled(gather: &Numbers, place: &'static str, number: u64, batches: Arc<AtomicUsize>) -> Result<u64> {
        let handle = move |_, numbers: Vec<u64>| {
            batches.fetch_add(1, Ordering::Relaxed);
            async move { numbers.into_iter().map(|number| Ok(number * 2)).collect() }
        };
        gather.join(place, number, 100, handle).await
    }

    #[tokio::test]
    async fn what_comes_at_one_moment_is_one_batch_for_each_place_and_everybody_gets_their_own_answer() {
        let (gather, batches) = (gather(1 << 20, 1 << 30), Arc::new(AtomicUsize::new(0)));
        let brought = (0..100).map(|number| doubled(&gather, if number % 2 == 0 { "a" } else { "b" }, number, batches.clone()));
        for (number, answer) in join_all(brought).await.into_iter().enumerate() {
            assert_eq!(answer.expect("handled"), 2 * number as u64);
        }
        assert_eq!(batches.load(Ordering::Relaxed), 2);
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert!(gather.waiting().is_empty(), "a place that is quiet is forgotten");
        assert_eq!(doubled(&gather, "a", 4, batches).await.expect("handled"), 8);
    }

    #[tokio::test]
    async fn a_batch_has_no_more_bytes_than_it_may() {
        let (gather, batches) = (gather(1_000, 1 << 30), Arc::new(AtomicUsize::new(0)));
        let answers = join_all((0..25).map(|number| doubled(&gather, "a", number, batches.clone()))).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(batches.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn what_does_not_fit_into_memory_is_told_to_come_again_and_fits_later() {
        let (gather, batches) = (gather(1 << 20, 1 << 20), Arc::new(AtomicUsize::new(0)));
        let answers = join_all((0..400).map(|number| doubled(&gather, "a", number, batches.clone()))).await;
        let refused = answers.iter().filter(|answer| answer.is_err()).count();
        assert_eq!(refused, 400 - (1 << 20) / (OVERHEAD + 100));
        assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| error.code == "busy"));
        assert!(doubled(&gather, "a", 1, batches).await.is_ok(), "there is room again");
    }

    #[tokio::test]
    async fn a_batch_that_is_worth_it_waits_for_nobody_and_the_rest_goes_by_the_clock() {
        let gather: Numbers = Arc::new(Gather::new(Duration::from_secs(30), 10, 1 << 20, 1 << 30));
        let batches = Arc::new(AtomicUsize::new(0));
        let brought = join_all((0..30).map(|number| doubled(&gather, "a", number, batches.clone())));
        let answers = tokio::time::timeout(Duration::from_secs(10), brought).await.expect("nobody waits for the clock");
        assert!(answers.iter().all(Result::is_ok));
        let late = doubled(&gather, "a", 1, batches.clone());
        assert!(tokio::time::timeout(Duration::from_millis(100), late).await.is_err(), "one alone waits for others");
    }

    #[tokio::test]
    async fn of_many_places_some_wait_for_their_turn_and_all_are_handled() {
        let gather: Arc<Gather<usize, u64, u64>> = Arc::new(Gather::new(Duration::from_millis(1), 1, 1 << 20, 1 << 30));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let handle = {
            let (now, most) = (now.clone(), most.clone());
            move |_, numbers: Vec<u64>| {
                let (now, most) = (now.clone(), most.clone());
                async move {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                    numbers.into_iter().map(Ok).collect()
                }
            }
        };
        let answers = join_all((0..5 * AT_ONCE).map(|place| gather.join(place, 1, 1, handle.clone()))).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
    }

    #[tokio::test]
    async fn a_batch_that_panics_is_told_so_and_the_next_one_is_handled() {
        let gather = gather(1 << 20, 1 << 30);
        let handle = |_, numbers: Vec<u64>| async move {
            assert!(numbers[0] != 7, "on purpose");
            numbers.into_iter().map(Ok).collect()
        };
        assert_eq!(gather.join("a", 7, 1, handle).await.expect_err("panicked").code, "internal");
        assert_eq!(gather.join("a", 8, 1, handle).await.expect("handled"), 8);
    }
}
