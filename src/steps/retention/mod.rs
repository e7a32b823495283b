//! Owns retention: which of this repository's workspaces are kept and which deleted, and the deletions.
//! The decision knows no API, the survey that it rests on only reads.

mod policy;
mod survey;
mod sweep;
mod verdict;

pub use policy::{Policy, Scope};
pub use survey::survey;
pub use sweep::{Swept, sweep};
pub use verdict::{Fate, Ground, Kind, Own, Reprieve, Survey, Unread, Updated, Verdict, decide};
