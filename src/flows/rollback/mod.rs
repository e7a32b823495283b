//! The rollback flow: bring back what its routes served before. It makes nothing, deletes nothing, and is quick.

mod afterwards;
mod checks;
mod given;
mod releases;
mod target;
mod way;

use crate::failure::Failure;
use crate::flows::flow::{Flow, Plan};
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::recovery::{believe_promotion, restore_routes};
use crate::history::ReleaseHistory;
use crate::inputs::groups::Settings;
use crate::inputs::reader::Reader;
use crate::steps::RunContext;
use crate::undo::record::distrusted;
use crate::undo::{Made, Promoted, Recovery};
use given::Rollback;

/// Reads the flow's inputs.
pub(super) fn read(reader: &mut Reader) -> Option<Box<dyn Flow>> {
    Some(Box::new(Rollback::read(reader)?))
}

impl Flow for Rollback {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn plan(&self, preflight: &mut Preflight<'_>) -> Option<Box<dyn Plan>> {
        Some(Box::new(checks::rollback(self, preflight)?))
    }

    fn recover(&self, made: &Made, ctx: &RunContext<'_>) -> Result<Recovery, Failure> {
        let (release, promoted) = believe_promotion(made, self.workspace, &self.routes, ctx)?;
        if self.workspace.is_none() {
            is_remembered(promoted, ctx)?;
        }
        Ok(restore_routes(release, ctx))
    }
}

/// Where the inputs name no workspace, those that served before must remember the one that was rolled back to.
fn is_remembered(promoted: &Promoted, ctx: &RunContext<'_>) -> Result<(), Failure> {
    for switched in &promoted.routes {
        let [live] = switched.before.as_slice() else {
            return Err(distrusted("a rollback starts from one workspace"));
        };
        let env = ctx
            .api
            .env(*live)
            .map_err(|error| error.while_doing("reading what served before"))?;
        let history = ReleaseHistory::among(&env)
            .ok()
            .flatten()
            .unwrap_or_default();
        if history.before(&switched.route) != Some(&[promoted.workspace]) {
            return Err(distrusted(&format!(
                "workspace {live} does not remember workspace {}",
                promoted.workspace
            )));
        }
    }
    Ok(())
}
