//! The items of a bundle: evidence, what people said of who somebody is, credit runs, hours.

use super::super::bag::{self, INDEX, PLAN};
use super::super::index::{Document, Evidence, Hour, Index, Resolution, Run, Said};
use super::folder::Folder;
use super::{Report, Status, case, signatures};
use crate::ids::{EvidenceId, ResolutionId};
use crate::link::hours_text;
use crate::seal::verify::{verify_checkpoint, verify_log_part, verify_proof};
use crate::seal::{LogPart, Proven, Trust};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek};
use storage::Digest;

/// What was found out about an item, in a sentence.
pub(super) type Found = (Status, String);

/// Checks every item the table of contents names, and that there is nothing else.
pub(super) fn check<R: Read + Seek>(folder: &mut Folder<'_, R>, trust: &Trust, report: &mut Report) -> io::Result<()> {
    let index: Option<Index> = folder.read(INDEX)?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(index) = index.filter(|index| index.v == 1) else {
        let says = "The table of contents is missing or cannot be read; the items cannot be checked.";
        let status = if folder.files.contains_key(INDEX) { Status::Mismatch } else { Status::Missing };
        report.tell(status, "file", INDEX, says);
        return Ok(());
    };
    report.about = index.about.to_string();
    if index.about.folder() != folder.name {
        report.tell(Status::Mismatch, "file", INDEX, format!("The zip's folder is {}, the bundle is about {}.", folder.name, index.about));
    }
    let mut standing = Standing::default();
    for item in &index.evidence {
        let (status, says) = Checking { folder, trust }.evidence(item)?;
        standing.evidence.insert(item.id, status);
        report.tell(status, "evidence", item.id.to_string(), says);
    }
    for item in &index.resolutions {
        let ((status, says), said) = Checking { folder, trust }.resolution(item)?;
        standing.said.insert(item.id, (status, said));
        report.tell(status, "resolution", item.id.to_string(), says);
    }
    let mut hours: BTreeMap<_, Vec<&Hour>> = BTreeMap::new();
    for hour in &index.credits {
        hours.entry(hour.run).or_default().push(hour);
    }
    for run in &index.runs {
        let ((status, says), document) = Checking { folder, trust }.run(run)?;
        report.tell(status, "credit-run", run.id.to_string(), says);
        for hour in hours.remove(&run.id).unwrap_or_default() {
            let (status, says) = self::hour(hour, status, document.as_ref(), &standing);
            report.tell(status, "hour", format!("{}/{}", hour.lesson, hour.trainee), says);
        }
    }
    for hour in hours.into_values().flatten() {
        report.tell(
            Status::Missing,
            "hour",
            format!("{}/{}", hour.lesson, hour.trainee),
            "The credit run that says so is not in the bundle.",
        );
    }
    signatures::check(&mut Checking { folder, trust }, &index, report)?;
    case::check(&mut Checking { folder, trust }, &index, &standing.evidence, report)?;
    others(folder, trust, &index, report)?;
    folder.rest(report);
    Ok(())
}

/// The checkpoint, the plan and the policies.
fn others<R: Read + Seek>(folder: &mut Folder<'_, R>, trust: &Trust, index: &Index, report: &mut Report) -> io::Result<()> {
    let checkpoint = "data/checkpoint";
    folder.known.insert(checkpoint.to_owned());
    match folder.read(checkpoint)?.map(|note| verify_checkpoint(trust, &String::from_utf8_lossy(&note))) {
        None => report.tell(Status::Missing, "checkpoint", checkpoint, "The log's newest signature is not in the bundle."),
        Some(Err(why)) => report.tell(Status::Mismatch, "checkpoint", checkpoint, sentence(&why.to_string())),
        Some(Ok(signed)) if signed.checkpoint.origin() != index.origin => {
            report.tell(Status::Mismatch, "checkpoint", checkpoint, format!("It is of another log than {}.", printable(&index.origin)));
        }
        Some(Ok(signed)) => {
            let says = format!("Log {} with {} leaves, signed by a trusted key.", signed.checkpoint.origin(), signed.checkpoint.size());
            report.tell(if folder.wrong.contains(checkpoint) { Status::Mismatch } else { Status::Proven }, "checkpoint", checkpoint, says);
        }
    }
    let named = index.policies.iter().map(|id| bag::policy_path(id)).chain([PLAN.to_owned()]);
    for path in named {
        match folder.files.contains_key(&path) {
            false => report.tell(Status::Missing, "file", printable(&path), "It is named in the table of contents and not in the zip."),
            true if !folder.wrong.contains(&path) => {
                report.tell(Status::IntegrityOnly, "file", &path, "As it was when the bundle was made.")
            }
            true => {}
        }
        folder.known.insert(path);
    }
    folder.known.insert(INDEX.to_owned());
    Ok(())
}

