//! Live events: a few lines at a time from many senders, gathered into one piece of evidence and answered one by one.
//!
//! What a sender, class and lesson bring within a moment is appended line by line, as it was sent, to one body of NDJSON, which takes the
//! same way as any other evidence. A sender is answered when that evidence is sealed, with the rows that are theirs. An event that was
//! taken in before (the same `ref`, or without one the same content) is not kept again: the answer says where it is.

use crate::analyse::attendance::Limits;
use crate::analyse::attendance::live::{self, FORMAT, Line, Lines};
use crate::app::App;
use crate::config;
use crate::error::{Error, Result, RowError, codes};
use crate::ids::{ClassId, EvidenceId, LessonId};
use crate::receive::gather::Gather;
use crate::receive::recent::Recently;
use crate::receive::{Actor, Claim, accept};
use crate::seal::Sealed;
use crate::store::live::{Mark, Taken};
use crate::store::{self, Evidence, Preview};
use bytes::{Bytes, BytesMut};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Bodies up to this size are gathered.
pub const SMALL: usize = 64 << 10;
/// Most bytes of a gathered body: some ten thousand events.
const BATCH: usize = 4 << 20;
/// Events that need not wait for more of their place: a piece of evidence costs as much as reading some dozen events.
const WORTH: usize = 64;
/// What a gathered body is.
const MEDIA_TYPE: &str = "application/x-ndjson";
/// How often a batch is put together anew where another server took in one of its events meanwhile.
const ATTEMPTS: usize = 5;

/// Who asks, and a claim that holds.
pub type Asked = Arc<(Actor, Arc<Claim>)>;
/// For so long nobody is looked up again: a token that was revoked is good for this much longer.
const MOMENT: Duration = Duration::from_secs(1);

/// Where things wait for one another: who sends, and of which class and lesson.
type Place = (String, Option<ClassId>, Option<LessonId>);

/// Live events on their way. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    gather: Arc<Gather<Place, Brought, Receipt>>,
    /// Who asked with this token (its SHA-256) and query a second ago, and what was found to hold.
    pub asked: Arc<Recently<([u8; 32], String), Asked>>,
}

impl Live {
    /// With nothing on its way; batches are handled on the runtime this is called in.
    pub fn new(settings: &config::Live) -> Live {
        let gather = Gather::new(Duration::from_millis(settings.gather_ms), WORTH, BATCH, settings.memory_bytes);
        Live { gather: Arc::new(gather), asked: Arc::new(Recently::new(MOMENT)) }
    }
}

/// What one sender brought.
#[derive(Debug)]
struct Brought {
    asked: Asked,
    body: Bytes,
    lines: Lines,
}

/// What a sender is answered.
#[derive(Debug)]
pub struct Receipt {
    /// The evidence with what is new of it; `None` when nothing was.
    pub kept: Option<Arc<Kept>>,
    /// First and last row of it that are this sender's.
    pub rows: Option<(u64, u64)>,
    /// Lines taken in, now or before.
    pub accepted: u64,
    /// Lines at fault.
    pub refused: Vec<RowError>,
    /// Lines that were taken in before.
    pub repeated: Vec<Repeated>,
}

/// A line that was taken in before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Repeated {
    /// The line as sent now, from 1.
    pub row: u64,
    /// Where it was taken in.
    pub evidence: EvidenceId,
    /// Its line there.
    pub evidence_row: u64,
}

/// A gathered piece of evidence.
#[derive(Debug)]
pub struct Kept {
    /// As in the catalogue.
    pub evidence: Evidence,
    /// Its proof.
    pub sealed: Sealed,
    /// What all of its senders are answered alike, for whoever writes answers.
    pub shown: OnceLock<String>,
}

/// Takes a small body in. `None` where it is nothing to be gathered: then it goes the way of any other.
///
/// Errors: `busy` where too much waits; `unreadable_log` with the rows when no line can be taken in; those of keeping evidence.
pub async fn submit(app: &App, asked: &Asked, body: &Bytes) -> Result<Option<Receipt>> {
    let (actor, claim) = &**asked;
    let said_more = claim.trainee.is_some() || claim.from.is_some() || claim.until.is_some() || claim.filename.is_some();
    if said_more || claim.format.as_deref().is_some_and(|format| format != FORMAT) {
        return Ok(None);
    }
    let Some(lines) = live::lines(body, Limits::default().line_bytes) else { return Ok(None) };
    let place = (actor.label.clone(), claim.class.as_ref().map(|class| class.id), claim.lesson.as_ref().map(|lesson| lesson.id));
    let brought = Brought { asked: asked.clone(), body: body.clone(), lines };
    let handle = {
        let app = app.clone();
        move |_, batch| take_in(app.clone(), batch)
    };
    app.live.gather.join(place, brought, body.len(), handle).await.map(Some)
}

