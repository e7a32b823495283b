//! Owns what is needed to bring a workspace onto its routes, and what becomes of those that served there.

use std::time::Duration;

use crate::codesphere::types::Connections;
use crate::hold::Held;
use crate::ids::{CommitId, TeamId, WorkspaceId};
use crate::inputs::promotion::PromotionInputs;
use crate::release::Health;
use crate::repository::Repository;
use crate::route::Route;
use crate::steps::answer::Question;
use crate::steps::before::Serving;
use crate::steps::connections::{ids, shared};
use crate::text::list;

/// What is needed to bring a workspace onto its routes.
#[derive(Debug, Clone)]
pub(crate) struct Promotion {
    /// The team that owns the domains.
    pub(crate) team: TeamId,
    /// The repository, whose workspaces may be deleted.
    pub(crate) repository: Repository,
    /// The app of the repository whose workspaces may be deleted.
    pub(crate) app: Option<String>,
    /// Where the workspace is to serve; the first is what people are told.
    pub(crate) targets: Vec<Target>,
    /// How this release stands to the one that is live.
    pub(crate) standing: Standing,
    /// The commit that is live there now, if that is known.
    pub(crate) live_commit: Option<CommitId>,
    /// What holds releases, where something does.
    pub(crate) held: Option<Held>,
    /// How it is done.
    pub(crate) inputs: PromotionInputs,
}

/// How a release stands to the one that is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is to be released.
    ToBeReleased,
    /// It is live everywhere already.
    AlreadyLive(WorkspaceId),
    /// An earlier attempt of this very run has released it: the workspace that is live.
    Released(WorkspaceId),
    /// A newer run has released something: which, in words.
    Superseded(String),
}

/// A route that is to be switched, as it was.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The route.
    pub(crate) route: Route,
    /// What it points at now.
    pub(crate) before: Vec<WorkspaceId>,
    /// The domain's paths that are not switched; they stay as they are.
    pub(crate) other_paths: Connections,
    /// Whether the domain asks visitors to sign in, so that it cannot be asked from here.
    pub(crate) restricted: bool,
}

impl Target {
    /// What the route points at while it is shared with `id`; what serves nothing is not shared.
    pub(crate) fn shared_with(&self, id: WorkspaceId) -> Vec<WorkspaceId> {
        if self.before.is_empty() {
            return Vec::new();
        }
        shared(&self.before, id)
    }
}

/// What people reach now at the places that can be asked.
pub(crate) fn serving_at(targets: &[Target], health: &Health) -> Vec<Serving> {
    let open = targets
        .iter()
        .filter(|target| !target.restricted && !target.before.is_empty());
    open.filter_map(|target| {
        let first = *target.before.first()?;
        let question = Question::new(&target.route.to_string(), health, "", first);
        Some(Serving::of(question, &target.before))
    })
    .collect()
}

impl Promotion {
    /// Where people reach the release.
    pub(crate) fn url(&self) -> String {
        let first = self.targets.first();
        first.map_or_else(String::new, |target| target.route.to_string())
    }

    /// The routes.
    pub(crate) fn routes(&self) -> impl Iterator<Item = &Route> {
        self.targets.iter().map(|target| &target.route)
    }

    /// `https://shop.example.com serves`, or that of several.
    pub(crate) fn serving(&self) -> String {
        let verb = if self.targets.len() > 1 {
            "serve"
        } else {
            "serves"
        };
        format!("{} {verb}", list(self.routes()))
    }

    /// What each route points at now, in words; of a single one it is known which.
    pub(crate) fn describe_before(&self) -> String {
        match self.targets.as_slice() {
            [only] => ids(&only.before),
            several => list(
                several
                    .iter()
                    .map(|target| format!("{} ({})", ids(&target.before), target.route)),
            ),
        }
    }

    /// How long old and new are to serve together; absent where nothing serves that could share.
    pub(crate) fn canary(&self) -> Option<Duration> {
        let shared = self.targets.iter().any(|target| !target.before.is_empty());
        self.inputs.canary.filter(|_| shared)
    }

    /// What the routes point at now, each workspace once.
    pub(crate) fn before(&self) -> Vec<WorkspaceId> {
        pointed_at(&self.targets)
    }

    /// The same without the one that is released, at which some of them may point already.
    pub(crate) fn before_but(&self, released: WorkspaceId) -> Vec<WorkspaceId> {
        let mut before = self.before();
        before.retain(|id| *id != released);
        before
    }
}

/// What the targets' routes point at now, each workspace once.
pub(crate) fn pointed_at(targets: &[Target]) -> Vec<WorkspaceId> {
    let mut pointed: Vec<WorkspaceId> = Vec::new();
    for id in targets.iter().flat_map(|target| &target.before) {
        if !pointed.contains(id) {
            pointed.push(*id);
        }
    }
    pointed
}
