//! Every statement in every `sql.rs` is prepared on both engines.

use super::testing::each_engine;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

/// The statement lists of all stages.
const LISTS: &[(&str, &[&str])] = &[
    ("db", super::sql::ALL),
    ("jobs", crate::jobs::sql::ALL),
    ("register", crate::register::sql::ALL),
    ("register::certificate", crate::register::certificate::sql::ALL),
    ("register::money", crate::register::money::sql::ALL),
    ("register::office", crate::register::office::sql::ALL),
    ("register::opening", crate::register::opening::sql::ALL),
    ("register::amendment", crate::register::amendment::sql::ALL),
    ("register::remark", crate::register::remark::sql::ALL),
    ("register::personal", crate::register::personal::sql::ALL),
    ("register::reseal", crate::register::reseal::sql::ALL),
    ("receive", crate::receive::sql::ALL),
    ("receive::upload", crate::receive::upload::sql::ALL),
    ("store", crate::store::sql::ALL),
    ("audit::bundle", crate::audit::bundle::sql::ALL),
    ("audit::case", crate::audit::case::sql::ALL),
    ("audit::claim", crate::audit::claim::sql::ALL),
    ("audit::fsck", crate::audit::fsck::sql::ALL),
    ("audit::policy_diff", crate::audit::policy_diff::sql::ALL),
    ("audit::question", crate::audit::question::sql::ALL),
    ("audit::rebuild", crate::audit::rebuild::sql::ALL),
    ("audit::overview", crate::audit::overview::sql::ALL),
    ("audit::report", crate::audit::report::sql::ALL),
    ("audit::deadline", crate::audit::deadline::sql::ALL),
    ("seal", crate::seal::sql::ALL),
    ("lake", crate::lake::sql::ALL),
    ("snapshot", crate::lake::snapshot::sql::ALL),
    ("link", crate::link::sql::ALL),
    ("link::rehearsal", crate::link::rehearsal::sql::ALL),
    ("detect", crate::detect::sql::ALL),
    ("detect::score", crate::detect::score::sql::ALL),
    ("detect::reuse", crate::detect::reuse::sql::ALL),
    ("tell", crate::tell::sql::ALL),
];

#[tokio::test]
async fn every_statement_prepares_on_both_engines() {
    each_engine(async |db| {
        let mut tx = db.begin().await.expect("begins");
        for (stage, list) in LISTS {
            for statement in *list {
                if let Err(error) = tx.conn().prepare(AssertSqlSafe(*statement).into_sql_str()).await {
                    panic!("{stage} on {:?}: {error}\n{statement}", db.engine());
                }
            }
        }
    })
    .await;
}
