//! Owns what the event means for flows that build: a branch and a commit, or why none of its code is released.

use serde_json::Value;

use super::payload::{at, number, repository, string};
use super::refused::{Origin, Refused};
use crate::ids::CommitId;
use crate::repository::Repository;

/// What the event means for flows that build.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) branch: Option<String>,
    /// Why that is the default branch, where the event names no other.
    pub(super) default_because: Option<String>,
    pub(super) commit: Option<CommitId>,
    pub(super) refused: Option<Refused>,
}

type Text<'t> = &'t dyn Fn(&str) -> Option<String>;

impl Meaning {
    pub(super) fn read(event: &Value, ours: &Repository, text: Text<'_>) -> Self {
        let name = text("GITHUB_EVENT_NAME").unwrap_or_default();
        if name.starts_with("pull_request") {
            return of_pull_request(event, ours, text);
        }
        match name.as_str() {
            "workflow_run" => of_workflow_run(event, ours),
            _ => of_ref(&name, event, text),
        }
    }
}

/// `GITHUB_SHA` is a merge commit that is on no branch: only the event knows the head, and what was merged.
fn of_pull_request(event: &Value, ours: &Repository, text: Text<'_>) -> Meaning {
    let number = number(event, "/pull_request/number").or_else(|| number(event, "/number"));
    if let Some(from) = foreign(event, "/pull_request/head/repo", ours) {
        return Meaning {
            branch: string(event, "/pull_request/head/ref"),
            commit: sha(event, "/pull_request/head/sha"),
            refused: Some(Refused::Foreign(Origin::PullRequest(number), from)),
            ..Meaning::default()
        };
    }
    match (is_closed(event), is_merged(event)) {
        (false, _) => Meaning {
            branch: string(event, "/pull_request/head/ref").or_else(|| text("GITHUB_HEAD_REF")),
            commit: sha(event, "/pull_request/head/sha"),
            ..Meaning::default()
        },
        (true, true) => Meaning {
            branch: string(event, "/pull_request/base/ref"),
            commit: sha(event, "/pull_request/merge_commit_sha"),
            ..Meaning::default()
        },
        (true, false) => Meaning {
            refused: Some(Refused::Unmerged(number)),
            ..Meaning::default()
        },
    }
}

/// Where the code comes from, if that is another repository; no name where it is gone. GitHub always says it; what a
/// local runner leaves out is nobody's.
#[expect(
    clippy::option_option,
    reason = "not foreign and foreign from nobody knows where are different things"
)]
fn foreign(event: &Value, pointer: &str, ours: &Repository) -> Option<Option<String>> {
    let said = event.pointer(pointer)?;
    let Some(its) = repository(said) else {
        return Some(None);
    };
    (!its.is(ours)).then_some(Some(its.name))
}

/// Whether the event's pull request is closed, merged or not.
pub(super) fn is_closed(event: &Value) -> bool {
    let is = |pointer, word| string(event, pointer).as_deref() == Some(word);
    is("/action", "closed") || is("/pull_request/state", "closed")
}

/// A review's event has the time only.
fn is_merged(event: &Value) -> bool {
    let merged = at(event, "/pull_request/merged").and_then(Value::as_bool);
    merged.unwrap_or_else(|| string(event, "/pull_request/merged_at").is_some())
}

fn of_workflow_run(event: &Value, ours: &Repository) -> Meaning {
    let conclusion = string(event, "/workflow_run/conclusion");
    let refused = match foreign(event, "/workflow_run/head_repository", ours) {
        Some(from) => Some(Refused::Foreign(Origin::WorkflowRun, from)),
        None => {
            (conclusion.as_deref() != Some("success")).then_some(Refused::Unsuccessful(conclusion))
        }
    };
    let named = string(event, "/workflow_run/head_branch");
    let tag = named.clone().filter(|name| is_tag_of(event, name));
    let (branch, default_because) = match tag {
        Some(tag) => default_branch(event, Some(&tag)),
        None => (named, None),
    };
    Meaning {
        branch,
        default_because,
        commit: sha(event, "/workflow_run/head_sha"),
        refused,
    }
}

/// Of a run that a tag has started, `head_branch` is the tag, and nothing says so; but versions are no branches.
fn is_tag_of(event: &Value, name: &str) -> bool {
    let started_by = string(event, "/workflow_run/event");
    match started_by.as_deref() {
        Some("release") => true,
        Some("push") => is_version(name),
        _ => false,
    }
}

/// `v1.2.3`, `1.2.3-rc.1`.
fn is_version(name: &str) -> bool {
    let numbers = name.strip_prefix('v').unwrap_or(name);
    let numbers = numbers.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = numbers.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(is_number)
}

fn of_ref(name: &str, event: &Value, text: Text<'_>) -> Meaning {
    let reference = text("GITHUB_REF").unwrap_or_default();
    let is_deleted = at(event, "/deleted").and_then(Value::as_bool) == Some(true);
    if name == "push" && is_deleted {
        let deleted = string(event, "/ref").unwrap_or(reference);
        return Meaning {
            refused: Some(Refused::Deleted(deleted)),
            ..Meaning::default()
        };
    }
    let is_tag = name == "release"
        || text("GITHUB_REF_TYPE").as_deref() == Some("tag")
        || reference.starts_with("refs/tags/");
    let named = text("GITHUB_REF_NAME");
    let (branch, default_because) = match named {
        Some(branch) if !is_tag => (Some(branch), None),
        named => {
            let tag = named.or_else(|| string(event, "/release/tag_name"));
            default_branch(event, tag.filter(|_| is_tag).as_deref())
        }
    };
    Meaning {
        branch,
        default_because,
        commit: text("GITHUB_SHA").and_then(|sha| commit(&sha)),
        refused: None,
    }
}

/// The default branch, and why it is taken.
fn default_branch(event: &Value, tag: Option<&str>) -> (Option<String>, Option<String>) {
    let because = tag.map_or_else(
        || "the event names no branch".to_owned(),
        |tag| format!("the event names the tag {tag} and no branch"),
    );
    let branch = string(event, "/repository/default_branch");
    (branch, Some(because))
}

fn sha(event: &Value, pointer: &str) -> Option<CommitId> {
    commit(&string(event, pointer)?)
}

/// Zeros alone stand for no commit.
fn commit(sha: &str) -> Option<CommitId> {
    let commit = CommitId::try_from(sha.to_ascii_lowercase()).ok()?;
    let is_one = commit.len() == 40 && commit.bytes().any(|b| b != b'0');
    is_one.then_some(commit)
}
