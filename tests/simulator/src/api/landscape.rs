//! Landscapes: deployed, scaled, and taken away.

use std::collections::{BTreeMap, BTreeSet};

use super::pipeline::profile_name;
use super::workspaces::{find, find_mut, must_run};
use super::{Answer, Answered, Call, Problem, bodies, no_such_endpoint, settings};
use crate::landscape::synchronized;
use crate::{Deployment, ManagedService, Service, World};

pub(super) fn route(world: &mut World, call: &Call<'_>, id: u64, rest: &[&str]) -> Answered {
    match (call.method, rest) {
        ("POST", ["deploy"]) => deploy(world, id, ""),
        ("POST", ["deploy", profile]) => deploy(world, id, profile),
        ("DELETE", ["teardown"]) => teardown(world, id),
        ("PATCH", ["scale"]) => scale(world, call, id),
        _ => no_such_endpoint(world, call),
    }
}

/// Brings the landscape to what the file says; it is answered before that is done.
fn deploy(world: &mut World, id: u64, profile: &str) -> Answered {
    let profile = profile_name(profile)?;
    let workspace = find(world, id)?;
    if !workspace.is_running(world.now) {
        return Err(Problem::bare_500());
    }
    let Some(commit) = workspace.head_commit() else {
        return Err(Problem::git("fatal: not a git repository"));
    };
    let ci = &commit.ci;
    if ci.breaks_its_schema(&world.quirks) {
        return Err(Problem::bare_500());
    }
    if !ci.is_landscape() || !ci.has_profile(profile) || ci.bad_template {
        let title = "The ci.yml of the workspace has no Multi Server Deployment support";
        return Err(Problem::new(400, title));
    }
    let services = ci.services.clone();
    let has_secrets = secrets(&services).is_subset(&vault(world, id)?);
    if !has_secrets || !services.iter().all(|service| fits(world, service)) {
        return Err(Problem::bare_500());
    }
    manage(world, id, &services);
    let (workspace, quirks, now) = find_mut(world, id)?;
    let before = workspace.deployed.take().map(|before| before.services);
    workspace.deployed = Some(Deployment {
        profile: profile.to_owned(),
        services: synchronized(&before.unwrap_or_default(), &services, now, quirks),
    });
    Ok(Answer::empty())
}

/// Whether there is such a plan, and it allows so many replicas.
fn fits(world: &World, service: &Service) -> bool {
    let is_fine = |plan| settings::fitting_plan(world, plan, service.replicas).is_ok();
    service.plan.is_none_or(is_fine)
}

fn secrets(services: &[Service]) -> BTreeSet<String> {
    services.iter().flat_map(Service::secrets).collect()
}

/// The names of the secrets that the workspace can read: a shared vault's, or its own.
fn vault(world: &World, id: u64) -> Result<BTreeSet<String>, Problem> {
    let workspace = find(world, id)?;
    Ok(match &workspace.shared_vault {
        Some(name) => world.shared_vaults.get(name).cloned().unwrap_or_default(),
        None => workspace.vault.clone(),
    })
}

/// Keeps the managed services that are named still, makes new ones, and takes all others away.
fn manage(world: &mut World, id: u64, services: &[Service]) {
    world.lose(id, |name, managed| {
        let mut named = services.iter().filter(|service| service.name == name);
        named.any(|service| service.provider() == Some(&managed.provider))
    });
    for service in services {
        let Some(provider) = service.provider() else {
            continue;
        };
        let made = ManagedService::new(world.next_managed, provider, world.now);
        world.next_managed += 1;
        if let Some(workspace) = world.workspaces.get_mut(&id) {
            let managed = &mut workspace.managed;
            managed.entry(service.name.clone()).or_insert(made);
        }
    }
}

/// Takes all services away, their data too; what lies on the disk stays.
fn teardown(world: &mut World, id: u64) -> Answered {
    must_run(world, id)?;
    world.lose(id, |_, _| false);
    let (workspace, ..) = find_mut(world, id)?;
    (workspace.deployed, workspace.run) = (None, None);
    Ok(Answer::empty())
}

fn scale(world: &mut World, call: &Call<'_>, id: u64) -> Answered {
    let wanted: BTreeMap<String, u64> = bodies::parse(world, call, &[])?;
    for (name, replicas) in &wanted {
        bodies::at_least_one(name, Some(*replicas))?;
    }
    must_run(world, id)?;
    let (workspace, ..) = find_mut(world, id)?;
    let deployed = workspace.deployed.iter_mut();
    for deployed in deployed.flat_map(|deployment| &mut deployment.services) {
        if let Some(replicas) = wanted.get(&deployed.service.name) {
            deployed.service.replicas = *replicas;
        }
    }
    Ok(Answer::empty())
}