/// Takes a batch in; answers in its order.
async fn take_in(app: App, batch: Vec<Brought>) -> Vec<Result<Receipt>> {
    for _ in 0..ATTEMPTS {
        match try_to_take_in(&app, &batch).await {
            Ok(answers) => return answers,
            Err(error) if error.code == codes::DUPLICATE.name => {}
            Err(error) => return batch.iter().map(|_| Err(error.again())).collect(),
        }
    }
    batch.iter().map(|_| Err(Error::of(&codes::BUSY))).collect()
}

/// One event among those of a batch.
struct Marked<'a> {
    line: &'a Line,
    key: Mark,
    says: Mark,
}

/// Errors with `duplicate` when another server took in one of the events meanwhile.
async fn try_to_take_in(app: &App, batch: &[Brought]) -> Result<Vec<Result<Receipt>>> {
    let marked: Vec<Vec<Marked<'_>>> = batch.iter().map(marks).collect();
    let keys: Vec<Mark> = marked.iter().flatten().map(|event| event.key).collect();
    let known = store::live::known(&app.db, &keys).await?;
    let put_together = put_together(batch, &marked, &known);
    let kept = match put_together.body.is_empty() {
        true => None,
        false => Some(keep(app, &batch[0], &put_together).await?),
    };
    let (mut new, mut repeated, mut refused) = (0, 0, 0);
    let answers = put_together.parts.into_iter().map(|part| {
        new += part.new;
        repeated += part.repeated.len() as u64;
        refused += part.refused.len() as u64;
        part.answer(kept.as_ref())
    });
    let answers = answers.collect();
    for (outcome, count) in [("new", new), ("repeated", repeated), ("refused", refused)] {
        metrics::counter!("keshi_live_events_total", "outcome" => outcome).increment(count);
    }
    Ok(answers)
}

/// The events of one sender with their keys: who sends, the class, and the reference or, without one, the lesson and all that is said.
fn marks(brought: &Brought) -> Vec<Marked<'_>> {
    let (actor, claim) = &*brought.asked;
    let lines = &brought.lines;
    let sender = actor.platform.as_deref().unwrap_or(&actor.label);
    let class = claim.class.as_ref().map(|class| class.id.to_string()).unwrap_or_default();
    let lesson = claim.lesson.as_ref().map(|lesson| lesson.id.to_string()).unwrap_or_default();
    let mark = |line: &'_ Line| {
        let says = Mark::of(&[lesson.as_bytes(), line.says.as_bytes()]);
        match &line.reference {
            Some(reference) => (Mark::of(&[b"ref", sender.as_bytes(), class.as_bytes(), reference.as_bytes()]), says),
            None => (Mark::of(&[b"event", sender.as_bytes(), class.as_bytes(), lesson.as_bytes(), line.says.as_bytes()]), says),
        }
    };
    let marked = lines.events.iter().map(|line| {
        let (key, says) = mark(line);
        Marked { line, key, says }
    });
    marked.collect()
}

/// What becomes of one sender's lines.
#[derive(Default)]
struct Part {
    rows: Option<(u64, u64)>,
    new: u64,
    refused: Vec<RowError>,
    repeated: Vec<Repeated>,
    /// Lines that stand in this very batch already: the line as sent, and its row in the batch.
    beside: Vec<(u64, u64)>,
}

/// A batch as one body.
#[derive(Default)]
struct Together {
    body: BytesMut,
    rows: u64,
    parts: Vec<Part>,
    /// Key, row and what it says, of every new event.
    events: Vec<(Mark, u64, Mark)>,
    /// Lines of the body at fault.
    refused: Vec<RowError>,
}

