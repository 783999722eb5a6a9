//! Reports: the week's is filed, in the trail and sealed; the back-fill export is read and written a lesson at a time.

use crate::app::App;
use crate::audit::report::backfill::{self, End, Of, Printer};
use crate::audit::report::filed::{self, Filed, New};
use crate::audit::report::mapping::Mapping;
use crate::audit::report::{Report, Week};
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, LeafId};
use crate::register::{Reference, class, provider, trail};
use crate::seal;
use crate::seal::leaf::Leaf;
use crate::tables::write::Format;
use bytes::Bytes;
use std::io::Read;
use tokio::sync::mpsc::Sender;

/// How often filing is tried while others file the same week.
const ATTEMPTS: usize = 5;
/// Bytes of a finished workbook that are sent at once.
const PIECE: usize = 64 * 1024;

/// The last whole week.
pub fn last_week(app: &App) -> Week {
    let now = app.clock.now();
    Week::before(app.policies.at(now).day_of(now))
}

/// A week's numbers as they are now, and what was filed of it, the newest version first.
pub async fn weekly(app: &App, week: Week) -> Result<(Report, Vec<Filed>)> {
    let zone = app.policies.on(week.monday()).tz();
    futures::try_join!(Report::read(&app.db, week, zone), filed::versions(&app.db, week))
}

/// Whether a week can be reported: it is over.
pub fn is_over(app: &App, week: Week) -> bool {
    let policy = app.policies.on(week.monday());
    policy.day_of(app.clock.now()) >= week.due()
}

/// Files a week's report as it is now; `false` when the last version says the same, which then stands.
///
/// Errors: `week_not_over`, `busy`.
pub async fn file(app: &App, actor: &str, week: Week) -> Result<(Filed, bool)> {
    if !is_over(app, week) {
        return Err(Error::of(&codes::WEEK_NOT_OVER));
    }
    for _ in 0..ATTEMPTS {
        let (report, versions) = weekly(app, week).await?;
        let document = report.canonical();
        let last = versions.into_iter().next();
        let version = match last {
            Some(last) if last.document == document => return Ok((last, false)),
            Some(last) => last.version + 1,
            None => 1,
        };
        let new = New { week, version, document: &document, actor, at: app.clock.now() };
        let leaf = Leaf::new("weekly_report", new.fields())?;
        let mut tx = app.db.begin().await?;
        let leaf: LeafId = seal::stage(&mut tx, &leaf, &app.ids, new.at).await?;
        if !filed::keep(&mut tx, &app.ids, &new, leaf).await? {
            continue;
        }
        tx.commit().await?;
        app.log.wake();
        app.log.sealed(leaf).await?;
        let kept = filed::versions(&app.db, week).await?.into_iter().find(|one| one.version == version);
        return kept.map(|kept| (kept, true)).ok_or_else(|| Error::internal("a report that was filed is not there"));
    }
    Err(Error::of(&codes::BUSY))
}

/// A back-fill export.
#[derive(Debug)]
pub struct Backfill {
    /// Of one class, or of all.
    pub class: Option<ClassId>,
    /// How it is written.
    pub format: Format,
    /// Its columns.
    pub mapping: Mapping,
    /// Who takes it; the trail keeps that for each class.
    pub actor: String,
    /// Whether they see names.
    pub names: bool,
}

/// Where its pieces go; an error ends it in the middle, so that nobody takes a part for the whole.
pub type Out = Sender<std::io::Result<Bytes>>;

/// Writes an export.
pub async fn backfill(app: &App, asked: Backfill, out: &Out) -> Result<()> {
    let mut printer = Printer::new(asked.format, asked.mapping.clone())?;
    let mut open = send(out, printer.head()?).await;
    let mut classes = match asked.class {
        Some(one) => vec![one],
        None => backfill::classes_after(&app.db, None).await?,
    };
    while open && !classes.is_empty() {
        for class in &classes {
            open = open && of_class(app, &asked, *class, &mut printer, out).await?;
        }
        classes = match (asked.class, classes.last()) {
            (None, Some(last)) => backfill::classes_after(&app.db, Some(*last)).await?,
            _ => Vec::new(),
        };
    }
    if !open {
        return Ok(());
    }
    // A workbook is packed here, which takes a processor for a while.
    match tokio::task::spawn_blocking(move || printer.foot()).await.map_err(Error::internal)?? {
        End::Bytes(bytes) => drop(send(out, bytes).await),
        End::File(mut file) => loop {
            let mut piece = vec![0; PIECE];
            let read = file.read(&mut piece)?;
            piece.truncate(read);
            if read == 0 || !send(out, piece).await {
                break;
            }
        },
    }
    Ok(())
}

/// One class; `false` when nobody takes it any more.
async fn of_class(app: &App, asked: &Backfill, id: ClassId, printer: &mut Printer, out: &Out) -> Result<bool> {
    let class = class::by_id(&app.db, id).await?;
    let provider = provider::get(&app.db, &Reference::Id(class.provider.0)).await?;
    if asked.names {
        let subject = id.to_string();
        let actor = &asked.actor;
        let note = trail::Note { actor, action: "names.seen", subject_kind: "class", subject_id: &subject, detail: Some("backfill") };
        trail::record(&app.db, &app.ids, app.clock.now(), note).await?;
    }
    let policy = &*app.policies.of_class(&app.db, class.policy.as_deref(), class.starts_on).await?;
    let of = Of { class: &class, provider: &provider };
    for lesson in backfill::lessons(&app.db, id).await? {
        let rows = backfill::rows(&app.db, id, &lesson, policy, asked.names).await?;
        if !send(out, printer.rows(&of, &lesson, &rows, policy)?).await {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn send(out: &Out, bytes: Vec<u8>) -> bool {
    bytes.is_empty() || out.send(Ok(Bytes::from(bytes))).await.is_ok()
}
