//! Logging in.

use super::frame::Frame;
use askama::Template;

/// The form, and the same form after a wrong password.
#[derive(Debug, Template)]
#[template(path = "login.html")]
pub struct Login {
    /// Surroundings.
    pub frame: Frame,
    /// The last try failed.
    pub failed: bool,
    /// The name given at the last try.
    pub name: String,
    /// Where to go afterwards: a path of this server.
    pub next: String,
}
