//! Undoes an update in place: the old commit on disk again, and serving again where it was stopped.

use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Workspace;
use crate::failure::{Failure, Reason};
use crate::ids::WorkspaceId;
use crate::release::{Build, Health};
use crate::steps::check::check_workspace;
use crate::steps::workspace::EnvBefore;
use crate::steps::{RunContext, profile, source, stage};
use crate::text::list;
use crate::undo::journal::{RunStage, Update};
use crate::undo::outcome::{Production, Recovery};

/// How the workspace was run before, as far as it is known.
#[derive(Debug, Clone)]
pub(crate) struct Original<'a> {
    /// Stages, profile and limits.
    pub(crate) build: &'a Build,
    /// The overwritten values; unknown in the post step.
    pub(crate) env: Option<&'a EnvBefore>,
}

/// Puts the old commit back, and starts it where `run` was stopped.
pub(crate) fn undo_update(
    update: &Update,
    original: &Original<'_>,
    ctx: &RunContext<'_>,
) -> Recovery {
    let (id, head) = (update.workspace, &update.old_head);
    if ctx.runs_foreign_code()
        && update.run != RunStage::Untouched
        && let Err(failure) = stage::stop(ctx, id, Stage::Run)
    {
        ctx.log.line(&failure.cause);
    }
    let left = put_env_back(update, original, ctx);
    stop_building(update, original, ctx);
    let production = match (put_code_back(update, ctx), update.run) {
        (Ok(()), RunStage::Untouched) => left_running(update, original, ctx),
        (Ok(()), RunStage::WasUp) if ctx.time_limited => Production::Later(format!(
            "THE APPLICATION IS AWAY: the run stage of workspace {id} was stopped. The post step brings commit {head} back."
        )),
        (Ok(()), RunStage::WasDown) if ctx.time_limited => Production::Later(format!(
            "The run stage of workspace {id} was started, and was not at work before. The post step stops it."
        )),
        (Ok(()), RunStage::WasUp) => match serve_again(update, original, ctx) {
            Ok(()) => Production::AsBefore(format!("Workspace {id} serves commit {head} again.")),
            Err(failure) => away(update, &failure.cause),
        },
        (Ok(()), RunStage::WasDown) => match stage::stop(ctx, id, Stage::Run)
            .and_then(|()| deploy_again(update, original, ctx))
        {
            Ok(()) => Production::AsBefore(format!(
                "The run stage of workspace {id} was not at work before, and is not now; commit {head} is on its disk again."
            )),
            Err(failure) => Production::Uncertain(format!(
                "The run stage of workspace {id} was not at work before, but could not be stopped again: {} Stop it in its CI pipeline.",
                failure.cause
            )),
        },
        (Err(failure), RunStage::Untouched) => Production::Uncertain(format!(
            "What runs in workspace {id} was not touched, but its code on disk could not be put back to {head}: {} Run `git reset --hard {head}` in it.",
            failure.cause
        )),
        (Err(failure), RunStage::WasUp | RunStage::WasDown) => away(update, &failure.cause),
    };
    Recovery {
        production,
        kept: None,
        left,
    }
}

/// `run` was never stopped; but a landscape's servers follow what is deployed.
fn left_running(update: &Update, original: &Original<'_>, ctx: &RunContext<'_>) -> Production {
    let (id, head) = (update.workspace, &update.old_head);
    if let Err(failure) = deploy_again(update, original, ctx) {
        return Production::Uncertain(format!(
            "The landscape of workspace {id} could not be deployed again as it was: {} Commit {head} is on its disk: deploy it in its CI pipeline.",
            failure.cause
        ));
    }
    let built = if update.prepared {
        ", beside what prepare has built since"
    } else {
        ""
    };
    Production::AsBefore(format!(
        "The run stage of workspace {id} was not stopped; commit {head} is on its disk again{built}."
    ))
}

