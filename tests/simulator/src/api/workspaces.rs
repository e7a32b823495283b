//! Workspaces: making, finding, changing and removing them.

use serde_json::{Value, json};

use super::{
    Answer, Answered, Body, Call, Problem, bodies, execute, git, id, landscape, logs, metadata,
    no_such_endpoint, pipeline, settings,
};
use crate::time::stamp;
use crate::workspace::dev_domain;
use crate::{Quirks, Workspace, World};

/// The user that the API key belongs to.
const USER: u64 = 42;

pub(super) fn route(world: &mut World, call: &Call<'_>, at: &str, rest: &[&str]) -> Answered {
    let id = id(at)?;
    if !world.workspaces.contains_key(&id) {
        return Err(Problem::not_found("Workspace is not found."));
    }
    match (call.method, rest) {
        ("GET", []) => get(world, id),
        ("PATCH", []) => settings::change(world, call, id),
        ("DELETE", []) => Ok(remove(world, id)),
        ("GET", ["status"]) => status(world, id),
        (_, ["env-vars"]) => settings::env(world, call, id),
        ("POST", ["execute"]) => execute::execute(world, call, id),
        (_, ["git", rest @ ..]) => git::route(world, call, id, rest),
        (_, ["pipeline", rest @ ..]) => pipeline::route(world, call, id, rest),
        (_, ["landscape", rest @ ..]) => landscape::route(world, call, id, rest),
        ("GET", ["logs", rest @ ..]) => logs::open(world, call, id, rest),
        _ => no_such_endpoint(world, call),
    }
}

/// The workspace, which routing has found to exist.
pub(super) fn find(world: &World, id: u64) -> Result<&Workspace, Problem> {
    world
        .workspaces
        .get(&id)
        .ok_or_else(|| Problem::not_found("Workspace is not found."))
}

/// The workspace and the quirks, for changing it.
pub(super) fn find_mut(
    world: &mut World,
    id: u64,
) -> Result<(&mut Workspace, &Quirks, f64), Problem> {
    let workspace = world.workspaces.get_mut(&id);
    let workspace = workspace.ok_or_else(|| Problem::not_found("Workspace is not found."))?;
    Ok((workspace, &world.quirks, world.now))
}

/// Refuses what only a running workspace can do.
pub(super) fn must_run(world: &World, id: u64) -> Result<(), Problem> {
    if find(world, id)?.is_running(world.now) {
        return Ok(());
    }
    Err(Problem::not_running())
}

fn get(world: &World, id: u64) -> Answered {
    Ok(Answer::json(shown(find(world, id)?, world)))
}

fn status(world: &World, id: u64) -> Answered {
    Ok(Answer::json(
        json!({ "isRunning": find(world, id)?.is_running(world.now) }),
    ))
}

pub(super) fn list(world: &World, team: &str) -> Answered {
    let team = metadata::member(world, team)?.id;
    let late = world.quirks.late_in_list;
    let listed =
        |workspace: &&Workspace| workspace.team == team && world.now >= workspace.created_at + late;
    let first = world.workspaces.values().filter(listed);
    let first: Vec<Value> = first.map(|workspace| shown(workspace, world)).collect();
    let more = world.quirks.many_workspaces;
    if more == 0 {
        return Ok(Answer::json(first.into()));
    }
    Ok(Answer {
        body: Body::LongList { first, team, more },
        ..Answer::empty()
    })
}

fn remove(world: &mut World, id: u64) -> Answer {
    if world.is_connected(id) {
        world.violation(format!(
            "deleted while a domain points at it: workspace {id}"
        ));
    }
    world.lose(id, |_, _| false);
    world.workspaces.remove(&id);
    Answer::empty()
}

pub(super) fn create(world: &mut World, call: &Call<'_>) -> Answered {
    let wanted: bodies::Create = bodies::parse(world, call, &[])?;
    let center = world.teams.iter().find(|team| team.id == wanted.team_id);
    let center = center
        .ok_or_else(|| metadata::not_a_member(wanted.team_id))?
        .data_center;
    validate(world, &wanted)?;
    let id = world.next_id;
    world.next_id += 1;
    let mut workspace = build(id, center, wanted, world);
    clone(world, &mut workspace);
    let answer = Answer::json(shown(&workspace, world));
    world.workspaces.insert(id, workspace);
    Ok(answer)
}

