//! What things and people are called, for lists that only hold their ids.

use super::{Name, sql};
use crate::db::Db;
use crate::error::Result;
use crate::ids::{ClassId, LessonId, TraineeId};
use sqlx::Row;
use std::fmt::Display;

/// The title of a class.
pub async fn class_title(db: &Db, class: ClassId) -> Result<Option<String>> {
    called(db, sql::CLASS_TITLE, class).await
}

/// The titles of a lesson and of its class: two lessons of one title are told apart by their classes.
pub async fn lesson_place(db: &Db, lesson: LessonId) -> Result<Option<String>> {
    called(db, sql::LESSON_PLACE, lesson).await
}

/// The name of a trainee: personal data, for the caller to mask.
pub async fn trainee_name(db: &Db, trainee: TraineeId) -> Result<Option<String>> {
    called(db, sql::TRAINEE_NAME, trainee).await
}

/// What a platform is called; its id where nobody knows it any more.
pub async fn platform_name(db: &Db, platform: &str) -> Result<Name> {
    let row = sqlx::query(sql::PLATFORM_NAME).bind(platform).fetch_optional(db.read()).await?;
    Ok(row.map_or_else(|| Name::same(platform.to_owned()), |row| Name { zh: row.get("name_zh"), en: row.get("name_en") }))
}

/// What people call an actor of the trail: the name behind `login:<id>` or `token:<id>`, or the label itself, such as `keshi`.
pub async fn actor(db: &Db, label: &str) -> Result<String> {
    let id = label.split_once(':').map_or(label, |(_, id)| id);
    Ok(called(db, sql::ACTOR, id).await?.unwrap_or_else(|| label.to_owned()))
}

async fn called(db: &Db, statement: &'static str, id: impl Display) -> Result<Option<String>> {
    let row = sqlx::query(statement).bind(id.to_string()).fetch_optional(db.read()).await?;
    Ok(row.map(|row| row.get(0)))
}
