//! A simulated training month, made from a seed: what an outside client would have and do.
//!
//! Enters: a seed and a [`Scale`]. Leaves: a [`Plan`] (pure data with the truth in it), files as the vendors' programs write them
//! ([`write()`]), the same sent over HTTP by the contract ([`send()`]), and a comparison of the server's answers with the truth
//! ([`check()`]). Promised: the same seed gives the same plan, logs and pictures everywhere, and the same videos with the same
//! ffmpeg. Nothing here knows the server's code; the expected hours are reckoned by [`truth`] alone.

mod bulk;
mod chance;
mod check;
mod compose;
mod draw;
mod frauds;
mod lists;
mod logs;
mod media_plan;
mod money;
mod people;
mod picture;
mod plan;
mod send;
mod sitting;
mod sound;
#[cfg(test)]
mod tests;
pub mod truth;
mod video;
mod viewing;
mod write;

pub use bulk::Bulk;
pub use check::{Agreement, Answers, check};
pub use compose::plan;
pub use lists::{List, application, lessons as timetable, roster};
pub use logs::export;
pub use money::{Money, certificates, send_money};
pub use people::Person;
pub use picture::Photo;
pub use plan::{
    Act, Class, Content, Expected, Fraud, Item, Lesson, ListFormat, Plan, Provider, Scale, Sitting, Source, Stranger, Trainee, Viewing,
    Visit,
};
pub use send::{Access, Client, Sent, providers, send, settle};
pub use video::Recording;
pub use write::{Written, write};
