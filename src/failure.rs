//! Owns what can go wrong in a release, as people are told: the reason for machines, the cause and the next step for people.

use std::fmt;

use crate::words::words;

words! {
    /// Why a run did not succeed: the values of the output `reason`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Reason, as_str {
        /// An input is missing or makes no sense.
        InvalidInput => "invalid-input",
        /// The API answered 401 or 403.
        Unauthorized => "unauthorized",
        /// A team, plan, domain, workspace or branch does not exist.
        NotFound => "not-found",
        /// The API or a precondition says no.
        Refused => "refused",
        /// No whole answer: refused connections, time-outs, endless 429.
        Unreachable => "unreachable",
        /// The API answered 5xx, or something that is not understood.
        ApiError => "api-error",
        /// The wanted commit could not be checked out.
        CommitMismatch => "commit-mismatch",
        /// A pipeline stage failed.
        StageFailed => "stage-failed",
        /// A pipeline stage was not over in time.
        StageTimeout => "stage-timeout",
        /// A workspace was not up in time.
        WorkspaceTimeout => "workspace-timeout",
        /// The application was not healthy on its own development domain, or is not up.
        Unhealthy => "unhealthy",
        /// The domain did not come to serve the new workspace.
        SwitchFailed => "switch-failed",
        /// Somebody else changed the domain's connections meanwhile.
        ConnectionsChanged => "connections-changed",
        /// A newer run's release is already live.
        Superseded => "superseded",
        /// A rollback or a freeze holds releases.
        Held => "held",
        /// There is nothing to roll back to.
        NoTarget => "no-target",
        /// The way back failed as well.
        UndoFailed => "undo-failed",
        /// A signal asked the run to stop.
        Cancelled => "cancelled",
        /// A defect of this action.
        Internal => "internal",
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that went wrong. None can be made without saying what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The word for machines.
    pub reason: Reason,
    /// What was tried and what came back, in whole sentences.
    pub cause: String,
    /// What the reader can do about it, in whole sentences.
    pub next: String,
    /// What came from elsewhere and shows it: the end of a log, the last answers. Foreign text, without secrets.
    pub evidence: Vec<Evidence>,
}

/// Lines from elsewhere that show what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where the lines come from, in our words.
    pub title: String,
    /// The lines, the oldest first.
    pub lines: Vec<String>,
}

impl Failure {
    /// A failure with its cause and the next step.
    pub fn new(reason: Reason, cause: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            reason,
            cause: cause.into(),
            next: next.into(),
            evidence: Vec::new(),
        }
    }

    /// The same failure with what shows it.
    pub fn shown_by(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// The run was asked to stop.
    pub fn cancelled() -> Self {
        Self::new(
            Reason::Cancelled,
            "The run was cancelled.",
            "Start it again when you are ready.",
        )
    }

    /// Whether this is a cancellation, not a fault.
    pub fn is_cancellation(&self) -> bool {
        self.reason == Reason::Cancelled
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.cause, self.next)
    }
}
