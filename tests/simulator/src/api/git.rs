//! Git in a workspace: what is checked out, and pulling.

use serde_json::json;

use super::workspaces::{find, find_mut, must_run};
use super::{Answer, Answered, Call, Problem, no_such_endpoint};
use crate::{Commit, Repository, Workspace, World};

/// The commit that a merge makes when the pulled branch was rewritten.
const MERGE: &str = "dddddddddddddddddddddddddddddddddddddddd";

pub(super) fn route(world: &mut World, call: &Call<'_>, id: u64, rest: &[&str]) -> Answered {
    match (call.method, rest) {
        ("GET", ["head"]) => head(world, id),
        ("POST", ["pull"]) => pull(world, id, None, None),
        ("POST", ["pull", remote]) => pull(world, id, Some(remote), None),
        ("POST", ["pull", remote, branch]) => pull(world, id, Some(remote), Some(branch)),
        _ => no_such_endpoint(world, call),
    }
}

fn head(world: &World, id: u64) -> Answered {
    must_run(world, id)?;
    let head = find(world, id)?.head.as_ref();
    let head = head.ok_or_else(|| Problem::git("fatal: not a git repository"))?;
    Ok(Answer::json(json!({ "head": head })))
}

fn pull(world: &mut World, id: u64, remote: Option<&str>, branch: Option<&str>) -> Answered {
    must_run(world, id)?;
    if let Some(remote) = remote.filter(|remote| *remote != "origin") {
        let text = format!("fatal: '{remote}' does not appear to be a git repository");
        return Err(Problem::git(&text));
    }
    let workspace = find(world, id)?;
    let url = workspace.git_url.as_deref().unwrap_or_default();
    let repository = world.repository(url);
    let repository = repository.ok_or_else(|| Problem::git("fatal: repository not found"))?;
    let asked = branch.or(workspace.initial_branch.as_deref());
    let branch = asked.unwrap_or(&repository.default_branch);
    let commits = repository.fetch(branch, workspace.clone_depth);
    let Some(commits) = commits.filter(|commits| !commits.is_empty()) else {
        return Err(Problem::git(&format!(
            "fatal: couldn't find remote ref {branch}"
        )));
    };
    if repository.conflicts {
        return Err(Problem::git(
            "Automatic merge failed; fix conflicts and then commit the result.",
        ));
    }
    let head = merge(workspace, repository, branch, &commits);
    let (workspace, ..) = find_mut(world, id)?;
    workspace.learn(commits);
    workspace.learn(vec![head.clone()]);
    workspace.head = Some(head.sha);
    workspace.pulls += 1;
    Ok(Answer::empty())
}

/// What is checked out after merging the branch's head into what was.
fn merge(
    workspace: &Workspace,
    repository: &Repository,
    branch: &str,
    fetched: &[Commit],
) -> Commit {
    let tip = fetched.last().cloned().unwrap_or_default();
    let has = |sha: &str| {
        let history = repository.branches.get(branch);
        history.is_some_and(|commits| commits.iter().any(|commit| commit.sha == sha))
    };
    match workspace.head.as_deref() {
        Some(head) if repository.rewritten && !has(head) => Commit {
            sha: MERGE.to_owned(),
            ..tip
        },
        _ => tip,
    }
}
