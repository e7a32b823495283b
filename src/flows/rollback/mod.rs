//! The rollback flow.

pub mod checks;
mod describe;
mod releases;
mod target;
pub mod way;
