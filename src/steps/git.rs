//! Owns what git says when it fails for a reason that no other branch or commit changes, and the command for it.

use crate::runner::door::Door;

/// As much of a line is told.
const TOLD: usize = 300;

/// The commit is missing: that is no trouble with the workspace.
const MISSING: [&str; 6] = [
    "could not parse object",
    "bad object",
    "unknown revision",
    "not a tree",
    "ambiguous argument",
    "not a valid object",
];

/// Words in lower case, any of which gives a cause away, and what to do in the workspace's terminal.
const KNOWN: [(&[&str], &str); 6] = [
    (
        &[
            "could not read username",
            "authentication failed",
            "publickey",
            "repository not found",
        ],
        "Codesphere may not read the repository: the owner of `api-token` needs a git account connected in Codesphere (User Settings) that may read it. For GitHub, check that access is still granted to this repository, too.",
    ),
    (
        &["index.lock", "another git process", ".lock': file exists"],
        "Another git command is at work in the workspace, or one was cut off. When none is at work, run `rm -f .git/index.lock` in the workspace's terminal (or remove the lock that git names), and run the job again.",
    ),
    (
        &["dubious ownership"],
        "The workspace's files belong to another user than the one who runs git. In the workspace's terminal, run `git config --global --add safe.directory \"$PWD\"` in the repository's folder, and run the job again.",
    ),
    (
        &["no space left on device"],
        "The workspace's disk is full: free some of it (`du -sh .git node_modules`), or give the workspace more storage, and run the job again.",
    ),
    (
        &["permission denied", "insufficient permission"],
        "Files of the workspace belong to another user. In the workspace's terminal, run `sudo chown -R \"$(id -u):$(id -g)\" .` in the repository's folder, and run the job again.",
    ),
    (
        &["not a git repository"],
        "The workspace's folder is not a clone. Look at it in the workspace's terminal (`git status`), or make the workspace anew from its repository.",
    ),
];

/// Why git did not do what it was told.
pub(crate) struct Trouble {
    /// Git's own words.
    pub(crate) line: String,
    /// What to do about it.
    pub(crate) next: String,
}

/// What to do about what git says, where it is known.
pub(crate) fn advice(words: &str) -> Option<&'static str> {
    let lower = words.to_lowercase();
    let known = KNOWN
        .iter()
        .find(|(words, _)| words.iter().any(|word| lower.contains(word)));
    known.map(|(_, next)| *next)
}

/// What stands in git's way, where its output tells of more than a missing commit.
pub(crate) fn trouble(output: &str, door: &Door) -> Option<Trouble> {
    let lower = output.to_lowercase();
    if MISSING.iter().any(|words| lower.contains(words)) {
        return None;
    }
    let is_error = |line: &&str| {
        ["fatal:", "error:"]
            .iter()
            .any(|word| line.starts_with(word))
    };
    let line = output.lines().map(str::trim).find(is_error)?;
    let next = advice(output).unwrap_or("Run the same in the workspace's terminal, put right what git names, and run the job again: `git status`, then `git reset --hard`.");
    Some(Trouble {
        line: door.excerpt(line, TOLD),
        next: next.to_owned(),
    })
}
