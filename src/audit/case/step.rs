//! A step in the life of a case: its document, what its leaf says, and a case told from its steps. No IO.

use super::{Kind, Outcome, Thing};
use crate::error::{Error, Result};
use crate::ids::{CaseId, CaseStepId};
use crate::seal::leaf::canonical;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use storage::Digest;

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Done {
    /// The case was opened.
    Opened { title: String },
    /// Something was put in, with what it said then.
    Added { thing: Thing, said: Value, text: Option<String> },
    /// What a step put in was taken out.
    Removed { thing: Thing, added: CaseStepId, text: Option<String> },
    /// A note.
    Noted { text: String },
    /// The case was closed, with so much at risk.
    Closed { outcome: Outcome, money_fen: i64, text: Option<String> },
    /// The case was opened again.
    Reopened { text: String },
}

impl Done {
    /// The word it is kept as.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Done::Opened { .. } => "opened",
            Done::Added { .. } => "added",
            Done::Removed { .. } => "removed",
            Done::Noted { .. } => "noted",
            Done::Closed { .. } => "closed",
            Done::Reopened { .. } => "reopened",
        }
    }

    fn fields(&self) -> Value {
        match self {
            Done::Opened { title } => json!({ "title": title }),
            Done::Added { thing, said, text } => json!({ "kind": thing.kind, "subject": thing.id, "said": said, "text": text }),
            Done::Removed { thing, added, text } => json!({ "kind": thing.kind, "subject": thing.id, "added": added, "text": text }),
            Done::Noted { text } | Done::Reopened { text } => json!({ "text": text }),
            Done::Closed { outcome, money_fen, text } => json!({ "outcome": outcome, "money_fen": money_fen, "text": text }),
        }
    }

    /// What the log may know of it: no title, no text, no trainee.
    fn public(&self) -> Map<String, Value> {
        let mut public = Map::new();
        let mut tell = |name: &str, value: Value| drop(public.insert(name.to_owned(), value));
        match self {
            Done::Added { thing, .. } | Done::Removed { thing, .. } => {
                tell("item", json!(thing.kind));
                if thing.kind != Kind::Trainee {
                    tell(thing.kind.as_str(), json!(thing.id));
                }
            }
            Done::Closed { outcome, .. } => tell("outcome", json!(outcome)),
            Done::Opened { .. } | Done::Noted { .. } | Done::Reopened { .. } => {}
        }
        if let Done::Added { said, thing: Thing { kind: Kind::Finding, .. }, .. } = self {
            tell("rule", said["rule"].clone());
            tell("rule_version", said["rule_version"].clone());
        }
        public
    }
}

/// A step about to be kept.
pub(super) struct New<'a> {
    pub(super) id: CaseStepId,
    pub(super) case: CaseId,
    /// From 1.
    pub(super) number: i64,
    /// Digest of the step before.
    pub(super) before: Option<Digest>,
    pub(super) done: &'a Done,
    /// Label and name of who did it.
    pub(super) by: (&'a str, &'a str),
    pub(super) at: Time,
    /// Random bytes, so that nobody can guess a note and hold it against the log.
    pub(super) salt: [u8; 16],
}

impl New<'_> {
    /// What is kept: canonical JSON.
    pub(super) fn document(&self) -> Result<String> {
        let fields = json!({
            "v": 1, "id": self.id, "case": self.case, "number": self.number, "before": self.before.map(|digest| digest.to_string()),
            "step": self.done.word(), "by": self.by.0, "by_name": self.by.1, "at": self.at, "salt": hex::encode(self.salt),
        });
        let (Value::Object(mut all), Value::Object(own)) = (fields, self.done.fields()) else {
            return Err(Error::internal("the fields of a step are objects"));
        };
        all.extend(own);
        all.retain(|_, value| !value.is_null());
        Ok(canonical(&Value::Object(all)))
    }

    /// What is sealed.
    pub(super) fn leaf(&self, digest: Digest) -> Map<String, Value> {
        let mut fields = self.done.public();
        fields.insert("case".to_owned(), json!(self.case));
        fields.insert("number".to_owned(), json!(self.number));
        fields.insert("step".to_owned(), json!(self.done.word()));
        fields.insert("digest".to_owned(), json!(digest.to_string()));
        fields.insert("by".to_owned(), json!(self.by.0));
        fields.insert("at".to_owned(), json!(self.at));
        fields
    }
}

/// A step's document as read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Document {
    /// The step.
    pub id: CaseStepId,
    /// The case.
    pub case: CaseId,
    /// From 1, without gaps.
    pub number: i64,
    /// Digest of the step before.
    #[serde(default)]
    pub before: Option<String>,
    /// `opened`, `added`, `removed`, `noted`, `closed`, `reopened`.
    pub step: String,
    /// Who: `token:<id>` or `login:<id>`.
    pub by: String,
    /// What people called them.
    pub by_name: String,
    /// When.
    pub at: Time,
    /// Of `opened`.
    #[serde(default)]
    pub title: Option<String>,
    /// Of `added` and `removed`: what it is.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// Of `added` and `removed`: its id.
    #[serde(default)]
    pub subject: Option<uuid::Uuid>,
    /// Of `added`: what it said then.
    #[serde(default)]
    pub said: Value,
    /// Of `removed`: the step that had put it in.
    #[serde(default)]
    pub added: Option<CaseStepId>,
    /// Of `closed`.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// Of `closed`: fen at risk then.
    #[serde(default)]
    pub money_fen: Option<i64>,
    /// A note, or a reason.
    #[serde(default)]
    pub text: Option<String>,
}

