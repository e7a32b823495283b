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
    first: Option<String>,
    last: Option<String>,
}

impl Traffic {
    /// Lets them come to the start page of `host` from now on.
    pub(crate) fn start(simulator: &Arc<Simulator>, clock: &Arc<FastClock>, host: &str) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (simulator, clock) = (Arc::clone(simulator), Arc::clone(clock));
        let (host, end) = (host.to_owned(), Arc::clone(&over));
        let visitors = spawn(move || {
            let mut seen = Seen::default();
            let mut before = clock.now();
            loop {
                let last = end.load(Ordering::SeqCst);
                let now = clock.now();
                seen.note(&simulator.visit(&host, "/"), now.saturating_sub(before));
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
    /// Notes a visit, and how long after the one before it took place.
    fn note(&mut self, visit: &Visit, since: Duration) {
        self.visits += 1;
        // The platform's own page, shown while nothing runs, is a 200 too.
        let good = visit.status == 200 && visit.workspace.is_some();
        if !good {
            self.lost += 1;
            self.away += since;
        }
        let answer = if good {
            version(&visit.body)
        } else {
            loss(visit)
        };
        self.first.get_or_insert_with(|| answer.clone());
        self.last = Some(answer);
    }
}

impl Display for Seen {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let unknown = String::new();
        writeln!(f, "visits:       {}", self.visits)?;
        write!(f, "lost:         {}", self.lost)?;
        if self.lost > 0 {
            write!(f, " (over {} simulated seconds)", self.away.as_secs())?;
        }
        writeln!(f)?;
        writeln!(
            f,
            "first answer: {}",
            self.first.as_ref().unwrap_or(&unknown)
        )?;
        write!(
            f,
            "last answer:  {}",
            self.last.as_ref().unwrap_or(&unknown)
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
