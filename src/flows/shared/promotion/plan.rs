//! Owns what is needed to bring a workspace onto its places, and what becomes of those that served there.

use std::time::Duration;

use crate::flows::shared::standing::Standing;
use crate::ids::{TeamId, WorkspaceId};
use crate::inputs::PromotionInputs;
use crate::repository::Repository;
use crate::route::Place;
use crate::steps::connections::{ids, shared};
use crate::text::list;

/// What is needed to bring a workspace onto its places.
#[derive(Debug, Clone)]
pub struct Promotion {
    /// The team that owns the domains.
    pub team: TeamId,
    /// The repository, whose workspaces may be deleted.
    pub repository: Repository,
    /// Where the workspace is to serve; the first is what people are told.
    pub targets: Vec<Target>,
    /// How this release stands to the one that is live.
    pub standing: Standing,
    /// The commit that is live there now, if that is known.
    pub live_commit: Option<String>,
    /// How it is done.
    pub inputs: PromotionInputs,
}

/// A place that is to be switched, as it was.
#[derive(Debug, Clone)]
pub struct Target {
    /// The place.
    pub place: Place,
    /// What it points at now.
    pub before: Vec<WorkspaceId>,
    /// The domain's paths that are not switched; they stay as they are.
    pub other_paths: Vec<String>,
    /// Whether the domain asks visitors to sign in, so that it cannot be asked from here.
    pub restricted: bool,
}

impl Target {
    /// What the place points at while it is shared with `id`; what serves nothing is not shared.
    #[must_use]
    pub fn shared_with(&self, id: WorkspaceId) -> Vec<WorkspaceId> {
        if self.before.is_empty() {
            return Vec::new();
        }
        shared(&self.before, id)
    }
}

impl Promotion {
    /// Where people reach the release.
    #[must_use]
    pub fn url(&self) -> String {
        let first = self.targets.first();
        first.map_or_else(String::new, |target| target.place.to_string())
    }

    /// The places.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.targets.iter().map(|target| &target.place)
    }

    /// `https://shop.example.com serves`, or that of several.
    #[must_use]
    pub fn serving(&self) -> String {
        let verb = if self.targets.len() > 1 {
            "serve"
        } else {
            "serves"
        };
        format!("{} {verb}", list(self.places()))
    }

    /// What each place points at now, in words; of a single one it is known which.
    #[must_use]
    pub fn describe_before(&self) -> String {
        match self.targets.as_slice() {
            [only] => ids(&only.before),
            several => list(
                several
                    .iter()
                    .map(|target| format!("{} ({})", ids(&target.before), target.place)),
            ),
        }
    }

    /// What points the places back, in words.
    #[must_use]
    pub fn way_back(&self) -> String {
        match self.targets.as_slice() {
            [only] => format!("point it at {} again", ids(&only.before)),
            several => {
                let each = several
                    .iter()
                    .map(|target| format!("{} at {}", target.place, ids(&target.before)));
                format!("point {} again", list(each))
            }
        }
    }

    /// How long old and new are to serve together; absent where nothing serves that could share.
    #[must_use]
    pub fn canary(&self) -> Option<Duration> {
        let shared = self.targets.iter().any(|target| !target.before.is_empty());
        self.inputs.canary.filter(|_| shared)
    }

    /// What the places point at now, each workspace once.
    #[must_use]
    pub fn before(&self) -> Vec<WorkspaceId> {
        let mut before = Vec::new();
        for id in self.targets.iter().flat_map(|target| &target.before) {
            if !before.contains(id) {
                before.push(*id);
            }
        }
        before
    }
}
