//! Owns the checks before a rollback: reads only, and each thing once, for it is urgent.

use std::mem;
use std::time::Duration;

use crate::codesphere::types::{Team, Workspace};
use crate::failure::{Failure, Reason};
use crate::flows::rollback::given::Rollback;
use crate::flows::rollback::releases::Releases;
use crate::flows::rollback::target::{Missing, remembered};
use crate::flows::rollback::way::RollbackPlan;
use crate::flows::shared::domains::{Home, targets};
use crate::flows::shared::existing::{check_label, check_team};
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::plan::{Promotion, Standing, Target};
use crate::flows::shared::standing::everywhere;
use crate::ids::{TeamId, WorkspaceId};
use crate::inputs::promotion::{IfHeld, IfSuperseded, Previous, PromotionInputs};
use crate::release::IdOrName;
use crate::repository::Repository;
use crate::steps::label::label_of;

/// Makes the plan, or tells all that forbids it.
pub(super) fn rollback(flow: &Rollback, preflight: &mut Preflight<'_>) -> Option<RollbackPlan> {
    let repository = &preflight.context.repository;
    let team = team(preflight, &flow.team)?;
    let mut search = Search {
        flow,
        team: &team,
        preflight,
    };
    let (workspace, targets) = match flow.workspace {
        Some(id) => search.wished(id),
        None => search.before(),
    }?;
    Some(RollbackPlan {
        promotion: promotion(flow, &team, &workspace, targets, repository),
        workspace,
        workspace_timeout: flow.workspace_timeout,
    })
}

fn promotion(
    flow: &Rollback,
    team: &Team,
    workspace: &Workspace,
    targets: Vec<Target>,
    repository: &Repository,
) -> Promotion {
    let standing = if everywhere(&targets, workspace.id) {
        Standing::AlreadyLive(workspace.id)
    } else {
        Standing::ToBeReleased
    };
    Promotion {
        team: team.id,
        repository: repository.clone(),
        // Nothing is deleted.
        app: None,
        targets,
        standing,
        live_commit: None,
        held: None,
        // What served until now is always kept, and an older release is what is wanted.
        inputs: PromotionInputs {
            switch_timeout: flow.switch_timeout,
            previous: Previous::Keep,
            if_superseded: IfSuperseded::Release,
            keep_releases: None,
            freeze: None,
            if_held: IfHeld::Release,
            canary: None,
            warm_up: Vec::new(),
            watch: None,
            drain: Duration::ZERO,
        },
    }
}

/// A number is taken at its word, which saves a call; [`Search::targets`] looks it up where that was wrong.
fn team(preflight: &mut Preflight<'_>, wanted: &IdOrName) -> Option<Team> {
    match wanted {
        IdOrName::Id(id) => Some(Team::of_number(TeamId(*id))),
        IdOrName::Name(_) => preflight.team(wanted)?,
    }
}

/// What is needed to find the workspace to go back to.
struct Search<'a, 'p> {
    flow: &'a Rollback,
    team: &'a Team,
    preflight: &'a mut Preflight<'p>,
}

impl Search<'_, '_> {
    /// The workspace that `workspace-id` names.
    fn wished(&mut self, id: WorkspaceId) -> Option<(Workspace, Vec<Target>)> {
        let (api, reads) = (self.preflight.api, &mut self.preflight.reads);
        reads.begin_workspace(api, id);
        self.preflight
            .begin_domains(&self.flow.team, &self.flow.routes);
        let workspace = self.workspace(id, &[]);
        let workspace = self.preflight.take(workspace);
        let home = workspace.as_ref().map_or_else(Home::of_old, Home::of);
        if let Some(workspace) = &workspace {
            check_label(self.preflight, workspace, &self.flow.routes);
            check_team(self.preflight, workspace, self.team);
        }
        let targets = self.targets(&home);
        Some((workspace?, targets?))
    }

    /// The workspace that served before the one that is live.
    fn before(&mut self) -> Option<(Workspace, Vec<Target>)> {
        let targets = self.targets(&Home::of_old())?;
        let id = remembered(&targets, self.preflight.api).map_err(|missing| match missing {
            Missing::Unread(failure) => failure,
            Missing::Nothing(why) => self.no_target(&why, &targets),
        });
        let id = self.preflight.take(id)?;
        let workspace = self.workspace(id, &targets);
        let workspace = self.preflight.take(workspace)?;
        check_team(self.preflight, &workspace, self.team);
        self.warn_of_another_repository(&workspace);
        Some((workspace, targets))
    }

    fn targets(&mut self, home: &Home) -> Option<Vec<Target>> {
        let (context, api) = (self.preflight.context, self.preflight.api);
        let mut apart = Preflight::new(context, api);
        apart.reads = mem::take(&mut self.preflight.reads);
        let targets = targets(&mut apart, &self.flow.routes, self.team, home);
        let found = apart.findings;
        let is_number = matches!(self.flow.team, IdOrName::Id(_));
        let unknown =
            |failure: &Failure| [Reason::NotFound, Reason::Unauthorized].contains(&failure.reason);
        if is_number && found.failures.iter().any(unknown) {
            self.preflight.team(&self.flow.team);
        }
        self.preflight.findings.add(found);
        targets
    }

    fn workspace(&mut self, id: WorkspaceId, targets: &[Target]) -> Result<Workspace, Failure> {
        let workspace = self.preflight.reads.workspace(self.preflight.api, id);
        workspace.map_err(|error| {
            if !error.is_absence() {
                return error.while_doing("reading the workspace to roll back to");
            }
            let why = format!("Workspace {id}, to roll back to, does not exist, or the owner of `api-token` cannot see it ({error}).");
            self.no_target(&why, targets)
        })
    }

    /// It has served there, so it may again: but people should know.
    fn warn_of_another_repository(&mut self, workspace: &Workspace) {
        let label = label_of(workspace);
        let ours = &self.preflight.context.repository;
        if let Some(label) = label.filter(|label| !label.repository.is(ours)) {
            self.preflight.warn(format!(
                "Workspace {}, which served before, was made for the repository {}, not for {ours}.",
                workspace.id, label.repository
            ));
        }
    }

    fn no_target(&self, why: &str, targets: &[Target]) -> Failure {
        let releases = Releases {
            team: self.team.id,
            repository: &self.preflight.context.repository,
            routes: &self.flow.routes,
        };
        let (found, next) = releases.tell(targets, self.preflight.api);
        Failure::new(Reason::NoTarget, format!("{why}\n{found}"), next)
    }
}
