//! Owns the simulated Codesphere that is measured against: how long everything takes there, and what it has seen.

use std::sync::Arc;
use std::time::Instant;

use codesphere_simulator::{Commit, NEW, REPOSITORY, RunScript, Simulator, Step};

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
}

impl Lengths {
    /// Where only something else is of interest.
    pub(crate) const QUICK: Self = Self {
        stage: 0.3,
        boot: 0.5,
        stop: 0.2,
        switch: 0.2,
    };
}

/// A simulator in real time whose clock can be read.
pub(crate) struct Platform {
    pub(crate) simulator: Simulator,
    start: Instant,
}

impl Platform {
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
            commit.ci.prepare.steps = vec![talking(lengths.stage)];
            commit.ci.test.steps = vec![talking(lengths.stage)];
            commit.ci.run = RunScript {
                boot: lengths.stage,
                ..RunScript::default()
            };
        });
        platform
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

    /// Seconds since its start, on the clock by which it notes when calls arrive.
    pub(crate) fn now(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}

/// A step that says as much as builds usually do in so short a time.
fn talking(seconds: f64) -> Step {
    Step::new(seconds, &["compiling something"; 40])
}
