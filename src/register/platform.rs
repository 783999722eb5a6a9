//! Training platforms: the six of the notice are there from the start.

use super::sql;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

/// A platform, as its profile file `platforms/<id>.toml` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// A short name, such as `px-class`.
    pub id: String,
    /// Chinese name.
    pub name_zh: String,
    /// English name.
    pub name_en: String,
    /// Host name, and port where it has one.
    pub host: String,
    /// The zone its export files mean when they say none.
    pub timezone: String,
    /// `documented` or `assumed`: what the headings of its export files rest on.
    pub headings: String,
    /// Where the entry comes from.
    pub source: String,
}

/// The six of the notice, 附件 2, in its order.
const BUILT_IN: [&str; 6] = [
    include_str!("../../platforms/sx-zxpx.toml"),
    include_str!("../../platforms/px-class.toml"),
    include_str!("../../platforms/jc-mohrss.toml"),
    include_str!("../../platforms/xzy-mohrss.toml"),
    include_str!("../../platforms/chinanet.toml"),
    include_str!("../../platforms/edu-mohrss.toml"),
];

impl Platform {
    /// The zone as chrono knows it.
    pub fn zone(&self) -> chrono_tz::Tz {
        self.timezone.parse().unwrap_or(chrono_tz::Asia::Shanghai)
    }

    fn parse(text: &str) -> Result<Platform> {
        let platform: Platform = toml::from_str(text)
            .map_err(|cause| Error::new(&codes::CONFIG, format!("A platform profile cannot be read: {}", cause.message())))?;
        if platform.timezone.parse::<chrono_tz::Tz>().is_err() {
            return Err(Error::new(&codes::CONFIG, format!("Platform '{}' names an unknown time zone.", platform.id)));
        }
        Ok(platform)
    }
}

/// Brings the built-in platforms into the database; again and again without harm.
pub async fn preload(db: &Db, now: Time) -> Result<()> {
    let mut tx = db.begin().await?;
    for (place, text) in BUILT_IN.iter().enumerate() {
        let platform = Platform::parse(text)?;
        sqlx::query(sql::PUT_PLATFORM)
            .bind(&platform.id)
            .bind(&platform.name_zh)
            .bind(&platform.name_en)
            .bind(&platform.host)
            .bind(&platform.timezone)
            .bind(serde_json::to_string(&platform)?)
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
            preload(&db, Time(1)).await.expect("loads");
            preload(&db, Time(2)).await.expect("loads again");
            let ids: Vec<String> = list(&db).await.expect("lists").into_iter().map(|platform| platform.id).collect();
            assert_eq!(ids, ["sx-zxpx", "px-class", "jc-mohrss", "xzy-mohrss", "chinanet", "edu-mohrss"]);
            assert_eq!(get(&db, "nowhere").await.expect_err("unknown").code, "unknown_platform");
        })
        .await;
    }
}
