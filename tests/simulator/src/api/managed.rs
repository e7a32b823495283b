//! Managed services: the list, which names neither workspaces nor landscapes.

use serde_json::{Value, json};

use super::{Answer, Answered, Call, Problem, metadata};
use crate::time::stamp;
use crate::{ManagedService, World};

pub(super) fn list(world: &World, call: &Call<'_>) -> Answered {
    let query = |name| query(&call.request.target, name);
    let team = query("team").ok_or_else(|| Problem::schema("team is required"))?;
    let team = metadata::member(world, team)?.id;
    if query("includeDeleted").is_none() {
        return Err(Problem::schema("includeDeleted is required"));
    }
    let workspaces = world.workspaces.values().filter(|found| found.team == team);
    let embedded = workspaces.flat_map(|workspace| {
        let name = |service: &String| format!("landscape-{}-{service}", workspace.id);
        let services = workspace.managed.iter();
        services.map(move |(service, managed)| (name(service), managed))
    });
    let embedded = embedded.filter(|_| !world.quirks.embedded_unlisted);
    let standalone = world.standalone.iter();
    let standalone = standalone.map(|(name, managed)| (name.clone(), managed));
    let shown = |(name, managed): (String, &ManagedService)| shown(world, &name, managed);
    Ok(Answer::json(
        embedded.chain(standalone).map(shown).collect(),
    ))
}

/// A parameter of the query.
fn query<'a>(target: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = target.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

fn shown(world: &World, name: &str, managed: &ManagedService) -> Value {
    let there = world.now >= managed.created_at + world.quirks.managed_seconds;
    let status = if there {
        json!({ "state": "synchronized", "detailsRef": name })
    } else {
        json!({ "state": "creating" })
    };
    json!({
        "id": format!("00000000-0000-4000-8000-{:012}", managed.id),
        "provider": { "name": managed.provider, "version": "v1", "schemaVersion": "v1" },
        "name": name,
        "backups": { "enabled": false, "entries": [] },
        "pause": false,
        "plan": { "id": 0, "parameters": {} },
        "createdAt": stamp(managed.created_at),
        "config": {},
        "status": status,
    })
}
