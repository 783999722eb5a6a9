//! Who reads a page, and what a page is gathered from.

use super::frame::Frame;
use super::words::Lang;
use crate::audit::deadline;
use crate::audit::overview::{Name, Scope};
use crate::db::Db;
use crate::detect::{Both, Rules};
use crate::lake::Lake;
use crate::register::Calendar;
use crate::register::lists::Lists;
use crate::register::policy::Policies;
use crate::register::secrets::Secrets;
use crate::seal::Log;
use storage::Objects;

/// A person before a page: what may be seen, in which language, and where it is looked up.
pub struct Reader<'a> {
    /// The database.
    pub db: &'a Db,
    /// The events of logs.
    pub lake: &'a Lake,
    /// The sealed log.
    pub log: &'a Log,
    /// The bytes of evidence.
    pub objects: &'a Objects,
    /// The days that are worked.
    pub calendar: &'a Calendar,
    /// The policies in force.
    pub policies: &'a Policies,
    /// The lists of trades and institutions.
    pub lists: &'a Lists,
    /// The rules of detection.
    pub rules: &'a Rules,
    /// The keys to personal data.
    pub secrets: &'a Secrets,
    /// What of it the reader may see.
    pub scope: Scope,
    /// Whether the reader may see names in full.
    pub names: bool,
    /// Whether the reader may see rows of logs as they were written, numbers and addresses of people included.
    pub personal: bool,
    /// Whether the reader may see who looked.
    pub trail: bool,
    /// Whether the reader gives people what is kept of them.
    pub gives: bool,
    /// Whether the reader may see findings.
    pub findings: bool,
    /// Whether the reader may judge them.
    pub judges: bool,
    /// Whether the reader may say who somebody is whom logs name.
    pub resolves: bool,
    /// Whether the reader decides applications.
    pub decides: bool,
    /// Whether the reader may change plans.
    pub plans: bool,
    /// Whether the reader may show session codes.
    pub shows_codes: bool,
    /// Whether the reader may hand over evidence.
    pub submits: bool,
    /// Whether the reader may see the notice's reports, and of all classes.
    pub reports: bool,
    /// Whether the reader may see to jobs.
    pub operates: bool,
    /// What the page has around it.
    pub frame: Frame,
}

impl Reader<'_> {
    /// By what deadlines are counted.
    pub fn deadline_rules(&self) -> deadline::Rules<'_> {
        deadline::Rules { policies: self.policies, calendar: self.calendar }
    }

    /// A person's name, as far as the reader may see it: `王小红`, or `王**`.
    pub fn person(&self, name: &str) -> String {
        if self.names { name.to_owned() } else { masked(name) }
    }

    /// A text in the reader's language.
    pub fn told<'t>(&self, text: &'t Both) -> &'t str {
        match self.frame.lang {
            Lang::Zh => &text.zh,
            Lang::En => &text.en,
        }
    }

    /// A name in the reader's language.
    pub fn named<'n>(&self, name: &'n Name) -> &'n str {
        match self.frame.lang {
            Lang::Zh => &name.zh,
            Lang::En => &name.en,
        }
    }
}

/// The first letter, and a star for each of the others.
fn masked(name: &str) -> String {
    name.chars().enumerate().map(|(place, letter)| if place == 0 { letter } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_name_keeps_its_first_letter_and_its_length() {
        assert_eq!(masked("欧阳雪梅"), "欧***");
        assert_eq!(masked(""), "");
    }
}
