//! Owns what the domains must be like for a release: read once each, checked, and known as they are.

use std::collections::BTreeMap;

use crate::codesphere::client::Client;
use crate::codesphere::error::ApiError;
use crate::codesphere::types::{Domain, Team, Workspace};
use crate::failure::{Failure, Reason};
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::plan::Target;
use crate::ids::{DataCenterId, RESERVED, WorkspaceId};
use crate::inputs::environment::blanked;
use crate::release::Work;
use crate::route::Route;
use crate::text::names;

/// Where the workspace is, or will be.
pub(crate) struct Home {
    data_center: Option<DataCenterId>,
    words: String,
}

impl Home {
    /// Of a workspace that the team will make.
    pub(crate) fn of_new(team: &Team) -> Self {
        Self {
            data_center: team.default_data_center_id,
            words: format!("The team {} makes workspaces in", team.name),
        }
    }

    /// Of a workspace that has served there before: it fits.
    pub(crate) const fn of_old() -> Self {
        Self {
            data_center: None,
            words: String::new(),
        }
    }

    /// Of a workspace that is there.
    pub(crate) fn of(workspace: &Workspace) -> Self {
        Self {
            data_center: workspace.data_center_id,
            words: format!("Workspace {} is in", workspace.id),
        }
    }
}

/// The routes as they are; tells all that forbids a release there.
pub(crate) fn targets(
    preflight: &mut Preflight<'_>,
    routes: &[Route],
    team: &Team,
    home: &Home,
) -> Option<Vec<Target>> {
    preflight
        .reads
        .begin_domains(preflight.api, team.id, routes);
    let mut domains: BTreeMap<&str, Option<Domain>> = BTreeMap::new();
    for Route { domain: name, .. } in routes {
        if domains.contains_key(name.as_str()) {
            continue;
        }
        let domain = read_domain(name, team, preflight);
        let domain = preflight.take(domain);
        if let Some(domain) = &domain {
            check_domain(preflight, name, home, domain);
            check_paths(preflight, name, routes, domain);
        }
        domains.insert(name, domain);
    }
    routes
        .iter()
        .map(|route| {
            let domain = domains.get(route.domain.as_str())?.as_ref()?;
            Some(target(route, routes, domain))
        })
        .collect()
}

/// A path that the domain lacks and that only looks like one of its own would be added beside it, and take its visitors.
fn check_paths(preflight: &mut Preflight<'_>, name: &str, routes: &[Route], domain: &Domain) {
    let bare = |path: &str| path.trim_end_matches('/').to_ascii_lowercase();
    for route in routes.iter().filter(|route| route.domain == name) {
        let (path, mut paths) = (&route.path, domain.workspaces.keys());
        if domain.workspaces.contains_key(path) {
            continue;
        }
        if let Some(its) = paths.find(|its| bare(its) == bare(path)) {
            preflight.fail(Failure::new(
                Reason::Refused,
                format!("The domain {name} has the path `{its}`, and not `{path}`: a switch would add a second path beside it."),
                format!("Give `path: {its}`; or take that path off the domain first, if `{path}` is what you mean."),
            ));
        }
    }
}

fn target(route: &Route, routes: &[Route], domain: &Domain) -> Target {
    let switched = |path: &String| {
        routes
            .iter()
            .any(|place_too| place_too.domain == route.domain && place_too.path == *path)
    };
    let mut other_paths = domain.workspaces.clone();
    other_paths.retain(|path, _| !switched(path));
    Target {
        route: route.clone(),
        before: domain
            .workspaces
            .get(&route.path)
            .cloned()
            .unwrap_or_default(),
        other_paths,
        restricted: domain.restricted == Some(true),
    }
}

fn read_domain(name: &str, team: &Team, preflight: &mut Preflight<'_>) -> Result<Domain, Failure> {
    let api = preflight.api;
    let domain = preflight.reads.domain(api, team.id, name);
    domain.map_err(|error| {
        if error.is_absence() {
            no_such_domain(name, team, api, &error)
        } else {
            error.while_doing("reading the domain")
        }
    })
}

