//! Undoes a promotion: every place that was switched points at what it pointed at before, unless it is somebody else's now.

use crate::codesphere::types::Connections;
use crate::ids::{TeamId, WorkspaceId};
use crate::steps::RunContext;
use crate::steps::connections::{ids, pointed, same, shared};
use crate::steps::switch::{RouteChange, by_domain, point};
use crate::text::list;
use crate::undo::journal::Promoted;
use crate::undo::outcome::Production;

/// Points all places back, whatever becomes of each.
pub(super) fn restore(team: TeamId, promoted: &Promoted, ctx: &RunContext<'_>) -> Production {
    let changes: Vec<RouteChange> = promoted
        .routes
        .iter()
        .map(|switched| RouteChange {
            route: switched.route.clone(),
            from: vec![promoted.workspace],
            to: switched.before.clone(),
        })
        .collect();
    by_domain(&changes)
        .iter()
        .map(|changes| put_domain_back(team, promoted.workspace, changes, ctx))
        .reduce(together)
        .unwrap_or_else(|| Production::AsBefore("Production was not touched.".to_owned()))
}

/// Points the places of one domain back, unless they already are there or somebody else has changed them since.
/// Ours is a place that points at the workspace alone, or together with all that it pointed at before.
fn put_domain_back(
    team: TeamId,
    id: WorkspaceId,
    changes: &[RouteChange],
    ctx: &RunContext<'_>,
) -> Production {
    let Some(name) = changes.first().map(|change| &change.route.domain) else {
        return Production::AsBefore(String::new());
    };
    let now = match ctx.api.domain(team, name) {
        Ok(domain) => domain.workspaces,
        Err(error) => return uncertain(team, changes, &error.to_string()),
    };
    let (back, moved): (Vec<RouteChange>, Vec<RouteChange>) = changes
        .iter()
        .cloned()
        .partition(|change| same(pointed(&now, &change.route.path), &change.to));
    let (mut ours, theirs): (Vec<RouteChange>, Vec<RouteChange>) =
        moved.into_iter().partition(|change| {
            let its = pointed(&now, &change.route.path);
            same(its, &[id]) || same(its, &shared(&change.to, id))
        });
    for change in &mut ours {
        change.from = pointed(&now, &change.route.path).to_vec();
    }
    let mut found: Vec<Production> = back.iter().map(as_before).collect();
    found.extend(theirs.iter().map(|change| not_ours(change, &now)));
    if !ours.is_empty() {
        found.push(match point(ctx, team, &ours, |_| {}) {
            Ok(()) => {
                Production::AsBefore(words(ours.iter().map(|change| {
                    format!("{} was put back to {}.", change.route, ids(&change.to))
                })))
            }
            Err(failure) => uncertain(team, &ours, &failure.cause),
        });
    }
    found
        .into_iter()
        .reduce(together)
        .unwrap_or_else(|| Production::AsBefore(String::new()))
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
    let told = words([one.words().to_owned(), other.words().to_owned()]);
    let worse = if other.badness() > one.badness() {
        other
    } else {
        one
    };
    worse.with_words(told)
}

fn words(sentences: impl IntoIterator<Item = String>) -> String {
    sentences.into_iter().collect::<Vec<_>>().join(" ")
}

fn uncertain(team: TeamId, changes: &[RouteChange], why: &str) -> Production {
    let routes = list(changes.iter().map(|change| &change.route));
    let name = changes
        .first()
        .map_or("", |change| change.route.domain.as_str());
    let before: std::collections::BTreeMap<&str, &[WorkspaceId]> = changes
        .iter()
        .map(|change| (change.route.path.as_str(), change.to.as_slice()))
        .collect();
    let paths = serde_json::json!(before);
    let each = list(changes.iter().map(|change| ids(&change.to)));
    Production::Uncertain(format!(
        "PRODUCTION IS UNCERTAIN: {routes} could not be put back ({why}). Point it at {each} at once, in Codesphere or with PUT /domains/team/{team}/domain/{name}/workspace-connections, whose body must hold all paths as they are and {paths}.",
    ))
}
