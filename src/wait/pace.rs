//! Owns how often is looked: intervals that grow, and a limit to how many looks there are. Nothing else knows `backoff`.

use std::collections::VecDeque;
use std::time::Duration;

use backoff::SystemClock as BackoffClock;
use backoff::backoff::Backoff;
use backoff::exponential::ExponentialBackoff;

const JITTER: f64 = 0.05;
/// No more looks than this within [`WINDOW`], but for those that an end has caused.
const MOST_LOOKS: usize = 10;
const WINDOW: Duration = Duration::from_secs(10);

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
    /// For states whose end something else tells as well: half as many looks, and fewer than one in five seconds in the long run.
    pub const ATTENDED: Self = Self {
        first: Duration::from_millis(500),
        growth: 2.0,
        most: Duration::from_secs(6),
    };
    /// For a workspace that comes up, which takes some ten seconds at least and up to many minutes.
    pub const BOOT: Self = Self {
        first: Duration::from_millis(800),
        growth: 1.02,
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

/// When was looked, as far as it matters for how often.
#[derive(Debug, Default)]
pub(super) struct Looks {
    count: u32,
    recent: VecDeque<Duration>,
}

impl Looks {
    pub(super) fn note(&mut self, at: Duration) {
        self.count += 1;
        self.recent.push_back(at);
        if self.recent.len() > MOST_LOOKS {
            self.recent.pop_front();
        }
    }

    /// `pause`, or longer where there were many looks lately.
    pub(super) fn spaced(&self, pause: Duration, now: Duration) -> Duration {
        match self.recent.front() {
            Some(first) if self.recent.len() == MOST_LOOKS => {
                pause.max((*first + WINDOW).saturating_sub(now))
            }
            _ => pause,
        }
    }

    /// Whether one look more leaves their number below that of one in five seconds, but for a handful at the start.
    pub(super) fn leave_room(&self, elapsed: Duration) -> bool {
        let often = f64::from(self.count) < 5.0 + elapsed.as_secs_f64() * 0.18;
        often && self.spaced(Duration::ZERO, elapsed).is_zero()
    }
}
