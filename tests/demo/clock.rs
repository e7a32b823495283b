//! Owns the demo's time: the machine's, sped up.

use std::time::{Duration, Instant, SystemTime};

use codesphere_release::clock::{Clock, Readers};
use codesphere_simulator::calendar;

/// So many seconds of the demo pass in one second.
pub(crate) const SPEED: u32 = 8;

/// A clock that runs faster than the machine's.
pub(crate) struct FastClock {
    start: Instant,
}

impl FastClock {
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for FastClock {
    fn now(&self) -> Duration {
        self.start.elapsed() * SPEED
    }

    fn calendar(&self) -> SystemTime {
        calendar(self.now())
    }

    fn sleep(&self, time: Duration, readers: &Readers) {
        readers.wait(time / SPEED);
    }
}
