//! Rosters and timetables put in place. Once a plan is approved, what changes is an amendment: kept with its reason, and sealed; what it
//! touches is calculated again, and the hours before and after stand beside each other.

use crate::app::App;
use crate::db::Tx;
use crate::error::Result;
use crate::ids::{AmendmentId, ClassId};
use crate::jobs::Change;
use crate::lake::ingest;
use crate::link;
use crate::receive::Actor;
use crate::register::amendment::{self, Changes, Kind, New};
use crate::register::{Class, Lesson, Trainee, lesson, roster};
use crate::seal::{self, Leaf};
use crate::time::Time;
use serde_json::{Map, json};

/// The job that counts the hours after an amendment.
pub const RECOUNT: &str = "recount";

/// Makes a list the roster of a class.
///
/// Errors: `invalid` for a reason that is too long.
pub async fn put_roster(
    app: &App,
    actor: &Actor,
    class: &Class,
    list: Vec<roster::NewTrainee>,
    reason: Option<&str>,
) -> Result<Vec<Trainee>> {
    let (now, reason) = (app.clock.now(), amendment::reason(reason)?);
    let mut tx = app.db.begin().await?;
    let approved = amendment::hold(&mut tx, class.id).await?;
    let replaced = roster::replace_in(&mut tx, &app.jobs, &app.ids, &app.secrets, now, &actor.label, class, list).await?;
    let sealed = if approved {
        let changes = amendment::of_rosters(&replaced.before, &replaced.after, &app.secrets)?;
        amend(app, &mut tx, actor, class.id, Kind::Roster, changes, reason, now).await?
    } else {
        false
    };
    tx.commit().await?;
    if sealed {
        app.log.wake();
    }
    Ok(replaced.after)
}

/// Makes a list the timetable of a class.
///
/// Errors: `invalid` for a reason that is too long.
pub async fn put_lessons(
    app: &App,
    actor: &Actor,
    class: &Class,
    list: Vec<lesson::NewLesson>,
    reason: Option<&str>,
) -> Result<Vec<Lesson>> {
    let (now, reason) = (app.clock.now(), amendment::reason(reason)?);
    let mut tx = app.db.begin().await?;
    let approved = amendment::hold(&mut tx, class.id).await?;
    let replaced = lesson::replace_in(&mut tx, &app.jobs, &app.ids, now, &actor.label, class, list).await?;
    let sealed = if approved {
        let changes = amendment::of_timetables(&replaced.before, &replaced.after)?;
        amend(app, &mut tx, actor, class.id, Kind::Timetable, changes, reason, now).await?
    } else {
        false
    };
    tx.commit().await?;
    if sealed {
        app.log.wake();
    }
    Ok(replaced.after)
}

/// Keeps an amendment with its leaf, unless nothing changed; whether there is one.
#[allow(clippy::too_many_arguments, reason = "each is one thing the change needs, named at its calls")]
async fn amend(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    class: ClassId,
    kind: Kind,
    changes: Changes,
    reason: Option<&str>,
    at: Time,
) -> Result<bool> {
    if changes.open.is_empty() {
        return Ok(false);
    }
    let hours_before = link::credited_hours(tx, class).await?;
    let new = New { id: app.ids.next(), class, kind, changes, reason, hours_before, by: &actor.label, at };
    let kept = new.kept(&app.secrets)?;
    let fields = Map::from_iter([
        ("amendment".to_owned(), json!(kept.id)),
        ("class".to_owned(), json!(class)),
        ("plan".to_owned(), json!(kind.as_str())),
        ("digest".to_owned(), json!(kept.digest.to_string())),
        ("by".to_owned(), json!(actor.label)),
        ("at".to_owned(), json!(at)),
    ]);
    let leaf = seal::stage(tx, &Leaf::new("amendment", fields)?, &app.ids, at).await?;
    amendment::keep(tx, &app.ids, &kept, leaf).await?;
    app.jobs.after(tx, Change::PlanAmended, &kept.id.to_string(), at).await?;
    Ok(true)
}

/// Notes the hours after an amendment once nothing of its class is being read or calculated any more; until then it asks to be asked again.
pub(super) async fn recount(app: &App, id: AmendmentId) -> Result<()> {
    let kept = amendment::by_id(&app.db, id).await?;
    if kept.hours_after.is_some() {
        return Ok(());
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if link::is_busy(&mut tx, kept.class, ingest::REREAD, ingest::JOB_LIVE).await? {
        app.jobs.after(&mut tx, Change::PlanAmended, &id.to_string(), now).await?;
    } else {
        let hours = link::credited_hours(&mut tx, kept.class).await?;
        amendment::recounted(&mut tx, id, hours).await?;
    }
    tx.commit().await
}
