//! Owns the files that the runner reads after the step: outputs, state and the summary.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use crate::failure::{Failure, Reason};
use crate::runner::door::Door;
use crate::runner::random;

/// Where the runner wants its answers; a file that was not named is not written.
#[derive(Debug, Clone, Default)]
pub struct Files {
    output: Option<PathBuf>,
    state: Option<PathBuf>,
    summary: Option<PathBuf>,
    door: Door,
}

impl Files {
    /// The paths of `GITHUB_OUTPUT`, `GITHUB_STATE` and `GITHUB_STEP_SUMMARY`; the key reaches none of them.
    pub fn new(
        output: Option<PathBuf>,
        state: Option<PathBuf>,
        summary: Option<PathBuf>,
        door: Door,
    ) -> Self {
        Self {
            output,
            state,
            summary,
            door,
        }
    }

    /// Whether all named files can be written.
    pub fn check(&self) -> Result<(), Failure> {
        append(self.output.as_ref(), "GITHUB_OUTPUT", "")?;
        append(self.state.as_ref(), "GITHUB_STATE", "")?;
        append(self.summary.as_ref(), "GITHUB_STEP_SUMMARY", "")
    }

    /// Appends an output.
    pub fn output(&self, name: &str, value: &str) -> Result<(), Failure> {
        let value = self.door.value(value);
        pair(self.output.as_ref(), "GITHUB_OUTPUT", name, &value)
    }

    /// Appends a value that the post step will find as `STATE_<name>`, as it is: it is sealed.
    pub fn state(&self, name: &str, value: &str) -> Result<(), Failure> {
        pair(self.state.as_ref(), "GITHUB_STATE", name, value)
    }

    /// Appends Markdown to the job summary.
    pub fn summary(&self, markdown: &str) -> Result<(), Failure> {
        let markdown = self.door.value(markdown);
        append(self.summary.as_ref(), "GITHUB_STEP_SUMMARY", &markdown)
    }
}

fn pair(path: Option<&PathBuf>, file: &str, name: &str, value: &str) -> Result<(), Failure> {
    let value = value.replace('\r', "");
    let delimiter = loop {
        let word = random::word()?;
        if !value.contains(&word) {
            break word;
        }
    };
    append(
        path,
        file,
        &format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"),
    )
}

fn append(path: Option<&PathBuf>, file: &str, text: &str) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut opened| opened.write_all(text.as_bytes()))
        .map_err(|error| {
            Failure::new(
                Reason::Internal,
                format!(
                    "The runner's file {file} ({}) cannot be written: {error}.",
                    path.display()
                ),
                "Check the runner's disk and permissions; a container action must run as root.",
            )
        })
}
