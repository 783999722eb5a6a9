//! A piece of evidence: the bytes, what they say, where they lead, and the proof that they were not changed.

use super::cases::Belongs;
use super::custody::{self, Kept};
use super::evidence_list::{EvidenceRow, refused};
use super::facts;
use super::findings::{FindingRow, standing};
use super::frame::Frame;
use super::marks::{self, Lane, Piece, Row};
use super::proof::Proof;
use super::reader::Reader;
use super::shown_codes::{self, CodeLine};
use super::trace::called;
use super::visit::{self, Visit};
use crate::analyse::attendance;
use crate::analyse::media::{Pass, Span};
use crate::audit::case;
use crate::audit::overview::{self, EvidenceHead};
use crate::detect::Finding;
use crate::detect::reuse::{self, Stretch};
use crate::error::{Error, Result, RowError, codes};
use crate::ids::EvidenceId;
use crate::link::{self, Placed};
use crate::receive::Kind;
use crate::register::personal::mask;
use crate::register::platform_key;
use crate::store;
use crate::tables::{self, Limits};
use crate::time::Time;
use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use std::fs::File;

/// A row of a log as it stands in the file.
#[derive(Clone, Debug)]
pub struct RawRow {
    /// 1-based row as a person sees it.
    pub row: u64,
    /// Its cells one after the other; none where the reader may not see them.
    pub text: Option<String>,
    /// What was read from it: kind, from, until.
    pub read_as: Vec<(&'static str, Time, Option<Time>)>,
    /// The trainee it was matched to: id, name.
    pub trainee: Option<(String, String)>,
    /// The hour it counts in: lesson id and title.
    pub lesson: Option<(String, String)>,
    /// What the trainee was matched by, and how sure that is, as codes.
    pub matched: Option<(&'static str, &'static str)>,
    /// The class whose page tells what a person said of whom the row names, where that decided.
    pub said: Option<String>,
}

/// Another piece of evidence that is the same or nearly so.
#[derive(Clone, Debug)]
pub struct Match {
    /// Its id.
    pub evidence: String,
    /// Its name.
    pub name: String,
    /// `bytes`, `picture` …
    pub kind: String,
    /// `exact`, `strong`, `candidate`.
    pub tier: String,
    /// Whether there is a small picture of it.
    pub thumbnail: bool,
    /// The class and lesson it was sent for, as words.
    pub place: String,
    /// What two recordings share: code of pictures, sound or both.
    pub because: Option<String>,
    /// Where they share it.
    pub runs: Vec<Piece>,
    /// A moment of this recording and the same of the other, to be seen beside each other; none of a picture, nor far down the list.
    pub seen: (Option<String>, Option<String>),
}

/// What a platform signed of it.
#[derive(Clone, Debug)]
pub struct SignedBy {
    /// The platform.
    pub platform: String,
    /// What it calls its key.
    pub key: String,
    /// When the signature was taken.
    pub at: Time,
    /// Its index in the log.
    pub leaf: Option<u64>,
    /// From when on the key counts no more, where that is not after the signature.
    pub revoked: Option<Time>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "evidence.html")]
