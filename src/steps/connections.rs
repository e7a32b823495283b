//! Owns what the routes of domains point at: read, compared, told.

use crate::codesphere::types::Connections;
use crate::failure::{Failure, Reason};
use crate::ids::{TeamId, WorkspaceId};
use crate::route::Route;
use crate::steps::RunContext;
use crate::text::list;

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
        return Ok(());
    }
    Err(changed(route, expected, now))
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
        "Find out who changed it (another run of this workflow?). `concurrency` in the workflow keeps releases apart; then run the job again.",
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
