//! Which policy governs a class: the one fixed when it was approved, by its text as it stood then; until then the one in force by date.

use super::{Policies, Policy};
use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, codes};
use crate::ids::ClassId;
use crate::register::sql;
use crate::time::Time;
use serde_json::{Map, Value};
use std::sync::Arc;

impl Policies {
    /// The policy of a class for which `fixed` was fixed, or, where nothing was, the one in force at a moment.
    ///
    /// Errors: `policy_missing` when the fixed one is not kept any more.
    pub async fn governing(&self, db: &Db, fixed: Option<&str>, at: Time) -> Result<Arc<Policy>> {
        match fixed {
            Some(name) => self.named(db, name).await,
            None => Ok(self.at(at).clone()),
        }
    }

    /// A policy by its name, `id@fingerprint`: one that governs classes, or one of the files.
    ///
    /// Errors: `policy_missing`.
    pub async fn named(&self, db: &Db, name: &str) -> Result<Arc<Policy>> {
        if let Some(policy) = self.known(name) {
            return Ok(policy);
        }
        let row = sqlx::query(sql::POLICY_TEXT).bind(name).fetch_optional(db.read()).await?;
        let row = row.ok_or_else(|| missing(name))?;
        let policy = Arc::new(Policy::parse(name, &row.text("body")).map_err(|cause| missing(name).because(cause))?);
        if policy.name() != name {
            return Err(missing(name));
        }
        self.keep(&policy);
        Ok(policy)
    }

    /// A policy by its name, if it was read before or is one of the files.
    pub fn known(&self, name: &str) -> Option<Arc<Policy>> {
        let fixed = self.fixed.read().ok()?.get(name).cloned();
        fixed.or_else(|| self.dated.iter().find(|policy| policy.name() == name).cloned())
    }

    /// Reads all policies that govern classes, so that [`Policies::known`] knows them; those that are not as they were are passed over.
    pub async fn learn(&self, db: &Db) -> Result<()> {
        for row in sqlx::query(sql::POLICY_NAMES).fetch_all(db.read()).await? {
            match self.named(db, &row.text("name")).await {
                Err(error) if error.code != codes::POLICY_MISSING.name => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn keep(&self, policy: &Arc<Policy>) {
        if let Ok(mut fixed) = self.fixed.write() {
            fixed.insert(policy.name(), policy.clone());
        }
    }
}

impl Policy {
    /// Fixes it for a class for good, in the transaction of the decision that approves the class; its text is kept with the first one.
    pub async fn fix(&self, tx: &mut Tx, now: Time, class: ClassId) -> Result<()> {
        let keep = sqlx::query(sql::KEEP_POLICY_TEXT).bind(self.name()).bind(self.text()).bind(self.digest().to_vec()).bind(now.0);
        keep.execute(tx.conn()).await?;
        sqlx::query(sql::FIX_POLICY).bind(class.to_string()).bind(self.name()).execute(tx.conn()).await?;
        Ok(())
    }

    /// What the leaf of that decision says of it.
    pub fn seal_into(&self, fields: &mut Map<String, Value>) {
        fields.insert("policy".to_owned(), self.name().into());
        fields.insert("policy_sha256".to_owned(), hex::encode(self.digest()).into());
    }
}

fn missing(name: &str) -> Error {
    Error::new(
        &codes::POLICY_MISSING,
        format!(
            "The policy {name} governs classes and its text is not kept as it was; run keshi fsck and restore the table policy_text from a copy."
        ),
    )
}
