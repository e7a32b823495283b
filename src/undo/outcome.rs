//! Owns what an undo came to: for people, as a step, and as the end of a run.

use crate::caution::{Caution, Remedy};
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
#[derive(Debug, Clone)]
pub(crate) enum Production {
    /// It serves as before.
    AsBefore(String),
    /// Somebody else has changed it since; it is theirs.
    Theirs(String),
    /// There was no time: the post step goes on.
    Later(Caution),
    /// It could not be put back.
    Uncertain(Caution),
}

impl Production {
    pub(super) fn words(&self) -> String {
        let Caution { risk, cause, .. } = self.clone().into_caution();
        format!("{risk} {cause}").trim().to_owned()
    }

    /// The same, and what is no worse.
    pub(super) fn with(self, other: Self) -> Self {
        let other = other.into_caution();
        match self {
            Self::AsBefore(words) => Self::AsBefore(Caution::of(words).and(other).risk),
            Self::Theirs(words) => Self::Theirs(Caution::of(words).and(other).risk),
            Self::Later(caution) => Self::Later(caution.and(other)),
            Self::Uncertain(caution) => Self::Uncertain(caution.and(other)),
        }
    }

    fn into_caution(self) -> Caution {
        match self {
            Self::AsBefore(words) | Self::Theirs(words) => Caution::of(words),
            Self::Later(caution) | Self::Uncertain(caution) => caution,
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
        let left = [self.kept.clone(), self.left.clone()];
        let parts = std::iter::once(self.production.words()).chain(left.into_iter().flatten());
        parts.collect::<Vec<_>>().join(" ")
    }

    /// What people must know at once, where there is something that they can do.
    pub(crate) fn caution(&self) -> Option<Caution> {
        let (Production::Later(caution) | Production::Uncertain(caution)) = &self.production else {
            return None;
        };
        if caution.steps.is_empty() {
            return None;
        }
        let mut caution = caution.clone();
        let rest = [&self.kept, &self.left].into_iter().flatten();
        caution.steps.extend(rest.map(Remedy::words));
        Some(caution)
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
        let failure = Failure { reason, ..failure };
        RunResult::bad(outcome, failure, self.words()).with_caution(self.caution())
    }
}
