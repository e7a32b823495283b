//! Owns which flows are in the table of faults, and the scene of each.

use std::time::Duration;

use codesphere_simulator::{Commit, DOMAIN, LIVE, NEW, OLD, REPOSITORY, Service, Workspace, World};

use crate::cleanup::six;
use crate::harness::{Scene, new_commit};
use crate::preview::{opened, then, with_marked};

pub(super) const NEXT: u64 = 5001;

/// A flow, in a variant of its own where that makes other calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Simple,
    /// Two services and a database.
    SimpleLandscape,
    ZeroDowntime,
    Landscape,
    Canary,
    Candidate,
    Promote,
    Rollback,
    Cleanup,
    Preview,
    PreviewRemoval,
}

pub(super) const FLOWS: [Flow; 11] = [
    Flow::Simple,
    Flow::SimpleLandscape,
    Flow::ZeroDowntime,
    Flow::Landscape,
    Flow::Canary,
    Flow::Candidate,
    Flow::Promote,
    Flow::Rollback,
    Flow::Cleanup,
    Flow::Preview,
    Flow::PreviewRemoval,
];

impl Flow {
    /// As the input `flow` spells it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Simple | Self::SimpleLandscape => "simple",
            Self::ZeroDowntime | Self::Landscape | Self::Canary => "zero-downtime",
            Self::Candidate => "candidate",
            Self::Promote => "promote",
            Self::Rollback => "rollback",
            Self::Cleanup => "cleanup",
            Self::Preview | Self::PreviewRemoval => "preview",
        }
    }

    /// The outcome of a run in which all goes well.
    pub(super) const fn good(self) -> &'static [&'static str] {
        match self {
            Self::Simple
            | Self::SimpleLandscape
            | Self::ZeroDowntime
            | Self::Landscape
            | Self::Canary
            | Self::Promote => &["released"],
            Self::Candidate | Self::Preview => &["ready"],
            Self::Rollback => &["rolled-back"],
            Self::Cleanup => &["cleaned"],
            Self::PreviewRemoval => &["removed"],
        }
    }

    /// Whether it makes a workspace.
    pub(super) const fn creates(self) -> bool {
        matches!(
            self,
            Self::ZeroDowntime | Self::Landscape | Self::Canary | Self::Candidate | Self::Preview
        )
    }

    /// Whether it changes a workspace in place.
    pub(super) const fn updates(self) -> bool {
        matches!(self, Self::Simple | Self::SimpleLandscape)
    }

    pub(super) const fn builds(self) -> bool {
        self.creates() || self.updates()
    }

    /// Whether each kind of bad answer is tried: what others do as well is tried there.
    pub(super) const fn is_thorough(self) -> bool {
        matches!(
            self,
            Self::Simple | Self::ZeroDowntime | Self::Promote | Self::Rollback
        )
    }

    pub(super) fn scene(self) -> Scene {
        match self {
            Self::Simple => Scene::simple(),
            Self::SimpleLandscape => allowing(Scene::simple()).world(landscape),
            Self::ZeroDowntime => Scene::zero_downtime(),
            Self::Landscape => allowing(Scene::zero_downtime()).world(landscape),
            Self::Canary => Scene::zero_downtime().with("canary", "10s"),
            Self::Candidate => Scene::candidate(),
            Self::Promote => Scene::new()
                .with("flow", "promote")
                .with("team", "Acme")
                .with("domain", DOMAIN)
                .with("workspace-id", &NEXT.to_string())
                .world(with_candidate),
            Self::Rollback => Scene::rollback_at_once(),
            Self::Cleanup => Scene::cleanup().world(six),
            Self::Preview => opened(),
            Self::PreviewRemoval => then(with_marked(opened(), NEXT, |_| {}), "closed", NEW),
        }
        .hasty(Duration::from_millis(200))
        .with("stage-timeout", "3m")
        .with("workspace-timeout", "3m")
        .with("health-body", "{sha}")
        .hurried(Duration::from_mins(1))
    }
}

/// A workspace that runs the new commit beside what serves.
pub(crate) fn with_candidate(world: &mut World) {
    let commit = new_commit(world).clone();
    let candidate = Workspace::serving(NEXT, "shop-next", REPOSITORY, commit);
    world.workspaces.insert(NEXT, candidate);
}

fn allowing(scene: Scene) -> Scene {
    scene.with("managed-services", "allow")
}

/// Both versions are the same landscape.
pub(crate) fn landscape(world: &mut World) {
    let services = vec![
        Service::reactive("web").times(2),
        Service::reactive("api"),
        Service::managed("db", "postgres"),
    ];
    let mut old = Commit::new(OLD);
    old.ci.services.clone_from(&services);
    let live = Workspace::serving(LIVE, "shop-live", REPOSITORY, old.clone());
    world.workspaces.insert(LIVE, live);
    let repository = world.repositories.get_mut(REPOSITORY).unwrap();
    *repository.commit_mut(OLD).unwrap() = old;
    new_commit(world).ci.services = services;
}
