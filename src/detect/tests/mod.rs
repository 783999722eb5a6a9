//! Each rule planted, beside its nearest innocent explanation; and what becomes of findings from run to run.

mod backtest;
mod cases;
mod codes;
mod edited;
mod exported;
mod queue;
mod rules;
mod runs;
mod scores;
mod screen;
mod world;
