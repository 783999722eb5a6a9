//! Waiting, several servers, and speed.

use super::super::verify::verify_proof;
use super::Bench;
use crate::db::{Db, testing};
use crate::ids::{Ids, LeafId};
use crate::seal::{Leaf, Log, check, stage};
use crate::time::Clock;
use futures::FutureExt;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use storage::Objects;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[tokio::test]
async fn a_sealed_leaf_keeps_its_index_and_proves_itself_under_later_checkpoints() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let log = bench.open().await.expect("opens");
        let first = bench.stage(0, 3).await;
        assert!(log.receipt(first[1]).await.expect("answers").is_none(), "not sealed yet");
        log.turn().await.expect("seals");
        let early = log.sealed(first[1]).await.expect("sealed");
        bench.stage(3, 500).await;
        log.turn().await.expect("seals");
        let late = log.sealed(first[1]).await.expect("sealed");
        assert_eq!((early.index, late.index, early.tree_size, late.tree_size), (1, 1, 3, 503));
        for sealed in [early, late] {
            verify_proof(&log.trust(), &sealed.body, sealed.proof_text().as_bytes()).expect("proven");
        }
        assert_eq!(log.sealed(LeafId(Uuid::from_u128(5))).await.expect_err("unknown").code, "not_found");
    })
    .await;
}

#[tokio::test]
async fn a_leaf_that_is_rolled_back_never_enters_the_log() {
    let (db, _folder) = testing::sqlite().await;
    let bench = Bench::new(&db);
    let log = bench.open().await.expect("opens");
    let mut tx = db.begin().await.expect("begins");
    let lost = stage(&mut tx, &super::leaf(0), &bench.ids, bench.clock.now()).await.expect("stages");
    drop(tx);
    assert_eq!(log.turn().await.expect("nothing to do"), 0);
    assert_eq!(log.receipt(lost).await.expect_err("unknown").code, "not_found");
}

#[tokio::test]
async fn whoever_waits_is_told_even_when_another_server_seals() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let (here, there) = (bench.open().await.expect("opens"), bench.open().await.expect("opens"));
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let stop = stop.clone();
            async move { there.run(stop).await }
        });
        let staged = bench.stage(0, 1).await;
        let sealed = tokio::time::timeout(Duration::from_secs(20), here.sealed(staged[0])).await.expect("in time").expect("sealed");
        assert_eq!(sealed.tree_size, 1);
        bench.stage(1, 1).await;
        stop.cancel();
        running.await.expect("ends");
        here.refresh().await.expect("answers");
        assert_eq!(here.published().size, 2, "what was staged before the stop is sealed");
    })
    .await;
}

#[tokio::test]
async fn two_sequencers_on_one_database_lose_nothing_and_give_no_place_twice() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let servers = [bench.open().await.expect("opens"), bench.open().await.expect("opens")];
        let stop = CancellationToken::new();
        let running: Vec<_> = servers
            .iter()
            .map(|server| {
                let (server, stop) = (server.clone(), stop.clone());
                tokio::spawn(async move { server.run(stop).await })
            })
            .collect();
        let waiting: Vec<_> = (0..12_u64)
            .map(|writer| {
                let (db, ids, clock, log) = (db.clone(), bench.ids.clone(), bench.clock.clone(), servers[(writer % 2) as usize].clone());
                tokio::spawn(async move {
                    let mut places = Vec::new();
                    for round in 0..8 {
                        let mut tx = db.begin().await.expect("begins");
                        let mut staged = Vec::new();
                        for number in 0..10 {
                            let leaf = super::leaf(writer * 1000 + round * 10 + number);
                            staged.push(stage(&mut tx, &leaf, &ids, clock.now()).await.expect("stages"));
                        }
                        tx.commit().await.expect("commits");
                        for id in staged {
                            let sealed = log.sealed(id).await.expect("sealed");
                            verify_proof(&log.trust(), &sealed.body, sealed.proof_text().as_bytes()).expect("proven");
                            places.push(sealed.index);
                        }
                    }
                    places
                })
            })
            .collect();
        let mut places = BTreeSet::new();
        for waiter in waiting {
            places.extend(waiter.await.expect("no panic"));
        }
        assert_eq!(places, (0..960).collect());
        stop.cancel();
        for server in running {
            server.await.expect("ends");
        }
        bench.is_sound(&servers[0], 960).await;
    })
    .await;
}