fn validate(world: &World, wanted: &bodies::Create) -> Result<(), Problem> {
    bodies::at_least_one("replicas", Some(wanted.replicas))?;
    bodies::at_least_one("storageMib", wanted.storage_mib)?;
    if wanted.clone_depth == Some(0) {
        return Err(Problem::schema("cloneDepth must be at least 1"));
    }
    for variable in &wanted.env {
        bodies::variable_name(&variable.name)?;
    }
    settings::free_name(world, wanted.team_id, &wanted.name, None)?;
    settings::fitting_plan(world, wanted.plan_id, wanted.replicas)
}

fn build(id: u64, data_center: u64, wanted: bodies::Create, world: &World) -> Workspace {
    Workspace {
        id,
        team: wanted.team_id,
        name: wanted.name,
        plan: wanted.plan_id,
        private: wanted.is_private_repo,
        replicas: wanted.replicas,
        base_image: wanted.base_image,
        data_center,
        git_url: wanted.git_url,
        initial_branch: wanted.initial_branch,
        clone_depth: wanted.clone_depth,
        source: wanted.source_workspace_id,
        welcome_message: wanted.welcome_message,
        vpn_config: wanted.vpn_config,
        restricted: wanted.restricted.unwrap_or(true),
        storage_mib: wanted.storage_mib,
        shared_vault: wanted.shared_vault_name,
        dev_domain: dev_domain(id),
        created_at: world.now,
        env: wanted
            .env
            .into_iter()
            .map(|variable| (variable.name, variable.value))
            .collect(),
        boots_at: world.now + world.quirks.boot,
        ..Workspace::default()
    }
}

/// Clones the repository; a workspace whose clone fails never runs, and nothing says why.
fn clone(world: &World, workspace: &mut Workspace) {
    let Some(url) = &workspace.git_url else {
        return;
    };
    let repository = world
        .repository(url)
        .filter(|found| workspace.private || !found.private);
    let commits = repository.and_then(|repository| {
        let branch = workspace
            .initial_branch
            .as_ref()
            .unwrap_or(&repository.default_branch);
        repository.fetch(branch, workspace.clone_depth)
    });
    let Some(head) = commits.as_ref().and_then(|commits| commits.last()) else {
        workspace.never_boots = true;
        return;
    };
    workspace.head = Some(head.sha.clone());
    workspace.learn(commits.unwrap_or_default());
}

fn shown(workspace: &Workspace, world: &World) -> Value {
    let wait = world.quirks.missing_dev_domain_seconds;
    let with_domain = world.now >= workspace.created_at + wait;
    workspace_json(workspace, with_domain, world.quirks.ahead)
}

fn workspace_json(workspace: &Workspace, with_domain: bool, ahead: f64) -> Value {
    let mut json = json!({
        "teamId": workspace.team,
        "name": workspace.name,
        "planId": workspace.plan,
        "isPrivateRepo": workspace.private,
        "replicas": workspace.replicas,
        "id": workspace.id,
        "dataCenterId": workspace.data_center,
        "userId": USER,
        "gitUrl": workspace.git_url,
        "initialBranch": workspace.initial_branch,
        "sourceWorkspaceId": workspace.source,
        "welcomeMessage": workspace.welcome_message,
        "vpnConfig": workspace.vpn_config,
        "restricted": workspace.restricted,
        "collectTraces": false,
        "persistentLogs": false,
        "createdAt": stamp(workspace.created_at + ahead),
    });
    if let Some(fields) = json.as_object_mut() {
        if with_domain {
            fields.insert("devDomain".to_owned(), workspace.dev_domain.clone().into());
        }
        if let Some(image) = &workspace.base_image {
            fields.insert("baseImage".to_owned(), image.clone().into());
        }
    }
    json
}

/// The n-th made-up workspace of a long list.
pub(crate) fn filler(team: u64, n: u64) -> Value {
    let id = 1_000_000 + n;
    let filler = Workspace {
        id,
        team,
        name: format!("filler-{n}"),
        plan: crate::PLAN,
        replicas: 1,
        data_center: 1,
        dev_domain: dev_domain(id),
        welcome_message: Some("One of many.".to_owned()),
        ..Workspace::default()
    };
    workspace_json(&filler, true, 0.0)
}
