//! Lists of other offices: a file is read, kept as evidence and sealed, and its entries are written; from then on rules hold rosters against it.

use super::{Entry as Kept, count, enter, sniff};
use crate::app::App;
use crate::error::{Error, Result, RowError, codes};
use crate::ids::ListId;
use crate::jobs::Change;
use crate::lake::snapshot;
use crate::receive::{Actor, Claim, Kind as EvidenceKind, Right, accept};
use crate::register::office::{self, Entry, Kind, List, Outcome, Terms};
use crate::register::personal::numbers;
use crate::register::provider;
use crate::seal::leaf::Leaf;
use crate::seal::{self, Sealed};
use crate::store::Preview;
use bytes::Bytes;
use chrono::NaiveDate;
use futures::Stream;
use std::fs::File;
use std::sync::Arc;
use storage::LocalCopy;
use tokio::sync::mpsc;

/// Entries written in one transaction.
const BATCH: usize = 1_000;

/// What is said of a file.
#[derive(Clone, Debug)]
pub struct Said {
    /// What it is about.
    pub kind: Kind,
    /// Who keeps it.
    pub source: String,
    /// The day as of which it holds.
    pub as_of: NaiveDate,
    /// What it is called.
    pub filename: Option<String>,
}

/// What became of it.
#[derive(Debug)]
pub struct Brought {
    /// The file as kept.
    pub list: List,
    /// Rows that were refused, the first of them.
    pub faults: Vec<RowError>,
    /// The proof of its evidence.
    pub sealed: Sealed,
    /// Whether it is new; `false`: the same bytes as of the same day are in force.
    pub new: bool,
}

/// Brings a file of a list in.
///
/// Errors: `forbidden`, `busy`, those of [`accept::bytes`] and of [`office::read`], `rows_at_fault` where no row can be taken in, `older_list`,
/// `invalid` for a day to come.
pub async fn bring<S>(app: &App, actor: &Actor, said: Said, body: S) -> Result<Brought>
where
    S: Stream<Item = std::io::Result<Bytes>> + Send,
{
    actor.require(Right::BringLists)?;
    let now = app.clock.now();
    let today = numbers::today(now);
    if said.as_of > today {
        return Err(Error::new(&codes::INVALID, "as_of is the day as of which the list holds, and lies in the future."));
    }
    let before = office::live(&app.db, said.kind, &said.source).await?;
    office::check_newer(before.as_ref(), said.as_of)?;
    let _place = app.uploads.try_acquire().map_err(|_| Error::of(&codes::BUSY))?;
    let limit = accept::limit(&app.config.limits, EvidenceKind::Document);
    let stored = accept::bytes(&app.objects, limit, app.retain_until(), None, body).await?;
    let digest = stored.digest;
    let terms = Arc::new(terms(app, today).await?);
    let copy = Arc::new(app.objects.local_copy(&digest).await?);
    let outcome = read(&copy, said.kind, &terms, |_| Ok(())).await?;
    if outcome.accepted == 0 {
        return Err(Error::of(&codes::ROWS_AT_FAULT).with_rows(outcome.faults));
    }
    let claim = claim(said.filename);
    let media_type = sniff(app, &claim, &stored).await?;
    let preview = Preview::default();
    let kept = Kept { id: app.ids.next(), submitter: &actor.label, stored, media_type, preview, events: Vec::new(), signed: None };
    let entered = enter(app, claim, kept).await?;
    let sealed = app.log.sealed(entered.leaf).await?;
    count(EvidenceKind::Document.as_str(), entered.new);
    if let Some(list) = before.filter(|before| before.evidence == entered.evidence && before.as_of == said.as_of) {
        return Ok(Brought { list, faults: outcome.faults, sealed, new: false });
    }
    let mut list = List {
        id: app.ids.next(),
        kind: said.kind,
        source: said.source,
        as_of: said.as_of,
        evidence: entered.evidence,
        entries: i64::try_from(outcome.accepted).unwrap_or(i64::MAX),
        refused: i64::try_from(outcome.refused).unwrap_or(i64::MAX),
        actor: actor.label.clone(),
        at: now,
        leaf: None,
        replaced_at: None,
    };
    office::begin(&app.db, &list).await?;
    write(app, list.id, &copy, said.kind, &terms).await?;
    go_live(app, &mut list).await?;
    Ok(Brought { list, faults: outcome.faults, sealed, new: true })
}

