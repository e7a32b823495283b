//! Owns what GitHub says about the run: `GITHUB_*` and the event's payload, read leniently.

mod pull_request;
pub(crate) mod step;

use std::collections::BTreeMap;

use serde_json::Value;

pub use pull_request::{Head, PullRequest};

/// Where the run comes from. What GitHub did not say is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// `owner/name`.
    pub repository: String,
    /// Usually `https://github.com`.
    pub server: String,
    /// The workflow file's path in the repository.
    pub workflow: String,
    /// Unique among all runs of the repository.
    pub run_id: u64,
    /// Counts the runs of this workflow.
    pub run_number: u64,
    /// Counts the attempts of this run.
    pub attempt: u64,
    /// Whether the repository is private.
    pub private: Option<bool>,
    /// Where to clone the repository from.
    pub clone_url: Option<String>,
    /// The branch that triggered the run; a pull request's head; for a tag the default branch.
    pub branch: Option<String>,
    /// The commit that triggered the run; a pull request's head, a `workflow_run`'s head.
    pub commit: Option<String>,
    /// Whether it is a pull request from a fork, which gets no secrets.
    pub from_fork: bool,
    /// The pull request whose own event started the run.
    pub pull_request: Option<PullRequest>,
}

impl Context {
    /// Reads `GITHUB_*` among `variables`, and the text of the event; anything odd in it counts as absent.
    #[must_use]
    pub fn read(variables: &BTreeMap<String, String>, event: &str) -> Self {
        let event: Value = serde_json::from_str(event).unwrap_or_default();
        let text = |name: &str| {
            let value = variables.get(name)?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let number = |name: &str| text(name).and_then(|value| value.parse().ok()).unwrap_or(0);
        let repository = text("GITHUB_REPOSITORY").unwrap_or_default();
        let server = text("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".to_owned());
        let clone_url = (!repository.is_empty())
            .then(|| format!("{}/{repository}.git", server.trim_end_matches('/')));
        Self {
            workflow: workflow_path(
                &text("GITHUB_WORKFLOW_REF").unwrap_or_default(),
                &repository,
            ),
            run_id: number("GITHUB_RUN_ID"),
            run_number: number("GITHUB_RUN_NUMBER"),
            attempt: number("GITHUB_RUN_ATTEMPT"),
            private: at(&event, "/repository/private").and_then(Value::as_bool),
            clone_url: string(&event, "/repository/clone_url").or(clone_url),
            branch: branch(&event, &text),
            commit: commit(&event, &text),
            from_fork: pull_request::comes_from_fork(&event, &repository),
            pull_request: PullRequest::read(&text("GITHUB_EVENT_NAME").unwrap_or_default(), &event),
            repository,
            server,
        }
    }

    /// The repository's name without its owner.
    #[must_use]
    pub fn repository_name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// Where people look at `commit`.
    #[must_use]
    pub fn commit_url(&self, commit: &str) -> String {
        format!(
            "{}/{}/commit/{commit}",
            self.server.trim_end_matches('/'),
            self.repository
        )
    }
}

fn at<'e>(event: &'e Value, pointer: &str) -> Option<&'e Value> {
    event.pointer(pointer).filter(|value| !value.is_null())
}

