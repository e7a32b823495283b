//! The zero-downtime flow.

pub mod way;
