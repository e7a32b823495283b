//! Owns the time limits of HTTP calls.

use std::time::Duration;

/// Time limits of one exchange.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// To connect, handshakes included.
    pub connect: Duration,
    /// From the request to the head of the answer, and again for the body.
    pub answer: Duration,
    /// For one answer of an application, all in all.
    pub application: Duration,
    /// For everything that undoes a cancelled run: the runner kills what takes much longer.
    pub after_cancellation: Duration,
    /// How long a stream may be silent before it is given up.
    pub silence: Duration,
    /// How long more of a log is waited for once its step is over.
    pub rest_of_a_log: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            application: Duration::from_secs(10),
            after_cancellation: Duration::from_secs(5),
            silence: Duration::from_mins(1),
            rest_of_a_log: Duration::from_millis(250),
        }
    }
}
