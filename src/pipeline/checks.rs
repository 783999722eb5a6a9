//! What the notice says against the plan of a class, by what is known now.

use crate::app::App;
use crate::error::Result;
use crate::register::Class;
use crate::register::remark::{self, Remark};

/// The remarks on a class, by the policy that governs it and the lists that are loaded.
pub async fn remarks(app: &App, class: &Class) -> Result<Vec<Remark>> {
    let policy = app.policies.of_class(&app.db, class.policy.as_deref(), class.starts_on).await?;
    let today = policy.day_of(app.clock.now());
    let facts = remark::facts(&app.db, &app.secrets, class.clone(), today).await?;
    Ok(remark::of(&facts, &policy, &app.lists, today))
}
