//! Owns whether what a record says served before fits the inputs, and what is remembered on the platform. What cannot be
//! looked up is left to the record's code.

use crate::failure::Failure;
use crate::history::ReleaseHistory;
use crate::ids::WorkspaceId;
use crate::route::Route;
use crate::steps::RunContext;
use crate::steps::connections::{ids, same};
use crate::undo::journal::{Promoted, Release, Switched};
use crate::undo::record::distrusted;

/// Believes what is to be put back on the routes that the inputs name.
pub(crate) fn believe_before(
    release: &Release,
    routes: &[Route],
    ctx: &RunContext<'_>,
) -> Result<(), Failure> {
    let Some(promoted) = &release.promoted else {
        return Ok(());
    };
    let history = remembered(promoted.workspace, ctx);
    for switched in &promoted.routes {
        if !routes.contains(&switched.route) {
            return Err(distrusted("it does not fit the inputs"));
        }
        believe_link(promoted, switched, history.as_ref())?;
        for id in &switched.before {
            believe_team(*id, release, ctx)?;
        }
    }
    Ok(())
}

fn remembered(workspace: WorkspaceId, ctx: &RunContext<'_>) -> Option<ReleaseHistory> {
    let env = ctx.api.env(workspace).ok()?;
    ReleaseHistory::among(&env).ok().flatten()
}

/// The workspace remembers it, or again what it remembered before this run.
fn believe_link(
    promoted: &Promoted,
    switched: &Switched,
    history: Option<&ReleaseHistory>,
) -> Result<(), Failure> {
    let Some(history) = history.filter(|history| promoted.remembered.as_ref() != Some(*history))
    else {
        return Ok(());
    };
    let remembers = history.before(&switched.route);
    if remembers.is_some_and(|before| same(before, &switched.before)) {
        return Ok(());
    }
    Err(distrusted(&format!(
        "workspace {} does not remember that {} pointed at {} before",
        promoted.workspace,
        switched.route,
        ids(&switched.before)
    )))
}

/// What the path is pointed at again is of the team; what is gone or hidden Codesphere refuses itself.
fn believe_team(id: WorkspaceId, release: &Release, ctx: &RunContext<'_>) -> Result<(), Failure> {
    let workspace = ctx.api.workspace(id).ok();
    let team = workspace.map(|workspace| workspace.team_id);
    if team.is_some_and(|team| team != release.team) {
        return Err(distrusted(&format!("workspace {id} is another team's")));
    }
    Ok(())
}
