//! Owns retention: which of this repository's workspaces are kept and which deleted, and the deletions.
//! The decision knows no API, the survey that it rests on only reads.

mod data;
mod inventory;
mod policy;
mod sweep;
mod verdict;

pub(crate) use data::keep_data;
pub(crate) use inventory::inventory;
pub(crate) use policy::{Policy, Scope};
pub(crate) use sweep::{Swept, sweep};
pub(crate) use verdict::{Verdict, decide};
