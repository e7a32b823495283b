//! The cleanup flow: delete what the plan found to be no longer needed. What was deleted cannot be put back, so
//! there is nothing to undo.

use crate::flows::cleanup::plan::CleanupPlan;
use crate::report::{Ending, Outcome, Went};
use crate::steps::Tools;
use crate::steps::retention::{Swept, sweep};

/// Runs the flow.
#[must_use]
pub fn run(plan: &CleanupPlan, tools: &Tools<'_>) -> Ending {
    let swept =
        tools
            .report
            .judged_step("Clean up", || sweep(tools, plan.team, &plan.verdicts), went);
    let words = swept.words();
    match swept.into_failure() {
        None => Ending::good(Outcome::Cleaned, words),
        Some(failure) => Ending::bad(Outcome::Failed, failure, words),
    }
}

/// How the deletions went, as a step.
pub(crate) fn went(swept: &Swept) -> Went {
    match &swept.failure {
        None => Went::Well,
        Some(failure) if failure.is_cancellation() => Went::Cancelled,
        Some(_) => Went::Badly(swept.words()),
    }
}