fn no_such_domain(name: &str, team: &Team, api: &Client<'_>, error: &ApiError) -> Failure {
    let known = api.domains(team.id).map_or_else(
        |_| String::new(),
        |domains| {
            format!(
                " Its domains are: {}.",
                names(domains.iter().map(|domain| &domain.name))
            )
        },
    );
    Failure::new(
        Reason::NotFound,
        format!("The team {team} has no domain {name} ({error}).{known}"),
        "Check `domain` and `team`; a new domain is added in Codesphere under the team's Domains.",
    )
}

fn check_domain(preflight: &mut Preflight<'_>, name: &str, home: &Home, domain: &Domain) {
    preflight.take(verified(name, domain));
    preflight.take(with_plain_paths(name, domain));
    if let Some(status) = domain
        .certificate_request_status
        .as_ref()
        .filter(|status| !status.issued)
    {
        preflight.warn(format!(
            "The domain {name} has no certificate yet ({}): visitors and the check of the domain may fail.",
            status.reason.as_deref().unwrap_or("no reason given")
        ));
    }
    if domain.restricted == Some(true) {
        preflight.warn(format!(
            "The domain {name} asks visitors to sign in, so it cannot be asked from here: after the switch only its connections are read back."
        ));
    }
    if let (Some(ours), Some(its)) = (home.data_center, domain.data_center_id)
        && ours != its
    {
        preflight.fail(Failure::new(
            Reason::Refused,
            format!(
                "{} data centre {ours}, but {name} is served from data centre {its}.",
                home.words
            ),
            "Use a domain of the same data centre.",
        ));
    }
}

/// Which path a request takes is not known where paths are regular expressions.
fn with_plain_paths(name: &str, domain: &Domain) -> Result<(), Failure> {
    let config = domain.custom_config.as_ref();
    if config.and_then(|config| config.use_regex) != Some(true) {
        return Ok(());
    }
    Err(Failure::new(
        Reason::Refused,
        format!(
            "The paths of the domain {name} are regular expressions (`useRegex`): which of them `path` means is not known, so nothing is switched there."
        ),
        "Switch `useRegex` off in the domain's settings in Codesphere, or release to a domain without it.",
    ))
}

fn verified(name: &str, domain: &Domain) -> Result<(), Failure> {
    let Some(status) = &domain.domain_verification_status else {
        return Err(Failure::new(
            Reason::ApiError,
            format!(
                "The API does not say whether the domain {name} is verified (field `domainVerificationStatus`)."
            ),
            "Check that `api-url` is the address of a Codesphere installation; then ask Codesphere's support.",
        ));
    };
    if status.verified {
        return Ok(());
    }
    let why = status.reason.as_deref().unwrap_or("no reason given");
    Err(Failure::new(
        Reason::Refused,
        format!("The domain {name} is not verified: {why}."),
        "Set the DNS records that Codesphere shows under the team's Domains, verify, and run the job again.",
    ))
}

/// What people set by hand on the workspace that serves would be missing in the new one. Names only, never values.
pub(crate) fn compare_env(preflight: &mut Preflight<'_>, targets: &[Target], work: &Work) {
    let serving = serving(targets);
    for id in &serving {
        preflight.reads.begin_env(preflight.api, *id);
    }
    for id in serving {
        compare_env_of(preflight, id, work);
    }
}

/// The first workspace of each route, each once.
fn serving(targets: &[Target]) -> Vec<WorkspaceId> {
    let mut serving: Vec<WorkspaceId> = Vec::new();
    for id in targets.iter().filter_map(|target| target.before.first()) {
        if !serving.contains(id) {
            serving.push(*id);
        }
    }
    serving
}

fn compare_env_of(preflight: &mut Preflight<'_>, serving: WorkspaceId, work: &Work) {
    let Ok(theirs) = preflight.reads.env(preflight.api, serving) else {
        preflight.warn(format!("The environment of workspace {serving}, which serves now, could not be read: whether `env` lacks something is not known."));
        return;
    };
    let whose = format!("workspace {serving}, which serves now,");
    let blanked = blanked(&work.build.env, &theirs, &whose);
    preflight.findings.warnings.extend(blanked);
    let missing: Vec<&str> = theirs
        .iter()
        .map(|var| var.name.as_str())
        .filter(|name| {
            !RESERVED.contains(name) && !work.build.env.iter().any(|var| var.name == *name)
        })
        .collect();
    if !missing.is_empty() {
        preflight.warn(format!("Workspace {serving}, which serves now, has environment variables that `env` lacks: {}. The new workspace will not have them.", names(missing)));
    }
}
