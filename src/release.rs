//! Owns what a release is made of, as plain data: what is built, what is created, how the application is asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{CommitId, EnvVar, PlanId, TeamId};

/// What happens in a workspace, in either flow.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    /// The git remote to pull from.
    pub(crate) remote: String,
    /// The branch to pull.
    pub(crate) branch: String,
    /// Why that is the default branch, where the event names no other.
    pub(crate) default_because: Option<String>,
    /// The commit that must end up checked out; absent: whatever was pulled.
    pub(crate) commit: Option<CommitId>,
    /// Stages, environment and limits.
    pub(crate) build: Build,
    /// Whether a workspace that this run made is removed when it fails.
    pub(crate) on_failure: OnFailure,
}

/// What is done in the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    /// The CI profile.
    pub(crate) profile: Option<String>,
    /// Run the prepare stage.
    pub(crate) prepare: bool,
    /// Run the test stage.
    pub(crate) test: bool,
    /// Deploy the landscape.
    pub(crate) landscape: Landscape,
    /// Variables to set.
    pub(crate) env: Vec<EnvVar>,
    /// Until a workspace runs.
    pub(crate) workspace_timeout: Duration,
    /// Per pipeline stage.
    pub(crate) stage_timeout: Duration,
}

/// Whether to deploy the landscape before `run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Landscape {
    /// Yes, and fail where there is none.
    Deploy,
    /// No.
    Skip,
    /// Try, and take "no multi-server support" for "there is none".
    Auto,
}

/// What becomes of a release that would lose data of managed services, or leave it behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ManagedServices {
    /// It is refused, and workspaces that hold any are kept.
    Refuse,
    /// It goes on.
    Allow,
}

/// What becomes of a workspace that this run made and that never had traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnFailure {
    /// It is removed.
    Rollback,
    /// It is left for inspection.
    Keep,
}

/// Which logs of pipeline stages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logs {
    /// All, as they come.
    Live,
    /// The end of the one that shows why a stage failed.
    OnFailure,
    /// None.
    None,
}

/// How to ask the application.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    /// What to ask for.
    pub(crate) path: String,
    /// Which answers are good.
    pub(crate) statuses: Statuses,
    /// Text that a good answer contains.
    pub(crate) body: Option<String>,
    /// How long a development domain may take.
    pub(crate) timeout: Duration,
}

/// What an application answered, as far as two versions are compared by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Answered {
    /// The address.
    pub(crate) url: String,
    /// The status.
    pub(crate) status: u16,
    /// Where a redirect led, without the address's own host.
    pub(crate) location: Option<String>,
}

impl Answered {
    /// Whether another version, under whatever host, answered the same.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        (self.status, &self.location) == (other.status, &other.location)
    }
}

/// Status codes that count as good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statuses(Vec<(u16, u16)>);

impl Statuses {
    pub(crate) const fn new(ranges: Vec<(u16, u16)>) -> Self {
        Self(ranges)
    }

    /// Whether `status` is among them.
    pub(crate) fn contain(&self, status: u16) -> bool {
        self.0
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&status))
    }
}

impl std::fmt::Display for Statuses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ranges = self.0.iter().map(|(from, to)| {
            if from == to {
                from.to_string()
            } else {
                format!("{from}-{to}")
            }
        });
        f.write_str(&ranges.collect::<Vec<_>>().join(", "))
    }
}

/// What is needed to make a workspace.
#[derive(Debug, Clone)]
pub(crate) struct Creation {
    /// The team that will own it.
    pub(crate) team: TeamId,
    /// The team's name, for people.
    pub(crate) team_name: String,
    /// Its plan.
    pub(crate) plan: PlanId,
    /// The plan, for people.
    pub(crate) plan_words: String,
    /// What it is cloned from.
    pub(crate) git_url: String,
    /// Whether cloning needs an account.
    pub(crate) private: bool,
    /// Its name, as far as it is free.
    pub(crate) name: String,
    /// What it is made of.
    pub(crate) new: NewWorkspaceInputs,
}

/// What a new workspace is made of.
#[derive(Debug, Clone)]
pub(crate) struct NewWorkspaceInputs {
    /// The plan.
    pub(crate) plan: IdOrName,
    /// How many replicas.
    pub(crate) replicas: u32,
    /// Disk in MiB.
    pub(crate) storage: Option<u64>,
    /// Template of its name; blank where it is named after a pull request.
    pub(crate) name: String,
    /// One of several applications of the repository.
    pub(crate) app: Option<String>,
    /// What to clone; blank: this repository.
    pub(crate) git_url: Option<String>,
    /// Whether cloning needs an account; blank: what the event says.
    pub(crate) private: Option<bool>,
    /// The image to start from.
    pub(crate) base_image: Option<String>,
    /// The VPN to join.
    pub(crate) vpn_config: Option<String>,
    /// How many commits to clone.
    pub(crate) clone_depth: Option<u32>,
    /// The shared vault to read from.
    pub(crate) shared_vault: Option<String>,
    /// Whether its development domain asks visitors to sign in.
    pub(crate) restricted: bool,
}

/// A number or a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdOrName {
    /// All digits.
    Id(u64),
    /// Anything else, to be matched exactly.
    Name(String),
}

impl std::fmt::Display for IdOrName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => write!(f, "\"{name}\""),
        }
    }
}

/// When a release counts as finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finish {
    /// The step has verified it.
    Step,
    /// The rest of the job went well, too; and how the job goes.
    Job(JobStatus),
}

/// How the job goes, as `status` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JobStatus {
    /// All steps so far went well.
    Success,
    /// One has failed.
    Failure,
    /// It was cancelled, or has timed out.
    Cancelled,
    /// No runner says this.
    Unknown(String),
    /// It is not said.
    Unsaid,
}
