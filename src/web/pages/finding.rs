//! A finding, told as a colleague would.

use super::cases::Belongs;
use super::evidence::quoted;
use super::findings::{FindingRow, in_words, rows};
use super::format;
use super::frame::Frame;
use super::line::{Pct, Scale, Tick};
use super::reader::Reader;
use super::trace::called;
use super::visit::{self, Visit};
use crate::analyse::media::{Span, SpanKind};
use crate::audit::case;
use crate::audit::overview::{self, EvidenceHead};
use crate::detect::network::KINDS;
use crate::detect::reuse::{self, Stretch};
use crate::detect::{self, Decision, Head, Pointer, Status};
use crate::error::{Error, Result, codes};
use crate::ids::{EvidenceId, FindingId, LessonId};
use crate::lake::EventRow;
use crate::receive::identity::Right;
use crate::time::Time;
use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A piece of evidence laid beside the others.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// Its id.
    pub evidence: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// The row, where it has rows.
    pub row: Option<u64>,
    /// The row's text, as far as the reader may see it.
    pub text: Option<String>,
    /// The class and lesson it was sent for, as words.
    pub place: String,
    /// When it says it happened.
    pub at: Option<Time>,
    /// Its index in the log.
    pub leaf: Option<u64>,
    /// Of a recording, what to watch of it: from and until in seconds, as a player shows them.
    pub stretch: Option<(String, u64, u64)>,
}

impl Exhibit {
    /// Whether a player stands at its beginning, of which browsers draw nothing before it is played.
    fn is_at_its_beginning(&self) -> bool {
        self.stretch.as_ref().is_none_or(|(_, from, _)| *from == 0)
    }
}

/// Spans laid over each other on one axis, for findings about time.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// The axis.
    pub ticks: Vec<Tick>,
    /// A row each: label, left edge, width, what is told.
    pub strips: Vec<(String, Pct, Pct, String)>,
    /// The part that cannot be.
    pub clash: Option<(Pct, Pct)>,
}

/// A link of "where to look".
#[derive(Clone, Debug)]
pub struct Look {
    /// Words.
    pub label: String,
    /// Address.
    pub href: String,
}

/// What was said of a finding.
#[derive(Clone, Debug)]
pub struct Word {
    /// When.
    pub at: Time,
    /// Who; empty for a run of the rules.
    pub who: String,
    /// The status then.
    pub status: String,
    /// What a run of the rules saw: `found`, `found_again`, `ceased`, `rule_off`.
    pub saw: Option<String>,
    /// The note.
    pub note: String,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "finding.html")]
pub struct Finding {
    /// Surroundings.
    pub frame: Frame,
    /// What the list says of it; `seen` is the first paragraph.
    pub head: FindingRow,
    /// The trainee's id and name, as far as the reader may see it.
    pub trainee: Option<(String, String)>,
    /// The rule's version.
    pub rule_version: i64,
    /// What would be normal.
    pub normal: String,
    /// What else could explain it.
    pub otherwise: Vec<String>,
    /// Why it matters and how the money was counted.
    pub matters: String,
    /// Where to look, in words.
    pub look_words: String,
    /// Where to look.
    pub look: Vec<Look>,
    /// Kind and value of what it is about, where that can be followed to other providers.
    pub follow: Option<(String, String)>,
    /// Time laid over time.
    pub overlay: Option<Overlay>,
    /// Evidence side by side.
    pub exhibits: Vec<Exhibit>,
    /// How many pieces there are in all.
    pub exhibits_total: i64,
    /// The measured details: name, value.
    pub detail: Vec<(String, String)>,
    /// Until when it sleeps.
    pub snoozed_until: Option<Time>,
    /// When the rules no longer saw it.
    pub ceased: Option<Time>,
    /// What was said of it, newest first.
    pub history: Vec<Word>,
    /// Whether this reader may decide.
    pub may_decide: bool,
    /// The cases it is in, for whoever may see them.
    pub belongs: Option<Belongs>,
}

impl Finding {
    /// Its address.
    pub fn place(&self) -> String {
        format!("/findings/{}", self.head.id)
    }
}

/// Matches of one piece of evidence that are looked through for those laid beside it.
const MATCHES: i64 = 50;

/// Pieces of evidence laid side by side at once.
const LAID: usize = 12;

