//! Papers of a class: evidence that is there already, filed for what it is.

use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::ids::EvidenceId;
use crate::receive::{Actor, Right};
use crate::register::Class;
use crate::register::opening::{Paper, PaperKind, paper};
use crate::store;

/// Files a piece of evidence as a paper of a class; `false`: it was filed as such before.
///
/// Errors: `forbidden`; `not_found` for no evidence; `foreign_evidence` when it is another class's or provider's.
pub async fn file_paper(app: &App, actor: &Actor, class: &Class, kind: PaperKind, evidence: EvidenceId) -> Result<(Paper, bool)> {
    actor.require(Right::Plan)?;
    let item = store::get(&app.db, evidence).await?;
    let fits = match item.class {
        Some(of) => of == class.id,
        None => item.provider == Some(class.provider),
    };
    if !fits {
        // Whether there is such evidence is nobody's business who may not see it.
        let seen = actor.unbounded() || (item.provider.is_some() && item.provider == actor.provider);
        return Err(Error::of(if seen { &codes::FOREIGN_EVIDENCE } else { &codes::NOT_FOUND }));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let new = paper::file(&mut tx, &app.ids, now, &actor.label, class, kind, evidence).await?;
    tx.commit().await?;
    Ok((paper::get(&app.db, class.id, kind, evidence).await?, new))
}
