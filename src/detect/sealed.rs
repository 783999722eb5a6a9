//! Which text of a rule made a finding: kept, and sealed when it is first used, so that nobody can say later that the rule was another one.

use super::rule::Rule;
use super::sql;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::Ids;
use crate::seal::{self, Leaf};
use crate::time::Time;
use serde_json::{Value, json};
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
