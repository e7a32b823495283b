//! Owns the words of CI pipelines: stages, and their states per server and replica.

use std::fmt;

use serde::Deserialize;

/// The stages of a CI pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Builds.
    Prepare,
    /// Tests.
    Test,
    /// Serves.
    Run,
}

impl Stage {
    /// The word in addresses.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Test => "test",
            Self::Run => "run",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The state of a stage or step on one replica of one server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Not started, or listed only.
    Waiting,
    /// At work; for `run`: up.
    Running,
    /// Over, well.
    Success,
    /// Over, badly.
    Failure,
    /// Stopped.
    Aborted,
    /// A word that this version does not know: keep waiting.
    #[serde(untagged)]
    Unknown(String),
}

impl State {
    /// Over, one way or the other.
    pub(crate) const fn is_terminal(&self) -> bool {
        match self {
            Self::Success | Self::Failure | Self::Aborted => true,
            Self::Waiting | Self::Running | Self::Unknown(_) => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Aborted => "aborted",
            Self::Unknown(word) => word,
        })
    }
}

/// A stage on one replica of one server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StageEntry {
    /// How far it is.
    pub(crate) state: State,
    /// When it began, by the platform's clock: never compared with the runner's.
    pub(crate) started_at: Option<String>,
    /// Its steps, in order; none: there is nothing to do.
    pub(crate) steps: Vec<StepEntry>,
    /// Which replica.
    pub(crate) replica: String,
    /// Which server: `codesphere-ide`, or a service of the landscape.
    pub(crate) server: String,
}

/// A step of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct StepEntry {
    /// How far it is.
    pub(crate) state: State,
}
