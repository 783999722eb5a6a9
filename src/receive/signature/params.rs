//! `@signature-params`: what a signature covers, by which key, when.

use super::fields::wrong;
use crate::error::Result;
use crate::time::{SECOND, Time};
use sfv::{BareItem, InnerList, ListEntry, ListSerializer, Parser};

/// Most components a signature may cover.
const MOST: usize = 32;
/// Longest name of a key.
const LONGEST_KEY: usize = 100;
/// The one algorithm.
const ALGORITHM: &str = "ed25519";

/// The parameters of a signature.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Params {
    list: InnerList,
    components: Vec<String>,
    created: Time,
    expires: Option<Time>,
    key: String,
}

impl Eq for Params {}

impl Params {
    /// Reads them from the value of `@signature-params`.
    pub(super) fn read(text: &str) -> Result<Params> {
        let list: Vec<ListEntry> = Parser::new(text).parse().map_err(|_| wrong("has parameters that cannot be read"))?;
        match <[ListEntry; 1]>::try_from(list) {
            Ok([ListEntry::InnerList(list)]) => Params::of(list),
            _ => Err(wrong("has parameters that are no list")),
        }
    }

    /// Reads them from a member of `Signature-Input`.
    ///
    /// Errors: `signature_malformed`.
    pub(super) fn of(list: InnerList) -> Result<Params> {
        if list.items.len() > MOST {
            return Err(wrong(format!("covers more than {MOST} components")));
        }
        let mut components: Vec<String> = Vec::new();
        for item in &list.items {
            let BareItem::String(name) = &item.bare_item else { return Err(wrong("covers something that has no name")) };
            let name = name.as_str();
            let plain =
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"@-_".contains(&byte));
            if !plain || !item.params.is_empty() || components.iter().any(|known| known == name) {
                return Err(wrong(
                    "covers a component twice, with parameters, or under a name with other than small letters, digits and hyphens",
                ));
            }
            components.push(name.to_owned());
        }
        let text = |name: &str| match list.params.get(name) {
            None => Ok(None),
            Some(BareItem::String(value)) => Ok(Some(value.as_str())),
            Some(_) => Err(wrong(format!("has a parameter {name} that is no string"))),
        };
        let moment = |name: &str| match list.params.get(name) {
            None => Ok(None),
            Some(BareItem::Integer(value)) => Ok(Some(Time(i64::from(*value).saturating_mul(SECOND)))),
            Some(_) => Err(wrong(format!("has a parameter {name} that is no whole number of seconds"))),
        };
        if text("alg")?.is_some_and(|named| named != ALGORITHM) {
            return Err(wrong(format!("names another algorithm than {ALGORITHM}")));
        }
        let key =
            text("keyid")?.filter(|key| key.len() <= LONGEST_KEY).ok_or_else(|| wrong("names no key: keyid is missing or too long"))?;
        let created = moment("created")?.ok_or_else(|| wrong("does not say when it was created: created is missing"))?;
        Ok(Params { key: key.to_owned(), created, expires: moment("expires")?, components, list })
    }

    /// As it is written: the structured field of what they say.
    pub(super) fn text(&self) -> String {
        let mut list = ListSerializer::new();
        list.members([&ListEntry::InnerList(self.list.clone())]);
        list.finish().unwrap_or_default()
    }

    /// What is covered, in order.
    pub(super) fn components(&self) -> &[String] {
        &self.components
    }

    /// Whether something is covered.
    pub(super) fn covers(&self, name: &str) -> bool {
        self.components.iter().any(|known| known == name)
    }

    /// The key's name.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// When it was signed, as the signer says.
    pub(super) fn created(&self) -> Time {
        self.created
    }

    /// Until when the signer stands for it as a request.
    pub(super) fn expires(&self) -> Option<Time> {
        self.expires
    }
}
