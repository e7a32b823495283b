//! Owns the checks before a rollback: reads only, and each thing once, for it is urgent.

use crate::codesphere::client::Client;
use crate::codesphere::types::{Team, Workspace};
use crate::context::Context;
use crate::failure::{Failure, Reason};
use crate::flows::plan::{Plan, RollbackPlan};
use crate::flows::promote::checks::{check_mark, check_team};
use crate::flows::rollback::releases::Releases;
use crate::flows::rollback::target::{Missing, remembered};
use crate::flows::shared::domains::{Home, targets};
use crate::flows::shared::preflight;
use crate::flows::shared::preflight::Findings;
use crate::flows::shared::promotion::plan::{Promotion, Target};
use crate::flows::shared::standing::Standing;
use crate::flows::shared::standing::everywhere;
use crate::ids::{TeamId, WorkspaceId};
use crate::inputs::{IfSuperseded, Previous, PromotionInputs, Rollback};
use crate::owner::Mark;
use crate::release::Health;
use crate::release::IdOrName;

/// Makes the plan, or tells all that forbids it.
pub(crate) fn rollback(
    flow: &Rollback,
    health: Option<Health>,
    context: &Context,
    api: &Client<'_>,
    findings: &mut Findings,
) -> Option<Plan> {
    let team = team(&flow.team, api, findings)?;
    let search = Search {
        flow,
        team: &team,
        context,
        api,
    };
    let (workspace, targets) = match flow.workspace {
        Some(id) => search.wished(id, findings),
        None => search.before(findings),
    }?;
    Some(Plan::Rollback(Box::new(RollbackPlan {
        promotion: promotion(flow, &team, &workspace, targets, context),
        workspace,
        workspace_timeout: flow.workspace_timeout,
        health,
    })))
}

fn promotion(
    flow: &Rollback,
    team: &Team,
    workspace: &Workspace,
    targets: Vec<Target>,
    context: &Context,
) -> Promotion {
    let standing = if everywhere(&targets, workspace.id) {
        Standing::There(workspace.id)
    } else {
        Standing::ToBeReleased
    };
    Promotion {
        team: team.id,
        repository: context.repository.clone(),
        targets,
        standing,
        live_commit: None,
        // What served until now is always kept, and an older release is what is wanted.
        inputs: PromotionInputs {
            switch_timeout: flow.switch_timeout,
            previous: Previous::Keep,
            if_superseded: IfSuperseded::Release,
            keep_releases: None,
            canary: None,
        },
    }
}

/// A number is taken at its word, which saves a call; [`Search::targets`] looks it up where that was wrong.
fn team(wanted: &IdOrName, api: &Client<'_>, findings: &mut Findings) -> Option<Team> {
    match wanted {
        IdOrName::Id(id) => Some(Team::of_number(TeamId(*id))),
        IdOrName::Name(_) => preflight::team(wanted, api, findings)?,
    }
}

/// What is needed to find the workspace to go back to.
struct Search<'a> {
    flow: &'a Rollback,
    team: &'a Team,
    context: &'a Context,
    api: &'a Client<'a>,
}

impl Search<'_> {
    /// The workspace that `workspace-id` names.
    fn wished(&self, id: WorkspaceId, findings: &mut Findings) -> Option<(Workspace, Vec<Target>)> {
        let workspace = findings.take(self.workspace(id, &[]));
        let home = workspace.as_ref().map_or_else(Home::of_old, Home::of);
        if let Some(workspace) = &workspace {
            check_mark(workspace, &self.flow.places, self.context, findings);
            check_team(workspace, self.team, findings);
        }
        let targets = self.targets(&home, findings);
        Some((workspace?, targets?))
    }

    /// The workspace that served before the one that is live.
    fn before(&self, findings: &mut Findings) -> Option<(Workspace, Vec<Target>)> {
        let targets = self.targets(&Home::of_old(), findings)?;
        let id = remembered(&targets, self.api).map_err(|missing| match missing {
            Missing::Unread(failure) => failure,
            Missing::Nothing(why) => self.no_target(&why, &targets),
        });
        let id = findings.take(id)?;
        let workspace = findings.take(self.workspace(id, &targets))?;
        check_team(&workspace, self.team, findings);
        self.warn_of_another_repository(&workspace, findings);
        Some((workspace, targets))
    }

    fn targets(&self, home: &Home, findings: &mut Findings) -> Option<Vec<Target>> {
        let mut found = Findings::default();
        let targets = targets(&self.flow.places, self.team, home, self.api, &mut found);
        let is_number = matches!(self.flow.team, IdOrName::Id(_));
        let unknown =
            |failure: &Failure| [Reason::NotFound, Reason::Unauthorized].contains(&failure.reason);
        if is_number && found.failures.iter().any(unknown) {
            preflight::team(&self.flow.team, self.api, findings);
        }
        findings.failures.extend(found.failures);
        findings.warnings.extend(found.warnings);
        targets
    }

    fn workspace(&self, id: WorkspaceId, targets: &[Target]) -> Result<Workspace, Failure> {
        self.api.workspace(id).map_err(|error| match error.status() {
            Some(404) => {
                let why = format!("Workspace {id}, to roll back to, does not exist, or the owner of `api-token` cannot see it ({error}).");
                self.no_target(&why, targets)
            }
            _ => error.while_doing("reading the workspace to roll back to"),
        })
    }

    /// It has served there, so it may again: but people should know.
    fn warn_of_another_repository(&self, workspace: &Workspace, findings: &mut Findings) {
        let mark = workspace.welcome_message.as_deref().and_then(Mark::parse);
        let ours = &self.context.repository;
        if let Some(mark) = mark.filter(|mark| !mark.repository.is(ours)) {
            findings.warnings.push(format!(
                "Workspace {}, which served before, was made for the repository {}, not for {ours}.",
                workspace.id, mark.repository
            ));
        }
    }

    fn no_target(&self, why: &str, targets: &[Target]) -> Failure {
        let releases = Releases {
            team: self.team.id,
            repository: &self.context.repository,
            places: &self.flow.places,
        };
        let (found, next) = releases.tell(targets, self.api);
        Failure::new(Reason::NoTarget, format!("{why}\n{found}"), next)
    }
}
