//! The preview flow: a pull request's own workspace, made, updated in place, and removed once the pull request is
//! closed. Production is not touched.

mod checks;
mod given;
mod plan;
mod way;

use crate::failure::Failure;
use crate::flows::flow::{Flow, Plan};
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::recovery::{believe_update, recover_launched, restore};
use crate::ids::CommitId;
use crate::inputs::groups::Settings;
use crate::inputs::reader::Reader;
use crate::owner::Purpose;
use crate::release::Health;
use crate::report::RunResult;
use crate::steps::RunContext;
use crate::steps::label::label_of;
use crate::undo::record::distrusted;
use crate::undo::{Made, Recovery, Update};
use given::PreviewFlow;
use plan::PreviewPlan;

/// Reads the flow's inputs.
pub(super) fn read(reader: &mut Reader) -> Option<Box<dyn Flow>> {
    Some(Box::new(PreviewFlow::read(reader)?))
}

impl Flow for PreviewFlow {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn plan(&self, preflight: &mut Preflight<'_>) -> Option<Box<dyn Plan>> {
        Some(Box::new(checks::preview(self, preflight)?))
    }

    fn recover(&self, made: &Made, ctx: &RunContext<'_>) -> Result<Recovery, Failure> {
        match made {
            Made::Release(_) => recover_launched(made, &[], self.settings.on_failure, ctx),
            Made::Update(update) => {
                believe_preview(update, ctx)?;
                Ok(restore(update, &self.code.build, ctx))
            }
        }
    }
}

impl Plan for PreviewPlan {
    fn describe(&self, health: Option<&Health>) -> Vec<String> {
        self.describe(health)
    }

    fn commit(&self) -> Option<&CommitId> {
        self.commit()
    }

    fn run(&self, ctx: &RunContext<'_>) -> RunResult {
        way::run(self, ctx)
    }
}

/// It must be a workspace of the pull request that this run is about.
fn believe_preview(update: &Update, ctx: &RunContext<'_>) -> Result<(), Failure> {
    let number = ctx.context.pull_request.as_ref().map(|its| its.number);
    let workspace = ctx
        .api
        .workspace(update.workspace)
        .map_err(|error| error.while_doing("reading the preview's workspace"))?;
    let label = label_of(&workspace);
    let is_its = label.is_some_and(|label| {
        label.repository.is(&ctx.context.repository)
            && number.is_some_and(|number| label.purpose == Purpose::PullRequest(number))
    });
    if !is_its {
        return Err(distrusted(&format!(
            "workspace {} is no preview of this run's pull request",
            update.workspace
        )));
    }
    believe_update(update, update.workspace, ctx)
}
