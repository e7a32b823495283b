//! Owns what the summary says of what served before, and of the way back to it.

use std::collections::BTreeMap;

use crate::codesphere::types::Connections;
use crate::flows::shared::promotion::plan::Promotion;
use crate::ids::WorkspaceId;
use crate::inputs::promotion::Previous;
use crate::steps::RunContext;
use crate::steps::connections::ids;
use crate::text::list;

/// Notes what is still there of what served before, and how visitors would come to it again.
pub(crate) fn tell(promotion: &Promotion, released: WorkspaceId, ctx: &RunContext<'_>) {
    let before = promotion.before_but(released);
    let (gone, kept): (Vec<WorkspaceId>, Vec<WorkspaceId>) =
        before.into_iter().partition(|id| ctx.report.is_deleted(id));
    for id in &kept {
        ctx.report.kept(id, "which served before");
    }
    if !gone.is_empty() {
        ctx.report.return_hint(format!(
            "Of what served before, {} is gone: open the good run of this workflow before this one and choose \"Re-run all jobs\": it releases its commit again.",
            ids(&gone)
        ));
    } else if !kept.is_empty() {
        ctx.report.return_hint(back(promotion, &kept, ctx));
    }
}

/// Notes how visitors would come to what was rolled back from, once that is wanted again; gives what that is.
pub(crate) fn tell_of_return(
    promotion: &Promotion,
    target: WorkspaceId,
    ctx: &RunContext<'_>,
) -> Vec<WorkspaceId> {
    let before = promotion.before_but(target);
    for id in &before {
        ctx.report.kept(id, "which served until the rollback");
    }
    if let Some(id) = only_before(promotion) {
        ctx.report.return_hint(format!(
            "To bring workspace {id} to visitors again, run the flow `promote` with `workspace-id: {id}` and the `team`, `domain` and `path` of this run."
        ));
    } else if !before.is_empty() {
        let words = format!("By hand: connect {}", connected(promotion, ctx));
        ctx.report.return_hint(words);
    }
    before
}

/// The flow `rollback` goes back to a single workspace; by hand there is always a way.
fn back(promotion: &Promotion, kept: &[WorkspaceId], ctx: &RunContext<'_>) -> String {
    let flow = only_before(promotion).map_or_else(String::new, |_| {
        "Run the flow `rollback` with the `team`, `domain` and `path` of this run. ".to_owned()
    });
    let start = match promotion.inputs.previous {
        Previous::Stop => format!("start the run stage of {}, then connect", ids(kept)),
        Previous::Keep | Previous::Delete => "connect".to_owned(),
    };
    format!("{flow}By hand: {start} {}", connected(promotion, ctx))
}

/// The one workspace that all routes pointed at.
fn only_before(promotion: &Promotion) -> Option<WorkspaceId> {
    let before = promotion.before();
    let [only] = before.as_slice() else {
        return None;
    };
    let everywhere = promotion
        .targets
        .iter()
        .all(|target| target.before == [*only]);
    everywhere.then_some(*only)
}

fn connected(promotion: &Promotion, ctx: &RunContext<'_>) -> String {
    let each = promotion
        .targets
        .iter()
        .map(|target| format!("{} to {} again", ids(&target.before), target.route));
    for command in commands(promotion, ctx) {
        ctx.report.by_hand(&command);
    }
    format!(
        "{}, in Codesphere under the team's Domains or with the request below this table.",
        list(each)
    )
}

/// One request a domain, with all its paths: the others as they were when the release began.
fn commands(promotion: &Promotion, ctx: &RunContext<'_>) -> Vec<String> {
    let mut domains: BTreeMap<&str, Connections> = BTreeMap::new();
    for target in &promotion.targets {
        let paths = domains.entry(&target.route.domain).or_default();
        paths.extend(target.other_paths.clone());
        if !target.before.is_empty() {
            paths.insert(target.route.path.clone(), target.before.clone());
        }
    }
    let commands = domains
        .iter()
        .map(|(name, paths)| ctx.api.connect_by_hand(promotion.team, name, paths));
    commands.collect()
}
