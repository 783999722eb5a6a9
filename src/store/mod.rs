//! Stage 2: bytes become evidence, for good.
//!
//! Enters: bytes in the storage and a claim that holds. Leaves: a row of the catalogue that is never changed but for what analysis
//! says of it. Promised: the same bytes for the same place are one piece of evidence, however often they are sent.

pub mod live;
pub mod signature;
pub(crate) mod sql;

use crate::db::{Columns, Db, Tx};
use crate::error::{Error, Result, RowError, codes};
use crate::ids::{ClassId, EvidenceId, LeafId, LessonId, ProviderId, TraineeId};
use crate::receive::{Claim, Kind};
use crate::time::Time;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;
use storage::Digest;

/// The fact that says why it cannot be read.
const BECAUSE: &str = "cannot_be_analysed_because";

/// What a log's preview said, for the receipt.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// Rows that can be read; `None` when the preview did not reach the end of the file, or there was none.
    pub accepted: Option<u64>,
    /// Rows at fault.
    pub refused: Vec<RowError>,
    /// The reader that was taken.
    pub reader: Option<String>,
    /// What it assumed.
    pub assumptions: Vec<String>,
}

/// Evidence about to be kept.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: EvidenceId,
    /// The claim.
    pub claim: &'a Claim,
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// Their number.
    pub size: u64,
    /// Media type by content.
    pub media_type: &'a str,
    /// Who sent it.
    pub submitter: &'a str,
    /// When its last byte arrived.
    pub received_at: Time,
    /// Its leaf in the log.
    pub leaf: LeafId,
    /// What the preview said.
    pub preview: &'a Preview,
}

/// A piece of evidence as kept.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Its id.
    pub id: EvidenceId,
    /// What it is.
    pub kind: Kind,
    /// SHA-256.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// Media type by content.
    pub media_type: String,
    /// File name as sent.
    pub filename: Option<String>,
    /// Platform.
    pub platform: Option<String>,
    /// Provider.
    pub provider: Option<ProviderId>,
    /// Class.
    pub class: Option<ClassId>,
    /// The class's own id at its provider.
    pub class_external_id: Option<String>,
    /// Lesson.
    pub lesson: Option<LessonId>,
    /// The lesson's own id.
    pub lesson_external_id: Option<String>,
    /// Trainee.
    pub trainee: Option<TraineeId>,
    /// The trainee's own id.
    pub trainee_external_id: Option<String>,
    /// Claimed begin.
    pub from: Option<Time>,
    /// Claimed end.
    pub until: Option<Time>,
    /// Zone named by the sender.
    pub timezone: Option<String>,
    /// Format named by the sender.
    pub format: Option<String>,
    /// When its last byte arrived.
    pub received_at: Time,
    /// Who sent it.
    pub submitter: String,
    /// Its leaf.
    pub leaf: LeafId,
    /// Its index in the log, once sealed.
    pub log_index: Option<u64>,
    /// Rows the preview could read.
    pub accepted_rows: Option<i64>,
    /// Rows at fault.
    pub refused_rows: Vec<RowError>,
    /// How far it is.
    pub state: State,
    /// What read it.
    pub reader: Option<String>,
    /// What was assumed in reading it.
    pub assumptions: Vec<String>,
}

impl Evidence {
    /// The same, read before its leaf had a place that it has now.
    #[must_use]
    pub fn sealed_at(mut self, index: u64) -> Evidence {
        self.log_index = Some(index);
        if self.state == State::Received {
            self.state = State::Sealed;
        }
        self
    }
}

/// How far a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Kept.
    Received,
    /// In the log.
    Sealed,
    /// Analysed.
    Analysed,
    /// Analysis cannot read it.
    Failed,
}

/// The key of bytes at a place: the same bytes for the same class, lesson and trainee are one piece of evidence.
pub fn place_key(claim: &Claim, digest: &Digest) -> [u8; 32] {
    let mut place = format!(
        "{digest}\n{}\n{}\n{}\n{}\n{}",
        claim.kind.as_str(),
        claim.platform.as_ref().map(|platform| platform.id.clone()).unwrap_or_default(),
        claim.class.as_ref().map(|class| class.id.to_string()).unwrap_or_default(),
        claim.lesson.as_ref().map(|lesson| lesson.id.to_string()).unwrap_or_default(),
        claim.trainee.map(|trainee| trainee.to_string()).unwrap_or_default(),
    );
    if let Some(moment) = claim.moment {
        place += &format!("\n{}", moment.0);
    }
    Sha256::digest(place).into()
}

