//! Owns what a run tells: its steps as they happen, its outputs the moment they are known, and its end.

mod announcement;
mod caution;
mod changes;
mod evidence;
mod facts;
mod finish;
mod gantt;
mod notes;
mod prose;
mod run_result;
mod story;
mod summary;
mod table;
mod words;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use serde::Serialize;

use crate::clock::Clock;
use crate::failure::Failure;
use crate::ids::CommitId;
use crate::moment::Moment;
use crate::runner::files::Files;
use crate::runner::log::Log;
use crate::runner::state::{self, Progress, State};
use crate::text::duration;
use crate::wait::Observer;
use facts::{Facts, Step};
pub use facts::{Judged, StepStatus};
pub use run_result::RunResult;
pub use words::{Outcome, Output};

/// The run's own account of itself.
pub struct Report<'a> {
    files: &'a Files,
    log: &'a Log,
    clock: &'a dyn Clock,
    start: Duration,
    began: Moment,
    facts: RefCell<Facts>,
    state: RefCell<Option<State>>,
    unfinished: Cell<bool>,
}

impl Observer for Report<'_> {
    fn progress(&self, words: &str) {
        self.log.line(words);
    }

    fn waited(&self, start: Duration, end: Duration) {
        Report::waited(self, start, end);
    }
}

/// Calls have no account of their own: they are told in the log.
impl Observer for Log {
    fn progress(&self, words: &str) {
        self.line(words);
    }

    fn waited(&self, _: Duration, _: Duration) {}
}

impl<'a> Report<'a> {
    /// Starts the account now.
    pub fn new(files: &'a Files, log: &'a Log, clock: &'a dyn Clock) -> Self {
        Self {
            files,
            log,
            clock,
            start: clock.now(),
            began: Moment::from(clock.calendar()),
            facts: RefCell::default(),
            state: RefCell::default(),
            unfinished: Cell::default(),
        }
    }

