//! Owns a release that is left to its job: what the main step tells of it, and what the post step makes of it.

use std::time::Duration;

use crate::caution::{Caution, Remedy};
use crate::codesphere::types::Domain;
use crate::failure::Failure;
use crate::flows::shared::promotion::after::follow_up;
use crate::flows::shared::promotion::hold;
use crate::flows::shared::promotion::plan::{Promotion, Standing, Target};
use crate::flows::shared::promotion::return_hint;
use crate::flows::shared::ready;
use crate::ids::WorkspaceId;
use crate::inputs::promotion::PromotionInputs;
use crate::release::Health;
use crate::steps::RunContext;
use crate::steps::answer::Question;
use crate::steps::connections::{ids, pointed, same};
use crate::steps::health::{HealthError, check};
use crate::undo::{Production, Promoted, Recovery, Release, Switched};

/// What is said of a release that is live and not finished.
pub(crate) const OPEN: &str = "The release is not finished: the rest of the job decides (`finish: job`). If the job succeeds, the post step finishes it; if it fails or is cancelled, the post step puts back what served before.";

/// In the main step: all that served before stays, and is asked, for the post step may need it at once.
pub(crate) fn leave(promotion: &Promotion, id: WorkspaceId, ctx: &RunContext<'_>) -> String {
    return_hint::tell(promotion, id, ctx);
    ready::tell(
        &promotion.before_but(id),
        promotion.inputs.switch_timeout,
        ctx,
    );
    OPEN.to_owned()
}

/// The job has succeeded: what follows a release that was verified so long `ago`, unless somebody else has released
/// since.
pub(crate) fn finish(
    release: &Release,
    inputs: &PromotionInputs,
    app: Option<String>,
    ago: Duration,
    ctx: &RunContext<'_>,
) -> Result<String, Failure> {
    let Some(promoted) = &release.promoted else {
        return Ok(String::new());
    };
    let mut targets = Vec::new();
    for switched in &promoted.routes {
        let route = &switched.route;
        let domain = ctx
            .api
            .domain(release.team, &route.domain)
            .map_err(|error| error.while_doing("reading the domain"))?;
        let now = pointed(&domain.workspaces, &route.path);
        if !same(now, &[promoted.workspace]) {
            ctx.report.warn(format!(
                "{route} points at {} now, not at {} any more: somebody else has changed it since this run released. It is left alone, and so is all that `previous` and `keep-releases` were to stop or delete: look whether {} is still needed.",
                ids(now),
                ids(&[promoted.workspace]),
                ids(&switched.before)
            ));
            return Ok("Somebody else has released since: nothing was changed.".to_owned());
        }
        targets.push(target(switched, promoted, &domain));
    }
    let promotion = Promotion {
        team: release.team,
        repository: ctx.context.repository.clone(),
        app,
        targets,
        standing: Standing::ToBeReleased,
        held: None,
        live_commit: None,
        inputs: inputs.clone(),
    };
    hold::lift_unseen(&promotion, ctx);
    let after = follow_up(&promotion, promoted.workspace, ago, ctx);
    let (serving, id) = (promotion.serving(), promoted.workspace);
    Ok(format!("{serving} from workspace {id}. {after}"))
}

/// A route as it was before the switch.
fn target(switched: &Switched, promoted: &Promoted, domain: &Domain) -> Target {
    let ours = |path: &str| {
        let mut routes = promoted.routes.iter().map(|switched| &switched.route);
        routes.any(|route| route.domain == switched.route.domain && route.path == path)
    };
    let mut other_paths = domain.workspaces.clone();
    other_paths.retain(|path, _| !ours(path));
    Target {
        route: switched.route.clone(),
        before: switched.before.clone(),
        other_paths,
        restricted: domain.restricted == Some(true),
    }
}

/// The job has failed and what served before was put back: whether visitors have it again.
pub(crate) fn verified(
    recovery: Recovery,
    release: &Release,
    inputs: &PromotionInputs,
    ctx: &RunContext<'_>,
) -> Recovery {
    let (Production::AsBefore(_), Some(health), Some(promoted)) =
        (&recovery.production, &ctx.health, &release.promoted)
    else {
        return recovery;
    };
    let asked = ctx.report.step("Check what serves again", || {
        let mut ill = Vec::new();
        for switched in &promoted.routes {
            ill.extend(ill_at(switched, release, promoted, health, inputs, ctx)?);
        }
        Ok(ill)
    });
    match asked {
        Ok(ill) if ill.is_empty() => recovery,
        Ok(ill) => uncertain(&ill.join(" "), promoted, recovery),
        Err(failure) => uncertain(&failure.cause, promoted, recovery),
    }
}

/// What is wrong where what served before serves again, in words. What asks visitors to sign in cannot be asked.
fn ill_at(
    switched: &Switched,
    release: &Release,
    promoted: &Promoted,
    health: &Health,
    inputs: &PromotionInputs,
    ctx: &RunContext<'_>,
) -> Result<Option<String>, Failure> {
    let Some(first) = switched.before.first() else {
        return Ok(None);
    };
    let domain = ctx
        .api
        .domain(release.team, &switched.route.domain)
        .map_err(|error| error.while_doing("reading the domain"))?;
    if domain.restricted == Some(true) {
        return Ok(None);
    }
    let question = Question::new(&switched.route.to_string(), health, "", *first)
        .of_any_version()
        .content_with(&promoted.answered);
    match check(ctx, &question, inputs.switch_timeout) {
        Ok(()) => {
            ctx.report.healthy(question.url(), first);
            Ok(None)
        }
        Err(HealthError::Failed(failure)) => Err(failure),
        Err(HealthError::TimedOut(last) | HealthError::AsBefore(last, _)) => Ok(Some(format!(
            "{} points at {} again, but is not healthy; the last time it {}.",
            switched.route,
            ids(&switched.before),
            last.words
        ))),
    }
}

fn uncertain(ill: &str, promoted: &Promoted, recovery: Recovery) -> Recovery {
    let before: Vec<WorkspaceId> = promoted
        .routes
        .iter()
        .flat_map(|switched| switched.before.clone())
        .collect();
    let new = promoted.workspace;
    let caution = Caution {
        risk: format!("Production may be down: {ill}"),
        cause: String::new(),
        steps: vec![
            Remedy::words(format!(
                "Look at {} in Codesphere: start `run` in its CI pipeline, and read its log.",
                ids(&before)
            )),
            Remedy::words(format!(
                "If that does not help and the new version is the better one, run the flow `promote` with `workspace-id: {new}` and the `team`, `domain` and `path` of this run."
            )),
        ],
    };
    Recovery {
        production: Production::Uncertain(caution),
        ..recovery
    }
}
