//! Owns the switch: paths of a domain pointed elsewhere, together and only if they are as they were.

use std::time::Duration;

use crate::codesphere::error::{ApiError, Retry};
use crate::codesphere::types::{Connections, Domain};
use crate::failure::{Failure, Reason};
use crate::ids::{TeamId, WorkspaceId};
use crate::route::Place;
use crate::steps::Tools;
use crate::steps::connections::{changed, ids, pointed, same};
use crate::text::list;
use crate::wait::{Ended, Poll, Wait};

/// How long the switch of a domain may take when the API does not answer.
const SWITCHING: Duration = Duration::from_mins(2);

/// A place that is to point elsewhere. Pointing at nothing takes the path out of the domain's map.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The place.
    pub place: Place,
    /// What it points at before.
    pub from: Vec<WorkspaceId>,
    /// What it is to point at.
    pub to: Vec<WorkspaceId>,
}

/// What is told of the write that switches places of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// It is about to be sent.
    Begins,
    /// It was refused or never sent, each time and for certain: nothing was switched.
    Refused,
}

/// The turns of each domain, in the order in which the domains come first: one request switches them.
#[must_use]
pub fn by_domain(turns: &[Turn]) -> Vec<Vec<Turn>> {
    let mut grouped: Vec<Vec<Turn>> = Vec::new();
    for turn in turns {
        let its = |group: &&mut Vec<Turn>| {
            group
                .iter()
                .any(|other| other.place.domain == turn.place.domain)
        };
        match grouped.iter_mut().find(its) {
            Some(group) => group.push(turn.clone()),
            None => grouped.push(vec![turn.clone()]),
        }
    }
    grouped
}

/// Points all places elsewhere, domain by domain, if none has changed since the plan.
/// `note` is told the places of a domain before they are written, and where that had no effect for certain.
///
/// # Errors
/// `connections-changed` before anything is written where a place has changed; otherwise as [`point`].
pub fn point_all(
    tools: &Tools<'_>,
    team: TeamId,
    turns: &[Turn],
    mut note: impl FnMut(Write, &[Turn]),
) -> Result<(), Failure> {
    let domains = by_domain(turns);
    if domains.len() > 1 {
        for turns in &domains {
            compare(tools, team, turns)?;
        }
    }
    domains
        .iter()
        .try_for_each(|turns| point(tools, team, turns, |write| note(write, turns)))
}

fn compare(tools: &Tools<'_>, team: TeamId, turns: &[Turn]) -> Result<(), Failure> {
    let Some(name) = domain_of(turns) else {
        return Ok(());
    };
    let read = tools
        .api
        .domain(team, name)
        .map_err(|error| error.while_doing("reading the domain"))?;
    unchanged(turns, &read.workspaces)
}

/// Points the places of one domain elsewhere, together, if each still is as it was.
/// Right before the one request that writes, the domain is read; its other paths are sent as they are.
/// `note` is called before each write, and not at all where nothing is written.
///
/// # Errors
/// `connections-changed` when somebody else changed a path; `switch-failed` when the API accepts but does not do it.
pub fn point(
    tools: &Tools<'_>,
    team: TeamId,
    turns: &[Turn],
    mut note: impl FnMut(Write),
) -> Result<(), Failure> {
    let Some(name) = domain_of(turns) else {
        return Ok(());
    };
    let wait = Wait {
        time: tools.time,
        observer: tools.report,
        what: "the switch",
        limit: SWITCHING,
        first_poll: Duration::ZERO,
    };
    let api = tools.api.until(tools.time.now() + SWITCHING);
    let (mut ignored, mut begun, mut acted) = (0, false, false);
    let pointed = wait.until(|_| {
        let read = api
            .domain(team, name)
            .map_err(|error| error.while_doing("reading the domain"))?;
        if are_done(turns, &read.workspaces) {
            return Ok(Poll::Ready(()));
        }
        unchanged(turns, &read.workspaces)?;
        let wanted = turned(&read.workspaces, turns);
        note(Write::Begins);
        begun = true;
        let answer = api.connect(team, name, &wanted);
        acted |= answer
            .as_ref()
            .map_or_else(ApiError::may_have_acted, |_| true);
        match answer {
            Ok(answer) if answer.workspaces == wanted => Ok(Poll::Ready(())),
            Ok(answer) => {
                ignored += 1;
                differs(turns, &wanted, &answer, ignored)
            }
            Err(error) if error.retry() == Retry::Never => {
                Err(error.while_doing("switching the domain"))
            }
            Err(error) => Ok(Poll::Pending(format!(
                "{error}; looking at the domain before another try"
            ))),
        }
    });
    if pointed.is_err() && begun && !acted {
        note(Write::Refused);
    }
    pointed.map_err(|ended| too_late(turns, ended))?;
    for turn in turns.iter().filter(|turn| turn.from != turn.to) {
        tools
            .log
            .line(&format!("{} points at {}", turn.place, ids(&turn.to)));
    }
    Ok(())
}

