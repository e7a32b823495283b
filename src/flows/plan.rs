//! Owns what will be done: ids resolved, preconditions checked, and said in order before anything is written.

use std::time::Duration;

use crate::codesphere::types::Workspace;
use crate::flows::cleanup::plan::CleanupPlan;
use crate::flows::preview::plan::PreviewPlan;
use crate::flows::shared::promotion::plan::Promotion;
use crate::release::Health;
use crate::release::{Creation, Work};
use crate::route::Place;

/// What will be done.
#[derive(Debug, Clone)]
pub enum Plan {
    /// Update one workspace in place.
    Simple(Box<SimplePlan>),
    /// Build a new workspace and switch the domain to it.
    ZeroDowntime(Box<ZeroDowntimePlan>),
    /// Build a new workspace and leave it beside.
    Candidate(Box<CandidatePlan>),
    /// Bring a workspace that is there onto its places.
    Promote(Box<PromotePlan>),
    /// Bring back what its places served before.
    Rollback(Box<RollbackPlan>),
    /// Make, update or remove a pull request's workspace.
    Preview(Box<PreviewPlan>),
    /// Delete what is no longer needed.
    Cleanup(Box<CleanupPlan>),
}

/// The simple flow's plan.
#[derive(Debug, Clone)]
pub struct SimplePlan {
    /// The workspace to act on, as it was.
    pub workspace: Workspace,
    /// Whether it was awake.
    pub awake: bool,
    /// What happens in it.
    pub work: Work,
}

/// The zero-downtime flow's plan.
#[derive(Debug, Clone)]
pub struct ZeroDowntimePlan {
    /// The new workspace.
    pub creation: Creation,
    /// What happens in it.
    pub work: Work,
    /// Where it will serve.
    pub promotion: Promotion,
}

/// The candidate flow's plan.
#[derive(Debug, Clone)]
pub struct CandidatePlan {
    /// The new workspace.
    pub creation: Creation,
    /// What happens in it.
    pub work: Work,
    /// Where it is meant to serve; none: that is left open.
    pub places: Vec<Place>,
}

/// The promote flow's plan.
#[derive(Debug, Clone)]
pub struct PromotePlan {
    /// The workspace, as it was.
    pub workspace: Workspace,
    /// Whether it was awake.
    pub awake: bool,
    /// Until it runs, where it is asleep.
    pub workspace_timeout: Duration,
    /// How to ask the application; absent: not at all.
    pub health: Option<Health>,
    /// Where it will serve.
    pub promotion: Promotion,
}

/// The rollback flow's plan.
#[derive(Debug, Clone)]
pub struct RollbackPlan {
    /// The workspace to go back to, as it was.
    pub workspace: Workspace,
    /// Until it runs, and until its run stage is up.
    pub workspace_timeout: Duration,
    /// How to ask the application; absent: not at all.
    pub health: Option<Health>,
    /// Where it will serve again.
    pub promotion: Promotion,
}

impl Plan {
    /// The commit that is to be released; absent: whatever is pulled, or is there.
    #[must_use]
    pub fn commit(&self) -> Option<&String> {
        match self {
            Self::Simple(plan) => plan.work.commit.as_ref(),
            Self::ZeroDowntime(plan) => plan.work.commit.as_ref(),
            Self::Candidate(plan) => plan.work.commit.as_ref(),
            Self::Promote(_) | Self::Rollback(_) | Self::Cleanup(_) => None,
            Self::Preview(plan) => plan.commit(),
        }
    }

    /// What is to be brought onto its places, in flows that do.
    #[must_use]
    pub const fn promotion(&self) -> Option<&Promotion> {
        match self {
            Self::ZeroDowntime(plan) => Some(&plan.promotion),
            Self::Promote(plan) => Some(&plan.promotion),
            Self::Rollback(plan) => Some(&plan.promotion),
            Self::Simple(_) | Self::Candidate(_) | Self::Cleanup(_) | Self::Preview(_) => None,
        }
    }
}
