//! The promote flow.

pub mod checks;
pub mod way;
