//! The preview flow: a pull request's own workspace, made, updated in place, and removed once the pull request is
//! closed. Production is not touched.

use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::flows::preview::plan::{Preview, PreviewPlan};
use crate::flows::shared::build::tell_on_dev_domain;
use crate::flows::shared::candidate;
use crate::flows::shared::failed::{UNTOUCHED, or_undo};
use crate::flows::shared::update::{UpdatePlan, Updated};
use crate::ids::WorkspaceId;
use crate::owner::Purpose;
use crate::release::{Creation, Work};
use crate::report::{Outcome, RunResult};
use crate::steps::check::nobody_may_ask;
use crate::steps::connections::ids;
use crate::steps::{RunContext, workspace};
use crate::updated;

/// Runs the flow; whatever fails is undone.
pub(super) fn run(plan: &PreviewPlan, ctx: &RunContext<'_>) -> RunResult {
    match &plan.what {
        Preview::Create { creation, work } => create(plan, creation, work, ctx),
        Preview::Update { update, duplicates } => renew(plan, update, duplicates, ctx),
        Preview::Remove(found) => remove(plan, found, ctx),
    }
}

fn create(plan: &PreviewPlan, creation: &Creation, work: &Work, ctx: &RunContext<'_>) -> RunResult {
    let purpose = Purpose::PullRequest(plan.pull_request);
    or_undo(
        ctx,
        work.on_failure,
        |journal| {
            let made = candidate::make(creation, work, purpose, ctx, journal)?;
            tell_on_dev_domain(ctx, &made.workspace, &made.commit);
            candidate::finish(made.workspace.id, creation.team, ctx, journal);
            Ok(made)
        },
        |made| {
            note_update(made.workspace.id, ctx);
            ready(plan, &made.workspace, &made.commit, ctx)
        },
        || UNTOUCHED,
    )
}

fn renew(
    plan: &PreviewPlan,
    update: &UpdatePlan,
    duplicates: &[WorkspaceId],
    ctx: &RunContext<'_>,
) -> RunResult {
    match update.run(ctx) {
        Ok(Updated { commit, .. }) => {
            remove_duplicates(plan, duplicates, ctx);
            note_update(update.workspace.id, ctx);
            ready(plan, &update.workspace, &commit, ctx)
        }
        Err(run_result) => run_result,
    }
}

/// `cleanup` goes by it. No reason to fail: without it the stages tell, as long as the workspace is awake.
fn note_update(id: WorkspaceId, ctx: &RunContext<'_>) {
    let Some(now) = ctx.api.now() else {
        return;
    };
    if let Err(failure) = workspace::set_env(ctx, id, &[updated::to_variable(now)]) {
        ctx.log.line(&failure.cause);
    }
}

fn ready(
    plan: &PreviewPlan,
    workspace: &Workspace,
    commit: &str,
    ctx: &RunContext<'_>,
) -> RunResult {
    let (number, id) = (plan.pull_request, workspace.id);
    let unproven = if ctx.health.is_some() && nobody_may_ask(ctx, workspace) {
        " Whether it is healthy is not proven: its development domain asks visitors to sign in, and the code of a fork is never shown the key."
    } else {
        ""
    };
    let state = format!("Workspace {id} shows commit {commit} of pull request {number}.{unproven}");
    RunResult::good(Outcome::Ready, state)
}

/// They show what nobody looks at any more, and are paid for. No reason to fail: the preview is there.
fn remove_duplicates(plan: &PreviewPlan, duplicates: &[WorkspaceId], ctx: &RunContext<'_>) {
    if duplicates.is_empty() {
        return;
    }
    let removed = ctx.report.step("Remove older previews", || {
        remove_all(plan, duplicates, "which is an older preview", ctx)
    });
    if let Err(failure) = removed {
        ctx.report.warn(format!(
            "Not all older previews of pull request {} are removed: {failure}",
            plan.pull_request
        ));
    }
}

fn remove(plan: &PreviewPlan, found: &[WorkspaceId], ctx: &RunContext<'_>) -> RunResult {
    let number = plan.pull_request;
    if found.is_empty() {
        return RunResult::good(
            Outcome::Removed,
            format!("Pull request {number} has no preview any more."),
        );
    }
    let removed = ctx.report.step("Remove the preview", || {
        remove_all(plan, found, "which showed the pull request", ctx)
    });
    let Err(failure) = removed else {
        let state = format!(
            "The preview of pull request {number} is gone: {}.",
            ids(found)
        );
        return RunResult::good(Outcome::Removed, state);
    };
    let stays = |id: &&WorkspaceId| !ctx.report.is_deleted(id);
    let left: Vec<WorkspaceId> = found.iter().filter(stays).copied().collect();
    let state = format!(
        "Of the preview of pull request {number} there is still {}, which costs money. Run the job again when nothing stands in the way, or delete it in Codesphere.",
        ids(&left)
    );
    RunResult::bad(Outcome::Failed, failure, state)
}

/// Deletes each, unless a domain points at it; one that stays, which is `what`, does not hinder the next.
fn remove_all(
    plan: &PreviewPlan,
    found: &[WorkspaceId],
    what: &'static str,
    ctx: &RunContext<'_>,
) -> Result<(), Failure> {
    let mut failed = Ok(());
    for id in found {
        let Err(failure) = workspace::delete(ctx, plan.team, *id) else {
            continue;
        };
        ctx.report.kept(id, what);
        if failure.is_cancellation() {
            return Err(failure);
        }
        ctx.log.line(&failure.cause);
        failed = failed.and(Err(failure));
    }
    failed
}
