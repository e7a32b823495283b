//! Owns what a landscape's file demands of the platform, checked while nothing is built: secrets, plans, and a route.

use crate::failure::Failure;
use crate::ids::{TeamId, WorkspaceId};
use crate::profile::{Kind, Profile, Service, is_service_name};
use crate::steps::vault::{Reading, Vault};
use crate::steps::{RunContext, service_plans};
use crate::text::{names, shortened};

/// As much of a name that is none is told.
const TOLD: usize = 60;

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
        (Ok(_), Err(failure)) | (Err(failure), Ok(())) => Err(not_deployed(failure)),
        (Err(secrets), Err(plans)) => Err(not_deployed(both(secrets, plans))),
    }
}

/// Warns at once of what can only fail later: a name that is none, and a `health-path` that nothing serves.
pub(crate) fn warn(ctx: &RunContext<'_>, profile: &Profile) {
    let services = profile.services.iter();
    let misnamed = services.filter(|service| is_served(service) && !is_service_name(&service.name));
    for service in misnamed {
        ctx.report.warn(format!(
            "{:?} in the CI profile is no name of a service: Codesphere wants lower-case letters, digits and hyphens, a letter first, at most 32. The deployment is likely to fail.",
            shortened(&service.name, TOLD)
        ));
    }
    if let Some(health) = &ctx.health
        && !leads_anywhere(profile, &health.path)
    {
        let paths = profile.services.iter().flat_map(|service| &service.paths);
        ctx.report.warn(format!(
            "No path of `network.paths` in the CI profile leads to `health-path` ({}): the application cannot be healthy there. The paths are: {}.",
            health.path,
            names(paths)
        ));
    }
}

const fn is_served(service: &Service) -> bool {
    matches!(service.kind, Kind::Reactive(_) | Kind::Container)
}

/// Whether a path leads there, or one may: of a service without `network` nothing is known.
fn leads_anywhere(profile: &Profile, health_path: &str) -> bool {
    let is_unknown = |service: &Service| is_served(service) && !service.has_network;
    let covers = |path: &String| covers(path, health_path);
    let mut services = profile.services.iter();
    services.any(|service| is_unknown(service) || service.paths.iter().any(covers))
}

/// Whether the path lies below the prefix, segment by segment.
fn covers(prefix: &str, path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let rest = path.strip_prefix(prefix.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What comes of it goes first.
fn not_deployed(failure: Failure) -> Failure {
    if failure.is_cancellation() {
        return failure;
    }
    let cause = format!(
        "Codesphere would refuse to deploy the landscape. {}",
        failure.cause
    );
    Failure { cause, ..failure }
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
        format!(
            "2 things stand in the way:\n- {}\n- {}",
            first.cause, second.cause
        ),
        format!("\n- {}\n- {}", first.next, second.next),
    )
}
