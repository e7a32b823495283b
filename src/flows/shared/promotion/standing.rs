//! Owns what is done when the release that is live already is this run's own, or a newer run's.

use crate::failure::{Failure, Reason};
use crate::flows::shared::promotion::hold;
use crate::flows::shared::promotion::plan::Promotion;
use crate::flows::shared::promotion::plan::Standing;
use crate::ids::WorkspaceId;
use crate::inputs::promotion::IfSuperseded;
use crate::report::{Outcome, Output, RunResult};
use crate::steps::RunContext;
use crate::steps::answer::Question;
use crate::steps::health::{HealthError, check};

/// How the run ends before it begins, where it does.
pub(crate) fn early_exit(
    promotion: &Promotion,
    commit: Option<&str>,
    ctx: &RunContext<'_>,
) -> Option<RunResult> {
    let exit = live_already(promotion, commit, ctx);
    let if_held = Some(promotion.inputs.if_held);
    let held = promotion.held.as_ref();
    exit.or_else(|| hold::early_exit(held?, if_held, ctx))
}

fn live_already(
    promotion: &Promotion,
    commit: Option<&str>,
    ctx: &RunContext<'_>,
) -> Option<RunResult> {
    match &promotion.standing {
        Standing::ToBeReleased => None,
        Standing::AlreadyLive(id) => {
            let commit = ctx.api.head(*id).ok();
            let words = "It is there already:";
            Some(unchanged(promotion, *id, commit.as_deref(), words, ctx))
        }
        Standing::Released(id) => {
            let healthy = ctx
                .report
                .step("Check the domain", || answer(promotion, *id, commit, ctx));
            match healthy {
                Ok(true) => {
                    let words =
                        "An earlier attempt of this run has released it, and it is healthy:";
                    Some(unchanged(promotion, *id, commit, words, ctx))
                }
                Ok(false) => None,
                Err(failure) => Some(RunResult::bad(
                    Outcome::Failed,
                    failure,
                    "Nothing was changed.",
                )),
            }
        }
        Standing::Superseded(by) => superseded(promotion, by, ctx),
    }
}

fn unchanged(
    promotion: &Promotion,
    id: WorkspaceId,
    commit: Option<&str>,
    words: &str,
    ctx: &RunContext<'_>,
) -> RunResult {
    let report = ctx.report;
    report.set(Output::WorkspaceId, id.to_string());
    if let Ok(Some(domain)) = ctx.api.workspace(id).map(|workspace| workspace.dev_domain) {
        report.set(Output::WorkspaceUrl, format!("https://{domain}"));
    }
    report.set(Output::Url, promotion.url());
    if let Some(commit) = commit {
        report.set(Output::Commit, commit);
    }
    if ctx.left_to_job {
        ctx.report.warn("This run has released nothing, so nothing is reverted if the rest of the job fails (`finish: job`).");
    }
    let state = format!("{words} {} from workspace {id}.", promotion.serving());
    RunResult::good(Outcome::Unchanged, state)
}

/// Whether the release that is live is healthy everywhere; without a health check, being connected is all there is
/// to know.
fn answer(
    promotion: &Promotion,
    id: WorkspaceId,
    commit: Option<&str>,
    ctx: &RunContext<'_>,
) -> Result<bool, Failure> {
    let Some(health) = &ctx.health else {
        return Ok(true);
    };
    let open = promotion.targets.iter().filter(|target| !target.restricted);
    for target in open {
        let url = target.route.to_string();
        let question = Question::new(&url, health, commit.unwrap_or_default(), id);
        match check(ctx, &question, promotion.inputs.switch_timeout) {
            Ok(()) => {}
            Err(HealthError::Failed(failure)) => return Err(failure),
            Err(HealthError::TimedOut(last) | HealthError::AsBefore(last, _)) => {
                ctx.log.line(&format!(
                    "it is not healthy ({}): releasing afresh",
                    last.words
                ));
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn superseded(promotion: &Promotion, by: &str, ctx: &RunContext<'_>) -> Option<RunResult> {
    let words = format!(
        "{} what a newer run has released ({by}).",
        promotion.serving()
    );
    match promotion.inputs.if_superseded {
        IfSuperseded::Release => {
            ctx.report.warn(format!(
                "{words} It is replaced all the same (`if-superseded: release`)."
            ));
            None
        }
        IfSuperseded::Skip => Some(RunResult::good(
            Outcome::Superseded,
            format!("{words} Nothing was changed."),
        )),
        IfSuperseded::Fail => {
            let next = "Run the newer workflow run again if you want its version; run this job again to release its commit all the same.";
            let failure = Failure::new(Reason::Superseded, words, next);
            Some(RunResult::bad(
                Outcome::Failed,
                failure,
                "Nothing was changed.",
            ))
        }
    }
}
