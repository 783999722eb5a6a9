//! Training platforms as the database has them: the six of the notice are there from the start, an operator's own beside them.
//!
//! A platform whose file is gone stays, with the profile it had last: evidence names it, and is read again as it was read.

use super::profile::{Platform, Profiles};
use super::sql;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::time::Time;
use sqlx::any::AnyRow;

/// Brings the platforms of these profiles into the database; again and again without harm.
pub async fn preload(db: &Db, profiles: &Profiles, now: Time) -> Result<()> {
    let mut tx = db.begin().await?;
    for (place, platform) in profiles.iter().enumerate() {
        sqlx::query(sql::PUT_PLATFORM)
            .bind(&platform.id)
            .bind(&platform.name_zh)
            .bind(&platform.name_en)
            .bind(&platform.host)
            .bind(&platform.timezone)
            .bind(serde_json::to_string(platform)?)
            .bind(now.plus(place as i64).0) // keeps the notice's order
            .execute(tx.conn())
            .await?;
    }
    tx.commit().await
}

/// All platforms, the notice's first.
pub async fn list(db: &Db) -> Result<Vec<Platform>> {
    sqlx::query(sql::PLATFORMS).fetch_all(db.read()).await?.iter().map(platform).collect()
}

/// One platform.
pub async fn get(db: &Db, id: &str) -> Result<Platform> {
    let row = sqlx::query(sql::PLATFORM).bind(id).fetch_optional(db.read()).await?;
    row.as_ref().map(platform).transpose()?.ok_or_else(|| Error::of(&codes::UNKNOWN_PLATFORM))
}

fn platform(row: &AnyRow) -> Result<Platform> {
    row.json("profile")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::testing::each_engine;

    #[tokio::test]
    async fn the_six_of_the_notice_are_there_from_the_start_in_its_order() {
        each_engine(async |db| {
            preload(&db, &Profiles::builtin(), Time(1)).await.expect("loads");
            preload(&db, &Profiles::builtin(), Time(2)).await.expect("loads again");
            let ids: Vec<String> = list(&db).await.expect("lists").into_iter().map(|platform| platform.id).collect();
            assert_eq!(ids, ["sx-zxpx", "px-class", "jc-mohrss", "xzy-mohrss", "chinanet", "edu-mohrss"]);
            assert_eq!(get(&db, "nowhere").await.expect_err("unknown").code, "unknown_platform");
        })
        .await;
    }
}
