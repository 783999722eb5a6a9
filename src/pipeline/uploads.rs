//! Resumable uploads: how a whole one becomes evidence.

use super::{Announced, Submitted, take_in};
use crate::app::App;
use crate::error::{Error, Kind, Result, codes};
use crate::receive::Claim;
use crate::receive::signature::Signed;
use crate::receive::upload::{self, Outcome, Refusal, Upload};
use crate::store;

/// Makes evidence of a resumable upload that is all there, or says why it is none; asked again, it says the same. What the sender cannot
/// help (the storage is away) leaves it as it is, and [`super::keep_house`] tries again.
///
/// Errors: `offset_conflict` while bytes are missing, and those of [`super::submit`].
pub async fn finish(app: &App, upload: &Upload) -> Result<Submitted> {
    match &upload.outcome {
        Some(Outcome::Kept(evidence)) => {
            let sealed = app.log.sealed(store::get(&app.db, *evidence).await?.leaf).await?;
            return Ok(Submitted { evidence: *evidence, sealed, new: false, signed: upload.signature.is_some() });
        }
        Some(Outcome::Refused(refusal)) => return Err(refusal.error()),
        None if upload.received < upload.size => return Err(Error::of(&codes::OFFSET_CONFLICT)),
        None => {}
    }
    let body = upload::whole(&app.db, &app.objects, upload).await?;
    let taken = async {
        let claim = Claim::check(&app.db, &upload.actor, &upload.query).await?;
        let signed = upload.signature.clone().map(Signed::of).transpose()?;
        take_in(app, &upload.actor, claim, Announced { digest: upload.digest, signed }, body).await
    };
    let taken = taken.await;
    let outcome = match &taken {
        Ok(submitted) => Outcome::Kept(submitted.evidence),
        Err(error) if matches!(error.kind, Kind::Internal | Kind::Unavailable | Kind::TooMany) => return taken,
        Err(error) => Outcome::Refused(Refusal::of(error)),
    };
    upload::settle(&app.db, &app.objects, upload.id, &outcome).await?;
    taken
}
