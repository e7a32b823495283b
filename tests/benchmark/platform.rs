//! Owns the simulated Codesphere that is measured against: how long everything takes there, and what it has seen.

use std::sync::Arc;
use std::time::Instant;

use codesphere_simulator::{Commit, Fault, FaultKind, NEW, REPOSITORY, RunScript, Simulator, Step};

/// How long Codesphere itself takes, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Lengths {
    /// Each of `prepare`, `test` and the start of `run`.
    pub(crate) stage: f64,
    /// Until a new workspace runs.
    pub(crate) boot: f64,
    /// Until a stopped stage has stopped.
    pub(crate) stop: f64,
    /// Until traffic follows a switch.
    pub(crate) switch: f64,
    /// How many lines each stage says meanwhile.
    pub(crate) lines: usize,
}

impl Lengths {
    /// Where only something else is of interest.
    pub(crate) const QUICK: Self = Self {
        stage: 0.3,
        boot: 0.5,
        stop: 0.2,
        switch: 0.2,
        lines: TALKATIVE,
    };

    /// A stage's only step.
    fn talking(self) -> Step {
        Step::new(self.stage, &vec!["compiling something"; self.lines])
    }
}

/// As many lines as builds usually say in so short a time.
pub(crate) const TALKATIVE: usize = 40;

/// What becomes of log streams.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logs {
    /// They are not asked for.
    Off,
    /// They end with their step.
    Ending,
    /// They stay open after their step.
    Open,
    /// They are asked for, and refused.
    Refused,
}

impl Logs {
    /// The value of the input `logs`.
    pub(crate) fn input(self) -> &'static str {
        match self {
            Self::Off => "none",
            Self::Ending | Self::Open | Self::Refused => "live",
        }
    }
}

/// A simulator in real time whose clock can be read.
pub(crate) struct Platform {
    pub(crate) simulator: Simulator,
    start: Instant,
}

impl Platform {
    /// Where the API is behind the proxy, encrypted as it really is.
    pub(crate) const ENCRYPTED_API: &str = "https://cloud.codesphere.test/api";

    /// Starts it; log streams end with their step.
    pub(crate) fn start(lengths: Lengths) -> Self {
        let start = Instant::now();
        let simulator = Simulator::start(Arc::new(move || start.elapsed()));
        simulator.with(|world| {
            let quirks = &mut world.quirks;
            quirks.follow_logs = true;
            quirks.boot = lengths.boot;
            quirks.stop_seconds = lengths.stop;
            quirks.switch_seconds = lengths.switch;
        });
        let platform = Self { simulator, start };
        platform.change(|commit| {
            commit.ci.prepare.steps = vec![lengths.talking()];
            commit.ci.test.steps = vec![lengths.talking()];
            commit.ci.run = RunScript {
                boot: lengths.stage,
                ..RunScript::default()
            };
        });
        platform
    }

    /// Has log streams end otherwise than with their step.
    pub(crate) fn with_logs(self, logs: Logs) -> Self {
        self.simulator.with(|world| {
            world.quirks.logs_stay_open = logs == Logs::Open;
            if logs == Logs::Refused {
                let refused = FaultKind::status(404);
                let fault = Fault::on("GET", "/workspaces/*/logs/**", refused);
                world.faults.push(fault.always());
            }
        });
        self
    }

    /// Changes the commit that is released.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Commit)) {
        self.simulator.with(|world| {
            let repository = world.repositories.get_mut(REPOSITORY);
            if let Some(commit) = repository.and_then(|found| found.commit_mut(NEW)) {
                change(commit);
            }
        });
    }

    /// The workspace that was made last.
    pub(crate) fn newest(&self) -> u64 {
        self.simulator.with(|world| world.next_id - 1)
    }

    /// Seconds since its start, on the clock by which it notes when calls arrive.
    pub(crate) fn now(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}
