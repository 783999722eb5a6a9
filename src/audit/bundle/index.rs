//! `data/bundle.json`: what is in the bundle and how it hangs together. It is a table of contents, not a proof: the verifier holds every
//! line of it against what is sealed.

use crate::ids::{
    CaseId, CaseStepId, ClassId, EvidenceId, FindingId, LessonId, PlatformKeyId, ResolutionId, RevocationId, RunId, SignatureId, TraineeId,
};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// The table of contents.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Index {
    /// Version of this shape.
    pub(super) v: u32,
    /// What the bundle is about.
    pub(super) about: About,
    /// When it was made.
    pub(super) made_at: Time,
    /// The log that seals what is in it.
    pub(super) origin: String,
    /// In the order of ids.
    pub(super) evidence: Vec<Evidence>,
    /// In the order of ids.
    pub(super) runs: Vec<Run>,
    /// By run, then by trainee.
    pub(super) credits: Vec<Hour>,
    /// What people said of who somebody is, where hours rest on it; in the order of ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) resolutions: Vec<Resolution>,
    /// What platforms signed of the evidence, in the order of ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) signatures: Vec<Signature>,
    /// The keys they signed with, in the order of ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) keys: Vec<Key>,
    /// The policies that are in it as values, by `id-fingerprint`.
    pub(super) policies: Vec<String>,
    /// The case, where the bundle is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) case: Option<Case>,
}

/// What the bundle is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    /// `class`, `lesson`, `trainee`, `hour`, `evidence` or `case`.
    pub(super) kind: String,
    /// keshi's id of it; of an hour, the lesson's and the trainee's, parted by a dot.
    pub(super) id: String,
}

/// A piece of evidence.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Evidence {
    pub(super) id: EvidenceId,
    pub(super) kind: String,
    pub(super) sha256: String,
    pub(super) size: u64,
    pub(super) media_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) filename: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) class: Option<ClassId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lesson: Option<LessonId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) trainee: Option<TraineeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<Time>,
    pub(super) received_at: Time,
    /// Its bytes.
    pub(super) file: String,
    /// Why its bytes are not in the bundle, when they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) absent: Option<String>,
    pub(super) sealed: bool,
}

/// A calculation of a lesson's hours, for all its trainees.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) id: RunId,
    pub(super) lesson: LessonId,
    pub(super) policy: String,
    pub(super) at: Time,
    /// SHA-256 of its document.
    pub(super) sha256: String,
    pub(super) sealed: bool,
}

/// What one trainee is credited in a run: the hours the bundle is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Hour {
    pub(super) run: RunId,
    pub(super) lesson: LessonId,
    pub(super) trainee: TraineeId,
    pub(super) credited_ms: i64,
    pub(super) hours: String,
}

/// What a person said of who somebody is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Resolution {
    pub(super) id: ResolutionId,
    pub(super) class: ClassId,
    pub(super) at: Time,
    /// SHA-256 of its document.
    pub(super) sha256: String,
    pub(super) sealed: bool,
}

/// A platform's signature over a piece of evidence.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Signature {
    pub(super) id: SignatureId,
    pub(super) evidence: EvidenceId,
    /// The registration of the key.
    pub(super) registration: PlatformKeyId,
    /// When it was taken.
    pub(super) at: Time,
    /// SHA-256 of its document.
    pub(super) sha256: String,
    pub(super) sealed: bool,
}

/// A key that a platform signs with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Key {
    /// Its registration.
    pub(super) id: PlatformKeyId,
    pub(super) platform: String,
    /// What signatures call it.
    pub(super) key: String,
    pub(super) at: Time,
    pub(super) sealed: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) revocations: Vec<Revoked>,
}

/// That a key counts no more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Revoked {
    pub(super) id: RevocationId,
    pub(super) from: Time,
    pub(super) at: Time,
    pub(super) sealed: bool,
}

/// A case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Case {
    pub(super) id: CaseId,
    /// From the first to the last.
    pub(super) steps: Vec<Step>,
    /// What people decided of its findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) decisions: Vec<Decision>,
    /// Digests of the texts of the rules that found them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) rules: Vec<String>,
}

/// A step of a case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) id: CaseStepId,
    pub(super) number: i64,
    /// SHA-256 of its document.
    pub(super) sha256: String,
    pub(super) sealed: bool,
}

/// What a person decided of a finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Decision {
    /// The entry of the finding's history.
    pub(super) id: FindingId,
    pub(super) finding: FindingId,
    pub(super) sealed: bool,
}

/// The document of a decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Decided {
    pub(super) decision: FindingId,
    pub(super) finding: FindingId,
    pub(super) status: String,
    pub(super) by: String,
    pub(super) at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

/// The document of a resolution, as far as the bundle needs it; its bytes are what is sealed.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    pub(super) resolution: ResolutionId,
    pub(super) class: ClassId,
    pub(super) says: String,
    pub(super) by: String,
    pub(super) at: Time,
    #[serde(default)]
    pub(super) trainee: Option<TraineeId>,
}

/// The document of a run, as far as the bundle needs it; its bytes are what is sealed.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    pub(super) lesson: LessonId,
    pub(super) policy: String,
    pub(super) credits: Vec<Credited>,
}

/// A trainee in the document of a run.
#[derive(Debug, Deserialize)]
pub(super) struct Credited {
    pub(super) trainee: TraineeId,
    pub(super) credited_ms: i64,
    pub(super) hours_milli: i64,
    pub(super) spans: Vec<Stretch>,
}

/// A stretch of the lesson and what it rests on.
#[derive(Debug, Deserialize)]
pub(super) struct Stretch {
    #[serde(default)]
    pub(super) evidence: Vec<Rests>,
}

/// A pointer to evidence.
#[derive(Debug, Deserialize)]
pub(super) struct Rests {
    pub(super) id: EvidenceId,
    #[serde(default)]
    pub(super) resolution: Option<ResolutionId>,
}

impl Credited {
    /// All evidence it points to, each once, in order.
    pub(super) fn evidence(&self) -> std::collections::BTreeSet<EvidenceId> {
        self.spans.iter().flat_map(|span| &span.evidence).map(|rests| rests.id).collect()
    }

    /// All that people said of who the trainee is in the rows it points to, each once, in order.
    pub(super) fn resolutions(&self) -> std::collections::BTreeSet<ResolutionId> {
        self.spans.iter().flat_map(|span| &span.evidence).filter_map(|rests| rests.resolution).collect()
    }
}

impl About {
    /// The folder in the zip, and the zip's name.
    pub(super) fn folder(&self) -> String {
        format!("keshi-{}-{}", self.kind, self.id)
    }
}

impl std::fmt::Display for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}
