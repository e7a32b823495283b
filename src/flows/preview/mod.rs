//! The preview flow.

pub mod checks;
pub mod plan;
pub mod way;
