//! Owns what the summary says of what served before, and of the way back to it.

use crate::codesphere::types::WorkspaceId;
use crate::inputs::Previous;
use crate::plan::ZeroDowntimePlan;
use crate::steps::Tools;
use crate::steps::connections::ids;

/// Notes what is still there of what served before, and how visitors would come to it again.
pub(super) fn tell(plan: &ZeroDowntimePlan, tools: &Tools<'_>) {
    let (gone, kept): (Vec<WorkspaceId>, Vec<WorkspaceId>) = plan
        .before
        .iter()
        .partition(|id| tools.report.is_deleted(id));
    for id in &kept {
        tools.report.kept(id, "which served before");
    }
    if !kept.is_empty() {
        tools.report.way_back(connect(plan, &kept));
    } else if !gone.is_empty() {
        tools.report.way_back(format!(
            "Of what served before, {} is gone: open the good run of this workflow before this one and choose \"Re-run all jobs\": it releases its commit again.",
            ids(&gone)
        ));
    }
}

fn connect(plan: &ZeroDowntimePlan, kept: &[WorkspaceId]) -> String {
    let (domain, path) = (&plan.inputs.domain, &plan.inputs.path);
    let start = match plan.inputs.previous {
        Previous::Stop => format!("Start the run stage of {}, then connect", ids(kept)),
        Previous::Keep | Previous::Delete => "Connect".to_owned(),
    };
    let connections = serde_json::json!({ path: kept });
    format!(
        "{start} {} to {domain}{path} again: in Codesphere under the team's Domains, or with `PUT /domains/team/{}/domain/{domain}/workspace-connections`, whose body holds `{connections}` and the domain's other paths as they are.",
        ids(kept),
        plan.team
    )
}