/// What was found out about what hours may rest on.
#[derive(Default)]
struct Standing {
    evidence: BTreeMap<EvidenceId, Status>,
    said: BTreeMap<ResolutionId, (Status, Option<Said>)>,
}

/// Checks one item. What is wrong comes as `Err` inside the sentence, so that the first fault ends it.
pub(super) struct Checking<'f, 'a, R> {
    pub(super) folder: &'f mut Folder<'a, R>,
    trust: &'f Trust,
}

impl<R: Read + Seek> Checking<'_, '_, R> {
    fn evidence(&mut self, item: &Evidence) -> io::Result<Found> {
        self.know(&item.file);
        let (leaf, proof, receipt) = (bag::leaf_path(item.id), bag::proof_path(item.id), bag::receipt_path(item.id));
        if item.sealed {
            [&leaf, &proof, &receipt].into_iter().for_each(|path| self.know(path));
        }
        let right_name = item.sha256.parse().is_ok_and(|digest| bag::evidence_path(&digest, &item.media_type) == item.file);
        if !right_name {
            return Ok((Status::Mismatch, "The table of contents gives it a file that is not named by its SHA-256.".into()));
        }
        let Some(seen) = self.folder.files.get(&item.file) else {
            let why = match item.absent.as_deref() {
                Some("missing") => "the server no longer had them when the bundle was made",
                Some("altered") => "the server's storage had changed them when the bundle was made",
                _ => "they are not in the zip",
            };
            return Ok((Status::Missing, format!("The bytes of {} are missing: {why}.", item.file)));
        };
        if seen.digest.to_string() != item.sha256 || seen.member.size != item.size || self.folder.wrong.contains(&item.file) {
            return Ok((Status::Mismatch, format!("{} has other bytes: SHA-256 {}.", item.file, seen.digest)));
        }
        if !item.sealed {
            return Ok((Status::IntegrityOnly, format!("{} is whole, but was not sealed when the bundle was made.", item.file)));
        }
        let body = match self.leaf(&leaf, &proof)? {
            Ok((proven, body)) => match self.receipt(&receipt, item, &body)? {
                None => (proven, body),
                Some(fault) => return Ok(fault),
            },
            Err(fault) => return Ok(fault),
        };
        Ok(match contradiction(&body.1, item) {
            Some(field) => (Status::Mismatch, format!("The leaf in the log gives another {field} than the bundle.")),
            None => (Status::Proven, format!("{} {}, {}", item.kind, item.file, place(&body.0))),
        })
    }

    fn run(&mut self, run: &Run) -> io::Result<(Found, Option<Document>)> {
        let (file, leaf, proof) = (bag::credits_path(run.id), bag::leaf_path(run.id), bag::proof_path(run.id));
        self.know(&file);
        if run.sealed {
            [&leaf, &proof].into_iter().for_each(|path| self.know(path));
        }
        let Some(bytes) = self.folder.read(&file)? else {
            return Ok(((Status::Missing, format!("{file} is not in the zip.")), None));
        };
        if Digest::of(&bytes).to_string() != run.sha256 || self.folder.wrong.contains(&file) {
            return Ok(((Status::Mismatch, format!("{file} has other bytes than were sealed.")), None));
        }
        let document: Option<Document> = serde_json::from_slice(&bytes).ok();
        let Some(document) = document.filter(|document| document.lesson == run.lesson && document.policy == run.policy) else {
            return Ok(((Status::Mismatch, format!("{file} is not the calculation of lesson {}.", run.lesson)), None));
        };
        if !run.sealed {
            let says = format!("{file} is whole, but was not sealed when the bundle was made.");
            return Ok(((Status::IntegrityOnly, says), Some(document)));
        }
        let found = match self.leaf(&leaf, &proof)? {
            Err(fault) => fault,
            Ok((proven, body)) => {
                let must = [
                    ("kind", "credit_run".to_owned()),
                    ("run", run.id.to_string()),
                    ("lesson", run.lesson.to_string()),
                    ("policy", run.policy.clone()),
                    ("digest", run.sha256.clone()),
                    ("at", run.at.to_string()),
                ];
                match must.iter().find(|(name, must)| body.get(*name).and_then(Value::as_str) != Some(must)) {
                    Some((name, _)) => (Status::Mismatch, format!("The leaf in the log gives another {name} than the bundle.")),
                    None => (Status::Proven, format!("hours of lesson {}, {}", run.lesson, place(&proven))),
                }
            }
        };
        Ok((found, Some(document)))
    }

