//! Waiting, and several servers.

use super::super::verify::verify_proof;
use super::Bench;
use crate::db::testing;
use crate::ids::LeafId;
use crate::seal::stage;
use std::collections::BTreeSet;
use std::time::Duration;
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
