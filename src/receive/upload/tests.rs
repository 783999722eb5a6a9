//! Uploads that go on, break off, race and expire, on both engines and with a storage that fails.

use super::*;
use crate::db::testing::{each_engine, sqlite};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use storage::{Faults, Op, When};

struct Stage {
    db: Db,
    objects: Objects,
    faults: Faults,
    clock: Clock,
    ids: Ids,
    actor: Actor,
}

const START: Time = Time(1_700_000_000_000_000);

impl Stage {
    fn new(db: Db) -> Stage {
        let (objects, faults) = Objects::memory();
        let clock = Clock::Fixed(Arc::new(AtomicI64::new(START.0)));
        let actor = Actor { label: "token:a".into(), name: "a".into(), role: Role::Provider, platform: None, provider: None };
        Stage { db, objects, faults, ids: Ids::new(clock.clone()), clock, actor }
    }

    fn tools(&self) -> Tools<'_> {
        let Stage { db, objects, clock, ids, .. } = self;
        Tools { db, objects, clock, ids, days: 7, unfinished: 3 }
    }

    async fn begin(&self, size: u64) -> Upload {
        let query = Query { kind: Some("document".into()), ..Query::default() };
        begin(&self.tools(), &New { actor: &self.actor, query: &query, digest: None, size, signature: None }).await.expect("begins")
    }

    async fn take(&self, upload: &Upload, offset: u64, body: &'static str) -> Result<u64> {
        take(&self.tools(), upload, offset, None, chunks(body)).await
    }

    async fn now(&self, upload: &Upload) -> Upload {
        get(&self.db, &self.actor, upload.id).await.expect("it is there")
    }

    async fn text(&self, upload: &Upload) -> Result<String> {
        let stream = whole(&self.db, &self.objects, &self.now(upload).await).await?;
        let bytes: Vec<Bytes> = stream.try_collect().await.map_err(StorageError::Body)?;
        Ok(String::from_utf8(bytes.concat()).expect("text"))
    }

    fn later(&self, micros: i64) {
        let Clock::Fixed(now) = &self.clock else { unreachable!("the clock is set by hand") };
        now.fetch_add(micros, Ordering::SeqCst);
    }

    async fn staged(&self) -> usize {
        self.objects.list_staged().try_collect::<Vec<_>>().await.expect("lists").len()
    }
}

fn chunks(body: &'static str) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::iter(body.as_bytes().chunks(2).map(|chunk| Ok(Bytes::from_static(chunk))))
}

fn broken(body: &'static str) -> impl Stream<Item = io::Result<Bytes>> + Send {
    chunks(body).chain(stream::iter([Err(io::ErrorKind::ConnectionReset.into())]))
}

