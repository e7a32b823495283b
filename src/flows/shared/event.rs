//! Owns whether the event lets a flow build: the one place where strangers' code and what is not to be released are
//! refused, before anything is asked of Codesphere.

use crate::context::{Context, Head, PullRequest, Refused};
use crate::failure::{Failure, Reason};
use crate::inputs::groups::Code;

/// The label by which somebody who has looked at a fork's commit lets it run.
pub(crate) const LABEL: &str = "preview";

/// A commit that the inputs name needs no good workflow run; strangers' code stays strangers' code.
pub(crate) fn may_release(code: &Code, context: &Context) -> Result<(), Failure> {
    match &context.refused {
        None => Ok(()),
        Some(Refused::Unsuccessful(_)) if code.source.commit.is_some() => Ok(()),
        Some(refused) => Err(refused.failure()),
    }
}

/// A stranger's code that nobody has looked at is refused; nothing of a closed pull request runs any more.
pub(crate) fn may_show(pull_request: &PullRequest, context: &Context) -> Result<(), Failure> {
    if pull_request.is_closed || !context.is_foreign() {
        return Ok(());
    }
    let Some(head) = &pull_request.head else {
        return Err(Failure::new(
            Reason::Refused,
            format!(
                "The repository that pull request {} comes from is gone, so its code cannot be cloned.",
                pull_request.number
            ),
            "Close the pull request, or bring its commits to a branch of this repository.",
        ));
    };
    if !is_looked_at(pull_request) {
        return Err(strangers(pull_request, head));
    }
    Ok(())
}

/// A label is of one commit only: whatever is pushed after it, nobody has looked at.
fn is_looked_at(pull_request: &PullRequest) -> bool {
    pull_request.is_target && pull_request.label.as_deref() == Some(LABEL)
}

fn strangers(pull_request: &PullRequest, head: &Head) -> Failure {
    let (number, fork, action) = (pull_request.number, &head.repository, &pull_request.action);
    let cause = format!(
        "Pull request {number} comes from the fork {fork}: a preview would run a stranger's code alongside your other workspaces, with the values of `env`."
    );
    if pull_request.is_target {
        return Failure::new(
            Reason::Refused,
            format!(
                "{cause} On `pull_request_target` that is done only for the commit to which somebody has just given the label `{LABEL}`; this event is `{action}`."
            ),
            format!(
                "Read the commit; if it may run, take the label `{LABEL}` away and give it again."
            ),
        );
    }
    Failure::new(
        Reason::Refused,
        cause,
        "Leave pull requests of forks out, as the workflow in the README does (`if: github.event.pull_request.head.repo.full_name == github.repository`), or set up the one for forks that stands below it.",
    )
}
