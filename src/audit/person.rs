//! Everything that is kept of one person, for them to see and take a copy of (个人信息保护法 Art. 45).
//!
//! What is assembled is personal in full; who hands it out has it in the trail before it is made, with who asked for it.

use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::ids::{EvidenceId, Ids, PersonId, ProviderId, TraineeId};
use crate::link;
use crate::register::personal::{self, Entry, correction};
use crate::register::secrets::Secrets;
use crate::register::{class, lesson, roster, trail};
use crate::store;
use crate::time::Time;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Most lines of the trail that are handed out for each roster.
const LOOKS: i64 = 1000;

/// Whose data.
#[derive(Clone, Debug)]
pub enum Whose {
    /// By a trainee of any roster.
    Trainee(TraineeId),
    /// By the ID number.
    IdNumber(String),
}

/// What assembling needs.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    /// Database.
    pub db: &'a Db,
    /// Ids.
    pub ids: &'a Ids,
    /// Keys.
    pub secrets: &'a Secrets,
}

/// Who hands it out, to whom and why.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who hands it out, as the trail calls them.
    pub actor: &'a str,
    /// The only provider whose rosters they may tell of.
    pub provider: Option<ProviderId>,
    /// Who asked: the person, or who acts for them.
    pub requested_by: &'a str,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub now: Time,
}

/// Everything kept of a person, after the look was recorded for each roster they stand on.
///
/// Errors: `invalid` without a reason or without who asked, `unknown_trainee` when nobody like this stands on a roster that may be told
/// of, `too_many_looks`.
pub async fn assemble(tools: Tools<'_>, whose: &Whose, request: Request<'_>) -> Result<Value> {
    let Tools { db, ids, secrets } = tools;
    let (by, why) = (personal::reason(request.requested_by)?, personal::reason(request.reason)?);
    personal::may_look(db, request.actor, request.now).await?;
    let person: Option<PersonId> = match whose {
        Whose::Trainee(id) => Some(roster::by_id(db, *id).await?.person),
        Whose::IdNumber(number) => personal::person(db, secrets, number).await?,
    };
    let entries = match person {
        Some(person) => personal::entries(db, person, request.provider).await?,
        None => Vec::new(),
    };
    let named = |id: &TraineeId| entries.iter().any(|entry| entry.trainee == *id);
    if entries.is_empty() || matches!(whose, Whose::Trainee(id) if !named(id)) {
        return Err(Error::new(&codes::UNKNOWN_TRAINEE, "Nobody like this stands on a roster that you may tell of; check the number."));
    }
    let detail = format!("{by}: {why}");
    let mut tx = db.begin().await?;
    for entry in &entries {
        let subject = entry.trainee.to_string();
        let action = "person.accessed";
        let note = trail::Note { actor: request.actor, action, subject_kind: "trainee", subject_id: &subject, detail: Some(&detail) };
        trail::note(&mut tx, ids, request.now, note).await?;
    }
    tx.commit().await?;
    let mut rosters = Vec::with_capacity(entries.len());
    for entry in &entries {
        rosters.push(on_roster(tools, entry).await?);
    }
    Ok(json!({
        "person": person, "as_of": request.now, "requested_by": by, "reason": why, "rosters": rosters,
        "notes": {
            "zh": NOTES_ZH, "en": NOTES_EN,
        },
    }))
}

