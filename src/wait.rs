//! Owns waiting: backoff, deadlines, cancellation, and the event that shortens a backoff. Nothing else sleeps.

mod backoff;

use std::time::Duration;

use crate::clock::{Cancellation, Clock, Readers};
use crate::failure::Failure;
use crate::text::duration;
pub(crate) use backoff::{Backoff, Intervals};

/// No wait is deaf to a cancellation for longer than this.
const SLICE: Duration = Duration::from_millis(100);
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// Who is asked to go easy pauses so many times as long.
const EASIER: u32 = 2;

/// What a poll found.
#[derive(Debug)]
pub(crate) enum Poll<T> {
    /// It is over.
    Ready(T),
    /// Not yet; the state in words.
    Pending(String),
    /// Not yet, and asking so often is not welcome; the state in words.
    Throttled(String),
    /// Perhaps, if further polls confirm it; the state in words. The next poll follows after this time: neither the deadline
    /// nor an end alongside cuts in.
    Unconfirmed(String, Duration),
}

/// What has happened alongside a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Nothing that matters.
    None,
    /// There is more to tend to at once.
    Busy,
    /// Something has ended: one poll is worth while at once.
    Ended,
}

/// What goes on alongside a wait.
pub(crate) trait Alongside {
    /// Does what there is to do, without waiting for more.
    fn tend(&mut self) -> Event;
}

/// Nothing goes on alongside.
struct Alone;

impl Alongside for Alone {
    fn tend(&mut self) -> Event {
        Event::None
    }
}

/// Who hears how a wait goes.
pub(crate) trait Observer {
    /// A change of state, or a sign of life, in words.
    fn progress(&self, words: &str);
    /// From `start` to `end` of the clock there was nothing to do but wait.
    fn waited(&self, start: Duration, end: Duration);
}

/// Why a wait ended without what was waited for.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The limit passed; the last state seen, in words.
    TimedOut(String),
    /// A poll failed, or the run was cancelled.
    Failed(Failure),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// The clock, the wish to stop, and what may cut a sleep short, together.
#[derive(Clone, Copy)]
pub(crate) struct Time<'a> {
    /// Where time comes from.
    pub(crate) clock: &'a dyn Clock,
    /// What ends every wait.
    pub(crate) cancel: &'a Cancellation,
    /// Who may have something to tell while others sleep.
    pub(crate) readers: &'a Readers,
}

impl Time<'_> {
    /// What the clock reads.
    pub(crate) fn now(self) -> Duration {
        self.clock.now()
    }

    /// How long ago `start` was.
    pub(crate) fn since(self, start: Duration) -> Duration {
        self.clock.now().saturating_sub(start)
    }

    /// Sleeps in slices, so that a cancellation is noticed within a tenth of a second.
    pub(crate) fn pause(self, time: Duration) -> Result<(), Failure> {
        let end = self.now() + time;
        loop {
            if self.cancel.is_cancelled() {
                return Err(Failure::cancelled());
            }
            let left = end.saturating_sub(self.now());
            if left.is_zero() {
                return Ok(());
            }
            self.sleep(left.min(SLICE));
        }
    }

    fn sleep(self, time: Duration) {
        self.clock.sleep(time, self.readers);
    }
}

/// One wait: what for, how long at most, and who hears of it.
pub(crate) struct Wait<'a> {
    /// Time and cancellation.
    pub(crate) time: Time<'a>,
    /// Who hears of changes and signs of life, and of how long it took.
    pub(crate) observer: &'a dyn Observer,
    /// What is waited for, as in "waiting for …".
    pub(crate) what: &'a str,
    /// How long at most.
    pub(crate) limit: Duration,
    /// When to poll for the first time.
    pub(crate) first_poll: Duration,
}

impl Wait<'_> {
    /// Polls until it is over: at growing intervals, and a last time at the deadline.
    /// `poll` is told how long the wait has lasted.
    pub(crate) fn until<T>(
        &self,
        mut poll: impl FnMut(Duration) -> Result<Poll<T>, Failure>,
    ) -> Result<T, Ended> {
        self.until_alongside(&mut Alone, |_, elapsed| poll(elapsed))
    }

    /// As [`Wait::until`], tending to something alongside whose end causes one poll at once.
    pub(crate) fn until_alongside<T, A: Alongside>(
        &self,
        alongside: &mut A,
        mut poll: impl FnMut(&mut A, Duration) -> Result<Poll<T>, Failure>,
    ) -> Result<T, Ended> {
        let start = self.time.now();
        let found = self.poll_until(start, alongside, &mut poll);
        self.observer.waited(start, self.time.now());
        found
    }

    fn poll_until<T, A: Alongside>(
        &self,
        start: Duration,
        alongside: &mut A,
        poll: &mut impl FnMut(&mut A, Duration) -> Result<Poll<T>, Failure>,
    ) -> Result<T, Ended> {
        let mut intervals = Backoff::POLL.intervals();
        let mut progress = Progress::default();
        self.rest(alongside, self.first_poll, true)?;
        loop {
            let before = self.time.since(start);
            let found = poll(alongside, before)?;
            let elapsed = self.time.since(start);
            let left = self.limit.saturating_sub(elapsed);
            let mut is_cut_short = true;
            let pause = match found {
                Poll::Ready(found) => return Ok(found),
                Poll::Pending(state) | Poll::Throttled(state) if before >= self.limit => {
                    return Err(Ended::TimedOut(state));
                }
                Poll::Pending(state) => {
                    self.note(&mut progress, state, elapsed);
                    intervals.next(elapsed).min(left)
                }
                Poll::Throttled(state) => {
                    self.note(&mut progress, state, elapsed);
                    (intervals.next(elapsed) * EASIER).min(left)
                }
                Poll::Unconfirmed(state, pause) => {
                    self.note(&mut progress, state, elapsed);
                    intervals = Backoff::POLL.intervals();
                    is_cut_short = false;
                    pause
                }
            };
            self.rest(alongside, pause, is_cut_short)?;
        }
    }

    /// Rests for `time`; where that `is_cut_short`, at most until something alongside has ended.
    fn rest<A: Alongside>(
        &self,
        alongside: &mut A,
        time: Duration,
        is_cut_short: bool,
    ) -> Result<(), Failure> {
        let end = self.time.now() + time;
        loop {
            if self.time.cancel.is_cancelled() {
                return Err(Failure::cancelled());
            }
            let event = alongside.tend();
            let left = end.saturating_sub(self.time.now());
            match event {
                Event::Ended if is_cut_short => return Ok(()),
                _ if left.is_zero() => return Ok(()),
                Event::Busy | Event::Ended => {}
                Event::None => self.time.sleep(left.min(SLICE)),
            }
        }
    }

    fn note(&self, progress: &mut Progress, state: String, elapsed: Duration) {
        if progress.state.as_ref() != Some(&state) {
            self.observer.progress(&state);
            progress.state = Some(state);
            progress.at = elapsed;
        } else if elapsed.saturating_sub(progress.at) >= SIGN_OF_LIFE {
            self.observer.progress(&format!(
                "still waiting for {} after {} of at most {}: {state}",
                self.what,
                duration(elapsed),
                duration(self.limit)
            ));
            progress.at = elapsed;
        }
    }
}

/// What the observer heard last, and when.
#[derive(Default)]
struct Progress {
    state: Option<String>,
    at: Duration,
}
