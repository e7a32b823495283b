//! Owns what things are named by: workspaces, teams, plans, commits, variables.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// The variable in which a rollback holds further releases.
pub(crate) const HOLD: &str = "CODESPHERE_RELEASE_HOLD";
/// The variable in which a workspace remembers its managed services.
pub(crate) const MANAGED: &str = "CODESPHERE_RELEASE_MANAGED";
/// The variable in which a workspace remembers what served before it.
pub const PREVIOUS: &str = "CODESPHERE_RELEASE_PREVIOUS";
/// The variable in which a preview remembers its last update.
pub(crate) const UPDATED: &str = "CODESPHERE_RELEASE_UPDATED";

/// The variables that this action keeps for itself.
pub(crate) const RESERVED: [&str; 4] = [HOLD, MANAGED, PREVIOUS, UPDATED];

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A workspace's number.
    WorkspaceId
);
id!(
    /// A team's number.
    TeamId
);
id!(
    /// A workspace plan's number.
    PlanId
);
id!(
    /// A data centre's number.
    DataCenterId
);

/// One environment variable. Its value is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl fmt::Debug for EnvVar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=***", self.name)
    }
}

/// A commit's hash: nothing else may be taken for one, as it is shown, compared and put into a shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct CommitId(String);

impl CommitId {
    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for CommitId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CommitId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text))
        } else {
            Err("not a commit's hash")
        }
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<CommitId> for String {
    fn from(commit: CommitId) -> Self {
        commit.0
    }
}

#[cfg(test)]
mod tests {
    use super::CommitId;

    #[test]
    fn a_commit_is_forty_hexadecimal_digits_at_least() {
        let read = |text: &str| CommitId::try_from(text.to_owned()).is_ok();
        assert!(read(&"a1".repeat(20)) && read(&"F".repeat(64)));
        for bad in [
            "",
            "a1b2c3d",
            &"a".repeat(39),
            &"g".repeat(40),
            &format!("{} ", "a".repeat(40)),
        ] {
            assert!(!read(bad), "{bad:?}");
        }
    }
}
