//! Owns the proof that the candidate serves on its routes after the switch, as people and as the platform see them.

use crate::failure::{Failure, Reason};
use crate::flows::shared::candidate::Candidate;
use crate::flows::shared::promotion::plan::{Promotion, Target};
use crate::steps::RunContext;
use crate::steps::answer::Question;
use crate::steps::before;
use crate::steps::connections::verify;
use crate::steps::health::{self, HealthError, Last};
use crate::steps::hints::explained;
use crate::text::duration;

/// Makes sure that the candidate serves on all routes, as people and as the platform see them.
pub(super) fn serves(
    promotion: &Promotion,
    candidate: &Candidate,
    ctx: &RunContext<'_>,
) -> Result<(), Failure> {
    for target in &promotion.targets {
        check_domain(promotion, target, candidate, ctx)?;
    }
    let id = candidate.workspace.id;
    ctx.report.step("Read the domain back", || {
        promotion
            .targets
            .iter()
            .try_for_each(|target| verify(ctx, promotion.team, &target.route, &[id]))
    })
}

fn check_domain(
    promotion: &Promotion,
    target: &Target,
    candidate: &Candidate,
    ctx: &RunContext<'_>,
) -> Result<(), Failure> {
    let Some(health) = &ctx.health else {
        return Ok(());
    };
    if target.restricted {
        ctx.report.note(
            "Domain",
            format!(
                "{} asks visitors to sign in: only its connections were read back",
                target.route
            ),
        );
        return Ok(());
    }
    let id = candidate.workspace.id;
    let limit = promotion.inputs.switch_timeout;
    let question = Question::new(&target.route.to_string(), health, &candidate.commit, id);
    ctx.report.step("Check the domain", || {
        let checked = health::check(ctx, &question, limit);
        if checked.is_ok() {
            ctx.report.healthy(question.url(), &id);
        }
        checked.map_err(|unhealthy| match unhealthy {
            HealthError::Failed(failure) => failure,
            HealthError::TimedOut(last) | HealthError::AsBefore(last, _) => {
                not_served(promotion, target, &question, last, candidate, ctx)
            }
        })
    })
}

/// The domain does not serve the workspace: somebody else may have switched it again.
fn not_served(
    promotion: &Promotion,
    target: &Target,
    question: &Question,
    last: Last,
    candidate: &Candidate,
    ctx: &RunContext<'_>,
) -> Failure {
    let id = candidate.workspace.id;
    let failure = match verify(ctx, promotion.team, &target.route, &[id]) {
        Err(failure) if failure.reason == Reason::ConnectionsChanged => failure,
        _ => Failure::new(
            Reason::SwitchFailed,
            format!(
                "After the switch, {} was not healthy from workspace {id} within {} (`switch-timeout`); the last time it {}.{}",
                question.url(),
                duration(promotion.inputs.switch_timeout),
                last.words,
                before::told(ctx)
            ),
            "The workspace was healthy on its own development domain. If the old version still answered, traffic had not followed yet: raise `switch-timeout`. Otherwise look at the domain itself: certificate, DNS, and whether the application knows this host name and path.",
        ),
    };
    explained(failure, Some(&candidate.profile), [last.answers])
}
