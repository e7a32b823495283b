//! Owns the hold: what a rollback notes in the environment of the workspace that serves afterwards, so that the next
//! release does not bring back what was rolled back from.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{CommitId, EnvVar, HOLD, WorkspaceId};
use crate::moment::Moment;

/// No note of ours is longer, in bytes; of another as much is told.
const LONGEST: usize = 1 << 10;

/// Who has rolled back, and from what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    /// The workflow run.
    pub(crate) run: u64,
    /// Who started it; blank where GitHub does not say.
    pub(crate) actor: String,
    /// When, in seconds since the start of 1970.
    pub(crate) at: u64,
    /// The workspaces that served until then.
    pub(crate) from: Vec<WorkspaceId>,
    /// Their commit, where it is known.
    pub(crate) commit: Option<CommitId>,
}

/// A note that holds releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hold {
    /// A rollback.
    By(Note),
    /// A note that is none of ours holds, too: its text.
    Odd(String),
}

impl Note {
    /// As the environment holds it.
    pub(crate) fn to_variable(&self) -> EnvVar {
        EnvVar {
            name: HOLD.to_owned(),
            // Texts and numbers always become JSON.
            value: serde_json::to_string(self).unwrap_or_default(),
        }
    }
}

/// A note that holds nothing, in place of one that may be there.
pub(crate) fn none() -> EnvVar {
    EnvVar {
        name: HOLD.to_owned(),
        value: String::new(),
    }
}

/// What holds, by a workspace's variables. A blank note is none.
pub(crate) fn among(env: &[EnvVar]) -> Option<Hold> {
    let text = &env.iter().find(|variable| variable.name == HOLD)?.value;
    if text.trim().is_empty() {
        return None;
    }
    let note = serde_json::from_str(text).ok();
    Some(match note.filter(|_| text.len() <= LONGEST) {
        Some(note) => Hold::By(note),
        None => Hold::Odd(text.chars().take(LONGEST).collect()),
    })
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let note = match self {
            Self::By(note) => note,
            Self::Odd(text) => return write!(f, "a note that cannot be read: {text:?}"),
        };
        let who = if note.actor.is_empty() {
            "somebody"
        } else {
            &note.actor
        };
        let at = Moment::from_seconds(note.at).to_rfc3339();
        write!(f, "{who} rolled back in run {} at {at}", note.run)?;
        if let [from] = note.from[..] {
            write!(f, ", from workspace {from}")?;
        }
        match &note.commit {
            Some(commit) => write!(f, " with commit {commit}"),
            None => Ok(()),
        }
    }
}

/// What holds releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// The input `freeze`: why.
    Frozen(String),
    /// A rollback, noted in this workspace.
    Noted(WorkspaceId, Hold),
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frozen(why) => write!(f, "Releases are frozen (`freeze`): {why}"),
            Self::Noted(id, hold) => {
                write!(
                    f,
                    "A rollback holds releases, noted in workspace {id}: {hold}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hold, Note, among};
    use crate::ids::{EnvVar, WorkspaceId};

    fn note() -> Note {
        Note {
            run: 77,
            actor: "ada".to_owned(),
            at: 1_767_225_600,
            from: vec![WorkspaceId(5001)],
            commit: "a".repeat(40).try_into().ok(),
        }
    }

    #[test]
    fn a_note_is_read_back_and_told() {
        let hold = among(&[note().to_variable()]);
        assert_eq!(hold, Some(Hold::By(note())));
        let told = hold.map(|hold| hold.to_string());
        let words = format!(
            "ada rolled back in run 77 at 2026-01-01T00:00:00Z, from workspace 5001 with commit {}",
            "a".repeat(40)
        );
        assert_eq!(told, Some(words));
    }

    #[test]
    fn what_cannot_be_read_holds_too_and_a_blank_one_does_not() {
        let with = |value: &str| {
            let value = value.to_owned();
            among(&[EnvVar {
                value,
                ..note().to_variable()
            }])
        };
        assert_eq!(with("wait"), Some(Hold::Odd("wait".to_owned())));
        assert_eq!(with(" "), None);
        assert_eq!(among(&[]), None);
        let long = "x".repeat(5000);
        assert_eq!(with(&long), Some(Hold::Odd("x".repeat(1024))));
        let talkative = Note {
            actor: "x".repeat(5000),
            ..note()
        };
        let found = among(&[talkative.to_variable()]);
        assert!(matches!(found, Some(Hold::Odd(text)) if text.len() == 1024));
    }
}
