//! Owns how a run ended: the word, what went wrong, and what it means for production.

use crate::caution::Caution;
use crate::failure::{Evidence, Failure, Reason};
use crate::report::words::Outcome;
use crate::runner::door::Door;

/// How a run ended, and why.
#[derive(Debug, Clone)]
pub struct RunResult {
    /// The word.
    pub outcome: Outcome,
    /// What went wrong, where something did.
    pub failure: Option<Failure>,
    /// What this means for production, and what is left to do: one or two sentences.
    pub state: String,
    /// What people must know at once, where production is at risk; it says all that `state` says.
    pub(crate) caution: Option<Box<Caution>>,
}

impl RunResult {
    /// The run did what it should.
    pub fn good(outcome: Outcome, state: impl Into<String>) -> Self {
        Self {
            outcome,
            failure: None,
            state: state.into(),
            caution: None,
        }
    }

    /// The same, with what people must know at once.
    #[must_use]
    pub(crate) fn with_caution(self, caution: Option<Caution>) -> Self {
        Self {
            caution: caution.map(Box::new),
            ..self
        }
    }

    /// The same, as people may read it.
    pub(super) fn readable(&self, door: &Door) -> Self {
        Self {
            outcome: self.outcome,
            failure: self.failure.as_ref().map(|failure| readable(failure, door)),
            state: door.readable(&self.state).into_owned(),
            caution: self
                .caution
                .as_ref()
                .map(|caution| Box::new(caution.map(|text| door.readable(text).into_owned()))),
        }
    }

    /// The word for machines; on success there is none, but for a release that was skipped.
    pub fn reason(&self) -> Option<Reason> {
        match (&self.failure, self.outcome) {
            (Some(failure), _) => Some(failure.reason),
            (None, Outcome::Superseded) => Some(Reason::Superseded),
            (None, _) => None,
        }
    }

    /// The run did not do what it should.
    pub fn bad(outcome: Outcome, failure: Failure, state: impl Into<String>) -> Self {
        let outcome = if failure.is_cancellation() {
            Outcome::Cancelled
        } else {
            outcome
        };
        Self {
            outcome,
            failure: Some(failure),
            state: state.into(),
            caution: None,
        }
    }
}

fn readable(failure: &Failure, door: &Door) -> Failure {
    let text = |text: &String| door.readable(text).into_owned();
    let evidence = failure.evidence.iter().map(|evidence| Evidence {
        title: text(&evidence.title),
        lines: evidence.lines.iter().map(text).collect(),
    });
    Failure {
        reason: failure.reason,
        cause: text(&failure.cause),
        next: text(&failure.next),
        evidence: evidence.collect(),
    }
}
