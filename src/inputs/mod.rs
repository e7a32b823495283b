//! Owns the inputs: `INPUT_*` as typed values, and every mistake in them, told at once.

pub(crate) mod dotenv;
pub(crate) mod environment;
pub(crate) mod finish;
pub(crate) mod groups;
mod mistake;
mod names;
pub(crate) mod promotion;
pub(crate) mod reader;
mod recorded;
pub(crate) mod routes;
mod shown;
mod specs;
pub(crate) mod values;

pub use mistake::Mistake;
pub(crate) use reader::token;
pub(crate) use recorded::Recorded;
pub use specs::{SPECS, Spec};
