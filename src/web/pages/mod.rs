//! The pages: one file per page, the page's struct beside its handler, plain data inside; `templates/` says how it looks.
//!
//! [`frame`] is what surrounds every page, [`words`] the two languages, [`format`] numbers and times, [`state`] the four states,
//! [`line`] and [`matrix`] the two pictures that carry the work. A page is gathered by its `read` for a [`reader::Reader`], who says
//! what may be seen; names are masked there and nowhere else.

// What pages share.
pub mod assets;
mod facts;
pub mod format;
pub mod frame;
pub mod line;
pub mod matrix;
pub mod proof;
pub mod reader;
pub mod state;
mod trace;
pub mod words;

// The pages.
pub mod class;
pub mod classes;
pub mod evidence;
pub mod evidence_list;
pub mod finding;
pub mod findings;
pub mod hour;
pub mod jobs;
pub mod lesson;
pub mod log;
pub mod login;
pub mod trainee;
pub mod trouble;
pub mod work;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

/// The addresses of the pages.
pub fn router() -> axum::Router<crate::app::App> {
    axum::Router::new()
}
