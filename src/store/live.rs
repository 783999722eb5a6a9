//! Which events were taken in one by one: by key, where they are and what they say, so that one that is sent again is not kept again.

use super::sql;
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, EvidenceId};
use crate::time::Time;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt;

/// Keys in one statement. They are packed into one text, and a database takes a text apart from its beginning.
const AT_ONCE: usize = 128;
/// Rows forgotten in one transaction.
const FORGOTTEN: i64 = 1_000;

/// 128 bits of a SHA-256: nobody makes another event fit a given one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark([u8; 16]);

impl Mark {
    /// The mark of parts, each told from the next.
    pub fn of(parts: &[&[u8]]) -> Mark {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut mark = [0; 16];
        mark.copy_from_slice(&hash.finalize()[..16]);
        Mark(mark)
    }
}

/// Its 22 characters in the database.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mark({self})")
    }
}

/// An event that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// In which evidence it is.
    pub evidence: EvidenceId,
    /// Its line or entry there, from 1.
    pub place: u64,
    /// What it says.
    pub says: Mark,
}

/// Those of the keys that are known.
pub async fn known(db: &Db, keys: &[Mark]) -> Result<HashMap<Mark, Taken>> {
    let mut known = HashMap::new();
    for some in keys.chunks(AT_ONCE) {
        let packed: String = some.iter().map(Mark::to_string).collect();
        for row in sqlx::query(sql::LIVE_KNOWN).bind(packed).bind(some.len() as i64).fetch_all(db.read()).await? {
            let taken = Taken { evidence: row.id("evidence_id")?, place: row.int("place") as u64, says: mark(&row.text("says"))? };
            known.insert(mark(&row.text("key"))?, taken);
        }
    }
    Ok(known)
}

/// Notes events of one piece of evidence: key, line or entry, and what it says.
///
/// Errors: `duplicate` where one of them was noted meanwhile; the caller looks again with [`known`] and keeps nothing of this one.
pub async fn note(tx: &mut Tx, evidence: EvidenceId, events: &[(Mark, u64, Mark)], now: Time) -> Result<()> {
    for some in events.chunks(AT_ONCE) {
        let packed: String = some.iter().map(|(key, place, says)| format!("{key}{says}{place:010}")).collect();
        let add = sqlx::query(sql::LIVE_NOTE).bind(packed).bind(some.len() as i64).bind(evidence.to_string()).bind(now.0);
        if add.execute(tx.conn()).await?.rows_affected() != some.len() as u64 {
            return Err(Error::of(&codes::DUPLICATE));
        }
    }
    Ok(())
}

/// Forgets events noted before a moment; how many.
pub async fn forget(db: &Db, before: Time) -> Result<u64> {
    let mut forgotten = 0;
    loop {
        let mut tx = db.begin().await?;
        let gone = sqlx::query(sql::LIVE_FORGET).bind(before.0).bind(FORGOTTEN).execute(tx.conn()).await?.rows_affected();
        tx.commit().await?;
        forgotten += gone;
        if gone < FORGOTTEN as u64 {
            return Ok(forgotten);
        }
    }
}

/// Evidence of live events waits to be read, with others of its class.
pub async fn unread(tx: &mut Tx, class: ClassId, evidence: EvidenceId) -> Result<()> {
    sqlx::query(sql::UNREAD_ADD).bind(class.to_string()).bind(evidence.to_string()).execute(tx.conn()).await?;
    Ok(())
}

/// The next pieces of a class that wait to be read, after one of them.
pub async fn next_unread(db: &Db, class: ClassId, after: Option<EvidenceId>, limit: i64) -> Result<Vec<EvidenceId>> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows = sqlx::query(sql::UNREAD).bind(class.to_string()).bind(after).bind(limit).fetch_all(db.read()).await?;
    rows.iter().map(|row| row.id("evidence_id")).collect()
}

/// It was read.
pub async fn was_read(tx: &mut Tx, class: ClassId, evidence: EvidenceId) -> Result<()> {
    sqlx::query(sql::UNREAD_DONE).bind(class.to_string()).bind(evidence.to_string()).execute(tx.conn()).await?;
    Ok(())
}

fn mark(text: &str) -> Result<Mark> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(Mark).ok_or_else(|| Error::internal("a mark in the database is none"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::each_engine;
    use crate::lake::testing::{MORNING, Sent, World};

    fn event(number: u64, place: u64) -> (Mark, u64, Mark) {
        (Mark::of(&[b"key", &number.to_be_bytes()]), place, Mark::of(&[b"says", &number.to_be_bytes()]))
    }

    #[tokio::test]
    async fn events_are_known_where_they_were_noted_until_they_are_forgotten() {
        each_engine(async |db| {
            let world = World::new(db.clone());
            let class = world.class().await;
            let sent = |bytes| Sent { kind: "attendance", bytes, class, lesson: None, trainee: None, received_at: MORNING };
            let (first, second) = (world.evidence(sent(b"1")).await, world.evidence(sent(b"2")).await);
            let events: Vec<_> = (0..300).map(|number| event(number, number + 1)).collect();
            let mut tx = db.begin().await.expect("begins");
            note(&mut tx, first, &events, Time(5)).await.expect("noted");
            tx.commit().await.expect("commits");

            let keys: Vec<Mark> = (200..500).map(|number| event(number, 0).0).collect();
            let found = known(&db, &keys).await.expect("asked");
            assert_eq!(found.len(), 100);
            assert_eq!(found[&keys[7]], Taken { evidence: first, place: 208, says: event(207, 0).2 });

            let mut tx = db.begin().await.expect("begins");
            let again = note(&mut tx, second, &[event(900, 1), event(299, 2)], Time(6)).await;
            assert_eq!(again.expect_err("one is there").code, "duplicate");
            drop(tx);
            assert!(known(&db, &[event(900, 1).0]).await.expect("asked").is_empty(), "nothing of it was kept");

            assert_eq!(forget(&db, Time(5)).await.expect("forgets"), 0);
            assert_eq!(forget(&db, Time(6)).await.expect("forgets"), 300);
            assert!(known(&db, &keys).await.expect("asked").is_empty());
        })
        .await;
    }

    #[test]
    fn parts_are_told_from_one_another() {
        assert_ne!(Mark::of(&[b"ab", b"c"]), Mark::of(&[b"a", b"bc"]));
        assert_eq!(Mark::of(&[b"ab"]).to_string().len(), 22);
    }
}
