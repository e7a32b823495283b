//! The preview flow: a pull request's own workspace, made, updated in place, and removed once the pull request is
//! closed. Production is not touched.

use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::flows::preview::plan::{Preview, PreviewPlan};
use crate::flows::shared::build::tell_on_dev_domain;
use crate::flows::shared::candidate;
use crate::flows::shared::failed::{UNTOUCHED, or_undo};
use crate::flows::shared::update::UpdatePlan;
use crate::ids::WorkspaceId;
use crate::owner::Purpose;
use crate::release::{Creation, Work};
use crate::report::{Ending, Outcome};
use crate::steps::check::nobody_may_ask;
use crate::steps::connections::ids;
use crate::steps::{Tools, workspace};
use crate::updated;

/// Runs the flow; whatever fails is undone.
pub(super) fn run(plan: &PreviewPlan, tools: &Tools<'_>) -> Ending {
    match &plan.what {
        Preview::Create { creation, work } => create(plan, creation, work, tools),
        Preview::Update { update, twins } => renew(plan, update, twins, tools),
        Preview::Remove(found) => remove(plan, found, tools),
    }
}

fn create(plan: &PreviewPlan, creation: &Creation, work: &Work, tools: &Tools<'_>) -> Ending {
    let purpose = Purpose::PullRequest(plan.pull_request);
    or_undo(
        tools,
        work.on_failure,
        |journal| {
            let made = candidate::make(creation, work, purpose, tools, journal)?;
            tell_on_dev_domain(tools, &made.workspace, &made.commit);
            candidate::finish(made.workspace.id, creation.team, tools, journal);
            Ok(made)
        },
        |made| {
            note_update(made.workspace.id, tools);
            ready(plan, &made.workspace, &made.commit, tools)
        },
        || UNTOUCHED,
    )
}

fn renew(
    plan: &PreviewPlan,
    update: &UpdatePlan,
    twins: &[WorkspaceId],
    tools: &Tools<'_>,
) -> Ending {
    match update.run(tools) {
        Ok(commit) => {
            remove_twins(plan, twins, tools);
            note_update(update.workspace.id, tools);
            ready(plan, &update.workspace, &commit, tools)
        }
        Err(ending) => ending,
    }
}

/// `cleanup` goes by it. No reason to fail: without it the stages tell, as long as the workspace is awake.
fn note_update(id: WorkspaceId, tools: &Tools<'_>) {
    let Some(now) = tools.api.now() else {
        return;
    };
    if let Err(failure) = workspace::set_env(tools, id, &[updated::to_variable(now)]) {
        tools.log.line(&failure.cause);
    }
}

fn ready(plan: &PreviewPlan, workspace: &Workspace, commit: &str, tools: &Tools<'_>) -> Ending {
    let (number, id) = (plan.pull_request, workspace.id);
    let unproven = if tools.health.is_some() && nobody_may_ask(tools, workspace) {
        " Whether it is healthy is not proven: its dev domain asks visitors to sign in, and the code of a fork is never shown the key."
    } else {
        ""
    };
    let state = format!("Workspace {id} shows commit {commit} of pull request {number}.{unproven}");
    Ending::good(Outcome::Ready, state)
}

/// They show what nobody looks at any more, and are paid for. No reason to fail: the preview is there.
fn remove_twins(plan: &PreviewPlan, twins: &[WorkspaceId], tools: &Tools<'_>) {
    if twins.is_empty() {
        return;
    }
    let removed = tools.report.step("Remove older previews", || {
        remove_all(plan, twins, "which is an older preview", tools)
    });
    if let Err(failure) = removed {
        tools.report.warn(format!(
            "Not all older previews of pull request {} are removed: {failure}",
            plan.pull_request
        ));
    }
}

fn remove(plan: &PreviewPlan, found: &[WorkspaceId], tools: &Tools<'_>) -> Ending {
    let number = plan.pull_request;
    if found.is_empty() {
        return Ending::good(
            Outcome::Removed,
            format!("Pull request {number} has no preview any more."),
        );
    }
    let removed = tools.report.step("Remove the preview", || {
        remove_all(plan, found, "which showed the pull request", tools)
    });
    let Err(failure) = removed else {
        let state = format!(
            "The preview of pull request {number} is gone: {}.",
            ids(found)
        );
        return Ending::good(Outcome::Removed, state);
    };
    let stays = |id: &&WorkspaceId| !tools.report.is_deleted(id);
    let left: Vec<WorkspaceId> = found.iter().filter(stays).copied().collect();
    let state = format!(
        "Of the preview of pull request {number} there is still {}, which costs money. Run the job again when nothing stands in the way, or delete it in Codesphere.",
        ids(&left)
    );
    Ending::bad(Outcome::Failed, failure, state)
}

/// Deletes each, unless a domain points at it; one that stays, which is `what`, does not hinder the next.
fn remove_all(
    plan: &PreviewPlan,
    found: &[WorkspaceId],
    what: &'static str,
    tools: &Tools<'_>,
) -> Result<(), Failure> {
    let mut failed = Ok(());
    for id in found {
        let Err(failure) = workspace::delete(tools, plan.team, *id) else {
            continue;
        };
        tools.report.kept(id, what);
        if failure.is_cancellation() {
            return Err(failure);
        }
        tools.log.line(&failure.cause);
        failed = failed.and(Err(failure));
    }
    failed
}
