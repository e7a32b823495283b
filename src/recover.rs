//! Owns the post step: undoes what a main step made or changed and did not finish, as its record says.
//! A genuine record is believed as far as what can be looked up on the platform bears it out.

use crate::failure::{Failure, Reason};
use crate::history::Link;
use crate::ids::WorkspaceId;
use crate::inputs::{self, Flow, Inputs, Recorded, Rollback};
use crate::owner::{Mark, Purpose};
use crate::release::{Build, OnFailure};
use crate::report::{Ending, Outcome};
use crate::route::Place;
use crate::run::Scene;
use crate::steps::{Tools, source};
use crate::text::list;
use crate::undo::record::{self, Found, Unfinished, distrusted, told};
use crate::undo::{
    Launched, Made, Original, Promoted, Release, Undone, Update, believe_before, undo_release,
    undo_update,
};

/// Runs the post step; gives nothing when there is nothing to undo, and then nothing is asked of anybody.
pub(crate) fn play(scene: &Scene<'_>) -> Option<Ending> {
    let token = inputs::token(scene.variables);
    let seal = token.as_ref().map(|token| scene.seal(token));
    match record::read(scene.variables, seal.as_ref()) {
        Err(failure) => Some(Ending::bad(Outcome::Failed, failure, "")),
        Ok(Found::Absent) => {
            tell_absence(scene, token.is_some());
            None
        }
        Ok(Found::Nothing) => {
            scene
                .log
                .line("The release finished what it began: nothing to undo.");
            None
        }
        Ok(Found::Unfinished(unfinished)) => Some(ending(scene, &unfinished)),
    }
}

/// Without a key the main step could not begin. With one it saves a record before anything else.
fn tell_absence(scene: &Scene<'_>, has_key: bool) {
    if has_key {
        scene.log.warning(
            "Codesphere Release: no record",
            "The main step left no record: it was lost before it began, or the runner does not pass it on (`act` does not). Nothing was undone. If it has released anything, look at the domain and at the team's workspaces.",
        );
    } else {
        scene
            .log
            .line("Without `api-token` the main step could not begin: nothing to undo.");
    }
}

fn ending(scene: &Scene<'_>, unfinished: &Unfinished) -> Ending {
    match undo(scene, unfinished) {
        Ok(undone) if undone.is_complete() => Ending::good(Outcome::Reverted, undone.words()),
        Ok(undone) => failed(Reason::UndoFailed, undone.words()),
        Err(failure) => Ending::bad(Outcome::Failed, failure, told(&unfinished.made)),
    }
}

fn failed(reason: Reason, words: String) -> Ending {
    let failure = Failure::new(
        reason,
        "The main step left something behind, and the post step could not undo all of it.",
        "Do by hand what is said above.",
    );
    Ending::bad(Outcome::Failed, failure, words)
}

/// The main step's inputs, as its record has them: what has changed since is told, and does not count.
fn given(scene: &Scene<'_>, recorded: &Recorded) -> Result<Inputs, Failure> {
    let changed = recorded.changed(scene.variables);
    if !changed.is_empty() {
        scene.report.warn(format!(
            "The values of {} have changed since the main step; what it was given then counts.",
            list(changed.iter().map(|name| format!("`{name}`")))
        ));
    }
    Inputs::read(&recorded.over(scene.variables)).map_err(|mistakes| {
        let mistakes = mistakes.iter().map(|mistake| format!("{mistake}."));
        Failure::new(
            Reason::UndoFailed,
            format!(
                "The main step left something to undo, but its inputs cannot be read any more: {}",
                mistakes.collect::<Vec<_>>().join(" ")
            ),
            "Undo by hand what is said above.",
        )
    })
}

fn undo(scene: &Scene<'_>, unfinished: &Unfinished) -> Result<Undone, Failure> {
    let inputs = given(scene, &unfinished.inputs)?;
    let tools = scene.tools(&inputs)?;
    scene
        .log
        .line("The main step did not finish what it began: undoing it.");
    match (unfinished.made.clone(), &inputs.flow) {
        (Made::Release(release), Flow::ZeroDowntime(_) | Flow::Candidate(_) | Flow::Preview(_)) => {
            believe_release(&release, scene, &tools)?;
            believe_before(&release, places(&inputs.flow), &tools)?;
            Ok(step(scene, || {
                undo_release(&release, inputs.on_failure, &tools)
            }))
        }
        (Made::Release(release), Flow::Promote(flow)) => {
            believe_promotion(&release, Some(flow.workspace), &flow.places, &tools)?;
            believe_before(&release, &flow.places, &tools)?;
            Ok(step(scene, || put_places_back(&release, &tools)))
        }
        (Made::Release(release), Flow::Rollback(flow)) => {
            believe_rollback(&release, flow, &tools)?;
            Ok(step(scene, || put_places_back(&release, &tools)))
        }
        (Made::Update(update), Flow::Simple(flow)) => {
            believe_update(&update, flow.workspace, &tools)?;
            Ok(put_back(&update, &flow.code.build, &inputs, scene, &tools))
        }
        (Made::Update(update), Flow::Preview(flow)) => {
            believe_preview(&update, scene, &tools)?;
            Ok(put_back(&update, &flow.code.build, &inputs, scene, &tools))
        }
        (Made::Release(_) | Made::Update(_), _) => Err(distrusted("it belongs to another flow")),
    }
}

