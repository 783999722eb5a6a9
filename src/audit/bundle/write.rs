//! Makes a bundle: gathers the rows, then packs the bytes on a thread of its own.

use super::What;
use super::bag::{self, BAGIT, CASE, INDEX, MANIFEST, PLAN, README, TAG_MANIFEST, TAGS};
use super::gather::{Kept, Scope, gather};
use super::index::{Index, Run};
use super::pack::Pack;
use crate::audit::case::told;
use crate::db::Db;
use crate::error::{Error, Result, codes};
use crate::ids::LeafId;
use crate::link;
use crate::register::platform_key::Revocation;
use crate::register::policy::Policies;
use crate::register::{PlatformKey, Resolution};
use crate::seal::{Log, Sealed};
use crate::store::signature::Signature;
use crate::time::Time;
use futures::TryStreamExt;
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Weak};
use std::time::Duration;
use storage::{Digest, Objects, StorageError};
use tokio::runtime::Handle;

/// How long a bundle waits for what was decided a moment ago to be sealed.
const SEALING: Duration = Duration::from_secs(5);

/// A finished bundle in a temporary file that is gone when it is closed.
#[derive(Debug)]
pub struct Bundle {
    /// The zip, at its beginning.
    pub file: File,
    /// What the zip should be called.
    pub name: String,
    /// Its bytes.
    pub size: u64,
}

/// Writes the bundle of `what`.
///
/// Evidence whose bytes the storage lost or changed is in it without bytes, marked `absent`. Errors: `unknown_class`, `unknown_lesson`,
/// `unknown_trainee`, `not_found` when there is no such thing; `storage_away`, `database_away`.
pub async fn write(db: &Db, objects: &Objects, log: &Log, what: What, policies: &Policies, now: Time) -> Result<Bundle> {
    let scope = gather(db, what, policies).await?;
    let alive = Arc::new(());
    let asked = Arc::downgrade(&alive);
    let (db, objects, log, rt) = (db.clone(), objects.clone(), log.clone(), Handle::current());
    let packing = tokio::task::spawn_blocking(move || {
        let pack = Pack::new(tempfile::tempfile()?, &scope.about.folder());
        Packing { rt, db, objects, log, asked, pack, files: HashMap::new(), patience: SEALING }.bundle(scope, now)
    });
    let bundle = packing.await.map_err(Error::internal)?;
    drop(alive);
    bundle
}

/// A bundle in the making. It blocks.
struct Packing {
    rt: Handle,
    db: Db,
    objects: Objects,
    log: Log,
    /// Nobody is there any more who asked for it, when this is dead.
    asked: Weak<()>,
    pack: Pack,
    /// Files of evidence dealt with, and why their bytes are absent: the same bytes are packed once.
    files: HashMap<String, Option<String>>,
    /// How long the next leaf that is not sealed yet is waited for.
    patience: Duration,
}

impl Packing {
    fn bundle(mut self, scope: Scope, now: Time) -> Result<Bundle> {
        let Scope { about, plan, evidence, runs, hours, resolutions, signatures, keys, policies, case } = scope;
        let published = self.log.published();
        let origin = published.checkpoint.lines().next().unwrap_or_default().to_owned();
        let name = format!("{}.zip", about.folder());
        let mut index = Index {
            v: 1,
            about,
            made_at: now,
            origin,
            evidence: vec![],
            runs: vec![],
            credits: hours,
            resolutions: vec![],
            signatures: vec![],
            keys: vec![],
            policies: policies.keys().cloned().collect(),
            case: None,
        };
        self.pack.add("bagit.txt", BAGIT.as_bytes())?;
        self.pack.add("README.txt", README.as_bytes())?;
        for kept in evidence {
            index.evidence.push(self.evidence(kept)?);
        }
        for (run, leaf) in runs {
            index.runs.push(self.run(run, leaf)?);
        }
        for resolution in resolutions {
            index.resolutions.push(self.resolution(&resolution)?);
        }
        for (signature, leaf) in signatures {
            index.signatures.push(self.signature(&signature, leaf)?);
        }
        for (key, revocations) in keys {
            index.keys.push(self.key(&key, &revocations)?);
        }
        if let Some(case) = case {
            index.case = Some(self.case(&case)?);
        }
        for (id, policy) in &policies {
            self.json(&bag::policy_path(id), policy)?;
        }
        self.pack.add("data/checkpoint", published.checkpoint.as_bytes())?;
        self.json(PLAN, &plan)?;
        self.json(INDEX, &index)?;
        self.tags(&index.about.to_string(), now)?;
        let (file, size) = self.pack.finish()?;
        Ok(Bundle { file, name, size })
    }

