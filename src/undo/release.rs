//! Undoes a release beside: the domain put back, the new workspace removed unless it had traffic.

use crate::codesphere::types::WorkspaceId;
use crate::failure::Failure;
use crate::inputs::OnFailure;
use crate::mark::Mark;
use crate::steps::connections::{Place, ids, point, pointed, same};
use crate::steps::{Tools, launch, workspace};
use crate::undo::{Production, Release, Switched, Undone};

/// Puts the domain back and removes what never had traffic. Whatever cannot be done is told, with what does it.
#[must_use]
pub fn undo_release(release: &Release, on_failure: OnFailure, tools: &Tools<'_>) -> Undone {
    let made = made(release, tools);
    let production = match (&release.switched, release.candidate) {
        (None, _) => Production::AsBefore("Production was not touched.".to_owned()),
        (Some(switched), candidate) => put_back(release, switched, candidate, tools),
    };
    let (mut kept, mut left) = (Vec::new(), Vec::new());
    match made {
        Err(failure) => left.push(unknown(release, &failure)),
        Ok(ids) => {
            for id in ids {
                if release.switched.is_some() && release.candidate == Some(id) {
                    tools.report.kept(&id, "which had traffic");
                    kept.push(had_traffic(id, &production));
                } else if on_failure == OnFailure::Keep {
                    tools.report.kept(&id, "for inspection");
                    kept.push(format!("Workspace {id} was kept for inspection (`on-failure: keep`); delete it when you are done."));
                } else {
                    left.extend(remove(id, release, tools));
                }
            }
        }
    }
    let words = |sentences: Vec<String>| (!sentences.is_empty()).then(|| sentences.join(" "));
    Undone {
        production,
        kept: words(kept),
        left: words(left),
    }
}

/// The created workspace: known, or found by its mark when the answer to its creation was lost;
/// and what a lost creation has brought besides.
fn made(release: &Release, tools: &Tools<'_>) -> Result<Vec<WorkspaceId>, Failure> {
    let mut made: Vec<WorkspaceId> = release.candidate.into_iter().collect();
    if made.is_empty() && launch::find_launched(tools, release.team, &release.launch)?.is_none() {
        return Ok(made);
    }
    if release.again {
        let all = launch::all_launched(tools, release.team, &release.launch)?;
        made.extend(all.into_iter().filter(|id| release.candidate != Some(*id)));
    }
    Ok(made)
}

/// What had traffic is never deleted by an undo.
fn had_traffic(id: WorkspaceId, production: &Production) -> String {
    match production {
        Production::AsBefore(_) => format!(
            "Workspace {id} stays for inspection, off the domain; delete it when you are done."
        ),
        Production::Theirs(_) | Production::Later(_) | Production::Uncertain(_) => format!(
            "Workspace {id} may still serve: do not delete it before you know that nothing points at it."
        ),
    }
}

fn unknown(release: &Release, failure: &Failure) -> String {
    let launch = Mark::parse(&release.launch).map_or_else(String::new, |mark| mark.launch);
    format!(
        "Whether a workspace was made is not known ({}). Look in team {} for one whose welcome message ends with launch {launch}, and delete it.",
        failure.cause, release.team
    )
}

fn remove(id: WorkspaceId, release: &Release, tools: &Tools<'_>) -> Option<String> {
    let Err(failure) = workspace::delete(tools, release.team, id) else {
        return None;
    };
    Some(format!(
        "Workspace {id} could not be removed and costs money until it is: {} Delete it in Codesphere, or with DELETE /workspaces/{id}.",
        failure.cause
    ))
}

/// Points the path back, unless it already is there or somebody else has changed it since.
fn put_back(
    release: &Release,
    switched: &Switched,
    candidate: Option<WorkspaceId>,
    tools: &Tools<'_>,
) -> Production {
    let place = Place {
        team: release.team,
        domain: switched.domain.clone(),
        path: switched.path.clone(),
    };
    let before = &switched.before;
    let ours: Vec<WorkspaceId> = candidate.into_iter().collect();
    let read = tools.api.domain(place.team, &place.domain);
    let now = match &read {
        Ok(domain) => pointed(&domain.workspaces, &place.path),
        Err(error) => return uncertain(&place, before, &error.to_string()),
    };
    if same(now, before) {
        return Production::AsBefore(format!("{place} points at {} as before.", ids(before)));
    }
    if !same(now, &ours) {
        return Production::Theirs(format!(
            "{place} points at {} now, which this run did not set (before, it was {}). It was left alone: look whether that is what you want.",
            ids(now),
            ids(before)
        ));
    }
    match point(tools, &place, &ours, before, || {}) {
        Ok(()) => Production::AsBefore(format!("{place} was put back to {}.", ids(before))),
        Err(failure) => uncertain(&place, before, &failure.cause),
    }
}

fn uncertain(place: &Place, before: &[WorkspaceId], why: &str) -> Production {
    let path = serde_json::json!({ &place.path: before });
    Production::Uncertain(format!(
        "PRODUCTION IS UNCERTAIN: {place} could not be put back ({why}). Point it at {} at once, in Codesphere or with PUT /domains/team/{}/domain/{}/workspace-connections, whose body must hold all paths as they are and {path}.",
        ids(before),
        place.team,
        place.domain
    ))
}
