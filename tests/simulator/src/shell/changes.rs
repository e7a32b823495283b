//! Owns what git tells of the commits between two.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::Done;
use crate::{Commit, Workspace};

/// How many commits are listed.
const LISTED: usize = 20;
/// The commands after the first, with the two commits as `F` and `T`.
const REST: &str = " && git rev-list --left-right --count F...T && git log -20 --left-right --format=%m%x09%H%x09%an%x09%s F...T";

/// Understands the whole line after its first command's options.
pub(super) fn read(workspace: &Workspace, commits: &str) -> Option<Done> {
    let (to, rest) = commits.split_once(' ')?;
    let range = rest.rsplit_once(' ')?.1;
    let from = range.strip_suffix(to)?.strip_suffix("...")?;
    let meant = REST.replace("F...T", range);
    (format!(" {rest}") == meant).then(|| between(workspace, from, to))
}

fn between(workspace: &Workspace, from: &str, to: &str) -> Done {
    let Some(newest) = workspace.object(to) else {
        return unknown(String::new(), &format!("bad object {to}"));
    };
    let mut output = format!("{}\n", newest.date);
    let Some(oldest) = workspace.object(from) else {
        return unknown(
            output,
            &format!("Invalid symmetric difference expression {from}...{to}"),
        );
    };
    let (left, right) = (with_ancestors(oldest), with_ancestors(newest));
    let (left, right): (Vec<_>, Vec<_>) = (
        left.difference(&right).collect(),
        right.difference(&left).collect(),
    );
    writeln!(output, "{}\t{}", left.len(), right.len()).expect("a string takes everything");
    let marked = [('<', &left), ('>', &right)];
    let known = marked.into_iter().flat_map(|(mark, shas)| {
        let commits = shas.iter().filter_map(|sha| workspace.object(sha));
        commits.map(move |commit| (mark, commit))
    });
    let mut known: Vec<(char, &Commit)> = known.collect();
    known.sort_by_key(|(_, commit)| std::cmp::Reverse((commit.date, commit.ancestors.len())));
    for (mark, commit) in known.into_iter().take(LISTED) {
        let Commit {
            sha,
            author,
            subject,
            ..
        } = commit;
        writeln!(output, "{mark}\t{sha}\t{author}\t{subject}").expect("a string takes everything");
    }
    Done::good(output)
}

fn unknown(output: String, why: &str) -> Done {
    Done {
        status: 128,
        output,
        error: format!("fatal: {why}\n"),
    }
}

fn with_ancestors(commit: &Commit) -> BTreeSet<&str> {
    let older = commit.ancestors.iter().map(String::as_str);
    older.chain([commit.sha.as_str()]).collect()
}