    fn evidence(&mut self, kept: Kept) -> Result<super::index::Evidence> {
        let mut item = kept.item.clone();
        item.absent = match self.files.get(&item.file) {
            Some(known) => known.clone(),
            None => {
                let absent = self.bytes(&kept)?.map(str::to_owned);
                self.files.insert(item.file.clone(), absent.clone());
                absent
            }
        };
        if let Some(sealed) = self.sealed(kept.leaf)? {
            item.sealed = true;
            self.proof(&item.id.to_string(), &sealed)?;
            let mut receipt = json!({
                "evidence": item.id, "sha256": item.sha256, "size": item.size, "received_at": item.received_at, "log": sealed.log_part(),
            });
            if let Some(rows) = kept.accepted_rows {
                receipt["accepted_rows"] = json!(rows);
            }
            if !kept.refused_rows.is_empty() {
                receipt["refused_rows"] = json!(kept.refused_rows);
            }
            self.json(&bag::receipt_path(item.id), &receipt)?;
        }
        Ok(item)
    }

    /// Packs the bytes of a piece of evidence, or says why they are absent.
    fn bytes(&mut self, kept: &Kept) -> Result<Option<&'static str>> {
        let mut reader = match self.rt.block_on(self.objects.open_object(&kept.digest)) {
            Ok(reader) => reader,
            Err(error) => return absent(error).map(Some),
        };
        let mut filling = self.pack.begin(&kept.item.file, reader.size)?;
        loop {
            if self.asked.strong_count() == 0 {
                return Err(Error::internal("nobody waits for the bundle any more"));
            }
            match self.rt.block_on(reader.stream.try_next()) {
                Ok(Some(chunk)) => self.pack.fill(&mut filling, &chunk)?,
                Ok(None) => break,
                Err(error) => {
                    let why = absent(StorageError::from(error))?;
                    self.pack.abandon(filling)?;
                    return Ok(Some(why));
                }
            }
        }
        self.pack.end(filling)?;
        Ok(None)
    }

    fn run(&mut self, mut run: Run, leaf: LeafId) -> Result<Run> {
        let document = self.rt.block_on(link::run_document(&self.db, run.id))?;
        self.pack.add(&bag::credits_path(run.id), &document)?;
        run.sealed = self.proven(run.id, Some(leaf))?;
        Ok(run)
    }

    fn resolution(&mut self, of: &Resolution) -> Result<super::index::Resolution> {
        let document = of.document()?;
        self.pack.add(&bag::resolution_path(of.id), &document)?;
        let sealed = self.proven(of.id, of.leaf)?;
        let sha256 = Digest::of(&document).to_string();
        Ok(super::index::Resolution { id: of.id, class: of.class, at: of.at, sha256, sealed })
    }

    /// A signature, so that it can be checked without keshi too: what was signed and the signature as bytes.
    fn signature(&mut self, of: &Signature, leaf: LeafId) -> Result<super::index::Signature> {
        let document = of.read()?;
        self.pack.add(&bag::signature_path(of.id, "json"), of.document.as_bytes())?;
        self.pack.add(&bag::signature_path(of.id, "base"), document.base.as_bytes())?;
        self.pack.add(&bag::signature_path(of.id, "sig"), &document.signature()?)?;
        let sealed = self.proven(of.id, Some(leaf))?;
        let sha256 = of.digest.to_string();
        Ok(super::index::Signature { id: of.id, evidence: of.evidence, registration: of.key, at: of.at, sha256, sealed })
    }

    fn key(&mut self, of: &PlatformKey, revocations: &[Revocation]) -> Result<super::index::Key> {
        self.pack.add(&bag::key_path(of.id), of.pem()?.as_bytes())?;
        let sealed = self.proven(of.id, of.leaf)?;
        let mut revoked = Vec::new();
        for of in revocations {
            revoked.push(super::index::Revoked { id: of.id, from: of.from, at: of.at, sealed: self.proven(of.id, of.leaf)? });
        }
        let (platform, key) = (of.platform.clone(), of.name.clone());
        Ok(super::index::Key { id: of.id, platform, key, at: of.at, sealed, revocations: revoked })
    }

    /// The file of a case: every step as it was sealed, the same as a text for people, decisions, and texts of rules.
    fn case(&mut self, of: &super::case::File) -> Result<super::index::Case> {
        let mut index = super::index::Case { id: of.id, steps: vec![], decisions: vec![], rules: vec![] };
        for step in &of.steps {
            self.pack.add(&bag::step_path(step.id), step.document.as_bytes())?;
            let sealed = self.proven(step.id, Some(step.leaf))?;
            index.steps.push(super::index::Step { id: step.id, number: step.number, sha256: step.digest.to_string(), sealed });
        }
        self.pack.add(CASE, told(&of.documents).as_bytes())?;
        for one in &of.decisions {
            let (status, by, note) = (one.status.clone(), one.actor.clone(), one.note.clone());
            let document = super::index::Decided { decision: one.id, finding: one.finding, status, by, at: one.at, note };
            self.json(&bag::decision_path(one.id), &document)?;
            let sealed = self.proven(one.id, one.leaf)?;
            index.decisions.push(super::index::Decision { id: one.id, finding: one.finding, sealed });
        }
        for (digest, text) in &of.rules {
            self.pack.add(&bag::rule_path(digest), text.as_bytes())?;
            index.rules.push(digest.clone());
        }
        Ok(index)
    }

    /// Packs leaf and proof of what has this id; `false` when it is in no log, or not yet.
    fn proven(&mut self, id: impl ToString, leaf: Option<LeafId>) -> Result<bool> {
        let sealed = match leaf {
            Some(leaf) => self.sealed(leaf)?,
            None => None,
        };
        if let Some(sealed) = &sealed {
            self.proof(&id.to_string(), sealed)?;
        }
        Ok(sealed.is_some())
    }

    /// The proof of a leaf; `None` when it is in no log, or not yet. What was decided a moment ago is waited for, once.
    fn sealed(&mut self, leaf: LeafId) -> Result<Option<Sealed>> {
        let found = self.rt.block_on(async {
            match self.log.receipt(leaf).await? {
                None => match tokio::time::timeout(self.patience, self.log.sealed(leaf)).await {
                    Ok(sealed) => sealed.map(Some),
                    Err(_) => Ok(None),
                },
                sealed => Ok(sealed),
            }
        });
        match found {
            Ok(None) => {
                self.patience = Duration::ZERO;
                Ok(None)
            }
            Err(error) if error.code == codes::NOT_FOUND.name => Ok(None),
            found => found,
        }
    }

    fn proof(&mut self, id: &str, sealed: &Sealed) -> Result<()> {
        self.pack.add(&bag::leaf_path(id), &sealed.body)?;
        self.pack.add(&bag::proof_path(id), sealed.proof_text().as_bytes())?;
        Ok(())
    }

    fn json(&mut self, path: &str, value: &impl Serialize) -> Result<()> {
        let mut text = serde_json::to_vec_pretty(value)?;
        text.push(b'\n');
        self.pack.add(path, &text)?;
        Ok(())
    }

    fn tags(&mut self, about: &str, now: Time) -> Result<()> {
        let listed = |pack: &Pack, of: &dyn Fn(&str) -> bool| {
            bag::listing(pack.digests.iter().filter(|(path, _)| of(path)).map(|(path, digest)| (path.as_str(), *digest)))
        };
        let manifest = listed(&self.pack, &|path| path.starts_with("data/"));
        self.pack.add("bag-info.txt", bag::info(about, now, self.pack.payload()).as_bytes())?;
        self.pack.add(MANIFEST, manifest.as_bytes())?;
        let tags = listed(&self.pack, &|path| TAGS.contains(&path));
        self.pack.add(TAG_MANIFEST, tags.as_bytes())?;
        Ok(())
    }
}

/// Why bytes are absent; an error when the storage does not answer.
fn absent(error: StorageError) -> Result<&'static str> {
    match error {
        StorageError::Missing(_) => Ok("missing"),
        StorageError::DigestMismatch { .. } => Ok("altered"),
        error => Err(Error::of(&codes::STORAGE_AWAY).because(error)),
    }
}