impl Finding {
    /// One finding as the reader may see it.
    pub async fn read(reader: Reader<'_>, id: FindingId) -> Result<Finding> {
        let (finding, events) = detect::one(reader.db, reader.rules, id, reader.frame.now).await?;
        let foreign =
            reader.scope.provider.as_ref().is_some_and(|mine| finding.provider.is_none_or(|provider| provider.to_string() != *mine));
        if foreign {
            return Err(Error::of(&codes::NOT_FOUND));
        }
        let mut head = rows(&reader, std::slice::from_ref(&finding)).await?;
        let told = in_words(&reader, &finding.explanation).clone();
        let pieces = pieces(&reader, &finding.evidence).await?;
        let mut history = Vec::new();
        for event in events.into_iter().rev() {
            let run = event.actor == "keshi";
            history.push(Word {
                at: event.at,
                who: if run { String::new() } else { overview::actor(reader.db, &event.actor).await? },
                status: event.status,
                saw: event.note.clone().filter(|_| run),
                note: event.note.filter(|_| !run).unwrap_or_default(),
            });
        }
        let trainee = match finding.trainee {
            Some(id) => overview::trainee_name(reader.db, id).await?.map(|name| (id.to_string(), reader.person(&name))),
            None => None,
        };
        let head = head.pop().ok_or_else(|| Error::of(&codes::NOT_FOUND))?;
        let new_case = head.class.as_ref().map_or_else(|| head.title.clone(), |(_, class)| format!("{class} · {}", head.title));
        let subject = finding.subject.clone();
        Ok(Finding {
            belongs: Belongs::read(&reader, case::Kind::Finding, id, new_case).await?,
            follow: KINDS.contains(&subject.kind.as_str()).then_some((subject.kind, subject.id)),
            head,
            rule_version: finding.rule_version,
            normal: told.normal,
            otherwise: told.otherwise,
            matters: told.matters,
            look_words: told.look,
            look: look(&reader, &finding, trainee.as_ref()).await?,
            overlay: overlay(&reader, &pieces),
            exhibits: exhibits(&reader, &pieces).await?,
            exhibits_total: finding.evidence.len() as i64,
            detail: detail(&finding.detail, reader.rules.get(&finding.rule).map(|rule| &rule.head)),
            snoozed_until: finding.snoozed_until.filter(|_| finding.status == "snoozed"),
            ceased: finding.ceased_at,
            history,
            may_decide: reader.judges,
            trainee,
            frame: reader.frame,
        })
    }
}

/// A pointer followed: the evidence, the row and what was read from it.
struct Piece {
    head: EvidenceHead,
    row: Option<u64>,
    events: Vec<EventRow>,
    lesson: Option<(LessonId, String)>,
}

async fn pieces(reader: &Reader<'_>, pointers: &[Pointer]) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    for pointer in pointers.iter().take(LAID) {
        let Ok(id) = pointer.id.parse::<EvidenceId>() else { continue };
        let Some(head) = overview::evidence(reader.db, &reader.scope, id).await? else { continue };
        let events = match pointer.row {
            Some(row) => reader.lake.events_of_row(id, row).await?,
            None => Vec::new(),
        };
        let lesson = match (&head.line.lesson, events.iter().find_map(|event| event.lesson)) {
            (Some(lesson), _) => Some(lesson.0),
            (None, found) => found,
        };
        let lesson = match lesson {
            Some(id) => overview::lesson_place(reader.db, id).await?.map(|place| (id, place)),
            None => None,
        };
        pieces.push(Piece { head, row: pointer.row, events, lesson });
    }
    Ok(pieces)
}

