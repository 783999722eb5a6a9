//! What was changed behind the log's back is noticed.

use super::super::verify::{Unproven, verify_checkpoint, verify_log_part, verify_proof};
use super::{Bench, leaf};
use crate::db::testing;
use crate::seal::{Sealed, Trust};
use base64::prelude::{BASE64_STANDARD, Engine};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

async fn some_proofs() -> (Trust, Vec<(Sealed, Vec<u8>)>) {
    let (db, _folder) = testing::sqlite().await;
    let bench = Bench::new(&db);
    let log = bench.open().await.expect("opens");
    let mut proofs = Vec::new();
    for (first, count) in [(0, 1), (1, 2), (3, 400)] {
        let staged = bench.stage(first, count).await;
        log.turn().await.expect("seals");
        for id in [staged[0], staged[staged.len() / 2], staged[staged.len() - 1]] {
            let sealed = log.receipt(id).await.expect("answers").expect("sealed");
            let body = sealed.body.clone();
            proofs.push((sealed, body));
        }
    }
    (log.trust(), proofs)
}

#[tokio::test]
async fn a_proof_verifies_and_no_single_bit_of_it_can_be_flipped() {
    let (trust, proofs) = some_proofs().await;
    for (sealed, body) in &proofs {
        let proven = verify_proof(&trust, body, sealed.proof_text().as_bytes()).expect("proven");
        assert_eq!((proven.index, proven.tree_size), (sealed.index, sealed.tree_size));
    }
    let mut runner = TestRunner::new(ProptestConfig { cases: 2000, ..ProptestConfig::default() });
    let any_bit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..8, any::<bool>());
    runner
        .run(&any_bit, |(proof, byte, bit, in_leaf)| {
            let (sealed, body) = proof.get(&proofs);
            let (mut text, mut body) = (sealed.proof_text().into_bytes(), body.clone());
            let flipped = if in_leaf { &mut body } else { &mut text };
            let at = byte.index(flipped.len());
            flipped[at] ^= 1 << bit;
            prop_assert!(verify_proof(&trust, &body, &text).is_err(), "bit {bit} of byte {at}, leaf {in_leaf}");
            Ok(())
        })
        .expect("every flipped bit is noticed");
}

#[tokio::test]
async fn a_short_proof_fails_for_every_flipped_bit() {
    let (trust, proofs) = some_proofs().await;
    let (sealed, body) = &proofs[3];
    let text = sealed.proof_text().into_bytes();
    for at in 0..text.len() * 8 {
        let mut flipped = text.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        assert!(verify_proof(&trust, body, &flipped).is_err(), "bit {at}");
    }
    assert!(verify_proof(&trust, body, &text[..text.len() - 1]).is_err());
    assert!(verify_proof(&trust, body, b"").is_err());
}

#[tokio::test]
async fn a_receipts_log_part_survives_json_and_proves_its_leaf() {
    let (trust, proofs) = some_proofs().await;
    let (sealed, body) = &proofs[8];
    let json = serde_json::to_string(&sealed.log_part()).expect("JSON");
    let part: crate::seal::LogPart = serde_json::from_str(&json).expect("reads back");
    let (proven, leaf) = verify_log_part(&trust, &part).expect("proven");
    assert_eq!((&leaf, proven.index), (body, 402));
    let keys: Vec<String> = serde_json::to_value(&part).expect("JSON").as_object().expect("an object").keys().cloned().collect();
    assert_eq!(keys, ["origin", "index", "tree_size", "leaf", "proof", "checkpoint"]);

    let other = crate::seal::LogPart { tree_size: 402, ..part.clone() };
    assert_eq!(verify_log_part(&trust, &other), Err(Unproven::Contradiction));
    let other = crate::seal::LogPart { leaf: BASE64_STANDARD.encode(b"{}"), ..part.clone() };
    assert_eq!(verify_log_part(&trust, &other), Err(Unproven::NotIncluded));
    let other = crate::seal::LogPart { index: u64::MAX, ..part };
    assert_eq!(verify_log_part(&trust, &other), Err(Unproven::NotIncluded));
}

#[tokio::test]
async fn a_log_that_is_not_trusted_proves_nothing() {
    let (mut trust, proofs) = some_proofs().await;
    let (sealed, body) = &proofs[0];
    let text = sealed.proof_text();
    let prove = |trust: &Trust| verify_proof(trust, body, text.as_bytes());
    assert_eq!(prove(&Trust::default()), Err(Unproven::UnknownLog("example.org/log".to_owned())));
    let mut other = trust.clone();
    other.logs[0].vkey = crate::seal::Key::from_secret(&[8; 32], "example.org/log").expect("a key").vkey().to_owned();
    assert_eq!(prove(&other), Err(Unproven::Unsigned));
    trust.logs.insert(0, other.logs[0].clone());
    assert!(prove(&trust).is_ok(), "an older key of the same log does no harm");
    trust.logs[1].until = Some(crate::time::Time(-1));
    assert_eq!(prove(&trust), Err(Unproven::KeyRetired));
    let json = serde_json::to_string(&trust).expect("JSON");
    assert_eq!(serde_json::from_str::<Trust>(&json).expect("reads back"), trust);
}

