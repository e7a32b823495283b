//! Owns what GitHub says about the run: `GITHUB_*` and the event's payload, read leniently.

mod event;
mod payload;
mod pull_request;
mod refused;
pub(crate) mod step;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::ids::CommitId;
use crate::repository::Repository;
use event::Meaning;
use payload::{at, string};
pub(crate) use pull_request::{Head, PullRequest};
pub(crate) use refused::Refused;

/// Where the run comes from. What GitHub did not say is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Context {
    /// The repository whose workflow runs.
    pub(crate) repository: Repository,
    /// Who started the run; blank where GitHub does not say.
    pub(crate) actor: String,
    /// Usually `https://github.com`.
    pub(crate) server: String,
    /// The workflow file's path in the repository.
    pub(crate) workflow: String,
    /// Unique among all runs of the repository.
    pub(crate) run_id: u64,
    /// Counts the runs of this workflow.
    pub(crate) run_number: u64,
    /// Counts the attempts of this run.
    pub(crate) attempt: u64,
    /// Whether the repository is private.
    pub(crate) private: Option<bool>,
    /// Where to clone the repository from.
    pub(crate) clone_url: Option<String>,
    /// The branch that the event means.
    pub(crate) branch: Option<String>,
    /// Why that is the default branch, where the event names no other.
    pub(crate) default_because: Option<String>,
    /// The commit that the event means.
    pub(crate) commit: Option<CommitId>,
    /// Why flows that build release nothing of it.
    pub(crate) refused: Option<Refused>,
    /// The pull request whose own event started the run.
    pub(crate) pull_request: Option<PullRequest>,
}

impl Context {
    /// Reads `GITHUB_*` among `variables`, and the text of the event; anything odd in it counts as absent.
    pub(crate) fn read(variables: &BTreeMap<String, String>, event: &str) -> Self {
        let event: Value = serde_json::from_str(event).unwrap_or_default();
        let text = |name: &str| {
            let value = variables.get(name)?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let number = |name: &str| text(name).and_then(|value| value.parse().ok()).unwrap_or(0);
        let repository = Repository {
            name: text("GITHUB_REPOSITORY").unwrap_or_default(),
            id: text("GITHUB_REPOSITORY_ID").and_then(|value| value.parse().ok()),
        };
        let server = text("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".to_owned());
        let clone_url = (!repository.name.is_empty())
            .then(|| format!("{}/{repository}.git", server.trim_end_matches('/')));
        let meaning = Meaning::read(&event, &repository, &text);
        Self {
            workflow: workflow_path(
                &text("GITHUB_WORKFLOW_REF").unwrap_or_default(),
                &repository.name,
            ),
            actor: text("GITHUB_TRIGGERING_ACTOR")
                .or_else(|| text("GITHUB_ACTOR"))
                .unwrap_or_default(),
            run_id: number("GITHUB_RUN_ID"),
            run_number: number("GITHUB_RUN_NUMBER"),
            attempt: number("GITHUB_RUN_ATTEMPT"),
            private: at(&event, "/repository/private").and_then(Value::as_bool),
            clone_url: string(&event, "/repository/clone_url").or(clone_url),
            branch: meaning.branch,
            default_because: meaning.default_because,
            commit: meaning.commit,
            refused: meaning.refused,
            pull_request: PullRequest::read(&text("GITHUB_EVENT_NAME").unwrap_or_default(), &event),
            repository,
            server,
        }
    }

    /// Whether the code comes from another repository, or from nobody knows where.
    pub(crate) fn is_foreign(&self) -> bool {
        self.refused.as_ref().is_some_and(Refused::is_foreign)
    }

    /// The repository's name without its owner.
    pub(crate) fn repository_name(&self) -> &str {
        self.repository.name.rsplit('/').next().unwrap_or_default()
    }

    /// Where people look at `commit`.
    pub(crate) fn commit_url(&self, commit: &str) -> String {
        format!(
            "{}/{}/commit/{commit}",
            self.server.trim_end_matches('/'),
            self.repository
        )
    }

    /// Where people compare two commits of what is cloned from `git_url`; absent: this repository.
    pub(crate) fn compare_url(
        &self,
        git_url: Option<&str>,
        from: &str,
        to: &str,
    ) -> Option<String> {
        let server = self.server.trim_end_matches('/');
        let name = match git_url {
            Some(url) => name_on(server, url)?,
            None => &self.repository.name,
        };
        let is_known = name.split('/').filter(|part| !part.is_empty()).count() == 2;
        is_known.then(|| format!("{server}/{name}/compare/{from}...{to}"))
    }
}

/// `acme/shop` of `https://github.com/acme/shop.git` or `git@github.com:acme/shop.git`, where it is on that server.
fn name_on<'u>(server: &str, git_url: &'u str) -> Option<&'u str> {
    let host = server.split_once("://")?.1;
    let rest = git_url.split_once("://").map_or(git_url, |(_, rest)| rest);
    let rest = rest.strip_prefix("git@").unwrap_or(rest);
    let name = rest.strip_prefix(host)?.strip_prefix(['/', ':'])?;
    Some(name.strip_suffix(".git").unwrap_or(name))
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
    fn a_comparison_is_one_of_the_repository_that_is_cloned() {
        let url = |git_url: Option<&str>| read(&[], "").compare_url(git_url, "a", "b");
        let at = |name: &str| Some(format!("https://github.com/{name}/compare/a...b"));
        assert_eq!(url(None), at("acme/shop"));
        for ours in [
            "https://github.com/acme/api.git",
            "https://github.com/acme/api",
            "git@github.com:acme/api.git",
            "ssh://git@github.com/acme/api.git",
        ] {
            assert_eq!(url(Some(ours)), at("acme/api"), "{ours}");
        }
        for theirs in [
            "https://gitlab.com/acme/api.git",
            "https://github.com.evil.example/acme/api",
            "https://github.com/",
            "",
            "https://github.com/acme/api/more",
        ] {
            assert_eq!(url(Some(theirs)), None, "{theirs}");
        }
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
            Context::read(&std::collections::BTreeMap::new(), "")
                .repository
                .name,
            ""
        );
    }
}