    fn resolution(&mut self, item: &Resolution) -> io::Result<(Found, Option<Said>)> {
        let (file, leaf, proof) = (bag::resolution_path(item.id), bag::leaf_path(item.id), bag::proof_path(item.id));
        self.know(&file);
        if item.sealed {
            [&leaf, &proof].into_iter().for_each(|path| self.know(path));
        }
        let Some(bytes) = self.folder.read(&file)? else {
            return Ok(((Status::Missing, format!("{file} is not in the zip.")), None));
        };
        if Digest::of(&bytes).to_string() != item.sha256 || self.folder.wrong.contains(&file) {
            return Ok(((Status::Mismatch, format!("{file} has other bytes than were sealed.")), None));
        }
        let said: Option<Said> = serde_json::from_slice(&bytes).ok();
        let Some(said) = said.filter(|said| said.resolution == item.id && said.class == item.class && said.at == item.at) else {
            return Ok(((Status::Mismatch, format!("{file} is not resolution {}.", item.id)), None));
        };
        if !item.sealed {
            let says = format!("{file} is whole, but was not sealed when the bundle was made.");
            return Ok(((Status::IntegrityOnly, says), Some(said)));
        }
        let found = match self.leaf(&leaf, &proof)? {
            Err(fault) => fault,
            Ok((proven, body)) => {
                let must = [
                    ("kind", "resolution".to_owned()),
                    ("resolution", item.id.to_string()),
                    ("class", item.class.to_string()),
                    ("says", said.says.clone()),
                    ("digest", item.sha256.clone()),
                    ("by", said.by.clone()),
                    ("at", item.at.to_string()),
                ];
                match must.iter().find(|(name, must)| body.get(*name).and_then(Value::as_str) != Some(must)) {
                    Some((name, _)) => (Status::Mismatch, format!("The leaf in the log gives another {name} than the bundle.")),
                    None => (Status::Proven, format!("{} said who somebody is, {}", printable(&said.by), place(&proven))),
                }
            }
        };
        Ok((found, Some(said)))
    }

    pub(super) fn know(&mut self, path: &str) {
        self.folder.known.insert(path.to_owned());
    }

    /// A leaf whose proof holds.
    pub(super) fn leaf(&mut self, leaf: &str, proof: &str) -> io::Result<Result<(Proven, Value), Found>> {
        let (Some(body), Some(text)) = (self.folder.read(leaf)?, self.folder.read(proof)?) else {
            return Ok(Err((Status::Missing, format!("{leaf} or {proof} is not in the zip."))));
        };
        if let Some(path) = [leaf, proof].into_iter().find(|path| self.folder.wrong.contains(*path)) {
            return Ok(Err((Status::Mismatch, format!("{path} was changed."))));
        }
        let proven = match verify_proof(self.trust, &body, &text) {
            Ok(proven) => proven,
            Err(why) => return Ok(Err((Status::Mismatch, format!("{proof}: {}", sentence(&why.to_string()))))),
        };
        match serde_json::from_slice(&body) {
            Ok(value) => Ok(Ok((proven, value))),
            Err(_) => Ok(Err((Status::Mismatch, format!("{leaf} is no leaf of keshi.")))),
        }
    }

