//! Owns the words of a stage that failed or took too long.

use crate::codesphere::pipeline::Stage;
use crate::failure::{Evidence, Failure, Reason};
use crate::ids::WorkspaceId;
use crate::steps::stage::how::How;
use crate::text::{duration, shortened};

/// Whoever sees no more than the error sees what the step said last.
pub(super) fn with_last_line(failure: Failure, end_of_log: Option<&Evidence>) -> Failure {
    let lines = end_of_log.iter().flat_map(|evidence| &evidence.lines);
    let Some(last) = lines.rev().find(|line| !line.trim().is_empty()) else {
        return failure;
    };
    let last = shortened(last.trim_start_matches("! ").trim(), 200);
    let cause = format!("{} It said last: {last}", failure.cause);
    Failure { cause, ..failure }
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
