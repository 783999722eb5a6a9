//! A small world in a database, for tests of the read model and of the pages.

use super::sql;
use crate::db::Db;

/// Two providers with a class each, one person in both, lessons with and without evidence, credits, findings.
pub(crate) async fn world(db: &Db) {
    let mut tx = db.begin().await.expect("begins");
    for statement in sql::WORLD {
        sqlx::query(*statement).execute(tx.conn()).await.unwrap_or_else(|error| panic!("{error}\n{statement}"));
    }
    for (number, digest) in [(1, "abcd"), (2, "abce")] {
        let id = format!("0190a1b2-0006-7000-8000-{number:012}");
        let mut bytes = digest.as_bytes().to_vec();
        bytes.resize(32, 0);
        sqlx::query(sql::SET_DIGEST).bind(id).bind(bytes).execute(tx.conn()).await.expect("sets");
    }
    sqlx::query(sql::SET_RUN_DIGEST).bind(vec![0; 32]).execute(tx.conn()).await.expect("sets");
    sqlx::query(sql::SET_CLASS_DIGEST).bind(vec![0; 32]).execute(tx.conn()).await.expect("sets");
    sqlx::query(sql::SET_BODY).bind(&b"{}"[..]).execute(tx.conn()).await.expect("sets");
    tx.commit().await.expect("commits");
}

/// The number of the identity card of everybody in [`world`], sealed with the keys of the deployment.
pub(crate) async fn number(db: &Db, sealed: Vec<u8>) {
    let mut tx = db.begin().await.expect("begins");
    sqlx::query(sql::SET_NUMBER).bind(sealed).execute(tx.conn()).await.expect("sets");
    tx.commit().await.expect("commits");
}

/// The log of [`world`] read and its first leaf under a checkpoint, for databases without a lake and a log of their own.
pub(crate) async fn sealed(db: &Db) {
    let mut tx = db.begin().await.expect("begins");
    for statement in sql::READ.iter().chain(sql::SEALED) {
        sqlx::query(*statement).execute(tx.conn()).await.unwrap_or_else(|error| panic!("{error}\n{statement}"));
    }
    sqlx::query(sql::SET_ROOT).bind(&b"root"[..]).execute(tx.conn()).await.expect("sets");
    tx.commit().await.expect("commits");
}
