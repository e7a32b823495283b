//! Owns what follows a release that nothing undoes any more: what served before drains and is retired, earlier releases
//! go, and how to roll back is told. The release is good: whatever fails here is a warning.

use std::time::Duration;

use crate::flows::shared::promotion::drain::Drain;
use crate::flows::shared::promotion::plan::Promotion;
use crate::flows::shared::promotion::{previous, retention, return_hint};
use crate::flows::shared::ready;
use crate::ids::WorkspaceId;
use crate::inputs::promotion::Previous;
use crate::steps::RunContext;
use crate::steps::connections::ids;

/// Does what follows a release whose switch was verified so long `ago`; gives sentences about it.
pub(crate) fn follow_up(
    promotion: &Promotion,
    id: WorkspaceId,
    ago: Duration,
    ctx: &RunContext<'_>,
) -> String {
    let drain = Drain::of(promotion, ago, ctx);
    let before = promotion.before_but(id);
    let mut retired = Vec::new();
    let done = previous::retire_all(&before, promotion, &drain, ctx, &mut retired)
        .and_then(|()| retention::tidy(promotion, &drain, ctx));
    if let Ok(tidied) = done {
        retired.push(tidied);
    } else {
        let rest = before.get(retired.len()..).unwrap_or_default();
        ctx.report.warn(cut_short(rest, promotion, &drain));
        if !rest.is_empty() {
            retired.push(format!(
                "Because of a cancellation, {} was kept.",
                ids(rest)
            ));
        }
    }
    return_hint::tell(promotion, id, ctx);
    ready::tell(
        &still_there(&before, promotion, ctx),
        promotion.inputs.switch_timeout,
        ctx,
    );
    retired.join(" ").trim().to_owned()
}

/// What served before and still does, for whoever asks for it; what was stopped was stopped on purpose.
fn still_there(
    before: &[WorkspaceId],
    promotion: &Promotion,
    ctx: &RunContext<'_>,
) -> Vec<WorkspaceId> {
    let there = before.iter().filter(|id| !ctx.report.is_deleted(id));
    match promotion.inputs.previous {
        Previous::Keep | Previous::Delete => there.copied().collect(),
        Previous::Stop => Vec::new(),
    }
}

/// What a cancellation has not done, and who does it now.
fn cut_short(rest: &[WorkspaceId], promotion: &Promotion, drain: &Drain<'_, '_>) -> String {
    // What was sent when the signal came may have had its effect.
    let (when, not_done) = if drain.is_over() {
        ("before it was over", "Not done, as far as is known")
    } else {
        (
            "while what served before was draining (`drain`)",
            "Not done",
        )
    };
    let mut told = vec![format!(
        "The release stands: {} the new version. The run was cancelled {when}.",
        promotion.serving()
    )];
    let rest = (!rest.is_empty()).then(|| ids(rest));
    told.extend(rest.and_then(|rest| match promotion.inputs.previous {
        Previous::Keep => None,
        Previous::Stop => Some(format!("{not_done} (`previous: stop`): stopping the run stage of {rest}. Stop it in the workspace's CI pipeline once nobody needs it.")),
        Previous::Delete => Some(format!("{not_done} (`previous: delete`): deleting {rest}. Delete it in Codesphere once nobody needs it, or leave that to the flow `cleanup`.")),
    }));
    if promotion.inputs.keep_releases.is_some() {
        told.push(format!(
            "{not_done} (`keep-releases`): deleting earlier releases. The next release does it."
        ));
    }
    told.join(" ")
}
