//! When something does not work: what happened, that nothing was lost, what to do next.

use super::frame::Frame;
use askama::Template;

/// The page for every error, the unknown address included.
#[derive(Debug, Template)]
#[template(path = "trouble.html")]
pub struct Trouble {
    /// Surroundings.
    pub frame: Frame,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// The sentence of the error, in English, for codes that have no words of their own.
    pub message: String,
}

impl Trouble {
    /// The sentence in the reader's language.
    pub fn sentence(&self) -> &str {
        match self.frame.code("trouble_code", &self.code) {
            // What the API says of an id that leads nowhere speaks of the API; a person needs another next step.
            same if same == self.code && self.status == 404 => self.frame.t("trouble_code.not_found"),
            same if same == self.code => &self.message,
            words => words,
        }
    }
}
