//! A server that dies between any two writes loses nothing and tells nothing untrue.

use super::super::step::Step;
use super::Bench;
use crate::db::testing;
use futures::FutureExt;
use std::task::Poll;
use storage::{Op, When};

#[tokio::test]
async fn every_write_may_fail_before_or_after_it_took_effect() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let mut log = bench.open().await.expect("opens");
        let mut sealed = 0;
        for when in [When::Before, When::After] {
            // 520 leaves: two or three full tiles, as many bundles, and the checkpoint.
            for write in [0, 1, 3, 4, 5, 6] {
                let staged = bench.stage(sealed, 520).await;
                sealed += 520;
                bench.faults.fail_after(Op::PutFile, when, write);
                let outcome = log.turn().await;
                bench.faults.clear();
                assert!(outcome.is_err() || write >= 5, "write {write} {when:?}");
                if outcome.is_err() {
                    let published = log.published().size;
                    assert_eq!(published, sealed - 520, "nothing is told before it is published");
                    log = bench.open().await.expect("opens");
                }
                bench.is_sound(&log, sealed).await;
                log.sealed(staged[0]).await.expect("sealed");
                log.sealed(staged[519]).await.expect("sealed");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_may_die_at_each_step_of_a_batch() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let mut log = bench.open().await.expect("opens");
        let mut sealed = 0;
        for step in [Step::BeforeSwap, Step::AfterSwap, Step::BeforePublish, Step::AfterPublish] {
            for reopened in [true, false] {
                let staged = bench.stage(sealed, 300).await;
                sealed += 300;
                log.inner.steps.die(step);
                log.turn().await.expect_err("dies");
                if reopened {
                    log = bench.open().await.expect("opens");
                }
                log.turn().await.expect("seals the rest");
                assert_eq!(log.published().size, sealed, "{step:?}");
                bench.is_sound(&log, sealed).await;
                log.sealed(staged[299]).await.expect("sealed");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_may_die_while_one_commit_publishes_a_batch_and_sequences_the_next() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let mut log = bench.open().await.expect("opens");
        let mut sealed = 0;
        for step in [None, Some(Step::BeforeSwap), Some(Step::AfterPublish), Some(Step::AfterSwap), Some(Step::BeforePublish)] {
            let first = bench.stage(sealed, 300).await;
            let ready = log.batch(None).await.expect("sequences").expect("a batch");
            assert_eq!(log.published().size, sealed, "nobody is told before it is published");
            let second = bench.stage(sealed + 300, 300).await;
            match step {
                None => {
                    let next = log.batch(Some(ready)).await.expect("publishes and sequences").expect("another batch");
                    assert_eq!(log.published().size, sealed + 300, "the first is told, the second is not");
                    assert!(log.batch(Some(next)).await.expect("publishes").is_none());
                }
                Some(step) => {
                    log.inner.steps.die(step);
                    assert!(log.batch(Some(ready)).await.is_err(), "dies {step:?}");
                    log = bench.open().await.expect("opens");
                    log.turn().await.expect("seals the rest");
                }
            }
            sealed += 600;
            assert_eq!(log.published().size, sealed, "{step:?}");
            bench.is_sound(&log, sealed).await;
            log.sealed(first[0]).await.expect("sealed");
            log.sealed(second[299]).await.expect("sealed");
        }
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_is_dropped_at_any_moment_is_sealed_once_by_the_next() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let log = bench.open().await.expect("opens");
        // How often a batch is polled before it is done depends on how fast the database answers. So the moments to die at are gone through
        // again, from the first one on, until there were enough of them.
        const DEATHS: usize = 12;
        let (mut sealed, mut polls, mut deaths, mut finished_batches) = (0, 1, 0, 0);
        while deaths < DEATHS || finished_batches == 0 {
            assert!(finished_batches < 10 * DEATHS, "a batch can be dropped before it is done: {deaths} of {finished_batches}");
            bench.stage(sealed, 60).await;
            sealed += 60;
            let mut left = polls;
            let mut turn = Box::pin(log.turn());
            let finished = std::future::poll_fn(|context| {
                if left == 0 {
                    return Poll::Ready(None);
                }
                left -= 1;
                turn.poll_unpin(context).map(Some)
            })
            .await;
            drop(turn);
            if let Some(outcome) = finished {
                outcome.expect("a batch that is left alone is sealed");
                finished_batches += 1;
                polls = 1;
                continue;
            }
            deaths += 1;
            polls += 1;
            let log = bench.open().await.expect("opens");
            log.turn().await.expect("seals the rest");
            bench.is_sound(&log, sealed).await;
        }
        log.refresh().await.expect("answers");
        bench.is_sound(&log, sealed).await;
    })
    .await;
}

#[tokio::test]
async fn while_the_storage_is_away_leaves_stay_staged_and_are_sealed_after() {
    let (db, _folder) = testing::sqlite().await;
    let bench = Bench::new(&db);
    let log = bench.open().await.expect("opens");
    bench.faults.fail_always(Op::PutFile, When::Before);
    for first in [0, 10, 20] {
        bench.stage(first, 10).await;
        assert_eq!(log.turn().await.expect_err("away").code, "storage_away");
    }
    assert_eq!(bench.problems(&log).await, ["unpublished"]);
    bench.faults.clear();
    log.turn().await.expect("is back");
    assert_eq!(log.published().size, 30);
    bench.is_sound(&log, 30).await;
}
