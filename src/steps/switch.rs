//! Owns the switch: paths of a domain pointed elsewhere, together and only if they are as they were.

use std::time::Duration;

use crate::codesphere::error::{ApiError, Retry};
use crate::codesphere::types::{Connections, Domain};
use crate::failure::{Failure, Reason};
use crate::ids::{TeamId, WorkspaceId};
use crate::route::Route;
use crate::steps::RunContext;
use crate::steps::connections::{changed, ids, pointed, same};
use crate::text::list;
use crate::wait::{Ended, Poll};

/// How long the switch of a domain may take when the API does not answer.
const SWITCHING: Duration = Duration::from_mins(2);

/// A route that is to point elsewhere. Pointing at nothing takes the path out of the domain's map.
#[derive(Debug, Clone)]
pub(crate) struct RouteChange {
    /// The route.
    pub(crate) route: Route,
    /// What it points at before.
    pub(crate) from: Vec<WorkspaceId>,
    /// What it is to point at.
    pub(crate) to: Vec<WorkspaceId>,
}

/// What is told of the write that switches routes of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write<'w> {
    /// It is about to be sent; so the domain was right before.
    Begins(&'w Connections),
    /// It was refused or never sent, each time and for certain: nothing was switched.
    Refused,
}

/// The turns of each domain, in the order in which the domains come first: one request switches them.
pub(crate) fn by_domain(changes: &[RouteChange]) -> Vec<Vec<RouteChange>> {
    let mut grouped: Vec<Vec<RouteChange>> = Vec::new();
    for change in changes {
        let its = |group: &&mut Vec<RouteChange>| {
            group
                .iter()
                .any(|other| other.route.domain == change.route.domain)
        };
        match grouped.iter_mut().find(its) {
            Some(group) => group.push(change.clone()),
            None => grouped.push(vec![change.clone()]),
        }
    }
    grouped
}

