//! The signature base of [RFC 9421](https://www.rfc-editor.org/rfc/rfc9421), 2.5: the lines that are signed, made from a request, and read again.

use super::fields::wrong;
use super::params::Params;
use crate::error::{Error, Result, codes};

/// Longest base, in bytes: an address, the metadata of an upload, and some more lines.
const LONGEST: usize = 24 * 1024;
/// What gives away the sender; the base is kept and shown.
const SECRET: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "x-csrf-token"];

/// A request, as far as it can be signed.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// Scheme and authority under which people reach the server, and what stands before every path, if anything: `https://keshi.example.org`.
    pub origin: &'a str,
    /// The path as sent.
    pub path: &'a str,
    /// The query as sent, without the question mark.
    pub query: Option<&'a str>,
    /// The value of a field by its name in small letters, lines of the same name joined by `, `.
    pub field: &'a (dyn Fn(&str) -> Result<Option<String>> + Sync),
}

impl Request<'_> {
    /// The value of a component that a signature covers.
    fn value(&self, name: &str) -> Result<String> {
        let (scheme, rest) = self.origin.split_once("://").unwrap_or(("http", self.origin));
        let (authority, before) =
            rest.split_once('/').map_or((rest, String::new()), |(authority, before)| (authority, format!("/{before}")));
        let query = self.query.map(|query| format!("?{query}"));
        let path = format!("{before}{}", self.path);
        Ok(match name {
            "@method" => self.method.to_owned(),
            "@scheme" => scheme.to_owned(),
            "@authority" => authority.to_owned(),
            "@path" => path,
            "@query" => query.unwrap_or_else(|| "?".to_owned()),
            "@target-uri" => format!("{scheme}://{authority}{path}{}", query.unwrap_or_default()),
            "@request-target" => format!("{path}{}", query.unwrap_or_default()),
            derived if derived.starts_with('@') => {
                return Err(wrong(format!("covers {derived}, which this server does not derive; leave it out")));
            }
            secret if SECRET.contains(&secret) => {
                return Err(wrong(format!("covers {secret}, and what is signed is kept and shown; leave it out")));
            }
            field => (self.field)(field)?.ok_or_else(|| wrong(format!("covers the field {field}, which the request does not have")))?,
        })
    }
}

/// The base of a request.
///
/// Errors: `signature_malformed` where it covers what is not there or may not be kept.
pub(super) fn base(request: &Request<'_>, params: &Params) -> Result<String> {
    let mut base = String::new();
    for name in params.components() {
        let value = request.value(name)?;
        if value.bytes().any(|byte| !(byte == b'\t' || (b' '..=b'~').contains(&byte))) {
            return Err(wrong(format!("covers {name}, whose value is not plain ASCII")));
        }
        base += &format!("\"{name}\": {value}\n");
        if base.len() > LONGEST {
            return Err(wrong(format!("covers more than {LONGEST} bytes")));
        }
    }
    base += &format!("\"@signature-params\": {}", params.text());
    Ok(base)
}

/// What a base says: its parameters, and the covered components with their values, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Covered {
    /// The parameters.
    pub(super) params: Params,
    values: Vec<(String, String)>,
}

impl Covered {
    /// Reads a base; only what [`base`] writes is one.
    pub(super) fn read(text: &str) -> Result<Covered> {
        let broken = || Error::new(&codes::SIGNATURE_MALFORMED, "This is no signature base.");
        let (lines, last) = text.rsplit_once('\n').ok_or_else(broken)?;
        let params = Params::read(last.strip_prefix("\"@signature-params\": ").ok_or_else(broken)?)?;
        let mut values = Vec::new();
        let mut lines = lines.split('\n');
        for name in params.components() {
            let value = lines.next().and_then(|line| line.strip_prefix(&format!("\"{name}\": "))).ok_or_else(broken)?;
            values.push((name.clone(), value.to_owned()));
        }
        // The parameters must stand as they are written from what they say, so that one base has one meaning.
        if lines.next().is_some() || text.len() > LONGEST + 8192 || format!("\"@signature-params\": {}", params.text()) != last {
            return Err(broken());
        }
        Ok(Covered { params, values })
    }

    /// The value of a covered component.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Path and query of the target, however it was covered.
    pub(super) fn target(&self) -> Option<(&str, &str)> {
        if let Some(uri) = self.value("@target-uri") {
            let rest = uri.split_once("://")?.1;
            let place = rest.find('/').map_or("/", |at| &rest[at..]);
            return Some(place.split_once('?').unwrap_or((place, "")));
        }
        self.value("@authority")?;
        Some((self.value("@path")?, self.value("@query")?.strip_prefix('?')?))
    }
}
