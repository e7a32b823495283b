//! Owns what becomes of earlier releases and candidates for the same routes, after a good release.

use crate::failure::Failure;
use crate::flows::shared::promotion::drain::Drain;
use crate::flows::shared::promotion::plan::Promotion;
use crate::ids::WorkspaceId;
use crate::steps::RunContext;
use crate::steps::retention::{Policy, Scope, Swept, Verdict, decide, inventory, sweep};

/// Deletes what `keep-releases` leaves no room for; gives a sentence about it. The release is good: whatever fails
/// here is a warning, but for a cancellation.
pub(crate) fn tidy(
    promotion: &Promotion,
    drain: &Drain<'_, '_>,
    ctx: &RunContext<'_>,
) -> Result<String, Failure> {
    let Some(keep) = promotion.inputs.keep_releases else {
        return Ok(String::new());
    };
    let policy = Policy {
        team: promotion.team,
        repository: promotion.repository.clone(),
        app: promotion.app.clone(),
        scope: Scope::Routes(promotion.routes().cloned().collect()),
        keep,
        preview_max_age: None,
    };
    let mut deleted = 0;
    let tidied = ctx.report.step("Clean up", || {
        let swept = judge_and_sweep(&policy, &promotion.before(), drain, ctx)?;
        deleted = swept.deleted;
        swept.into_failure().map_or(Ok(()), Err)
    });
    if let Err(failure) = tidied {
        if failure.is_cancellation() {
            return Err(failure);
        }
        ctx.report.warn(format!(
            "The release is good, but earlier ones were not cleaned up as `keep-releases` asks: {failure} The next release tries again."
        ));
    }
    Ok(match deleted {
        0 => String::new(),
        1 => "An earlier release was deleted (`keep-releases`).".to_owned(),
        several => format!("{several} earlier releases were deleted (`keep-releases`)."),
    })
}

/// What has served until now drains first, like whatever `previous` retires; then all is judged anew.
fn judge_and_sweep(
    policy: &Policy,
    before: &[WorkspaceId],
    drain: &Drain<'_, '_>,
    ctx: &RunContext<'_>,
) -> Result<Swept, Failure> {
    let mut verdicts = decide(policy, &inventory(&ctx.api, policy)?);
    let touches = |verdict: &Verdict| verdict.deletes() && before.contains(&verdict.own.id);
    if !drain.is_over() && verdicts.iter().any(touches) {
        drain.wait()?;
        verdicts = decide(policy, &inventory(&ctx.api, policy)?);
    }
    for verdict in &verdicts {
        ctx.log.line(&verdict.to_string());
    }
    Ok(sweep(ctx, policy.team, &verdicts))
}
