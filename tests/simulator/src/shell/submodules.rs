//! Owns what git does with submodules in the background, and the pointers of Git LFS.

use std::fmt::Write;

use super::{CUT, Done};
use crate::{Quirks, Workspace};

/// What comes before the key, and what between it and its last mention.
const UPDATE: &str = "d=.git/codesphere-release-";
const REST: &str = "; if mkdir $d 2>/dev/null; then set -m; { git submodule update --init --recursive; echo $? > $d/rc; } > $d/log 2>&1 < /dev/null & echo $! > $d/pid; set +m; fi; for i in {1..20}; do [ -s $d/rc ] && break; sleep 0.2; done; [ -s $d/rc ] && { cat $d/rc; git submodule status --recursive; tail -c 2048 $d/log; }";
const STOP: &str = "kill -- -$(cat .git/codesphere-release-";
const POINTERS: &str = "git grep -l -e '^version https://git-lfs.github.com/spec/v1$' -- ':(attr:filter=lfs)' 2>/dev/null";

/// Does what the command says, if it is one of these.
pub(super) fn run(
    workspace: &mut Workspace,
    command: &str,
    (now, quirks): (f64, &Quirks),
) -> Option<Done> {
    if let Some(key) = command
        .strip_prefix(UPDATE)
        .and_then(|rest| rest.strip_suffix(REST))
    {
        return Some(update(workspace, key, now, quirks));
    }
    if let Some(key) = command
        .strip_prefix(STOP)
        .and_then(|rest| rest.strip_suffix("/pid 2>/dev/null) 2>/dev/null"))
    {
        let ended = workspace
            .submodule_jobs
            .remove(key)
            .is_some_and(|over| now < over);
        return Some(failed(i32::from(!ended)));
    }
    (command.strip_suffix(CUT)? == POINTERS).then(|| pointers(workspace))
}

fn failed(status: i32) -> Done {
    Done {
        status,
        ..Done::default()
    }
}

/// Fetches what is wanted, as far as it can be had.
fn update(workspace: &mut Workspace, key: &str, now: f64, quirks: &Quirks) -> Done {
    let over = now + quirks.submodule_seconds;
    let over = *workspace
        .submodule_jobs
        .entry(key.to_owned())
        .or_insert(over);
    if now < over {
        return failed(1);
    }
    let wanted = workspace
        .head_commit()
        .map(|commit| commit.submodules.clone());
    let wanted = wanted.unwrap_or_default();
    let is_there =
        |(path, commit): (&String, &String)| workspace.submodules.get(path) == Some(commit);
    let fetched = !quirks.private_submodules || wanted.iter().all(is_there);
    if fetched {
        workspace.submodules.extend(wanted.clone());
    }
    let mut output = format!("{}\n", i32::from(!fetched));
    for (path, commit) in &wanted {
        let mark = match workspace.submodules.get(path) {
            None => '-',
            Some(found) if found != commit => '+',
            Some(_) => ' ',
        };
        let there = workspace.submodules.get(path).unwrap_or(commit);
        writeln!(output, "{mark}{there} {path}").expect("a string takes everything");
    }
    if !fetched {
        output.push_str(
            "fatal: could not read Username for 'https://github.com': No such device or address\n",
        );
    }
    Done::good(output)
}

fn pointers(workspace: &Workspace) -> Done {
    let there = workspace
        .head_commit()
        .map(|commit| commit.pointers.clone());
    let there = there.unwrap_or_default();
    if there.is_empty() {
        return failed(1);
    }
    Done::good(super::lines(there))
}
