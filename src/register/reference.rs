//! How outside clients name things: keshi's id, or their own as `ext:<id>`.

use crate::error::{Error, Result, codes};
use std::fmt;
use uuid::Uuid;

/// Longest external id taken, in bytes.
pub(crate) const MAX_EXTERNAL: usize = 200;

/// A name in a path, query or body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// keshi's own id.
    Id(Uuid),
    /// The caller's id.
    External(String),
}

impl Reference {
    /// What statements compare `id` with; matches nothing for an external id.
    pub fn id_text(&self) -> String {
        match self {
            Reference::Id(id) => id.hyphenated().to_string(),
            Reference::External(_) => String::new(),
        }
    }

    /// What statements compare `external_id` with; `None` (which equals nothing in SQL) for keshi's id.
    pub fn external_text(&self) -> Option<&str> {
        match self {
            Reference::Id(_) => None,
            Reference::External(text) => Some(text),
        }
    }
}

impl std::str::FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Reference> {
        if let Some(external) = text.strip_prefix("ext:") {
            return external_id(external).map(Reference::External);
        }
        Uuid::try_parse(text).map(Reference::Id).map_err(|_| Error::of(&codes::INVALID_ID))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Id(id) => id.hyphenated().fmt(f),
            Reference::External(text) => write!(f, "ext:{text}"),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Reference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Reference, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An external id as a caller may set it: 1 to [`MAX_EXTERNAL`] bytes without control characters, blanks around it cut off.
pub(crate) fn external_id(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_EXTERNAL || text.chars().any(char::is_control) {
        return Err(Error::new(&codes::INVALID_ID, format!("An external_id is 1 to {MAX_EXTERNAL} bytes without control characters.")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_an_id_or_an_external_id_and_nothing_else() {
        let id: Reference = "0190a000-0000-7000-8000-000000000001".parse().expect("an id");
        assert_eq!(id.external_text(), None);
        let external: Reference = "ext:班-1".parse().expect("external");
        assert_eq!((external.external_text(), external.id_text().as_str()), (Some("班-1"), ""));
        for bad in ["", "班-1", "ext:", "ext: ", "ext:a\nb"] {
            assert!(bad.parse::<Reference>().is_err(), "{bad:?}");
        }
    }
}
