//! Owns why none of an event's code is released, and how to keep such runs from starting.

use crate::failure::{Failure, Reason};

/// Why none of the event's code is released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It comes from another repository, or nobody knows where from.
    Foreign(Origin, Option<String>),
    /// The pull request was closed without a merge.
    Unmerged(Option<u64>),
    /// The branch or tag is gone.
    Deleted(String),
    /// The workflow run ended otherwise than well: how, if that is known.
    Unsuccessful(Option<String>),
}

/// What brought foreign code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A pull request, of that number.
    PullRequest(Option<u64>),
    /// The run of another workflow.
    WorkflowRun,
}

impl Refused {
    /// Whether it is a stranger's code, which nothing but a labelled preview may run.
    pub(crate) const fn is_foreign(&self) -> bool {
        match self {
            Self::Foreign(..) => true,
            Self::Unmerged(_) | Self::Deleted(_) | Self::Unsuccessful(_) => false,
        }
    }

    /// The refusal, with the `if:` that keeps such runs from starting.
    pub(crate) fn failure(&self) -> Failure {
        let only_if = format!(
            "To keep such runs from starting, give the job `{}`.",
            self.only_if()
        );
        let (cause, next) = match self {
            Self::Foreign(origin, from) => (
                foreign(origin, from.as_deref()),
                only_if
                    + " Once a maintainer has merged the code, a run on `push` releases it. Only the flow `preview` runs a fork's code, and only a commit that was given the label `preview`.",
            ),
            Self::Unmerged(number) => (
                format!(
                    "{} was closed without a merge: there is nothing to release.",
                    pull_request(*number)
                ),
                only_if,
            ),
            Self::Deleted(deleted) => (
                format!(
                    "This run was started by the deletion of {deleted}: there is nothing to release."
                ),
                only_if,
            ),
            Self::Unsuccessful(conclusion) => (
                format!(
                    "The workflow run that started this one did not succeed (conclusion: {}): its commit is not released.",
                    conclusion.as_deref().unwrap_or("none")
                ),
                only_if + " To release a commit whatever became of that run, name it as `commit`.",
            ),
        };
        Failure::new(Reason::Refused, cause, next)
    }

    const fn only_if(&self) -> &'static str {
        match self {
            Self::Foreign(Origin::PullRequest(_), _) => {
                "if: github.event.pull_request.head.repo.full_name == github.repository"
            }
            Self::Foreign(Origin::WorkflowRun, _) => {
                "if: github.event.workflow_run.head_repository.full_name == github.repository"
            }
            Self::Unmerged(_) => {
                "if: github.event.action != 'closed' || github.event.pull_request.merged"
            }
            Self::Deleted(_) => "if: ${{ !github.event.deleted }}",
            Self::Unsuccessful(_) => "if: github.event.workflow_run.conclusion == 'success'",
        }
    }
}

fn foreign(origin: &Origin, from: Option<&str>) -> String {
    let what = match origin {
        Origin::PullRequest(number) => pull_request(*number),
        Origin::WorkflowRun => "The workflow run that started this one".to_owned(),
    };
    let from = from.map_or_else(
        || "a repository that is gone".to_owned(),
        |name| format!("the fork {name}"),
    );
    format!(
        "{what} comes from {from}. A release of it would run a stranger's code with the values of `env`, whatever `commit` says."
    )
}

fn pull_request(number: Option<u64>) -> String {
    number.map_or_else(
        || "The pull request of this event".to_owned(),
        |number| format!("Pull request {number}"),
    )
}
