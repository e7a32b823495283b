//! The failure path of the flows that release beside: undone as it was noted, and told.

use crate::clock::Cancellation;
use crate::failure::{Failure, Reason};
use crate::release::OnFailure;
use crate::report::{Ending, Outcome};
use crate::steps::Tools;
use crate::undo::{Journal, Made, Undone, undo_release};

/// What is said where nothing was noted.
pub(crate) const UNTOUCHED: &str = "Nothing was changed.";

/// Undoes what was noted, and says how the run ends; `untouched` is what is said where nothing was.
pub(crate) fn undo(
    on_failure: OnFailure,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
    failure: Failure,
    untouched: &str,
) -> Ending {
    let Some(Made::Release(release)) = journal.made().cloned() else {
        return Ending::bad(Outcome::Failed, failure, untouched);
    };
    tools.report.about_to_undo(&failure);
    let fresh = Cancellation::default();
    let tools = tools.for_undo(&fresh);
    let undone = tools.report.judged_step(
        "Undo",
        || undo_release(&release, on_failure, &tools),
        Undone::went,
    );
    if undone.is_complete() {
        journal.close();
    }
    let failure = if release.launched.is_some() {
        with_hint(failure, &undone)
    } else {
        failure
    };
    undone.ending(failure, !release.is_switched())
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
