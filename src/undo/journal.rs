//! Owns the record of what a run has made or changed: noted before it is done, and handed to the post step at once.

use serde::{Deserialize, Serialize};

use crate::codesphere::types::{TeamId, WorkspaceId};
use crate::report::Report;

/// The name under which the record reaches the post step.
pub const STATE: &str = "made";

/// What an unfinished run has made or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Made {
    /// A new workspace, perhaps connected to the domain.
    Release(Release),
    /// A workspace updated in place.
    Update(Update),
}

/// A new workspace, perhaps connected to the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Release {
    /// The team that owns it.
    pub team: TeamId,
    /// The ownership mark of the workspace that was, or may have been, created.
    pub launch: String,
    /// The workspace, once its number is known.
    pub candidate: Option<WorkspaceId>,
    /// Whether its creation may have been asked for more than once: a twin may still show up.
    pub again: bool,
    /// The path that was, or may have been, switched to it.
    pub switched: Option<Switched>,
}

/// A path of a domain that was switched, and what it pointed at before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switched {
    /// The domain.
    pub domain: String,
    /// The path.
    pub path: String,
    /// What it pointed at.
    pub before: Vec<WorkspaceId>,
}

/// A workspace updated in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Update {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The commit that was checked out before.
    pub old_head: String,
    /// Names of variables that were, or may have been, changed. Values are kept in memory only.
    pub env: Vec<String>,
    /// Whether the prepare stage was, or may have been, started.
    pub prepared: bool,
    /// Whether the landscape was, or may have been, deployed.
    pub deployed: bool,
    /// The commit that was checked out instead, once it is known.
    pub new_head: Option<String>,
    /// What was done to the run stage.
    pub run: RunStage,
}

/// What an update has done to the run stage, and what it was doing before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStage {
    /// Nothing yet.
    Untouched,
    /// It was, or may have been, stopped or started; it was at work before.
    WasUp,
    /// It was, or may have been, started; it was not at work before.
    WasDown,
}

/// The record as it grows. Each change is written for the post step before the thing itself is done.
pub struct Journal<'a> {
    report: &'a Report<'a>,
    made: Option<Made>,
}

impl<'a> Journal<'a> {
    /// An empty record: nothing was made or changed.
    #[must_use]
    pub const fn new(report: &'a Report<'a>) -> Self {
        Self { report, made: None }
    }

    /// What was noted.
    #[must_use]
    pub const fn made(&self) -> Option<&Made> {
        self.made.as_ref()
    }

    /// Begins the record.
    pub fn begin(&mut self, made: Made) {
        self.made = Some(made);
        self.save();
    }

    /// Notes more about the new workspace.
    pub fn release(&mut self, note: impl FnOnce(&mut Release)) {
        if let Some(Made::Release(release)) = &mut self.made {
            note(release);
            self.save();
        }
    }

    /// Notes more about the updated workspace.
    pub fn update(&mut self, note: impl FnOnce(&mut Update)) {
        if let Some(Made::Update(update)) = &mut self.made {
            note(update);
            self.save();
        }
    }

    /// Nothing is left to undo.
    pub fn close(&mut self) {
        self.made = None;
        self.report.state(STATE, "");
    }

    fn save(&self) {
        // Numbers, texts and lists always become JSON.
        let text = serde_json::to_string(&self.made).unwrap_or_default();
        self.report.state(STATE, &text);
    }
}
