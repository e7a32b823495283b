//! Owns a stand-in for the shell of a workspace: the few commands that a release sends, and no others.
//!
//! It is no shell: each command is known by its whole text. A suite of its own compares it with `bash` and `git`.

mod changes;
mod files;
mod submodules;

use std::fmt::Write;

use crate::{Commit, Quirks, Workspace};

/// What came of a command line.
pub(crate) struct Ran {
    pub(crate) output: String,
    pub(crate) error: String,
    pub(crate) understood: bool,
}

/// What every command ends with: it tells the exit code.
const EXIT_CODE: &str = "; printf '\\nrc=%d\\n' \"${PIPESTATUS[0]}\"";
/// How answers are kept short.
const CUT: &str = " | { head -c 16384; cat > /dev/null; }";
/// Which files tell what a commit is made of.
const LIST: &str = "ls ci.yml ci.*.yml .gitmodules .gitattributes 2>/dev/null; echo";

/// What came of one command.
#[derive(Default)]
struct Done {
    status: i32,
    output: String,
    error: String,
}

impl Done {
    fn good(output: String) -> Self {
        Self {
            output,
            ..Self::default()
        }
    }
}

/// Runs a command line in the workspace.
pub(crate) fn run(workspace: &mut Workspace, line: &str, now: f64, quirks: &Quirks) -> Ran {
    let command = line.strip_suffix(EXIT_CODE).unwrap_or(line);
    let asked = (now, quirks);
    let known = submodules::run(workspace, command, asked)
        .or_else(|| files::run(workspace, command))
        .or_else(|| one(workspace, command));
    let Some(mut done) = known else {
        return Ran {
            output: String::new(),
            error: format!("bash: {command}: command not found\n"),
            understood: false,
        };
    };
    if command != line {
        let status = done.status;
        writeln!(done.output, "\nrc={status}").expect("a string takes everything");
    }
    Ran {
        output: done.output,
        error: done.error,
        understood: true,
    }
}

fn one(workspace: &mut Workspace, command: &str) -> Option<Done> {
    if let Some(commits) = command.strip_prefix("git log -1 --format=%ct ") {
        return changes::read(workspace, commits.strip_suffix(CUT)?);
    }
    if let Some(object) = command.strip_prefix("git rev-parse --verify --quiet ") {
        return Some(peel(workspace, object.strip_suffix("^{commit}")?));
    }
    if let Some(git) = command.strip_suffix(CUT) {
        if git == "git status --porcelain --untracked-files=no" {
            let edits = edits(workspace);
            return Some(Done::good(edits.get(..16384).unwrap_or(&edits).to_owned()));
        }
        let commit = git.strip_prefix("git reset --hard --quiet ")?;
        return Some(reset(workspace, commit.strip_suffix(" 2>&1")?));
    }
    let read = command.strip_prefix(LIST)?.strip_prefix("; head -c ")?;
    let (limit, file) = read.split_once(' ')?;
    Some(head(workspace, limit.parse().ok()?, file))
}

fn peel(workspace: &Workspace, object: &str) -> Done {
    match workspace.object(object) {
        Some(commit) => Done::good(format!("{}\n", commit.sha)),
        None => Done {
            status: 1,
            ..Done::default()
        },
    }
}

fn edits(workspace: &Workspace) -> String {
    let submodules = workspace.head_commit().map(|commit| &commit.submodules);
    let moved = submodules.into_iter().flatten().filter(|(path, wanted)| {
        let found = workspace.submodules.get(*path);
        found.is_some_and(|found| found != *wanted)
    });
    let moved = moved.map(|(path, _)| path);
    let files = workspace.dirty.iter().chain(moved);
    lines(files.map(|file| format!(" M {file}")))
}

fn lines(lines: impl IntoIterator<Item = String>) -> String {
    lines
        .into_iter()
        .flat_map(|line| [line, "\n".to_owned()])
        .collect()
}

fn reset(workspace: &mut Workspace, object: &str) -> Done {
    let refused = |output: String| Done {
        status: 128,
        output,
        ..Done::default()
    };
    let Some(commit) = workspace.object(object).map(|commit| commit.sha.clone()) else {
        return refused(format!("fatal: Could not parse object '{object}'.\n"));
    };
    if workspace.locked {
        let lock = "/home/user/app/.git/index.lock";
        return refused(format!("fatal: Unable to create '{lock}': File exists.\n"));
    }
    workspace.head = Some(commit);
    workspace.dirty.clear();
    Done::default()
}

fn head(workspace: &Workspace, limit: usize, file: &str) -> Done {
    let mut there = files::names(workspace);
    there.extend(
        workspace
            .head_commit()
            .map(Commit::files)
            .unwrap_or_default(),
    );
    let mut output = lines(there) + "\n";
    let Some(text) = files::text_of(workspace, file) else {
        let why = "No such file or directory";
        return Done {
            status: 1,
            output,
            error: format!("head: cannot open '{file}' for reading: {why}\n"),
        };
    };
    output.push_str(text.get(..limit).unwrap_or(&text));
    Done::good(output)
}

#[cfg(test)]
mod tests {
    use super::run;
    use crate::{LIVE, Quirks, World};

    #[test]
    fn what_is_not_understood_is_said() {
        let mut world = World::standard();
        let workspace = world.workspaces.get_mut(&LIVE).expect("it is there");
        let ran = run(workspace, "rm -rf /", 0.0, &Quirks::default());
        assert!(!ran.understood);
        assert!(ran.error.contains("command not found"));
    }
}
