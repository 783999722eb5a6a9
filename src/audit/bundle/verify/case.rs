//! The file of a case: every step against its leaf and the step before, every item against its step and its evidence, decisions against their leaves,
//! texts of rules against what findings name.

use super::super::bag::{self, CASE};
use super::super::index::{Case, Decided, Decision, Index, Step};
use super::items::{Checking, Found, place};
use super::{Report, Status};
use crate::audit::case::{Document, standing, told};
use crate::detect::commitment;
use crate::ids::EvidenceId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek};
use storage::Digest;

/// Checks the case, where the bundle is about one.
pub(super) fn check<R: Read + Seek>(
    checking: &mut Checking<'_, '_, R>,
    index: &Index,
    evidence: &BTreeMap<EvidenceId, Status>,
    report: &mut Report,
) -> io::Result<()> {
    let Some(case) = &index.case else {
        if index.about.kind == "case" {
            report.tell(Status::Missing, "case-step", "-", "The table of contents names no step of the case.");
        }
        return Ok(());
    };
    if index.about.kind != "case" || index.about.id != case.id.to_string() {
        report.tell(Status::Mismatch, "case-step", "-", "The bundle is not about the case that is in it.");
    }
    let mut documents = Vec::new();
    let mut statuses = BTreeMap::new();
    let mut before: Option<(i64, String)> = None;
    for step in &case.steps {
        let ((status, says), document) = checking.step(case, step, before.as_ref())?;
        before = Some((step.number, step.sha256.clone()));
        report.tell(status, "case-step", step.id.to_string(), says);
        statuses.insert(step.id, status);
        documents.extend(document);
    }
    let weakest = statuses.values().copied().max().unwrap_or(Status::Missing);
    let (status, says) = checking.text(&documents, weakest)?;
    report.tell(status, "file", CASE, says);
    for item in standing(&documents) {
        let mut found =
            (statuses[&item.id], format!("{} as it was put in by step {}", item.kind.map_or("", |kind| kind.as_str()), item.number));
        for id in item.evidence() {
            let of = id.parse().ok().and_then(|id: EvidenceId| evidence.get(&id).copied());
            let says = match of {
                None => format!("It points to evidence {}, which is not in the bundle.", super::items::printable(&id)),
                Some(_) => format!("It points to evidence {id}, which is not proven."),
            };
            let of = of.unwrap_or(Status::Missing);
            found = if of > found.0 { (of, says) } else { found };
        }
        report.tell(found.0, "case-item", item.subject.map(|id| id.to_string()).unwrap_or_default(), found.1);
    }
    for decision in &case.decisions {
        let (status, says) = checking.decision(decision)?;
        report.tell(status, "decision", decision.id.to_string(), says);
    }
    for digest in &case.rules {
        let named: Vec<Status> =
            documents.iter().filter(|step| step.said["rule_digest"] == digest.as_str()).map(|step| statuses[&step.id]).collect();
        let (status, says) = checking.rule(digest, named.into_iter().min());
        report.tell(status, "rule", super::items::printable(digest), says);
    }
    Ok(())
}

impl<R: Read + Seek> Checking<'_, '_, R> {
    fn step(&mut self, case: &Case, step: &Step, before: Option<&(i64, String)>) -> io::Result<(Found, Option<Document>)> {
        let (file, leaf, proof) = (bag::step_path(step.id), bag::leaf_path(step.id), bag::proof_path(step.id));
        self.know(&file);
        if step.sealed {
            [&leaf, &proof].into_iter().for_each(|path| self.know(path));
        }
        let Some(bytes) = self.folder.read(&file)? else {
            return Ok(((Status::Missing, format!("{file} is not in the zip.")), None));
        };
        if Digest::of(&bytes).to_string() != step.sha256 || self.folder.wrong.contains(&file) {
            return Ok(((Status::Mismatch, format!("{file} has other bytes than were sealed.")), None));
        }
        let document = Document::read(&bytes).ok().filter(|one| one.id == step.id && one.case == case.id && one.number == step.number);
        let Some(document) = document else {
            return Ok(((Status::Mismatch, format!("{file} is not step {} of the case.", step.number)), None));
        };
        let follows = match before {
            None => step.number == 1 && document.before.is_none(),
            Some((number, digest)) => step.number == number + 1 && document.before.as_deref() == Some(digest),
        };
        let found = if !follows {
            (Status::Missing, format!("The step before step {} is not in the bundle.", step.number))
        } else if !step.sealed {
            (Status::IntegrityOnly, format!("{file} is whole, but was not sealed when the bundle was made."))
        } else {
            match self.leaf(&leaf, &proof)? {
                Err(fault) => fault,
                Ok((proven, body)) => {
                    let must = [
                        ("kind", json!("case_step")),
                        ("case", json!(case.id)),
                        ("number", json!(step.number)),
                        ("step", json!(document.step)),
                        ("digest", json!(step.sha256)),
                        ("by", json!(document.by)),
                        ("at", json!(document.at)),
                    ];
                    match other(&body, &must) {
                        Some(name) => (Status::Mismatch, format!("The leaf in the log gives another {name} than the bundle.")),
                        None => (Status::Proven, format!("step {}: {}, {}", step.number, document.step, place(&proven))),
                    }
                }
            }
        };
        Ok((found, Some(document)))
    }

