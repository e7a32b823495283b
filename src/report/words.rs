//! Owns the names of outputs and outcomes, as `action.yml` spells them.

use crate::words::words;

words! {
    /// The outputs of `action.yml`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Output, name {
        /// How the run ended.
        Outcome => "outcome",
        /// Why it did not succeed.
        Reason => "reason",
        /// The workspace that was released or made.
        WorkspaceId => "workspace-id",
        /// Its development domain, with scheme.
        WorkspaceUrl => "workspace-url",
        /// Where people reach the release.
        Url => "url",
        /// The commit that is live there.
        Commit => "commit",
        /// What the path pointed at before, as JSON.
        PreviousWorkspaceIds => "previous-workspace-ids",
        /// How long the run took.
        DurationSeconds => "duration-seconds",
        /// Where people compare what is live with what served before.
        CompareUrl => "compare-url",
        /// How many commits went live.
        Changes => "changes",
        /// From the newest one's date to live.
        LeadTimeSeconds => "lead-time-seconds",
        /// Whether what served before is still healthy.
        RollbackReady => "rollback-ready",
        /// All of it as one line of JSON.
        Result => "result",
    }
}

words! {
    /// How a run ended: the values of the output `outcome`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Outcome, as_str {
        /// The new version is live.
        Released => "released",
        /// The new version runs alongside what serves, and is healthy.
        Ready => "ready",
        /// What served before is live again.
        RolledBack => "rolled-back",
        /// The preview of a closed pull request is gone.
        Removed => "removed",
        /// What was no longer needed is gone.
        Cleaned => "cleaned",
        /// `dry-run`: nothing was changed.
        Planned => "planned",
        /// It was live already.
        Unchanged => "unchanged",
        /// A newer run's release is live: nothing was changed.
        Superseded => "superseded",
        /// A rollback or a freeze holds releases: nothing was changed.
        Held => "held",
        /// Nothing was written, or production is uncertain, or something was left behind.
        Failed => "failed",
        /// What had been written is undone, and production is as before.
        Reverted => "reverted",
        /// A signal asked the run to stop.
        Cancelled => "cancelled",
    }
}

impl Outcome {
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
            | Self::Superseded
            | Self::Held => 0,
            Self::Failed | Self::Reverted => 1,
            Self::Cancelled => 130,
        }
    }
}
