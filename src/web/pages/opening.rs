//! What became of an opening application, and of the plan since: state, decisions, papers, amendments. A part of a class's page and of the
//! page on which it is decided.

use super::applications::Deadline;
use super::format;
use super::reader::Reader;
use super::upload::text;
use super::visit::{self, Visit};
use crate::audit::overview;
use crate::error::{Error, Result, codes};
use crate::ids::ClassId;
use crate::pipeline::{self, Announced};
use crate::receive::signature;
use crate::receive::{Claim, Query as ClaimQuery, Right};
use crate::register::amendment::{self, Change, Subject};
use crate::register::class::{self, Class};
use crate::register::opening::{Paper, PaperKind, decision, paper};
use crate::time::Time;
use crate::web::api::stream;
use axum::body::Body;
use axum::extract::multipart::Multipart;
use axum::extract::{FromRequest, Path, Request};
use axum::response::Response;
use futures::TryStreamExt;
use std::collections::HashMap;

/// Most changes shown of one amendment; the API has all.
const CHANGES: usize = 20;

/// A decision on the page.
#[derive(Clone, Debug)]
pub struct DecisionRow {
    /// `approve`, `return` or `refuse`.
    pub word: &'static str,
    /// Why.
    pub reason: String,
    /// Certificate and standard in fen.
    pub standards: Vec<(&'static str, i64)>,
    /// By which day it was due, and whether it came later.
    pub due: (String, bool),
    /// When.
    pub at: Time,
    /// Who decided.
    pub who: String,
    /// Its place in the log.
    pub leaf: Option<u64>,
    /// The evidence that is its written form.
    pub letter: Option<String>,
}

/// A paper on the page.
#[derive(Clone, Debug)]
pub struct PaperRow {
    /// What it is there for.
    pub kind: &'static str,
    /// The evidence.
    pub evidence: String,
    /// Its file's name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was filed.
    pub at: Time,
    /// Its place in the log.
    pub leaf: Option<u64>,
}

/// An amendment on the page.
#[derive(Clone, Debug)]
pub struct AmendmentRow {
    /// `roster` or `timetable`.
    pub kind: &'static str,
    /// What changed: who or which lesson, the code of what became of it, and what was and is.
    pub changes: Vec<(String, String, String)>,
    /// How many changes there are in all.
    pub total: usize,
    /// Why.
    pub reason: Option<String>,
    /// Hours of the class before, and after where they are counted.
    pub hours: (i64, Option<i64>),
    /// When.
    pub at: Time,
    /// Who amended.
    pub who: String,
    /// Its place in the log.
    pub leaf: Option<u64>,
}

impl AmendmentRow {
    /// How many changes are not shown.
    pub fn hidden(&self) -> i64 {
        self.total as i64 - self.changes.len() as i64
    }

    /// The difference of hours with its sign.
    pub fn difference(&self) -> Option<String> {
        let (before, after) = (self.hours.0, self.hours.1?);
        let sign = if after < before { "−" } else { "+" };
        Some(format!("{sign}{}", format::hours((after - before).abs())))
    }
}

/// The part of a page.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The class.
    pub class: String,
    /// Where it is in its life.
    pub state: &'static str,
    /// When its present content was filed.
    pub filed: Time,
    /// While it waits for a decision: by when that is due.
    pub deadline: Option<Deadline>,
    /// What was decided, the oldest first.
    pub decisions: Vec<DecisionRow>,
    /// Its papers, the oldest first.
    pub papers: Vec<PaperRow>,
    /// A promise to file the full plan: the day, and what became of it.
    pub promise: Option<(String, &'static str)>,
    /// Changes of the approved plan, the newest first.
    pub amendments: Vec<AmendmentRow>,
    /// Whether papers and letters are shown: they are between the provider and the office, and no business of a platform's.
    pub sees_papers: bool,
    /// Whether the reader may hand in papers.
    pub hands_in: bool,
    /// Whether the reader decides, and there is something to decide.
    pub decides: bool,
}

impl Opening {
    /// The kinds of papers to choose from.
    pub fn kinds(&self) -> Vec<&'static str> {
        PaperKind::HANDED_IN.into_iter().map(PaperKind::as_str).collect()
    }

    /// Of a class that the reader may see.
    pub async fn read(reader: &Reader<'_>, id: ClassId) -> Result<Opening> {
        let class = class::by_id(reader.db, id).await?;
        let policy = reader.policies.at(reader.frame.now);
        let today = policy.day_of(reader.frame.now);
        let papers = paper::of_class(reader.db, id).await?;
        let mut decisions = Vec::new();
        for one in decision::of_class(reader.db, id, policy.tz()).await? {
            decisions.push(DecisionRow {
                word: one.decision.as_str(),
                reason: one.reason.unwrap_or_default(),
                standards: one.standards_fen.map(|standards| standards.named()).unwrap_or_default(),
                due: (one.due_on.to_string(), one.late),
                at: one.decided_at,
                who: overview::actor(reader.db, &one.by).await?,
                leaf: one.log_index.and_then(|index| u64::try_from(index).ok()),
                letter: one.letter.map(|evidence| evidence.to_string()),
            });
        }
        let promise = class.promise_due.map(|due| {
            let kept = paper::of_promise(&papers, due, |at| policy.day_of(at), today);
            (due.to_string(), kept.as_str())
        });
        Ok(Opening {
            class: id.to_string(),
            state: class.state(today).as_str(),
            filed: class.filed_at,
            deadline: class.decision.is_none().then(|| Deadline::waiting(reader, class.filed_at)),
            decisions,
            papers: papers.iter().map(row).collect(),
            promise,
            amendments: amendments(reader, &class).await?,
            sees_papers: reader.scope.platform.is_none(),
            hands_in: reader.plans && reader.submits,
            decides: reader.decides && class.decision.is_none_or(|before| before == class::Decision::Return),
        })
    }
}

