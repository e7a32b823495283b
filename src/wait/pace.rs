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
        first: Duration::from_secs(1),
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

/// When to look next: after the pace's intervals, wider ones where something listens, and never too often.
#[derive(Debug)]
pub(super) struct Rhythm {
    alone: Intervals,
    attended: Intervals,
    looks: Looks,
}

impl Rhythm {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            alone: pace.intervals(),
            attended: Pace::ATTENDED.intervals(),
            looks: Looks::default(),
        }
    }

    /// A look at this time, which nothing but the time has caused.
    pub(super) fn note(&mut self, at: Duration) {
        self.looks.note(at);
    }

    /// How long to rest after `elapsed`, where something beside listens or not.
    pub(super) fn pause(&mut self, elapsed: Duration, listens: bool) -> Duration {
        let intervals = if listens {
            &mut self.attended
        } else {
            &mut self.alone
        };
        self.looks.spaced(intervals.next(elapsed), elapsed)
    }

    /// Whether a look that a hint causes would not be one too many.
    pub(super) fn leaves_room(&self, elapsed: Duration) -> bool {
        self.looks.leave_room(elapsed)
    }
}

/// When was looked, as far as it matters for how often.
#[derive(Debug, Default)]
struct Looks {
    count: u32,
    recent: VecDeque<Duration>,
}

impl Looks {
    fn note(&mut self, at: Duration) {
        self.count += 1;
        self.recent.push_back(at);
        if self.recent.len() > MOST_LOOKS {
            self.recent.pop_front();
        }
    }

    /// `pause`, or longer where there were many looks lately.
    fn spaced(&self, pause: Duration, now: Duration) -> Duration {
        match self.recent.front() {
            Some(first) if self.recent.len() == MOST_LOOKS => {
                pause.max((*first + WINDOW).saturating_sub(now))
            }
            _ => pause,
        }
    }

    /// Whether one look more leaves their number below that of one in five seconds, but for a handful at the start.
    fn leave_room(&self, elapsed: Duration) -> bool {
        let often = f64::from(self.count) < 5.0 + elapsed.as_secs_f64() * 0.18;
        often && self.spaced(Duration::ZERO, elapsed).is_zero()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Looks;

    /// How many looks there are in `seconds` if every one that a hint may cause is taken.
    fn hinted(seconds: u64) -> u32 {
        let mut looks = Looks::default();
        for tenth in 0..seconds * 10 {
            let now = Duration::from_millis(tenth * 100);
            if looks.leave_room(now) {
                looks.note(now);
            }
        }
        looks.count
    }

    #[test]
    fn hints_cause_no_more_looks_than_one_in_five_seconds_but_a_handful_at_the_start() {
        assert!(hinted(10) <= 10, "{}", hinted(10));
        assert!((40..=60).contains(&hinted(300)), "{}", hinted(300));
    }

    #[test]
    fn looks_are_spaced_out_after_ten_in_ten_seconds() {
        let mut looks = Looks::default();
        let pause = Duration::from_millis(500);
        for tenth in 0..10 {
            assert_eq!(
                looks.spaced(pause, Duration::from_millis(tenth * 100)),
                pause
            );
            looks.note(Duration::from_millis(tenth * 100));
        }
        assert_eq!(
            looks.spaced(pause, Duration::from_secs(1)),
            Duration::from_secs(9)
        );
    }
}