    /// What is wrong with a receipt.
    fn receipt(&mut self, path: &str, item: &Evidence, leaf: &Value) -> io::Result<Option<Found>> {
        let Some(bytes) = self.folder.read(path)? else {
            return Ok(Some((Status::Missing, format!("{path} is not in the zip."))));
        };
        let fault = |says: &str| Ok(Some((Status::Mismatch, format!("{path}: {says}"))));
        if self.folder.wrong.contains(path) {
            return fault("It was changed.");
        }
        let receipt: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let part: Option<LogPart> = receipt.get("log").and_then(|part| serde_json::from_value(part.clone()).ok());
        let text = |name: &str| receipt.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("evidence") != item.id.to_string() || text("sha256") != item.sha256 || receipt["size"].as_u64() != Some(item.size) {
            return fault("It is of other evidence.");
        }
        match part.map(|part| verify_log_part(self.trust, &part)) {
            None => fault("It has no proof."),
            Some(Err(why)) => fault(&sentence(&why.to_string())),
            Some(Ok((_, body))) if serde_json::from_slice::<Value>(&body).ok().as_ref() != Some(leaf) => fault("It proves another leaf."),
            Some(Ok(_)) => Ok(None),
        }
    }
}

/// The first thing the bundle says of a piece of evidence that its leaf says otherwise.
fn contradiction(leaf: &Value, item: &Evidence) -> Option<&'static str> {
    let id = |id: Option<String>| id.map_or(Value::Null, Value::from);
    let must: [(&str, Value); 11] = [
        ("kind", "evidence".into()),
        ("evidence", item.id.to_string().into()),
        ("evidence_kind", item.kind.clone().into()),
        ("digest", item.sha256.clone().into()),
        ("size", item.size.into()),
        ("media_type", item.media_type.clone().into()),
        ("class", id(item.class.map(|id| id.to_string()))),
        ("lesson", id(item.lesson.map(|id| id.to_string()))),
        ("from", id(item.from.map(|at| at.to_string()))),
        ("until", id(item.until.map(|at| at.to_string()))),
        ("received_at", item.received_at.to_string().into()),
    ];
    must.into_iter().find(|(name, must)| leaf.get(*name).unwrap_or(&Value::Null) != must).map(|(name, _)| name)
}

/// Whether an hour is what its run says, and what it rests on is there.
fn hour(hour: &Hour, run: Status, document: Option<&Document>, standing: &Standing) -> Found {
    let credit = document.and_then(|document| document.credits.iter().find(|credit| credit.trainee == hour.trainee));
    let Some(credit) = credit else {
        return (run.max(Status::Missing), "The credit run does not say what it is.".into());
    };
    if (credit.credited_ms, hours_text(credit.hours_milli)) != (hour.credited_ms, hour.hours.clone()) {
        return (
            Status::Mismatch,
            format!("The credit run says {} lesson hours, the bundle says {}.", hours_text(credit.hours_milli), printable(&hour.hours)),
        );
    }
    for id in credit.resolutions() {
        let found = standing.said.get(&id);
        let (status, says) = match found {
            None => (Status::Missing, format!("It rests on resolution {id}, which is not in the bundle.")),
            Some((_, Some(said))) if said.trainee != Some(hour.trainee) || said.says != "trainee" => {
                (Status::Mismatch, format!("It rests on resolution {id}, which is about somebody else."))
            }
            Some((Status::Proven, _)) => continue,
            Some((status, _)) => (*status, format!("It rests on resolution {id}, which is not proven.")),
        };
        return (run.max(status), says);
    }
    let rests = credit.evidence();
    let weakest = rests.iter().map(|id| (standing.evidence.get(id).copied().unwrap_or(Status::Missing), *id)).max();
    match weakest {
        Some((status @ (Status::Missing | Status::Mismatch), id)) => (status, format!("It rests on evidence {id}, which is not proven.")),
        Some((Status::IntegrityOnly, id)) if run == Status::Proven => {
            (Status::IntegrityOnly, format!("It rests on evidence {id}, which was not sealed when the bundle was made."))
        }
        _ if run != Status::Proven => (run, "The credit run that says so is not proven.".into()),
        _ => (Status::Proven, format!("{} lesson hours, resting on {} pieces of evidence", hour.hours, rests.len())),
    }
}

pub(super) fn place(proven: &Proven) -> String {
    format!("leaf {} of log {}", proven.index, proven.origin)
}

pub(super) fn sentence(text: &str) -> String {
    let mut chars = printable(text).chars().collect::<Vec<_>>();
    if let Some(first) = chars.first_mut() {
        *first = first.to_ascii_uppercase();
    }
    chars.into_iter().chain(['.']).collect()
}

/// Text of the bundle as it may be shown in a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().take(250).map(|c| if c.is_control() { '_' } else { c }).collect()
}
