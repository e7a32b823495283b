//! The zero-downtime flow: build a new workspace beside the one that serves, then switch the domain to it.

use crate::failure::Failure;
use crate::flows::plan::ZeroDowntimePlan;
use crate::flows::shared::build::note_version;
use crate::flows::shared::candidate;
use crate::flows::shared::failed;
use crate::flows::shared::failed::UNTOUCHED;
use crate::flows::shared::promotion::{previous, promote, retention, standing, way_back};
use crate::ids::WorkspaceId;
use crate::owner::Mark;
use crate::report::{Ending, Outcome, Output};
use crate::runner::secret::Secret;
use crate::steps::Tools;
use crate::undo::Journal;

/// Runs the flow; whatever fails is undone.
#[must_use]
pub fn run(plan: &ZeroDowntimePlan, mark: &Mark, key: &Secret, tools: &Tools<'_>) -> Ending {
    let (promotion, work) = (&plan.promotion, &plan.work);
    let health = work.health.as_ref();
    if let Some(ending) = standing::settled(promotion, work.commit.as_deref(), health, tools) {
        return ending;
    }
    let mut journal = Journal::new(tools.report);
    match release(plan, mark, key, tools, &mut journal) {
        Ok(id) => {
            candidate::finish(&plan.creation, mark, id, tools, &mut journal);
            let after = previous::retire_all(promotion, id, health, tools);
            let after = format!("{after} {}", retention::tidy(promotion, tools));
            way_back::tell(promotion, id, tools);
            let state = format!(
                "{} from workspace {id}. {}",
                promotion.serving(),
                after.trim()
            );
            Ending::good(Outcome::Released, state)
        }
        Err(failure) => failed::undo(work.on_failure, tools, &mut journal, failure, UNTOUCHED),
    }
}

fn release(
    plan: &ZeroDowntimePlan,
    mark: &Mark,
    key: &Secret,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<WorkspaceId, Failure> {
    let (work, report) = (&plan.work, tools.report);
    report.before(
        plan.promotion.describe_before(),
        plan.promotion.live_commit.clone(),
    );
    let candidate = candidate::make(&plan.creation, work, mark, key, tools, journal)?;
    let health = work.health.as_ref();
    promote(&plan.promotion, &candidate, health, key, tools, journal)?;
    report.set(Output::Commit, candidate.commit);
    report.set(Output::Url, plan.promotion.url());
    note_version(tools, health);
    Ok(candidate.workspace.id)
}
