//! Owns what is told where a landscape has taken the place of a file that describes one server.

use crate::caution::{Caution, Remedy};
use crate::profile::Shape;
use crate::steps::check::answers_as_before;
use crate::steps::{RunContext, profile};
use crate::undo::journal::Update;

/// What people must do where the new commit's landscape was deployed, the old commit describes none, and the application
/// does not answer as it did.
pub(super) fn not_as_before(
    update: &Update,
    profile: Option<&str>,
    ctx: &RunContext<'_>,
) -> Option<Caution> {
    if !update.deployed {
        return None;
    }
    let file = profile::of_what_runs(ctx, update.workspace, profile).ok()?;
    let is_lost = file.shape == Shape::Flat && !serves_as_before(update, ctx);
    is_lost.then(|| caution(update))
}

/// Codesphere may have refused the new landscape before it changed anything.
fn serves_as_before(update: &Update, ctx: &RunContext<'_>) -> bool {
    let workspace = ctx.api.workspace(update.workspace).ok();
    let answers = workspace.and_then(|its| answers_as_before(ctx, &its, &update.answered));
    answers == Some(true)
}

/// A teardown is for people: nobody else knows what data the landscape may hold.
fn caution(update: &Update) -> Caution {
    let (id, head) = (update.workspace, &update.old_head);
    let words = [
        format!("Open workspace {id} in Codesphere and look whether the application answers as before."),
        "If it does not, take the landscape away in the workspace's CI pipeline (teardown). Data in its managed services goes with it.".to_owned(),
        "Start the run stage again.".to_owned(),
    ];
    Caution {
        risk: format!(
            "The application may be down: the new commit's landscape was deployed in workspace {id}, and commit {head}, which is on its disk again, describes none."
        ),
        cause: "Only a teardown takes a landscape away again.".to_owned(),
        steps: words.map(Remedy::words).into(),
    }
}
