//! Owns the visitors: they come all the time, and remember what they got.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use codesphere_release::clock::Clock;
use codesphere_simulator::{NEW, OLD, Simulator, Visit};

use crate::clock::FastClock;

/// A visitor comes every so often, on the machine's clock.
const EVERY: Duration = Duration::from_millis(50);

/// Visitors that keep coming.
pub(crate) struct Traffic {
    over: Arc<AtomicBool>,
    visitors: JoinHandle<Seen>,
}

/// What they got.
#[derive(Default)]
pub(crate) struct Seen {
    visits: u32,
    lost: u32,
    /// How long they got nothing good, on the demo's clock.
    away: Duration,
    /// What came, in the order in which it came first.
    answers: Vec<Answer>,
}

/// One kind of answer: how often it came, and from when until when, on the demo's clock.
struct Answer {
    words: String,
    count: u32,
    from: Duration,
    until: Duration,
}

impl Traffic {
    /// Lets them come to the start page of `host` from now on.
    pub(crate) fn start(simulator: &Arc<Simulator>, clock: &Arc<FastClock>, host: &str) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (simulator, clock) = (Arc::clone(simulator), Arc::clone(clock));
        let (host, end) = (host.to_owned(), Arc::clone(&over));
        let visitors = spawn(move || {
            let mut seen = Seen::default();
            let start = clock.now();
            let mut before = Duration::ZERO;
            loop {
                let last = end.load(Ordering::SeqCst);
                let now = clock.now().saturating_sub(start);
                seen.note(&simulator.visit(&host, "/"), before, now);
                before = now;
                if last {
                    return seen;
                }
                sleep(EVERY);
            }
        });
        Self { over, visitors }
    }

    /// Nobody comes any more, after one last visitor.
    pub(crate) fn end(self) -> Seen {
        self.over.store(true, Ordering::SeqCst);
        self.visitors.join().unwrap_or_default()
    }
}

impl Seen {
    /// Notes a visit at `now`; the one before it took place at `before`.
    fn note(&mut self, visit: &Visit, before: Duration, now: Duration) {
        self.visits += 1;
        // The platform's own page, shown while nothing runs, is a 200 too.
        let good = visit.status == 200 && visit.workspace.is_some();
        if !good {
            self.lost += 1;
            self.away += now.saturating_sub(before);
        }
        self.count(
            if good {
                version(&visit.body)
            } else {
                loss(visit)
            },
            now,
        );
    }

    fn count(&mut self, words: String, now: Duration) {
        let known = self.answers.iter_mut().find(|known| known.words == words);
        if let Some(answer) = known {
            answer.count += 1;
            answer.until = now;
        } else {
            self.answers.push(Answer {
                words,
                count: 1,
                from: now,
                until: now,
            });
        }
    }
}

impl Display for Seen {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "visits: {}", self.visits)?;
        write!(f, "lost:   {}", self.lost)?;
        if self.lost > 0 {
            write!(f, " (over {} simulated seconds)", self.away.as_secs())?;
        }
        for answer in &self.answers {
            write!(f, "\n{answer}")?;
        }
        Ok(())
    }
}

impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from.as_secs(), self.until.as_secs());
        write!(
            f,
            "{:>7} × {}, from second {from} to {until}",
            self.count, self.words
        )
    }
}

/// What came instead of a good answer, in words.
fn loss(visit: &Visit) -> String {
    match (visit.workspace, visit.status) {
        (Some(_), status) => format!("status {status} from {}", version(&visit.body)),
        (None, 200) => "no application, but the platform's own page".to_owned(),
        (None, status) => format!("no application, status {status}"),
    }
}

/// The version that an application's page tells.
fn version(page: &str) -> String {
    let known = [(OLD, "the old version"), (NEW, "the new version")];
    let found = known.iter().find(|(commit, _)| page.contains(commit));
    found.map_or_else(
        || "an unknown version".to_owned(),
        |(commit, words)| {
            let short: String = commit.chars().take(7).collect();
            format!("{words}, {short}")
        },
    )
}
