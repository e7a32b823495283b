//! Owns which team and which plan are meant by an id or a name.

use crate::codesphere::types::{Plan as WorkspacePlan, Team};
use crate::failure::{Failure, Reason};
use crate::ids::TeamId;
use crate::release::IdOrName;
use crate::release::NewWorkspaceInputs;
use crate::text::{count, list, names};

pub(crate) fn find_team(wanted: &IdOrName, teams: &[Team]) -> Result<Team, Failure> {
    let found: Vec<&Team> = teams
        .iter()
        .filter(|team| match wanted {
            IdOrName::Id(id) => team.id == TeamId(*id),
            IdOrName::Name(name) => team.name == *name,
        })
        .collect();
    let all = || {
        names(
            teams
                .iter()
                .map(|team| format!("{} ({})", team.name, team.id)),
        )
    };
    match found.as_slice() {
        [team] => Ok((*team).clone()),
        [] => Err(Failure::new(
            Reason::NotFound,
            format!(
                "The owner of `api-token` belongs to no team {wanted}. Theirs are: {}.",
                all()
            ),
            "Check `team` (upper and lower case count), or use a key of a member of that team.",
        )),
        several => Err(Failure::new(
            Reason::Refused,
            format!(
                "There are several teams {wanted}: {}.",
                list(several.iter().map(|team| team.id))
            ),
            "Give the team's id as `team`.",
        )),
    }
}

/// Only where `may_sleep` will an on-demand plan do; of two of the same title the always-on one is taken.
pub(crate) fn find_plan(
    new: &NewWorkspaceInputs,
    may_sleep: bool,
    plans: &[WorkspacePlan],
) -> Result<WorkspacePlan, Failure> {
    let named = |plan: &&WorkspacePlan| match &new.plan {
        IdOrName::Id(id) => plan.id.0 == *id,
        IdOrName::Name(title) => plan.title == *title,
    };
    let fits = |plan: &WorkspacePlan| {
        !plan.deprecated
            && (may_sleep || !plan.characteristics.on_demand)
            && plan.max_replicas.is_none_or(|most| new.replicas <= most)
    };
    let found: Vec<&WorkspacePlan> = plans.iter().filter(named).collect();
    let fitting = found.iter().filter(|plan| fits(plan));
    if let Some(plan) = fitting.min_by_key(|plan| plan.characteristics.on_demand) {
        return Ok((*plan).clone());
    }
    let good: Vec<String> = plans
        .iter()
        .filter(|plan| fits(plan))
        .map(|plan| format!("{} ({})", plan.title, plan.id))
        .collect();
    let (reason, what, most) = unfit(new, may_sleep, &found);
    let others = if good.is_empty() {
        format!("No plan would do with `replicas: {}`.", new.replicas)
    } else {
        format!("Plans that would do: {}.", names(&good))
    };
    let next = match most {
        Some(most) => format!("Lower `replicas` to {most}, or choose another `plan`. {others}"),
        None => {
            format!("Check `plan` (upper and lower case count), or choose another. {others}")
        }
    };
    Err(Failure::new(reason, what, next))
}

/// Why none of the plans of that name will do; and where it is for its replicas, how many one of them allows.
fn unfit(
    new: &NewWorkspaceInputs,
    may_sleep: bool,
    found: &[&WorkspacePlan],
) -> (Reason, String, Option<u32>) {
    let plan = &new.plan;
    let awake = found
        .iter()
        .find(|plan| may_sleep || !plan.characteristics.on_demand);
    match awake {
        None if found.is_empty() => (
            Reason::NotFound,
            format!("There is no workspace plan {plan}."),
            None,
        ),
        None => (
            Reason::Refused,
            format!(
                "The plan {plan} is on-demand: its workspaces sleep when idle, which production must not. Only a workspace that does no more than build a landscape may; `landscape: true` says that it is one."
            ),
            None,
        ),
        Some(found) if found.deprecated => (
            Reason::Refused,
            format!("The plan {plan} is no longer offered."),
            None,
        ),
        Some(found) => {
            let most = count(found.max_replicas.unwrap_or_default(), "replica");
            (
                Reason::Refused,
                format!(
                    "The plan {plan} allows at most {most}, but `replicas` is {}.",
                    new.replicas
                ),
                found.max_replicas,
            )
        }
    }
}
