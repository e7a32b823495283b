//! The checks of a workspace that is there: whose it is, and what it is meant for.

use crate::codesphere::client::Begun;
use crate::codesphere::types::{Team, Workspace};
use crate::failure::{Failure, Reason};
use crate::flows::shared::preflight::Preflight;
use crate::history::ReleaseHistory;
use crate::ids::{CommitId, EnvVar, WorkspaceId};
use crate::owner::{OwnerLabel, Purpose};
use crate::route::Route;
use crate::steps::RunContext;
use crate::steps::check::answers_already;
use crate::steps::label::label_of;
use crate::text::list;

/// Refuses a workspace of another team.
pub(crate) fn check_team(preflight: &mut Preflight<'_>, workspace: &Workspace, team: &Team) {
    let its = workspace.team_id;
    if its != team.id {
        preflight.fail(Failure::new(
            Reason::Refused,
            format!(
                "Workspace {} belongs to team {its}, not to {team}.",
                workspace.id
            ),
            "Check `workspace-id` and `team`: a domain leads to workspaces of its own team only.",
        ));
    }
}

/// Gives the workspace's owner label; refuses what was made by somebody else, or for something else.
pub(crate) fn check_label(
    preflight: &mut Preflight<'_>,
    workspace: &Workspace,
    routes: &[Route],
) -> Option<OwnerLabel> {
    let (id, context) = (workspace.id, preflight.context);
    let Some(label) = label_of(workspace) else {
        preflight.warn(format!(
            "Workspace {id} was not made by this action: nothing is known of what it is meant for."
        ));
        return None;
    };
    if !label.repository.is(&context.repository) {
        preflight.fail(Failure::new(
            Reason::Refused,
            format!(
                "Workspace {id} was made for the repository {}, not for {}.",
                label.repository, context.repository
            ),
            "Check `workspace-id`.",
        ));
    }
    if let Some(other) = meant_for_else(&label.purpose, routes) {
        preflight.fail(Failure::new(
            Reason::Refused,
            format!(
                "Workspace {id} is meant for {other}, not for {}.",
                list(routes)
            ),
            "Check `workspace-id`, `domain` and `path`, or make a candidate for this route; one that is made without `domain` fits every route.",
        ));
    }
    Some(label)
}

/// What it is meant for, in words, where that is not exactly `routes`.
pub(crate) fn meant_for_else(purpose: &Purpose, routes: &[Route]) -> Option<String> {
    match purpose {
        Purpose::Routes(its) if its.is_empty() || *purpose == Purpose::serve(routes) => None,
        Purpose::Routes(its) => Some(list(its)),
        Purpose::PullRequest(number) => Some(format!("the preview of pull request {number}")),
    }
}

/// The commit that is healthy on the development domain of a workspace whose build machine sleeps. Its owner label tells which
/// that is: git cannot be asked without waking it.
pub(crate) fn serves_asleep(
    workspace: &Workspace,
    ctx: &RunContext<'_>,
) -> Result<Option<CommitId>, Failure> {
    let commit = label_of(workspace).and_then(|label| label.commit);
    let (Some(health), Some(commit)) = (&ctx.health, commit) else {
        return Ok(None);
    };
    let is_healthy = answers_already(ctx, workspace, health, &commit)?;
    if is_healthy {
        ctx.log.line(&format!(
            "workspace {} serves although its build machine sleeps: it is not woken; its owner label says commit {commit}",
            workspace.id
        ));
    }
    Ok(Some(commit).filter(|_| is_healthy))
}

/// What the workspace remembers, as far as it can be read.
pub(crate) fn history(
    id: WorkspaceId,
    env: Begun<'_, Vec<EnvVar>>,
    ctx: &RunContext<'_>,
) -> Result<ReleaseHistory, Failure> {
    let env = env
        .answer()
        .map_err(|error| error.while_doing("reading the workspace's environment"))?;
    let found = ReleaseHistory::among(&env).unwrap_or_else(|why| {
        ctx.report.warn(format!(
            "What workspace {id} remembers of its release cannot be read: {why}. A rollback to it starts it without a profile."
        ));
        None
    });
    Ok(found.unwrap_or_default())
}
