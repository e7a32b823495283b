//! The failure path of the flows that release alongside: undone as it was noted, and told.

use crate::clock::Cancellation;
use crate::failure::{Failure, Reason};
use crate::release::OnFailure;
use crate::report::{Ending, Outcome};
use crate::steps::Tools;
use crate::undo::{Journal, Made, Undone, undo_release};

/// What is said where nothing was noted.
pub(crate) const UNTOUCHED: &str = "Nothing was changed.";

/// Acts, and undoes what was noted where that fails; `done` says how a good run ends. A good `act` has closed the
/// journal. `untouched` is what is said where nothing was noted.
pub(crate) fn or_undo<T>(
    tools: &Tools<'_>,
    on_failure: OnFailure,
    act: impl FnOnce(&mut Journal<'_>) -> Result<T, Failure>,
    done: impl FnOnce(T) -> Ending,
    untouched: impl FnOnce() -> &'static str,
) -> Ending {
    let mut journal = Journal::new(tools.report);
    match act(&mut journal) {
        Ok(found) => done(found),
        Err(failure) => undo(on_failure, tools, &mut journal, failure, untouched()),
    }
}

fn undo(
    on_failure: OnFailure,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
    failure: Failure,
    untouched: &str,
) -> Ending {
    let Some(Made::Release(release)) = journal.made().cloned() else {
        return Ending::bad(Outcome::Failed, failure, untouched);
    };
    let undone = undoing(&failure, tools, journal, |tools| {
        undo_release(&release, on_failure, tools)
    });
    let failure = if release.launched.is_some() {
        with_hint(failure, &undone)
    } else {
        failure
    };
    undone.ending(failure, !release.is_switched())
}

/// Undoes as a step of its own, which what stopped the run does not stop.
pub(crate) fn undoing(
    failure: &Failure,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
    act: impl FnOnce(&Tools<'_>) -> Undone,
) -> Undone {
    tools.report.about_to_undo(failure);
    let fresh = Cancellation::default();
    let tools = tools.for_undo(&fresh);
    let undone = tools
        .report
        .judged_step("Undo", || act(&tools), Undone::went);
    if undone.is_complete() {
        journal.close();
    }
    undone
}

/// Whoever wants to look inside comes too late.
fn with_hint(failure: Failure, undone: &Undone) -> Failure {
    let inside = matches!(
        failure.reason,
        Reason::StageFailed | Reason::StageTimeout | Reason::WorkspaceTimeout | Reason::Unhealthy
    );
    if !inside || undone.kept.is_some() || undone.left.is_some() {
        return failure;
    }
    let next = format!(
        "{} The new workspace is removed, and its logs with it: to look inside, release once with `on-failure: keep`.",
        failure.next
    );
    Failure { next, ..failure }
}