    /// The job's log.
    pub const fn log(&self) -> &'a Log {
        self.log
    }

    /// From `start` to `end` of the clock the run only waited for the platform.
    pub fn waited(&self, start: Duration, end: Duration) {
        let wait = (self.offset(start), self.offset(end));
        self.facts.borrow_mut().waits.push(wait);
    }

    /// Checks that the runner's files can be written, before anything else is.
    pub fn check_files(&self) -> Result<(), Failure> {
        self.files.check()
    }

    /// Writes an output at once, and keeps it for the end.
    pub fn set(&self, output: Output, value: impl Into<String>) {
        let value = self.log.door().value(&value.into()).into_owned();
        self.write(output, &value);
        self.facts.borrow_mut().outputs.insert(output, value);
    }

    /// What the post step is handed from now on.
    pub(crate) fn hand_over(&self, state: State) {
        *self.state.borrow_mut() = Some(state);
    }

    /// Tells the post step how far the run has come.
    pub(crate) fn state(&self, progress: Progress<impl Serialize>) {
        self.unfinished
            .set(matches!(progress, Progress::Unfinished(_)));
        let Some(value) = self
            .state
            .borrow()
            .as_ref()
            .map(|state| state.value(progress, self.log.door()))
        else {
            return;
        };
        if let Err(failure) = self.files.state(state::NAME, &value) {
            self.log.line(&failure.to_string());
        }
    }

    fn readable(&self, text: &str) -> String {
        self.log.door().readable(text).into_owned()
    }

    /// Runs a step in a group of its own, and notes how it went and how long it took.
    pub fn step<T>(
        &self,
        name: &'static str,
        act: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.judged_step(name, act, |result| match result {
            Ok(_) => StepStatus::Well,
            Err(failure) if failure.is_cancellation() => StepStatus::Cancelled,
            Err(failure) => StepStatus::Badly(failure.cause.clone()),
        })
    }

    /// As [`Report::step`], for a step that cannot fail as such; `judge` says how it went.
    pub fn judged_step<T>(
        &self,
        name: &'static str,
        act: impl FnOnce() -> T,
        judge: impl FnOnce(&T) -> StepStatus,
    ) -> T {
        self.log.group(name);
        let start = self.clock.now();
        let result = act();
        let time = self.clock.now().saturating_sub(start);
        let status = judge(&result);
        if let StepStatus::Badly(words) = &status {
            self.log.line(words);
        }
        let state = status.as_str();
        self.log.end_group();
        self.log
            .line(&format!("{name}: {state} after {}", duration(time)));
        let start = self.offset(start);
        self.facts.borrow_mut().steps.push(Step {
            name,
            status,
            start,
            time,
        });
        result
    }

    /// The run has failed and is about to be undone: if nobody lets it finish, this is how it ended.
    pub fn about_to_undo(&self, failure: &Failure) {
        let run_result = RunResult::bad(Outcome::Failed, failure.clone(), "");
        self.set(Output::Outcome, run_result.outcome.as_str());
        self.set(Output::Reason, failure.reason.as_str());
    }

    /// Something that the reader should know although the run goes on.
    pub fn warn(&self, message: impl Into<String>) {
        let message = self.readable(&message.into());
        self.log.warning("Codesphere Release", &message);
        self.facts.borrow_mut().warnings.push(message);
    }

    /// The commit that is to be released, for the summary of a run that does not get that far.
    pub fn wants(&self, commit: Option<CommitId>) {
        self.facts.borrow_mut().wanted = commit;
    }

    /// What will be done, in order: told in the log, and in the summary of a run that changes nothing.
    pub fn plan(&self, lines: Vec<String>) {
        let lines: Vec<String> = lines.into_iter().map(|line| self.readable(&line)).collect();
        for (number, line) in lines.iter().enumerate() {
            self.log.line(&format!("{}. {line}", number + 1));
        }
        self.facts.borrow_mut().plan = lines;
    }

    /// A fact for the summary's table.
    pub fn note(&self, name: &'static str, value: impl Into<String>) {
        let value = self.readable(&value.into());
        self.facts.borrow_mut().notes.push((name, value));
    }

    /// What served before, in words, and its commit, if that is known.
    pub fn before(&self, words: impl Into<String>, commit: Option<CommitId>) {
        let words = self.readable(&words.into());
        self.facts.borrow_mut().before = Some((words, commit));
    }

    /// A workspace alongside the release stays; what it is, in words of ours.
    pub fn kept(&self, workspace: &impl ToString, what: &'static str) {
        let kept = (workspace.to_string(), what);
        self.facts.borrow_mut().kept.push(kept);
    }

    /// A workspace is gone: nothing links to it any more.
    pub fn deleted(&self, workspace: &impl ToString) {
        self.facts.borrow_mut().deleted.push(workspace.to_string());
    }

    /// Whether a workspace was deleted in this run.
    pub fn is_deleted(&self, workspace: &impl ToString) -> bool {
        self.facts.borrow().deleted.contains(&workspace.to_string())
    }

    /// What became of a workspace in a clean-up.
    pub fn judged(&self, judged: Judged) {
        let judged = Judged {
            what: self.readable(&judged.what),
            why: self.readable(&judged.why),
            ..judged
        };
        self.facts.borrow_mut().judged.push(judged);
    }

    /// How to come back to what served before.
    pub fn return_hint(&self, words: impl Into<String>) {
        self.facts.borrow_mut().return_hint = Some(self.readable(&words.into()));
    }

    /// The value of an output, if it is known.
    pub fn get(&self, output: Output) -> Option<String> {
        self.facts.borrow().outputs.get(&output).cloned()
    }

    fn offset(&self, time: Duration) -> Duration {
        time.saturating_sub(self.start)
    }

    fn write(&self, output: Output, value: &str) {
        if let Err(failure) = self.files.output(output.name(), value) {
            self.log.line(&failure.to_string());
        }
    }
}
