//! What the post step undoes for several flows. A genuine record is believed as far as what can be looked up on the
//! platform bears it out.

use crate::failure::Failure;
use crate::ids::WorkspaceId;
use crate::owner::OwnerLabel;
use crate::release::{Build, OnFailure};
use crate::route::Route;
use crate::steps::{RunContext, source};
use crate::undo::record::distrusted;
use crate::undo::{
    Launched, Made, Original, Promoted, Recovery, Release, Update, believe_before, undo_release,
    undo_update,
};

/// Undoes a release alongside whose workspace the run has made, to bring it onto `routes`.
pub(crate) fn recover_launched(
    made: &Made,
    routes: &[Route],
    on_failure: OnFailure,
    ctx: &RunContext<'_>,
) -> Result<Recovery, Failure> {
    let release = believe_launched(made, routes, ctx)?;
    Ok(undoing(ctx, || undo_release(release, on_failure, ctx)))
}

/// A release alongside whose workspace the run has made, to bring it onto `routes`.
pub(crate) fn believe_launched<'r>(
    made: &'r Made,
    routes: &[Route],
    ctx: &RunContext<'_>,
) -> Result<&'r Release, Failure> {
    let Made::Release(release) = made else {
        return Err(wrong_flow());
    };
    believe_release(release, ctx)?;
    believe_before(release, routes, ctx)?;
    Ok(release)
}

/// Puts an updated workspace back. Its old values are not known any more.
pub(crate) fn restore(update: &Update, build: &Build, ctx: &RunContext<'_>) -> Recovery {
    let original = Original { build, env: None };
    if let Some(since) = update.down_since {
        ctx.report.down_since(since);
    }
    ctx.report.before(
        format!("workspace {}", update.workspace),
        Some(update.old_head.clone()),
    );
    undoing(ctx, || undo_update(update, &original, ctx))
}

/// What this run has not made is never removed.
pub(crate) fn restore_routes(release: &Release, ctx: &RunContext<'_>) -> Recovery {
    undoing(ctx, || undo_release(release, OnFailure::Keep, ctx))
}

fn undoing(ctx: &RunContext<'_>, act: impl FnOnce() -> Recovery) -> Recovery {
    ctx.report.judged_step("Recovery", act, Recovery::status)
}

/// The record is of another kind than the flow's.
pub(crate) fn wrong_flow() -> Failure {
    distrusted("it belongs to another flow")
}

/// The owner label must be this run's, and the workspace must carry it.
fn believe_release(release: &Release, ctx: &RunContext<'_>) -> Result<(), Failure> {
    let launched = release
        .launched
        .as_ref()
        .ok_or_else(|| distrusted("it names no workspace that this run has made"))?;
    let label =
        OwnerLabel::parse(&launched.label).ok_or_else(|| distrusted("its owner label is none"))?;
    if !label.repository.is(&ctx.context.repository) || label.run_id != ctx.context.run_id {
        return Err(distrusted("its owner label is another run's"));
    }
    if let Some(promoted) = &release.promoted {
        believe_promoted(promoted, launched, &label)?;
    }
    let Some(id) = launched.workspace else {
        return Ok(());
    };
    let workspace = match ctx.api.workspace(id) {
        Err(error) if error.status() == Some(404) => return Ok(()),
        answer => {
            answer.map_err(|error| error.while_doing("reading the workspace that this run made"))?
        }
    };
    if workspace.welcome_message.as_deref() != Some(launched.label.as_str())
        || workspace.team_id != release.team
    {
        return Err(distrusted(&format!(
            "workspace {id} does not carry its owner label"
        )));
    }
    Ok(())
}

/// It must be the workspace and the routes that the inputs name, and made by nobody in this run.
pub(crate) fn believe_promotion<'r>(
    made: &'r Made,
    named: Option<WorkspaceId>,
    routes: &[Route],
    ctx: &RunContext<'_>,
) -> Result<(&'r Release, &'r Promoted), Failure> {
    let Made::Release(release) = made else {
        return Err(wrong_flow());
    };
    let promoted = release.promoted.as_ref().filter(|promoted| {
        let mut switched = promoted.routes.iter().map(|switched| &switched.route);
        release.launched.is_none()
            && named.is_none_or(|id| id == promoted.workspace)
            && switched.all(|route| routes.contains(route))
    });
    let promoted = promoted.ok_or_else(|| distrusted("it does not fit the inputs"))?;
    match ctx.api.workspace(promoted.workspace) {
        Err(error) if error.status() == Some(404) => Ok((release, promoted)),
        Err(error) => Err(error.while_doing("reading the workspace that was switched to")),
        Ok(workspace) if workspace.team_id == release.team => Ok((release, promoted)),
        Ok(_) => Err(distrusted("it names a team that the workspace is not of")),
    }
}

fn believe_promoted(
    promoted: &Promoted,
    launched: &Launched,
    label: &OwnerLabel,
) -> Result<(), Failure> {
    if launched.workspace != Some(promoted.workspace) {
        return Err(distrusted(
            "what it promoted is not the workspace that it made",
        ));
    }
    if promoted
        .routes
        .iter()
        .any(|switched| !label.purpose.includes(&switched.route))
    {
        return Err(distrusted(
            "its domain is not one that the workspace was made for",
        ));
    }
    Ok(())
}

/// Only the workspace that the inputs name is touched, only a commit reaches its shell,
/// and what somebody else has released there since is left alone.
pub(crate) fn believe_update(
    update: &Update,
    named: WorkspaceId,
    ctx: &RunContext<'_>,
) -> Result<(), Failure> {
    let is_commit =
        update.old_head.len() >= 40 && update.old_head.bytes().all(|byte| byte.is_ascii_hexdigit());
    if update.workspace != named || !is_commit {
        return Err(distrusted("it does not fit the inputs"));
    }
    let head = source::head(ctx, named)?;
    let ours = [Some(&update.old_head), update.new_head.as_ref()];
    if update.new_head.is_some() && !ours.contains(&Some(&head)) {
        return Err(distrusted(&format!(
            "workspace {named} has commit {head} checked out, which this run did not: somebody has acted since"
        )));
    }
    Ok(())
}
