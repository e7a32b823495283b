//! Owns the inputs: `INPUT_*` as typed values, and every mistake in them, told at once.

pub mod dotenv;
pub(crate) mod environment;
mod flows;
mod names;
mod places;
mod read;
mod reader;
mod recorded;
mod shown;
mod specs;
pub mod values;

use std::time::Duration;

use crate::codesphere::redirect::Base;
use crate::http::Certificate;
use crate::release::{Build, Health, Logs, OnFailure};
use crate::runner::secret::Secret;
pub use flows::{Candidate, Cleanup, Flow, Preview, Promote, Rollback, Simple, ZeroDowntime};
pub use reader::Mistake;
pub(crate) use reader::token;
pub(crate) use recorded::Recorded;
pub use specs::{SPECS, Spec};

/// How a workspace is brought onto its places.
#[derive(Debug, Clone)]
pub struct PromotionInputs {
    /// How long a domain may take to serve the new version.
    pub switch_timeout: Duration,
    /// What becomes of the workspaces that served before.
    pub previous: Previous,
    /// How many releases of these places stay; absent: all.
    pub keep_releases: Option<u32>,
    /// What to do when a newer run's release is live already.
    pub if_superseded: IfSuperseded,
    /// How long old and new serve together before the full switch; absent: not at all.
    pub canary: Option<Duration>,
}

/// What to do when a newer run's release is live already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfSuperseded {
    /// Nothing, and succeed.
    Skip,
    /// Nothing, and fail.
    Fail,
    /// Release the older version all the same.
    Release,
}

/// What becomes of the workspace that served before, once nothing points at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// It stays as it is.
    Keep,
    /// Its run stage is stopped.
    Stop,
    /// It is deleted, if this action made it.
    Delete,
}

/// All inputs, checked as far as that goes without asking anybody.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// What to do.
    pub flow: Flow,
    /// The API key.
    pub token: Secret,
    /// The installation.
    pub api: Base,
    /// Certificate authorities to trust besides Mozilla's.
    pub roots: Vec<Certificate<'static>>,
    /// How to ask the application; absent: not at all.
    pub health: Option<Health>,
    /// Whether a workspace that this run made is removed when it fails.
    pub on_failure: OnFailure,
    /// Which logs of pipeline stages are shown.
    pub logs: Logs,
    /// Change nothing.
    pub dry_run: bool,
    /// Inputs that were given and that the flow does not use.
    pub unused: Vec<&'static str>,
}

/// What happens in a workspace, in flows that build.
#[derive(Debug, Clone)]
pub struct Code {
    /// Which code.
    pub source: Source,
    /// What is done with it.
    pub build: Build,
}

/// Which code is released.
#[derive(Debug, Clone)]
pub struct Source {
    /// The git remote to pull from.
    pub remote: String,
    /// Blank: what triggered the run.
    pub branch: Option<String>,
    /// Blank: what triggered the run, unless another branch or repository is named.
    pub commit: Option<String>,
    /// Whether `git-url` names another repository.
    pub elsewhere: bool,
}
