//! Leaves into the log on SQLite: from staging, as uploads stage them, to a signed checkpoint, beside plain inserts of the same rows.

use crate::machine::{self, text};
use crate::{Bench, ROUNDS, tell};
use futures::FutureExt;
use keshi::db::Db;
use keshi::ids::{EvidenceId, Ids, LeafId};
use keshi::seal::leaf::{EvidenceLeaf, Leaf};
use keshi::seal::{Key, Log, stage};
use keshi::time::Clock;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use storage::{Digest, Objects};
use tokio_util::sync::CancellationToken;

/// Writers at once, and how many leaves each of them stages, one after the other.
const AT_ONCE: u64 = 200;
const EACH: u64 = 100;
const LEAVES: u64 = AT_ONCE * EACH;
/// Rows of a commit of the peer: as many as keshi puts into one at most.
const COMMIT: usize = 256;
/// Leaves a second aimed at.
const TARGET: f64 = 5000.0;

pub(crate) fn measure(bench: &Bench) {
    let (mut sealed, mut inserted) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let folder = bench.path().join("seal");
        fs::create_dir(&folder).expect("the folder can be written to");
        machine::settle();
        inserted = inserted.min(bench.runtime.block_on(insert(&folder.join("plain.sqlite"))));
        machine::settle();
        sealed = sealed.min(bench.runtime.block_on(seal(&folder)));
        fs::remove_dir_all(&folder).expect("it is there");
    }
    let [sealed, inserted] = [sealed, inserted].map(|took| LEAVES as f64 / took.as_secs_f64());
    tell(
        &format!(
            "{LEAVES} leaves staged by {AT_ONCE} writers, each commit durable, to the signed checkpoint: {sealed:.0}/s; plain inserts of the same rows into SQLite, {COMMIT} a commit {inserted:.0}/s"
        ),
        &format!("{sealed:.0} leaves/s, {:.2} x the plain inserts", sealed / inserted),
        &format!("{TARGET} leaves/s"),
        sealed >= TARGET,
    );
}

fn leaf(ids: &Ids, clock: &Clock, number: u64) -> Leaf {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_le_bytes());
    let evidence: EvidenceId = ids.next();
    Leaf::evidence(&EvidenceLeaf {
        evidence,
        evidence_kind: "document",
        digest: Digest(digest),
        size: 10_000,
        media_type: "application/octet-stream",
        submitter: "token:0190a5f0-0000-7000-8000-000000000000",
        class: None,
        lesson: None,
        from: None,
        until: None,
        received_at: clock.now(),
    })
    .expect("short")
}

async fn seal(folder: &Path) -> Duration {
    let db = Db::open(&format!("sqlite:{}", text(&folder.join("keshi.sqlite"))), 8).await.expect("opens");
    db.migrate().await.expect("migrates");
    let objects = Objects::open(text(&folder.join("objects"))).await.expect("opens");
    let (clock, key) = (Clock::System, Key::from_secret(&[7; 32], "bench.example/log").expect("a key"));
    let ids = Ids::new(clock.clone());
    let log = Log::open(db.clone(), objects, key, clock.clone()).await.expect("opens");
    let stop = CancellationToken::new();
    let sequencer = tokio::spawn({
        let (log, stop) = (log.clone(), stop.clone());
        async move { log.run(stop).await }
    });
    let begun = Instant::now();
    let writers: Vec<_> = (0..AT_ONCE)
        .map(|writer| {
            let (db, log, ids, clock) = (db.clone(), log.clone(), ids.clone(), clock.clone());
            tokio::spawn(async move {
                for number in 0..EACH {
                    let (leaf, ids, now) = (leaf(&ids, &clock, writer * EACH + number), ids.clone(), clock.now());
                    db.write(move |tx| async move { stage(tx, &leaf, &ids, now).await }.boxed()).await.expect("stages");
                    log.wake();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic");
    }
    while log.published().size < LEAVES {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = begun.elapsed();
    assert_eq!(log.published().size, LEAVES);
    stop.cancel();
    sequencer.await.expect("ends");
    db.close().await;
    took
}

async fn insert(path: &Path) -> Duration {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let mut connection = options.disable_statement_logging().connect().await.expect("opens");
    let table =
        "create table leaf (id text primary key, body blob not null, hash blob not null, staged_at bigint not null, log_index bigint)";
    connection.execute(table).await.expect("a table");
    let clock = Clock::System;
    let ids = Ids::new(clock.clone());
    let begun = Instant::now();
    let all: Vec<u64> = (0..LEAVES).collect();
    for some in all.chunks(COMMIT) {
        let mut tx = connection.begin().await.expect("begins");
        for number in some {
            let (leaf, id): (_, LeafId) = (leaf(&ids, &clock, *number), ids.next());
            sqlx::query("insert into leaf (id, body, hash, staged_at) values ($1, $2, $3, $4)")
                .bind(id.to_string())
                .bind(leaf.body().to_vec())
                .bind(&[0; 32][..])
                .bind(clock.now().0)
                .execute(&mut *tx)
                .await
                .expect("inserts");
        }
        tx.commit().await.expect("commits");
    }
    let took = begun.elapsed();
    connection.close().await.expect("closes");
    took
}
