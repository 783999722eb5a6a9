//! What the evidence says: [`attendance`] logs become events, [`media`] become facts.

pub mod attendance;
pub mod media;
