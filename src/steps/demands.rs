//! Owns what a landscape's file demands of the platform, checked while nothing is built: secrets, plans, and a route.

use crate::failure::Failure;
use crate::ids::{TeamId, WorkspaceId};
use crate::profile::Profile;
use crate::steps::vault::{Reading, Vault};
use crate::steps::{RunContext, service_plans};

/// Whether the file demands anything that can be checked.
pub(crate) fn has_any(profile: &Profile) -> bool {
    !profile.secrets.is_empty() || profile.planned().next().is_some()
}

/// Refuses what could not be deployed, all of it together; says whether the vault is known to have all secrets.
pub(crate) fn check(
    ctx: &RunContext<'_>,
    team: TeamId,
    id: WorkspaceId,
    vault: &Vault,
    profile: &Profile,
) -> Result<bool, Failure> {
    let has_secrets = !profile.secrets.is_empty();
    let secrets = has_secrets.then(|| Reading::begin(ctx, team, id, vault));
    let plans = profile.planned().next().map(|_| ctx.api.begin_plans());
    let secrets = secrets.map_or(Ok(true), |secrets| secrets.check(ctx, &profile.secrets));
    let plans = plans.map_or(Ok(()), |plans| service_plans::check(ctx, plans, profile));
    match (secrets, plans) {
        (Ok(known), Ok(())) => Ok(known),
        (Ok(_), Err(failure)) | (Err(failure), Ok(())) => Err(failure),
        (Err(secrets), Err(plans)) => Err(both(secrets, plans)),
    }
}

fn both(first: Failure, second: Failure) -> Failure {
    if first.is_cancellation() {
        return first;
    }
    if second.is_cancellation() {
        return second;
    }
    Failure::new(
        first.reason,
        format!("{} {}", first.cause, second.cause),
        format!("{} {}", first.next, second.next),
    )
}
