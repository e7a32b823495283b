//! Owns what the summary says of what served before, and of the way back to it.

use crate::codesphere::types::WorkspaceId;
use crate::inputs::Previous;
use crate::plan::{Promotion, Target};
use crate::steps::Tools;
use crate::steps::connections::ids;
use crate::text::list;

/// Notes what is still there of what served before, and how visitors would come to it again.
pub(in crate::flow) fn tell(promotion: &Promotion, released: WorkspaceId, tools: &Tools<'_>) {
    let mut before = promotion.before();
    before.retain(|id| *id != released);
    let (gone, kept): (Vec<WorkspaceId>, Vec<WorkspaceId>) = before
        .into_iter()
        .partition(|id| tools.report.is_deleted(id));
    for id in &kept {
        tools.report.kept(id, "which served before");
    }
    if !gone.is_empty() {
        tools.report.way_back(format!(
            "Of what served before, {} is gone: open the good run of this workflow before this one and choose \"Re-run all jobs\": it releases its commit again.",
            ids(&gone)
        ));
    } else if !kept.is_empty() {
        tools.report.way_back(connect(promotion, &kept));
    }
}

fn connect(promotion: &Promotion, kept: &[WorkspaceId]) -> String {
    let start = match promotion.inputs.previous {
        Previous::Stop => format!("Start the run stage of {}, then connect", ids(kept)),
        Previous::Keep | Previous::Delete => "Connect".to_owned(),
    };
    let each = promotion
        .targets
        .iter()
        .map(|target| format!("{} to {} again", ids(&target.before), target.place));
    let put = promotion
        .targets
        .iter()
        .map(|target| put(promotion, target));
    format!(
        "{start} {}: in Codesphere under the team's Domains, or with {}; the bodies also hold the domains' other paths as they are.",
        list(each),
        list(put)
    )
}

fn put(promotion: &Promotion, target: &Target) -> String {
    let connections = serde_json::json!({ &target.place.path: target.before });
    format!(
        "`PUT /domains/team/{}/domain/{}/workspace-connections` and `{connections}`",
        promotion.team, target.place.domain
    )
}
