//! Owns waiting: backoff, deadlines and cancellation. Nothing else sleeps, and nothing else knows `backoff`.

use std::time::Duration;

use backoff::SystemClock as BackoffClock;
use backoff::backoff::Backoff;
use backoff::exponential::ExponentialBackoff;

use crate::clock::{Cancellation, Clock};
use crate::failure::Failure;
use crate::report::Report;
use crate::text::duration;

/// No wait is deaf to a cancellation for longer than this.
const SLICE: Duration = Duration::from_millis(100);
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
const JITTER: f64 = 0.05;

/// How the time between two looks grows.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between the first look and the second.
    pub first: Duration,
    /// What each further interval is multiplied by.
    pub growth: f64,
    /// No interval is longer.
    pub most: Duration,
}

impl Pace {
    /// For states of the platform. From half a second, a tenth more each time, to five seconds: an end is
    /// noticed within half a second plus a tenth of the time that it took.
    pub const POLL: Self = Self {
        first: Duration::from_millis(500),
        growth: 1.1,
        most: Duration::from_secs(5),
    };
    /// For requests that are tried again.
    pub const RETRY: Self = Self {
        first: Duration::from_millis(500),
        growth: 2.0,
        most: Duration::from_secs(20),
    };

    /// The intervals, one after the other.
    #[must_use]
    pub fn intervals(self) -> Intervals {
        let mut backoff = ExponentialBackoff::<BackoffClock> {
            initial_interval: self.first,
            multiplier: self.growth,
            max_interval: self.most,
            randomization_factor: JITTER,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        backoff.reset();
        Intervals {
            pace: self,
            backoff,
        }
    }
}

/// The growing intervals of a [`Pace`], with a little jitter that never makes one longer than the pace says.
#[derive(Debug)]
pub struct Intervals {
    pace: Pace,
    backoff: ExponentialBackoff<BackoffClock>,
}

impl Intervals {
    /// The next interval, after `elapsed` since the first look.
    pub fn next(&mut self, elapsed: Duration) -> Duration {
        let longest = self.pace.first + elapsed.mul_f64(self.pace.growth - 1.0);
        self.backoff
            .next_backoff()
            .unwrap_or(self.pace.most)
            .min(longest)
            .min(self.pace.most)
    }
}

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
}

impl Wait<'_> {
    /// Looks until it is done: at once, then at the pace's intervals, and a last time at the deadline.
    /// `look` is told how long the wait has lasted.
    ///
    /// # Errors
    /// [`Ended::TimedOut`] when the last look found nothing, [`Ended::Failed`] when a look failed or the run was cancelled.
    pub fn until<T>(
        &self,
        look: impl FnMut(Duration) -> Result<Look<T>, Failure>,
    ) -> Result<T, Ended> {
        let start = self.time.now();
        let found = self.look_until(start, look);
        self.report.waited(start, self.time.now());
        found
    }

    fn look_until<T>(
        &self,
        start: Duration,
        mut look: impl FnMut(Duration) -> Result<Look<T>, Failure>,
    ) -> Result<T, Ended> {
        let mut intervals = self.pace.intervals();
        let mut told = Told::default();
        loop {
            if self.time.cancel.is_cancelled() {
                return Err(Failure::cancelled().into());
            }
            let before = self.time.since(start);
            let found = look(before)?;
            let elapsed = self.time.since(start);
            let left = self.limit.saturating_sub(elapsed);
            let pause = match found {
                Look::Done(found) => return Ok(found),
                Look::NotYet(state) if before >= self.limit => return Err(Ended::TimedOut(state)),
                Look::NotYet(state) => {
                    self.tell(&mut told, state, elapsed);
                    intervals.next(elapsed).min(left)
                }
                Look::Nearly(state, pause) => {
                    self.tell(&mut told, state, elapsed);
                    intervals = self.pace.intervals();
                    pause
                }
            };
            self.time.pause(pause)?;
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
