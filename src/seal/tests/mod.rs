//! The whole log, on both engines, against storage that fails, changes and dies.

mod crash;
mod story;
mod tamper;
mod tree;

use super::key::Key;
use super::leaf::Leaf;
use super::log::Log;
use super::{check, stage};
use crate::db::Db;
use crate::error::Result;
use crate::ids::{Ids, LeafId};
use crate::time::{Clock, MILLI, Time};
use serde_json::{Map, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use storage::{Faults, Objects};

/// A log in the making: a database, a storage that fails on demand, and the clock.
struct Bench {
    db: Db,
    objects: Objects,
    faults: Faults,
    clock: Clock,
    micros: Arc<AtomicI64>,
    ids: Ids,
}

impl Bench {
    fn new(db: &Db) -> Bench {
        let micros = Arc::new(AtomicI64::new(1_583_197_200_000_000));
        let clock = Clock::Fixed(micros.clone());
        let (objects, faults) = Objects::memory();
        Bench { db: db.clone(), objects, faults, ids: Ids::new(clock.clone()), micros, clock }
    }

    fn key() -> Key {
        Key::from_secret(&[7; 32], "example.org/log").expect("a key")
    }

    async fn open(&self) -> Result<Log> {
        Log::open(self.db.clone(), self.objects.clone(), Bench::key(), self.clock.clone()).await
    }

    /// Stages leaves numbered from `first` in one transaction, a millisecond apart, so that their ids are in this order.
    async fn stage(&self, first: u64, count: u64) -> Vec<LeafId> {
        let mut tx = self.db.begin().await.expect("begins");
        let mut staged = Vec::new();
        for number in first..first + count {
            self.micros.fetch_add(MILLI, Ordering::SeqCst);
            staged.push(stage(&mut tx, &leaf(number), &self.ids, self.clock.now()).await.expect("stages"));
        }
        tx.commit().await.expect("commits");
        staged
    }

    /// fsck finds nothing, in so many leaves.
    async fn is_sound(&self, log: &Log, leaves: u64) {
        let checked = check(&self.db, &self.objects, &log.trust()).await.expect("checks");
        assert_eq!(checked.problems, [], "{checked:?}");
        assert_eq!((checked.leaves, checked.staged), (leaves, 0));
        assert_eq!((checked.tiles, checked.bundles), (leaves / 256 + leaves / 65_536, leaves / 256));
    }

    /// The codes fsck finds.
    async fn problems(&self, log: &Log) -> Vec<&'static str> {
        let checked = check(&self.db, &self.objects, &log.trust()).await.expect("checks");
        checked.problems.iter().map(|problem| problem.code).collect()
    }
}

fn leaf(number: u64) -> Leaf {
    Leaf::new("test", Map::from_iter([("number".to_owned(), json!(number)), ("at".to_owned(), json!(Time(number as i64)))])).expect("short")
}
