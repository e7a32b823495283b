//! Owns what every flow can do: make its plan from what it was given, run that, and recover from what is left.

use std::time::Duration;

use crate::failure::Failure;
use crate::flows::shared::preflight::Preflight;
use crate::flows::shared::promotion::plan::Promotion;
use crate::ids::CommitId;
use crate::inputs::groups::Settings;
use crate::release::Health;
use crate::report::RunResult;
use crate::steps::RunContext;
use crate::steps::before::Serving;
use crate::undo::{Made, Recovery};

/// A flow, with what it was given.
pub(crate) trait Flow: std::fmt::Debug {
    /// What each flow that reads it means alike.
    fn settings(&self) -> &Settings;

    /// Makes the plan by reading only. Whatever forbids it is among the findings.
    fn plan(&self, preflight: &mut Preflight<'_>) -> Option<Box<dyn Plan>>;

    /// Undoes what a main step has left, as far as its record is believed.
    fn recover(&self, made: &Made, ctx: &RunContext<'_>) -> Result<Recovery, Failure>;

    /// Undoes a release that was verified and left to a job which did not succeed.
    fn revert(&self, made: &Made, ctx: &RunContext<'_>) -> Result<Recovery, Failure> {
        self.recover(made, ctx)
    }

    /// Does what follows a release that was verified so long `ago`, and left to a job which succeeded; says what.
    fn finish(
        &self,
        _made: &Made,
        _ago: Duration,
        _ctx: &RunContext<'_>,
    ) -> Result<String, Failure> {
        Ok(String::new())
    }
}

/// What a flow is about to do.
pub(crate) trait Plan {
    /// A sentence a step, in order.
    fn describe(&self, health: Option<&Health>) -> Vec<String>;

    /// The commit that is to be released; absent: whatever is pulled, or is there.
    fn commit(&self) -> Option<&CommitId> {
        None
    }

    /// What is to be brought onto its routes, in flows that do.
    fn promotion(&self) -> Option<&Promotion> {
        None
    }

    /// What people reach now where the plan changes it: it is asked before and after.
    fn serving(&self, _health: &Health, _ctx: &RunContext<'_>) -> Vec<Serving> {
        Vec::new()
    }

    /// What a dry run asks besides, without changing anything.
    fn rehearse(&self, _ctx: &RunContext<'_>) {}

    /// Does it; whatever fails is undone.
    fn run(&self, ctx: &RunContext<'_>) -> RunResult;
}
