//! Whole lessons through the database, on both engines: kept, kept again, overtaken, moved, cancelled.

pub(crate) mod sql;
mod stage;
mod tests;
