//! keshi (课时): evidence and verification server for publicly paid online training.
//!
//! The folders are the pipeline: [`register`] the plan, [`receive`] bytes, [`store`] them as evidence, [`seal`] them in the
//! Merkle log, [`analyse`] what they say, keep events in the [`lake`], [`link`] them to lesson hours, [`detect`] hours that
//! cannot be true, [`audit`] any of it, and [`tell`] outsiders. [`pipeline`] says what follows what. A stage knows only the stages before it.

pub mod error;
pub mod ids;
pub mod tables;
pub mod time;

pub mod app;
pub mod cli;
pub mod config;
pub mod db;
pub mod jobs;
pub mod pipeline;
pub mod print;
pub mod web;

pub mod analyse;
pub mod audit;
pub mod detect;
pub mod lake;
pub mod link;
pub mod receive;
pub mod register;
pub mod seal;
pub mod simulate;
pub mod store;
pub mod tell;
