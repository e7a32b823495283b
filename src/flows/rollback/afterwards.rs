//! Owns what is told once a rollback serves: whether all of it is up, and which commits are no longer live.

use crate::codesphere::types::Workspace;
use crate::failure::Failure;
use crate::flows::shared::existing::history;
use crate::flows::shared::promotion::plan::Promotion;
use crate::ids::WorkspaceId;
use crate::profile::Profile;
use crate::steps::{RunContext, changes, profile, source, stage};

/// Only the clone that served until now has the commits that are no longer live.
pub(super) fn tell_changes(promotion: &Promotion, workspace: &Workspace, ctx: &RunContext<'_>) {
    let [until_now] = promotion.before()[..] else {
        return;
    };
    match source::head(ctx, until_now) {
        Ok(commit) => {
            let git_url = workspace.git_url.as_deref();
            changes::tell(ctx, &[until_now, workspace.id], git_url, Some(&commit));
        }
        Err(failure) => ctx.log.line(&format!(
            "which commits are no longer live is not known: {failure}"
        )),
    }
}

/// What the file describes with which it was released.
pub(super) fn described(id: WorkspaceId, ctx: &RunContext<'_>) -> Result<Profile, Failure> {
    let history = history(id, ctx.api.begin_env(id), ctx)?;
    profile::of_what_runs(ctx, id, history.profile.as_deref())
}

/// Good answers come from what visitors meet; whether the rest of a landscape is up as well is said once they are served.
pub(super) fn look_at_run(id: WorkspaceId, ctx: &RunContext<'_>) {
    let look = described(id, ctx).and_then(|file| stage::not_up(ctx, id, &file));
    let what = match look {
        Ok(None) => return,
        Ok(Some(words)) => format!("not all of its run stage is up ({words})"),
        Err(failure) => format!("whether all of its run stage is up is not known: {failure}"),
    };
    ctx.report.warn(format!(
        "Workspace {id} serves again, but {what}. Look at it in the workspace's CI pipeline."
    ));
}
