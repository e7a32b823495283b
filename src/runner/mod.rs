//! What the GitHub runner reads and shows: its files, its commands, its summary. Knows nothing of releases.

pub mod door;
mod escapes;
pub mod files;
mod layers;
pub mod log;
pub mod markdown;
pub mod page;
mod plain;
pub mod random;
pub mod secret;
mod secrets;
pub(crate) mod state;
