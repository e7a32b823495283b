//! The promote flow: bring a workspace that is there onto its places. It is never deleted, as this run did not make it.

use std::time::Duration;

use crate::failure::Failure;
use crate::flows::plan::PromotePlan;
use crate::flows::shared::build::{check, note_version};
use crate::flows::shared::candidate::Candidate;
use crate::flows::shared::failed;
use crate::flows::shared::failed::UNTOUCHED;
use crate::flows::shared::promotion::{previous, promote, retention, standing, way_back};
use crate::history::Link;
use crate::ids::WorkspaceId;
use crate::release::OnFailure;
use crate::report::{Ending, Outcome, Output};
use crate::runner::secret::Secret;
use crate::steps::check::{can_be_asked, until_up};
use crate::steps::source::{self, CloneAge};
use crate::steps::{Tools, workspace};
use crate::undo::Journal;

/// Runs the flow; whatever fails is undone.
#[must_use]
pub fn run(plan: &PromotePlan, key: &Secret, tools: &Tools<'_>) -> Ending {
    let (promotion, health) = (&plan.promotion, plan.health.as_ref());
    if let Some(ending) = standing::settled(promotion, None, health, tools) {
        return ending;
    }
    let mut journal = Journal::new(tools.report);
    match release(plan, key, tools, &mut journal) {
        Ok(()) => {
            journal.close();
            let id = plan.workspace.id;
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
        Err(failure) => {
            let untouched = if plan.awake {
                UNTOUCHED
            } else {
                "The workspace was to be woken; nothing else was changed."
            };
            // This run has made nothing that could be removed.
            failed::undo(OnFailure::Keep, tools, &mut journal, failure, untouched)
        }
    }
}

fn release(
    plan: &PromotePlan,
    key: &Secret,
    tools: &Tools<'_>,
    journal: &mut Journal<'_>,
) -> Result<(), Failure> {
    let (report, health) = (tools.report, plan.health.as_ref());
    report.set(Output::WorkspaceId, plan.workspace.id.to_string());
    report.before(
        plan.promotion.describe_before(),
        plan.promotion.live_commit.clone(),
    );
    let candidate = report.step("Wait for the workspace", || up(plan, tools))?;
    check(tools, &candidate.workspace, health, &candidate.commit, key)?;
    promote(&plan.promotion, &candidate, health, key, tools, journal)?;
    report.set(Output::Commit, candidate.commit);
    report.set(Output::Url, plan.promotion.url());
    note_version(tools, health);
    Ok(())
}

/// The workspace as it is now: awake, its run stage up.
fn up(plan: &PromotePlan, tools: &Tools<'_>) -> Result<Candidate, Failure> {
    let id = plan.workspace.id;
    if !plan.awake {
        workspace::wake(tools, &plan.workspace)?;
    }
    let limit = plan.workspace_timeout;
    let workspace = workspace::until_running(tools, id, limit, CloneAge::Settled)?;
    can_be_asked(&workspace, plan.health.as_ref())?;
    // What was awake had time enough.
    until_up(tools, id, if plan.awake { Duration::ZERO } else { limit })?;
    let commit = source::head(tools, id)?;
    tools.log.line(&format!("commit {commit} is checked out"));
    Ok(Candidate {
        workspace,
        commit,
        link: link(id, tools)?,
    })
}

/// What the workspace remembers, as far as it can be read.
pub(crate) fn link(id: WorkspaceId, tools: &Tools<'_>) -> Result<Link, Failure> {
    let env = tools
        .api
        .env(id)
        .map_err(|error| error.while_doing("reading the workspace's environment"))?;
    let found = Link::among(&env).unwrap_or_else(|why| {
        tools.report.warn(format!(
            "What workspace {id} remembers of its release cannot be read: {why}. A rollback to it starts it without a profile."
        ));
        None
    });
    Ok(found.unwrap_or_default())
}