/// Appends what is new of a batch: all lines of a sender who has something new, without those that were taken in before.
fn put_together(batch: &[Brought], marked: &[Vec<Marked<'_>>], known: &HashMap<Mark, Taken>) -> Together {
    let mut together = Together::default();
    let mut here: HashMap<Mark, (u64, Mark)> = HashMap::new();
    for (brought, events) in batch.iter().zip(marked) {
        let mut part = Part { refused: brought.lines.refused.clone(), ..Part::default() };
        let mut left_out = Vec::new();
        let mut new = Vec::new();
        let mut own: HashMap<Mark, (u64, Mark)> = HashMap::new();
        for event in events {
            let row = event.line.row;
            let before = known.get(&event.key).map(|taken| taken.says);
            let before = before.or_else(|| here.get(&event.key).or_else(|| own.get(&event.key)).map(|(_, says)| *says));
            match before {
                None => {
                    own.insert(event.key, (row, event.says));
                    new.push(event);
                    continue;
                }
                Some(says) if says != event.says => part.refused.push(live::reused(row)),
                Some(_) => match (known.get(&event.key), here.get(&event.key)) {
                    (Some(taken), _) => {
                        part.repeated.push(Repeated { row, evidence: taken.evidence, evidence_row: taken.place });
                    }
                    (None, Some((beside, _))) => part.beside.push((row, *beside)),
                    // Twice in one body: both are answered with the first of them, whose row is known below.
                    (None, None) => part.beside.push((row, 0)),
                },
            }
            left_out.push(event.line.bytes.clone());
        }
        part.refused.sort_by_key(|fault| fault.row);
        if !new.is_empty() {
            let moved = append(&mut together, brought, &left_out, &mut part);
            for event in &new {
                let row = moved[event.line.row as usize - 1];
                here.insert(event.key, (row, event.says));
                together.events.push((event.key, row, event.says));
            }
            for (row, beside) in part.beside.iter_mut().filter(|(_, beside)| *beside == 0) {
                let key = events.iter().find(|event| event.line.row == *row).map(|event| event.key);
                *beside = key.and_then(|key| here.get(&key)).map_or(0, |(row, _)| *row);
            }
        }
        part.new = new.len() as u64;
        together.parts.push(part);
    }
    together
}

/// Appends a sender's lines; the row of each line in the body, by its number as sent.
fn append(together: &mut Together, brought: &Brought, left_out: &[std::ops::Range<usize>], part: &mut Part) -> Vec<u64> {
    let first = together.rows + 1;
    let mut moved = Vec::with_capacity(brought.lines.count as usize);
    let mut begins = 0;
    for line in brought.body.split_inclusive(|byte| *byte == b'\n') {
        let place = begins;
        begins += line.len();
        if left_out.iter().any(|bytes| bytes.start == place) {
            moved.push(0);
            continue;
        }
        together.rows += 1;
        together.body.extend_from_slice(line);
        moved.push(together.rows);
    }
    if !together.body.ends_with(b"\n") {
        together.body.extend_from_slice(b"\n");
    }
    let faults = brought.lines.refused.iter().map(|fault| RowError { row: moved[fault.row as usize - 1], ..fault.clone() });
    together.refused.extend(faults);
    part.rows = Some((first, together.rows));
    moved
}

/// Keeps a batch as evidence, until it is sealed.
async fn keep(app: &App, one: &Brought, together: &Together) -> Result<Arc<Kept>> {
    let (actor, claim) = &*one.asked;
    let (kind, limit) = (claim.kind, accept::limit(&app.config.limits, claim.kind));
    let body = together.body.clone().freeze();
    let stored = accept::bytes(&app.objects, limit, app.retain_until(), None, futures::stream::iter([Ok(body)])).await?;
    let preview = Preview {
        accepted: Some(together.events.len() as u64),
        refused: together.refused.iter().take(Limits::default().refused_kept).cloned().collect(),
        reader: Some(FORMAT.to_owned()),
        assumptions: Vec::new(),
    };
    let claim = Claim { format: Some(FORMAT.to_owned()), ..(**claim).clone() };
    let (submitter, events) = (actor.label.as_str(), together.events.clone());
    let entry = super::Entry { id: app.ids.next(), submitter, stored, media_type: MEDIA_TYPE, preview, events, signed: None };
    let entered = super::enter(app, claim, entry).await?;
    // Read while the seal is waited for; all it lacks then is that it is sealed.
    let (sealed, evidence) = tokio::try_join!(app.log.sealed(entered.leaf), store::get(&app.db, entered.evidence))?;
    super::count(kind.as_str(), entered.new);
    Ok(Arc::new(Kept { evidence: evidence.sealed_at(sealed.index), sealed, shown: OnceLock::new() }))
}

impl Part {
    fn answer(mut self, kept: Option<&Arc<Kept>>) -> Result<Receipt> {
        if let Some(kept) = kept {
            let id = kept.evidence.id;
            self.repeated.extend(self.beside.iter().map(|(row, beside)| Repeated { row: *row, evidence: id, evidence_row: *beside }));
            self.repeated.sort_by_key(|repeated| repeated.row);
        }
        let accepted = self.new + self.repeated.len() as u64;
        if accepted == 0 {
            let message = "None of the lines could be taken in; nothing of this body was kept. Correct the rows listed.";
            return Err(Error::new(&codes::UNREADABLE_LOG, message).with_rows(self.refused));
        }
        let kept = kept.filter(|_| self.new > 0 || !self.beside.is_empty()).cloned();
        Ok(Receipt { kept, rows: self.rows, accepted, refused: self.refused, repeated: self.repeated })
    }
}
