//! The pipeline: starting, stopping and watching stages.

use super::workspaces::{find, find_mut, must_run};
use super::{Answer, Answered, Call, Problem, no_such_endpoint};
use crate::{Stage, World};

pub(super) fn route(world: &mut World, call: &Call<'_>, id: u64, rest: &[&str]) -> Answered {
    let (name, rest) = rest.split_first().unwrap_or((&"", &[]));
    let stage = Stage::parse(name);
    let stage = stage.ok_or_else(|| Problem::schema(&format!("{name:?} is not a stage")))?;
    match (call.method, rest) {
        ("GET", []) => show(world, id, stage),
        ("POST", ["start"]) => start(world, call, id, stage, ""),
        ("POST", ["start", profile]) => start(world, call, id, stage, profile),
        ("POST", ["stop"]) => stop(world, id, stage),
        _ => no_such_endpoint(world, call),
    }
}

fn show(world: &World, id: u64, stage: Stage) -> Answered {
    must_run(world, id)?;
    let entries = find(world, id)?.entries(stage, world.now, &world.quirks);
    let ahead = (!world.quirks.no_timestamps).then_some(world.quirks.ahead);
    let queued = world.quirks.unknown_state;
    let answer = Answer::json(entries.iter().map(|entry| entry.json(ahead)).collect());
    Ok(if queued {
        answer.undocumented()
    } else {
        answer
    })
}

fn start(world: &mut World, call: &Call<'_>, id: u64, stage: Stage, profile: &str) -> Answered {
    let profile = profile_name(profile)?;
    must_run(world, id)?;
    let workspace = find(world, id)?;
    let commit = workspace.head_commit();
    if commit.is_none_or(|commit| {
        commit.ci.breaks_its_schema(&world.quirks) || !commit.ci.has_profile(profile)
    }) {
        return Err(Problem::bare_500());
    }
    let landscape = commit.is_some_and(|commit| commit.ci.is_landscape());
    if landscape && stage == Stage::Run && workspace.deployed.is_none() {
        return Err(Problem::bare_500());
    }
    let (now, quirks) = (world.now, &world.quirks);
    let alive = workspace
        .stage(stage)
        .is_some_and(|run| run.is_alive(stage, now, quirks));
    let ignored = alive && stage == Stage::Run && !quirks.start_replaces_run;
    let repeated = world.lost_answers.remove(call.path);
    if alive && !repeated {
        world.violation(format!("started while running: {}", call.path));
    }
    if !ignored {
        let (workspace, quirks, now) = find_mut(world, id)?;
        workspace.start(stage, profile, now, quirks);
    }
    Ok(Answer::empty())
}

fn stop(world: &mut World, id: u64, stage: Stage) -> Answered {
    must_run(world, id)?;
    let (workspace, quirks, now) = find_mut(world, id)?;
    if let Some(run) = workspace.stage_mut(stage)
        && run.stopped_at.is_none()
        && run.is_alive(stage, now, quirks)
    {
        run.stopped_at = Some(now);
    }
    Ok(Answer::empty())
}

/// `^[\w-]+(\.[\w-]+)*$`; `ci.yml` is the default profile, whose name is empty.
pub(super) fn profile_name(profile: &str) -> Result<&str, Problem> {
    let word = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    };
    match profile {
        "" | "ci.yml" => Ok(""),
        name if name.split('.').all(word) => Ok(name),
        name => Err(Problem::schema(&format!("{name:?} is not a profile"))),
    }
}
