//! Owns the wait for the managed services of a landscape that was just deployed: what is prepared may need them.

use std::time::Duration;

use crate::codesphere::types::ManagedService;
use crate::failure::Failure;
use crate::ids::{TeamId, WorkspaceId};
use crate::profile::Profile;
use crate::steps::RunContext;
use crate::text::{duration, list};
use crate::wait::{Ended, Poll};

/// How long those of a landscape may take to be listed; not every installation lists them.
const LISTED: Duration = Duration::from_secs(15);
/// The state of one that is there as the file describes it.
const THERE: &str = "synchronized";

/// Waits until the workspace's managed services are there, as far as the platform lists them.
/// What takes longer is a warning: whether it is needed already, only the stages know.
///
/// # Errors
/// Cancellation only.
pub(crate) fn until_there(
    ctx: &RunContext<'_>,
    team: TeamId,
    id: WorkspaceId,
    profile: &Profile,
    limit: Duration,
) -> Result<(), Failure> {
    let names: Vec<&str> = profile.managed().map(|(name, _)| name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let (wait, api) = ctx.wait("the managed services", limit);
    let over = wait.until(|elapsed| {
        let all = api
            .managed_services(team)
            .map_err(|error| error.while_doing("reading the managed services"))?;
        Ok(look(&states(&all, id, &names), elapsed))
    });
    match over {
        Ok(words) => ctx.log.foreign([("", words.as_str())]),
        Err(Ended::TimedOut(last)) => ctx.report.warn(format!(
            "The managed services of workspace {id} are not there after {} (`workspace-timeout`): {last}. The release goes on; a stage that needs them fails.",
            duration(limit)
        )),
        Err(Ended::Failed(failure)) if failure.is_cancellation() => return Err(failure),
        Err(Ended::Failed(failure)) => ctx.log.line(&format!(
            "whether the managed services are there is not known: {}",
            failure.cause
        )),
    }
    Ok(())
}

/// Name and state of each; none where it is not listed.
fn states<'a>(
    all: &'a [ManagedService],
    id: WorkspaceId,
    names: &[&'a str],
) -> Vec<(&'a str, Option<&'a str>)> {
    let state = |name: &str| {
        let its_end = format!("landscape-{id}-{name}");
        let its = all.iter().find(|service| service.name.ends_with(&its_end));
        its.map(|service| service.status.state.as_str())
    };
    names.iter().map(|name| (*name, state(name))).collect()
}

fn look(states: &[(&str, Option<&str>)], elapsed: Duration) -> Poll<String> {
    let words = list(
        states
            .iter()
            .map(|(name, state)| format!("{name} {}", state.unwrap_or("not listed"))),
    );
    let is_there = |(_, state): &(&str, Option<&str>)| match state {
        Some(state) => *state == THERE,
        None => elapsed >= LISTED,
    };
    if states.iter().all(is_there) {
        Poll::Ready(words)
    } else {
        Poll::Pending(words)
    }
}
