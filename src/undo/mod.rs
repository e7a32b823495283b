//! Owns the way back: what an unfinished run made or changed, and what undoes it.

use crate::clock::Cancellation;
use crate::codesphere::types::{TeamId, WorkspaceId};
use crate::failure::{Failure, Reason};
use crate::inputs::OnFailure;
use crate::mark::Mark;
use crate::report::{Ending, Outcome};
use crate::steps::connections::{Place, ids, point, pointed, same};
use crate::steps::{Tools, workspace};

/// What a run has made or changed so far. Noted before it is done, as an answer may be lost.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// The mark of the workspace that was, or may have been, created.
    pub launch: Option<(TeamId, Mark)>,
    /// The workspace that was created.
    pub candidate: Option<WorkspaceId>,
    /// The path that was, or may have been, switched to the candidate, and what it pointed at before.
    pub switched: Option<(Place, Vec<WorkspaceId>)>,
}

/// What the way back came to for production, in words.
enum Production {
    /// It serves as before.
    AsBefore(String),
    /// Somebody else has changed it since; it is theirs.
    Theirs(String),
    /// It could not be put back.
    Uncertain(String),
}

/// Undoes what was made, and says what that means. What stopped the run does not stop this.
#[must_use]
pub fn after(failure: Failure, made: &Made, on_failure: OnFailure, tools: &Tools<'_>) -> Ending {
    if made.launch.is_none() {
        return Ending::bad(Outcome::Failed, failure, "Nothing was changed.");
    }
    let fresh = Cancellation::default();
    let tools = &tools.for_undo(&fresh);
    let undone = tools
        .report
        .step("Undo", || Ok(undo(made, on_failure, tools)));
    let (production, left) =
        undone.unwrap_or_else(|failure: Failure| (Production::Uncertain(failure.cause), None));
    ending(
        failure,
        production,
        left.as_deref(),
        made.switched.is_some(),
    )
}

/// What never had traffic must be gone for a run to count as reverted; what had traffic stays on purpose.
fn ending(
    failure: Failure,
    production: Production,
    left: Option<&str>,
    had_traffic: bool,
) -> Ending {
    let (outcome, reason, words) = match production {
        Production::AsBefore(words) if left.is_none() || had_traffic => {
            (Outcome::Reverted, failure.reason, words)
        }
        Production::AsBefore(words) => (Outcome::Failed, failure.reason, words),
        Production::Theirs(words) => (Outcome::Failed, Reason::ConnectionsChanged, words),
        Production::Uncertain(words) => (Outcome::Failed, Reason::UndoFailed, words),
    };
    let reason = if failure.is_cancellation() {
        failure.reason
    } else {
        reason
    };
    let state = match left {
        Some(left) => format!("{words} {left}"),
        None => words,
    };
    Ending::bad(outcome, Failure { reason, ..failure }, state)
}

fn undo(made: &Made, on_failure: OnFailure, tools: &Tools<'_>) -> (Production, Option<String>) {
    let had_traffic = made.switched.is_some();
    let production = match &made.switched {
        None => Production::AsBefore("Production was not touched.".to_owned()),
        Some((place, before)) => put_back(place, before, made.candidate, tools),
    };
    let left = match candidate(made, tools) {
        Ok(None) => None,
        Ok(Some(id)) if had_traffic => Some(format!(
            "Workspace {id} stays for inspection, off the domain; delete it when you are done."
        )),
        Ok(Some(id)) if on_failure == OnFailure::Keep => Some(format!(
            "Workspace {id} was kept for inspection (`on-failure: keep`); delete it when you are done."
        )),
        Ok(Some(id)) => remove(id, made, tools),
        Err(failure) => Some(format!(
            "Whether a workspace was made is not known ({}): look for one with the launch word {} in the team.",
            failure.cause,
            launch_word(made)
        )),
    };
    (production, left)
}

fn launch_word(made: &Made) -> &str {
    made.launch
        .as_ref()
        .map_or("", |(_, mark)| mark.launch.as_str())
}

/// The created workspace: known, or found by its mark when the answer to its creation was lost.
fn candidate(made: &Made, tools: &Tools<'_>) -> Result<Option<WorkspaceId>, Failure> {
    match (&made.candidate, &made.launch) {
        (Some(id), _) => Ok(Some(*id)),
        (None, None) => Ok(None),
        (None, Some((team, mark))) => {
            let found = workspace::find_launched(tools, *team, mark)?;
            Ok(found.map(|workspace| workspace.id))
        }
    }
}

fn remove(id: WorkspaceId, made: &Made, tools: &Tools<'_>) -> Option<String> {
    let (team, _) = made.launch.as_ref()?;
    match workspace::delete(tools, *team, id) {
        Ok(()) => None,
        Err(failure) => Some(format!(
            "Workspace {id} could not be removed and costs money until it is: {} Delete it in Codesphere, or with `DELETE /workspaces/{id}`.",
            failure.cause
        )),
    }
}

/// Points the path back, unless it already is there or somebody else has changed it since.
fn put_back(
    place: &Place,
    before: &[WorkspaceId],
    candidate: Option<WorkspaceId>,
    tools: &Tools<'_>,
) -> Production {
    let ours: Vec<WorkspaceId> = candidate.into_iter().collect();
    let read = tools.api.domain(place.team, &place.domain);
    let now = match &read {
        Ok(domain) => pointed(&domain.workspaces, &place.path),
        Err(error) => return uncertain(place, before, &error.to_string()),
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
    match point(tools, place, &ours, before, || {}) {
        Ok(()) => Production::AsBefore(format!("{place} was put back to {}.", ids(before))),
        Err(failure) => uncertain(place, before, &failure.cause),
    }
}

fn uncertain(place: &Place, before: &[WorkspaceId], why: &str) -> Production {
    Production::Uncertain(format!(
        "PRODUCTION IS UNCERTAIN: {place} could not be put back ({why}). Point it at {} in Codesphere by hand, at once.",
        ids(before)
    ))
}
