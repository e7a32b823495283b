//! What the post step undoes for several flows. A genuine record is believed as far as what can be looked up on the
//! platform bears it out.

use crate::failure::Failure;
use crate::ids::WorkspaceId;
use crate::owner::Mark;
use crate::release::{Build, OnFailure};
use crate::route::Place;
use crate::steps::{Tools, source};
use crate::undo::record::distrusted;
use crate::undo::{
    Launched, Made, Original, Promoted, Release, Undone, Update, believe_before, undo_release,
    undo_update,
};

/// Undoes a release alongside whose workspace the run has made, to bring it onto `places`.
pub(crate) fn recover_launched(
    made: &Made,
    places: &[Place],
    on_failure: OnFailure,
    tools: &Tools<'_>,
) -> Result<Undone, Failure> {
    let Made::Release(release) = made else {
        return Err(wrong_flow());
    };
    believe_release(release, tools)?;
    believe_before(release, places, tools)?;
    Ok(undoing(tools, || undo_release(release, on_failure, tools)))
}

/// Puts an updated workspace back. Its old values are not known any more.
pub(crate) fn put_back(update: &Update, build: &Build, tools: &Tools<'_>) -> Undone {
    let original = Original { build, env: None };
    undoing(tools, || undo_update(update, &original, tools))
}

/// What this run has not made is never removed.
pub(crate) fn put_places_back(release: &Release, tools: &Tools<'_>) -> Undone {
    undoing(tools, || undo_release(release, OnFailure::Keep, tools))
}

fn undoing(tools: &Tools<'_>, act: impl FnOnce() -> Undone) -> Undone {
    tools.report.judged_step("Undo", act, Undone::went)
}

/// The record is of another kind than the flow's.
pub(crate) fn wrong_flow() -> Failure {
    distrusted("it belongs to another flow")
}

/// The mark must be this run's, and the workspace must carry it.
fn believe_release(release: &Release, tools: &Tools<'_>) -> Result<(), Failure> {
    let launched = release
        .launched
        .as_ref()
        .ok_or_else(|| distrusted("it names no workspace that this run has made"))?;
    let mark =
        Mark::parse(&launched.mark).ok_or_else(|| distrusted("its ownership mark is none"))?;
    if !mark.repository.is(&tools.context.repository) || mark.run_id != tools.context.run_id {
        return Err(distrusted("its ownership mark is another run's"));
    }
    if let Some(promoted) = &release.promoted {
        believe_promoted(promoted, launched, &mark)?;
    }
    let Some(id) = launched.workspace else {
        return Ok(());
    };
    let workspace = match tools.api.workspace(id) {
        Err(error) if error.status() == Some(404) => return Ok(()),
        answer => {
            answer.map_err(|error| error.while_doing("reading the workspace that this run made"))?
        }
    };
    if workspace.welcome_message.as_deref() != Some(launched.mark.as_str())
        || workspace.team_id != release.team
    {
        return Err(distrusted(&format!(
            "workspace {id} does not carry its ownership mark"
        )));
    }
    Ok(())
}

/// It must be the workspace and the places that the inputs name, and made by nobody in this run.
pub(crate) fn believe_promotion<'r>(
    made: &'r Made,
    named: Option<WorkspaceId>,
    places: &[Place],
    tools: &Tools<'_>,
) -> Result<(&'r Release, &'r Promoted), Failure> {
    let Made::Release(release) = made else {
        return Err(wrong_flow());
    };
    let promoted = release.promoted.as_ref().filter(|promoted| {
        let mut switched = promoted.places.iter().map(|switched| &switched.place);
        release.launched.is_none()
            && named.is_none_or(|id| id == promoted.workspace)
            && switched.all(|place| places.contains(place))
    });
    let promoted = promoted.ok_or_else(|| distrusted("it does not fit the inputs"))?;
    match tools.api.workspace(promoted.workspace) {
        Err(error) if error.status() == Some(404) => Ok((release, promoted)),
        Err(error) => Err(error.while_doing("reading the workspace that was switched to")),
        Ok(workspace) if workspace.team_id == release.team => Ok((release, promoted)),
        Ok(_) => Err(distrusted("it names a team that the workspace is not of")),
    }
}

fn believe_promoted(promoted: &Promoted, launched: &Launched, mark: &Mark) -> Result<(), Failure> {
    if launched.workspace != Some(promoted.workspace) {
        return Err(distrusted(
            "what it promoted is not the workspace that it made",
        ));
    }
    if promoted
        .places
        .iter()
        .any(|switched| !mark.purpose.includes(&switched.place))
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
    tools: &Tools<'_>,
) -> Result<(), Failure> {
    let is_commit =
        update.old_head.len() >= 40 && update.old_head.bytes().all(|byte| byte.is_ascii_hexdigit());
    if update.workspace != named || !is_commit {
        return Err(distrusted("it does not fit the inputs"));
    }
    let head = source::head(tools, named)?;
    let ours = [Some(&update.old_head), update.new_head.as_ref()];
    if update.new_head.is_some() && !ours.contains(&Some(&head)) {
        return Err(distrusted(&format!(
            "workspace {named} has commit {head} checked out, which this run did not: somebody has acted since"
        )));
    }
    Ok(())
}
