//! The simple flow: update one workspace in place. The application is away between stop and start.

use crate::codesphere::pipeline::Stage;
use crate::failure::Failure;
use crate::flow::{build, check_workspace};
use crate::plan::SimplePlan;
use crate::report::{Ending, Outcome, Output};
use crate::runner::secret::Secret;
use crate::steps::source::{self, Clone};
use crate::steps::{Tools, stage, workspace};

/// What the workspace has been put through so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// Nothing was changed.
    Nothing,
    /// The code or environment on disk; the old version still runs.
    Disk,
    /// `run` was stopped; the old version may be away.
    Stopped,
}

/// Runs the flow.
#[must_use]
pub fn run(plan: &SimplePlan, key: &Secret, tools: &Tools<'_>) -> Ending {
    let id = plan.workspace.id;
    let mut reached = Reached::Nothing;
    match release(plan, key, tools, &mut reached) {
        Ok(commit) => Ending::good(
            Outcome::Released,
            format!("Workspace {id} runs commit {commit}."),
        ),
        Err(failure) => {
            let state = match reached {
                Reached::Nothing => "Nothing was changed.".to_owned(),
                Reached::Disk => format!(
                    "What runs in workspace {id} was not touched; its code on disk may be the new one."
                ),
                Reached::Stopped => format!(
                    "THE APPLICATION MAY BE AWAY: run of workspace {id} was stopped, and the new version is not known to serve. Release a good commit, or start run in the workspace's CI pipeline."
                ),
            };
            Ending::bad(Outcome::Failed, failure, state)
        }
    }
}

fn release(
    plan: &SimplePlan,
    key: &Secret,
    tools: &Tools<'_>,
    reached: &mut Reached,
) -> Result<String, Failure> {
    let id = plan.workspace.id;
    let work = &plan.work;
    let step = tools.report;
    tools.report.set(Output::WorkspaceId, id.to_string());

    let workspace = step.step("Wait for the workspace", || {
        if !plan.awake {
            workspace::wake(tools, &plan.workspace)?;
        }
        workspace::until_running(tools, id, work.build.workspace_timeout)
    })?;
    let commit = step.step("Check out the code", || {
        let old = source::head(tools, id)?;
        tools
            .log
            .line(&format!("commit {old} was checked out before"));
        tools.report.note("Commit before", old);
        *reached = Reached::Disk;
        source::check_out(tools, id, work, Clone::Settled)
    })?;
    if !work.build.env.is_empty() {
        step.step("Set the environment", || {
            workspace::set_env(tools, id, &work.build.env)
        })?;
    }
    build(tools, id, work)?;
    step.step("Stop run", || {
        *reached = Reached::Stopped;
        stage::stop_run(tools, id)
    })?;
    step.step("Run", || stage::run(tools, id, Stage::Run, &work.build))?;
    if let Some(url) = tools.report.get(Output::WorkspaceUrl) {
        tools.report.set(Output::Url, url);
    }
    check_workspace(tools, &workspace, work, &commit, key)?;
    Ok(commit)
}
