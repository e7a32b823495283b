//! Owns the verdict over a stage: what a list of entries means, against a snapshot taken before the start.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::codesphere::pipeline::{Stage, StageEntry, State};
use crate::profile::Profile;
use crate::steps::up::{Expected, IDE, Up};

/// How long a stage without steps is waited for.
const NO_STEPS: Duration = Duration::from_secs(30);
/// How long a terminal state without any timestamp is doubted.
const NO_TIMESTAMPS: Duration = Duration::from_secs(10);
/// How long containers may say `waiting` beside servers that are up before they are taken as they are.
const IDLE: Duration = Duration::from_secs(30);

/// What a look at a stage means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not over; the state in words.
    NotYet(String),
    /// Over, well; for `run`: up on every replica, as far as this look can tell.
    Good,
    /// There is nothing to do: the stage has no steps.
    Nothing,
    /// Over, badly; where and how, in words.
    Bad(String),
}

/// One stage, from the snapshot before its start to its end.
#[derive(Debug)]
pub(crate) struct Judge {
    stage: Stage,
    before: Vec<StageEntry>,
    active: BTreeSet<(String, String)>,
    expected: Expected,
    /// Since when all is up but containers that say `waiting`; and these.
    idle: Option<(Duration, Vec<String>)>,
}

impl Judge {
    /// `before` is what was listed right before the start: its results are the last run's.
    pub(crate) fn new(stage: Stage, before: Vec<StageEntry>) -> Self {
        Self {
            stage,
            before,
            active: BTreeSet::new(),
            expected: Expected::default(),
            idle: None,
        }
    }

    /// For `run`: judged by what the CI profile's file describes, too.
    pub(crate) fn expecting(self, file: Option<&Profile>) -> Self {
        Self {
            expected: Expected::of(file),
            ..self
        }
    }

    /// The containers that said `waiting` all along beside servers that are up.
    pub(crate) fn idle(&self) -> &[String] {
        self.idle.as_ref().map_or(&[], |(_, names)| names)
    }

    /// The stage that is judged.
    pub(crate) const fn stage(&self) -> Stage {
        self.stage
    }

    /// Judges what is listed `elapsed` after the start.
    pub(crate) fn judge(&mut self, entries: &[StageEntry], elapsed: Duration) -> Verdict {
        let relevant = relevant(self.stage, entries);
        if relevant.is_empty() {
            return Verdict::NotYet(format!("{}: no server listed yet", self.stage));
        }
        for entry in &relevant {
            self.note_activity(entry);
        }
        let fresh: Vec<&&StageEntry> = relevant
            .iter()
            .filter(|entry| self.is_fresh(entry, elapsed))
            .collect();
        let bad = |entry: &&&&StageEntry| match (&entry.state, self.stage) {
            (State::Failure | State::Aborted, _) | (State::Success, Stage::Run) => true,
            (State::Success | State::Waiting | State::Running | State::Unknown(_), _) => false,
        };
        if let Some(entry) = fresh.iter().find(bad) {
            return Verdict::Bad(failed(self.stage, entry));
        }
        if self.stage == Stage::Run {
            return self.judge_run(&relevant, elapsed);
        }
        let good = |entry: &&&StageEntry| entry.state == State::Success;
        if fresh.len() == relevant.len() && fresh.iter().all(good) {
            return Verdict::Good;
        }
        if elapsed >= NO_STEPS && relevant.iter().all(|entry| has_nothing_to_do(entry)) {
            return Verdict::Nothing;
        }
        Verdict::NotYet(self.describe(&relevant, elapsed, Vec::new()))
    }

    /// Nothing of `run` is over; is it up?
    fn judge_run(&mut self, relevant: &[&StageEntry], elapsed: Duration) -> Verdict {
        // A container may run on over a stop and a start.
        let counts =
            |entry: &StageEntry| self.expected.is_container(entry) || self.is_fresh(entry, elapsed);
        let idle = match self.expected.look(relevant, counts) {
            Up::Not(missing) => {
                self.idle = None;
                return Verdict::NotYet(self.describe(relevant, elapsed, missing));
            }
            Up::All { idle } => idle,
        };
        if idle.is_empty() {
            self.idle = None;
            return Verdict::Good;
        }
        let since = self.idle.take().map_or(elapsed, |(since, _)| since);
        self.idle = Some((since, idle));
        if elapsed.saturating_sub(since) < IDLE {
            return Verdict::NotYet(self.describe(relevant, elapsed, Vec::new()));
        }
        Verdict::Good
    }

