//! The cleanup flow.

pub mod plan;
pub mod way;
