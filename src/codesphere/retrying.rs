//! Owns how often a call is tried: again within its budget, or begun alongside others.

use std::io::Read;
use std::time::Duration;

use crate::background::Task;
pub(super) use crate::codesphere::budget::Budget;
use crate::codesphere::budget::{may_try_again, retry_after};
use crate::codesphere::call::{Call, Transport};
use crate::codesphere::error::{ApiError, Kind};
use crate::http::{Head, TransportError};
use crate::text::duration;
use crate::wait::{Backoff, Intervals, Observer, Time};

/// What calls go through: a transport, and patience.
#[derive(Clone)]
pub(super) struct RetryingTransport<'a> {
    pub(super) transport: Transport,
    pub(super) time: Time<'a>,
    pub(super) observer: &'a (dyn Observer + Sync),
    pub(super) budget: Budget,
}

/// A read whose first try is on its way, alongside others.
pub(crate) struct Begun<'a, T> {
    retrying: RetryingTransport<'a>,
    call: Call,
    read: Reading<T>,
    first: Task<Result<T, Kind>>,
}

/// How an answer is read.
pub(super) type Reading<T> = fn(&Head, &mut dyn Read) -> Result<T, Kind>;

impl<T: Send + 'static> Begun<'_, T> {
    /// Waits for the answer. Another try is made here, in its turn.
    pub(crate) fn answer(self) -> Result<T, ApiError> {
        let mut first = Some(self.first);
        let mut attempt = || match first.take() {
            Some(first) => first.result().unwrap_or_else(|| Err(ended_abruptly())),
            None => self.retrying.transport.attempt(&self.call, self.read),
        };
        self.retrying.tries(&self.call, &mut attempt, &mut || None)
    }
}

fn ended_abruptly() -> Kind {
    let why = "the exchange ended abruptly".to_owned();
    Kind::TransportError(TransportError::Lost(why))
}

impl<'a> RetryingTransport<'a> {
    /// Begins a read, whose answer is waited for later.
    pub(super) fn begin<T: Send + 'static>(&self, call: Call, read: Reading<T>) -> Begun<'a, T> {
        let (transport, begun) = (self.transport.clone(), call.clone());
        // A cancellation ends it, as it ends every exchange.
        let first = Task::start("begun", move || transport.attempt(&begun, read));
        Begun {
            retrying: self.clone(),
            call,
            read,
            first,
        }
    }

    /// Sends `call` until `read` makes sense of an answer, or another try cannot help.
    pub(super) fn send<T, F>(&self, call: &Call, read: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: Fn(&Head, &mut dyn Read) -> Result<T, Kind> + Clone + Send + 'static,
    {
        self.send_looking(call, read, || None)
    }

    /// As [`RetryingTransport::send`], with a look before each try, which may find that none is wanted any more.
    pub(super) fn send_looking<T, F>(
        &self,
        call: &Call,
        read: F,
        mut look: impl FnMut() -> Option<T>,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: Fn(&Head, &mut dyn Read) -> Result<T, Kind> + Clone + Send + 'static,
    {
        let mut attempt = || self.transport.attempt(call, read.clone());
        self.tries(call, &mut attempt, &mut look)
    }

    fn tries<T>(
        &self,
        call: &Call,
        attempt: &mut dyn FnMut() -> Result<T, Kind>,
        look: &mut dyn FnMut() -> Option<T>,
    ) -> Result<T, ApiError> {
        let mut tries = Tries {
            retrying: self,
            call,
            intervals: Backoff::RETRY.intervals(),
            start: self.time.now(),
            attempts: 0,
        };
        loop {
            if let Some(found) = look() {
                return Ok(found);
            }
            let began = self.time.now();
            match attempt() {
                Ok(value) => return Ok(value),
                Err(kind) => tries.pause_after(kind, began)?,
            }
        }
    }
}

/// How often a call was tried so far.
struct Tries<'t> {
    retrying: &'t RetryingTransport<'t>,
    call: &'t Call,
    intervals: Intervals,
    start: Duration,
    attempts: u32,
}

impl Tries<'_> {
    /// Waits until it is time for another try, after one that began at `began`; fails where there is to be none.
    fn pause_after(&mut self, kind: Kind, began: Duration) -> Result<(), ApiError> {
        let RetryingTransport {
            transport,
            time,
            observer,
            budget,
        } = self.retrying;
        self.attempts += 1;
        let error = transport.error(self.call, self.attempts, kind);
        let now = time.now();
        let interval = self.intervals.next(now.saturating_sub(self.start));
        let pause = interval.max(retry_after(&error));
        let may_try_again = may_try_again(self.call.repeat, &error);
        if !may_try_again || !budget.allows(began, now.saturating_add(pause)) {
            return Err(error);
        }
        observer.progress(&format!("{error}; trying again in {}", duration(pause)));
        time.pause(pause).map_err(|_| {
            let kind = Kind::TransportError(TransportError::Cancelled);
            transport.error(self.call, self.attempts, kind)
        })
    }
}
