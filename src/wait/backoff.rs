//! Owns the time between two polls or tries: it grows, up to a limit. Nothing else knows the crate `backoff`.

use std::time::Duration;

use backoff::SystemClock as BackoffClock;
use backoff::backoff::Backoff as _;
use backoff::exponential::ExponentialBackoff;

const JITTER: f64 = 0.05;

/// How the time between two polls grows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    /// Between the first poll and the second.
    pub(crate) first: Duration,
    /// What each further interval is multiplied by.
    pub(crate) growth: f64,
    /// No interval is longer.
    pub(crate) most: Duration,
}

impl Backoff {
    /// For everything that is waited for: an end is noticed within half a second plus a tenth of the time that it took,
    /// and within five seconds at the latest.
    pub(crate) const POLL: Self = Self {
        first: Duration::from_millis(500),
        growth: 1.1,
        most: Duration::from_secs(5),
    };
    /// For requests that are tried again.
    pub(crate) const RETRY: Self = Self {
        first: Duration::from_millis(500),
        growth: 2.0,
        most: Duration::from_secs(20),
    };

    /// The intervals, one after the other.
    pub(crate) fn intervals(self) -> Intervals {
        let mut exponential = ExponentialBackoff::<BackoffClock> {
            initial_interval: self.first,
            multiplier: self.growth,
            max_interval: self.most,
            randomization_factor: JITTER,
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        exponential.reset();
        Intervals {
            limits: self,
            exponential,
        }
    }
}

/// The growing intervals of a [`Backoff`], with a little jitter that never makes one longer than it says.
#[derive(Debug)]
pub(crate) struct Intervals {
    limits: Backoff,
    exponential: ExponentialBackoff<BackoffClock>,
}

impl Intervals {
    /// The next interval, after `elapsed` since the first poll.
    pub(crate) fn next(&mut self, elapsed: Duration) -> Duration {
        let longest = self.limits.first + elapsed.mul_f64(self.limits.growth - 1.0);
        self.exponential
            .next_backoff()
            .unwrap_or(self.limits.most)
            .min(longest)
            .min(self.limits.most)
    }
}
