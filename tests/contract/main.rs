//! Holds the documentation, action.yml and CHANGELOG.md against the code: a name or default that changes in one place fails here.
#![expect(
    clippy::panic,
    reason = "a file of ours that cannot be read is a failed test"
)]

mod action;
/// How the documentation is built: its size, its links.
mod documentation;
/// Inputs: names, defaults, and which flow reads them.
mod inputs;
mod markdown;
/// Outputs, and the words that they hold.
mod outputs;
/// The rest of the packaging.
mod packaging;
/// The structure of `src`: what may need what, and how much.
mod structure;
mod words;
/// The workflows that people paste.
mod workflows;

/// A file of the repository, by its path from the root.
fn file(path: &str) -> String {
    let whole = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&whole).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between backticks in `text`, in order.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}
