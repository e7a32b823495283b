//! Owns submodules: they follow the commit that is checked out, in the background, as the API cuts a command off after
//! five seconds.

use std::time::Duration;

use crate::clock::Cancellation;
use crate::failure::{Failure, Reason};
use crate::ids::WorkspaceId;
use crate::runner::random;
use crate::steps::RunContext;
use crate::steps::commands::{self, Command, Done};
use crate::text::{duration, list};
use crate::wait::{Ended, Poll};

/// How much of what git said is told, in bytes.
const TOLD: usize = 300;

/// What git says of the submodules once their update is over.
#[derive(Debug, Default, PartialEq, Eq)]
struct State {
    /// Those at another commit than the one that is wanted.
    others: Vec<String>,
    /// Those that were never checked out.
    missing: Vec<String>,
    /// What the update said.
    said: String,
}

/// Brings them to what the commit wants, within `limit`.
pub(crate) fn follow(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    limit: Duration,
) -> Result<(), Failure> {
    let key = random::word()?;
    ctx.log.line("updating the submodules");
    let update = || run(ctx, id, Command::Submodules(&key));
    if ctx.time_limited {
        // It goes on without anybody who waits.
        update()?;
        return Ok(());
    }
    let (wait, _) = ctx.wait("the submodules", limit);
    let state = wait.until(|_| {
        let state = update()?.and_then(|done| State::read(&done));
        Ok(state.map_or_else(
            || Poll::Pending("they are still fetched".to_owned()),
            Poll::Ready,
        ))
    });
    match state {
        Ok(state) => judged(ctx, id, &state),
        Err(Ended::Failed(failure)) => {
            stop(ctx, id, &key);
            Err(failure)
        }
        Err(Ended::TimedOut(_)) => {
            stop(ctx, id, &key);
            Err(too_slow(id, limit))
        }
    }
}

fn run(
    ctx: &RunContext<'_>,
    id: WorkspaceId,
    command: Command<'_>,
) -> Result<Option<Done>, Failure> {
    commands::run(ctx, id, command, "updating the submodules")
}

/// Whatever ended the wait does not end git.
fn stop(ctx: &RunContext<'_>, id: WorkspaceId, key: &str) {
    let fresh = Cancellation::default();
    let ctx = ctx.for_undo(&fresh);
    if let Err(failure) = run(&ctx, id, Command::StopSubmodules(key)) {
        ctx.log.line(&failure.cause);
    }
}

impl State {
    /// Nothing as long as the update goes on.
    fn read(done: &Done) -> Option<Self> {
        let (_, rest) = done.output.split_once('\n')?;
        let mut state = Self::default();
        for line in rest.lines() {
            let path = || {
                line.split_whitespace()
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned()
            };
            match line.chars().next() {
                Some('-') if is_status(line) => state.missing.push(path()),
                Some('+' | 'U') if is_status(line) => state.others.push(path()),
                Some(' ') if is_status(line) => {}
                _ => {
                    state.said.push_str(line);
                    state.said.push('\n');
                }
            }
        }
        (done.status == Some(0)).then_some(state)
    }
}

/// A mark, and a commit's hash.
fn is_status(line: &str) -> bool {
    let hash = line.get(1..41);
    hash.is_some_and(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn judged(ctx: &RunContext<'_>, id: WorkspaceId, state: &State) -> Result<(), Failure> {
    let said = match state.said.lines().find(|line| line.starts_with("fatal:")) {
        None => String::new(),
        Some(line) => format!(" Git says \"{}\".", ctx.log.door().excerpt(line, TOLD)),
    };
    if !state.others.is_empty() {
        return Err(Failure::new(
            Reason::CommitMismatch,
            format!(
                "In workspace {id}, submodules are not at the commit that is wanted: {}.{said}",
                names(ctx, &state.others)
            ),
            "Run `git submodule update --init --recursive` in the workspace's terminal, correct what git names, and run the job again. Git in a workspace cannot fetch from private repositories.",
        ));
    }
    if !state.missing.is_empty() {
        ctx.report.warn(format!(
            "Submodules could not be fetched in workspace {id}, and the application is built without them: {}.{said} Git in a workspace cannot fetch from private repositories.",
            names(ctx, &state.missing)
        ));
        return Ok(());
    }
    ctx.log
        .line("the submodules are at the commits that are wanted");
    Ok(())
}

fn names(ctx: &RunContext<'_>, paths: &[String]) -> String {
    let readable = paths.iter().map(|path| ctx.log.door().excerpt(path, 80));
    list(readable)
}

fn too_slow(id: WorkspaceId, limit: Duration) -> Failure {
    Failure::new(
        Reason::CommitMismatch,
        format!(
            "The submodules in workspace {id} were not fetched within {} (`stage-timeout`).",
            duration(limit)
        ),
        "Run `git submodule update --init --recursive` in the workspace's terminal to see what takes so long, or raise `stage-timeout`.",
    )
}

#[cfg(test)]
mod tests {
    use super::State;
    use crate::steps::commands::Done;

    fn read(output: &str, status: i32) -> Option<State> {
        State::read(&Done {
            output: output.to_owned(),
            error: String::new(),
            status: Some(status),
        })
    }

    #[test]
    fn each_submodule_has_a_mark() {
        let hash = "a".repeat(40);
        let state = read(
            &format!(
                "1\n {hash} good (v1)\n-{hash} private\n+{hash} other (heads/x)\nU{hash} torn\nfatal: no\n"
            ),
            0,
        );
        let state = state.expect("it is over");
        assert_eq!(state.missing, ["private"]);
        assert_eq!(state.others, ["other", "torn"]);
        assert_eq!(state.said, "fatal: no\n");
        assert_eq!(read("0\n", 0), Some(State::default()));
    }

    #[test]
    fn without_an_exit_code_it_goes_on() {
        assert_eq!(read("", 1), None);
        assert_eq!(read("", 0), None);
    }
}
