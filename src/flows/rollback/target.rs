//! Owns which workspace served before the one that is live, as that one remembers it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::codesphere::client::Client;
use crate::failure::Failure;
use crate::flows::shared::promotion::plan::Target;
use crate::history::{ReleaseHistory, VARIABLE};
use crate::ids::WorkspaceId;
use crate::route::Route;
use crate::steps::connections::ids;
use crate::text::list;

/// Why no workspace to go back to is known.
pub(crate) enum Missing {
    /// The API does not say.
    Unread(Failure),
    /// There is none; why, in words.
    Nothing(String),
}

/// The one workspace that all routes pointed at before.
pub(crate) fn remembered(targets: &[Target], api: &Client<'_>) -> Result<WorkspaceId, Missing> {
    let mut histories = BTreeMap::new();
    let mut found: Vec<(WorkspaceId, &Route)> = Vec::new();
    for target in targets {
        let live = live(target)?;
        if let Entry::Vacant(unread) = histories.entry(live) {
            unread.insert(history(live, api)?);
        }
        let history = histories.get(&live).and_then(Option::as_ref);
        found.push((before(live, history, &target.route)?, &target.route));
    }
    match found.as_slice() {
        [(first, _), rest @ ..] if rest.iter().all(|(other, _)| other == first) => Ok(*first),
        several => Err(Missing::Nothing(format!(
            "The routes did not point at the same workspace before: {}.",
            list(
                several
                    .iter()
                    .map(|(id, route)| format!("{route} at workspace {id}"))
            )
        ))),
    }
}

/// The workspace that serves alone there.
fn live(target: &Target) -> Result<WorkspaceId, Missing> {
    match target.before.as_slice() {
        [only] => Ok(*only),
        [] => Err(Missing::Nothing(format!(
            "{} points at nothing, so nothing tells what served before.",
            target.route
        ))),
        several => Err(Missing::Nothing(format!(
            "{} points at {}, and only a single one tells what served before it.",
            target.route,
            ids(several)
        ))),
    }
}

fn history(live: WorkspaceId, api: &Client<'_>) -> Result<Option<ReleaseHistory>, Missing> {
    let env = api.env(live).map_err(|error| {
        Missing::Unread(error.while_doing("reading what the workspace that serves now remembers"))
    })?;
    ReleaseHistory::among(&env).map_err(|why| {
        Missing::Nothing(format!(
            "What workspace {live}, which serves now, remembers of the one before it (variable `{VARIABLE}`) cannot be read: {why}."
        ))
    })
}

/// What `route` pointed at before `live`.
fn before(
    live: WorkspaceId,
    history: Option<&ReleaseHistory>,
    route: &Route,
) -> Result<WorkspaceId, Missing> {
    let why = match history.and_then(|history| history.before(route)) {
        Some([only]) => return Ok(*only),
        Some([]) => format!("Before workspace {live}, {route} pointed at nothing."),
        Some(several) => format!(
            "Before workspace {live}, {route} pointed at {}: a rollback goes back to a single one.",
            ids(several)
        ),
        None => format!(
            "Workspace {live}, which {route} points at, does not remember what served there before it (variable `{VARIABLE}`): this action did not bring it there, or it was the first."
        ),
    };
    Err(Missing::Nothing(why))
}
