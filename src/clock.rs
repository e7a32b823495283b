//! Owns time and the wish to stop: the clock that tests replace, the threads that may wake its sleepers, and the flag that a
//! signal raises.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Where time comes from. The product uses [`SystemClock`]; tests bring a clock that jumps.
pub trait Clock: Send + Sync {
    /// Time since a fixed moment of the clock's own choosing; never goes back.
    fn now(&self) -> Duration;
    /// What the machine's calendar says; it may be wrong.
    fn calendar(&self) -> SystemTime;
    /// Returns once `time` has passed on this clock, or earlier: as soon as one of `readers` has said something.
    ///
    /// Readers live in the machine's time. A clock that jumps must not jump over what they are about to say.
    fn sleep(&self, time: Duration, readers: &Readers);
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

    fn sleep(&self, time: Duration, readers: &Readers) {
        readers.wait(time);
    }
}

/// The threads that read streams alongside whoever sleeps. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Readers {
    shared: Arc<(Mutex<Reading>, Condvar)>,
}

/// What the readers are at.
#[derive(Debug, Default)]
struct Reading {
    at_work: u64,
    /// Whether anything was said since the last wait.
    said: bool,
}

impl Readers {
    /// How many there are.
    pub fn at_work(&self) -> u64 {
        self.reading().at_work
    }

    /// Waits until one of them says something, at most for `time`; whether anything was said since the last wait.
    pub fn wait(&self, time: Duration) -> bool {
        let (reading, silent) = (self.reading(), |reading: &mut Reading| !reading.said);
        let waited = self.shared.1.wait_timeout_while(reading, time, silent);
        let (mut reading, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut reading.said)
    }

    /// One more, for as long as what is given is kept.
    pub(crate) fn begin(&self) -> Reader {
        self.reading().at_work += 1;
        Reader(self.clone())
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        let reading = self.shared.0.lock();
        reading.unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the threads.
#[derive(Debug)]
pub(crate) struct Reader(Readers);

impl Reader {
    /// There is something new to hear.
    pub(crate) fn says(&self) {
        self.0.reading().said = true;
        self.0.shared.1.notify_all();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.reading().at_work -= 1;
        self.says();
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Clock, Readers, SystemClock};

    #[test]
    fn a_reader_that_says_something_or_ends_wakes_who_sleeps() {
        let (clock, readers) = (SystemClock::start(), Readers::default());
        let long = Duration::from_hours(1);
        let reader = readers.begin();
        assert_eq!(readers.at_work(), 1);
        reader.says();
        clock.sleep(long, &readers);
        std::thread::spawn(move || drop(reader));
        clock.sleep(long, &readers);
        assert_eq!(readers.at_work(), 0);
        assert!(!readers.wait(Duration::ZERO));
    }
}
