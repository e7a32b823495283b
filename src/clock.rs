//! Owns time and the wish to stop: the clock that tests replace, and the flag that a signal raises.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Where time comes from. The product uses [`SystemClock`]; tests bring a clock that jumps.
pub trait Clock: Send + Sync {
    /// Time since a fixed moment of the clock's own choosing; never goes back.
    fn now(&self) -> Duration;
    /// What the machine's calendar says; it may be wrong.
    fn calendar(&self) -> SystemTime;
    /// Returns once `time` has passed on this clock.
    fn sleep(&self, time: Duration);
}

/// The machine's monotonic clock, counted from its making.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that reads zero now.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn calendar(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// Raised once by a signal, seen by everything that waits. Clones share the flag.
#[derive(Debug, Clone, Default)]
pub struct Cancellation {
    flag: Arc<AtomicBool>,
}

impl Cancellation {
    /// The shared flag itself, for a signal handler to raise.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }

    /// Asks everything that shares this flag to stop.
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }
}