pub struct Evidence {
    /// Surroundings.
    pub frame: Frame,
    /// What the list says of it.
    pub head: EvidenceRow,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Media type by content.
    pub media_type: String,
    /// The span it claims to cover.
    pub claimed: Option<(Time, Time)>,
    /// The trainee it was sent for.
    pub trainee: Option<(String, String)>,
    /// Which reader read it.
    pub reader: Option<String>,
    /// What the reader assumed, in its own words.
    pub assumptions: Vec<String>,
    /// Facts: key of the word, value as words.
    pub facts: Vec<(String, String)>,
    /// Session codes that it shows.
    pub codes: Vec<CodeLine>,
    /// Where in time a picture or a recording belongs.
    pub placed: Option<Placed>,
    /// Rows taken in.
    pub accepted: Option<i64>,
    /// Rows not taken in, the first of them.
    pub refused: Vec<RowError>,
    /// The row asked for.
    pub row: Option<RawRow>,
    /// People whose hours rest on it: trainee id, name, lesson id, lesson title.
    pub hours: Vec<(String, String, String, String)>,
    /// How many such hours there are in all.
    pub hours_total: i64,
    /// Of a recording that was seen: what to watch, and whether all its pictures were seen.
    pub marks: Option<(Vec<Lane>, bool)>,
    /// Pictures of it in a row, if it is a recording.
    pub pictures: Option<Row>,
    /// The same or nearly the same elsewhere.
    pub matches: Vec<Match>,
    /// Findings that name it.
    pub findings: Vec<FindingRow>,
    /// Who signed it.
    pub signed: Vec<SignedBy>,
    /// Its life, oldest first.
    pub custody: Vec<Kept>,
    /// Its place in the log; none until sealed.
    pub proof: Option<Proof>,
    /// The cases it is in, for whoever may see them.
    pub belongs: Option<Belongs>,
}

impl Evidence {
    /// The address of the bytes.
    pub fn content(&self) -> String {
        content(&self.head.id)
    }

    /// Its address.
    pub fn place(&self) -> String {
        format!("/evidence/{}", self.head.id)
    }

    /// The bytes the proof speaks of: their address and their digest.
    pub fn bytes(&self) -> Option<(String, &str)> {
        Some((self.content(), &self.sha256))
    }
}

fn content(id: &str) -> String {
    format!("/v1/evidence/{id}/content")
}

/// Hours listed as resting on it, and looks listed of its life.
const LISTED: i64 = 60;

impl Evidence {
    /// One piece as the reader may see it; `row` is the row of a log somebody asks for.
    pub async fn read(reader: Reader<'_>, id: EvidenceId, row: Option<u64>) -> Result<Evidence> {
        let head = overview::evidence(reader.db, &reader.scope, id).await?.ok_or_else(|| Error::of(&codes::NOT_FOUND))?;
        let (places, hours_total) = overview::resting_on(reader.db, id, LISTED).await?;
        let hours = places
            .iter()
            .map(|place| (place.trainee.to_string(), reader.person(&place.name), place.lesson.to_string(), place.title.clone()));
        Ok(Evidence {
            sha256: head.digest.to_string(),
            media_type: head.media_type.clone(),
            claimed: head.claimed,
            trainee: head.trainee.as_ref().map(|(id, name)| (id.to_string(), reader.person(name))),
            reader: head.reader.clone(),
            assumptions: sentences(&reader.frame, head.assumptions.as_deref()),
            facts: facts::in_words(&reader.frame, &head.facts),
            codes: shown_codes::of(&reader, &head).await?,
            placed: link::placed(reader.db, id, reader.policies).await?,
            accepted: head.accepted,
            refused: refused(&head.line),
            row: raw_row(&reader, &head, row).await?,
            hours: hours.collect(),
            hours_total,
            marks: marks(&reader.frame, &head, id),
            pictures: pictures(&head, id),
            matches: matches(&reader, id).await?,
            findings: standing(&reader, head.line.class.as_ref().map(|class| class.0), None, |finding| names(finding, id)).await?,
            signed: signed(&reader, id).await?,
            custody: custody::life(&reader, &head.line, LISTED).await?,
            proof: Proof::read(&reader, head.leaf_id).await?,
            belongs: Belongs::read(&reader, case::Kind::Evidence, id, in_words(&head)).await?,
            head: EvidenceRow::of(&reader, &head.line),
            frame: reader.frame,
        })
    }
}

/// What a case about it would be called.
fn in_words(head: &EvidenceHead) -> String {
    let name = called(head.line.filename.as_deref(), &head.line.kind, head.line.id);
    head.line.class.as_ref().map_or_else(|| name.clone(), |(_, class)| format!("{class} · {name}"))
}

