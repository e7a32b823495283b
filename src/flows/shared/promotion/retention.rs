//! Owns what becomes of earlier releases and candidates for the same routes, after a good release.

use crate::failure::Failure;
use crate::flows::shared::promotion::plan::Promotion;
use crate::steps::RunContext;
use crate::steps::retention::{Policy, Scope, Swept, decide, inventory, sweep};

/// Deletes what `keep-releases` leaves no room for; gives a sentence about it. The release is good: whatever fails
/// here is a warning.
pub(crate) fn tidy(promotion: &Promotion, ctx: &RunContext<'_>) -> String {
    let Some(keep) = promotion.inputs.keep_releases else {
        return String::new();
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
        let swept = judge_and_sweep(&policy, ctx)?;
        deleted = swept.deleted;
        swept.into_failure().map_or(Ok(()), Err)
    });
    if let Err(failure) = tidied {
        ctx.report.warn(format!(
            "The release is good, but earlier ones were not cleaned up as `keep-releases` asks: {failure} The next release tries again."
        ));
    }
    match deleted {
        0 => String::new(),
        1 => "An earlier release was deleted (`keep-releases`).".to_owned(),
        several => format!("{several} earlier releases were deleted (`keep-releases`)."),
    }
}

fn judge_and_sweep(policy: &Policy, ctx: &RunContext<'_>) -> Result<Swept, Failure> {
    let verdicts = decide(policy, &inventory(&ctx.api, policy)?);
    for verdict in &verdicts {
        ctx.log.line(&verdict.to_string());
    }
    Ok(sweep(ctx, policy.team, &verdicts))
}
