//! Migrations: embedded SQL files, applied in order, each in one transaction with the note that it was applied.

use super::{Db, Engine, sql};
use crate::error::{Error, Result, codes};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Executor, Row};

struct Migration {
    version: i64,
    name: &'static str,
    text: &'static str,
}

/// All migrations in order. A file that has landed is never edited; its digest is checked against the database.
const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "spine", text: include_str!("../../migrations/0001_spine.sql") },
    Migration { version: 2, name: "no_name_index", text: include_str!("../../migrations/0002_no_name_index.sql") },
    Migration { version: 3, name: "uploads", text: include_str!("../../migrations/0003_uploads.sql") },
    Migration { version: 4, name: "who_is_who", text: include_str!("../../migrations/0004_who_is_who.sql") },
    Migration { version: 5, name: "live_events", text: include_str!("../../migrations/0005_live_events.sql") },
    Migration { version: 6, name: "lesson_quiz", text: include_str!("../../migrations/0006_lesson_quiz.sql") },
    Migration { version: 7, name: "lake_packs", text: include_str!("../../migrations/0007_lake_packs.sql") },
    Migration { version: 8, name: "platform_keys", text: include_str!("../../migrations/0008_platform_keys.sql") },
    Migration { version: 9, name: "webhooks", text: include_str!("../../migrations/0009_webhooks.sql") },
    Migration { version: 10, name: "plan_and_money", text: include_str!("../../migrations/0010_plan_and_money.sql") },
    Migration { version: 11, name: "opening", text: include_str!("../../migrations/0011_opening.sql") },
    Migration { version: 12, name: "money", text: include_str!("../../migrations/0012_money.sql") },
    Migration { version: 13, name: "reports", text: include_str!("../../migrations/0013_reports.sql") },
    Migration { version: 14, name: "personal_data", text: include_str!("../../migrations/0014_personal_data.sql") },
    Migration { version: 15, name: "reuse", text: include_str!("../../migrations/0015_reuse.sql") },
    Migration { version: 16, name: "moments", text: include_str!("../../migrations/0016_moments.sql") },
    Migration { version: 17, name: "people", text: include_str!("../../migrations/0017_people.sql") },
    Migration { version: 18, name: "lists", text: include_str!("../../migrations/0018_lists.sql") },
    Migration { version: 19, name: "rules", text: include_str!("../../migrations/0019_rules.sql") },
    Migration { version: 20, name: "scores", text: include_str!("../../migrations/0020_scores.sql") },
    Migration { version: 21, name: "cases", text: include_str!("../../migrations/0021_cases.sql") },
    Migration { version: 22, name: "keyframes", text: include_str!("../../migrations/0022_keyframes.sql") },
];

pub(super) async fn run(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    if db.engine() == Engine::Postgres {
        tx.conn().execute(sql::POSTGRES_MIGRATION_LOCK).await?;
    }
    tx.conn().execute(sql::CREATE_MIGRATION).await?;
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query(sql::APPLIED).fetch_all(tx.conn()).await?.iter().map(|row| (row.get(0), row.get(1))).collect();
    for (version, digest) in &applied {
        let Some(known) = MIGRATIONS.iter().find(|known| known.version == *version) else {
            return Err(Error::new(
                &codes::CONFIG,
                format!("The database was migrated to step {version} by a newer keshi; run that version."),
            ));
        };
        if Sha256::digest(known.text).as_slice() != digest {
            return Err(Error::new(
                &codes::CONFIG,
                format!("Migration {version} in the database differs from this binary's; run the binary that made it."),
            ));
        }
    }
    for migration in MIGRATIONS.iter().filter(|migration| !applied.iter().any(|(version, _)| *version == migration.version)) {
        for statement in statements(migration.text) {
            tx.conn().execute(AssertSqlSafe(statement)).await?;
        }
        sqlx::query(sql::NOTE_APPLIED)
            .bind(migration.version)
            .bind(migration.name)
            .bind(Sha256::digest(migration.text).to_vec())
            .execute(tx.conn())
            .await?;
    }
    tx.commit().await
}

pub(super) async fn versions(db: &Db) -> Result<(i64, Option<i64>)> {
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    let applied = match sqlx::query(sql::NEWEST).fetch_one(db.read()).await {
        Ok(row) => row.get(0),
        Err(sqlx::Error::Database(_)) => None, // the table is not there yet
        Err(error) => return Err(error.into()),
    };
    Ok((known, applied))
}

/// The statements of a migration file: separated by semicolons, comment lines left out. The files hold no semicolon elsewhere.
fn statements(text: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .filter(|line| !line.trim().is_empty())
        .flat_map(|line| [line, "\n"])
        .collect();
    code.split(';').map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::each_engine;

    #[tokio::test]
    async fn migrating_twice_changes_nothing() {
        each_engine(async |db| {
            db.migrate().await.expect("second run");
            let newest = MIGRATIONS.last().expect("there are some").version;
            assert_eq!(db.versions().await.expect("versions"), (newest, Some(newest)));
        })
        .await;
    }

    #[test]
    fn every_file_of_the_folder_is_applied_in_its_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
            .filter(|name| name.ends_with(".sql"))
            .collect();
        files.sort();
        let known: Vec<String> = MIGRATIONS.iter().map(|known| format!("{:04}_{}.sql", known.version, known.name)).collect();
        assert_eq!(files, known);
    }

    #[test]
    fn a_file_is_cut_at_its_semicolons_without_comments() {
        assert_eq!(statements("-- a; b\ncreate x; -- c\n\ncreate\n y;\n"), ["create x", "create\n y"]);
    }
}