/// The lanes of a recording, out of its facts; `None` where it is none, or was not opened.
fn marks(frame: &Frame, head: &EvidenceHead, id: EvidenceId) -> Option<(Vec<Lane>, bool)> {
    let fact = |name: &str| head.facts.iter().find(|(fact, _)| fact == name).map(|(_, value)| value.as_str());
    let pass: Pass = serde_json::from_str(fact("pass")?).ok()?;
    let duration: u64 = fact("duration_ms")?.parse().ok()?;
    let spans: Vec<Span> = fact("spans").and_then(|spans| serde_json::from_str(spans).ok()).unwrap_or_default();
    Some((marks::lanes(frame, &content(&id.to_string()), duration, &spans), pass == Pass::Full))
}

/// The pictures of a recording in a row, out of its facts.
fn pictures(head: &EvidenceHead, id: EvidenceId) -> Option<Row> {
    let (_, strip) = head.facts.iter().find(|(fact, _)| fact == "strip")?;
    Some(marks::row(&content(&id.to_string()), &serde_json::from_str(strip).ok()?))
}

fn names(finding: &Finding, evidence: EvidenceId) -> bool {
    let id = evidence.to_string();
    finding.evidence.iter().any(|pointer| pointer.id == id)
}

/// The signatures under it. Only their platforms' names are told, and those of the keys.
async fn signed(reader: &Reader<'_>, id: EvidenceId) -> Result<Vec<SignedBy>> {
    let mut signed = Vec::new();
    for (signature, leaf) in store::signature::of_evidence(reader.db, id).await? {
        let document = signature.read()?;
        let platform = overview::platform_name(reader.db, &document.platform).await?;
        let revoked = platform_key::revoked_from(reader.db, signature.key).await?;
        signed.push(SignedBy {
            platform: reader.named(&platform).to_owned(),
            key: document.key,
            at: signature.at,
            leaf: reader.log.receipt(leaf).await?.map(|sealed| sealed.index),
            revoked: revoked.filter(|from| *from <= document.at),
        });
    }
    Ok(signed)
}

/// Recordings beside each other that a page loads a picture of.
const PLAYED: usize = 6;

/// The same bytes, and what was found to be the same picture, handed in elsewhere, as far as the reader may see it.
async fn matches(reader: &Reader<'_>, id: EvidenceId) -> Result<Vec<Match>> {
    let kept = store::get(reader.db, id).await?;
    let bytes = store::same_bytes(reader.db, &kept, LISTED).await?.into_iter();
    let bytes = bytes.map(|other| (other, "bytes".to_owned(), "exact".to_owned(), None, Shared::Runs(Vec::new())));
    let likes = reuse::of(reader.db, id, LISTED).await?.into_iter().map(|one| {
        let shown = one.at_ms.zip(one.until_ms);
        (one.evidence, one.kind, one.tier, one.because, Shared::of(one.runs, shown))
    });
    let mut matches = Vec::new();
    for (other, kind, tier, because, shared) in bytes.chain(likes) {
        let Some(head) = overview::evidence(reader.db, &reader.scope, other).await? else { continue };
        let place = [head.line.class.map(|class| class.1), head.line.lesson.map(|lesson| lesson.1)];
        let (mine, theirs) = (content(&id.to_string()), content(&other.to_string()));
        let is_recording = kept.kind == Kind::Video;
        matches.push(Match {
            evidence: other.to_string(),
            name: called(head.line.filename.as_deref(), &head.line.kind, other),
            kind,
            tier,
            thumbnail: head.line.thumbnail,
            place: place.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            because,
            seen: if matches.len() < PLAYED { shared.seen(&mine, &theirs, is_recording) } else { (None, None) },
            runs: shared.pieces(&mine, &theirs, is_recording),
        });
    }
    Ok(matches)
}

/// What two pieces of evidence share: stretches of both, or a moment of the one that the other is a picture of.
enum Shared {
    Runs(Vec<Stretch>),
    Moment(u64, u64),
}

impl Shared {
    fn of(runs: Vec<Stretch>, shown: Option<(i64, i64)>) -> Shared {
        match shown {
            Some((at, until)) => Shared::Moment(at.max(0) as u64, until.max(at).max(0) as u64),
            None => Shared::Runs(runs),
        }
    }

