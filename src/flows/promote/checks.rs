//! Owns the checks before a workspace that is there is brought onto its places: reads only.

use crate::codesphere::client::Client;
use crate::codesphere::types::{Team, Workspace};
use crate::context::Context;
use crate::failure::{Failure, Reason};
use crate::flows::plan::{Plan, PromotePlan};
use crate::flows::shared::domains::{Home, targets};
use crate::flows::shared::preflight::Findings;
use crate::flows::shared::preflight::{existing, team};
use crate::flows::shared::promotion::plan::Promotion;
use crate::flows::shared::standing::standing_of;
use crate::inputs::Promote;
use crate::owner::{Mark, Purpose};
use crate::release::Health;
use crate::route::Place;
use crate::text::list;

/// Makes the plan, or tells all that forbids it.
pub(crate) fn promote(
    flow: &Promote,
    health: Option<Health>,
    context: &Context,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Plan> {
    let team = team(&flow.team, api, findings)?;
    let found = findings.take(existing(flow.workspace, api));
    let mark = found
        .as_ref()
        .and_then(|(workspace, _)| check_mark(workspace, &flow.places, context, findings));
    let team = team?;
    let home = found
        .as_ref()
        .map_or_else(|| Home::of_new(&team), |(workspace, _)| Home::of(workspace));
    if let Some((workspace, _)) = &found {
        check_team(workspace, &team, findings);
    }
    let targets = targets(&flow.places, &team, &home, api, findings);
    let ((workspace, awake), targets) = (found?, targets?);
    let live = standing_of(workspace.id, mark.as_ref(), &targets, context, api);
    let live = findings.take(live)?;
    Some(Plan::Promote(Box::new(PromotePlan {
        workspace,
        awake,
        workspace_timeout: flow.workspace_timeout,
        health,
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

pub(crate) fn check_team(workspace: &Workspace, team: &Team, findings: &mut Findings) {
    let its = workspace.team_id;
    if its != team.id {
        findings.failures.push(Failure::new(
            Reason::Refused,
            format!(
                "Workspace {} belongs to team {its}, not to {team}.",
                workspace.id
            ),
            "Check `workspace-id` and `team`: a domain leads to workspaces of its own team only.",
        ));
    }
}

/// Gives the workspace's mark; refuses what was made by somebody else, or for something else.
pub(crate) fn check_mark(
    workspace: &Workspace,
    places: &[Place],
    context: &Context,
    findings: &mut Findings,
) -> Option<Mark> {
    let id = workspace.id;
    let Some(mark) = workspace.welcome_message.as_deref().and_then(Mark::parse) else {
        findings.warnings.push(format!(
            "Workspace {id} was not made by this action: nothing is known of what it is meant for."
        ));
        return None;
    };
    if !mark.repository.is(&context.repository) {
        findings.failures.push(Failure::new(
            Reason::Refused,
            format!(
                "Workspace {id} was made for the repository {}, not for {}.",
                mark.repository, context.repository
            ),
            "Check `workspace-id`.",
        ));
    }
    if let Some(other) = meant_for_else(&mark.purpose, places) {
        findings.failures.push(Failure::new(
            Reason::Refused,
            format!(
                "Workspace {id} is meant for {other}, not for {}.",
                list(places)
            ),
            "Check `workspace-id`, `domain` and `path`, or make a candidate for this place; one that is made without `domain` fits every place.",
        ));
    }
    Some(mark)
}

/// What it is meant for, in words, where that is not exactly `places`.
pub(crate) fn meant_for_else(purpose: &Purpose, places: &[Place]) -> Option<String> {
    match purpose {
        Purpose::Places(its) if its.is_empty() || *purpose == Purpose::serve(places) => None,
        Purpose::Places(its) => Some(list(its)),
        Purpose::PullRequest(number) => Some(format!("the preview of pull request {number}")),
    }
}
