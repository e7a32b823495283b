//! Vaults: the names of the secrets in them, never the values.

use super::{Answer, Answered, Call, Problem, id, metadata, no_such_endpoint};
use crate::World;

pub(super) fn route(world: &mut World, call: &Call<'_>, team: &str, rest: &[&str]) -> Answered {
    if world.quirks.no_vault {
        return Err(Problem::not_found("There is no such endpoint.").undocumented());
    }
    metadata::member(world, team)?;
    match rest {
        ["shared"] => Ok(Answer::json(world.shared_vaults.keys().cloned().collect())),
        ["shared", name, "keys"] => shared(world, name),
        ["workspaces", workspace, "keys"] => own(world, workspace),
        _ => no_such_endpoint(world, call),
    }
}

fn shared(world: &World, name: &str) -> Answered {
    let vault = world.shared_vaults.get(name);
    let vault = vault.ok_or_else(|| Problem::new(400, "Vault does not exist."))?;
    Ok(Answer::json(vault.iter().cloned().collect()))
}

fn own(world: &World, workspace: &str) -> Answered {
    let workspace = world.workspaces.get(&id(workspace)?);
    let workspace = workspace.ok_or_else(|| Problem::new(400, "Workspace does not exist."))?;
    Ok(Answer::json(workspace.vault.iter().cloned().collect()))
}
