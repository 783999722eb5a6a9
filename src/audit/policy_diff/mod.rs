//! What a changed policy would do to the classes that are open, before anybody puts it to use. It reads and changes nothing.
//!
//! An approved class keeps the policy that was fixed for it; for such classes the figures say what the change would have meant, and `applies` is
//! false. Classes are taken one after the other, so that memory stays the same however many there are.

mod one;
pub(crate) mod sql;

pub use one::{ClassDiff, Pair};

use crate::db::{Columns, Db};
use crate::error::{Error, Result};
use crate::ids::ClassId;
use crate::lake::Lake;
use crate::register::lists::Lists;
use crate::register::policy::{Policies, Policy};
use crate::register::secrets::Secrets;
use crate::time::Time;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use serde::Serialize;
use sqlx::Row;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What comparing needs.
#[derive(Clone)]
pub struct Tools {
    /// The database.
    pub db: Db,
    /// The events.
    pub lake: Lake,
    /// The keys to personal data: ID numbers are looked at, not shown.
    pub secrets: Secrets,
    /// The policies as they are.
    pub policies: Policies,
    /// The operator's lists.
    pub lists: Lists,
}

/// What the change comes to for some classes together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Total {
    /// How many classes.
    pub classes: u64,
    /// For how many of them anything would be different.
    pub differ: u64,
    /// Credited hours of all, in thousandths.
    pub hours_milli: Pair,
    /// What they are worth.
    pub worth_fen: Pair,
    /// What the hours held and not credited would be worth.
    pub at_risk_fen: Pair,
    /// Remarks that appear, by code: in how many classes.
    pub appear: BTreeMap<&'static str, u64>,
    /// Remarks that vanish.
    pub vanish: BTreeMap<&'static str, u64>,
}

impl Total {
    fn add(&mut self, diff: &ClassDiff) {
        self.classes += 1;
        self.differ += u64::from(diff.differs());
        self.hours_milli.add(diff.hours_milli);
        self.worth_fen.add(diff.worth_fen);
        self.at_risk_fen.add(diff.at_risk_fen);
        diff.appear.iter().for_each(|code| *self.appear.entry(code).or_default() += 1);
        diff.vanish.iter().for_each(|code| *self.vanish.entry(code).or_default() += 1);
    }
}

/// What the change comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Classes that would follow the changed policy.
    pub applies: Total,
    /// Classes that keep the policy fixed for them.
    pub keeps: Total,
    /// Open classes whose first day lies where another policy is in force.
    pub untouched: u64,
}

/// Holds a changed policy against all open classes, or against one, and tells of each as it is done, in the order they were filed.
///
/// Errors: `bad_config` when the changed policy starts on the same day as another one.
pub async fn compare(
    tools: &Tools,
    file: &str,
    changed: Policy,
    only: Option<ClassId>,
    now: Time,
    mut tell: impl FnMut(ClassDiff) -> Result<()>,
) -> Result<Totals> {
    let after = tools.policies.with(file, changed.clone())?;
    let (changed, mut totals) = (Arc::new(changed), Totals::default());
    let mut last = String::new();
    loop {
        let classes = match only {
            Some(class) => vec![class],
            None => open_after(&tools.db, &last).await?,
        };
        let Some(end) = classes.last() else { return Ok(totals) };
        last = end.to_string();
        // One for each core of a small machine: settling is the work, and the rest waits for the database.
        let mut done = stream::iter(classes)
            .map(|class| {
                let (tools, changed, after) = (tools.clone(), changed.clone(), after.clone());
                let one = async move { one::compare(&tools, &changed, &after, class, only.is_some(), now).await };
                tokio::spawn(one.boxed())
            })
            .buffered(std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 8));
        while let Some(diff) = done.try_next().await.map_err(Error::internal)? {
            match diff? {
                None => totals.untouched += 1,
                Some(diff) => {
                    if diff.applies {
                        totals.applies.add(&diff)
                    } else {
                        totals.keeps.add(&diff)
                    }
                    tell(diff)?;
                }
            }
        }
        if only.is_some() {
            return Ok(totals);
        }
    }
}

/// The policies that were fixed for classes, by name, and for how many each.
pub async fn governing(db: &Db) -> Result<BTreeMap<String, i64>> {
    let rows = sqlx::query(sql::GOVERN).fetch_all(db.read()).await?;
    Ok(rows.iter().map(|row| (row.text("name"), row.get("classes"))).collect())
}

async fn open_after(db: &Db, last: &str) -> Result<Vec<ClassId>> {
    sqlx::query(sql::OPEN_AFTER).bind(last).fetch_all(db.read()).await?.iter().map(|row| row.id("id")).collect()
}
