//! Owns waiting: backoff, deadlines, cancellation, and what makes a look worth while before its time. Nothing else sleeps.

mod pace;

use std::time::Duration;

use crate::clock::{Cancellation, Clock};
use crate::failure::Failure;
use crate::report::Report;
use crate::text::duration;
use pace::Rhythm;
pub use pace::{Intervals, Pace};

/// No wait is deaf to a cancellation for longer than this.
const SLICE: Duration = Duration::from_millis(100);
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// What a look found.
#[derive(Debug)]
pub enum Look<T> {
    /// It is over.
    Done(T),
    /// Not yet; the state in words.
    NotYet(String),
    /// Nearly; the state in words. The next look follows after this time, and the deadline does not cut in.
    Nearly(String, Duration),
}

/// Whether a look is worth while before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Nothing says so.
    No,
    /// Nothing says so, and there is more to tend to at once.
    Busy,
    /// Perhaps.
    Perhaps,
    /// Something has ended.
    Over,
}

/// What is done beside a wait, and may hear of its end first.
pub trait Beside {
    /// Does what there is to do at `now` of the clock, without waiting for more.
    fn tend(&mut self, now: Duration) -> Hint;
    /// Whether it would hear of an end: then fewer looks will do.
    fn is_listening(&self) -> bool;
}

/// Nothing beside.
struct Alone;

impl Beside for Alone {
    fn tend(&mut self, _: Duration) -> Hint {
        Hint::No
    }

    fn is_listening(&self) -> bool {
        false
    }
}

/// Why a wait ended without what was waited for.
#[derive(Debug)]
pub enum Ended {
    /// The limit passed; the last state seen, in words.
    TimedOut(String),
    /// A look failed, or the run was cancelled.
    Failed(Failure),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// The clock and the wish to stop, together.
#[derive(Clone, Copy)]
pub struct Time<'a> {
    /// Where time comes from.
    pub clock: &'a dyn Clock,
    /// What ends every wait.
    pub cancel: &'a Cancellation,
}

impl Time<'_> {
    /// What the clock reads.
    #[must_use]
    pub fn now(self) -> Duration {
        self.clock.now()
    }

    /// How long ago `start` was.
    #[must_use]
    pub fn since(self, start: Duration) -> Duration {
        self.clock.now().saturating_sub(start)
    }

    /// Sleeps in slices, so that a cancellation is noticed within a tenth of a second.
    ///
    /// # Errors
    /// When the run was cancelled.
    pub fn pause(self, time: Duration) -> Result<(), Failure> {
        let end = self.now() + time;
        loop {
            if self.cancel.is_cancelled() {
                return Err(Failure::cancelled());
            }
            let left = end.saturating_sub(self.now());
            if left.is_zero() {
                return Ok(());
            }
            self.clock.sleep(left.min(SLICE));
        }
    }
}

/// One wait: what for, how long at most, and who hears of it.
pub struct Wait<'a> {
    /// Time and cancellation.
    pub time: Time<'a>,
    /// Who hears of changes and signs of life, and of how long it took.
    pub report: &'a Report<'a>,
    /// What is waited for, as in "waiting for …".
    pub what: &'a str,
    /// How long at most.
    pub limit: Duration,
    /// How often to look.
    pub pace: Pace,
    /// When to look for the first time.
    pub first_look: Duration,
}

impl Wait<'_> {
    /// Looks until it is done: at the pace's intervals, and a last time at the deadline.
    /// `look` is told how long the wait has lasted.
    ///
    /// # Errors
    /// [`Ended::TimedOut`] when the last look found nothing, [`Ended::Failed`] when a look failed or the run was cancelled.
    pub fn until<T>(
        &self,
        mut look: impl FnMut(Duration) -> Result<Look<T>, Failure>,
    ) -> Result<T, Ended> {
        self.until_beside(&mut Alone, |_, elapsed| look(elapsed))
    }

    /// As [`Wait::until`], tending to something beside that may call for a look.
    ///
    /// # Errors
    /// As [`Wait::until`].
    pub fn until_beside<T, B: Beside>(
        &self,
        beside: &mut B,
        mut look: impl FnMut(&mut B, Duration) -> Result<Look<T>, Failure>,
    ) -> Result<T, Ended> {
        let start = self.time.now();
        let found = self.look_until(start, beside, &mut look);
        self.report.waited(start, self.time.now());
        found
    }

    fn look_until<T, B: Beside>(
        &self,
        start: Duration,
        beside: &mut B,
        look: &mut impl FnMut(&mut B, Duration) -> Result<Look<T>, Failure>,
    ) -> Result<T, Ended> {
        let mut rhythm = Rhythm::new(self.pace);
        let mut told = Told::default();
        let mut over = self.rest(beside, self.first_look, |_| false)?;
        loop {
            let before = self.time.since(start);
            if !over {
                rhythm.note(before);
            }
            let found = look(beside, before)?;
            let elapsed = self.time.since(start);
            let pause = match found {
                Look::Done(found) => return Ok(found),
                Look::NotYet(state) if before >= self.limit => return Err(Ended::TimedOut(state)),
                Look::NotYet(state) => {
                    self.tell(&mut told, state, elapsed);
                    let left = self.limit.saturating_sub(elapsed);
                    rhythm.pause(elapsed, beside.is_listening()).min(left)
                }
                Look::Nearly(state, pause) => {
                    self.tell(&mut told, state, elapsed);
                    rhythm = Rhythm::new(self.pace);
                    pause
                }
            };
            over = self.rest(beside, pause, |now| {
                rhythm.leaves_room(now.saturating_sub(start))
            })?;
        }
    }

    /// Rests for `time`, or until something beside has ended; also until something may have, where `may_look` allows.
    /// Says whether something has ended.
    fn rest<B: Beside>(
        &self,
        beside: &mut B,
        time: Duration,
        may_look: impl Fn(Duration) -> bool,
    ) -> Result<bool, Failure> {
        let end = self.time.now() + time;
        loop {
            if self.time.cancel.is_cancelled() {
                return Err(Failure::cancelled());
            }
            let now = self.time.now();
            let left = end.saturating_sub(now);
            match beside.tend(now) {
                Hint::Over => return Ok(true),
                _ if left.is_zero() => return Ok(false),
                Hint::Perhaps if may_look(now) => return Ok(false),
                Hint::Busy => {}
                Hint::Perhaps | Hint::No => self.time.clock.sleep(left.min(SLICE)),
            }
        }
    }

    fn tell(&self, told: &mut Told, state: String, elapsed: Duration) {
        if told.state.as_ref() != Some(&state) {
            self.report.log().line(&state);
            told.state = Some(state);
            told.at = elapsed;
        } else if elapsed.saturating_sub(told.at) >= SIGN_OF_LIFE {
            self.report.log().line(&format!(
                "still waiting for {} after {} of at most {}: {state}",
                self.what,
                duration(elapsed),
                duration(self.limit)
            ));
            told.at = elapsed;
        }
    }
}

#[derive(Default)]
struct Told {
    state: Option<String>,
    at: Duration,
}
