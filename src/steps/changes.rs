//! Owns reading what lies between the commit that served before and the one that is live. It is for people: nothing of a
//! release depends on it, and nothing here fails one.

use crate::changes::Changes;
use crate::ids::WorkspaceId;
use crate::report::{Output, StepStatus};
use crate::steps::RunContext;
use crate::steps::commands::{Command, Done};

/// Tells what went live, or what is no longer live: what lies between `before` and the output `commit`. The workspaces are asked in that order: a clone may be older than a
/// commit.
pub(crate) fn tell(
    ctx: &RunContext<'_>,
    workspaces: &[WorkspaceId],
    git_url: Option<&str>,
    before: Option<&str>,
) {
    let tell = || tell_all(ctx, workspaces, git_url, before);
    let judge = |(): &()| StepStatus::Well;
    ctx.report.judged_step("Read the changes", tell, judge);
}

fn tell_all(
    ctx: &RunContext<'_>,
    workspaces: &[WorkspaceId],
    git_url: Option<&str>,
    before: Option<&str>,
) {
    let Some(live) = ctx.report.get(Output::Commit) else {
        return;
    };
    if before == Some(&live) {
        ctx.report.set(Output::Changes, "0");
        return;
    }
    // A commit is its own history where none is known.
    let from = before.unwrap_or(&live);
    let Some(changes) = read(ctx, workspaces, from, &live) else {
        ctx.report
            .unknown_changes("git in the workspace could not be asked");
        return;
    };
    let Some(before) = before else {
        ctx.report.lead_time(changes.made);
        ctx.report
            .unknown_changes("what served before carries no commit");
        return;
    };
    if let Some(url) = ctx.context.compare_url(git_url, before, &live) {
        ctx.report.set(Output::CompareUrl, url);
    }
    match changes.difference {
        None => {
            ctx.report.lead_time(changes.made);
            let why =
                format!("the clone does not hold commit {before} (a force push, or `clone-depth`)");
            ctx.report.unknown_changes(&why);
        }
        Some(difference) => {
            if difference.added > 0 {
                ctx.report.lead_time(changes.made);
            }
            ctx.report.changes(difference);
        }
    }
}

/// The first answer that knows both commits, else the first that knows one.
fn read(ctx: &RunContext<'_>, workspaces: &[WorkspaceId], from: &str, to: &str) -> Option<Changes> {
    let mut partly = None;
    for id in workspaces {
        match ask(ctx, *id, from, to) {
            whole @ Some(Changes {
                difference: Some(_),
                ..
            }) => return whole,
            other => partly = partly.or(other),
        }
    }
    partly
}

fn ask(ctx: &RunContext<'_>, id: WorkspaceId, from: &str, to: &str) -> Option<Changes> {
    match ctx.api.execute(id, &Command::Changes(from, to).to_string()) {
        Ok(executed) => Changes::parse(&Done::from(executed).output),
        Err(error) => {
            ctx.log.line(&format!("workspace {id}: {error}"));
            None
        }
    }
}
