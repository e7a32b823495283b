//! Owns whether what a record says served before fits the inputs, and what is remembered on the platform. What cannot be
//! looked up is left to the record's code.

use crate::failure::Failure;
use crate::history::Link;
use crate::ids::WorkspaceId;
use crate::route::Place;
use crate::steps::Tools;
use crate::steps::connections::{ids, same};
use crate::undo::journal::{Promoted, Release, Switched};
use crate::undo::record::distrusted;

/// Believes what is to be put back on the places that the inputs name.
///
/// # Errors
/// Where something else is named, or remembered.
pub(crate) fn believe_before(
    release: &Release,
    places: &[Place],
    tools: &Tools<'_>,
) -> Result<(), Failure> {
    let Some(promoted) = &release.promoted else {
        return Ok(());
    };
    let link = remembered(promoted.workspace, tools);
    for switched in &promoted.places {
        if !places.contains(&switched.place) {
            return Err(distrusted("it does not fit the inputs"));
        }
        believe_link(promoted, switched, link.as_ref())?;
        for id in &switched.before {
            believe_team(*id, release, tools)?;
        }
    }
    Ok(())
}

fn remembered(workspace: WorkspaceId, tools: &Tools<'_>) -> Option<Link> {
    let env = tools.api.env(workspace).ok()?;
    Link::among(&env).ok().flatten()
}

/// The workspace remembers it, or again what it remembered before this run.
fn believe_link(
    promoted: &Promoted,
    switched: &Switched,
    link: Option<&Link>,
) -> Result<(), Failure> {
    let Some(link) = link.filter(|link| promoted.remembered.as_ref() != Some(*link)) else {
        return Ok(());
    };
    let remembers = link.before(&switched.place);
    if remembers.is_some_and(|before| same(before, &switched.before)) {
        return Ok(());
    }
    Err(distrusted(&format!(
        "workspace {} does not remember that {} pointed at {} before",
        promoted.workspace,
        switched.place,
        ids(&switched.before)
    )))
}

/// What the path is pointed at again is of the team; what is gone or hidden Codesphere refuses itself.
fn believe_team(id: WorkspaceId, release: &Release, tools: &Tools<'_>) -> Result<(), Failure> {
    let workspace = tools.api.workspace(id).ok();
    let team = workspace.map(|workspace| workspace.team_id);
    if team.is_some_and(|team| team != release.team) {
        return Err(distrusted(&format!("workspace {id} is another team's")));
    }
    Ok(())
}
