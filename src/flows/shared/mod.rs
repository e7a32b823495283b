//! What several flows are made of.

pub(super) mod alongside;
pub(super) mod build;
pub(super) mod candidate;
pub(super) mod choices;
pub(super) mod creation;
pub(super) mod describe;
pub(super) mod domains;
pub(super) mod event;
pub(super) mod existing;
pub(super) mod failed;
pub(super) mod preflight;
pub(super) mod promotion;
pub(super) mod reads;
pub(super) mod ready;
pub(super) mod recovery;
pub(super) mod standing;
pub(super) mod update;