#[tokio::test]
async fn what_came_over_several_requests_is_the_whole() {
    each_engine(async |db| {
        let stage = Stage::new(db);
        let upload = stage.begin(10).await;
        assert_eq!(stage.take(&upload, 0, "abcd").await.expect("taken"), 4);
        let upload = stage.now(&upload).await;
        let cut = take(&stage.tools(), &upload, 4, None, broken("efg")).await.expect_err("the sender broke off");
        assert_eq!(cut.code, "truncated");
        let upload = stage.now(&upload).await;
        assert_eq!(upload.received, 7, "what came before the break is there");
        assert_eq!(stage.take(&upload, 7, "hij").await.expect("taken"), 10);
        assert_eq!(stage.text(&upload).await.expect("reads"), "abcdefghij");
        assert_eq!(list(&stage.db, &stage.actor, None, 10).await.expect("lists").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_that_send_the_same_bytes_one_wins_and_the_other_hears_of_it() {
    each_engine(async |db| {
        let stage = Stage::new(db);
        let upload = stage.begin(4).await;
        let (first, second) = tokio::join!(stage.take(&upload, 0, "abcd"), stage.take(&upload, 0, "abcd"));
        let codes: Vec<_> = [first, second].into_iter().filter_map(|taken| taken.err().map(|error| error.code)).collect();
        assert_eq!(codes, ["offset_conflict"]);
        assert_eq!(stage.text(&upload).await.expect("reads"), "abcd");
        let late = stage.take(&upload, 0, "xxxx").await.expect_err("it knows an earlier state");
        assert_eq!(late.code, "offset_conflict");
        assert_eq!(stage.take(&stage.now(&upload).await, 2, "cd").await.expect_err("elsewhere").code, "offset_conflict");
    })
    .await;
}

#[tokio::test]
async fn more_than_was_announced_is_refused_and_what_was_announced_is_kept() {
    let (db, _folder) = sqlite().await;
    let stage = Stage::new(db);
    let upload = stage.begin(3).await;
    assert_eq!(stage.take(&upload, 0, "abcd").await.expect_err("one too many").code, "too_large");
    assert_eq!(stage.text(&upload).await.expect("reads"), "abc");
}

#[tokio::test]
async fn a_request_with_a_wrong_checksum_leaves_nothing() {
    let (db, _folder) = sqlite().await;
    let stage = Stage::new(db);
    let upload = stage.begin(6).await;
    let right = Checksum::parse("sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=").expect("the SHA-1 of abc");
    let send = async |body: &'static str| take(&stage.tools(), &upload, 0, Some(right.clone()), chunks(body)).await;
    assert_eq!(send("abd").await.expect_err("other bytes").code, "checksum_mismatch");
    assert_eq!(send("abcdefg").await.expect_err("too many").code, "too_large");
    let cut = take(&stage.tools(), &upload, 0, Some(right.clone()), broken("ab")).await;
    assert_eq!(cut.expect_err("cut off").code, "truncated");
    assert_eq!((stage.staged().await, stage.now(&upload).await.received), (0, 0));
    assert_eq!(send("abc").await.expect("right"), 3);
}

#[tokio::test]
async fn an_upload_belongs_to_who_began_it() {
    let (db, _folder) = sqlite().await;
    let stage = Stage::new(db);
    let upload = stage.begin(3).await;
    let other = Actor { label: "token:b".into(), ..stage.actor.clone() };
    assert_eq!(get(&stage.db, &other, upload.id).await.expect_err("foreign").code, "unknown_upload");
    assert!(list(&stage.db, &other, None, 10).await.expect("lists").is_empty());
    stage.begin(1).await;
    stage.begin(1).await;
    let query = Query::default();
    let new = |actor| New { actor, query: &query, digest: None, size: 1, signature: None };
    assert_eq!(begin(&stage.tools(), &new(&stage.actor)).await.expect_err("a fourth").code, "too_many_uploads");
    begin(&stage.tools(), &new(&other)).await.expect("another sender has places of its own");
}

#[tokio::test]
async fn a_storage_that_fails_on_either_side_of_a_part_loses_nothing_that_was_acknowledged() {
    each_engine(async |db| {
        let stage = Stage::new(db);
        let upload = stage.begin(6).await;
        stage.take(&upload, 0, "ab").await.expect("taken");
        for when in [When::Before, When::After] {
            let upload = stage.now(&upload).await;
            stage.faults.fail(Op::Stage, when);
            assert_eq!(stage.take(&upload, 2, "cd").await.expect_err("away").code, "storage_away");
            assert_eq!(stage.now(&upload).await.received, 2);
        }
        stage.take(&stage.now(&upload).await, 2, "cdef").await.expect("taken");
        assert_eq!(stage.text(&upload).await.expect("reads"), "abcdef");
        stage.faults.replace_staged(&upload.id.to_string(), &Digest::of(b"cdef"), Bytes::from_static(b"cdeg"));
        assert_eq!(stage.text(&upload).await.expect_err("changed bytes are noticed").code, "evidence_altered");
    })
    .await;
}

#[tokio::test]
async fn a_settled_upload_says_what_became_of_it_until_it_expires() {
    each_engine(async |db| {
        let stage = Stage::new(db);
        let upload = stage.begin(2).await;
        stage.take(&upload, 0, "ab").await.expect("taken");
        assert!(left_whole(&stage.db, START).await.expect("reads").is_empty(), "it was touched a moment ago");
        let whole = left_whole(&stage.db, START.plus(1)).await.expect("reads");
        assert_eq!(whole.iter().map(|upload| upload.id).collect::<Vec<_>>(), [upload.id]);
        let row = RowError { row: 3, code: "no_time".into(), message: "Column 2 has no time.".into() };
        let refused = Error::of(&codes::UNREADABLE_LOG).with_rows(vec![row]);
        let outcome = Outcome::Refused(Refusal::of(&refused));
        // A storage that is away leaves the parts to the sweeper.
        stage.faults.fail(Op::DiscardStaged, When::Before);
        assert_eq!(settle(&stage.db, &stage.objects, upload.id, &outcome).await.expect_err("away").code, "storage_away");
        settle(&stage.db, &stage.objects, upload.id, &Outcome::Kept(stage.ids.next())).await.expect("the first word stands");
        let told = stage.now(&upload).await;
        assert_eq!(told.outcome, Some(outcome));
        let Some(Outcome::Refused(refusal)) = told.outcome else { panic!("refused") };
        assert_eq!((refusal.error().code, refusal.error().rows, stage.staged().await), (refused.code, refused.rows, 0));
        assert_eq!(stage.take(&stage.now(&upload).await, 2, "c").await.expect_err("a byte too many").code, "too_large");
        assert_eq!(stage.take(&stage.now(&upload).await, 2, "").await.expect("nothing more"), 2);
        assert!(left_whole(&stage.db, START.plus(1)).await.expect("reads").is_empty());
        assert_eq!(sweep(&stage.db, &stage.objects, upload.expires_at).await.expect("sweeps"), (1, 0));
        assert!(get(&stage.db, &stage.actor, upload.id).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn what_nobody_finishes_goes_and_what_moves_on_stays() {
    each_engine(async |db| {
        let stage = Stage::new(db);
        let (idle, alive) = (stage.begin(4).await, stage.begin(4).await);
        stage.take(&idle, 0, "ab").await.expect("taken");
        stage.later(5 * DAY);
        stage.take(&alive, 0, "ab").await.expect("taken");
        // A part that was staged and never named, by a server that died.
        stage.objects.stage("0190-gone", chunks("zz"), Put::default()).await.expect("staged");
        stage.later(3 * DAY);
        assert_eq!(sweep(&stage.db, &stage.objects, stage.clock.now()).await.expect("sweeps"), (1, 1));
        assert!(get(&stage.db, &stage.actor, idle.id).await.is_err());
        assert_eq!((stage.now(&alive).await.received, stage.staged().await), (2, 1));
    })
    .await;
}

#[tokio::test]
async fn a_long_body_is_staged_in_bounded_parts() {
    let (db, _folder) = sqlite().await;
    let stage = Stage::new(db);
    let size = 2 * PART + 5;
    let upload = stage.begin(size).await;
    let block = Bytes::from(vec![7; 1 << 20]);
    let body = stream::iter((0..33).map(move |_| Ok(block.clone()))).map_ok(|chunk: Bytes| chunk);
    let refused = take(&stage.tools(), &upload, 0, None, body).await.expect_err("a MiB too many");
    assert_eq!(refused.code, "too_large");
    let parts = parts_after(&stage.db, None).await.expect("reads");
    assert_eq!(parts.iter().map(|part| part.first).collect::<Vec<_>>(), [0, PART, 2 * PART]);
    assert_eq!(stage.now(&upload).await.received, size);
    for part in &parts {
        part_holds(&stage.objects, part).await.expect("holds");
    }
    assert!(parts_after(&stage.db, parts.last()).await.expect("reads").is_empty());
}
