//! Owns what becomes of a pull request's preview, and how that reads.

use crate::flows::shared::update::{ON_FAILURE, UpdatePlan};
use crate::ids::{CommitId, TeamId, WorkspaceId};
use crate::release::{Creation, Health, Work};
use crate::steps::connections::ids;

/// The preview flow's plan.
#[derive(Debug, Clone)]
pub(crate) struct PreviewPlan {
    /// The pull request's number.
    pub(crate) pull_request: u64,
    /// The team that owns its workspaces.
    pub(crate) team: TeamId,
    /// What is done.
    pub(crate) what: Preview,
}

/// What is done about a pull request's workspace.
#[derive(Debug, Clone)]
pub(crate) enum Preview {
    /// It is made: there is none.
    Create {
        /// The new workspace.
        creation: Box<Creation>,
        /// What happens in it.
        work: Box<Work>,
    },
    /// It is updated in place.
    Update {
        /// The newest of its workspaces.
        update: Box<UpdatePlan>,
        /// The others, which nobody needs.
        duplicates: Vec<WorkspaceId>,
    },
    /// All there are of it are removed: the pull request is closed.
    Remove(Vec<WorkspaceId>),
}

impl PreviewPlan {
    /// The commit that is to be shown; absent: whatever is pulled, or none.
    pub(crate) fn commit(&self) -> Option<&CommitId> {
        match &self.what {
            Preview::Create { work, .. } => work.commit.as_ref(),
            Preview::Update { update, .. } => update.work.commit.as_ref(),
            Preview::Remove(_) => None,
        }
    }

    pub(crate) fn describe(&self, health: Option<&Health>) -> Vec<String> {
        let number = self.pull_request;
        match &self.what {
            Preview::Create { creation, work } => {
                let mut lines = creation.describe(work, health);
                lines.push(format!("Leave it running for pull request {number}."));
                lines.push(work.on_failure.describe().to_owned());
                lines
            }
            Preview::Update { update, duplicates } => {
                let mut lines = update.describe(health);
                lines.extend(duplicates.iter().map(|duplicate| {
                    format!(
                        "Delete workspace {duplicate}, an older one for pull request {number}, if no domain points at it."
                    )
                }));
                lines.push(ON_FAILURE.to_owned());
                lines
            }
            Preview::Remove(found) if found.is_empty() => vec![format!(
                "Pull request {number} is closed and has no preview any more: end here."
            )],
            Preview::Remove(found) => vec![format!(
                "Pull request {number} is closed: delete {}, as far as no domain points there.",
                ids(found)
            )],
        }
    }
}