#[tokio::test]
async fn a_server_may_start_while_another_seals() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let log = bench.open().await.expect("opens");
        let stop = CancellationToken::new();
        let sealing = tokio::spawn({
            let (log, stop) = (log.clone(), stop.clone());
            async move { log.run(stop).await }
        });
        for round in 0..20 {
            bench.stage(round * 30, 30).await;
            log.wake();
            bench.open().await.expect("finds nothing wrong");
        }
        stop.cancel();
        sealing.await.expect("ends");
        log.turn().await.expect("seals");
        bench.is_sound(&log, 600).await;
    })
    .await;
}

async fn real_log(db: &Db, folder: &std::path::Path) -> (Log, Objects) {
    let objects = Objects::open(&folder.join("objects").display().to_string()).await.expect("opens");
    let log = Log::open(db.clone(), objects.clone(), Bench::key(), Clock::System).await.expect("opens");
    (log, objects)
}

/// By hand: `cargo test -p keshi --lib seal::tests::story::speed -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn speed_of_sealing_on_sqlite_and_disk() {
    let (db, folder) = testing::sqlite().await;
    let bench = Bench::new(&db);
    let (log, objects) = real_log(&db, folder.path()).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (log, stop) = (log.clone(), stop.clone());
        async move { log.run(stop).await }
    });
    let begun = Instant::now();
    let mut last = None;
    for first in (0..20_000).step_by(200) {
        last = bench.stage(first, 200).await.pop();
        log.wake();
    }
    let staged = begun.elapsed();
    log.sealed(last.expect("staged")).await.expect("sealed");
    while log.published().size < 20_000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let sealed = begun.elapsed();
    println!("20000 leaves in groups of 200: staged in {staged:?}, sealed in {sealed:?}: {:.0} leaves/s", 20_000.0 / sealed.as_secs_f64());

    let (db, ids) = (db.clone(), bench.ids.clone());
    for grouped in [false, true] {
        let begun = Instant::now();
        let waiters: Vec<_> = (0..200_u64)
            .map(|writer| {
                let (db, ids, log) = (db.clone(), ids.clone(), log.clone());
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    for round in 0..20 {
                        let begun = Instant::now();
                        let leaf = super::leaf(1_000_000 + writer * 1000 + round);
                        let id = stage_one(&db, &ids, leaf, grouped).await;
                        log.sealed(id).await.expect("sealed");
                        waits.push(begun.elapsed());
                    }
                    waits
                })
            })
            .collect();
        let mut waits = Vec::new();
        for waiter in waiters {
            waits.extend(waiter.await.expect("no panic"));
        }
        waits.sort();
        println!(
            "4000 single leaves, 200 at once, grouped {grouped}: {:.0}/s, p50 {:?}, p99 {:?}",
            4000.0 / begun.elapsed().as_secs_f64(),
            waits[waits.len() / 2],
            waits[waits.len() * 99 / 100]
        );
    }
    stop.cancel();
    running.await.expect("ends");
    let begun = Instant::now();
    let checked = check(&db, &objects, &log.trust()).await.expect("checks");
    println!("fsck of {} leaves in {:?}: {:?}", checked.leaves, begun.elapsed(), checked.problems);

    bench.stage(0, 20_000).await;
    let begun = Instant::now();
    for _ in 0..5 {
        let begun = Instant::now();
        let sequenced = log.turn().await.expect("seals");
        println!("a batch of {sequenced} in {:?}", begun.elapsed());
    }
    println!("20000 staged leaves sealed: {:.0} leaves/s", 20_000.0 / begun.elapsed().as_secs_f64());
}

async fn stage_one(db: &Db, ids: &Ids, leaf: Leaf, grouped: bool) -> LeafId {
    let (now, ids) = (Clock::System.now(), ids.clone());
    if grouped {
        return db.write(move |tx| async move { stage(tx, &leaf, &ids, now).await }.boxed()).await.expect("stages");
    }
    let mut tx = db.begin().await.expect("begins");
    let id = stage(&mut tx, &leaf, &ids, now).await.expect("stages");
    tx.commit().await.expect("commits");
    id
}