/// A line of a case's history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// From 1.
    pub number: i64,
    /// `opened`, `added`, `removed`, `noted`, `closed`, `reopened`.
    pub step: String,
    /// When.
    pub at: Time,
    /// Who.
    pub by: String,
    /// What people called them.
    pub by_name: String,
    /// What was put in or taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<uuid::Uuid>,
    /// What that is called: two languages of a finding, the file name of evidence.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub title: Value,
    /// How it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Fen at risk when it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money_fen: Option<i64>,
    /// A note, or a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its index in the log, once it is sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_index: Option<u64>,
}

impl Document {
    /// Reads a document. Errors: `internal` when it is none.
    pub fn read(bytes: &[u8]) -> Result<Document> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The line of the history.
    pub(super) fn line(&self, log_index: Option<u64>) -> Line {
        Line {
            number: self.number,
            step: self.step.clone(),
            at: self.at,
            by: self.by.clone(),
            by_name: self.by_name.clone(),
            kind: self.kind,
            subject: self.subject,
            title: self.called(),
            outcome: self.outcome,
            money_fen: self.money_fen,
            text: self.text.clone(),
            log_index,
        }
    }

    /// What the item is called, as it said itself.
    fn called(&self) -> Value {
        let said = &self.said;
        [&said["title"], &said["filename"], &said["external_id"]].into_iter().find(|name| !name.is_null()).cloned().unwrap_or_default()
    }

    /// The ids of the evidence that the item points to: its own, or a finding's.
    pub fn evidence(&self) -> Vec<String> {
        match (self.kind, self.subject) {
            (Some(Kind::Evidence), Some(id)) => vec![id.to_string()],
            (Some(Kind::Finding), _) => {
                let pointers = self.said["evidence"].as_array().into_iter().flatten();
                let mut ids: Vec<String> = pointers.filter_map(|pointer| Some(pointer["id"].as_str()?.to_owned())).collect();
                ids.sort();
                ids.dedup();
                ids
            }
            _ => Vec::new(),
        }
    }
}

/// What is in a case after its steps: the step that put each in.
pub fn standing(steps: &[Document]) -> Vec<&Document> {
    let mut standing: BTreeMap<CaseStepId, &Document> = BTreeMap::new();
    for step in steps {
        match (step.step.as_str(), step.added) {
            ("added", _) => drop(standing.insert(step.id, step)),
            ("removed", Some(added)) => drop(standing.remove(&added)),
            _ => {}
        }
    }
    let mut standing: Vec<&Document> = standing.into_values().collect();
    standing.sort_by_key(|step| step.number);
    standing
}

/// A case as a text for people, from its steps alone: whoever has the steps makes the same text.
pub fn told(steps: &[Document]) -> String {
    let mut text = String::new();
    let title = steps.iter().find_map(|step| step.title.as_deref()).unwrap_or_default();
    let mut line = |words: String| writeln!(text, "{words}").expect("a String takes any text");
    line(format!("案件 Case: {title}"));
    line(String::new());
    line("经过 · Steps".to_owned());
    for step in steps {
        line(format!("{}. {}  {}  {}", step.number, step.at, word(&step.step), step.by_name));
        if let Some(kind) = step.kind {
            let of = step.said["title"]["zh"].as_str().or(step.said["title"].as_str()).unwrap_or_default();
            let id = step.subject.map(|id| id.to_string()).unwrap_or_default();
            line(format!("   {} {id} {of}", kind.as_str()));
        }
        for lang in ["zh", "en"] {
            if let Some(seen) = step.said["seen"][lang].as_str() {
                line(format!("   {seen}"));
            }
        }
        if let Some(version) = step.said["rule_version"].as_i64() {
            line(format!("   {} v{version} · {} 元 yuan", step.said["rule"].as_str().unwrap_or_default(), yuan(&step.said["money_fen"])));
        }
        if let Some(outcome) = step.outcome {
            line(format!("   {} · {} 元 yuan", outcome.as_str(), yuan(&json!(step.money_fen))));
        }
        for words in step.text.iter().flat_map(|text| text.lines()) {
            line(format!("   | {words}"));
        }
    }
    line(String::new());
    line("现有内容 · In the case".to_owned());
    for step in standing(steps) {
        let id = step.subject.map(|id| id.to_string()).unwrap_or_default();
        line(format!("- {} {id} ({})", step.kind.map_or("", Kind::as_str), step.number));
    }
    text
}

fn word(step: &str) -> &str {
    match step {
        "opened" => "立案 opened",
        "added" => "加入 added",
        "removed" => "移出 removed",
        "noted" => "记录 noted",
        "closed" => "结案 closed",
        "reopened" => "重新立案 reopened",
        other => other,
    }
}

fn yuan(fen: &Value) -> String {
    let fen = fen.as_i64().unwrap_or_default();
    format!("{}.{:02}", fen / 100, fen.abs() % 100)
}
