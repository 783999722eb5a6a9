//! TODO: analyse
