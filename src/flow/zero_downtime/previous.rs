//! Owns what becomes of the workspaces that served before, once nothing points at them.

use crate::codesphere::pipeline::Stage;
use crate::codesphere::types::WorkspaceId;
use crate::failure::Failure;
use crate::inputs::Previous;
use crate::mark::Mark;
use crate::plan::ZeroDowntimePlan;
use crate::steps::connections::ids;
use crate::steps::{Tools, stage, workspace};
use crate::text::duration;

/// What becomes of what served before. The release is good: whatever fails here is a warning.
pub(super) fn retire_all(plan: &ZeroDowntimePlan, mark: &Mark, tools: &Tools<'_>) -> String {
    if plan.before.is_empty() {
        return String::new();
    }
    if plan.inputs.previous == Previous::Keep {
        return format!("For the way back, {} was kept.", ids(&plan.before));
    }
    if !is_proven(plan)
        && tools
            .report
            .step("Let traffic follow", || let_traffic_follow(plan, tools))
            .is_err()
    {
        return format!("{} was kept.", ids(&plan.before));
    }
    let each = plan.before.iter().map(|id| {
        let retired = tools
            .report
            .step("Previous workspace", || retire(*id, plan, mark, tools));
        retired.unwrap_or_else(|failure| {
            tools.report.warn(format!(
                "Workspace {id}, which served before, is still there: {failure}"
            ));
            format!("Workspace {id} was kept.")
        })
    });
    each.collect::<Vec<_>>().join(" ")
}

/// Whether the domain was seen to answer from the new version, and not just from some version.
fn is_proven(plan: &ZeroDowntimePlan) -> bool {
    let tells = plan
        .work
        .health
        .as_ref()
        .is_some_and(|health| health.body.is_some());
    tells && !plan.domain_restricted
}

/// Without proof, visitors may still be sent to what served before for some seconds.
fn let_traffic_follow(plan: &ZeroDowntimePlan, tools: &Tools<'_>) -> Result<(), Failure> {
    let time = plan.inputs.switch_timeout;
    tools.log.line(&format!("nothing proves yet that visitors reach the new version: waiting {} (`switch-timeout`) before touching what served before", duration(time)));
    tools.time.pause(time)
}

fn retire(
    id: WorkspaceId,
    plan: &ZeroDowntimePlan,
    mark: &Mark,
    tools: &Tools<'_>,
) -> Result<String, Failure> {
    if let Some(domain) = workspace::pointing_at(tools, plan.team, id)? {
        return Ok(format!(
            "Workspace {id} was kept, as {domain} still points at it."
        ));
    }
    match plan.inputs.previous {
        Previous::Keep => Ok(format!("Workspace {id} was kept.")),
        Previous::Stop => {
            stage::stop(tools, id, Stage::Run)?;
            Ok(format!("The run stage of workspace {id} was stopped."))
        }
        Previous::Delete => {
            if !is_ours(id, mark, tools)? {
                tools.report.warn(format!("Workspace {id}, which served before, was not made by this action for {}, so it is kept although `previous` is `delete`.", mark.repository));
                return Ok(format!("Workspace {id} was kept."));
            }
            workspace::delete(tools, plan.team, id)?;
            Ok(format!("Workspace {id} was deleted."))
        }
    }
}

fn is_ours(id: WorkspaceId, mark: &Mark, tools: &Tools<'_>) -> Result<bool, Failure> {
    let workspace = tools
        .api
        .workspace(id)
        .map_err(|error| error.while_doing("reading the workspace that served before"))?;
    let its = workspace.welcome_message.as_deref().and_then(Mark::parse);
    Ok(its.is_some_and(|its| its.repository == mark.repository))
}
