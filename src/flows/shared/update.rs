//! The simple flow: update one workspace in place. The application is away between stop and start.

use crate::clock::Cancellation;
use crate::codesphere::pipeline::Stage;
use crate::failure::Failure;
use crate::flows::plan::SimplePlan;
use crate::flows::shared::build::{Building, build, check, tell_on_dev_domain};
use crate::inputs::environment::blanked;
use crate::report::{Ending, Outcome, Output};
use crate::runner::secret::Secret;
use crate::steps::check::can_be_asked;
use crate::steps::source::{self, CloneAge};
use crate::steps::workspace::EnvBefore;
use crate::steps::{Tools, stage, workspace};
use crate::undo::{Journal, Made, Original, Production, RunStage, Undone, Update, undo_update};

/// Runs the flow; whatever fails is undone.
#[must_use]
pub fn run(plan: &SimplePlan, key: &Secret, tools: &Tools<'_>) -> Ending {
    match update(plan, key, tools) {
        Ok(commit) => {
            tools.report.way_back("Open the good run of this workflow before this one and choose \"Re-run all jobs\": it releases its commit again.");
            let id = plan.workspace.id;
            Ending::good(
                Outcome::Released,
                format!("Workspace {id} runs commit {commit}."),
            )
        }
        Err(ending) => ending,
    }
}

/// Updates the workspace, and gives the commit that it runs now; whatever fails is undone.
pub(crate) fn update(plan: &SimplePlan, key: &Secret, tools: &Tools<'_>) -> Result<String, Ending> {
    let mut journal = Journal::new(tools.report);
    let mut env = EnvBefore::default();
    match release(plan, key, tools, &mut journal, &mut env) {
        Ok(commit) => {
            journal.close();
            Ok(commit)
        }
        Err(failure) => Err(undo(plan, key, tools, &mut journal, &env, failure)),
    }
}

fn release(
    plan: &SimplePlan,
    key: &Secret,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
    env: &mut EnvBefore,
) -> Result<String, Failure> {
    let id = plan.workspace.id;
    let work = &plan.work;
    let step = tools.report;
    step.set(Output::WorkspaceId, id.to_string());

    let workspace = step.step("Wait for the workspace", || {
        if !plan.awake {
            workspace::wake(tools, &plan.workspace)?;
        }
        let workspace =
            workspace::until_running(tools, id, work.build.workspace_timeout, CloneAge::Settled)?;
        can_be_asked(&workspace, work.health.as_ref())?;
        Ok(workspace)
    })?;
    let commit = step.step("Check out the code", || check_out(plan, tools, journal))?;
    if !work.build.env.is_empty() {
        step.step("Set the environment", || {
            *env = workspace::env_before(tools, id, &work.build.env)?;
            let whose = format!("workspace {id}");
            if let Some(warning) = blanked(&work.build.env, &env.overwritten, &whose) {
                tools.report.warn(warning);
            }
            journal.update(|update| {
                update.env = work.build.env.iter().map(|var| var.name.clone()).collect();
            });
            workspace::set_env(tools, id, &work.build.env)
        })?;
    }
    build(tools, id, work, false, |part| match part {
        Building::Prepare => journal.update(|update| update.prepared = true),
        Building::Landscape => journal.update(|update| update.deployed = true),
        Building::Test => {}
    })?;
    step.step("Stop run", || stop_run(plan, tools, journal))?;
    step.step("Run", || stage::run(tools, id, Stage::Run, &work.build))?;
    check(tools, &workspace, work.health.as_ref(), &commit, key)?;
    tell_on_dev_domain(tools, &commit, work.health.as_ref());
    Ok(commit)
}

fn check_out(
    plan: &SimplePlan,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<String, Failure> {
    let id = plan.workspace.id;
    let old_head = source::head(tools, id)?;
    tools
        .log
        .line(&format!("commit {old_head} was checked out before"));
    tools.report.before("", Some(old_head.clone()));
    journal.begin(untouched(plan, old_head));
    let commit = source::check_out(tools, id, &plan.work, CloneAge::Settled)?;
    journal.update(|update| update.new_head = Some(commit.clone()));
    Ok(commit)
}

fn stop_run(
    plan: &SimplePlan,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    let id = plan.workspace.id;
    let was_up = stage::at_work(tools, id, Stage::Run)?;
    let before = if was_up {
        RunStage::WasUp
    } else {
        RunStage::WasDown
    };
    journal.update(|update| update.run = before);
    stage::stop(tools, id, Stage::Run)
}

fn untouched(plan: &SimplePlan, old_head: String) -> Made {
    Made::Update(Update {
        workspace: plan.workspace.id,
        old_head,
        env: Vec::new(),
        prepared: false,
        deployed: false,
        new_head: None,
        run: RunStage::Untouched,
    })
}

fn undo(
    plan: &SimplePlan,
    key: &Secret,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
    env: &EnvBefore,
    failure: Failure,
) -> Ending {
    let Some(Made::Update(update)) = journal.made().cloned() else {
        let state = if plan.awake {
            "Nothing was changed."
        } else {
            "The workspace was to be woken; nothing else was changed."
        };
        return Ending::bad(Outcome::Failed, failure, state);
    };
    tools.report.about_to_undo(&failure);
    let fresh = Cancellation::default();
    let tools = tools.for_undo(&fresh);
    let original = Original {
        build: &plan.work.build,
        health: plan.work.health.as_ref(),
        key,
        env: Some(env),
    };
    let undone = tools.report.judged_step(
        "Undo",
        || undo_update(&update, &original, &tools),
        Undone::went,
    );
    if undone.is_complete() {
        journal.close();
    } else if undone.left.is_none() {
        // The values are back: the post step, which does not know them, need not worry.
        journal.update(|update| update.env.clear());
    }
    if let Production::AsBefore(_) = undone.production {
        tools.report.set(Output::Commit, update.old_head);
    }
    undone.ending(failure, true)
}