fn domain_of(turns: &[Turn]) -> Option<&str> {
    turns.first().map(|turn| turn.place.domain.as_str())
}

fn names(turns: &[Turn]) -> String {
    list(turns.iter().map(|turn| &turn.place))
}

fn are_done(turns: &[Turn], now: &Connections) -> bool {
    turns
        .iter()
        .all(|turn| same(pointed(now, &turn.place.path), &turn.to))
}

/// A place may also be where it is to be already.
fn unchanged(turns: &[Turn], now: &Connections) -> Result<(), Failure> {
    turns.iter().try_for_each(|turn| {
        let now = pointed(now, &turn.place.path);
        if same(now, &turn.from) || same(now, &turn.to) {
            return Ok(());
        }
        Err(changed(&turn.place, &turn.from, now))
    })
}

fn turned(connections: &Connections, turns: &[Turn]) -> Connections {
    let mut wanted = connections.clone();
    for turn in turns {
        if turn.to.is_empty() {
            wanted.remove(&turn.place.path);
        } else {
            wanted.insert(turn.place.path.clone(), turn.to.clone());
        }
    }
    wanted
}

fn too_late(turns: &[Turn], ended: Ended) -> Failure {
    match ended {
        Ended::Failed(failure) => failure,
        Ended::TimedOut(state) => Failure::new(
            Reason::SwitchFailed,
            format!(
                "{} could not be switched within two minutes: {state}.",
                names(turns)
            ),
            "Look at Codesphere's status page, and run the job again.",
        ),
    }
}

/// The API answered 200, but the map is not the one that was sent.
fn differs(
    turns: &[Turn],
    wanted: &Connections,
    answer: &Domain,
    times: u32,
) -> Result<Poll<()>, Failure> {
    let others = |map: &Connections| {
        let mut map = map.clone();
        for turn in turns {
            map.remove(&turn.place.path);
        }
        map
    };
    if others(wanted) != others(&answer.workspaces) {
        return Err(Failure::new(
            Reason::ConnectionsChanged,
            format!(
                "While {} was switched, other paths of {} changed as well.",
                names(turns),
                domain_of(turns).unwrap_or_default()
            ),
            "Look at the domain's connections in Codesphere: somebody or something else changes them at the same time.",
        ));
    }
    if times >= 3 {
        let now = turns.iter().map(|turn| {
            let now = pointed(&answer.workspaces, &turn.place.path);
            format!("{} still points at {}", turn.place, ids(now))
        });
        return Err(Failure::new(
            Reason::SwitchFailed,
            format!(
                "The API accepted three times to switch {} and changed nothing: {}.",
                names(turns),
                list(now)
            ),
            "Switch the path by hand in Codesphere to see what hinders it, and tell Codesphere's support.",
        ));
    }
    Ok(Poll::Pending(
        "the API accepted, but nothing changed; trying again".to_owned(),
    ))
}