async fn exhibits(reader: &Reader<'_>, pieces: &[Piece]) -> Result<Vec<Exhibit>> {
    let mut exhibits = Vec::with_capacity(pieces.len());
    let stretches = stretches(reader, pieces).await?;
    for piece in pieces {
        let line = &piece.head.line;
        let text = match piece.row {
            Some(row) if reader.personal => quoted(reader, &piece.head, row).await?,
            _ => None,
        };
        let place = piece.lesson.as_ref().map(|lesson| &lesson.1).or(line.class.as_ref().map(|class| &class.1));
        exhibits.push(Exhibit {
            evidence: line.id.to_string(),
            name: called(line.filename.as_deref(), &line.kind, line.id),
            kind: line.kind.clone(),
            row: piece.row,
            text,
            place: place.cloned().unwrap_or_default(),
            at: piece.events.first().map(|event| event.at).or(piece.head.claimed.map(|claimed| claimed.0)),
            leaf: line.leaf,
            stretch: stretches.get(&line.id).copied().map(watched),
        });
    }
    if let ([piece], [exhibit]) = (pieces, &exhibits[..])
        && let Some(repeat) = repeat(piece)
    {
        let (told, from, until) = watched(repeat.first);
        let first = Exhibit { stretch: Some((reader.frame.say1("evidence.first_at", told), from, until)), ..exhibit.clone() };
        exhibits.insert(0, first);
    }
    Ok(exhibits)
}

/// A stretch in milliseconds, in words and as a player takes it.
fn watched((from, until): (u32, u32)) -> (String, u64, u64) {
    let told = format!("{}–{}", format::length(from.into()), format::length(until.into()));
    (told, u64::from(from) / 1000, u64::from(until).div_ceil(1000))
}

/// Where a recording repeats itself, and where it had shown that first, in milliseconds.
struct Repeat {
    again: (u32, u32),
    first: (u32, u32),
}

/// The first piece that a recording repeats.
fn repeat(piece: &Piece) -> Option<Repeat> {
    let (_, json) = piece.head.facts.iter().find(|(name, _)| name == "spans")?;
    let spans: Vec<Span> = serde_json::from_str(json).ok()?;
    let span = spans.iter().find(|span| span.kind == SpanKind::Looped)?;
    let [from, until, first] = [span.from_ms, span.until_ms, span.first_ms?].map(|at| u32::try_from(at).ok());
    let (from, until, first) = (from?, until?, first?);
    Some(Repeat { again: (from, until), first: (first, first.saturating_add(until.saturating_sub(from)).min(from)) })
}

/// What to watch of recordings laid side by side, in milliseconds: the longest stretch that they share, the moment a picture shows, or of one alone where it
/// repeats itself first.
async fn stretches(reader: &Reader<'_>, pieces: &[Piece]) -> Result<HashMap<EvidenceId, (u32, u32)>> {
    let mut found = HashMap::new();
    let is_video = |id: EvidenceId| pieces.iter().any(|piece| piece.head.line.id == id && piece.head.line.kind == "video");
    for id in pieces.iter().map(|piece| piece.head.line.id).filter(|_| pieces.len() > 1) {
        let matches = reuse::of(reader.db, id, MATCHES).await?;
        let laid = matches.iter().filter(|one| pieces.iter().any(|piece| piece.head.line.id == one.evidence));
        for one in laid {
            if let Some(Stretch(from, until, other_from, other_until)) = one.runs.first().copied() {
                found.entry(id).or_insert((from, until));
                found.entry(one.evidence).or_insert((other_from, other_until));
            }
            if let Some(at) = one.at_ms.and_then(|at| u32::try_from(at).ok()) {
                let recording = if is_video(id) { id } else { one.evidence };
                found.entry(recording).or_insert((at, at.saturating_add(1_000)));
            }
        }
    }
    if let [piece] = pieces {
        found.extend(repeat(piece).map(|repeat| (piece.head.line.id, repeat.again)));
    }
    Ok(found)
}

/// One strip a lesson, from the first moment its rows show to the last; drawn when two of them meet.
fn overlay(reader: &Reader<'_>, pieces: &[Piece]) -> Option<Overlay> {
    let mut strips: Vec<(LessonId, &str, Time, Time)> = Vec::new();
    for piece in pieces {
        let Some((lesson, title)) = &piece.lesson else { continue };
        for event in &piece.events {
            let (from, until) = (event.at, event.until.unwrap_or(event.at));
            match strips.iter_mut().find(|strip| strip.0 == *lesson) {
                Some(strip) => (strip.2, strip.3) = (strip.2.min(from), strip.3.max(until)),
                None => strips.push((*lesson, title, from, until)),
            }
        }
    }
    let (from, until) = (strips.iter().map(|strip| strip.2).max()?, strips.iter().map(|strip| strip.3).min()?);
    if strips.len() < 2 || from >= until {
        return None;
    }
    let scale = Scale { from: strips.iter().map(|strip| strip.2).min()?, until: strips.iter().map(|strip| strip.3).max()? };
    let frame = &reader.frame;
    let drawn = strips.iter().filter_map(|(_, title, from, until)| {
        let (x, w) = scale.span(*from, *until)?;
        Some(((*title).to_owned(), x, w, format!("{title} {}–{}", frame.clock_s(from), frame.clock_s(until))))
    });
    Some(Overlay { ticks: scale.ticks(frame), strips: drawn.collect(), clash: scale.span(from, until) })
}

