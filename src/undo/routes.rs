//! Undoes a promotion: every route that was switched points at what it pointed at before, unless it is somebody else's now.

use crate::codesphere::types::Connections;
use crate::failure::Failure;
use crate::ids::{TeamId, WorkspaceId};
use crate::steps::RunContext;
use crate::steps::connections::{ids, pointed, same, shared};
use crate::steps::switch::{RouteChange, by_domain, point};
use crate::undo::by_hand::{changes, connect};
use crate::undo::journal::Promoted;
use crate::undo::outcome::Production;

/// Points all routes back, whatever becomes of each.
pub(super) fn restore(team: TeamId, promoted: &Promoted, ctx: &RunContext<'_>) -> Production {
    by_domain(&changes(promoted))
        .iter()
        .map(|changes| put_domain_back(team, promoted, changes, ctx))
        .reduce(together)
        .unwrap_or_else(|| Production::AsBefore("Production was not touched.".to_owned()))
}

/// Points the routes of one domain back, unless they already are there or somebody else has changed them since.
/// Ours is a route that points at the workspace alone, or together with all that it pointed at before.
fn put_domain_back(
    team: TeamId,
    promoted: &Promoted,
    changes: &[RouteChange],
    ctx: &RunContext<'_>,
) -> Production {
    let Some(name) = changes.first().map(|change| &change.route.domain) else {
        return Production::AsBefore(String::new());
    };
    let uncertain = |changes: &[RouteChange], domain: Option<&Connections>, failure: &Failure| {
        Production::Uncertain(connect(team, promoted, changes, domain, failure, &ctx.api))
    };
    let now = match ctx.api.domain(team, name) {
        Ok(domain) => domain.workspaces,
        Err(error) => {
            let failure = error.while_doing("reading the domain");
            return uncertain(changes, promoted.domains.get(name), &failure);
        }
    };
    let (back, moved): (Vec<&RouteChange>, Vec<&RouteChange>) = changes
        .iter()
        .partition(|change| same(pointed(&now, &change.route.path), &change.to));
    let (ours, theirs) = whose(moved, promoted.workspace, &now);
    let mut found: Vec<Production> = back.into_iter().map(as_before).collect();
    found.extend(theirs.iter().map(|change| not_ours(change, &now)));
    if !ours.is_empty() {
        found.push(match point(ctx, team, &ours, |_| {}) {
            Ok(()) => Production::AsBefore(words(ours.iter().map(|change| {
                format!("{} was switched back to {}.", change.route, ids(&change.to))
            }))),
            Err(failure) => uncertain(&ours, Some(&now), &failure),
        });
    }
    found
        .into_iter()
        .reduce(together)
        .unwrap_or_else(|| Production::AsBefore(String::new()))
}

/// Which of the changes are this run's, with what their routes point at now, and which are somebody else's.
fn whose<'c>(
    changes: Vec<&'c RouteChange>,
    id: WorkspaceId,
    now: &Connections,
) -> (Vec<RouteChange>, Vec<&'c RouteChange>) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for change in changes {
        let its = pointed(now, &change.route.path);
        if same(its, &[id]) || same(its, &shared(&change.to, id)) {
            let from = its.to_vec();
            ours.push(RouteChange {
                from,
                ..change.clone()
            });
        } else {
            theirs.push(change);
        }
    }
    (ours, theirs)
}

fn as_before(change: &RouteChange) -> Production {
    Production::AsBefore(format!(
        "{} points at {} as before.",
        change.route,
        ids(&change.to)
    ))
}

fn not_ours(change: &RouteChange, now: &Connections) -> Production {
    Production::Theirs(format!(
        "{} points at {} now, which this run did not set (before, it was {}). It was left alone: look whether that is what you want.",
        change.route,
        ids(pointed(now, &change.route.path)),
        ids(&change.to)
    ))
}

/// The worse of two counts; nothing of what was told is lost.
fn together(one: Production, other: Production) -> Production {
    let (calm, worse) = if other.badness() > one.badness() {
        (one, other)
    } else {
        (other, one)
    };
    worse.with(calm)
}

fn words(sentences: impl IntoIterator<Item = String>) -> String {
    sentences.into_iter().collect::<Vec<_>>().join(" ")
}
