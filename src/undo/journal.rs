//! Owns the record of what a run has made or changed: noted before it is done, and handed to the post step at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::codesphere::types::Connections;
use crate::history::ReleaseHistory;
use crate::ids::{CommitId, TeamId, WorkspaceId};
use crate::release::Answered;
use crate::report::Report;
use crate::route::Route;
use crate::runner::state::Progress;

/// What an unfinished run has made or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Made {
    /// A workspace alongside the one that serves, made or brought onto its routes, or both.
    Release(Release),
    /// A workspace updated in place.
    Update(Update),
}

/// A workspace alongside the one that serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Release {
    /// The team that owns it.
    pub(crate) team: TeamId,
    /// Its creation; absent where it was there before this run.
    pub(crate) launched: Option<Launched>,
    /// Its way onto its routes, once that has begun.
    pub(crate) promoted: Option<Promoted>,
}

/// A workspace that was, or may have been, created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Launched {
    /// Its owner label.
    pub(crate) label: String,
    /// The workspace, once its number is known.
    pub(crate) workspace: Option<WorkspaceId>,
    /// Whether its creation may have been asked for more than once: a duplicate may still show up.
    pub(crate) again: bool,
}

/// A workspace that is being brought onto its routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Promoted {
    /// The workspace.
    pub(crate) workspace: WorkspaceId,
    /// What it remembered from an earlier release, if it was released before.
    pub(crate) remembered: Option<ReleaseHistory>,
    /// The routes that were, or may have been, switched to it.
    pub(crate) routes: Vec<Switched>,
    /// All that each of their domains pointed at right before it was written: a write by hand names every path.
    pub(crate) domains: BTreeMap<String, Connections>,
    /// What the routes answered before, where they could be asked.
    #[serde(default)]
    pub(crate) answered: Vec<Answered>,
}

/// A route that was, or may have been, switched, and what it pointed at before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Switched {
    /// The route.
    pub(crate) route: Route,
    /// What it pointed at.
    pub(crate) before: Vec<WorkspaceId>,
}

impl Release {
    /// Whether anything was, or may have been, switched.
    pub(crate) fn is_switched(&self) -> bool {
        self.promoted
            .as_ref()
            .is_some_and(|promoted| !promoted.routes.is_empty())
    }
}

/// A workspace updated in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Update {
    /// The workspace.
    pub(crate) workspace: WorkspaceId,
    /// The commit that was checked out before.
    pub(crate) old_head: CommitId,
    /// Names of variables that were, or may have been, changed. Values are kept in memory only.
    pub(crate) env: Vec<String>,
    /// Whether the prepare stage was, or may have been, started.
    pub(crate) prepared: bool,
    /// Whether the landscape was, or may have been, deployed.
    pub(crate) deployed: bool,
    /// Whether submodules were, or may have been, moved.
    #[serde(default)]
    pub(crate) submodules: bool,
    /// The commit that was checked out instead, once it is known.
    pub(crate) new_head: Option<CommitId>,
    /// The profile that it is run with.
    pub(crate) profile: Option<String>,
    /// When `run` was stopped, in seconds after the start of 1970.
    pub(crate) down_since: Option<u64>,
    /// What was done to the run stage.
    pub(crate) run: RunStage,
    /// What the version before answered, where it could be asked.
    #[serde(default)]
    pub(crate) answered: Vec<Answered>,
}

/// What an update has done to the run stage, and what it was doing before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RunStage {
    /// Nothing yet.
    Untouched,
    /// It was, or may have been, stopped or started; it was at work before.
    WasUp,
    /// It was, or may have been, started; it was not at work before.
    WasDown,
}

/// The record as it grows. Each change is written for the post step before the thing itself is done.
pub(crate) struct Journal<'a> {
    report: &'a Report<'a>,
    made: Option<Made>,
}

impl<'a> Journal<'a> {
    /// An empty record: nothing was made or changed.
    pub(crate) const fn new(report: &'a Report<'a>) -> Self {
        Self { report, made: None }
    }