/// Lets the entries count, and asks for all that rests on them.
async fn go_live(app: &App, list: &mut List) -> Result<()> {
    let now = app.clock.now();
    let leaf = Leaf::new("reference_list", list.fields())?;
    let mut tx = app.db.begin().await?;
    let leaf = seal::stage(&mut tx, &leaf, &app.ids, now).await?;
    let before = office::finish(&mut tx, &app.ids, now, list, leaf).await?;
    for class in office::touched(&mut tx, list.id, before.as_deref()).await? {
        app.jobs.after(&mut tx, Change::ListBroughtIn, &class, now).await?;
    }
    app.jobs.after(&mut tx, Change::LakeBehind, snapshot::KEY, now).await?;
    tx.commit().await?;
    app.log.wake();
    list.leaf = Some(leaf);
    Ok(())
}

/// A document that belongs to no class, platform or provider.
fn claim(filename: Option<String>) -> Claim {
    Claim {
        kind: EvidenceKind::Document,
        class: None,
        lesson: None,
        trainee: None,
        platform: None,
        provider: None,
        from: None,
        until: None,
        filename,
        timezone: None,
        format: None,
        moment: None,
    }
}

async fn terms(app: &App, today: NaiveDate) -> Result<Terms> {
    let providers = provider::list(&app.db).await?;
    let known = providers.into_iter().flat_map(|one| [(one.id.to_string(), one.id), (one.external_id, one.id)]).collect();
    Ok(Terms { secrets: app.secrets.clone(), providers: known, today })
}

async fn read(
    copy: &Arc<LocalCopy>,
    kind: Kind,
    terms: &Arc<Terms>,
    mut give: impl FnMut(Entry) -> Result<()> + Send + 'static,
) -> Result<Outcome> {
    let (copy, terms) = (Arc::clone(copy), Arc::clone(terms));
    let reading = tokio::task::spawn_blocking(move || office::read(File::open(copy.path())?, kind, &terms, &mut give));
    reading.await.map_err(Error::internal)?
}

/// Reads the file once more and writes its entries, some at a time: memory stays the same, and others come to the database in between.
async fn write(app: &App, list: ListId, copy: &Arc<LocalCopy>, kind: Kind, terms: &Arc<Terms>) -> Result<()> {
    let (send, mut receive) = mpsc::channel::<Entry>(2 * BATCH);
    let reading = read(copy, kind, terms, move |entry| {
        send.blocking_send(entry).map_err(|_| Error::internal("nobody writes the entries of a list any more"))
    });
    let writing = async move {
        let mut batch = Vec::with_capacity(BATCH);
        while receive.recv_many(&mut batch, BATCH).await > 0 {
            office::add(&app.db, list, &batch).await?;
            batch.clear();
        }
        Ok::<_, Error>(())
    };
    let (read, written) = tokio::join!(reading, writing);
    written?;
    read.map(drop)
}

/// The lists that there are, each with how many people on rosters it names; with `history`, files that others took the place of as well.
pub async fn all(app: &App, history: bool) -> Result<Vec<(List, Option<i64>)>> {
    let mut all = Vec::new();
    for list in office::lists(&app.db, history).await? {
        let people = match list.kind.of_people() && list.replaced_at.is_none() {
            true => Some(office::people(&app.db, list.id).await?),
            false => None,
        };
        all.push((list, people));
    }
    Ok(all)
}
