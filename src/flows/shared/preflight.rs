//! Owns the checks before anything is written: reads only, and all that is wrong told together.

use crate::codesphere::client::Client;
use crate::codesphere::types::{Team, Workspace};
use crate::context::Context;
use crate::failure::{Failure, Reason};
use crate::flows::cleanup::plan::cleanup;
use crate::flows::plan::{CandidatePlan, Plan, SimplePlan, ZeroDowntimePlan};
use crate::flows::preview::checks::preview;
use crate::flows::promote::checks::promote;
use crate::flows::rollback::checks::rollback;
use crate::flows::shared::choices::find_team;
use crate::flows::shared::creation::creation;
use crate::flows::shared::domains::{Home, compare_env, targets};
use crate::flows::shared::event::may_build;
use crate::flows::shared::promotion::plan::{Promotion, Target};
use crate::flows::shared::standing::standing;
use crate::ids::WorkspaceId;
use crate::inputs::values;
use crate::inputs::{Candidate, Code, Flow, Inputs, ZeroDowntime};
use crate::release::Creation;
use crate::release::IdOrName;
use crate::release::NewWorkspaceInputs;
use crate::release::Work;
use crate::route::Place;
use crate::text::shortened;

/// What the checks found besides the plan.
#[derive(Debug, Default)]
pub struct Findings {
    /// What forbids the release.
    pub failures: Vec<Failure>,
    /// What the reader should know.
    pub warnings: Vec<String>,
}

impl Findings {
    pub(crate) fn take<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        result.map_err(|failure| self.failures.push(failure)).ok()
    }
}

/// Makes the plan, or says all that forbids it.
#[must_use]
pub fn prepare(inputs: &Inputs, context: &Context, api: &Client<'_>) -> (Option<Plan>, Findings) {
    let mut findings = Findings::default();
    for name in &inputs.unused {
        findings.warnings.push(format!(
            "The input `{name}` is given, but the flow does not use it. Is `flow` what you mean?"
        ));
    }
    if let Err(refused) = may_build(&inputs.flow, context) {
        findings.failures.push(refused);
        return (None, findings);
    }
    let mut work = |code: &Code| findings.take(work(code, inputs, context));
    let plan = match &inputs.flow {
        Flow::Simple(flow) => {
            let work = work(&flow.code);
            simple(flow.workspace, work, api, &mut findings)
        }
        Flow::ZeroDowntime(flow) => {
            let work = work(&flow.code);
            zero_downtime(flow, work, context, api, &mut findings)
        }
        Flow::Promote(flow) => {
            let health = inputs.health.clone();
            promote(flow, health, context, api, &mut findings)
        }
        Flow::Rollback(flow) => {
            let health = inputs.health.clone();
            rollback(flow, health, context, api, &mut findings)
        }
        Flow::Cleanup(flow) => cleanup(flow, context, api, &mut findings),
        Flow::Candidate(flow) => {
            let work = work(&flow.code);
            candidate(flow, work, context, api, &mut findings)
        }
        Flow::Preview(flow) => preview(flow, inputs, context, api, &mut findings),
    };
    (plan.filter(|_| findings.failures.is_empty()), findings)
}

pub(crate) fn work(code: &Code, inputs: &Inputs, context: &Context) -> Result<Work, Failure> {
    let source = &code.source;
    let missing = |input: &str| {
        Failure::new(
            Reason::InvalidInput,
            format!(
                "The event that started this run names no {input}, and the input `{input}` is blank."
            ),
            format!("Give the input `{input}`."),
        )
    };
    let branch = match (&source.branch, &context.branch) {
        (Some(given), _) => given.clone(),
        (None, Some(of_event)) => usable(of_event)?,
        (None, None) => return Err(missing("branch")),
    };
    let assumed = source.branch.is_none() && !source.elsewhere;
    let commit = match &source.commit {
        Some(commit) => Some(commit.clone()),
        None if assumed => Some(context.commit.clone().ok_or_else(|| missing("commit"))?),
        None => None,
    };
    Ok(Work {
        remote: source.remote.clone(),
        branch,
        default_because: context.default_because.clone().filter(|_| assumed),
        commit,
        build: code.build.clone(),
        health: inputs.health.clone(),
        on_failure: inputs.on_failure,
    })
}

