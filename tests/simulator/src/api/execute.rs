//! Commands in a workspace: five seconds at most, and no exit code in the answer.

use serde_json::json;

use super::workspaces::{find_mut, must_run};
use super::{Answer, Answered, Call, Problem, bodies};
use crate::World;
use crate::shell;

/// How long a command may take.
const LIMIT: f64 = 5.0;

/// Where commands run when nothing else is asked for.
const HOME: &str = "/home/user/app";

pub(super) fn execute(world: &mut World, call: &Call<'_>, id: u64) -> Answered {
    let wanted: bodies::Execute = bodies::parse(world, call, &[])?;
    for name in wanted.env.keys() {
        bodies::variable_name(name)?;
    }
    must_run(world, id)?;
    let now = world.now;
    let (workspace, quirks, _) = find_mut(world, id)?;
    let in_time = quirks.execute_seconds <= LIMIT;
    let ran = shell::run(workspace, &wanted.command, now, quirks);
    if !ran.understood {
        world.violation(format!("execute: not understood: {}", wanted.command));
    }
    if !in_time {
        return Err(Problem::new(408, "Command timed out.").undocumented());
    }
    Ok(Answer::json(json!({
        "command": wanted.command,
        "workingDir": wanted.working_dir.as_deref().unwrap_or(HOME),
        "output": ran.output,
        "error": ran.error,
    })))
}
