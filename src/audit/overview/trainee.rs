//! Trainees as a roster shows them. The number of the identity card stays sealed in the register.

use super::{Scope, sql};
use crate::db::{Columns, Db};
use crate::error::Result;
use crate::ids::{ClassId, TraineeId};
use sqlx::Row;

/// A trainee on a roster.
#[derive(Clone, Debug)]
pub struct TraineeLine {
    /// The id.
    pub id: TraineeId,
    /// The provider's own number.
    pub external_id: String,
    /// The name. Personal data: shown to roles that may see it, and each look is recorded by the caller.
    pub name: String,
    /// `employee`, `key_group`, `poor_household`.
    pub category: String,
}

/// A trainee and where else the same person learns.
#[derive(Clone, Debug)]
pub struct TraineeHead {
    /// As the roster shows it.
    pub line: TraineeLine,
    /// The class.
    pub class: ClassId,
    /// The class's title.
    pub class_title: String,
    /// Other classes of the same person the asker may see: the trainee there, the class's title.
    pub elsewhere: Vec<(TraineeId, String)>,
}

/// The roster of a class by the provider's numbers.
pub async fn roster(db: &Db, class: ClassId) -> Result<Vec<TraineeLine>> {
    let rows = sqlx::query(sql::ROSTER).bind(class.to_string()).fetch_all(db.read()).await?;
    rows.iter()
        .map(|row| {
            Ok(TraineeLine { id: row.id("id")?, external_id: row.get("external_id"), name: row.get("name"), category: row.get("category") })
        })
        .collect()
}

/// One trainee, if the asker may see the class.
pub async fn trainee(db: &Db, scope: &Scope, trainee: TraineeId) -> Result<Option<TraineeHead>> {
    let query = sqlx::query(sql::TRAINEE).bind(trainee.to_string()).bind(scope.provider()).bind(scope.platform());
    let Some(row) = query.fetch_optional(db.read()).await? else { return Ok(None) };
    let query = sqlx::query(sql::SAME_PERSON).bind(trainee.to_string()).bind(scope.provider()).bind(scope.platform());
    let elsewhere = query.fetch_all(db.read()).await?;
    Ok(Some(TraineeHead {
        line: TraineeLine { id: trainee, external_id: row.get("external_id"), name: row.get("name"), category: row.get("category") },
        class: row.id("class_id")?,
        class_title: row.get("title"),
        elsewhere: elsewhere.iter().map(|row| Ok((row.id("id")?, row.get("title")))).collect::<Result<_>>()?,
    }))
}