    /// In words, with where to watch it; a moment is of this one where that `is_recording`.
    fn pieces(&self, mine: &str, theirs: &str, is_recording: bool) -> Vec<Piece> {
        match self {
            Shared::Runs(runs) => marks::shared(mine, theirs, runs),
            Shared::Moment(at, until) => vec![marks::moment(if is_recording { mine } else { theirs }, *at, *until)],
        }
    }

    /// One frame of it in both, from the middle of the first stretch: at its ends a picture may just be changing.
    fn seen(&self, mine: &str, theirs: &str, is_recording: bool) -> (Option<String>, Option<String>) {
        let frame = |content: &str, from: u64, until: u64| {
            let at = from.midpoint(until);
            Some(format!("{content}#t={}.{:03}", at / 1_000, at % 1_000))
        };
        match self {
            Shared::Runs(runs) => runs.first().map_or((None, None), |Stretch(from, until, their_from, their_until)| {
                let ours = frame(mine, u64::from(*from), u64::from(*until));
                (ours, frame(theirs, u64::from(*their_from), u64::from(*their_until)))
            }),
            Shared::Moment(at, until) if is_recording => (frame(mine, *at, *until), None),
            Shared::Moment(at, until) => (None, frame(theirs, *at, *until)),
        }
    }
}

fn sentences(frame: &Frame, json: Option<&str>) -> Vec<String> {
    let kept: Vec<String> = json.and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default();
    kept.iter().map(|sentence| frame.retold("assumed", sentence)).collect()
}

/// The row asked for as it stands in the file, and what was read from it.
async fn raw_row(reader: &Reader<'_>, head: &EvidenceHead, row: Option<u64>) -> Result<Option<RawRow>> {
    let Some(row) = row.filter(|_| head.line.kind == "attendance") else { return Ok(None) };
    let text = if reader.personal { quoted(reader, head, row).await? } else { None };
    let events = reader.lake.events_of_row(head.line.id, row).await?;
    let mut found = RawRow {
        row,
        text,
        read_as: events.iter().map(|event| (event.kind.as_str(), event.at, event.until)).collect(),
        trainee: None,
        lesson: None,
        matched: events.iter().find_map(|event| event.matched_by).map(|by| (by.as_str(), by.confidence().as_str())),
        said: events.iter().find(|event| event.resolution.is_some()).and_then(|event| event.class).map(|class| class.to_string()),
    };
    if let Some(id) = events.iter().find_map(|event| event.trainee)
        && let Some(trainee) = overview::trainee(reader.db, &reader.scope, id).await?
    {
        found.trainee = Some((id.to_string(), reader.person(&trainee.line.name)));
    }
    if let Some(id) = events.iter().find_map(|event| event.lesson)
        && let Some(lesson) = overview::lesson(reader.db, &reader.scope, id).await?
    {
        found.lesson = Some((id.to_string(), lesson.line.title));
    }
    Ok(Some(found))
}

/// The cells of a row, from the kept bytes, what looks like a number or an address of a person masked: whoever needs it whole reads the bytes,
/// which is written down.
pub(super) async fn quoted(reader: &Reader<'_>, head: &EvidenceHead, row: u64) -> Result<Option<String>> {
    let copy = reader.objects.local_copy(&head.digest).await.map_err(Error::from)?;
    let count = attendance::counted(head.reader.as_deref());
    let cells = tokio::task::spawn_blocking(move || tables::quote(File::open(copy.path())?, row, count, Limits::default()));
    Ok(cells.await.map_err(Error::internal)??.map(|cells| mask::text(&cells.join("\t"))))
}

/// What the page is asked for.
#[derive(Debug, Deserialize)]
pub struct Asked {
    row: Option<u64>,
}

/// `GET /evidence/{id}`
pub async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Response {
    let page = match visit::id(&id) {
        Ok(evidence) => Evidence::read(visit.reader(), evidence, asked.row).await,
        Err(error) => Err(error),
    };
    visit.answer_named("evidence", &id, page).await
}
