//! Which text of a rule made a finding: kept, and sealed when it is first used, so that nobody can say later that the rule was another one.

use super::rule::Rule;
use super::sql;
use crate::db::{Db, Tx};
use crate::error::{Error, Result};
use crate::ids::{FindingId, Ids};
use crate::seal::{self, Leaf};
use crate::time::Time;
use serde_json::{Value, json};
use sqlx::Row;
use storage::Digest;

/// Keeps and seals the text of a rule unless it was before; gives its digest.
pub(super) async fn keep(tx: &mut Tx, rule: &Rule, ids: &Ids, now: Time) -> Result<Digest> {
    let digest = rule.digest();
    let new = sqlx::query(sql::KEEP_RULE)
        .bind(digest.0.to_vec())
        .bind(&rule.head.id)
        .bind(rule.head.version)
        .bind(&rule.sql)
        .bind(now.0)
        .execute(tx.conn())
        .await?;
    if new.rows_affected() > 0 {
        let fields = json!({"rule": rule.head.id, "version": rule.head.version, "digest": digest.to_string(), "at": now});
        let Value::Object(fields) = fields else { return Err(Error::internal("the fields of a leaf are an object")) };
        seal::stage(tx, &Leaf::new("rule", fields)?, ids, now).await?;
    }
    Ok(digest)
}

/// The digest of the rule's text that saw a finding last; none for findings from before texts were kept.
pub async fn rule_of(db: &Db, finding: FindingId) -> Result<Option<Digest>> {
    let row = sqlx::query(sql::RULE_OF).bind(finding.to_string()).fetch_optional(db.read()).await?;
    let bytes = row.and_then(|row| row.get::<Option<Vec<u8>>, _>(0));
    Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(Digest))
}

/// The text of a rule by its digest.
pub async fn rule_text(db: &Db, digest: Digest) -> Result<Option<String>> {
    let row = sqlx::query(sql::RULE_TEXT).bind(digest.0.to_vec()).fetch_optional(db.read()).await?;
    Ok(row.map(|row| row.get(0)))
}
