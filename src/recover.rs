//! Owns the post step: whether the main step's record is genuine, and whether it leaves anything to undo. The flow itself
//! undoes it.

use crate::failure::{Failure, Reason};
use crate::given::Inputs;
use crate::inputs::{self, Recorded};
use crate::report::{Ending, Outcome};
use crate::run::Scene;
use crate::text::list;
use crate::undo::Undone;
use crate::undo::record::{self, Found, Unfinished, told};

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
    inputs.flow.recover(&unfinished.made, &tools)
}
