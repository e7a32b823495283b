//! Owns what the event says of the pull request that it is about.

use serde_json::Value;

use super::event::is_closed;
use super::payload::{at, number, repository, string};
use crate::repository::Repository;

/// The pull request whose event started the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PullRequest {
    /// Its number.
    pub(crate) number: u64,
    /// What happened to it, as GitHub says it: `opened`, `synchronize`, `labeled`.
    pub(crate) action: String,
    /// Whether it is closed now, merged or not.
    pub(crate) is_closed: bool,
    /// The label that it was given just now.
    pub(crate) label: Option<String>,
    /// Whether the event is one that has secrets for pull requests of forks, too: `pull_request_target`.
    pub(crate) is_target: bool,
    /// The repository that its code comes from; absent where that is gone.
    pub(crate) head: Option<Head>,
}

/// The repository that a pull request's code comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Which it is.
    pub(crate) repository: Repository,
    /// Where to clone it from.
    pub(crate) clone_url: Option<String>,
    /// Whether it is private.
    pub(crate) private: Option<bool>,
}

impl PullRequest {
    /// Reads `event`, if `name` is that of a pull request's own event or of its review.
    pub(super) fn read(name: &str, event: &Value) -> Option<Self> {
        let is_target = match name {
            "pull_request" | "pull_request_review" => false,
            "pull_request_target" => true,
            _ => return None,
        };
        let number = number(event, "/pull_request/number").or_else(|| number(event, "/number"));
        let action = string(event, "/action")?;
        let label = string(event, "/label/name").filter(|_| action == "labeled");
        Some(Self {
            number: number?,
            is_closed: is_closed(event),
            label,
            is_target,
            head: Head::read(event),
            action,
        })
    }
}

impl Head {
    fn read(event: &Value) -> Option<Self> {
        Some(Self {
            repository: repository(at(event, "/pull_request/head/repo")?)?,
            clone_url: string(event, "/pull_request/head/repo/clone_url"),
            private: at(event, "/pull_request/head/repo/private").and_then(Value::as_bool),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::PullRequest;

    fn event(action: &str, state: &str, head: &Value) -> Value {
        json!({
            "action": action,
            "number": 7,
            "label": {"name": "preview"},
            "pull_request": {"number": 7, "state": state, "head": {"repo": head}},
        })
    }

    #[test]
    fn only_a_pull_requests_own_events_are_about_one() {
        let event = event("opened", "open", &Value::Null);
        let number = |name| PullRequest::read(name, &event).map(|read| read.number);
        assert_eq!(number("pull_request"), Some(7));
        assert_eq!(number("pull_request_target"), Some(7));
        assert_eq!(number("pull_request_review"), Some(7));
        for other in ["issue_comment", "push", ""] {
            assert_eq!(number(other), None, "{other}");
        }
        for lacking in [json!({"number": 7}), json!({"action": "opened"}), json!({})] {
            assert_eq!(PullRequest::read("pull_request", &lacking), None);
        }
    }

    #[test]
    fn a_closed_one_stays_closed_whatever_happens_to_it_next() {
        for (action, state, closed) in [
            ("closed", "closed", true),
            ("closed", "", true),
            ("labeled", "closed", true),
            ("labeled", "open", false),
            ("reopened", "open", false),
        ] {
            let read = PullRequest::read("pull_request", &event(action, state, &Value::Null));
            assert_eq!(read.unwrap().is_closed, closed, "{action} {state}");
        }
    }

    #[test]
    fn a_label_counts_only_when_it_is_given() {
        let label = |action| {
            let event = event(action, "open", &Value::Null);
            PullRequest::read("pull_request_target", &event)?.label
        };
        assert_eq!(label("labeled").as_deref(), Some("preview"));
        assert_eq!((label("unlabeled"), label("synchronize")), (None, None));
    }
}
