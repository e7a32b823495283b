//! Owns the names of outputs and outcomes, as `action.yml` spells them.

/// The outputs of `action.yml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Output {
    /// How the run ended.
    Outcome,
    /// Why it did not succeed.
    Reason,
    /// The workspace that was released or made.
    WorkspaceId,
    /// Its dev domain, with scheme.
    WorkspaceUrl,
    /// Where people reach the release.
    Url,
    /// The commit that is live there.
    Commit,
    /// What the path pointed at before, as JSON.
    PreviousWorkspaceIds,
    /// How long the run took.
    DurationSeconds,
    /// Where people compare what is live with what served before.
    CompareUrl,
    /// How many commits went live.
    Changes,
    /// From the newest one's date to live.
    LeadTimeSeconds,
    /// All of it as one line of JSON.
    Result,
}

impl Output {
    /// Every output, in the order of the interface.
    pub const ALL: [Self; 12] = [
        Self::Outcome,
        Self::Reason,
        Self::WorkspaceId,
        Self::WorkspaceUrl,
        Self::Url,
        Self::Commit,
        Self::PreviousWorkspaceIds,
        Self::DurationSeconds,
        Self::CompareUrl,
        Self::Changes,
        Self::LeadTimeSeconds,
        Self::Result,
    ];

    /// Its name in `action.yml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Reason => "reason",
            Self::WorkspaceId => "workspace-id",
            Self::WorkspaceUrl => "workspace-url",
            Self::Url => "url",
            Self::Commit => "commit",
            Self::PreviousWorkspaceIds => "previous-workspace-ids",
            Self::DurationSeconds => "duration-seconds",
            Self::CompareUrl => "compare-url",
            Self::Changes => "changes",
            Self::LeadTimeSeconds => "lead-time-seconds",
            Self::Result => "result",
        }
    }
}

/// How a run ended: the values of the output `outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The new version is live.
    Released,
    /// The new version runs alongside what serves, and is healthy.
    Ready,
    /// What served before is live again.
    RolledBack,
    /// The preview of a closed pull request is gone.
    Removed,
    /// What was no longer needed is gone.
    Cleaned,
    /// `dry-run`: nothing was changed.
    Planned,
    /// It was live already.
    Unchanged,
    /// A newer run's release is live: nothing was changed.
    Superseded,
    /// Nothing was written, or production is uncertain, or something was left behind.
    Failed,
    /// What had been written is undone, and production is as before.
    Reverted,
    /// A signal asked the run to stop.
    Cancelled,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 11] = [
        Self::Released,
        Self::Ready,
        Self::RolledBack,
        Self::Removed,
        Self::Cleaned,
        Self::Planned,
        Self::Unchanged,
        Self::Superseded,
        Self::Failed,
        Self::Reverted,
        Self::Cancelled,
    ];

    /// The word in the output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Ready => "ready",
            Self::RolledBack => "rolled-back",
            Self::Removed => "removed",
            Self::Cleaned => "cleaned",
            Self::Planned => "planned",
            Self::Unchanged => "unchanged",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Reverted => "reverted",
            Self::Cancelled => "cancelled",
        }
    }

    /// The process's exit status.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Released
            | Self::Ready
            | Self::RolledBack
            | Self::Removed
            | Self::Cleaned
            | Self::Planned
            | Self::Unchanged
            | Self::Superseded => 0,
            Self::Failed | Self::Reverted => 1,
            Self::Cancelled => 130,
        }
    }
}
