//! Owns what becomes of the workspaces that served before, once nothing points at them.

use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::flows::shared::promotion::plan::Promotion;
use crate::ids::WorkspaceId;
use crate::inputs::groups::Previous;
use crate::release::Health;
use crate::steps::connections::ids;
use crate::steps::label::label_of;
use crate::steps::{RunContext, managed, stage, workspace};
use crate::text::duration;

/// What becomes of what served before. The release is good: whatever fails here is a warning.
pub(crate) fn retire_all(
    promotion: &Promotion,
    released: WorkspaceId,
    ctx: &RunContext<'_>,
) -> String {
    let mut before = promotion.before();
    before.retain(|id| *id != released);
    if before.is_empty() {
        return String::new();
    }
    if promotion.inputs.previous == Previous::Keep {
        return format!("For a rollback, {} was kept.", ids(&before));
    }
    if !is_proven(promotion, ctx.health.as_ref())
        && ctx
            .report
            .step("Let traffic follow", || let_traffic_follow(promotion, ctx))
            .is_err()
    {
        return format!("{} was kept.", ids(&before));
    }
    let each = before.iter().map(|id| {
        let retired = ctx
            .report
            .step("Previous workspace", || retire(*id, promotion, ctx));
        retired.unwrap_or_else(|failure| {
            ctx.report.warn(format!(
                "Workspace {id}, which served before, is still there: {failure}"
            ));
            format!("Workspace {id} was kept.")
        })
    });
    each.collect::<Vec<_>>().join(" ")
}

/// Whether the domain was seen to answer from the new version, and not just from some version.
fn is_proven(promotion: &Promotion, health: Option<&Health>) -> bool {
    let tells = health.is_some_and(|health| health.body.is_some());
    tells && promotion.targets.iter().all(|target| !target.restricted)
}

/// Without proof, visitors may still be sent to what served before for some seconds.
fn let_traffic_follow(promotion: &Promotion, ctx: &RunContext<'_>) -> Result<(), Failure> {
    let time = promotion.inputs.switch_timeout;
    ctx.log.line(&format!("nothing proves yet that visitors reach the new version: waiting {} (`switch-timeout`) before touching what served before", duration(time)));
    ctx.time.pause(time)
}

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