/// The evidence that is there already for these bytes at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: EvidenceId,
    /// Its leaf.
    pub leaf: LeafId,
    /// Whether the claim says the same of what the place leaves open: span, time zone and format.
    pub same_claim: bool,
}

/// What is there already for these bytes at this place.
pub async fn at_place(tx: &mut Tx, claim: &Claim, digest: &Digest) -> Result<Option<Known>> {
    let row = sqlx::query(sql::AT_PLACE).bind(place_key(claim, digest).to_vec()).fetch_optional(tx.conn()).await?;
    row.map(|row| {
        let same_claim = (row.int_opt("claimed_from"), row.int_opt("claimed_until"))
            == (claim.from.map(|at| at.0), claim.until.map(|at| at.0))
            && row.text_opt("timezone").as_deref() == claim.timezone.map(|zone| zone.name())
            && row.text_opt("format") == claim.format;
        Ok(Known { id: row.id("id")?, leaf: row.id("leaf_id")?, same_claim })
    })
    .transpose()
}

/// Keeps a new piece of evidence; the caller looked with [`at_place`] in the same transaction.
///
/// Errors: `duplicate` where another server kept the same meanwhile; trying again finds it.
pub async fn add(tx: &mut Tx, new: &New<'_>) -> Result<()> {
    let claim = new.claim;
    let refused = (!new.preview.refused.is_empty()).then(|| serde_json::to_string(&new.preview.refused)).transpose()?;
    let added = sqlx::query(sql::ADD)
        .bind(new.id.to_string())
        .bind(place_key(claim, &new.digest).to_vec())
        .bind(claim.kind.as_str())
        .bind(new.digest.0.to_vec())
        .bind(new.size as i64)
        .bind(new.media_type)
        .bind(claim.filename.as_deref())
        .bind(claim.platform.as_ref().map(|platform| platform.id.clone()))
        .bind(claim.provider.map(|id| id.to_string()))
        .bind(claim.class.as_ref().map(|class| class.id.to_string()))
        .bind(claim.lesson.as_ref().map(|lesson| lesson.id.to_string()))
        .bind(claim.trainee.map(|id| id.to_string()))
        .bind(claim.from.map(|time| time.0))
        .bind(claim.until.map(|time| time.0))
        .bind(claim.timezone.map(|zone| zone.name().to_owned()))
        .bind(claim.format.as_deref())
        .bind(new.received_at.0)
        .bind(new.submitter)
        .bind(new.leaf.to_string())
        .bind(new.preview.accepted.map(|rows| rows as i64))
        .bind(refused)
        .bind(new.preview.reader.as_deref())
        .bind(serde_json::to_string(&new.preview.assumptions)?)
        .execute(tx.conn())
        .await;
    match added {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(cause)) if cause.is_unique_violation() => Err(Error::of(&codes::DUPLICATE).because(cause.to_string())),
        Err(cause) => Err(cause.into()),
    }
}

/// One piece of evidence.
pub async fn get(db: &Db, id: EvidenceId) -> Result<Evidence> {
    let row = sqlx::query(sql::GET).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.as_ref().map(evidence).transpose()?.ok_or_else(|| Error::of(&codes::NOT_FOUND))
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Kind.
    pub kind: Option<Kind>,
    /// Class.
    pub class: Option<ClassId>,
    /// Lesson.
    pub lesson: Option<LessonId>,
    /// Trainee.
    pub trainee: Option<TraineeId>,
    /// Platform.
    pub platform: Option<String>,
    /// Provider.
    pub provider: Option<ProviderId>,
    /// Received at or after.
    pub from: Option<Time>,
    /// Received before.
    pub until: Option<Time>,
    /// Older than this one.
    pub before: Option<EvidenceId>,
}

/// Evidence, newest first.
pub async fn list(db: &Db, filter: &Filter, limit: i64) -> Result<Vec<Evidence>> {
    let rows = sqlx::query(sql::LIST)
        .bind(filter.kind.map(Kind::as_str))
        .bind(filter.class.map(|id| id.to_string()))
        .bind(filter.lesson.map(|id| id.to_string()))
        .bind(filter.trainee.map(|id| id.to_string()))
        .bind(filter.platform.as_deref())
        .bind(filter.provider.map(|id| id.to_string()))
        .bind(filter.from.map_or(i64::MIN, |time| time.0))
        .bind(filter.until.map_or(i64::MAX, |time| time.0))
        .bind(filter.before.map(|id| id.to_string()).unwrap_or_default())
        .bind(limit)
        .fetch_all(db.read())
        .await?;
    rows.iter().map(evidence).collect()
}

