//! Pipeline stages: what was started, and which states that amounts to at a moment.

use std::collections::BTreeMap;

use crate::landscape::Process;
use crate::{Commit, Deployed, Entry, Quirks, RunScript, Script, Stage, State, StepEntry};

/// The server that prepares and tests, and runs a flat `ci.yml`.
pub(crate) const IDE: &str = "codesphere-ide";

/// A stage that was started: everything that its states follow from.
#[derive(Clone, Debug)]
pub struct StageRun {
    /// When it was started.
    pub started_at: f64,
    /// When it was told to stop.
    pub stopped_at: Option<f64>,
    /// With which profile.
    pub profile: String,
    /// On which commit; a later pull does not change it.
    pub commit: Commit,
    /// With which environment.
    pub env: BTreeMap<String, String>,
    /// The landscape's services as far as they were deployed.
    pub services: Vec<Deployed>,
    /// How many replicas a flat `ci.yml` runs on.
    pub replicas: u64,
    /// What is still shown of the run before.
    pub previous: Vec<Entry>,
}

impl StageRun {
    /// A run of a commit without landscape, started at that time.
    #[must_use]
    pub fn new(commit: Commit, started_at: f64) -> Self {
        Self {
            started_at,
            stopped_at: None,
            profile: String::new(),
            commit,
            env: BTreeMap::new(),
            services: Vec::new(),
            replicas: 1,
            previous: Vec::new(),
        }
    }

    /// What the API shows: the run before for a while, then perhaps nothing, then this one.
    pub(crate) fn shown(&self, stage: Stage, now: f64, quirks: &Quirks) -> Vec<Entry> {
        let age = now - self.started_at;
        if age < quirks.stale_seconds && !self.previous.is_empty() {
            return self.previous.clone();
        }
        if age < quirks.empty_seconds {
            return Vec::new();
        }
        let mut entries = self.entries(stage, now, quirks);
        if quirks.unknown_state && age < 1.0 {
            for entry in &mut entries {
                entry.whole = StepEntry {
                    state: State::Queued,
                    ..StepEntry::WAITING
                };
            }
        }
        entries
    }

    /// The true states.
    pub(crate) fn entries(&self, stage: Stage, now: f64, quirks: &Quirks) -> Vec<Entry> {
        let ci = &self.commit.ci;
        let mut entries = match stage {
            Stage::Prepare => vec![self.scripted(&ci.prepare, now, quirks)],
            Stage::Test => vec![self.scripted(&ci.test, now, quirks)],
            Stage::Run => return self.run_entries(now, quirks),
        };
        let listed = ci
            .services
            .iter()
            .filter(|service| service.is_listed(quirks));
        entries.extend(listed.map(|service| Entry::waiting(&service.name)));
        entries
    }

    fn scripted(&self, script: &Script, now: f64, quirks: &Quirks) -> Entry {
        let halted = self.halted(now, quirks);
        let (whole, steps) = if script.steps.is_empty() && quirks.no_steps_succeed {
            (
                over(State::Success, self.started_at, self.started_at),
                Vec::new(),
            )
        } else {
            progress(script, self.started_at, halted, now)
        };
        Entry::new(IDE, 0, whole, steps)
    }

    fn run_entries(&self, now: f64, quirks: &Quirks) -> Vec<Entry> {
        let process = self.process(now, quirks);
        if self.commit.ci.is_landscape() {
            let there = self.services.iter().filter(|deployed| now >= deployed.from);
            let listed = there.filter(|deployed| deployed.service.is_listed(quirks));
            let entries = listed.flat_map(|deployed| deployed.entries(&process));
            return [Entry::waiting(IDE)].into_iter().chain(entries).collect();
        }
        let whole = up(&self.commit.ci.run, self.started_at, process.halted, now);
        let of = |replica| Entry::new(IDE, replica, whole.clone(), vec![whole.clone()]);
        (0..self.replicas).map(of).collect()
    }

    fn process<'a>(&'a self, now: f64, quirks: &'a Quirks) -> Process<'a> {
        Process {
            commit: &self.commit,
            started_at: self.started_at,
            halted: self.halted(now, quirks),
            now,
            quirks,
        }
    }

    /// When the stop took effect, if it has.
    fn halted(&self, now: f64, quirks: &Quirks) -> Option<f64> {
        self.stopped_at
            .map(|at| at + quirks.stop_seconds)
            .filter(|at| *at <= now)
    }

