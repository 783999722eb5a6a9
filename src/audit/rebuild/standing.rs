//! What is derived of a piece of evidence, to be compared.

use super::sql;
use crate::db::{Columns, Db};
use crate::error::{Error, Result, codes};
use crate::ids::EvidenceId;
use crate::lake;
use crate::time::Time;
use futures::TryStreamExt;
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, HashSet};
use storage::{Digest, Objects, StorageError};

/// What is derived of a piece of evidence.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Digest and rows.
    segment: Option<(Digest, i64)>,
    segment_is: Place,
    thumbnail: Option<Digest>,
    /// The pictures of a recording in a row.
    strip: Option<Digest>,
    /// The fingerprints of a recording.
    reel: Option<Digest>,
    /// The keyframes of a recording: when, until when, what, one in how many.
    keyframes: Vec<(i64, i64, Vec<u8>, i64)>,
    /// Version and value by name.
    facts: BTreeMap<String, (i64, String)>,
    reader: Option<String>,
    assumptions: Option<String>,
    failed: bool,
    /// Those whom it names and the roster does not: identity, doubt, rows, first row, span.
    unmatched: Vec<(Vec<u8>, String, i64, i64, i64)>,
}

/// Where the bytes of a segment are.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// In its catalogue row, as they should be or not.
    Row { sound: bool },
    /// In the storage.
    Object,
    /// With those of others, in this pack and object.
    Pack(String, Digest),
    /// Nowhere, and there may be nothing to look for.
    Nowhere,
}

impl Place {
    fn of(row: &AnyRow) -> Result<Place> {
        if let Some(pack) = row.text_opt("pack_id") {
            return Ok(Place::Pack(pack, row.digest("pack_digest")?));
        }
        if let Some(bytes) = row.get::<Option<Vec<u8>>, _>("bytes") {
            return Ok(Place::Row { sound: Digest::of(&bytes) == row.digest("digest")? });
        }
        Ok(if row.int("own_object") == 1 { Place::Object } else { Place::Nowhere })
    }
}

impl Standing {
    pub(super) async fn of(db: &Db, id: EvidenceId) -> Result<Standing> {
        let id = id.to_string();
        let state = sqlx::query(sql::STATE).bind(&id).fetch_one(db.read()).await?;
        let segment = sqlx::query(sql::SEGMENT).bind(&id).fetch_optional(db.read()).await?;
        let thumbnail = sqlx::query(sql::THUMBNAIL).bind(&id).fetch_optional(db.read()).await?;
        let strip = sqlx::query(sql::STRIP).bind(&id).fetch_optional(db.read()).await?;
        let reel = sqlx::query(sql::REEL).bind(&id).fetch_optional(db.read()).await?;
        let keyframes = sqlx::query(sql::KEYFRAMES).bind(&id).fetch_all(db.read()).await?;
        let keyframe = |row: &AnyRow| (row.int("at_ms"), row.int("until_ms"), row.get("digest"), row.int("one_in"));
        let facts = sqlx::query(sql::FACTS).bind(&id).fetch_all(db.read()).await?;
        let unmatched = sqlx::query(sql::UNMATCHED).bind(&id).fetch_all(db.read()).await?;
        let waits = |row: &AnyRow| (row.get("identity"), row.text("doubt"), row.int("row_count"), row.int("first_row"), row.int("span_ms"));
        Ok(Standing {
            segment_is: segment.as_ref().map_or(Ok(Place::Nowhere), Place::of)?,
            segment: segment.map(|row| Ok::<_, Error>((row.digest("digest")?, row.int("row_count")))).transpose()?,
            thumbnail: thumbnail.map(|row| row.digest("digest")).transpose()?,
            strip: strip.map(|row| row.digest("digest")).transpose()?,
            reel: reel.map(|row| row.digest("digest")).transpose()?,
            keyframes: keyframes.iter().map(keyframe).collect(),
            facts: facts.iter().map(|row| (row.text("name"), (row.int("version"), row.text("value")))).collect(),
            reader: state.text_opt("reader"),
            assumptions: state.text_opt("assumptions"),
            failed: state.time_opt("failed_at").is_some(),
            unmatched: unmatched.iter().map(waits).collect(),
        })
    }

