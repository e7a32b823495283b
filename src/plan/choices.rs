//! Owns which team and which plan are meant by an id or a name.

use crate::codesphere::types::{Plan as WorkspacePlan, Team, TeamId};
use crate::failure::{Failure, Reason};
use crate::inputs::NewWorkspaceInputs;
use crate::inputs::values::IdOrName;
use crate::text::{count, list};

pub(super) fn find_team(wanted: &IdOrName, teams: &[Team]) -> Result<Team, Failure> {
    let found: Vec<&Team> = teams
        .iter()
        .filter(|team| match wanted {
            IdOrName::Id(id) => team.id == TeamId(*id),
            IdOrName::Name(name) => team.name == *name,
        })
        .collect();
    let all = || {
        list(
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

pub(super) fn find_plan(
    new: &NewWorkspaceInputs,
    plans: &[WorkspacePlan],
) -> Result<WorkspacePlan, Failure> {
    let named = |plan: &&WorkspacePlan| match &new.plan {
        IdOrName::Id(id) => plan.id.0 == *id,
        IdOrName::Name(title) => plan.title == *title,
    };
    let fits = |plan: &WorkspacePlan| {
        !plan.deprecated
            && !plan.characteristics.on_demand
            && plan.max_replicas.is_none_or(|most| new.replicas <= most)
    };
    let good = || {
        let good = plans.iter().filter(|plan| fits(plan));
        format!(
            "Plans that would do: {}.",
            list(good.map(|plan| format!("{} ({})", plan.title, plan.id)))
        )
    };
    let refused = |what: String| {
        Err(Failure::new(
            Reason::Refused,
            what,
            format!("Choose another `plan`. {}", good()),
        ))
    };
    let found: Vec<&WorkspacePlan> = plans.iter().filter(named).collect();
    if let Some(plan) = found.iter().find(|plan| fits(plan)) {
        return Ok((*plan).clone());
    }
    let plan = &new.plan;
    let always_on = found.iter().find(|plan| !plan.characteristics.on_demand);
    match (always_on, found.first()) {
        (None, None) => Err(Failure::new(
            Reason::NotFound,
            format!("There is no workspace plan {plan}."),
            format!("Check `plan` (upper and lower case count). {}", good()),
        )),
        (None, Some(_)) => refused(format!(
            "The plan {plan} is on-demand: its workspaces sleep when idle, which production must not."
        )),
        (Some(found), _) if found.deprecated => {
            refused(format!("The plan {plan} is no longer offered."))
        }
        (Some(found), _) => refused(format!(
            "The plan {plan} allows at most {}, but `replicas` is {}.",
            count(found.max_replicas.unwrap_or_default(), "replica"),
            new.replicas
        )),
    }
}
