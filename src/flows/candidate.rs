//! The candidate flow: a new version alongside the one that serves, for the flow `promote` to bring to a domain later.
//! Production is not touched.

use crate::failure::Failure;
use crate::flows::flow::{Flow, Plan};
use crate::flows::shared::alongside::Alongside;
use crate::flows::shared::build::tell_on_dev_domain;
use crate::flows::shared::candidate::{self, Candidate};
use crate::flows::shared::failed::{UNTOUCHED, or_undo};
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::recovery::recover_launched;
use crate::inputs::groups::{Settings, code, name, new_workspace};
use crate::inputs::places::places;
use crate::inputs::reader::Reader;
use crate::inputs::values;
use crate::owner::Purpose;
use crate::release::{Creation, Health, Work};
use crate::report::{Ending, Outcome};
use crate::route::Place;
use crate::steps::{Tools, workspace};
use crate::text::list;
use crate::undo::{Journal, Made, Undone};

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
    places: Vec<Place>,
}

/// Reads the flow's inputs.
pub(super) fn read(reader: &mut Reader) -> Option<Box<dyn Flow>> {
    let team = reader.required("team", values::id_or_name);
    let places = places(reader, false);
    let name = name(reader);
    let new = new_workspace(reader, name);
    let code = code(reader, true);
    let settings = Settings::of_building(reader);
    Some(Box::new(CandidateFlow {
        alongside: Alongside {
            team: team?,
            places: places?,
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
        Some(Box::new(CandidatePlan {
            creation: found.creation?,
            work: found.work,
            places: self.alongside.places.clone(),
        }))
    }

    fn recover(&self, made: &Made, tools: &Tools<'_>) -> Result<Undone, Failure> {
        recover_launched(made, &[], self.settings.on_failure, tools)
    }
}

impl Plan for CandidatePlan {
    fn describe(&self, health: Option<&Health>) -> Vec<String> {
        let mut lines = self.creation.describe(&self.work, health);
        let meant_for = if self.places.is_empty() {
            String::new()
        } else {
            format!(" to {}", list(&self.places))
        };
        lines.push(format!(
            "Leave it running beside what serves, for the flow `promote` to bring it{meant_for}."
        ));
        lines.push(self.work.on_failure.describe().to_owned());
        lines
    }

    fn commit(&self) -> Option<&String> {
        self.work.commit.as_ref()
    }

    fn run(&self, tools: &Tools<'_>) -> Ending {
        or_undo(
            tools,
            self.work.on_failure,
            |journal| self.ready(tools, journal),
            |candidate| {
                let (id, commit) = (candidate.workspace.id, candidate.commit);
                let state = format!(
                    "Workspace {id} runs commit {commit} beside what serves. To bring it to a domain, run the flow `promote` with `workspace-id: {id}`."
                );
                Ending::good(Outcome::Ready, state)
            },
            || UNTOUCHED,
        )
    }
}

impl CandidatePlan {
    fn ready(&self, tools: &Tools<'_>, journal: &mut Journal<'_>) -> Result<Candidate, Failure> {
        let purpose = Purpose::serve(&self.places);
        let candidate = candidate::make(&self.creation, &self.work, purpose, tools, journal)?;
        if candidate.link.profile.is_some() {
            tools
                .report
                .step("Note the profile", || note_profile(&candidate, tools))?;
        }
        tell_on_dev_domain(tools, &candidate.workspace, &candidate.commit);
        candidate::finish(candidate.workspace.id, self.creation.team, tools, journal);
        Ok(candidate)
    }
}

/// Whoever brings it onto its places, or back there, must know how it is started.
fn note_profile(candidate: &Candidate, tools: &Tools<'_>) -> Result<(), Failure> {
    let variable = candidate.link.to_variable();
    workspace::set_env(tools, candidate.workspace.id, &[variable])
}
