//! Owns the post step: whether the main step's record is genuine, and whether it leaves anything to undo. The flow itself
//! undoes it.

use crate::caution::Caution;
use crate::failure::{Failure, Reason};
use crate::given::Inputs;
use crate::inputs::{self, Recorded};
use crate::job;
use crate::report::{Outcome, RunResult};
use crate::run::Run;
use crate::text::list;
use crate::undo::record::{self, Found, Unfinished, told};
use crate::undo::{Recovery, by_hand};

/// Runs the post step; gives nothing when there is nothing to undo, and then nothing is asked of anybody.
pub(crate) fn play(run: &Run<'_>) -> Option<RunResult> {
    let token = inputs::token(run.variables);
    let seal = token.as_ref().map(|token| run.seal(token));
    match record::read(run.variables, seal.as_ref()) {
        Err(failure) => Some(RunResult::bad(Outcome::Failed, failure, "")),
        Ok(Found::Absent) => {
            tell_absence(run, token.is_some());
            None
        }
        Ok(Found::Nothing) => {
            run.log
                .line("The release finished what it began: nothing to undo.");
            None
        }
        Ok(Found::Unfinished(unfinished)) => {
            let undone = undo(run, &unfinished);
            Some(undone.unwrap_or_else(|failure| at_risk_of(run, &unfinished, failure)))
        }
        Ok(Found::LeftToJob(left, at)) => {
            let ended = end(run, &left, at);
            Some(ended.unwrap_or_else(|failure| at_risk_of(run, &left, failure)))
        }
    }
}

/// Without a key the main step could not begin. With one it saves a record before anything else.
fn tell_absence(run: &Run<'_>, has_key: bool) {
    if has_key {
        run.log.warning(
            "Codesphere Release: no record",
            "The main step left no record: it was lost before it began, or the runner does not pass it on (`act` does not). Nothing was reverted. If it has released anything, look at the domain and at the team's workspaces.",
        );
    } else {
        run.log
            .line("Without `api-token` the main step could not begin: nothing to undo.");
    }
}

fn at_risk_of(run: &Run<'_>, unfinished: &Unfinished, mut failure: Failure) -> RunResult {
    let caution = at_risk(run, unfinished, &failure);
    if caution.is_none()
        && failure.reason != Reason::UndoFailed
        && let Some(left) = by_hand::left(&unfinished.made)
    {
        failure.next = format!("{} {left}", failure.next);
    }
    RunResult::bad(Outcome::Failed, failure, told(&unfinished.made)).with_caution(caution)
}

/// What the record says is to be put back, for people; a record that the platform does not bear out advises nobody.
fn at_risk(run: &Run<'_>, unfinished: &Unfinished, failure: &Failure) -> Option<Caution> {
    if failure.reason == Reason::UndoFailed {
        return None;
    }
    let inputs = Inputs::read(&unfinished.inputs.over(run.variables)).ok()?;
    let ctx = run.ctx(&inputs).ok()?;
    by_hand::at_risk(&unfinished.made, failure, &ctx.api)
}

fn failed(recovery: &Recovery) -> RunResult {
    let failure = Failure::new(
        Reason::UndoFailed,
        "The main step left something behind, and the post step could not revert all of it.",
        "Do by hand what is said above.",
    );
    RunResult::bad(Outcome::Failed, failure, recovery.words()).with_caution(recovery.caution())
}

/// The main step's inputs, as its record has them: what has changed since is told, and does not count.
fn given(run: &Run<'_>, recorded: &Recorded) -> Result<Inputs, Failure> {
    let changed = recorded.changed(run.variables);
    if !changed.is_empty() {
        run.report.warn(format!(
            "The values of {} have changed since the main step; what it was given then counts.",
            list(changed.iter().map(|name| format!("`{name}`")))
        ));
    }
    Inputs::read(&recorded.over(run.variables)).map_err(|mistakes| {
        let mistakes = mistakes.iter().map(|mistake| format!("{mistake}."));
        Failure::new(
            Reason::UndoFailed,
            format!(
                "The main step left something to undo, but its inputs cannot be read any more: {}",
                mistakes.collect::<Vec<_>>().join(" ")
            ),
            "Do by hand what is said above.",
        )
    })
}

fn undo(run: &Run<'_>, unfinished: &Unfinished) -> Result<RunResult, Failure> {
    let inputs = given(run, &unfinished.inputs)?;
    let ctx = run.ctx(&inputs)?;
    run.log
        .line("The main step did not finish what it began: undoing it.");
    let recovery = inputs.flow.recover(&unfinished.made, &ctx)?;
    Ok(if recovery.is_complete() {
        RunResult::good(Outcome::Reverted, recovery.words())
    } else {
        failed(&recovery)
    })
}

/// The main step has left the release to the job, which is over.
fn end(run: &Run<'_>, left: &Unfinished, at: u64) -> Result<RunResult, Failure> {
    let inputs = given(run, &left.inputs)?;
    let ctx = run.ctx(&inputs)?;
    job::end(&inputs, &left.made, run.report.ago(at), &ctx)
}