    /// The case as a text is what its steps say.
    fn text(&mut self, documents: &[Document], weakest: Status) -> io::Result<Found> {
        self.know(CASE);
        Ok(match self.folder.read(CASE)? {
            None => (Status::Missing, format!("{CASE} is not in the zip.")),
            Some(bytes) if weakest <= Status::IntegrityOnly && bytes != told(documents).into_bytes() => {
                (Status::Mismatch, format!("{CASE} says something else than the steps of the case."))
            }
            Some(_) if weakest > Status::IntegrityOnly => (weakest, "The steps it is made of are not all proven.".to_owned()),
            Some(_) => (weakest, "It says what the steps of the case say.".to_owned()),
        })
    }

    fn decision(&mut self, of: &Decision) -> io::Result<Found> {
        let (file, leaf, proof) = (bag::decision_path(of.id), bag::leaf_path(of.id), bag::proof_path(of.id));
        self.know(&file);
        if of.sealed {
            [&leaf, &proof].into_iter().for_each(|path| self.know(path));
        }
        let Some(bytes) = self.folder.read(&file)? else {
            return Ok((Status::Missing, format!("{file} is not in the zip.")));
        };
        let said: Option<Decided> = serde_json::from_slice(&bytes).ok();
        let Some(said) = said.filter(|said| said.decision == of.id && said.finding == of.finding && !self.folder.wrong.contains(&file))
        else {
            return Ok((Status::Mismatch, format!("{file} is not the decision on finding {}.", of.finding)));
        };
        if !of.sealed {
            return Ok((
                Status::IntegrityOnly,
                format!("{file} is whole; its place in the log was not kept with it, or it was not sealed yet."),
            ));
        }
        Ok(match self.leaf(&leaf, &proof)? {
            Err(fault) => fault,
            Ok((proven, body)) => {
                let must = [
                    ("kind", json!("finding_decision")),
                    ("finding", json!(said.finding)),
                    ("status", json!(said.status)),
                    ("by", json!(said.by)),
                    ("at", json!(said.at)),
                    ("note", json!(said.note.as_deref().map(|note| commitment(of.id, note)))),
                ];
                match other(&body, &must) {
                    Some(name) => (Status::Mismatch, format!("The leaf in the log gives another {name} than the bundle.")),
                    None => (Status::Proven, format!("finding {} was {}, {}", said.finding, said.status, place(&proven))),
                }
            }
        })
    }

    /// A text of a rule; `named` is the best step that names it.
    fn rule(&mut self, digest: &str, named: Option<Status>) -> Found {
        let file = bag::rule_path(digest);
        self.know(&file);
        match (self.folder.files.get(&file), named) {
            (None, _) => (Status::Missing, format!("{file} is not in the zip.")),
            (Some(seen), _) if seen.digest.to_string() != digest || self.folder.wrong.contains(&file) => {
                (Status::Mismatch, format!("{file} has other bytes: SHA-256 {}.", seen.digest))
            }
            (_, None) => (Status::Mismatch, "No finding of the case was found by it.".to_owned()),
            (_, Some(status)) => (status, "The text that found what names it.".to_owned()),
        }
    }
}

/// The first field that a leaf gives otherwise.
fn other<'n>(leaf: &Value, must: &[(&'n str, Value)]) -> Option<&'n str> {
    must.iter().find(|(name, must)| leaf.get(*name).unwrap_or(&Value::Null) != must).map(|(name, _)| *name)
}