/// The places that a flow switches to what it makes.
fn places(flow: &Flow) -> &[Place] {
    match flow {
        Flow::ZeroDowntime(flow) => &flow.places,
        _ => &[],
    }
}

fn put_back(
    update: &Update,
    build: &Build,
    inputs: &Inputs,
    scene: &Scene<'_>,
    tools: &Tools<'_>,
) -> Undone {
    let original = Original {
        build,
        health: inputs.health.as_ref(),
        key: &inputs.token,
        env: None,
    };
    step(scene, || undo_update(update, &original, tools))
}

/// What this run has not made is never removed.
fn put_places_back(release: &Release, tools: &Tools<'_>) -> Undone {
    undo_release(release, OnFailure::Keep, tools)
}

fn step(scene: &Scene<'_>, act: impl FnOnce() -> Undone) -> Undone {
    scene.report.judged_step("Undo", act, Undone::went)
}

/// The mark must be this run's, and the workspace must carry it.
fn believe_release(release: &Release, scene: &Scene<'_>, tools: &Tools<'_>) -> Result<(), Failure> {
    let launched = release
        .launched
        .as_ref()
        .ok_or_else(|| distrusted("it names no workspace that this run has made"))?;
    let mark =
        Mark::parse(&launched.mark).ok_or_else(|| distrusted("its ownership mark is none"))?;
    if !mark.repository.is(&scene.context.repository) || mark.run_id != scene.context.run_id {
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
fn believe_promotion<'r>(
    release: &'r Release,
    named: Option<WorkspaceId>,
    places: &[Place],
    tools: &Tools<'_>,
) -> Result<&'r Promoted, Failure> {
    let promoted = release.promoted.as_ref().filter(|promoted| {
        let mut switched = promoted.places.iter().map(|switched| &switched.place);
        release.launched.is_none()
            && named.is_none_or(|id| id == promoted.workspace)
            && switched.all(|place| places.contains(place))
    });
    let promoted = promoted.ok_or_else(|| distrusted("it does not fit the inputs"))?;
    match tools.api.workspace(promoted.workspace) {
        Err(error) if error.status() == Some(404) => Ok(promoted),
        Err(error) => Err(error.while_doing("reading the workspace that was switched to")),
        Ok(workspace) if workspace.team_id == release.team => Ok(promoted),
        Ok(_) => Err(distrusted("it names a team that the workspace is not of")),
    }
}

/// Where the inputs name no workspace, those that served before must remember the one that was rolled back to.
fn believe_rollback(release: &Release, flow: &Rollback, tools: &Tools<'_>) -> Result<(), Failure> {
    let promoted = believe_promotion(release, flow.workspace, &flow.places, tools)?;
    if flow.workspace.is_some() {
        return Ok(());
    }
    for switched in &promoted.places {
        let [live] = switched.before.as_slice() else {
            return Err(distrusted("a rollback starts from one workspace"));
        };
        let env = tools
            .api
            .env(*live)
            .map_err(|error| error.while_doing("reading what served before"))?;
        let link = Link::among(&env).ok().flatten().unwrap_or_default();
        if link.before(&switched.place) != Some(&[promoted.workspace]) {
            return Err(distrusted(&format!(
                "workspace {live} does not remember workspace {}",
                promoted.workspace
            )));
        }
    }
    Ok(())
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

/// It must be a workspace of the pull request that this run is about.
fn believe_preview(update: &Update, scene: &Scene<'_>, tools: &Tools<'_>) -> Result<(), Failure> {
    let number = scene.context.pull_request.as_ref().map(|its| its.number);
    let workspace = tools
        .api
        .workspace(update.workspace)
        .map_err(|error| error.while_doing("reading the preview's workspace"))?;
    let mark = workspace.welcome_message.as_deref().and_then(Mark::parse);
    let is_its = mark.is_some_and(|mark| {
        mark.repository.is(&scene.context.repository)
            && number.is_some_and(|number| mark.purpose == Purpose::PullRequest(number))
    });
    if !is_its {
        return Err(distrusted(&format!(
            "workspace {} is no preview of this run's pull request",
            update.workspace
        )));
    }
    believe_update(update, update.workspace, tools)
}

/// Only the workspace that the inputs name is touched, only a commit reaches its shell,
/// and what somebody else has released there since is left alone.
fn believe_update(update: &Update, named: WorkspaceId, tools: &Tools<'_>) -> Result<(), Failure> {
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
