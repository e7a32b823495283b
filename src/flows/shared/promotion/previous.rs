//! Owns what becomes of the workspaces that served before, once they have drained and nothing points at them.

use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::flows::shared::promotion::drain::Drain;
use crate::flows::shared::promotion::plan::Promotion;
use crate::ids::WorkspaceId;
use crate::inputs::promotion::Previous;
use crate::steps::connections::ids;
use crate::steps::label::label_of;
use crate::steps::{RunContext, managed, stage, workspace};

/// Retires each of `before`, once what they still serve has drained; a sentence about each goes into `retired`. The
/// release is good: but for a cancellation, whatever fails here is a warning.
pub(crate) fn retire_all(
    before: &[WorkspaceId],
    promotion: &Promotion,
    drain: &Drain<'_, '_>,
    ctx: &RunContext<'_>,
    retired: &mut Vec<String>,
) -> Result<(), Failure> {
    if before.is_empty() {
        return Ok(());
    }
    if promotion.inputs.previous == Previous::Keep {
        retired.push(format!("For a rollback, {} was kept.", ids(before)));
        return Ok(());
    }
    if !drain.is_over() {
        ctx.report.step("Drain", || drain.wait())?;
    }
    for id in before {
        let step = ctx
            .report
            .step("Previous workspace", || retire(*id, promotion, ctx));
        retired.push(match step {
            Err(failure) if failure.is_cancellation() => return Err(failure),
            Err(failure) => {
                ctx.report.warn(format!(
                    "Workspace {id}, which served before, is still there: {failure}"
                ));
                format!("Workspace {id} was kept.")
            }
            Ok(words) => words,
        });
    }
    Ok(())
}

/// Whatever has come to point at it while it drained keeps it.
fn retire(id: WorkspaceId, promotion: &Promotion, ctx: &RunContext<'_>) -> Result<String, Failure> {
    if let Some(domain) = workspace::pointing_at(ctx, promotion.team, id)? {
        return Ok(format!(
            "Workspace {id} was kept, as {domain} still points at it."
        ));
    }
    match promotion.inputs.previous {
        Previous::Keep => Ok(format!("Workspace {id} was kept.")),
        Previous::Stop => {
            stage::stop(ctx, id, Stage::Run)?;
            Ok(format!("The run stage of workspace {id} was stopped."))
        }
        Previous::Delete => {
            let Some(ours) = ours(id, promotion, ctx)? else {
                ctx.report.warn(format!("Workspace {id}, which served before, was not made by this action for {}, so it is kept although `previous` is `delete`.", promotion.repository));
                return Ok(format!("Workspace {id} was kept."));
            };
            if let Some(why) = managed::keeps(ctx, id, Some(&ours))? {
                ctx.report.warn(format!("Workspace {id}, which served before, is kept although `previous` is `delete`: {why}."));
                return Ok(format!("Workspace {id} was kept."));
            }
            workspace::delete(ctx, promotion.team, id)?;
            Ok(format!("Workspace {id} was deleted."))
        }
    }
}

/// The workspace, where this action made it for this repository and app.
fn ours(
    id: WorkspaceId,
    promotion: &Promotion,
    ctx: &RunContext<'_>,
) -> Result<Option<Workspace>, Failure> {
    let workspace = ctx
        .api
        .workspace(id)
        .map_err(|error| error.while_doing("reading the workspace that served before"))?;
    let its = label_of(&workspace);
    let is_ours = its.is_some_and(|its| its.is_of(&promotion.repository, promotion.app.as_deref()));
    Ok(is_ours.then_some(workspace))
}