    /// The entries that belong to the new run.
    pub(crate) fn fresh<'e>(
        &self,
        entries: &'e [StageEntry],
        elapsed: Duration,
    ) -> Vec<&'e StageEntry> {
        let mut relevant = relevant(self.stage, entries);
        relevant.retain(|entry| self.is_fresh(entry, elapsed));
        relevant
    }

    /// The states in words; what is left over from the last run is said to be.
    fn describe(
        &self,
        relevant: &[&StageEntry],
        elapsed: Duration,
        missing: Vec<String>,
    ) -> String {
        let each = relevant.iter().map(|entry| {
            let old = entry.state.is_terminal() && !self.is_fresh(entry, elapsed);
            let whose = if old { " (the last run's)" } else { "" };
            format!("{}{whose}", state_of(self.stage, entry))
        });
        let each: Vec<String> = each.chain(missing).collect();
        format!("{}: {}", self.stage, each.join("; "))
    }

    fn before(&self, entry: &StageEntry) -> Option<&StageEntry> {
        self.before
            .iter()
            .find(|old| old.server == entry.server && old.replica == entry.replica)
    }

    /// An entry that waits or runs, and not just as it did before the start, belongs to the new run.
    fn note_activity(&mut self, entry: &StageEntry) {
        let same = self
            .before(entry)
            .is_some_and(|old| old.state == entry.state && old.started_at == entry.started_at);
        if !entry.state.is_terminal() && !same {
            self.active
                .insert((entry.server.clone(), entry.replica.clone()));
        }
    }

    /// Whether the entry's state is the new run's, not one left over from the last.
    fn is_fresh(&self, entry: &StageEntry, elapsed: Duration) -> bool {
        let Some(old) = self.before(entry) else {
            return true;
        };
        if self
            .active
            .contains(&(entry.server.clone(), entry.replica.clone()))
        {
            return true;
        }
        match (&old.started_at, &entry.started_at) {
            (None, None) if old.state != entry.state => true,
            (None, None) => entry.state.is_terminal() && elapsed >= NO_TIMESTAMPS,
            (before, now) => before != now,
        }
    }
}

/// The entries that a stage is judged by: the IDE server for `prepare` and `test`; for `run` the services, where there are any.
pub(super) fn relevant(stage: Stage, entries: &[StageEntry]) -> Vec<&StageEntry> {
    let on_ide = |entry: &&StageEntry| entry.server == IDE;
    match stage {
        Stage::Prepare | Stage::Test => entries.iter().filter(on_ide).collect(),
        Stage::Run if entries.iter().any(|entry| !on_ide(&entry)) => {
            entries.iter().filter(|entry| !on_ide(entry)).collect()
        }
        Stage::Run => entries.iter().collect(),
    }
}

/// Whether anything that the stage is judged by may still be at work.
pub(crate) fn is_at_work(stage: Stage, entries: &[StageEntry]) -> bool {
    relevant(stage, entries)
        .iter()
        .any(|entry| match &entry.state {
            State::Running | State::Unknown(_) => true,
            State::Waiting => entry.started_at.is_some(),
            State::Success | State::Failure | State::Aborted => false,
        })
}

/// Whether everything that the stage is judged by, and at least something, is in `state`.
pub(crate) fn shows(stage: Stage, entries: &[StageEntry], wanted: &State) -> bool {
    let relevant = relevant(stage, entries);
    !relevant.is_empty() && relevant.iter().all(|entry| entry.state == *wanted)
}

/// What of `run` is not up at this look, in words; nothing where all is that the file describes.
pub(crate) fn not_up(entries: &[StageEntry], file: Option<&Profile>) -> Option<String> {
    let relevant = relevant(Stage::Run, entries);
    let Up::Not(missing) = Expected::of(file).look(&relevant, |_| true) else {
        return None;
    };
    let each = relevant
        .into_iter()
        .map(|entry| state_of(Stage::Run, entry));
    let each: Vec<String> = each.chain(missing).collect();
    Some(format!("{}: {}", Stage::Run, each.join("; ")))
}