/// The branch that the event names, by the rules of the input `branch`: strangers may have chosen it.
fn usable(branch: &str) -> Result<String, Failure> {
    values::branch(branch).map_err(|good| {
        Failure::new(
            Reason::Refused,
            format!(
                "The event that started this run names a branch that git could take for something else: \"{}\".",
                shortened(branch, 80)
            ),
            format!("Rename the branch. Good: {good}."),
        )
    })
}

fn simple(
    id: WorkspaceId,
    work: Option<Work>,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Plan> {
    let (workspace, awake) = findings.take(existing(id, api))?;
    Some(Plan::Simple(Box::new(SimplePlan {
        workspace,
        awake,
        work: work?,
    })))
}

/// A workspace that the inputs name, and whether it is awake.
pub(crate) fn existing(id: WorkspaceId, api: &Client<'_>) -> Result<(Workspace, bool), Failure> {
    let workspace = api.workspace(id).map_err(|error| match error.status() {
        Some(404) => Failure::new(
            Reason::NotFound,
            format!("There is no workspace {id} that the owner of `api-token` can see ({error})."),
            "Check `workspace-id`: it is the number in the workspace's address in Codesphere.",
        ),
        _ => error.while_doing("reading the workspace"),
    })?;
    let awake = api
        .is_running(id)
        .map_err(|error| error.while_doing("reading whether the workspace runs"))?;
    Ok((workspace, awake))
}

/// What every new version beside needs: the team, the workspace to make, what happens in it, and where it is meant to
/// serve, compared with what serves there.
fn beside(
    (team_wanted, new, places): (&IdOrName, &NewWorkspaceInputs, &[Place]),
    work: Option<Work>,
    context: &Context,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<(Team, Option<Creation>, Work, Vec<Target>)> {
    let team = team(team_wanted, api, findings)?;
    let (owner, wanted) = (team.as_ref(), work.as_ref());
    let creation = creation(new, None, owner, wanted, context, api, findings);
    let (team, work) = (team?, work?);
    let targets = targets(places, &team, &Home::of_new(&team), api, findings)?;
    compare_env(&targets, &work, api, findings);
    Some((team, creation, work, targets))
}

fn zero_downtime(
    flow: &ZeroDowntime,
    work: Option<Work>,
    context: &Context,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Plan> {
    let wanted = (&flow.team, &flow.new, flow.places.as_slice());
    let (team, creation, work, targets) = beside(wanted, work, context, api, findings)?;
    let live = findings.take(standing(&targets, &work, context, api))?;
    Some(Plan::ZeroDowntime(Box::new(ZeroDowntimePlan {
        creation: creation?,
        work,
        promotion: Promotion {
            team: team.id,
            repository: context.repository.clone(),
            targets,
            standing: live.standing,
            live_commit: live.commit,
            inputs: flow.promotion.clone(),
        },
    })))
}

fn candidate(
    flow: &Candidate,
    work: Option<Work>,
    context: &Context,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Plan> {
    let wanted = (&flow.team, &flow.new, flow.places.as_slice());
    let (_, creation, work, _) = beside(wanted, work, context, api, findings)?;
    Some(Plan::Candidate(Box::new(CandidatePlan {
        creation: creation?,
        work,
        places: flow.places.clone(),
    })))
}

/// The outer `Option`: whether teams could be read. Where the token or the network fails, the other questions would
/// only fail alike.
#[expect(
    clippy::option_option,
    reason = "unreadable and unknown are different things"
)]
pub(crate) fn team(
    wanted: &IdOrName,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Option<Team>> {
    let teams = findings.take(
        api.teams()
            .map_err(|error| error.while_doing("reading your teams")),
    )?;
    Some(findings.take(find_team(wanted, &teams)))
}