const NOTES_ZH: [&str; 4] = [
    "证据（签到日志、视频、截图、文件）按收到时的原样保存，任何人都不能更改其中的字节；更正的是花名册和据以认定的结果，不是证据。",
    "平台导出的日志原件可能含有本人的姓名、账号、电话等，也含有其他人的信息，因此这里列出编号和摘要，不附原件。",
    "哈希日志和事件表中没有姓名、身份证号和电话，只有编号和带密钥的哈希值；事件表另有每次签到的网络地址和设备。",
    "依法不予告知的监督检查事项不在此列（个人信息保护法第四十五条、第三十五条）。",
];
const NOTES_EN: [&str; 4] = [
    "Evidence (logs, videos, pictures, documents) is kept as it was received, and nobody can change a byte of it; what is corrected is the roster and what follows from it, never evidence.",
    "The logs as platforms exported them may hold this person's name, account or phone, and other people's, too; so their ids and digests are listed here, and not the files.",
    "The Merkle log and the table of events hold no name, ID number or phone, only ids and keyed hashes; the table of events also holds the network address and device of each sign-in.",
    "What the law lets be withheld of supervision under way is not in here (Personal Information Protection Law, Art. 45 and 35).",
];

async fn on_roster(tools: Tools<'_>, entry: &Entry) -> Result<Value> {
    let Tools { db, secrets, .. } = tools;
    let trainee = roster::by_id(db, entry.trainee).await?;
    let class = class::by_id(db, trainee.class).await?;
    let clear = trainee.reveal(secrets)?;
    let (hours, rests_on) = hours(db, trainee.id).await?;
    let own = store::of_trainee(db, trainee.id).await?;
    let mut evidence = Vec::new();
    for id in own.iter().copied().collect::<BTreeSet<_>>().union(&rests_on) {
        let one = store::get(db, *id).await?;
        evidence.push(json!({
            "id": one.id, "kind": one.kind.as_str(), "sha256": one.digest.to_string(), "size": one.size, "media_type": one.media_type,
            "received_at": one.received_at, "about_this_person_alone": own.contains(id),
        }));
    }
    let mut looks = Vec::new();
    for line in personal::trail_of_trainee(db, &trainee, LOOKS).await? {
        looks.push(json!({"at": line.at, "by": super::overview::actor(db, &line.actor).await?, "what": line.action, "why": line.detail}));
    }
    let mut corrections = Vec::new();
    for one in correction::of_trainee(db, trainee.id).await? {
        corrections.push(json!({"field": one.field, "reason": one.reason(secrets)?, "state": one.state, "outcome": one.outcome, "at": one.at, "closed_at": one.closed_at}));
    }
    Ok(json!({
        "class": {"id": class.id, "external_id": class.external_id, "title": class.title, "provider": class.provider_name, "platform": class.platform},
        "trainee": {
            "id": trainee.id, "external_id": trainee.external_id, "name": trainee.name, "id_number": clear.id_number,
            "id_number_fault": trainee.fault, "phone": clear.phone, "email": clear.email, "category": trainee.category,
            "platform_user": trainee.platform_user, "since": entry.since, "withdrawn_at": entry.withdrawn,
        },
        "hours": hours, "evidence": evidence, "certificates": personal::certificates(db, secrets, trainee.id).await?,
        "looks": looks, "corrections": corrections,
    }))
}

/// The hours of a trainee, and the evidence they rest on.
async fn hours(db: &Db, trainee: TraineeId) -> Result<(Vec<Value>, BTreeSet<EvidenceId>)> {
    let traces = link::trace_of_trainee(db, trainee).await?;
    let mut titles = BTreeMap::new();
    for trace in &traces {
        let one = lesson::by_id(db, trace.credit.lesson).await?;
        titles.insert(trace.credit.lesson, (one.title, one.starts_at));
    }
    let told = traces.iter().map(|trace| {
        let title = titles.get(&trace.credit.lesson);
        json!({
            "lesson": trace.credit.lesson, "title": title.map(|(title, _)| title), "starts_at": title.map(|(_, at)| at),
            "hours_milli": trace.credit.hours_milli, "credited_ms": trace.credit.credited_ms, "presence_ms": trace.credit.presence_ms,
            "reasons": trace.credit.reasons,
        })
    });
    let hours = told.collect();
    Ok((hours, traces.iter().flat_map(|trace| &trace.spans).flat_map(|span| &span.evidence).map(|pointer| pointer.id).collect()))
}