fn string(event: &Value, pointer: &str) -> Option<String> {
    let value = at(event, pointer)?.as_str()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn branch(event: &Value, text: &impl Fn(&str) -> Option<String>) -> Option<String> {
    string(event, "/pull_request/head/ref")
        .or_else(|| string(event, "/workflow_run/head_branch"))
        .or_else(|| text("GITHUB_HEAD_REF"))
        .or_else(|| match text("GITHUB_REF_TYPE").as_deref() {
            Some("tag") => string(event, "/repository/default_branch"),
            _ if is_pull_request(text) => None,
            _ => text("GITHUB_REF_NAME"),
        })
}

/// On pull requests `GITHUB_SHA` is a merge commit that is on no branch: only the event knows the head.
fn commit(event: &Value, text: &impl Fn(&str) -> Option<String>) -> Option<String> {
    string(event, "/pull_request/head/sha")
        .or_else(|| string(event, "/workflow_run/head_sha"))
        .or_else(|| {
            if is_pull_request(text) {
                None
            } else {
                text("GITHUB_SHA")
            }
        })
        .filter(|sha| sha.len() == 40 && sha.bytes().all(|b| b.is_ascii_hexdigit()))
        .map(|sha| sha.to_ascii_lowercase())
}

fn is_pull_request(text: &impl Fn(&str) -> Option<String>) -> bool {
    text("GITHUB_EVENT_NAME").is_some_and(|name| name.starts_with("pull_request"))
}

/// `acme/shop/.github/workflows/release.yml@refs/heads/main` without repository and ref.
fn workflow_path(reference: &str, repository: &str) -> String {
    let path = reference.split('@').next().unwrap_or_default();
    path.strip_prefix(repository)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(path)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::Context;

    const SHA: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const HEAD: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn read(more: &[(&str, &str)], event: &str) -> Context {
        let variables = [
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_SHA", SHA),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_REF_TYPE", "branch"),
            ("GITHUB_EVENT_NAME", "push"),
            (
                "GITHUB_WORKFLOW_REF",
                "acme/shop/.github/workflows/release.yml@refs/heads/main",
            ),
        ];
        let variables = variables
            .iter()
            .chain(more)
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        Context::read(&variables, event)
    }

    #[test]
    fn a_push_is_its_branch_and_commit() {
        let context = read(
            &[],
            r#"{"repository":{"private":false,"clone_url":"https://ghe.example.com/acme/shop.git"}}"#,
        );
        assert_eq!(context.branch.as_deref(), Some("main"));
        assert_eq!(context.commit.as_deref(), Some(SHA));
        assert_eq!(context.private, Some(false));
        assert_eq!(
            context.clone_url.as_deref(),
            Some("https://ghe.example.com/acme/shop.git")
        );
        assert_eq!(context.workflow, ".github/workflows/release.yml");
    }

    #[test]
    fn a_pull_request_is_its_head_never_the_merge_commit() {
        let event = format!(
            r#"{{"pull_request":{{"head":{{"sha":"{HEAD}","ref":"feature/x","repo":{{"fork":true}}}}}}}}"#
        );
        let context = read(
            &[
                ("GITHUB_EVENT_NAME", "pull_request"),
                ("GITHUB_REF_NAME", "7/merge"),
            ],
            &event,
        );
        assert_eq!(context.branch.as_deref(), Some("feature/x"));
        assert_eq!(context.commit.as_deref(), Some(HEAD));
        assert!(context.from_fork);
        let blind = read(
            &[
                ("GITHUB_EVENT_NAME", "pull_request"),
                ("GITHUB_REF_NAME", "7/merge"),
            ],
            "{}",
        );
        assert_eq!((blind.branch, blind.commit), (None, None));
    }

    #[test]
    fn a_workflow_run_is_the_run_that_triggered_it() {
        let event =
            format!(r#"{{"workflow_run":{{"head_sha":"{HEAD}","head_branch":"release"}}}}"#);
        let context = read(&[("GITHUB_EVENT_NAME", "workflow_run")], &event);
        assert_eq!(context.branch.as_deref(), Some("release"));
        assert_eq!(context.commit.as_deref(), Some(HEAD));
    }

    #[test]
    fn a_tag_is_on_the_default_branch() {
        let context = read(
            &[("GITHUB_REF_TYPE", "tag"), ("GITHUB_REF_NAME", "v1.2.3")],
            r#"{"repository":{"default_branch":"trunk"}}"#,
        );
        assert_eq!(context.branch.as_deref(), Some("trunk"));
        assert_eq!(context.commit.as_deref(), Some(SHA));
    }

    #[test]
    fn nonsense_in_the_event_counts_as_absent() {
        for event in [
            "",
            "{}",
            "[]",
            "null",
            "{",
            r#"{"repository":7,"pull_request":null}"#,
        ] {
            let context = read(&[], event);
            assert_eq!(context.branch.as_deref(), Some("main"));
            assert_eq!(context.private, None);
            assert_eq!(
                context.clone_url.as_deref(),
                Some("https://github.com/acme/shop.git")
            );
        }
        assert_eq!(
            Context::read(&std::collections::BTreeMap::new(), "").repository,
            ""
        );
    }
}
