//! Owns what becomes of a release that waits for the rest of its job: whether it may begin, and how it ends.

use std::time::Duration;

use crate::failure::{Failure, Reason};
use crate::given::Inputs;
use crate::release::{Finish, JobStatus};
use crate::report::{Outcome, RunResult};
use crate::steps::RunContext;
use crate::undo::{Made, Production, Recovery};

/// Before anything is done: a job that cannot succeed any more would only undo the release.
pub(crate) fn may_begin(finish: &Finish) -> Result<(), Failure> {
    let cause = match finish {
        Finish::Step | Finish::Job(JobStatus::Success | JobStatus::Unsaid) => return Ok(()),
        Finish::Job(JobStatus::Failure) => "an earlier step of this job has failed".to_owned(),
        Finish::Job(JobStatus::Cancelled) => "this job is cancelled".to_owned(),
        Finish::Job(JobStatus::Unknown(word)) => format!(
            "`status` is \"{word}\", which no job says and which counts as a failure in the end"
        ),
    };
    let next = match finish {
        Finish::Job(JobStatus::Unknown(_)) => {
            "Remove `status` from the `with:` of this step: its default is how the job goes."
        }
        Finish::Step | Finish::Job(_) => {
            "Let this step run only while the job is good: give it no `if: always()`. Or release with `finish: step`."
        }
    };
    Err(Failure::new(
        Reason::InvalidInput,
        format!(
            "With `finish: job` this release would be reverted at the end of the job, as {cause}."
        ),
        next,
    ))
}

/// In the post step: finishes the release that was verified so long `ago` where the job has succeeded, and else puts back
/// what served before.
pub(crate) fn end(
    inputs: &Inputs,
    made: &Made,
    ago: Duration,
    ctx: &RunContext<'_>,
) -> Result<RunResult, Failure> {
    let status = match &inputs.flow.settings().finish {
        Finish::Job(status) => status,
        Finish::Step => &JobStatus::Unsaid,
    };
    let Some(why) = why_not(status) else {
        ctx.log
            .line("The job has succeeded: finishing the release.");
        return finish(inputs, made, ago, ctx);
    };
    if let JobStatus::Unknown(_) | JobStatus::Unsaid = status {
        ctx.report.warn(format!(
            "{why}, so the job counts as failed. Give the input `status` no value of your own."
        ));
    }
    ctx.log
        .line(&format!("{why}: putting back what served before."));
    let recovery = inputs.flow.revert(made, ctx)?;
    Ok(undone(&why, &recovery))
}

/// Why the job has not succeeded.
fn why_not(status: &JobStatus) -> Option<String> {
    Some(match status {
        JobStatus::Success => return None,
        JobStatus::Failure => "The job failed after the release".to_owned(),
        JobStatus::Cancelled => "The job was cancelled after the release".to_owned(),
        JobStatus::Unknown(word) => {
            format!("How the job went is not known (`status` is \"{word}\")")
        }
        JobStatus::Unsaid => "How the job went is not known (`status` is empty)".to_owned(),
    })
}

/// The release is good and stays, whatever hinders what follows it; but a record that is not believed is told as that.
fn finish(
    inputs: &Inputs,
    made: &Made,
    ago: Duration,
    ctx: &RunContext<'_>,
) -> Result<RunResult, Failure> {
    let words = match inputs.flow.finish(made, ago, ctx) {
        Err(failure) if failure.reason == Reason::UndoFailed => return Err(failure),
        Err(failure) => {
            ctx.report.warn(format!(
                "The release is good and stays, but what follows it (`previous`, `keep-releases`) was not done: {failure}"
            ));
            String::new()
        }
        Ok(words) => words,
    };
    let state = format!("The job has succeeded: the release is finished. {words}");
    Ok(RunResult::good(Outcome::Released, state.trim_end()))
}

fn undone(why: &str, recovery: &Recovery) -> RunResult {
    if recovery.is_complete()
        && let Production::AsBefore(_) = recovery.production
    {
        let words = recovery.words();
        let state = format!("{why}, so it was reverted: production is verified as before. {words}");
        return RunResult::good(Outcome::Reverted, state);
    }
    let failure = Failure::new(
        Reason::UndoFailed,
        format!("{why}, and the post step could not revert all of it."),
        "Do by hand what is said above.",
    );
    recovery.run_result(failure, false)
}
