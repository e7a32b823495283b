//! Owns what an undo came to: for people, as a step, and as the end of a run.

use crate::failure::{Failure, Reason};
use crate::report::Outcome;
use crate::report::RunResult;
use crate::report::StepStatus;

/// What the way back came to.
#[derive(Debug)]
pub(crate) struct Recovery {
    /// What people get to see now.
    pub(crate) production: Production,
    /// What was left on purpose, in words.
    pub(crate) kept: Option<String>,
    /// What is left because it could not be removed, in words, with what removes it.
    pub(crate) left: Option<String>,
}

/// What people get to see after the way back, in words.
#[derive(Debug)]
pub(crate) enum Production {
    /// It serves as before.
    AsBefore(String),
    /// Somebody else has changed it since; it is theirs.
    Theirs(String),
    /// There was no time: the post step goes on.
    Later(String),
    /// It could not be put back.
    Uncertain(String),
}

impl Production {
    pub(super) fn words(&self) -> &str {
        match self {
            Self::AsBefore(words)
            | Self::Theirs(words)
            | Self::Later(words)
            | Self::Uncertain(words) => words,
        }
    }

    pub(super) fn with_words(self, words: String) -> Self {
        match self {
            Self::AsBefore(_) => Self::AsBefore(words),
            Self::Theirs(_) => Self::Theirs(words),
            Self::Later(_) => Self::Later(words),
            Self::Uncertain(_) => Self::Uncertain(words),
        }
    }

    /// How bad it is; of several things together the worst counts.
    pub(super) const fn badness(&self) -> u8 {
        match self {
            Self::AsBefore(_) => 0,
            Self::Theirs(_) => 1,
            Self::Later(_) => 2,
            Self::Uncertain(_) => 3,
        }
    }
}

impl Recovery {
    /// Whether nothing is left for the post step to try.
    pub(crate) const fn is_complete(&self) -> bool {
        match self.production {
            Production::AsBefore(_) | Production::Theirs(_) => self.left.is_none(),
            Production::Later(_) | Production::Uncertain(_) => false,
        }
    }

    /// How the way back went, as a step.
    pub(crate) fn status(&self) -> StepStatus {
        if self.is_complete() {
            StepStatus::Well
        } else {
            StepStatus::Badly(self.words())
        }
    }

    /// All of it in a few sentences.
    pub(crate) fn words(&self) -> String {
        let left = [self.kept.as_deref(), self.left.as_deref()];
        let parts = std::iter::once(self.production.words()).chain(left.into_iter().flatten());
        parts.collect::<Vec<_>>().join(" ")
    }

    /// How a run ends that failed with `failure` and came back like this.
    /// What was kept although it never had traffic counts as left behind.
    pub(crate) fn run_result(&self, failure: Failure, kept_counts: bool) -> RunResult {
        let (outcome, reason) = match &self.production {
            Production::AsBefore(_)
                if self.left.is_some() || (kept_counts && self.kept.is_some()) =>
            {
                (Outcome::Failed, failure.reason)
            }
            Production::AsBefore(_) => (Outcome::Reverted, failure.reason),
            Production::Theirs(_) => (Outcome::Failed, Reason::ConnectionsChanged),
            Production::Later(_) => (Outcome::Failed, failure.reason),
            Production::Uncertain(_) => (Outcome::Failed, Reason::UndoFailed),
        };
        let reason = if failure.is_cancellation() {
            failure.reason
        } else {
            reason
        };
        RunResult::bad(outcome, Failure { reason, ..failure }, self.words())
    }
}
