//! The simple flow: update one workspace in place. The application is away between stop and start.

use crate::failure::Failure;
use crate::flows::flow::{Flow, Plan};
use crate::flows::shared::event::may_release;
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::recovery::{believe_update, put_back, wrong_flow};
use crate::flows::shared::update::UpdatePlan;
use crate::ids::WorkspaceId;
use crate::inputs::groups::{Code, Settings, code};
use crate::inputs::reader::Reader;
use crate::inputs::values;
use crate::release::Health;
use crate::report::{Ending, Outcome};
use crate::steps::Tools;
use crate::undo::{Made, Undone};

/// What the flow is given.
#[derive(Debug)]
struct Simple {
    workspace: WorkspaceId,
    code: Code,
    settings: Settings,
}

/// Reads the flow's inputs.
pub(super) fn read(reader: &mut Reader) -> Option<Box<dyn Flow>> {
    let workspace = reader.required("workspace-id", values::whole_number);
    let code = code(reader, false);
    let settings = Settings::of_building(reader);
    Some(Box::new(Simple {
        workspace: WorkspaceId(workspace?),
        code: code?,
        settings: settings?,
    }))
}

impl Flow for Simple {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn plan(&self, preflight: &mut Preflight<'_>) -> Option<Box<dyn Plan>> {
        preflight.take(may_release(&self.code, preflight.context))?;
        let work = preflight.work(&self.code, self.settings.on_failure);
        let (workspace, awake) = preflight.existing(self.workspace)?;
        Some(Box::new(UpdatePlan {
            workspace,
            awake,
            work: work?,
        }))
    }

    fn recover(&self, made: &Made, tools: &Tools<'_>) -> Result<Undone, Failure> {
        let Made::Update(update) = made else {
            return Err(wrong_flow());
        };
        believe_update(update, self.workspace, tools)?;
        Ok(put_back(update, &self.code.build, tools))
    }
}

impl Plan for UpdatePlan {
    fn describe(&self, health: Option<&Health>) -> Vec<String> {
        self.describe(health)
    }

    fn commit(&self) -> Option<&String> {
        self.work.commit.as_ref()
    }

    fn run(&self, tools: &Tools<'_>) -> Ending {
        match self.run(tools) {
            Ok(commit) => {
                tools.report.way_back("Open the good run of this workflow before this one and choose \"Re-run all jobs\": it releases its commit again.");
                let id = self.workspace.id;
                Ending::good(
                    Outcome::Released,
                    format!("Workspace {id} runs commit {commit}."),
                )
            }
            Err(ending) => ending,
        }
    }
}
