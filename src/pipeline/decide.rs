//! Decisions on opening applications: kept, in the trail, and sealed; the written decision follows as a job.

use super::{Entry, enter};
use crate::app::App;
use crate::error::{Error, Result, codes};
use crate::ids::{DecisionId, EvidenceId};
use crate::jobs::Change;
use crate::link;
use crate::print::{Fonts, to_pdf};
use crate::receive::{Actor, Claim, Kind, accept};
use crate::register::class::{self, Class, Decision};
use crate::register::opening::letter::{Letter, Seal};
use crate::register::opening::{Decided, NewDecision, PaperKind, again, decision, paper};
use crate::register::platform;
use crate::seal::{self, Leaf, leaf};
use crate::store::Preview;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use storage::Digest;

/// The job that writes a decision down.
pub(super) const LETTER: &str = "letter";
/// Who hands the letter over.
const WRITER: &str = "keshi";

/// A decision on an opening application: kept, in the trail, and sealed with the standards it states.
///
/// Errors: `already_decided`, `invalid`.
pub async fn decide(app: &App, actor: &Actor, class: &Class, new: &NewDecision) -> Result<()> {
    new.check(class)?;
    let (now, id): (_, DecisionId) = (app.clock.now(), app.ids.next());
    // From here on the class keeps the policy in force on its first day, whatever becomes of the files.
    let policy = app.policies.on(class.starts_on);
    let remarks = serde_json::to_string(&super::remarks(app, class).await?)?;
    let due = decision::due(app.policies.at(now), &app.calendar, class.filed_at);
    let approves = new.decision == Decision::Approve;
    let mut fields = Map::from_iter([
        ("id".to_owned(), json!(id)),
        ("class".to_owned(), json!(class.id)),
        ("decision".to_owned(), json!(new.decision.as_str())),
        ("application".to_owned(), json!(Digest::of(leaf::canonical(&again::content(class)).as_bytes()).to_string())),
        ("due_on".to_owned(), json!(due.on)),
        ("by".to_owned(), json!(actor.label)),
        ("at".to_owned(), json!(now)),
    ]);
    if approves {
        fields.insert("standards_fen".to_owned(), json!(new.standards(class)));
        policy.seal_into(&mut fields);
    }
    let body = Leaf::new("decision", fields)?;
    let mut tx = app.db.begin().await?;
    let leaf = seal::stage(&mut tx, &body, &app.ids, now).await?;
    let keep = decision::Keep { id, class, new, policy: &policy.name(), remarks: &remarks, due, actor: &actor.label, at: now, leaf };
    decision::keep(&mut tx, &app.ids, &keep).await?;
    if approves {
        policy.fix(&mut tx, now, class.id).await?;
        for lesson in link::of_other_policy(&mut tx, class.id, policy, &app.policies).await? {
            app.jobs.after(&mut tx, Change::LessonTouched, &lesson.to_string(), now).await?;
        }
    }
    app.jobs.after(&mut tx, Change::Decided, &id.to_string(), now).await?;
    tx.commit().await?;
    app.log.wake();
    Ok(())
}

/// Writes a decision down: a letter, kept as evidence and as a paper of the class. Made before, it is not made again. Where there are no
/// fonts the decision waits for its letter, and nothing else waits for it: [`super::keep_house`] asks again.
pub(super) async fn letter(app: &App, id: DecisionId) -> Result<()> {
    let decided = decision::by_id(&app.db, id, app.policies.at(app.clock.now()).tz()).await?;
    if decided.letter.is_some() {
        return Ok(());
    }
    let fonts = match fonts(app).await {
        Ok(fonts) => fonts,
        Err(error) if error.code == codes::FONTS.name => {
            tracing::warn!(%error, decision = %id, "a decision waits for its letter");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let class = again::as_of(&app.db, class::by_id(&app.db, decided.class).await?, decided.decided_at).await?;
    let pdf = written(app, &class, &decided, fonts).await?;
    let evidence = hand_over(app, &class, &decided, pdf).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    decision::written(&mut tx, id, evidence).await?;
    paper::file(&mut tx, &app.ids, now, WRITER, &class, PaperKind::Decision, evidence).await?;
    tx.commit().await
}

/// The fonts of documents.
pub async fn fonts(app: &App) -> Result<Fonts> {
    let config = app.config.print.clone();
    tokio::task::spawn_blocking(move || Fonts::load(&config)).await.map_err(Error::internal)?
}

/// The letter's bytes, the same whenever it is made.
async fn written(app: &App, class: &Class, decided: &Decided, fonts: Fonts) -> Result<Vec<u8>> {
    let sealed = app.log.sealed(decided.leaf).await?;
    let policy = app.policies.of_class(&app.db, class.policy.as_deref(), class.starts_on).await?;
    let rates = &policy.subsidy;
    let platform = platform::get(&app.db, &class.platform).await?;
    let document = Letter {
        class,
        decided,
        platform: &platform.name_zh,
        notice: &policy.title_zh,
        percent: if class.epidemic { rates.epidemic_percent.value } else { rates.ordinary_percent.value },
        filed_on: policy.day_of(class.filed_at),
        decided_on: policy.day_of(decided.decided_at),
        days: policy.deadline.decision_working_days.value,
        remarks: &must(&decided.remarks),
        seal: Seal { origin: &app.config.log.origin, index: sealed.index, leaf: &hex::encode(sealed.leaf_hash().0) },
    }
    .document();
    tokio::task::spawn_blocking(move || to_pdf(&document, &fonts)).await.map_err(Error::internal)?
}

/// What had to be corrected, in Chinese.
fn must(remarks: &Value) -> Vec<String> {
    let all = remarks.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .filter(|remark| remark["weight"] == "must")
        .filter_map(|remark| remark["message"]["zh"].as_str().map(str::to_owned))
        .collect()
}

/// Makes a letter evidence of the class.
async fn hand_over(app: &App, class: &Class, decided: &Decided, pdf: Vec<u8>) -> Result<EvidenceId> {
    let limit = accept::limit(&app.config.limits, Kind::Document);
    let body = futures::stream::iter([Ok(Bytes::from(pdf))]);
    let stored = accept::bytes(&app.objects, limit, app.retain_until(), None, body).await?;
    let claim = Claim {
        kind: Kind::Document,
        class: Some(class.clone()),
        lesson: None,
        trainee: None,
        platform: None,
        provider: Some(class.provider),
        from: None,
        until: None,
        filename: Some(format!("decision-{}.pdf", decided.place)),
        timezone: None,
        format: None,
        moment: None,
    };
    let entry = Entry {
        id: app.ids.next(),
        submitter: WRITER,
        stored,
        media_type: "application/pdf",
        preview: Preview::default(),
        events: Vec::new(),
        signed: None,
    };
    let entered = enter(app, claim, entry).await?;
    app.log.sealed(entered.leaf).await?;
    Ok(entered.evidence)
}
