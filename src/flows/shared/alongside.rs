//! The checks that every new version alongside needs.

use crate::codesphere::types::Team;
use crate::flows::shared::creation::creation;
use crate::flows::shared::domains::{Home, targets};
use crate::flows::shared::event::may_release;
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::plan::Target;
use crate::ids::TeamId;
use crate::inputs::groups::Code;
use crate::release::{Creation, IdOrName, NewWorkspaceInputs, OnFailure, Work};
use crate::route::Route;

/// What a new version alongside is given.
#[derive(Debug, Clone)]
pub(crate) struct Alongside {
    /// The team that owns the domain and will own the workspace.
    pub(crate) team: IdOrName,
    /// Where it is meant to serve; none: wherever somebody promotes it to.
    pub(crate) routes: Vec<Route>,
    /// What the new workspace is made of.
    pub(crate) new: NewWorkspaceInputs,
    /// What happens in it.
    pub(crate) code: Code,
}

/// What was found for it.
pub(crate) struct Found {
    pub(crate) team: Team,
    pub(crate) creation: Option<Creation>,
    pub(crate) work: Work,
    pub(crate) targets: Vec<Target>,
}

impl Alongside {
    /// Begins to read what of the team is looked at, each once.
    fn begin(&self, preflight: &mut Preflight<'_>, team: TeamId) {
        let (api, reads) = (preflight.api, &mut preflight.reads);
        reads.begin_domains(api, team, &self.routes);
        if let Some(name) = &self.new.shared_vault {
            reads.begin_shared_vault(api, team, name);
        }
    }

    /// The team, the workspace to make, what happens in it, and where it is meant to serve, compared with what serves
    /// there.
    pub(crate) fn check(
        &self,
        preflight: &mut Preflight<'_>,
        on_failure: OnFailure,
    ) -> Option<Found> {
        preflight.take(may_release(&self.code, preflight.context))?;
        let work = preflight.work(&self.code, on_failure);
        preflight.reads.begin_plans(preflight.api);
        if let IdOrName::Id(team) = &self.team {
            self.begin(preflight, TeamId(*team));
        }
        let team = preflight.team(&self.team)?;
        if let Some(team) = &team {
            self.begin(preflight, team.id);
        }
        let creation = creation(preflight, &self.new, None, team.as_ref(), work.as_ref());
        let (team, work) = (team?, work?);
        let targets = targets(preflight, &self.routes, &team, &Home::of_new(&team))?;
        Some(Found {
            team,
            creation,
            work,
            targets,
        })
    }
}
