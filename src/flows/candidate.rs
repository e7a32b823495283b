//! The candidate flow: a new version alongside the one that serves, for the flow `promote` to bring to a domain later.
//! Production is not touched.

use crate::failure::Failure;
use crate::flows::flow::{Flow, Plan};
use crate::flows::shared::alongside::Alongside;
use crate::flows::shared::build::tell_on_dev_domain;
use crate::flows::shared::candidate::{self, Candidate};
use crate::flows::shared::domains::compare_env;
use crate::flows::shared::failed::{UNTOUCHED, or_undo};
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::plan::{Target, serving_at};
use crate::flows::shared::recovery::recover_launched;
use crate::ids::CommitId;
use crate::inputs::groups::{Settings, code, name, new_workspace};
use crate::inputs::reader::Reader;
use crate::inputs::routes::routes;
use crate::inputs::values;
use crate::owner::Purpose;
use crate::release::{Creation, Health, Work};
use crate::report::{Outcome, RunResult};
use crate::route::Route;
use crate::steps::before::Serving;
use crate::steps::{RunContext, workspace};
use crate::text::list;
use crate::undo::{Journal, Made, Recovery};

/// What the flow is given.
#[derive(Debug)]
struct CandidateFlow {
    alongside: Alongside,
    settings: Settings,
}

/// What the flow will do.
struct CandidatePlan {
    creation: Creation,
    work: Work,
    /// Where it is meant to serve; none: that is left open.
    routes: Vec<Route>,
    /// What serves there.
    targets: Vec<Target>,
}

/// Reads the flow's inputs.
pub(super) fn read(reader: &mut Reader) -> Option<Box<dyn Flow>> {
    let team = reader.required("team", values::id_or_name);
    let routes = routes(reader, false);
    let name = name(reader);
    let new = new_workspace(reader, name);
    let code = code(reader, true);
    let settings = Settings::of_building(reader);
    Some(Box::new(CandidateFlow {
        alongside: Alongside {
            team: team?,
            routes: routes?,
            new: new?,
            code: code?,
        },
        settings: settings?,
    }))
}

impl Flow for CandidateFlow {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn plan(&self, preflight: &mut Preflight<'_>) -> Option<Box<dyn Plan>> {
        let found = self.alongside.check(preflight, self.settings.on_failure)?;
        compare_env(preflight, &found.targets, &found.work);
        Some(Box::new(CandidatePlan {
            creation: found.creation?,
            work: found.work,
            routes: self.alongside.routes.clone(),
            targets: found.targets,
        }))
    }

    fn recover(&self, made: &Made, ctx: &RunContext<'_>) -> Result<Recovery, Failure> {
        recover_launched(made, &[], self.settings.on_failure, ctx)
    }
}

impl Plan for CandidatePlan {
    fn describe(&self, health: Option<&Health>) -> Vec<String> {
        let mut lines = self.creation.describe(&self.work, health);
        let meant_for = if self.routes.is_empty() {
            String::new()
        } else {
            format!(" to {}", list(&self.routes))
        };
        lines.push(format!(
            "Leave it running alongside what serves, for the flow `promote` to bring it{meant_for}."
        ));
        lines.push(self.work.on_failure.describe().to_owned());
        lines
    }

    fn commit(&self) -> Option<&CommitId> {
        self.work.commit.as_ref()
    }

    fn serving(&self, health: &Health, _: &RunContext<'_>) -> Vec<Serving> {
        serving_at(&self.targets, health)
    }

    fn run(&self, ctx: &RunContext<'_>) -> RunResult {
        or_undo(
            ctx,
            self.work.on_failure,
            |journal| self.ready(ctx, journal),
            |candidate| {
                let (id, commit) = (candidate.workspace.id, candidate.commit);
                let state = format!(
                    "Workspace {id} runs commit {commit} alongside what serves. To bring it to a domain, run the flow `promote` with `workspace-id: {id}`."
                );
                RunResult::good(Outcome::Ready, state)
            },
            || UNTOUCHED,
        )
    }
}

impl CandidatePlan {
    fn ready(&self, ctx: &RunContext<'_>, journal: &mut Journal<'_>) -> Result<Candidate, Failure> {
        let purpose = Purpose::serve(&self.routes);
        let candidate = candidate::make(&self.creation, &self.work, purpose, ctx, journal)?;
        if candidate.history.profile.is_some() {
            ctx.report
                .step("Note the profile", || note_profile(&candidate, ctx))?;
        }
        tell_on_dev_domain(ctx, &candidate.workspace, &candidate.commit);
        candidate::finish(candidate.workspace.id, self.creation.team, ctx, journal);
        Ok(candidate)
    }
}

/// Whoever brings it onto its routes, or back there, must know how it is started.
fn note_profile(candidate: &Candidate, ctx: &RunContext<'_>) -> Result<(), Failure> {
    let variable = candidate.history.to_variable();
    workspace::set_env(ctx, candidate.workspace.id, &[variable])
}