    /// What was noted.
    pub(crate) const fn made(&self) -> Option<&Made> {
        self.made.as_ref()
    }

    /// Begins the record.
    pub(crate) fn begin(&mut self, made: Made) {
        self.made = Some(made);
        self.save();
    }

    /// The owner label under which a workspace may have been created more than once.
    pub(crate) fn launched_again(&self) -> Option<&str> {
        match &self.made {
            Some(Made::Release(release)) => release
                .launched
                .as_ref()
                .filter(|launched| launched.again)
                .map(|launched| launched.label.as_str()),
            Some(Made::Update(_)) | None => None,
        }
    }

    /// Notes more about the creation of the workspace.
    pub(crate) fn launched(&mut self, note: impl FnOnce(&mut Launched)) {
        if let Some(Made::Release(release)) = &mut self.made
            && let Some(launched) = &mut release.launched
        {
            note(launched);
            self.save();
        }
    }

    /// Notes that a workspace is about to be brought onto its routes.
    /// `remembered` is put back if it fails.
    pub(crate) fn promotes(
        &mut self,
        team: TeamId,
        workspace: WorkspaceId,
        remembered: Option<ReleaseHistory>,
        answered: &[Answered],
    ) {
        let promoted = Some(Promoted {
            workspace,
            remembered,
            routes: Vec::new(),
            domains: BTreeMap::new(),
            answered: answered.to_vec(),
        });
        if let Some(Made::Release(release)) = &mut self.made {
            release.promoted = promoted;
        } else {
            self.made = Some(Made::Release(Release {
                team,
                launched: None,
                promoted,
            }));
        }
        self.save();
    }

    /// Whether it is noted that a workspace is being brought onto its routes.
    pub(crate) fn is_promoting(&self) -> bool {
        match &self.made {
            Some(Made::Release(release)) => release.promoted.is_some(),
            Some(Made::Update(_)) | None => false,
        }
    }

    /// Notes routes that are about to be switched; each once, with what it pointed at first. Gives those that are new.
    /// `domain` is all that their domain points at now.
    pub(crate) fn switches(
        &mut self,
        routes: impl IntoIterator<Item = Switched>,
        domain: &Connections,
    ) -> Vec<Route> {
        let mut new = Vec::new();
        if let Some(Made::Release(release)) = &mut self.made
            && let Some(promoted) = &mut release.promoted
        {
            let routes: Vec<Switched> = routes.into_iter().collect();
            if let Some(first) = routes.first() {
                let name = first.route.domain.clone();
                promoted.domains.insert(name, domain.clone());
            }
            for switched in routes {
                if !promoted
                    .routes
                    .iter()
                    .any(|known| known.route == switched.route)
                {
                    new.push(switched.route.clone());
                    promoted.routes.push(switched);
                }
            }
            self.save();
        }
        new
    }

    /// Takes back that routes were switched: the write was refused for certain.
    pub(crate) fn did_not_switch(&mut self, routes: &[Route]) {
        if let Some(Made::Release(release)) = &mut self.made
            && let Some(promoted) = &mut release.promoted
        {
            let switched = |switched: &Switched| !routes.contains(&switched.route);
            promoted.routes.retain(switched);
            self.save();
        }
    }

    /// Notes more about the updated workspace.
    pub(crate) fn update(&mut self, note: impl FnOnce(&mut Update)) {
        if let Some(Made::Update(update)) = &mut self.made {
            note(update);
            self.save();
        }
    }

    /// All is verified now; whether it stays is left to the job.
    pub(crate) fn leave_to_job(&mut self) {
        self.report.leave_to_job();
        // Visitors have had the application since.
        self.update(|update| update.down_since = None);
        self.save();
    }

    /// Nothing is left to undo.
    pub(crate) fn close(&mut self) {
        self.made = None;
        self.save();
    }

    fn save(&self) {
        self.report.state(match &self.made {
            Some(made) => Progress::Unfinished(made),
            None => Progress::Finished,
        });
    }
}
