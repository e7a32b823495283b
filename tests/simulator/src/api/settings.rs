//! What can be changed about a workspace: its settings and its environment.

use serde_json::{Value, json};

use super::workspaces::{find, find_mut};
use super::{Answer, Answered, Call, Problem, bodies, no_such_endpoint};
use crate::World;

pub(super) fn change(world: &mut World, call: &Call<'_>, id: u64) -> Answered {
    let nullable = ["vpnConfig", "storageMib", "sharedVaultName"];
    let change: bodies::Change = bodies::parse(world, call, &nullable)?;
    bodies::at_least_one("replicas", change.replicas)?;
    bodies::at_least_one("storageMib", change.storage_mib)?;
    let workspace = find(world, id)?;
    let plan = change.plan_id.unwrap_or(workspace.plan);
    let replicas = change.replicas.unwrap_or(workspace.replicas);
    if change.plan_id.is_some() || change.replicas.is_some() {
        fitting_plan(world, plan, replicas)?;
    }
    if let Some(name) = &change.name {
        free_name(world, workspace.team, name, Some(id))?;
    }
    apply(world, id, change)
}

fn apply(world: &mut World, id: u64, change: bodies::Change) -> Answered {
    let (workspace, quirks, now) = find_mut(world, id)?;
    if workspace.asleep && change.replicas.is_some() {
        workspace.wake(now, quirks);
    }
    workspace.plan = change.plan_id.unwrap_or(workspace.plan);
    workspace.replicas = change.replicas.unwrap_or(workspace.replicas);
    workspace.restricted = change.restricted.unwrap_or(workspace.restricted);
    workspace.name = change.name.unwrap_or_else(|| workspace.name.clone());
    workspace.base_image = change.base_image.or(workspace.base_image.take());
    workspace.vpn_config = change.vpn_config.or(workspace.vpn_config.take());
    workspace.storage_mib = change.storage_mib.or(workspace.storage_mib);
    workspace.shared_vault = change.shared_vault_name.or(workspace.shared_vault.take());
    Ok(Answer::empty())
}

/// Names are unique within a team.
pub(super) fn free_name(
    world: &World,
    team: u64,
    name: &str,
    own: Option<u64>,
) -> Result<(), Problem> {
    if name.is_empty() {
        return Err(Problem::schema("name must not be empty"));
    }
    let mut others = world
        .workspaces
        .values()
        .filter(|other| Some(other.id) != own);
    if others.any(|other| other.team == team && other.name == name) {
        return Err(Problem::new(
            400,
            "Team already has a workspace with the given name.",
        ));
    }
    Ok(())
}

/// Plans limit replicas; several need one that is always on.
pub(super) fn fitting_plan(world: &World, id: u64, replicas: u64) -> Result<(), Problem> {
    let Some(plan) = world.plans.iter().find(|plan| plan.id == id) else {
        return Err(Problem::new(400, "Plan does not exist."));
    };
    if plan.on_demand && replicas > 1 {
        return Err(Problem::new(400, "Replicas need an always-on plan."));
    }
    if replicas > plan.max_replicas {
        let title = format!("The plan allows at most {} replicas.", plan.max_replicas);
        return Err(Problem::new(400, &title));
    }
    Ok(())
}

pub(super) fn env(world: &mut World, call: &Call<'_>, id: u64) -> Answered {
    match call.method {
        "GET" => Ok(Answer::json(env_json(world, id)?)),
        "PUT" => put(world, call, id),
        "DELETE" => delete(world, call, id),
        _ => no_such_endpoint(world, call),
    }
}

fn env_json(world: &World, id: u64) -> Result<Value, Problem> {
    let variables = find(world, id)?.env.iter();
    Ok(variables
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect())
}

fn put(world: &mut World, call: &Call<'_>, id: u64) -> Answered {
    let variables: Vec<bodies::Variable> = bodies::parse(world, call, &[])?;
    for variable in &variables {
        bodies::variable_name(&variable.name)?;
    }
    let (workspace, ..) = find_mut(world, id)?;
    let pairs = variables
        .into_iter()
        .map(|variable| (variable.name, variable.value));
    workspace.env.extend(pairs);
    Ok(Answer::empty())
}

fn delete(world: &mut World, call: &Call<'_>, id: u64) -> Answered {
    let names: Vec<String> = bodies::parse(world, call, &[])?;
    for name in &names {
        bodies::variable_name(name)?;
    }
    let (workspace, ..) = find_mut(world, id)?;
    workspace.env.retain(|name, _| !names.contains(name));
    Ok(Answer::empty())
}
