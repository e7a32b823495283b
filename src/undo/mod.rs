//! Owns the way back: what undoes an unfinished run, for flows, for cancellation and for the post step.

mod before;
pub(crate) mod by_hand;
mod flat;
mod journal;
mod launch;
pub(crate) mod outcome;
pub(crate) mod record;
mod release;
mod routes;
mod update;

pub(crate) use before::believe_before;
pub(crate) use journal::{Journal, Launched, Made, Promoted, Release, RunStage, Switched, Update};
pub(crate) use outcome::{Production, Recovery};
pub(crate) use release::undo_release;
pub(crate) use update::{Original, undo_update};
