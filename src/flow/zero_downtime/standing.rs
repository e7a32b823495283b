//! Owns what is done when the release that is live already is this run's own, or a newer run's.

use crate::failure::{Failure, Reason};
use crate::inputs::IfSuperseded;
use crate::plan::{Standing, ZeroDowntimePlan};
use crate::report::{Ending, Outcome, Output};
use crate::steps::Tools;
use crate::steps::health::{Question, SWITCHED, Unwell, check};

/// How the run ends before it begins, where it does.
pub(super) fn settled(plan: &ZeroDowntimePlan, tools: &Tools<'_>) -> Option<Ending> {
    match &plan.standing {
        Standing::ToBeReleased => None,
        Standing::Released(id) => {
            let id = *id;
            let healthy = tools
                .report
                .step("Check the domain", || answers(plan, id, tools));
            match healthy {
                Ok(true) => {
                    tools.report.set(Output::WorkspaceId, id.to_string());
                    if let Ok(Some(domain)) = tools
                        .api
                        .workspace(id)
                        .map(|workspace| workspace.dev_domain)
                    {
                        tools
                            .report
                            .set(Output::WorkspaceUrl, format!("https://{domain}"));
                    }
                    tools.report.set(Output::Url, plan.url());
                    if let Some(commit) = &plan.work.commit {
                        tools.report.set(Output::Commit, commit.clone());
                    }
                    let state = format!(
                        "An earlier attempt of this run has released it: {} serves from workspace {id}, and answers well.",
                        plan.url()
                    );
                    Some(Ending::good(Outcome::Unchanged, state))
                }
                Ok(false) => None,
                Err(failure) => Some(Ending::bad(
                    Outcome::Failed,
                    failure,
                    "Nothing was changed.",
                )),
            }
        }
        Standing::Superseded(by) => superseded(plan, by, tools),
    }
}

/// Whether the release that is live answers well; without a health check, being connected is all there is to know.
fn answers(
    plan: &ZeroDowntimePlan,
    id: crate::codesphere::types::WorkspaceId,
    tools: &Tools<'_>,
) -> Result<bool, Failure> {
    let Some(health) = plan
        .work
        .health
        .as_ref()
        .filter(|_| !plan.domain_restricted)
    else {
        return Ok(true);
    };
    let commit = plan.work.commit.as_deref().unwrap_or_default();
    let question = Question::new(&plan.url(), health, commit, id);
    match check(tools, &question, plan.inputs.switch_timeout, SWITCHED) {
        Ok(()) => Ok(true),
        Err(Unwell::Failed(failure)) => Err(failure),
        Err(Unwell::TimedOut(last, _)) => {
            tools.log.line(&format!(
                "it does not answer well ({last}): releasing afresh"
            ));
            Ok(false)
        }
    }
}

fn superseded(plan: &ZeroDowntimePlan, by: &str, tools: &Tools<'_>) -> Option<Ending> {
    let words = format!(
        "{} already serves what a newer run has released ({by}).",
        plan.url()
    );
    match plan.inputs.if_superseded {
        IfSuperseded::Release => {
            tools.report.warn(format!(
                "{words} It is replaced all the same (`if-superseded: release`)."
            ));
            None
        }
        IfSuperseded::Skip => Some(Ending::good(
            Outcome::Superseded,
            format!("{words} Nothing was changed."),
        )),
        IfSuperseded::Fail => {
            let next = "Run the newer workflow run again if you want its version; run this job again to release its commit all the same.";
            let failure = Failure::new(Reason::Superseded, words, next);
            Some(Ending::bad(
                Outcome::Failed,
                failure,
                "Nothing was changed.",
            ))
        }
    }
}
