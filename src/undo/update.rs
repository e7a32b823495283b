//! Undoes an update in place: the old commit on disk again, and serving again where it was stopped.

use crate::caution::{Caution, Remedy};
use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Workspace;
use crate::failure::{Failure, Reason};
use crate::ids::WorkspaceId;
use crate::release::Build;
use crate::steps::check::check_as_before;
use crate::steps::stage::how::How;
use crate::steps::workspace::EnvBefore;
use crate::steps::{RunContext, git, profile, source, stage, submodules};
use crate::text::list;
use crate::undo::by_hand::{deploy, key, reset, serve, start};
use crate::undo::flat;
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
    let id = update.workspace;
    if ctx.runs_foreign_code()
        && update.run != RunStage::Untouched
        && let Err(failure) = stage::stop(ctx, id, Stage::Run)
    {
        ctx.log.line(&failure.cause);
    }
    let left = put_env_back(update, original, ctx);
    stop_building(update, original, ctx);
    let production = match put_code_back(update, original, ctx) {
        Ok(()) => run_as_before(update, original, ctx),
        Err(failure) => without_code(update, &failure, ctx),
    };
    Recovery {
        production,
        kept: None,
        left,
    }
}

/// The old code is there: what `run` does becomes what it did.
fn run_as_before(update: &Update, original: &Original<'_>, ctx: &RunContext<'_>) -> Production {
    let (id, head) = (update.workspace, &update.old_head);
    match update.run {
        RunStage::Untouched => left_running(update, original, ctx),
        RunStage::WasUp if ctx.time_limited => Production::Later(later(update, ctx)),
        RunStage::WasDown if ctx.time_limited => Production::Later(Caution::of(format!(
            "The run stage of workspace {id} was started, and was not at work before. The post step stops it."
        ))),
        RunStage::WasUp => match serve_again(update, original, ctx) {
            Ok(()) => {
                ctx.report.up();
                Production::AsBefore(format!("Workspace {id} serves commit {head} again."))
            }
            Err(failure) => Production::Uncertain(serve(update, &failure, &ctx.api)),
        },
        RunStage::WasDown => match stage::stop(ctx, id, Stage::Run)
            .and_then(|()| deploy_again(update, original, ctx))
        {
            Ok(()) => Production::AsBefore(format!(
                "The run stage of workspace {id} was not at work before, and is not now; commit {head} is on its disk again."
            )),
            Err(failure) => Production::Uncertain(Caution {
                risk: format!(
                    "The run stage of workspace {id} was not at work before, but could not be stopped again."
                ),
                cause: failure.cause.clone(),
                steps: vec![key(&failure), stop(update, ctx)],
            }),
        },
    }
}

/// The old code is not there.
fn without_code(update: &Update, failure: &Failure, ctx: &RunContext<'_>) -> Production {
    let (id, head) = (update.workspace, &update.old_head);
    let caution = match update.run {
        RunStage::Untouched => Caution {
            risk: format!(
                "What runs in workspace {id} was not touched, but its code on disk may not be commit {head} any more: the next start of `run` may start other code."
            ),
            cause: format!("The code could not be restored. {}", failure.cause),
            steps: vec![key(failure), reset(update, &ctx.api)],
        },
        RunStage::WasUp | RunStage::WasDown => serve(update, failure, &ctx.api),
    };
    Production::Uncertain(caution)
}

/// `run` was never stopped; but a landscape's servers follow what is deployed.
fn left_running(update: &Update, original: &Original<'_>, ctx: &RunContext<'_>) -> Production {
    let (id, head) = (update.workspace, &update.old_head);
    if let Err(failure) = deploy_again(update, original, ctx) {
        return Production::Uncertain(Caution {
            risk: format!(
                "The landscape of workspace {id} may not be as it was. Commit {head} is on its disk again."
            ),
            cause: format!(
                "The landscape could not be deployed again. {}",
                failure.cause
            ),
            steps: vec![key(&failure), deploy(update, &ctx.api)],
        });
    }
    let profile = original.build_of(id, ctx).map(|build| build.profile);
    if let Ok(profile) = profile
        && let Some(caution) = flat::not_as_before(update, profile.as_deref(), ctx)
    {
        return Production::Uncertain(caution);
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
    stage::deploy(ctx, id, &build, false)
}

/// The runner waits for this process to end: bringing the application back takes longer than that.
fn later(update: &Update, ctx: &RunContext<'_>) -> Caution {
    let (id, head) = (update.workspace, &update.old_head);
    let first = format!(
        "Wait for the post step of this job: it starts commit {head} in workspace {id} again. If it does not succeed, go on with the next steps."
    );
    let mut steps = vec![Remedy::words(first), Remedy::key(false)];
    steps.extend(start(update, &ctx.api));
    Caution {
        risk: format!(
            "The application is down: the run stage of workspace {id} was stopped. The post step brings commit {head} back."
        ),
        cause: String::new(),
        steps,
    }
}

fn stop(update: &Update, ctx: &RunContext<'_>) -> Remedy {
    let id = update.workspace;
    let words = format!("In the CI pipeline of workspace {id}, stop `run`.");
    Remedy::request(&words, ctx.api.stop_by_hand(id, Stage::Run))
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

fn put_code_back(
    update: &Update,
    original: &Original<'_>,
    ctx: &RunContext<'_>,
) -> Result<(), Failure> {
    let found = source::exactly(ctx, update.workspace, &update.old_head)?;
    found.map(|_| ()).map_err(|said| {
        let cause = format!("commit {} could not be checked out again", update.old_head);
        let trouble = git::trouble(&said, ctx.log.door());
        let (words, next) = trouble.map_or_else(
            || {
                (
                    String::new(),
                    "Look at the workspace's git state.".to_owned(),
                )
            },
            |trouble| (format!("; git says \"{}\"", trouble.line), trouble.next),
        );
        Failure::new(Reason::UndoFailed, format!("{cause}{words}"), next)
    })?;
    if update.submodules {
        submodules::follow(ctx, update.workspace, original.build.stage_timeout)?;
    }
    Ok(())
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
        "The old values of {} in workspace {id} could not be restored ({error}): set them by hand.",
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
    ctx.report.down_from_now();
    stage::stop(ctx, id, Stage::Run)?;
    let file = profile::of_what_runs(ctx, id, build.profile.as_deref())?;
    let how = How::from(&build).described_by(&file);
    stage::run(ctx, id, Stage::Run, how)?;
    let workspace: Workspace = ctx
        .api
        .workspace(id)
        .map_err(|error| error.while_doing("reading the workspace"))?;
    check_as_before(ctx, &workspace, &update.old_head, &file, &update.answered)
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
