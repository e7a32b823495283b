//! The failure path of the flows that release alongside: undone as it was noted, and told.

use crate::clock::Cancellation;
use crate::failure::{Failure, Reason};
use crate::release::OnFailure;
use crate::report::{Outcome, RunResult};
use crate::steps::RunContext;
use crate::undo::{Journal, Made, Recovery, undo_release};

/// What is said where nothing was noted.
pub(crate) const UNTOUCHED: &str = "Nothing was changed.";

/// Acts, and undoes what was noted where that fails; `done` says how a good run ends. A good `act` has closed the
/// journal. `untouched` is what is said where nothing was noted.
pub(crate) fn or_undo<T>(
    ctx: &RunContext<'_>,
    on_failure: OnFailure,
    act: impl FnOnce(&mut Journal<'_>) -> Result<T, Failure>,
    done: impl FnOnce(T) -> RunResult,
    untouched: impl FnOnce() -> &'static str,
) -> RunResult {
    let mut journal = Journal::new(ctx.report);
    match act(&mut journal) {
        Ok(found) => done(found),
        Err(failure) => undo(on_failure, ctx, &mut journal, failure, untouched()),
    }
}

fn undo(
    on_failure: OnFailure,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
    failure: Failure,
    untouched: &str,
) -> RunResult {
    let Some(Made::Release(release)) = journal.made().cloned() else {
        return RunResult::bad(Outcome::Failed, failure, untouched);
    };
    let recovery = undoing(&failure, ctx, journal, |ctx| {
        undo_release(&release, on_failure, ctx)
    });
    let failure = if release.launched.is_some() {
        with_hint(failure, &recovery)
    } else {
        failure
    };
    recovery.run_result(failure, !release.is_switched())
}

/// The release is verified: nothing is left to undo, unless the rest of the job decides that.
pub(crate) fn verified(ctx: &RunContext<'_>, journal: &mut Journal<'_>) {
    if ctx.left_to_job {
        journal.leave_to_job();
    } else {
        journal.close();
    }
}

/// Undoes as a step of its own, which what stopped the run does not stop.
pub(crate) fn undoing(
    failure: &Failure,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
    act: impl FnOnce(&RunContext<'_>) -> Recovery,
) -> Recovery {
    ctx.report.about_to_undo(failure);
    let fresh = Cancellation::default();
    let ctx = ctx.for_undo(&fresh);
    let recovery = ctx
        .report
        .judged_step("Recovery", || act(&ctx), Recovery::status);
    if recovery.is_complete() {
        journal.close();
    }
    recovery
}

/// Whoever wants to look inside comes too late.
fn with_hint(failure: Failure, recovery: &Recovery) -> Failure {
    let inside = matches!(
        failure.reason,
        Reason::StageFailed | Reason::StageTimeout | Reason::WorkspaceTimeout | Reason::Unhealthy
    );
    if !inside || recovery.kept.is_some() || recovery.left.is_some() {
        return failure;
    }
    let next = format!(
        "{} The new workspace is removed, and its logs with it: to look inside, release once with `on-failure: keep`.",
        failure.next
    );
    Failure { next, ..failure }
}
