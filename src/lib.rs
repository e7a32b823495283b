//! Releases to Codesphere from GitHub Actions. [`run`] is the one door: the binary, the tests and the demo go through it.

mod background;
mod caution;
mod changes;
pub mod clock;
pub mod codesphere;
mod context;
pub mod failure;
pub mod flows;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod given;
pub mod history;
mod hold;
pub mod http;
pub mod ids;
pub mod inputs;
mod job;
mod managed;
mod moment;
pub mod owner;
mod profile;
mod recover;
mod release;
pub mod report;
pub mod repository;
pub mod route;
mod run;
pub mod runner;
mod secrets;
pub mod steps;
mod text;
mod undo;
mod updated;
mod wait;
mod words;

use std::any::Any;
use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clock::{Cancellation, Clock, Readers};
use context::Context;
use failure::{Failure, Reason};
use http::Limits;
use report::{Outcome, Report, RunResult};
use run::Run;
use runner::door::Door;
use runner::files::Files;
use runner::log::{Log, show_diagnostics};
use wait::Time;

/// Which of the action's two steps this process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The release.
    Main,
    /// What comes after the job's other steps, whatever happened: undoes what a main step left.
    Post,
}

impl Step {
    /// The post step is the same binary under a name that ends with `-post`.
    pub fn of_program(name: &str) -> Self {
        if name.ends_with("-post") {
            Self::Post
        } else {
            Self::Main
        }
    }
}

/// All that a run gets from outside.
pub struct World<'a> {
    /// Which step this is.
    pub step: Step,
    /// The environment.
    pub variables: BTreeMap<String, String>,
    /// Standard output.
    pub out: Box<dyn Write + Send>,
    /// Where time comes from.
    pub clock: &'a dyn Clock,
    /// What asks the run to stop.
    pub cancel: Cancellation,
    /// Time limits of HTTP calls.
    pub limits: Limits,
}

/// Performs what the environment asks for; gives the process's exit status.
pub fn run(world: World<'_>) -> u8 {
    let World {
        step,
        variables,
        out,
        clock,
        cancel,
        limits,
    } = world;
    let door = secrets::door(&variables);
    let log = log(out, &variables, door.clone());
    let files = files(&variables, door);
    let context = context(&variables);
    let report = Report::new(&files, &log, clock);
    let readers = Readers::default();
    let run = Run {
        variables: &variables,
        context: &context,
        log: &log,
        report: &report,
        time: Time {
            clock,
            cancel: &cancel,
            readers: &readers,
        },
        limits,
    };
    let played = catch_unwind(AssertUnwindSafe(|| match step {
        Step::Main => Some(run.play()),
        Step::Post => recover::play(&run),
    }));
    let played = played.unwrap_or_else(|panic| Some(defect(panic.as_ref())));
    match (played, step) {
        (None, _) => 0,
        (Some(run_result), Step::Main) => {
            report.finish(&run_result, |commit| context.commit_url(commit))
        }
        (Some(run_result), Step::Post) => {
            report.finish_post(&run_result, |commit| context.commit_url(commit))
        }
    }
}

fn log(out: Box<dyn Write + Send>, variables: &BTreeMap<String, String>, door: Door) -> Log {
    let log = Log::new(out, door);
    let runner = variables.get("GITHUB_ACTIONS");
    // Elsewhere nobody takes that line out of the log.
    if runner.is_some_and(|word| word == "true") {
        log.mask(&secrets::key(variables));
    }
    show_diagnostics(variables, &log);
    log
}

fn context(variables: &BTreeMap<String, String>) -> Context {
    let event = variables.get("GITHUB_EVENT_PATH");
    let event = event.map(|path| std::fs::read_to_string(path).unwrap_or_default());
    Context::read(variables, &event.unwrap_or_default())
}

fn defect(panic: &(dyn Any + Send)) -> RunResult {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no words");
    let failure = Failure::new(
        Reason::Internal,
        format!("This action has a defect and had to stop ({words})."),
        "Please report it, with this log.",
    );
    let state = "The post step undoes what it had done so far, as far as that was noted.";
    RunResult::bad(Outcome::Failed, failure, state)
}

fn files(variables: &BTreeMap<String, String>, door: Door) -> Files {
    let path = |name: &str| {
        variables
            .get(name)
            .filter(|path| !path.is_empty())
            .map(Into::into)
    };
    Files::new(
        path("GITHUB_OUTPUT"),
        path("GITHUB_STATE"),
        path("GITHUB_STEP_SUMMARY"),
        door,
    )
}
