//! Owns what a domain's path points at: compared, changed, read back.

use std::time::Duration;

use crate::codesphere::error::Retry;
use crate::codesphere::types::{Connections, Domain, TeamId, WorkspaceId};
use crate::failure::{Failure, Reason};
use crate::steps::Tools;
use crate::text::list;
use crate::wait::{Ended, Look, Pace, Wait};

/// How long the switch itself may take when the API does not answer.
const SWITCHING: Duration = Duration::from_mins(2);

/// A path of a team's domain.
#[derive(Debug, Clone)]
pub struct Place {
    /// The team that owns the domain.
    pub team: TeamId,
    /// The domain's name.
    pub domain: String,
    /// The path.
    pub path: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "https://{}{}",
            self.domain,
            self.path.trim_end_matches('/')
        )
    }
}

/// Points `place` from `from` to `to`, if it still points at `from`. Pointing at nothing takes the path out of the map.
/// Right before the one request that writes, the domain is read; its other paths are sent as they are.
/// `about_to` is called before the first write, and not at all where nothing is written.
///
/// # Errors
/// `connections-changed` when somebody else changed the path; `switch-failed` when the API accepts but does not do it.
pub fn point(
    tools: &Tools<'_>,
    place: &Place,
    from: &[WorkspaceId],
    to: &[WorkspaceId],
    mut about_to: impl FnMut(),
) -> Result<(), Failure> {
    let wait = Wait {
        time: tools.time,
        report: tools.report,
        what: "the switch",
        limit: SWITCHING,
        pace: Pace::RETRY,
        first_look: Duration::ZERO,
    };
    let api = tools.api.until(tools.time.now() + SWITCHING);
    let mut ignored = 0;
    wait.until(|_| {
        let read = api
            .domain(place.team, &place.domain)
            .map_err(|error| error.while_doing("reading the domain"))?;
        let now = pointed(&read.workspaces, &place.path);
        if same(now, to) {
            return Ok(Look::Done(()));
        }
        if !same(now, from) {
            return Err(changed(place, from, now));
        }
        let wanted = with_path(&read.workspaces, &place.path, to);
        about_to();
        match api.connect(place.team, &place.domain, &wanted) {
            Ok(answer) if answer.workspaces == wanted => Ok(Look::Done(())),
            Ok(answer) => {
                ignored += 1;
                differs(place, &wanted, &answer, ignored)
            }
            Err(error) if error.retry() == Retry::Never => {
                Err(error.while_doing("switching the domain"))
            }
            Err(error) => Ok(Look::NotYet(format!(
                "{error}; looking at the domain before another try"
            ))),
        }
    })
    .map_err(|ended| match ended {
        Ended::Failed(failure) => failure,
        Ended::TimedOut(state) => Failure::new(
            Reason::SwitchFailed,
            format!("{place} could not be switched within two minutes: {state}."),
            "Look at Codesphere's status page, and run the job again.",
        ),
    })?;
    tools.log.line(&format!("{place} points at {}", ids(to)));
    Ok(())
}

/// Reads the domain back: whether `place` still points at `expected`.
///
/// # Errors
/// `connections-changed` when it does not.
pub fn verify(tools: &Tools<'_>, place: &Place, expected: &[WorkspaceId]) -> Result<(), Failure> {
    let read = tools
        .api
        .domain(place.team, &place.domain)
        .map_err(|error| error.while_doing("reading the domain back"))?;
    let now = pointed(&read.workspaces, &place.path);
    if same(now, expected) {
        return Ok(());
    }
    Err(changed(place, expected, now))
}

/// What `path` points at.
#[must_use]
pub fn pointed<'c>(connections: &'c Connections, path: &str) -> &'c [WorkspaceId] {
    connections.get(path).map_or(&[], Vec::as_slice)
}

/// Whether two lists name the same workspaces; their order has no meaning.
#[must_use]
pub fn same(one: &[WorkspaceId], other: &[WorkspaceId]) -> bool {
    let sorted = |ids: &[WorkspaceId]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    sorted(one) == sorted(other)
}

fn with_path(connections: &Connections, path: &str, to: &[WorkspaceId]) -> Connections {
    let mut wanted = connections.clone();
    if to.is_empty() {
        wanted.remove(path);
    } else {
        wanted.insert(path.to_owned(), to.to_vec());
    }
    wanted
}

/// The API answered 200, but the map is not the one that was sent.
fn differs(
    place: &Place,
    wanted: &Connections,
    answer: &Domain,
    times: u32,
) -> Result<Look<()>, Failure> {
    let others = |map: &Connections| {
        let mut map = map.clone();
        map.remove(&place.path);
        map
    };
    if others(wanted) != others(&answer.workspaces) {
        return Err(Failure::new(
            Reason::ConnectionsChanged,
            format!(
                "While {place} was switched, other paths of {} changed as well.",
                place.domain
            ),
            "Look at the domain's connections in Codesphere: somebody or something else changes them at the same time.",
        ));
    }
    if times >= 3 {
        return Err(Failure::new(
            Reason::SwitchFailed,
            format!(
                "The API accepted three times to switch {place} and changed nothing: it still points at {}.",
                ids(pointed(&answer.workspaces, &place.path))
            ),
            "Switch the path by hand in Codesphere to see what hinders it, and tell Codesphere's support.",
        ));
    }
    Ok(Look::NotYet(
        "the API accepted, but nothing changed; trying again".to_owned(),
    ))
}

fn changed(place: &Place, from: &[WorkspaceId], now: &[WorkspaceId]) -> Failure {
    Failure::new(
        Reason::ConnectionsChanged,
        format!(
            "{place} pointed at {} before, but points at {} now: somebody else changed it, so it is left alone.",
            ids(from),
            ids(now)
        ),
        "Find out who changed it (another run of this workflow?). `concurrency` in the workflow keeps releases apart; then run the job again.",
    )
}

/// Workspaces in words.
#[must_use]
pub fn ids(ids: &[WorkspaceId]) -> String {
    match ids {
        [] => "nothing".to_owned(),
        [one] => format!("workspace {one}"),
        several => format!("workspaces {}", list(several)),
    }
}
