//! What several flows are made of.

pub mod build;
pub mod candidate;
pub mod choices;
pub mod creation;
pub mod describe;
pub mod domains;
pub(crate) mod event;
pub mod failed;
pub mod preflight;
pub mod promotion;
pub mod standing;
pub mod update;
