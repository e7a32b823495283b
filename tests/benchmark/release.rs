//! Owns the measure of a release: what of its time is Codesphere's, what is waited on purpose, and what is ours.
//!
//! Everything is seen from outside, by the simulator's clock: when each call arrived, and when each stage was over.

use std::io;
use std::thread;

use codesphere_simulator::{Call, LIVE, Stage};

use crate::action::{self, Flow, Ran};
use crate::platform::{Lengths, Logs, Platform};

/// The stages in their order.
pub(crate) const STAGES: [(Stage, &str); 3] = [
    (Stage::Prepare, "prepare"),
    (Stage::Test, "test"),
    (Stage::Run, "run"),
];
/// Three good answers, one second apart.
const GOOD_ANSWERS: f64 = 2.0;

/// What was seen of a release. Times are seconds.
pub(crate) struct Release {
    /// From the start of the process to its end.
    pub(crate) total: f64,
    /// What Codesphere took, whoever had asked it.
    pub(crate) server: f64,
    /// The second look at `running`, and the good answers in a row.
    pub(crate) settling: f64,
    /// How long after a new workspace was running the release went on; `None` where none was made.
    pub(crate) boot_late: Option<f64>,
    /// What was seen of each of [`STAGES`].
    pub(crate) stages: Vec<Seen>,
    /// Requests to Codesphere.
    pub(crate) requests: usize,
    /// Requests to the application.
    pub(crate) visits: usize,
    pub(crate) ran: Ran,
}

/// What was seen of a stage.
pub(crate) struct Seen {
    /// How long after its end the release went on.
    pub(crate) late: f64,
    /// How often its state was read.
    pub(crate) looks: usize,
    /// How long `run` was looked at after it had been seen up.
    second_look: f64,
}

impl Release {
    /// How late the ends of all stages were noticed.
    pub(crate) fn stages_late(&self) -> f64 {
        self.stages.iter().map(|stage| stage.late).sum()
    }

    /// What is left of the whole.
    pub(crate) fn ours(&self) -> f64 {
        self.total - self.server - self.settling
    }
}

/// Releases with both flows at the same time: either sleeps nearly all the time.
pub(crate) fn both(lengths: Lengths, logs: Logs) -> io::Result<[Release; 2]> {
    thread::scope(|scope| {
        let simple = scope.spawn(move || measure(Flow::Simple, lengths, logs));
        let zero_downtime = measure(Flow::ZeroDowntime, lengths, logs)?;
        let simple = simple.join();
        let simple = simple.map_err(|_| io::Error::other("measuring simple panicked"))?;
        Ok([simple?, zero_downtime])
    })
}

fn measure(flow: Flow, lengths: Lengths, logs: Logs) -> io::Result<Release> {
    let platform = Platform::start(lengths).with_logs(logs);
    let inputs = [
        ("test", "true"),
        ("health-body", "{sha}"),
        ("logs", logs.input()),
    ];
    let ran = action::run(&platform, flow, &inputs)?;
    let made = flow != Flow::Simple;
    let released = if made { platform.newest() } else { LIVE };
    let stages: Option<Vec<Seen>> = STAGES
        .into_iter()
        .map(|stage| seen(&platform, released, stage, lengths.stage))
        .collect();
    let stages = stages.ok_or_else(|| io::Error::other("the release left out a stage"))?;
    let second_look: f64 = stages.iter().map(|stage| stage.second_look).sum();
    let (around, checks) = if made {
        // Of the new workspace, the domain, and what a rollback would find.
        (lengths.boot + lengths.switch, 3.0)
    } else {
        (lengths.stop, 1.0)
    };
    Ok(Release {
        total: ran.until - ran.from,
        server: 3.0 * lengths.stage + around,
        settling: second_look + checks * GOOD_ANSWERS,
        boot_late: made.then(|| boot_late(&platform, released)).flatten(),
        stages,
        requests: platform.simulator.calls().len(),
        visits: platform.simulator.visits().len(),
        ran,
    })
}

/// What was seen of a stage that takes so many seconds; `None` when it was not run.
fn seen(platform: &Platform, released: u64, stage: (Stage, &str), seconds: f64) -> Option<Seen> {
    let (stage, name) = stage;
    let began = platform.simulator.with(|world| {
        let run = world.workspaces.get(&released)?.stage(stage)?;
        Some(run.started_at)
    })?;
    let path = format!("/workspaces/{released}/pipeline/{name}");
    let log = format!("/workspaces/{released}/logs/{name}/");
    let calls = platform.simulator.calls();
    let is_look = |call: &&Call| call.method == "GET" && call.path == path;
    let (noticed, second_look) = if stage == Stage::Run {
        // What comes next asks the application, not the API: the looks that find it up have to tell.
        let looks = calls.iter().filter(is_look);
        let up = looks.filter(|look| at(look) > began && shows_running(look));
        let mut up = up.map(at);
        let (first, second) = (up.next()?, up.next()?);
        (first, second - first)
    } else {
        let mut later = calls.iter().filter(|call| at(call) > began + seconds);
        let goes_on = |call: &&Call| !is_look(call) && !call.path.starts_with(&log);
        (at(later.find(goes_on)?), 0.0)
    };
    Some(Seen {
        late: (noticed - began - seconds).max(0.0),
        looks: calls.iter().filter(is_look).count(),
        second_look,
    })
}

fn boot_late(platform: &Platform, released: u64) -> Option<f64> {
    let running = platform.simulator.with(|world| {
        let workspace = world.workspaces.get(&released);
        workspace.map(|workspace| workspace.boots_at)
    })?;
    let status = format!("/workspaces/{released}/status");
    let calls = platform.simulator.calls();
    let mut later = calls.iter().filter(|call| at(call) > running);
    let goes_on = later.find(|call| call.path != status)?;
    Some(at(goes_on) - running)
}

fn at(call: &Call) -> f64 {
    call.at.as_secs_f64()
}

fn shows_running(call: &Call) -> bool {
    let mut entries = call.answer.as_array().into_iter().flatten();
    entries.any(|entry| entry.get("state").is_some_and(|state| state == "running"))
}
