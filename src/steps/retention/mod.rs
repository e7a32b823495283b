//! Owns retention: which of this repository's workspaces are kept and which deleted, and the deletions.
//! The decision knows no API, the survey that it rests on only reads.

mod inventory;
mod policy;
mod sweep;
mod verdict;

pub use inventory::inventory;
pub use policy::{Policy, Scope};
pub use sweep::{Swept, sweep};
pub use verdict::{
    Decision, DeleteReason, Inventory, KeepReason, Kind, Managed, Unread, Updated, Verdict, decide,
};
