//! Owns one step's log: read in a thread, resumed without repeating, its last lines kept.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use crate::background;
use crate::clock::Cancellation;
use crate::codesphere::client::logs::{LogLocation, LogStream};
use crate::codesphere::error::ApiError;
use crate::codesphere::events::{LogEvent, LogLine};
use crate::failure::Evidence;
use crate::runner::door::Door;
use crate::text::count;
use crate::wait::Time;

/// How long the logs of a stage are read on that went well, all together, as a multiple of how long one may be silent.
pub(super) const AFTER_SUCCESS: u32 = 4;
/// So many of the last lines are kept.
pub(super) const TAIL: usize = 50;
/// So many batches wait between the thread that reads and the one that prints.
const WAITING: usize = 4;
/// No wait for more is deaf to a cancellation for longer than this.
const DEAF: Duration = Duration::from_millis(50);
/// A stream that broke is resumed after this time of the clock, then after twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often in a row a log may not be had before it is given up.
const FAILURES: u32 = 5;

/// What a thread has heard.
enum StreamMessage {
    LogEvent(LogEvent),
    Broke(ApiError),
}

/// How things stand after listening.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LogUpdate {
    /// Nothing new.
    Silence,
    /// These lines.
    Lines(Vec<LogLine>),
    /// The stream has ended.
    Ended,
    /// The stream broke, or could not be had; why, in words.
    Broke(String),
}

/// The log of one step.
pub(super) struct Source {
    pub(super) location: LogLocation,
    /// What people call it, as in "prepare, step 2 of 3".
    pub(super) title: String,
    /// What stands before its lines.
    pub(super) prefix: String,
    /// So many of its lines were not printed.
    pub(super) left_out: u64,
    /// Whether its stream has ended since the last look.
    pub(super) ended: bool,
    /// Whether nothing more will come.
    pub(super) complete: bool,
    tail: VecDeque<LogLine>,
    heard: u64,
    open: Option<Open>,
    next_try: Duration,
    pause: Duration,
    failures: u32,
    ends: u32,
}

/// A stream that is being read.
struct Open {
    heard: Receiver<StreamMessage>,
    /// So many lines are repeated before new ones come.
    repeats: u64,
    /// When something was heard last, by the machine's clock: streams live in the machine's time.
    last: Instant,
}

impl Source {
    pub(super) fn new(location: LogLocation, title: String, prefix: String) -> Self {
        Self {
            location,
            title,
            prefix,
            left_out: 0,
            ended: false,
            complete: false,
            tail: VecDeque::new(),
            heard: 0,
            open: None,
            next_try: Duration::ZERO,
            pause: FIRST_PAUSE,
            failures: 0,
            ends: 0,
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether this end is the first one.
    pub(super) const fn ended_once(&self) -> bool {
        self.ends == 1
    }

    /// Whether it is time to read it, at `now` of the clock.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.open.is_none() && !self.complete && !self.is_given_up() && now >= self.next_try
    }

    /// Whether it could not be had too often in a row.
    pub(super) const fn is_given_up(&self) -> bool {
        self.failures >= FAILURES
    }

    /// Whether anything was heard at all.
    pub(super) const fn has_spoken(&self) -> bool {
        self.heard > 0
    }

    /// Starts to read `stream` in a thread of its own, which ends when nobody listens any more.
    pub(super) fn read(&mut self, stream: LogStream, time: Time<'_>) {
        self.next_try = time.now() + self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        let (send, heard) = sync_channel(WAITING);
        let reader = time.readers.begin();
        let listen = move || {
            let read = stream.read(|told| {
                let is_heard = send.send(StreamMessage::LogEvent(told)).is_ok();
                reader.says();
                is_heard
            });
            if let Err(error) = read {
                // Nobody may listen any more.
                let _ = send.send(StreamMessage::Broke(error));
            }
            // Who is woken by the reader's end finds the channel's.
            drop(send);
            drop(reader);
        };
        if background::start("log", Box::new(listen)).is_err() {
            self.failures = FAILURES;
            return;
        }
        self.open = Some(Open {
            heard,
            repeats: self.heard,
            last: Instant::now(),
        });
    }

    /// What comes next, waiting in the machine's time: until the stream ends, is silent for `silence`, or `end` has come.
    pub(super) fn listen_until(
        &mut self,
        silence: Duration,
        end: Instant,
        cancel: &Cancellation,
    ) -> LogUpdate {
        while let Some(open) = &self.open {
            match open.heard.try_recv() {
                Ok(heard) => return self.take(heard),
                Err(TryRecvError::Disconnected) => {
                    return self.take(StreamMessage::LogEvent(LogEvent::End));
                }
                Err(TryRecvError::Empty) => {}
            }
            let now = Instant::now();
            let until = end.min(open.last + silence);
            if now >= until || cancel.is_cancelled() {
                return LogUpdate::Silence;
            }
            if let Ok(heard) = open.heard.recv_timeout((until - now).min(DEAF)) {
                return self.take(heard);
            }
        }
        LogUpdate::Silence
    }

    /// Stops listening.
    pub(super) fn let_go(&mut self) {
        self.open = None;
    }

    fn take(&mut self, heard: StreamMessage) -> LogUpdate {
        match heard {
            StreamMessage::LogEvent(LogEvent::Lines(lines)) => {
                LogUpdate::Lines(self.new_among(lines))
            }
            StreamMessage::LogEvent(LogEvent::End) => {
                self.open = None;
                self.ends += 1;
                self.ended = true;
                LogUpdate::Ended
            }
            StreamMessage::Broke(error) => {
                self.open = None;
                self.failures += 1;
                LogUpdate::Broke(error.to_string())
            }
        }
    }

    /// Leaves out what an earlier stream has brought already.
    fn new_among(&mut self, mut lines: Vec<LogLine>) -> Vec<LogLine> {
        if let Some(open) = &mut self.open {
            open.last = Instant::now();
            let repeated =
                usize::try_from(open.repeats).map_or(lines.len(), |left| left.min(lines.len()));
            open.repeats -= repeated as u64;
            lines.drain(..repeated);
        }
        if !lines.is_empty() {
            self.failures = 0;
            self.pause = FIRST_PAUSE;
        }
        self.heard += lines.len() as u64;
        let newest = lines.len().saturating_sub(TAIL);
        self.tail.extend(lines.iter().skip(newest).cloned());
        let over = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..over);
        lines
    }

    /// Its last lines, the oldest first.
    pub(super) fn tail(&self) -> impl Iterator<Item = &LogLine> {
        self.tail.iter()
    }

    /// Its last lines, to stand beside a failure; `None` where nothing was said.
    pub(super) fn evidence(&self, door: &Door) -> Option<Evidence> {
        if self.tail.is_empty() {
            return None;
        }
        let lines = u32::try_from(self.tail.len()).unwrap_or(u32::MAX);
        let label = |line: &LogLine| if line.error { "! " } else { "" };
        Some(Evidence {
            title: format!("The last {} of {}", count(lines, "line"), self.title),
            lines: self
                .tail
                .iter()
                .map(|line| format!("{}{}", label(line), door.readable(&line.text)))
                .collect(),
        })
    }
}
