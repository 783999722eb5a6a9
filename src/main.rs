//! The `keshi` binary.

fn main() {}
