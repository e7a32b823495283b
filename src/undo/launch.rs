//! Undoes a creation: what it made is found by its owner label, and removed.

use crate::failure::Failure;
use crate::ids::{TeamId, WorkspaceId};
use crate::owner::OwnerLabel;
use crate::steps::{RunContext, launch, workspace};
use crate::undo::journal::Launched;

/// The created workspace: known, or found by its owner label when the answer to its creation was lost;
/// and what a lost creation has brought besides.
pub(super) fn made(
    team: TeamId,
    launched: &Launched,
    ctx: &RunContext<'_>,
) -> Result<Vec<WorkspaceId>, Failure> {
    let mut made: Vec<WorkspaceId> = launched.workspace.into_iter().collect();
    if made.is_empty() && launch::find_launched(ctx, team, &launched.label)?.is_none() {
        return Ok(made);
    }
    if launched.again {
        let all = launch::all_launched(ctx, team, &launched.label)?;
        made.extend(all.into_iter().filter(|id| launched.workspace != Some(*id)));
    }
    Ok(made)
}

/// What to do where nobody knows whether there is a workspace.
pub(super) fn unknown(team: TeamId, launched: &Launched, failure: &Failure) -> String {
    format!(
        "Whether a workspace was made is not known. {} {}",
        failure.cause,
        to_find(team, launched)
    )
}

/// How people find it, if it is there.
pub(super) fn to_find(team: TeamId, launched: &Launched) -> String {
    let launch = OwnerLabel::parse(&launched.label).map_or_else(String::new, |label| label.launch);
    format!(
        "Look in team {team} for a workspace whose welcome message ends with launch {launch}, and delete it."
    )
}

/// Removes a workspace; gives what to do where it cannot be.
pub(super) fn remove(team: TeamId, id: WorkspaceId, ctx: &RunContext<'_>) -> Option<String> {
    let Err(failure) = workspace::delete(ctx, team, id) else {
        return None;
    };
    Some(format!(
        "Workspace {id} could not be removed and costs money until it is: {} Delete it in Codesphere, or with DELETE /workspaces/{id}.",
        failure.cause
    ))
}
