//! Commands in a workspace: five seconds at most, and no exit code in the answer.

use serde_json::json;

use super::workspaces::{find_mut, must_run};
use super::{Answer, Answered, Call, Problem, bodies};
use crate::World;
use crate::shell::{self, Ran};

/// How long a command may take.
const LIMIT: f64 = 5.0;

/// Where commands run when nothing else is asked for.
const HOME: &str = "/home/user/app";

pub(super) fn execute(world: &mut World, call: &Call<'_>, id: u64) -> Answered {
    let wanted: bodies::Execute = bodies::parse(world, call, &[])?;
    must_run(world, id)?;
    let url = find_mut(world, id)?.0.git_url.clone().unwrap_or_default();
    let repository = world.repository(&url).cloned();
    let (workspace, quirks, _) = find_mut(world, id)?;
    let limit = LIMIT - quirks.execute_seconds;
    let Ran {
        output,
        error,
        seconds,
        not_understood,
    } = shell::run(workspace, repository.as_ref(), &wanted.command, &wanted.env);
    for text in not_understood {
        world.violation(format!("execute: not understood: {text}"));
    }
    if seconds > limit {
        return Err(Problem::new(408, "Command timed out.").undocumented());
    }
    Ok(Answer::json(json!({
        "command": wanted.command,
        "workingDir": wanted.working_dir.as_deref().unwrap_or(HOME),
        "output": output,
        "error": error,
    })))
}
