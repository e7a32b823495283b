//! Owns the measures other than a whole release's: the start, a long stage, floods of output, a large team.

use std::io;

use codesphere_simulator::{Flood, LIVE, Step};

use crate::action::{self, Flow};
use crate::platform::{Lengths, Platform};

/// So many dry runs tell how fast the process starts.
const STARTS: u32 = 11;

/// A step that floods its log.
#[derive(Clone, Copy)]
pub(crate) struct Flooding {
    pub(crate) flood: Flood,
    /// How long the step takes; long enough for all of the flood to be read meanwhile.
    pub(crate) seconds: f64,
}

/// What came of a flood.
pub(crate) struct Flooded {
    /// The most memory at once, in bytes.
    pub(crate) memory: u64,
    /// How many bytes went over the wire, and in how many seconds; `None` when not all of it was read.
    pub(crate) sent: Option<(u64, f64)>,
}

/// Seconds from the start of the process to its first request: the middle one of several dry runs.
pub(crate) fn first_request() -> io::Result<f64> {
    let platform = Platform::start(Lengths::QUICK);
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let before = platform.simulator.calls().len();
        let ran = action::run(&platform, Flow::Simple, &[("dry-run", "true")])?;
        let calls = platform.simulator.calls();
        let first = calls.get(before);
        let first = first.ok_or_else(|| io::Error::other("a dry run asked nothing"))?;
        times.push(first.at.as_secs_f64() - ran.from);
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

/// How often the state of a `prepare` that takes so long is read.
pub(crate) fn looks(seconds: f64, logs: &'static str) -> io::Result<usize> {
    let platform = Platform::start(Lengths::QUICK);
    platform.change(|commit| {
        for step in &mut commit.ci.prepare.steps {
            step.seconds = seconds;
        }
    });
    let inputs = [("health-check", "false"), ("logs", logs)];
    action::run(&platform, Flow::Simple, &inputs)?;
    let path = format!("/workspaces/{LIVE}/pipeline/prepare");
    let calls = platform.simulator.calls();
    let looks = calls
        .iter()
        .filter(|call| call.method == "GET" && call.path == path);
    Ok(looks.count())
}

/// Releases while `prepare` floods its log, and all of the log is shown.
pub(crate) fn flood(flooding: Flooding) -> io::Result<Flooded> {
    let platform = Platform::start(Lengths::QUICK);
    platform.change(|commit| {
        commit.ci.prepare.steps = vec![Step {
            flood: Some(flooding.flood),
            ..Step::new(flooding.seconds, &[])
        }];
    });
    let inputs = [("health-check", "false"), ("logs", "live")];
    let ran = action::run(&platform, Flow::Simple, &inputs)?;
    let sent = platform.simulator.floods().first().copied();
    Ok(Flooded {
        memory: ran.memory,
        sent: sent.map(|sent| (sent.bytes, sent.until - sent.from)),
    })
}

/// The most memory, in bytes, of a release in a team of that many workspaces.
pub(crate) fn large_team(workspaces: u64) -> io::Result<u64> {
    let platform = Platform::start(Lengths::QUICK);
    platform
        .simulator
        .with(|world| world.quirks.many_workspaces = workspaces);
    let inputs = [("health-body", "{sha}"), ("logs", "none")];
    Ok(action::run(&platform, Flow::ZeroDowntime, &inputs)?.memory)
}
