//! The Codesphere public API: typed calls, typed answers, errors that know whether another try can help.
//! Knows nothing of inputs, flows or GitHub.

pub(crate) mod body;
mod budget;
mod call;
pub(crate) mod client;
mod dated;
mod elements;
pub(crate) mod error;
pub(crate) mod events;
pub(crate) mod pipeline;
pub(crate) mod redirect;
pub(crate) mod retry_after;
mod retrying;
pub mod types;
