//! The Codesphere public API: typed calls, typed answers, errors that know whether another try can help.
//! Knows nothing of inputs, flows or GitHub.

pub(crate) mod body;
mod call;
pub mod client;
mod dated;
mod elements;
pub mod error;
pub mod events;
pub mod pipeline;
pub mod redirect;
pub(crate) mod retry_after;
pub mod types;