fn has_nothing_to_do(entry: &StageEntry) -> bool {
    entry.state == State::Waiting && entry.steps.is_empty()
}

fn route(entry: &StageEntry) -> String {
    let server = if entry.server.is_empty() {
        "the server"
    } else {
        &entry.server
    };
    if entry.replica.is_empty() {
        server.to_owned()
    } else {
        format!("{server} (replica {})", entry.replica)
    }
}

fn failed(stage: Stage, entry: &StageEntry) -> String {
    let step = entry
        .steps
        .iter()
        .position(|step| matches!(step.state, State::Failure | State::Aborted))
        .map_or_else(String::new, |index| {
            format!(" in step {} of {}", index + 1, entry.steps.len())
        });
    match entry.state {
        State::Aborted => format!("{stage} was aborted on {}{step}", route(entry)),
        State::Success => format!(
            "{stage} ended by itself on {}: it must stay in the foreground as long as the application serves",
            route(entry)
        ),
        State::Failure | State::Waiting | State::Running | State::Unknown(_) => {
            format!("{stage} failed on {}{step}", route(entry))
        }
    }
}

/// What of `run`, which was up, has ended, in words.
pub(super) fn ended(entries: &[StageEntry]) -> Option<String> {
    let over = |entry: &&StageEntry| entry.state.is_terminal();
    let over = relevant(Stage::Run, entries).into_iter().find(over)?;
    Some(failed(Stage::Run, over))
}

fn state_of(stage: Stage, entry: &StageEntry) -> String {
    let done = entry
        .steps
        .iter()
        .filter(|step| step.state.is_terminal())
        .count();
    let step = if entry.state == State::Running
        && done + usize::from(stage == Stage::Run) < entry.steps.len()
    {
        format!(", step {} of {}", done + 1, entry.steps.len())
    } else {
        String::new()
    };
    format!("{} {}{step}", route(entry), entry.state)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Judge, Verdict};
    use crate::codesphere::pipeline::{Stage, StageEntry, State};
    use crate::profile::Profile;
    use crate::steps::up::IDE;

    #[test]
    fn a_run_stage_that_ends_by_itself_is_over_badly_and_any_other_well() {
        let entry = StageEntry {
            state: State::Success,
            started_at: Some("2026-01-01T00:00:00Z".to_owned()),
            steps: Vec::new(),
            replica: "0".to_owned(),
            server: IDE.to_owned(),
        };
        let judged = |stage| {
            Judge::new(stage, Vec::new()).judge(std::slice::from_ref(&entry), Duration::ZERO)
        };
        assert_eq!(judged(Stage::Prepare), Verdict::Good);
        assert_eq!(judged(Stage::Test), Verdict::Good);
        let Verdict::Bad(why) = judged(Stage::Run) else {
            panic!("{:?}", judged(Stage::Run));
        };
        assert!(why.contains("ended by itself"), "{why}");
    }

    #[test]
    fn a_container_counts_when_it_runs_and_fails_when_it_fails() {
        let entry = |server: &str, state: State| StageEntry {
            state,
            started_at: None,
            steps: Vec::new(),
            replica: "0".to_owned(),
            server: server.to_owned(),
        };
        let file = Profile::parse(
            "schemaVersion: v0.4\nrun:\n  web: { steps: [{ command: a }] }\n  cache: { image: b }\n",
        )
        .unwrap();
        let judged = |cache: State, seconds| {
            let before = vec![entry("cache", State::Running)];
            let mut judge = Judge::new(Stage::Run, before).expecting(Some(&file));
            let now = [entry("web", State::Running), entry("cache", cache)];
            judge.judge(&now, Duration::ZERO);
            judge.judge(&now, Duration::from_secs(seconds))
        };
        assert_eq!(judged(State::Running, 1), Verdict::Good);
        assert!(matches!(judged(State::Failure, 1), Verdict::Bad(_)));
        assert!(matches!(judged(State::Waiting, 29), Verdict::NotYet(_)));
        assert_eq!(judged(State::Waiting, 30), Verdict::Good);
    }
}
