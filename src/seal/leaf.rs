//! What enters the log: small canonical JSON, without personal data.
//!
//! A leaf is public: whoever mirrors the log has it. So it names things by keshi's random ids and digests, never by name, number or file
//! name, and leaves trainees out altogether.

use crate::error::{Error, Result, codes};
use crate::ids::{ClassId, EvidenceId, LessonId, RunId};
use crate::time::Time;
use serde_json::{Map, Value, json};
use storage::Digest;
use tlog_tiles::{Hash, record_hash};

/// The most bytes a leaf may have. Bundles could hold 64 KiB (lengths are two bytes); this keeps the batches a server remembers,
/// 2 × 4096 leaves, under 64 MiB whatever is sealed.
pub const MAX_LEAF: usize = 8 * 1024;

/// A leaf: the bytes that are hashed into the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    body: Vec<u8>,
}

/// That a piece of evidence was received.
#[derive(Clone, Debug)]
pub struct EvidenceLeaf<'a> {
    /// Its id.
    pub evidence: EvidenceId,
    /// What it is said to be: `attendance`, `video`, `screenshot`, `document`.
    pub evidence_kind: &'a str,
    /// Its bytes.
    pub digest: Digest,
    /// Their number.
    pub size: u64,
    /// What they were found to be.
    pub media_type: &'a str,
    /// Who sent it: the id of a token or a login.
    pub submitter: &'a str,
    /// The place it was submitted for.
    pub class: Option<ClassId>,
    /// The lesson it was submitted for.
    pub lesson: Option<LessonId>,
    /// The claimed beginning.
    pub from: Option<Time>,
    /// The claimed end.
    pub until: Option<Time>,
    /// When its last byte arrived.
    pub received_at: Time,
}

/// That the hours of a lesson were calculated.
#[derive(Clone, Debug)]
pub struct CreditRunLeaf<'a> {
    /// The lesson.
    pub lesson: LessonId,
    /// The run.
    pub run: RunId,
    /// Id and version of the policy.
    pub policy: &'a str,
    /// SHA-256 of the canonical result of all trainees.
    pub digest: Digest,
    /// When.
    pub at: Time,
}

impl Leaf {
    /// A leaf of any kind: `fields` with `v` and `kind` added, canonical. What is `null` is left out.
    ///
    /// The caller answers for it that nothing in it is personal data. Errors: `internal` when it is longer than [`MAX_LEAF`].
    pub fn new(kind: &str, mut fields: Map<String, Value>) -> Result<Leaf> {
        fields.retain(|_, value| !value.is_null());
        fields.insert("v".to_owned(), json!(1));
        fields.insert("kind".to_owned(), json!(kind));
        let body = canonical(&Value::Object(fields)).into_bytes();
        if body.len() > MAX_LEAF {
            return Err(Error::new(&codes::INTERNAL, format!("A leaf of kind {kind} is longer than {MAX_LEAF} bytes; nothing was kept.")));
        }
        Ok(Leaf { body })
    }

    /// The leaf of a piece of evidence.
    pub fn evidence(of: &EvidenceLeaf<'_>) -> Result<Leaf> {
        let fields = json!({
            "evidence": of.evidence, "evidence_kind": of.evidence_kind, "digest": of.digest.to_string(), "size": of.size,
            "media_type": of.media_type, "submitter": of.submitter, "class": of.class, "lesson": of.lesson,
            "from": of.from, "until": of.until, "received_at": of.received_at,
        });
        Leaf::of("evidence", fields)
    }

    /// The leaf of a credit run.
    pub fn credit_run(of: &CreditRunLeaf<'_>) -> Result<Leaf> {
        let fields = json!({
            "lesson": of.lesson, "run": of.run, "policy": of.policy, "digest": of.digest.to_string(), "at": of.at,
        });
        Leaf::of("credit_run", fields)
    }

    fn of(kind: &str, fields: Value) -> Result<Leaf> {
        match fields {
            Value::Object(fields) => Leaf::new(kind, fields),
            _ => Err(Error::internal("the fields of a leaf are an object")),
        }
    }

    /// Its bytes.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Its hash in the tree (RFC 6962: a zero byte before the body).
    pub(super) fn hash(&self) -> Hash {
        record_hash(&self.body)
    }
}

/// JSON with sorted keys and no spaces, so that equal values are equal bytes.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            let fields: Vec<String> =
                sorted.into_iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_evidence_leaf_is_sorted_json_without_spaces_or_empty_fields() {
        let leaf = Leaf::evidence(&EvidenceLeaf {
            evidence: EvidenceId(Uuid::from_u128(1)),
            evidence_kind: "attendance",
            digest: Digest::of(b"x"),
            size: 1,
            media_type: "text/csv",
            submitter: "token:1",
            class: Some(ClassId(Uuid::from_u128(2))),
            lesson: None,
            from: None,
            until: None,
            received_at: Time(1_583_197_200_000_000),
        })
        .expect("fits");
        insta::assert_snapshot!(String::from_utf8_lossy(leaf.body()), @r#"{"class":"00000000-0000-0000-0000-000000000002","digest":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","evidence":"00000000-0000-0000-0000-000000000001","evidence_kind":"attendance","kind":"evidence","media_type":"text/csv","received_at":"2020-03-03T01:00:00Z","size":1,"submitter":"token:1","v":1}"#);
    }

    #[test]
    fn a_leaf_that_fits_no_bundle_is_refused() {
        let fields = Map::from_iter([("text".to_owned(), json!("x".repeat(MAX_LEAF)))]);
        assert_eq!(Leaf::new("long", fields).expect_err("too long").code, "internal");
    }

    #[test]
    fn nested_keys_are_sorted_and_strings_escaped() {
        assert_eq!(
            canonical(&json!({"b": {"d": 1, "c": [null, "\"\n课"]}, "a": true})),
            "{\"a\":true,\"b\":{\"c\":[null,\"\\\"\\n课\"],\"d\":1}}"
        );
    }
}
