//! Owns what a clean-up will do: every workspace judged, by reading only.

use crate::codesphere::client::Client;
use crate::context::Context;
use crate::flows::plan::Plan;
use crate::flows::shared::preflight::Findings;
use crate::flows::shared::preflight::team;
use crate::ids::TeamId;
use crate::inputs::Cleanup;
use crate::steps::retention::{Policy, Scope, Verdict, decide, survey};

/// The cleanup flow's plan.
#[derive(Debug, Clone)]
pub struct CleanupPlan {
    /// The team that owns the workspaces.
    pub team: TeamId,
    /// What becomes of each.
    pub verdicts: Vec<Verdict>,
}

/// Judges this repository's workspaces, or tells what forbids that.
pub(crate) fn cleanup(
    flow: &Cleanup,
    context: &Context,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Plan> {
    let team = team(&flow.team, api, findings)??;
    let policy = Policy {
        team: team.id,
        repository: context.repository.clone(),
        scope: if flow.places.is_empty() {
            Scope::All
        } else {
            Scope::Places(flow.places.clone())
        },
        keep: flow.keep_releases,
        preview_max_age: Some(flow.preview_max_age),
    };
    let survey = findings.take(survey(api, &policy))?;
    Some(Plan::Cleanup(Box::new(CleanupPlan {
        team: team.id,
        verdicts: decide(&policy, &survey),
    })))
}

impl CleanupPlan {
    pub(crate) fn describe(&self) -> Vec<String> {
        if self.verdicts.is_empty() {
            return vec!["There is no workspace of this repository to judge.".to_owned()];
        }
        self.verdicts.iter().map(ToString::to_string).collect()
    }
}
