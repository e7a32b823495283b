//! Owns the commands that are run in a workspace: each one as data, so that tests can hold all of them against a real
//! shell. Whatever is put into one has been checked before: hexadecimal digits, or the name of a profile's file.

use std::fmt;

use crate::changes::LISTED;
use crate::codesphere::types::Executed;
use crate::failure::Failure;
use crate::ids::WorkspaceId;
use crate::profile::LIMIT;
use crate::steps::{BEFORE_A_LOOK, RunContext, TRIES};

/// A command; none of them does harm when it is run twice.
#[derive(Debug, Clone, Copy)]
pub enum Command<'a> {
    /// Lists edits to files that git knows.
    ListEdits,
    /// Checks out exactly this commit.
    Reset(&'a str),
    /// Reads which commit an object stands for: an annotated tag has an id of its own.
    Peel(&'a str),
    /// Reads when the second commit was made, how many commits are in only one of both, and the newest of those.
    Changes(&'a str, &'a str),
    /// Reads the CI profile's file of this name, and lists what else is there of its kind.
    ReadProfile(&'a str),
    /// Updates the submodules in the background, once for each key, and tells of them as soon as that is over.
    Submodules(&'a str),
    /// Ends the update of that key.
    StopSubmodules(&'a str),
    /// Lists files of Git LFS of which only the pointers are there.
    ListPointers,
}

/// As much of what git writes is wanted, in bytes.
const OUTPUT: u32 = 16 << 10;
/// Where an update of the submodules leaves its process, its log and its exit code; a key comes behind it.
const JOB: &str = ".git/codesphere-release-";
/// What the answer's last line starts with: the answer itself has no exit code.
const EXIT_CODE: &str = "\nrc=";

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ListEdits => write!(f, "git status --porcelain --untracked-files=no{Cut}"),
            Self::Reset(commit) => write!(f, "git reset --hard --quiet {commit} 2>&1{Cut}"),
            Self::Peel(object) => write!(f, "git rev-parse --verify --quiet {object}^{{commit}}"),
            Self::Changes(from, to) => write!(
                f,
                "git log -1 --format=%ct {to} && git rev-list --left-right --count {from}...{to} && git log -{LISTED} --left-right --format=%m%x09%H%x09%an%x09%s {from}...{to}{Cut}"
            ),
            Self::ReadProfile(file) => write!(
                f,
                "ls ci.yml ci.*.yml .gitmodules .gitattributes 2>/dev/null; echo; head -c {} {file}",
                LIMIT + 1
            ),
            Self::Submodules(key) => write!(
                f,
                "d={JOB}{key}; if mkdir $d 2>/dev/null; then set -m; {{ git submodule update --init --recursive; echo $? > $d/rc; }} > $d/log 2>&1 < /dev/null & echo $! > $d/pid; set +m; fi; for i in {{1..20}}; do [ -s $d/rc ] && break; sleep 0.2; done; [ -s $d/rc ] && {{ cat $d/rc; git submodule status --recursive; tail -c 2048 $d/log; }}"
            ),
            Self::StopSubmodules(key) => {
                write!(f, "kill -- -$(cat {JOB}{key}/pid 2>/dev/null) 2>/dev/null")
            }
            Self::ListPointers => write!(
                f,
                "git grep -l -e '^version https://git-lfs.github.com/spec/v1$' -- ':(attr:filter=lfs)' 2>/dev/null{Cut}"
            ),
        }?;
        f.write_str("; printf '\\nrc=%d\\n' \"${PIPESTATUS[0]}\"")
    }
}

/// No answer is longer than [`OUTPUT`]. The rest is read all the same: a command must not end at a closed pipe.
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " | {{ head -c {OUTPUT}; cat > /dev/null; }}")
    }
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub error: String,
    /// The exit code; absent where the answer does not tell.
    pub status: Option<i32>,
}

impl From<Executed> for Done {
    fn from(executed: Executed) -> Self {
        let Executed { output, error } = executed;
        let told = output.trim_end().rsplit_once(EXIT_CODE);
        let status = told.and_then(|(_, status)| status.parse().ok());
        let output = match told {
            Some((output, _)) if status.is_some() => output.to_owned(),
            _ => output,
        };
        Self {
            output,
            error,
            status,
        }
    }
}

/// Runs a command. `None` when it took too long each time.
pub(super) fn run(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    command: Command<'_>,
    doing: &str,
) -> Result<Option<Done>, Failure> {
    let mut tries = 0;
    loop {
        tries += 1;
        let error = match ctx.api.execute(id, &command.to_string()) {
            Ok(executed) => return Ok(Some(executed.into())),
            Err(error) => error,
        };
        if !error.may_have_acted() || (tries == TRIES && error.status() != Some(408)) {
            return Err(error.while_doing(doing));
        }
        ctx.log.line(&error.to_string());
        if tries == TRIES {
            return Ok(None);
        }
        ctx.time.pause(BEFORE_A_LOOK)?;
    }
}

#[cfg(test)]
mod tests {
    use super::Done;
    use crate::codesphere::types::Executed;

    #[test]
    fn the_exit_code_is_the_last_line() {
        let done = |output: &str| {
            let (output, error) = (output.to_owned(), String::new());
            let done = Done::from(Executed { output, error });
            (done.output, done.status)
        };
        assert_eq!(done("a\n\nrc=0\n"), ("a\n".to_owned(), Some(0)));
        assert_eq!(done("\nrc=128\n"), (String::new(), Some(128)));
        assert_eq!(done("x\nrc=1\ny\nrc=2"), ("x\nrc=1\ny".to_owned(), Some(2)));
        assert_eq!(done("rc=0 without"), ("rc=0 without".to_owned(), None));
    }
}
