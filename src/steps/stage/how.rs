//! Owns how a stage is run: its profile, its limit, and which input sets that.

use std::time::Duration;

use crate::profile::Profile;
use crate::release::{Build, Landscape};
use crate::steps::ahead::Ahead;

/// How a stage is run.
#[derive(Clone, Copy)]
pub(crate) struct How<'a> {
    /// The CI profile.
    pub(crate) profile: Option<&'a str>,
    /// How long it may take.
    pub(crate) limit: Duration,
    /// The input that sets this limit.
    pub(crate) limited_by: &'static str,
    /// What the CI profile's file describes, where it is known: `run` is up when all of that is.
    pub(crate) file: Option<&'a Profile>,
    /// What is asked alongside the second look at `run`.
    pub(crate) ahead: Option<&'a Ahead>,
    /// Whether a landscape is deployed before it runs: without that, a new workspace has none.
    pub(crate) is_deployed: bool,
    /// Whether the vault is known to have all that the file takes from it.
    pub(crate) has_secrets: bool,
}

impl<'a> How<'a> {
    /// With a question to the application that goes alongside the second look at `run`.
    pub(crate) fn asking(self, ahead: Option<&'a Ahead>) -> Self {
        Self { ahead, ..self }
    }

    /// Judged by what the file describes.
    pub(crate) fn described_by(self, file: &'a Profile) -> Self {
        Self {
            file: Some(file),
            ..self
        }
    }
}

impl<'a> From<&'a Build> for How<'a> {
    fn from(build: &'a Build) -> Self {
        Self {
            profile: build.profile.as_deref(),
            limit: build.stage_timeout,
            limited_by: "stage-timeout",
            file: None,
            ahead: None,
            is_deployed: build.landscape != Landscape::Skip,
            has_secrets: false,
        }
    }
}
