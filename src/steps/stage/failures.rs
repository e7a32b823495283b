//! Owns the words of a stage that failed or took too long.

use crate::codesphere::pipeline::Stage;
use crate::failure::{Evidence, Failure, Reason};
use crate::ids::WorkspaceId;
use crate::steps::stage::how::How;
use crate::text::{duration, shortened};

/// As much of a line is told.
const TOLD: usize = 200;
/// Words in lower case by which an error is known.
const ERRORS: [&str; 17] = [
    "error",
    "fatal",
    "failed",
    "failure",
    "exception",
    "traceback",
    "panic",
    "cannot ",
    "can't ",
    "could not",
    "not found",
    "no such file",
    "denied",
    "undefined reference",
    "unresolved",
    "segmentation fault",
    "killed",
];
/// Lines with these are no errors, whatever else they say.
const HARMLESS: [&str; 5] = ["warn", "0 error", "no error", "without error", "0 failed"];

/// Whoever sees no more than the error sees what looks like the cause, and what the step said last.
pub(super) fn with_last_line(failure: Failure, end_of_log: Option<&Evidence>) -> Failure {
    let lines = end_of_log.iter().flat_map(|evidence| &evidence.lines);
    let said: Vec<&str> = lines
        .map(|line| line.trim_start_matches("! ").trim())
        .filter(|line| !line.is_empty())
        .collect();
    let Some(last) = said.last() else {
        return failure;
    };
    let first = said.iter().find(|line| looks_like_an_error(line));
    let last_words = shortened(last, TOLD);
    let said = match first.filter(|first| *first != last) {
        Some(first) => format!(
            "It said: {}; and last: {last_words}",
            shortened(first, TOLD)
        ),
        None => format!("It said last: {last_words}"),
    };
    let cause = format!("{} {said}", failure.cause);
    Failure { cause, ..failure }
}

fn looks_like_an_error(line: &str) -> bool {
    let line = line.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    has(&ERRORS) && !has(&HARMLESS)
}

pub(super) fn stage_failed(id: WorkspaceId, stage: Stage, what: &str) -> Failure {
    let next = match stage {
        Stage::Prepare => {
            "Read the step's log, in this job or in the workspace's CI pipeline, and try the commands of `prepare` in `ci.yml` there."
        }
        Stage::Test => {
            "The tests of `ci.yml` say no to this version: read their log, in this job or in the workspace's CI pipeline."
        }
        Stage::Run => {
            "Read the log of `run`, in this job or in the workspace's CI pipeline: the application ended instead of serving."
        }
    };
    Failure::new(
        Reason::StageFailed,
        format!("In workspace {id}, {what}."),
        next,
    )
}

pub(super) fn timed_out(id: WorkspaceId, stage: Stage, how: How<'_>, last: &str) -> Failure {
    let input = how.limited_by;
    Failure::new(
        Reason::StageTimeout,
        format!(
            "In workspace {id}, {stage} was not over within {} (`{input}`); the last state: {last}.",
            duration(how.limit)
        ),
        format!(
            "Raise `{input}` if the stage needs longer; otherwise read its log, in this job or in the workspace's CI pipeline."
        ),
    )
}
