//! A workspace brought onto its routes: switched, asked from outside, read back; then what served before.
//! The switch is the point of no return: before it production is not touched, after it nothing new is deleted.

pub(crate) mod after;
mod drain;
pub(crate) mod hold;
pub(crate) mod plan;
pub(crate) mod previous;
pub(crate) mod retention;
pub(crate) mod return_hint;
mod served;
pub(crate) mod standing;
pub(crate) mod to_job;
mod watcher;

use std::iter;
use std::time::Duration;

use crate::failure::Failure;
use crate::flows::shared::build::note_version;
use crate::flows::shared::candidate::Candidate;
use crate::flows::shared::promotion::after::follow_up;
use crate::flows::shared::promotion::plan::{Promotion, Target};
use crate::history::{Before, ReleaseHistory};
use crate::ids::WorkspaceId;
use crate::report::{Outcome, Output, RunResult};
use crate::route::Route;
use crate::steps::switch::{RouteChange, Write, point_all};
use crate::steps::warm_up::warm_up;
use crate::steps::{RunContext, changes, stage, workspace};
use crate::undo::{Journal, Switched};
use served::serves;
use watcher::{Why, watch};

/// Tells what serves before the release.
pub(crate) fn tell_before(promotion: &Promotion, ctx: &RunContext<'_>) {
    let commit = promotion.live_commit.clone();
    ctx.report.before(promotion.describe_before(), commit);
    ctx.report.serves(promotion.url());
}

/// Tells what people reach now.
pub(crate) fn tell_released(promotion: &Promotion, commit: &str, ctx: &RunContext<'_>) {
    ctx.report.set(Output::Commit, commit);
    ctx.report.set(Output::Url, promotion.url());
    note_version(ctx);
}

/// After a good release: what went live, what served before, earlier releases, and the way back. The workspace was cloned
/// from `git_url`.
pub(crate) fn released(
    promotion: &Promotion,
    id: WorkspaceId,
    git_url: Option<&str>,
    ctx: &RunContext<'_>,
) -> RunResult {
    if !ctx.left_to_job {
        hold::lift(promotion, id, ctx);
    }
    let before = promotion.live_commit.as_deref();
    let asked: Vec<WorkspaceId> = iter::once(id).chain(promotion.before()).collect();
    changes::tell(ctx, &asked, git_url, before);
    let after = if ctx.left_to_job {
        to_job::leave(promotion, id, ctx)
    } else {
        follow_up(promotion, id, Duration::ZERO, ctx)
    };
    let state = format!("{} from workspace {id}. {after}", promotion.serving());
    RunResult::good(Outcome::Released, state)
}

/// Points all routes at the candidate, and makes sure that it serves there.
pub(crate) fn promote(
    promotion: &Promotion,
    candidate: &Candidate,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    let id = candidate.workspace.id;
    let step = ctx.report;
    if !promotion.inputs.warm_up.is_empty() {
        step.step("Warm up", || {
            warm_up(ctx, &candidate.workspace, &promotion.inputs.warm_up)
        })?;
    }
    let canary = promotion.canary();
    if let Some(time) = canary {
        share(promotion, candidate, time, ctx, journal)?;
    }
    step.step("Switch the domain", || {
        let from = |target: &Target| match canary {
            Some(_) => target.shared_with(id),
            None => target.before.clone(),
        };
        match canary {
            Some(_) => still_up(candidate, ctx)?,
            None => begin(promotion, candidate, ctx, journal)?,
        }
        change(
            promotion,
            id,
            |target| (from(target), vec![id]),
            ctx,
            journal,
        )
    })?;
    serves(promotion, candidate, ctx)?;
    let Some(wanted) = &promotion.inputs.watch else {
        return Ok(());
    };
    step.step("Watch the new version", || {
        watch(Why::Watch, wanted.time, promotion, candidate, ctx)
    })
}

/// Lets old and new serve together for so long, and watches both.
fn share(
    promotion: &Promotion,
    candidate: &Candidate,
    time: Duration,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    let (step, id) = (ctx.report, candidate.workspace.id);
    step.step("Share traffic", || {
        begin(promotion, candidate, ctx, journal)?;
        let lists = |target: &Target| (target.before.clone(), target.shared_with(id));
        change(promotion, id, lists, ctx, journal)
    })?;
    step.step("Watch old and new", || {
        watch(Why::Canary, time, promotion, candidate, ctx)
    })
}

/// Points all routes back at a workspace that has served there. What it remembers stays as it is: it tells what served
/// before that workspace, so that the next rollback goes one further back.
pub(crate) fn point_back(
    promotion: &Promotion,
    candidate: &Candidate,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    ctx.report.step("Switch the domain", || {
        let id = candidate.workspace.id;
        let lists = |target: &Target| (target.before.clone(), vec![id]);
        change(promotion, id, lists, ctx, journal)
    })?;
    serves(promotion, candidate, ctx)
}

/// Notes what must be known for a rollback, here and in the workspace; and looks at `run` for the last time.
fn begin(
    promotion: &Promotion,
    candidate: &Candidate,
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    let released_before = !candidate.history.routes.is_empty();
    let remembered = released_before.then(|| candidate.history.clone());
    journal.promotes(
        promotion.team,
        candidate.workspace.id,
        remembered,
        &ctx.before,
    );
    remember_previous(ctx, promotion, candidate)?;
    still_up(candidate, ctx)?;
    hold::check_again(promotion, ctx)
}

/// Points all routes from one list to the other.
fn change(
    promotion: &Promotion,
    id: WorkspaceId,
    lists: impl Fn(&Target) -> (Vec<WorkspaceId>, Vec<WorkspaceId>),
    ctx: &RunContext<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    let change_of = |target: &Target| {
        let (from, to) = lists(target);
        let route = target.route.clone();
        RouteChange { route, from, to }
    };
    let changes: Vec<RouteChange> = promotion.targets.iter().map(change_of).collect();
    let mut noted = Vec::new();
    point_all(ctx, promotion.team, &changes, |write, changes| {
        let its = |route: &Route| changes.iter().any(|change| change.route == *route);
        let Write::Begins(domain) = write else {
            noted.retain(&its);
            return journal.did_not_switch(&noted);
        };
        if !journal.is_promoting() {
            journal.promotes(promotion.team, id, None, &ctx.before);
        }
        let switched = promotion.targets.iter().filter(|target| its(&target.route));
        let switched = switched.map(|target| Switched {
            route: target.route.clone(),
            before: target.before.clone(),
        });
        noted.extend(journal.switches(switched, domain));
    })
}

/// A stage of a workspace whose build machine sleeps cannot be looked at; its development domain was asked.
fn still_up(candidate: &Candidate, ctx: &RunContext<'_>) -> Result<(), Failure> {
    if !candidate.is_awake {
        return Ok(());
    }
    stage::still_up(ctx, candidate.workspace.id, &candidate.profile)
}

/// The release history that a rollback follows: what each route pointed at before this release.
fn remember_previous(
    ctx: &RunContext<'_>,
    promotion: &Promotion,
    candidate: &Candidate,
) -> Result<(), Failure> {
    let routes = promotion.targets.iter().map(|target| Before {
        domain: target.route.domain.clone(),
        path: target.route.path.clone(),
        workspaces: target.before.clone(),
    });
    let history = ReleaseHistory {
        routes: routes.collect(),
        profile: candidate.history.profile.clone(),
    };
    let mut variables = vec![history.to_variable()];
    variables.extend(candidate.may_hold.then(crate::hold::none));
    workspace::set_env(ctx, candidate.workspace.id, &variables)
}
