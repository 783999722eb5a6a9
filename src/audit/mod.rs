//! Stage 8: any of it looked at, from any end.

pub mod overview;
