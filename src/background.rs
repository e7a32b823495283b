//! Owns work in the background: a thread of its own for it, and its result for whoever waits.

use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What ends, without a word, once the work is over.
pub(crate) type Over = Receiver<()>;

/// Starts a thread for the work. There is one kind of thread and of channel for all kinds of work, for each other one
/// would be several kilobytes of machine code.
pub(crate) fn start(name: &str, work: Box<dyn FnOnce() + Send>) -> io::Result<Over> {
    let (running, over) = channel();
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(move || {
        work();
        drop(running);
    })?;
    Ok(over)
}

/// Where one thread leaves a result for another. Clones share it.
pub(crate) struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Slot<T> {
    /// One that is empty, for whoever takes and for whoever puts.
    pub(crate) fn pair() -> (Self, Self) {
        let shared = Arc::new(Mutex::new(None));
        (Self(Arc::clone(&shared)), Self(shared))
    }

    pub(crate) fn put(&self, value: T) {
        *self.content() = Some(value);
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.content().take()
    }

    fn content(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work whose result is wanted later.
pub(crate) struct Task<T> {
    result: Slot<T>,
    over: Option<Over>,
}

impl<T: Send + 'static> Task<T> {
    /// Starts it.
    pub(crate) fn start(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Self {
        let (result, done) = Slot::pair();
        let over = start(name, Box::new(move || done.put(work()))).ok();
        Self { result, over }
    }

    /// Waits for its result; none where it broke off, or where there was no thread for it.
    pub(crate) fn result(self) -> Option<T> {
        if let Some(over) = self.over {
            let _ = over.recv();
        }
        self.result.take()
    }
}

#[cfg(test)]
mod tests {
    use super::Task;

    #[test]
    fn a_result_is_waited_for_and_none_comes_of_what_breaks_off() {
        assert_eq!(Task::start("good", || 7).result(), Some(7));
        let broken: Task<u8> = Task::start("broken", || std::panic::resume_unwind(Box::new(())));
        assert_eq!(broken.result(), None);
    }
}
