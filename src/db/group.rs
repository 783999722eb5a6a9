//! Group commit: small changes that come at the same time share one transaction, and so one sync of the disk.
//!
//! A sync takes milliseconds and SQLite has one writer, so two hundred uploads at once would wait for two hundred syncs one after the
//! other. Here they wait for one or two. PostgreSQL groups commits by itself; there each change has its own transaction.
//!
//! A statement is a message to the connection's thread and one back. The task that sends them lives in the runtime the database was opened in,
//! not in the one of who asks: between thousands of requests each answer would wait for its turn among them.

use super::{Db, Engine, Tx, sql};
use crate::error::{Error, Result};
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::Executor;
use std::collections::VecDeque;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The most changes in a transaction; what comes behind them waits for the next.
const MOST: usize = 256;

/// Tells the one who asked, once it is known whether the transaction was committed.
type Tell = Box<dyn FnOnce(Result<()>) + Send>;
/// Runs a change; the flag says whether it is to be kept.
type Run = Box<dyn for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, (bool, Tell)> + Send>;

/// Changes that wait for a transaction.
#[derive(Default)]
pub(super) struct Group {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    changes: VecDeque<Run>,
    /// A task is committing groups; it takes what is waiting when it has done.
    busy: bool,
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Group")
    }
}

impl Group {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Db {
    /// Makes a small change durable, in one transaction with others that come at the same time. When it errs, it alone is undone.
    ///
    /// The change only runs statements: whatever else it waited for, the others would wait for, too. It is committed even if the caller
    /// is dropped meanwhile. Errors: the change's own; the commit's, and then nothing of the group was kept, or it is not known.
    pub async fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        if self.engine == Engine::Postgres {
            let mut tx = self.begin().await?;
            let done = change(&mut tx).await?;
            tx.commit().await?;
            return Ok(done);
        }
        let (tell, told) = oneshot::channel();
        let run: Run = Box::new(move |tx| {
            async move {
                let result = change(tx).await;
                let keep = result.is_ok();
                let tell: Tell = Box::new(move |committed| {
                    let _ = tell.send(result.and_then(|done| committed.map(|()| done))); // the caller may be gone
                });
                (keep, tell)
            }
            .boxed()
        });
        let start = {
            let mut waiting = self.group.waiting();
            waiting.changes.push_back(run);
            !std::mem::replace(&mut waiting.busy, true)
        };
        if start {
            self.home.spawn(self.clone().commit_groups());
        }
        told.await.map_err(|_| Error::internal("the change panicked, or the server stops"))?
    }

    async fn commit_groups(self) {
        loop {
            let changes: Vec<Run> = {
                let mut waiting = self.group.waiting();
                let most = waiting.changes.len().min(MOST);
                waiting.busy = most > 0;
                waiting.changes.drain(..most).collect()
            };
            if changes.is_empty() {
                return;
            }
            let mut tells = Vec::with_capacity(changes.len());
            let outcome = self.commit_group(changes, &mut tells).await;
            for tell in tells {
                tell(match &outcome {
                    Ok(()) => Ok(()),
                    Err(error) => Err(Error { kind: error.kind, code: error.code, ..Error::internal(format!("{:?}", error.cause)) }),
                });
            }
        }
    }

    async fn commit_group(&self, changes: Vec<Run>, tells: &mut Vec<Tell>) -> Result<()> {
        let mut tx = self.begin().await?;
        for change in changes {
            tx.conn().execute(sql::SAVEPOINT).await?;
            let done = AssertUnwindSafe(change(&mut tx)).catch_unwind().await;
            let keep = match done {
                Ok((keep, tell)) => {
                    tells.push(tell);
                    keep
                }
                Err(_panic) => false, // its caller learns by the channel's end
            };
            if !keep {
                tx.conn().execute(sql::UNDO_SAVEPOINT).await?;
            }
            tx.conn().execute(sql::END_SAVEPOINT).await?;
        }
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use crate::db::testing::each_engine;
    use crate::error::{Error, Result, codes};
    use futures::future::join_all;
    use futures::{FutureExt, future};
    use sqlx::Row;

    async fn enqueue(db: &super::Db, number: i64, fail: bool) -> Result<i64> {
        db.write(move |tx| {
            async move {
                let insert = "insert into job (id, kind, key, state, run_at, attempts, created_at) values ($1, $1, $1, 'waiting', 0, 0, 0)";
                sqlx::query(insert).bind(format!("{number}")).execute(tx.conn()).await?;
                if fail { Err(Error::of(&codes::DUPLICATE)) } else { Ok(number) }
            }
            .boxed()
        })
        .await
    }

    #[tokio::test]
    async fn changes_at_the_same_time_are_kept_or_undone_each_for_itself() {
        each_engine(async |db| {
            let outcomes = join_all((0..300).map(|number| enqueue(&db, number % 290, number % 7 == 3))).await;
            for (number, outcome) in outcomes.iter().enumerate() {
                match outcome {
                    Ok(done) => assert!(number % 7 != 3 && *done == (number % 290) as i64),
                    Err(error) => assert!(number % 7 == 3 || !(10..290).contains(&number), "{number}: {error:?}"),
                }
            }
            let kept: i64 = sqlx::query("select count(*) from job").fetch_one(db.read()).await.expect("counts").get(0);
            assert_eq!(kept, outcomes.iter().filter(|outcome| outcome.is_ok()).count() as i64);
            assert!(kept >= 248);
        })
        .await;
    }

    #[tokio::test]
    async fn a_change_that_panics_takes_nobody_with_it() {
        let (db, _folder) = crate::db::testing::sqlite().await;
        let panics = db.write::<(), _>(|_| async { panic!("on purpose") }.boxed());
        let (lost, kept) = future::join(panics, enqueue(&db, 1, false)).await;
        assert_eq!(lost.expect_err("panicked").code, "internal");
        assert_eq!(kept.expect("kept"), 1);
        assert_eq!(enqueue(&db, 2, false).await.expect("still answers"), 2);
    }
}