#[tokio::test]
async fn a_proof_with_extra_data_is_read_over() {
    let (trust, proofs) = some_proofs().await;
    let (sealed, body) = &proofs[5];
    let text = sealed.proof_text();
    let with = text.replacen('\n', "\nextra aGVsbG8=\n", 1);
    assert!(verify_proof(&trust, body, with.as_bytes()).is_ok());
    assert!(verify_proof(&trust, body, text.replacen('\n', "\nextra !\n", 1).as_bytes()).is_err());
    assert!(verify_proof(&trust, body, text.replacen("index ", "index 0", 1).as_bytes()).is_err());
}

#[tokio::test]
async fn a_tampered_tile_is_noticed_before_anything_is_made_of_it() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let log = bench.open().await.expect("opens");
        let staged = bench.stage(0, 1000).await;
        log.turn().await.expect("seals");
        log.inner.cache.clear();
        assert!(bench.faults.damage_file("log/tile/0/001"));
        assert_eq!(log.sealed(staged[300]).await.expect_err("noticed").code, "log_forked");
        assert_eq!(log.tile(&"tile/0/001".parse().expect("a path")).await.expect_err("noticed").code, "log_forked");
        log.sealed(staged[999]).await.expect("what needs only its root is still proven");
        assert_eq!(bench.problems(&log).await, ["tile_altered"]);
        assert!(bench.faults.damage_file("log/tile/0/001"), "flips it back");
        log.sealed(staged[300]).await.expect("proven again");

        assert!(bench.faults.damage_file("log/tile/0/002"));
        assert_eq!(bench.open().await.err().expect("the last tile is looked at").code, "log_forked");
        assert!(bench.faults.damage_file("log/tile/0/002"));
        assert!(bench.faults.damage_file("log/tile/entries/002"));
        assert_eq!(bench.problems(&log).await, ["bundle_altered"]);
        assert_eq!(bench.open().await.err().expect("the last bundle is looked at").code, "log_forked");
        assert!(bench.faults.damage_file("log/tile/entries/002"));
        bench.open().await.expect("opens again");
    })
    .await;
}

#[tokio::test]
async fn a_lost_tile_is_made_again_from_the_leaves() {
    let (db, _folder) = testing::sqlite().await;
    let bench = Bench::new(&db);
    let log = bench.open().await.expect("opens");
    let staged = bench.stage(0, 600).await;
    log.turn().await.expect("seals");
    log.inner.cache.clear();
    for lost in ["log/tile/0/000", "log/tile/entries/001", "log/checkpoint"] {
        assert!(bench.faults.lose_file(lost));
    }
    assert_eq!(bench.problems(&log).await, ["tile_missing", "bundle_missing", "checkpoint_missing"]);
    log.sealed(staged[5]).await.expect("proven");
    let log = bench.open().await.expect("opens");
    bench.is_sound(&log, 600).await;
}

#[tokio::test]
async fn a_database_set_back_behind_the_storage_is_refused() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let log = bench.open().await.expect("opens");
        bench.stage(0, 10).await;
        log.turn().await.expect("seals");
        let stored = log.checkpoint().await.expect("a checkpoint");
        assert!(verify_checkpoint(&log.trust(), &stored).is_ok());
        // The same database, but another history: its leaves are others, and the storage remembers the first.
        for text in ["delete from log_checkpoint", "delete from log_head", "delete from leaf"] {
            sqlx::query(sqlx::AssertSqlSafe(text)).execute(db.read()).await.expect("goes");
        }
        assert_eq!(bench.open().await.err().expect("refused").code, "log_forked");
        // Even when it has caught up in size.
        let (elsewhere, _) = storage::Objects::memory();
        let other = crate::seal::Log::open(db.clone(), elsewhere, Bench::key(), bench.clock.clone()).await.expect("opens");
        bench.stage(100, 10).await;
        other.turn().await.expect("seals");
        assert_eq!(bench.open().await.err().expect("refused").code, "log_forked");
    })
    .await;
}

#[tokio::test]
async fn another_key_or_origin_is_refused() {
    let (db, _folder) = testing::sqlite().await;
    let bench = Bench::new(&db);
    bench.open().await.expect("opens");
    for (secret, origin) in [([8; 32], "example.org/log"), ([7; 32], "example.org/other")] {
        let key = crate::seal::Key::from_secret(&secret, origin).expect("a key");
        let opened = crate::seal::Log::open(db.clone(), bench.objects.clone(), key, bench.clock.clone()).await;
        assert_eq!(opened.err().expect("refused").code, "bad_config");
    }
}

#[tokio::test]
async fn fsck_names_what_was_changed_in_the_database() {
    testing::each_engine(async |db| {
        let bench = Bench::new(&db);
        let log = bench.open().await.expect("opens");
        bench.stage(0, 300).await;
        log.turn().await.expect("seals");
        bench.is_sound(&log, 300).await;
        let other = leaf(1_000_000);
        let change = async |text: &'static str, body: Vec<u8>| {
            sqlx::query(text).bind(body).execute(db.read()).await.expect("changes");
        };
        change("update leaf set body = $1 where log_index = 290", other.body().to_vec()).await;
        assert_eq!(bench.problems(&log).await, ["leaf_altered", "checkpoint_differs", "head_differs"]);
        change("update leaf set hash = $1 where log_index = 290", other.hash().0.to_vec()).await;
        assert_eq!(bench.problems(&log).await, ["checkpoint_differs", "head_differs"]);
        change("delete from leaf where log_index = 290 and body = $1", other.body().to_vec()).await;
        assert_eq!(bench.problems(&log).await, ["leaf_missing"]);
        change("update log_head set root = $1", vec![0; 32]).await;
        assert_eq!(bench.problems(&log).await, ["head_broken"]);
    })
    .await;
}