/// The attendance logs of a class, oldest first.
pub async fn logs_of_class(tx: &mut Tx, class: ClassId) -> Result<Vec<EvidenceId>> {
    let rows = sqlx::query(sql::LOGS_OF_CLASS).bind(class.to_string()).fetch_all(tx.conn()).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Evidence that is about one trainee alone, the oldest first.
pub async fn of_trainee(db: &Db, trainee: TraineeId) -> Result<Vec<EvidenceId>> {
    let rows = sqlx::query(sql::OF_TRAINEE).bind(trainee.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Other evidence with the same bytes.
pub async fn same_bytes(db: &Db, of: &Evidence, limit: i64) -> Result<Vec<EvidenceId>> {
    let rows = sqlx::query(sql::SAME_BYTES).bind(of.digest.0.to_vec()).bind(of.id.to_string()).bind(limit).fetch_all(db.read()).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Notes that analysis read it, how and with which assumptions.
pub async fn analysed(tx: &mut Tx, id: EvidenceId, now: Time, reader: Option<&str>, assumptions: &[String]) -> Result<()> {
    let assumptions = serde_json::to_string(assumptions)?;
    sqlx::query(sql::ANALYSED).bind(id.to_string()).bind(now.0).bind(reader).bind(assumptions).execute(tx.conn()).await?;
    Ok(())
}

async fn failed(tx: &mut Tx, id: EvidenceId, now: Time) -> Result<()> {
    sqlx::query(sql::FAILED).bind(id.to_string()).bind(now.0).execute(tx.conn()).await?;
    Ok(())
}

/// Says a fact, in the place of an earlier one of the same name.
pub async fn put_fact(tx: &mut Tx, id: EvidenceId, name: &str, version: i64, value: &Value, now: Time) -> Result<()> {
    sqlx::query(sql::PUT_FACT).bind(id.to_string()).bind(name).bind(version).bind(value.to_string()).bind(now.0).execute(tx.conn()).await?;
    Ok(())
}

/// Takes all back that was said of it, for it is said anew in the same transaction.
pub async fn forget_facts(tx: &mut Tx, id: EvidenceId) -> Result<()> {
    sqlx::query(sql::FORGET_FACTS).bind(id.to_string()).execute(tx.conn()).await?;
    Ok(())
}

/// Notes where the fingerprints of a recording are; `None`: it has none.
pub async fn put_reel(tx: &mut Tx, id: EvidenceId, digest: Option<Digest>, now: Time) -> Result<()> {
    match digest {
        Some(digest) => sqlx::query(sql::PUT_REEL).bind(id.to_string()).bind(digest.0.to_vec()).bind(now.0).execute(tx.conn()).await?,
        None => sqlx::query(sql::NO_REEL).bind(id.to_string()).execute(tx.conn()).await?,
    };
    Ok(())
}

/// Where the fingerprints of a recording are.
pub async fn reel(db: &Db, id: EvidenceId) -> Result<Option<Digest>> {
    let row = sqlx::query(sql::REEL).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.map(|row| row.digest("digest")).transpose()
}

/// Takes back which keyframes a recording has.
pub async fn forget_keyframes(tx: &mut Tx, id: EvidenceId) -> Result<()> {
    sqlx::query(sql::NO_KEYFRAMES).bind(id.to_string()).execute(tx.conn()).await?;
    Ok(())
}

/// Notes a keyframe of a recording: from when until when (milliseconds), its digest, and that one in so many is kept.
pub async fn put_keyframe(tx: &mut Tx, id: EvidenceId, (at, until): (u32, u32), digest: Vec<u8>, one_in: u64) -> Result<()> {
    let one_in = i64::try_from(one_in).map_err(Error::internal)?;
    let noted = sqlx::query(sql::PUT_KEYFRAME).bind(id.to_string()).bind(i64::from(at)).bind(i64::from(until)).bind(digest).bind(one_in);
    noted.execute(tx.conn()).await?;
    Ok(())
}

/// Notes where the pictures of a recording in a row are; `None`: it has none.
pub async fn put_strip(tx: &mut Tx, id: EvidenceId, digest: Option<Digest>) -> Result<()> {
    match digest {
        Some(digest) => sqlx::query(sql::PUT_STRIP).bind(id.to_string()).bind(digest.0.to_vec()).execute(tx.conn()).await?,
        None => sqlx::query(sql::NO_STRIP).bind(id.to_string()).execute(tx.conn()).await?,
    };
    Ok(())
}

/// Where the pictures of a recording in a row are.
pub async fn strip(db: &Db, id: EvidenceId) -> Result<Option<Digest>> {
    let row = sqlx::query(sql::STRIP).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.map(|row| row.digest("digest")).transpose()
}

/// Notes why it cannot be read; whether that was not known before.
pub async fn refused(tx: &mut Tx, id: EvidenceId, version: i64, because: String, now: Time) -> Result<bool> {
    let known = sqlx::query(sql::REFUSED_BECAUSE).bind(id.to_string()).fetch_optional(tx.conn()).await?;
    let known = known.map(|row| row.json::<Value>("value")).transpose()?;
    let because = Value::String(because);
    let new = known.as_ref() != Some(&because);
    put_fact(tx, id, BECAUSE, version, &because, now).await?;
    failed(tx, id, now).await?;
    Ok(new)
}

/// A fact as it was said last.
pub async fn fact(tx: &mut Tx, id: EvidenceId, name: &str) -> Result<Option<Value>> {
    let row = sqlx::query(sql::FACT).bind(id.to_string()).bind(name).fetch_optional(tx.conn()).await?;
    row.map(|row| row.json("value")).transpose()
}

/// All facts by name.
pub async fn facts(db: &Db, id: EvidenceId) -> Result<Map<String, Value>> {
    let rows = sqlx::query(sql::FACTS).bind(id.to_string()).fetch_all(db.read()).await?;
    rows.iter().map(|row| Ok((row.text("name"), row.json("value")?))).collect()
}

/// Notes the small picture of it.
pub async fn put_thumbnail(tx: &mut Tx, id: EvidenceId, media_type: &str, digest: Digest) -> Result<()> {
    sqlx::query(sql::PUT_THUMBNAIL).bind(id.to_string()).bind(media_type).bind(digest.0.to_vec()).execute(tx.conn()).await?;
    Ok(())
}

/// The small picture of it: media type and digest.
pub async fn thumbnail(db: &Db, id: EvidenceId) -> Result<Option<(String, Digest)>> {
    let row = sqlx::query(sql::THUMBNAIL).bind(id.to_string()).fetch_optional(db.read()).await?;
    row.map(|row| Ok((row.text("media_type"), row.digest("digest")?))).transpose()
}

fn evidence(row: &AnyRow) -> Result<Evidence> {
    let log_index = row.int_opt("log_index").map(|index| index as u64);
    let state = match (row.time_opt("failed_at"), row.time_opt("analysed_at"), log_index) {
        (Some(_), _, _) => State::Failed,
        (None, Some(_), _) => State::Analysed,
        (None, None, Some(_)) => State::Sealed,
        (None, None, None) => State::Received,
    };
    let list = |column| row.get::<Option<String>, _>(column);
    Ok(Evidence {
        id: row.id("id")?,
        kind: row.text("kind").parse()?,
        digest: row.digest("digest")?,
        size: row.int("size") as u64,
        media_type: row.text("media_type"),
        filename: row.text_opt("filename"),
        platform: row.text_opt("platform_id"),
        provider: row.id_opt("provider_id")?,
        class: row.id_opt("class_id")?,
        class_external_id: row.text_opt("class_external_id"),
        lesson: row.id_opt("lesson_id")?,
        lesson_external_id: row.text_opt("lesson_external_id"),
        trainee: row.id_opt("trainee_id")?,
        trainee_external_id: row.text_opt("trainee_external_id"),
        from: row.time_opt("claimed_from"),
        until: row.time_opt("claimed_until"),
        timezone: row.text_opt("timezone"),
        format: row.text_opt("format"),
        received_at: row.time("received_at"),
        submitter: row.text("submitter"),
        leaf: row.id("leaf_id")?,
        log_index,
        accepted_rows: row.int_opt("accepted_rows"),
        refused_rows: list("refused_rows").map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default(),
        state,
        reader: row.text_opt("reader"),
        assumptions: list("assumptions").map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default(),
    })
}