async fn look(reader: &Reader<'_>, finding: &detect::Finding, trainee: Option<&(String, String)>) -> Result<Vec<Look>> {
    let mut look = Vec::new();
    let mut lessons: Vec<LessonId> = finding.lesson.into_iter().collect();
    let other = finding.detail.get("other_lesson").and_then(Value::as_str);
    lessons.extend(other.and_then(|id| id.parse::<LessonId>().ok()));
    let others = finding.detail.get("others").and_then(Value::as_array).into_iter().flatten();
    lessons.extend(others.filter_map(|id| id.as_str()?.parse::<LessonId>().ok()).take(LAID));
    for lesson in lessons {
        let Some(title) = overview::lesson_place(reader.db, lesson).await? else { continue };
        match trainee {
            Some((id, name)) if finding.lesson == Some(lesson) => {
                look.push(Look { label: format!("{title} · {name}"), href: format!("/hours/{lesson}/{id}") });
            }
            _ => look.push(Look { label: title, href: format!("/lessons/{lesson}") }),
        }
    }
    if let Some((id, name)) = trainee {
        look.push(Look { label: reader.frame.say1("finding.all_hours_of", name), href: format!("/trainees/{id}") });
    }
    Ok(look)
}

/// What was measured, as far as it is a number or a word for people and the rule's own sentences do not say it already.
fn detail(detail: &Map<String, Value>, head: Option<&Head>) -> Vec<(String, String)> {
    const MACHINES: [&str; 6] = ["others", "other_lesson", "other_class", "overlap_seconds", "hours_milli", "worth_fen"];
    let plain = |value: &Value| match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    let of_sentence = |name: &str| name.ends_with("_zh") || name.ends_with("_en");
    let said = |name: &str| {
        let place = format!("{{{name}}}");
        head.is_some_and(|head| head.explanation.zh.seen.contains(&place) || head.explanation.zh.matters.contains(&place))
    };
    let shown = detail.iter().filter(|(name, _)| !MACHINES.contains(&name.as_str()) && !of_sentence(name) && !said(name));
    shown.filter_map(|(name, value)| Some((name.clone(), plain(value)?))).collect()
}

/// `GET /findings/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    let page = match (visit.person.actor.require(Right::SeeFindings), visit::id(&id)) {
        (Ok(()), Ok(finding)) => Finding::read(visit.reader(), finding).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    visit.answer_named("finding", &id, page).await
}

/// What the form of a decision sends.
#[derive(Debug, Deserialize)]
pub struct Sent {
    csrf: String,
    status: Status,
    #[serde(default)]
    until: String,
    #[serde(default)]
    note: String,
}

/// `POST /findings/{id}/status`
pub async fn decide(visit: Visit, Path(id): Path<String>, Form(sent): Form<Sent>) -> Response {
    let done = take_down(&visit, &id, sent).await;
    visit.back(done, &format!("/findings/{id}#history"))
}

async fn take_down(visit: &Visit, id: &str, sent: Sent) -> Result<()> {
    visit.check(&sent.csrf)?;
    let (app, actor) = (&visit.app, &visit.person.actor);
    actor.require(Right::Judge)?;
    let now = app.clock.now();
    let zone = app.policies.at(now).tz();
    let until = match (sent.status, sent.until.parse()) {
        (Status::Snoozed, Ok(day)) => Time::day_start(day, zone),
        _ => None,
    };
    let decision = Decision { status: sent.status, until, note: Some(sent.note) };
    detect::set_status(&app.db, &app.rules, &app.jobs, &app.ids, visit::id(id)?, &decision, &actor.label, now).await?;
    app.log.wake();
    Ok(())
}
