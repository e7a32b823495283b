//! Owns the proof that a rollback works: what a rollback would take, asked as a health check asks it, while it has no traffic.

use std::time::Duration;

use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::ids::WorkspaceId;
use crate::profile::Profile;
use crate::release::Health;
use crate::report::{Output, StepStatus};
use crate::steps::check::question;
use crate::steps::connections::ids;
use crate::steps::health::{HealthError, check};
use crate::steps::{RunContext, stage};
use crate::text::duration;

/// Asks each of `workspaces`, and tells whether a rollback would find it healthy: in the output `rollback-ready`, and
/// in a warning where it would not.
pub(crate) fn tell(workspaces: &[WorkspaceId], limit: Duration, ctx: &RunContext<'_>) {
    if workspaces.is_empty() || ctx.time.cancel.is_cancelled() {
        return;
    }
    // What is only told waits for no API longer than for the application.
    let api = ctx.api.until(ctx.time.now() + limit);
    let ctx = &RunContext { api, ..ctx.clone() };
    let ask = || -> Result<Vec<String>, Failure> {
        let each = workspaces.iter().map(|id| ask(*id, limit, ctx));
        Ok(each
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect())
    };
    let asked = ctx.report.judged_step("Prove the rollback", ask, judge);
    let Ok(wrong) = asked else {
        return ctx
            .log
            .line("whether a rollback is ready is not known: the run was cancelled");
    };
    ctx.report
        .set(Output::RollbackReady, wrong.is_empty().to_string());
    if wrong.is_empty() {
        let words = format!("{} is healthy", ids(workspaces));
        return ctx.report.note("Rollback ready", words);
    }
    ctx.report
        .note("Rollback ready", "no: see the warning above");
    ctx.report.warn(format!(
        "A rollback is not ready. {} What is live is not touched by this. What to do: look at it in Codesphere, start `run` in its CI pipeline, and read its log; then the flow `rollback` with `dry-run: true` asks again. Until it is healthy, a rollback may fail or take longer: to go back for certain, release a good commit again.",
        wrong.join(" ")
    ));
}

fn judge(asked: &Result<Vec<String>, Failure>) -> StepStatus {
    match asked {
        Err(_) => StepStatus::Cancelled,
        Ok(wrong) if wrong.is_empty() => StepStatus::Well,
        Ok(wrong) => StepStatus::Badly(wrong.join(" ")),
    }
}

/// What is wrong with a workspace, in words; only a cancellation is a failure.
fn ask(id: WorkspaceId, limit: Duration, ctx: &RunContext<'_>) -> Result<Option<String>, Failure> {
    let asked = ctx
        .api
        .workspace(id)
        .map_err(|error| error.while_doing(&format!("reading workspace {id}")))
        .and_then(|workspace| match &ctx.health {
            Some(health) => healthy(&workspace, health, limit, ctx),
            None => up(id, ctx),
        });
    match asked {
        Err(failure) if failure.is_cancellation() => Err(failure),
        Err(failure) => Ok(Some(failure.cause)),
        Ok(wrong) => Ok(wrong),
    }
}

/// By the health check's rules, as the commit that it has.
fn healthy(
    workspace: &Workspace,
    health: &Health,
    limit: Duration,
    ctx: &RunContext<'_>,
) -> Result<Option<String>, Failure> {
    let id = workspace.id;
    let commit = match &health.body {
        Some(_) => ctx
            .api
            .head(id)
            .map_err(|error| error.while_doing(&format!("reading the commit of workspace {id}")))?
            .to_string(),
        None => String::new(),
    };
    let question = question(ctx, workspace, health, &commit)?;
    match check(ctx, &question, limit) {
        Ok(()) => Ok(None),
        Err(HealthError::Failed(failure)) => Err(failure),
        Err(HealthError::TimedOut(last) | HealthError::AsBefore(last, _)) => {
            let sleeps = match ctx.api.is_running(id) {
                Ok(false) => " It sleeps: a rollback has to wake it first.",
                Ok(true) | Err(_) => "",
            };
            Ok(Some(format!(
                "Workspace {id} was not healthy at {} within {} (`switch-timeout`); the last time it {}.{sleeps}",
                question.url(),
                duration(limit),
                last.words
            )))
        }
    }
}

/// Without a health check what is listed tells.
fn up(id: WorkspaceId, ctx: &RunContext<'_>) -> Result<Option<String>, Failure> {
    let profile = Profile::unknown("what is listed tells");
    let not_up = stage::not_up(ctx, id, &profile)?;
    Ok(not_up.map(|words| format!("The run stage of workspace {id} is not up ({words}).")))
}