fn row(paper: &Paper) -> PaperRow {
    PaperRow {
        kind: paper.kind.as_str(),
        evidence: paper.evidence.to_string(),
        name: paper.filename.clone().unwrap_or_default(),
        size: paper.size.try_into().unwrap_or_default(),
        at: paper.at,
        leaf: paper.log_index.and_then(|index| u64::try_from(index).ok()),
    }
}

async fn amendments(reader: &Reader<'_>, class: &Class) -> Result<Vec<AmendmentRow>> {
    let all = amendment::of_class(reader.db, class.id).await?;
    let called = if all.is_empty() { HashMap::new() } else { amendment::called(reader.db, class.id).await? };
    let mut rows = Vec::with_capacity(all.len());
    for one in all {
        let personal = if reader.names { one.personal(reader.secrets)? } else { Vec::new() };
        rows.push(AmendmentRow {
            kind: one.kind.as_str(),
            changes: one.changes.iter().take(CHANGES).map(|change| told(reader, change, &personal, &called)).collect(),
            total: one.changes.len(),
            who: overview::actor(reader.db, &one.by).await?,
            hours: (one.hours_before, one.hours_after),
            leaf: one.log_index.and_then(|index| u64::try_from(index).ok()),
            at: one.at,
            reason: one.reason,
        });
    }
    Ok(rows)
}

/// A change in words: whom or what it is about, what became of it, what was and is.
fn told(
    reader: &Reader<'_>,
    change: &Change,
    personal: &[amendment::Personal],
    called: &HashMap<String, String>,
) -> (String, String, String) {
    let frame = &reader.frame;
    let number = called.get(&change.id).cloned().unwrap_or_default();
    let subject = match change.subject {
        Subject::Trainee => format!("{} {number}", frame.t("trainee.word")),
        Subject::Lesson => format!("{} {number}", frame.t("lesson.word")),
    };
    let plain = |value: Option<&serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => match text.parse::<Time>() {
            Ok(at) => frame.moment(at),
            Err(_) => text.clone(),
        },
        Some(other) => other.to_string(),
        None => "–".to_owned(),
    };
    let fields = change.fields.iter().map(|field| {
        let word = frame.code("field", field);
        let known = personal.iter().find(|one| one.id == change.id && one.field == *field);
        match (change.before.get(field), change.after.get(field), known) {
            (None, None, Some(one)) => format!("{word}: {} → {}", one.before, one.after),
            (None, None, None) => word.to_owned(),
            (before, after, _) => format!("{word}: {} → {}", plain(before), plain(after)),
        }
    });
    let what = serde_json::to_value(change.change).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    (subject, frame.code("amended", &what).to_owned(), fields.collect::<Vec<_>>().join("; "))
}

/// `POST /classes/{id}/papers`
pub async fn hand_in(visit: Visit, Path(id): Path<String>, request: Request) -> Response {
    let done = taken(&visit, &id, request).await;
    visit.back(done, &format!("/classes/{id}#papers"))
}

/// Takes a paper in: the fields before the file say what it is there for.
async fn taken(visit: &Visit, id: &str, request: Request) -> Result<()> {
    let (app, actor) = (&visit.app, &visit.person.actor);
    actor.require(Right::Plan)?;
    let class = class::by_id(&app.db, visit::id(id)?).await?;
    actor.require_class(&class)?;
    let (head, body) = request.into_parts();
    let request = Request::from_parts(head, Body::from_stream(stream(app, body)));
    let unreadable = |cause: String| Error::new(&codes::INVALID, "The form could not be read; choose the file again.").because(cause);
    let mut form = Multipart::from_request(request, &()).await.map_err(|cause| unreadable(cause.body_text()))?;
    let (mut proven, mut kind) = (false, None);
    while let Some(mut field) = form.next_field().await.map_err(|cause| unreadable(cause.body_text()))? {
        match (field.name().unwrap_or_default(), field.file_name()) {
            ("csrf", None) => {
                visit.check(&text(&mut field).await?)?;
                proven = true;
            }
            ("paper", None) => kind = Some(PaperKind::handed_in(&text(&mut field).await?)?),
            ("file", Some(name)) if !name.is_empty() => {
                if !proven {
                    return Err(Error::of(&codes::STALE_FORM));
                }
                let kind = kind.ok_or_else(|| Error::new(&codes::INVALID, "Say what the paper is there for."))?;
                let query = ClaimQuery {
                    kind: Some("document".to_owned()),
                    class: Some(id.to_owned()),
                    filename: Some(name.to_owned()),
                    ..ClaimQuery::default()
                };
                let claim = Claim::check(&app.db, actor, &query).await?;
                signature::unsigned(&app.db, actor, signature::Handed::File, app.clock.now()).await?;
                let body = field.map_err(std::io::Error::other);
                let submitted = pipeline::submit(app, actor, claim, Announced::default(), body).await?;
                pipeline::file_paper(app, actor, &class, kind, submitted.evidence).await?;
                return Ok(());
            }
            _ => {}
        }
    }
    Err(Error::new(&codes::INVALID, "No file was chosen."))
}