    /// Since when a flat `ci.yml` or a service of the landscape has been up, if it is.
    pub(crate) fn up_since(&self, service: Option<&str>, now: f64, quirks: &Quirks) -> Option<f64> {
        let process = self.process(now, quirks);
        if let Some(name) = service {
            let mut services = self.services.iter();
            let deployed = services.find(|deployed| deployed.service.name == name)?;
            return deployed.up_since(&process);
        }
        let script = &self.commit.ci.run;
        let whole = up(script, self.started_at, process.halted, now);
        (whole.state == State::Running).then_some(self.started_at + script.boot)
    }

    /// Whether a process of the stage is starting or under way.
    pub(crate) fn is_alive(&self, stage: Stage, now: f64, quirks: &Quirks) -> bool {
        if stage == Stage::Run {
            let landscape = self.commit.ci.is_landscape();
            let entries = self.run_entries(now, quirks);
            let ours = |entry: &&Entry| !landscape || !entry.steps.is_empty();
            let mut relevant = entries.iter().filter(ours).peekable();
            let waits = relevant.peek().is_none();
            return !waits && relevant.all(|entry| !entry.whole.state.is_over());
        }
        let entries = self.entries(stage, now, quirks);
        entries
            .iter()
            .any(|entry| entry.whole.state == State::Running)
    }
}

fn over(state: State, began: f64, ended: f64) -> StepEntry {
    StepEntry {
        state,
        started_at: Some(began),
        finished_at: Some(ended),
    }
}

fn running(began: f64) -> StepEntry {
    StepEntry {
        state: State::Running,
        started_at: Some(began),
        finished_at: None,
    }
}

/// Where a script is: as a whole, and step by step.
fn progress(
    script: &Script,
    began: f64,
    halted: Option<f64>,
    now: f64,
) -> (StepEntry, Vec<StepEntry>) {
    let lengths = script.steps.iter().map(|step| (step.seconds, step.fails));
    let steps = one_by_one(lengths, began, halted, now);
    let last = steps.iter().rev().find(|step| step.state != State::Waiting);
    let whole = last.map_or(StepEntry::WAITING, |last| StepEntry {
        state: last.state,
        started_at: Some(began),
        finished_at: last.finished_at.filter(|_| last.state != State::Running),
    });
    (whole, steps)
}

/// Where steps are that follow each other, by how long each takes and whether it fails.
fn one_by_one(
    lengths: impl Iterator<Item = (f64, bool)>,
    began: f64,
    halted: Option<f64>,
    now: f64,
) -> Vec<StepEntry> {
    let mut steps: Vec<StepEntry> = Vec::new();
    let mut start = began;
    for (seconds, fails) in lengths {
        let blocked = steps
            .last()
            .is_some_and(|last| last.state != State::Success);
        let end = start + seconds;
        steps.push(match halted {
            _ if blocked => StepEntry::WAITING,
            Some(at) if at < end => over(State::Aborted, start, at),
            _ if now < end => running(start),
            _ if fails => over(State::Failure, start, end),
            _ => over(State::Success, start, end),
        });
        start = end;
    }
    steps
}

/// Where the steps before a service's last one are, and whether all of them have succeeded.
pub(crate) fn first_steps(
    seconds: &[u32],
    began: f64,
    halted: Option<f64>,
    now: f64,
) -> (Vec<StepEntry>, bool) {
    let lengths = seconds.iter().map(|seconds| (f64::from(*seconds), false));
    let steps = one_by_one(lengths, began, halted, now);
    let all = steps.iter().all(|step| step.state == State::Success);
    (steps, all)
}

/// Where a process is that began to start at `began`.
pub(crate) fn up(script: &RunScript, began: f64, halted: Option<f64>, now: f64) -> StepEntry {
    let up = began + script.boot;
    let fails = if script.fails {
        Some(0.0)
    } else {
        script.fails_after
    };
    match fails.map(|after| up + after) {
        Some(end) if now >= end && halted.is_none_or(|at| end <= at) => {
            over(State::Failure, began, end)
        }
        _ => match halted {
            Some(at) => over(State::Aborted, began, at),
            None if now < up => StepEntry::WAITING,
            None => running(began),
        },
    }
}
