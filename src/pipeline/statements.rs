//! Statements of xAPI: what one request brings is one piece of evidence, its bytes as they were sent; each statement is found again by
//! its id.

use crate::analyse::attendance::statements::{self, LIVE_FORMAT, Statement};
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, EvidenceId};
use crate::receive::{Actor, Claim, accept};
use crate::register::trail;
use crate::store::live::Mark;
use crate::store::{self, Evidence, Preview};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// How often a request is looked at anew where another server took in one of its statements meanwhile.
const ATTEMPTS: usize = 5;

/// Takes the statements of a body in; the ids they go by, in order, once they are sealed.
///
/// Errors: `invalid` for what are no statements, `statement_conflict`, `busy`, those of keeping evidence.
pub async fn submit(app: &App, actor: &Actor, claim: &Claim, body: Bytes, only: Option<Uuid>) -> Result<Vec<Uuid>> {
    let _place = app.uploads.try_acquire().map_err(|_| Error::of(&codes::BUSY))?;
    let sent = statements::of_body(&body)?;
    if let Some(id) = only
        && (sent.len() != 1 || statements::id(&sent[0]) != Some(id))
    {
        // The body is what is kept, so the id has to be in it.
        return Err(Error::new(&codes::INVALID, "PUT takes one statement, with the id of statementId in it; send several with POST."));
    }
    for _ in 0..ATTEMPTS {
        match try_to_take_in(app, actor, claim, &body, &sent).await {
            Err(error) if error.code == codes::DUPLICATE.name => {}
            done => return done,
        }
    }
    Err(Error::of(&codes::BUSY))
}

async fn try_to_take_in(app: &App, actor: &Actor, claim: &Claim, body: &Bytes, sent: &[Statement]) -> Result<Vec<Uuid>> {
    let class = claim.class.as_ref().map(|class| class.id);
    let lesson = claim.lesson.as_ref().map(|lesson| lesson.id.to_string()).unwrap_or_default();
    let says: Vec<Mark> = sent.iter().map(|one| Mark::of(&[lesson.as_bytes(), statements::says(one).as_bytes()])).collect();
    let named: Vec<Mark> = sent.iter().filter_map(statements::id).map(|id| key(actor, class, id)).collect();
    let known = store::live::known(&app.db, &named).await?;
    let before = |place: usize| statements::id(&sent[place]).and_then(|id| known.get(&key(actor, class, id)));
    if (0..sent.len()).any(|place| before(place).is_some_and(|taken| taken.says != says[place])) {
        return Err(Error::of(&codes::STATEMENT_CONFLICT));
    }
    if (0..sent.len()).all(|place| before(place).is_some()) {
        for evidence in known.values().map(|taken| taken.evidence).collect::<std::collections::BTreeSet<EvidenceId>>() {
            app.log.sealed(store::get(&app.db, evidence).await?.leaf).await?;
        }
        return Ok(sent.iter().filter_map(statements::id).collect());
    }
    let stored = accept::bytes(
        &app.objects,
        accept::limit(&app.config.limits, claim.kind),
        app.retain_until(),
        None,
        futures::stream::iter([Ok(body.clone())]),
    )
    .await?;
    let (now, id) = (app.clock.now(), app.ids.next());
    let ids: Vec<Uuid> = (1..).zip(sent).map(|(place, one)| statements::id(one).unwrap_or_else(|| assigned(id, place))).collect();
    let new = (0..sent.len()).filter(|place| before(*place).is_none());
    let events = new.map(|place| (key(actor, class, ids[place]), place as u64 + 1, says[place])).collect();
    let claim =
        Claim { format: Some(LIVE_FORMAT.to_owned()), moment: (!sent.iter().all(statements::is_timed)).then_some(now), ..claim.clone() };
    let preview = Preview { reader: Some(LIVE_FORMAT.to_owned()), ..Preview::default() };
    let entry = super::Entry { id, submitter: &actor.label, stored, media_type: "application/json", preview, events, signed: None };
    let entered = super::enter(app, claim, entry).await?;
    app.log.sealed(entered.leaf).await?;
    super::count("attendance", entered.new);
    // The same bytes may have been there: then the ids given to them are those of the first time.
    Ok((1..).zip(sent).map(|(place, one)| statements::id(one).unwrap_or_else(|| assigned(entered.evidence, place))).collect())
}

fn key(actor: &Actor, class: Option<ClassId>, id: Uuid) -> Mark {
    let sender = actor.platform.as_deref().unwrap_or(&actor.label);
    let class = class.map(|class| class.to_string()).unwrap_or_default();
    Mark::of(&[b"statement", sender.as_bytes(), class.as_bytes(), id.as_bytes()])
}

/// The id of a statement that was sent without one: made from its place, so that it need not be kept. It has the shape of a UUID that
/// is made from a name (version 5), which every client takes.
fn assigned(evidence: EvidenceId, place: u64) -> Uuid {
    let hash =
        Sha256::new().chain_update(b"keshi statement 1").chain_update(evidence.0.as_bytes()).chain_update(place.to_be_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Uuid::from_bytes(bytes)
}

/// A statement as kept: what was sent, what it goes by, and in which evidence it is.
#[derive(Debug)]
pub struct Kept {
    /// As sent, with its id.
    pub statement: Statement,
    /// The evidence.
    pub evidence: Evidence,
}

/// One statement of the asker's own, by id. Whoever reads it is in the trail.
///
/// Errors: `not_found`.
pub async fn one(app: &App, actor: &Actor, class: ClassId, id: Uuid) -> Result<Kept> {
    let key = key(actor, Some(class), id);
    let unknown = || Error::new(&codes::NOT_FOUND, "No statement of yours has this id.");
    let taken = store::live::known(&app.db, &[key]).await?.remove(&key).ok_or_else(unknown)?;
    let evidence = store::get(&app.db, taken.evidence).await?;
    let found = in_evidence(app, actor, &evidence).await?.into_iter().nth(taken.place as usize - 1);
    Ok(Kept { statement: found.ok_or_else(unknown)?, evidence })
}

/// All statements of a piece of evidence, in order, each with its id. Whoever reads them is in the trail.
pub async fn in_evidence(app: &App, actor: &Actor, evidence: &Evidence) -> Result<Vec<Statement>> {
    let (now, subject) = (app.clock.now(), evidence.id.to_string());
    let note = trail::Note { actor: &actor.label, action: "evidence.read", subject_kind: "evidence", subject_id: &subject, detail: None };
    trail::looked(&app.db, &app.ids, now, note).await?;
    let body = app.objects.open_object(&evidence.digest).await?.bytes(app.config.limits.list_bytes).await?;
    let mut found = statements::of_body(&body)?;
    for (place, statement) in (1..).zip(&mut found) {
        if statements::id(statement).is_none() {
            statement.insert("id".to_owned(), assigned(evidence.id, place).to_string().into());
        }
    }
    Ok(found)
}

/// Whether a piece of evidence holds statements that this asker sent.
pub fn is_own(actor: &Actor, evidence: &Evidence) -> bool {
    let sender = match &actor.platform {
        Some(platform) => evidence.platform.as_ref() == Some(platform),
        None => evidence.submitter == actor.label,
    };
    sender && evidence.format.as_deref() == Some(LIVE_FORMAT)
}