fn deploy_again(
    update: &Update,
    original: &Original<'_>,
    ctx: &RunContext<'_>,
) -> Result<(), Failure> {
    if !update.deployed {
        return Ok(());
    }
    let id = update.workspace;
    let build = original.build_of(id, ctx)?;
    stage::deploy(ctx, id, build.profile.as_deref(), false)
}

fn away(update: &Update, why: &str) -> Production {
    let (id, head) = (update.workspace, &update.old_head);
    Production::Uncertain(format!(
        "THE APPLICATION MAY BE AWAY: workspace {id} could not be brought back to commit {head} ({why}). In the workspace, run `git reset --hard {head}`, then start prepare and run in its CI pipeline (POST /workspaces/{id}/pipeline/run/start)."
    ))
}

/// A stage that is still at work would go on with code that is taken away under it.
/// What cannot be stopped is told and does not hinder the rest.
fn stop_building(update: &Update, original: &Original<'_>, ctx: &RunContext<'_>) {
    let stages = [
        (original.build.prepare, Stage::Prepare),
        (original.build.test, Stage::Test),
    ];
    for (wanted, stage) in stages {
        if wanted && let Err(failure) = stage::stop(ctx, update.workspace, stage) {
            ctx.log.line(&failure.cause);
        }
    }
}

fn put_code_back(update: &Update, ctx: &RunContext<'_>) -> Result<(), Failure> {
    let found = source::exactly(ctx, update.workspace, &update.old_head)?;
    found.map(|_| ()).ok_or_else(|| {
        Failure::new(
            Reason::UndoFailed,
            format!("commit {} could not be checked out again", update.old_head),
            "Look at the workspace's git state.",
        )
    })
}

/// What could not be put back, in words.
fn put_env_back(update: &Update, original: &Original<'_>, ctx: &RunContext<'_>) -> Option<String> {
    if update.env.is_empty() {
        return None;
    }
    let id = update.workspace;
    let Some(before) = original.env else {
        return Some(format!(
            "The old values of {} in workspace {id} are not known any more: set them by hand where they were different.",
            list(&update.env)
        ));
    };
    let set = if before.overwritten.is_empty() {
        Ok(())
    } else {
        ctx.api.set_env(id, &before.overwritten)
    };
    let unset = if before.added.is_empty() {
        Ok(())
    } else {
        ctx.api.unset_env(id, &before.added)
    };
    let error = set.and(unset).err()?;
    Some(format!(
        "The old values of {} in workspace {id} could not be put back ({error}): set them by hand.",
        list(&update.env)
    ))
}

fn serve_again(
    update: &Update,
    original: &Original<'_>,
    ctx: &RunContext<'_>,
) -> Result<(), Failure> {
    let id = update.workspace;
    let build = original.build_of(id, ctx)?;
    if update.prepared {
        stage::run(ctx, id, Stage::Prepare, &build)?;
    }
    deploy_again(update, original, ctx)?;
    stage::stop(ctx, id, Stage::Run)?;
    stage::run(ctx, id, Stage::Run, &build)?;
    let workspace: Workspace = ctx
        .api
        .workspace(id)
        .map_err(|error| error.while_doing("reading the workspace"))?;
    // What `health-body` looks for may be new with the version that failed.
    let health = ctx.health.clone();
    let ctx = RunContext {
        health: health.map(|health| Health {
            body: None,
            ..health
        }),
        ..ctx.clone()
    };
    check_workspace(&ctx, &workspace, &update.old_head)
}

impl Original<'_> {
    /// The stages as the old commit has them: a profile may be new with the version that failed.
    fn build_of(&self, id: WorkspaceId, ctx: &RunContext<'_>) -> Result<Build, Failure> {
        let mut build = self.build.clone();
        if let Some(profile) = &self.build.profile
            && !profile::exists(ctx, id, profile)?
        {
            ctx.log.line(&format!(
                "the old commit has no ci.{profile}.yml: running it without a profile"
            ));
            build.profile = None;
        }
        Ok(build)
    }
}