/// Points all routes elsewhere, domain by domain, if none has changed since the plan.
/// `note` is told the routes of a domain before they are written, and where that had no effect for certain.
pub(crate) fn point_all(
    ctx: &RunContext<'_>,
    team: TeamId,
    changes: &[RouteChange],
    mut note: impl FnMut(Write<'_>, &[RouteChange]),
) -> Result<(), Failure> {
    let domains = by_domain(changes);
    if domains.len() > 1 {
        for changes in &domains {
            compare(ctx, team, changes)?;
        }
    }
    domains
        .iter()
        .try_for_each(|changes| point(ctx, team, changes, |write| note(write, changes)))
}

fn compare(ctx: &RunContext<'_>, team: TeamId, changes: &[RouteChange]) -> Result<(), Failure> {
    let Some(name) = domain_of(changes) else {
        return Ok(());
    };
    let read = ctx
        .api
        .domain(team, name)
        .map_err(|error| error.while_doing("reading the domain"))?;
    unchanged(changes, &read.workspaces)
}

/// Points the routes of one domain elsewhere, together, if each still is as it was.
/// Right before the one request that writes, the domain is read; its other paths are sent as they are.
/// `note` is called before each write, and not at all where nothing is written.
pub(crate) fn point(
    ctx: &RunContext<'_>,
    team: TeamId,
    changes: &[RouteChange],
    mut note: impl FnMut(Write<'_>),
) -> Result<(), Failure> {
    let Some(name) = domain_of(changes) else {
        return Ok(());
    };
    let (wait, api) = ctx.wait("the switch", SWITCHING);
    let (mut ignored, mut begun, mut acted) = (0, false, false);
    let pointed = wait.until(|_| {
        let read = api
            .domain(team, name)
            .map_err(|error| error.while_doing("reading the domain"))?;
        if are_done(changes, &read.workspaces) {
            return Ok(Poll::Ready(()));
        }
        unchanged(changes, &read.workspaces)?;
        let wanted = turned(&read.workspaces, changes);
        note(Write::Begins(&read.workspaces));
        begun = true;
        let answer = api.connect(team, name, &wanted);
        acted |= answer
            .as_ref()
            .map_or_else(ApiError::may_have_acted, |_| true);
        match answer {
            Ok(answer) if answer.workspaces == wanted => Ok(Poll::Ready(())),
            Ok(answer) => {
                ignored += 1;
                differs(changes, &wanted, &answer, ignored)
            }
            Err(error) => refused(&error),
        }
    });
    if pointed.is_err() && begun && !acted {
        note(Write::Refused);
    }
    pointed.map_err(|ended| too_late(changes, ended))?;
    tell(changes, ctx);
    Ok(())
}

fn refused(error: &ApiError) -> Result<Poll<()>, Failure> {
    if error.retry() == Retry::Never {
        return Err(error.while_doing("switching the domain"));
    }
    Ok(Poll::Pending(format!(
        "{error}; looking at the domain before another try"
    )))
}

fn tell(changes: &[RouteChange], ctx: &RunContext<'_>) {
    for change in changes.iter().filter(|change| change.from != change.to) {
        ctx.log
            .line(&format!("{} points at {}", change.route, ids(&change.to)));
    }
}

fn domain_of(changes: &[RouteChange]) -> Option<&str> {
    changes.first().map(|change| change.route.domain.as_str())
}

fn names(changes: &[RouteChange]) -> String {
    list(changes.iter().map(|change| &change.route))
}

fn are_done(changes: &[RouteChange], now: &Connections) -> bool {
    changes
        .iter()
        .all(|change| same(pointed(now, &change.route.path), &change.to))
}

/// A route may also be where it is to be already.
fn unchanged(changes: &[RouteChange], now: &Connections) -> Result<(), Failure> {
    changes.iter().try_for_each(|change| {
        let now = pointed(now, &change.route.path);
        if same(now, &change.from) || same(now, &change.to) {
            return Ok(());
        }
        Err(changed(&change.route, &change.from, now))
    })
}

/// All that the domain points at once that is done.
pub(crate) fn turned(connections: &Connections, changes: &[RouteChange]) -> Connections {
    let mut wanted = connections.clone();
    for change in changes {
        if change.to.is_empty() {
            wanted.remove(&change.route.path);
        } else {
            wanted.insert(change.route.path.clone(), change.to.clone());
        }
    }
    wanted
}

fn too_late(changes: &[RouteChange], ended: Ended) -> Failure {
    match ended {
        Ended::Failed(failure) => failure,
        Ended::TimedOut(state) => Failure::new(
            Reason::SwitchFailed,
            format!(
                "{} could not be switched within two minutes: {state}.",
                names(changes)
            ),
            "Look at Codesphere's status page, and run the job again.",
        ),
    }
}

/// The API answered 200, but the map is not the one that was sent.
fn differs(
    changes: &[RouteChange],
    wanted: &Connections,
    answer: &Domain,
    times: u32,
) -> Result<Poll<()>, Failure> {
    let others = |map: &Connections| {
        let mut map = map.clone();
        for change in changes {
            map.remove(&change.route.path);
        }
        map
    };
    if others(wanted) != others(&answer.workspaces) {
        return Err(Failure::new(
            Reason::ConnectionsChanged,
            format!(
                "While {} was switched, other paths of {} changed as well.",
                names(changes),
                domain_of(changes).unwrap_or_default()
            ),
            "Look at the domain's connections in Codesphere: somebody or something else changes them at the same time.",
        ));
    }
    if times >= 3 {
        let now = changes.iter().map(|change| {
            let now = pointed(&answer.workspaces, &change.route.path);
            format!("{} still points at {}", change.route, ids(now))
        });
        return Err(Failure::new(
            Reason::SwitchFailed,
            format!(
                "The API accepted three times to switch {} and changed nothing: {}.",
                names(changes),
                list(now)
            ),
            "Switch the path by hand in Codesphere to see what hinders it, and tell Codesphere's support.",
        ));
    }
    Ok(Poll::Pending(
        "the API accepted, but nothing changed; trying again".to_owned(),
    ))
}
