//! Owns what each flow is given, as typed values.

use std::time::Duration;

use crate::ids::WorkspaceId;
use crate::inputs::{Code, PromotionInputs};
use crate::release::IdOrName;
use crate::release::NewWorkspaceInputs;
use crate::route::Place;

/// What to do.
#[derive(Debug, Clone)]
pub enum Flow {
    /// Update one workspace in place.
    Simple(Box<Simple>),
    /// Build a new workspace and switch the domain to it.
    ZeroDowntime(Box<ZeroDowntime>),
    /// Build a new workspace and leave it beside.
    Candidate(Box<Candidate>),
    /// Bring a workspace that is there onto its places.
    Promote(Box<Promote>),
    /// Bring back what its places served before.
    Rollback(Box<Rollback>),
    /// Make, update or remove a pull request's workspace.
    Preview(Box<Preview>),
    /// Delete what is no longer needed.
    Cleanup(Box<Cleanup>),
}

impl Flow {
    /// As the input `flow` spells it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Simple(_) => "simple",
            Self::ZeroDowntime(_) => "zero-downtime",
            Self::Candidate(_) => "candidate",
            Self::Promote(_) => "promote",
            Self::Rollback(_) => "rollback",
            Self::Preview(_) => "preview",
            Self::Cleanup(_) => "cleanup",
        }
    }
}

/// What only the simple flow needs.
#[derive(Debug, Clone)]
pub struct Simple {
    /// The workspace to act on.
    pub workspace: WorkspaceId,
    /// What happens in it.
    pub code: Code,
}

/// What only the zero-downtime flow needs.
#[derive(Debug, Clone)]
pub struct ZeroDowntime {
    /// The team that owns the domain and will own the workspace.
    pub team: IdOrName,
    /// Where the new workspace will serve.
    pub places: Vec<Place>,
    /// How it is brought there.
    pub promotion: PromotionInputs,
    /// What the new workspace is made of.
    pub new: NewWorkspaceInputs,
    /// What happens in it.
    pub code: Code,
}

/// What only the candidate flow needs.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The team that will own the workspace.
    pub team: IdOrName,
    /// Where it is meant to serve; none: wherever somebody promotes it to.
    pub places: Vec<Place>,
    /// What the new workspace is made of.
    pub new: NewWorkspaceInputs,
    /// What happens in it.
    pub code: Code,
}

/// What only the promote flow needs.
#[derive(Debug, Clone)]
pub struct Promote {
    /// The workspace to promote.
    pub workspace: WorkspaceId,
    /// The team that owns it and the domain.
    pub team: IdOrName,
    /// Where it will serve.
    pub places: Vec<Place>,
    /// How it is brought there.
    pub promotion: PromotionInputs,
    /// Until it runs, where it is asleep.
    pub workspace_timeout: Duration,
}

/// What only the rollback flow needs.
#[derive(Debug, Clone)]
pub struct Rollback {
    /// The workspace to go back to; blank: what served before the one that is live.
    pub workspace: Option<WorkspaceId>,
    /// The team that owns it and the domain.
    pub team: IdOrName,
    /// Where it will serve again.
    pub places: Vec<Place>,
    /// How long a domain may take to serve it.
    pub switch_timeout: Duration,
    /// Until it runs, and until its run stage is up.
    pub workspace_timeout: Duration,
}

/// What only the preview flow needs.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The team that owns the previews.
    pub team: IdOrName,
    /// What a new workspace is made of.
    pub new: NewWorkspaceInputs,
    /// What happens in it.
    pub code: Code,
}

/// What only the cleanup flow needs.
#[derive(Debug, Clone)]
pub struct Cleanup {
    /// The team that owns the workspaces.
    pub team: IdOrName,
    /// The places whose releases are judged; none: those of all places.
    pub places: Vec<Place>,
    /// How many releases stay.
    pub keep_releases: u32,
    /// How long a preview stays after its last update.
    pub preview_max_age: Duration,
}
