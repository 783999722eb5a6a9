//! Questions to the lake that are worth keeping: a name, the SQL, and who kept it.

pub(crate) mod sql;

use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::ids::Ids;
use crate::register::trail;
use crate::time::Time;
use serde::Serialize;
use sqlx::Row;
use uuid::Uuid;

/// Characters of a name.
const MOST_NAME: usize = 100;
/// Characters of a question; the lake takes no longer ones.
const MOST_TEXT: usize = 100_000;
/// Questions that may be kept.
const MOST: i64 = 500;

/// A question that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its SQL.
    pub sql: String,
    /// Who kept it: `login:<id>`.
    pub by: String,
    /// When.
    pub at: Time,
}

/// All of them, by name.
pub async fn list(db: &Db) -> Result<Vec<Question>> {
    let rows = sqlx::query(sql::LIST).fetch_all(db.read()).await?;
    let question = |row: &sqlx::any::AnyRow| Question {
        id: row.get("id"),
        name: row.get("name"),
        sql: row.get("text"),
        by: row.get("kept_by"),
        at: Time(row.get("kept_at")),
    };
    Ok(rows.iter().map(question).collect())
}

/// Keeps a question; one of the same name is replaced.
///
/// `invalid` without a name or a text, or when there are too many.
pub async fn keep(db: &Db, ids: &Ids, name: &str, text: &str, actor: &str, now: Time) -> Result<()> {
    let (name, text) = (name.trim(), text.trim());
    if name.is_empty() || name.chars().count() > MOST_NAME || text.is_empty() || text.len() > MOST_TEXT {
        return Err(Error::new(&codes::INVALID, format!("A question has a name of at most {MOST_NAME} characters, and a text.")));
    }
    let mut tx = db.begin().await?;
    let id: Uuid = ids.next();
    let id = id.to_string();
    sqlx::query(sql::KEEP).bind(&id).bind(name).bind(text).bind(actor).bind(now.0).execute(tx.conn()).await?;
    if sqlx::query(sql::COUNT).fetch_one(tx.conn()).await?.get::<i64, _>(0) > MOST {
        return Err(Error::new(&codes::INVALID, format!("{MOST} questions are kept already; remove one first.")));
    }
    trail::note(
        &mut tx,
        ids,
        now,
        trail::Note { actor, action: "question.kept", subject_kind: "lake", subject_id: "lake", detail: Some(name) },
    )
    .await?;
    tx.commit().await
}

/// Removes a question.
///
/// `not_found` when there is none with this id.
pub async fn remove(db: &Db, ids: &Ids, id: &str, actor: &str, now: Time) -> Result<()> {
    let mut tx = db.begin().await?;
    let Some(row) = sqlx::query(sql::REMOVE).bind(id).fetch_optional(tx.conn()).await? else {
        return Err(Error::of(&codes::NOT_FOUND));
    };
    let name: String = row.get(0);
    let note = trail::Note { actor, action: "question.removed", subject_kind: "lake", subject_id: "lake", detail: Some(&name) };
    trail::note(&mut tx, ids, now, note).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::each_engine;
    use crate::time::Clock;

    #[tokio::test]
    async fn a_question_is_kept_once_by_its_name_and_removed_and_the_trail_tells() {
        each_engine(async |db| {
            let ids = Ids::new(Clock::System);
            keep(&db, &ids, " By kind ", "select kind from attendance", "login:a", Time(1)).await.unwrap();
            keep(&db, &ids, "By kind", "select kind, count(*) from attendance group by kind", "login:b", Time(2)).await.unwrap();
            let kept = list(&db).await.unwrap();
            let [one] = &kept[..] else { panic!("{kept:?}") };
            assert_eq!((one.name.as_str(), one.by.as_str(), one.at, one.sql.contains("count")), ("By kind", "login:b", Time(2), true));
            remove(&db, &ids, &one.id, "login:b", Time(3)).await.unwrap();
            assert_eq!(list(&db).await.unwrap(), []);
            assert_eq!(remove(&db, &ids, &one.id, "login:b", Time(3)).await.unwrap_err().code, "not_found");
            assert_eq!(keep(&db, &ids, " ", "select 1", "login:a", Time(4)).await.unwrap_err().code, "invalid");
            let trail = trail::of(&db, "lake", "lake", 10).await.unwrap();
            assert_eq!(trail.len(), 3, "{trail:?}");
        })
        .await;
    }
}