    /// What is damaged of that which was derived, in sentences; what is left of it is thrown away, so that it can be made again. A pack is looked at
    /// once for all its segments.
    pub(super) async fn damaged(&self, db: &Db, objects: &Objects, sound: &mut HashSet<Digest>, now: Time) -> Result<Vec<String>> {
        let mut told = Vec::new();
        match (&self.segment, &self.segment_is) {
            (Some(_), Place::Row { sound: false }) => told.push("Its segment was altered in the catalogue and is made again.".to_owned()),
            (Some(_), Place::Nowhere) => told.push("Its segment was missing and is made again.".to_owned()),
            (Some((digest, _)), Place::Object) => {
                if let Some(how) = damaged(objects, *digest).await? {
                    told.push(format!("Its segment was {how} in the storage and is made again."));
                }
            }
            (Some(_), Place::Pack(pack, digest)) if !sound.contains(digest) => match damaged(objects, *digest).await? {
                Some(how) => {
                    lake::compact::unpack(db, pack, now).await?;
                    told.push(format!("The pack of its segment was {how} in the storage; its segments are made again."));
                }
                None => {
                    sound.insert(*digest);
                }
            },
            _ => {}
        }
        if let Some(thumbnail) = self.thumbnail
            && let Some(how) = damaged(objects, thumbnail).await?
        {
            told.push(format!("Its thumbnail was {how} in the storage and is made again."));
        }
        if let Some(strip) = self.strip
            && let Some(how) = damaged(objects, strip).await?
        {
            told.push(format!("Its strip of pictures was {how} in the storage and is made again."));
        }
        if let Some(reel) = self.reel
            && let Some(how) = damaged(objects, reel).await?
        {
            told.push(format!("Its fingerprints were {how} in the storage and are made again."));
        }
        Ok(told)
    }

    /// What is otherwise now, in sentences.
    pub(super) fn differs(&self, now: &Standing) -> Vec<String> {
        let mut differs = Vec::new();
        if self.failed != now.failed {
            differs
                .push(if now.failed { "It cannot be analysed any more." } else { "It could not be analysed and can be now." }.to_owned());
        }
        match (&self.segment, &now.segment) {
            (was, is) if was == is => {}
            (None, Some((_, rows))) => differs.push(format!("It had no events in the lake and has {rows} now.")),
            (Some((_, rows)), None) => differs.push(format!("Its {rows} events are no longer in the lake.")),
            (Some((_, was)), Some((_, is))) if self.reader != now.reader => {
                let reader = now.reader.as_deref().unwrap_or("another reader");
                differs.push(format!("It is read by {reader} now and gives {is} events, {was} before."));
            }
            (was, is) => {
                let rows = |segment: &Option<(Digest, i64)>| segment.map_or(0, |(_, rows)| rows);
                differs.push(format!(
                    "Its events differ ({} before, {} now): the roster or timetable changed, or its reader did.",
                    rows(was),
                    rows(is)
                ));
            }
        }
        if self.segment == now.segment && (&self.reader, &self.assumptions) != (&now.reader, &now.assumptions) {
            differs.push("What its reader assumed differs; its events do not.".to_owned());
        }
        differs.extend(self.other_facts(now));
        if self.unmatched != now.unmatched {
            let (was, is) = (self.unmatched.len(), now.unmatched.len());
            differs.push(format!("Those whom it names and the roster does not know differ ({was} before, {is} now)."));
        }
        if self.thumbnail != now.thumbnail {
            differs.push("Its thumbnail differs.".to_owned());
        }
        if self.strip != now.strip {
            differs.push("Its strip of pictures differs.".to_owned());
        }
        if self.reel != now.reel {
            differs.push("What it looks and sounds like differs.".to_owned());
        }
        if self.keyframes != now.keyframes {
            differs.push(format!("Its keyframes differ ({} before, {} now).", self.keyframes.len(), now.keyframes.len()));
        }
        differs
    }

    fn other_facts(&self, now: &Standing) -> Option<String> {
        let names = self.facts.keys().chain(now.facts.keys()).collect::<std::collections::BTreeSet<_>>();
        let value = |of: &Standing, name: &str| of.facts.get(name).map(|(_, value)| value.clone());
        let others: Vec<&str> = names.into_iter().filter(|name| value(self, name) != value(now, name)).map(String::as_str).collect();
        let version = |of: &Standing| of.facts.values().map(|(version, _)| *version).max();
        match (others.is_empty(), version(self), version(now)) {
            (true, ..) => None,
            (false, Some(was), Some(is)) if was != is => {
                Some(format!("Analysis of version {is}, not {was}, says otherwise of: {}.", others.join(", ")))
            }
            _ => Some(format!("The analysis says otherwise of: {}.", others.join(", "))),
        }
    }
}

/// How a derived object was damaged, if it was; what is left of it is thrown away.
async fn damaged(objects: &Objects, digest: Digest) -> Result<Option<&'static str>> {
    let away = |error| Error::of(&codes::STORAGE_AWAY).because(error);
    match read(objects, &digest).await {
        Ok(()) => Ok(None),
        Err(StorageError::Missing(_)) => Ok(Some("missing")),
        Err(StorageError::DigestMismatch { .. }) => {
            objects.discard(&digest).await.map_err(away)?;
            Ok(Some("altered"))
        }
        Err(error) => Err(away(error)),
    }
}

async fn read(objects: &Objects, digest: &Digest) -> Result<(), StorageError> {
    let mut reader = objects.open_object(digest).await?;
    while reader.stream.try_next().await?.is_some() {}
    Ok(())
}
