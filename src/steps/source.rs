//! Owns the code in a workspace: pulled, and exactly the wanted commit checked out.

use std::time::Duration;

use crate::codesphere::client::Begun;
use crate::codesphere::error::ApiError;
use crate::codesphere::types::CheckedOut;
use crate::failure::{Failure, Reason};
use crate::ids::{CommitId, WorkspaceId};
use crate::release::Work;
use crate::steps::RunContext;
use crate::steps::commands::{self, Command};
use crate::steps::git;
use crate::steps::profile::Extras;
use crate::steps::submodules;
use crate::text::shortened;
use crate::wait::{Ended, Poll};

/// How long a new workspace may still be cloning after it runs.
const CLONING: Duration = Duration::from_mins(1);

/// How long the code has been in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloneAge {
    /// Just made: git errors may pass while the clone goes on.
    Fresh,
    /// Long there: git errors stay.
    Settled,
}

/// Pulls, and makes sure that exactly the wanted commit is checked out; gives the commit that is.
pub(crate) fn check_out(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    work: &Work,
    clone: CloneAge,
) -> Result<CommitId, Failure> {
    let head = match (&work.commit, pull(ctx, id, work, clone)?) {
        (None, Err(error)) => return Err(pull_failed(&error, work)),
        (None, Ok(())) => head(ctx, id)?,
        (Some(commit), Ok(())) => {
            exactly(ctx, id, commit)?.map_err(|said| mismatch(ctx, id, work, &said, None))?
        }
        (Some(commit), Err(error)) => {
            // A merge that failed has still fetched; and a lost answer may have done all of it.
            if !error.is_bad_request_about("") && !error.may_have_acted() {
                return Err(pull_failed(&error, work));
            }
            ctx.log.line(&format!(
                "{error}; looking whether the commit is there all the same"
            ));
            let found = exactly(ctx, id, commit)?;
            found.map_err(|said| {
                if error.may_have_acted() {
                    pull_failed(&error, work)
                } else {
                    mismatch(ctx, id, work, &said, Some(&error))
                }
            })?
        }
    };
    ctx.log.line(&format!("commit {head} is checked out"));
    Ok(head)
}

/// Brings what a check-out alone does not; `about_to` is called before submodules are touched.
pub(crate) fn complete(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    extras: Extras,
    limit: Duration,
    about_to: impl FnOnce(),
) -> Result<(), Failure> {
    if extras.submodules {
        about_to();
        submodules::follow(ctx, id, limit)?;
    }
    if extras.attributes {
        name_pointers(ctx, id)?;
    }
    Ok(())
}

/// The application would be built from pointers instead of files.
fn name_pointers(ctx: &RunContext<'_>, id: WorkspaceId) -> Result<(), Failure> {
    let doing = "looking for pointers of Git LFS";
    let Some(done) = commands::run(ctx, id, Command::ListPointers, doing)? else {
        return Ok(());
    };
    let files = done.output.trim_end();
    if !files.trim().is_empty() {
        let files = ctx.log.door().readable(files).replace('\n', ", ");
        ctx.report.warn(format!(
            "In workspace {id}, only the Git LFS pointers of these files are there, not the files: {}. Fetch them in `prepare` (`git lfs install && git lfs pull`), as far as the repository is public.",
            shortened(&files, 1000)
        ));
    }
    Ok(())
}

/// The commit that is checked out.
pub(crate) fn head(ctx: &RunContext<'_>, id: WorkspaceId) -> Result<CommitId, Failure> {
    known(ctx.api.begin_head(id))
}

/// As [`head`], where its reading has begun.
pub(crate) fn known(head: Begun<'_, CheckedOut>) -> Result<CommitId, Failure> {
    head.answer()
        .map(CheckedOut::into_commit)
        .map_err(|error| error.while_doing("reading which commit is checked out"))
}

/// The inner error is git's, or the API's for good.
fn pull(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    work: &Work,
    clone: CloneAge,
) -> Result<Result<(), ApiError>, Failure> {
    let there = || match &work.commit {
        Some(commit) => Ok(head(ctx, id)? == *commit),
        None => Ok(false),
    };
    let once = || ctx.once(|| ctx.api.pull(id, &work.remote, Some(&work.branch)), there);
    let patience = if clone == CloneAge::Fresh {
        CLONING
    } else {
        Duration::ZERO
    };
    let (wait, _) = ctx.wait("the clone", patience);
    let mut last = None;
    let pulled = wait.until(|_| match once()? {
        Err(error) if error.is_bad_request_about("") => {
            let words = error.to_string();
            last = Some(error);
            Ok(Poll::Pending(words))
        }
        done => Ok(Poll::Ready(done)),
    });
    match (pulled, last) {
        (Ok(done), _) => Ok(done),
        (Err(Ended::TimedOut(_)), Some(error)) => Ok(Err(error)),
        (Err(Ended::TimedOut(_)), None) => Ok(Ok(())),
        (Err(Ended::Failed(failure)), _) => Err(failure),
    }
}

