//! Owns whether a call is tried again: by what it does, by its error, and within its budget.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::codesphere::error::{ApiError, Kind, Retry};

/// How often an error is believed to pass that may be for ever.
const A_FEW: u32 = 3;

/// When a call may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Twice is the same as once.
    Freely,
    /// Only when the first one certainly had no effect.
    IfItHadNoEffect,
    /// Not by itself: who calls looks at the state before each try.
    Never,
}

/// How long calls may be tried again.
#[derive(Debug, Clone)]
pub(super) enum Budget {
    /// Until this moment of the clock.
    Until(Duration),
    /// What is left for all calls together.
    Shared(Arc<Mutex<Duration>>),
}

impl Budget {
    pub(super) fn shared(total: Duration) -> Self {
        Self::Shared(Arc::new(Mutex::new(total)))
    }

    /// Whether another try fits that starts at `next`, when the failed one began at `began`; takes the time off.
    pub(super) fn allows(&self, began: Duration, next: Duration) -> bool {
        match self {
            Self::Until(deadline) => next < *deadline,
            Self::Shared(left) => {
                let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
                match left.checked_sub(next.saturating_sub(began)) {
                    Some(rest) => {
                        *left = rest;
                        true
                    }
                    None => false,
                }
            }
        }
    }
}

pub(super) fn may_try_again(repeat: Repeat, error: &ApiError) -> bool {
    let worth_it = match error.retry() {
        Retry::Never => false,
        Retry::AFewTimes => error.attempts < A_FEW,
        Retry::Transient => true,
    };
    worth_it
        && match repeat {
            Repeat::Freely => true,
            Repeat::IfItHadNoEffect => !error.may_have_acted(),
            Repeat::Never => false,
        }
}

/// What the server asked for.
pub(super) fn retry_after(error: &ApiError) -> Duration {
    match &error.kind {
        Kind::Refused(problem) => problem.retry_after.unwrap_or_default(),
        Kind::InvalidResponse(_) | Kind::Redirect(_) | Kind::TransportError(_) => Duration::ZERO,
    }
}
