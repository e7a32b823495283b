//! Owns what the routes of domains point at: read, compared, told.

use crate::codesphere::types::Connections;
use crate::failure::{Failure, Reason};
use crate::ids::{TeamId, WorkspaceId};
use crate::route::Route;
use crate::steps::RunContext;
use crate::text::list;

/// What to do where somebody else has switched a domain.
const WHO: &str = "Find out who changed it: another run of this workflow, another workflow or job that releases to this domain (one `concurrency` group for all of them keeps them apart), a rollback, or a person in Codesphere, under the team's Domains. If this version is to serve all the same, run the job again.";

/// Reads the domain back: whether `route` still points at `expected`.
pub(crate) fn verify(
    ctx: &RunContext<'_>,
    team: TeamId,
    route: &Route,
    expected: &[WorkspaceId],
) -> Result<(), Failure> {
    let read = ctx
        .api
        .domain(team, &route.domain)
        .map_err(|error| error.while_doing("reading the domain back"))?;
    let now = pointed(&read.workspaces, &route.path);
    if same(now, expected) {
        ctx.log.line(&format!("{route} points at {}", ids(now)));
        return Ok(());
    }
    Err(changed_since(route, expected, now))
}

/// What `path` points at.
pub(crate) fn pointed<'c>(connections: &'c Connections, path: &str) -> &'c [WorkspaceId] {
    connections.get(path).map_or(&[], Vec::as_slice)
}

/// Whether two lists name the same workspaces; their order has no meaning.
pub(crate) fn same(one: &[WorkspaceId], other: &[WorkspaceId]) -> bool {
    let sorted = |ids: &[WorkspaceId]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    sorted(one) == sorted(other)
}

pub(super) fn changed(route: &Route, from: &[WorkspaceId], now: &[WorkspaceId]) -> Failure {
    Failure::new(
        Reason::ConnectionsChanged,
        format!(
            "{route} pointed at {} before, but points at {} now: somebody else changed it, so it is left alone.",
            ids(from),
            ids(now)
        ),
        WHO,
    )
}

/// After our own write: what is live is theirs.
fn changed_since(route: &Route, set: &[WorkspaceId], now: &[WorkspaceId]) -> Failure {
    let live = match now {
        [] => "visitors reach nothing there".to_owned(),
        _ => "that is what visitors reach, and it is left alone".to_owned(),
    };
    Failure::new(
        Reason::ConnectionsChanged,
        format!(
            "{route} points at {} now: {live}. This run had pointed it at {}; somebody else has changed it since.",
            ids(now),
            ids(set)
        ),
        WHO,
    )
}

/// `before` and `id` together, each once.
pub(crate) fn shared(before: &[WorkspaceId], id: WorkspaceId) -> Vec<WorkspaceId> {
    let mut together = before.to_vec();
    if !together.contains(&id) {
        together.push(id);
    }
    together
}

/// Workspaces in words.
pub(crate) fn ids(ids: &[WorkspaceId]) -> String {
    match ids {
        [] => "nothing".to_owned(),
        [one] => format!("workspace {one}"),
        several => format!("workspaces {}", list(several)),
    }
}