/// Resets to `commit` where something else is checked out. Where it cannot be, the inner error is what git said.
pub(crate) fn exactly(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    commit: &CommitId,
) -> Result<Result<CommitId, String>, Failure> {
    let found = head(ctx, id)?;
    if found == *commit {
        return Ok(Ok(found));
    }
    ctx.log.line(&format!(
        "commit {found} is checked out; resetting to {commit}"
    ));
    name_dropped_edits(ctx, id)?;
    // After a time-out there is no exit code: the head tells.
    let command = Command::Reset(commit);
    let done = commands::run(ctx, id, command, "resetting to the commit")?;
    let said = done.map_or_else(String::new, |done| done.output);
    if !said.trim().is_empty() {
        ctx.log
            .foreign([("| ", ctx.log.door().excerpt(&said, 2000).as_str())]);
    }
    let found = head(ctx, id)?;
    let is_meant = found == *commit || is_tag_of(ctx, id, commit, &found)?;
    Ok(if is_meant { Ok(found) } else { Err(said) })
}

/// Whether `object` is an annotated tag, which stands for `commit`.
fn is_tag_of(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    object: &str,
    commit: &str,
) -> Result<bool, Failure> {
    let doing = "reading which commit a tag stands for";
    let meant = commands::run(ctx, id, Command::Peel(object), doing)?;
    Ok(meant.is_some_and(|meant| meant.output.trim() == commit))
}

/// `reset --hard` drops edits to files that git knows; whoever made them should read which.
fn name_dropped_edits(ctx: &RunContext<'_>, id: WorkspaceId) -> Result<(), Failure> {
    let doing = "looking for uncommitted edits";
    let Some(status) = commands::run(ctx, id, Command::ListEdits, doing)? else {
        ctx.report.warn(format!("Whether workspace {id} has uncommitted edits could not be found out; the reset drops them."));
        return Ok(());
    };
    let edits = status.output.trim_end();
    if !edits.trim().is_empty() {
        ctx.report.warn(format!(
            "Workspace {id} has uncommitted edits, which are dropped now: {}.",
            shortened(&ctx.log.door().readable(edits).replace('\n', ", "), 1000)
        ));
    }
    Ok(())
}

fn pull_failed(error: &ApiError, work: &Work) -> Failure {
    if !error.is_bad_request_about("") {
        return error.while_doing("pulling");
    }
    Failure::new(
        Reason::Refused,
        format!(
            "{} {} could not be pulled: {error}.",
            work.remote, work.branch
        ),
        git::advice(&error.to_string()).unwrap_or("Check `branch` and `remote`, and whether the workspace holds edits or commits of its own that stand in the way."),
    )
}

/// `said` is what git said to the reset.
fn mismatch(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    work: &Work,
    said: &str,
    pull: Option<&ApiError>,
) -> Failure {
    let commit = work.version();
    if let Some(trouble) = git::trouble(said, ctx.log.door()) {
        let cause = format!(
            "In workspace {id}, {commit} could not be checked out; git says \"{}\".",
            trouble.line
        );
        return Failure::new(Reason::CommitMismatch, cause, trouble.next);
    }
    let commit = work.commit.as_deref().unwrap_or_default();
    if let Some(because) = &work.default_because {
        return not_on_default(work, commit, because, pull);
    }
    let pulled = pull.map_or_else(String::new, |error| {
        format!(" Pulling had failed: {error}.")
    });
    Failure::new(
        Reason::CommitMismatch,
        format!(
            "Commit {commit} could not be checked out; it does not seem to be on {} {}.{pulled}",
            work.remote, work.branch
        ),
        pull.and_then(|error| git::advice(&error.to_string())).unwrap_or("Check that `branch` contains `commit` (a force push may have dropped it), and leave `clone-depth` blank, as a shallow clone may lack it. If the branch's newest commit is what you want, give `branch` and leave `commit` blank."),
    )
}

/// A tag may be one of a release branch.
fn not_on_default(work: &Work, commit: &str, because: &str, pull: Option<&ApiError>) -> Failure {
    let branch = &work.branch;
    let pulled = pull.map_or_else(String::new, |error| {
        format!(" Pulling had failed: {error}.")
    });
    Failure::new(
        Reason::CommitMismatch,
        format!(
            "Commit {commit} does not seem to be on {} {branch}. That branch is the repository's default branch, and was taken because {because}.{pulled}",
            work.remote
        ),
        "Name the branch that holds the commit, and the commit with it: for example `branch: release-1.2` and `commit: ${{ github.sha }}`. Leave `clone-depth` blank, as a shallow clone may lack the commit.",
    )
}
